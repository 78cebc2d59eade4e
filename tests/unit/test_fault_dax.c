/* SPDX-License-Identifier: MIT */
#include "mm/table.h"
#include "support/space.h"

/* ---- DAX files, shared ------------------------------------------------------------------- */

static void a_block_is_mapped_as_the_vma_allows_and_nobody_is_told(void **state)
{
	struct space s;

	(void)state;
	for (int write = 0; write < 2; write++) {
		space_open(&s);
		add_file(&s, HS_MAPPING_DAX_FILE, 0, HS_PAGE_REFS_6_1);
		blocks(&s, 0, 4);
		map_file(&s, BASE, 4, SHARED_RW, 0);
		map_file(&s, BASE + LEAF, 4, HS_VM_READ | HS_VM_SHARED, 0);
		assert_int_equal(fault_flags(&s, BASE + PAGE, write ? HS_FAULT_WRITE : 0), 0);
		assert_int_equal(entry_at(&s, BASE + PAGE),
				 DEVMAP | HS_ENTRY_WRITE | (DEVICE_START + 1));
		assert_int_equal(read_fault(&s, BASE + LEAF), 0);
		assert_int_equal(entry_at(&s, BASE + LEAF), DEVMAP | DEVICE_START);
		assert_int_equal(write_fault(&s, BASE + LEAF), HS_VM_FAULT_SIGSEGV);
		assert_int_equal(hs_page_mapcount(s.self, hs_pfn_to_page(s.self, DEVICE_START)), 0);
		expect_untold(&s);
		space_close(&s);
	}
}

static void reading_a_hole_maps_the_zero_page(void **state)
{
	struct space *s = *state;

	add_file(s, HS_MAPPING_DAX_FILE, 0, HS_PAGE_REFS_6_1);
	map_file(s, BASE, 4, SHARED_RW, 0);
	assert_int_equal(read_fault(s, BASE), 0);
	assert_int_equal(entry_at(s, BASE), ZERO_ENTRY);
	expect_untold(s);
}

static void writing_a_hole_allocates_and_nobody_is_told(void **state)
{
	struct space *s = *state;
	uint64_t pfn;

	add_file(s, HS_MAPPING_DAX_FILE, 0, HS_PAGE_REFS_6_1);
	map_file(s, BASE, 4, SHARED_RW, 0);
	assert_int_equal(write_fault(s, BASE + 2 * PAGE), 0);
	assert_int_equal(hs_mapping_pfn(s->self, s->file, 2, &pfn), 0);
	assert_int_equal(entry_at(s, BASE + 2 * PAGE), DEVMAP | HS_ENTRY_WRITE | pfn);
	assert_int_equal(hs_mapping_pfn(s->self, s->file, 1, &pfn), -ENOENT);
	expect_untold(s);
}

/* Three VMAs map the hole, one of them private, one from another page of the file on. */
static void writing_a_hole_replaces_the_zero_page_everywhere_and_is_told(void **state)
{
	struct space *s = *state;
	uint64_t pfn;

	add_file(s, HS_MAPPING_DAX_FILE, 0, HS_PAGE_REFS_6_1);
	map_file(s, BASE, 4, SHARED_RW, 0);
	map_file(s, BASE + LEAF, 4, SHARED_RW, 0);
	map_file(s, BASE + 2 * LEAF, 4, RW, 0);
	map_file(s, BASE + 3 * LEAF, 4, SHARED_RW, 4);
	for (int i = 0; i < 4; i++)
		assert_int_equal(read_fault(s, BASE + i * LEAF + PAGE), 0);
	assert_int_equal(write_fault(s, BASE + PAGE), 0);
	assert_int_equal(s->starts, 3);
	assert_int_equal(s->ends, 3);
	assert_int_equal(s->section[s->starts - 1].event, HS_INVALIDATE_CLEAR);
	assert_int_equal(s->entry_then, ZERO_ENTRY);
	s->starts = s->ends = 0;
	assert_int_equal(hs_mapping_pfn(s->self, s->file, 1, &pfn), 0);
	assert_int_equal(entry_at(s, BASE + PAGE), DEVMAP | HS_ENTRY_WRITE | pfn);
	assert_int_equal(entry_at(s, BASE + LEAF + PAGE), 0);
	assert_int_equal(entry_at(s, BASE + 2 * LEAF + PAGE), 0);
	assert_int_equal(entry_at(s, BASE + 3 * LEAF + PAGE), ZERO_ENTRY);
	assert_int_equal(read_fault(s, BASE + LEAF + PAGE), 0);
	assert_int_equal(entry_at(s, BASE + LEAF + PAGE), DEVMAP | HS_ENTRY_WRITE | pfn);
	expect_untold(s);
}

