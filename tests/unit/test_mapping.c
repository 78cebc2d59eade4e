/* SPDX-License-Identifier: MIT */
/*
 * Mappings: what their pages are, which VMAs may map them, and how all of one is unmapped.
 */
#include <hmmsim/fault.h>
#include <hmmsim/pgmap.h>

#include "mm/mapping.h"
#include "mm/mm.h"
#include "mm/vma.h"
#include "support/death.h"
#include "support/machine.h"

#define BASE 0x7f0000000000ull
#define HUGE (512 * PAGE)
#define FIRST 0x200000ull /* of each pgmap, one after the other */
#define PAGES 0x800ull
#define SHARED (HS_VM_READ | HS_VM_WRITE | HS_VM_SHARED)
#define PRIVATE (HS_VM_READ | HS_VM_WRITE)
#define PRESENT (HS_ENTRY_VALID | HS_ENTRY_WRITE)
#define DEVMAP (PRESENT | HS_ENTRY_DEVMAP)
#define TYPED(type, flags, pfn) ((flags) | (uint64_t)(type) << HS_ENTRY_TYPE_SHIFT | (pfn))

static const enum hs_pgmap_type types[HS_MAPPING_KIND_COUNT] = { HS_PGMAP_FS_DAX, HS_PGMAP_GENERIC,
								 HS_PGMAP_P2PDMA };

struct fixture {
	struct machine m;
	struct hs_pgmap *pgmap[HS_MAPPING_KIND_COUNT];
	struct hs_mapping *mapping;
	struct hs_mm *mm[2];
	struct hs_interval_sub sub[2];
	struct hs_invalidation seen[2][4];
	uint32_t told[2];
};

static uint64_t first_of(enum hs_mapping_kind kind)
{
	return FIRST + kind * PAGES;
}

static bool probe(struct hs_task *self, struct fixture *f, int i, struct hs_interval_sub *sub,
		  const struct hs_invalidation *inv, uint64_t cur_seq)
{
	hs_interval_set_seq(self, sub, cur_seq);
	if (f->told[i] < 4)
		f->seen[i][f->told[i]] = *inv;
	f->told[i]++;
	return true;
}

static bool probe_0(struct hs_task *self, struct hs_interval_sub *sub,
		    const struct hs_invalidation *inv, uint64_t cur_seq)
{
	struct fixture *f = (struct fixture *)((char *)sub - offsetof(struct fixture, sub[0]));

	return probe(self, f, 0, sub, inv, cur_seq);
}

static bool probe_1(struct hs_task *self, struct hs_interval_sub *sub,
		    const struct hs_invalidation *inv, uint64_t cur_seq)
{
	struct fixture *f = (struct fixture *)((char *)sub - offsetof(struct fixture, sub[1]));

	return probe(self, f, 1, sub, inv, cur_seq);
}

static const struct hs_interval_ops ops[2] = { { probe_0 }, { probe_1 } };

static int setup(void **state)
{
	struct fixture *f = test_calloc(1, sizeof(*f));
	struct hs_task *self;

	machine_open_failing(&f->m, 0);
	self = f->m.self;
	for (uint32_t k = 0; k < HS_MAPPING_KIND_COUNT; k++)
		assert_int_equal(hs_pgmap_add(self, types[k], first_of((enum hs_mapping_kind)k),
					      first_of((enum hs_mapping_kind)k) + PAGES, NULL,
					      &f->pgmap[k]),
				 0);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(hs_mm_create(self, hs_geometry(HS_GEOMETRY_X86_64), &f->mm[i]), 0);
		assert_int_equal(hs_interval_insert(self, &f->sub[i], f->mm[i]->notifiers, 0,
						    UINT64_MAX, &ops[i]),
				 0);
	}
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	struct hs_task *self = f->m.self;

	for (int i = 0; i < 2; i++) {
		hs_interval_remove(self, &f->sub[i]);
		hs_mm_destroy(self, f->mm[i]);
	}
	if (f->mapping)
		hs_mapping_destroy(self, f->mapping);
	for (uint32_t k = 0; k < HS_MAPPING_KIND_COUNT; k++)
		hs_pgmap_remove(self, f->pgmap[k]);
	machine_close(&f->m);
	test_free(f);
	return 0;
}

