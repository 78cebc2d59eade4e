/* SPDX-License-Identifier: MIT */
#include "support/filed.h"

/* ---- leaves ------------------------------------------------------------------------------ */

static void an_aligned_run_of_blocks_is_one_leaf(void **state)
{
	struct file f;

	(void)state;
	file_open(&f, HS_MAPPING_DAX_FILE, 1);
	blocks(&f, 0, 1024);
	map_file(&f, BASE, 1024, SHARED_RW, 0);
	assert_int_equal(read_fault(&f.t, BASE + LEAF + 5 * PAGE), 0);
	assert_int_equal(hs_pt_get(f.t.self, f.t.mm, BASE + LEAF, 1),
			 DEVMAP | HS_ENTRY_WRITE | LEAF_ORDER | (DEVICE_START + 512));
	assert_int_equal(hs_pt_get(f.t.self, f.t.mm, BASE, 1), 0);
	expect_untold(&f.t);
	file_close(&f);
}

/*
 * Each case lacks one thing that a leaf needs: a VMA that covers it, all blocks, the first block's
 * place, alignment, an empty entry, a level, blocks in order.
 */
static void blocks_that_do_not_make_a_leaf_are_mapped_by_pages(void **state)
{
	(void)state;
	for (int lack = 0; lack < 7; lack++) {
		struct file f;

		file_open(&f, HS_MAPPING_DAX_FILE, lack == 5 ? 0 : 1);
		f.mapping->next_block += lack == 3;
		if (lack == 6) {
			blocks(&f, 0, 8);
			blocks(&f, 9, 10);
		}
		blocks(&f, lack == 2, 511);
		if (lack == 2)
			blocks(&f, 0, 1);
		if (lack != 1)
			blocks(&f, 511, 512);
		map_file(&f, lack ? BASE : BASE + PAGE, lack ? 512 : 511, SHARED_RW, !lack);
		if (lack == 4)
			assert_int_equal(hs_pt_make(f.t.self, f.t.mm, BASE, 0), 0);
		assert_int_equal(read_fault(&f.t, BASE + 7 * PAGE), 0);
		assert_int_equal(entry_at(&f.t, BASE + 7 * PAGE),
				 DEVMAP | HS_ENTRY_WRITE |
					 (DEVICE_START + 7 + (lack == 3) - (lack == 2)));
		file_close(&f);
	}
}

static void a_private_leaf_is_taken_away_for_a_write(void **state)
{
	struct file f;

	(void)state;
	file_open(&f, HS_MAPPING_DAX_FILE, 1);
	blocks(&f, 0, 512);
	hs_page_set_private(f.t.self, hs_page_touch(f.t.self, DEVICE_START + 3), 8);
	map_file(&f, BASE, 512, RW, 0);
	assert_int_equal(read_fault(&f.t, BASE), 0);
	assert_int_equal(hs_pt_get(f.t.self, f.t.mm, BASE, 1), DEVMAP | LEAF_ORDER | DEVICE_START);
	assert_int_equal(write_fault(&f.t, BASE + 3 * PAGE), 0);
	assert_int_equal(hs_pt_get(f.t.self, f.t.mm, BASE, 1), 0);
	expect_told(&f.t, 1, HS_INVALIDATE_CLEAR, BASE, BASE + LEAF, NULL);
	assert_int_equal(write_fault(&f.t, BASE + 3 * PAGE), 0);
	expect_page(&f.t, BASE + 3 * PAGE, true, 8);
	assert_int_equal(read_fault(&f.t, BASE), 0);
	assert_int_equal(entry_at(&f.t, BASE), DEVMAP | DEVICE_START);
	expect_untold(&f.t);
	file_close(&f);
}

/* ---- device-dax -------------------------------------------------------------------------- */

static void a_device_maps_leaves_of_its_own_level(void **state)
{
	struct file f;

	(void)state;
	for (uint32_t level = 0; level < 2; level++) {
		uint64_t addr = BASE + LEAF + 3 * PAGE, order = (uint64_t)9 * level;
		uint64_t pfn = DEVICE_START + (level ? 512 : 515);

		file_open(&f, HS_MAPPING_DEVICE_DAX, level);
		map_file(&f, BASE, 1024, SHARED_RW, 0);
		assert_int_equal(read_fault(&f.t, addr), 0);
		assert_int_equal(hs_pt_get(f.t.self, f.t.mm, addr, level),
				 DEVMAP | HS_ENTRY_WRITE | order << HS_ENTRY_ORDER_SHIFT | pfn);
		expect_untold(&f.t);
		file_close(&f);
	}
}

