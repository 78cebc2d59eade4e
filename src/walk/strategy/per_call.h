/* SPDX-License-Identifier: MIT */
/*
 * per-call: 16 Mar 2020. A reference is put when the call returns: held across VMAs.
 */
#define st_page hs_walk_get
#define st_call_end hs_walk_put
