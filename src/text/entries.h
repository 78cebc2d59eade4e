/* SPDX-License-Identifier: MIT */
/*
 * entries.h - the kinds of page table entries that a map line can name
 */
#ifndef HS_TEXT_ENTRIES_H
#define HS_TEXT_ENTRIES_H

#include <stdbool.h>
#include <stdint.h>

#include <hmmsim/mm.h>

enum hs_map_kind {
	HS_MAP_NONE,
	HS_MAP_TBL, /* no entry, only the table that would hold it */
	HS_MAP_RO,
	HS_MAP_RW,
	HS_MAP_PN,	/* NUMA prot-none */
	HS_MAP_SPECIAL, /* pte_special() */
	HS_MAP_SPECIALRW,
	HS_MAP_ZERO,  /* the shared zero page */
	HS_MAP_DEVRO, /* dev: devmap */
	HS_MAP_DEVRW,
	HS_MAP_SWAP,
	HS_MAP_MIGR, /* mig: migration */
	HS_MAP_MIGW,
	HS_MAP_DPR, /* dp: device-private */
	HS_MAP_DPW,
	HS_MAP_DXR, /* dx: device-exclusive */
	HS_MAP_DXW,
	HS_MAP_HWP, /* hwpoison */
	HS_MAP_MARKER,
	HS_MAP_POISON,
	HS_MAP_BAD,
	HS_MAP_KIND_COUNT
};

/* The level is that of the table that holds the entry: 0 is 4k, 1 is 2m, 2 is 1g. */
#define HS_MAP_LEVEL_COUNT 3

extern const char *const hs_map_kind_names[HS_MAP_KIND_COUNT];
extern const char *const hs_map_size_names[HS_MAP_LEVEL_COUNT];

/* hugetlb_only: 1g migw and hwp, allowed in hugetlb VMAs only. The caller checks the VMA. */
bool hs_map_allowed(enum hs_map_kind kind, uint32_t level);
bool hs_map_hugetlb_only(enum hs_map_kind kind, uint32_t level);
/* Writes the names that are allowed on the level into @text: "none, tbl, ... or bad". */
void hs_map_describe(uint32_t level, char *text, unsigned int size);

/* What an entry of the level spans, on x86_64: each level has 9 bits of index. */
static inline uint32_t hs_map_order(uint32_t level)
{
	return 9 * level;
}

static inline uint64_t hs_map_pages(uint32_t level)
{
	return (uint64_t)1 << hs_map_order(level);
}

static inline uint64_t hs_map_bytes(uint32_t level)
{
	return hs_map_pages(level) * HS_PAGE_BYTES;
}

/* Whether the entry has a pfn. With count=N it goes up from entry to entry. */
static inline bool hs_map_has_pfn(enum hs_map_kind kind)
{
	return kind != HS_MAP_NONE && kind != HS_MAP_TBL && kind != HS_MAP_ZERO;
}

static inline bool hs_map_is_private(enum hs_map_kind kind)
{
	return kind == HS_MAP_DPR || kind == HS_MAP_DPW;
}

/* devmap or device-private */
static inline bool hs_map_is_device(enum hs_map_kind kind)
{
	return kind == HS_MAP_DEVRO || kind == HS_MAP_DEVRW || hs_map_is_private(kind);
}

/* The page table entry (<hmmsim/mm.h>); 0 for none and tbl. */
uint64_t hs_map_entry(enum hs_map_kind kind, uint32_t level, uint64_t pfn);

#endif
