/* SPDX-License-Identifier: MIT */
/*
 * linux/sched.h - the task that runs
 *
 * A scenario gives each task that calls the driver a struct task_struct: hs_sync_task_set_data().
 */
#ifndef HMMSIM_MODULE_SCHED_H
#define HMMSIM_MODULE_SCHED_H

#include_next <linux/sched.h>

#include <hmmsim/linux.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>

struct task_struct {
	struct mm_struct *mm;
};

#define current ((struct task_struct *)hs_sync_task_data(hs_races_task()))

#endif
