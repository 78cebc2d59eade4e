/* SPDX-License-Identifier: MIT */
/*
 * per-table-local: 04/15 of 6 Aug 2019. As per-table, but the reference is kept in a local variable
 * of the scan: a table that is left with an error leaks it at once.
 */
#define ST_LOCAL_SLOT 1

#define st_page hs_walk_get
#define st_fault_begin hs_walk_put
#define st_table_end hs_walk_put
