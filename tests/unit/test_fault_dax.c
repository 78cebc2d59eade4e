/* SPDX-License-Identifier: MIT */
#include "mm/table.h"
#include "support/filed.h"

/* ---- DAX files, shared ------------------------------------------------------------------- */

static void a_block_is_mapped_as_the_vma_allows_and_nobody_is_told(void **state)
{
	struct file f;

	(void)state;
	for (int write = 0; write < 2; write++) {
		file_open(&f, HS_MAPPING_DAX_FILE, 0);
		blocks(&f, 0, 4);
		map_file(&f, BASE, 4, SHARED_RW, 0);
		map_file(&f, BASE + LEAF, 4, HS_VM_READ | HS_VM_SHARED, 0);
		assert_int_equal(fault_flags(&f.t, BASE + PAGE, write ? HS_FAULT_WRITE : 0), 0);
		assert_int_equal(entry_at(&f.t, BASE + PAGE),
				 DEVMAP | HS_ENTRY_WRITE | (DEVICE_START + 1));
		assert_int_equal(read_fault(&f.t, BASE + LEAF), 0);
		assert_int_equal(entry_at(&f.t, BASE + LEAF), DEVMAP | DEVICE_START);
		assert_int_equal(write_fault(&f.t, BASE + LEAF), HS_VM_FAULT_SIGSEGV);
		assert_int_equal(hs_page_mapcount(f.t.self, device_page(&f, DEVICE_START)), 0);
		expect_untold(&f.t);
		file_close(&f);
	}
}

static void reading_a_hole_maps_the_zero_page(void **state)
{
	struct file f;

	(void)state;
	file_open(&f, HS_MAPPING_DAX_FILE, 0);
	map_file(&f, BASE, 4, SHARED_RW, 0);
	assert_int_equal(read_fault(&f.t, BASE), 0);
	assert_int_equal(entry_at(&f.t, BASE), ZERO_ENTRY);
	expect_untold(&f.t);
	file_close(&f);
}

static void writing_a_hole_allocates_and_nobody_is_told(void **state)
{
	struct file f;
	uint64_t pfn;

	(void)state;
	file_open(&f, HS_MAPPING_DAX_FILE, 0);
	map_file(&f, BASE, 4, SHARED_RW, 0);
	assert_int_equal(write_fault(&f.t, BASE + 2 * PAGE), 0);
	assert_int_equal(hs_mapping_pfn(f.t.self, f.mapping, 2, &pfn), 0);
	assert_int_equal(entry_at(&f.t, BASE + 2 * PAGE), DEVMAP | HS_ENTRY_WRITE | pfn);
	assert_int_equal(hs_mapping_pfn(f.t.self, f.mapping, 1, &pfn), -ENOENT);
	expect_untold(&f.t);
	file_close(&f);
}

/* Three VMAs map the hole, one of them private, one from another page of the file on. */
static void writing_a_hole_replaces_the_zero_page_everywhere_and_is_told(void **state)
{
	struct file f;
	uint64_t pfn;

	(void)state;
	file_open(&f, HS_MAPPING_DAX_FILE, 0);
	map_file(&f, BASE, 4, SHARED_RW, 0);
	map_file(&f, BASE + LEAF, 4, SHARED_RW, 0);
	map_file(&f, BASE + 2 * LEAF, 4, RW, 0);
	map_file(&f, BASE + 3 * LEAF, 4, SHARED_RW, 4);
	for (int i = 0; i < 4; i++)
		assert_int_equal(read_fault(&f.t, BASE + i * LEAF + PAGE), 0);
	assert_int_equal(write_fault(&f.t, BASE + PAGE), 0);
	assert_int_equal(f.t.starts, 3);
	assert_int_equal(f.t.ends, 3);
	assert_int_equal(f.t.told.event, HS_INVALIDATE_CLEAR);
	assert_int_equal(f.t.entry_then, ZERO_ENTRY);
	f.t.starts = f.t.ends = 0;
	assert_int_equal(hs_mapping_pfn(f.t.self, f.mapping, 1, &pfn), 0);
	assert_int_equal(entry_at(&f.t, BASE + PAGE), DEVMAP | HS_ENTRY_WRITE | pfn);
	assert_int_equal(entry_at(&f.t, BASE + LEAF + PAGE), 0);
	assert_int_equal(entry_at(&f.t, BASE + 2 * LEAF + PAGE), 0);
	assert_int_equal(entry_at(&f.t, BASE + 3 * LEAF + PAGE), ZERO_ENTRY);
	assert_int_equal(read_fault(&f.t, BASE + LEAF + PAGE), 0);
	assert_int_equal(entry_at(&f.t, BASE + LEAF + PAGE), DEVMAP | HS_ENTRY_WRITE | pfn);
	expect_untold(&f.t);
	file_close(&f);
}

