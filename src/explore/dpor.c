/* SPDX-License-Identifier: MIT */
/*
 * dpor.c - systematic search of one execution of each class: source-DPOR with sleep sets
 *
 * The path to the current execution is a stack of nodes, one for each decision. A node keeps the
 * step that was taken there and its clock: for each task, how far the steps reach that come before
 * it in every equal execution. Where two steps race, that is, depend on each other with no step in
 * between that orders them, the other order is an execution of another class. It branches off at
 * the node of the first step: with the steps that do not come after it, and then the second. So a
 * task that can begin these, an initial, is added to the tasks that the node will take, unless one
 * is among them, or sleeps there because what it begins was explored.
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
 *
 * Patience: a task that looks before it sleeps (hs_wait_event()) does so when its predicate holds,
 * unless nothing else can move. That leaves out the executions in which it sleeps and is woken.
 * They differ only where a wake is lost, so at the end of an execution each step that might have
 * come before its wake, or after it, is looked for (dpor_find_lost_wakes()).
 *
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "explore/search.h"

struct dpor_node {
	struct hs_touch touch;
	uint32_t enabled; /* mask of tasks; 0: this is a choice */
	uint32_t patient; /* mask of tasks that could look here, but wait until it holds */
	uint32_t hurried; /* mask of tasks that are not patient below */
	uint32_t sleep;	  /* mask of tasks that sleep here */
	uint32_t done;	  /* mask of tasks taken here by earlier executions */
	uint32_t wanted;  /* mask of tasks to take here */
	uint32_t ended;	  /* mask of tasks whose step here was the last of an execution */
	uint32_t taken;	  /* the task, or the answer, that this execution takes */
	uint32_t answers; /* of a choice: how many there are; else 0 */
	uint32_t again;	  /* how many tasks left done, to be taken once more */
	uint64_t before;  /* executions that had ended when this node was made */
	/* Decisions of each task up to its last one that comes before this step, or is it. */
	uint32_t clock[HS_SCHED_TASKS];
};

struct dpor {
	struct hs_searcher searcher;
	struct hs_sched *sched;
	uint32_t depth;	  /* decisions of this execution so far */
	uint32_t length;  /* nodes on the path */
	uint32_t sleep;	  /* mask of tasks that sleep at the next node */
	uint32_t hurried; /* mask of tasks that are not patient at the next node */
	uint64_t over;	  /* executions that have ended */
	bool cut;	  /* all tasks that could move slept */
	uint32_t room;	  /* of node and race */
	struct dpor_node *node;
	uint32_t *race; /* nodes whose step races with the step that is analysed */
	struct hs_words words;
	uint32_t last[HS_SCHED_TASKS]; /* decisions up to the last step of each task */
};

/* What a later step does to what lies before it on the path. */
struct dpor_later {
	struct hs_touch touch;
	uint32_t at;		      /* where it is on the path: nodes before it */
	uint32_t own[HS_SCHED_TASKS]; /* of the step before it, of the same task */
	uint32_t clock[HS_SCHED_TASKS];
	uint32_t hidden[HS_SCHED_TASKS]; /* steps that cannot race with it */
};

static void dpor_join(uint32_t clock[HS_SCHED_TASKS], const uint32_t other[HS_SCHED_TASKS],
		      uint32_t tasks)
{
	for (uint32_t i = 1; i < tasks; i++)
		if (clock[i] < other[i])
			clock[i] = other[i];
}

static inline bool dpor_steps_depend(const struct dpor *d, const struct hs_touch *a,
				     const struct hs_touch *b)
{
	return !hs_touches_are_apart(a, b) &&
	       (hs_touches_depend(&d->words, a, b) || hs_touch_meets_sleepers(&d->words, a, b) ||
		hs_touch_changed_past(&d->words, a, b) || hs_touch_changed_past(&d->words, b, a));
}

/* ---- races ------------------------------------------------------------------------------- */