/* In the mock geometry, where the leaf of a PUD is small. */
static void a_device_can_map_leaves_of_level_2(void **state)
{
	const struct hs_geometry *g = hs_geometry(HS_GEOMETRY_MOCK);
	uint64_t n = (uint64_t)1 << g->order[2], bytes = n * PAGE, pfn = 0;
	struct hs_mapping_config mc = {
		.kind = HS_MAPPING_DEVICE_DAX,
		.first = DEVICE_START,
		.pages = 2 * n,
		.level = 2,
		.leaf_order = g->order[2],
	};
	struct hs_pgmap_config pc;
	struct hs_mapping *m = NULL;
	struct hs_mm *mm = NULL;
	struct world w;

	(void)state;
	world_open_failing(&w, 0);
	hs_pgmap_config_init(&pc, HS_PGMAP_GENERIC, DEVICE_START, DEVICE_END);
	assert_int_equal(hs_pgmap_create(w.self, &pc, &mc.pgmap), 0);
	assert_int_equal(hs_mapping_create(w.self, &mc, &m), 0);
	assert_int_equal(hs_mm_create(w.self, g, &mm), 0);
	assert_int_equal(hs_mmap(w.self, mm, bytes, 2 * bytes, SHARED_RW, m, n), 0);
	assert_int_equal(hs_cpu_access(w.self, mm, bytes + PAGE, true, &pfn), 0);
	assert_int_equal(pfn, DEVICE_START + n + 1);
	assert_int_equal(hs_pt_get(w.self, mm, bytes, 2),
			 DEVMAP | HS_ENTRY_WRITE | (uint64_t)g->order[2] << HS_ENTRY_ORDER_SHIFT |
				 (DEVICE_START + n));
	hs_mm_destroy(w.self, mm);
	hs_mapping_destroy(w.self, m);
	hs_pgmap_destroy(w.self, mc.pgmap);
	world_close(&w);
}

static void a_device_leaf_that_does_not_fit_is_a_bus_error(void **state)
{
	struct hs_vma *vma;
	struct file f;

	(void)state;
	for (int lack = 0; lack < 4; lack++) {
		file_open(&f, HS_MAPPING_DEVICE_DAX, 1);
		map_file(&f, BASE, 512, SHARED_RW, 0);
		/* VMAs that hs_mmap() refuses, by start, end and page offset. */
		vma = hs_vma_at(f.t.mm, BASE);
		vma->start += lack == 0 ? PAGE : 0;
		vma->end -= lack == 1 ? PAGE : 0;
		vma->pgoff += lack == 2 ? 1 : 0;
		if (lack == 3)
			assert_int_equal(hs_pt_make(f.t.self, f.t.mm, BASE, 0), 0);
		assert_int_equal(read_fault(&f.t, BASE + 3 * PAGE), HS_VM_FAULT_SIGBUS);
		assert_int_equal(write_fault(&f.t, BASE + 3 * PAGE), HS_VM_FAULT_SIGBUS);
		vma->start = BASE;
		vma->end = BASE + LEAF;
		file_close(&f);
	}
}

static void a_device_page_that_is_read_only_becomes_writable_in_place(void **state)
{
	struct file f;

	(void)state;
	file_open(&f, HS_MAPPING_DEVICE_DAX, 1);
	map_file(&f, BASE, 512, HS_VM_READ | HS_VM_SHARED | HS_VM_MAYWRITE, 0);
	read_fault(&f.t, BASE);
	assert_int_equal(hs_pt_get(f.t.self, f.t.mm, BASE, 1), DEVMAP | LEAF_ORDER | DEVICE_START);
	assert_int_equal(hs_mprotect(f.t.self, f.t.mm, BASE, BASE + LEAF, HS_VM_READ | HS_VM_WRITE),
			 0);
	f.t.starts = f.t.ends = 0;
	assert_int_equal(write_fault(&f.t, BASE + PAGE), 0);
	assert_int_equal(hs_pt_get(f.t.self, f.t.mm, BASE, 1),
			 DEVMAP | HS_ENTRY_WRITE | LEAF_ORDER | DEVICE_START);
	expect_untold(&f.t);
	file_close(&f);
}

/* ---- references of device memory --------------------------------------------------------- */

