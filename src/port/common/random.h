/* SPDX-License-Identifier: MIT */
/*
 * random.h - one small generator (SplitMix64), the same numbers on every machine and compiler
 */
#ifndef HS_PORT_RANDOM_H
#define HS_PORT_RANDOM_H

#include <stdint.h>

static inline uint64_t hs_mix64(uint64_t x)
{
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return x ^ (x >> 31);
}

/* The state that begins stream @stream of @seed; streams are independent of each other. */
static inline uint64_t hs_random_stream(uint64_t seed, uint64_t stream)
{
	return hs_mix64(seed + 0x9e3779b97f4a7c15u * (stream + 1));
}

static inline uint64_t hs_random_next(uint64_t *state)
{
	*state += 0x9e3779b97f4a7c15u;
	return hs_mix64(*state);
}

/* A number below @n, uniform enough for a small @n: the high half of a product, no division. */
static inline uint32_t hs_random_below(uint64_t *state, uint32_t n)
{
	return (uint32_t)(((hs_random_next(state) >> 32) * n) >> 32);
}

#endif
