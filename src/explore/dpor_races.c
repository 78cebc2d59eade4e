/* SPDX-License-Identifier: MIT */
/*
 * dpor_races.c - which steps of an execution race, and where their other order branches off
 *
 *   depends		the earlier step		the later step
 *   as a race		any				can be taken in either order
 *   only as an order	unlock				a lock, which had to wait for it
 *			down_write			down_read, which has to wait for its end
 *			end of a read section		the grace period that waits for it
 *			end of a task			the join that waits for it
 *			any				a retry that no other task's step precedes
 *							alone, and the reverse
 *
 * Order enters the clock of the later step, but hides no race: two locks of one mutex race although
 * an unlock lies between them. A step that waits for a condition hides none either, because it may
 * not be able to move where the race that would hide an older one branches off.
 *
 * A step that waits is looked at as if it came next wherever a word of its predicate has changed,
 * where no task can move, and where a violation ends the execution: it may have come earlier. What
 * a predicate reads depends on the state, so such a step depends on all that it read since it
 * waits.
 */
#include <string.h>

#include "explore/dpor.h"

static void dpor_races_join(uint32_t clock[HS_SCHED_TASKS], const uint32_t other[HS_SCHED_TASKS],
			    uint32_t tasks)
{
	for (uint32_t i = 1; i < tasks; i++)
		if (clock[i] < other[i])
			clock[i] = other[i];
}

static inline bool dpor_races_steps_depend(const struct hs_dpor *d, const struct hs_touch *a,
					   const struct hs_touch *b)
{
	return !hs_touches_are_apart(a, b) &&
	       (hs_touches_depend(&d->words, a, b) || hs_touch_meets_sleepers(&d->words, a, b) ||
		hs_touch_changed_past(&d->words, a, b) || hs_touch_changed_past(&d->words, b, a));
}

static bool dpor_races_only_orders(const struct hs_touch *a, const struct hs_touch *b)
{
	if (a->alone || b->alone)
		return true;
	switch ((enum hs_op_kind)b->kind) {
	case HS_OP_DOWN_READ:
		return a->kind == HS_OP_UNLOCK || a->kind == HS_OP_DOWN_WRITE;
	case HS_OP_LOCK:
	case HS_OP_DOWN_WRITE:
		return a->kind == HS_OP_UNLOCK;
	case HS_OP_RCU_WAIT:
		return a->kind == HS_OP_RCU_LEAVE;
	default:
		return false;
	}
}

/* Whether the reverse of the race between @a and @b shows the older races of @b. */
static bool dpor_races_hides_older(const struct hs_touch *a, const struct hs_touch *b)
{
	switch ((enum hs_op_kind)b->kind) {
	case HS_OP_LOCK:
		return a->kind == HS_OP_LOCK;
	case HS_OP_DOWN_READ:
	case HS_OP_DOWN_WRITE:
	case HS_OP_WAIT:
	case HS_OP_RETRY:
	case HS_OP_RCU_WAIT:
	case HS_OP_JOIN:
	case HS_OP_SPIN:
	case HS_OP_COMPLETION:
		return false;
	case HS_OP_LOOK:
		return !b->patient;
	default:
		return true;
	}
}

/* The step at node @i comes before that at node @first in some equal execution. */
static bool dpor_races_can_precede(const struct hs_dpor *d, uint32_t i, uint32_t first)
{
	const struct hs_dpor_node *v = &d->node[i];

	return !v->branch.answers && v->clock[d->node[first].branch.taken] <= first;
}

/*
 * The clock that @later has without the steps that come after the one at node @first: a lock does
 * not come after what the earlier owner saw.
 */
static void dpor_races_clock_without(const struct hs_dpor *d, uint32_t first,
				     const struct hs_dpor_later *later,
				     uint32_t clock[HS_SCHED_TASKS])
{
	memcpy(clock, later->own, sizeof(later->own));
	for (uint32_t i = first + 1; i < later->at; i++)
		if (dpor_races_can_precede(d, i, first) &&
		    dpor_races_steps_depend(d, &d->node[i].touch, &later->touch))
			dpor_races_join(clock, d->node[i].clock, d->sched->tasks);
}

