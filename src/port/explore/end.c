/* SPDX-License-Identifier: MIT */
/*
 * end.c (explore) - what only the end of an execution tells: deadlock, livelock, lost wake-ups
 */
#include <stdio.h>

#include "port/explore/sched.h"

static void end_print_reads(const struct hs_sched *s, const struct hs_task *t, char *text,
			    size_t room)
{
	size_t used = 0;

	text[0] = '\0';
	for (uint32_t i = 0; i < t->read_count && s->print_word; i++) {
		char word[192];
		int n;

		s->print_word(s, t->reads[i].word & ~(uintptr_t)1, t->reads[i].value, word,
			      sizeof(word));
		n = snprintf(text + used, room - used, "%s%s", i ? ", " : ": ", word);
		if (n < 0 || (size_t)n >= room - used) {
			text[used] = '\0';
			return;
		}
		used += (size_t)n;
	}
}

/* "one in lock at a.c:12 (the queue lock, held by two)" */
static int end_print_waiter(const struct hs_sched *s, const struct hs_task *t, char *text,
			    size_t room)
{
	const struct hs_task *holder = NULL;
	uint32_t cls = hs_op_lock_class(&t->op);
	bool lock = cls != HS_LOCK_CLASS_NONE;

	for (uint32_t i = 1; i < s->tasks && lock && !holder; i++)
		holder = hs_held_has(&s->task[i], t->op.addr) ? &s->task[i] : NULL;
	return snprintf(text, room, "%s in %s at %s%s%s%s%s%s", t->name,
			hs_op_name((enum hs_op_kind)t->op.kind), t->op.where ? t->op.where : "?",
			lock ? " (the " : "", lock ? hs_lock_name(t, cls) : "",
			holder ? ", held by " : "", holder ? holder->name : "", lock ? ")" : "");
}

static void end_print_waiters(const struct hs_sched *s, char *text, size_t room)
{
	size_t used = 0;

	text[0] = '\0';
	for (uint32_t i = 1; i < s->tasks && used < room; i++) {
		const struct hs_task *t = &s->task[i];
		int n;

		if (t->op.kind == HS_OP_NONE)
			continue;
		n = snprintf(text + used, room - used, "%s", used ? "; " : "");
		used += n > 0 ? (size_t)n : 0;
		n = used < room ? end_print_waiter(s, t, text + used, room - used) : 0;
		used += n > 0 ? (size_t)n : 0;
	}
}

/*
 * A task that tries again on the processor for which another one waits: the latter could go on if
 * the former slept, so that this is no deadlock. NULL: there is none. *@waiter: the other one.
 */
static const struct hs_task *end_processor_spinner(const struct hs_sched *s,
						   const struct hs_task **waiter)
{
	for (uint32_t i = 1; i < s->tasks; i++) {
		const struct hs_task *t = &s->task[i];
		const struct hs_processor *p = t->pred_arg;

		if (t->op.kind != HS_OP_SPIN || t->pred != hs_processor_is_free || !p->task.raw)
			continue;
		*waiter = t;
		t = &s->task[p->task.raw - 1];
		if (t->op.kind == HS_OP_RETRY)
			return t;
	}
	return NULL;
}

/* Tasks wait, and no task can move. */
static void end_stuck(struct hs_sched *s)
{
	const struct hs_task *waiter, *spinner = end_processor_spinner(s, &waiter);
	char text[384];

	end_print_waiters(s, text, sizeof(text));
	if (spinner)
		hs_sched_violation(s, HS_VERDICT_LIVELOCK,
				   "%s tries again for ever (%s) on the processor that %s waits "
				   "for; nothing else can move: %s",
				   spinner->name, spinner->retry_why, waiter->name, text);
	else
		hs_sched_violation(s, HS_VERDICT_DEADLOCK, "nothing can move: %s", text);
}

bool hs_sched_finish(struct hs_sched *s)
{
	char text[384];
	bool retry = false, other = false;
	const struct hs_task *spinner = NULL;

	for (uint32_t i = 1; i < s->tasks; i++) {
		const struct hs_task *t = &s->task[i];

		if (t->op.kind == HS_OP_RETRY) {
			retry = true;
			spinner = t;
		} else if (t->op.kind != HS_OP_NONE) {
			other = true;
		}
	}
	if (s->retries.still) {
		hs_retries_report(s);
	} else if (other) {
		end_stuck(s);
	} else if (retry) {
		end_print_reads(s, spinner, text, sizeof(text));
		hs_sched_violation(s, HS_VERDICT_LIVELOCK,
				   "%s tries again for ever (%s): no other task changes what it "
				   "read, and it does not get on alone%s",
				   spinner->name, spinner->retry_why, text);
	} else if (s->debt_count) {
		hs_sched_violation(
			s, HS_VERDICT_LOST_WAKE,
			"the predicate of %s became true, but its queue was not woken afterwards "
			"(it waited at %s)",
			s->task[s->debts[0].task].name, s->debts[0].where);
	}
	return s->verdict == HS_VERDICT_NONE;
}
