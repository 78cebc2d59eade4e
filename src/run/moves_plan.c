/* SPDX-License-Identifier: MIT */
/*
 * moves_plan.c - which pages of a layout can move, from and to which device memory
 */
#include "run/moves.h"

#include <errno.h>
#include <string.h>

#define GIB_PAGES ((uint64_t)1 << 18)

static uint64_t moves_plan_round_down(uint64_t pfn)
{
	return pfn & ~(HS_SPACE_SUBSECTION - 1);
}

static uint64_t moves_plan_round_up(uint64_t pfn)
{
	return moves_plan_round_down(pfn + HS_SPACE_SUBSECTION - 1);
}

/* ---- devices ----------------------------------------------------------------------------- */

struct hs_moves_device *hs_moves_lender(const struct hs_moves *m, uint64_t pfn)
{
	for (size_t low = 0, high = m->device_count; low < high;) {
		size_t i = low + (high - low) / 2;
		struct hs_moves_device *device = &m->devices[i];

		if (pfn < device->start)
			high = i;
		else if (pfn >= device->start + device->pages)
			low = i + 1;
		else
			return device;
	}
	return NULL;
}

static bool moves_plan_has_devmap(const struct hs_layout *layout,
				  const struct hs_space_pgmap *pgmap)
{
	for (size_t i = 0; i < layout->map_count; i++) {
		const struct hs_space_map *map = &layout->maps[i];

		if ((map->kind == HS_MAP_DEVRO || map->kind == HS_MAP_DEVRW) &&
		    map->pfn < pgmap->end && map->pfn + hs_space_map_pages(map) > pgmap->start)
			return true;
	}
	return false;
}

static bool moves_plan_lends(const struct hs_layout *layout, const struct hs_space_pgmap *pgmap)
{
	if (pgmap->dead || !pgmap->owner)
		return false;
	if (pgmap->type == HS_PGMAP_COHERENT)
		return !moves_plan_has_devmap(layout, pgmap);
	return pgmap->type == HS_PGMAP_PRIVATE;
}

static bool moves_plan_is_alone(const struct hs_layout *layout, size_t i)
{
	const struct hs_space_pgmap *pgmap = &layout->pgmaps[i];
	uint64_t first = moves_plan_round_down(pgmap->start);
	uint64_t end = moves_plan_round_up(pgmap->end);

	return (!i || pgmap[-1].end <= first) &&
	       (i + 1 == layout->pgmap_count || pgmap[1].start >= end) &&
	       (first > HS_ZERO_PFN || end <= HS_ZERO_PFN);
}

static void moves_plan_refuse(struct hs_moves *m, enum hs_moves_none why)
{
	if (!m->none)
		m->none = why;
}

static int moves_plan_devices(struct hs_moves *m)
{
	const struct hs_layout *layout = m->layout;
	uint64_t pages = 0;

	m->devices = hs_hostmem_zalloc(m->mem, layout->pgmap_count + 1, sizeof(*m->devices));
	if (!m->devices)
		return -ENOMEM;
	for (size_t i = 0; i < layout->pgmap_count; i++) {
		const struct hs_space_pgmap *pgmap = &layout->pgmaps[i];

		if (!moves_plan_lends(layout, pgmap))
			continue;
		m->devices[m->device_count++] =
			(struct hs_moves_device){ .start = pgmap->start,
						  .pages = pgmap->end - pgmap->start,
						  .owner = pgmap->owner,
						  .type = pgmap->type,
						  .line = i };
		pages += pgmap->end - pgmap->start;
		if (!moves_plan_is_alone(layout, i))
			moves_plan_refuse(m, HS_MOVES_NEAR);
		if (pages > HS_MOVES_DEVICE_PAGES)
			moves_plan_refuse(m, HS_MOVES_DEVICE);
	}
	return 0;
}

/* ---- pages ------------------------------------------------------------------------------- */

static const struct hs_layout_vma *moves_plan_vma(const struct hs_layout *layout,
						  const struct hs_space_map *map)
{
	return &layout->vmas[hs_layout_find_vma(layout, map->addr)];
}

bool hs_moves_is_real(const struct hs_moves *m, const struct hs_space_map *map, uint64_t pfn)
{
	size_t i;

	if (map->level || !hs_layout_vma_migrates(moves_plan_vma(m->layout, map)))
		return false;
	if (hs_map_is_private(map->kind))
		return hs_moves_lender(m, pfn);
	if (map->of != HS_OF_ANON ||
	    (map->kind != HS_MAP_RO && map->kind != HS_MAP_RW && map->kind != HS_MAP_PN))
		return false;
	i = hs_layout_find_pgmap(m->layout, pfn);
	return i == m->layout->pgmap_count || m->layout->pgmaps[i].start > pfn ||
	       hs_moves_lender(m, pfn);
}

/* Whether the line has real pages of system memory. */
static uint64_t moves_plan_count(struct hs_moves *m, const struct hs_space_map *map)
{
	uint64_t system = 0;

	for (uint64_t i = 0; !map->level && i < map->count; i++) {
		uint64_t pfn = hs_map_has_pfn(map->kind) ? map->pfn + i : 0;
		struct hs_moves_device *device = hs_moves_lender(m, pfn);

		if (!hs_moves_is_real(m, map, pfn))
			continue;
		m->pages++;
		system += !device;
		if (device && ++device->mapped > device->pages)
			moves_plan_refuse(m, HS_MOVES_FULL);
	}
	return system;
}

static int moves_plan_add_run(struct hs_moves *m, uint64_t start, uint64_t end)
{
	struct hs_moves_run *runs = hs_hostmem_grow(m->mem, m->runs, m->run_count, sizeof(*runs));

	if (!runs)
		return -ENOMEM;
	m->runs = runs;
	runs[m->run_count++] = (struct hs_moves_run){ start, end };
	return 0;
}

