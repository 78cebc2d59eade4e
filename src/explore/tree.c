/* SPDX-License-Identifier: MIT */
/*
 * tree.c - systematic search: every interleaving, or one of each class by sleep sets
 *
 * The path to the current execution is a stack of nodes; the next execution takes the same path up
 * to the deepest node that has a choice left, by replay. With sleep sets, a task that was taken at a
 * node before sleeps below its siblings until a step that depends on its next one: until then,
 * taking it would only repeat an execution with independent steps swapped. When all that can move
 * sleeps, the execution is cut: an equal one was complete.
 */
#include <errno.h>
#include <stdlib.h>

#include "explore/search.h"

struct node {
	uint32_t enabled; /* tasks; a choice has none */
	uint32_t sleep;	  /* tasks that sleep here */
	uint32_t done;	  /* tasks taken before the present one */
	uint32_t taken;	  /* the task, or the answer */
	uint32_t answers; /* of a choice: how many there are */
};

struct tree {
	struct hs_searcher searcher;
	bool sleep_sets;
	uint32_t depth;	 /* decisions of this execution */
	uint32_t length; /* nodes on the path */
	uint32_t sleep;	 /* at the node that comes next */
	struct node node[];
};

/* The task that ran last goes on if it can: schedules with few switches come first. */
static uint32_t tree_first(const struct hs_sched *s, uint32_t awake)
{
	return awake >> s->current & 1 ? s->current : (uint32_t)__builtin_ctz(awake);
}

/* Of those that sleep or were done at @n, the ones that the step of @n leaves asleep. */
static uint32_t tree_sleep_below(const struct hs_sched *s, const struct node *n)
{
	uint32_t candidates = (n->sleep | n->done) & n->enabled, asleep = 0;

	for (; candidates; candidates &= candidates - 1) {
		uint32_t u = (uint32_t)__builtin_ctz(candidates);

		if (!hs_ops_depend(&s->task[u], &s->task[n->taken]))
			asleep |= 1u << u;
	}
	return asleep;
}

static int tree_pick(void *ctx, struct hs_sched *s, uint32_t enabled)
{
	struct tree *t = ctx;
	struct node *n = &t->node[t->depth];

	if (t->depth == t->length) {
		uint32_t awake = enabled & ~t->sleep;

		if (!awake)
			return -1;
		*n = (struct node){ enabled, t->sleep, 0, tree_first(s, awake), 0 };
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
		*n = (struct node){ 0, t->sleep, 0, 0, count };
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

static void tree_release(struct hs_searcher *me)
{
	free(me);
}

int hs_search_tree(const struct hs_explore_options *options, struct hs_searcher **out)
{
	/* As many choices as steps, at most: hs_choose() checks it. */
	uint32_t room = 2 * options->max_steps;
	struct tree *t = calloc(1, sizeof(*t) + room * sizeof(t->node[0]));

	if (!t)
		return -ENOMEM;
	t->searcher = (struct hs_searcher){
		{ tree_pick, tree_choose, t }, tree_start, tree_next, tree_release
	};
	t->sleep_sets = options->search == HS_SEARCH_SLEEP;
	*out = &t->searcher;
	return 0;
}
