/* SPDX-License-Identifier: MIT */
/*
 * tree.c - systematic search: every interleaving, or one of each class by sleep sets
 *
 * The path to the current execution is a stack of nodes. The next execution repeats that path up to
 * the deepest node with an alternative left.
 *
 * With sleep sets, a task that was taken at a node sleeps in later executions through that node
 * until a step that depends on its next step. Until then, taking the task would only repeat an
 * execution with independent steps swapped. If all tasks that can move sleep, the execution is cut,
 * because an equal one was complete.
 */
#include <errno.h>
#include <stdlib.h>

#include "explore/search.h"

struct node {
	uint32_t enabled; /* mask of tasks; 0: this is a choice */
	uint32_t sleep;	  /* mask of tasks that sleep here */
	uint32_t done;	  /* mask of tasks taken here by earlier executions */
	uint32_t taken;	  /* the task, or the answer, that this execution takes */
	uint32_t answers; /* of a choice: how many there are; else 0 */
	uint64_t before;  /* executions that had ended when this node was made */
};

struct tree {
	struct hs_searcher searcher;
	bool sleep_sets;
	uint32_t depth;	 /* decisions of this execution so far */
	uint32_t length; /* nodes on the path */
	uint32_t sleep;	 /* mask of tasks that sleep at the next node */
	uint64_t ended;	 /* executions */
	struct node node[];
};

/* The task that ran last goes on if it can: schedules with few switches come first. */
static uint32_t tree_first(const struct hs_sched *s, uint32_t awake)
{
	return awake >> s->current & 1 ? s->current : (uint32_t)__builtin_ctz(awake);
}

/* Which of the tasks that sleep or were taken at @n still sleep after the step taken at @n. */
static uint32_t tree_sleep_below(struct hs_sched *s, const struct node *n)
{
	uint32_t candidates = (n->sleep | n->done) & n->enabled;

	return candidates ? hs_independent_tasks(s, candidates, &s->task[n->taken]) : 0;
}

static int tree_pick(void *ctx, struct hs_sched *s, uint32_t enabled)
{
	struct tree *t = ctx;
	struct node *n = &t->node[t->depth];

	if (t->depth == t->length) {
		uint32_t awake = enabled & ~t->sleep;

		if (!awake)
			return HS_PICK_CUT;
		*n = (struct node){ enabled, t->sleep, 0, tree_first(s, awake), 0, t->ended };
		t->length++;
	}
	if (++t->depth == t->length && t->sleep_sets)
		t->sleep = tree_sleep_below(s, n);
	return (int)n->taken;
}

static uint32_t tree_choose(void *ctx, struct hs_sched *s, uint32_t count)
{
	struct tree *t = ctx;
	struct node *n = &t->node[t->depth];

	(void)s;
	if (t->depth == t->length) {
		*n = (struct node){ 0, t->sleep, 0, 0, count, t->ended };
		t->length++;
	}
	if (++t->depth == t->length)
		t->sleep = n->sleep;
	return n->taken;
}

static void tree_start(struct hs_searcher *me)
{
	struct tree *t = (struct tree *)me;

	t->depth = 0;
	t->sleep = 0;
}

/* Takes the next alternative of the deepest node that has one. */
static bool tree_next(struct hs_searcher *me)
{
	struct tree *t = (struct tree *)me;

	t->ended++;
	for (; t->length; t->length--) {
		struct node *n = &t->node[t->length - 1];
		uint32_t left;

		if (n->answers) {
			if (++n->taken < n->answers)
				return true;
			continue;
		}
		n->done |= 1u << n->taken;
		left = n->enabled & ~(n->sleep | n->done);
		if (left) {
			n->taken = (uint32_t)__builtin_ctz(left);
			return true;
		}
	}
	return false;
}

/* The execution that the last node names is yet to come. */
static void tree_estimate(const struct hs_searcher *me, struct hs_estimate *e)
{
	const struct tree *t = (const struct tree *)me;

	for (uint32_t i = 0; i < t->length; i++) {
		const struct node *n = &t->node[i];
		uint64_t ended = i + 1 < t->length ? n[1].before : t->ended;
		uint32_t all = n->enabled & ~n->sleep;

		if (n->answers)
			hs_estimate_node(e, n->taken, ended - n->before, n->answers);
		else
			hs_estimate_node(e, (uint32_t)__builtin_popcount(n->done),
					 ended - n->before, (uint32_t)__builtin_popcount(all));
	}
}

static void tree_release(struct hs_searcher *me)
{
	free(me);
}

int hs_search_tree(const struct hs_explore_options *options, struct hs_searcher **out)
{
	/* hs_choose() makes sure that there are no more choices than steps. */
	uint32_t room = 2 * options->max_steps;
	struct tree *t = calloc(1, sizeof(*t) + room * sizeof(t->node[0]));

	if (!t)
		return -ENOMEM;
	t->searcher = (struct hs_searcher){
		.chooser = { tree_pick, tree_choose, t },
		.start = tree_start,
		.next = tree_next,
		.release = tree_release,
		.estimate = tree_estimate,
	};
	t->sleep_sets = options->search == HS_SEARCH_SLEEP;
	*out = &t->searcher;
	return 0;
}
