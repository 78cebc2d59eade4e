/* SPDX-License-Identifier: MIT */
/*
 * layout_check.c - checks that need the whole layout
 *
 * Entries outside VMAs or of a size that their VMA cannot hold, and device memory that is in no
 * pgmap or in one of another type. The error names the line that is wrong. layout_text.c has
 * checked the order of the lines.
 */
#include "text/layout.h"

#include <inttypes.h>

static int layout_check_outside(struct hs_text *text, const struct hs_space_map *map)
{
	return hs_text_error(text, map->line, "map",
			     "expected entries inside one vma, found 0x%" PRIx64 " to 0x%" PRIx64,
			     map->addr, hs_space_map_end(map));
}

static int layout_check_vma(struct hs_text *text, const struct hs_layout *layout,
			    const struct hs_space_map *map)
{
	size_t i = hs_layout_find_vma(layout, map->addr);
	const struct hs_layout_vma *vma;
	int ret;

	if (i == layout->vma_count)
		return layout_check_outside(text, map);
	vma = &layout->vmas[i];
	if (map->addr < vma->start || hs_space_map_end(map) > vma->end)
		return layout_check_outside(text, map);
	ret = hs_space_check_level(text, map, vma->flags);
	if (ret)
		return ret;
	if (hs_map_hugetlb_only(map->kind, map->level) && !hs_space_huge_level(vma->flags))
		return hs_space_needs_hugetlb(text, map);
	return 0;
}

static int layout_check_not_covered(struct hs_text *text, const struct hs_space_map *map,
				    uint64_t pfn)
{
	return hs_text_error(text, map->line, "map",
			     "expected %s inside a pgmap, found pfn 0x%" PRIx64 " in none",
			     hs_map_kind_names[map->kind], pfn);
}

/* Whether the kind of @map, whose page @pfn is in @pgmap, belongs there. */
static int layout_check_type(struct hs_text *text, const struct hs_space_map *map, uint64_t pfn,
			     const struct hs_space_pgmap *pgmap)
{
	bool is_private = pgmap->type == HS_PGMAP_PRIVATE;
	const char *type = hs_pgmap_type_names[pgmap->type];

	if (hs_map_is_private(map->kind) != is_private)
		return hs_text_error(text, map->line, "map",
				     "expected dpr and dpw, and no other kind, in a private pgmap, "
				     "found %s in type=%s at pfn 0x%" PRIx64,
				     hs_map_kind_names[map->kind], type, pfn);
	if (is_private && map->owner != pgmap->owner)
		return hs_text_error(text, map->line, "map",
				     "expected owner=%" PRIu64
				     ", the owner of the pgmap, found %" PRIu64,
				     pgmap->owner, map->owner);
	return 0;
}

/* Kinds that must agree with the type of the pgmap. Migration entries, say, may hold any pfn. */
static bool layout_check_has_type(enum hs_map_kind kind)
{
	return kind == HS_MAP_RO || kind == HS_MAP_RW || hs_map_is_device(kind);
}

static int layout_check_pgmaps(struct hs_text *text, const struct hs_layout *layout,
			       const struct hs_space_map *map)
{
	bool device = hs_map_is_device(map->kind);
	uint64_t pfn = map->pfn, end = map->pfn + hs_space_map_pages(map);
	size_t i = hs_layout_find_pgmap(layout, pfn);
	int ret;

	if (!layout->pgmap_count || !layout_check_has_type(map->kind))
		return 0;
	for (; pfn < end && i < layout->pgmap_count && layout->pgmaps[i].start < end; i++) {
		const struct hs_space_pgmap *pgmap = &layout->pgmaps[i];

		if (device && pgmap->start > pfn)
			return layout_check_not_covered(text, map, pfn);
		if (pgmap->start > pfn)
			pfn = pgmap->start;
		ret = layout_check_type(text, map, pfn, pgmap);
		if (ret)
			return ret;
		pfn = pgmap->end;
	}
	return device && pfn < end ? layout_check_not_covered(text, map, pfn) : 0;
}

int hs_layout_check(struct hs_text *text, const struct hs_layout *layout)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < layout->map_count; i++) {
		ret = layout_check_vma(text, layout, &layout->maps[i]);
		if (!ret)
			ret = layout_check_pgmaps(text, layout, &layout->maps[i]);
	}
	return ret ? ret : hs_layout_check_moves(text, layout);
}
