/* SPDX-License-Identifier: MIT */
/*
 * layout.c - builds a layout line by line, and finds what lies at an address
 */
#include "text/layout.h"

#include <errno.h>
#include <string.h>

#include "text/search.h"

static char *layout_copy_text(struct hs_hostmem *mem, const char *text)
{
	size_t length = strlen(text);
	char *copy = hs_hostmem_zalloc(mem, 1, length + 1);

	if (copy)
		memcpy(copy, text, length);
	return copy;
}

int hs_layout_begin(struct hs_hostmem *mem, struct hs_layout *layout, const char *name)
{
	*layout = (struct hs_layout){ .name = layout_copy_text(mem, name) };
	return layout->name ? 0 : -ENOMEM;
}

void hs_layout_free(struct hs_hostmem *mem, struct hs_layout *layout)
{
	for (size_t i = 0; i < layout->vma_count; i++)
		hs_hostmem_free(mem, layout->vmas[i].name);
	hs_hostmem_free(mem, layout->name);
	hs_hostmem_free(mem, layout->vmas);
	hs_hostmem_free(mem, layout->maps);
	hs_hostmem_free(mem, layout->pgmaps);
	hs_hostmem_free(mem, layout->moves);
	*layout = (struct hs_layout){ .name = NULL };
}

int hs_layout_add_vma(struct hs_hostmem *mem, struct hs_layout *layout, uint64_t start,
		      uint64_t end, uint32_t flags, const char *name)
{
	struct hs_layout_vma vma = { .start = start, .end = end, .flags = flags }, *vmas;

	vmas = hs_hostmem_grow(mem, layout->vmas, layout->vma_count, sizeof(*vmas));
	if (!vmas)
		return -ENOMEM;
	layout->vmas = vmas;
	if (name) {
		vma.name = layout_copy_text(mem, name);
		if (!vma.name)
			return -ENOMEM;
	}
	vmas[layout->vma_count++] = vma;
	return 0;
}

static bool layout_map_continues(const struct hs_space_map *a, const struct hs_space_map *b)
{
	uint64_t pages = hs_map_has_pfn(a->kind) ? hs_space_map_pages(a) : 0;

	return a->kind == b->kind && a->level == b->level && a->owner == b->owner &&
	       a->of == b->of && hs_space_map_end(a) == b->addr && a->pfn + pages == b->pfn;
}

bool hs_layout_extend(struct hs_layout *layout, const struct hs_space_map *map)
{
	struct hs_space_map *last;

	if (!layout->map_count)
		return false;
	last = &layout->maps[layout->map_count - 1];
	if (!layout_map_continues(last, map) ||
	    hs_layout_find_vma(layout, last->addr) != hs_layout_find_vma(layout, map->addr))
		return false;
	last->count += map->count;
	return true;
}

static uint64_t layout_private_entries(const struct hs_space_map *map)
{
	return hs_map_is_private(map->kind) ? map->count : 0;
}

static bool layout_has_room(const struct hs_layout *layout, const struct hs_space_map *map)
{
	return map->count <= HS_SPACE_ENTRIES_MAX - layout->entries &&
	       layout_private_entries(map) <= HS_SPACE_PRIVATE_MAX - layout->private_entries;
}

static void layout_count_map(struct hs_layout *layout, const struct hs_space_map *map)
{
	layout->entries += map->count;
	layout->private_entries += layout_private_entries(map);
}

int hs_layout_append_map(struct hs_hostmem *mem, struct hs_layout *layout,
			 const struct hs_space_map *map)
{
	struct hs_space_map *maps;

	if (layout->map_count == HS_SPACE_MAPS_MAX || !layout_has_room(layout, map))
		return -E2BIG;
	maps = hs_hostmem_grow(mem, layout->maps, layout->map_count, sizeof(*maps));
	if (!maps)
		return -ENOMEM;
	layout->maps = maps;
	maps[layout->map_count++] = *map;
	layout_count_map(layout, map);
	return 0;
}

int hs_layout_add_map(struct hs_hostmem *mem, struct hs_layout *layout,
		      const struct hs_space_map *map)
{
	if (!layout_has_room(layout, map))
		return -E2BIG;
	if (!hs_layout_extend(layout, map))
		return hs_layout_append_map(mem, layout, map);
	layout_count_map(layout, map);
	return 0;
}

void hs_layout_merge(struct hs_layout *layout)
{
	size_t count = layout->map_count;

	layout->map_count = 0;
	for (size_t i = 0; i < count; i++) {
		const struct hs_space_map map = layout->maps[i];

		if (!hs_layout_extend(layout, &map))
			layout->maps[layout->map_count++] = map;
	}
}

int hs_layout_add_pgmap(struct hs_hostmem *mem, struct hs_layout *layout,
			const struct hs_space_pgmap *pgmap)
{
	struct hs_space_pgmap *pgmaps = layout->pgmaps;

	if (layout->pgmap_count == HS_SPACE_PGMAPS_MAX)
		return -E2BIG;
	pgmaps = hs_hostmem_grow(mem, pgmaps, layout->pgmap_count, sizeof(*pgmaps));
	if (!pgmaps)
		return -ENOMEM;
	layout->pgmaps = pgmaps;
	pgmaps[layout->pgmap_count++] = *pgmap;
	return 0;
}

_Static_assert(HS_SPACE_MAPS_MAX == 8388608 && HS_SPACE_ENTRIES_MAX == 67108864 &&
		       HS_SPACE_PRIVATE_MAX == 16777216 && HS_SPACE_PGMAPS_MAX == 2048,
	       "HS_LAYOUT_LIMITS says the limits of space.h");

int hs_layout_result(struct hs_text *text, unsigned long line, const char *keyword, int ret)
{
	if (ret != -E2BIG)
		return hs_text_result(text, ret);
	return hs_text_error(text, line, keyword, "%s", HS_LAYOUT_LIMITS);
}

static uint64_t layout_vma_end(const void *range)
{
	const struct hs_layout_vma *vma = range;

	return vma->end;
}

size_t hs_layout_find_vma(const struct hs_layout *layout, uint64_t addr)
{
	return hs_search_range(layout->vmas, layout->vma_count, sizeof(layout->vmas[0]),
			       layout_vma_end, addr);
}

static uint64_t layout_map_end(const void *range)
{
	return hs_space_map_end(range);
}

size_t hs_layout_find_map(const struct hs_layout *layout, uint64_t addr)
{
	return hs_search_range(layout->maps, layout->map_count, sizeof(layout->maps[0]),
			       layout_map_end, addr);
}

static uint64_t layout_pgmap_end(const void *range)
{
	const struct hs_space_pgmap *pgmap = range;

	return pgmap->end;
}

size_t hs_layout_find_pgmap(const struct hs_layout *layout, uint64_t pfn)
{
	return hs_search_range(layout->pgmaps, layout->pgmap_count, sizeof(layout->pgmaps[0]),
			       layout_pgmap_end, pfn);
}

bool hs_layout_lacks_pgmap(const struct hs_layout *layout)
{
	for (size_t i = 0; !layout->pgmap_count && i < layout->map_count; i++)
		if (hs_map_is_device(layout->maps[i].kind))
			return true;
	return false;
}
