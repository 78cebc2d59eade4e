/* SPDX-License-Identifier: MIT */
/*
 * limits.h - loops that move the bytes of a walk and decide nothing: how fast a walk can be
 *
 * For each page a walk reads 8 bytes from a page table and writes 8 bytes to the answer; in a huge
 * leaf it reads nothing. The loops go over the same tables, in the same process and the same
 * interleaved group: one entry at a time, in the widest vectors of the CPU, and with memcpy() and
 * memset() for each table.
 */
#ifndef HS_BENCH_LIMITS_H
#define HS_BENCH_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

#include "bench.h"

struct bench_tables {
	const uint64_t **tables; /* of 512 entries each; NULL: nothing is read */
	uint64_t count;		 /* of tables, or of blocks of 512 answers */
	uint64_t *out;		 /* aligned to 64 */
};

/* Appends the limits to variants[at..] and returns how many variants there are now. */
#define BENCH_LIMITS 4
unsigned int bench_limits_add(struct bench_variant *variants, unsigned int at,
			      const struct bench_tables *tables, uint64_t rounds);
/* The vector loop is a limit if it moves at least 80 % of the bytes/s of the copy. Times are ns. */
bool bench_limits_reached(double vector, double copy);
/*
 * Prints, after the group, the ratios of the first @rows variants to the limits, which begin at
 * @at. Their times must be ns a page. Ratios to the vector loop are left out if it is no limit,
 * compared with memcpy(), or with memset() where nothing is read.
 */
void bench_limits_print(const struct bench_variant *variants, unsigned int rows, unsigned int at);

#endif
