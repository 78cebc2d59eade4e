/* SPDX-License-Identifier: MIT */
/*
 * memory.c - sections, subsections and their struct pages
 *
 * The section table is read without any lock: sections and the index's nodes, once made, live as long
 * as the machine. machine->memory_lock serialises what changes them. A memmap is freed when its
 * memory is removed: whoever still holds a page pointer then has a bug that ASan and the explorer
 * see (life HS_PAGE_GONE). In an early section it stays, and its pages are stale.
 */
#include "memory/memory.h"

#include <errno.h>

static struct hs_section *section_of(struct hs_task *self, uint64_t pfn)
{
	struct hs_machine *m = hs_task_machine(self);

	return hs_radix_load(self, &m->sections, pfn >> m->section_order);
}

static uint32_t subsection_of(const struct hs_machine *m, uint64_t pfn)
{
	uint64_t in_section = pfn & (((uint64_t)1 << m->section_order) - 1);

	return (uint32_t)(in_section >> m->subsection_order);
}

static uint32_t subsections(const struct hs_machine *m)
{
	return 1u << (m->section_order - m->subsection_order);
}

/* One of a section's words: present, ram or stale. */
static bool is_set(struct hs_task *self, const hs_u64 *bits, uint32_t sub)
{
	return hs_u64_load(self, bits, HS_ACQUIRE) >> sub & 1;
}

static size_t section_bytes(const struct hs_machine *m)
{
	return sizeof(struct hs_section) + subsections(m) * sizeof(hs_ptr);
}

static size_t memmap_bytes(const struct hs_machine *m)
{
	return sizeof(struct hs_page) << m->subsection_order;
}

/* ---- adding ------------------------------------------------------------------------------ */

static struct hs_section *section_make(struct hs_task *self, uint64_t number)
{
	struct hs_machine *m = hs_task_machine(self);
	struct hs_section *s = hs_radix_load(self, &m->sections, number);

	if (s)
		return s;
	s = hs_alloc(self, HS_KIND_SECTION, section_bytes(m));
	if (!s)
		return NULL;
	s->number = number;
	if (hs_radix_store(self, &m->sections, number, number, s)) {
		hs_free(self, s, HS_KIND_SECTION, section_bytes(m));
		return NULL;
	}
	return s;
}

static int check_span(const struct hs_machine *m, uint64_t start, uint64_t end)
{
	uint64_t mask = hs_subsection_pages(m) - 1;

	return start >= end || end > HS_PFN_END || start & mask || end & mask ? -EINVAL : 0;
}

static bool overlaps(struct hs_task *self, uint64_t start, uint64_t end)
{
	struct hs_machine *m = hs_task_machine(self);

	for (uint64_t pfn = start; pfn < end; pfn += hs_subsection_pages(m)) {
		struct hs_section *s = section_of(self, pfn);

		if (s && is_set(self, &s->present, subsection_of(m, pfn)))
			return true;
	}
	return false;
}

static struct hs_page *memmap_of(struct hs_task *self, const struct hs_section *s, uint32_t sub)
{
	return hs_ptr_load(self, &s->memmap[sub], HS_ACQUIRE);
}

/* The part of the pfn that never changes, and @life. */
static uint32_t page_state(uint64_t pfn, enum hs_page_life life)
{
	return (uint32_t)(pfn >> 32) << HS_PAGE_PFN_SHIFT | (uint32_t)life;
}

static void page_init(struct hs_task *self, struct hs_page *page, uint64_t pfn,
		      struct hs_pgmap *pgmap, uint32_t count)
{
	hs_u32_store(self, &page->refcount, count, HS_RELAXED);
	hs_u32_store(self, &page->mapcount, 0, HS_RELAXED);
	hs_u64_store(self, &page->private, 0, HS_RELAXED);
	hs_ptr_store(self, &page->pgmap, pgmap, HS_RELAXED);
	hs_u32_store(self, &page->state, page_state(pfn, HS_PAGE_LIVE), HS_RELEASE);
}

