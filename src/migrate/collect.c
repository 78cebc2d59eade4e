/* SPDX-License-Identifier: MIT */
/*
 * collect.c - the first step: pages of a range are selected, and migration entries stand for them
 *
 * reduced: migrate_vma_setup(), migrate_vma_collect_pmd() (v6.12, mm/migrate_device.c). Each table
 * of level 0 is collected under the page table lock, which is held for one table at a time.
 */
#include "migrate/migrate.h"

#include "mm/migration.h"
#include "mm/rmap.h"
#include "mm/table.h"
#include "mm/zap.h"

#include <errno.h>

/* ---- one entry --------------------------------------------------------------------------- */

static bool collect_owner_is(struct hs_task *self, const struct hs_pgmap *pgmap,
			     enum hs_pgmap_type type, const void *owner)
{
	if (!pgmap)
		return false;
	hs_deref(self, pgmap);
	return pgmap->type == type && pgmap->owner == owner;
}

static bool collect_selects(struct hs_task *self, const struct hs_migrate_vma *m, uint64_t entry,
			    struct hs_page *page)
{
	struct hs_pgmap *pgmap = hs_page_pgmap(self, page);

	if (hs_entry_is_device_private(entry))
		return m->flags & HS_MIGRATE_SELECT_DEVICE_PRIVATE &&
		       collect_owner_is(self, pgmap, HS_PGMAP_PRIVATE, m->owner);
	if (!pgmap)
		return m->flags & HS_MIGRATE_SELECT_SYSTEM;
	return m->flags & HS_MIGRATE_SELECT_DEVICE_COHERENT &&
	       collect_owner_is(self, pgmap, HS_PGMAP_COHERENT, m->owner);
}

/* The last step finds the entry by the reverse map. */
static void collect_expect_key(struct hs_fault *f, struct hs_page *page)
{
	bool leads_here = hs_page_key(f->self, page) == hs_rmap_key(f->mm, f->addr);

	hs_assert_at(f->self, HS_HERE, leads_here,
		     "hs_migrate_vma_setup: no key leads from pfn 0x%llx to address 0x%llx",
		     (unsigned long long)hs_entry_pfn(f->seen), (unsigned long long)f->addr);
}

/*
 * The reference comes first, because the entry's goes with the entry. It is seen by other tasks
 * also where the lock is taken and the page stays.
 */
static uint64_t collect_page(struct hs_fault *f, struct hs_page *page, const struct hs_page *locked)
{
	uint64_t slot = hs_migrate_pfn(hs_entry_pfn(f->seen)) | HS_MIGRATE_PFN_MIGRATE;

	collect_expect_key(f, page);
	hs_page_get(f->self, page);
	if (page != locked && !hs_page_trylock(f->self, page)) {
		if (!HS_BREAK(MIGRATE_BUSY_KEEPS))
			hs_page_put(f->self, page);
		HS_MIGRATE_COUNT(f->self, refused[HS_MIGRATE_LOCKED]);
		return 0;
	}
	HS_MIGRATE_COUNT(f->self, selected[hs_migrate_kind(page)]);
	hs_migration_begin(f, page);
	hs_page_put(f->self, page);
	return f->seen & HS_ENTRY_WRITE ? slot | HS_MIGRATE_PFN_WRITE : slot;
}

static uint64_t collect_hole(struct hs_task *self)
{
	HS_MIGRATE_COUNT(self, selected[HS_MIGRATE_HOLE]);
	return HS_MIGRATE_PFN_MIGRATE;
}

/* The slot for the entry f->seen of level 0. The page table lock is held. */
static uint64_t collect_entry(struct hs_fault *f, const struct hs_migrate_vma *m)
{
	struct hs_page *page;

	if (!f->seen)
		return collect_hole(f->self);
	if (hs_entry_is_zero_page(f->seen))
		return m->flags & HS_MIGRATE_SELECT_SYSTEM ? collect_hole(f->self) : 0;
	if (!hs_entry_has_anon_page(f->seen))
		return 0;
	page = hs_entry_page(f->self, f->seen);
	if (!collect_selects(f->self, m, f->seen, page))
		return 0;
	return collect_page(f, page, hs_migrate_locked_page(m));
}

