/* SPDX-License-Identifier: MIT */
/*
 * ends.c - how an execution ended: who waits for whom, who holds what, what was used that is freed
 */
#include "explore/ends.h"

#include <string.h>

#include "explore/steps.h"
#include "port/explore/arena.h"

static const char *ends_place(const char *place)
{
	return place ? place : "a place that is not known";
}

/* ---- who waits ---------------------------------------------------------------------------- */

/* The tasks that must move before @t can, as far as that is known. */
static uint32_t ends_blockers(const struct hs_sched *s, const struct hs_task *t)
{
	uint32_t mask = 0;

	if (t->op.kind == HS_OP_RCU_WAIT)
		return (uint32_t)t->rcu_wait;
	if (t->op.kind == HS_OP_JOIN)
		mask = (uint32_t)t->join;
	for (uint32_t i = 1; i < s->tasks; i++) {
		const struct hs_task *other = &s->task[i];

		if (t->op.kind == HS_OP_JOIN && !other->live)
			mask &= ~(1u << i);
		if (hs_op_lock_class(&t->op) == HS_LOCK_CLASS_NONE || other == t)
			continue;
		if (hs_held_has(other, t->op.addr) ||
		    (t->op.kind == HS_OP_DOWN_READ && other->op.kind == HS_OP_DOWN_WRITE &&
		     other->op.addr == t->op.addr))
			mask |= 1u << i;
	}
	return mask;
}

static const char *ends_held_at(const struct hs_task *t, const void *lock)
{
	for (uint32_t i = 0; i < t->held_count; i++)
		if (t->held[i].lock == lock)
			return ends_place(t->held[i].where);
	return NULL;
}

/* How @other keeps @t from moving: "which two took at a.c:12". */
static void ends_add_blocker(struct hs_draft *d, const struct hs_task *t,
			     const struct hs_task *other)
{
	const char *at = ends_held_at(other, t->op.addr);

	if (t->op.kind == HS_OP_RCU_WAIT)
		hs_draft_add(d, "%s, in a read section since %s", other->name,
			     ends_place(other->rcu_where));
	else if (t->op.kind == HS_OP_JOIN)
		hs_draft_add(d, "%s, which has not ended", other->name);
	else if (at)
		hs_draft_add(d, "which %s took at %s", other->name, at);
	else
		hs_draft_add(d, "for which %s waits to write", other->name);
}

/* What the task is at in the words of its author; their place only if it is another one. */
static void ends_add_act(struct hs_draft *d, const struct hs_task *t, const struct hs_step_words *w)
{
	size_t length = t->act ? strlen(t->act) : 0, place = (size_t)w->place_length;

	if (!length)
		return;
	if (place && length > place + 2 && !strncmp(t->act + length - place, w->place, place))
		length -= place + 2;
	hs_draft_add(d, ", in \"%.*s\"", (int)length, t->act);
}

static void ends_add_wait(struct hs_draft *d, const struct hs_names *names, const struct hs_task *t)
{
	const struct hs_sched *s = names->sched;
	struct hs_draft line = { .failed = false };
	struct hs_step_words w;
	const char *between = ", ";

	hs_step_describe_next(names, t, &w);
	hs_draft_add(&line, "%s waits%s%.*s: %s%s%s", t->name, w.place_length ? " at " : "",
		     w.place_length, w.place ? w.place : "", w.operation, w.object[0] ? " " : "",
		     w.object);
	ends_add_act(&line, t, &w);
	for (uint32_t m = ends_blockers(s, t); m; m &= m - 1) {
		hs_draft_add(&line, "%s", between);
		ends_add_blocker(&line, t, &s->task[__builtin_ctz(m)]);
		between = " and ";
	}
	hs_draft_wrap(d, &line);
}

/* Inside, not only about to enter. */
static bool ends_reads(const struct hs_sched *s, const struct hs_task *t)
{
	return s->arena->rcu.readers >> t->id & 1;
}

static void ends_add_holds(struct hs_draft *d, const struct hs_names *names,
			   const struct hs_task *t)
{
	const struct hs_sched *s = names->sched;
	char object[HS_NAME_MAX];

	for (uint32_t h = 0; h < t->held_count; h++) {
		struct hs_draft line = { .failed = false };

		hs_name_word(names, (uintptr_t)t->held[h].lock, object);
		hs_draft_add(&line, "%s holds the %s (%s) since %s", t->name,
			     hs_lock_name(t, t->held[h].cls), object, ends_place(t->held[h].where));
		hs_draft_wrap(d, &line);
	}
	if (ends_reads(s, t))
		hs_draft_add(d, "%s is in an RCU read section since %s\n", t->name,
			     ends_place(t->rcu_where));
}

/* ---- cycles ------------------------------------------------------------------------------- */

