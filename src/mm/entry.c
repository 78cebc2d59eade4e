/* SPDX-License-Identifier: MIT */
/*
 * entry.c - what mirrors the page tables of an mm is told of a change
 *
 * invented: the kernel has set_pte_at(), ptep_clear_flush() and the like, and a TLB beside them.
 *
 * The listener is called after the store, and before the page table lock is released:
 *
 *	fault				zap
 *	page table lock
 *	  entry: the page
 *	  tell: nothing, the page
 *	unlock
 *					page table lock
 *					  entry: nothing
 *					  tell: the page, nothing
 *					unlock
 *
 *	Required outcome: the calls come in the order of the changes, so the mirror is the table
 *	whenever no task holds the lock. (tests/model/test_entry_model.c: a_mirror_is_the_table)
 */
#include "mm/entry.h"

#include "mm/geometry.h"

void hs_entry_tell(struct hs_task *self, struct hs_mm *mm, uint64_t addr, uint32_t level,
		   uint64_t was, uint64_t now)
{
	HS_BREAK_SPIN_GAP(ENTRY_TELL_GAP, self, &mm->page_table_lock);
	mm->entry_ops->changed(self, mm, addr & ~(hs_level_bytes(mm->geometry, level) - 1), level,
			       was, now, mm->entry_arg);
}

void hs_mm_set_entry_ops(struct hs_mm *mm, const struct hs_entry_ops *ops, void *arg)
{
	hs_assert_at(hs_task_current(), HS_HERE, !ops || ops->changed,
		     "hs_mm_set_entry_ops: the function for changes is missing");
	mm->entry_ops = ops;
	mm->entry_arg = arg;
}
