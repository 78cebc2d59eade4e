/* SPDX-License-Identifier: MIT */
/*
 * pages.c - allocation of the pages of a pgmap
 *
 * reduced: in the kernel each driver keeps such a list. pages_lock protects it. Pages at or above
 * .next_page were never handed out. Freed pages are on the list, last in first out, linked by
 * .private.
 *
 * same: a list of the owner's own, from which it hands pages out by zone_device_page_init() (v6.1,
 * mm/memremap.c). The pgmap has no list and takes no lock then.
 *
 * With the references of 5.3 the allocation takes the reference before it releases the lock, and
 * PUT_PAGES takes the lock once before it puts pages:
 *
 *	allocation			removal
 *	lock; not started
 *	take, count = 2			PUT_PAGES is started
 *	unlock
 *					lock, unlock; each page: put, count = 1
 *	put: count = 0, put the pgmap	wait: drained
 *
 *	Required outcome: -ENODEV, or the page holds the pgmap until it is put.
 *	(src/text/scenarios/removal.txt: handing-out)
 */
#include <errno.h>

#include "pgmap/pgmap.h"

static bool pgmap_pages_has_free_list(const struct hs_pgmap *p)
{
	return !p->own_list && (p->type == HS_PGMAP_PRIVATE || p->type == HS_PGMAP_COHERENT ||
				p->type == HS_PGMAP_P2PDMA);
}

/*
 * With the references of 5.3, PUT_PAGES puts the reference to the pgmap that each page holds: once
 * it has begun, no page may be handed out.
 */
static bool pgmap_pages_are_put(struct hs_task *self, struct hs_pgmap *p)
{
	return p->page_refs == HS_PAGE_REFS_5_3 &&
	       hs_u32_load(self, &p->started, HS_ACQUIRE) >> HS_PGMAP_PUT_PAGES & 1;
}

/*
 * Gives the page the reference of the task that allocates it. With the references of 5.3 it is
 * added to the core's, and to those that a tryget may have taken meanwhile. In later eras with an
 * idle count of 1 there is nothing to do.
 */
static void pgmap_pages_set_count(struct hs_task *self, struct hs_pgmap *p, struct hs_page *page)
{
	hs_u64_store(self, &page->private, 0, HS_RELAXED);
	hs_u64_store(self, &hs_page_ext_of(self, page)->contents, 0, HS_RELAXED);
	if (p->page_refs == HS_PAGE_REFS_5_3)
		hs_page_get(self, page);
	else if (!hs_page_idle_count(p))
		hs_u32_store(self, &page->refcount, 1, HS_RELEASE);
}

/* pages_lock is held. */
static struct hs_page *pgmap_pages_take(struct hs_task *self, struct hs_pgmap *p)
{
	struct hs_page *page = p->free_pages;

	HS_BREAK_SPIN_GAP(PAGES_TAKE_GAP, self, &p->pages_lock);
	hs_assert_spin(self, &p->pages_lock);
	if (!page) {
		if (p->next_page == p->end)
			return NULL;
		page = hs_pfn_to_page(self, p->next_page);
		hs_assert(self, page, "hs_pgmap_page_alloc: the memory of the page is removed");
		p->next_page++;
	} else {
		p->free_pages =
			(struct hs_page *)(uintptr_t)hs_u64_load(self, &page->private, HS_RELAXED);
	}
	hs_page_live(self, page);
	hs_u32_or(self, &page->state, HS_PAGE_ALLOCATED, HS_RELAXED);
	p->pages_allocated++;
	if (!HS_BREAK(PAGES_COUNT_LATE))
		pgmap_pages_set_count(self, p, page);
	return page;
}

int hs_pgmap_page_alloc(struct hs_task *self, struct hs_pgmap *pgmap, struct hs_page **out)
{
	bool holds = hs_pgmap_pages_hold_it(pgmap), put = false;
	struct hs_page *page = NULL;
	int ret = -ENOSPC;

	if (!pgmap_pages_has_free_list(pgmap))
		return -EINVAL;
	if (holds && !hs_percpu_ref_tryget_live(self, &pgmap->ref) && !HS_BREAK(PAGES_ALLOC_DEAD))
		return -ENODEV;
	if (HS_BREAK(PAGES_LOOK_UNLOCKED))
		put = pgmap_pages_are_put(self, pgmap);
	hs_spin_lock(self, &pgmap->pages_lock);
	if (!HS_BREAK(PAGES_LOOK_UNLOCKED))
		put = pgmap_pages_are_put(self, pgmap);
	if (put)
		ret = -ENODEV;
	else
		page = pgmap_pages_take(self, pgmap);
	hs_spin_unlock(self, &pgmap->pages_lock);
	if (!page) {
		if (holds && !HS_BREAK(PAGES_FULL_KEEPS_REF))
			hs_pgmap_put_of_page(self, pgmap);
		return ret;
	}
	if (HS_BREAK(PAGES_COUNT_LATE))
		pgmap_pages_set_count(self, pgmap, page);
	*out = page;
	return 0;
}

