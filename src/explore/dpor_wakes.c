/* SPDX-License-Identifier: MIT */
/*
 * dpor_wakes.c - wakes that may be lost
 *
 * Patience: a task that looks before it sleeps (hs_wait_event()) does so when its predicate holds,
 * unless nothing else can move. That leaves out the executions in which it sleeps and is woken.
 * They differ only where a wake is lost, so at the end of an execution each step that might have
 * come before its wake, or after it, is looked for.
 *
 * A sleeper that was woken looks again, even if its predicate is false by then. That needs a wake
 * between two steps that meet no wake where the sleeper has gone on, so it is looked for as well.
 */
#include "explore/dpor.h"

/* A wake on @queue comes after the step at node @first in every equal execution. */
static bool dpor_wakes_follow(const struct hs_dpor *d, uint32_t first, uintptr_t queue)
{
	uint32_t task = d->node[first].branch.taken;

	for (uint32_t i = first + 1; i < d->length; i++) {
		const struct hs_dpor_node *n = &d->node[i];

		if (!n->branch.answers && n->touch.kind == HS_OP_WAKE && n->touch.addr == queue &&
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
static void dpor_wakes_hurry(struct hs_dpor *d, uint32_t first, bool pending,
			     const struct hs_dpor_later *later)
{
	struct hs_dpor_node *n = &d->node[first];
	uint32_t initials = hs_dpor_initials(d, first, later), task = 1u << later->touch.task;

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
	n->again += (uint32_t)__builtin_popcount(n->branch.done & initials);
	n->branch.done &= ~initials;
	n->sleep &= ~initials;
}

/*
 * The task looked at node @at, and its predicate held. If it had looked before one of the steps
 * that it depends on, it would sleep, and a wake must follow. Where none does, it looks earlier.
 */
static void dpor_wakes_look_earlier(struct hs_dpor *d, uint32_t at)
{
	const struct hs_dpor_node *look = &d->node[at];
	struct hs_dpor_later later = { .touch = look->touch, .at = at };

	uint32_t last = hs_dpor_last_step(d, look->branch.taken, at);
	uint32_t begun = last ? last : d->sched->task[look->branch.taken].born;

	hs_dpor_begin_clock(d, look->branch.taken, last, later.own);
	for (uint32_t i = 0; i < at; i++) {
		struct hs_dpor_node *n = &d->node[i];

		if (n->branch.answers || n->branch.taken == look->branch.taken ||
		    later.own[n->branch.taken] > i ||
		    !hs_touch_changes_word(&d->words, &n->touch, &look->touch) ||
		    dpor_wakes_follow(d, i, look->touch.addr))
			continue;
		dpor_wakes_hurry(d, i, begun <= i, &later);
	}
}

/* A step of another task changes a word of the predicate after node @at, and could before. */
static bool dpor_wakes_undone(const struct hs_dpor *d, uint32_t at)
{
	const struct hs_dpor_node *wait = &d->node[at];
	uint32_t own[HS_SCHED_TASKS];

	for (uint32_t i = at + 1; i < d->length; i++) {
		const struct hs_dpor_node *n = &d->node[i];
		uint32_t task = n->branch.taken;

		if (n->branch.answers || task == wait->branch.taken ||
		    !hs_touch_changes_word(&d->words, &n->touch, &wait->touch))
			continue;
		hs_dpor_begin_clock(d, task, hs_dpor_last_step(d, task, i), own);
		if (own[wait->branch.taken] <= at)
			return true;
	}
	return false;
}

/*
 * A sleeper went on at node @at, because its predicate held. Had a wake come first, it could go on
 * even where a further step has made the predicate false, and would sleep once more. The wake does
 * not depend on that step here, where the task sleeps no more.
 */
static void dpor_wakes_come_first(struct hs_dpor *d, uint32_t at)
{
	const struct hs_dpor_node *wait = &d->node[at];

	for (uint32_t i = at + 1; i < d->length; i++) {
		const struct hs_dpor_node *n = &d->node[i];
		struct hs_dpor_later later = { .touch = n->touch, .at = i };

		if (n->branch.answers || n->touch.kind != HS_OP_WAKE ||
		    n->touch.addr != wait->touch.queue || n->clock[wait->branch.taken] > at)
			continue;
		hs_dpor_begin_clock(d, n->branch.taken, hs_dpor_last_step(d, n->branch.taken, i),
				    later.own);
		hs_dpor_reverse(d, at, &later);
	}
}

void hs_dpor_find_lost_wakes(struct hs_dpor *d)
{
	for (uint32_t i = 0; i < d->length; i++) {
		const struct hs_touch *touch = &d->node[i].touch;

		if (d->node[i].branch.answers || !touch->passes)
			continue;
		if (touch->patient)
			dpor_wakes_look_earlier(d, i);
		else if (touch->kind == HS_OP_WAIT && dpor_wakes_undone(d, i))
			dpor_wakes_come_first(d, i);
	}
}
