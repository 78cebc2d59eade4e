/* SPDX-License-Identifier: MIT */
#include "support/faulted.h"

static void swap_out_frees_the_frame_and_keeps_the_contents(void **state)
{
	struct faulted t;
	uint64_t e;

	(void)state;
	faulted_open(&t);
	written(&t, 0xff123456789aull);
	e = entry_at(&t, BASE);
	assert_int_equal(hs_swap_out(t.self, t.mm, BASE), 0);
	expect_told(&t, 1, HS_INVALIDATE_CLEAR, BASE, BASE + PAGE, NULL);
	assert_int_equal(t.entry_then, e);
	assert_int_equal(hs_entry_type(entry_at(&t, BASE)), HS_TYPE_SWAP);
	assert_int_equal(hs_entry_pfn(entry_at(&t, BASE)), 0x123456789aull);
	assert_int_equal(hs_pages_allocated(t.self), 0);
	assert_int_equal(hs_swap_out(t.self, t.mm, BASE), -ENOENT);
	assert_int_equal(hs_madvise_dontneed(t.self, t.mm, BASE, BASE + PAGE), 0);
	assert_int_equal(entry_at(&t, BASE), 0);
	faulted_close(&t);
}

static void swap_out_refuses_what_is_not_its_own(void **state)
{
	struct hs_page *page;
	struct faulted t;
	uint64_t e;

	(void)state;
	faulted_open(&t);
	page = written(&t, 1);
	e = entry_at(&t, BASE);
	read_fault(&t, BASE + PAGE);
	assert_int_equal(hs_swap_out(t.self, t.mm, BASE + 1), -EINVAL);
	assert_int_equal(hs_swap_out(t.self, t.mm, BASE + 4 * PAGE), -EINVAL);
	assert_int_equal(hs_swap_out(t.self, t.mm, BASE + PAGE), -ENOENT);
	assert_int_equal(hs_swap_out(t.self, t.mm, BASE + 2 * PAGE), -ENOENT);
	expect_untold(&t);
	hs_page_get(t.self, page);
	assert_int_equal(hs_swap_out(t.self, t.mm, BASE), -EBUSY);
	hs_page_put(t.self, page);
	assert_int_equal(entry_at(&t, BASE), e);
	expect_page(&t, BASE, true, 1);
	faulted_close(&t);
}

/* ---- migration --------------------------------------------------------------------------- */

static void migration_moves_the_entry_to_the_new_page(void **state)
{
	struct hs_page *page, *to = NULL;
	struct hs_migration m;
	struct faulted t;
	uint64_t before;

	(void)state;
	faulted_open(&t);
	page = written(&t, 1);
	before = entry_at(&t, BASE);
	assert_int_equal(hs_migration_start(t.self, t.mm, BASE, NULL, &m), 0);
	expect_told(&t, 1, HS_INVALIDATE_CLEAR, BASE, BASE + PAGE, NULL);
	assert_int_equal(t.entry_then, before);
	assert_int_equal(m.before, before);
	assert_ptr_equal(m.page, page);
	assert_int_equal(m.entry, entry_at(&t, BASE));
	assert_int_equal(hs_entry_type(m.entry), HS_TYPE_MIGRATION);
	assert_true(m.entry & HS_ENTRY_WRITE);
	assert_int_equal(hs_page_count(t.self, page), 1);
	assert_int_equal(hs_page_mapcount(t.self, page), 0);
	assert_int_equal(hs_page_alloc(t.self, &to), 0);
	hs_page_set_private(t.self, to, 2);
	hs_migration_end(t.self, &m, to);
	assert_ptr_equal(page_at(&t, BASE), to);
	expect_page(&t, BASE, true, 2);
	assert_int_equal(hs_pages_allocated(t.self), 1);
	expect_untold(&t);
	faulted_close(&t);
}