static struct hs_mapping_config config_of(const struct fixture *f, enum hs_mapping_kind kind)
{
	return (struct hs_mapping_config){
		.kind = kind, .pgmap = f->pgmap[kind], .first = first_of(kind), .pages = PAGES
	};
}

static void make(struct fixture *f, enum hs_mapping_kind kind, uint32_t level)
{
	struct hs_mapping_config config = config_of(f, kind);

	config.level = level;
	config.leaf_order = level * 9;
	assert_int_equal(hs_mapping_create(f->m.self, &config, &f->mapping), 0);
}

/* ---- making one -------------------------------------------------------------------------- */

static void configurations_must_fit_the_pgmap(void **state)
{
	struct fixture *f = *state;
	struct hs_mapping *m = NULL;
	const struct {
		enum hs_mapping_kind kind;
		uint64_t first, pages;
		uint32_t level, order;
		int pgmap, ret;
	} table[] = {
		{ HS_MAPPING_DAX_FILE, 0, PAGES, 0, 0, 0, 0 },
		{ HS_MAPPING_DAX_FILE, 0, 1, 1, 9, 0, 0 },
		{ HS_MAPPING_DAX_FILE, 3, 10 * PAGES, 2, 18, 0, 0 }, /* sparse */
		{ HS_MAPPING_DAX_FILE, PAGES, 1, 0, 0, 0, 0 },	     /* no block left */
		{ HS_MAPPING_DAX_FILE, PAGES + 1, 1, 0, 0, 0, -EINVAL },
		{ HS_MAPPING_DAX_FILE, (uint64_t)-1, 1, 0, 0, 0, -EINVAL },
		{ HS_MAPPING_DAX_FILE, 0, 0, 0, 0, 0, -EINVAL },
		{ HS_MAPPING_DAX_FILE, 0, (1ull << 40) + 1, 0, 0, 0, -EINVAL },
		{ HS_MAPPING_DAX_FILE, 0, 1, 0, 9, 0, -EINVAL },
		{ HS_MAPPING_DAX_FILE, 0, 1, 1, 0, 0, -EINVAL },
		{ HS_MAPPING_DAX_FILE, 0, 1, 1, 40, 0, -EINVAL },
		{ HS_MAPPING_DAX_FILE, 0, 1, HS_LEVELS_MAX, 9, 0, -EINVAL },
		{ HS_MAPPING_DAX_FILE, 0, 1, 0, 0, 1, -EINVAL },
		{ HS_MAPPING_DAX_FILE, 0, 1, 0, 0, -1, -EINVAL },
		{ HS_MAPPING_DEVICE_DAX, 0, PAGES, 1, 9, 1, 0 },
		{ HS_MAPPING_DEVICE_DAX, 512, PAGES - 512, 1, 9, 1, 0 },
		{ HS_MAPPING_DEVICE_DAX, 5, 7, 0, 0, 1, 0 },
		{ HS_MAPPING_DEVICE_DAX, 5, PAGES - 4, 0, 0, 1, -EINVAL },
		{ HS_MAPPING_DEVICE_DAX, 5, 512, 1, 9, 1, -EINVAL },
		{ HS_MAPPING_DEVICE_DAX, 0, 513, 1, 9, 1, -EINVAL },
		{ HS_MAPPING_DEVICE_DAX, 0, 1, 0, 0, 2, -EINVAL },
		{ HS_MAPPING_P2PDMA, 0, PAGES, 0, 0, 2, 0 },
		{ HS_MAPPING_P2PDMA, 0, PAGES + 1, 0, 0, 2, -EINVAL },
		{ HS_MAPPING_P2PDMA, 0, 512, 1, 9, 2, -EINVAL },
		{ HS_MAPPING_P2PDMA, 0, 1, 0, 0, 0, -EINVAL },
		{ HS_MAPPING_KIND_COUNT, 0, 1, 0, 0, 0, -EINVAL },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct hs_mapping_config c = { .kind = table[i].kind,
					       .pages = table[i].pages,
					       .level = table[i].level,
					       .leaf_order = table[i].order };
		int ret;

		c.pgmap = table[i].pgmap < 0 ? NULL : f->pgmap[table[i].pgmap];
		c.first = first_of(table[i].kind) + table[i].first;
		ret = hs_mapping_create(f->m.self, &c, &m);
		if (ret != table[i].ret)
			fail_msg("configuration %zu: %d, expected %d", i, ret, table[i].ret);
		if (ret)
			continue;
		assert_int_equal(m->kind, c.kind);
		assert_ptr_equal(m->pgmap, c.pgmap);
		assert_int_equal(hs_mapping_pages(m), c.pages);
		assert_int_equal(hs_mapping_vmas(f->m.self, m), 0);
		assert_true(hs_mapping_alive(f->m.self, m));
		hs_mapping_destroy(f->m.self, m);
	}
}

