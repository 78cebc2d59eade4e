/* SPDX-License-Identifier: MIT */
#include "support/faulted.h"

static struct faulted *now;

/* ---- swap, prot-none, poison, markers ---------------------------------------------------- */

static void swap_comes_back_with_its_contents_and_tells_nobody(void **state)
{
	struct faulted t;

	(void)state;
	for (int write = 0; write < 2; write++) {
		faulted_open(&t);
		written(&t, 0x123456789aull);
		assert_int_equal(hs_swap_out(t.self, t.mm, BASE), 0);
		t.starts = t.ends = 0;
		assert_int_equal(hs_pages_allocated(t.self), 0);
		assert_int_equal(fault_flags(&t, BASE, write ? HS_FAULT_WRITE : 0), 0);
		expect_page(&t, BASE, write, 0x123456789aull);
		expect_untold(&t);
		faulted_close(&t);
	}
}

static void swap_that_was_read_is_written_in_place(void **state)
{
	struct hs_page *page;
	struct faulted t;

	(void)state;
	faulted_open(&t);
	written(&t, 5);
	hs_swap_out(t.self, t.mm, BASE);
	read_fault(&t, BASE);
	page = page_at(&t, BASE);
	t.starts = t.ends = 0;
	assert_int_equal(write_fault(&t, BASE), 0);
	assert_ptr_equal(page_at(&t, BASE), page);
	expect_page(&t, BASE, true, 5);
	expect_untold(&t);
	faulted_close(&t);
}

static void prot_none_is_accessible_again_and_the_next_write_is_in_place(void **state)
{
	struct hs_page *page;
	struct faulted t;

	(void)state;
	faulted_open(&t);
	page = written(&t, 5);
	assert_int_equal(hs_make_protnone(t.self, t.mm, BASE, BASE + PAGE), 0);
	t.starts = t.ends = 0;
	assert_int_equal(write_fault(&t, BASE), 0);
	expect_page(&t, BASE, false, 5);
	assert_int_equal(write_fault(&t, BASE), 0);
	expect_page(&t, BASE, true, 5);
	assert_ptr_equal(page_at(&t, BASE), page);
	expect_untold(&t);
	faulted_close(&t);
}

/* As mprotect() leaves them: the zero page and device memory stay what they are. */
static void prot_none_of_other_kinds_is_restored_to_them(void **state)
{
	uint64_t devmap = COUNTED | HS_ENTRY_DEVMAP, pfn = HS_ZERO_PFN;
	struct faulted t;

	(void)state;
	faulted_open(&t);
	map(&t, BASE, 2, RW);
	hs_pt_set(t.self, t.mm, BASE, 0, hs_entry_typed(HS_TYPE_PROTNONE, pfn, COUNTED));
	hs_pt_set(t.self, t.mm, BASE + PAGE, 0,
		  hs_entry_typed(HS_TYPE_PROTNONE, 0x4000, HS_ENTRY_DEVMAP));
	assert_int_equal(read_fault(&t, BASE), 0);
	assert_int_equal(entry_at(&t, BASE), ZERO_ENTRY);
	assert_int_equal(read_fault(&t, BASE + PAGE), 0);
	assert_int_equal(entry_at(&t, BASE + PAGE), HS_ENTRY_VALID | (devmap & ~COUNTED) | 0x4000);
	faulted_close(&t);
}

static void poison_is_an_error_of_its_own(void **state)
{
	static const enum hs_entry_type types[] = { HS_TYPE_HWPOISON, HS_TYPE_POISON };
	struct faulted t;

	(void)state;
	for (int i = 0; i < 2; i++) {
		uint64_t e = hs_entry_typed(types[i], 9, 0);

		faulted_open(&t);
		map(&t, BASE, 1, RW);
		hs_pt_set(t.self, t.mm, BASE, 0, e);
		assert_int_equal(read_fault(&t, BASE), HS_VM_FAULT_HWPOISON);
		assert_int_equal(write_fault(&t, BASE), HS_VM_FAULT_HWPOISON);
		assert_int_equal(hs_cpu_access(t.self, t.mm, BASE, false, NULL),
				 HS_VM_FAULT_HWPOISON);
		assert_int_equal(entry_at(&t, BASE), e);
		expect_untold(&t);
		faulted_close(&t);
	}
}

