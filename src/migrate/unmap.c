/* SPDX-License-Identifier: MIT */
/*
 * unmap.c - what maps the selected pages goes, and pages that other tasks hold stay
 *
 * reduced: migrate_device_unmap(), migrate_vma_check_page() (v6.12, mm/migrate_device.c),
 * try_to_migrate_one() (mm/rmap.c). Isolation from the LRU is left out.
 *
 * References that a page may have now, when no entry maps it: the caller's; the fault's, of the
 * page that it is about; one more of a device page. With the references of 5.3 the last is the
 * core's. Later nothing has it, so that one task may hold a device page unseen until the step
 * "pages".
 */
#include "migrate/migrate.h"

#include "mm/migration.h"
#include "mm/rmap.h"
#include "mm/zap.h"

static bool unmap_maps(const struct hs_fault *f, uint64_t pfn)
{
	return hs_entry_has_anon_page(f->seen) &&
	       (hs_entry_pfn(f->seen) == pfn || HS_BREAK(EVICT_BLIND));
}

/* For hs_rmap_walk(). No driver skips the section, because it names no owner. */
static void unmap_one(struct hs_task *self, struct hs_mm *mm, uint64_t addr, void *arg)
{
	struct hs_page *page = arg;
	struct hs_fault f = { .self = self, .mm = mm, .addr = addr };
	uint64_t pfn = hs_page_to_pfn(self, page);
	struct hs_invalidation inv = hs_mm_invalidate_start(self, mm, addr, addr + HS_PAGE_BYTES,
							    HS_INVALIDATE_CLEAR, NULL);

	HS_MIGRATE_COUNT(self, sections);
	if (HS_BREAK(EVICT_NOTIFY_EARLY))
		hs_mm_invalidate_end(self, mm, &inv);
	hs_spin_lock(self, &mm->page_table_lock);
	if (hs_rmap_look(&f) && unmap_maps(&f, pfn)) {
		hs_migration_begin(&f, page);
		hs_page_put(self, page);
		HS_MIGRATE_COUNT(self, rmap_entries);
	}
	hs_spin_unlock(self, &mm->page_table_lock);
	if (!HS_BREAK(EVICT_NOTIFY_EARLY))
		hs_mm_invalidate_end(self, mm, &inv);
}

static bool unmap_is_held_by_others(struct hs_task *self, struct hs_page *page,
				    const struct hs_page *fault_page)
{
	uint32_t own = 1 + (page == fault_page) + hs_page_is_device(self, page);

	return hs_page_mapcount(self, page) || hs_page_count(self, page) > own;
}

static void unmap_restore(struct hs_task *self, uint64_t *slot, const struct hs_page *locked)
{
	struct hs_page *page = hs_migrate_pfn_to_page(self, *slot);

	if (!HS_BREAK(EVICT_NO_RESTORE))
		hs_migrate_remap(self, page, page);
	*slot = 0;
	if (page != locked)
		hs_page_unlock(self, page);
	hs_page_put(self, page);
}

uint64_t hs_migrate_unmap(struct hs_task *self, uint64_t *src, uint64_t n,
			  const struct hs_migrate_vma *m)
{
	const struct hs_page *fault_page = m ? m->fault_page : NULL;
	uint64_t left = 0;

	for (uint64_t i = 0; i < n; i++) {
		struct hs_page *page = hs_migrate_pfn_to_page(self, src[i]);

		if (page && hs_page_mapcount(self, page)) {
			HS_MIGRATE_COUNT(self, rmap_walks);
			hs_rmap_walk(self, page, unmap_one, page);
		}
		if (page && unmap_is_held_by_others(self, page, fault_page)) {
			HS_MIGRATE_COUNT(self, refused[HS_MIGRATE_HELD]);
			src[i] &= ~HS_MIGRATE_PFN_MIGRATE;
		}
		left += src[i] & HS_MIGRATE_PFN_MIGRATE ? 1 : 0;
	}
	/* Only now, so that what stays is mapped again when all that moves is unmapped. */
	for (uint64_t i = 0; i < n; i++)
		if (src[i] && !(src[i] & HS_MIGRATE_PFN_MIGRATE))
			unmap_restore(self, &src[i], hs_migrate_locked_page(m));
	return left;
}
