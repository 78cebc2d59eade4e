/* SPDX-License-Identifier: MIT */
/*
 * walk_check.c - what only the whole scenario can show to be wrong
 *
 * Slots outside the request, device memory that overlaps, entries that their VMA cannot hold: each
 * is reported with the line that it came from.
 */
#include "text/walk_text.h"

#include <inttypes.h>
#include <stdlib.h>

static int by_start(const void *a, const void *b)
{
	const struct hs_space_pgmap *const *x = a, *const *y = b;

	return (*x)->start < (*y)->start ? -1 : (*x)->start > (*y)->start;
}

static int check_pgmaps(struct hs_text *text, const struct hs_walk_scenario *s)
{
	const struct hs_space_pgmap **sorted;
	int ret = 0;

	if (s->pgmap_count < 2)
		return 0;
	sorted = hs_hostmem_zalloc(text->mem, s->pgmap_count, sizeof(*sorted));
	if (!sorted)
		return hs_text_no_memory(text);
	for (size_t i = 0; i < s->pgmap_count; i++)
		sorted[i] = &s->pgmaps[i];
	qsort(sorted, s->pgmap_count, sizeof(*sorted), by_start);
	for (size_t i = 1; i < s->pgmap_count && !ret; i++) {
		const struct hs_space_pgmap *a = sorted[i - 1], *b = sorted[i];
		unsigned long later = a->line > b->line ? a->line : b->line;

		if (b->start < a->end)
			ret = hs_text_error(text, later, "pgmap",
					    "expected pfns of no other pgmap, found 0x%" PRIx64
					    " in two",
					    b->start);
	}
	hs_hostmem_free(text->mem, sorted);
	return ret;
}

static int check_ins(struct hs_text *text, const struct hs_walk_scenario *s)
{
	uint64_t pages = (s->req.end - s->req.start) / HS_PAGE_BYTES;

	for (size_t i = 0; i < s->in_count; i++) {
		const struct hs_walk_in *in = &s->ins[i];

		if (in->index >= pages || in->count > pages - in->index)
			return hs_text_error(text, in->line, "in",
					     "expected slots below %" PRIu64
					     ", the pages of the request, found %" PRIu64
					     " from %" PRIu64,
					     pages, in->count, in->index);
	}
	return 0;
}

/* As find_vma(): the first VMA that ends beyond the address. */
static size_t find_vma(const struct hs_walk_scenario *s, uint64_t addr)
{
	size_t low = 0, high = s->vma_count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (s->vmas[middle].end > addr)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

static int check_map(struct hs_text *text, const struct hs_walk_scenario *s,
		     const struct hs_space_map *map)
{
	uint64_t end = map->addr + map->count * hs_map_pages(map->level) * HS_PAGE_BYTES;
	bool needs_hugetlb = hs_map_hugetlb_only(map->kind, map->level), inside = false;

	for (size_t i = find_vma(s, map->addr); i < s->vma_count && s->vmas[i].start < end; i++) {
		int ret = hs_space_check_level(text, map, s->vmas[i].flags);

		if (ret)
			return ret;
		inside |= hs_space_huge_level(s->vmas[i].flags) != 0;
	}
	if (needs_hugetlb && !inside)
		return hs_space_needs_hugetlb(text, map);
	return 0;
}

static int check_maps(struct hs_text *text, const struct hs_walk_scenario *s)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < s->map_count; i++)
		ret = check_map(text, s, &s->maps[i]);
	return ret;
}

int hs_walk_check(struct hs_text *text, const struct hs_walk_scenario *s)
{
	int ret = check_pgmaps(text, s);

	if (!ret)
		ret = check_ins(text, s);
	if (!ret)
		ret = check_maps(text, s);
	return ret;
}
