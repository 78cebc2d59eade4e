/* SPDX-License-Identifier: MIT */
/*
 * per-range: the sketch of 14 Aug 2019. A reference is put when the walk is done with a VMA: held
 * over faults and retries.
 */
#define st_page hs_walk_get
#define st_vma_end hs_walk_put