static void a_block_that_is_read_only_becomes_writable_in_place(void **state)
{
	struct file f;

	(void)state;
	file_open(&f, HS_MAPPING_DAX_FILE, 0);
	blocks(&f, 0, 1);
	map_file(&f, BASE, 1, HS_VM_READ | HS_VM_SHARED | HS_VM_MAYWRITE, 0);
	read_fault(&f.t, BASE);
	assert_int_equal(hs_mprotect(f.t.self, f.t.mm, BASE, BASE + PAGE, HS_VM_READ | HS_VM_WRITE),
			 0);
	f.t.starts = f.t.ends = 0;
	assert_int_equal(entry_at(&f.t, BASE), DEVMAP | DEVICE_START);
	assert_int_equal(write_fault(&f.t, BASE), 0);
	assert_int_equal(entry_at(&f.t, BASE), DEVMAP | HS_ENTRY_WRITE | DEVICE_START);
	expect_untold(&f.t);
	file_close(&f);
}

static void the_end_of_the_file_and_of_the_blocks_are_bus_errors(void **state)
{
	struct file f;

	(void)state;
	file_open(&f, HS_MAPPING_DAX_FILE, 0);
	f.mapping->next_block = DEVICE_END - 1;
	map_file(&f, BASE, 8, SHARED_RW, FILE_PAGES - 2);
	assert_int_equal(read_fault(&f.t, BASE + 2 * PAGE), HS_VM_FAULT_SIGBUS);
	assert_int_equal(write_fault(&f.t, BASE + 2 * PAGE), HS_VM_FAULT_SIGBUS);
	assert_int_equal(write_fault(&f.t, BASE), 0);
	assert_int_equal(read_fault(&f.t, BASE + PAGE), 0);
	assert_int_equal(write_fault(&f.t, BASE + PAGE), HS_VM_FAULT_SIGBUS);
	assert_int_equal(entry_at(&f.t, BASE + PAGE), ZERO_ENTRY);
	expect_untold(&f.t);
	file_close(&f);
}

static void a_dead_mapping_is_a_bus_error(void **state)
{
	struct file f;

	(void)state;
	for (int kind = 0; kind < HS_MAPPING_KIND_COUNT; kind++) {
		file_open(&f, (enum hs_mapping_kind)kind, 0);
		map_file(&f, BASE, 4, SHARED_RW, 0);
		assert_int_equal(write_fault(&f.t, BASE), 0);
		hs_mapping_disable(f.t.self, f.mapping);
		assert_int_equal(read_fault(&f.t, BASE + PAGE), HS_VM_FAULT_SIGBUS);
		assert_int_equal(write_fault(&f.t, BASE + PAGE), HS_VM_FAULT_SIGBUS);
		assert_int_equal(entry_at(&f.t, BASE + PAGE), 0);
		/* What is mapped already stays accessible. */
		assert_int_equal(hs_cpu_access(f.t.self, f.t.mm, BASE, true, NULL), 0);
		file_close(&f);
	}
}

/* ---- DAX files, private ------------------------------------------------------------------ */

static void a_private_block_is_read_in_place_and_written_as_a_told_copy(void **state)
{
	struct file f;

	(void)state;
	file_open(&f, HS_MAPPING_DAX_FILE, 0);
	blocks(&f, 0, 1);
	hs_page_set_private(f.t.self, hs_page_touch(f.t.self, DEVICE_START), 99);
	map_file(&f, BASE, 2, RW, 0);
	assert_int_equal(read_fault(&f.t, BASE), 0);
	assert_int_equal(entry_at(&f.t, BASE), DEVMAP | DEVICE_START);
	expect_untold(&f.t);
	assert_int_equal(write_fault(&f.t, BASE), 0);
	expect_page(&f.t, BASE, true, 99);
	expect_told(&f.t, 1, HS_INVALIDATE_CLEAR, BASE, BASE + PAGE, NULL);
	assert_int_equal(f.t.entry_then, DEVMAP | DEVICE_START);
	/* A hole: first the zero page, then a copy with contents 0. */
	assert_int_equal(read_fault(&f.t, BASE + PAGE), 0);
	assert_int_equal(entry_at(&f.t, BASE + PAGE), ZERO_ENTRY);
	assert_int_equal(write_fault(&f.t, BASE + PAGE), 0);
	expect_page(&f.t, BASE + PAGE, true, 0);
	expect_told(&f.t, 1, HS_INVALIDATE_CLEAR, BASE + PAGE, BASE + 2 * PAGE, NULL);
	assert_int_equal(hs_mapping_pfn(f.t.self, f.mapping, 1, &(uint64_t){ 0 }), -ENOENT);
	file_close(&f);
}

