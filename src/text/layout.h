/* SPDX-License-Identifier: MIT */
/*
 * layout.h - an address space as text: VMAs, what is mapped in them, device memory
 *
 * invented. Below a first line `hmmsim 1`, any number of
 *
 *	layout NAME
 *	pgmap START_PFN END_PFN [dead] [type=fsdax|private|coherent|generic|p2pdma] [owner=K]
 *	vma START END FLAGS [name=TEXT]
 *	map ADDR 4k|2m|1g KIND PFN [count=N] [owner=K] [of=anon|file|shmem]
 *
 * The lines mean what they mean in a walk scenario (README.md). Lines of one keyword ascend and do
 * not overlap, so that nothing is replaced; a map line lies inside one VMA, which may come later.
 * Where there is any pgmap line, device memory must be in one: devro and devrw in one that is not
 * private, dpr and dpw in a private one of the same owner, and ro and rw in none that is private.
 * TEXT is one word: a blank in a name is written as \040, a backslash as \134, as in /proc/mounts. It
 * is kept, compared and printed as it is written.
 *
 * A layout is canonical: a line that continues the map line before is part of it, whoever made the
 * layout. Nothing is kept per page.
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

struct hs_layout {
	char *name;
	struct hs_layout_vma *vmas;
	struct hs_space_map *maps;
	struct hs_space_pgmap *pgmaps;
	size_t vma_count, map_count, pgmap_count;
	unsigned long line; /* of the keyword layout; like all lines 0 if there was no text */
};

/* The next layout of the text: 1, 0 at the end, -EINVAL or -ENOMEM with text->error. */
int hs_layout_parse(struct hs_text *text, struct hs_layout *out);
/* The part of parsing that needs all lines: 0 or -EINVAL with text->error. */
int hs_layout_check(struct hs_text *text, const struct hs_layout *layout);
/* Canonical, without the first line of the file: parse(print(l)) equals l but for line numbers. */
void hs_layout_print(const struct hs_layout *layout, struct hs_out *out);
void hs_layout_free(struct hs_hostmem *mem, struct hs_layout *layout);

/* ---- building ---------------------------------------------------------------------------- */

/*
 * All append and keep the order: the caller's business. 0 or -ENOMEM, with what was there before
 * unchanged. Texts are copied; @name may be NULL and must be one word.
 */
int hs_layout_begin(struct hs_hostmem *mem, struct hs_layout *layout, const char *name);
int hs_layout_add_vma(struct hs_hostmem *mem, struct hs_layout *layout, uint64_t start,
		      uint64_t end, uint32_t flags, const char *name);
/* Goes on with the last map if it can; not across the end of a VMA. */
int hs_layout_add_map(struct hs_hostmem *mem, struct hs_layout *layout,
		      const struct hs_space_map *map);
/* The last map goes on with @map; false: it cannot. */
bool hs_layout_extend(struct hs_layout *layout, const struct hs_space_map *map);
/* Maps whose pfns were changed in place: those that continue each other by now become one. */
void hs_layout_merge(struct hs_layout *layout);
int hs_layout_add_pgmap(struct hs_hostmem *mem, struct hs_layout *layout,
			const struct hs_space_pgmap *pgmap);

/* Index of the first VMA, map or pgmap that ends above the address or pfn; the count: none does. */
size_t hs_layout_find_vma(const struct hs_layout *layout, uint64_t addr);
size_t hs_layout_find_map(const struct hs_layout *layout, uint64_t addr);
size_t hs_layout_find_pgmap(const struct hs_layout *layout, uint64_t pfn);
/* The layout has device memory but no pgmap line, so that no walker can look the memory up. */
bool hs_layout_lacks_pgmap(const struct hs_layout *layout);

#endif
