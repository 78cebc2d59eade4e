/* SPDX-License-Identifier: MIT */
/*
 * fault_entry.c - one entry, seen and replaced: what the parts of the fault handler share
 *
 * The rules are those of fault.c.
 */
#include "mm/fault_entry.h"

#include "mm/rmap.h"
#include "mm/table.h"
#include "mm/zap.h"

void hs_fault_look(struct hs_fault *f)
{
	/* An empty entry may become a table before it is loaded again. */
	do {
		f->level = 0;
		f->entry = hs_pt_descend(f->self, f->mm, f->addr, &f->level);
		f->seen = hs_u64_load(f->self, f->entry, HS_ACQUIRE);
	} while (hs_unlikely(f->level && hs_entry_is_table(f->seen)));
}

bool hs_fault_populate(struct hs_fault *f, uint32_t level)
{
	/* A leaf in the way may become a table before it is loaded again. */
	do {
		f->level = level;
		f->entry = hs_pt_populate(f->self, f->mm, f->addr, &f->level);
		if (!f->entry)
			return false;
		f->seen = hs_u64_load(f->self, f->entry, HS_ACQUIRE);
	} while (f->level > level && hs_entry_is_table(f->seen));
	return true;
}

bool hs_fault_replace(struct hs_fault *f, uint64_t to)
{
	bool same;

	hs_spin_lock(f->self, &f->mm->page_table_lock);
	same = hs_fault_is_same(f) || HS_BREAK(FAULT_REPLACE_BLIND);
	if (same)
		hs_fault_store(f, to);
	hs_spin_unlock(f->self, &f->mm->page_table_lock);
	return same;
}

bool hs_fault_keep(struct hs_fault *f, uint64_t to)
{
	bool same;

	hs_spin_lock(f->self, &f->mm->page_table_lock);
	same = hs_fault_is_same(f);
	if (same) {
		if (f->seen & HS_ENTRY_COUNTED && hs_entry_pfn(f->seen) != HS_ZERO_PFN)
			hs_page_live(f->self, hs_entry_page(f->self, f->seen));
		hs_fault_store(f, to);
	}
	hs_spin_unlock(f->self, &f->mm->page_table_lock);
	return same;
}

bool hs_fault_switch(struct hs_fault *f, uint64_t to, enum hs_invalidate_event event,
		     const void *owner)
{
	uint64_t bytes = hs_level_bytes(f->mm->geometry, f->level);
	uint64_t start = f->addr & ~(bytes - 1);
	struct hs_invalidation inv =
		hs_mm_invalidate_start(f->self, f->mm, start, start + bytes, event, owner);
	bool done;

	if (HS_BREAK(FAULT_NOTIFY_EARLY))
		hs_mm_invalidate_end(f->self, f->mm, &inv);
	done = hs_fault_replace(f, to);
	if (!HS_BREAK(FAULT_NOTIFY_EARLY))
		hs_mm_invalidate_end(f->self, f->mm, &inv);
	return done;
}

struct hs_page *hs_fault_get_page(struct hs_fault *f)
{
	struct hs_page *page = NULL;

	hs_spin_lock(f->self, &f->mm->page_table_lock);
	if (hs_fault_is_same(f) || HS_BREAK(FAULT_GET_BLIND))
		page = hs_entry_page(f->self, f->seen);
	if (page && !HS_BREAK(FAULT_GET_LATE))
		hs_page_get(f->self, page);
	hs_spin_unlock(f->self, &f->mm->page_table_lock);
	if (page && HS_BREAK(FAULT_GET_LATE))
		hs_page_get(f->self, page);
	return page;
}

uint64_t hs_fault_present(const struct hs_fault *f, uint64_t pfn, bool write)
{
	uint64_t flags = HS_ENTRY_VALID | HS_ENTRY_COUNTED;

	if (write && f->vma->flags & HS_VM_WRITE)
		flags |= HS_ENTRY_WRITE;
	return hs_entry_typed(HS_TYPE_NORMAL, pfn, flags);
}

uint32_t hs_fault_new_page(struct hs_fault *f, uint64_t contents, struct hs_page **out)
{
	struct hs_page *page;

	if (hs_page_alloc(f->self, &page))
		return HS_VM_FAULT_OOM;
	if (contents)
		hs_page_set_contents(f->self, page, contents);
	hs_u32_or(f->self, &page->state, HS_PAGE_EXCLUSIVE, HS_RELAXED);
	hs_rmap_set(f->self, f->mm, f->addr, page);
	hs_page_map(f->self, page);
	*out = page;
	return 0;
}

void hs_fault_drop_page(struct hs_fault *f, struct hs_page *page)
{
	hs_page_unmap(f->self, page);
	hs_page_put(f->self, page);
}

uint32_t hs_fault_map_page(struct hs_fault *f, struct hs_page *from, bool write)
{
	struct hs_page *page;
	uint64_t to;
	uint32_t ret;
	bool done;

	ret = hs_fault_new_page(f, from ? hs_page_contents(f->self, from) : 0, &page);
	if (ret)
		return ret;
	to = hs_fault_present(f, hs_page_to_pfn(f->self, page), write);
	if (hs_fault_is_present(f->seen))
		done = hs_fault_switch(f, to, HS_INVALIDATE_CLEAR, NULL);
	else
		done = hs_fault_replace(f, to);
	if (!done)
		hs_fault_drop_page(f, page);
	else
		hs_entry_put(f->self, f->seen);
	return 0;
}

bool hs_fault_is_none(uint64_t entry)
{
	return !entry || hs_entry_type(entry) == HS_TYPE_MARKER;
}

enum hs_fault_verdict hs_fault_want_page(struct hs_fault *f)
{
	if (!hs_fault_populate(f, 0))
		return HS_FAULT_NO_MEMORY;
	return f->level || !hs_fault_is_none(f->seen) ? HS_FAULT_DONE : HS_FAULT_UNDECIDED;
}
