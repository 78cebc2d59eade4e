/* SPDX-License-Identifier: MIT */
/*
 * per-pass: 11 Mar 2020. One reference for each call of the page walk.
 */
#define st_page hs_walk_get
#define st_pass_end hs_walk_put
