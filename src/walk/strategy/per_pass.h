/* SPDX-License-Identifier: MIT */
/*
 * per-pass: 11 Mar 2020. One reference for each call of the page walk.
 */
static inline int st_page(struct hs_walk *w, struct hs_pgmap **slot, uint64_t pfn)
{
	return hs_walk_get(w, slot, pfn);
}
#define st_page st_page
#define st_pass_end hs_walk_put