static bool dpor_only_orders(const struct hs_touch *a, const struct hs_touch *b)
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
static bool dpor_hides_older(const struct hs_touch *a, const struct hs_touch *b)
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
static bool dpor_can_precede(const struct dpor *d, uint32_t i, uint32_t first)
{
	const struct dpor_node *v = &d->node[i];

	return !v->answers && v->clock[d->node[first].taken] <= first;
}

/*
 * The clock that @later has without the steps that come after the one at node @first: a lock does
 * not come after what the earlier owner saw.
 */
static void dpor_clock_without(const struct dpor *d, uint32_t first, const struct dpor_later *later,
			       uint32_t clock[HS_SCHED_TASKS])
{
	memcpy(clock, later->own, sizeof(later->own));
	for (uint32_t i = first + 1; i < later->at; i++)
		if (dpor_can_precede(d, i, first) &&
		    dpor_steps_depend(d, &d->node[i].touch, &later->touch))
			dpor_join(clock, d->node[i].clock, d->sched->tasks);
}

/* No step that began at @begun of the tasks @seen is in the clock. */
static bool dpor_is_initial(const uint32_t *clock, const uint32_t *begun, uint32_t seen)
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
static uint32_t dpor_initials(const struct dpor *d, uint32_t first, const struct dpor_later *later)
{
	uint32_t clock[HS_SCHED_TASKS];
	uint32_t begun[HS_SCHED_TASKS]; /* decisions before a task's first step among them */
	uint32_t seen = 0, initials = 0, task = later->touch.task;

	for (uint32_t i = first + 1; i < later->at; i++) {
		const struct dpor_node *v = &d->node[i];

		if (!dpor_can_precede(d, i, first) || seen >> v->taken & 1)
			continue;
		if (dpor_is_initial(v->clock, begun, seen))
			initials |= 1u << v->taken;
		seen |= 1u << v->taken;
		begun[v->taken] = i;
	}
	if (seen >> task & 1)
		return initials;
	dpor_clock_without(d, first, later, clock);
	return initials | (uint32_t)dpor_is_initial(clock, begun, seen) << task;
}

/* One of these tasks must be taken at the node, @first if it is among them. */
static void dpor_want(struct dpor_node *n, uint32_t tasks, uint32_t first)
{
	if (!(tasks & (n->wanted | n->sleep | n->done)))
		n->wanted |= tasks & first ? first : tasks & -tasks;
}

/*
 * The step at node @first races with @later: sees to it that the reverse is explored.
 *
 * A predicate of several words may read others there. Then @later may not be able to move there,
 * although it depends on none of the steps that come before it in the reverse, or may depend on
 * them, although it does not here. So its task counts for itself, the others for themselves.
 */
static void dpor_reverse(struct dpor *d, uint32_t first, const struct dpor_later *later)
{
	struct dpor_node *n = &d->node[first];
	uint32_t initials = dpor_initials(d, first, later), task = 1u << later->touch.task;

	if (later->touch.varies) {
		dpor_want(n, initials & n->enabled & ~task, task);
		initials &= task;
	} else if (initials & ~n->enabled & task) {
		return; /* none of the other steps enables it */
	}
	dpor_want(n, initials & n->enabled, task);
}

/* Decisions up to the last step of @task below node @at. */
static uint32_t dpor_last_step(const struct dpor *d, uint32_t task, uint32_t at)
{
	while (at && (d->node[at - 1].answers || d->node[at - 1].taken != task))
		at--;
	return at;
}

/*
 * The clock of the step of @task that comes after @last decisions, its last ones: that of its step
 * before, or of the step that made it.
 */
static void dpor_begin_clock(const struct dpor *d, uint32_t task, uint32_t last, uint32_t *clock)
{
	if (!last)
		for (last = d->sched->task[task].born; last && d->node[last - 1].answers;)
			last--;
	if (last)
		memcpy(clock, d->node[last - 1].clock, HS_SCHED_TASKS * sizeof(*clock));
	else
		memset(clock, 0, HS_SCHED_TASKS * sizeof(*clock));
}

