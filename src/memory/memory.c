/* SPDX-License-Identifier: MIT */
/*
 * memory.c - from pfns to sections and struct pages
 *
 * Readers take no lock, because sections and nodes of their index live as long as the machine.
 * machine->memory_lock serialises writers. A memmap is freed when its memory is removed: a task
 * that touches a page of it afterwards has a bug, which ASan and the explorer see (life
 * HS_PAGE_GONE). In an early section the memmap stays, and its pages become stale.
 *
 * The zero page is the machine's own (struct hs_boot), with or without memory around it. Its slot
 * in a memmap is not used.
 */
#include "memory/section.h"

#include <errno.h>

void hs_page_init(struct hs_task *self, struct hs_page *page, uint64_t pfn, struct hs_pgmap *pgmap,
		  uint32_t count)
{
	hs_u32_store(self, &page->refcount, count, HS_RELAXED);
	hs_u32_store(self, &page->mapcount, 0, HS_RELAXED);
	hs_u64_store(self, &page->private, 0, HS_RELAXED);
	hs_u64_store(self, &hs_page_ext_of(self, page)->contents, 0, HS_RELAXED);
	hs_ptr_store(self, &page->pgmap, pgmap, HS_RELAXED);
	hs_u32_store(self, &page->state, hs_page_state(pfn, HS_PAGE_LIVE), HS_RELEASE);
}

/* ---- struct pages ------------------------------------------------------------------------ */

static struct hs_page *memory_page_in(struct hs_task *self, const struct hs_section *s,
				      uint64_t pfn)
{
	struct hs_machine *m = hs_machine_of(self);
	struct hs_page *map = hs_memmap_of(self, s, hs_subsection_of(m, pfn));

	return map ? map + (pfn & (hs_subsection_pages(m) - 1)) : NULL;
}

static enum hs_page_life memory_untouched_life(struct hs_task *self, const struct hs_section *s,
					       uint32_t sub)
{
	if (hs_subsection_is(self, &s->ram, sub))
		return HS_PAGE_LIVE;
	return hs_subsection_is(self, &s->stale, sub) ? HS_PAGE_STALE : HS_PAGE_UNINITIALISED;
}

static struct hs_page *memory_memmap_make(struct hs_task *self, struct hs_section *s, uint64_t pfn)
{
	struct hs_machine *m = hs_machine_of(self);
	uint64_t first = pfn & ~(hs_subsection_pages(m) - 1);
	uint32_t sub = hs_subsection_of(m, pfn);
	struct hs_page *map = hs_alloc(self, HS_KIND_MEMMAP, hs_memmap_bytes(m));
	enum hs_page_life life = memory_untouched_life(self, s, sub);

	if (!map)
		return NULL;
	for (uint32_t i = 0; i < hs_subsection_pages(m); i++) {
		map[i].pfn = (uint32_t)(first + i);
		hs_u32_init(&map[i].state, hs_page_state(first + i, life));
	}
	hs_ptr_store(self, &s->memmap[sub], map, HS_RELEASE);
	return map + (pfn - first);
}

struct hs_page *hs_page_touch_locked(struct hs_task *self, uint64_t pfn)
{
	struct hs_page *page = hs_pfn_to_page(self, pfn);

	hs_assert_spin(self, &hs_machine_of(self)->memory_lock);
	if (page || !hs_pfn_valid(self, pfn))
		return page;
	return memory_memmap_make(self, hs_section_of(self, pfn), pfn);
}

struct hs_page *hs_page_touch(struct hs_task *self, uint64_t pfn)
{
	struct hs_machine *m = hs_machine_of(self);
	struct hs_page *page = hs_pfn_to_page(self, pfn);

	if (page || !hs_pfn_valid(self, pfn))
		return page;
	hs_spin_lock(self, &m->memory_lock);
	page = hs_page_touch_locked(self, pfn);
	hs_spin_unlock(self, &m->memory_lock);
	return page;
}

