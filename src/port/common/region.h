/* SPDX-License-Identifier: MIT */
/*
 * region.h - objects inside one reserved range of addresses
 *
 * Region arenas of both backends use it. A bump pointer and, unless addresses are never reused, one
 * LIFO list of free blocks for each size. Sizes up to 512 bytes are rounded up to their alignment,
 * at least 16, sizes up to 64 KiB to a power of two, larger ones to pages.
 *
 * The state is a part of the arena, so that it is shared, saved and reset with it. The caller holds
 * the lock that protects it.
 */
#ifndef HS_PORT_REGION_H
#define HS_PORT_REGION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hmmsim/machine.h>

#define HS_REGION_PAGE 4096u
#define HS_REGION_SMALL 32 /* lists for 16, 32 .. 512 bytes */
#define HS_REGION_BIG 7	   /* lists for 1, 2 .. 64 KiB */

struct hs_region {
	uintptr_t base;
	size_t size;
	size_t used; /* bytes allocated from the start on, free blocks included */
	size_t high; /* bytes from the start on that may hold anything but zeros */
	enum hs_reuse reuse;
	bool poison; /* tell ASan what is free; impossible if processes share the region */
	uintptr_t small[HS_REGION_SMALL];
	uintptr_t big[HS_REGION_BIG];
	uintptr_t huge; /* blocks above 64 KiB, each with its size */
};

/* The caller has mapped [base, base + size), uses the first @used bytes and left the rest zero. */
void hs_region_init(struct hs_region *r, void *base, size_t size, size_t used, enum hs_reuse reuse,
		    bool poison);
/* A zeroed block. NULL: the range is full. @align is a power of two up to HS_REGION_PAGE. */
void *hs_region_alloc(struct hs_region *r, size_t size, size_t align);
/* @size and @align are those of the allocation. */
void hs_region_free(struct hs_region *r, void *object, size_t size, size_t align);

#endif
