/* SPDX-License-Identifier: MIT */
/*
 * pages.c - the calls of a span, and the pages and tables in them by class of cost
 */
#include "compare/compare.h"

#include <errno.h>

#define TABLE_BYTES hs_map_bytes(1) /* what the entries of a PTE table span */

const char *const hs_scope_names[HS_SCOPE_COUNT] = {
	[HS_SCOPE_WHOLE] = "whole",
	[HS_SCOPE_VMAS] = "vmas",
	[HS_SCOPE_PAGE] = "page",
};

const char *const hs_request_names[HS_REQUEST_COUNT] = {
	[HS_REQUEST_NONE] = "none",
	[HS_REQUEST_READ] = "read",
	[HS_REQUEST_WRITE] = "write",
};

/* ---- calls ------------------------------------------------------------------------------- */

static int pages_add_call(struct hs_hostmem *mem, struct hs_compare_span *span, uint64_t start,
			  uint64_t end)
{
	uint64_t pages = (end - start) / HS_PAGE_BYTES;
	struct hs_compare_call *calls;

	calls = hs_hostmem_grow(mem, span->calls, span->count, sizeof(*calls));
	if (!calls)
		return -ENOMEM;
	span->calls = calls;
	calls[span->count++] = (struct hs_compare_call){ start, end };
	span->pages += pages;
	if (pages > span->most_pages)
		span->most_pages = pages;
	return 0;
}

static bool pages_readable(uint32_t flags)
{
	return flags & HS_VM_READ && !(flags & (HS_VM_IO | HS_VM_PFNMAP));
}

static int pages_add_vmas(struct hs_hostmem *mem, const struct hs_layout *layout,
			  struct hs_compare_span *span)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < layout->vma_count; i++) {
		const struct hs_layout_vma *vma = &layout->vmas[i];
		uint64_t start = vma->start, most = HS_COMPARE_CALL_PAGES * HS_PAGE_BYTES;

		if (!pages_readable(vma->flags))
			continue;
		for (; !ret && vma->end - start > most; start += most)
			ret = pages_add_call(mem, span, start, start + most);
		if (!ret)
			ret = pages_add_call(mem, span, start, vma->end);
	}
	return ret;
}

size_t hs_compare_find_excess(const struct hs_layout *layout, uint64_t most)
{
	uint64_t pages = 0;
	size_t i;

	for (i = 0; i < layout->vma_count; i++) {
		const struct hs_layout_vma *vma = &layout->vmas[i];

		if (pages_readable(vma->flags))
			pages += (vma->end - vma->start) / HS_PAGE_BYTES;
		if (pages > most)
			break;
	}
	return i;
}

/* The first page that has a pfn and is readable. */
static int pages_add_page(struct hs_hostmem *mem, const struct hs_layout *layout,
			  struct hs_compare_span *span)
{
	for (size_t i = 0; i < layout->map_count; i++) {
		uint64_t addr = layout->maps[i].addr;
		size_t vma = hs_layout_find_vma(layout, addr);

		if (hs_map_has_pfn(layout->maps[i].kind) && pages_readable(layout->vmas[vma].flags))
			return pages_add_call(mem, span, addr, addr + HS_PAGE_BYTES);
	}
	return 0;
}

static int pages_add_whole(struct hs_hostmem *mem, const struct hs_layout *layout,
			   struct hs_compare_span *span)
{
	uint64_t start, end;

	if (!layout->vma_count)
		return 0;
	start = layout->vmas[0].start;
	end = layout->vmas[layout->vma_count - 1].end;
	if ((end - start) / HS_PAGE_BYTES > HS_COMPARE_CALL_PAGES)
		return -ERANGE;
	return pages_add_call(mem, span, start, end);
}

int hs_compare_make_span(struct hs_hostmem *mem, const struct hs_layout *layout,
			 enum hs_compare_scope scope, struct hs_compare_span *out)
{
	int ret;

	*out = (struct hs_compare_span){ .calls = NULL };
	if (scope == HS_SCOPE_WHOLE)
		ret = pages_add_whole(mem, layout, out);
	else if (scope == HS_SCOPE_VMAS)
		ret = pages_add_vmas(mem, layout, out);
	else
		ret = pages_add_page(mem, layout, out);
	if (!ret && !out->count)
		ret = -ENOENT;
	if (ret)
		hs_compare_span_free(mem, out);
	return ret;
}

void hs_compare_span_free(struct hs_hostmem *mem, struct hs_compare_span *span)
{
	hs_hostmem_free(mem, span->calls);
	*span = (struct hs_compare_span){ .calls = NULL };
}

/* ---- classes ----------------------------------------------------------------------------- */

/* The part of a VMA that a call covers. */
struct part {
	const struct hs_layout *layout;
	uint64_t start, end, owner;
	bool hugetlb;
	struct hs_cost_counts *out;
	uint64_t tables,
		table_pages; /* PTE tables entered, and the pages of the part that they cover */
	uint64_t ptes, leaf_pages; /* pages with a PTE; pages in leaves */
};

static uint64_t pages_overlap(uint64_t start, uint64_t end, uint64_t low, uint64_t high)
{
	start = start > low ? start : low;
	end = end < high ? end : high;
	return start < end ? (end - start) / HS_PAGE_BYTES : 0;
}

