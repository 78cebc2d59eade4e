/* SPDX-License-Identifier: MIT */
/*
 * driver.c - a driver that mirrors a part of an address space, and a page that moves meanwhile
 *
 * A page table of its own, a lock, a notifier whose callback forgets what is invalidated, a
 * populate that tries again. Between the first walk and the lock a page is migrated.
 *
 * Prints:
 *
 *	walked: page 1 is pfn 0x1001
 *	invalidated: 0x7f0000001000
 *	something has changed: again
 *	walked: page 1 is pfn 0x1002
 *	mirrored: page 1 is pfn 0x1002
 */
#include <pthread.h>

#include "example.h"

#define ADDR 0x7f0000000000
#define PAGES 2
#define END (ADDR + PAGES * HS_PAGE_BYTES)

struct driver {
	struct hs_interval_sub sub;
	struct hs_mm *mm;
	pthread_mutex_t lock; /* protects the table */
	uint64_t table[PAGES];
};

static bool invalidate(struct hs_task *self, struct hs_interval_sub *sub,
		       const struct hs_invalidation *inv, uint64_t cur_seq)
{
	struct driver *d = (struct driver *)((char *)sub - offsetof(struct driver, sub));

	pthread_mutex_lock(&d->lock);
	hs_interval_set_seq(self, sub, cur_seq);
	for (uint64_t addr = inv->start; addr < inv->end; addr += HS_PAGE_BYTES)
		if (addr >= ADDR && addr < END)
			d->table[(addr - ADDR) / HS_PAGE_BYTES] = 0;
	pthread_mutex_unlock(&d->lock);
	printf("invalidated: %#llx\n", (unsigned long long)inv->start);
	return true;
}

/* The last page gets another frame. */
static void migrate(struct hs_task *self, struct hs_mm *mm)
{
	struct hs_migration migration;
	struct hs_page *to;

	must(hs_page_alloc(self, &to));
	must(hs_migration_start(self, mm, END - HS_PAGE_BYTES, NULL, &migration));
	hs_migration_end(self, &migration, to);
}

/* True: the table has what the CPU's has. */
static bool try_populate(struct hs_task *self, struct driver *d, bool meanwhile)
{
	uint64_t pfns[PAGES] = { 0 }, seq = hs_interval_read_begin(self, &d->sub);
	struct hs_range range;
	bool valid;

	hs_range_init(&range, d->mm, ADDR, END, pfns);
	range.default_flags = HS_PFN_VALID | HS_PFN_WRITE; /* fault it in, to be written to */
	hs_mm_lock_read(self, d->mm);
	must(hs_range_fault(self, &range));
	hs_mm_unlock_read(self, d->mm);
	printf("walked: page 1 is pfn %#x\n", (int)(pfns[1] & HS_ENTRY_PFN));
	if (meanwhile)
		migrate(self, d->mm);
	pthread_mutex_lock(&d->lock);
	valid = !hs_interval_read_retry(self, &d->sub, seq);
	if (valid)
		memcpy(d->table, pfns, sizeof(pfns));
	pthread_mutex_unlock(&d->lock);
	return valid;
}

int main(void)
{
	static const struct hs_interval_ops ops = { .invalidate = invalidate };
	struct driver d = { .lock = PTHREAD_MUTEX_INITIALIZER };
	struct hs_task *self = start();

	must(hs_memory_add(self, 0x1000, 0x1200, true)); /* 2 MiB of RAM */
	must(hs_mm_create(self, hs_geometry(HS_GEOMETRY_X86_64), &d.mm));
	must(hs_mmap(self, d.mm, ADDR, END, HS_VM_READ | HS_VM_WRITE, NULL, 0));
	must(hs_interval_insert(self, &d.sub, hs_mm_notifiers(d.mm), ADDR, END - ADDR, &ops));

	for (bool first = true; !try_populate(self, &d, first); first = false)
		printf("something has changed: again\n");
	printf("mirrored: page 1 is pfn %#x\n", (int)(d.table[1] & HS_ENTRY_PFN));

	hs_interval_remove(self, &d.sub);
	hs_mm_destroy(self, d.mm);
	stop(self);
	return 0;
}
