/* SPDX-License-Identifier: MIT */
/*
 * pieces.h - map lines of which a later one replaces what an earlier one says, without overlaps
 *
 * invented.
 */
#ifndef HS_TEXT_PIECES_H
#define HS_TEXT_PIECES_H

#include "text/space.h"

struct hs_piece {
	struct hs_space_map map;
	uint32_t below, above; /* pieces at lower and at higher addresses; 0: none */
};

/* All zero but for .mem: none. */
struct hs_pieces {
	struct hs_hostmem *mem;
	struct hs_piece *at; /* from 1 on */
	size_t count;	     /* in use; pieces that were replaced are not used again */
	uint32_t root;
};

/* The entries of @map in [start, end). Both ends are outside @map or between two of its entries. */
struct hs_space_map hs_piece_part(const struct hs_space_map *map, uint64_t start, uint64_t end);
/* Whether each end is outside @map or between two of its entries. */
bool hs_piece_on_borders(const struct hs_space_map *map, uint64_t start, uint64_t end);

/*
 * Takes the range of @map out of all pieces. 0; -ENOMEM; -EINVAL: @map would replace a part of an
 * entry, or it is a tbl and the range is not empty.
 */
int hs_pieces_cut(struct hs_pieces *pieces, const struct hs_space_map *map);
/* Adds @map, whose range is empty. 0 or -ENOMEM. */
int hs_pieces_add(struct hs_pieces *pieces, const struct hs_space_map *map);
/* Calls @each for every piece, in the order of addresses, until it returns another value than 0. */
int hs_pieces_for_each(const struct hs_pieces *pieces,
		       int (*each)(const struct hs_space_map *map, void *arg), void *arg);
void hs_pieces_free(struct hs_pieces *pieces);

#endif
