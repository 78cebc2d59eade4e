/* SPDX-License-Identifier: MIT */
/*
 * chunk.h - a chunk as HS_LANES loads of one entry each, in ascending order
 *
 * The explorer's chunk, and the native one where one vector load will not do. Part of
 * port/port.h: the backend's header includes it once hs_u64_load() is defined.
 */
#ifndef HS_PORT_CHUNK_H
#define HS_PORT_CHUNK_H

struct hs_chunk {
	uint64_t lane[HS_LANES];
};

HS_ALWAYS_INLINE struct hs_chunk hs_chunk_load(struct hs_task *self, const hs_u64 *first)
{
	struct hs_chunk c;

	for (unsigned int i = 0; i < HS_LANES; i++)
		c.lane[i] = hs_u64_load(self, &first[i], HS_RELAXED);
	return c;
}

HS_ALWAYS_INLINE uint64_t hs_chunk_lane(struct hs_chunk c, unsigned int lane)
{
	return c.lane[lane];
}

#endif