static void migration_without_a_new_page_restores_the_old(void **state)
{
	struct hs_migration m;
	struct hs_page *page;
	struct faulted t;
	uint64_t before;

	(void)state;
	faulted_open(&t);
	page = written(&t, 1);
	before = entry_at(&t, BASE);
	assert_int_equal(hs_migration_start(t.self, t.mm, BASE, &t, &m), 0);
	expect_told(&t, 1, HS_INVALIDATE_MIGRATE, BASE, BASE + PAGE, &t);
	hs_migration_end(t.self, &m, NULL);
	assert_int_equal(entry_at(&t, BASE), before);
	assert_ptr_equal(page_at(&t, BASE), page);
	expect_page(&t, BASE, true, 1);
	faulted_close(&t);
}

static void migration_of_what_is_unmapped_meanwhile_puts_both(void **state)
{
	struct hs_migration m;
	struct hs_page *to;
	struct faulted t;

	(void)state;
	for (int with = 0; with < 2; with++) {
		faulted_open(&t);
		written(&t, 1);
		assert_int_equal(hs_migration_start(t.self, t.mm, BASE, NULL, &m), 0);
		assert_int_equal(hs_munmap(t.self, t.mm, BASE, BASE + 4 * PAGE), 0);
		to = NULL;
		if (with)
			assert_int_equal(hs_page_alloc(t.self, &to), 0);
		hs_migration_end(t.self, &m, to);
		assert_int_equal(hs_pages_allocated(t.self), 0);
		faulted_close(&t);
	}
}

static void migration_ends_after_its_address_space(void **state)
{
	struct hs_migration m;
	struct faulted t;

	(void)state;
	faulted_open(&t);
	written(&t, 1);
	assert_int_equal(hs_migration_start(t.self, t.mm, BASE, NULL, &m), 0);
	hs_notifier_unregister(t.self, &t.probe);
	hs_mmput(t.self, t.mm);
	assert_int_equal(hs_pages_allocated(t.self), 1);
	hs_migration_end(t.self, &m, NULL);
	assert_int_equal(hs_pages_allocated(t.self), 0);
	world_close(&t.w);
}

static void migration_keeps_the_access_that_mprotect_left(void **state)
{
	struct hs_migration m;
	struct faulted t;

	(void)state;
	faulted_open(&t);
	written(&t, 1);
	assert_int_equal(hs_migration_start(t.self, t.mm, BASE, NULL, &m), 0);
	assert_int_equal(hs_mprotect(t.self, t.mm, BASE, BASE + 4 * PAGE, HS_VM_READ), 0);
	hs_migration_end(t.self, &m, NULL);
	expect_page(&t, BASE, false, 1);
	faulted_close(&t);
}

/* The end does not ask the VMA, which forbids the access and allows it again meanwhile. */
static void migration_ends_where_nothing_may_be_read(void **state)
{
	struct hs_migration m;
	struct faulted t;
	uint64_t pfn;

	(void)state;
	faulted_open(&t);
	written(&t, 1);
	assert_int_equal(hs_migration_start(t.self, t.mm, BASE, NULL, &m), 0);
	assert_int_equal(hs_mprotect(t.self, t.mm, BASE, BASE + 4 * PAGE, 0), 0);
	hs_migration_end(t.self, &m, NULL);
	expect_page(&t, BASE, false, 1);
	assert_int_equal(hs_cpu_access(t.self, t.mm, BASE, false, &pfn), HS_VM_FAULT_SIGSEGV);
	assert_int_equal(hs_mprotect(t.self, t.mm, BASE, BASE + 4 * PAGE, HS_VM_READ), 0);
	assert_int_equal(hs_cpu_access(t.self, t.mm, BASE, false, &pfn), 0);
	faulted_close(&t);
}

