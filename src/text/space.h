/* SPDX-License-Identifier: MIT */
/*
 * space.h - the lines vma, map and pgmap, which scenarios and layouts share
 *
 * invented. What a line says without meaning anything (the pfn of an entry that has none, the owner
 * of ordinary memory) is 0. In scenarios a map line replaces what was there, and lines come in any
 * order; layouts are stricter (layout.h).
 */
#ifndef HS_TEXT_SPACE_H
#define HS_TEXT_SPACE_H

#include <hmmsim/mm.h>
#include <hmmsim/pgmap.h>

#include "text/entries.h"
#include "text/out.h"
#include "text/text.h"

#define HS_SPACE_ADDR_END ((uint64_t)1 << 47) /* of the x86_64 geometry */

/* What a page holds, as far as a layout says it. */
enum hs_page_of {
	HS_OF_UNSAID,
	HS_OF_ANON,
	HS_OF_FILE,
	HS_OF_SHMEM,
	HS_OF_COUNT
};

extern const char *const hs_of_names[HS_OF_COUNT];
extern const char *const hs_pgmap_type_names[HS_PGMAP_TYPE_COUNT];

/* @count entries, the pfn going on from each to the next if the kind has one. */
struct hs_space_map {
	uint64_t addr, pfn, count, owner;
	enum hs_map_kind kind;
	uint32_t level;
	enum hs_page_of of;
	unsigned long line;
};

struct hs_space_pgmap {
	uint64_t start, end;
	enum hs_pgmap_type type;
	uint64_t owner; /* 0: NULL */
	bool dead;
	unsigned long line;
};

/* Level of a hugetlb VMA's entries; 0: it is none. */
static inline uint32_t hs_space_huge_level(uint32_t vma_flags)
{
	return vma_flags & HS_VM_HUGETLB_1G ? 2 : vma_flags & HS_VM_HUGETLB ? 1 : 0;
}

static inline uint64_t hs_space_map_end(const struct hs_space_map *map)
{
	return map->addr + map->count * hs_map_bytes(map->level);
}

static inline uint64_t hs_space_map_pages(const struct hs_space_map *map)
{
	return map->count * hs_map_pages(map->level);
}

/* Words. The end may equal @low. */
int hs_space_address(struct hs_text *text, const struct hs_word *word, const char *name,
		     uint64_t step, uint64_t *value);
int hs_space_end(struct hs_text *text, const struct hs_word *word, uint64_t low, uint64_t high,
		 uint64_t *value);

/* Lines, each by itself; a VMA begins at @low or above, pfns are below @pfn_end. */
int hs_space_vma(struct hs_text *text, const struct hs_line *line, uint64_t low, uint64_t *start,
		 uint64_t *end, uint32_t *flags);
int hs_space_map(struct hs_text *text, const struct hs_line *line, uint64_t pfn_end,
		 struct hs_space_map *map);
int hs_space_pgmap(struct hs_text *text, const struct hs_line *line, uint64_t pfn_end,
		   struct hs_space_pgmap *pgmap);

/* A hugetlb VMA has entries of its own size only; some entries exist in no other. */
int hs_space_check_level(struct hs_text *text, const struct hs_space_map *map, uint32_t vma_flags);
int hs_space_needs_hugetlb(struct hs_text *text, const struct hs_space_map *map);

/* A line each, what is the default left out. @name may be NULL. */
void hs_space_print_vma(uint64_t start, uint64_t end, uint32_t flags, const char *name,
			struct hs_out *out);
void hs_space_print_map(const struct hs_space_map *map, struct hs_out *out);
void hs_space_print_pgmap(const struct hs_space_pgmap *pgmap, struct hs_out *out);

#endif
