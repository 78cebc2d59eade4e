/* SPDX-License-Identifier: MIT */
#include "support/space.h"

static struct space *now;

/* ---- swap, prot-none, poison, markers ---------------------------------------------------- */

static void swap_comes_back_with_its_contents_and_tells_nobody(void **state)
{
	struct space s;

	(void)state;
	for (int write = 0; write < 2; write++) {
		space_open(&s);
		written(&s, 0x123456789aull);
		assert_int_equal(hs_swap_out(s.self, s.mm, BASE), 0);
		s.starts = s.ends = 0;
		assert_int_equal(hs_pages_allocated(s.self), 0);
		assert_int_equal(fault_flags(&s, BASE, write ? HS_FAULT_WRITE : 0), 0);
		expect_page(&s, BASE, write, 0x123456789aull);
		expect_untold(&s);
		space_close(&s);
	}
}

static void swap_that_was_read_is_written_in_place(void **state)
{
	struct space *s = *state;
	struct hs_page *page;

	written(s, 5);
	hs_swap_out(s->self, s->mm, BASE);
	read_fault(s, BASE);
	page = page_at(s, BASE);
	s->starts = s->ends = 0;
	assert_int_equal(write_fault(s, BASE), 0);
	assert_ptr_equal(page_at(s, BASE), page);
	expect_page(s, BASE, true, 5);
	expect_untold(s);
}

static void prot_none_is_accessible_again_and_the_next_write_is_in_place(void **state)
{
	struct space *s = *state;
	struct hs_page *page;

	page = written(s, 5);
	assert_int_equal(hs_make_protnone(s->self, s->mm, BASE, BASE + PAGE), 0);
	s->starts = s->ends = 0;
	assert_int_equal(write_fault(s, BASE), 0);
	expect_page(s, BASE, false, 5);
	assert_int_equal(write_fault(s, BASE), 0);
	expect_page(s, BASE, true, 5);
	assert_ptr_equal(page_at(s, BASE), page);
	expect_untold(s);
}

/* As mprotect() leaves them: the zero page and device memory stay what they are. */
static void prot_none_of_other_kinds_is_restored_to_them(void **state)
{
	struct space *s = *state;
	uint64_t devmap = COUNTED | HS_ENTRY_DEVMAP, pfn = HS_ZERO_PFN;

	map(s, BASE, 2, RW);
	hs_pt_set(s->self, s->mm, BASE, 0, hs_entry_typed(HS_TYPE_PROTNONE, pfn, COUNTED));
	hs_pt_set(s->self, s->mm, BASE + PAGE, 0,
		  hs_entry_typed(HS_TYPE_PROTNONE, 0x4000, HS_ENTRY_DEVMAP));
	assert_int_equal(read_fault(s, BASE), 0);
	assert_int_equal(entry_at(s, BASE), ZERO_ENTRY);
	assert_int_equal(read_fault(s, BASE + PAGE), 0);
	assert_int_equal(entry_at(s, BASE + PAGE), HS_ENTRY_VALID | (devmap & ~COUNTED) | 0x4000);
}

static void poison_is_an_error_of_its_own(void **state)
{
	static const enum hs_entry_type types[] = { HS_TYPE_HWPOISON, HS_TYPE_POISON };
	struct space s;

	(void)state;
	for (int i = 0; i < 2; i++) {
		uint64_t e = hs_entry_typed(types[i], 9, 0);

		space_open(&s);
		map(&s, BASE, 1, RW);
		hs_pt_set(s.self, s.mm, BASE, 0, e);
		assert_int_equal(read_fault(&s, BASE), HS_VM_FAULT_HWPOISON);
		assert_int_equal(write_fault(&s, BASE), HS_VM_FAULT_HWPOISON);
		assert_int_equal(hs_cpu_access(s.self, s.mm, BASE, false, NULL),
				 HS_VM_FAULT_HWPOISON);
		assert_int_equal(entry_at(&s, BASE), e);
		expect_untold(&s);
		space_close(&s);
	}
}