bool hs_pfn_valid(struct hs_task *self, uint64_t pfn)
{
	struct hs_section *s = hs_section_of(self, pfn);

	if (!s || pfn == HS_ZERO_PFN)
		return pfn == HS_ZERO_PFN;
	return hs_subsection_is(self, &s->present, hs_subsection_of(hs_machine_of(self), pfn)) ||
	       hs_u32_load(self, &s->early, HS_RELAXED);
}

bool hs_memory_is_present(struct hs_task *self, uint64_t pfn)
{
	struct hs_section *s = hs_section_of(self, pfn);

	return s && hs_subsection_is(self, &s->present, hs_subsection_of(hs_machine_of(self), pfn));
}

bool hs_pfn_online(struct hs_task *self, uint64_t pfn)
{
	struct hs_section *s = hs_section_of(self, pfn);

	if (!s || pfn == HS_ZERO_PFN)
		return pfn == HS_ZERO_PFN;
	return hs_subsection_is(self, &s->ram, hs_subsection_of(hs_machine_of(self), pfn));
}

struct hs_page *hs_pfn_to_page(struct hs_task *self, uint64_t pfn)
{
	struct hs_section *s = hs_section_of(self, pfn);
	struct hs_page *page = s ? memory_page_in(self, s, pfn) : NULL;

	/* Only now, because looking the zero page up costs what it costs for any page. */
	return hs_unlikely(pfn == HS_ZERO_PFN) ? hs_machine_of(self)->zero_page : page;
}

uint64_t hs_page_to_pfn(struct hs_task *self, const struct hs_page *page)
{
	uint32_t state;

	hs_assert(self, page, "hs_page_to_pfn: there is no struct page");
	state = hs_u32_load(self, &page->state, HS_RELAXED);
	return (uint64_t)(state >> HS_PAGE_PFN_SHIFT) << 32 | page->pfn;
}

enum hs_page_life hs_pfn_life(struct hs_task *self, uint64_t pfn)
{
	struct hs_page *page = hs_pfn_to_page(self, pfn);

	if (page)
		return (enum hs_page_life)(hs_u32_load(self, &page->state, HS_ACQUIRE) &
					   HS_PAGE_LIFE);
	if (!hs_pfn_valid(self, pfn))
		return HS_PAGE_GONE;
	return memory_untouched_life(self, hs_section_of(self, pfn),
				     hs_subsection_of(hs_machine_of(self), pfn));
}

uint32_t hs_page_live_at(struct hs_task *self, const struct hs_page *page, const char *where)
{
	static const char *const names[HS_PAGE_LIFE_COUNT] = {
		[HS_PAGE_UNINITIALISED] = "uninitialised",
		[HS_PAGE_LIVE] = "live",
		[HS_PAGE_STALE] = "stale",
		[HS_PAGE_GONE] = "gone",
	};
	uint32_t state;

	if (hs_unlikely(!page))
		hs_fail(self, where, "a live page is expected, there is no struct page");
	state = hs_u32_load(self, &page->state, HS_ACQUIRE);
	if (hs_unlikely((state & HS_PAGE_LIFE) != HS_PAGE_LIVE))
		hs_fail(self, where, "a live page is expected, pfn 0x%llx is %s",
			(unsigned long long)hs_page_to_pfn(self, page),
			names[state & HS_PAGE_LIFE]);
	return state;
}

/* ---- device pages ------------------------------------------------------------------------ */

int hs_memory_init_device(struct hs_task *self, uint64_t first_pfn, uint64_t end_pfn,
			  struct hs_pgmap *pgmap, uint32_t count)
{
	uint64_t step = hs_subsection_pages(hs_machine_of(self));

	for (uint64_t pfn = first_pfn; pfn < end_pfn; pfn = (pfn | (step - 1)) + 1)
		if (!hs_page_touch(self, pfn))
			return -ENOMEM;
	for (uint64_t pfn = first_pfn; pfn < end_pfn; pfn++)
		hs_page_init(self, hs_pfn_to_page(self, pfn), pfn, pgmap, count);
	return 0;
}

struct hs_pgmap *hs_page_pgmap(struct hs_task *self, struct hs_page *page)
{
	hs_assert(self, page, "hs_page_pgmap: there is no struct page");
	return hs_ptr_load(self, &page->pgmap, HS_ACQUIRE);
}
