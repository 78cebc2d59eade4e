/* SPDX-License-Identifier: MIT */
/*
 * fault_entry.h - one entry, seen and replaced: what the parts of the fault handler and pte_ops.c
 * share
 */
#ifndef HS_MM_FAULT_ENTRY_H
#define HS_MM_FAULT_ENTRY_H

#include <hmmsim/fault.h>

#include "mm/entry.h"
#include "mm/mm.h"

struct hs_fault {
	struct hs_task *self;
	struct hs_mm *mm;
	const struct hs_vma *vma;
	uint64_t addr;	/* page aligned */
	uint32_t flags; /* HS_FAULT_* */
	bool write;
	hs_u64 *entry;	/* that the fault is about */
	uint32_t level; /* of the entry */
	uint64_t seen;	/* its value when the fault looked */
};

#define HS_FAULT_ZERO_ENTRY \
	hs_entry_typed(HS_TYPE_ZERO, HS_ZERO_PFN, HS_ENTRY_VALID | HS_ENTRY_COUNTED)

/* What a step of a fault comes to. */
enum hs_fault_verdict {
	HS_FAULT_UNDECIDED, /* the caller goes on */
	HS_FAULT_DONE,	    /* mapped, or overtaken: look again */
	HS_FAULT_NO_MEMORY,
	HS_FAULT_NO_PAGE, /* there is nothing that could be mapped */
};

/* The HS_VM_FAULT_* bits of a verdict that is not UNDECIDED. */
static inline uint32_t hs_fault_result(enum hs_fault_verdict verdict)
{
	switch (verdict) {
	case HS_FAULT_NO_MEMORY:
		return HS_VM_FAULT_OOM;
	case HS_FAULT_NO_PAGE:
		return HS_VM_FAULT_SIGBUS;
	default:
		return 0;
	}
}

/* Finds the lowest entry at f->addr and fills entry, level and seen. */
void hs_fault_look(struct hs_fault *f);
/* The same after making the tables above the entry of @level. False: no memory. */
bool hs_fault_populate(struct hs_fault *f, uint32_t level);
/* Nothing is mapped there: the entry is 0 or a marker. */
bool hs_fault_is_none(uint64_t entry);
/* The CPU reaches something by it, which may have no struct page. */
static inline bool hs_fault_is_present(uint64_t entry)
{
	return entry & (HS_ENTRY_VALID | HS_ENTRY_ERROR);
}
/*
 * Makes the tables. UNDECIDED: at level 0 nothing is mapped yet, so the fault wants a page there.
 */
enum hs_fault_verdict hs_fault_want_page(struct hs_fault *f);
/* Whether the entry is still f->seen. The page table lock is held. */
static inline bool hs_fault_is_same(const struct hs_fault *f)
{
	hs_assert_spin(f->self, &f->mm->page_table_lock);
	return hs_u64_load(f->self, f->entry, HS_RELAXED) == f->seen;
}
/* The entry becomes @to. It is f->seen, and the page table lock is held. */
static inline void hs_fault_store(struct hs_fault *f, uint64_t to)
{
	hs_entry_set(f->self, f->mm, f->entry, f->addr, f->level, f->seen, to);
}
/* Replaces f->seen by @to, under the page table lock. False: the entry is no longer f->seen. */
bool hs_fault_replace(struct hs_fault *f, uint64_t to);
/*
 * The same for an entry that keeps what it holds and changes its access: asserts that its page is
 * live.
 */
bool hs_fault_keep(struct hs_fault *f, uint64_t to);
/* hs_fault_replace() inside an invalidation of what the entry spans. */
bool hs_fault_switch(struct hs_fault *f, uint64_t to, enum hs_invalidate_event event,
		     const void *owner);
/*
 * The page of f->seen, with a reference. NULL: the entry has changed, or it was made by hand and
 * has no struct page.
 */
struct hs_page *hs_fault_get_page(struct hs_fault *f);
/* The present, COUNTED entry of a page; it has WRITE if @write is true and the VMA allows it. */
uint64_t hs_fault_present(const struct hs_fault *f, uint64_t pfn, bool write);
/* Allocates a system page for one entry: count 1, mapcount 1. 0 or HS_VM_FAULT_OOM. */
uint32_t hs_fault_new_page(struct hs_fault *f, uint64_t contents, struct hs_page **out);
/* Frees such a page that was not mapped after all. */
void hs_fault_drop_page(struct hs_fault *f, struct hs_page *page);
/*
 * Maps a new system page, with the contents of @from or 0, where f->seen was. Puts
 * what f->seen held, and notifies the subscribers if that was present. 0 (also if the entry has
 * changed) or HS_VM_FAULT_OOM.
 */
uint32_t hs_fault_map_page(struct hs_fault *f, struct hs_page *from, bool write);

#endif