static void making_one_can_run_out_of_memory(void **state)
{
	uint64_t fail;
	int ret = -1, failed = 0;

	(void)state;
	for (fail = 5; ret; fail++) {
		struct hs_mapping_config config = { .kind = HS_MAPPING_DAX_FILE,
						    .first = FIRST,
						    .pages = PAGES };
		struct hs_mapping *mapping = NULL;
		struct hs_pgmap *pgmap = NULL;
		struct machine m;

		machine_open_failing(&m, fail);
		ret = hs_pgmap_add(m.self, HS_PGMAP_FS_DAX, FIRST, FIRST + PAGES, NULL, &pgmap);
		config.pgmap = pgmap;
		if (!ret) {
			ret = hs_mapping_create(m.self, &config, &mapping);
			failed += ret == -ENOMEM;
			assert_true(!ret || !mapping);
		}
		if (mapping)
			hs_mapping_destroy(m.self, mapping);
		if (pgmap)
			hs_pgmap_remove(m.self, pgmap);
		machine_close(&m);
	}
	assert_int_equal(failed, 2);
}

/* ---- pages ------------------------------------------------------------------------------- */

static void a_file_gets_blocks_in_the_order_of_asking(void **state)
{
	struct fixture *f = *state;
	struct hs_mapping_config config = config_of(f, HS_MAPPING_DAX_FILE);
	struct hs_task *self = f->m.self;
	uint64_t pfn = 1;

	config.first += PAGES - 2;
	config.pages = 4;
	assert_int_equal(hs_mapping_create(self, &config, &f->mapping), 0);
	assert_int_equal(hs_mapping_pfn(self, f->mapping, 0, &pfn), -ENOENT);
	assert_int_equal(hs_mapping_allocate(self, f->mapping, 2), 0);
	assert_int_equal(hs_mapping_allocate(self, f->mapping, 0), 0);
	assert_int_equal(hs_mapping_allocate(self, f->mapping, 2), 0);
	assert_int_equal(hs_mapping_pfn(self, f->mapping, 2, &pfn), 0);
	assert_int_equal(pfn, FIRST + PAGES - 2);
	assert_int_equal(hs_mapping_pfn(self, f->mapping, 0, &pfn), 0);
	assert_int_equal(pfn, FIRST + PAGES - 1);
	assert_int_equal(hs_mapping_allocate(self, f->mapping, 1), -ENOSPC);
	assert_int_equal(hs_mapping_pfn(self, f->mapping, 1, &pfn), -ENOENT);
	assert_int_equal(hs_mapping_allocate(self, f->mapping, 0), 0);
	assert_int_equal(hs_mapping_allocate(self, f->mapping, 4), -EINVAL);
	assert_int_equal(hs_mapping_pfn(self, f->mapping, 4, &pfn), -EINVAL);
}

/* The entry that maps the zero page for the hole is taken away. */
static void a_block_takes_the_place_of_the_zero_page(void **state)
{
	struct fixture *f = *state;
	struct hs_task *self = f->m.self;
	uint64_t pfn = 0;

	make(f, HS_MAPPING_DAX_FILE, 0);
	assert_int_equal(hs_mmap(self, f->mm[1], BASE, BASE + 2 * PAGE, SHARED, f->mapping, 0), 0);
	for (uint64_t i = 0; i < 2; i++) {
		assert_int_equal(hs_cpu_access(self, f->mm[1], BASE + i * PAGE, false, &pfn), 0);
		assert_int_equal(pfn, HS_ZERO_PFN);
	}
	assert_int_equal(hs_mapping_pfn(self, f->mapping, 0, &pfn), -ENOENT);
	assert_int_equal(f->told[1], 0);
	assert_int_equal(hs_mapping_allocate(self, f->mapping, 0), 0);
	assert_int_equal(f->told[1], 1);
	assert_int_equal(hs_pt_get(self, f->mm[1], BASE, 0), 0);
	assert_true(hs_pt_get(self, f->mm[1], BASE + PAGE, 0));
}

