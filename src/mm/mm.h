/* SPDX-License-Identifier: MIT */
/*
 * mm.h - address spaces, for the floors above
 */
#ifndef HS_MM_MM_H
#define HS_MM_MM_H

#include <hmmsim/mm.h>

#include "port/port.h"

struct hs_mm {
	const struct hs_geometry *geometry;
	hs_u64 *root;
	struct hs_rwsem lock; /* the mmap lock: VMAs */
	struct hs_vma *vmas;  /* ascending */
	uint32_t vma_count, vma_room;
	const struct hs_fault_ops *ops;
	void *ops_arg;
};

static inline uint32_t hs_mm_fault(struct hs_task *self, struct hs_mm *mm, const struct hs_vma *vma,
				   uint64_t addr, uint32_t flags)
{
	return mm->ops ? mm->ops->fault(self, mm, vma, addr, flags, mm->ops_arg)
		       : HS_VM_FAULT_SIGBUS;
}

static inline void hs_mm_migration_wait(struct hs_task *self, struct hs_mm *mm, uint64_t addr,
					uint32_t level)
{
	if (mm->ops)
		mm->ops->migration_wait(self, mm, addr, level, mm->ops_arg);
}

/* ---- tables ------------------------------------------------------------------------------ */

static inline bool hs_entry_is_table(uint64_t e)
{
	return e & HS_ENTRY_TABLE;
}

static inline hs_u64 *hs_entry_table(uint64_t e)
{
	return (hs_u64 *)(uintptr_t)(e & HS_ENTRY_TABLE_ADDR);
}

/* Bytes that an entry of the level spans. */
static inline uint64_t hs_level_bytes(const struct hs_geometry *g, uint32_t level)
{
	return HS_PAGE_BYTES << g->order[level];
}

static inline uint32_t hs_level_index(const struct hs_geometry *g, uint64_t addr, uint32_t level)
{
	return (uint32_t)(addr >> (HS_PAGE_SHIFT + g->order[level])) & ((1u << g->bits[level]) - 1);
}

/* The end of the entry's span, or @end if that comes first. */
static inline uint64_t hs_level_end(const struct hs_geometry *g, uint64_t addr, uint64_t end,
				    uint32_t level)
{
	uint64_t next = (addr | (hs_level_bytes(g, level) - 1)) + 1;

	return next - 1 < end - 1 ? next : end;
}

#endif
