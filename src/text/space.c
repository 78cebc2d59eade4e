/* SPDX-License-Identifier: MIT */
/*
 * space.c - parses, checks and prints the lines vma, map and pgmap
 */
#include "text/space.h"

#include <inttypes.h>
#include <stdio.h>

const char *const hs_of_names[HS_OF_COUNT] = {
	[HS_OF_ANON] = "anon",
	[HS_OF_FILE] = "file",
	[HS_OF_SHMEM] = "shmem",
};

const char *const hs_pgmap_type_names[HS_PGMAP_TYPE_COUNT] = {
	[HS_PGMAP_FS_DAX] = "fsdax",	  [HS_PGMAP_PRIVATE] = "private",
	[HS_PGMAP_COHERENT] = "coherent", [HS_PGMAP_GENERIC] = "generic",
	[HS_PGMAP_P2PDMA] = "p2pdma",
};

/* Indices of the keys in text.c. */
enum {
	MAP_COUNT,
	MAP_OWNER,
	MAP_OF
};
enum {
	PGMAP_TYPE,
	PGMAP_OWNER
};

/* ---- words ------------------------------------------------------------------------------- */

int hs_space_address(struct hs_text *text, const struct hs_word *word, const char *name,
		     uint64_t step, uint64_t *value)
{
	char what[96];

	snprintf(what, sizeof(what), "%s, a multiple of 0x%" PRIx64 " below 0x%" PRIx64, name, step,
		 HS_SPACE_ADDR_END);
	return hs_text_number(text, word, 0, HS_SPACE_ADDR_END - 1, step, what, value);
}

int hs_space_end(struct hs_text *text, const struct hs_word *word, uint64_t low, uint64_t high,
		 uint64_t *value)
{
	char what[96];

	snprintf(what, sizeof(what), "END, a multiple of 0x1000 from 0x%" PRIx64 " to 0x%" PRIx64,
		 low, high);
	return hs_text_number(text, word, low, high, HS_PAGE_BYTES, what, value);
}

static int space_take_pfn(struct hs_text *text, const struct hs_word *word, const char *name,
			  uint64_t step, uint64_t low, uint64_t high, uint64_t *value)
{
	char what[96];

	if (step > 1)
		snprintf(what, sizeof(what), "%s, a multiple of 0x%" PRIx64 " below 0x%" PRIx64,
			 name, step, high + 1);
	else
		snprintf(what, sizeof(what), "%s, a number from 0x%" PRIx64 " to 0x%" PRIx64, name,
			 low, high);
	return hs_text_number(text, word, low, high, step, what, value);
}

/* ---- vma --------------------------------------------------------------------------------- */

static const struct {
	char letter;
	uint32_t flags;
} space_vma_letters[] = {
	{ 'r', HS_VM_READ },	 { 'w', HS_VM_WRITE },	 { 'x', HS_VM_EXEC },
	{ 's', HS_VM_SHARED },	 { 'p', HS_VM_PFNMAP },	 { 'i', HS_VM_IO },
	{ 'm', HS_VM_MIXEDMAP }, { 'h', HS_VM_HUGETLB }, { 'H', HS_VM_HUGETLB | HS_VM_HUGETLB_1G },
};
#define VMA_LETTERS (sizeof(space_vma_letters) / sizeof(space_vma_letters[0]))

static uint32_t space_vma_flag(char letter)
{
	for (unsigned int i = 0; i < VMA_LETTERS; i++)
		if (space_vma_letters[i].letter == letter)
			return space_vma_letters[i].flags;
	return 0;
}

int hs_space_vma_flags(struct hs_text *text, const struct hs_word *w, uint32_t *flags)
{
	*flags = 0;
	if (hs_word_is(w, "-"))
		return 0;
	for (size_t c = 0; c < w->length; c++) {
		uint32_t flag = space_vma_flag(w->at[c]);

		if (!flag || *flags & flag)
			return hs_text_expected(
				text, w, "- or letters of rwxspimhH, each once, not both h and H");
		*flags |= flag;
	}
	return 0;
}

int hs_space_vma(struct hs_text *text, const struct hs_line *line, uint64_t low, uint64_t *start,
		 uint64_t *end, uint32_t *flags)
{
	uint64_t huge;
	int ret = hs_space_address(text, &line->word[0], "START", HS_PAGE_BYTES, start);

	if (!ret && *start < low)
		return hs_text_expected(text, &line->word[0],
					"START at or above the END of the vma before");
	if (!ret)
		ret = hs_space_end(text, &line->word[1], *start + HS_PAGE_BYTES, HS_SPACE_ADDR_END,
				   end);
	if (!ret)
		ret = hs_space_vma_flags(text, &line->word[2], flags);
	if (ret)
		return ret;
	huge = hs_map_bytes(hs_space_huge_level(*flags));
	if ((*start | *end) & (huge - 1))
		return hs_text_expected(text, &line->word[2],
					"START and END to be multiples of the huge page size");
	return 0;
}