static void a_marker_is_as_good_as_nothing(void **state)
{
	struct space *s = *state;
	uint64_t marker = hs_entry_typed(HS_TYPE_MARKER, 0, 0);

	map(s, BASE, 2, RW);
	hs_pt_set(s->self, s->mm, BASE, 0, marker);
	hs_pt_set(s->self, s->mm, BASE + PAGE, 0, marker);
	assert_int_equal(read_fault(s, BASE), 0);
	assert_int_equal(entry_at(s, BASE), ZERO_ENTRY);
	assert_int_equal(write_fault(s, BASE + PAGE), 0);
	expect_page(s, BASE + PAGE, true, 0);
	expect_untold(s);
}

static void a_bad_table_cannot_be_faulted(void **state)
{
	struct space *s = *state;

	map(s, BASE, 512, RW);
	hs_pt_set(s->self, s->mm, BASE, 1, hs_entry_typed(HS_TYPE_BAD, 0, 0));
	assert_int_equal(read_fault(s, BASE), HS_VM_FAULT_SIGBUS);
}

static void there_is_nothing_to_wait_for_without_a_migration(void **state)
{
	struct space *s = *state;

	written(s, 1);
	hs_mm_lock_read(s->self, s->mm);
	hs_mm_fault_ops.migration_wait(s->self, s->mm, BASE, 0, NULL);
	hs_mm_fault_ops.migration_wait(s->self, s->mm, BASE + PAGE, 0, NULL);
	hs_mm_fault_ops.migration_wait(s->self, s->mm, BASE + LEAF, 1, NULL);
	hs_mm_unlock_read(s->self, s->mm);
}

/* ---- device-exclusive -------------------------------------------------------------------- */

static void a_fault_takes_an_exclusive_page_back_and_tells_it_without_owner(void **state)
{
	struct space *s = *state;
	struct hs_page *page, *got;
	uint64_t e;

	page = written(s, 3);
	assert_int_equal(hs_make_exclusive(s->self, s->mm, BASE, s, &got), 0);
	hs_page_unlock(s->self, got);
	e = entry_at(s, BASE);
	s->starts = s->ends = 0;
	assert_int_equal(read_fault(s, BASE), 0);
	expect_told(s, 1, HS_INVALIDATE_EXCLUSIVE, BASE, BASE + PAGE, NULL);
	assert_int_equal(s->entry_then, e);
	hs_page_put(s->self, got);
	assert_ptr_equal(page_at(s, BASE), page);
	expect_page(s, BASE, true, 3);
	assert_true(hs_page_trylock(s->self, page));
	hs_page_unlock(s->self, page);
}

static void an_exclusive_page_that_was_read_only_stays_so(void **state)
{
	struct space *s = *state;
	struct hs_page *got;

	written(s, 3);
	assert_int_equal(hs_mprotect(s->self, s->mm, BASE, BASE + 4 * PAGE, HS_VM_READ), 0);
	assert_int_equal(
		hs_mprotect(s->self, s->mm, BASE, BASE + 4 * PAGE, HS_VM_READ | HS_VM_WRITE), 0);
	assert_int_equal(hs_make_exclusive(s->self, s->mm, BASE, s, &got), 0);
	hs_page_unlock(s->self, got);
	hs_page_put(s->self, got);
	assert_int_equal(read_fault(s, BASE), 0);
	expect_page(s, BASE, false, 3);
}

/* ---- device-private ---------------------------------------------------------------------- */

static struct hs_page *inserted(struct space *s, struct hs_pgmap *pgmap, bool write)
{
	struct hs_page *page = NULL;

	map(s, BASE, 4, RW);
	assert_int_equal(hs_pgmap_page_alloc(s->self, pgmap, &page), 0);
	hs_dma_set_contents(s->self, page, 0xabc);
	assert_int_equal(hs_migrate_insert_page(s->self, s->mm, BASE, page, write), 0);
	s->starts = s->ends = 0;
	return page;
}