/* The shortest way on which @from waits for itself: before[] leads back. The last task of it. */
static uint32_t ends_find_cycle(const struct hs_sched *s, uint32_t from,
				uint8_t before[HS_SCHED_TASKS])
{
	uint32_t seen = 1u << from, layer = seen;

	while (layer) {
		uint32_t next = 0;

		for (; layer; layer &= layer - 1) {
			uint32_t task = (uint32_t)__builtin_ctz(layer);
			uint32_t more = ends_blockers(s, &s->task[task]);

			if (more >> from & 1)
				return task;
			for (more &= ~seen; more; more &= more - 1) {
				before[__builtin_ctz(more)] = (uint8_t)task;
				seen |= more & -more;
				next |= more & -more;
			}
		}
		layer = next;
	}
	return 0;
}

/* "a cycle: one waits for two, two for one" */
static void ends_add_cycle(struct hs_draft *d, const struct hs_sched *s)
{
	uint8_t before[HS_SCHED_TASKS] = { 0 }, way[HS_SCHED_TASKS];

	for (uint32_t from = 1; from < s->tasks; from++) {
		uint32_t last = ends_find_cycle(s, from, before), count = 0;

		if (!last)
			continue;
		for (uint32_t at = last; at != from; at = before[at])
			way[count++] = (uint8_t)at;
		hs_draft_add(d, "a cycle: %s waits for", s->task[from].name);
		while (count-- > 0)
			hs_draft_add(d, " %s, %s for", s->task[way[count]].name,
				     s->task[way[count]].name);
		hs_draft_add(d, " %s\n", s->task[from].name);
		return;
	}
}

/* An empty line, if any other follows. */
static void ends_begin(struct hs_draft *d, const struct hs_sched *s, bool stuck)
{
	for (uint32_t i = 1; i < s->tasks; i++) {
		const struct hs_task *t = &s->task[i];

		if ((stuck && t->op.kind != HS_OP_NONE) || t->held_count || ends_reads(s, t)) {
			hs_draft_add(d, "\n");
			return;
		}
	}
}

void hs_ends_print(struct hs_draft *d, const struct hs_names *names)
{
	const struct hs_sched *s = names->sched;
	bool stuck = s->verdict == HS_VERDICT_DEADLOCK || s->verdict == HS_VERDICT_LIVELOCK ||
		     s->verdict == HS_VERDICT_RETRIES;

	if (s->verdict == HS_VERDICT_NONE)
		return;
	if (s->verdict == HS_VERDICT_LEAK && s->task[0].act)
		hs_draft_add(d, "\nleft by \"%s\"\n", s->task[0].act);
	ends_begin(d, s, stuck);
	for (uint32_t i = 1; i < s->tasks; i++) {
		if (stuck && s->task[i].op.kind != HS_OP_NONE)
			ends_add_wait(d, names, &s->task[i]);
		ends_add_holds(d, names, &s->task[i]);
	}
	if (s->verdict == HS_VERDICT_DEADLOCK)
		ends_add_cycle(d, s);
}

/* ---- what was freed ----------------------------------------------------------------------- */

void hs_ends_print_object(struct hs_draft *d, const struct hs_names *names,
			  const struct hs_birth *b)
{
	char name[HS_NAME_MAX], extent[HS_NAME_MAX];

	hs_name_object(names, b, name);
	hs_name_extent(names, b, extent);
	hs_draft_add(d, "%s (%zu bytes%s)", name,
		     b->size - (b->kind == HS_KIND_TRACKED ? HS_TRACKED_HEAD : 0), extent);
}

/* Ends the line with the locks that the task held at decision @end. */
static void ends_add_locks(struct hs_draft *d, struct hs_draft *line, const struct hs_sched *s,
			   uint32_t task, uint32_t end)
{
	struct hs_step_lock lock[HS_HELD_MAX];
	uint32_t count = hs_step_locks(s, task, end, lock);

	for (uint32_t i = 0; i < count; i++)
		hs_draft_add(line, "%s the %s (%s)", i ? "," : ", holding",
			     hs_lock_name(&s->task[0], lock[i].cls), lock[i].where);
	hs_draft_wrap(d, line);
}

const struct hs_birth *hs_ends_print_freed(struct hs_draft *d, const struct hs_names *names)
{
	const struct hs_sched *s = names->sched;
	const struct hs_birth *b = hs_births_find(&s->births, s->dead.addr);
	const struct hs_task *t = &s->task[s->dead.task];
	struct hs_draft line = { .failed = false };
	char word[HS_NAME_MAX];

	if (s->verdict != HS_VERDICT_FREED || !b || !b->freed)
		return NULL;
	hs_ends_print_object(d, names, b);
	hs_draft_add(d, ":\n  allocated at %s by %s\n", ends_place(b->allocated),
		     s->task[b->maker].name);
	hs_draft_add(&line, "  freed at %s by %s", b->freed, s->task[b->freer].name);
	ends_add_locks(d, &line, s, b->freer, b->freed_at ? b->freed_at - 1 : 0);
	hs_name_word(names, s->dead.addr, word);
	hs_draft_add(&line, "  used %s %s by %s: %s",
		     hs_op_follows((enum hs_op_kind)t->op.kind, t->op.detail) ? "after" : "at",
		     ends_place(s->dead.where), t->name, word);
	ends_add_locks(d, &line, s, t->id, s->decisions);
	return b;
}
