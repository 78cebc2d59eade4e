/* SPDX-License-Identifier: MIT */
/*
 * space.h - large address spaces of 4 KiB pages, built in the cheapest way
 *
 * A page costs 8 bytes of page table and, where it is walked, 8 bytes of answer: 1 TiB, 268 million
 * pages, takes 4 GiB. There are no struct pages: nobody touches these pages, walkers copy entries.
 */
#ifndef HS_BENCH_SPACE_H
#define HS_BENCH_SPACE_H

#include <stdint.h>

#include <hmmsim/hmmsim.h>

#include "bench.h"

#define BENCH_BASE 0x100000000000u /* of every space: 16 TiB */
#define BENCH_TABLE_PAGES 512u

/*
 * bench_parse() for a program that has --large[=GIB] as well, GIB 1..1024 and 1024 if it is not said.
 * 0: it is not there.
 */
uint64_t bench_parse_large(int argc, char **argv, struct bench_options *options);
/*
 * The pages of the largest space up to @gib for which @bytes_per_page fit in 16 GiB and in four fifths
 * of what the machine has left. Prints a line that says so.
 */
uint64_t bench_large_pages(uint64_t gib, unsigned int bytes_per_page);

/* An mm with one VMA of @pages, and no tables. */
struct hs_mm *bench_space(struct hs_task *self, uint64_t pages);
/* Page i of the space becomes @entry + i. Tables are made one by one and filled in place. */
void bench_space_fill(struct hs_task *self, struct hs_mm *mm, uint64_t pages, uint64_t entry);
/* Its PTE tables in order; the caller frees the array. */
const uint64_t **bench_space_tables(const struct hs_mm *mm, uint64_t pages);

#endif