static void pages_of_devices_are_where_they_are(void **state)
{
	struct fixture *f = *state;
	struct hs_task *self = f->m.self;
	uint64_t pfn = 1;

	make(f, HS_MAPPING_P2PDMA, 0);
	assert_int_equal(hs_mapping_pfn(self, f->mapping, 5, &pfn), -ENOENT);
	assert_int_equal(hs_mapping_pfn(self, f->mapping, PAGES, &pfn), -EINVAL);
	assert_int_equal(hs_mapping_allocate(self, f->mapping, 0), -EINVAL);
	hs_mapping_destroy(self, f->mapping);
	make(f, HS_MAPPING_DEVICE_DAX, 1);
	assert_int_equal(hs_mapping_pfn(self, f->mapping, 5, &pfn), 0);
	assert_int_equal(pfn, FIRST + PAGES + 5);
	assert_int_equal(hs_mapping_pfn(self, f->mapping, PAGES, &pfn), -EINVAL);
	assert_int_equal(hs_mapping_allocate(self, f->mapping, 0), -EINVAL);
}

/* ---- who may map it ---------------------------------------------------------------------- */

static int map(struct fixture *f, uint64_t start, uint64_t end, uint32_t flags, uint64_t pgoff)
{
	return hs_mmap(f->m.self, f->mm[0], BASE + start, BASE + end, flags, f->mapping, pgoff);
}

static void device_dax_is_mapped_shared_and_in_whole_leaves(void **state)
{
	struct fixture *f = *state;

	make(f, HS_MAPPING_DEVICE_DAX, 1);
	assert_int_equal(map(f, 0, HUGE, PRIVATE, 0), -EINVAL);
	assert_int_equal(map(f, PAGE, HUGE, SHARED, 0), -EINVAL);
	assert_int_equal(map(f, 0, HUGE + PAGE, SHARED, 0), -EINVAL);
	assert_int_equal(map(f, 0, HUGE, SHARED, 1), -EINVAL);
	assert_int_equal(map(f, 0, HUGE, SHARED, PAGES), -EINVAL);
	assert_int_equal(map(f, 0, 4 * HUGE, SHARED, 512), -EINVAL);
	assert_int_equal(map(f, 0, HUGE, SHARED, UINT64_MAX - 511), -EINVAL);
	assert_int_equal(hs_vma_count(f->mm[0]), 0);
	assert_int_equal(map(f, 0, 3 * HUGE, SHARED, 512), 0);
	assert_int_equal(map(f, HUGE, 2 * HUGE, SHARED, 512), -EEXIST);
	assert_int_equal(hs_vma_at(f->mm[0], BASE)->flags, SHARED);
	assert_int_equal(hs_mapping_vmas(f->m.self, f->mapping), 1);
	hs_mapping_disable(f->m.self, f->mapping);
	assert_int_equal(map(f, 4 * HUGE, 5 * HUGE, SHARED, 0), -ENXIO);
}

static void p2pdma_is_mapped_shared_and_mixed(void **state)
{
	struct fixture *f = *state;

	make(f, HS_MAPPING_P2PDMA, 0);
	assert_int_equal(map(f, 0, PAGE, PRIVATE, 0), -EINVAL);
	assert_int_equal(map(f, 0, 2 * PAGE, SHARED, PAGES - 1), -EINVAL);
	assert_int_equal(map(f, 0, PAGE, SHARED, PAGES - 1), 0);
	assert_int_equal(hs_vma_at(f->mm[0], BASE)->flags, SHARED | HS_VM_MIXEDMAP);
	hs_mapping_disable_start(f->m.self, f->mapping);
	assert_int_equal(map(f, HUGE, HUGE + PAGE, SHARED, 0), -ENXIO);
}

/* hs_mmap() accepts pages beyond the end and a disabled file; the fault refuses them. */
static void a_file_is_mapped_in_any_way(void **state)
{
	struct fixture *f = *state;

	make(f, HS_MAPPING_DAX_FILE, 1);
	assert_int_equal(map(f, 0, PAGE, PRIVATE, 3), 0);
	assert_int_equal(map(f, PAGE, 3 * PAGE, SHARED, PAGES + 7), 0);
	assert_int_equal(map(f, HUGE, HUGE + 2 * PAGE, SHARED, UINT64_MAX - 1), -EINVAL);
	hs_mapping_disable(f->m.self, f->mapping);
	assert_int_equal(map(f, HUGE, HUGE + PAGE, SHARED, 0), 0);
	assert_int_equal(hs_mapping_vmas(f->m.self, f->mapping), 3);
}

