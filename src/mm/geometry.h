/* SPDX-License-Identifier: MIT */
/*
 * geometry.h - what the levels of a geometry come to
 */
#ifndef HS_MM_GEOMETRY_H
#define HS_MM_GEOMETRY_H

#include <stddef.h>
#include <stdint.h>

#include <hmmsim/mm.h>

#include "port/port.h"

/*
 * The value of HS_GEOMETRY_X86_64, for initialisers. hs_geometry() returns one object; a walker has
 * a constant of its own with this value, so that the compiler knows its levels and shifts.
 */
#define HS_GEOMETRY_X86_64_VALUE                                                                 \
	{                                                                                        \
		.name = "x86_64", .levels = 4, .bits = { 9, 9, 9, 9 }, .order = { 0, 9, 18, 27 } \
	}

/* Size of a table of @level. */
static inline size_t hs_table_bytes(const struct hs_geometry *g, uint32_t level)
{
	return sizeof(hs_u64) << g->bits[level];
}

/* Bytes that an entry of @level spans. */
static inline uint64_t hs_level_bytes(const struct hs_geometry *g, uint32_t level)
{
	return HS_PAGE_BYTES << g->order[level];
}

/* Index of the entry that spans @addr in its table of @level. */
static inline uint32_t hs_level_index(const struct hs_geometry *g, uint64_t addr, uint32_t level)
{
	return (uint32_t)(addr >> (HS_PAGE_SHIFT + g->order[level])) & ((1u << g->bits[level]) - 1);
}

/* The end of the span of the entry of @level at @addr, or @end if that comes first. */
static inline uint64_t hs_level_end(const struct hs_geometry *g, uint64_t addr, uint64_t end,
				    uint32_t level)
{
	uint64_t next = (addr | (hs_level_bytes(g, level) - 1)) + 1;

	return next - 1 < end - 1 ? next : end;
}

#endif
