/* SPDX-License-Identifier: MIT */
/*
 * retries.c (explore) - a bound on how often a task tries again at one place
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "port/explore/sched.h"

void hs_retries_reset(struct hs_retries *r)
{
	r->still = 0;
	r->reached = false;
	r->places = 0;
	memset(r->written_by, 0, sizeof(r->written_by));
}

static struct hs_retry_place *retries_find(struct hs_retries *r, const struct hs_task *t)
{
	for (uint32_t i = 0; i < r->places; i++)
		if (r->place[i].task == t->id && !strcmp(r->place[i].why, t->retry_why))
			return &r->place[i];
	return NULL;
}

uint32_t hs_retries_allowed(struct hs_sched *s, uint32_t enabled)
{
	struct hs_retries *r = &s->retries;

	r->still = 0;
	for (uint32_t m = enabled & s->conditional; m; m &= m - 1) {
		const struct hs_task *t = &s->task[__builtin_ctz(m)];
		struct hs_retry_place *p = t->op.kind == HS_OP_RETRY ? retries_find(r, t) : NULL;

		if (!p || p->count < r->bound)
			continue;
		p->undone_by |= r->written_by[t->id];
		r->still |= 1u << t->id;
	}
	r->reached |= r->still != 0;
	return enabled & ~r->still;
}

void hs_retries_before_step(struct hs_sched *s, const struct hs_task *t)
{
	struct hs_retries *r = &s->retries;
	struct hs_retry_place *p;

	r->op = t->op;
	if (t->op.kind != HS_OP_RETRY)
		return;
	p = retries_find(r, t);
	if (!p && r->places == HS_RETRY_PLACES) {
		hs_sched_violation(s, HS_VERDICT_STEPS, "tasks try again at more than %d places",
				   HS_RETRY_PLACES);
		return;
	}
	if (!p) {
		p = &r->place[r->places++];
		*p = (struct hs_retry_place){ .why = t->retry_why, .task = t->id };
	}
	if (!s->alone) {
		p->count++;
		p->undone_by |= r->written_by[t->id];
	}
	r->written_by[t->id] = 0;
}

/* Whether @t has read a word that @op touches, and that has another value now. */
static bool retries_has_changed(const struct hs_task *t, const struct hs_op *op)
{
	for (uint32_t i = 0; i < t->read_count; i++) {
		uintptr_t word = t->reads[i].word, start = word & ~(uintptr_t)1;

		if (start < (uintptr_t)op->addr + op->size && (uintptr_t)op->addr < start + 8 &&
		    hs_word_value(word) != t->reads[i].value)
			return true;
	}
	return false;
}

void hs_retries_after_step(struct hs_sched *s, const struct hs_task *t)
{
	struct hs_retries *r = &s->retries;

	if (r->op.access == HS_READ)
		return;
	for (uint32_t i = 1; i < s->tasks; i++)
		if (i != t->id && retries_has_changed(&s->task[i], &r->op))
			r->written_by[i] |= 1u << t->id;
}

/* ---- the message ------------------------------------------------------------------------- */

struct retries_text {
	char *text;
	size_t room, used;
};

static void HS_PRINTF(2, 3) retries_add(struct retries_text *t, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(t->text + t->used, t->room - t->used, format, args);
	va_end(args);
	if (n > 0)
		t->used += (size_t)n;
	if (t->used >= t->room)
		t->used = t->room - 1;
}

static void retries_add_place(struct retries_text *text, const struct hs_sched *s,
			      const struct hs_retry_place *p)
{
	const struct hs_retries *r = &s->retries;
	bool still = r->still >> p->task & 1 && p->count >= r->bound;
	const char *between = "";

	retries_add(text, "%s (task %u) tries again %s", s->task[p->task].name, p->task,
		    still ? "more than " : "");
	if (p->count == 1)
		retries_add(text, "once");
	else
		retries_add(text, "%u times", p->count);
	retries_add(text, " (%s), undone by ", p->why);
	if (!p->undone_by && s->views)
		retries_add(text, "a store that it had not seen");
	else if (!p->undone_by)
		retries_add(text, "a task that wrote one of too many words to remember");
	for (uint32_t m = p->undone_by; m; m &= m - 1) {
		uint32_t id = (uint32_t)__builtin_ctz(m);

		retries_add(text, "%s%s (task %u)", between, s->task[id].name, id);
		between = " and ";
	}
}

/* The tasks that stand still come first, then those that undid what they did, and so on. */
void hs_retries_report(struct hs_sched *s)
{
	const struct hs_retries *r = &s->retries;
	uint32_t named = 0, next = r->still;
	char buffer[448];
	struct retries_text text = { buffer, sizeof(buffer), 0 };

	buffer[0] = '\0';
	while (next) {
		uint32_t now = next;

		named |= now;
		next = 0;
		for (uint32_t i = 0; i < r->places; i++) {
			const struct hs_retry_place *p = &r->place[i];

			if (!(now >> p->task & 1) || !p->count)
				continue;
			if (text.used)
				retries_add(&text, "; ");
			retries_add_place(&text, s, p);
			next |= p->undone_by & ~named;
		}
	}
	hs_sched_violation(s, HS_VERDICT_RETRIES, "%s", buffer);
}
