/* SPDX-License-Identifier: MIT */
/*
 * pos.c - independent executions by random priorities of steps (partial order sampling: Yuan, Yang
 * and Gu, CAV 2018)
 *
 * Each next step has a random priority, and the highest is taken. Then the task's new next step
 * draws one, and so does each next step that depends on the step taken. So the order of dependent
 * steps is drawn evenly, and what is independent of them has little to do with it.
 */
#include <errno.h>
#include <stdlib.h>

#include "explore/chance.h"

struct pos {
	struct hs_chance chance;
	uint32_t drawn; /* mask of tasks whose next step has a priority */
	uint64_t priority[HS_SCHED_TASKS];
};

/* The tasks of the mask whose next steps depend on that of @taken. */
static uint32_t pos_dependents(struct hs_sched *s, uint32_t tasks, uint32_t taken)
{
	return tasks & ~hs_independent_tasks(s, tasks, &s->task[taken]);
}

static int pos_pick(void *ctx, struct hs_sched *s, uint32_t enabled)
{
	struct pos *p = ctx;
	uint32_t best;

	for (uint32_t new = enabled & ~p->drawn; new; new &= new - 1)
		p->priority[__builtin_ctz(new)] = hs_random_next(&p->chance.state);
	p->drawn |= enabled;
	best = hs_chance_highest(p->priority, enabled);
	p->drawn &= ~(1u << best | pos_dependents(s, enabled & ~(1u << best), best));
	return (int)best;
}

static void pos_start(struct hs_searcher *me)
{
	hs_chance_start(me);
	((struct pos *)me)->drawn = 0;
}

int hs_search_pos(const struct hs_explore_options *options, struct hs_searcher **out)
{
	struct pos *p = calloc(1, sizeof(*p));
	int ret;

	if (!p)
		return -ENOMEM;
	ret = hs_chance_init(&p->chance, options);
	if (ret) {
		free(p);
		return ret;
	}
	p->chance.searcher.chooser.pick = pos_pick;
	p->chance.searcher.chooser.ctx = p;
	p->chance.searcher.start = pos_start;
	*out = &p->chance.searcher;
	return 0;
}
