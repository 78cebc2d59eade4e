/* SPDX-License-Identifier: MIT */
/*
 * pages.c - the second step: it is decided which pages move
 *
 * reduced: migrate_vma_pages(), migrate_vma_insert_page() (v6.12, mm/migrate_device.c),
 * folio_migrate_mapping() (mm/migrate.c): of what the kernel moves from page to page there is the
 * key of the reverse map.
 */
#include "migrate/migrate.h"

#include "mm/migration.h"
#include "mm/rmap.h"
#include "mm/table.h"
#include "mm/zap.h"
#include "pgmap/pgmap.h"

void hs_migrate_count(struct hs_task *self, struct hs_migrate_counts *counts)
{
	*hs_task_counts(self) = counts;
}

struct hs_page *hs_migrate_pfn_to_page(struct hs_task *self, uint64_t slot)
{
	if (!(slot & HS_MIGRATE_PFN_VALID))
		return NULL;
	return hs_pfn_to_page(self, slot >> HS_MIGRATE_PFN_SHIFT);
}

/* System memory, or that of a device which lends its pages to address spaces. */
static bool pages_is_target(struct hs_task *self, struct hs_page *page)
{
	struct hs_pgmap *pgmap = hs_page_pgmap(self, page);

	if (pgmap)
		hs_deref(self, pgmap);
	return !pgmap || hs_pgmap_is_private_or_coherent(pgmap);
}

/*
 * Maps @page, with a reference of the entry's own, if there is still nothing. False: something is
 * mapped, or no memory for tables.
 */
static bool pages_insert(struct hs_task *self, const struct hs_migrate_vma *m, uint64_t addr,
			 struct hs_page *page)
{
	struct hs_fault f = { .self = self, .mm = m->vma->mm, .vma = m->vma, .addr = addr };
	uint64_t write = m->vma->flags & HS_VM_WRITE ? HS_ENTRY_WRITE : 0;

	if (!hs_fault_populate(&f, 0) || !hs_entry_is_vacant(&f))
		return false;
	hs_page_get(self, page);
	hs_page_map_first(self, page, "hs_migrate_vma_pages");
	hs_rmap_set(self, f.mm, addr, page);
	if (hs_fault_replace(&f, hs_entry_for(self, page, write)))
		return true;
	hs_page_unmap(self, page);
	if (!HS_BREAK(MIGRATE_INSERT_KEEPS))
		hs_page_put(self, page);
	return false;
}

/* The references that a page has if no task but the caller, and the fault, holds it. */
static uint32_t pages_own_count(struct hs_task *self, struct hs_page *page,
				const struct hs_page *fault_page)
{
	struct hs_pgmap *pgmap = hs_page_pgmap(self, page);

	if (pgmap)
		hs_deref(self, pgmap);
	return 1 + (page == fault_page) + (pgmap ? hs_page_core_count(pgmap) : 0);
}

static bool pages_move(struct hs_task *self, struct hs_page *to, struct hs_page *from,
		       const struct hs_page *fault_page)
{
	if (hs_page_count(self, from) != pages_own_count(self, from, fault_page) &&
	    !HS_BREAK(MIGRATE_COUNT_SKIPPED))
		return false;
	if (!HS_BREAK(MIGRATE_KEY_STAYS))
		hs_rmap_move(self, to, from);
	return true;
}

/* The slots of a migration, and the section in which pages are mapped where nothing was. */
struct pages {
	struct hs_migrate_vma *m; /* NULL: of a device */
	struct hs_invalidation inv;
	bool notified;
};

/* A slot moves, or why it does not: enum hs_migrate_refusal. */
#define PAGES_MOVES HS_MIGRATE_REFUSAL_COUNT

static enum hs_migrate_refusal pages_fill(struct hs_task *self, struct pages *p, uint64_t i,
					  struct hs_page *to)
{
	uint64_t addr;

	if (!p->m)
		return HS_MIGRATE_OCCUPIED;
	addr = p->m->start + (i << HS_PAGE_SHIFT);
	if (!p->notified) {
		HS_MIGRATE_COUNT(self, sections);
		p->inv = hs_mm_invalidate_start(self, p->m->vma->mm, addr, p->m->end,
						HS_INVALIDATE_MIGRATE, p->m->owner);
	}
	p->notified = true;
	if (!pages_is_target(self, to))
		return HS_MIGRATE_NO_LENDER;
	return pages_insert(self, p->m, addr, to) ? PAGES_MOVES : HS_MIGRATE_OCCUPIED;
}

/* Of slot @i, which has MIGRATE. */
static enum hs_migrate_refusal pages_decide_slot(struct hs_task *self, struct pages *p, uint64_t i,
						 struct hs_page *from, uint64_t dst)
{
	struct hs_page *to = hs_migrate_pfn_to_page(self, dst);

	if (!to)
		return HS_MIGRATE_NO_TARGET;
	if (!from)
		return pages_fill(self, p, i, to);
	if (!pages_is_target(self, to))
		return HS_MIGRATE_NO_LENDER;
	return pages_move(self, to, from, p->m ? p->m->fault_page : NULL) ? PAGES_MOVES
									  : HS_MIGRATE_HELD_LATE;
}

static void pages_decide(struct hs_task *self, struct pages *p, uint64_t *src, const uint64_t *dst,
			 uint64_t n)
{
	for (uint64_t i = 0; i < n; i++) {
		struct hs_page *from = hs_migrate_pfn_to_page(self, src[i]);
		enum hs_migrate_refusal why = HS_MIGRATE_WITHDRAWN;

		if (src[i] & HS_MIGRATE_PFN_MIGRATE)
			why = pages_decide_slot(self, p, i, from, dst[i]);
		else if (!from)
			continue;
		if (why == PAGES_MOVES) {
			HS_MIGRATE_COUNT(self, moved[hs_migrate_kind(from)]);
			continue;
		}
		HS_MIGRATE_COUNT(self, refused[why]);
		src[i] &= ~HS_MIGRATE_PFN_MIGRATE;
	}
}

void hs_migrate_vma_pages(struct hs_task *self, struct hs_migrate_vma *m)
{
	struct pages p = { .m = m };

	hs_mm_expect_locked(self, m->vma->mm, "hs_migrate_vma_pages");
	hs_might_sleep(self);
	pages_decide(self, &p, m->src, m->dst, m->npages);
	if (p.notified)
		hs_mm_invalidate_end(self, m->vma->mm, &p.inv);
}

void hs_migrate_device_pages(struct hs_task *self, uint64_t *src, uint64_t *dst, uint64_t n)
{
	struct pages p = { .m = NULL };

	pages_decide(self, &p, src, dst, n);
}
