/* SPDX-License-Identifier: MIT */
/*
 * layouts.h - the address spaces that bench_walk walks: 64 MiB each, full of pages
 */
#ifndef HS_BENCH_LAYOUTS_H
#define HS_BENCH_LAYOUTS_H

#include <stdint.h>

#include <hmmsim/hmmsim.h>

#include "limits.h"

#define BENCH_LAYOUT_PAGES 16384u

enum bench_layout {
	BENCH_ANON,
	BENCH_DEVMAP,
	BENCH_INTERLEAVED, /* two pgmaps take turns page by page */
	BENCH_DEVMAP_2M,
	BENCH_PRIVATE, /* device-private pages of bench_owner */
	BENCH_HOLES,   /* devmap; each eighth page is missing until it is faulted in */
	BENCH_LAYOUT_COUNT
};

struct bench_space {
	struct hs_mm *mm;
	struct bench_tables
		tables; /* what the limits move; HOLES have none, because limits do not fault */
};

extern const void *const bench_owner;

/* The machine must have system memory for the holes. The limits write their answers to @out. */
void bench_layouts_open(struct hs_task *self, struct bench_space spaces[BENCH_LAYOUT_COUNT],
			uint64_t *out);
void bench_layouts_close(struct hs_task *self, struct bench_space spaces[BENCH_LAYOUT_COUNT]);

/* The entry of page @i of a full 4 KiB layout of one pgmap. */
uint64_t bench_devmap_entry(uint64_t i);
/* Removes the pages that were faulted into the holes. */
void bench_holes_punch(struct hs_task *self, struct hs_mm *mm);

#endif
