/* SPDX-License-Identifier: MIT */
#include "support/space.h"

/* ---- leaves ------------------------------------------------------------------------------ */

static void an_aligned_run_of_blocks_is_one_leaf(void **state)
{
	struct space *s = *state;

	add_file(s, HS_MAPPING_DAX_FILE, 1, HS_PAGE_REFS_6_1);
	blocks(s, 0, 1024);
	map_file(s, BASE, 1024, SHARED_RW, 0);
	assert_int_equal(read_fault(s, BASE + LEAF + 5 * PAGE), 0);
	assert_int_equal(hs_pt_get(s->self, s->mm, BASE + LEAF, 1),
			 DEVMAP | HS_ENTRY_WRITE | LEAF_ORDER | (DEVICE_START + 512));
	assert_int_equal(hs_pt_get(s->self, s->mm, BASE, 1), 0);
	expect_untold(s);
}

/*
 * Each case lacks one thing that a leaf needs: a VMA that covers it, all blocks, the first block's
 * place, alignment, an empty entry, a level, blocks in order.
 */
static void blocks_that_do_not_make_a_leaf_are_mapped_by_pages(void **state)
{
	(void)state;
	for (int lack = 0; lack < 7; lack++) {
		struct space s;

		space_open(&s);
		add_file(&s, HS_MAPPING_DAX_FILE, lack != 5, HS_PAGE_REFS_6_1);
		s.file->next_block += lack == 3;
		if (lack == 6) {
			blocks(&s, 0, 8);
			blocks(&s, 9, 10);
		}
		blocks(&s, lack == 2, 511);
		if (lack == 2)
			blocks(&s, 0, 1);
		if (lack != 1)
			blocks(&s, 511, 512);
		map_file(&s, lack ? BASE : BASE + PAGE, lack ? 512 : 511, SHARED_RW, !lack);
		if (lack == 4)
			assert_int_equal(hs_pt_make(s.self, s.mm, BASE, 0), 0);
		assert_int_equal(read_fault(&s, BASE + 7 * PAGE), 0);
		assert_int_equal(entry_at(&s, BASE + 7 * PAGE),
				 DEVMAP | HS_ENTRY_WRITE |
					 (DEVICE_START + 7 + (lack == 3) - (lack == 2)));
		space_close(&s);
	}
}

static void a_private_leaf_is_taken_away_for_a_write(void **state)
{
	struct space *s = *state;

	add_file(s, HS_MAPPING_DAX_FILE, 1, HS_PAGE_REFS_6_1);
	blocks(s, 0, 512);
	hs_page_set_contents(s->self, hs_page_touch(s->self, DEVICE_START + 3), 8);
	map_file(s, BASE, 512, RW, 0);
	assert_int_equal(read_fault(s, BASE), 0);
	assert_int_equal(hs_pt_get(s->self, s->mm, BASE, 1), DEVMAP | LEAF_ORDER | DEVICE_START);
	assert_int_equal(write_fault(s, BASE + 3 * PAGE), 0);
	assert_int_equal(hs_pt_get(s->self, s->mm, BASE, 1), 0);
	expect_told(s, 1, HS_INVALIDATE_CLEAR, BASE, BASE + LEAF, NULL);
	assert_int_equal(write_fault(s, BASE + 3 * PAGE), 0);
	expect_page(s, BASE + 3 * PAGE, true, 8);
	assert_int_equal(read_fault(s, BASE), 0);
	assert_int_equal(entry_at(s, BASE), DEVMAP | DEVICE_START);
	expect_untold(s);
}

/* ---- device-dax -------------------------------------------------------------------------- */