/* What a run goes on through: small entries, which need not move. */
static bool moves_plan_is_run(const struct hs_moves *m, const struct hs_space_map *map)
{
	return !map->level && map->kind != HS_MAP_NONE && map->kind != HS_MAP_TBL &&
	       hs_layout_vma_migrates(moves_plan_vma(m->layout, map));
}

static bool moves_plan_is_next(const struct hs_moves *m, const struct hs_space_map *map,
			       const struct hs_space_map *before)
{
	return before && hs_space_map_end(before) == map->addr &&
	       moves_plan_vma(m->layout, before) == moves_plan_vma(m->layout, map);
}

/*
 * A run is a row of entries in one VMA, from the first page of system memory to the last, without a
 * hole.
 */
static int moves_plan_maps(struct hs_moves *m)
{
	const struct hs_space_map *before = NULL;
	bool begun = false;
	int ret = 0;

	for (size_t i = 0; !ret && !m->none && i < m->layout->map_count; i++) {
		const struct hs_space_map *map = &m->layout->maps[i];
		uint64_t system = moves_plan_count(m, map);

		begun = begun && moves_plan_is_next(m, map, before);
		before = moves_plan_is_run(m, map) ? map : NULL;
		if (!before || !system)
			continue;
		if (begun)
			m->runs[m->run_count - 1].end = hs_space_map_end(map);
		else
			ret = moves_plan_add_run(m, map->addr, hs_space_map_end(map));
		begun = true;
	}
	return ret;
}

/* ---- the rest ---------------------------------------------------------------------------- */

/* Above all pfns of the layout, as those of --device. */
static uint64_t moves_plan_free_pfn(const struct hs_layout *layout)
{
	uint64_t first = HS_SPACE_DEVICE_PFN;

	for (size_t i = 0; i < layout->map_count; i++) {
		const struct hs_space_map *map = &layout->maps[i];

		if (hs_map_has_pfn(map->kind) && map->pfn + hs_space_map_pages(map) > first)
			first = map->pfn + hs_space_map_pages(map);
	}
	if (layout->pgmap_count && layout->pgmaps[layout->pgmap_count - 1].end > first)
		first = layout->pgmaps[layout->pgmap_count - 1].end;
	return (first + GIB_PAGES - 1) & ~(GIB_PAGES - 1);
}

/* The pages of all ranges that move, holes among them. */
static uint64_t moves_plan_moving(const struct hs_moves *m)
{
	uint64_t pages = 0;

	for (size_t i = 0; i < m->layout->move_count; i++)
		pages += (m->layout->moves[i].end - m->layout->moves[i].start) / HS_PAGE_BYTES;
	for (size_t i = 0; !m->layout->move_count && i < m->run_count; i++)
		pages += (m->runs[i].end - m->runs[i].start) / HS_PAGE_BYTES;
	return pages;
}

/* System memory for all that can be there at a time, and a pgmap for what no line moves. */
static void moves_plan_memory(struct hs_moves *m, uint64_t owner)
{
	uint64_t moving = moves_plan_moving(m);
	uint64_t pages = m->pages + moving + HS_MOVES_AT_ONCE;

	if (m->pages > HS_MOVES_PAGES || moving > HS_MOVES_PAGES)
		moves_plan_refuse(m, HS_MOVES_MANY);
	m->system_start = moves_plan_free_pfn(m->layout);
	m->system_end = m->system_start + moves_plan_round_up(pages);
	if (m->system_start + 4 * GIB_PAGES > HS_PFN_END)
		moves_plan_refuse(m, HS_MOVES_NO_PFNS);
	if (m->layout->move_count || !m->run_count)
		return;
	m->devices[m->device_count++] = (struct hs_moves_device){
		.start = (m->system_end + GIB_PAGES - 1) & ~(GIB_PAGES - 1),
		.pages = moves_plan_round_up(moving),
		.owner = owner,
		.type = HS_PGMAP_PRIVATE,
		.line = m->layout->pgmap_count,
	};
}

/* A line migrate or evict names a pgmap that lends no pages: moves_plan_lends() says why. */
static bool moves_plan_lacks_lender(const struct hs_moves *m)
{
	for (size_t i = 0; i < m->layout->move_count; i++) {
		const struct hs_layout_move *move = &m->layout->moves[i];

		if (move->kind != HS_MOVE_TO_SYSTEM && !hs_moves_lender(m, move->pgmap))
			return true;
	}
	return false;
}

int hs_moves_plan(struct hs_moves *m, struct hs_hostmem *mem, const struct hs_layout *layout,
		  uint64_t owner)
{
	int ret;

	memset(m, 0, sizeof(*m));
	m->mem = mem;
	m->layout = layout;
	if (layout->entries > HS_MOVES_ENTRIES)
		m->none = HS_MOVES_MANY;
	ret = m->none ? 0 : moves_plan_devices(m);
	if (!ret && !m->none)
		ret = moves_plan_maps(m);
	if (ret || m->none)
		return ret;
	if (moves_plan_lacks_lender(m))
		m->none = HS_MOVES_DEVMAP;
	else if (!m->pages && !layout->move_count)
		m->none = HS_MOVES_NO_MEMORY;
	else
		moves_plan_memory(m, owner);
	return 0;
}

void hs_moves_free(struct hs_moves *m)
{
	hs_hostmem_free(m->mem, m->devices);
	hs_hostmem_free(m->mem, m->runs);
	m->devices = NULL;
	m->runs = NULL;
}
