/* SPDX-License-Identifier: MIT */
/*
 * layout_scenario.c - makes a layout of the address space that a walk scenario's request covers
 *
 * A layout is stricter than a scenario, therefore:
 * - where map lines overlap, the later one replaces what the earlier one says;
 * - VMAs are cut at the request, and map lines at the VMAs;
 * - a scenario names the owner of a device-private page in its map line and needs no pgmap. The
 *   layout gets a private pgmap for each owner, above the pfns that a scenario can name.
 * A scenario that no layout can say is refused.
 */
#include "text/layout_scenario.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

/* Map lines that do not overlap. */
struct pieces {
	struct hs_space_map *maps;
	size_t count;
	uint64_t end; /* highest end of all map lines so far */
};

/* The entries of @map in [start, end). Both ends are outside @map or between two of its entries. */
static struct hs_space_map layout_scenario_part(const struct hs_space_map *map, uint64_t start,
						uint64_t end)
{
	struct hs_space_map part = *map;

	part.addr = start > map->addr ? start : map->addr;
	if (end > hs_space_map_end(map))
		end = hs_space_map_end(map);
	part.count = part.addr < end ? (end - part.addr) / hs_map_bytes(map->level) : 0;
	if (hs_map_has_pfn(map->kind))
		part.pfn += (part.addr - map->addr) / HS_PAGE_BYTES;
	return part;
}

/* Whether each end is outside @map or between two of its entries. */
static bool layout_scenario_on_borders(const struct hs_space_map *map, uint64_t start, uint64_t end)
{
	uint64_t mask = hs_map_bytes(map->level) - 1;

	return (start <= map->addr || !(start & mask)) &&
	       (end >= hs_space_map_end(map) || !(end & mask));
}

/* ---- map lines that replace others ------------------------------------------------------- */

static int layout_scenario_add_piece(struct hs_text *text, struct pieces *p,
				     const struct hs_space_map *map)
{
	struct hs_space_map *maps;

	if (!map->count)
		return 0;
	maps = hs_hostmem_grow(text->mem, p->maps, p->count, sizeof(*maps));
	if (!maps)
		return hs_text_no_memory(text);
	p->maps = maps;
	maps[p->count++] = *map;
	return 0;
}

/* Cuts the range of @map out of all pieces. What is above it in a piece becomes a new piece. */
static int layout_scenario_cut_pieces(struct hs_text *text, struct pieces *p,
				      const struct hs_space_map *map)
{
	uint64_t end = hs_space_map_end(map);
	int ret = 0;

	for (size_t i = 0, count = p->count; !ret && i < count; i++) {
		struct hs_space_map old = p->maps[i], above;

		if (!old.count || old.addr >= end || hs_space_map_end(&old) <= map->addr)
			continue;
		if (map->kind == HS_MAP_TBL || !layout_scenario_on_borders(&old, map->addr, end))
			return hs_text_error(
				text, map->line, "map",
				"expected no entry that replaces a part of a larger one, and no "
				"tbl over an entry: a layout cannot say it");
		above = layout_scenario_part(&old, end, UINT64_MAX);
		p->maps[i] = layout_scenario_part(&old, 0, map->addr);
		ret = layout_scenario_add_piece(text, p, &above);
	}
	return ret;
}

static int layout_scenario_by_addr(const void *a, const void *b)
{
	const struct hs_space_map *x = a, *y = b;

	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

static int layout_scenario_resolve(struct hs_text *text, const struct hs_walk_scenario *s,
				   struct pieces *p)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < s->layout.map_count; i++) {
		const struct hs_space_map *map = &s->layout.maps[i];

		if (map->addr < p->end)
			ret = layout_scenario_cut_pieces(text, p, map);
		/* A missing leaf leaves nothing; a missing page leaves an empty table. */
		if (!ret && (map->kind != HS_MAP_NONE || !map->level))
			ret = layout_scenario_add_piece(text, p, map);
		if (hs_space_map_end(map) > p->end)
			p->end = hs_space_map_end(map);
	}
	if (p->count)
		qsort(p->maps, p->count, sizeof(*p->maps), layout_scenario_by_addr);
	return ret;
}

/* ---- the layout -------------------------------------------------------------------------- */

static int layout_scenario_add_vmas(struct hs_text *text, const struct hs_walk_scenario *s,
				    struct hs_layout *out)
{
	const struct hs_walk_req *req = &s->req;
	int ret = 0;

