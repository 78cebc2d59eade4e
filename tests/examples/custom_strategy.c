/* SPDX-License-Identifier: MIT */
/*
 * custom_strategy.c - a strategy of one's own: the reference is kept for 2 MiB of device memory
 *
 * struct hs_strategy_ops has a function for each point at which a strategy may take or drop the
 * reference in *slot. This one looks the pgmap up where a page is in another subsection than the
 * one before, so that a drain waits for 512 pages at most, and holds nothing while it faults. The
 * mapping begins in the middle of a page table and has pages in four; one page is missing, and
 * faults.
 *
 * Prints:
 *
 *	strategy        lookups  puts  held over a fault
 *	per-table             5     5  no
 *	per-range             1     1  yes
 *	per-subsection        4     4  no
 */
#include "example.h"

#define PAGES (3 * 512)
#define PFN 0x100000
#define ADDR 0x7f0000100000
#define END (ADDR + PAGES * HS_PAGE_BYTES)
#define MISSING 600

struct cache {
	uint64_t subsection; /* of *slot */
	uint64_t lookups, puts;
};

static void drop(struct hs_task *self, struct hs_range *range, struct hs_pgmap **slot, void *arg)
{
	(void)range;
	((struct cache *)arg)->puts += *slot != NULL;
	hs_pgmap_put(self, *slot); /* NULL is allowed */
	*slot = NULL;
}

/* A device page is about to be reported. */
static int page(struct hs_task *self, struct hs_range *range, struct hs_pgmap **slot, uint64_t pfn,
		void *arg)
{
	struct cache *cache = arg;

	if (*slot && cache->subsection == pfn / 512)
		return 0;
	drop(self, range, slot, arg);
	*slot = hs_pgmap_get(self, pfn, NULL);
	cache->subsection = pfn / 512;
	cache->lookups++;
	return *slot ? 0 : -EBUSY; /* the memory is being removed */
}

static void count(struct hs_task *self, const char *name, enum hs_strategy strategy)
{
	static const struct hs_strategy_ops ops = {
		.page = page,
		.fault_begin = drop,
		.call_end = drop,
	};
	static uint64_t pfns[PAGES];
	struct cache own = { 0 };
	struct hs_range range;
	const struct hs_walk_counts *counts = &range.counts;

	hs_range_init(&range, NULL, ADDR, END, pfns);
	range.strategy = strategy;
	range.ops = &ops;
	range.ops_arg = &own;
	range.default_flags = HS_PFN_VALID;
	must(hs_mm_create(self, hs_geometry(HS_GEOMETRY_X86_64), &range.mm));
	must(hs_vma_add(self, range.mm, ADDR, END, HS_VM_READ));
	for (uint64_t i = 0; i < PAGES; i++)
		if (i != MISSING)
			must(hs_pt_set(self, range.mm, ADDR + i * HS_PAGE_BYTES, 0,
				       HS_ENTRY_VALID | HS_ENTRY_DEVMAP | (PFN + i)));
	hs_mm_lock_read(self, range.mm);
	must(hs_range_fault(self, &range));
	hs_mm_unlock_read(self, range.mm);
	hs_mm_destroy(self, range.mm);
	printf("%-15s %7d %5d  %s\n", name, (int)(counts->lookups + own.lookups),
	       (int)(counts->puts + own.puts), counts->held_faults ? "yes" : "no");
}

int main(void)
{
	struct hs_task *self = start();
	struct hs_pgmap *pgmap;

	must(hs_pgmap_add(self, HS_PGMAP_FS_DAX, PFN, PFN + PAGES, NULL, &pgmap));
	printf("strategy        lookups  puts  held over a fault\n");
	count(self, "per-table", HS_STRATEGY_PER_TABLE);
	count(self, "per-range", HS_STRATEGY_PER_RANGE);
	count(self, "per-subsection", HS_STRATEGY_CUSTOM);
	hs_pgmap_remove(self, pgmap);
	stop(self);
	return 0;
}
