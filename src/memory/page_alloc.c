/* SPDX-License-Identifier: MIT */
/*
 * page_alloc.c - system memory, page by page
 *
 * reduced, see <hmmsim/page.h>. machine->memory_lock protects all of it. A page is, by predicate:
 *
 *	fresh		in a range, at or above its .fresh: never handed out
 *	allocated	HS_PAGE_ALLOCATED is set
 *	free		neither, and on the free list
 *	lost		neither, and on no list: it was poisoned when the allocator took it off the
 *			list, or the machine does not reuse freed pages (HS_REUSE_NEVER)
 *
 * The flag, not the refcount, says whether a page is allocated, because between the last put and
 * the free the refcount is already 0 and the memory must not be removed.
 *
 *	last put			hs_memory_remove
 *	count = 0
 *					memory lock; flag set: -EBUSY
 *	memory lock
 *	  clear the flag, link it
 *
 *	Required outcome: the task that frees the page finds its struct page.
 *	(tests/model/test_page_model.c: last_put_meets_memory_remove)
 */
#include <errno.h>

#include "memory/section.h"

/* ---- ranges ------------------------------------------------------------------------------ */

struct hs_ram *hs_ram_new(struct hs_task *self, uint64_t start, uint64_t end)
{
	struct hs_ram *ram = hs_alloc(self, HS_KIND_RAM, sizeof(*ram));

	if (!ram)
		return NULL;
	ram->start = ram->fresh = start;
	ram->end = end;
	return ram;
}

void hs_ram_free(struct hs_task *self, struct hs_ram *ram)
{
	hs_free(self, ram, HS_KIND_RAM, sizeof(*ram));
}

void hs_ram_insert(struct hs_task *self, struct hs_machine *m, struct hs_ram *ram)
{
	struct hs_ram **at = &m->ram;

	hs_assert_spin(self, &m->memory_lock);
	while (*at && (*at)->start < ram->start)
		at = &(*at)->next;
	ram->next = *at;
	*at = ram;
}

