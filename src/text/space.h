/* SPDX-License-Identifier: MIT */
/*
 * space.h - the lines vma, map and pgmap of scenarios and layouts
 *
 * invented. A value without a meaning is stored as 0: the pfn of an entry that has none, the owner
 * of ordinary memory. In a scenario a later map line replaces an earlier one, and map and pgmap
 * lines come in any order. Layouts are stricter (layout.h).
 */
#ifndef HS_TEXT_SPACE_H
#define HS_TEXT_SPACE_H

#include <hmmsim/machine.h>
#include <hmmsim/mm.h>
#include <hmmsim/pgmap.h>

#include "text/entries.h"
#include "text/out.h"
#include "text/text.h"

#define HS_SPACE_ADDR_END ((uint64_t)1 << 47) /* of HS_GEOMETRY_X86_64 */
/* Where the pfns of pages begin that are made up: ordinary memory, device memory. */
#define HS_SPACE_FIRST_PFN ((uint64_t)0x100000)
#define HS_SPACE_DEVICE_PFN ((uint64_t)1 << 32)
/* pfns: a pgmap is registered in whole subsections of a machine with the usual configuration */
#define HS_SPACE_SUBSECTION ((uint64_t)1 << HS_SUBSECTION_ORDER)

/*
 * What a layout or scenario has at most, so that no text of a few lines takes more than a gigabyte:
 * map lines; entries in them, of 8 bytes; device-private ones, each with a struct page; pgmaps,
 * with those of owners that only map lines name, each with a per-CPU counter of the machine.
 */
#define HS_SPACE_MAPS_MAX ((size_t)1 << 23)
#define HS_SPACE_ENTRIES_MAX ((uint64_t)1 << 26)
#define HS_SPACE_PRIVATE_MAX ((uint64_t)1 << 24)
#define HS_SPACE_PGMAPS_MAX ((size_t)2048)

/* What kind of memory a page is, as far as a layout says it. */
enum hs_page_of {
	HS_OF_UNSAID,
	HS_OF_ANON,
	HS_OF_FILE,
	HS_OF_SHMEM,
	HS_OF_COUNT
};

extern const char *const hs_of_names[HS_OF_COUNT];
extern const char *const hs_pgmap_type_names[HS_PGMAP_TYPE_COUNT];

/* @count entries from @addr on. If the kind has a pfn, it goes up from entry to entry. */
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
	uint64_t owner; /* 0: none */
	bool dead;
	unsigned long line;
};

/* The level of the entries in a hugetlb VMA; 0: not a hugetlb VMA. */
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

/*
 * Words: an address that is a multiple of @step and that errors call @name; an END in [low, high],
 * both inclusive.
 */
int hs_space_address(struct hs_text *text, const struct hs_word *word, const char *name,
		     uint64_t step, uint64_t *value);
int hs_space_end(struct hs_text *text, const struct hs_word *word, uint64_t low, uint64_t high,
		 uint64_t *value);

/* FLAGS of a vma line: - or letters. */
int hs_space_vma_flags(struct hs_text *text, const struct hs_word *word, uint32_t *flags);

/* Lines, each checked alone. The VMA begins at @low or above; pfns are below @pfn_end. */
int hs_space_vma(struct hs_text *text, const struct hs_line *line, uint64_t low, uint64_t *start,
		 uint64_t *end, uint32_t *flags);
int hs_space_map(struct hs_text *text, const struct hs_line *line, uint64_t pfn_end,
		 struct hs_space_map *map);
int hs_space_pgmap(struct hs_text *text, const struct hs_line *line, uint64_t pfn_end,
		   struct hs_space_pgmap *pgmap);

/*
 * check_level: a hugetlb VMA holds entries of its own size only. needs_hugetlb: the error for an
 * entry that is allowed in hugetlb VMAs only.
 */
int hs_space_check_level(struct hs_text *text, const struct hs_space_map *map, uint32_t vma_flags);
int hs_space_needs_hugetlb(struct hs_text *text, const struct hs_space_map *map);

/* A space, then - or letters. */
void hs_space_print_flags(uint32_t flags, struct hs_out *out);
/* Each prints one line and leaves out defaults. @name may be NULL. */
void hs_space_print_vma(uint64_t start, uint64_t end, uint32_t flags, const char *name,
			struct hs_out *out);
void hs_space_print_map(const struct hs_space_map *map, struct hs_out *out);
void hs_space_print_pgmap(const struct hs_space_pgmap *pgmap, struct hs_out *out);

#endif
