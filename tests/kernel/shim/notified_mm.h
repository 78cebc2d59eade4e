/* SPDX-License-Identifier: MIT */
/*
 * notified_mm.h - the address space of mm/mmu_notifier.c: references, the mmap lock, all other
 * locks
 *
 * reduced: what mm_take_all_locks() takes, the locks of each mapping and of anonymous memory, is
 * one semaphore. A caller of invalidate_range_start() holds one of them until the end, so that here
 * it holds the semaphore for read.
 */
#ifndef HS_SHIM_NOTIFIED_MM_H
#define HS_SHIM_NOTIFIED_MM_H

#include "shim/atomic.h"
#include "shim/explored.h"
#include "shim/locks.h"
#include "shim/memory.h"
#include "shim/rcu.h"

#define CONFIG_MMU_NOTIFIER 1
#define VM_READ 1UL
#define VM_WRITE 2UL

struct mmu_notifier_subscriptions;

struct mm_struct {
	struct mmu_notifier_subscriptions *notifier_subscriptions;
	atomic_t mm_users, mm_count;
	struct rw_semaphore mmap_lock, all_locks;
};

struct vm_area_struct {
	struct mm_struct *vm_mm;
	unsigned long vm_flags;
};

#define mmap_write_lock(mm) shim_down_write(&(mm)->mmap_lock, SHIM_HERE)
#define mmap_write_unlock(mm) shim_up_write(&(mm)->mmap_lock, SHIM_HERE)
#define mmap_assert_write_locked(mm) shim_assert_held(shim_held_write(&(mm)->mmap_lock), SHIM_HERE)
#define mm_take_all_locks(mm) (shim_down_write(&(mm)->all_locks, SHIM_HERE), 0)
#define mm_drop_all_locks(mm) shim_up_write(&(mm)->all_locks, SHIM_HERE)

#define mmgrab(mm) atomic_inc(&(mm)->mm_count)
/* The last reference is the test's. */
#define mmdrop(mm) ((void)WARN_ON(atomic_dec_and_test(&(mm)->mm_count)))

#define non_block_start() ((void)0)
#define non_block_end() ((void)0)

#endif
