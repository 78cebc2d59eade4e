/* SPDX-License-Identifier: MIT */
/*
 * per-pass: 11 Mar 2020. A reference is put when a pass of the page walk returns.
 */
#define st_page hs_walk_get
#define st_pass_end hs_walk_put
