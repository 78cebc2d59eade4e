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

#include "explore/branch.h"
#include "explore/search.h"

struct node {
	struct hs_branch branch;
	uint32_t enabled; /* mask of tasks; 0: this is a choice */
	uint32_t sleep;	  /* mask of tasks that sleep here */
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

/* Which of the tasks that sleep or were taken at @n still sleep after the step taken at @n. */
static uint32_t tree_sleep_below(struct hs_sched *s, const struct node *n)
{
	uint32_t candidates = (n->sleep | n->branch.done) & n->enabled;

	return candidates ? hs_independent_tasks(s, candidates, &s->task[n->branch.taken]) : 0;
}

static int tree_pick(void *ctx, struct hs_sched *s, uint32_t enabled)
{
	struct tree *t = ctx;
	struct node *n = &t->node[t->depth];

	if (t->depth == t->length) {
		uint32_t awake = enabled & ~t->sleep;

		if (!awake)
			return HS_PICK_CUT;
		*n = (struct node){ { hs_branch_first(s, awake), 0, 0, t->ended },
				    enabled,
				    t->sleep };
		t->length++;
	}
	if (++t->depth == t->length && t->sleep_sets)
		t->sleep = tree_sleep_below(s, n);
	return (int)n->branch.taken;
}

static uint32_t tree_choose(void *ctx, struct hs_sched *s, uint32_t count)
{
	struct tree *t = ctx;
	struct node *n = &t->node[t->depth];

	(void)s;
	if (t->depth == t->length) {
		*n = (struct node){ { 0, 0, count, t->ended }, 0, t->sleep };
		t->length++;
	}
	if (++t->depth == t->length)
		t->sleep = n->sleep;
	return n->branch.taken;
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

		if (hs_branch_next(&n->branch, n->enabled & ~n->sleep)) {
			t->searcher.shared = t->length - 1;
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
		uint64_t ended = i + 1 < t->length ? n[1].branch.before : t->ended;
		uint32_t all = (uint32_t)__builtin_popcount(n->enabled & ~n->sleep);

		hs_branch_estimate(&n->branch, ended, (uint32_t)__builtin_popcount(n->branch.done),
				   all, e);
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