static void an_entry_holds_a_reference_from_6_15_on(void **state)
{
	static const struct {
		enum hs_mapping_kind kind;
		uint32_t level;
	} rows[] = {
		{ HS_MAPPING_DAX_FILE, 0 },
		{ HS_MAPPING_DAX_FILE, 1 },
		{ HS_MAPPING_DEVICE_DAX, 1 },
	};

	(void)state;
	for (int refs = 0; refs < HS_PAGE_REFS_COUNT; refs++)
		for (int i = 0; i < 3; i++) {
			struct hs_page *page;
			struct file f;
			uint32_t idle;

			file_open_refs(&f, rows[i].kind, rows[i].level, (enum hs_page_refs)refs);
			if (rows[i].kind == HS_MAPPING_DAX_FILE)
				blocks(&f, 0, 512);
			map_file(&f, BASE, 512, SHARED_RW, 0);
			page = hs_page_touch(f.t.self, DEVICE_START);
			idle = hs_page_count(f.t.self, page);
			assert_int_equal(write_fault(&f.t, BASE), 0);
			assert_int_equal(hs_page_count(f.t.self, page),
					 idle + (refs == HS_PAGE_REFS_6_15));
			assert_int_equal(hs_munmap(f.t.self, f.t.mm, BASE, BASE + LEAF), 0);
			assert_int_equal(hs_page_count(f.t.self, page), idle);
			file_close(&f);
		}
}

/* The mapping alone decides whether a fault may map: a killed pgmap refuses nothing. */
static void a_killed_pgmap_refuses_no_entry(void **state)
{
	struct file f;

	(void)state;
	file_open_refs(&f, HS_MAPPING_DAX_FILE, 0, HS_PAGE_REFS_6_15);
	blocks(&f, 0, 2);
	map_file(&f, BASE, 2, SHARED_RW, 0);
	hs_pgmap_step(f.t.self, f.pgmap, HS_PGMAP_KILL);
	assert_int_equal(read_fault(&f.t, BASE), 0);
	assert_int_equal(hs_page_count(f.t.self, hs_pfn_to_page(f.t.self, DEVICE_START)), 1);
	hs_mapping_disable(f.t.self, f.mapping);
	assert_int_equal(read_fault(&f.t, BASE + PAGE), HS_VM_FAULT_SIGBUS);
	assert_int_equal(entry_at(&f.t, BASE + PAGE), 0);
	hs_munmap(f.t.self, f.t.mm, BASE, BASE + 2 * PAGE);
	hs_mapping_destroy(f.t.self, f.mapping);
	for (int i = 1; i < HS_PGMAP_STEP_COUNT; i++)
		hs_pgmap_step(f.t.self, f.pgmap, hs_removal_steps(HS_REMOVAL_ORDER_6_0)[i]);
	hs_pgmap_free(f.t.self, f.pgmap);
	faulted_close(&f.t);
}

/* ---- P2PDMA ------------------------------------------------------------------------------ */

static void a_p2pdma_entry_holds_a_page_of_its_own(void **state)
{
	struct hs_page *page;
	struct file f;

	(void)state;
	file_open(&f, HS_MAPPING_P2PDMA, 0);
	map_file(&f, BASE, 4, SHARED_RW, 0);
	assert_int_equal(read_fault(&f.t, BASE), 0);
	page = page_at(&f.t, BASE);
	assert_int_equal(entry_at(&f.t, BASE),
			 PRESENT | HS_ENTRY_WRITE | hs_page_to_pfn(f.t.self, page));
	assert_ptr_equal(hs_page_pgmap(f.t.self, page), f.pgmap);
	assert_int_equal(hs_page_count(f.t.self, page), 1);
	assert_int_equal(hs_page_mapcount(f.t.self, page), 1);
	assert_int_equal(write_fault(&f.t, BASE + PAGE), 0);
	assert_ptr_not_equal(page_at(&f.t, BASE + PAGE), page);
	assert_int_equal(hs_pgmap_pages_allocated(f.t.self, f.pgmap), 2);
	expect_untold(&f.t);
	assert_int_equal(hs_munmap(f.t.self, f.t.mm, BASE, BASE + PAGE), 0);
	assert_int_equal(hs_pgmap_pages_allocated(f.t.self, f.pgmap), 1);
	file_close(&f);
}