/* No step of a node below this one is new to @later. */
static uint32_t dpor_low(const struct dpor *d, const struct dpor_later *later)
{
	uint32_t low = later->at;

	for (uint32_t i = 1; i < d->sched->tasks; i++)
		if (i != later->touch.task && d->last[i] > later->hidden[i] &&
		    low > later->hidden[i])
			low = later->hidden[i];
	return low;
}

/* The clock of a join contains all that the tasks did which it waits for. */
static void dpor_join_tasks(const struct dpor *d, uint64_t tasks, uint32_t clock[HS_SCHED_TASKS])
{
	for (; tasks; tasks &= tasks - 1) {
		uint32_t last = d->last[__builtin_ctzll(tasks)];

		if (last)
			dpor_join(clock, d->node[last - 1].clock, d->sched->tasks);
	}
}

/* Finds the clock of @later, the next step of @t, and the steps that it races with. */
static uint32_t dpor_find_races(struct dpor *d, const struct hs_task *t, struct dpor_later *later)
{
	const struct hs_sched *s = d->sched;
	uint32_t races = 0;

	dpor_begin_clock(d, t->id, d->last[t->id], later->own);
	if (t->op.kind == HS_OP_JOIN)
		dpor_join_tasks(d, t->join, later->own);
	memcpy(later->clock, later->own, sizeof(later->clock));
	memcpy(later->hidden, later->own, sizeof(later->hidden));
	for (uint32_t i = later->at, low = dpor_low(d, later); i-- > low;) {
		const struct dpor_node *n = &d->node[i];

		if (n->answers || n->taken == t->id || later->hidden[n->taken] > i ||
		    !dpor_steps_depend(d, &n->touch, &later->touch))
			continue;
		dpor_join(later->clock, n->clock, s->tasks);
		if (dpor_only_orders(&n->touch, &later->touch))
			continue;
		d->race[races++] = i;
		if (dpor_hides_older(&n->touch, &later->touch))
			dpor_join(later->hidden, n->clock, s->tasks);
	}
	return races;
}

static void dpor_analyse(struct dpor *d, const struct hs_task *t, struct dpor_later *later)
{
	uint32_t races;

	later->touch = hs_touch_of(d->sched, t, &d->words);
	races = dpor_find_races(d, t, later);
	for (uint32_t i = 0; i < races; i++)
		dpor_reverse(d, d->race[i], later);
}

/* Looks at the next steps of these tasks as if they came next, because they may come earlier. */
static void dpor_analyse_pending(struct dpor *d, uint32_t tasks)
{
	struct hs_sched *s = d->sched;
	uint32_t words = d->words.count;
	bool alone = s->alone;

	s->alone = false;
	for (; tasks; tasks &= tasks - 1) {
		struct dpor_later later = { .at = d->depth };

		dpor_analyse(d, &s->task[__builtin_ctz(tasks)], &later);
		d->words.count = words;
	}
	s->alone = alone;
}

static uint32_t dpor_pending(const struct hs_sched *s)
{
	return s->ready | s->conditional;
}

/*
 * The tasks that wait for words to have other values, where all that can move sleep. A step on the
 * path may have made the condition false without a step of the sleepers being dependent on it.
 */
static uint32_t dpor_waiting(const struct hs_sched *s, uint32_t enabled)
{
	uint32_t waiting = 0;

	for (uint32_t c = s->conditional & ~enabled; c; c &= c - 1) {
		const struct hs_task *t = &s->task[__builtin_ctz(c)];

		if (t->op.kind == HS_OP_WAIT || t->op.kind == HS_OP_LOOK ||
		    t->op.kind == HS_OP_SPIN || t->op.kind == HS_OP_RETRY)
			waiting |= 1u << t->id;
	}
	return waiting;
}

/*
 * A predicate of several words may read others next time. So a task that waits is looked at
 * whenever the last step has changed a word that its predicate reads now.
 */
static void dpor_analyse_waiting(struct dpor *d, uint32_t enabled)
{
	const struct dpor_node *n = d->length ? &d->node[d->length - 1] : NULL;
	uint32_t waiting = n && !n->answers ? dpor_waiting(d->sched, enabled) : 0;

	for (; waiting; waiting &= waiting - 1) {
		const struct hs_task *t = &d->sched->task[__builtin_ctz(waiting)];

		if ((t->watch_count > 1 || t->watch_varies) && hs_touch_meets_watch(&n->touch, t))
			dpor_analyse_pending(d, 1u << t->id);
	}
}

