/* SPDX-License-Identifier: MIT */
/*
 * timeline.c - an execution as a trace that Perfetto and chrome://tracing draw
 *
 * The format is Chrome's trace events: one object with a list. There is no time in an execution, so
 * that a step lasts a microsecond, which begins at the number of its decision. A task is a thread
 * under its number in schedules; 0 is the boot task, whose steps of the check come after the
 * others. Locks and RCU sections are asynchronous events, because they need not nest.
 */
#include "explore/timeline.h"

#include <stdio.h>

#include "explore/draft.h"
#include "explore/names.h"
#include "explore/steps.h"

/* Of a longer execution the first and the last decisions are shown. */
#define TIMELINE_ALL 20000u
#define TIMELINE_ENDS 1000u

struct timeline {
	const struct hs_sched *sched;
	struct hs_names names;
	struct hs_draft draft;
	uint32_t flows, spans; /* numbers of those so far */
	bool some;	       /* an event is there */
};

#define timeline_add(t, ...) hs_draft_add(&(t)->draft, __VA_ARGS__)

/* ---- JSON --------------------------------------------------------------------------------- */

/* A byte that is not ASCII becomes the character of that number. */
static void timeline_add_text(struct timeline *t, const char *text, size_t length)
{
	timeline_add(t, "\"");
	for (size_t i = 0; i < length && text[i]; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c == '"' || c == '\\')
			timeline_add(t, "\\%c", c);
		else if (c < ' ' || c > '~')
			timeline_add(t, "\\u%04x", c);
		else
			timeline_add(t, "%c", c);
	}
	timeline_add(t, "\"");
}

/* Begins an event: its phase, thread and name. The caller adds members and the brace. */
static void timeline_begin(struct timeline *t, const char *phase, uint32_t task, const char *name)
{
	timeline_add(t, "%s{\"ph\":\"%s\",\"pid\":1,\"tid\":%u,\"name\":", t->some ? ",\n" : "\n",
		     phase, task);
	timeline_add_text(t, name, SIZE_MAX);
	t->some = true;
}

static void timeline_add_member(struct timeline *t, const char *name, const char *text,
				size_t length, bool *first)
{
	if (!length || !text || !*text)
		return;
	timeline_add(t, "%s\"%s\":", *first ? "" : ",", name);
	timeline_add_text(t, text, length);
	*first = false;
}

/* ---- steps -------------------------------------------------------------------------------- */

static void timeline_metadata(struct timeline *t)
{
	const struct hs_sched *s = t->sched;
	char name[48];

	timeline_begin(t, "M", 0, "process_name");
	timeline_add(t, ",\"args\":{\"name\":");
	timeline_add_text(t, hs_verdict_name(s->verdict), SIZE_MAX);
	timeline_add(t, "}}");
	for (uint32_t i = 0; i < s->tasks; i++) {
		snprintf(name, sizeof(name), "%u %s", i, s->task[i].name);
		timeline_begin(t, "M", i, "thread_name");
		timeline_add(t, ",\"args\":{\"name\":");
		timeline_add_text(t, name, SIZE_MAX);
		timeline_add(t, "}}");
	}
}

/* @act: what the task is at in the words of its author, with their line. NULL: not said. */
static void timeline_step(struct timeline *t, uint32_t task, uint32_t at,
			  const struct hs_step_words *w, const char *act)
{
	char name[sizeof(w->operation) + sizeof(w->object)];
	bool first = true;

	snprintf(name, sizeof(name), "%s%s%s", w->operation, w->object[0] ? " " : "", w->object);
	timeline_begin(t, "X", task, name);
	timeline_add(t, ",\"cat\":\"step\",\"ts\":%u,\"dur\":1,\"args\":{", at);
	timeline_add_member(t, "before", w->before, SIZE_MAX, &first);
	timeline_add_member(t, "after", w->after, SIZE_MAX, &first);
	timeline_add_member(t, "remark", w->remark, SIZE_MAX, &first);
	timeline_add_member(t, w->follows ? "place before" : "place", w->place,
			    (size_t)w->place_length, &first);
	timeline_add_member(t, "text", act, SIZE_MAX, &first);
	timeline_add(t, "}}");
}

/* A choice is part of the step before it. */
static void timeline_choice(struct timeline *t, uint32_t task, uint32_t at,
			    const struct hs_step_words *w)
{
	timeline_begin(t, "i", task, w->operation);
	timeline_add(t, ",\"cat\":\"choice\",\"ts\":%u,\"s\":\"t\"}", at);
}

/* ---- what lasts, and what leads to what ----------------------------------------------------- */

/* Decision @from to @to, where it ends or the execution does. */
static void timeline_span(struct timeline *t, const char *category, uint32_t task, const char *name,
			  uint32_t from, uint32_t to)
{
	uint32_t id = ++t->spans;

	timeline_begin(t, "b", task, name);
	timeline_add(t, ",\"cat\":\"%s\",\"id\":%u,\"ts\":%u}", category, id, from);
	timeline_begin(t, "e", task, name);
	timeline_add(t, ",\"cat\":\"%s\",\"id\":%u,\"ts\":%u}", category, id, to);
}