/* The memory lock is held. The section of @pfn is there. */
static void add_subsection(struct hs_task *self, uint64_t pfn, bool ram)
{
	struct hs_machine *m = hs_task_machine(self);
	struct hs_section *s = section_of(self, pfn);
	uint32_t sub = subsection_of(m, pfn);
	struct hs_page *map = memmap_of(self, s, sub);
	uint64_t bit = (uint64_t)1 << sub;

	for (uint32_t i = 0; map && i < hs_subsection_pages(m); i++)
		if (ram)
			page_init(self, &map[i], pfn + i, NULL, 0);
		else
			hs_u32_store(self, &map[i].state,
				     page_state(pfn + i, HS_PAGE_UNINITIALISED), HS_RELEASE);
	hs_u64_and(self, &s->stale, ~bit, HS_RELAXED);
	if (ram)
		hs_u64_or(self, &s->ram, bit, HS_RELAXED);
	hs_u64_or(self, &s->present, bit, HS_RELEASE);
}

/*
 * The memory lock is held. Sections that were made before an error stay, empty: they say nothing, and
 * so none is early before all of them are there.
 */
static int add_span(struct hs_task *self, uint64_t start, uint64_t end, bool ram, bool early)
{
	struct hs_machine *m = hs_task_machine(self);
	uint64_t step = hs_subsection_pages(m);

	if (overlaps(self, start, end))
		return -EEXIST;
	for (uint64_t pfn = start; pfn < end; pfn += step)
		if (!section_make(self, pfn >> m->section_order))
			return -ENOMEM;
	for (uint64_t pfn = start; pfn < end; pfn += step) {
		if (early)
			hs_u32_store(self, &section_of(self, pfn)->early, 1, HS_RELAXED);
		add_subsection(self, pfn, ram);
	}
	return 0;
}

int hs_memory_add(struct hs_task *self, uint64_t start_pfn, uint64_t end_pfn, bool early)
{
	struct hs_machine *m = hs_task_machine(self);
	struct hs_ram *ram;
	int ret = check_span(m, start_pfn, end_pfn);

	if (ret)
		return ret;
	ram = hs_ram_new(self, start_pfn, end_pfn);
	if (!ram)
		return -ENOMEM;
	hs_spin_lock(self, &m->memory_lock);
	ret = add_span(self, start_pfn, end_pfn, true, early);
	if (!ret)
		hs_ram_insert(m, ram);
	hs_spin_unlock(self, &m->memory_lock);
	if (ret)
		hs_ram_free(self, ram);
	return ret;
}

int hs_memory_add_device(struct hs_task *self, uint64_t start_pfn, uint64_t end_pfn)
{
	struct hs_machine *m = hs_task_machine(self);
	int ret = check_span(m, start_pfn, end_pfn);

	if (ret)
		return ret;
	hs_spin_lock(self, &m->memory_lock);
	ret = add_span(self, start_pfn, end_pfn, false, false);
	hs_spin_unlock(self, &m->memory_lock);
	return ret;
}

/* ---- struct pages ------------------------------------------------------------------------ */

static struct hs_page *page_in(struct hs_task *self, const struct hs_section *s, uint64_t pfn)
{
	struct hs_machine *m = hs_task_machine(self);
	struct hs_page *map = memmap_of(self, s, subsection_of(m, pfn));

	return map ? map + (pfn & (hs_subsection_pages(m) - 1)) : NULL;
}

static enum hs_page_life untouched_life(struct hs_task *self, const struct hs_section *s,
					uint32_t sub)
{
	if (is_set(self, &s->ram, sub))
		return HS_PAGE_LIVE;
	return is_set(self, &s->stale, sub) ? HS_PAGE_STALE : HS_PAGE_UNINITIALISED;
}

static struct hs_page *memmap_make(struct hs_task *self, struct hs_section *s, uint64_t pfn)
{
	struct hs_machine *m = hs_task_machine(self);
	uint64_t first = pfn & ~(hs_subsection_pages(m) - 1);
	uint32_t sub = subsection_of(m, pfn);
	struct hs_page *map = hs_alloc(self, HS_KIND_MEMMAP, memmap_bytes(m));
	enum hs_page_life life = untouched_life(self, s, sub);

	if (!map)
		return NULL;
	for (uint32_t i = 0; i < hs_subsection_pages(m); i++) {
		map[i].pfn = (uint32_t)(first + i);
		hs_u32_init(&map[i].state, page_state(first + i, life));
	}
	hs_ptr_store(self, &s->memmap[sub], map, HS_RELEASE);
	return map + (pfn - first);
}

