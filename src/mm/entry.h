/* SPDX-License-Identifier: MIT */
/*
 * entry.h - the one place where an entry of a page table changes
 *
 * No other file of src stores one (tests/lint/entries.sh). What mirrors the tables of an mm is told
 * of each change here (struct hs_entry_ops).
 */
#ifndef HS_MM_ENTRY_H
#define HS_MM_ENTRY_H

#include "mm/mm.h"

/* Tells the listener of the mm, which there is. @addr: any byte that the entry spans. */
void hs_entry_tell(struct hs_task *self, struct hs_mm *mm, uint64_t addr, uint32_t level,
		   uint64_t was, uint64_t now);

/*
 * The entry becomes @to. @was: what it is now. @addr: any byte that it spans. The page table lock
 * is held, or no other task changes page tables of the mm (<hmmsim/mm.h>, by hand).
 */
static inline void hs_entry_set(struct hs_task *self, struct hs_mm *mm, hs_u64 *entry,
				uint64_t addr, uint32_t level, uint64_t was, uint64_t to)
{
	hs_u64_store(self, entry, to, HS_RELEASE);
	if (hs_unlikely(mm->entry_ops != NULL))
		hs_entry_tell(self, mm, addr, level, was, to);
}

/* The same for a caller that does not know what the entry is. Returns what it was. */
static inline uint64_t hs_entry_swap(struct hs_task *self, struct hs_mm *mm, hs_u64 *entry,
				     uint64_t addr, uint32_t level, uint64_t to)
{
	uint64_t was = hs_u64_xchg(self, entry, to, HS_ACQ_REL);

	if (hs_unlikely(mm->entry_ops != NULL))
		hs_entry_tell(self, mm, addr, level, was, to);
	return was;
}

/* An entry of a table that no other task can reach yet. The caller tells of it when they can. */
static inline void hs_entry_begin(hs_u64 *entry, uint64_t value)
{
	hs_u64_init(entry, value);
}

#endif