static void timeline_flow(struct timeline *t, const char *name, uint32_t from_task, uint32_t from,
			  uint32_t to_task, uint32_t to)
{
	uint32_t id = ++t->flows;

	timeline_begin(t, "s", from_task, name);
	timeline_add(t, ",\"cat\":\"flow\",\"id\":%u,\"ts\":%u}", id, from);
	timeline_begin(t, "f", to_task, name);
	timeline_add(t, ",\"cat\":\"flow\",\"id\":%u,\"ts\":%u,\"bp\":\"e\"}", id, to);
}

/* The decision after the one that ends what decision @i of @task began. */
static uint32_t timeline_end(const struct hs_sched *s, uint32_t i, bool lock)
{
	for (uint32_t j = i + 1; j < s->decisions; j++) {
		if (s->schedule[j] != s->schedule[i])
			continue;
		if (lock ? hs_step_drops_lock(s, j) &&
				    s->repeat.note[j].addr == s->repeat.note[i].addr
			 : s->repeat.note[j].kind == HS_OP_RCU_LEAVE)
			return j + 1;
	}
	return s->decisions;
}

static void timeline_lasts(struct timeline *t, uint32_t i, const struct hs_step_words *w)
{
	const struct hs_sched *s = t->sched;

	if (hs_step_takes_lock(s, i))
		timeline_span(t, "lock", s->schedule[i], w->object, i, timeline_end(s, i, true));
	else if (s->repeat.note[i].kind == HS_OP_RCU_ENTER)
		timeline_span(t, "rcu", s->schedule[i], "RCU read section", i,
			      timeline_end(s, i, false));
}

/* A sleeper goes on: the last wake of its queue, since it looked, leads to it. */
static void timeline_wake(struct timeline *t, uint32_t i)
{
	const struct hs_sched *s = t->sched;
	const struct hs_repeat_note *n = &s->repeat.note[i];

	if (n->kind != HS_OP_WAIT)
		return;
	for (uint32_t j = i; j-- > 0;) {
		if (s->schedule[j] == s->schedule[i])
			return;
		if (s->repeat.note[j].kind == HS_OP_WAKE && s->repeat.note[j].addr == n->addr &&
		    !(s->schedule[j] & HS_CHOICE)) {
			timeline_flow(t, "wake", s->schedule[j], j, s->schedule[i], i);
			return;
		}
	}
}

/* The first step of a task, or callback, that another one has started. */
static void timeline_start(struct timeline *t, uint32_t i, uint32_t *begun)
{
	const struct hs_sched *s = t->sched;
	uint32_t task = s->schedule[i], born = s->task[task].born, at = born;

	if (*begun >> task & 1)
		return;
	*begun |= 1u << task;
	while (at && s->schedule[at - 1] & HS_CHOICE)
		at--;
	if (at)
		timeline_flow(t, "start", s->schedule[at - 1], at - 1, task, i);
}

static void timeline_steps(struct timeline *t)
{
	const struct hs_sched *s = t->sched;
	struct hs_step_words w;
	uint32_t last = 0, begun = 0;

	for (uint32_t i = 0; i < s->decisions && !t->draft.failed; i++) {
		if (i == TIMELINE_ENDS && s->decisions > TIMELINE_ALL) {
			i = s->decisions - TIMELINE_ENDS;
			timeline_begin(t, "i", 0, "decisions are left out");
			timeline_add(t, ",\"cat\":\"gap\",\"ts\":%u,\"s\":\"g\"}", TIMELINE_ENDS);
		}
		hs_step_describe(&t->names, i, &w);
		if (s->schedule[i] & HS_CHOICE) {
			if (s->repeat.note[i].place) /* else it is in the step of a load */
				timeline_choice(t, last, i, &w);
			continue;
		}
		last = s->schedule[i];
		timeline_step(t, last, i, &w, s->repeat.note[i].act);
		timeline_lasts(t, i, &w);
		timeline_wake(t, i);
		timeline_start(t, i, &begun);
	}
}

/* ---- the whole ---------------------------------------------------------------------------- */

/* How many steps of the check are shown, after those of the tasks. */
static uint32_t timeline_check(struct timeline *t)
{
	const struct hs_sched *s = t->sched;
	const struct hs_direct *d = &s->direct;
	uint32_t first = d->count > HS_DIRECT_STEPS ? d->count - HS_DIRECT_STEPS : 0;
	struct hs_step_words w;

	if (!d->ran)
		return 0;
	for (uint32_t i = first; i < d->count; i++) {
		hs_step_describe_direct(&t->names, i, &w);
		timeline_step(t, 0, s->decisions + i - first, &w, NULL);
	}
	return d->count - first;
}

char *hs_timeline_print(const struct hs_sched *s)
{
	struct timeline t = { .sched = s };
	uint32_t end;
	bool first = true;

	hs_names_begin(&t.names, s);
	timeline_add(&t, "{\"displayTimeUnit\":\"ns\",\"traceEvents\":[");
	timeline_metadata(&t);
	timeline_steps(&t);
	end = s->decisions + timeline_check(&t);
	if (s->verdict != HS_VERDICT_NONE) {
		timeline_begin(&t, "i", s->current, hs_verdict_name(s->verdict));
		timeline_add(&t, ",\"cat\":\"violation\",\"ts\":%u,\"s\":\"g\",\"args\":{", end);
		timeline_add_member(&t, "message", s->message, SIZE_MAX, &first);
		timeline_add(&t, "}}");
	}
	timeline_add(&t, "\n]}\n");
	return hs_draft_end(&t.draft);
}
