/* SPDX-License-Identifier: MIT */
/*
 * random.c - independent executions; each step is uniform among the tasks that can move
 */
#include <errno.h>
#include <stdlib.h>

#include "explore/search.h"

struct random_search {
	struct hs_searcher searcher;
	uint64_t seed, index, end;
	uint64_t state;
};

/* A choice between two tasks takes no branch, because it would be mispredicted half of the time. */
static int random_pick(void *ctx, struct hs_sched *s, uint32_t enabled)
{
	struct random_search *r = ctx;
	uint32_t rest = enabled & (enabled - 1), n;

	(void)s;
	if (!rest)
		return __builtin_ctz(enabled);
	if (!(rest & (rest - 1))) {
		uint32_t either[2] = { enabled, rest };

		return __builtin_ctz(either[hs_random_next(&r->state) >> 63]);
	}
	n = 1;
	for (uint32_t left = rest; left; left &= left - 1)
		n++;
	for (n = hs_random_below(&r->state, n); n; n--)
		enabled &= enabled - 1;
	return __builtin_ctz(enabled);
}

static uint32_t random_choose(void *ctx, struct hs_sched *s, uint32_t n)
{
	struct random_search *r = ctx;

	(void)s;
	return hs_random_below(&r->state, n);
}

static void random_start(struct hs_searcher *me)
{
	struct random_search *r = (struct random_search *)me;

	r->state = hs_random_stream(r->seed, r->index);
}

static bool random_next(struct hs_searcher *me)
{
	struct random_search *r = (struct random_search *)me;

	return ++r->index != r->end;
}

static void random_release(struct hs_searcher *me)
{
	free(me);
}

int hs_search_random(const struct hs_explore_options *options, struct hs_searcher **out)
{
	struct random_search *r;

	if (!options->max_executions)
		return -EINVAL;
	r = calloc(1, sizeof(*r));
	if (!r)
		return -ENOMEM;
	r->searcher = (struct hs_searcher){ .chooser = { random_pick, random_choose, r },
					    .start = random_start,
					    .next = random_next,
					    .release = random_release };
	r->seed = options->seed;
	r->index = options->first;
	r->end = options->first + options->max_executions;
	*out = &r->searcher;
	return 0;
}
