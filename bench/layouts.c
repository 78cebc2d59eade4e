/* SPDX-License-Identifier: MIT */
/*
 * layouts.c - fills the address spaces of bench_walk
 */
#include "layouts.h"

#include <stdlib.h>

#include "ground.h"
#include "space.h"

#define PAGES BENCH_LAYOUT_PAGES
#define PGMAPS 2u /* for devmap pages */
#define HOLE_EVERY 8u
#define PRIVATE_PFN (BENCH_DEVICE_PFN + PGMAPS * PAGES)

static struct hs_pgmap *pgmaps[PGMAPS], *private;

/* ---- pgmaps ------------------------------------------------------------------------------ */

static void bench_layouts_page_free(struct hs_task *self, struct hs_pgmap *pgmap,
				    struct hs_page *page)
{
	(void)self;
	(void)pgmap;
	(void)page;
}

/* Never called: the CPU touches none of these pages. */
static uint32_t bench_layouts_migrate_to_ram(struct hs_task *self, struct hs_vm_fault *vmf)
{
	(void)self;
	(void)vmf;
	return HS_VM_FAULT_SIGBUS;
}

static const struct hs_pgmap_ops bench_layouts_pgmap_ops = { bench_layouts_page_free,
							     bench_layouts_migrate_to_ram };
const void *const bench_owner = &bench_layouts_pgmap_ops;

static void bench_layouts_open_pgmaps(struct hs_task *self)
{
	struct hs_pgmap_config config;

	for (uint64_t i = 0; i < PGMAPS; i++)
		bench_must(hs_pgmap_add(self, HS_PGMAP_FS_DAX, BENCH_DEVICE_PFN + i * PAGES,
					BENCH_DEVICE_PFN + (i + 1) * PAGES, NULL, &pgmaps[i]),
			   "pgmap");
	hs_pgmap_config_init(&config, HS_PGMAP_PRIVATE, PRIVATE_PFN, PRIVATE_PFN + PAGES);
	config.ops = &bench_layouts_pgmap_ops;
	config.owner = bench_owner;
	bench_must(hs_pgmap_create(self, &config, &private), "private pgmap");
}

/* ---- pages ------------------------------------------------------------------------------- */

uint64_t bench_devmap_entry(uint64_t i)
{
	return (HS_ENTRY_VALID | HS_ENTRY_WRITE | HS_ENTRY_DEVMAP | BENCH_DEVICE_PFN) + i;
}

static uint64_t bench_layouts_entry(enum bench_layout layout, uint64_t i)
{
	switch (layout) {
	case BENCH_ANON:
		return (HS_ENTRY_VALID | HS_ENTRY_WRITE | 0x1000) + i;
	case BENCH_INTERLEAVED:
		return bench_devmap_entry((i % PGMAPS) * PAGES + i / PGMAPS);
	case BENCH_DEVMAP_2M:
		return bench_devmap_entry(i) | (uint64_t)9 << HS_ENTRY_ORDER_SHIFT;
	default:
		return bench_devmap_entry(i);
	}
}

static bool bench_layouts_is_hole(enum bench_layout layout, uint64_t i)
{
	return layout == BENCH_HOLES && i % HOLE_EVERY == HOLE_EVERY - 1;
}

static void bench_layouts_fill(struct hs_task *self, struct hs_mm *mm, enum bench_layout layout)
{
	uint32_t level = layout == BENCH_DEVMAP_2M;
	uint64_t step = level ? BENCH_TABLE_PAGES : 1;

	for (uint64_t i = 0; i < PAGES; i += step)
		if (!bench_layouts_is_hole(layout, i))
			bench_must(hs_pt_set(self, mm, BENCH_BASE + i * HS_PAGE_BYTES, level,
					     bench_layouts_entry(layout, i)),
				   "entry");
}

static void bench_layouts_fill_private(struct hs_task *self, struct hs_mm *mm)
{
	for (uint64_t i = 0; i < PAGES; i++) {
		struct hs_page *page;

		bench_must(hs_pgmap_page_alloc(self, private, &page), "device page");
		bench_must(hs_migrate_insert_page(self, mm, BENCH_BASE + i * HS_PAGE_BYTES, page,
						  true),
			   "device entry");
	}
}

void bench_holes_punch(struct hs_task *self, struct hs_mm *mm)
{
	for (uint64_t i = 0; i < PAGES; i++) {
		uint64_t start = BENCH_BASE + i * HS_PAGE_BYTES;

		if (bench_layouts_is_hole(BENCH_HOLES, i))
			bench_must(hs_madvise_dontneed(self, mm, start, start + HS_PAGE_BYTES),
				   "zap");
	}
}

/* ---- spaces ------------------------------------------------------------------------------ */

void bench_layouts_open(struct hs_task *self, struct bench_space spaces[BENCH_LAYOUT_COUNT],
			uint64_t *out)
{
	bench_layouts_open_pgmaps(self);
	for (int l = 0; l < BENCH_LAYOUT_COUNT; l++) {
		struct hs_mm *mm = bench_space(self, PAGES);

		if (l == BENCH_PRIVATE)
			bench_layouts_fill_private(self, mm);
		else
			bench_layouts_fill(self, mm, (enum bench_layout)l);
		spaces[l].mm = mm;
		spaces[l].tables = (struct bench_tables){
			.tables = l == BENCH_DEVMAP_2M ? NULL : bench_space_tables(mm, PAGES),
			.count = PAGES / BENCH_TABLE_PAGES,
			.out = out,
		};
	}
}

void bench_layouts_close(struct hs_task *self, struct bench_space spaces[BENCH_LAYOUT_COUNT])
{
	for (int l = 0; l < BENCH_LAYOUT_COUNT; l++) {
		free(spaces[l].tables.tables);
		hs_mm_destroy(self, spaces[l].mm);
	}
	for (uint64_t i = 0; i < PGMAPS; i++)
		hs_pgmap_remove(self, pgmaps[i]);
	hs_pgmap_destroy(self, private);
}
