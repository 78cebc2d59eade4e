/* SPDX-License-Identifier: MIT */
/*
 * mirrored.h - an address space of eight pages made by hand, scripted faults, and a device on it
 */
#ifndef HS_TESTS_MIRRORED_H
#define HS_TESTS_MIRRORED_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <hmmsim/fault.h>
#include <hmmsim/pgmap.h>

#include "device/dmirror.h"
#include "mm/mm.h"
#include "support/world.h"

#define PAGE HS_PAGE_BYTES
#define BASE 0x7f0000000000u
#define PFN 0x1000u
#define PAGES 8u
#define PRESENT (HS_ENTRY_VALID | HS_ENTRY_WRITE)

struct kit {
	struct world w;
	struct hs_mm *mm;
	struct hs_dmirror_config config;
	struct hs_dmirror *dev;
	/* what the next faults do, first to last; then SIGBUS */
	uint64_t entry[4];
	uint32_t given, wanted, faults;
	struct hs_invalidation during; /* start == end: no invalidation during a fault */
};

static struct kit *now;

/* ---- faults ------------------------------------------------------------------------------ */

static inline uint32_t scripted_fault(struct hs_task *self, struct hs_mm *mm,
				      const struct hs_vma *vma, uint64_t addr, uint32_t flags,
				      void *arg)
{
	struct kit *k = arg;

	(void)flags;
	k->faults++;
	if (!vma || k->given == k->wanted)
		return HS_VM_FAULT_SIGBUS;
	hs_assert(self, !hs_pt_set(self, mm, addr, 0, k->entry[k->given++]), "no table");
	if (k->during.start == k->during.end)
		return 0;
	hs_assert(self, !hs_invalidate_start(self, hs_mm_notifiers(mm), &k->during), "start");
	hs_invalidate_end(self, hs_mm_notifiers(mm), &k->during);
	return 0;
}

static inline void scripted_wait(struct hs_task *self, struct hs_mm *mm, uint64_t addr,
				 uint32_t level, void *arg)
{
	(void)self;
	(void)mm;
	(void)addr;
	(void)level;
	(void)arg;
}

static const struct hs_fault_ops scripted = { scripted_fault, scripted_wait };

static inline void will_fault(uint64_t entry)
{
	now->entry[now->wanted++] = entry;
}

/* ---- kit --------------------------------------------------------------------------------- */

static inline uint64_t at(uint64_t page)
{
	return BASE + page * PAGE;
}

static inline void map(uint64_t page, uint64_t entry)
{
	assert_int_equal(hs_pt_set(now->w.self, now->mm, at(page), 0, entry), 0);
}

static inline int up(void **state)
{
	struct kit *k = test_calloc(1, sizeof(*k));

	now = k;
	world_open_failing(&k->w, 0);
	assert_int_equal(hs_mm_create(k->w.self, hs_geometry(HS_GEOMETRY_X86_64), &k->mm), 0);
	hs_mm_set_fault_ops(k->mm, &scripted, k);
	assert_int_equal(hs_vma_add(k->w.self, k->mm, at(0), at(PAGES), HS_VM_READ | HS_VM_WRITE),
			 0);
	for (uint64_t i = 0; i < PAGES; i++)
		map(i, PRESENT | (PFN + i));
	hs_dmirror_config_init(&k->config, k->mm, at(0), at(PAGES));
	*state = k;
	return 0;
}

static inline int down(void **state)
{
	struct kit *k = *state;

	if (k->dev)
		hs_dmirror_destroy(k->w.self, k->dev);
	if (k->mm)
		hs_mm_destroy(k->w.self, k->mm);
	world_close(&k->w);
	test_free(k);
	return 0;
}

#define device_unit_test(f) cmocka_unit_test_setup_teardown(f, up, down)

static inline void open_device(void)
{
	assert_int_equal(hs_dmirror_create(now->w.self, &now->config, &now->dev), 0);
}

static inline void close_device(void)
{
	hs_dmirror_destroy(now->w.self, now->dev);
	now->dev = NULL;
	now->given = now->wanted = now->faults = 0;
}

/* Each body of the test with a device of either validity. */
static inline void each_validity(void (*test)(void))
{
	for (int v = 0; v < HS_VALIDITY_COUNT; v++) {
		now->config.validity = (enum hs_validity)v;
		open_device();
		test();
		close_device();
	}
}

static inline int populate(uint64_t first, uint64_t end, bool write)
{
	return hs_dmirror_populate(now->w.self, now->dev, at(first), at(end), write);
}

static inline uint64_t entry(uint64_t page)
{
	return hs_dmirror_entry(now->w.self, now->dev, at(page));
}

/* A string of the pages: '-' nothing, 'r' or 'w' the page that the CPU's table has there. */
static inline void expect(const char *pages)
{
	for (uint64_t i = 0; i < PAGES; i++) {
		uint64_t e = entry(i), want = HS_PFN_VALID | (PFN + i);

		if (pages[i] == 'w')
			want |= HS_PFN_WRITE;
		assert_int_equal(e, pages[i] == '-' ? 0 : want);
	}
}

static inline struct hs_dmirror_stats stats(void)
{
	struct hs_dmirror_stats s;

	hs_dmirror_stats(now->w.self, now->dev, &s);
	return s;
}

static inline struct hs_invalidation inv(uint64_t start, uint64_t end)
{
	return (struct hs_invalidation){ start, end, HS_INVALIDATE_UNMAP, NULL, true };
}

static inline void invalidate(struct hs_invalidation i)
{
	assert_int_equal(hs_invalidate_start(now->w.self, hs_mm_notifiers(now->mm), &i), 0);
	hs_invalidate_end(now->w.self, hs_mm_notifiers(now->mm), &i);
}

#endif