/* No step that began at @begun of the tasks @seen is in the clock. */
static bool dpor_races_is_initial(const uint32_t *clock, const uint32_t *begun, uint32_t seen)
{
	for (; seen; seen &= seen - 1) {
		uint32_t u = (uint32_t)__builtin_ctz(seen);

		if (clock[u] > begun[u])
			return false;
	}
	return true;
}

/*
 * The tasks that can begin, at node @first, the steps between there and the end of the path that do
 * not come after the one taken there, with @later at their end.
 */
uint32_t hs_dpor_initials(const struct hs_dpor *d, uint32_t first,
			  const struct hs_dpor_later *later)
{
	uint32_t clock[HS_SCHED_TASKS];
	uint32_t begun[HS_SCHED_TASKS]; /* decisions before a task's first step among them */
	uint32_t seen = 0, initials = 0, task = later->touch.task;

	for (uint32_t i = first + 1; i < later->at; i++) {
		const struct hs_dpor_node *v = &d->node[i];

		if (!dpor_races_can_precede(d, i, first) || seen >> v->branch.taken & 1)
			continue;
		if (dpor_races_is_initial(v->clock, begun, seen))
			initials |= 1u << v->branch.taken;
		seen |= 1u << v->branch.taken;
		begun[v->branch.taken] = i;
	}
	if (seen >> task & 1)
		return initials;
	dpor_races_clock_without(d, first, later, clock);
	return initials | (uint32_t)dpor_races_is_initial(clock, begun, seen) << task;
}

/* One of these tasks must be taken at the node, @first if it is among them. */
static void dpor_races_want(struct hs_dpor_node *n, uint32_t tasks, uint32_t first)
{
	if (!(tasks & (n->wanted | n->sleep)))
		n->wanted |= tasks & first ? first : tasks & -tasks;
}

/*
 * The step at node @first races with @later: sees to it that the reverse is explored.
 *
 * A predicate of several words may read others there. Then @later may not be able to move there,
 * although it depends on none of the steps that come before it in the reverse, or may depend on
 * them, although it does not here. So its task counts for itself, the others for themselves.
 */
void hs_dpor_reverse(struct hs_dpor *d, uint32_t first, const struct hs_dpor_later *later)
{
	struct hs_dpor_node *n = &d->node[first];
	uint32_t initials = hs_dpor_initials(d, first, later), task = 1u << later->touch.task;

	if (later->touch.varies) {
		dpor_races_want(n, initials & n->enabled & ~task, task);
		initials &= task;
	} else if (initials & ~n->enabled & task) {
		return; /* none of the other steps enables it */
	}
	dpor_races_want(n, initials & n->enabled, task);
}

/* Decisions up to the last step of @task below node @at. */
uint32_t hs_dpor_last_step(const struct hs_dpor *d, uint32_t task, uint32_t at)
{
	while (at && (d->node[at - 1].branch.answers || d->node[at - 1].branch.taken != task))
		at--;
	return at;
}

/*
 * The clock of the step of @task that comes after @last decisions, its last ones: that of its step
 * before, or of the step that made it.
 */
void hs_dpor_begin_clock(const struct hs_dpor *d, uint32_t task, uint32_t last, uint32_t *clock)
{
	if (!last)
		for (last = d->sched->task[task].born; last && d->node[last - 1].branch.answers;)
			last--;
	if (last)
		memcpy(clock, d->node[last - 1].clock, HS_SCHED_TASKS * sizeof(*clock));
	else
		memset(clock, 0, HS_SCHED_TASKS * sizeof(*clock));
}

/* No step of a node below this one is new to @later. */
static uint32_t dpor_races_low(const struct hs_dpor *d, const struct hs_dpor_later *later)
{
	uint32_t low = later->at;

	for (uint32_t i = 1; i < d->sched->tasks; i++)
		if (i != later->touch.task && d->last[i] > later->hidden[i] &&
		    low > later->hidden[i])
			low = later->hidden[i];
	return low;
}

