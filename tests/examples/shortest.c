/* SPDX-License-Identifier: MIT */
/*
 * shortest.c - a full table of device pages, walked once: the program of the top README.md
 *
 * Prints:
 *
 *	512 pages, 512 calls of get_dev_pagemap(), 1 lookup
 */
#include "example.h" /* start() and stop() a machine; must(): ends the program on an error */

#define START 0x7f0000000000
#define END (START + 512 * HS_PAGE_BYTES)
#define PFN 0x100000

int main(void)
{
	static uint64_t pfns[512];
	struct hs_task *self = start();
	struct hs_pgmap *pgmap;
	struct hs_range range;
	struct hs_mm *mm;

	must(hs_pgmap_add(self, HS_PGMAP_FS_DAX, PFN, PFN + 512, NULL, &pgmap));
	must(hs_mm_create(self, hs_geometry(HS_GEOMETRY_X86_64), &mm));
	must(hs_vma_add(self, mm, START, END, HS_VM_READ));
	for (uint64_t i = 0; i < 512; i++)
		must(hs_pt_set(self, mm, START + i * HS_PAGE_BYTES, 0,
			       HS_ENTRY_VALID | HS_ENTRY_DEVMAP | (PFN + i)));

	hs_range_init(&range, mm, START, END, pfns); /* v6.12's walker, strategy none */
	range.strategy = HS_STRATEGY_PER_TABLE;
	hs_mm_lock_read(self, mm);
	must(hs_range_fault(self, &range));
	hs_mm_unlock_read(self, mm);
	printf("%d pages, %d calls of get_dev_pagemap(), %d lookup\n", (int)range.pages,
	       (int)range.counts.calls, (int)range.counts.lookups);

	hs_mm_destroy(self, mm);
	hs_pgmap_remove(self, pgmap);
	stop(self);
	return 0;
}
