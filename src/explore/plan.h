/* SPDX-License-Identifier: MIT */
/*
 * plan.h - the tasks, the data, and the words that the set-up of a scenario has named
 */
#ifndef HS_EXPLORE_PLAN_H
#define HS_EXPLORE_PLAN_H

#include <hmmsim/explore.h>

#include "port/port.h"

#define HS_PLAN_TASKS 14
#define HS_PLAN_DATA 16
#define HS_PLAN_NAMES 64
#define HS_PLAN_PLAINS 32

struct hs_plan_entry {
	const char *name;
	void (*fn)(struct hs_task *self, void *arg);
	void *arg;
};

struct hs_plan_data {
	void *start;
	size_t size;
};

struct hs_plan_name {
	const char *name;
	const void *start;
	size_t size;
	uint64_t first, step; /* as of struct hs_label */
};

struct hs_plan_plain {
	const char *kind; /* objects with this name; NULL: memory */
	const volatile void *start;
	size_t size;
	enum hs_plain mode;
};

struct hs_plan {
	unsigned int count, data_count, name_count, plain_count;
	bool closed; /* the set-up has returned */
	struct hs_plan_entry task[HS_PLAN_TASKS];
	struct hs_plan_data data[HS_PLAN_DATA];
	struct hs_plan_name name[HS_PLAN_NAMES];
	struct hs_plan_plain plain[HS_PLAN_PLAINS];
};

/*
 * Names the words of a device, a page each, the first one for address @first: "NAME[0x1000]". What
 * they hold is shown as entries are: HS_PFN_VALID, HS_PFN_WRITE, a pfn.
 */
int hs_plan_name_entries(struct hs_plan *plan, const char *name, const hs_u64 *entry,
			 uint64_t pages, uint64_t first);

#endif