static void a_block_that_is_read_only_becomes_writable_in_place(void **state)
{
	struct space *s = *state;

	add_file(s, HS_MAPPING_DAX_FILE, 0, HS_PAGE_REFS_6_1);
	blocks(s, 0, 1);
	map_file(s, BASE, 1, HS_VM_READ | HS_VM_SHARED | HS_VM_MAYWRITE, 0);
	read_fault(s, BASE);
	assert_int_equal(hs_mprotect(s->self, s->mm, BASE, BASE + PAGE, HS_VM_READ | HS_VM_WRITE),
			 0);
	s->starts = s->ends = 0;
	assert_int_equal(entry_at(s, BASE), DEVMAP | DEVICE_START);
	assert_int_equal(write_fault(s, BASE), 0);
	assert_int_equal(entry_at(s, BASE), DEVMAP | HS_ENTRY_WRITE | DEVICE_START);
	expect_untold(s);
}

static void the_end_of_the_file_and_of_the_blocks_are_bus_errors(void **state)
{
	struct space *s = *state;

	add_file(s, HS_MAPPING_DAX_FILE, 0, HS_PAGE_REFS_6_1);
	s->file->next_block = DEVICE_END - 1;
	map_file(s, BASE, 8, SHARED_RW, FILE_PAGES - 2);
	assert_int_equal(read_fault(s, BASE + 2 * PAGE), HS_VM_FAULT_SIGBUS);
	assert_int_equal(write_fault(s, BASE + 2 * PAGE), HS_VM_FAULT_SIGBUS);
	assert_int_equal(write_fault(s, BASE), 0);
	assert_int_equal(read_fault(s, BASE + PAGE), 0);
	assert_int_equal(write_fault(s, BASE + PAGE), HS_VM_FAULT_SIGBUS);
	assert_int_equal(entry_at(s, BASE + PAGE), ZERO_ENTRY);
	expect_untold(s);
}

static void a_dead_mapping_is_a_bus_error(void **state)
{
	struct space s;

	(void)state;
	for (int kind = 0; kind < HS_MAPPING_KIND_COUNT; kind++) {
		space_open(&s);
		add_file(&s, (enum hs_mapping_kind)kind, 0, HS_PAGE_REFS_6_1);
		map_file(&s, BASE, 4, SHARED_RW, 0);
		assert_int_equal(write_fault(&s, BASE), 0);
		hs_mapping_disable(s.self, s.file);
		assert_int_equal(read_fault(&s, BASE + PAGE), HS_VM_FAULT_SIGBUS);
		assert_int_equal(write_fault(&s, BASE + PAGE), HS_VM_FAULT_SIGBUS);
		assert_int_equal(entry_at(&s, BASE + PAGE), 0);
		/* What is mapped already stays accessible. */
		assert_int_equal(hs_cpu_access(s.self, s.mm, BASE, true, NULL), 0);
		space_close(&s);
	}
}

/* ---- DAX files, private ------------------------------------------------------------------ */

static void a_private_block_is_read_in_place_and_written_as_a_told_copy(void **state)
{
	struct space *s = *state;

	add_file(s, HS_MAPPING_DAX_FILE, 0, HS_PAGE_REFS_6_1);
	blocks(s, 0, 1);
	hs_page_set_contents(s->self, hs_page_touch(s->self, DEVICE_START), 99);
	map_file(s, BASE, 2, RW, 0);
	assert_int_equal(read_fault(s, BASE), 0);
	assert_int_equal(entry_at(s, BASE), DEVMAP | DEVICE_START);
	expect_untold(s);
	assert_int_equal(write_fault(s, BASE), 0);
	expect_page(s, BASE, true, 99);
	expect_told(s, 1, HS_INVALIDATE_CLEAR, BASE, BASE + PAGE, NULL);
	assert_int_equal(s->entry_then, DEVMAP | DEVICE_START);
	/* A hole: first the zero page, then a copy with contents 0. */
	assert_int_equal(read_fault(s, BASE + PAGE), 0);
	assert_int_equal(entry_at(s, BASE + PAGE), ZERO_ENTRY);
	assert_int_equal(write_fault(s, BASE + PAGE), 0);
	expect_page(s, BASE + PAGE, true, 0);
	expect_told(s, 1, HS_INVALIDATE_CLEAR, BASE + PAGE, BASE + 2 * PAGE, NULL);
	assert_int_equal(hs_mapping_pfn(s->self, s->file, 1, &(uint64_t){ 0 }), -ENOENT);
}

static void a_private_write_to_nothing_copies_and_tells_nobody(void **state)
{
	struct space *s = *state;

	add_file(s, HS_MAPPING_DAX_FILE, 0, HS_PAGE_REFS_6_1);
	blocks(s, 0, 1);
	hs_page_set_contents(s->self, hs_page_touch(s->self, DEVICE_START), 99);
	map_file(s, BASE, 2, RW, 0);
	assert_int_equal(write_fault(s, BASE), 0);
	expect_page(s, BASE, true, 99);
	assert_int_equal(write_fault(s, BASE + PAGE), 0);
	expect_page(s, BASE + PAGE, true, 0);
	expect_untold(s);
}