static void a_private_write_to_nothing_copies_and_tells_nobody(void **state)
{
	struct file f;

	(void)state;
	file_open(&f, HS_MAPPING_DAX_FILE, 0);
	blocks(&f, 0, 1);
	hs_page_set_private(f.t.self, hs_page_touch(f.t.self, DEVICE_START), 99);
	map_file(&f, BASE, 2, RW, 0);
	assert_int_equal(write_fault(&f.t, BASE), 0);
	expect_page(&f.t, BASE, true, 99);
	assert_int_equal(write_fault(&f.t, BASE + PAGE), 0);
	expect_page(&f.t, BASE + PAGE, true, 0);
	expect_untold(&f.t);
	file_close(&f);
}

static void a_private_copy_is_anonymous_memory(void **state)
{
	struct hs_page *page;
	struct file f;

	(void)state;
	file_open(&f, HS_MAPPING_DAX_FILE, 0);
	blocks(&f, 0, 1);
	map_file(&f, BASE, 1, RW, 0);
	write_fault(&f.t, BASE);
	page = page_at(&f.t, BASE);
	hs_page_set_private(f.t.self, page, 4);
	assert_int_equal(hs_make_protnone(f.t.self, f.t.mm, BASE, BASE + PAGE), 0);
	f.t.starts = f.t.ends = 0;
	assert_int_equal(hs_cpu_access(f.t.self, f.t.mm, BASE, true, NULL), 0);
	assert_ptr_equal(page_at(&f.t, BASE), page);
	expect_untold(&f.t);
	assert_int_equal(hs_swap_out(f.t.self, f.t.mm, BASE), 0);
	assert_int_equal(read_fault(&f.t, BASE), 0);
	expect_page(&f.t, BASE, false, 4);
	file_close(&f);
}

/* ---- failing allocations ----------------------------------------------------------------- */

/* One fault in every kind of mapping; after OOM there is no entry and no block. */
static uint32_t fault_failing(uint64_t fail, enum hs_mapping_kind kind, uint32_t level,
			      uint32_t vma_flags, uint32_t flags, bool block)
{
	struct hs_mapping_config config = mapping_config(kind, level);
	struct hs_mapping *m = NULL;
	struct hs_pgmap_config pc;
	struct hs_pgmap *pgmap = NULL;
	uint32_t ret = HS_VM_FAULT_NOPAGE;
	struct faulted t;

	hs_pgmap_config_init(&pc, types[kind], DEVICE_START, DEVICE_END);
	config.pages = 512;
	if (!faulted_try(&t, fail) && !hs_pgmap_create(t.self, &pc, &pgmap)) {
		config.pgmap = pgmap;
		hs_mapping_create(t.self, &config, &m);
	}
	for (uint64_t i = 0; m && block && i < 512; i++)
		assert_int_equal(hs_mapping_allocate(t.self, m, i), 0);
	if (m && !hs_mmap(t.self, t.mm, BASE, BASE + LEAF, vma_flags, m, 0)) {
		uint64_t pfn, allocated = hs_pages_allocated(t.self);

		ret = fault_flags(&t, BASE, flags);
		expect_untold(&t);
		if (ret) {
			assert_int_equal(entry_at(&t, BASE), 0);
			assert_true(hs_entry_is_table(hs_pt_get(t.self, t.mm, BASE, 1)) ||
				    !hs_pt_get(t.self, t.mm, BASE, 1));
			assert_int_equal(hs_pages_allocated(t.self), allocated);
			assert_int_equal(hs_pgmap_pages_allocated(t.self, pgmap), 0);
			if (kind == HS_MAPPING_DAX_FILE && !block)
				assert_int_equal(hs_mapping_pfn(t.self, m, 0, &pfn), -ENOENT);
		}
		hs_munmap(t.self, t.mm, BASE, BASE + LEAF);
	}
	if (m)
		hs_mapping_destroy(t.self, m);
	if (pgmap)
		hs_pgmap_destroy(t.self, pgmap);
	faulted_close(&t);
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
		cmocka_unit_test(reading_a_hole_maps_the_zero_page),
		cmocka_unit_test(writing_a_hole_allocates_and_nobody_is_told),
		cmocka_unit_test(writing_a_hole_replaces_the_zero_page_everywhere_and_is_told),
		cmocka_unit_test(a_block_that_is_read_only_becomes_writable_in_place),
		cmocka_unit_test(the_end_of_the_file_and_of_the_blocks_are_bus_errors),
		cmocka_unit_test(a_dead_mapping_is_a_bus_error),
		cmocka_unit_test(a_private_block_is_read_in_place_and_written_as_a_told_copy),
		cmocka_unit_test(a_private_write_to_nothing_copies_and_tells_nobody),
		cmocka_unit_test(a_private_copy_is_anonymous_memory),
		cmocka_unit_test(every_allocation_of_a_file_fault_can_fail),
	};

	return cmocka_run_group_tests_name("faults in files", tests, NULL, NULL);
}