void hs_pgmap_page_free(struct hs_task *self, struct hs_pgmap *pgmap, struct hs_page *page)
{
	uint32_t was;

	hs_spin_lock(self, &pgmap->pages_lock);
	hs_assert_spin(self, &pgmap->pages_lock);
	was = hs_u32_and(self, &page->state, ~(HS_PAGE_ALLOCATED | HS_PAGE_EXCLUSIVE), HS_RELAXED);
	hs_assert(self, was & HS_PAGE_ALLOCATED, "hs_page_put: the device page is already free");
	hs_u64_store(self, &page->private, (uint64_t)(uintptr_t)pgmap->free_pages, HS_RELAXED);
	HS_BREAK_SPIN_GAP(PAGES_FREE_GAP, self, &pgmap->pages_lock);
	pgmap->free_pages = page;
	pgmap->pages_allocated--;
	hs_spin_unlock(self, &pgmap->pages_lock);
}

/* ---- a list of the owner's own ------------------------------------------------------------ */

int hs_zone_device_page_init(struct hs_task *self, struct hs_page *page)
{
	struct hs_pgmap *p;
	uint32_t was;

	hs_might_sleep(self);
	hs_page_live(self, page);
	p = hs_page_pgmap(self, page);
	hs_assert_at(self, HS_HERE, p && p->own_list,
		     "hs_zone_device_page_init: the pgmap of pfn 0x%llx keeps its free list itself",
		     (unsigned long long)hs_page_to_pfn(self, page));
	if (!hs_percpu_ref_tryget_live(self, &p->ref))
		return -ENODEV;
	was = hs_u32_or(self, &page->state, HS_PAGE_ALLOCATED, HS_RELAXED);
	hs_assert_at(self, HS_HERE, !(was & HS_PAGE_ALLOCATED),
		     "hs_zone_device_page_init: pfn 0x%llx is handed out already",
		     (unsigned long long)hs_page_to_pfn(self, page));
	hs_u32_store(self, &page->refcount, 1, HS_RELEASE);
	hs_page_lock(self, page);
	return 0;
}

void hs_pgmap_page_leave(struct hs_task *self, struct hs_page *page)
{
	uint32_t flags = HS_PAGE_ALLOCATED | HS_PAGE_EXCLUSIVE;
	uint32_t was = hs_u32_and(self, &page->state, ~flags, HS_RELAXED);

	hs_assert(self, was & HS_PAGE_ALLOCATED, "hs_page_put: the device page is already free");
	hs_assert_at(self, HS_HERE, !(was & HS_PAGE_LOCKED),
		     "hs_page_put: pfn 0x%llx is freed while it is locked",
		     (unsigned long long)hs_page_to_pfn(self, page));
}

/* No step of a put or of an allocation counts the pages of such a pgmap. */
static uint64_t pgmap_pages_count_own(struct hs_task *self, struct hs_pgmap *p)
{
	uint64_t n = 0;

	for (uint64_t pfn = p->first; pfn < p->end; pfn++) {
		const struct hs_page *page = hs_pfn_to_page(self, pfn);

		n += page && hs_u32_load(self, &page->state, HS_ACQUIRE) & HS_PAGE_ALLOCATED;
	}
	return n;
}

uint64_t hs_pgmap_pages_allocated(struct hs_task *self, struct hs_pgmap *pgmap)
{
	uint64_t n;

	if (pgmap->own_list)
		return pgmap_pages_count_own(self, pgmap);
	hs_spin_lock(self, &pgmap->pages_lock);
	hs_assert_spin(self, &pgmap->pages_lock);
	n = pgmap->pages_allocated;
	hs_spin_unlock(self, &pgmap->pages_lock);
	return n;
}
