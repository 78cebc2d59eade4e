/* SPDX-License-Identifier: MIT */
/*
 * layout.h - an address space: VMAs, what is mapped in them, device memory; and what moves in it
 *
 * invented. README.md has the text format. VMAs, maps and pgmaps each ascend and do not overlap; a
 * map lies inside one VMA. Names of VMAs are one word, with escapes as in /proc/mounts, and are
 * kept, compared and printed as they are written.
 *
 * A layout is canonical: no map continues the map before it, because the two would be one map. This
 * holds for layouts from text and for those that hs_layout_add_map() builds. Memory is used per
 * map, not per page.
 *
 * The layout of a walk scenario (walk_text.h) has .overlaps: only its VMAs ascend, a later map
 * replaces what an earlier one says, and the pgmap of a device-private page is not in the text but
 * follows from the owner in its map line.
 */
#ifndef HS_TEXT_LAYOUT_H
#define HS_TEXT_LAYOUT_H

#include "text/space.h"

struct hs_layout_vma {
	uint64_t start, end;
	uint32_t flags;
	char *name; /* NULL: none */
	unsigned long line;
};

enum hs_layout_move_kind {
	HS_MOVE_TO_DEVICE, /* the system memory of a range, and holes there, to .pgmap */
	HS_MOVE_TO_SYSTEM, /* the device memory of a range, of each owner */
	HS_MOVE_EVICT,	   /* all pages of .pgmap, to system memory */
};

/* What moves (run/moves.h). The lines of a layout say it in their order. */
struct hs_layout_move {
	enum hs_layout_move_kind kind;
	uint64_t start, end; /* not of an eviction */
	uint64_t pgmap;	     /* its first pfn; private or coherent, and alive */
	unsigned long line;
};

#define HS_LAYOUT_MOVES_MAX 64u
#define HS_LAYOUT_MOVE_PAGES ((uint64_t)1 << 18) /* of a range, the most */

struct hs_layout {
	char *name;
	struct hs_layout_vma *vmas;
	struct hs_space_map *maps;
	struct hs_space_pgmap *pgmaps;
	struct hs_layout_move *moves;
	size_t vma_count, map_count, pgmap_count, move_count;
	uint64_t entries, private_entries; /* of all maps */
	bool overlaps;			   /* of a walk scenario; see above */
	/* of the keyword layout; this and all lines are 0 without a text */
	unsigned long line;
};

/* Reads the next layout. Returns 1; 0: end of the text; -EINVAL or -ENOMEM with text->error. */
int hs_layout_parse(struct hs_text *text, struct hs_layout *out);
/* The checks that need all lines. Returns 0, or -EINVAL with text->error. */
int hs_layout_check(struct hs_text *text, const struct hs_layout *layout);
/* parse(print(l)) equals l but for line numbers. The caller prints HS_TEXT_FIRST_LINE first. */
void hs_layout_print(const struct hs_layout *layout, struct hs_out *out);
void hs_layout_free(struct hs_hostmem *mem, struct hs_layout *layout);

/*
 * layout_moves.c: the lines migrate and evict. Return 0, or -EINVAL or -ENOMEM with text->error.
 * The check needs the whole layout. hs_layout_print_move() writes no end of line.
 */
int hs_layout_parse_migrate(struct hs_text *text, const struct hs_line *line,
			    struct hs_layout *layout);
int hs_layout_parse_evict(struct hs_text *text, const struct hs_line *line,
			  struct hs_layout *layout);
int hs_layout_check_moves(struct hs_text *text, const struct hs_layout *layout);
void hs_layout_print_move(const struct hs_layout_move *move, struct hs_out *out);
/* Whether a migration takes pages from such a VMA: it is private and has small anonymous pages. */
bool hs_layout_vma_migrates(const struct hs_layout_vma *vma);

/* ---- building ---------------------------------------------------------------------------- */

/*
 * begin makes an empty layout, the others append to it. The caller appends in ascending order.
 * Return 0, or -ENOMEM, or -E2BIG beyond a limit of space.h, with the layout unchanged. @name is
 * one word and is copied; that of a VMA may be NULL.
 */
int hs_layout_begin(struct hs_hostmem *mem, struct hs_layout *layout, const char *name);
int hs_layout_add_vma(struct hs_hostmem *mem, struct hs_layout *layout, uint64_t start,
		      uint64_t end, uint32_t flags, const char *name);
/* Extends the last map if @map continues it in the same VMA. */
int hs_layout_add_map(struct hs_hostmem *mem, struct hs_layout *layout,
		      const struct hs_space_map *map);
/* Appends @map as it is. */
int hs_layout_append_map(struct hs_hostmem *mem, struct hs_layout *layout,
			 const struct hs_space_map *map);
/* Extends the last map by @map if @map continues it in the same VMA; false: it does not. */
bool hs_layout_extend(struct hs_layout *layout, const struct hs_space_map *map);
/* Joins maps that continue each other, after the caller has changed them in place. */
void hs_layout_merge(struct hs_layout *layout);
int hs_layout_add_pgmap(struct hs_hostmem *mem, struct hs_layout *layout,
			const struct hs_space_pgmap *pgmap);

/* What -E2BIG says. layout.c asserts that the numbers are those of space.h. */
#define HS_LAYOUT_LIMITS                                                              \
	"expected at most 8388608 map lines with 67108864 entries, 16777216 of them " \
	"device-private, and 2048 pgmaps"
/* What they return, with the sentence of -ENOMEM and -E2BIG in text->error. */
int hs_layout_result(struct hs_text *text, unsigned long line, const char *keyword, int ret);

/* Index of the first VMA, map or pgmap that ends above the address or pfn; the count: none does. */
size_t hs_layout_find_vma(const struct hs_layout *layout, uint64_t addr);
size_t hs_layout_find_map(const struct hs_layout *layout, uint64_t addr);
size_t hs_layout_find_pgmap(const struct hs_layout *layout, uint64_t pfn);
/* The layout has device memory but no pgmap line, so that no walker can look the memory up. */
bool hs_layout_lacks_pgmap(const struct hs_layout *layout);

#endif