static void migration_refuses_what_others_hold(void **state)
{
	struct hs_migration m;
	struct hs_page *page;
	struct faulted t;
	uint64_t e;

	(void)state;
	faulted_open(&t);
	page = written(&t, 1);
	e = entry_at(&t, BASE);
	hs_page_get(t.self, page);
	assert_int_equal(hs_migration_start(t.self, t.mm, BASE, NULL, &m), -EBUSY);
	hs_page_put(t.self, page);
	assert_int_equal(entry_at(&t, BASE), e);
	assert_int_equal(hs_migration_start(t.self, t.mm, BASE + 1, NULL, &m), -EINVAL);
	assert_int_equal(hs_migration_start(t.self, t.mm, BASE - PAGE, NULL, &m), -EINVAL);
	assert_int_equal(hs_migration_start(t.self, t.mm, BASE + PAGE, NULL, &m), -ENOENT);
	read_fault(&t, BASE + PAGE);
	assert_int_equal(hs_migration_start(t.self, t.mm, BASE + PAGE, NULL, &m), -ENOENT);
	faulted_close(&t);
}

/* To the device and back, with the references of every kernel. */
static void migration_to_the_device_and_back(void **state)
{
	struct hs_page *device, *back;
	struct hs_pgmap *pgmap;
	struct hs_migration m;
	struct faulted t;

	(void)state;
	for (int refs = 0; refs < HS_PAGE_REFS_COUNT; refs++) {
		faulted_open(&t);
		pgmap = device_memory(&t, HS_PGMAP_PRIVATE, (enum hs_page_refs)refs, &system_ops);
		written(&t, 1);
		assert_int_equal(hs_migration_start(t.self, t.mm, BASE, NULL, &m), 0);
		assert_int_equal(hs_pgmap_page_alloc(t.self, pgmap, &device), 0);
		hs_migration_end(t.self, &m, device);
		assert_int_equal(hs_pages_allocated(t.self), 0);
		assert_int_equal(entry_at(&t, BASE), HS_ENTRY_DEVPRIV | COUNTED | HS_ENTRY_WRITE |
							     hs_page_to_pfn(t.self, device));
		assert_int_equal(hs_page_mapcount(t.self, device), 1);
		hs_page_get(t.self, device);
		assert_int_equal(hs_migration_start(t.self, t.mm, BASE, &t, &m), -EBUSY);
		hs_page_put(t.self, device);
		assert_int_equal(hs_migration_start(t.self, t.mm, BASE, &t, &m), 0);
		assert_int_equal(hs_page_alloc(t.self, &back), 0);
		hs_migration_end(t.self, &m, back);
		expect_page(&t, BASE, true, 0);
		assert_int_equal(hs_pgmap_pages_allocated(t.self, pgmap), 0);
		hs_pgmap_destroy(t.self, pgmap);
		faulted_close(&t);
	}
}

/* ---- device-exclusive -------------------------------------------------------------------- */

static void an_exclusive_page_is_locked_and_held_twice(void **state)
{
	struct hs_page *page, *got = NULL;
	struct faulted t;
	uint64_t e;

	(void)state;
	faulted_open(&t);
	page = written(&t, 1);
	e = entry_at(&t, BASE);
	assert_int_equal(hs_make_exclusive(t.self, t.mm, BASE, &t, &got), 0);
	expect_told(&t, 1, HS_INVALIDATE_EXCLUSIVE, BASE, BASE + PAGE, &t);
	assert_int_equal(t.entry_then, e);
	assert_ptr_equal(got, page);
	assert_int_equal(entry_at(&t, BASE), hs_entry_typed(HS_TYPE_EXCLUSIVE, hs_entry_pfn(e),
							    HS_ENTRY_WRITE | COUNTED));
	assert_false(hs_page_trylock(t.self, page));
	assert_int_equal(hs_page_count(t.self, page), 2);
	assert_int_equal(hs_page_mapcount(t.self, page), 0);
	hs_page_unlock(t.self, page);
	hs_page_put(t.self, page);
	assert_int_equal(hs_munmap(t.self, t.mm, BASE, BASE + 4 * PAGE), 0);
	assert_int_equal(hs_pages_allocated(t.self), 0);
	faulted_close(&t);
}

