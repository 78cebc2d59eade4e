/* SPDX-License-Identifier: MIT */
/*
 * hotplug.c - adding and removing memory, by whole subsections
 *
 * reduced: sparse_add_section(), sparse_remove_section() (v6.12, mm/sparse.c), add_memory() and
 * offline_and_remove_memory() (mm/memory_hotplug.c); a removal migrates no page away.
 *
 * machine->memory_lock serialises all of it. A removal frees the memmap, unless the section is
 * early. Only the end of the machine frees sections.
 */
#include "memory/hotplug.h"
#include "memory/section.h"

#include <errno.h>

/* ---- adding ------------------------------------------------------------------------------ */

static struct hs_section *hotplug_section_make(struct hs_task *self, uint64_t number)
{
	struct hs_machine *m = hs_machine_of(self);
	struct hs_section *s = hs_radix_load(self, &m->sections, number);

	if (s)
		return s;
	s = hs_alloc(self, HS_KIND_SECTION, hs_section_bytes(m));
	if (!s)
		return NULL;
	if (hs_radix_store(self, &m->sections, number, number, s)) {
		hs_free(self, s, HS_KIND_SECTION, hs_section_bytes(m));
		return NULL;
	}
	return s;
}

static int hotplug_check_span(const struct hs_machine *m, uint64_t start, uint64_t end)
{
	uint64_t mask = hs_subsection_pages(m) - 1;

	return start >= end || end > HS_PFN_END || start & mask || end & mask ? -EINVAL : 0;
}

static bool hotplug_overlaps(struct hs_task *self, uint64_t start, uint64_t end)
{
	struct hs_machine *m = hs_machine_of(self);

	for (uint64_t pfn = start; pfn < end; pfn += hs_subsection_pages(m)) {
		struct hs_section *s = hs_section_of(self, pfn);

		if (s && hs_subsection_is(self, &s->present, hs_subsection_of(m, pfn)))
			return true;
	}
	return false;
}

/* The memory lock is held. The section of @pfn exists. */
static void hotplug_add_subsection(struct hs_task *self, uint64_t pfn, bool ram)
{
	struct hs_machine *m = hs_machine_of(self);
	struct hs_section *s = hs_section_of(self, pfn);
	uint32_t sub = hs_subsection_of(m, pfn);
	struct hs_page *map = hs_memmap_of(self, s, sub);
	uint64_t bit = (uint64_t)1 << sub;

	for (uint32_t i = 0; map && i < hs_subsection_pages(m); i++) {
		uint32_t state = hs_page_state(pfn + i, HS_PAGE_UNINITIALISED);

		if (ram)
			hs_page_init(self, &map[i], pfn + i, NULL, 0);
		else
			hs_u32_store(self, &map[i].state, state, HS_RELEASE);
	}
	hs_u64_and(self, &s->stale, ~bit, HS_RELAXED);
	if (ram)
		hs_u64_or(self, &s->ram, bit, HS_RELAXED);
	hs_u64_or(self, &s->present, bit, HS_RELEASE);
}

/*
 * The memory lock is held. On an error, sections that were already made stay, empty. An early
 * section is valid as a whole even when it is empty, so .early is set only after all sections are
 * made.
 */
static int hotplug_add_span(struct hs_task *self, uint64_t start, uint64_t end, bool ram,
			    bool early)
{
	struct hs_machine *m = hs_machine_of(self);
	uint64_t step = hs_subsection_pages(m);

	hs_assert_spin(self, &m->memory_lock);
	if (hotplug_overlaps(self, start, end))
		return -EEXIST;
	for (uint64_t pfn = start; pfn < end; pfn += step)
		if (!hotplug_section_make(self, pfn >> m->section_order))
			return -ENOMEM;
	for (uint64_t pfn = start; pfn < end; pfn += step) {
		if (early)
			hs_u32_store(self, &hs_section_of(self, pfn)->early, 1, HS_RELAXED);
		hotplug_add_subsection(self, pfn, ram);
	}
	return 0;
}

int hs_memory_add(struct hs_task *self, uint64_t start_pfn, uint64_t end_pfn, bool early)
{
	struct hs_machine *m = hs_machine_of(self);
	struct hs_ram *ram;
	int ret = hotplug_check_span(m, start_pfn, end_pfn);

	if (ret)
		return ret;
	ram = hs_ram_new(self, start_pfn, end_pfn);
	if (!ram)
		return -ENOMEM;
	hs_spin_lock(self, &m->memory_lock);
	ret = hotplug_add_span(self, start_pfn, end_pfn, true, early);
	if (!ret)
		hs_ram_insert(self, m, ram);
	hs_spin_unlock(self, &m->memory_lock);
	if (ret)
		hs_ram_free(self, ram);
	return ret;
}

int hs_memory_add_device(struct hs_task *self, uint64_t start_pfn, uint64_t end_pfn)
{
	struct hs_machine *m = hs_machine_of(self);
	int ret = hotplug_check_span(m, start_pfn, end_pfn);

	if (ret)
		return ret;
	hs_spin_lock(self, &m->memory_lock);
	ret = hotplug_add_span(self, start_pfn, end_pfn, false, false);
	hs_spin_unlock(self, &m->memory_lock);
	return ret;
}

