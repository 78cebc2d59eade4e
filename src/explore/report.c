/* SPDX-License-Identifier: MIT */
/*
 * report.c - an execution as text that fits in a mail: one column a task, one line a step
 *
 * It is made of the notes that each decision leaves (repeat.h), which is why a crash has one, too.
 */
#include "explore/report.h"

#include <stdio.h>
#include <string.h>

#include "explore/draft.h"
#include "explore/ends.h"
#include "explore/rounds.h"
#include "explore/steps.h"

#define REPORT_COLUMN 24 /* from one task's lines to the next one's, of two tasks */
#define REPORT_COLUMN_MIN 12
#define REPORT_ENDS 500 /* lines at the beginning, and at the end, if there are more */
#define REPORT_OBJECTS 50

struct report {
	const struct hs_sched *sched;
	struct hs_names names;
	uint32_t column;
	struct hs_draft draft;
	const struct hs_birth *dead; /* what was used after it was freed */
};

#define report_add(r, ...) hs_draft_add(&(r)->draft, __VA_ARGS__)

/* ---- columns ------------------------------------------------------------------------------ */

static void report_set_column(struct report *r)
{
	uint32_t tasks = r->sched->tasks - 1;

	r->column = tasks <= 2 ? REPORT_COLUMN : 2 * REPORT_COLUMN / (tasks - 1);
	if (tasks > 2 && r->column > 16)
		r->column = 16;
	if (r->column < REPORT_COLUMN_MIN)
		r->column = REPORT_COLUMN_MIN;
}

static int report_indent(const struct report *r, uint32_t task)
{
	return task ? (int)((task - 1) * r->column) : 0;
}

/* Each task has a column, under its number in schedules. */
static void report_name_columns(struct report *r)
{
	const struct hs_sched *s = r->sched;
	char name[REPORT_COLUMN];

	for (uint32_t i = 1; i < s->tasks; i++) {
		snprintf(name, r->column, "%u %s", i, s->task[i].name);
		report_add(r, i + 1 < s->tasks ? "%-*s" : "%.*s", (int)r->column, name);
	}
	report_add(r, "\n");
}

/* Adds a part of a line of @column columns: below it, if the line has no room. The columns now. */
static size_t report_part(struct report *r, int indent, size_t column, const char *text,
			  size_t length)
{
	bool fits = column + 2 + length <= HS_DRAFT_WIDTH;

	if (!length)
		return column;
	if (!fits)
		report_add(r, "\n%*s", indent + 6, "");
	report_add(r, "  %.*s", (int)length, text);
	return (fits ? column : (size_t)indent + 6) + 2 + length;
}

/* A line of a task: what, then where. */
static void report_words(struct report *r, uint32_t task, const struct hs_step_words *w)
{
	int indent = report_indent(r, task);
	char text[480];
	size_t column;

	snprintf(text, sizeof(text), "%s%s%s%s%s%s%s", w->operation, w->object[0] ? " " : "",
		 w->object, w->after[0] ? "  " : "", w->before, w->before[0] ? " -> " : "",
		 w->after);
	report_add(r, "%*s%s", indent, "", text);
	column =
		report_part(r, indent, (size_t)indent + strlen(text), w->remark, strlen(w->remark));
	snprintf(text, sizeof(text), "%s%.*s", w->follows ? "after " : "", w->place_length,
		 w->place_length ? w->place : "");
	report_part(r, indent, column, text, strlen(text));
	report_add(r, "\n");
}

/* ---- switches ----------------------------------------------------------------------------- */

/* "the queue lock, held by two": its column says where. */
static void report_lock(const struct report *r, const struct hs_repeat_note *n, uint32_t cls,
			uint32_t i, char *text, size_t size)
{
	const struct hs_sched *s = r->sched;
	const char *name = hs_lock_name(&s->task[0], cls);
	struct hs_step_lock lock;

	if (hs_step_holder(s, n->addr, i, &lock))
		snprintf(text, size, "~ waits for the %s, held by %s", name,
			 s->task[lock.task].name);
	else
		snprintf(text, size, "~ waits for the %s", name);
}

/* Why the step @n of @task cannot be taken at decision @i. */
static void report_wait(const struct report *r, const struct hs_repeat_note *n, uint32_t task,
			uint32_t i, char *text, size_t size)
{
	const struct hs_sched *s = r->sched;
	const struct hs_op op = { .addr = n->addr, .size = n->size, .kind = n->kind };
	uint32_t cls = hs_op_lock_class(&op), reader;
	char name[HS_NAME_MAX];

	hs_name_word(&r->names, (uintptr_t)n->addr, name);
	if (cls != HS_LOCK_CLASS_NONE)
		report_lock(r, n, cls, i, text, size);
	else if (n->kind == HS_OP_RCU_WAIT && hs_step_reader(s, task, i, &reader))
		snprintf(text, size, "~ waits for a grace period: %s reads",
			 s->task[s->schedule[reader]].name);
	else if (n->kind == HS_OP_RCU_WAIT)
		snprintf(text, size, "~ waits for a grace period");
	else if (n->kind == HS_OP_RETRY)
		snprintf(text, size, "~ waits until it may try again");
	else if (n->kind == HS_OP_WAIT)
		snprintf(text, size, "~ sleeps on %s", name);
	else if (n->kind == HS_OP_COMPLETION)
		snprintf(text, size, "~ waits for a completion");
	else if (n->kind == HS_OP_JOIN && n->size)
		snprintf(text, size, "~ waits for %s to end", name);
	else
		snprintf(text, size, "~ waits");
}