/* ---- map --------------------------------------------------------------------------------- */

static int space_take_kind(struct hs_text *text, const struct hs_line *line,
			   struct hs_space_map *map)
{
	const struct hs_word *size = &line->word[1], *kind = &line->word[2];
	char what[256];
	unsigned int index = 0;
	int ret = hs_text_name(text, size, hs_map_size_names, HS_MAP_LEVEL_COUNT, "4k, 2m or 1g",
			       &index);

	if (ret)
		return ret;
	map->level = index;
	hs_map_describe(map->level, what, sizeof(what));
	ret = hs_text_name(text, kind, hs_map_kind_names, HS_MAP_KIND_COUNT, what, &index);
	map->kind = (enum hs_map_kind)index;
	if (!ret && !hs_map_allowed(map->kind, map->level))
		ret = hs_text_expected(text, kind, what);
	return ret;
}

/* Addresses and pfns of all entries must be in range. */
static int space_take_count(struct hs_text *text, const struct hs_word *w, uint64_t pfn_end,
			    struct hs_space_map *map)
{
	uint64_t pages = hs_map_pages(map->level);
	uint64_t most = (HS_SPACE_ADDR_END - map->addr) / hs_map_bytes(map->level);
	char what[64];

	map->count = 1;
	if (!w->at)
		return 0;
	if (hs_map_has_pfn(map->kind) && most > (pfn_end - map->pfn) / pages)
		most = (pfn_end - map->pfn) / pages;
	snprintf(what, sizeof(what), "count=N from 1 to %" PRIu64, most);
	return hs_text_number(text, w, 1, most, 1, what, &map->count);
}

/* owner= and of= are checked for all kinds, but stored only for those that have an owner or pfn. */
static int space_take_attributes(struct hs_text *text, const struct hs_line *line,
				 struct hs_space_map *map)
{
	const struct hs_word *owner = &line->value[MAP_OWNER], *of = &line->value[MAP_OF];
	uint64_t number = 0;
	unsigned int index = HS_OF_UNSAID;
	int ret = 0;

	if (owner->at)
		ret = hs_text_number(text, owner, 0, UINT64_MAX, 1, "owner=K, a number", &number);
	if (!ret && of->at)
		ret = hs_text_name(text, of, hs_of_names, HS_OF_COUNT,
				   "of=anon, of=file or of=shmem", &index);
	map->owner = hs_map_is_private(map->kind) ? number : 0;
	map->of = hs_map_has_pfn(map->kind) ? (enum hs_page_of)index : HS_OF_UNSAID;
	return ret;
}

int hs_space_map(struct hs_text *text, const struct hs_line *line, uint64_t pfn_end,
		 struct hs_space_map *map)
{
	uint64_t pages, pfn = 0;
	int ret;

	*map = (struct hs_space_map){ .line = text->number };
	ret = space_take_kind(text, line, map);
	if (ret)
		return ret;
	pages = hs_map_pages(map->level);
	ret = hs_space_address(text, &line->word[0], "ADDR", hs_map_bytes(map->level), &map->addr);
	if (!ret)
		ret = space_take_pfn(text, &line->word[3], "PFN",
				     hs_map_has_pfn(map->kind) ? pages : 1, 0, pfn_end - 1, &pfn);
	map->pfn = hs_map_has_pfn(map->kind) ? pfn : 0;
	if (!ret)
		ret = space_take_count(text, &line->value[MAP_COUNT], pfn_end, map);
	return ret ? ret : space_take_attributes(text, line, map);
}

/* ---- pgmap ------------------------------------------------------------------------------- */

int hs_space_pgmap(struct hs_text *text, const struct hs_line *line, uint64_t pfn_end,
		   struct hs_space_pgmap *pgmap)
{
	const struct hs_word *type = &line->value[PGMAP_TYPE], *owner = &line->value[PGMAP_OWNER];
	unsigned int index = HS_PGMAP_FS_DAX;
	int ret;

