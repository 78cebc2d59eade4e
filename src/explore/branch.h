/* SPDX-License-Identifier: MIT */
/*
 * branch.h - a node of the path of a systematic search: what it takes, and what it has taken
 */
#ifndef HS_EXPLORE_BRANCH_H
#define HS_EXPLORE_BRANCH_H

#include "explore/estimate.h"
#include "port/explore/sched.h"

struct hs_branch {
	uint32_t taken;	  /* the task, or the answer, that this execution takes */
	uint32_t done;	  /* mask of tasks taken here by earlier executions */
	uint32_t answers; /* of a choice: how many there are; else 0 */
	uint64_t before;  /* executions that had ended when this node was made */
};

/* Takes the next answer, or the next of @tasks that is not done. False: none is left. */
static inline bool hs_branch_next(struct hs_branch *b, uint32_t tasks)
{
	if (b->answers)
		return ++b->taken < b->answers;
	b->done |= 1u << b->taken;
	tasks &= ~b->done;
	if (tasks)
		b->taken = (uint32_t)__builtin_ctz(tasks);
	return tasks != 0;
}

/*
 * What the estimate is told of a node: @ended executions in all when the next node was made, and
 * @all alternatives, of which @done are finished, if it is no choice.
 */
static inline void hs_branch_estimate(const struct hs_branch *b, uint64_t ended, uint32_t done,
				      uint32_t all, struct hs_estimate *e)
{
	hs_estimate_node(e, b->answers ? b->taken : done, ended - b->before,
			 b->answers ? b->answers : all);
}

/* The task that ran last goes on if it can: schedules with few switches come first. */
static inline uint32_t hs_branch_first(const struct hs_sched *s, uint32_t tasks)
{
	return tasks >> s->current & 1 ? s->current : (uint32_t)__builtin_ctz(tasks);
}

#endif