static void exclusive_access_is_refused_where_it_cannot_be_had(void **state)
{
	struct hs_page *page, *got = NULL;
	struct faulted t;

	(void)state;
	faulted_open(&t);
	page = written(&t, 1);
	assert_int_equal(hs_make_exclusive(t.self, t.mm, BASE + 1, &t, &got), -EINVAL);
	assert_int_equal(hs_make_exclusive(t.self, t.mm, BASE - PAGE, &t, &got), -EINVAL);
	assert_int_equal(hs_make_exclusive(t.self, t.mm, BASE + PAGE, &t, &got), -ENOENT);
	assert_true(hs_page_trylock(t.self, page));
	assert_int_equal(hs_make_exclusive(t.self, t.mm, BASE, &t, &got), -EBUSY);
	hs_page_unlock(t.self, page);
	expect_untold(&t);
	expect_page(&t, BASE, true, 1);
	faulted_close(&t);
}

/* ---- prot-none, memory failure ----------------------------------------------------------- */

static void prot_none_takes_access_from_pages_of_the_system_alone(void **state)
{
	struct hs_page *page;
	struct faulted t;

	(void)state;
	faulted_open(&t);
	page = written(&t, 1);
	read_fault(&t, BASE + PAGE);
	write_fault(&t, BASE + 3 * PAGE);
	assert_int_equal(hs_make_protnone(t.self, t.mm, BASE, BASE + 3 * PAGE), 0);
	expect_told(&t, 1, HS_INVALIDATE_PROTECTION_VMA, BASE, BASE + 3 * PAGE, NULL);
	assert_int_equal(entry_at(&t, BASE),
			 hs_entry_typed(HS_TYPE_PROTNONE, hs_page_to_pfn(t.self, page), COUNTED));
	assert_int_equal(hs_page_count(t.self, page), 1);
	assert_int_equal(hs_page_mapcount(t.self, page), 1);
	assert_int_equal(entry_at(&t, BASE + PAGE), ZERO_ENTRY);
	assert_int_equal(entry_at(&t, BASE + 2 * PAGE), 0);
	expect_page(&t, BASE + 3 * PAGE, true, 0);
	assert_int_equal(hs_make_protnone(t.self, t.mm, BASE, BASE), -EINVAL);
	assert_int_equal(hs_make_protnone(t.self, t.mm, BASE, BASE + 1), -EINVAL);
	assert_int_equal(hs_make_protnone(t.self, t.mm, BASE, BASE + 5 * PAGE), -EINVAL);
	expect_untold(&t);
	faulted_close(&t);
}

static void prot_none_skips_what_has_no_table(void **state)
{
	struct faulted t;

	(void)state;
	faulted_open(&t);
	map(&t, BASE, 4 * 512, RW);
	write_fault(&t, BASE + 3 * LEAF);
	assert_int_equal(hs_make_protnone(t.self, t.mm, BASE, BASE + 4 * LEAF), 0);
	assert_int_equal(hs_entry_type(entry_at(&t, BASE + 3 * LEAF)), HS_TYPE_PROTNONE);
	faulted_close(&t);
}

static void a_failed_page_is_never_handed_out_again(void **state)
{
	struct hs_page *page, *other[RAM_END - RAM_START];
	struct faulted t;
	uint64_t pfn, e;

	(void)state;
	faulted_open(&t);
	page = written(&t, 1);
	e = entry_at(&t, BASE);
	pfn = hs_entry_pfn(e);
	assert_int_equal(hs_memory_failure(t.self, t.mm, BASE), 0);
	expect_told(&t, 1, HS_INVALIDATE_CLEAR, BASE, BASE + PAGE, NULL);
	assert_int_equal(t.entry_then, e);
	assert_int_equal(entry_at(&t, BASE), hs_entry_typed(HS_TYPE_HWPOISON, pfn, 0));
	assert_true(page->state.raw & HS_PAGE_POISONED);
	assert_int_equal(read_fault(&t, BASE), HS_VM_FAULT_HWPOISON);
	for (uint32_t i = 0; i < RAM_END - RAM_START - 1; i++) {
		assert_int_equal(hs_page_alloc(t.self, &other[i]), 0);
		assert_ptr_not_equal(other[i], page);
	}
	assert_int_equal(hs_page_alloc(t.self, &other[0]), -ENOMEM);
	for (uint32_t i = 0; i < RAM_END - RAM_START - 1; i++)
		hs_page_put(t.self, hs_pfn_to_page(t.self, RAM_START + i + (RAM_START + i >= pfn)));
	assert_int_equal(hs_memory_failure(t.self, t.mm, BASE), -ENOENT);
	assert_int_equal(hs_memory_failure(t.self, t.mm, BASE + PAGE), -ENOENT);
	assert_int_equal(hs_memory_failure(t.self, t.mm, BASE + 1), -EINVAL);
	assert_int_equal(hs_memory_failure(t.self, t.mm, BASE - PAGE), -EINVAL);
	faulted_close(&t);
}