static void a_p2pdma_page_stays_where_it_is(void **state)
{
	struct hs_migration m;
	struct hs_page *page;
	struct file f;
	uint64_t e;

	(void)state;
	file_open(&f, HS_MAPPING_P2PDMA, 0);
	map_file(&f, BASE, 1, SHARED_RW, 0);
	write_fault(&f.t, BASE);
	e = entry_at(&f.t, BASE);
	assert_int_equal(hs_migration_start(f.t.self, f.t.mm, BASE, NULL, &m), -ENOENT);
	assert_int_equal(hs_make_exclusive(f.t.self, f.t.mm, BASE, NULL, &page), -ENOENT);
	assert_int_equal(hs_swap_out(f.t.self, f.t.mm, BASE), -ENOENT);
	expect_untold(&f.t);
	assert_int_equal(entry_at(&f.t, BASE), e);
	/* A device page can fail like any other. The reference of its entry is put then. */
	assert_int_equal(hs_memory_failure(f.t.self, f.t.mm, BASE), 0);
	assert_int_equal(hs_entry_type(entry_at(&f.t, BASE)), HS_TYPE_HWPOISON);
	assert_int_equal(hs_pgmap_pages_allocated(f.t.self, f.pgmap), 0);
	file_close(&f);
}

static void p2pdma_without_a_free_page_is_a_bus_error(void **state)
{
	struct hs_page *pages[DEVICE_END - DEVICE_START];
	struct file f;

	(void)state;
	file_open(&f, HS_MAPPING_P2PDMA, 0);
	map_file(&f, BASE, 4, SHARED_RW, 0);
	for (uint32_t i = 0; i < DEVICE_END - DEVICE_START; i++)
		assert_int_equal(hs_pgmap_page_alloc(f.t.self, f.pgmap, &pages[i]), 0);
	assert_int_equal(read_fault(&f.t, BASE), HS_VM_FAULT_SIGBUS);
	assert_int_equal(entry_at(&f.t, BASE), 0);
	for (uint32_t i = 0; i < DEVICE_END - DEVICE_START; i++)
		hs_page_put(f.t.self, pages[i]);
	assert_int_equal(read_fault(&f.t, BASE), 0);
	file_close(&f);
}

static void a_p2pdma_page_that_is_read_only_becomes_writable_in_place(void **state)
{
	struct hs_page *page;
	struct file f;

	(void)state;
	file_open(&f, HS_MAPPING_P2PDMA, 0);
	map_file(&f, BASE, 1, HS_VM_READ | HS_VM_SHARED | HS_VM_MAYWRITE, 0);
	read_fault(&f.t, BASE);
	page = page_at(&f.t, BASE);
	assert_false(entry_at(&f.t, BASE) & HS_ENTRY_WRITE);
	assert_int_equal(hs_mprotect(f.t.self, f.t.mm, BASE, BASE + PAGE, HS_VM_READ | HS_VM_WRITE),
			 0);
	f.t.starts = f.t.ends = 0;
	assert_int_equal(write_fault(&f.t, BASE), 0);
	assert_ptr_equal(page_at(&f.t, BASE), page);
	assert_true(entry_at(&f.t, BASE) & HS_ENTRY_WRITE);
	expect_untold(&f.t);
	file_close(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_aligned_run_of_blocks_is_one_leaf),
		cmocka_unit_test(blocks_that_do_not_make_a_leaf_are_mapped_by_pages),
		cmocka_unit_test(a_private_leaf_is_taken_away_for_a_write),
		cmocka_unit_test(a_device_maps_leaves_of_its_own_level),
		cmocka_unit_test(a_device_can_map_leaves_of_level_2),
		cmocka_unit_test(a_device_leaf_that_does_not_fit_is_a_bus_error),
		cmocka_unit_test(a_device_page_that_is_read_only_becomes_writable_in_place),
		cmocka_unit_test(an_entry_holds_a_reference_from_6_15_on),
		cmocka_unit_test(a_killed_pgmap_refuses_no_entry),
		cmocka_unit_test(a_p2pdma_entry_holds_a_page_of_its_own),
		cmocka_unit_test(a_p2pdma_page_stays_where_it_is),
		cmocka_unit_test(p2pdma_without_a_free_page_is_a_bus_error),
		cmocka_unit_test(a_p2pdma_page_that_is_read_only_becomes_writable_in_place),
	};

	return cmocka_run_group_tests_name("faults in devices, and leaves", tests, NULL, NULL);
}