static void a_marker_is_as_good_as_nothing(void **state)
{
	uint64_t marker = hs_entry_typed(HS_TYPE_MARKER, 0, 0);
	struct faulted t;

	(void)state;
	faulted_open(&t);
	map(&t, BASE, 2, RW);
	hs_pt_set(t.self, t.mm, BASE, 0, marker);
	hs_pt_set(t.self, t.mm, BASE + PAGE, 0, marker);
	assert_int_equal(read_fault(&t, BASE), 0);
	assert_int_equal(entry_at(&t, BASE), ZERO_ENTRY);
	assert_int_equal(write_fault(&t, BASE + PAGE), 0);
	expect_page(&t, BASE + PAGE, true, 0);
	expect_untold(&t);
	faulted_close(&t);
}

static void a_bad_table_cannot_be_faulted(void **state)
{
	struct faulted t;

	(void)state;
	faulted_open(&t);
	map(&t, BASE, 512, RW);
	hs_pt_set(t.self, t.mm, BASE, 1, hs_entry_typed(HS_TYPE_BAD, 0, 0));
	assert_int_equal(read_fault(&t, BASE), HS_VM_FAULT_SIGBUS);
	faulted_close(&t);
}

static void there_is_nothing_to_wait_for_without_a_migration(void **state)
{
	struct faulted t;

	(void)state;
	faulted_open(&t);
	written(&t, 1);
	hs_mm_fault_ops.migration_wait(t.self, t.mm, BASE, 0, NULL);
	hs_mm_fault_ops.migration_wait(t.self, t.mm, BASE + PAGE, 0, NULL);
	hs_mm_fault_ops.migration_wait(t.self, t.mm, BASE + LEAF, 1, NULL);
	faulted_close(&t);
}

/* ---- device-exclusive -------------------------------------------------------------------- */

static void a_fault_takes_an_exclusive_page_back_and_tells_it_without_owner(void **state)
{
	struct hs_page *page, *got;
	struct faulted t;
	uint64_t e;

	(void)state;
	faulted_open(&t);
	page = written(&t, 3);
	assert_int_equal(hs_make_exclusive(t.self, t.mm, BASE, &t, &got), 0);
	hs_page_unlock(t.self, got);
	e = entry_at(&t, BASE);
	t.starts = t.ends = 0;
	assert_int_equal(read_fault(&t, BASE), 0);
	expect_told(&t, 1, HS_INVALIDATE_EXCLUSIVE, BASE, BASE + PAGE, NULL);
	assert_int_equal(t.entry_then, e);
	hs_page_put(t.self, got);
	assert_ptr_equal(page_at(&t, BASE), page);
	expect_page(&t, BASE, true, 3);
	assert_true(hs_page_trylock(t.self, page));
	hs_page_unlock(t.self, page);
	faulted_close(&t);
}

static void an_exclusive_page_that_was_read_only_stays_so(void **state)
{
	struct hs_page *got;
	struct faulted t;

	(void)state;
	faulted_open(&t);
	written(&t, 3);
	assert_int_equal(hs_mprotect(t.self, t.mm, BASE, BASE + 4 * PAGE, HS_VM_READ), 0);
	assert_int_equal(hs_mprotect(t.self, t.mm, BASE, BASE + 4 * PAGE, HS_VM_READ | HS_VM_WRITE),
			 0);
	assert_int_equal(hs_make_exclusive(t.self, t.mm, BASE, &t, &got), 0);
	hs_page_unlock(t.self, got);
	hs_page_put(t.self, got);
	assert_int_equal(read_fault(&t, BASE), 0);
	expect_page(&t, BASE, false, 3);
	faulted_close(&t);
}

/* ---- device-private ---------------------------------------------------------------------- */

