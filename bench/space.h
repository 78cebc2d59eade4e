/* SPDX-License-Identifier: MIT */
/*
 * space.h - builds large address spaces of 4 KiB pages in the cheapest way
 *
 * A page takes 8 bytes of page table and, where it is walked, 8 bytes of answer: 1 TiB, 268 million
 * pages, takes 4 GiB. The pages have no struct pages, because they are never touched: walkers copy
 * entries.
 */
#ifndef HS_BENCH_SPACE_H
#define HS_BENCH_SPACE_H

#include <stdint.h>

#include <hmmsim/hmmsim.h>

#include "bench.h"

#define BENCH_BASE 0x100000000000u /* where every space begins: 16 TiB */
#define BENCH_TABLE_PAGES 512u
#define BENCH_GIB ((uint64_t)1 << 30)

/*
 * Does bench_parse() for a program with the option --large[=GIB], 1..1024 and by default 1024.
 * Returns GIB, or 0 without that option.
 */
uint64_t bench_parse_large(int argc, char **argv, struct bench_options *options);
/*
 * Returns the pages of the largest space, up to @gib, that needs at most 16 GiB and four fifths of
 * the available memory at @bytes_per_page. Prints a line about it.
 */
uint64_t bench_large_pages(uint64_t gib, unsigned int bytes_per_page);

/* Makes an mm with one VMA of @pages and no tables. */
struct hs_mm *bench_space(struct hs_task *self, uint64_t pages);
/* Sets page i of the space to @entry + i. Makes the tables one by one and fills them in place. */
void bench_space_fill(struct hs_task *self, struct hs_mm *mm, uint64_t pages, uint64_t entry);
/* Returns the PTE tables in order. The caller frees the array. */
const uint64_t **bench_space_tables(const struct hs_mm *mm, uint64_t pages);

#endif
