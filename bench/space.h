/* SPDX-License-Identifier: MIT */
/*
 * space.h - large address spaces of 4 KiB pages, built in the cheapest way
 *
 * A page costs 8 bytes of page table and, where it is walked, 8 bytes of answer: 1 TiB, 268 million
 * pages, takes 4 GiB. There are no struct pages: nobody touches these pages, walkers copy entries.
 */
#ifndef HS_BENCH_SPACE_H
#define HS_BENCH_SPACE_H

#include <stdbool.h>
#include <stdint.h>

#include <hmmsim/hmmsim.h>

#define BENCH_BASE 0x100000000000u /* of every space: 16 TiB */
#define BENCH_TABLE_PAGES 512u

/*
 * Takes --large or --large=GIB out of the arguments. False: it is not there. Otherwise the pages of
 * the largest space up to GIB (default and most: 1024) for which @bytes_per_page fit in 16 GiB and in
 * four fifths of what the machine has left, and a line that says so.
 */
bool bench_large(int *argc, char **argv, unsigned int bytes_per_page, uint64_t *pages);

/* An mm with one VMA of @pages, and no tables. */
struct hs_mm *bench_space(struct hs_task *self, uint64_t pages);
/* Page i of the space becomes @entry + i. Tables are made one by one and filled in place. */
void bench_space_fill(struct hs_task *self, struct hs_mm *mm, uint64_t pages, uint64_t entry);
/* Its PTE tables in order; the caller frees the array. */
const uint64_t **bench_space_tables(const struct hs_mm *mm, uint64_t pages);

#endif
