/* SPDX-License-Identifier: MIT */
/*
 * strategy_cost.c - what each strategy costs over three full tables of device pages
 *
 * A strategy says whose reference keeps a device page's dev_pagemap while hmm_range_fault() walks.
 * The counts are exact: calls of get_dev_pagemap(), those that the cached pgmap answered, lookups
 * in the index, references taken, references put. There is no fault, because a snapshot reads what
 * is mapped.
 *
 * Prints:
 *
 *	strategy         calls  hits lookups  refs  puts
 *	none                 0     0       0     0     0
 *	per-page          1536     0    1536  1536  1536
 *	per-table         1536  1533       3     3     3
 *	per-table-local   1536  1533       3     3     3
 *	per-range         1536  1535       1     1     1
 *	per-pass          1536  1535       1     1     1
 *	per-call          1536  1535       1     1     1
 */
#include "example.h"

#define ADDR 0x7f0000000000
#define PFN 0x100000
#define PAGES (3 * 512)
#define END (ADDR + PAGES * HS_PAGE_BYTES)

static struct hs_mm *device_pages(struct hs_task *self)
{
	const uint64_t entry = HS_ENTRY_VALID | HS_ENTRY_WRITE | HS_ENTRY_DEVMAP | PFN;
	struct hs_mm *mm;

	must(hs_mm_create(self, hs_geometry(HS_GEOMETRY_X86_64), &mm));
	must(hs_vma_add(self, mm, ADDR, END, HS_VM_READ | HS_VM_WRITE));
	for (uint64_t i = 0; i < PAGES; i++)
		must(hs_pt_set(self, mm, ADDR + i * HS_PAGE_BYTES, 0, entry + i));
	return mm;
}

static void count(struct hs_task *self, struct hs_mm *mm, enum hs_strategy strategy)
{
	static uint64_t pfns[PAGES];
	struct hs_range range;
	const struct hs_walk_counts *c = &range.counts;

	hs_range_init(&range, mm, ADDR, END, pfns);
	range.strategy = strategy;
	hs_mm_lock_read(self, mm);
	must(hs_range_snapshot(self, &range));
	hs_mm_unlock_read(self, mm);
	printf("%-16s%6d%6d%8d%6d%6d\n", hs_strategy_name(strategy), (int)c->calls, (int)c->hits,
	       (int)c->lookups, (int)c->refs, (int)c->puts);
}

int main(void)
{
	struct hs_task *self = start();
	struct hs_pgmap *pgmap;
	struct hs_mm *mm;

	/* Registration alone: a walk looks at no struct page, so that none need be there. */
	must(hs_pgmap_add(self, HS_PGMAP_FS_DAX, PFN, PFN + PAGES, NULL, &pgmap));
	mm = device_pages(self);

	printf("%-16s%6s%6s%8s%6s%6s\n", "strategy", "calls", "hits", "lookups", "refs", "puts");
	for (int s = 0; s < HS_STRATEGY_CUSTOM; s++)
		count(self, mm, (enum hs_strategy)s);

	hs_mm_destroy(self, mm);
	hs_pgmap_remove(self, pgmap);
	stop(self);
	return 0;
}
