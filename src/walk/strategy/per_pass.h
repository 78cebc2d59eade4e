/* SPDX-License-Identifier: MIT */
/*
 * per_pass.h - a reference is put when a pass of the page walk returns (patch of 11 Mar 2020)
 */
#define st_page hs_walk_get
#define st_pass_end hs_walk_put
