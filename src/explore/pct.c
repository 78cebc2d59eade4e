/* SPDX-License-Identifier: MIT */
/*
 * pct.c - independent executions by random priorities (Burckhardt and others, ASPLOS 2010)
 *
 * The task with the highest priority runs while it can. A task gets a random priority when it is
 * first met. At depth - 1 random steps the task that is about to run falls below all of them. A
 * fault that needs depth ordered steps is found by an execution with a probability of at least
 * 1 / (tasks * steps^(depth - 1)).
 *
 * How many steps an execution has is measured before the first one: by two executions without a
 * change of priorities, first task first and last task first. They depend on nothing but the
 * scenario, so that execution i still follows from the seed and i.
 */
#include <errno.h>
#include <stdlib.h>

#include "explore/chance.h"

#define PCT_DEPTH_MAX 32
#define PCT_FIRST UINT64_C(0x8000000000000000) /* of priorities that no change gives */
#define PCT_MEASURES 2
#define PCT_PASSED UINT32_MAX

struct pct {
	struct hs_chance chance;
	uint32_t depth;
	uint32_t steps; /* of an execution, as measured */
	uint32_t measures;
	bool measuring;
	uint32_t known;			    /* mask of tasks that have a priority */
	uint32_t change[PCT_DEPTH_MAX - 1]; /* before these steps */
	uint64_t priority[HS_SCHED_TASKS];
};

static void pct_meet(struct pct *p, uint32_t tasks)
{
	p->known |= tasks;
	for (; tasks; tasks &= tasks - 1) {
		uint32_t t = (uint32_t)__builtin_ctz(tasks);

		if (!p->measuring)
			p->priority[t] = hs_random_next(&p->chance.state) | PCT_FIRST;
		else
			p->priority[t] = p->measures == 1 ? HS_SCHED_TASKS - t : t;
	}
}

/* Whether the priorities change before @step; each change counts once. The new priority, or 0. */
static uint64_t pct_change(struct pct *p, uint32_t step)
{
	for (uint32_t i = 0; i + 1 < p->depth; i++) {
		if (p->change[i] == step) {
			p->change[i] = PCT_PASSED;
			return p->depth - 1 - i;
		}
	}
	return 0;
}

static int pct_pick(void *ctx, struct hs_sched *s, uint32_t enabled)
{
	struct pct *p = ctx;

	if (enabled & ~p->known)
		pct_meet(p, enabled & ~p->known);
	for (;;) {
		uint32_t t = hs_chance_highest(p->priority, enabled);
		uint64_t lower = p->measuring ? 0 : pct_change(p, s->step);

		if (!lower)
			return (int)t;
		p->priority[t] = lower;
	}
}

static uint32_t pct_choose(void *ctx, struct hs_sched *s, uint32_t n)
{
	struct pct *p = ctx;

	return p->measuring ? 0 : hs_chance_choose(&p->chance, s, n);
}

static void pct_start(struct hs_searcher *me)
{
	struct pct *p = (struct pct *)me;

	hs_chance_start(me);
	p->known = 0;
	for (uint32_t i = 0; i + 1 < p->depth; i++)
		p->change[i] = hs_random_below(&p->chance.state, p->steps);
}

static bool pct_measure(struct hs_searcher *me, const struct hs_sched *s)
{
	struct pct *p = (struct pct *)me;

	if (s && s->step > p->steps)
		p->steps = s->step;
	p->known = 0;
	p->measuring = p->measures < PCT_MEASURES;
	p->measures++;
	return p->measuring;
}

void hs_pct_set_depth(struct hs_searcher *me, uint32_t depth)
{
	((struct pct *)me)->depth = depth;
}

int hs_search_pct(const struct hs_explore_options *options, struct hs_searcher **out)
{
	struct pct *p;
	int ret;

	if (!options->depth || options->depth > PCT_DEPTH_MAX)
		return -EINVAL;
	p = calloc(1, sizeof(*p));
	if (!p)
		return -ENOMEM;
	ret = hs_chance_init(&p->chance, options);
	if (ret) {
		free(p);
		return ret;
	}
	p->chance.searcher.chooser = (struct hs_chooser){ pct_pick, pct_choose, p };
	p->chance.searcher.start = pct_start;
	p->chance.searcher.measure = pct_measure;
	p->depth = options->depth;
	p->steps = 1;
	*out = &p->chance.searcher;
	return 0;
}
