/* SPDX-License-Identifier: MIT */
/*
 * per-range: the sketch of 14 Aug 2019. One reference for a VMA turn, held over faults and retries.
 */
#define st_page hs_walk_get
#define st_vma_end hs_walk_put
