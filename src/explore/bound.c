/* SPDX-License-Identifier: MIT */
/*
 * bound.c - systematic search of the interleavings with few preemptions
 *
 * A preemption is a switch away from a task that could go on. Most faults need one or two, and
 * there are few schedules with so few: with n steps and b preemptions about n^b, not 2^n.
 *
 * The search goes once through the tree of all schedules with at most the bound. At each node the
 * task that ran last goes on first, so that preemptions come late in the first executions, but
 * schedules with few of them do not all come before those with more: that would repeat executions,
 * whose figures would be counted twice. A caller that wants the fewest preemptions searches with
 * bounds 0, 1, 2 until there is a violation, which costs little because each bound has many times
 * the executions of the last.
 */
#include <errno.h>
#include <stdlib.h>

#include "explore/branch.h"
#include "explore/search.h"

struct bound_node {
	struct hs_branch branch;
	uint32_t allowed; /* mask of tasks that the bound lets run; 0: this is a choice */
	uint32_t last;	  /* the task that ran before; 0: none */
	uint32_t used;	  /* preemptions before this node */
};

struct bound {
	struct hs_searcher searcher;
	uint32_t most; /* preemptions */
	uint32_t depth, length;
	uint32_t last, used; /* at the next node */
	uint64_t ended;	     /* executions */
	uint64_t left_out;   /* alternatives that were one preemption too many */
	struct bound_node node[];
};

static void bound_make_node(struct bound *b, struct bound_node *n, uint32_t enabled)
{
	uint32_t goes_on = enabled & 1u << b->last;

	*n = (struct bound_node){
		.branch.before = b->ended, .allowed = enabled, .last = b->last, .used = b->used
	};
	if (goes_on && b->used == b->most) {
		n->allowed = goes_on;
		b->left_out += (uint32_t)__builtin_popcount(enabled & ~goes_on);
	}
	n->branch.taken = goes_on ? b->last : (uint32_t)__builtin_ctz(enabled);
}

static int bound_pick(void *ctx, struct hs_sched *s, uint32_t enabled)
{
	struct bound *b = ctx;
	struct bound_node *n = &b->node[b->depth];

	(void)s;
	if (b->depth == b->length) {
		bound_make_node(b, n, enabled);
		b->length++;
	}
	b->depth++;
	b->used = n->used + (n->branch.taken != n->last && enabled >> n->last & 1);
	b->last = n->branch.taken;
	return (int)n->branch.taken;
}

static uint32_t bound_choose(void *ctx, struct hs_sched *s, uint32_t count)
{
	struct bound *b = ctx;
	struct bound_node *n = &b->node[b->depth];

	(void)s;
	if (b->depth == b->length) {
		*n = (struct bound_node){ .branch = { .answers = count, .before = b->ended } };
		b->length++;
	}
	b->depth++;
	return n->branch.taken;
}

static void bound_start(struct hs_searcher *me)
{
	struct bound *b = (struct bound *)me;

	b->depth = b->last = b->used = 0;
}

/* Takes the next alternative of the deepest node that has one. */
static bool bound_next(struct hs_searcher *me)
{
	struct bound *b = (struct bound *)me;

	b->ended++;
	for (; b->length; b->length--) {
		struct bound_node *n = &b->node[b->length - 1];

		if (hs_branch_next(&n->branch, n->allowed)) {
			b->searcher.shared = b->length - 1;
			return true;
		}
	}
	return false;
}

/* The execution that the last node names is yet to come. */
static void bound_estimate(const struct hs_searcher *me, struct hs_estimate *e)
{
	const struct bound *b = (const struct bound *)me;

	for (uint32_t i = 0; i < b->length; i++) {
		const struct bound_node *n = &b->node[i];
		uint64_t ended = i + 1 < b->length ? n[1].branch.before : b->ended;

		hs_branch_estimate(&n->branch, ended, (uint32_t)__builtin_popcount(n->branch.done),
				   (uint32_t)__builtin_popcount(n->allowed), e);
	}
}

static void bound_release(struct hs_searcher *me)
{
	free(me);
}

uint64_t hs_bound_left_out(const struct hs_searcher *me)
{
	return ((const struct bound *)me)->left_out;
}

int hs_search_bound(const struct hs_explore_options *options, struct hs_searcher **out)
{
	/* hs_choose() makes sure that there are no more choices than steps. */
	uint32_t room = 2 * options->max_steps;
	struct bound *b = calloc(1, sizeof(*b) + room * sizeof(b->node[0]));

	if (!b)
		return -ENOMEM;
	b->searcher = (struct hs_searcher){
		.chooser = { bound_pick, bound_choose, b },
		.start = bound_start,
		.next = bound_next,
		.release = bound_release,
		.estimate = bound_estimate,
	};
	b->most = options->bound;
	*out = &b->searcher;
	return 0;
}