static struct hs_page *inserted(struct faulted *t, struct hs_pgmap *pgmap, bool write)
{
	struct hs_page *page = NULL;

	map(t, BASE, 4, RW);
	assert_int_equal(hs_pgmap_page_alloc(t->self, pgmap, &page), 0);
	hs_page_set_private(t->self, page, 0xabc);
	assert_int_equal(hs_migrate_insert_page(t->self, t->mm, BASE, page, write), 0);
	t->starts = t->ends = 0;
	return page;
}

static void device_private_memory_comes_to_the_system_with_its_owner_told(void **state)
{
	struct hs_pgmap *pgmap;
	struct faulted t;
	uint64_t e;

	(void)state;
	for (int refs = 0; refs < HS_PAGE_REFS_COUNT; refs++)
		for (int write = 0; write < 2; write++) {
			faulted_open(&t);
			pgmap = device_memory(&t, HS_PGMAP_PRIVATE, (enum hs_page_refs)refs,
					      &system_ops);
			inserted(&t, pgmap, write);
			e = entry_at(&t, BASE);
			assert_int_equal(fault_flags(&t, BASE, write ? HS_FAULT_WRITE : 0), 0);
			expect_told(&t, 1, HS_INVALIDATE_MIGRATE, BASE, BASE + PAGE, &probe_ops);
			assert_int_equal(t.entry_then, e);
			expect_page(&t, BASE, write, 0xabc);
			assert_int_equal(hs_pgmap_pages_allocated(t.self, pgmap), 0);
			hs_pgmap_destroy(t.self, pgmap);
			faulted_close(&t);
		}
}

static uint32_t note_fault(struct hs_task *self, struct hs_vm_fault *vmf)
{
	assert_ptr_equal(vmf->mm, now->mm);
	assert_ptr_equal(vmf->vma, hs_vma_at(now->mm, BASE));
	assert_int_equal(vmf->addr, BASE);
	assert_int_equal(vmf->flags, HS_FAULT_WRITE | HS_FAULT_REMOTE);
	assert_int_equal(vmf->entry, entry_at(now, BASE));
	assert_ptr_equal(vmf->page, page_at(now, BASE));
	assert_int_equal(hs_page_count(self, vmf->page), 2);
	return HS_VM_FAULT_OOM;
}

static const struct hs_pgmap_ops note_ops = { no_page_free, note_fault };

static void migrate_to_ram_is_told_all_and_has_the_page_held(void **state)
{
	struct hs_pgmap *pgmap;
	struct hs_page *page;
	struct faulted t;

	(void)state;
	faulted_open(&t);
	now = &t;
	pgmap = device_memory(&t, HS_PGMAP_PRIVATE, HS_PAGE_REFS_6_1, &note_ops);
	page = inserted(&t, pgmap, true);
	assert_int_equal(fault_flags(&t, BASE, HS_FAULT_WRITE | HS_FAULT_REMOTE), HS_VM_FAULT_OOM);
	assert_int_equal(hs_page_count(t.self, page), 1);
	assert_true(entry_at(&t, BASE) & HS_ENTRY_DEVPRIV);
	hs_munmap(t.self, t.mm, BASE, BASE + 4 * PAGE);
	hs_pgmap_destroy(t.self, pgmap);
	faulted_close(&t);
}

/* The entry changes before the driver comes to it: nothing is done, and that is no error. */
static uint32_t zap_first(struct hs_task *self, struct hs_vm_fault *vmf)
{
	hs_mm_unlock_read(self, vmf->mm);
	assert_int_equal(hs_madvise_dontneed(self, vmf->mm, BASE, BASE + PAGE), 0);
	hs_mm_lock_read(self, vmf->mm);
	now->starts = now->ends = 0;
	return hs_migrate_to_ram(self, vmf);
}

static const struct hs_pgmap_ops zap_ops = { no_page_free, zap_first };

