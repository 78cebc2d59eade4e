/* SPDX-License-Identifier: MIT */
/*
 * walk_check.c - checks that need the whole scenario
 *
 * pgmaps that overlap, slots outside the request, entries that their VMA cannot hold. The error
 * names the line that is wrong.
 */
#include "text/walk_text.h"

#include <inttypes.h>
#include <stdlib.h>

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

static int walk_check_ins(struct hs_text *text, const struct hs_walk_scenario *s)
{
	uint64_t pages = (s->req.end - s->req.start) / HS_PAGE_BYTES;

	for (size_t i = 0; i < s->in_count; i++) {
		const struct hs_walk_in *in = &s->ins[i];

		if (in->index >= pages || in->count > pages - in->index)
			return hs_text_error(text, in->line, "in",
					     "expected IDX + COUNT up to %" PRIu64
					     ", the pages of the request, found %" PRIu64
					     " + %" PRIu64,
					     pages, in->index, in->count);
	}
	return 0;
}

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
		ret = walk_check_ins(text, s);
	if (!ret)
		ret = walk_check_maps(text, &s->layout);
	return ret;
}