struct hs_page *hs_page_touch_locked(struct hs_task *self, uint64_t pfn)
{
	struct hs_page *page = hs_pfn_to_page(self, pfn);

	if (page || !hs_pfn_valid(self, pfn))
		return page;
	return memmap_make(self, section_of(self, pfn), pfn);
}

struct hs_page *hs_page_touch(struct hs_task *self, uint64_t pfn)
{
	struct hs_machine *m = hs_task_machine(self);
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
	struct hs_section *s = section_of(self, pfn);

	if (!s)
		return false;
	return is_set(self, &s->present, subsection_of(hs_task_machine(self), pfn)) ||
	       hs_u32_load(self, &s->early, HS_RELAXED);
}

bool hs_pfn_online(struct hs_task *self, uint64_t pfn)
{
	struct hs_section *s = section_of(self, pfn);

	return s && is_set(self, &s->ram, subsection_of(hs_task_machine(self), pfn));
}

struct hs_page *hs_pfn_to_page(struct hs_task *self, uint64_t pfn)
{
	struct hs_section *s = section_of(self, pfn);

	return s ? page_in(self, s, pfn) : NULL;
}

uint64_t hs_page_to_pfn(struct hs_task *self, const struct hs_page *page)
{
	uint32_t state = hs_u32_load(self, &page->state, HS_RELAXED);

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
	return untouched_life(self, section_of(self, pfn),
			      subsection_of(hs_task_machine(self), pfn));
}

uint32_t hs_page_live_at(struct hs_task *self, const struct hs_page *page, const char *where)
{
	static const char *const names[] = { "uninitialised", "live", "stale", "gone" };
	uint32_t state = hs_u32_load(self, &page->state, HS_ACQUIRE);

	if (hs_unlikely((state & HS_PAGE_LIFE) != HS_PAGE_LIVE))
		hs_fail(self, where, "a live page is expected, pfn 0x%llx is %s",
			(unsigned long long)hs_page_to_pfn(self, page),
			names[state & HS_PAGE_LIFE]);
	return state;
}

/* ---- device pages ------------------------------------------------------------------------ */

int hs_page_init_device(struct hs_task *self, uint64_t pfn, struct hs_pgmap *pgmap)
{
	struct hs_machine *m = hs_task_machine(self);
	uint64_t mask = hs_subsection_pages(m) - 1;
	struct hs_page *page;
	int ret;

	if (pfn >= HS_PFN_END)
		return -EINVAL;
	ret = hs_memory_add_device(self, pfn & ~mask, (pfn & ~mask) + mask + 1);
	if (ret && ret != -EEXIST)
		return ret;
	if (hs_pfn_online(self, pfn))
		return -EEXIST;
	page = hs_page_touch(self, pfn);
	if (!page)
		return -ENOMEM;
	page_init(self, page, pfn, pgmap, 0);
	return 0;
}

int hs_memory_init_device(struct hs_task *self, uint64_t first_pfn, uint64_t end_pfn,
			  struct hs_pgmap *pgmap, uint32_t count)
{
	uint64_t step = hs_subsection_pages(hs_task_machine(self));

	for (uint64_t pfn = first_pfn; pfn < end_pfn; pfn = (pfn | (step - 1)) + 1)
		if (!hs_page_touch(self, pfn))
			return -ENOMEM;
	for (uint64_t pfn = first_pfn; pfn < end_pfn; pfn++)
		page_init(self, hs_pfn_to_page(self, pfn), pfn, pgmap, count);
	return 0;
}

struct hs_pgmap *hs_page_pgmap(struct hs_task *self, struct hs_page *page)
{
	return hs_ptr_load(self, &page->pgmap, HS_ACQUIRE);
}

/* ---- removing ---------------------------------------------------------------------------- */