/* ---- one execution ----------------------------------------------------------------------- */

static bool dpor_grow(struct dpor *d)
{
	uint32_t room = d->room;

	if (!hs_grow(&d->node, &room, d->length + 1, sizeof(*d->node)) ||
	    !hs_grow(&d->race, &d->room, d->length + 1, sizeof(*d->race)))
		d->searcher.failed = true;
	return !d->searcher.failed;
}

/* The task that ran last goes on if it can: schedules with few switches come first. */
static uint32_t dpor_first(const struct hs_sched *s, uint32_t awake)
{
	return awake >> s->current & 1 ? s->current : (uint32_t)__builtin_ctz(awake);
}

/* The step that the last node of the path takes is a new one. */
static void dpor_note_step(struct dpor *d, struct dpor_node *n)
{
	struct hs_sched *s = d->sched;
	struct dpor_later later = { .at = d->depth };
	uint32_t candidates = (n->sleep | n->done) & n->enabled & ~n->ended;

	d->words.count = n->touch.first_word;
	if (s->alone)
		dpor_analyse_pending(d, dpor_pending(s));
	dpor_analyse(d, &s->task[n->taken], &later);
	n->touch = later.touch;
	memcpy(n->clock, later.clock, sizeof(n->clock));
	n->clock[n->taken] = d->depth + 1;
	if (n->hurried || n->patient >> n->taken & 1)
		candidates = 0;
	d->sleep = candidates ? hs_independent_tasks(s, candidates, &s->task[n->taken]) : 0;
}

/*
 * Those tasks that would look at a predicate that does not hold, to wait without a deadline. Unless
 * nothing else can be done they look when it holds, because it makes no difference if a wake
 * follows (dpor_find_lost_wakes()).
 */
static uint32_t dpor_patient(const struct dpor *d, uint32_t enabled)
{
	const struct hs_sched *s = d->sched;
	uint32_t patient = 0;

	for (uint32_t c = d->words.counts ? s->conditional : 0; c; c &= c - 1) {
		const struct hs_task *t = &s->task[__builtin_ctz(c)];

		if (t->op.kind == HS_OP_LOOK && !t->timed && !t->pred_held && !t->watch_dead)
			patient |= 1u << t->id;
	}
	patient &= ~d->hurried;
	return enabled & ~patient ? patient : 0;
}

static int dpor_pick(void *ctx, struct hs_sched *s, uint32_t enabled)
{
	struct dpor *d = ctx;
	struct dpor_node *n;

	d->sched = s;
	if (d->depth == d->length) {
		uint32_t patient = dpor_patient(d, enabled), awake, taken;

		enabled &= ~patient;
		dpor_analyse_waiting(d, enabled);
		awake = enabled & ~d->sleep;

		d->cut = !awake || !dpor_grow(d);
		if (d->cut) {
			dpor_analyse_pending(d, dpor_waiting(s, enabled));
			return HS_PICK_CUT;
		}
		taken = dpor_first(s, awake);
		n = &d->node[d->length++];
		n->enabled = enabled;
		n->patient = patient;
		n->sleep = d->sleep;
		n->done = n->ended = n->answers = n->hurried = n->again = 0;
		n->before = d->over;
		n->taken = taken;
		n->wanted = s->alone ? enabled : 1u << taken;
		n->touch.first_word = d->words.count;
	}
	n = &d->node[d->depth];
	if (d->depth + 1 == d->length)
		dpor_note_step(d, n);
	d->hurried |= n->hurried;
	d->last[n->taken] = ++d->depth;
	return (int)n->taken;
}

