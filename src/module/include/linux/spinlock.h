/* SPDX-License-Identifier: MIT */
/*
 * linux/spinlock.h - spinlocks, as the explorer's
 *
 * The class of a lock is the place of spin_lock_init(). There are no interrupts.
 */
#ifndef HMMSIM_MODULE_SPINLOCK_H
#define HMMSIM_MODULE_SPINLOCK_H

#include <hmmsim/sync_locks.h>
#include <linux/kernel.h>

typedef struct {
	struct hs_sync_spinlock lock;
} spinlock_t;

static inline void module_spin_init(spinlock_t *lock, const struct hs_sync_class *cls)
{
	int ret = hs_sync_spin_init_at(hs_races_task(), &lock->lock, cls, cls->name);

	hs_sync_assert(hs_races_task(), !ret, "no class for a spinlock: %d", ret);
}

#define spin_lock_init(spinlock)                                                      \
	do {                                                                          \
		static const struct hs_sync_class class_here = { .name = #spinlock }; \
                                                                                      \
		module_spin_init((spinlock), &class_here);                            \
	} while (0)
#define spin_lock(spinlock) hs_sync_spin_lock_at(hs_races_task(), &(spinlock)->lock, HS_SYNC_HERE)
#define spin_unlock(spinlock) \
	hs_sync_spin_unlock_at(hs_races_task(), &(spinlock)->lock, HS_SYNC_HERE)

#endif
