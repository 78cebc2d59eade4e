/* SPDX-License-Identifier: MIT */
/*
 * finalize.c - the third step: pages are mapped again, unlocked and put
 *
 * reduced: migrate_vma_finalize() (v6.12, mm/migrate_device.c), remove_migration_ptes()
 * (mm/migrate.c).
 */
#include "migrate/migrate.h"

#include "mm/migration.h"
#include "mm/rmap.h"

struct finalize {
	struct hs_page *from, *to;
	uint64_t pfn; /* of .from */
};

/* For hs_rmap_walk(). */
static void finalize_one(struct hs_task *self, struct hs_mm *mm, uint64_t addr, void *arg)
{
	const struct finalize *z = arg;
	struct hs_fault f = { .self = self, .mm = mm, .addr = addr };
	bool found;

	hs_spin_lock(self, &mm->page_table_lock);
	found = hs_migration_find(&f, z->pfn);
	if (found) {
		if (!HS_BREAK(REMAP_GET_LATE))
			hs_page_get(self, z->to);
		if (z->to == z->from)
			hs_page_map(self, z->to);
		else
			hs_page_map_first(self, z->to, "hs_migrate_vma_finalize");
		hs_migration_finish(&f, z->to);
		HS_MIGRATE_COUNT(self, rmap_entries);
	}
	hs_spin_unlock(self, &mm->page_table_lock);
	if (found && HS_BREAK(REMAP_GET_LATE))
		hs_page_get(self, z->to);
	if (found && !HS_BREAK(REMAP_NO_WAKE))
		hs_wake_all(self, &mm->migrations);
}

void hs_migrate_remap(struct hs_task *self, struct hs_page *from, struct hs_page *to)
{
	struct finalize z = { .from = from, .to = to, .pfn = hs_page_to_pfn(self, from) };

	HS_MIGRATE_COUNT(self, rmap_walks);
	hs_rmap_walk(self, to, finalize_one, &z);
}

static void finalize_release(struct hs_task *self, struct hs_page *page)
{
	hs_page_unlock(self, page);
	hs_page_put(self, page);
}

/*
 * A page of dst that is not needed goes before that of src is mapped again, as in the kernel.
 * @locked: whose lock is the fault's.
 */
static void finalize_slot(struct hs_task *self, uint64_t src, uint64_t dst,
			  const struct hs_page *locked)
{
	struct hs_page *from = hs_migrate_pfn_to_page(self, src);
	struct hs_page *to = hs_migrate_pfn_to_page(self, dst);

	if (from && to && !(src & HS_MIGRATE_PFN_MIGRATE)) {
		finalize_release(self, to);
		to = NULL;
	}
	if (from)
		hs_migrate_remap(self, from, to ? to : from);
	if (from && from == locked && !HS_BREAK(FINALIZE_UNLOCKS))
		hs_page_put(self, from);
	else if (from)
		finalize_release(self, from);
	if (to)
		finalize_release(self, to);
}

static void finalize_slots(struct hs_task *self, const uint64_t *src, const uint64_t *dst,
			   uint64_t n, const struct hs_page *locked)
{
	hs_might_sleep(self);
	for (uint64_t i = 0; i < n; i++)
		finalize_slot(self, src[i], dst[i], locked);
}

void hs_migrate_device_finalize(struct hs_task *self, uint64_t *src, uint64_t *dst, uint64_t n)
{
	finalize_slots(self, src, dst, n, NULL);
}

void hs_migrate_vma_finalize(struct hs_task *self, struct hs_migrate_vma *m)
{
	finalize_slots(self, m->src, m->dst, m->npages, hs_migrate_locked_page(m));
}