/* The memory lock is held. */
static void remove_subsection(struct hs_task *self, struct hs_section *s, uint64_t pfn)
{
	struct hs_machine *m = hs_task_machine(self);
	uint32_t sub = subsection_of(m, pfn);
	struct hs_page *map = memmap_of(self, s, sub);
	uint64_t bit = (uint64_t)1 << sub;
	bool early;

	if (!(hs_u64_load(self, &s->present, HS_RELAXED) & bit))
		return;
	early = hs_u32_load(self, &s->early, HS_RELAXED);
	if (early)
		hs_u64_or(self, &s->stale, bit, HS_RELAXED);
	hs_u64_and(self, &s->ram, ~bit, HS_RELAXED);
	hs_u64_and(self, &s->present, ~bit, HS_RELEASE);
	if (!map)
		return;
	if (early) {
		for (uint32_t i = 0; i < hs_subsection_pages(m); i++)
			hs_u32_store(self, &map[i].state, page_state(pfn + i, HS_PAGE_STALE),
				     HS_RELEASE);
		return;
	}
	hs_ptr_store(self, &s->memmap[sub], NULL, HS_RELEASE);
	hs_free(self, map, HS_KIND_MEMMAP, memmap_bytes(m));
}

/* The memory lock is held. What is of the other sort stays. */
static void remove_span(struct hs_task *self, uint64_t start, uint64_t end, bool ram)
{
	struct hs_machine *m = hs_task_machine(self);

	for (uint64_t pfn = start; pfn < end; pfn += hs_subsection_pages(m)) {
		struct hs_section *s = section_of(self, pfn);

		if (s && is_set(self, &s->ram, subsection_of(m, pfn)) == ram)
			remove_subsection(self, s, pfn);
	}
}

/* The memory lock is held. A page is allocated until it is on the free list. */
static bool is_busy(struct hs_task *self, uint64_t start, uint64_t end)
{
	struct hs_machine *m = hs_task_machine(self);
	uint64_t step = hs_subsection_pages(m);

	for (uint64_t pfn = start; pfn < end; pfn += step) {
		struct hs_page *map = hs_pfn_online(self, pfn) ? hs_pfn_to_page(self, pfn) : NULL;

		for (uint64_t i = 0; map && i < step; i++)
			if (hs_u32_load(self, &map[i].state, HS_RELAXED) & HS_PAGE_ALLOCATED)
				return true;
	}
	return false;
}

int hs_memory_remove(struct hs_task *self, uint64_t start_pfn, uint64_t end_pfn)
{
	struct hs_machine *m = hs_task_machine(self);
	struct hs_ram *spare;
	int ret = check_span(m, start_pfn, end_pfn);

	if (ret)
		return ret;
	spare = hs_ram_new(self, 0, 0);
	if (!spare)
		return -ENOMEM;
	hs_spin_lock(self, &m->memory_lock);
	if (is_busy(self, start_pfn, end_pfn)) {
		ret = -EBUSY;
	} else {
		hs_ram_drop_free(self, m, start_pfn, end_pfn);
		spare = hs_ram_cut(self, m, start_pfn, end_pfn, spare);
		remove_span(self, start_pfn, end_pfn, true);
	}
	hs_spin_unlock(self, &m->memory_lock);
	if (spare)
		hs_ram_free(self, spare);
	return ret;
}

int hs_memory_remove_device(struct hs_task *self, uint64_t start_pfn, uint64_t end_pfn)
{
	struct hs_machine *m = hs_task_machine(self);
	int ret = check_span(m, start_pfn, end_pfn);

	if (ret)
		return ret;
	hs_spin_lock(self, &m->memory_lock);
	remove_span(self, start_pfn, end_pfn, false);
	hs_spin_unlock(self, &m->memory_lock);
	return 0;
}

/* ---- the end ----------------------------------------------------------------------------- */

static void section_free(struct hs_task *self, void *entry, void *arg)
{
	struct hs_machine *m = arg;
	struct hs_section *s = entry;

	for (uint32_t i = 0; i < subsections(m); i++)
		hs_free(self, s->memmap[i].raw, HS_KIND_MEMMAP, memmap_bytes(m));
	hs_free(self, s, HS_KIND_SECTION, section_bytes(m));
}

void hs_memory_destroy(struct hs_task *self, struct hs_machine *machine)
{
	hs_ram_destroy(self, machine);
	hs_radix_for_each(self, &machine->sections, section_free, machine);
	hs_radix_destroy(self, &machine->sections);
}
