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

/* Puts what a COUNTED entry that is gone held of its page. The page table lock may be held. */
void hs_entry_put(struct hs_task *self, uint64_t entry);

/* One entry more maps the page. */
static inline void hs_page_map(struct hs_task *self, struct hs_page *page)
{
	hs_u32_add(self, &page->mapcount, 1, HS_RELAXED);
}

/* One entry less maps the page. */
static inline void hs_page_unmap(struct hs_task *self, struct hs_page *page)
{
	uint32_t was = hs_u32_add(self, &page->mapcount, (uint32_t)-1, HS_RELAXED);

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
