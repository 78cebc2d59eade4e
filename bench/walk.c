/* SPDX-License-Identifier: MIT */
/*
 * walk.c - what a walked page costs, by strategy, beside memcpy of the same bytes
 *
 * The table holds 64 MiB of 4 KiB pages; a page is 8 bytes read and 8 written, and so is it for
 * memcpy. Times are per page, except for the one-page calls.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hmmsim/hmmsim.h>

#include "bench.h"

#define PAGES 16384u
#define BASE 0x7f0000000000u
#define DEVICE_PFN 0x200000u
#define PGMAPS 2u /* interleaved page by page in the last layout */

enum layout {
	LAYOUT_ANON,
	LAYOUT_DEVMAP,
	LAYOUT_INTERLEAVED,
	LAYOUT_DEVMAP_2M,
	LAYOUTS
};

static struct hs_machine *machine;
static struct hs_task *self;
static struct hs_mm *mms[LAYOUTS];
static struct hs_pgmap *pgmaps[PGMAPS];
static uint64_t pfns[PAGES], copied[PAGES];

struct question {
	enum layout layout;
	enum hs_era era;
	enum hs_strategy strategy;
	uint64_t pages; /* of one call */
};

static void must(int ret, const char *what)
{
	if (!ret)
		return;
	fprintf(stderr, "bench: %s: %s\n", what, strerror(-ret));
	exit(1);
}

static uint64_t entry_of(enum layout layout, uint64_t i)
{
	uint64_t present = HS_ENTRY_VALID | HS_ENTRY_WRITE;

	switch (layout) {
	case LAYOUT_DEVMAP:
		return present | HS_ENTRY_DEVMAP | (DEVICE_PFN + i);
	case LAYOUT_INTERLEAVED:
		return present | HS_ENTRY_DEVMAP | (DEVICE_PFN + (i % PGMAPS) * PAGES + i / PGMAPS);
	case LAYOUT_DEVMAP_2M:
		return present | HS_ENTRY_DEVMAP | (uint64_t)9 << HS_ENTRY_ORDER_SHIFT |
		       (DEVICE_PFN + i);
	default:
		return present | (0x1000 + i);
	}
}

static void build(enum layout layout)
{
	uint32_t level = layout == LAYOUT_DEVMAP_2M;
	uint64_t step = level ? 512 : 1;

	must(hs_mm_create(self, hs_geometry(HS_GEOMETRY_X86_64), &mms[layout]), "mm");
	must(hs_vma_add(self, mms[layout], BASE, BASE + PAGES * HS_PAGE_BYTES,
			HS_VM_READ | HS_VM_WRITE),
	     "vma");
	for (uint64_t i = 0; i < PAGES; i += step)
		must(hs_pt_set(self, mms[layout], BASE + i * HS_PAGE_BYTES, level,
			       entry_of(layout, i)),
		     "entry");
}

static double walk_pages(const struct bench_variant *v, uint64_t calls)
{
	const struct question *q = v->arg;
	struct hs_range range = {
		.mm = mms[q->layout],
		.start = BASE,
		.end = BASE + q->pages * HS_PAGE_BYTES,
		.pfns = pfns,
	};
	double begin = bench_now_ns();

	for (uint64_t i = 0; i < calls; i++)
		if (hs_range_fault(self, q->era, q->strategy, HS_BODY_PLAIN, &range) < 0) {
			fprintf(stderr, "bench: the walk failed\n");
			exit(1);
		}
	return (bench_now_ns() - begin) / (double)calls / (double)q->pages;
}

static double copy_pages(const struct bench_variant *v, uint64_t calls)
{
	double begin = bench_now_ns();

	(void)v;
	for (uint64_t i = 0; i < calls; i++) {
		memcpy(copied, pfns, sizeof(pfns));
		__asm__ volatile("" : : "r"(copied) : "memory");
	}
	return (bench_now_ns() - begin) / (double)calls / PAGES;
}

static const enum hs_strategy order[] = {
	HS_STRATEGY_NONE,      HS_STRATEGY_PER_PAGE,
	HS_STRATEGY_PER_TABLE, HS_STRATEGY_PER_TABLE_LOCAL,
	HS_STRATEGY_PER_RANGE, HS_STRATEGY_PER_PASS,
	HS_STRATEGY_PER_CALL,
};
#define STRATEGIES (sizeof(order) / sizeof(order[0]))

/* All strategies on one layout; the last line is memcpy. */
static void strategies(const struct bench_options *options, const char *title, enum layout layout,
		       enum hs_era era)
{
	struct question questions[STRATEGIES];
	struct bench_variant variants[STRATEGIES + 1];

	for (size_t i = 0; i < STRATEGIES; i++) {
		questions[i] = (struct question){ layout, era, order[i], PAGES };
		variants[i] = (struct bench_variant){ hs_strategy_name(order[i]), walk_pages, 40, 1,
						      &questions[i] };
	}
	variants[STRATEGIES] =
		(struct bench_variant){ "memcpy of the same bytes", copy_pages, 400, 1, NULL };
	bench_group(options, title, variants, STRATEGIES + 1);
}

static void snapshots(const struct bench_options *options)
{
	static const struct question old = { LAYOUT_ANON, HS_ERA_5_3, HS_STRATEGY_NONE, PAGES };
	static const struct question now = { LAYOUT_ANON, HS_ERA_6_12, HS_STRATEGY_NONE, PAGES };
	static const struct question one = { LAYOUT_ANON, HS_ERA_6_12, HS_STRATEGY_NONE, 1 };
	const struct bench_variant variants[] = {
		{ "6.12", walk_pages, 40, 1, &now },
		{ "5.3", walk_pages, 40, 1, &old },
		{ "6.12, a call of one page", walk_pages, 400000, 1, &one },
		{ "memcpy of the same bytes", copy_pages, 400, 1, NULL },
	};

	bench_group(options, "4K pages, nothing requested", variants, 4);
}

int main(int argc, char **argv)
{
	struct bench_options options;
	struct hs_machine_config config;

	bench_parse(argc, argv, &options);
	hs_machine_config_init(&config);
	must(hs_machine_create(&config, &machine), "machine");
	must(hs_task_attach(machine, "bench", &self), "task");
	for (uint64_t i = 0; i < PGMAPS; i++)
		must(hs_pgmap_add(self, HS_PGMAP_FS_DAX, DEVICE_PFN + i * PAGES,
				  DEVICE_PFN + (i + 1) * PAGES, NULL, &pgmaps[i]),
		     "pgmap");
	for (int l = 0; l < LAYOUTS; l++)
		build((enum layout)l);
	snapshots(&options);
	strategies(&options, "6.12, devmap 4K, one pgmap", LAYOUT_DEVMAP, HS_ERA_6_12);
	strategies(&options, "5.3, devmap 4K, one pgmap", LAYOUT_DEVMAP, HS_ERA_5_3);
	strategies(&options, "6.12, devmap 4K, two pgmaps interleaved", LAYOUT_INTERLEAVED,
		   HS_ERA_6_12);
	strategies(&options, "6.12, devmap 2M, one pgmap", LAYOUT_DEVMAP_2M, HS_ERA_6_12);
	for (int l = 0; l < LAYOUTS; l++)
		hs_mm_destroy(self, mms[l]);
	for (uint64_t i = 0; i < PGMAPS; i++)
		hs_pgmap_remove(self, pgmaps[i]);
	hs_task_detach(self);
	return hs_machine_destroy(machine, NULL) ? 1 : 0;
}
