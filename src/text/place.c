/* SPDX-License-Identifier: MIT */
/*
 * place.c - moves a share of a layout's pages to device memory
 *
 * Two passes over the maps that decide the same: the first counts the pages of each pgmap; then
 * pgmaps get their pfns; the second pass makes the new maps. At the end they replace the old ones.
 */
#include "text/place.h"

#include <errno.h>
#include <fnmatch.h>
#include <string.h>

#include "text/layout.h"

#define PLACE_ALIGN hs_map_pages(2) /* pfns: of the largest leaf, so that every leaf is aligned */

/* What was decided so far about entries of one size. */
struct track {
	uint64_t matched, placed; /* pages */
	uint64_t left;		  /* pages left in the current run */
	bool taken;		  /* the current run is placed */
};

struct placing {
	struct hs_hostmem *mem;
	const struct hs_layout *old;
	const struct hs_place *place;
	struct hs_layout *out; /* NULL in the first pass */
	struct track tracks[HS_MAP_LEVEL_COUNT];
	uint64_t *next;	      /* next pfn of each pgmap; the first pass counts from 0 */
	uint64_t runs;	      /* placed so far: selects the pgmap */
	const char *vma_name; /* of the VMA of the current map */
	uint32_t vma_flags;
};

/* ---- what matches ------------------------------------------------------------------------ */

static bool place_is_ordinary(const struct placing *p, const struct hs_space_map *map)
{
	uint64_t end = map->pfn + hs_space_map_pages(map);
	size_t i = hs_layout_find_pgmap(p->old, map->pfn);

	if (map->kind != HS_MAP_RO && map->kind != HS_MAP_RW)
		return false;
	return i == p->old->pgmap_count || p->old->pgmaps[i].start >= end;
}

/* The name is compared first and used as a glob second, because [heap] is a name and a glob. */
static bool place_name_matches(const struct placing *p)
{
	const char *pattern = p->place->name;

	return p->vma_name && (!strcmp(pattern, p->vma_name) || !fnmatch(pattern, p->vma_name, 0));
}

static bool place_matches(const struct placing *p, const struct hs_space_map *map)
{
	if (hs_space_huge_level(p->vma_flags) || !place_is_ordinary(p, map))
		return false;
	switch (p->place->pattern) {
	case HS_PLACE_ANON:
		return map->of == HS_OF_ANON;
	case HS_PLACE_FILE:
		return map->of == HS_OF_FILE || map->of == HS_OF_SHMEM;
	case HS_PLACE_NAME:
		return place_name_matches(p);
	default:
		return true;
	}
}

/* ---- the new maps ------------------------------------------------------------------------ */

static int place_add_map(struct placing *p, const struct hs_space_map *map)
{
	return p->out && map->count ? hs_layout_add_map(p->mem, p->out, map) : 0;
}

/* The kind of entry that maps a page of a pgmap of this type. */
static enum hs_map_kind place_device_kind(enum hs_pgmap_type type, enum hs_map_kind kind)
{
	bool write = kind == HS_MAP_RW;

	switch (type) {
	case HS_PGMAP_FS_DAX:
		return write ? HS_MAP_DEVRW : HS_MAP_DEVRO;
	case HS_PGMAP_PRIVATE:
		return write ? HS_MAP_DPW : HS_MAP_DPR;
	default:
		return kind;
	}
}

static int place_add_device(struct placing *p, struct hs_space_map map)
{
	uint64_t *next = &p->next[(p->runs - 1) % p->place->pgmaps];
	enum hs_pgmap_type type = p->place->type;
	uint64_t pages = hs_map_pages(map.level);

	map.kind = place_device_kind(type, map.kind);
	if (type == HS_PGMAP_PRIVATE) {
		map.owner = p->place->owner;
		map.count *= pages;
		map.level = 0;
		pages = 1;
	}
	map.pfn = (*next + pages - 1) & ~(pages - 1);
	*next = map.pfn + map.count * pages;
	return place_add_map(p, &map);
}

/* ---- which ------------------------------------------------------------------------------- */

/* A run is placed if the share of all matching pages up to its end allows it. */
static void place_begin_run(struct placing *p, struct track *t, uint64_t leaf_pages)
{
	const struct hs_place *place = p->place;
	uint64_t pages = place->run > leaf_pages ? place->run : leaf_pages;
	uint64_t until = t->matched + pages;
	uint64_t most =
		until / place->of * place->share + until % place->of * place->share / place->of;

	t->left = pages;
	t->taken = t->placed + pages <= most;
	p->runs += t->taken;
}

/* Places or keeps the first entries of *map, up to the end of the run; *map becomes the rest. */
static int place_next_entries(struct placing *p, struct hs_space_map *map)
{
	uint64_t leaf = hs_map_pages(map->level), entries, pages;
	struct track *t = &p->tracks[map->level];
	struct hs_space_map piece = *map;
	int ret;

	if (!t->left)
		place_begin_run(p, t, leaf);
	entries = (t->left + leaf - 1) / leaf;
	if (entries > map->count)
		entries = map->count;
	piece.count = entries;
	ret = t->taken ? place_add_device(p, piece) : place_add_map(p, &piece);
	pages = entries * leaf;
	t->left -= t->left < pages ? t->left : pages;
	t->matched += pages;
	t->placed += t->taken ? pages : 0;
	map->addr += pages * HS_PAGE_BYTES;
	map->pfn += pages;
	map->count -= entries;
	return ret;
}