/* Why the task that moved last does not move at decision @i. */
static void report_switch(struct report *r, uint32_t i, uint32_t last)
{
	const struct hs_sched *s = r->sched;
	struct hs_repeat_note room;
	const struct hs_repeat_note *next;
	char text[256];

	if (s->repeat.note[i].enabled >> last & 1) {
		report_add(r, "%*s~ preempted\n", report_indent(r, last), "");
		return;
	}
	next = hs_step_next_of(s, last, i, &room);
	if (next->kind == HS_OP_NONE)
		snprintf(text, sizeof(text), "~ ends");
	else
		report_wait(r, next, last, i, text, sizeof(text));
	report_add(r, "%*s%s\n", report_indent(r, last), "", text);
}

/* ---- steps -------------------------------------------------------------------------------- */

/* What the task of decision @i does from here on, in the words of its author. */
static void report_act(struct report *r, uint32_t i)
{
	const struct hs_sched *s = r->sched;
	uint8_t task = s->schedule[i];
	const char *act = s->repeat.note[i].act, *before = NULL;

	for (uint32_t j = i; j-- > 0;)
		if (s->schedule[j] == task) {
			before = s->repeat.note[j].act;
			break;
		}
	if (!act || act == before)
		return;
	report_add(r, "%*s> %s\n", report_indent(r, task), "", act);
}

/* Decision @i, after a step of task @last. */
static void report_decision(struct report *r, uint32_t i, uint32_t last)
{
	const struct hs_sched *s = r->sched;
	struct hs_step_words words;
	bool choice = s->schedule[i] & HS_CHOICE;

	/* Which store a load sees is in its line. */
	if (choice && !s->repeat.note[i].place)
		return;
	if (!choice && last && last != s->schedule[i])
		report_switch(r, i, last);
	if (!choice)
		report_act(r, i);
	hs_step_describe(&r->names, i, &words);
	report_words(r, choice ? last : s->schedule[i], &words);
}

static uint32_t report_last_task(const struct hs_sched *s, uint32_t end)
{
	while (end-- > 0)
		if (!(s->schedule[end] & HS_CHOICE))
			return s->schedule[end];
	return 0;
}

/*
 * "the same 4 steps 126 times more", with the tasks if they are several. Choices are part of steps,
 * unless a task chooses again and again between two steps.
 */
static void report_fold(struct report *r, const struct hs_round *round)
{
	const struct hs_sched *s = r->sched;
	uint32_t tasks = 0, first, steps = 0;

	for (uint32_t i = 0; i < round->period; i++)
		if (!(s->schedule[round->first + i] & HS_CHOICE)) {
			tasks |= 1u << s->schedule[round->first + i];
			steps++;
		}
	first = tasks ? (uint32_t)__builtin_ctz(tasks) : report_last_task(s, round->first);
	report_add(r, "%*s~ the same ", report_indent(r, first), "");
	if (tasks)
		report_add(r, steps == 1 ? "step" : "%u steps", steps);
	else
		report_add(r, round->period == 1 ? "choice" : "%u choices", round->period);
	for (uint32_t m = tasks & (tasks - 1) ? tasks : 0; m; m &= m - 1)
		report_add(r, "%s%s",
			   m == tasks	 ? " of "
			   : m & (m - 1) ? ", "
					 : " and ",
			   s->task[__builtin_ctz(m)].name);
	if (round->times == 1)
		report_add(r, " once more");
	else
		report_add(r, " %u times more", round->times);
	report_add(r, round->values ? ", with other values\n" : "\n");
}

/* What the task is at when all is over, if no step of it has shown that. */
static void report_last_act(struct report *r, uint32_t task)
{
	const struct hs_sched *s = r->sched;
	const char *act = s->task[task].act;

	for (uint32_t i = s->decisions; act && i-- > 0;)
		if (s->schedule[i] == task) {
			if (act == s->repeat.note[i].act)
				act = NULL;
			break;
		}
	if (act)
		report_add(r, "%*s> %s\n", report_indent(r, task), "", act);
}

static void report_rounds(struct report *r, const struct hs_rounds *rounds)
{
	const struct hs_sched *s = r->sched;

	for (uint32_t i = 0; i < rounds->count; i++) {
		const struct hs_round *round = &rounds->item[i];

		if (i == REPORT_ENDS && rounds->count - i > REPORT_ENDS) {
			i = rounds->count - REPORT_ENDS;
			report_add(r, "... %u decisions ...\n",
				   rounds->item[i].first - round->first);
			round = &rounds->item[i];
		}
		if (round->period * round->times == 1)
			report_decision(r, round->first, report_last_task(s, round->first));
		else
			report_fold(r, round);
	}
}

