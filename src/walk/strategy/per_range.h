/* SPDX-License-Identifier: MIT */
/*
 * per-range: the sketch of 14 Aug 2019. One reference for a VMA turn, held over faults and retries.
 */
static inline int st_page(struct hs_walk *w, struct hs_pgmap **slot, uint64_t pfn)
{
	return hs_walk_get(w, slot, pfn);
}
#define st_page st_page
#define st_vma_end hs_walk_put
