/* SPDX-License-Identifier: MIT */
/*
 * per-call: 16 Mar 2020. One reference until the call returns, across VMAs.
 */
#define st_page hs_walk_get
#define st_call_end hs_walk_put