static void a_device_maps_leaves_of_its_own_level(void **state)
{
	struct space s;

	(void)state;
	for (uint32_t level = 0; level < 2; level++) {
		uint64_t addr = BASE + LEAF + 3 * PAGE, order = (uint64_t)9 * level;
		uint64_t pfn = DEVICE_START + (level ? 512 : 515);

		space_open(&s);
		add_file(&s, HS_MAPPING_DEVICE_DAX, level, HS_PAGE_REFS_6_1);
		map_file(&s, BASE, 1024, SHARED_RW, 0);
		assert_int_equal(read_fault(&s, addr), 0);
		assert_int_equal(hs_pt_get(s.self, s.mm, addr, level),
				 DEVMAP | HS_ENTRY_WRITE | order << HS_ENTRY_ORDER_SHIFT | pfn);
		expect_untold(&s);
		space_close(&s);
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
	struct hs_mapping *mapping = NULL;
	struct hs_mm *mm = NULL;
	struct machine m;

	(void)state;
	machine_open_failing(&m, 0);
	hs_pgmap_config_init(&pc, HS_PGMAP_GENERIC, DEVICE_START, DEVICE_END);
	assert_int_equal(hs_pgmap_create(m.self, &pc, &mc.pgmap), 0);
	assert_int_equal(hs_mapping_create(m.self, &mc, &mapping), 0);
	assert_int_equal(hs_mm_create(m.self, g, &mm), 0);
	assert_int_equal(hs_mmap(m.self, mm, bytes, 2 * bytes, SHARED_RW, mapping, n), 0);
	assert_int_equal(hs_cpu_access(m.self, mm, bytes + PAGE, true, &pfn), 0);
	assert_int_equal(pfn, DEVICE_START + n + 1);
	assert_int_equal(hs_pt_get(m.self, mm, bytes, 2),
			 DEVMAP | HS_ENTRY_WRITE | (uint64_t)g->order[2] << HS_ENTRY_ORDER_SHIFT |
				 (DEVICE_START + n));
	hs_mm_destroy(m.self, mm);
	hs_mapping_destroy(m.self, mapping);
	hs_pgmap_destroy(m.self, mc.pgmap);
	machine_close(&m);
}

static void a_device_leaf_that_does_not_fit_is_a_bus_error(void **state)
{
	struct hs_vma *vma;
	struct space s;

	(void)state;
	for (int lack = 0; lack < 4; lack++) {
		space_open(&s);
		add_file(&s, HS_MAPPING_DEVICE_DAX, 1, HS_PAGE_REFS_6_1);
		map_file(&s, BASE, 512, SHARED_RW, 0);
		/* VMAs that hs_mmap() refuses, by start, end and page offset. */
		vma = hs_vma_at(s.mm, BASE);
		vma->start += lack == 0 ? PAGE : 0;
		vma->end -= lack == 1 ? PAGE : 0;
		vma->pgoff += lack == 2 ? 1 : 0;
		if (lack == 3)
			assert_int_equal(hs_pt_make(s.self, s.mm, BASE, 0), 0);
		assert_int_equal(read_fault(&s, BASE + 3 * PAGE), HS_VM_FAULT_SIGBUS);
		assert_int_equal(write_fault(&s, BASE + 3 * PAGE), HS_VM_FAULT_SIGBUS);
		vma->start = BASE;
		vma->end = BASE + LEAF;
		space_close(&s);
	}
}

static void a_device_page_that_is_read_only_becomes_writable_in_place(void **state)
{
	struct space *s = *state;

	add_file(s, HS_MAPPING_DEVICE_DAX, 1, HS_PAGE_REFS_6_1);
	map_file(s, BASE, 512, HS_VM_READ | HS_VM_SHARED | HS_VM_MAYWRITE, 0);
	read_fault(s, BASE);
	assert_int_equal(hs_pt_get(s->self, s->mm, BASE, 1), DEVMAP | LEAF_ORDER | DEVICE_START);
	assert_int_equal(hs_mprotect(s->self, s->mm, BASE, BASE + LEAF, HS_VM_READ | HS_VM_WRITE),
			 0);
	s->starts = s->ends = 0;
	assert_int_equal(write_fault(s, BASE + PAGE), 0);
	assert_int_equal(hs_pt_get(s->self, s->mm, BASE, 1),
			 DEVMAP | HS_ENTRY_WRITE | LEAF_ORDER | DEVICE_START);
	expect_untold(s);
}

static void a_leaf_that_was_prot_none_is_the_same_leaf_again(void **state)
{
	struct space *s = *state;
	const uint64_t leaf = DEVMAP | LEAF_ORDER | DEVICE_START;

	add_file(s, HS_MAPPING_DEVICE_DAX, 1, HS_PAGE_REFS_6_1);
	map_file(s, BASE, 512, SHARED_RW, 0);
	assert_int_equal(write_fault(s, BASE), 0);
	hs_pt_set(s->self, s->mm, BASE, 1,
		  hs_entry_typed(HS_TYPE_PROTNONE, DEVICE_START,
				 COUNTED | HS_ENTRY_DEVMAP | LEAF_ORDER));
	assert_int_equal(write_fault(s, BASE + PAGE), 0);
	assert_int_equal(hs_pt_get(s->self, s->mm, BASE, 1), leaf);
	assert_int_equal(write_fault(s, BASE + PAGE), 0);
	assert_int_equal(hs_pt_get(s->self, s->mm, BASE, 1), leaf | HS_ENTRY_WRITE);
	expect_untold(s);
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
			struct space s;
			uint32_t idle;

			space_open(&s);
			add_file(&s, rows[i].kind, rows[i].level, (enum hs_page_refs)refs);
			if (rows[i].kind == HS_MAPPING_DAX_FILE)
				blocks(&s, 0, 512);
			map_file(&s, BASE, 512, SHARED_RW, 0);
			page = hs_page_touch(s.self, DEVICE_START);
			idle = hs_page_count(s.self, page);
			assert_int_equal(write_fault(&s, BASE), 0);
			assert_int_equal(hs_page_count(s.self, page),
					 idle + (refs == HS_PAGE_REFS_6_15));
			assert_int_equal(hs_munmap(s.self, s.mm, BASE, BASE + LEAF), 0);
			assert_int_equal(hs_page_count(s.self, page), idle);
			space_close(&s);
		}
}