static void a_private_copy_is_anonymous_memory(void **state)
{
	struct space *s = *state;
	struct hs_page *page;

	add_file(s, HS_MAPPING_DAX_FILE, 0, HS_PAGE_REFS_6_1);
	blocks(s, 0, 1);
	map_file(s, BASE, 1, RW, 0);
	write_fault(s, BASE);
	page = page_at(s, BASE);
	hs_page_set_contents(s->self, page, 4);
	assert_int_equal(hs_make_protnone(s->self, s->mm, BASE, BASE + PAGE), 0);
	s->starts = s->ends = 0;
	assert_int_equal(hs_cpu_access(s->self, s->mm, BASE, true, NULL), 0);
	assert_ptr_equal(page_at(s, BASE), page);
	expect_untold(s);
	assert_int_equal(hs_swap_out(s->self, s->mm, BASE), 0);
	assert_int_equal(read_fault(s, BASE), 0);
	expect_page(s, BASE, false, 4);
}

/* ---- failing allocations ----------------------------------------------------------------- */

/* One fault in every kind of mapping; after OOM there is no entry and no block. */
static uint32_t fault_failing(uint64_t fail, enum hs_mapping_kind kind, uint32_t level,
			      uint32_t vma_flags, uint32_t flags, bool block)
{
	uint32_t ret = HS_VM_FAULT_NOPAGE;
	struct space s;
	bool made = !space_try(&s, HS_GEOMETRY_X86_64, fail) &&
		    !space_add_file(&s, kind, level, HS_PAGE_REFS_6_1);

	if (made && block)
		blocks(&s, 0, 512);
	if (made && !hs_mmap(s.self, s.mm, BASE, BASE + LEAF, vma_flags, s.file, 0)) {
		uint64_t pfn, allocated = hs_pages_allocated(s.self);

		ret = fault_flags(&s, BASE, flags);
		expect_untold(&s);
		if (ret) {
			assert_int_equal(entry_at(&s, BASE), 0);
			assert_true(hs_entry_is_table(hs_pt_get(s.self, s.mm, BASE, 1)) ||
				    !hs_pt_get(s.self, s.mm, BASE, 1));
			assert_int_equal(hs_pages_allocated(s.self), allocated);
			assert_int_equal(hs_pgmap_pages_allocated(s.self, s.pgmap), 0);
			if (kind == HS_MAPPING_DAX_FILE && !block)
				assert_int_equal(hs_mapping_pfn(s.self, s.file, 0, &pfn), -ENOENT);
		}
		hs_munmap(s.self, s.mm, BASE, BASE + LEAF);
	}
	space_close(&s);
	return ret;
}

static void every_allocation_of_a_file_fault_can_fail(void **state)
{
	static const struct {
		enum hs_mapping_kind kind;
		uint32_t level, vma_flags, flags;
		bool block;
		uint32_t least; /* allocations of the fault */
	} rows[] = {
		{ HS_MAPPING_DAX_FILE, 0, SHARED_RW, 0, false, 3 },
		{ HS_MAPPING_DAX_FILE, 0, SHARED_RW, HS_FAULT_WRITE, false, 3 },
		{ HS_MAPPING_DAX_FILE, 0, SHARED_RW, HS_FAULT_WRITE, true, 3 },
		{ HS_MAPPING_DAX_FILE, 1, SHARED_RW, HS_FAULT_WRITE, true, 2 },
		{ HS_MAPPING_DAX_FILE, 0, RW, 0, true, 3 },
		{ HS_MAPPING_DAX_FILE, 0, RW, HS_FAULT_WRITE, true, 4 },
		{ HS_MAPPING_DEVICE_DAX, 0, SHARED_RW, 0, false, 3 },
		{ HS_MAPPING_DEVICE_DAX, 1, SHARED_RW, HS_FAULT_WRITE, false, 2 },
		{ HS_MAPPING_P2PDMA, 0, SHARED_RW, 0, false, 3 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint32_t ret = HS_VM_FAULT_OOM, failures = 0;

		for (uint64_t fail = 3; ret; fail++) {
			ret = fault_failing(fail, rows[i].kind, rows[i].level, rows[i].vma_flags,
					    rows[i].flags, rows[i].block);
			assert_true(!ret || ret == HS_VM_FAULT_OOM || ret == HS_VM_FAULT_NOPAGE);
			failures += ret == HS_VM_FAULT_OOM;
		}
		assert_true(failures >= rows[i].least);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_block_is_mapped_as_the_vma_allows_and_nobody_is_told),
		space_unit_test(reading_a_hole_maps_the_zero_page),
		space_unit_test(writing_a_hole_allocates_and_nobody_is_told),
		space_unit_test(writing_a_hole_replaces_the_zero_page_everywhere_and_is_told),
		space_unit_test(a_block_that_is_read_only_becomes_writable_in_place),
		space_unit_test(the_end_of_the_file_and_of_the_blocks_are_bus_errors),
		cmocka_unit_test(a_dead_mapping_is_a_bus_error),
		space_unit_test(a_private_block_is_read_in_place_and_written_as_a_told_copy),
		space_unit_test(a_private_write_to_nothing_copies_and_tells_nobody),
		space_unit_test(a_private_copy_is_anonymous_memory),
		cmocka_unit_test(every_allocation_of_a_file_fault_can_fail),
	};

	return cmocka_run_group_tests_name("faults in files", tests, NULL, NULL);
}
