/* SPDX-License-Identifier: MIT */
/*
 * random.c - independent executions, and those whose steps are uniform among the tasks that can
 * move
 */
#include <errno.h>
#include <stdlib.h>

#include "explore/chance.h"

int hs_chance_init(struct hs_chance *c, const struct hs_explore_options *options)
{
	if (!options->max_executions)
		return -EINVAL;
	c->searcher = (struct hs_searcher){
		.chooser = { NULL, hs_chance_choose, c },
		.start = hs_chance_start,
		.next = hs_chance_next,
		.release = hs_chance_release,
	};
	c->seed = options->seed;
	c->index = options->first;
	c->end = options->first + options->max_executions;
	return 0;
}

void hs_chance_start(struct hs_searcher *me)
{
	struct hs_chance *c = (struct hs_chance *)me;

	c->state = hs_random_stream(c->seed, c->index);
}

bool hs_chance_next(struct hs_searcher *me)
{
	struct hs_chance *c = (struct hs_chance *)me;

	return ++c->index != c->end;
}

uint32_t hs_chance_choose(void *ctx, struct hs_sched *s, uint32_t n)
{
	struct hs_chance *c = ctx;

	(void)s;
	return hs_random_below(&c->state, n);
}

void hs_chance_release(struct hs_searcher *me)
{
	free(me);
}

/* A choice between two tasks takes no branch, because it would be mispredicted half of the time. */
static int random_pick(void *ctx, struct hs_sched *s, uint32_t enabled)
{
	struct hs_chance *c = ctx;
	uint32_t rest = enabled & (enabled - 1), n;

	(void)s;
	if (!rest)
		return __builtin_ctz(enabled);
	if (!(rest & (rest - 1))) {
		uint32_t either[2] = { enabled, rest };

		return __builtin_ctz(either[hs_random_next(&c->state) >> 63]);
	}
	n = 1;
	for (uint32_t left = rest; left; left &= left - 1)
		n++;
	for (n = hs_random_below(&c->state, n); n; n--)
		enabled &= enabled - 1;
	return __builtin_ctz(enabled);
}

int hs_search_random(const struct hs_explore_options *options, struct hs_searcher **out)
{
	struct hs_chance *c = calloc(1, sizeof(*c));
	int ret;

	if (!c)
		return -ENOMEM;
	ret = hs_chance_init(c, options);
	if (ret) {
		free(c);
		return ret;
	}
	c->searcher.chooser.pick = random_pick;
	*out = &c->searcher;
	return 0;
}