/* ---- disable ----------------------------------------------------------------------------- */

static void a_killed_mapping_is_disabled_when_the_last_fault_leaves(void **state)
{
	struct fixture *f = *state;
	struct hs_task *self = f->m.self;

	make(f, HS_MAPPING_DAX_FILE, 0);
	assert_true(hs_mapping_enter(self, f->mapping));
	assert_true(hs_mapping_enter(self, f->mapping));
	assert_true(hs_mapping_alive(self, f->mapping));
	hs_mapping_disable_start(self, f->mapping);
	assert_false(hs_mapping_alive(self, f->mapping));
	assert_false(hs_mapping_disable_poll(self, f->mapping));
	assert_false(hs_mapping_enter(self, f->mapping));
	hs_mapping_leave(self, f->mapping);
	assert_false(hs_mapping_disable_poll(self, f->mapping));
	hs_mapping_leave(self, f->mapping);
	assert_true(hs_mapping_disable_poll(self, f->mapping));
	hs_mapping_disable(self, f->mapping);
	assert_false(hs_mapping_enter(self, f->mapping));
	assert_true(hs_mapping_disable_poll(self, f->mapping));
}

/* ---- invalidate -------------------------------------------------------------------------- */

static void put_entry(struct fixture *f, int mm, uint64_t addr, uint64_t entry)
{
	assert_int_equal(hs_pt_set(f->m.self, f->mm[mm], BASE + addr, 0, entry), 0);
}

static uint64_t entry_at(struct fixture *f, int mm, uint64_t addr)
{
	return hs_pt_get(f->m.self, f->mm[mm], BASE + addr, 0);
}

static void expect_told(struct fixture *f, int mm, uint32_t i, uint64_t start, uint64_t end)
{
	assert_int_equal(f->seen[mm][i].event, HS_INVALIDATE_CLEAR);
	assert_int_equal(f->seen[mm][i].start, BASE + start);
	assert_int_equal(f->seen[mm][i].end, BASE + end);
	assert_true(f->seen[mm][i].blockable);
}

/* Pages 2..5 of the file, in two address spaces and two VMAs of one of them. */
static void every_vma_loses_just_the_pages_of_the_range(void **state)
{
	struct fixture *f = *state;
	struct hs_task *self = f->m.self;

	make(f, HS_MAPPING_DAX_FILE, 0);
	assert_int_equal(map(f, 0, 8 * PAGE, SHARED, 0), 0);
	assert_int_equal(map(f, HUGE, HUGE + 2 * PAGE, SHARED, 4), 0);
	assert_int_equal(map(f, 2 * HUGE, 2 * HUGE + 2 * PAGE, SHARED, 6), 0);
	assert_int_equal(hs_mmap(self, f->mm[1], BASE, BASE + 4 * PAGE, SHARED, f->mapping, 4), 0);
	for (uint64_t i = 0; i < 8; i++)
		put_entry(f, 0, i * PAGE, DEVMAP | (FIRST + i));
	for (uint64_t i = 0; i < 2; i++) {
		put_entry(f, 0, HUGE + i * PAGE, DEVMAP | (FIRST + 4 + i));
		put_entry(f, 0, 2 * HUGE + i * PAGE, DEVMAP | (FIRST + 6 + i));
	}
	for (uint64_t i = 0; i < 4; i++)
		put_entry(f, 1, i * PAGE, DEVMAP | (FIRST + 4 + i));
	hs_unmap_mapping_range(self, f->mapping, 2, 4, false);
	for (uint64_t i = 0; i < 8; i++)
		assert_int_equal(!entry_at(f, 0, i * PAGE), i >= 2 && i < 6);
	for (uint64_t i = 0; i < 4; i++)
		assert_int_equal(!entry_at(f, 1, i * PAGE), i < 2);
	for (uint64_t i = 0; i < 2; i++) {
		assert_int_equal(entry_at(f, 0, HUGE + i * PAGE), 0);
		assert_true(entry_at(f, 0, 2 * HUGE + i * PAGE));
	}
	assert_int_equal(f->told[0], 2);
	assert_int_equal(f->told[1], 1);
	expect_told(f, 0, f->seen[0][0].start == BASE ? 0 : 1, 2 * PAGE, 6 * PAGE);
	expect_told(f, 0, f->seen[0][0].start == BASE + HUGE ? 0 : 1, HUGE, HUGE + 2 * PAGE);
	expect_told(f, 1, 0, 0, 2 * PAGE);
}

