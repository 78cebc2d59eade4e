/* SPDX-License-Identifier: MIT */
/*
 * devices.c - the pgmaps of a captured layout
 *
 * /proc does not say where a dev_pagemap begins and ends. Device pages of one kind are taken to be
 * of one pgmap as far as the process maps no other page between them. It begins and ends at a
 * subsection (512 pages), unless another page lies there.
 *
 * Device-private pages have made-up pfns: those of the kernel are made up as well, no memory is
 * there. The others have their frames, where frames are shown.
 */
#include "capture/capturing.h"

#include <errno.h>
#include <stdlib.h>

/* Between the made-up pfns of two types: more pages than are mapped. */
#define TYPE_PFNS ((uint64_t)1 << 34)

void hs_devices_begin(struct hs_capturing *c)
{
	uint64_t first = HS_SPACE_DEVICE_PFN, align = hs_map_pages(2);

	for (size_t i = 0; i < c->proc.span_count; i++) {
		const struct hs_proc_span *span = &c->proc.spans[i];
		uint64_t end = span->frame + span->count;

		if (span->bits & HS_PM_PRESENT && end > first && end < HS_PFN_END)
			first = (end + align - 1) & ~(align - 1);
	}
	for (unsigned int i = 0; i < HS_PGMAP_TYPE_COUNT; i++)
		c->next_device[i] = first + i * TYPE_PFNS;
}

int hs_devices_add(struct hs_capturing *c, enum hs_pgmap_type type, uint64_t pfn, uint64_t count)
{
	struct hs_device_run *runs = c->devices;

	if (c->device_count) {
		struct hs_device_run *last = &runs[c->device_count - 1];

		if (last->type == type && last->pfn + last->count == pfn) {
			last->count += count;
			return 0;
		}
	}
	runs = hs_hostmem_grow(c->proc.mem, runs, c->device_count, sizeof(*runs));
	if (!runs)
		return -ENOMEM;
	c->devices = runs;
	runs[c->device_count++] = (struct hs_device_run){ pfn, count, type };
	return 0;
}

static int devices_compare(const void *a, const void *b)
{
	const struct hs_device_run *x = a, *y = b;

	return x->pfn < y->pfn ? -1 : x->pfn > y->pfn;
}

/* ---- other pages ------------------------------------------------------------------------- */

/* Pages that are no device memory, in ascending order. They may overlap. */
struct others {
	struct hs_device_run *runs;
	size_t count, next; /* next: the first that was not passed by */
};

static bool devices_is_one(const struct hs_capturing *c, uint64_t pfn)
{
	size_t low = 0, high = c->device_count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (c->devices[middle].pfn + c->devices[middle].count > pfn)
			high = middle;
		else
			low = middle + 1;
	}
	return low < c->device_count && c->devices[low].pfn <= pfn;
}

static int devices_find_others(const struct hs_capturing *c, struct others *others)
{
	const struct hs_layout *layout = c->layout;

	*others = (struct others){ .count = 0 };
	others->runs = hs_hostmem_zalloc(c->proc.mem, layout->map_count + 1, sizeof(*others->runs));
	if (!others->runs)
		return -ENOMEM;
	for (size_t i = 0; i < layout->map_count; i++) {
		const struct hs_space_map *map = &layout->maps[i];

		if ((map->kind == HS_MAP_RO || map->kind == HS_MAP_RW) &&
		    !devices_is_one(c, map->pfn))
			others->runs[others->count++] =
				(struct hs_device_run){ .pfn = map->pfn,
							.count = hs_space_map_pages(map) };
	}
	qsort(others->runs, others->count, sizeof(*others->runs), devices_compare);
	return 0;
}

/* Whether other pages lie in the range. The ranges of all calls ascend. */
static bool devices_meet_others(struct others *others, uint64_t start, uint64_t end)
{
	size_t i;

	while (others->next < others->count &&
	       others->runs[others->next].pfn + others->runs[others->next].count <= start)
		others->next++;
	for (i = others->next; i < others->count && others->runs[i].pfn < end; i++)
		if (others->runs[i].pfn + others->runs[i].count > start)
			return true;
	return false;
}

/* ---- pgmaps ------------------------------------------------------------------------------ */

static int devices_add_pgmap(struct hs_capturing *c, struct others *others, uint64_t start,
			     uint64_t end, enum hs_pgmap_type type)
{
	const struct hs_layout *layout = c->layout;
	struct hs_space_pgmap pgmap = { .type = type };
	uint64_t low = 0, mask = HS_SPACE_SUBSECTION - 1;

	if (layout->pgmap_count)
		low = layout->pgmaps[layout->pgmap_count - 1].end;
	pgmap.start = start & ~mask;
	if (pgmap.start < low || devices_meet_others(others, pgmap.start, start))
		pgmap.start = start;
	pgmap.end = (end + mask) & ~mask;
	if (devices_meet_others(others, end, pgmap.end))
		pgmap.end = end;
	pgmap.owner = type == HS_PGMAP_PRIVATE ? HS_DEVICES_OWNER : 0;
	return hs_layout_add_pgmap(c->proc.mem, c->layout, &pgmap);
}

static int devices_add_pgmaps(struct hs_capturing *c, struct others *others)
{
	int ret = 0;

	for (size_t i = 0, next; !ret && i < c->device_count; i = next) {
		uint64_t start = c->devices[i].pfn, end = start + c->devices[i].count;
		enum hs_pgmap_type type = c->devices[i].type;

		for (next = i + 1; next < c->device_count; next++) {
			const struct hs_device_run *run = &c->devices[next];

			if (run->pfn >= end &&
			    (run->type != type || devices_meet_others(others, end, run->pfn)))
				break;
			if (run->pfn + run->count > end)
				end = run->pfn + run->count;
		}
		/* The next pgmap may begin in the same subsection. */
		ret = devices_add_pgmap(c, others, start, end, type);
		if (!ret && next < c->device_count) {
			struct hs_space_pgmap *last =
				&c->layout->pgmaps[c->layout->pgmap_count - 1];

			if (last->end > c->devices[next].pfn)
				last->end = end;
		}
	}
	return ret;
}

int hs_devices_finish(struct hs_capturing *c)
{
	struct others others;
	int ret;

	if (!c->device_count)
		return 0;
	qsort(c->devices, c->device_count, sizeof(c->devices[0]), devices_compare);
	ret = devices_find_others(c, &others);
	if (!ret)
		ret = devices_add_pgmaps(c, &others);
	hs_hostmem_free(c->proc.mem, others.runs);
	return ret;
}