static void device_private_memory_comes_to_the_system_with_its_owner_told(void **state)
{
	struct hs_pgmap *pgmap;
	struct space s;
	uint64_t e;

	(void)state;
	for (int refs = 0; refs < HS_PAGE_REFS_COUNT; refs++)
		for (int write = 0; write < 2; write++) {
			space_open(&s);
			pgmap = device_memory(&s, HS_PGMAP_PRIVATE, (enum hs_page_refs)refs,
					      &device_memory_ops);
			inserted(&s, pgmap, write);
			e = entry_at(&s, BASE);
			assert_int_equal(fault_flags(&s, BASE, write ? HS_FAULT_WRITE : 0), 0);
			expect_told(&s, 1, HS_INVALIDATE_MIGRATE, BASE, BASE + PAGE,
				    &device_memory_ops);
			assert_int_equal(s.entry_then, e);
			expect_page(&s, BASE, write, 0xabc);
			assert_int_equal(hs_pgmap_pages_allocated(s.self, pgmap), 0);
			hs_pgmap_destroy(s.self, pgmap);
			space_close(&s);
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

static const struct hs_pgmap_ops note_ops = { note_freed, note_fault };

static void migrate_to_ram_is_told_all_and_has_the_page_held(void **state)
{
	struct space *s = *state;
	struct hs_pgmap *pgmap;
	struct hs_page *page;

	now = s;
	pgmap = device_memory(s, HS_PGMAP_PRIVATE, HS_PAGE_REFS_6_1, &note_ops);
	page = inserted(s, pgmap, true);
	assert_int_equal(fault_flags(s, BASE, HS_FAULT_WRITE | HS_FAULT_REMOTE), HS_VM_FAULT_OOM);
	assert_int_equal(hs_page_count(s->self, page), 1);
	assert_true(entry_at(s, BASE) & HS_ENTRY_DEVPRIV);
	hs_munmap(s->self, s->mm, BASE, BASE + 4 * PAGE);
	hs_pgmap_destroy(s->self, pgmap);
}

static uint32_t look_at_lock(struct hs_task *self, struct hs_vm_fault *vmf)
{
	bool is_free = hs_page_trylock(self, vmf->page);

	if (is_free)
		hs_page_unlock(self, vmf->page);
	assert_int_equal(is_free, !hs_mm_private_fault_locks(vmf->mm));
	assert_int_equal(hs_page_count(self, vmf->page), 2);
	return hs_migrate_to_ram(self, vmf);
}

static const struct hs_pgmap_ops look_ops = { note_freed, look_at_lock };

static void migrate_to_ram_has_the_page_locked_unless_by_reference(void **state)
{
	struct hs_pgmap *pgmap;
	struct space s;

	(void)state;
	for (int kind = HS_PRIVATE_FAULT_REFERENCE; kind <= HS_PRIVATE_FAULT_WAIT; kind++) {
		space_open(&s);
		assert_false(hs_mm_private_fault_locks(s.mm));
		hs_mm_set_private_fault(s.mm, (enum hs_private_fault)kind);
		pgmap = device_memory(&s, HS_PGMAP_PRIVATE, HS_PAGE_REFS_6_1, &look_ops);
		inserted(&s, pgmap, true);
		assert_int_equal(write_fault(&s, BASE), 0);
		expect_page(&s, BASE, true, 0xabc);
		assert_int_equal(hs_pgmap_pages_allocated(s.self, pgmap), 0);
		hs_pgmap_destroy(s.self, pgmap);
		space_close(&s);
	}
}

static void a_locked_page_stays_where_the_fault_tries_the_lock(void **state)
{
	struct space *s = *state;
	struct hs_pgmap *pgmap;
	struct hs_page *page;

	hs_mm_set_private_fault(s->mm, HS_PRIVATE_FAULT_TRYLOCK);
	pgmap = device_memory(s, HS_PGMAP_PRIVATE, HS_PAGE_REFS_6_1, &look_ops);
	page = inserted(s, pgmap, true);
	hs_page_lock(s->self, page);
	assert_int_equal(write_fault(s, BASE), 0);
	assert_true(entry_at(s, BASE) & HS_ENTRY_DEVPRIV);
	assert_int_equal(hs_page_count(s->self, page), 1);
	expect_untold(s);
	hs_page_unlock(s->self, page);
	assert_int_equal(write_fault(s, BASE), 0);
	expect_page(s, BASE, true, 0xabc);
	hs_pgmap_destroy(s->self, pgmap);
}

static void a_private_entry_by_hand_has_no_page_to_lock(void **state)
{
	struct space *s = *state;

	hs_mm_set_private_fault(s->mm, HS_PRIVATE_FAULT_WAIT);
	map(s, BASE, 4, RW);
	hs_pt_set(s->self, s->mm, BASE, 0, HS_ENTRY_DEVPRIV | 0x99999);
	assert_int_equal(read_fault(s, BASE), HS_VM_FAULT_SIGBUS);
}

/* The migration has not locked the page. */
static void a_wait_with_a_reference_ends_at_once_if_the_page_is_not_locked(void **state)
{
	struct space *s = *state;
	struct hs_migration m;
	struct hs_page *page;

	hs_mm_set_migration_wait(s->mm, HS_MIGRATION_WAIT_REFERENCE);
	page = written(s, 7);
	assert_int_equal(hs_migration_start(s->self, s->mm, BASE, NULL, &m), 0);
	assert_int_equal(read_fault(s, BASE), 0);
	assert_int_equal(hs_entry_type(entry_at(s, BASE)), HS_TYPE_MIGRATION);
	assert_int_equal(hs_page_count(s->self, page), 1);
	hs_migration_end(s->self, &m, NULL);
	assert_int_equal(read_fault(s, BASE), 0);
	expect_page(s, BASE, true, 7);
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

static const struct hs_pgmap_ops zap_ops = { note_freed, zap_first };

static void migration_of_what_is_gone_does_nothing(void **state)
{
	struct space *s = *state;
	struct hs_pgmap *pgmap;

	now = s;
	pgmap = device_memory(s, HS_PGMAP_PRIVATE, HS_PAGE_REFS_6_1, &zap_ops);
	inserted(s, pgmap, true);
	assert_int_equal(write_fault(s, BASE), 0);
	assert_int_equal(entry_at(s, BASE), 0);
	assert_int_equal(hs_pages_allocated(s->self), 0);
	assert_int_equal(hs_pgmap_pages_allocated(s->self, pgmap), 0);
	expect_untold(s);
	hs_pgmap_destroy(s->self, pgmap);
}

static void device_private_memory_without_a_driver_is_a_bus_error(void **state)
{
	struct space *s = *state;

	map(s, BASE, 4, RW);
	hs_pt_set(s->self, s->mm, BASE, 0, HS_ENTRY_DEVPRIV | 0x99999);
	assert_int_equal(read_fault(s, BASE), HS_VM_FAULT_SIGBUS);
}

/* ---- failing allocations ----------------------------------------------------------------- */

/* No page of system memory is free. */
static void nothing_comes_back_without_a_free_page(void **state)
{
	struct space *s = *state;
	struct hs_page *pages[RAM_END - RAM_START];
	struct hs_pgmap *pgmap;
	struct hs_page *page;
	uint64_t private, swap;

	pgmap = device_memory(s, HS_PGMAP_PRIVATE, HS_PAGE_REFS_6_1, &device_memory_ops);
	page = inserted(s, pgmap, true);
	write_fault(s, BASE + PAGE);
	hs_swap_out(s->self, s->mm, BASE + PAGE);
	for (uint32_t i = 0; i < RAM_END - RAM_START; i++)
		assert_int_equal(hs_page_alloc(s->self, &pages[i]), 0);
	private = entry_at(s, BASE);
	swap = entry_at(s, BASE + PAGE);
	s->starts = s->ends = 0;
	assert_int_equal(write_fault(s, BASE), HS_VM_FAULT_OOM);
	assert_int_equal(write_fault(s, BASE + PAGE), HS_VM_FAULT_OOM);
	assert_int_equal(entry_at(s, BASE), private);
	assert_int_equal(entry_at(s, BASE + PAGE), swap);
	assert_int_equal(hs_page_count(s->self, page), 1);
	expect_untold(s);
	for (uint32_t i = 0; i < RAM_END - RAM_START; i++)
		hs_page_put(s->self, pages[i]);
	hs_munmap(s->self, s->mm, BASE, BASE + 4 * PAGE);
	hs_pgmap_destroy(s->self, pgmap);
}

/* ---- what a CPU reads and writes ---------------------------------------------------------- */

static uint64_t value_at(struct space *s, uint64_t addr)
{
	uint64_t value = ~0ull;

	assert_int_equal(hs_cpu_read(s->self, s->mm, addr, &value), 0);
	return value;
}

static void what_was_written_is_read_wherever_the_page_went(void **state)
{
	struct space *s = *state;
	struct hs_migration m;
	struct hs_page *to = NULL;

	map(s, BASE, 4, RW);
	assert_int_equal(value_at(s, BASE), 0);
	assert_int_equal(hs_cpu_write(s->self, s->mm, BASE + 9, 1ull << 63 | 7), 0);
	assert_int_equal(value_at(s, BASE), 1ull << 63 | 7);
	assert_int_equal(value_at(s, BASE + PAGE), 0);
	assert_int_equal(hs_swap_out(s->self, s->mm, BASE), 0);
	assert_int_equal(value_at(s, BASE), 1ull << 63 | 7);
	assert_int_equal(hs_migration_start(s->self, s->mm, BASE, NULL, &m), 0);
	assert_int_equal(hs_page_alloc(s->self, &to), 0);
	hs_page_set_contents(s->self, to, hs_page_contents(s->self, m.page));
	hs_migration_end(s->self, &m, to);
	assert_int_equal(value_at(s, BASE), 1ull << 63 | 7);
	assert_int_equal(hs_madvise_dontneed(s->self, s->mm, BASE, BASE + PAGE), 0);
	assert_int_equal(value_at(s, BASE), 0);
}

static void a_read_of_private_memory_brings_its_contents(void **state)
{
	struct space *s = *state;
	struct hs_pgmap *pgmap =
		device_memory(s, HS_PGMAP_PRIVATE, HS_PAGE_REFS_6_1, &device_memory_ops);

	inserted(s, pgmap, true);
	assert_int_equal(value_at(s, BASE), 0xabc);
	hs_pgmap_destroy(s->self, pgmap);
}

static void an_access_by_hand_made_entries_needs_a_struct_page(void **state)
{
	struct space *s = *state;
	uint64_t value;

	map(s, BASE, 4, RW);
	assert_int_equal(hs_pt_set(s->self, s->mm, BASE, 0, HS_ENTRY_VALID | 0xfffff), 0);
	assert_int_equal(hs_cpu_read(s->self, s->mm, BASE, &value), HS_VM_FAULT_SIGBUS);
	assert_int_equal(hs_cpu_read(s->self, s->mm, BASE + 4 * PAGE, &value), HS_VM_FAULT_SIGSEGV);
	assert_int_equal(hs_cpu_write(s->self, s->mm, BASE + 4 * PAGE, 0), HS_VM_FAULT_SIGSEGV);
}

static void swap_made_by_hand_brings_what_its_pfn_field_says(void **state)
{
	struct space *s = *state;

	map(s, BASE, 1, RW);
	assert_int_equal(
		hs_pt_set(s->self, s->mm, BASE, 0, hs_entry_typed(HS_TYPE_SWAP, 0x1234, 0)), 0);
	assert_int_equal(value_at(s, BASE), 0x1234);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(swap_comes_back_with_its_contents_and_tells_nobody),
		space_unit_test(swap_that_was_read_is_written_in_place),
		space_unit_test(what_was_written_is_read_wherever_the_page_went),
		space_unit_test(a_read_of_private_memory_brings_its_contents),
		space_unit_test(an_access_by_hand_made_entries_needs_a_struct_page),
		space_unit_test(swap_made_by_hand_brings_what_its_pfn_field_says),
		space_unit_test(prot_none_is_accessible_again_and_the_next_write_is_in_place),
		space_unit_test(prot_none_of_other_kinds_is_restored_to_them),
		cmocka_unit_test(poison_is_an_error_of_its_own),
		space_unit_test(a_marker_is_as_good_as_nothing),
		space_unit_test(a_bad_table_cannot_be_faulted),
		space_unit_test(there_is_nothing_to_wait_for_without_a_migration),
		space_unit_test(a_fault_takes_an_exclusive_page_back_and_tells_it_without_owner),
		space_unit_test(an_exclusive_page_that_was_read_only_stays_so),
		cmocka_unit_test(device_private_memory_comes_to_the_system_with_its_owner_told),
		space_unit_test(migrate_to_ram_is_told_all_and_has_the_page_held),
		cmocka_unit_test(migrate_to_ram_has_the_page_locked_unless_by_reference),
		space_unit_test(a_locked_page_stays_where_the_fault_tries_the_lock),
		space_unit_test(a_private_entry_by_hand_has_no_page_to_lock),
		space_unit_test(a_wait_with_a_reference_ends_at_once_if_the_page_is_not_locked),
		space_unit_test(migration_of_what_is_gone_does_nothing),
		space_unit_test(device_private_memory_without_a_driver_is_a_bus_error),
		space_unit_test(nothing_comes_back_without_a_free_page),
	};

	return cmocka_run_group_tests_name("faults on entries that are not present", tests, NULL,
					   NULL);
}
