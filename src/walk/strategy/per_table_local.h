/* SPDX-License-Identifier: MIT */
/*
 * per_table_local.h - as per-table, but held in a local variable (04/15 of 6 Aug 2019)
 *
 * The variable is one of the scan: a table that is left with an error leaks the reference at once.
 */
#define ST_LOCAL_SLOT 1

#define st_page hs_walk_get
#define st_fault_begin hs_walk_put
#define st_table_end hs_walk_put
