/* SPDX-License-Identifier: MIT */
/*
 * region.h - objects inside one reserved range of addresses
 *
 * Used by region arenas of both backends. A bump pointer and, unless addresses are never reused,
 * one LIFO list for each size. Sizes up to 512 bytes are rounded to their alignment, at least 16,
 * larger ones to a power of two below 64 KiB and to pages above. The state sits in the arena, so
 * that it is shared, saved and reset with it. Not locked: the caller is.
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
	size_t used; /* bytes handed out so far, free ones included */
	size_t high; /* bytes that may hold anything but zeros */
	enum hs_reuse reuse;
	bool poison; /* tell ASan what is free; impossible when processes share the region */
	uintptr_t small[HS_REGION_SMALL];
	uintptr_t big[HS_REGION_BIG];
	uintptr_t huge; /* blocks above 64 KiB, each with its size */
};

/* The range [base, base + size) is mapped, zero from @used on, and the first @used bytes are taken. */
void hs_region_init(struct hs_region *r, void *base, size_t size, size_t used, enum hs_reuse reuse,
		    bool poison);
/* Zeroed; NULL when the range is full. @align is a power of two up to 4096. */
void *hs_region_alloc(struct hs_region *r, size_t size, size_t align);
void hs_region_free(struct hs_region *r, void *object, size_t size, size_t align);

#endif