int hs_page_init_device(struct hs_task *self, uint64_t pfn, struct hs_pgmap *pgmap)
{
	struct hs_machine *m = hs_machine_of(self);
	uint64_t mask = hs_subsection_pages(m) - 1;
	bool zero = pfn == HS_ZERO_PFN;
	struct hs_page *page;
	int ret;

	if (pfn >= HS_PFN_END)
		return -EINVAL;
	ret = hs_memory_add_device(self, pfn & ~mask, (pfn & ~mask) + mask + 1);
	if (ret && ret != -EEXIST)
		return ret;
	if (zero ? hs_memory_is_ram(self, pfn, pfn + 1) : hs_pfn_online(self, pfn))
		return -EEXIST;
	page = zero ? m->zero_page : hs_page_touch(self, pfn);
	if (!page)
		return -ENOMEM;
	hs_page_init(self, page, pfn, pgmap, zero);
	return 0;
}

/* ---- removing ---------------------------------------------------------------------------- */

/* The memory lock is held. @idle: as in hs_memory_remove_device(); no system page is allocated. */
static void hotplug_remove_subsection(struct hs_task *self, struct hs_section *s, uint64_t pfn,
				      uint32_t idle)
{
	struct hs_machine *m = hs_machine_of(self);
	uint32_t sub = hs_subsection_of(m, pfn);
	struct hs_page *map = hs_memmap_of(self, s, sub);
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
	if (!early)
		hs_ptr_store(self, &s->memmap[sub], NULL, HS_RELEASE);
	for (uint32_t i = 0; i < hs_subsection_pages(m); i++)
		hs_memory_count_lost(m, &map[i], pfn + i, idle);
	if (early) {
		for (uint32_t i = 0; i < hs_subsection_pages(m); i++) {
			uint32_t state = hs_page_state(pfn + i, HS_PAGE_STALE);

			hs_u32_store(self, &map[i].state, state, HS_RELEASE);
		}
		return;
	}
	hs_free(self, map, HS_KIND_MEMMAP, hs_memmap_bytes(m));
}

/* The memory lock is held. @ram: removes system memory only; otherwise device memory only. */
static void hotplug_remove_span(struct hs_task *self, uint64_t start, uint64_t end, bool ram,
				uint32_t idle)
{
	struct hs_machine *m = hs_machine_of(self);

	hs_assert_spin(self, &m->memory_lock);
	for (uint64_t pfn = start; pfn < end; pfn += hs_subsection_pages(m)) {
		struct hs_section *s = hs_section_of(self, pfn);

		if (s && hs_subsection_is(self, &s->ram, hs_subsection_of(m, pfn)) == ram)
			hotplug_remove_subsection(self, s, pfn, idle);
	}
}

/* Whether a system page is allocated. The memory lock is held. */
static bool hotplug_is_busy(struct hs_task *self, uint64_t start, uint64_t end)
{
	struct hs_machine *m = hs_machine_of(self);
	uint64_t step = hs_subsection_pages(m);

	hs_assert_spin(self, &m->memory_lock);
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
	struct hs_machine *m = hs_machine_of(self);
	struct hs_ram *spare;
	int ret = hotplug_check_span(m, start_pfn, end_pfn);

	if (ret)
		return ret;
	spare = hs_ram_new(self, 0, 0);
	if (!spare)
		return -ENOMEM;
	hs_spin_lock(self, &m->memory_lock);
	if (hotplug_is_busy(self, start_pfn, end_pfn)) {
		ret = -EBUSY;
	} else {
		HS_BREAK_SPIN_GAP(MEMORY_REMOVE_GAP, self, &m->memory_lock);
		hs_ram_drop_free(self, m, start_pfn, end_pfn);
		spare = hs_ram_cut(self, m, start_pfn, end_pfn, spare);
		hotplug_remove_span(self, start_pfn, end_pfn, true, 0);
	}
	hs_spin_unlock(self, &m->memory_lock);
	if (spare)
		hs_ram_free(self, spare);
	return ret;
}

int hs_memory_remove_device(struct hs_task *self, uint64_t start_pfn, uint64_t end_pfn,
			    uint32_t idle)
{
	struct hs_machine *m = hs_machine_of(self);
	int ret = hotplug_check_span(m, start_pfn, end_pfn);

	if (ret)
		return ret;
	hs_spin_lock(self, &m->memory_lock);
	hotplug_remove_span(self, start_pfn, end_pfn, false, idle);
	hs_spin_unlock(self, &m->memory_lock);
	return 0;
}

/* ---- the end ----------------------------------------------------------------------------- */

static void hotplug_section_free(struct hs_task *self, void *entry, void *arg)
{
	struct hs_machine *m = arg;
	struct hs_section *s = entry;

	for (uint32_t i = 0; i < hs_subsections(m); i++)
		hs_free(self, s->memmap[i].raw, HS_KIND_MEMMAP, hs_memmap_bytes(m));
	hs_free(self, s, HS_KIND_SECTION, hs_section_bytes(m));
}

void hs_memory_destroy(struct hs_task *self, struct hs_machine *machine)
{
	hs_ram_destroy(self, machine);
	hs_radix_for_each(self, &machine->sections, hotplug_section_free, machine);
	hs_radix_destroy(self, &machine->sections);
}
