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
 * Which steps race is said in dpor_races.c, how lost wakes are found in dpor_wakes.c.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "explore/dpor.h"

/* ---- one execution ----------------------------------------------------------------------- */

static uint32_t dpor_pending(const struct hs_sched *s)
{
	return s->ready | s->conditional;
}

static bool dpor_grow(struct hs_dpor *d)
{
	uint32_t room = d->room;

	if (!hs_grow(&d->node, &room, d->length + 1, sizeof(*d->node)) ||
	    !hs_grow(&d->race, &d->room, d->length + 1, sizeof(*d->race)))
		d->searcher.failed = true;
	return !d->searcher.failed;
}

/* The step that the last node of the path takes is a new one. */
static void dpor_note_step(struct hs_dpor *d, struct hs_dpor_node *n)
{
	struct hs_sched *s = d->sched;
	struct hs_dpor_later later = { .at = d->depth };
	uint32_t candidates = (n->sleep | n->branch.done) & n->enabled & ~n->ended;

	d->words.count = n->touch.first_word;
	if (s->alone)
		hs_dpor_analyse_pending(d, dpor_pending(s));
	hs_dpor_analyse(d, &s->task[n->branch.taken], &later);
	n->touch = later.touch;
	memcpy(n->clock, later.clock, sizeof(n->clock));
	n->clock[n->branch.taken] = d->depth + 1;
	if (n->hurried || n->patient >> n->branch.taken & 1)
		candidates = 0;
	d->sleep = candidates ? hs_independent_tasks(s, candidates, &s->task[n->branch.taken]) : 0;
}

/*
 * Those tasks that would look at a predicate that does not hold, to wait without a deadline. Unless
 * nothing else can be done they look when it holds, because it makes no difference if a wake
 * follows (hs_dpor_find_lost_wakes()).
 */
static uint32_t dpor_patient(const struct hs_dpor *d, uint32_t enabled)
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
	struct hs_dpor *d = ctx;
	struct hs_dpor_node *n;

	d->sched = s;
	d->words.counts = s->scratch.counts;
	if (d->depth == d->length) {
		uint32_t patient = dpor_patient(d, enabled), awake, taken;

		enabled &= ~patient;
		hs_dpor_analyse_waiting(d, enabled);
		awake = enabled & ~d->sleep;

		d->cut = !awake || !dpor_grow(d);
		if (d->cut) {
			hs_dpor_analyse_pending(d, hs_dpor_waiting(s, enabled));
			return HS_PICK_CUT;
		}
		taken = hs_branch_first(s, awake);
		n = &d->node[d->length++];
		n->enabled = enabled;
		n->patient = patient;
		n->sleep = d->sleep;
		n->branch = (struct hs_branch){ .taken = taken, .before = d->over };
		n->ended = n->hurried = n->again = 0;
		n->wanted = s->alone ? enabled : 1u << taken;
		n->touch.first_word = d->words.count;
	}
	n = &d->node[d->depth];
	if (d->depth + 1 == d->length)
		dpor_note_step(d, n);
	d->hurried |= n->hurried;
	d->last[n->branch.taken] = ++d->depth;
	return (int)n->branch.taken;
}

static uint32_t dpor_choose(void *ctx, struct hs_sched *s, uint32_t count)
{
	struct hs_dpor *d = ctx;
	struct hs_dpor_node *n;

	(void)s;
	if (d->depth == d->length) {
		if (!dpor_grow(d))
			return 0;
		n = &d->node[d->length++];
		n->branch = (struct hs_branch){ .answers = count, .before = d->over };
		n->enabled = 0;
		n->sleep = d->sleep;
		n->touch.first_word = d->words.count;
	}
	n = &d->node[d->depth];
	if (++d->depth == d->length) {
		d->sleep = n->sleep;
		d->words.count = n->touch.first_word;
	}
	return n->branch.taken;
}

/* ---- from one execution to the next ------------------------------------------------------ */

static void dpor_start(struct hs_searcher *me)
{
	struct hs_dpor *d = (struct hs_dpor *)me;

	d->depth = 0;
	d->sleep = d->hurried = 0;
	d->cut = false;
	memset(d->last, 0, sizeof(d->last));
}

/*
 * The last step may have ended the execution by a violation. What is pending depends on it, because
 * nothing else keeps it from being taken. So the task does not sleep while others are taken.
 */
static void dpor_end(struct hs_dpor *d)
{
	struct hs_dpor_node *n = &d->node[d->length - 1];
	uint32_t pending = dpor_pending(d->sched);

	hs_dpor_analyse_pending(d, pending);
	hs_dpor_find_lost_wakes(d);
	while (n->branch.answers)
		n--;
	n->wanted |= n->enabled & pending;
	n->ended |= 1u << n->branch.taken;
}

/* Takes the next task that is wanted at the deepest node that has one. */
static bool dpor_next(struct hs_searcher *me)
{
	struct hs_dpor *d = (struct hs_dpor *)me;

	d->over++;
	if (d->length && !d->cut)
		dpor_end(d);
	for (; d->length; d->length--) {
		struct hs_dpor_node *n = &d->node[d->length - 1];

		if (hs_branch_next(&n->branch, n->wanted & ~n->sleep)) {
			d->searcher.shared = d->length - 1;
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
	const struct hs_dpor *d = (const struct hs_dpor *)me;

	for (uint32_t i = 0; i < d->length; i++) {
		const struct hs_dpor_node *n = &d->node[i];
		uint64_t over = i + 1 < d->length ? n[1].branch.before : d->over;
		uint32_t branches = n->wanted & ~n->sleep;
		uint32_t done = (uint32_t)__builtin_popcount(n->branch.done) + n->again;
		uint32_t all = (uint32_t)__builtin_popcount(branches) + n->again;

		hs_branch_estimate(&n->branch, over, done, all, e);
	}
}

static void dpor_release(struct hs_searcher *me)
{
	struct hs_dpor *d = (struct hs_dpor *)me;

	hs_words_free(&d->words);
	free(d->node);
	free(d->race);
	free(d);
}

int hs_search_dpor(const struct hs_explore_options *options, struct hs_searcher **out)
{
	struct hs_dpor *d = calloc(1, sizeof(*d));

	if (!d)
		return -ENOMEM;
	d->words.past = true;
	(void)options; /* what they say of counts is in the scheduler */
	d->searcher = (struct hs_searcher){ .chooser = { dpor_pick, dpor_choose, d },
					    .start = dpor_start,
					    .next = dpor_next,
					    .release = dpor_release,
					    .estimate = dpor_estimate };
	*out = &d->searcher;
	return 0;
}
