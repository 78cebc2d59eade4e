/* SPDX-License-Identifier: MIT */
/*
 * fault_race.h - races of faults: a set-up, some tasks and a check, in an address space of 64 pages
 *
 * At the end of each execution what is still mapped is unmapped, and no page may be left.
 */
#ifndef HS_TESTS_FAULT_RACE_H
#define HS_TESTS_FAULT_RACE_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <hmmsim/explore.h>
#include <hmmsim/fault.h>
#include <hmmsim/pgmap.h>
#include <hmmsim/pte_ops.h>

#include "memory/memory.h"
#include "mm/fault_entry.h"
#include "mm/mapping.h"
#include "mm/mm.h"
#include "mm/vma.h"
#include "mm/zap.h"
#include "support/scale.h"

#define PAGE HS_PAGE_BYTES
#define RAM_START 16u
#define RAM_END 24u
#define DEVICE_START 32u
#define DEVICE_END 36u
#define RW (HS_VM_READ | HS_VM_WRITE | HS_VM_MAYWRITE)
#define CONTENTS 77u
#define OTHERS 55u /* what is in a frame when somebody else has it */
#define ELSEWHERE (8 * PAGE)
#define TASKS 3

struct model;

struct race {
	int (*setup)(struct hs_task *self, struct model *m);
	void (*task[TASKS])(struct hs_task *self, void *arg);
	void (*check)(struct hs_task *self, struct model *m);
};

struct model {
	const struct race *race;
	struct hs_mm *mm;
	struct hs_pgmap *pgmap;
	struct hs_mapping *mapping;
	struct hs_gate *gate;
	struct hs_page *page;
	struct hs_migration migration;
	struct hs_interval_sub sub;
	struct hs_mutex lock;
	hs_u64 device; /* what the device has mapped at 0 */
	hs_u64 may;    /* what a fault waits for has happened */
	uint64_t pfn[2];
};

#define expect(cond) hs_assert(self, cond, "expected: %s", #cond)

static inline uint64_t entry_at(struct hs_task *self, struct model *m, uint64_t addr)
{
	return hs_pt_get(self, m->mm, addr, 0);
}

static inline struct hs_page *page_of(struct hs_task *self, uint64_t entry)
{
	return hs_pfn_to_page(self, hs_entry_pfn(entry));
}

/* ---- tasks ------------------------------------------------------------------------------- */

static inline void access(struct hs_task *self, struct model *m, int i, uint64_t addr, bool write)
{
	uint32_t ret = hs_cpu_access(self, m->mm, addr, write, &m->pfn[i]);

	hs_assert(self, !ret, "an access ends in a signal: 0x%x", ret);
}

static inline void load(struct hs_task *self, void *arg)
{
	access(self, arg, 0, 0, false);
}

static inline void load_too(struct hs_task *self, void *arg)
{
	access(self, arg, 1, 0, false);
}

static inline void store(struct hs_task *self, void *arg)
{
	access(self, arg, 0, 0, true);
}

static inline void store_too(struct hs_task *self, void *arg)
{
	access(self, arg, 1, 0, true);
}

static inline void store_elsewhere(struct hs_task *self, void *arg)
{
	access(self, arg, 1, ELSEWHERE, true);
}

/* After what has to be waited for, not before. */
static inline void load_in_time(struct hs_task *self, void *arg)
{
	struct model *m = arg;

	access(self, m, 0, 0, false);
	expect(hs_u64_load(self, &m->may, HS_RELAXED));
}

static inline void zap(struct hs_task *self, struct model *m)
{
	expect(!hs_madvise_dontneed(self, m->mm, 0, 2 * PAGE));
}

/* A frame that is free has other contents, as if somebody had it already. */
static inline void spoil_frame(struct hs_task *self, struct model *m)
{
	if (!(hs_u32_load(self, &m->page->state, HS_RELAXED) & HS_PAGE_ALLOCATED))
		hs_page_set_private(self, m->page, OTHERS);
}

static inline void zapper(struct hs_task *self, void *arg)
{
	zap(self, arg);
}

static inline void zapper_and_spoiler(struct hs_task *self, void *arg)
{
	zap(self, arg);
	spoil_frame(self, arg);
}

/* ---- set-up ------------------------------------------------------------------------------ */

static inline int basics(struct hs_task *self, struct model *m)
{
	int ret = hs_memory_add(self, RAM_START, RAM_END, true);

	hs_mutex_init(&m->lock, HS_LOCK_DRIVER);
	if (!ret)
		ret = hs_mm_create(self, hs_geometry(HS_GEOMETRY_MOCK), &m->mm);
	return ret;
}

static inline int anonymous(struct hs_task *self, struct model *m)
{
	int ret = hs_mmap(self, m->mm, 0, 4 * PAGE, RW, NULL, 0);

	return ret ? ret : hs_pt_make(self, m->mm, 0, 0);
}

static inline int written(struct hs_task *self, struct model *m)
{
	int ret = anonymous(self, m);

	if (ret)
		return ret;
	access(self, m, 0, 0, true);
	m->page = hs_pfn_to_page(self, m->pfn[0]);
	hs_page_set_private(self, m->page, CONTENTS);
	return 0;
}

