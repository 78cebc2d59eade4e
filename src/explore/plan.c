/* SPDX-License-Identifier: MIT */
/*
 * plan.c - the lists of tasks, data and words that a set-up names; in both libraries
 */
#include "explore/plan.h"

#include <errno.h>

#include <hmmsim/mm.h>
#include <hmmsim/sync.h>

#include "port/port.h"

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
	plan->name[plan->name_count++] =
		(struct hs_plan_name){ .name = name, .start = start, .size = size };
	return 0;
}

int hs_plan_name_entries(struct hs_plan *plan, const char *name, const hs_u64 *entry,
			 uint64_t pages, uint64_t first)
{
	int ret = hs_plan_name(plan, name, entry, pages * sizeof(*entry));

	if (ret)
		return ret;
	plan->name[plan->name_count - 1].first = first;
	plan->name[plan->name_count - 1].step = HS_PAGE_BYTES;
	return 0;
}

static int plan_add_plain(struct hs_plan *plan, struct hs_plan_plain plain)
{
	if ((unsigned int)plain.mode >= HS_PLAIN_COUNT || plan->closed ||
	    plan->plain_count == HS_PLAN_PLAINS)
		return -EINVAL;
	plan->plain[plan->plain_count++] = plain;
	return 0;
}

int hs_plan_plain(struct hs_plan *plan, enum hs_plain plain, const volatile void *start,
		  size_t size)
{
	if (!start || !size)
		return -EINVAL;
	return plan_add_plain(plan, (struct hs_plan_plain){ NULL, start, size, plain });
}

int hs_plan_plain_kind(struct hs_plan *plan, enum hs_plain plain, const struct hs_sync_kind *kind)
{
	if (!kind)
		return -EINVAL;
	return plan_add_plain(plan, (struct hs_plan_plain){ .kind = kind->name ? kind->name
									       : HS_TRACKED_UNNAMED,
							    .mode = plain });
}