static void ranges_end_where_the_vma_does(void **state)
{
	static const struct {
		uint64_t first, count, start, end; /* of a VMA of pages 4..7 */
	} table[] = { { 0, 4, 0, 0 }, { 0, 5, 0, 1 },	       { 7, 1, 3, 4 },
		      { 8, 9, 0, 0 }, { 0, UINT64_MAX, 0, 4 }, { 6, UINT64_MAX, 2, 4 },
		      { 5, 0, 0, 0 }, { UINT64_MAX, 1, 0, 0 }, { 7, UINT64_MAX - 6, 3, 4 },
		      { 4, 4, 0, 4 } };
	struct fixture *f = *state;

	make(f, HS_MAPPING_DAX_FILE, 0);
	assert_int_equal(map(f, 0, 4 * PAGE, SHARED, 4), 0);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		for (uint64_t k = 0; k < 4; k++)
			put_entry(f, 0, k * PAGE, DEVMAP | (FIRST + k));
		f->told[0] = 0;
		hs_unmap_mapping_range(f->m.self, f->mapping, table[i].first, table[i].count,
				       false);
		for (uint64_t k = 0; k < 4; k++)
			assert_int_equal(!entry_at(f, 0, k * PAGE),
					 k >= table[i].start && k < table[i].end);
		assert_int_equal(f->told[0], table[i].start < table[i].end);
		if (f->told[0])
			expect_told(f, 0, 0, table[i].start * PAGE, table[i].end * PAGE);
	}
}

static void private_copies_go_only_with_even_cows(void **state)
{
	const uint64_t own[] = {
		PRESENT | 0x300,
		HS_ENTRY_VALID | (FIRST - 1),
		HS_ENTRY_VALID | (FIRST + PAGES),
		TYPED(HS_TYPE_PROTNONE, 0, 0x301),
		TYPED(HS_TYPE_SWAP, 0, FIRST),
		TYPED(HS_TYPE_MIGRATION, HS_ENTRY_WRITE, FIRST),
		TYPED(HS_TYPE_EXCLUSIVE, 0, FIRST),
		TYPED(HS_TYPE_HWPOISON, 0, FIRST),
		TYPED(HS_TYPE_MARKER, 0, 0),
		TYPED(HS_TYPE_POISON, 0, 0),
		HS_ENTRY_DEVPRIV | 0x500000,
	};
	const uint64_t files[] = {
		DEVMAP | FIRST,
		HS_ENTRY_VALID | HS_ENTRY_DEVMAP | 0x900000,
		PRESENT | (FIRST + PAGES - 1),
		TYPED(HS_TYPE_ZERO, HS_ENTRY_VALID, HS_ZERO_PFN),
		TYPED(HS_TYPE_PROTNONE, 0, HS_ZERO_PFN),
		TYPED(HS_TYPE_PROTNONE, HS_ENTRY_DEVMAP, FIRST + 1),
	};
	const uint64_t n = sizeof(own) / sizeof(own[0]), m = sizeof(files) / sizeof(files[0]);
	struct fixture *f = *state;

	make(f, HS_MAPPING_DAX_FILE, 0);
	assert_int_equal(map(f, 0, (n + m) * PAGE, PRIVATE, 0), 0);
	for (uint64_t i = 0; i < n + m; i++)
		put_entry(f, 0, i * PAGE, i < n ? own[i] : files[i - n]);
	hs_unmap_mapping_range(f->m.self, f->mapping, 0, PAGES, false);
	for (uint64_t i = 0; i < n + m; i++)
		assert_int_equal(entry_at(f, 0, i * PAGE), i < n ? own[i] : 0);
	hs_unmap_mapping_range(f->m.self, f->mapping, 0, PAGES, true);
	for (uint64_t i = 0; i < n + m; i++)
		assert_int_equal(entry_at(f, 0, i * PAGE), 0);
}

