/* SPDX-License-Identifier: MIT */
/*
 * fault_anon.c - faults in anonymous memory: the zero page, new pages, copy-on-write and reuse
 *
 * reduced: do_anonymous_page() and do_wp_page() (v6.12, mm/memory.c), for pages of one entry.
 */
#include "mm/fault.h"

#include "mm/zap.h"

uint32_t hs_fault_anon(struct hs_fault *f)
{
	enum hs_fault_verdict verdict = hs_fault_want_page(f);

	if (verdict)
		return hs_fault_result(verdict);
	if (f->write)
		return hs_fault_map_page(f, NULL, true);
	hs_fault_replace(f, HS_FAULT_ZERO_ENTRY);
	return 0;
}

/* The page belongs to this entry alone. The page table lock is held. */
static bool anon_is_alone(struct hs_fault *f, struct hs_page *page)
{
	return hs_page_live(f->self, page) & HS_PAGE_EXCLUSIVE || hs_page_count(f->self, page) == 1;
}

/*
 * DONE: the write needs no copy, because the page was reused or another task has changed the entry.
 * UNDECIDED: *from is the page to copy, with a reference; NULL: the entry holds no page.
 */
static enum hs_fault_verdict anon_reuse(struct hs_fault *f, struct hs_page **from)
{
	enum hs_fault_verdict verdict = HS_FAULT_DONE;

	*from = NULL;
	hs_spin_lock(f->self, &f->mm->page_table_lock);
	if (!hs_fault_is_same(f) && !HS_BREAK(REUSE_BLIND))
		goto unlock;
	if (f->seen & HS_ENTRY_COUNTED && hs_entry_type(f->seen) == HS_TYPE_NORMAL)
		*from = hs_entry_page(f->self, f->seen);
	if (*from && anon_is_alone(f, *from)) {
		hs_u32_or(f->self, &(*from)->state, HS_PAGE_EXCLUSIVE, HS_RELAXED);
		if (f->vma->flags & HS_VM_WRITE)
			hs_fault_store(f, f->seen | HS_ENTRY_WRITE);
		goto unlock;
	}
	if (*from)
		hs_page_get(f->self, *from);
	verdict = HS_FAULT_UNDECIDED;
unlock:
	hs_spin_unlock(f->self, &f->mm->page_table_lock);
	return verdict;
}

/* There are no leaves above level 0 in such memory. */
uint32_t hs_fault_copy(struct hs_fault *f)
{
	struct hs_page *from;
	uint32_t ret;

	if (f->level)
		return HS_VM_FAULT_SIGBUS;
	if (anon_reuse(f, &from) == HS_FAULT_DONE)
		return 0;
	ret = hs_fault_map_page(f, from, true);
	if (from)
		hs_page_put(f->self, from);
	return ret;
}
