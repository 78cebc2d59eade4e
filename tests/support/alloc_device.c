/* SPDX-License-Identifier: MIT */
/* Plays of walkers and of a device that mirrors. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "support/stage.h"

#define PAGES(n) ((uint64_t)(n)*HS_PAGE_BYTES)
#define RW (HS_VM_READ | HS_VM_WRITE | HS_VM_MAYWRITE)
#define WALKED 12

/* A DAX file with a page of a block, then anonymous memory: references are held at faults. */
static void walkable(struct stage *st)
{
	SCENE(st, stage_space(st));
	SCENE(st, stage_ram(st));
	SCENE(st, stage_device_memory(st, 0, HS_PGMAP_FS_DAX, HS_PAGE_REFS_6_1));
	SCENE(st, stage_mapping(st, 0, HS_MAPPING_DAX_FILE, 0));
	TRY(st, -ENOMEM, hs_mapping_allocate(st->self, st->mapping[0], 0));
	TRY(st, -ENOMEM,
	    hs_mmap(st->self, st->mm, 0, PAGES(8), RW | HS_VM_SHARED, st->mapping[0], 0));
	TRY(st, -ENOMEM, hs_mmap(st->self, st->mm, PAGES(8), PAGES(32), RW, NULL, 0));
	TRY(st, HS_VM_FAULT_OOM, stage_access(st, 0, true));
}

static int no_reference(struct hs_task *self, struct hs_range *range, struct hs_pgmap **slot,
			uint64_t pfn, void *arg)
{
	(void)self;
	(void)range;
	(void)slot;
	(void)pfn;
	(void)arg;
	return 0;
}

static const struct hs_strategy_ops custom = { .page = no_reference };

static int walk(struct stage *st, enum hs_era era, enum hs_strategy strategy, enum hs_body body)
{
	uint64_t pfns[WALKED] = { 0 };
	struct hs_range range;
	int ret;

	hs_range_init(&range, st->mm, 0, PAGES(WALKED), pfns);
	range.default_flags = HS_PFN_VALID | HS_PFN_WRITE;
	range.era = era;
	range.strategy = strategy;
	range.body = body;
	range.ops = &custom;
	hs_mm_lock_read(st->self, st->mm);
	ret = hs_range_fault(st->self, &range);
	hs_mm_unlock_read(st->self, st->mm);
	/* Some strategies leak when a fault fails, as the kernel did. */
	for (uint64_t i = 0; i < range.counts.leaked; i++)
		hs_pgmap_put(st->self, st->pgmap[0]);
	return ret;
}

static void walks_of(struct stage *st, enum hs_era era, enum hs_body body)
{
	for (int s = 0; s < HS_STRATEGY_COUNT; s++) {
		TRY_PART(st, -EFAULT, walk(st, era, (enum hs_strategy)s, body));
		TRY(st, -ENOMEM, hs_madvise_dontneed(st->self, st->mm, 0, PAGES(32)));
		TRY(st, -ENOMEM, hs_munmap(st->self, st->mm, PAGES(8), PAGES(32)));
		TRY(st, -ENOMEM, hs_mmap(st->self, st->mm, PAGES(8), PAGES(32), RW, NULL, 0));
	}
}

static void walks(struct stage *st)
{
	SCENE(st, walkable(st));
	for (int era = 0; era < HS_ERA_COUNT; era++)
		for (int body = 0; body < HS_BODY_COUNT; body++)
			SCENE(st, walks_of(st, (enum hs_era)era, (enum hs_body)body));
}

/* ---- the device -------------------------------------------------------------------------- */

static void mirrored(struct stage *st, enum hs_validity validity, enum hs_era era)
{
	struct hs_dmirror_config config;
	struct hs_dmirror *device;

	hs_dmirror_config_init(&config, st->mm, 0, PAGES(16));
	config.validity = validity;
	config.range.era = era;
	config.range.strategy = HS_STRATEGY_PER_PAGE;
	config.touch = true;
	config.range.owner = st;
	TRY(st, -ENOMEM, hs_dmirror_create(st->self, &config, &st->device));
	TRY_PART(st, STAGE_POPULATE,
		 hs_dmirror_populate(st->self, st->device, 0, PAGES(WALKED), true));
	TRY(st, -ENOMEM, hs_madvise_dontneed(st->self, st->mm, PAGES(4), PAGES(12)));
	/* A read maps the zero page, which the walker of v5.3 refuses. */
	TRY_PART(st, STAGE_POPULATE,
		 hs_dmirror_populate(st->self, st->device, PAGES(8), PAGES(16), era == HS_ERA_5_3));
	assert_true(hs_dmirror_access(st->self, st->device, PAGES(8), false));
	TRY(st, -ENOMEM, hs_munmap(st->self, st->mm, PAGES(8), PAGES(32)));
	TRY(st, -ENOMEM, hs_mmap(st->self, st->mm, PAGES(8), PAGES(32), RW, NULL, 0));
	device = st->device;
	st->device = NULL;
	hs_dmirror_destroy(st->self, device);
}

static void mirroring(struct stage *st)
{
	SCENE(st, walkable(st));
	for (int validity = 0; validity < HS_VALIDITY_COUNT; validity++)
		for (int era = 0; era < HS_ERA_COUNT; era++)
			SCENE(st, mirrored(st, (enum hs_validity)validity, (enum hs_era)era));
}

const struct stage_play stage_device[] = {
	{ "walks of both eras with each strategy", walks },
	{ "a device that mirrors", mirroring },
	{ NULL, NULL },
};
