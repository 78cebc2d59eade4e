/* SPDX-License-Identifier: MIT */
/*
 * dpor_wakes.c - wakes that may be lost
 *
 * Patience: a task that looks before it sleeps (hs_wait_event()) does so when its predicate holds,
 * unless nothing else can move. That leaves out the executions in which it sleeps and is woken.
 * They differ only where a wake is lost, so at the end of an execution each step that might have
 * come before its wake, or after it, is looked for.
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

/* Explores each wake on @queue that follows the step at node @first, but need not, before it. */
static void dpor_wakes_come_earlier(struct hs_dpor *d, uint32_t first, uintptr_t queue)
{
	for (uint32_t i = first + 1; i < d->length; i++) {
		const struct hs_dpor_node *n = &d->node[i];
		struct hs_dpor_later later = { .touch = n->touch, .at = i };

		if (n->branch.answers || n->touch.kind != HS_OP_WAKE || n->touch.addr != queue ||
		    n->branch.taken == d->node[first].branch.taken)
			continue;
		hs_dpor_begin_clock(d, n->branch.taken, hs_dpor_last_step(d, n->branch.taken, i),
				    later.own);
		hs_dpor_reverse(d, first, &later);
	}
}

/*
 * A sleeper went on at node @at, because its predicate held. Had the last wake come before one of
 * the steps that made it hold, it would have been lost. Which words the predicate read when such a
 * step was taken does not tell, so it is asked here.
 */
static void dpor_wakes_look_at_sleeper(struct hs_dpor *d, uint32_t at)
{
	const struct hs_dpor_node *wait = &d->node[at];
	uint32_t own[HS_SCHED_TASKS];

	hs_dpor_begin_clock(d, wait->branch.taken, hs_dpor_last_step(d, wait->branch.taken, at),
			    own);
	for (uint32_t i = 0; i < at; i++) {
		const struct hs_dpor_node *n = &d->node[i];

		if (!n->branch.answers && n->branch.taken != wait->branch.taken &&
		    own[n->branch.taken] <= i &&
		    hs_touch_changes_word(&d->words, &n->touch, &wait->touch) &&
		    !dpor_wakes_follow(d, i, wait->touch.queue))
			dpor_wakes_come_earlier(d, i, wait->touch.queue);
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
		else if (touch->kind != HS_OP_LOOK)
			dpor_wakes_look_at_sleeper(d, i);
	}
}