static inline void make_shared(struct hs_task *self, struct model *m)
{
	uint64_t e = entry_at(self, m, 0) & ~HS_ENTRY_WRITE;

	hs_page_get(self, m->page);
	hs_u32_and(self, &m->page->state, ~HS_PAGE_EXCLUSIVE, HS_RELAXED);
	hs_pt_set(self, m->mm, 0, 0, e);
}

/* One page at two addresses, as after a fork. */
static inline int shared(struct hs_task *self, struct model *m)
{
	int ret = written(self, m);

	if (ret)
		return ret;
	make_shared(self, m);
	hs_page_map(self, m->page);
	return hs_pt_set(self, m->mm, PAGE, 0, entry_at(self, m, 0));
}

static inline void page_free(struct hs_task *self, struct hs_pgmap *pgmap, struct hs_page *page)
{
	(void)pgmap;
	hs_page_set_private(self, page, OTHERS);
}

static const struct hs_pgmap_ops device_ops = { page_free, hs_migrate_to_ram };

static inline int device_memory_refs(struct hs_task *self, struct model *m, enum hs_pgmap_type type,
				     enum hs_page_refs refs)
{
	struct hs_pgmap_config config;

	hs_pgmap_config_init(&config, type, DEVICE_START, DEVICE_END);
	config.ops = &device_ops;
	config.owner = &device_ops;
	config.page_refs = refs;
	return hs_pgmap_create(self, &config, &m->pgmap);
}

static inline int device_memory(struct hs_task *self, struct model *m, enum hs_pgmap_type type)
{
	return device_memory_refs(self, m, type, HS_PAGE_REFS_6_1);
}

static inline int device_private(struct hs_task *self, struct model *m)
{
	int ret = device_memory(self, m, HS_PGMAP_PRIVATE);

	if (!ret)
		ret = anonymous(self, m);
	if (!ret)
		ret = hs_pgmap_page_alloc(self, m->pgmap, &m->page);
	if (ret)
		return ret;
	hs_page_set_private(self, m->page, CONTENTS);
	return hs_migrate_insert_page(self, m->mm, 0, m->page, true);
}

/* ---- checks ------------------------------------------------------------------------------ */

static inline void expect_page(struct hs_task *self, struct model *m, uint64_t contents)
{
	struct hs_page *page = page_of(self, entry_at(self, m, 0));

	expect(page && hs_page_count(self, page) == 1);
	expect(hs_page_mapcount(self, page) == 1);
	expect(hs_page_private(self, page) == contents);
}

static inline void check_page(struct hs_task *self, struct model *m)
{
	expect(hs_pages_allocated(self) == 1);
	expect_page(self, m, CONTENTS);
}

static inline void check_page_or_zapped(struct hs_task *self, struct model *m)
{
	uint64_t e = entry_at(self, m, 0);

	expect(hs_pages_allocated(self) == (e && e != HS_FAULT_ZERO_ENTRY));
	if (hs_pages_allocated(self))
		expect_page(self, m, CONTENTS);
}

/* ---- the scenario ------------------------------------------------------------------------ */

static inline int setup(struct hs_task *self, struct hs_plan *plan, void *state, const void *param)
{
	static const char *const names[TASKS] = { "one", "two", "three" };
	struct model *m = state;
	int ret = basics(self, m);

	m->race = param;
	if (!ret)
		ret = m->race->setup(self, m);
	for (int i = 0; !ret && i < TASKS && m->race->task[i]; i++)
		ret = hs_plan_task(plan, names[i], m->race->task[i], m);
	return ret;
}

static inline void check(struct hs_task *self, void *state, const void *param)
{
	struct model *m = state;

	(void)param;
	if (m->race->check)
		m->race->check(self, m);
	hs_mm_destroy(self, m->mm);
	if (m->gate)
		hs_gate_destroy(self, m->gate);
	if (m->mapping)
		hs_mapping_destroy(self, m->mapping);
	if (m->pgmap)
		hs_pgmap_destroy(self, m->pgmap);
	expect(!hs_pages_allocated(self));
}

static const struct hs_scenario scenario = {
	.name = "faults",
	.state_size = sizeof(struct model),
	.setup = setup,
	.check = check,
};

static inline void explored(const struct race *race, enum hs_verdict verdict)
{
	struct hs_explore_options options;
	struct hs_explore_result r;

	hs_explore_options_init(&options);
	options.max_executions = test_is_short() ? 500 : 0;
	assert_int_equal(hs_explore(&scenario, race, &options, &r), 0);
	if (r.verdict != verdict)
		print_error("%s: %s\n%s\n", hs_verdict_name(r.verdict), r.message,
			    r.schedule ? r.schedule : "");
	assert_int_equal(r.verdict, verdict);
	if (getenv("HMMSIM_TEST_VERBOSE"))
		print_message("%llu complete of %llu executions, %u steps at most\n",
			      (unsigned long long)r.complete, (unsigned long long)r.executions,
			      r.steps_max);
	if (verdict == HS_VERDICT_NONE) {
		assert_true(r.exhaustive || options.max_executions);
		assert_true(r.complete > 1);
	}
	hs_explore_result_free(&r);
}

#define hold(races)                                                        \
	for (size_t i_ = 0; i_ < sizeof(races) / sizeof((races)[0]); i_++) \
	explored(&(races)[i_], HS_VERDICT_NONE)

#endif
