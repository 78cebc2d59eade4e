/* SPDX-License-Identifier: MIT */
/*
 * plan.h - the tasks that the set-up of a scenario has asked for
 */
#ifndef HS_EXPLORE_PLAN_H
#define HS_EXPLORE_PLAN_H

#include <hmmsim/explore.h>

#define HS_PLAN_TASKS 14

struct hs_plan_entry {
	const char *name;
	void (*fn)(struct hs_task *self, void *arg);
	void *arg;
};

struct hs_plan {
	unsigned int count;
	bool closed; /* the set-up has returned */
	struct hs_plan_entry task[HS_PLAN_TASKS];
};

#endif
