/* SPDX-License-Identifier: MIT */
/*
 * per_call.h - a reference is put when the call returns (patch of 16 Mar 2020)
 *
 * It is held across VMAs.
 */
#define st_page hs_walk_get
#define st_call_end hs_walk_put
