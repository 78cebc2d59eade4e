/* SPDX-License-Identifier: MIT */
/*
 * zap.h - entries of a range go away or lose access, and what an entry holds of its page
 */
#ifndef HS_MM_ZAP_H
#define HS_MM_ZAP_H

#include "memory/memory.h"
#include "mm/mm.h"

/*
 * Takes the entries of [start, end) away and puts what they hold; a leaf that is hit in part goes
 * as a whole. The caller has notified the subscribers and keeps the tables, by the mmap lock or by
 * the mapping lock. @keep_private: private copies in a VMA of this mapping stay; NULL: nothing
 * stays.
 */
void hs_zap_entries(struct hs_task *self, struct hs_mm *mm, uint64_t start, uint64_t end,
		    const struct hs_mapping *keep_private);
/* Widens [*start, *end) to the leaves that a zap of it takes away. */
void hs_zap_span(struct hs_task *self, const struct hs_mm *mm, uint64_t *start, uint64_t *end);
/*
 * Entries of [start, end) allow no more than @access (of HS_VM_ACCESS) from now on. The caller has
 * notified the subscribers and keeps the tables, as for a zap. A leaf that is hit in part is taken
 * away. A migration entry remembers WRITE alone.
 */
void hs_protect_entries(struct hs_task *self, struct hs_mm *mm, uint64_t start, uint64_t end,
			uint32_t access);

/*
 * The struct page of an entry. One that is COUNTED keeps its page, so that a missing struct page
 * fails an assertion. NULL: the entry was made by hand, and its pfn has no struct page. The page
 * table lock is held, or the kernel touches the page there without it.
 */
#define hs_entry_page(self, entry) hs_entry_page_at((self), (entry), HS_HERE)
struct hs_page *hs_entry_page_at(struct hs_task *self, uint64_t entry, const char *where);
/*
 * Asserts that the memory of a COUNTED entry is there, or that the entry is not there any more. For
 * a task that has read @entry from @at without the page table lock.
 */
#define hs_entry_expect_page(self, at, entry) \
	hs_entry_expect_page_at((self), (at), (entry), HS_HERE)
void hs_entry_expect_page_at(struct hs_task *self, const hs_u64 *at, uint64_t entry,
			     const char *where);
/* The shared zero page, also where it is prot-none. */
bool hs_entry_is_zero_page(uint64_t entry);
/* Puts what a COUNTED entry that is gone held of its page. The page table lock may be held. */
void hs_entry_put(struct hs_task *self, uint64_t entry);

/* One entry more maps the page. */
static inline void hs_page_map(struct hs_task *self, struct hs_page *page)
{
	hs_u32_count(self, &page->mapcount, 1, 0, HS_RELAXED);
}

/*
 * The first entry maps a page that the caller holds and that belongs to this entry alone. @what:
 * the function that the caller has called.
 */
static inline void hs_page_map_first(struct hs_task *self, struct hs_page *page, const char *what)
{
	uint32_t state = hs_u32_or(self, &page->state, HS_PAGE_EXCLUSIVE, HS_RELAXED);
	uint32_t maps = hs_u32_count(self, &page->mapcount, 1, 0, HS_RELAXED);

	hs_assert_at(self, HS_HERE, state & HS_PAGE_ALLOCATED,
		     "%s: the page is not allocated: no reference to it can be held", what);
	hs_assert(self, !maps, "%s: %u entries map the page already", what, maps);
}

/* One entry less maps the page. */
static inline void hs_page_unmap(struct hs_task *self, struct hs_page *page)
{
	uint32_t was = hs_u32_count(self, &page->mapcount, (uint32_t)-1, 0, HS_RELAXED);

	hs_assert(self, was, "hs_page_unmap: mapcount is already 0");
}

/*
 * Starts a blockable invalidation of [start, end), which cannot fail, and returns it for its end.
 */
struct hs_invalidation hs_mm_invalidate_start(struct hs_task *self, struct hs_mm *mm,
					      uint64_t start, uint64_t end,
					      enum hs_invalidate_event event, const void *owner);
void hs_mm_invalidate_end(struct hs_task *self, struct hs_mm *mm,
			  const struct hs_invalidation *inv);

#endif