/* The mapping alone decides whether a fault may map: a killed pgmap refuses nothing. */
static void a_killed_pgmap_refuses_no_entry(void **state)
{
	struct space *s = *state;

	add_file(s, HS_MAPPING_DAX_FILE, 0, HS_PAGE_REFS_6_15);
	blocks(s, 0, 2);
	map_file(s, BASE, 2, SHARED_RW, 0);
	hs_pgmap_step(s->self, s->pgmap, HS_PGMAP_KILL);
	assert_int_equal(read_fault(s, BASE), 0);
	assert_int_equal(hs_page_count(s->self, hs_pfn_to_page(s->self, DEVICE_START)), 1);
	hs_mapping_disable(s->self, s->file);
	assert_int_equal(read_fault(s, BASE + PAGE), HS_VM_FAULT_SIGBUS);
	assert_int_equal(entry_at(s, BASE + PAGE), 0);
	hs_munmap(s->self, s->mm, BASE, BASE + 2 * PAGE);
	hs_mapping_destroy(s->self, s->file);
	for (int i = 1; i < HS_PGMAP_STEP_COUNT; i++)
		hs_pgmap_step(s->self, s->pgmap, hs_removal_steps(HS_REMOVAL_ORDER_6_0)[i]);
	hs_pgmap_free(s->self, s->pgmap);
	s->file = NULL;
	s->pgmap = NULL;
}

/* ---- P2PDMA ------------------------------------------------------------------------------ */

static void a_p2pdma_entry_holds_a_page_of_its_own(void **state)
{
	struct space *s = *state;
	struct hs_page *page;

	add_file(s, HS_MAPPING_P2PDMA, 0, HS_PAGE_REFS_6_1);
	map_file(s, BASE, 4, SHARED_RW, 0);
	assert_int_equal(read_fault(s, BASE), 0);
	page = page_at(s, BASE);
	assert_int_equal(entry_at(s, BASE),
			 PRESENT | HS_ENTRY_WRITE | hs_page_to_pfn(s->self, page));
	assert_ptr_equal(hs_page_pgmap(s->self, page), s->pgmap);
	assert_int_equal(hs_page_count(s->self, page), 1);
	assert_int_equal(hs_page_mapcount(s->self, page), 1);
	assert_int_equal(write_fault(s, BASE + PAGE), 0);
	assert_ptr_not_equal(page_at(s, BASE + PAGE), page);
	assert_int_equal(hs_pgmap_pages_allocated(s->self, s->pgmap), 2);
	expect_untold(s);
	assert_int_equal(hs_munmap(s->self, s->mm, BASE, BASE + PAGE), 0);
	assert_int_equal(hs_pgmap_pages_allocated(s->self, s->pgmap), 1);
}

