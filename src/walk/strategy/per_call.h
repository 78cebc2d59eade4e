/* SPDX-License-Identifier: MIT */
/*
 * per-call: 16 Mar 2020. One reference until the call returns, across VMAs.
 */
static inline int st_page(struct hs_walk *w, struct hs_pgmap **slot, uint64_t pfn)
{
	return hs_walk_get(w, slot, pfn);
}
#define st_page st_page
#define st_call_end hs_walk_put