static uint32_t dpor_choose(void *ctx, struct hs_sched *s, uint32_t count)
{
	struct dpor *d = ctx;
	struct dpor_node *n;

	(void)s;
	if (d->depth == d->length) {
		if (!dpor_grow(d))
			return 0;
		n = &d->node[d->length++];
		n->enabled = n->taken = 0;
		n->sleep = d->sleep;
		n->answers = count;
		n->before = d->over;
		n->touch.first_word = d->words.count;
	}
	n = &d->node[d->depth];
	if (++d->depth == d->length) {
		d->sleep = n->sleep;
		d->words.count = n->touch.first_word;
	}
	return n->taken;
}

/* ---- from one execution to the next ------------------------------------------------------ */

static void dpor_start(struct hs_searcher *me)
{
	struct dpor *d = (struct dpor *)me;

	d->depth = 0;
	d->sleep = d->hurried = 0;
	d->cut = false;
	memset(d->last, 0, sizeof(d->last));
}

/* A wake on @queue comes after the step at node @first in every equal execution. */
static bool dpor_wakes_after(const struct dpor *d, uint32_t first, uintptr_t queue)
{
	uint32_t task = d->node[first].taken;

	for (uint32_t i = first + 1; i < d->length; i++) {
		const struct dpor_node *n = &d->node[i];

		if (!n->answers && n->touch.kind == HS_OP_WAKE && n->touch.addr == queue &&
		    n->clock[task] > first)
			return true;
	}
	return false;
}

/*
 * @later is a look that must be taken before the step at node @first, where it is @pending or not.
 * What was explored there with patience says nothing about it: no task sleeps, and one that was
 * taken is taken again.
 */
static void dpor_hurry(struct dpor *d, uint32_t first, bool pending, const struct dpor_later *later)
{
	struct dpor_node *n = &d->node[first];
	uint32_t initials = dpor_initials(d, first, later), task = 1u << later->touch.task;

	/* Where it is pending and its predicate holds, the race between the two counts. */
	if (pending && initials & task) {
		n->wanted |= n->patient & task;
		return;
	}
	initials &= n->enabled;
	if (n->hurried & task || !initials)
		return;
	initials = initials & task ? task : initials & -initials;
	n->hurried |= task;
	n->wanted |= initials;
	n->again += (uint32_t)__builtin_popcount(n->done & initials);
	n->done &= ~initials;
	n->sleep &= ~initials;
}

/*
 * The task looked at node @at, and its predicate held. If it had looked before one of the steps
 * that it depends on, it would sleep, and a wake must follow. Where none does, it looks earlier.
 */
static void dpor_look_earlier(struct dpor *d, uint32_t at)
{
	const struct dpor_node *look = &d->node[at];
	struct dpor_later later = { .touch = look->touch, .at = at };

	uint32_t last = dpor_last_step(d, look->taken, at);
	uint32_t begun = last ? last : d->sched->task[look->taken].born;

	dpor_begin_clock(d, look->taken, last, later.own);
	for (uint32_t i = 0; i < at; i++) {
		struct dpor_node *n = &d->node[i];

		if (n->answers || n->taken == look->taken || later.own[n->taken] > i ||
		    !hs_touch_changes_word(&d->words, &n->touch, &look->touch) ||
		    dpor_wakes_after(d, i, look->touch.addr))
			continue;
		dpor_hurry(d, i, begun <= i, &later);
	}
}

/* Explores each wake on @queue that follows the step at node @first, but need not, before it. */
static void dpor_wake_earlier(struct dpor *d, uint32_t first, uintptr_t queue)
{
	for (uint32_t i = first + 1; i < d->length; i++) {
		const struct dpor_node *n = &d->node[i];
		struct dpor_later later = { .touch = n->touch, .at = i };

		if (n->answers || n->touch.kind != HS_OP_WAKE || n->touch.addr != queue ||
		    n->taken == d->node[first].taken)
			continue;
		dpor_begin_clock(d, n->taken, dpor_last_step(d, n->taken, i), later.own);
		dpor_reverse(d, first, &later);
	}
}

/*
 * A sleeper went on at node @at, because its predicate held. Had the last wake come before one of
 * the steps that made it hold, it would have been lost. Which words the predicate read when such a
 * step was taken does not tell, so it is asked here.
 */
