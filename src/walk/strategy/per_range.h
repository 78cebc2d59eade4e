/* SPDX-License-Identifier: MIT */
/*
 * per_range.h - a reference is put when the walk is done with a VMA (sketch of 14 Aug 2019)
 *
 * It is held over faults and retries.
 */
#define st_page hs_walk_get
#define st_vma_end hs_walk_put