static uint64_t page_alloc_higher(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* At most one range is split, because [start, end) then lies inside it. */
struct hs_ram *hs_ram_cut(struct hs_task *self, struct hs_machine *m, uint64_t start, uint64_t end,
			  struct hs_ram *spare)
{
	struct hs_ram **at = &m->ram, *r;

	hs_assert_spin(self, &m->memory_lock);
	while ((r = *at)) {
		if (r->end <= start || end <= r->start) {
			at = &r->next;
		} else if (start <= r->start && r->end <= end) {
			*at = r->next;
			hs_ram_free(self, r);
		} else if (start <= r->start) {
			r->start = end;
			r->fresh = page_alloc_higher(r->fresh, end);
			at = &r->next;
		} else if (r->end <= end) {
			r->end = start;
			at = &r->next;
		} else {
			*spare = *r;
			spare->start = end;
			spare->fresh = page_alloc_higher(r->fresh, end);
			r->end = start;
			r->next = spare;
			return NULL;
		}
	}
	return spare;
}

static bool page_alloc_has_ram(struct hs_task *self, const struct hs_machine *m, uint64_t start,
			       uint64_t end)
{
	bool found = false;

	hs_assert_spin(self, &m->memory_lock);
	for (const struct hs_ram *r = m->ram; r && !found; r = r->next)
		found = start < r->end && r->start < end;
	return found;
}

bool hs_memory_is_ram(struct hs_task *self, uint64_t start_pfn, uint64_t end_pfn)
{
	struct hs_machine *m = hs_machine_of(self);
	bool found;

	hs_spin_lock(self, &m->memory_lock);
	found = page_alloc_has_ram(self, m, start_pfn, end_pfn);
	hs_spin_unlock(self, &m->memory_lock);
	return found;
}

void hs_ram_destroy(struct hs_task *self, struct hs_machine *m)
{
	struct hs_ram *r;

	while ((r = m->ram)) {
		m->ram = r->next;
		hs_ram_free(self, r);
	}
}

/* ---- the free list ----------------------------------------------------------------------- */

static struct hs_page *page_alloc_next_free(struct hs_task *self, const struct hs_page *page)
{
	return (struct hs_page *)(uintptr_t)hs_u64_load(self, &page->private, HS_RELAXED);
}

static void page_alloc_set_next_free(struct hs_task *self, struct hs_page *page,
				     struct hs_page *next)
{
	hs_u64_store(self, &page->private, (uint64_t)(uintptr_t)next, HS_RELAXED);
}

static bool page_alloc_is_poisoned(struct hs_task *self, const struct hs_page *page)
{
	return hs_u32_load(self, &page->state, HS_RELAXED) & HS_PAGE_POISONED;
}

void hs_ram_drop_free(struct hs_task *self, struct hs_machine *m, uint64_t start, uint64_t end)
{
	struct hs_page *page = m->free_pages, *kept = NULL, *next;

	hs_assert_spin(self, &m->memory_lock);
	m->free_pages = NULL;
	for (; page; page = next) {
		uint64_t pfn = hs_page_to_pfn(self, page);

		next = page_alloc_next_free(self, page);
		if (pfn >= start && pfn < end)
			continue;
		page_alloc_set_next_free(self, page, NULL);
		if (kept)
			page_alloc_set_next_free(self, kept, page);
		else
			m->free_pages = page;
		kept = page;
	}
}

/* A page that was poisoned while it was free is lost here. */
static struct hs_page *page_alloc_take_free(struct hs_task *self, struct hs_machine *m)
{
	struct hs_page *page;

	hs_assert_spin(self, &m->memory_lock);
	while ((page = m->free_pages)) {
		m->free_pages = page_alloc_next_free(self, page);
		if (!page_alloc_is_poisoned(self, page))
			return page;
	}
	return NULL;
}

static struct hs_page *page_alloc_take_fresh(struct hs_task *self, struct hs_machine *m)
{
	for (struct hs_ram *r = m->ram; r; r = r->next)
		for (; r->fresh < r->end; r->fresh++) {
			struct hs_page *page;

			if (r->fresh == HS_ZERO_PFN)
				continue;
			page = hs_page_touch_locked(self, r->fresh);
			if (!page)
				return NULL;
			if (page_alloc_is_poisoned(self, page))
				continue;
			r->fresh++;
			return page;
		}
	return NULL;
}

/* ---- pages ------------------------------------------------------------------------------- */

int hs_page_alloc(struct hs_task *self, struct hs_page **out)
{
	struct hs_machine *m = hs_machine_of(self);
	struct hs_page *page;

	hs_spin_lock(self, &m->memory_lock);
	page = page_alloc_take_free(self, m);
	if (!page)
		page = page_alloc_take_fresh(self, m);
	if (page) {
		m->pages_allocated++;
		hs_u32_or(self, &page->state, HS_PAGE_ALLOCATED, HS_RELAXED);
	}
	hs_spin_unlock(self, &m->memory_lock);
	if (!page)
		return -ENOMEM;
	hs_u64_store(self, &page->private, 0, HS_RELAXED);
	hs_u64_store(self, &hs_page_ext_of(self, page)->contents, 0, HS_RELAXED);
	hs_u32_store(self, &page->refcount, 1, HS_RELEASE);
	*out = page;
	return 0;
}

void hs_page_free(struct hs_task *self, struct hs_page *page)
{
	struct hs_machine *m = hs_machine_of(self);
	uint32_t state = hs_page_live(self, page);

	hs_assert_at(self, HS_HERE, state & HS_PAGE_ALLOCATED && !(state & HS_PAGE_LOCKED),
		     "hs_page_free: pfn 0x%llx is not allocated, or it is locked: state 0x%x",
		     (unsigned long long)hs_page_to_pfn(self, page), state & 0xffffffu);
	hs_assert_at(self, HS_HERE, !hs_u32_load(self, &page->mapcount, HS_RELAXED),
		     "hs_page_free: page tables still map pfn 0x%llx",
		     (unsigned long long)hs_page_to_pfn(self, page));
	if (HS_BREAK(PAGE_FREE_FLAG_EARLY))
		hs_u32_and(self, &page->state, ~HS_PAGE_ALLOCATED, HS_RELAXED);
	hs_spin_lock(self, &m->memory_lock);
	hs_assert_spin(self, &m->memory_lock);
	hs_u32_and(self, &page->state, ~(HS_PAGE_ALLOCATED | HS_PAGE_EXCLUSIVE), HS_RELAXED);
	m->pages_allocated--;
	if (m->reuse_pages) {
		page_alloc_set_next_free(self, page, m->free_pages);
		m->free_pages = page;
	}
	hs_spin_unlock(self, &m->memory_lock);
}

uint64_t hs_pages_allocated(struct hs_task *self)
{
	struct hs_machine *m = hs_machine_of(self);
	uint64_t n;

	hs_spin_lock(self, &m->memory_lock);
	hs_assert_spin(self, &m->memory_lock);
	n = m->pages_allocated;
	hs_spin_unlock(self, &m->memory_lock);
	return n;
}
