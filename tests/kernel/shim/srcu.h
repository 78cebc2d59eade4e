/* SPDX-License-Identifier: MIT */
/*
 * srcu.h - SRCU: domains of their own, whose readers may sleep
 *
 * reduced: a grace period waits for each task that is in a section when it looks there; there are
 * no callbacks.
 */
#ifndef HS_SHIM_SRCU_H
#define HS_SHIM_SRCU_H

#include "shim/explored.h"

#define SHIM_SRCU_TASKS 16

struct srcu_struct {
	u32 turn[SHIM_SRCU_TASKS]; /* of each task, counts begins and ends: odd within */
	u32 nest[SHIM_SRCU_TASKS]; /* the task's own */
};

int shim_srcu_read_lock(struct srcu_struct *srcu, const char *where);
void shim_srcu_read_unlock(struct srcu_struct *srcu, const char *where);
bool shim_srcu_held(const struct srcu_struct *srcu);
void shim_synchronize_srcu(struct srcu_struct *srcu, const char *where);

#define DEFINE_STATIC_SRCU(name) static struct srcu_struct name
#define srcu_read_lock(srcu) shim_srcu_read_lock((srcu), SHIM_HERE)
#define srcu_read_unlock(srcu, index) ((void)(index), shim_srcu_read_unlock((srcu), SHIM_HERE))
#define srcu_read_lock_held(srcu) shim_srcu_held(srcu)
#define synchronize_srcu(srcu) shim_synchronize_srcu((srcu), SHIM_HERE)
#define call_srcu(srcu, head, func) \
	((void)(srcu), (void)(head), (void)(func), shim_bug("call_srcu()", SHIM_HERE))

#endif