	*pgmap = (struct hs_space_pgmap){ .line = text->number };
	ret = space_take_pfn(text, &line->word[0], "START_PFN", 1, 0, pfn_end - 1, &pgmap->start);
	if (!ret)
		ret = space_take_pfn(text, &line->word[1], "END_PFN", 1, pgmap->start + 1, pfn_end,
				     &pgmap->end);
	if (ret)
		return ret;
	pgmap->dead = line->words == 3;
	if (pgmap->dead && !hs_word_is(&line->word[2], "dead"))
		return hs_text_expected(text, &line->word[2], "dead, or no third word");
	if (type->at)
		ret = hs_text_name(text, type, hs_pgmap_type_names, HS_PGMAP_TYPE_COUNT,
				   "type=fsdax, private, coherent, generic or p2pdma", &index);
	pgmap->type = (enum hs_pgmap_type)index;
	if (!ret && owner->at)
		ret = hs_text_number(text, owner, 0, UINT64_MAX, 1, "owner=K, a number",
				     &pgmap->owner);
	return ret;
}

/* ---- together with a vma ----------------------------------------------------------------- */

static int space_misplaced(struct hs_text *text, const struct hs_space_map *map,
			   const char *expected)
{
	return hs_text_error(text, map->line, "map", "expected %s, found %s %s", expected,
			     hs_map_size_names[map->level], hs_map_kind_names[map->kind]);
}

/* Larger entries than the VMA's are allowed if they map no page: none, tbl, 1g migw and hwp. */
static bool space_map_fits(const struct hs_space_map *map, uint32_t level)
{
	if (!level || map->level == level)
		return true;
	return map->level > level && (map->kind == HS_MAP_NONE || map->kind == HS_MAP_TBL ||
				      hs_map_hugetlb_only(map->kind, map->level));
}

int hs_space_check_level(struct hs_text *text, const struct hs_space_map *map, uint32_t vma_flags)
{
	uint32_t level = hs_space_huge_level(vma_flags);

	if (space_map_fits(map, level))
		return 0;
	return space_misplaced(text, map,
			       level == 1 ? "2m entries only in a vma with flag h"
					  : "1g entries only in a vma with flag H");
}

int hs_space_needs_hugetlb(struct hs_text *text, const struct hs_space_map *map)
{
	return space_misplaced(text, map, "a vma with flag h or H for this entry");
}

/* ---- printing ---------------------------------------------------------------------------- */

void hs_space_print_flags(uint32_t flags, struct hs_out *out)
{
	static const char letters[] = "rwxspim"; /* in the order of the bits */

	hs_out_char(out, ' ');
	for (unsigned int i = 0; letters[i]; i++)
		if (flags >> i & 1)
			hs_out_char(out, letters[i]);
	if (flags & HS_VM_HUGETLB)
		hs_out_char(out, flags & HS_VM_HUGETLB_1G ? 'H' : 'h');
	if (!flags)
		hs_out_char(out, '-');
}

void hs_space_print_vma(uint64_t start, uint64_t end, uint32_t flags, const char *name,
			struct hs_out *out)
{
	hs_out_text(out, "vma");
	hs_out_space_number(out, start);
	hs_out_space_number(out, end);
	hs_space_print_flags(flags, out);
	if (name) {
		hs_out_text(out, " name=");
		hs_out_text(out, name);
	}
	hs_out_char(out, '\n');
}

void hs_space_print_map(const struct hs_space_map *map, struct hs_out *out)
{
	hs_out_text(out, "map");
	hs_out_space_number(out, map->addr);
	hs_out_char(out, ' ');
	hs_out_text(out, hs_map_size_names[map->level]);
	hs_out_char(out, ' ');
	hs_out_text(out, hs_map_kind_names[map->kind]);
	hs_out_space_number(out, map->pfn);
	if (map->count != 1) {
		hs_out_text(out, " count=");
		hs_out_decimal(out, map->count);
	}
	if (map->owner) {
		hs_out_text(out, " owner=");
		hs_out_decimal(out, map->owner);
	}
	if (map->of != HS_OF_UNSAID) {
		hs_out_text(out, " of=");
		hs_out_text(out, hs_of_names[map->of]);
	}
	hs_out_char(out, '\n');
}

void hs_space_print_pgmap(const struct hs_space_pgmap *pgmap, struct hs_out *out)
{
	hs_out_text(out, "pgmap");
	hs_out_space_number(out, pgmap->start);
	hs_out_space_number(out, pgmap->end);
	if (pgmap->dead)
		hs_out_text(out, " dead");
	if (pgmap->type != HS_PGMAP_FS_DAX) {
		hs_out_text(out, " type=");
		hs_out_text(out, hs_pgmap_type_names[pgmap->type]);
	}
	if (pgmap->owner) {
		hs_out_text(out, " owner=");
		hs_out_decimal(out, pgmap->owner);
	}
	hs_out_char(out, '\n');
}
