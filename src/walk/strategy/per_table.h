/* SPDX-License-Identifier: MIT */
/*
 * per_table.h - a reference is put when the table is done (v5.2 to v5.6, 992de9a8b751)
 *
 * It is put when a PTE faults as well. A table that is left with an error keeps it; on v5.3 the
 * next VMA turn forgets it, which leaks it.
 */
#define st_page hs_walk_get
#define st_fault_begin hs_walk_put
#define st_table_end hs_walk_put

static inline void st_vma_begin(struct hs_walk *w, struct hs_pgmap **slot)
{
	(void)w;
	*slot = NULL;
}
#define st_vma_begin st_vma_begin
