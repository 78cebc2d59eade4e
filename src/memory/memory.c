/* SPDX-License-Identifier: MIT */
/*
 * memory.c - sections, subsections and their struct pages
 *
 * The section table is read without a lock, inside an RCU section; machine->memory_lock serialises
 * what changes it. A section is never freed before the machine is. A memmap is freed when its
 * memory is removed: whoever still holds a page pointer then has a bug that ASan and the explorer
 * see (life HS_PAGE_GONE).
 */
#include "memory/memory.h"

#include <errno.h>

#define HS_PFN_END ((uint64_t)1 << 40)

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

static size_t section_bytes(const struct hs_machine *m)
{
	return sizeof(struct hs_section) + subsections(m) * sizeof(hs_ptr);
}

static size_t memmap_bytes(const struct hs_machine *m)
{
	return sizeof(struct hs_page) << m->subsection_order;
}

/* ---- adding ------------------------------------------------------------------------------ */

static struct hs_section *section_make(struct hs_task *self, uint64_t number, bool early)
{
	struct hs_machine *m = hs_task_machine(self);
	struct hs_section *s = hs_radix_load(self, &m->sections, number);

	if (s)
		return s;
	s = hs_alloc(self, HS_KIND_SECTION, section_bytes(m));
	if (!s)
		return NULL;
	s->number = number;
	s->early = early;
	if (hs_radix_store(self, &m->sections, number, number, s)) {
		hs_free(self, s, HS_KIND_SECTION, section_bytes(m));
		return NULL;
	}
	return s;
}

static int check_span(const struct hs_machine *m, uint64_t start, uint64_t end)
{
	uint64_t mask = ((uint64_t)1 << m->subsection_order) - 1;

	return start >= end || end > HS_PFN_END || start & mask || end & mask ? -EINVAL : 0;
}

static bool overlaps(struct hs_task *self, uint64_t start, uint64_t end)
{
	struct hs_machine *m = hs_task_machine(self);

	for (uint64_t pfn = start; pfn < end; pfn += (uint64_t)1 << m->subsection_order) {
		struct hs_section *s = section_of(self, pfn);

		if (s && hs_u64_load(self, &s->present, HS_RELAXED) >> subsection_of(m, pfn) & 1)
			return true;
	}
	return false;
}

/* The memory lock is held. Sections that were made before an error stay, empty: they say nothing. */
static int add_span(struct hs_task *self, uint64_t start, uint64_t end, bool ram, bool early)
{
	struct hs_machine *m = hs_task_machine(self);
	uint64_t step = (uint64_t)1 << m->subsection_order;

	if (overlaps(self, start, end))
		return -EEXIST;
	for (uint64_t pfn = start; pfn < end; pfn += step)
		if (!section_make(self, pfn >> m->section_order, early))
			return -ENOMEM;
	for (uint64_t pfn = start; pfn < end; pfn += step) {
		struct hs_section *s = section_of(self, pfn);
		uint64_t bit = (uint64_t)1 << subsection_of(m, pfn);

		if (ram)
			hs_u64_or(self, &s->ram, bit, HS_RELAXED);
		hs_u64_or(self, &s->present, bit, HS_RELEASE);
	}
	return 0;
}

static int add_locked(struct hs_task *self, uint64_t start, uint64_t end, bool ram, bool early)
{
	struct hs_machine *m = hs_task_machine(self);
	int ret = check_span(m, start, end);

	if (ret)
		return ret;
	hs_spin_lock(self, &m->memory_lock);
	ret = add_span(self, start, end, ram, early);
	hs_spin_unlock(self, &m->memory_lock);
	return ret;
}

int hs_memory_add(struct hs_task *self, uint64_t start_pfn, uint64_t end_pfn, bool early)
{
	return add_locked(self, start_pfn, end_pfn, true, early);
}

int hs_memory_add_device(struct hs_task *self, uint64_t start_pfn, uint64_t end_pfn)
{
	return add_locked(self, start_pfn, end_pfn, false, false);
}

/* ---- struct pages ------------------------------------------------------------------------ */

static struct hs_page *page_in(struct hs_task *self, const struct hs_section *s, uint64_t pfn)
{
	struct hs_machine *m = hs_task_machine(self);
	struct hs_page *map = hs_ptr_load(self, &s->memmap[subsection_of(m, pfn)], HS_ACQUIRE);

	return map ? map + (pfn & (((uint64_t)1 << m->subsection_order) - 1)) : NULL;
}

