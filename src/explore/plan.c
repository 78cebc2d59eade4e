/* SPDX-License-Identifier: MIT */
/*
 * plan.c - the lists of tasks, data and words that a set-up names; in both libraries
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

int hs_plan_data(struct hs_plan *plan, void *data, size_t size)
{
	if (!data || !size || plan->closed || plan->data_count == HS_PLAN_DATA)
		return -EINVAL;
	plan->data[plan->data_count++] = (struct hs_plan_data){ data, size };
	return 0;
}

int hs_plan_name(struct hs_plan *plan, const char *name, const void *start, size_t size)
{
	if (!name || !start || !size || plan->closed || plan->name_count == HS_PLAN_NAMES)
		return -EINVAL;
	plan->name[plan->name_count++] = (struct hs_plan_name){ name, start, size };
	return 0;
}