static void a_p2pdma_page_stays_where_it_is(void **state)
{
	struct space *s = *state;
	struct hs_migration m;
	struct hs_page *page;
	uint64_t e;

	add_file(s, HS_MAPPING_P2PDMA, 0, HS_PAGE_REFS_6_1);
	map_file(s, BASE, 1, SHARED_RW, 0);
	write_fault(s, BASE);
	e = entry_at(s, BASE);
	assert_int_equal(hs_migration_start(s->self, s->mm, BASE, NULL, &m), -ENOENT);
	assert_int_equal(hs_make_exclusive(s->self, s->mm, BASE, NULL, &page), -ENOENT);
	assert_int_equal(hs_swap_out(s->self, s->mm, BASE), -ENOENT);
	expect_untold(s);
	assert_int_equal(entry_at(s, BASE), e);
	/* A device page can fail like any other. The reference of its entry is put then. */
	assert_int_equal(hs_memory_failure(s->self, s->mm, BASE), 0);
	assert_int_equal(hs_entry_type(entry_at(s, BASE)), HS_TYPE_HWPOISON);
	assert_int_equal(hs_pgmap_pages_allocated(s->self, s->pgmap), 0);
}

static void p2pdma_without_a_free_page_is_a_bus_error(void **state)
{
	struct space *s = *state;
	struct hs_page *pages[DEVICE_END - DEVICE_START];

	add_file(s, HS_MAPPING_P2PDMA, 0, HS_PAGE_REFS_6_1);
	map_file(s, BASE, 4, SHARED_RW, 0);
	for (uint32_t i = 0; i < DEVICE_END - DEVICE_START; i++)
		assert_int_equal(hs_pgmap_page_alloc(s->self, s->pgmap, &pages[i]), 0);
	assert_int_equal(read_fault(s, BASE), HS_VM_FAULT_SIGBUS);
	assert_int_equal(entry_at(s, BASE), 0);
	for (uint32_t i = 0; i < DEVICE_END - DEVICE_START; i++)
		hs_page_put(s->self, pages[i]);
	assert_int_equal(read_fault(s, BASE), 0);
}

static void a_p2pdma_page_that_is_read_only_becomes_writable_in_place(void **state)
{
	struct space *s = *state;
	struct hs_page *page;

	add_file(s, HS_MAPPING_P2PDMA, 0, HS_PAGE_REFS_6_1);
	map_file(s, BASE, 1, HS_VM_READ | HS_VM_SHARED | HS_VM_MAYWRITE, 0);
	read_fault(s, BASE);
	page = page_at(s, BASE);
	assert_false(entry_at(s, BASE) & HS_ENTRY_WRITE);
	assert_int_equal(hs_mprotect(s->self, s->mm, BASE, BASE + PAGE, HS_VM_READ | HS_VM_WRITE),
			 0);
	s->starts = s->ends = 0;
	assert_int_equal(write_fault(s, BASE), 0);
	assert_ptr_equal(page_at(s, BASE), page);
	assert_true(entry_at(s, BASE) & HS_ENTRY_WRITE);
	expect_untold(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		space_unit_test(an_aligned_run_of_blocks_is_one_leaf),
		cmocka_unit_test(blocks_that_do_not_make_a_leaf_are_mapped_by_pages),
		space_unit_test(a_private_leaf_is_taken_away_for_a_write),
		cmocka_unit_test(a_device_maps_leaves_of_its_own_level),
		cmocka_unit_test(a_device_can_map_leaves_of_level_2),
		cmocka_unit_test(a_device_leaf_that_does_not_fit_is_a_bus_error),
		space_unit_test(a_device_page_that_is_read_only_becomes_writable_in_place),
		cmocka_unit_test(an_entry_holds_a_reference_from_6_15_on),
		space_unit_test(a_killed_pgmap_refuses_no_entry),
		space_unit_test(a_p2pdma_entry_holds_a_page_of_its_own),
		space_unit_test(a_p2pdma_page_stays_where_it_is),
		space_unit_test(p2pdma_without_a_free_page_is_a_bus_error),
		space_unit_test(a_p2pdma_page_that_is_read_only_becomes_writable_in_place),
		space_unit_test(a_leaf_that_was_prot_none_is_the_same_leaf_again),
	};

	return cmocka_run_group_tests_name("faults in devices, and leaves", tests, NULL, NULL);
}
