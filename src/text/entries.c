/* SPDX-License-Identifier: MIT */
/*
 * entries.c - the table of entry kinds: where each is allowed, and the entry it makes
 */
#include "text/entries.h"

#include <stdio.h>

#define ON_4K 1u
#define ON_2M 2u
#define ON_1G 4u
#define ON_1G_HUGETLB 8u
#define ON_ALL (ON_4K | ON_2M | ON_1G)

#define VALID HS_ENTRY_VALID
#define WRITE HS_ENTRY_WRITE
#define ERROR HS_ENTRY_ERROR
#define DEVMAP HS_ENTRY_DEVMAP
#define DEVPRIV HS_ENTRY_DEVPRIV

struct kind {
	enum hs_entry_type type;
	uint64_t flags;
	uint32_t levels;
};

static const struct kind map_kinds[HS_MAP_KIND_COUNT] = {
	[HS_MAP_NONE] = { HS_TYPE_NORMAL, 0, ON_ALL },
	[HS_MAP_TBL] = { HS_TYPE_NORMAL, 0, ON_ALL },
	[HS_MAP_RO] = { HS_TYPE_NORMAL, VALID, ON_ALL },
	[HS_MAP_RW] = { HS_TYPE_NORMAL, VALID | WRITE, ON_ALL },
	[HS_MAP_PN] = { HS_TYPE_PROTNONE, 0, ON_4K | ON_2M },
	[HS_MAP_SPECIAL] = { HS_TYPE_NORMAL, ERROR, ON_4K },
	[HS_MAP_SPECIALRW] = { HS_TYPE_NORMAL, ERROR | WRITE, ON_4K },
	[HS_MAP_ZERO] = { HS_TYPE_ZERO, VALID, ON_4K },
	[HS_MAP_DEVRO] = { HS_TYPE_NORMAL, VALID | DEVMAP, ON_ALL },
	[HS_MAP_DEVRW] = { HS_TYPE_NORMAL, VALID | WRITE | DEVMAP, ON_ALL },
	[HS_MAP_SWAP] = { HS_TYPE_SWAP, 0, ON_4K },
	[HS_MAP_MIGR] = { HS_TYPE_MIGRATION, 0, ON_4K | ON_2M },
	[HS_MAP_MIGW] = { HS_TYPE_MIGRATION, WRITE, ON_4K | ON_2M | ON_1G_HUGETLB },
	[HS_MAP_DPR] = { HS_TYPE_NORMAL, DEVPRIV, ON_4K },
	[HS_MAP_DPW] = { HS_TYPE_NORMAL, DEVPRIV | WRITE, ON_4K },
	[HS_MAP_DXR] = { HS_TYPE_EXCLUSIVE, 0, ON_4K },
	[HS_MAP_DXW] = { HS_TYPE_EXCLUSIVE, WRITE, ON_4K },
	[HS_MAP_HWP] = { HS_TYPE_HWPOISON, 0, ON_4K | ON_2M | ON_1G_HUGETLB },
	[HS_MAP_MARKER] = { HS_TYPE_MARKER, 0, ON_4K },
	[HS_MAP_POISON] = { HS_TYPE_POISON, 0, ON_4K },
	[HS_MAP_BAD] = { HS_TYPE_BAD, 0, ON_2M },
};

const char *const hs_map_kind_names[HS_MAP_KIND_COUNT] = {
	[HS_MAP_NONE] = "none",
	[HS_MAP_TBL] = "tbl",
	[HS_MAP_RO] = "ro",
	[HS_MAP_RW] = "rw",
	[HS_MAP_PN] = "pn",
	[HS_MAP_SPECIAL] = "special",
	[HS_MAP_SPECIALRW] = "specialrw",
	[HS_MAP_ZERO] = "zero",
	[HS_MAP_DEVRO] = "devro",
	[HS_MAP_DEVRW] = "devrw",
	[HS_MAP_SWAP] = "swap",
	[HS_MAP_MIGR] = "migr",
	[HS_MAP_MIGW] = "migw",
	[HS_MAP_DPR] = "dpr",
	[HS_MAP_DPW] = "dpw",
	[HS_MAP_DXR] = "dxr",
	[HS_MAP_DXW] = "dxw",
	[HS_MAP_HWP] = "hwp",
	[HS_MAP_MARKER] = "marker",
	[HS_MAP_POISON] = "poison",
	[HS_MAP_BAD] = "bad",
};

const char *const hs_map_size_names[HS_MAP_LEVEL_COUNT] = { "4k", "2m", "1g" };

bool hs_map_allowed(enum hs_map_kind kind, uint32_t level)
{
	return map_kinds[kind].levels >> level & 1 || hs_map_hugetlb_only(kind, level);
}

bool hs_map_hugetlb_only(enum hs_map_kind kind, uint32_t level)
{
	return level == 2 && map_kinds[kind].levels & ON_1G_HUGETLB;
}

void hs_map_describe(uint32_t level, char *text, unsigned int size)
{
	unsigned int used = 0, last = HS_MAP_KIND_COUNT;

	while (!hs_map_allowed((enum hs_map_kind)-- last, level))
		;
	for (unsigned int k = 0; k <= last && used < size; k++)
		if (hs_map_allowed((enum hs_map_kind)k, level))
			used += (unsigned int)snprintf(text + used, size - used, "%s%s",
						       !k	   ? ""
						       : k == last ? " or "
								   : ", ",
						       hs_map_kind_names[k]);
}

uint64_t hs_map_entry(enum hs_map_kind kind, uint32_t level, uint64_t pfn)
{
	const struct kind *k = &map_kinds[kind];
	uint64_t order = (uint64_t)hs_map_order(level) << HS_ENTRY_ORDER_SHIFT;

	if (kind == HS_MAP_NONE || kind == HS_MAP_TBL)
		return 0;
	return hs_entry_typed(k->type, kind == HS_MAP_ZERO ? HS_ZERO_PFN : pfn, k->flags | order);
}
