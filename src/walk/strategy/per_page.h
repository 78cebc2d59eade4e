/* SPDX-License-Identifier: MIT */
/*
 * per_page.h - a reference is taken and put for each page
 *
 * For comparison.
 */
static inline int st_page(struct hs_walk *w, struct hs_pgmap **slot, uint64_t pfn)
{
	struct hs_pgmap *mine = NULL;
	int ret = hs_walk_get(w, &mine, pfn);

	(void)slot;
	hs_walk_put(w, &mine);
	return ret;
}
#define st_page st_page
