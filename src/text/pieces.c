/* SPDX-License-Identifier: MIT */
/*
 * pieces.c - a search tree of pieces by address, a treap
 *
 * A piece has a priority that follows from its number by a hash, and one above it in the tree has a
 * higher one. So the tree is as deep as a random one, a few times the logarithm of its size, in
 * whatever order the lines come. The functions that call themselves go that deep.
 */
#include "text/pieces.h"

#include <errno.h>

struct hs_space_map hs_piece_part(const struct hs_space_map *map, uint64_t start, uint64_t end)
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

bool hs_piece_on_borders(const struct hs_space_map *map, uint64_t start, uint64_t end)
{
	uint64_t mask = hs_map_bytes(map->level) - 1;

	return (start <= map->addr || !(start & mask)) &&
	       (end >= hs_space_map_end(map) || !(end & mask));
}

/* ---- the tree ---------------------------------------------------------------------------- */

static uint32_t pieces_priority(uint32_t piece)
{
	uint64_t mixed = (piece + 1) * 0x9e3779b97f4a7c15u;

	return (uint32_t)((mixed ^ mixed >> 29) * 0xbf58476d1ce4e5b9u >> 32);
}

/* All pieces of @low are below all of @high. */
static uint32_t pieces_join(struct hs_piece *at, uint32_t low, uint32_t high)
{
	if (!low || !high)
		return low ? low : high;
	if (pieces_priority(low) > pieces_priority(high)) {
		at[low].above = pieces_join(at, at[low].above, high);
		return low;
	}
	at[high].below = pieces_join(at, low, at[high].below);
	return high;
}

/* *low gets the pieces that begin below @addr, *high the others. */
static void pieces_split(struct hs_piece *at, uint32_t tree, uint64_t addr, uint32_t *low,
			 uint32_t *high)
{
	if (!tree) {
		*low = *high = 0;
	} else if (at[tree].map.addr < addr) {
		*low = tree;
		pieces_split(at, at[tree].above, addr, &at[tree].above, high);
	} else {
		*high = tree;
		pieces_split(at, at[tree].below, addr, low, &at[tree].below);
	}
}

/* The last piece that begins below @addr; 0: none does. */
static uint32_t pieces_last_below(const struct hs_pieces *p, uint64_t addr)
{
	uint32_t found = 0;

	for (uint32_t i = p->root; i;) {
		bool below = p->at[i].map.addr < addr;

		found = below ? i : found;
		i = below ? p->at[i].above : p->at[i].below;
	}
	return found;
}

/* ---- pieces ------------------------------------------------------------------------------ */

int hs_pieces_add(struct hs_pieces *p, const struct hs_space_map *map)
{
	uint32_t low, high, piece;
	struct hs_piece *at;

	if (!map->count)
		return 0;
	at = p->count < UINT32_MAX ? hs_hostmem_grow(p->mem, p->at, p->count, sizeof(*at)) : NULL;
	if (!at)
		return -ENOMEM;
	p->at = at;
	p->count += !p->count; /* number 0 is none */
	piece = (uint32_t)p->count++;
	at[piece] = (struct hs_piece){ .map = *map };
	pieces_split(at, p->root, map->addr, &low, &high);
	p->root = pieces_join(at, pieces_join(at, low, piece), high);
	return 0;
}

static void pieces_remove(struct hs_pieces *p, uint32_t piece)
{
	uint64_t addr = p->at[piece].map.addr;
	uint32_t low, high, rest;

	pieces_split(p->at, p->root, addr, &low, &high);
	pieces_split(p->at, high, addr + 1, &piece, &rest);
	p->root = pieces_join(p->at, low, rest);
}

/* From the highest piece down, because what is left above the range then stays out of the way. */
int hs_pieces_cut(struct hs_pieces *p, const struct hs_space_map *map)
{
	uint64_t end = hs_space_map_end(map);
	uint32_t piece;

	while ((piece = pieces_last_below(p, end)) &&
	       hs_space_map_end(&p->at[piece].map) > map->addr) {
		struct hs_space_map old = p->at[piece].map;
		struct hs_space_map above = hs_piece_part(&old, end, UINT64_MAX);
		struct hs_space_map below = hs_piece_part(&old, 0, map->addr);

		if (map->kind == HS_MAP_TBL || !hs_piece_on_borders(&old, map->addr, end))
			return -EINVAL;
		if (below.count)
			p->at[piece].map = below;
		else
			pieces_remove(p, piece);
		if (hs_pieces_add(p, &above))
			return -ENOMEM;
	}
	return 0;
}

static int pieces_visit(const struct hs_pieces *p, uint32_t piece,
			int (*each)(const struct hs_space_map *map, void *arg), void *arg)
{
	int ret = 0;

	while (!ret && piece) {
		ret = pieces_visit(p, p->at[piece].below, each, arg);
		if (!ret)
			ret = each(&p->at[piece].map, arg);
		piece = p->at[piece].above;
	}
	return ret;
}

int hs_pieces_for_each(const struct hs_pieces *p,
		       int (*each)(const struct hs_space_map *map, void *arg), void *arg)
{
	return pieces_visit(p, p->root, each, arg);
}

void hs_pieces_free(struct hs_pieces *p)
{
	hs_hostmem_free(p->mem, p->at);
	*p = (struct hs_pieces){ .mem = p->mem };
}