/* ---- device memory ----------------------------------------------------------------------- */

static void an_inserted_page_takes_over_the_reference(void **state)
{
	static const enum hs_pgmap_type types[] = { HS_PGMAP_PRIVATE, HS_PGMAP_COHERENT };

	(void)state;
	for (int i = 0; i < 2; i++)
		for (int write = 0; write < 2; write++) {
			uint64_t kind = i ? HS_ENTRY_VALID : HS_ENTRY_DEVPRIV;
			struct hs_pgmap *pgmap;
			struct hs_page *page;
			struct faulted t;

			faulted_open(&t);
			pgmap = device_memory(&t, types[i], HS_PAGE_REFS_6_1, &system_ops);
			map(&t, BASE, 4, RW);
			assert_int_equal(hs_pgmap_page_alloc(t.self, pgmap, &page), 0);
			assert_int_equal(hs_migrate_insert_page(t.self, t.mm, BASE, page, write),
					 0);
			expect_told(&t, 1, HS_INVALIDATE_MIGRATE, BASE, BASE + PAGE, &probe_ops);
			assert_int_equal(entry_at(&t, BASE), kind | COUNTED |
								     (write ? HS_ENTRY_WRITE : 0) |
								     hs_page_to_pfn(t.self, page));
			assert_int_equal(hs_page_count(t.self, page), 1);
			assert_int_equal(hs_page_mapcount(t.self, page), 1);
			assert_int_equal(hs_swap_out(t.self, t.mm, BASE), -ENOENT);
			assert_int_equal(hs_make_protnone(t.self, t.mm, BASE, BASE + PAGE), 0);
			assert_int_equal(entry_at(&t, BASE) & ~HS_ENTRY_PFN,
					 kind | COUNTED | (write ? HS_ENTRY_WRITE : 0));
			assert_int_equal(hs_munmap(t.self, t.mm, BASE, BASE + 4 * PAGE), 0);
			assert_int_equal(hs_pgmap_pages_allocated(t.self, pgmap), 0);
			hs_pgmap_destroy(t.self, pgmap);
			faulted_close(&t);
		}
}

static void an_insert_that_fails_leaves_the_reference(void **state)
{
	struct hs_page *page, *system;
	struct hs_pgmap *pgmap;
	struct faulted t;

	(void)state;
	faulted_open(&t);
	pgmap = device_memory(&t, HS_PGMAP_PRIVATE, HS_PAGE_REFS_6_1, &system_ops);
	system = written(&t, 1);
	assert_int_equal(hs_pgmap_page_alloc(t.self, pgmap, &page), 0);
	assert_int_equal(hs_migrate_insert_page(t.self, t.mm, BASE, page, true), -ENOENT);
	assert_int_equal(hs_migrate_insert_page(t.self, t.mm, BASE + 1, page, true), -EINVAL);
	assert_int_equal(hs_migrate_insert_page(t.self, t.mm, BASE - PAGE, page, true), -EINVAL);
	assert_int_equal(hs_migrate_insert_page(t.self, t.mm, BASE + PAGE, system, true), -EINVAL);
	assert_int_equal(hs_mmap(t.self, t.mm, BASE + 8 * PAGE, BASE + 9 * PAGE,
				 HS_VM_READ | HS_VM_WRITE | HS_VM_PFNMAP, NULL, 0),
			 0);
	assert_int_equal(hs_migrate_insert_page(t.self, t.mm, BASE + 8 * PAGE, page, true),
			 -EINVAL);
	expect_untold(&t);
	assert_int_equal(hs_page_count(t.self, page), 1);
	assert_int_equal(hs_page_mapcount(t.self, page), 0);
	/* The zero page counts as nothing; in a VMA without WRITE the entry has none. */
	read_fault(&t, BASE + PAGE);
	assert_int_equal(hs_mprotect(t.self, t.mm, BASE, BASE + 4 * PAGE, HS_VM_READ), 0);
	assert_int_equal(hs_migrate_insert_page(t.self, t.mm, BASE + PAGE, page, true), 0);
	assert_false(entry_at(&t, BASE + PAGE) & HS_ENTRY_WRITE);
	assert_int_equal(hs_munmap(t.self, t.mm, BASE, BASE + 9 * PAGE), 0);
	hs_pgmap_destroy(t.self, pgmap);
	faulted_close(&t);
}