static void migration_of_what_is_gone_does_nothing(void **state)
{
	struct hs_pgmap *pgmap;
	struct faulted t;

	(void)state;
	faulted_open(&t);
	now = &t;
	pgmap = device_memory(&t, HS_PGMAP_PRIVATE, HS_PAGE_REFS_6_1, &zap_ops);
	inserted(&t, pgmap, true);
	assert_int_equal(write_fault(&t, BASE), 0);
	assert_int_equal(entry_at(&t, BASE), 0);
	assert_int_equal(hs_pages_allocated(t.self), 0);
	assert_int_equal(hs_pgmap_pages_allocated(t.self, pgmap), 0);
	expect_untold(&t);
	hs_pgmap_destroy(t.self, pgmap);
	faulted_close(&t);
}

static void device_private_memory_without_a_driver_is_a_bus_error(void **state)
{
	struct faulted t;

	(void)state;
	faulted_open(&t);
	map(&t, BASE, 4, RW);
	hs_pt_set(t.self, t.mm, BASE, 0, HS_ENTRY_DEVPRIV | 0x99999);
	assert_int_equal(read_fault(&t, BASE), HS_VM_FAULT_SIGBUS);
	faulted_close(&t);
}

/* ---- failing allocations ----------------------------------------------------------------- */

/* No page of system memory is free. */
static void nothing_comes_back_without_a_free_page(void **state)
{
	struct hs_page *pages[RAM_END - RAM_START];
	struct hs_pgmap *pgmap;
	struct hs_page *page;
	struct faulted t;
	uint64_t private, swap;

	(void)state;
	faulted_open(&t);
	pgmap = device_memory(&t, HS_PGMAP_PRIVATE, HS_PAGE_REFS_6_1, &system_ops);
	page = inserted(&t, pgmap, true);
	write_fault(&t, BASE + PAGE);
	hs_swap_out(t.self, t.mm, BASE + PAGE);
	for (uint32_t i = 0; i < RAM_END - RAM_START; i++)
		assert_int_equal(hs_page_alloc(t.self, &pages[i]), 0);
	private = entry_at(&t, BASE);
	swap = entry_at(&t, BASE + PAGE);
	t.starts = t.ends = 0;
	assert_int_equal(write_fault(&t, BASE), HS_VM_FAULT_OOM);
	assert_int_equal(write_fault(&t, BASE + PAGE), HS_VM_FAULT_OOM);
	assert_int_equal(entry_at(&t, BASE), private);
	assert_int_equal(entry_at(&t, BASE + PAGE), swap);
	assert_int_equal(hs_page_count(t.self, page), 1);
	expect_untold(&t);
	for (uint32_t i = 0; i < RAM_END - RAM_START; i++)
		hs_page_put(t.self, pages[i]);
	hs_munmap(t.self, t.mm, BASE, BASE + 4 * PAGE);
	hs_pgmap_destroy(t.self, pgmap);
	faulted_close(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(swap_comes_back_with_its_contents_and_tells_nobody),
		cmocka_unit_test(swap_that_was_read_is_written_in_place),
		cmocka_unit_test(prot_none_is_accessible_again_and_the_next_write_is_in_place),
		cmocka_unit_test(prot_none_of_other_kinds_is_restored_to_them),
		cmocka_unit_test(poison_is_an_error_of_its_own),
		cmocka_unit_test(a_marker_is_as_good_as_nothing),
		cmocka_unit_test(a_bad_table_cannot_be_faulted),
		cmocka_unit_test(there_is_nothing_to_wait_for_without_a_migration),
		cmocka_unit_test(a_fault_takes_an_exclusive_page_back_and_tells_it_without_owner),
		cmocka_unit_test(an_exclusive_page_that_was_read_only_stays_so),
		cmocka_unit_test(device_private_memory_comes_to_the_system_with_its_owner_told),
		cmocka_unit_test(migrate_to_ram_is_told_all_and_has_the_page_held),
		cmocka_unit_test(migration_of_what_is_gone_does_nothing),
		cmocka_unit_test(device_private_memory_without_a_driver_is_a_bus_error),
		cmocka_unit_test(nothing_comes_back_without_a_free_page),
	};

	return cmocka_run_group_tests_name("faults on entries that are not present", tests, NULL,
					   NULL);
}
