/* SPDX-License-Identifier: MIT */
/*
 * plan.c - the list of tasks that a set-up asks for; in both libraries
 */
#include "explore/plan.h"

#include <errno.h>

int hs_plan_task(struct hs_plan *plan, const char *name,
		 void (*fn)(struct hs_task *self, void *arg), void *arg)
{
	if (!name || !fn || plan->closed || plan->count == HS_PLAN_TASKS)
		return -EINVAL;
	plan->task[plan->count++] = (struct hs_plan_entry){ name, fn, arg };
	return 0;
}