/*
 * The invalidation covers the leaves that faults may be making; only entries of the range are
 * taken.
 */
static void the_section_covers_whole_leaves_and_the_zap_does_not(void **state)
{
	const uint64_t leaf = DEVMAP | (uint64_t)9 << HS_ENTRY_ORDER_SHIFT | (FIRST + 512);
	struct fixture *f = *state;
	struct hs_task *self = f->m.self;

	make(f, HS_MAPPING_DAX_FILE, 1);
	assert_int_equal(map(f, 0, 2 * HUGE, SHARED, 0), 0);
	put_entry(f, 0, 0, DEVMAP | FIRST);
	put_entry(f, 0, PAGE, DEVMAP | (FIRST + 1));
	assert_int_equal(hs_pt_set(self, f->mm[0], BASE + HUGE, 1, leaf), 0);
	hs_unmap_mapping_range(self, f->mapping, 1, 1, false);
	expect_told(f, 0, 0, 0, HUGE);
	assert_int_equal(entry_at(f, 0, 0), DEVMAP | FIRST);
	assert_int_equal(entry_at(f, 0, PAGE), 0);
	assert_int_equal(hs_pt_get(self, f->mm[0], BASE + HUGE, 1), leaf);
	hs_unmap_mapping_range(self, f->mapping, 1000, 1, false);
	expect_told(f, 0, 1, HUGE, 2 * HUGE);
	assert_int_equal(hs_pt_get(self, f->mm[0], BASE + HUGE, 1), 0);
	assert_int_equal(f->told[0], 2);
}

/* ---- wrong use --------------------------------------------------------------------------- */

static struct fixture *now;

static void destroy_mapped(void)
{
	hs_mapping_destroy(now->m.self, now->mapping);
}

static void leave_twice(void)
{
	hs_mapping_leave(now->m.self, now->mapping);
}

static void unlink_unknown(void)
{
	struct hs_vma vma = { .mapping = now->mapping };

	hs_mapping_unlink(now->m.self, now->mapping, &vma);
}

static void allocate_unlocked(void)
{
	hs_mapping_allocate_locked(now->m.self, now->mapping, 0);
}

static void look_unlocked(void)
{
	uint64_t pfn;

	hs_mapping_pfn_locked(now->m.self, now->mapping, 0, &pfn);
}

static const struct {
	void (*fn)(void);
	const char *text;
} wrong[] = {
	{ destroy_mapped, "hs_mapping_destroy: 1 VMAs map it" },
	{ leave_twice, "hs_mapping_leave: no fault is in the mapping" },
	{ unlink_unknown, "hs_mapping_unlink: the mapping does not have the VMA" },
	{ allocate_unlocked, "hs_mapping_allocate_locked: entry_lock is not held" },
	{ look_unlocked, "hs_mapping_pfn_locked: entry_lock is not held" },
};

static void go_wrong(void *arg)
{
	wrong[*(const size_t *)arg].fn();
}

static void wrong_use_is_named(void **state)
{
	now = *state;
	make(now, HS_MAPPING_DAX_FILE, 0);
	assert_int_equal(map(now, 0, PAGE, SHARED, 0), 0);
	for (size_t i = 0; i < COUNT(wrong); i++)
		death_expect(go_wrong, &i, wrong[i].text);
}

#define mapping_test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		mapping_test(configurations_must_fit_the_pgmap),
		cmocka_unit_test(making_one_can_run_out_of_memory),
		mapping_test(a_file_gets_blocks_in_the_order_of_asking),
		mapping_test(a_block_takes_the_place_of_the_zero_page),
		mapping_test(pages_of_devices_are_where_they_are),
		mapping_test(device_dax_is_mapped_shared_and_in_whole_leaves),
		mapping_test(p2pdma_is_mapped_shared_and_mixed),
		mapping_test(a_file_is_mapped_in_any_way),
		mapping_test(a_killed_mapping_is_disabled_when_the_last_fault_leaves),
		mapping_test(every_vma_loses_just_the_pages_of_the_range),
		mapping_test(ranges_end_where_the_vma_does),
		mapping_test(private_copies_go_only_with_even_cows),
		mapping_test(the_section_covers_whole_leaves_and_the_zap_does_not),
		mapping_test(wrong_use_is_named),
	};

	return cmocka_run_group_tests_name("mapping", tests, NULL, NULL);
}
