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

#include "text/pieces.h"

/* ---- map lines that replace others ------------------------------------------------------- */

static int layout_scenario_resolve_line(struct hs_text *text, struct hs_pieces *pieces,
					const struct hs_space_map *map)
{
	int ret = hs_pieces_cut(pieces, map);

	if (ret == -EINVAL)
		return hs_text_error(text, map->line, "map",
				     "expected no entry that replaces a part of a larger one, and "
				     "no tbl over an entry: a layout cannot say it");
	/* A missing leaf leaves nothing; a missing page leaves an empty table. */
	if (!ret && (map->kind != HS_MAP_NONE || !map->level))
		ret = hs_pieces_add(pieces, map);
	return hs_text_result(text, ret);
}

static int layout_scenario_resolve(struct hs_text *text, const struct hs_walk_scenario *s,
				   struct hs_pieces *pieces)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < s->layout.map_count; i++)
		ret = layout_scenario_resolve_line(text, pieces, &s->layout.maps[i]);
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

struct adding {
	struct hs_text *text;
	struct hs_layout *out;
};

/* Adds the parts of a piece that are inside VMAs. */
static int layout_scenario_add_piece(const struct hs_space_map *map, void *arg)
{
	const struct adding *adding = arg;
	struct hs_layout *out = adding->out;
	int ret = 0;

	for (size_t v = hs_layout_find_vma(out, map->addr); !ret && v < out->vma_count; v++) {
		const struct hs_layout_vma *vma = &out->vmas[v];
		struct hs_space_map part;

		if (vma->start >= hs_space_map_end(map))
			break;
		if (!hs_piece_on_borders(map, vma->start, vma->end))
			return hs_text_error(adding->text, map->line, "map",
					     "expected whole entries inside a vma and the req");
		part = hs_piece_part(map, vma->start, vma->end);
		ret = hs_layout_add_map(adding->text->mem, out, &part);
		ret = hs_layout_result(adding->text, map->line, "map", ret);
	}
	return ret;
}

static int layout_scenario_by_start(const void *a, const void *b)
{
	const struct hs_space_pgmap *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

/* A map line of device-private pages, and where its owner is met first. */
struct owned {
	size_t map, first;
	uint64_t owner;
};

static int layout_scenario_by_owner(const void *a, const void *b)
{
	const struct owned *x = a, *y = b;

	if (x->owner != y->owner)
		return x->owner < y->owner ? -1 : 1;
	return x->map < y->map ? -1 : x->map > y->map;
}

static int layout_scenario_by_first(const void *a, const void *b)
{
	const struct owned *x = a, *y = b;

	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	return x->map < y->map ? -1 : x->map > y->map;
}

/* Sorts the map lines by owner, owners in the order in which they are met. */
static void layout_scenario_sort_owned(struct owned *owned, size_t count)
{
	if (!count)
		return;
	qsort(owned, count, sizeof(*owned), layout_scenario_by_owner);
	for (size_t i = 0; i < count; i++)
		owned[i].first = i && owned[i].owner == owned[i - 1].owner ? owned[i - 1].first
									   : owned[i].map;
	qsort(owned, count, sizeof(*owned), layout_scenario_by_first);
}

/* Gives all private pages of one owner pfns from *pfn on, and adds their pgmap. */
static int layout_scenario_add_owner(struct hs_text *text, struct hs_layout *out,
				     const struct owned *owned, size_t count, uint64_t *pfn)
{
	struct hs_space_pgmap pgmap = { .start = *pfn,
					.type = HS_PGMAP_PRIVATE,
					.owner = owned->owner,
					.line = out->maps[owned->map].line };

	for (size_t i = 0; i < count; i++) {
		out->maps[owned[i].map].pfn = *pfn;
		*pfn += out->maps[owned[i].map].count;
	}
	pgmap.end = *pfn;
	return hs_layout_result(text, pgmap.line, "pgmap",
				hs_layout_add_pgmap(text->mem, out, &pgmap));
}

/* The layout gets a private pgmap for each owner, above the pfns that a scenario can name. */
static int layout_scenario_add_owners(struct hs_text *text, struct hs_layout *out)
{
	struct owned *owned = hs_hostmem_zalloc(text->mem, out->map_count + 1, sizeof(*owned));
	uint64_t pfn = HS_WALK_PFN_END;
	size_t count = 0;
	int ret = 0;

	if (!owned)
		return hs_text_no_memory(text);
	for (size_t i = 0; i < out->map_count; i++)
		if (hs_map_is_private(out->maps[i].kind))
			owned[count++] = (struct owned){ .map = i, .owner = out->maps[i].owner };
	layout_scenario_sort_owned(owned, count);
	for (size_t i = 0, n; !ret && i < count; i += n) {
		for (n = 1; i + n < count && owned[i + n].first == owned[i].first;)
			n++;
		ret = layout_scenario_add_owner(text, out, &owned[i], n, &pfn);
	}
	hs_hostmem_free(text->mem, owned);
	return ret;
}

static int layout_scenario_add_pgmaps(struct hs_text *text, const struct hs_walk_scenario *s,
				      struct hs_layout *out)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < s->layout.pgmap_count; i++)
		ret = hs_layout_result(text, s->layout.pgmaps[i].line, "pgmap",
				       hs_layout_add_pgmap(text->mem, out, &s->layout.pgmaps[i]));
	if (!ret && out->pgmap_count)
		qsort(out->pgmaps, out->pgmap_count, sizeof(*out->pgmaps),
		      layout_scenario_by_start);
	if (!ret)
		ret = layout_scenario_add_owners(text, out);
	hs_layout_merge(out);
	return ret;
}

int hs_layout_of_scenario(struct hs_text *text, const struct hs_walk_scenario *s,
			  struct hs_layout *out)
{
	struct hs_pieces pieces = { .mem = text->mem };
	struct adding adding = { text, out };
	int ret = hs_text_result(text, hs_layout_begin(text->mem, out, s->layout.name));

	if (!ret)
		ret = layout_scenario_resolve(text, s, &pieces);
	if (!ret)
		ret = layout_scenario_add_vmas(text, s, out);
	if (!ret)
		ret = hs_pieces_for_each(&pieces, layout_scenario_add_piece, &adding);
	if (!ret)
		ret = layout_scenario_add_pgmaps(text, s, out);
	if (!ret)
		ret = hs_layout_check(text, out);
	hs_pieces_free(&pieces);
	if (ret)
		hs_layout_free(text->mem, out);
	else
		out->line = s->layout.line;
	return ret;
}
