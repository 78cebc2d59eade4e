/* SPDX-License-Identifier: MIT */
/*
 * chance.h - searches of independent executions: execution i follows from the seed and i
 *
 * No strategy is best. Uniform choices find what many schedules show and miss what needs a task to
 * be left alone for long; priorities (PCT) do the reverse, and POS is between them. Of the wrong
 * variants of the retry model, in hits per thousand executions:
 *
 *			uniform	POS	PCT, depth 3
 *   no check		589	307	138
 *   check outside	247	149	117
 *   touch after	1	28	121
 */
#ifndef HS_EXPLORE_CHANCE_H
#define HS_EXPLORE_CHANCE_H

#include "explore/search.h"

struct hs_chance {
	struct hs_searcher searcher;
	uint64_t seed, index, end;
	uint64_t state; /* of the generator */
};

/* What is common to them. -EINVAL: the number of executions is not given. */
int hs_chance_init(struct hs_chance *c, const struct hs_explore_options *options);
void hs_chance_start(struct hs_searcher *me);
bool hs_chance_next(struct hs_searcher *me);
uint32_t hs_chance_choose(void *ctx, struct hs_sched *s, uint32_t n);
void hs_chance_release(struct hs_searcher *me);

/* The task of the mask whose priority is highest; of equal ones the first. */
static inline uint32_t hs_chance_highest(const uint64_t *priority, uint32_t tasks)
{
	uint32_t best = (uint32_t)__builtin_ctz(tasks);

	for (tasks &= tasks - 1; tasks; tasks &= tasks - 1) {
		uint32_t t = (uint32_t)__builtin_ctz(tasks);

		if (priority[t] > priority[best])
			best = t;
	}
	return best;
}

/* portfolio.c chooses the depth anew for each execution. */
void hs_pct_set_depth(struct hs_searcher *me, uint32_t depth);

#endif
