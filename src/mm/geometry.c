/* SPDX-License-Identifier: MIT */
/*
 * geometry.c - the geometries, and where user addresses end
 */
#include "mm/geometry.h"

static const struct hs_geometry geometries[HS_GEOMETRY_COUNT] = {
	[HS_GEOMETRY_X86_64] = HS_GEOMETRY_X86_64_VALUE,
	[HS_GEOMETRY_MOCK] = { "mock", 4, { 1, 1, 2, 2 }, { 0, 1, 2, 4 } },
	[HS_GEOMETRY_X86_64_5L] = { "x86_64_5l", 5, { 9, 9, 9, 9, 9 }, { 0, 9, 18, 27, 36 } },
};

const struct hs_geometry *hs_geometry(enum hs_geometry_id id)
{
	return (unsigned int)id < HS_GEOMETRY_COUNT ? &geometries[id] : NULL;
}

/* User addresses end where the sign extension would begin: half of what the levels span. */
uint64_t hs_geometry_end(const struct hs_geometry *g)
{
	uint32_t top = g->levels - 1;
	uint32_t bits = HS_PAGE_SHIFT + g->order[top] + g->bits[top];

	return (uint64_t)1 << (bits < 48 ? bits : bits - 1);
}