static void report_steps(struct report *r)
{
	const struct hs_sched *s = r->sched;
	uint32_t last = report_last_task(s, s->decisions);
	uint32_t failed = hs_step_failed_task(s);
	struct hs_rounds rounds;

	if (!hs_rounds_find(&rounds, s)) {
		r->draft.failed = true;
		return;
	}
	report_rounds(r, &rounds);
	hs_rounds_free(&rounds);
	if (s->verdict == HS_VERDICT_DEADLOCK)
		for (uint32_t i = 1; i < s->tasks; i++)
			report_last_act(r, i);
	if (failed && !(last && hs_step_was_refused(s, s->decisions - 1))) {
		if (!s->crash.kind)
			report_last_act(r, failed);
		report_add(r, "%*s<-- %s\n", report_indent(r, failed), "",
			   hs_verdict_name(s->verdict));
	} else if (last && s->task[last].op.kind == HS_OP_NONE && s->verdict != HS_VERDICT_CRASH)
		report_add(r, "%*s~ ends\n", report_indent(r, last), "");
}

/* What set-up or check did, if the violation is there. */
static void report_direct(struct report *r)
{
	const struct hs_direct *d = &r->sched->direct;
	uint32_t i = d->count > HS_DIRECT_STEPS ? d->count - HS_DIRECT_STEPS : 0;
	struct hs_step_words words;

	if (!d->ran || !d->count || r->sched->verdict == HS_VERDICT_NONE ||
	    r->sched->verdict == HS_VERDICT_LEAK)
		return;
	report_add(r, "%s%s:\n", r->sched->tasks > 1 ? "\n" : "", d->check ? "check" : "set-up");
	if (i)
		report_add(r, "... %u steps ...\n", i);
	for (; i < d->count; i++) {
		hs_step_describe_direct(&r->names, i, &words);
		report_words(r, 0, &words);
	}
}

/* ---- objects ------------------------------------------------------------------------------ */

static void report_object(struct report *r, const struct hs_birth *b)
{
	const struct hs_sched *s = r->sched;
	struct hs_draft line = { .failed = false };

	hs_ends_print_object(&line, &r->names, b);
	hs_draft_add(&line, ": allocated at %s by %s", b->allocated, s->task[b->maker].name);
	if (b->freed)
		hs_draft_add(&line, ", freed at %s by %s", b->freed, s->task[b->freer].name);
	else
		hs_draft_add(&line, ", never freed");
	hs_draft_wrap(&r->draft, &line);
}

/* Freed, or a leak, and not described before. Of a leak, what the check has freed says nothing. */
static bool report_has_object(const struct report *r, const struct hs_birth *b)
{
	if (r->sched->verdict == HS_VERDICT_LEAK)
		return !b->freed || b->freer;
	return b != r->dead && b->freed;
}

/* The newest of those objects. False: none. */
static bool report_objects(struct report *r)
{
	const struct hs_births *births = &r->sched->births;
	uint32_t count = 0, left;

	for (uint32_t i = births->scenario; i < births->count; i++)
		count += report_has_object(r, &births->list[i]);
	if (count > REPORT_OBJECTS)
		report_add(r, "... %u objects ...\n", count - REPORT_OBJECTS);
	left = count;
	for (uint32_t i = births->scenario; i < births->count; i++)
		if (report_has_object(r, &births->list[i]) && left-- <= REPORT_OBJECTS)
			report_object(r, &births->list[i]);
	return count != 0;
}

/* ---- the whole ---------------------------------------------------------------------------- */

static void report_verdict(struct report *r)
{
	struct hs_draft line = { .failed = false };

	hs_draft_add(&line, "%s: %s", hs_verdict_name(r->sched->verdict), r->sched->message);
	hs_draft_wrap(&r->draft, &line);
	report_add(r, "\n");
}

static void report_begin(struct report *r, const struct hs_sched *s)
{
	memset(r, 0, sizeof(*r));
	r->sched = s;
	hs_names_begin(&r->names, s);
	report_set_column(r);
}

char *hs_report_print(const struct hs_sched *s, const char *schedule, const char *token)
{
	struct report r;

	report_begin(&r, s);
	if (s->verdict != HS_VERDICT_NONE)
		report_verdict(&r);
	r.dead = hs_ends_print_freed(&r.draft, &r.names);
	if (report_objects(&r) || r.dead)
		report_add(&r, "\n");
	if (s->tasks > 1) {
		report_name_columns(&r);
		report_steps(&r);
	}
	report_direct(&r);
	hs_ends_print(&r.draft, &r.names);
	if (token)
		report_add(&r, "\ntoken: %s\n", token);
	else
		report_add(&r, "\nschedule: %s\n", schedule);
	return hs_draft_end(&r.draft);
}
