/* SPDX-License-Identifier: MIT */
/*
 * walk_check.c - checks that need the whole scenario
 *
 * pgmaps that overlap, too many owners, slots outside the request, entries that their VMA cannot
 * hold. The error names the line that is wrong.
 */
#include "text/walk_text.h"

#include <inttypes.h>
#include <stdlib.h>

/* ---- pgmaps ------------------------------------------------------------------------------ */

static int walk_check_by_start(const void *a, const void *b)
{
	const struct hs_space_pgmap *const *x = a, *const *y = b;

	return (*x)->start < (*y)->start ? -1 : (*x)->start > (*y)->start;
}

static int walk_check_pgmaps(struct hs_text *text, const struct hs_layout *l)
{
	const struct hs_space_pgmap **sorted;
	int ret = 0;

	if (l->pgmap_count < 2)
		return 0;
	sorted = hs_hostmem_zalloc(text->mem, l->pgmap_count, sizeof(*sorted));
	if (!sorted)
		return hs_text_no_memory(text);
	for (size_t i = 0; i < l->pgmap_count; i++)
		sorted[i] = &l->pgmaps[i];
	qsort(sorted, l->pgmap_count, sizeof(*sorted), walk_check_by_start);
	for (size_t i = 1; i < l->pgmap_count && !ret; i++) {
		const struct hs_space_pgmap *a = sorted[i - 1], *b = sorted[i];
		unsigned long later = a->line > b->line ? a->line : b->line;

		if (b->start < a->end)
			ret = hs_text_error(
				text, later, "pgmap",
				"expected pgmaps that do not overlap, found pfn 0x%" PRIx64
				" in two",
				b->start);
	}
	hs_hostmem_free(text->mem, sorted);
	return ret;
}

/* ---- owners ------------------------------------------------------------------------------ */

static int walk_check_by_owner(const void *a, const void *b)
{
	const struct hs_space_map *const *x = a, *const *y = b;

	if ((*x)->owner != (*y)->owner)
		return (*x)->owner < (*y)->owner ? -1 : 1;
	return (*x)->line < (*y)->line ? -1 : (*x)->line > (*y)->line;
}

static int walk_check_by_line(const void *a, const void *b)
{
	const struct hs_space_map *const *x = a, *const *y = b;

	return (*x)->line < (*y)->line ? -1 : (*x)->line > (*y)->line;
}

/* Leaves the first map line of each owner in @maps, in the order of lines. */
static size_t walk_check_first_of_owners(const struct hs_space_map **maps, size_t count)
{
	size_t owners = 0;

	if (!count)
		return 0;
	qsort(maps, count, sizeof(*maps), walk_check_by_owner);
	for (size_t i = 0; i < count; i++)
		if (!owners || maps[owners - 1]->owner != maps[i]->owner)
			maps[owners++] = maps[i];
	qsort(maps, owners, sizeof(*maps), walk_check_by_line);
	return owners;
}

/* Each owner of device-private pages takes a pgmap. */
static int walk_check_owners(struct hs_text *text, const struct hs_layout *l)
{
	const struct hs_space_map **maps;
	size_t count = 0, room = HS_SPACE_PGMAPS_MAX - l->pgmap_count;
	int ret = 0;

	if (!l->private_entries)
		return 0;
	maps = hs_hostmem_zalloc(text->mem, l->map_count, sizeof(*maps));
	if (!maps)
		return hs_text_no_memory(text);
	for (size_t i = 0; i < l->map_count; i++)
		if (hs_map_is_private(l->maps[i].kind))
			maps[count++] = &l->maps[i];
	count = walk_check_first_of_owners(maps, count);
	if (count > room)
		ret = hs_text_error(text, maps[room]->line, "map",
				    "expected at most %zu pgmaps and owners of device-private "
				    "pages",
				    HS_SPACE_PGMAPS_MAX);
	hs_hostmem_free(text->mem, maps);
	return ret;
}

/* ---- the request ------------------------------------------------------------------------- */

static int walk_check_maxwalks(struct hs_text *text, const struct hs_walk_scenario *s)
{
	uint64_t pages = (s->req.end - s->req.start) / HS_PAGE_BYTES;

	if (!pages || s->maxwalks <= HS_WALK_STEPS_MAX / pages)
		return 0;
	return hs_text_error(text, s->maxwalks_line, "maxwalks",
			     "expected N up to %" PRIu64 " for a request of %" PRIu64
			     " pages, found %" PRIu64,
			     HS_WALK_STEPS_MAX / pages, pages, s->maxwalks);
}

static int walk_check_ins(struct hs_text *text, const struct hs_walk_scenario *s)
{
	uint64_t pages = (s->req.end - s->req.start) / HS_PAGE_BYTES, fills = 0;

	for (size_t i = 0; i < s->in_count; i++) {
		const struct hs_walk_in *in = &s->ins[i];

		if (in->index >= pages || in->count > pages - in->index)
			return hs_text_error(text, in->line, "in",
					     "expected IDX + COUNT up to %" PRIu64
					     ", the pages of the request, found %" PRIu64
					     " + %" PRIu64,
					     pages, in->index, in->count);
		fills += in->count;
		if (fills > HS_WALK_FILLS_MAX)
			return hs_text_error(text, in->line, "in",
					     "expected COUNTs up to %" PRIu64 " altogether",
					     HS_WALK_FILLS_MAX);
	}
	return 0;
}

/* ---- map lines --------------------------------------------------------------------------- */

static int walk_check_map(struct hs_text *text, const struct hs_layout *l,
			  const struct hs_space_map *map)
{
	uint64_t end = hs_space_map_end(map);
	bool needs_hugetlb = hs_map_hugetlb_only(map->kind, map->level), inside = false;

	for (size_t i = hs_layout_find_vma(l, map->addr);
	     i < l->vma_count && l->vmas[i].start < end; i++) {
		int ret = hs_space_check_level(text, map, l->vmas[i].flags);

		if (ret)
			return ret;
		inside |= hs_space_huge_level(l->vmas[i].flags) != 0;
	}
	if (needs_hugetlb && !inside)
		return hs_space_needs_hugetlb(text, map);
	return 0;
}

static int walk_check_maps(struct hs_text *text, const struct hs_layout *l)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < l->map_count; i++)
		ret = walk_check_map(text, l, &l->maps[i]);
	return ret;
}

int hs_walk_check(struct hs_text *text, const struct hs_walk_scenario *s)
{
	int ret = walk_check_pgmaps(text, &s->layout);

	if (!ret)
		ret = walk_check_owners(text, &s->layout);
	if (!ret)
		ret = walk_check_maxwalks(text, s);
	if (!ret)
		ret = walk_check_ins(text, s);
	if (!ret)
		ret = walk_check_maps(text, &s->layout);
	return ret;
}