/* Cuts the entries below @addr off *map. @up: an entry across @addr goes with them. */
static struct hs_space_map place_cut_below(struct hs_space_map *map, uint64_t addr, bool up)
{
	uint64_t pages = hs_map_pages(map->level), bytes = hs_map_bytes(map->level);
	uint64_t distance = addr > map->addr ? addr - map->addr : 0;
	uint64_t entries = up ? distance / bytes + (distance % bytes != 0) : distance / bytes;
	struct hs_space_map below = *map;

	if (entries > map->count)
		entries = map->count;
	below.count = entries;
	map->addr += entries * bytes;
	map->pfn += entries * pages;
	map->count -= entries;
	return below;
}

static int place_one_map(struct placing *p, const struct hs_space_map *map)
{
	struct hs_space_map before, inside, after = *map;
	int ret;

	if (!place_matches(p, map))
		return place_add_map(p, map);
	if (p->place->pattern == HS_PLACE_RANGE) {
		before = place_cut_below(&after, p->place->start, true);
		inside = place_cut_below(&after, p->place->end, false);
	} else {
		before = place_cut_below(&after, 0, false);
		inside = place_cut_below(&after, UINT64_MAX, false);
	}
	ret = place_add_map(p, &before);
	while (!ret && inside.count)
		ret = place_next_entries(p, &inside);
	return ret ? ret : place_add_map(p, &after);
}

static int place_all_maps(struct placing *p)
{
	const struct hs_layout *old = p->old;
	int ret = 0;

	memset(p->tracks, 0, sizeof(p->tracks));
	p->runs = 0;
	for (size_t i = 0, v = 0; !ret && i < old->map_count; i++) {
		while (old->vmas[v].end <= old->maps[i].addr)
			v++;
		p->vma_name = old->vmas[v].name;
		p->vma_flags = old->vmas[v].flags;
		ret = place_one_map(p, &old->maps[i]);
	}
	return ret;
}

/* ---- pgmaps ------------------------------------------------------------------------------ */

static uint64_t place_align(uint64_t pfn, uint64_t pages)
{
	return (pfn + pages - 1) & ~(pages - 1);
}

/* First pfn of the new device memory. */
static uint64_t place_first_pfn(const struct hs_layout *layout)
{
	uint64_t first = HS_SPACE_DEVICE_PFN;

	for (size_t i = 0; i < layout->map_count; i++) {
		const struct hs_space_map *map = &layout->maps[i];
		uint64_t end = map->pfn + hs_space_map_pages(map);

		if (hs_map_has_pfn(map->kind) && end > first)
			first = end;
	}
	if (layout->pgmap_count && layout->pgmaps[layout->pgmap_count - 1].end > first)
		first = layout->pgmaps[layout->pgmap_count - 1].end;
	return place_align(first, PLACE_ALIGN);
}

/* Gives each pgmap its pfns, one behind the other. A pgmap without pages is left out. */
static int place_add_pgmaps(struct placing *p)
{
	uint64_t start = place_first_pfn(p->old);
	int ret = 0;

	for (uint64_t i = 0; !ret && i < p->place->pgmaps; i++) {
		struct hs_space_pgmap pgmap = {
			.start = start,
			.end = place_align(start + p->next[i], HS_SPACE_SUBSECTION),
			.type = p->place->type,
			.owner = p->place->owner,
		};

		p->next[i] = start;
		if (pgmap.end > HS_PFN_END)
			return -ERANGE;
		if (pgmap.end > start)
			ret = hs_layout_add_pgmap(p->mem, p->out, &pgmap);
		start = place_align(pgmap.end, PLACE_ALIGN);
	}
	return ret;
}

static int place_copy_pgmaps(struct placing *p)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < p->old->pgmap_count; i++)
		ret = hs_layout_add_pgmap(p->mem, p->out, &p->old->pgmaps[i]);
	return ret;
}

int hs_place(struct hs_hostmem *mem, struct hs_layout *layout, const struct hs_place *place,
	     struct hs_placed *placed)
{
	/* Uses the VMAs of the old layout: hs_layout_add_map() looks where they end. */
	struct hs_layout out = { .vmas = layout->vmas, .vma_count = layout->vma_count };
	struct placing p = { .mem = mem, .old = layout, .place = place };
	int ret;

	if (hs_layout_lacks_pgmap(layout)) /* its device memory would be outside the new pgmaps */
		return -EINVAL;
	p.next = hs_hostmem_zalloc(mem, place->pgmaps, sizeof(*p.next));
	if (!p.next)
		return -ENOMEM;
	ret = place_all_maps(&p);
	p.out = &out;
	if (!ret)
		ret = place_copy_pgmaps(&p);
	if (!ret)
		ret = place_add_pgmaps(&p);
	if (!ret)
		ret = place_all_maps(&p);
	hs_hostmem_free(mem, p.next);
	if (ret) {
		hs_hostmem_free(mem, out.maps);
		hs_hostmem_free(mem, out.pgmaps);
		return ret;
	}
	*placed = (struct hs_placed){ 0, 0 };
	for (unsigned int level = 0; level < HS_MAP_LEVEL_COUNT; level++) {
		placed->matched += p.tracks[level].matched;
		placed->placed += p.tracks[level].placed;
	}
	hs_hostmem_free(mem, layout->maps);
	hs_hostmem_free(mem, layout->pgmaps);
	layout->maps = out.maps;
	layout->map_count = out.map_count;
	layout->pgmaps = out.pgmaps;
	layout->pgmap_count = out.pgmap_count;
	layout->entries = out.entries;
	layout->private_entries = out.private_entries;
	return 0;
}

const char *hs_place_refusal(int ret)
{
	return ret == -E2BIG ? HS_LAYOUT_LIMITS : "no pfns are left for it";
}