static void an_insert_can_lack_memory_for_tables(void **state)
{
	uint32_t failures = 0;
	int ret = -ENOMEM;

	(void)state;
	for (uint64_t fail = 3; ret; fail++) {
		struct hs_pgmap_config config;
		struct hs_pgmap *pgmap = NULL;
		struct hs_page *page;
		struct faulted t;

		hs_pgmap_config_init(&config, HS_PGMAP_PRIVATE, DEVICE_START, DEVICE_END);
		config.ops = &system_ops;
		config.owner = &t;
		if (!faulted_try(&t, fail) &&
		    !hs_mmap(t.self, t.mm, BASE, BASE + PAGE, RW, NULL, BASE / PAGE) &&
		    !hs_pgmap_create(t.self, &config, &pgmap)) {
			assert_int_equal(hs_pgmap_page_alloc(t.self, pgmap, &page), 0);
			ret = hs_migrate_insert_page(t.self, t.mm, BASE, page, true);
			assert_true(!ret || ret == -ENOMEM);
			assert_int_equal(hs_page_count(t.self, page), 1);
			assert_int_equal(hs_page_mapcount(t.self, page), !ret);
			failures += ret != 0;
			if (ret)
				hs_page_put(t.self, page);
			else
				hs_munmap(t.self, t.mm, BASE, BASE + PAGE);
		}
		if (pgmap)
			hs_pgmap_destroy(t.self, pgmap);
		faulted_close(&t);
	}
	assert_int_equal(failures, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(swap_out_frees_the_frame_and_keeps_the_contents),
		cmocka_unit_test(swap_out_refuses_what_is_not_its_own),
		cmocka_unit_test(migration_moves_the_entry_to_the_new_page),
		cmocka_unit_test(migration_without_a_new_page_restores_the_old),
		cmocka_unit_test(migration_of_what_is_unmapped_meanwhile_puts_both),
		cmocka_unit_test(migration_ends_after_its_address_space),
		cmocka_unit_test(migration_keeps_the_access_that_mprotect_left),
		cmocka_unit_test(migration_ends_where_nothing_may_be_read),
		cmocka_unit_test(migration_refuses_what_others_hold),
		cmocka_unit_test(migration_to_the_device_and_back),
		cmocka_unit_test(an_exclusive_page_is_locked_and_held_twice),
		cmocka_unit_test(exclusive_access_is_refused_where_it_cannot_be_had),
		cmocka_unit_test(prot_none_takes_access_from_pages_of_the_system_alone),
		cmocka_unit_test(prot_none_skips_what_has_no_table),
		cmocka_unit_test(a_failed_page_is_never_handed_out_again),
		cmocka_unit_test(an_inserted_page_takes_over_the_reference),
		cmocka_unit_test(an_insert_that_fails_leaves_the_reference),
		cmocka_unit_test(an_insert_can_lack_memory_for_tables),
	};

	return cmocka_run_group_tests_name("special entries", tests, NULL, NULL);
}