/* The clock of a join contains all that the tasks did which it waits for. */
static void dpor_races_join_tasks(const struct hs_dpor *d, uint64_t tasks,
				  uint32_t clock[HS_SCHED_TASKS])
{
	for (; tasks; tasks &= tasks - 1) {
		uint32_t last = d->last[__builtin_ctzll(tasks)];

		if (last)
			dpor_races_join(clock, d->node[last - 1].clock, d->sched->tasks);
	}
}

/* Finds the clock of @later, the next step of @t, and the steps that it races with. */
static uint32_t dpor_races_find_races(struct hs_dpor *d, const struct hs_task *t,
				      struct hs_dpor_later *later)
{
	const struct hs_sched *s = d->sched;
	uint32_t races = 0;

	hs_dpor_begin_clock(d, t->id, d->last[t->id], later->own);
	if (t->op.kind == HS_OP_JOIN)
		dpor_races_join_tasks(d, t->join, later->own);
	memcpy(later->clock, later->own, sizeof(later->clock));
	memcpy(later->hidden, later->own, sizeof(later->hidden));
	for (uint32_t i = later->at, low = dpor_races_low(d, later); i-- > low;) {
		const struct hs_dpor_node *n = &d->node[i];

		if (n->branch.answers || n->branch.taken == t->id ||
		    later->hidden[n->branch.taken] > i ||
		    !dpor_races_steps_depend(d, &n->touch, &later->touch))
			continue;
		dpor_races_join(later->clock, n->clock, s->tasks);
		if (dpor_races_only_orders(&n->touch, &later->touch))
			continue;
		d->race[races++] = i;
		if (dpor_races_hides_older(&n->touch, &later->touch))
			dpor_races_join(later->hidden, n->clock, s->tasks);
	}
	return races;
}

void hs_dpor_analyse(struct hs_dpor *d, const struct hs_task *t, struct hs_dpor_later *later)
{
	uint32_t races;

	later->touch = hs_touch_of(d->sched, t, &d->words);
	d->searcher.failed |= d->words.failed;
	races = dpor_races_find_races(d, t, later);
	for (uint32_t i = 0; i < races; i++)
		hs_dpor_reverse(d, d->race[i], later);
}

/* Looks at the next steps of these tasks as if they came next, because they may come earlier. */
void hs_dpor_analyse_pending(struct hs_dpor *d, uint32_t tasks)
{
	struct hs_sched *s = d->sched;
	uint32_t words = d->words.count;
	bool alone = s->alone;

	s->alone = false;
	for (; tasks; tasks &= tasks - 1) {
		struct hs_dpor_later later = { .at = d->depth };

		hs_dpor_analyse(d, &s->task[__builtin_ctz(tasks)], &later);
		d->words.count = words;
	}
	s->alone = alone;
}

/*
 * The tasks that wait for words to have other values, where all that can move sleep. A step on the
 * path may have made the condition false without a step of the sleepers being dependent on it.
 */
uint32_t hs_dpor_waiting(const struct hs_sched *s, uint32_t enabled)
{
	uint32_t waiting = 0;

	for (uint32_t c = s->conditional & ~enabled; c; c &= c - 1) {
		const struct hs_task *t = &s->task[__builtin_ctz(c)];

		if (t->op.kind == HS_OP_WAIT || t->op.kind == HS_OP_LOOK ||
		    t->op.kind == HS_OP_SPIN || t->op.kind == HS_OP_RETRY ||
		    t->op.kind == HS_OP_COMPLETION)
			waiting |= 1u << t->id;
	}
	return waiting;
}

/*
 * A predicate of several words may read others next time. So a task that waits is looked at
 * whenever the last step has changed a word that its predicate reads now.
 */
void hs_dpor_analyse_waiting(struct hs_dpor *d, uint32_t enabled)
{
	const struct hs_dpor_node *n = d->length ? &d->node[d->length - 1] : NULL;
	uint32_t waiting = n && !n->branch.answers ? hs_dpor_waiting(d->sched, enabled) : 0;

	for (; waiting; waiting &= waiting - 1) {
		const struct hs_task *t = &d->sched->task[__builtin_ctz(waiting)];

		if ((t->watch_count > 1 || t->watch_varies) && hs_touch_meets_watch(&n->touch, t))
			hs_dpor_analyse_pending(d, 1u << t->id);
	}
}