static void dpor_look_at_sleeper(struct dpor *d, uint32_t at)
{
	const struct dpor_node *wait = &d->node[at];
	uint32_t own[HS_SCHED_TASKS];

	dpor_begin_clock(d, wait->taken, dpor_last_step(d, wait->taken, at), own);
	for (uint32_t i = 0; i < at; i++) {
		const struct dpor_node *n = &d->node[i];

		if (!n->answers && n->taken != wait->taken && own[n->taken] <= i &&
		    hs_touch_changes_word(&d->words, &n->touch, &wait->touch) &&
		    !dpor_wakes_after(d, i, wait->touch.queue))
			dpor_wake_earlier(d, i, wait->touch.queue);
	}
}

static void dpor_find_lost_wakes(struct dpor *d)
{
	for (uint32_t i = 0; i < d->length; i++) {
		const struct hs_touch *touch = &d->node[i].touch;

		if (d->node[i].answers || !touch->passes)
			continue;
		if (touch->patient)
			dpor_look_earlier(d, i);
		else if (touch->kind != HS_OP_LOOK)
			dpor_look_at_sleeper(d, i);
	}
}

/*
 * The last step may have ended the execution by a violation. What is pending depends on it, because
 * nothing else keeps it from being taken. So the task does not sleep while others are taken.
 */
static void dpor_end(struct dpor *d)
{
	struct dpor_node *n = &d->node[d->length - 1];
	uint32_t pending = dpor_pending(d->sched);

	dpor_analyse_pending(d, pending);
	dpor_find_lost_wakes(d);
	while (n->answers)
		n--;
	n->wanted |= n->enabled & pending;
	if (pending)
		n->ended |= 1u << n->taken;
}

/* Takes the next task that is wanted at the deepest node that has one. */
static bool dpor_next(struct hs_searcher *me)
{
	struct dpor *d = (struct dpor *)me;

	d->over++;
	if (d->length && !d->cut)
		dpor_end(d);
	for (; d->length; d->length--) {
		struct dpor_node *n = &d->node[d->length - 1];
		uint32_t left;

		if (n->answers) {
			if (++n->taken < n->answers)
				return true;
			continue;
		}
		n->done |= 1u << n->taken;
		left = n->wanted & ~(n->sleep | n->done);
		if (left) {
			n->taken = (uint32_t)__builtin_ctz(left);
			return true;
		}
	}
	return false;
}

/*
 * The execution that the last node names is yet to come. A node has the branches that are known so
 * far: races that are found later add to them, so that the estimate starts too low.
 */
static void dpor_estimate(const struct hs_searcher *me, struct hs_estimate *e)
{
	const struct dpor *d = (const struct dpor *)me;

	for (uint32_t i = 0; i < d->length; i++) {
		const struct dpor_node *n = &d->node[i];
		uint64_t over = i + 1 < d->length ? n[1].before : d->over;
		uint32_t branches = n->done | (n->wanted & ~n->sleep);
		uint32_t done = (uint32_t)__builtin_popcount(n->done) + n->again;
		uint32_t all = (uint32_t)__builtin_popcount(branches) + n->again;

		hs_estimate_node(e, n->answers ? n->taken : done, over - n->before,
				 n->answers ? n->answers : all);
	}
}

static void dpor_release(struct hs_searcher *me)
{
	struct dpor *d = (struct dpor *)me;

	hs_words_free(&d->words);
	free(d->node);
	free(d->race);
	free(d);
}

int hs_search_dpor(const struct hs_explore_options *options, struct hs_searcher **out)
{
	struct dpor *d = calloc(1, sizeof(*d));

	if (!d)
		return -ENOMEM;
	d->words.past = true;
	d->words.counts = options->commute && !options->fingerprint;
	d->searcher = (struct hs_searcher){ .chooser = { dpor_pick, dpor_choose, d },
					    .start = dpor_start,
					    .next = dpor_next,
					    .release = dpor_release,
					    .estimate = dpor_estimate };
	*out = &d->searcher;
	return 0;
}
