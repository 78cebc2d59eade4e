/* SPDX-License-Identifier: MIT */
/*
 * table.h - page tables, for the rest of this room and for walkers
 */
#ifndef HS_MM_TABLE_H
#define HS_MM_TABLE_H

#include "mm/geometry.h"
#include "mm/mm.h"

static inline bool hs_entry_is_table(uint64_t e)
{
	return e & HS_ENTRY_TABLE;
}

static inline hs_u64 *hs_entry_table(uint64_t e)
{
	return (hs_u64 *)(uintptr_t)(e & HS_ENTRY_TABLE_ADDR);
}

/*
 * Returns the entry of *level that spans @addr and makes the tables above it. If a leaf is in the
 * way, returns that leaf and sets *level to its level. NULL: no memory. The mmap lock is held; many
 * tasks may do it at once.
 */
hs_u64 *hs_pt_populate(struct hs_task *self, struct hs_mm *mm, uint64_t addr, uint32_t *level);
/*
 * Returns the lowest entry that spans @addr, and its level, without making tables. The mmap lock,
 * the mapping lock of a VMA that is still linked, or the page table lock is held.
 */
hs_u64 *hs_pt_descend(struct hs_task *self, const struct hs_mm *mm, uint64_t addr, uint32_t *level);
/*
 * Takes the leaf @seen of @level at @addr away, if the entry is still @seen. Returns what the entry
 * is then. The mmap lock is held. What the leaf held is not put: it was made by hand.
 */
uint64_t hs_pt_take_leaf(struct hs_task *self, struct hs_mm *mm, hs_u64 *entry, uint64_t addr,
			 uint32_t level, uint64_t seen);
/* Frees the tables that lie in [start, end) as a whole. No task may walk there. */
void hs_pt_free_range(struct hs_task *self, struct hs_mm *mm, uint64_t start, uint64_t end);
/* Frees all tables, the root too. */
void hs_pt_destroy(struct hs_task *self, struct hs_mm *mm);

#endif