	for (size_t i = 0; !ret && i < s->layout.vma_count; i++) {
		const struct hs_layout_vma *vma = &s->layout.vmas[i];
		uint64_t start = vma->start > req->start ? vma->start : req->start;
		uint64_t end = vma->end < req->end ? vma->end : req->end;
		uint64_t huge = hs_map_bytes(hs_space_huge_level(vma->flags));

		if (start >= end)
			continue;
		if ((start | end) & (huge - 1))
			return hs_text_error(text, s->layout.line, "scenario",
					     "expected a req of whole huge pages in a hugetlb vma");
		ret = hs_text_result(text, hs_layout_add_vma(text->mem, out, start, end, vma->flags,
							     NULL));
	}
	if (ret)
		return ret;
	if (!out->vma_count || out->vmas[0].start > req->start ||
	    out->vmas[out->vma_count - 1].end < req->end)
		return hs_text_error(
			text, s->layout.line, "scenario",
			"expected a req that begins and ends in a vma, found 0x%" PRIx64
			" to 0x%" PRIx64,
			req->start, req->end);
	return 0;
}

/* Adds the parts of the pieces that are inside VMAs. Pieces and VMAs ascend. */
static int layout_scenario_add_maps(struct hs_text *text, const struct pieces *p,
				    struct hs_layout *out)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < p->count; i++) {
		const struct hs_space_map *map = &p->maps[i];
		size_t v = map->count ? hs_layout_find_vma(out, map->addr) : out->vma_count;

		for (; !ret && v < out->vma_count; v++) {
			const struct hs_layout_vma *vma = &out->vmas[v];
			struct hs_space_map part;

			if (vma->start >= hs_space_map_end(map))
				break;
			if (!layout_scenario_on_borders(map, vma->start, vma->end))
				return hs_text_error(text, map->line, "map",
						     "expected whole entries inside a vma and the "
						     "req");
			part = layout_scenario_part(map, vma->start, vma->end);
			ret = hs_text_result(text, hs_layout_add_map(text->mem, out, &part));
		}
	}
	return ret;
}

static int layout_scenario_by_start(const void *a, const void *b)
{
	const struct hs_space_pgmap *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

/* Gives all private pages of the owner of map @first pfns from *pfn on, and adds their pgmap. */
static int layout_scenario_add_private(struct hs_text *text, struct hs_layout *out, size_t first,
				       uint64_t *pfn)
{
	struct hs_space_pgmap pgmap = { .start = *pfn,
					.type = HS_PGMAP_PRIVATE,
					.owner = out->maps[first].owner };

	for (size_t i = first; i < out->map_count; i++) {
		struct hs_space_map *map = &out->maps[i];

		if (!hs_map_is_private(map->kind) || map->owner != pgmap.owner)
			continue;
		map->pfn = *pfn;
		*pfn += map->count;
	}
	pgmap.end = *pfn;
	return hs_text_result(text, hs_layout_add_pgmap(text->mem, out, &pgmap));
}

static int layout_scenario_add_pgmaps(struct hs_text *text, const struct hs_walk_scenario *s,
				      struct hs_layout *out)
{
	uint64_t pfn = HS_WALK_PFN_END;
	int ret = 0;

	for (size_t i = 0; !ret && i < s->layout.pgmap_count; i++)
		ret = hs_text_result(text,
				     hs_layout_add_pgmap(text->mem, out, &s->layout.pgmaps[i]));
	if (!ret && out->pgmap_count)
		qsort(out->pgmaps, out->pgmap_count, sizeof(*out->pgmaps),
		      layout_scenario_by_start);
	for (size_t i = 0; !ret && i < out->map_count; i++)
		if (hs_map_is_private(out->maps[i].kind) && out->maps[i].pfn < HS_WALK_PFN_END)
			ret = layout_scenario_add_private(text, out, i, &pfn);
	hs_layout_merge(out);
	return ret;
}

int hs_layout_of_scenario(struct hs_text *text, const struct hs_walk_scenario *s,
			  struct hs_layout *out)
{
	struct pieces pieces = { .maps = NULL };
	int ret = hs_text_result(text, hs_layout_begin(text->mem, out, s->layout.name));

	if (!ret)
		ret = layout_scenario_resolve(text, s, &pieces);
	if (!ret)
		ret = layout_scenario_add_vmas(text, s, out);
	if (!ret)
		ret = layout_scenario_add_maps(text, &pieces, out);
	if (!ret)
		ret = layout_scenario_add_pgmaps(text, s, out);
	if (!ret)
		ret = hs_layout_check(text, out);
	hs_hostmem_free(text->mem, pieces.maps);
	if (ret)
		hs_layout_free(text->mem, out);
	else
		out->line = s->layout.line;
	return ret;
}
