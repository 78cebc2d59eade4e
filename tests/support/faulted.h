/* SPDX-License-Identifier: MIT */
/*
 * faulted.h - an address space with memory behind it, and somebody who notes what notifiers are told
 */
#ifndef HS_TESTS_FAULTED_H
#define HS_TESTS_FAULTED_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <hmmsim/fault.h>
#include <hmmsim/pgmap.h>
#include <hmmsim/pte_ops.h>

#include "memory/memory.h"
#include "mm/mm.h"
#include "mm/vma.h"
#include "support/world.h"

#define BASE 0x40000000ull
#define PAGE 0x1000ull
#define LEAF 0x200000ull
#define RAM_START 0x8000u
#define RAM_END 0x8200u
#define DEVICE_START 0x100000u
#define DEVICE_END 0x100800u
#define RW (HS_VM_READ | HS_VM_WRITE | HS_VM_MAYWRITE)
#define COUNTED HS_ENTRY_COUNTED
#define PRESENT (HS_ENTRY_VALID | COUNTED)
#define ZERO_ENTRY hs_entry_typed(HS_TYPE_ZERO, HS_ZERO_PFN, PRESENT)

struct faulted {
	struct world w;
	struct hs_task *self;
	struct hs_mm *mm;
	struct hs_notifier probe;
	uint32_t starts, ends;
	struct hs_invalidation told; /* of the last start */
	uint64_t entry_then;	     /* what the entry at .told.start was */
};

static int probe_start(struct hs_task *self, struct hs_notifier *n,
		       const struct hs_invalidation *inv)
{
	struct faulted *t = (struct faulted *)((char *)n - offsetof(struct faulted, probe));

	t->starts++;
	t->told = *inv;
	t->entry_then = hs_pt_get(self, t->mm, inv->start, 0);
	return 0;
}

static void probe_end(struct hs_task *self, struct hs_notifier *n,
		      const struct hs_invalidation *inv)
{
	struct faulted *t = (struct faulted *)((char *)n - offsetof(struct faulted, probe));

	(void)self;
	assert_memory_equal(inv, &t->told, sizeof(*inv));
	t->ends++;
}

static const struct hs_notifier_ops probe_ops = { probe_start, probe_end, NULL };

/* 0, or what failed: then nothing of it is left. */
static inline int faulted_try(struct faulted *t, uint64_t fail)
{
	int ret;

	memset(t, 0, sizeof(*t));
	world_open_failing(&t->w, fail);
	t->self = t->w.self;
	ret = hs_memory_add(t->self, RAM_START, RAM_END, true);
	if (!ret)
		ret = hs_mm_create(t->self, hs_geometry(HS_GEOMETRY_X86_64), &t->mm);
	if (!ret)
		ret = hs_notifier_register(t->self, &t->probe, hs_mm_notifiers(t->mm), &probe_ops);
	return ret;
}

static inline void faulted_open(struct faulted *t)
{
	assert_int_equal(faulted_try(t, 0), 0);
}

/* Whatever is mapped goes, and no page of system memory is left. */
static inline void faulted_close(struct faulted *t)
{
	if (t->probe.notifiers)
		hs_notifier_unregister(t->self, &t->probe);
	if (t->mm)
		hs_mm_destroy(t->self, t->mm);
	assert_int_equal(hs_pages_allocated(t->self), 0);
	world_close(&t->w);
}

static inline void map(struct faulted *t, uint64_t start, uint64_t pages, uint32_t flags)
{
	assert_int_equal(
		hs_mmap(t->self, t->mm, start, start + pages * PAGE, flags, NULL, start / PAGE), 0);
}

static inline uint64_t entry_at(struct faulted *t, uint64_t addr)
{
	return hs_pt_get(t->self, t->mm, addr, 0);
}

static inline struct hs_page *page_at(struct faulted *t, uint64_t addr)
{
	struct hs_page *page = hs_pfn_to_page(t->self, hs_entry_pfn(entry_at(t, addr)));

	assert_non_null(page);
	return page;
}

/* One fault, as a walker makes it. */
static inline uint32_t fault_flags(struct faulted *t, uint64_t addr, uint32_t flags)
{
	const struct hs_vma *vma;
	uint32_t ret;

	hs_mm_lock_read(t->self, t->mm);
	vma = hs_vma_at(t->mm, addr);
	ret = hs_handle_mm_fault(t->self, t->mm, vma, addr, flags, NULL);
	if (!(ret & HS_VM_FAULT_RETRY))
		hs_mm_unlock_read(t->self, t->mm);
	return ret;
}

static inline uint32_t read_fault(struct faulted *t, uint64_t addr)
{
	return fault_flags(t, addr, 0);
}

static inline uint32_t write_fault(struct faulted *t, uint64_t addr)
{
	return fault_flags(t, addr, HS_FAULT_WRITE);
}

/* Since the last time: sections of that kind, the last of them over [start, end). */
static inline void expect_told(struct faulted *t, uint32_t sections, enum hs_invalidate_event event,
			       uint64_t start, uint64_t end, const void *owner)
{
	assert_int_equal(t->starts, sections);
	assert_int_equal(t->ends, sections);
	assert_int_equal(t->told.event, event);
	assert_int_equal(t->told.start, start);
	assert_int_equal(t->told.end, end);
	assert_ptr_equal(t->told.owner, owner);
	assert_true(t->told.blockable);
	t->starts = t->ends = 0;
}

static inline void expect_untold(struct faulted *t)
{
	assert_int_equal(t->starts, 0);
	assert_int_equal(t->ends, 0);
}

/* A page that this entry alone maps, with these contents. */
static inline void expect_page(struct faulted *t, uint64_t addr, bool write, uint64_t private)
{
	uint64_t e = entry_at(t, addr);
	struct hs_page *page = page_at(t, addr);

	assert_int_equal(e & ~HS_ENTRY_PFN, PRESENT | (write ? HS_ENTRY_WRITE : 0));
	assert_int_equal(hs_page_count(t->self, page), 1);
	assert_int_equal(hs_page_mapcount(t->self, page), 1);
	assert_int_equal(hs_page_private(t->self, page), private);
	assert_true(page->state.raw & HS_PAGE_EXCLUSIVE);
}

/* Anonymous memory of one written page with these contents. */
static inline struct hs_page *written(struct faulted *t, uint64_t private)
{
	map(t, BASE, 4, RW);
	assert_int_equal(write_fault(t, BASE), 0);
	hs_page_set_private(t->self, page_at(t, BASE), private);
	return page_at(t, BASE);
}

/* ---- device memory ----------------------------------------------------------------------- */

static inline struct hs_pgmap *device_memory(struct faulted *t, enum hs_pgmap_type type,
					     enum hs_page_refs refs, const struct hs_pgmap_ops *ops)
{
	struct hs_pgmap_config config;
	struct hs_pgmap *pgmap = NULL;

	hs_pgmap_config_init(&config, type, DEVICE_START, DEVICE_END);
	config.ops = ops;
	config.owner = &probe_ops;
	config.page_refs = refs;
	assert_int_equal(hs_pgmap_create(t->self, &config, &pgmap), 0);
	return pgmap;
}

static inline void no_page_free(struct hs_task *self, struct hs_pgmap *pgmap, struct hs_page *page)
{
	(void)self;
	(void)pgmap;
	(void)page;
}

static const struct hs_pgmap_ops system_ops = { no_page_free, hs_migrate_to_ram };

#endif
