/* SPDX-License-Identifier: MIT */
/*
 * mm.h - the address space, for the rest of this room and the floors above
 */
#ifndef HS_MM_MM_H
#define HS_MM_MM_H

#include <hmmsim/mm.h>

#include "notifier/notifier.h"
#include "port/port.h"

struct hs_vma_slot {
	uint64_t end; /* of the VMA: a search reads the array alone */
	struct hs_vma *vma;
};

struct hs_mm {
	const struct hs_geometry *geometry;
	hs_u64 *root;		  /* NULL after the end; the page table lock */
	struct hs_rwsem lock;	  /* the mmap lock: VMAs */
	struct hs_vma_slot *vmas; /* ascending */
	uint32_t vma_count, vma_room;
	struct hs_spinlock page_table_lock; /* every change of an entry but hs_pt_set()'s */
	struct hs_notifiers *notifiers;
	struct hs_anon *anon;	    /* what reverse-map keys of its pages name */
	hs_u32 users;		    /* of the address space: hs_mmput() */
	hs_u32 count;		    /* holders of the struct: hs_mmdrop(); all users are one */
	struct hs_waitq migrations; /* woken when a migration entry is gone */
	const struct hs_fault_ops *ops;
	void *ops_arg;
	uint8_t private_fault;		      /* enum hs_private_fault */
	uint8_t migration_wait;		      /* enum hs_migration_wait */
	const struct hs_entry_ops *entry_ops; /* what mirrors the tables; NULL: nothing does */
	void *entry_arg;
};

/* Asserts that @self holds the mmap lock, for read or write. @what: the function that needs it. */
#define hs_mm_expect_locked(self, mm, what) \
	hs_assert((self), hs_rwsem_held((self), &(mm)->lock), what ": the mmap lock is not held")
#define hs_mm_expect_write_locked(self, mm, what)                   \
	hs_assert((self), hs_rwsem_held_write((self), &(mm)->lock), \
		  what ": the mmap lock is not held for write")

/* Page aligned, not empty, within the geometry. */
static inline bool hs_range_fits(const struct hs_mm *mm, uint64_t start, uint64_t end)
{
	return start < end && !((start | end) & (HS_PAGE_BYTES - 1)) &&
	       end <= hs_geometry_end(mm->geometry);
}

/* Calls the fault handler of the mm. The mmap lock is held for read. HS_VM_FAULT_* bits. */
static inline uint32_t hs_mm_fault(struct hs_task *self, struct hs_mm *mm, const struct hs_vma *vma,
				   uint64_t addr, uint32_t flags)
{
	return mm->ops ? mm->ops->fault(self, mm, vma, addr, flags, mm->ops_arg)
		       : HS_VM_FAULT_SIGBUS;
}

/* Waits for the end of a migration, as the fault handler of the mm does it. */
static inline void hs_mm_migration_wait(struct hs_task *self, struct hs_mm *mm, uint64_t addr,
					uint32_t level)
{
	if (!mm->ops)
		return;
	hs_assert(self, mm->ops->migration_wait, "hs_fault_ops.migration_wait is missing");
	mm->ops->migration_wait(self, mm, addr, level, mm->ops_arg);
}

#endif