/* The memory lock is held. */
static struct hs_page *memmap_make(struct hs_task *self, struct hs_section *s, uint64_t pfn)
{
	struct hs_machine *m = hs_task_machine(self);
	uint32_t sub = subsection_of(m, pfn);
	bool ram = hs_u64_load(self, &s->ram, HS_RELAXED) >> sub & 1;
	struct hs_page *map;

	if (page_in(self, s, pfn))
		return page_in(self, s, pfn);
	map = hs_alloc(self, HS_KIND_MEMMAP, memmap_bytes(m));
	if (!map)
		return NULL;
	for (uint32_t i = 0; ram && i < 1u << m->subsection_order; i++)
		hs_u32_init(&map[i].state, HS_PAGE_LIVE);
	hs_ptr_store(self, &s->memmap[sub], map, HS_RELEASE);
	return page_in(self, s, pfn);
}

struct hs_page *hs_page_touch(struct hs_task *self, uint64_t pfn)
{
	struct hs_machine *m = hs_task_machine(self);
	struct hs_page *page = hs_pfn_to_page(self, pfn);

	if (page || !hs_pfn_valid(self, pfn))
		return page;
	hs_spin_lock(self, &m->memory_lock);
	page = memmap_make(self, section_of(self, pfn), pfn);
	hs_spin_unlock(self, &m->memory_lock);
	return page;
}

bool hs_pfn_valid(struct hs_task *self, uint64_t pfn)
{
	struct hs_section *s = section_of(self, pfn);

	return s && (s->early || hs_u64_load(self, &s->present, HS_ACQUIRE) >>
						 subsection_of(hs_task_machine(self), pfn) &
					 1);
}

bool hs_pfn_online(struct hs_task *self, uint64_t pfn)
{
	struct hs_section *s = section_of(self, pfn);

	return s &&
	       hs_u64_load(self, &s->ram, HS_ACQUIRE) >> subsection_of(hs_task_machine(self), pfn) &
		       1;
}

struct hs_page *hs_pfn_to_page(struct hs_task *self, uint64_t pfn)
{
	struct hs_section *s = section_of(self, pfn);

	return s ? page_in(self, s, pfn) : NULL;
}

enum hs_page_life hs_pfn_life(struct hs_task *self, uint64_t pfn)
{
	struct hs_page *page = hs_pfn_to_page(self, pfn);

	if (page)
		return (enum hs_page_life)(hs_u32_load(self, &page->state, HS_ACQUIRE) &
					   HS_PAGE_LIFE);
	if (!hs_pfn_valid(self, pfn))
		return HS_PAGE_GONE;
	return hs_pfn_online(self, pfn) ? HS_PAGE_LIVE : HS_PAGE_UNINITIALISED;
}

int hs_page_init_device(struct hs_task *self, uint64_t pfn, struct hs_pgmap *pgmap)
{
	struct hs_machine *m = hs_task_machine(self);
	uint64_t mask = ((uint64_t)1 << m->subsection_order) - 1;
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
	hs_ptr_store(self, &page->pgmap, pgmap, HS_RELAXED);
	hs_u32_store(self, &page->state, HS_PAGE_LIVE, HS_RELEASE);
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
	struct hs_page *map = hs_ptr_load(self, &s->memmap[sub], HS_RELAXED);

	hs_u64_and(self, &s->ram, ~((uint64_t)1 << sub), HS_RELAXED);
	hs_u64_and(self, &s->present, ~((uint64_t)1 << sub), HS_RELEASE);
	if (!map)
		return;
	if (s->early) {
		for (uint32_t i = 0; i < 1u << m->subsection_order; i++)
			hs_u32_store(self, &map[i].state, HS_PAGE_STALE, HS_RELEASE);
		return;
	}
	hs_ptr_store(self, &s->memmap[sub], NULL, HS_RELEASE);
	hs_free(self, map, HS_KIND_MEMMAP, memmap_bytes(m));
}

int hs_memory_remove(struct hs_task *self, uint64_t start_pfn, uint64_t end_pfn)
{
	struct hs_machine *m = hs_task_machine(self);
	uint64_t step = (uint64_t)1 << m->subsection_order;
	int ret = check_span(m, start_pfn, end_pfn);

	if (ret)
		return ret;
	hs_spin_lock(self, &m->memory_lock);
	for (uint64_t pfn = start_pfn; pfn < end_pfn; pfn += step) {
		struct hs_section *s = section_of(self, pfn);

		if (s)
			remove_subsection(self, s, pfn);
	}
	hs_spin_unlock(self, &m->memory_lock);
	return 0;
}

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
	hs_radix_for_each(self, &machine->sections, section_free, machine);
	hs_radix_destroy(self, &machine->sections);
}