static enum hs_cost_class pages_pte_class(const struct hs_space_map *map, uint64_t owner)
{
	switch (map->kind) {
	case HS_MAP_DEVRO:
	case HS_MAP_DEVRW:
		return HS_COST_DEVMAP_PAGE;
	case HS_MAP_DPR:
	case HS_MAP_DPW:
		return map->owner == owner ? HS_COST_PRIVATE_OWN : HS_COST_PRIVATE_FOREIGN;
	case HS_MAP_RO:
	case HS_MAP_RW:
	case HS_MAP_PN:
	case HS_MAP_ZERO:
	case HS_MAP_SPECIAL:
	case HS_MAP_SPECIALRW:
		return HS_COST_PAGE;
	default:
		return HS_COST_PRIVATE_FOREIGN;
	}
}

/* An ordinary leaf of 1 GiB is a hole: the walk splits it, which leaves nothing there. */
static enum hs_cost_class pages_leaf_class(const struct part *p, const struct hs_space_map *map)
{
	switch (map->kind) {
	case HS_MAP_DEVRO:
	case HS_MAP_DEVRW:
		return HS_COST_DEVMAP_LEAF_PAGE;
	case HS_MAP_RO:
	case HS_MAP_RW:
	case HS_MAP_PN:
		return map->level == 2 && !p->hugetlb ? HS_COST_HOLE : HS_COST_LEAF_PAGE;
	default:
		return HS_COST_HOLE;
	}
}

static void pages_count_entries(struct part *p, const struct hs_space_map *map)
{
	uint64_t pages = pages_overlap(map->addr, hs_space_map_end(map), p->start, p->end);

	if (map->kind == HS_MAP_NONE || map->kind == HS_MAP_TBL)
		return;
	if (map->level) {
		p->out->of[pages_leaf_class(p, map)] += pages;
		p->leaf_pages += pages;
	} else {
		p->out->of[pages_pte_class(map, p->owner)] += pages;
		p->ptes += pages;
	}
}

/* The tables of the map from @*next on; parts of the map in other VMAs have tables as well. */
static void pages_count_tables(struct part *p, const struct hs_space_map *map, uint64_t *next)
{
	uint64_t first = map->addr & ~(TABLE_BYTES - 1);
	uint64_t last = (hs_space_map_end(map) + TABLE_BYTES - 1) & ~(TABLE_BYTES - 1);
	uint64_t low = p->start & ~(TABLE_BYTES - 1);
	uint64_t high = (p->end + TABLE_BYTES - 1) & ~(TABLE_BYTES - 1);

	first = first > *next ? first : *next;
	first = first > low ? first : low;
	last = last < high ? last : high;
	if (map->level || first >= last)
		return;
	p->tables += (last - first) / TABLE_BYTES;
	p->table_pages += pages_overlap(first, last, p->start, p->end);
	*next = last;
}

/* Lines of one size ascend; those of others may lie between. */
static void pages_count_part(struct part *p)
{
	const struct hs_layout *layout = p->layout;
	uint64_t low = p->start & ~(TABLE_BYTES - 1), next = 0;
	uint64_t high = (p->end + TABLE_BYTES - 1) & ~(TABLE_BYTES - 1);

	for (size_t i = hs_layout_find_map(layout, low); i < layout->map_count; i++) {
		if (layout->maps[i].addr >= high)
			break;
		pages_count_entries(p, &layout->maps[i]);
		pages_count_tables(p, &layout->maps[i], &next);
	}
	p->out->of[HS_COST_EMPTY_PTE] += p->table_pages - p->ptes;
	p->out->of[HS_COST_HOLE] +=
		pages_overlap(p->start, p->end, p->start, p->end) - p->table_pages - p->leaf_pages;
}

static void pages_count_call(const struct hs_layout *layout, const struct hs_compare_call *call,
			     uint64_t owner, struct hs_cost_counts *out)
{
	uint64_t addr = call->start, tables = 0;

	for (size_t i = hs_layout_find_vma(layout, addr); addr < call->end; i++) {
		const struct hs_layout_vma *vma = &layout->vmas[i];
		bool none = i == layout->vma_count || vma->start >= call->end;
		struct part p = { .layout = layout, .owner = owner, .out = out };

		if (none || vma->start > addr) {
			uint64_t end = none ? call->end : vma->start;

			out->of[HS_COST_HOLE] += (end - addr) / HS_PAGE_BYTES;
			addr = end;
		}
		if (none)
			break;
		p.start = addr;
		p.end = vma->end < call->end ? vma->end : call->end;
		p.hugetlb = hs_space_huge_level(vma->flags);
		addr = p.end;
		if (pages_readable(vma->flags))
			pages_count_part(&p);
		else
			out->of[HS_COST_UNREADABLE] +=
				pages_overlap(p.start, p.end, p.start, p.end);
		tables += p.tables;
	}
	out->of[HS_COST_TABLE] += tables ? tables - 1 : 0;
}

void hs_compare_pages(const struct hs_layout *layout, const struct hs_compare_span *span,
		      uint64_t owner, struct hs_cost_counts *out)
{
	*out = (struct hs_cost_counts){ { 0 } };
	for (size_t i = 0; i < span->count; i++)
		pages_count_call(layout, &span->calls[i], owner, out);
}
