/* SPDX-License-Identifier: MIT */
/*
 * limits.h - how fast the same bytes can be moved by loops that decide nothing
 *
 * A walked page is 8 bytes read from a page table and 8 bytes written to the answer; where leaves
 * are huge nothing is read. The loops go over the very tables of the walk, in the same process and
 * in the same interleaved group: one entry at a time, in the widest vectors that the CPU has, and
 * memcpy() and memset() for each table.
 */
#ifndef HS_BENCH_LIMITS_H
#define HS_BENCH_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

#include "bench.h"

struct bench_tables {
	const uint64_t **tables; /* of 512 entries; NULL: nothing is read */
	uint64_t count;		 /* of tables, or of 512 answers */
	uint64_t *out;		 /* aligned to 64 */
};

/* Appends the limits to variants[at..] and returns how many variants there are now. */
#define BENCH_LIMITS 4
unsigned int bench_limits_add(struct bench_variant *variants, unsigned int at,
			      const struct bench_tables *tables, uint64_t rounds);
/* A loop that takes @vector ns is a limit if it has 80 % of the bytes/s of one that takes @copy ns. */
bool bench_limits_reached(double vector, double copy);
/*
 * After the group: what the first @rows variants, times per page, are to the limits, which begin at
 * @at. No ratio to the vector loop if it has not reached 80 % of memcpy's bytes/s (or memset's,
 * where nothing is read): then it is no limit.
 */
void bench_limits_print(const struct bench_variant *variants, unsigned int rows, unsigned int at);

#endif