/* ---- the range --------------------------------------------------------------------------- */

static void collect_table(struct hs_fault *f, const struct hs_migrate_vma *m, uint64_t end,
			  uint64_t *slot)
{
	hs_spin_lock(f->self, &f->mm->page_table_lock);
	hs_assert_spin(f->self, &f->mm->page_table_lock);
	for (; f->addr < end; f->addr += HS_PAGE_BYTES) {
		f->seen = hs_u64_load(f->self, f->entry, HS_ACQUIRE);
		HS_BREAK_SPIN_GAP(MIGRATE_COLLECT_GAP, f->self, &f->mm->page_table_lock);
		*slot++ = collect_entry(f, m);
		f->entry++;
	}
	hs_spin_unlock(f->self, &f->mm->page_table_lock);
}

/* Each turn takes a table of level 0, or a leaf or hole above it. The mmap lock keeps tables. */
static void collect_range(struct hs_task *self, const struct hs_migrate_vma *m)
{
	struct hs_mm *mm = m->vma->mm;
	struct hs_fault f = { .self = self, .mm = mm, .vma = m->vma, .addr = m->start };

	while (f.addr < m->end) {
		uint64_t *slot = &m->src[(f.addr - m->start) >> HS_PAGE_SHIFT], end;

		hs_fault_look(&f);
		end = hs_level_end(mm->geometry, f.addr, m->end, f.level ? f.level : 1);
		if (!f.level) {
			collect_table(&f, m, end, slot);
			continue;
		}
		for (; f.addr < end; f.addr += HS_PAGE_BYTES)
			*slot++ = f.seen ? 0 : collect_hole(self);
	}
}

/* ---- setup ------------------------------------------------------------------------------- */

static bool collect_is_refused(struct hs_task *self, const struct hs_migrate_vma *m)
{
	const struct hs_vma *vma = m->vma;
	struct hs_pgmap *pgmap;

	if (vma->mapping || vma->flags & (HS_VM_HUGETLB | HS_VM_IO | HS_VM_PFNMAP | HS_VM_MIXEDMAP))
		return true;
	if (!hs_range_fits(vma->mm, m->start, m->end) || m->start < vma->start || m->end > vma->end)
		return true;
	if (!m->src || !m->dst)
		return true;
	if (!m->fault_page)
		return false;
	pgmap = hs_page_pgmap(self, m->fault_page);
	if (pgmap)
		hs_deref(self, pgmap);
	return !pgmap || pgmap->type != HS_PGMAP_PRIVATE;
}

int hs_migrate_vma_setup(struct hs_task *self, struct hs_migrate_vma *m)
{
	struct hs_invalidation inv;
	struct hs_mm *mm;

	hs_might_sleep(self);
	if (!m->vma)
		return -EINVAL;
	mm = m->vma->mm;
	hs_mm_expect_locked(self, mm, "hs_migrate_vma_setup");
	if (collect_is_refused(self, m))
		return -EINVAL;
	m->cpages = 0;
	m->npages = (m->end - m->start) >> HS_PAGE_SHIFT;
	for (uint64_t i = 0; i < m->npages; i++)
		m->src[i] = m->dst[i] = 0;
	if (m->vma->flags & HS_VM_SHARED)
		return 0;
	HS_MIGRATE_COUNT(self, setups);
	if (m->fault_page)
		HS_MIGRATE_COUNT(self, faults);
	HS_MIGRATE_COUNT(self, sections);
	inv = hs_mm_invalidate_start(self, mm, m->start, m->end, HS_INVALIDATE_MIGRATE, m->owner);
	if (HS_BREAK(MIGRATE_NOTIFY_EARLY))
		hs_mm_invalidate_end(self, mm, &inv);
	collect_range(self, m);
	if (!HS_BREAK(MIGRATE_NOTIFY_EARLY))
		hs_mm_invalidate_end(self, mm, &inv);
	m->cpages = hs_migrate_unmap(self, m->src, m->npages, m);
	return 0;
}
