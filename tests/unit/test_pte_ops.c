/* SPDX-License-Identifier: MIT */
#include "memory/swap.h"
#include "support/space.h"

static void swap_out_frees_the_frame_and_keeps_the_contents(void **state)
{
	struct space *s = *state;
	uint64_t e, slot, next;

	written(s, 0xff123456789aull);
	e = entry_at(s, BASE);
	assert_int_equal(hs_swap_out(s->self, s->mm, BASE), 0);
	expect_told(s, 1, HS_INVALIDATE_CLEAR, BASE, BASE + PAGE, NULL);
	assert_int_equal(s->entry_then, e);
	assert_int_equal(hs_entry_type(entry_at(s, BASE)), HS_TYPE_SWAP);
	slot = hs_entry_pfn(entry_at(s, BASE));
	assert_int_equal(hs_swap_contents(s->self, slot), 0xff123456789aull);
	assert_int_equal(hs_pages_allocated(s->self), 0);
	assert_int_equal(hs_swap_out(s->self, s->mm, BASE), -ENOENT);
	assert_int_equal(hs_madvise_dontneed(s->self, s->mm, BASE, BASE + PAGE), 0);
	assert_int_equal(entry_at(s, BASE), 0);
	/* The slot is free, too. */
	assert_int_equal(hs_swap_alloc(s->self, &next), 0);
	assert_int_equal(next, slot);
	hs_swap_free(s->self, next);
}

static void swap_out_refuses_what_is_not_its_own(void **state)
{
	struct space *s = *state;
	struct hs_page *page;
	uint64_t e;

	page = written(s, 1);
	e = entry_at(s, BASE);
	read_fault(s, BASE + PAGE);
	assert_int_equal(hs_swap_out(s->self, s->mm, BASE + 1), -EINVAL);
	assert_int_equal(hs_swap_out(s->self, s->mm, BASE + 4 * PAGE), -EINVAL);
	assert_int_equal(hs_swap_out(s->self, s->mm, BASE + PAGE), -ENOENT);
	assert_int_equal(hs_swap_out(s->self, s->mm, BASE + 2 * PAGE), -ENOENT);
	expect_untold(s);
	hs_page_get(s->self, page);
	assert_int_equal(hs_swap_out(s->self, s->mm, BASE), -EBUSY);
	hs_page_put(s->self, page);
	assert_int_equal(entry_at(s, BASE), e);
	expect_page(s, BASE, true, 1);
}

/* As vm_normal_page() says of it, whatever the type of the entry is. */
static void the_zero_page_is_no_page_of_its_own(void **state)
{
	struct space *s = *state;
	const uint64_t e = PRESENT | HS_ZERO_PFN;
	struct hs_migration m;

	map(s, BASE, 1, RW);
	hs_pt_set(s->self, s->mm, BASE, 0, e);
	assert_int_equal(hs_swap_out(s->self, s->mm, BASE), -ENOENT);
	assert_int_equal(hs_migration_start(s->self, s->mm, BASE, NULL, &m), -ENOENT);
	assert_int_equal(hs_memory_failure(s->self, s->mm, BASE), -ENOENT);
	assert_int_equal(entry_at(s, BASE), e);
}

/* ---- migration --------------------------------------------------------------------------- */

static void migration_moves_the_entry_to_the_new_page(void **state)
{
	struct space *s = *state;
	struct hs_page *page, *to = NULL;
	struct hs_migration m;
	uint64_t before;

	page = written(s, 1);
	before = entry_at(s, BASE);
	assert_int_equal(hs_migration_start(s->self, s->mm, BASE, NULL, &m), 0);
	expect_told(s, 1, HS_INVALIDATE_CLEAR, BASE, BASE + PAGE, NULL);
	assert_int_equal(s->entry_then, before);
	assert_int_equal(m.before, before);
	assert_ptr_equal(m.page, page);
	assert_int_equal(m.entry, entry_at(s, BASE));
	assert_int_equal(hs_entry_type(m.entry), HS_TYPE_MIGRATION);
	assert_true(m.entry & HS_ENTRY_WRITE);
	assert_int_equal(hs_page_count(s->self, page), 1);
	assert_int_equal(hs_page_mapcount(s->self, page), 0);
	assert_int_equal(hs_page_alloc(s->self, &to), 0);
	hs_page_set_contents(s->self, to, 2);
	hs_migration_end(s->self, &m, to);
	assert_ptr_equal(page_at(s, BASE), to);
	expect_page(s, BASE, true, 2);
	assert_int_equal(hs_pages_allocated(s->self), 1);
	expect_untold(s);
}

static void migration_without_a_new_page_restores_the_old(void **state)
{
	struct space *s = *state;
	struct hs_migration m;
	struct hs_page *page;
	uint64_t before;

	page = written(s, 1);
	before = entry_at(s, BASE);
	assert_int_equal(hs_migration_start(s->self, s->mm, BASE, s, &m), 0);
	expect_told(s, 1, HS_INVALIDATE_MIGRATE, BASE, BASE + PAGE, s);
	hs_migration_end(s->self, &m, NULL);
	assert_int_equal(entry_at(s, BASE), before);
	assert_ptr_equal(page_at(s, BASE), page);
	expect_page(s, BASE, true, 1);
}

static void migration_of_what_is_unmapped_meanwhile_puts_both(void **state)
{
	struct hs_migration m;
	struct hs_page *to;
	struct space s;

	(void)state;
	for (int with = 0; with < 2; with++) {
		space_open(&s);
		written(&s, 1);
		assert_int_equal(hs_migration_start(s.self, s.mm, BASE, NULL, &m), 0);
		assert_int_equal(hs_munmap(s.self, s.mm, BASE, BASE + 4 * PAGE), 0);
		to = NULL;
		if (with)
			assert_int_equal(hs_page_alloc(s.self, &to), 0);
		hs_migration_end(s.self, &m, to);
		assert_int_equal(hs_pages_allocated(s.self), 0);
		space_close(&s);
	}
}

static void migration_ends_after_its_address_space(void **state)
{
	struct space *s = *state;
	struct hs_migration m;

	written(s, 1);
	assert_int_equal(hs_migration_start(s->self, s->mm, BASE, NULL, &m), 0);
	space_unregister(s);
	hs_mmput(s->self, s->mm);
	assert_int_equal(hs_pages_allocated(s->self), 1);
	hs_migration_end(s->self, &m, NULL);
	assert_int_equal(hs_pages_allocated(s->self), 0);
	s->mm = NULL;
}

static void migration_keeps_the_access_that_mprotect_left(void **state)
{
	struct space *s = *state;
	struct hs_migration m;

	written(s, 1);
	assert_int_equal(hs_migration_start(s->self, s->mm, BASE, NULL, &m), 0);
	assert_int_equal(hs_mprotect(s->self, s->mm, BASE, BASE + 4 * PAGE, HS_VM_READ), 0);
	hs_migration_end(s->self, &m, NULL);
	expect_page(s, BASE, false, 1);
}

/* The end does not ask the VMA, which forbids the access and allows it again meanwhile. */
static void migration_ends_where_nothing_may_be_read(void **state)
{
	struct space *s = *state;
	struct hs_migration m;
	uint64_t pfn;

	written(s, 1);
	assert_int_equal(hs_migration_start(s->self, s->mm, BASE, NULL, &m), 0);
	assert_int_equal(hs_mprotect(s->self, s->mm, BASE, BASE + 4 * PAGE, 0), 0);
	hs_migration_end(s->self, &m, NULL);
	expect_page(s, BASE, false, 1);
	assert_int_equal(hs_cpu_access(s->self, s->mm, BASE, false, &pfn), HS_VM_FAULT_SIGSEGV);
	assert_int_equal(hs_mprotect(s->self, s->mm, BASE, BASE + 4 * PAGE, HS_VM_READ), 0);
	assert_int_equal(hs_cpu_access(s->self, s->mm, BASE, false, &pfn), 0);
}

static void migration_refuses_what_others_hold(void **state)
{
	struct space *s = *state;
	struct hs_migration m;
	struct hs_page *page;
	uint64_t e;

	page = written(s, 1);
	e = entry_at(s, BASE);
	hs_page_get(s->self, page);
	assert_int_equal(hs_migration_start(s->self, s->mm, BASE, NULL, &m), -EBUSY);
	hs_page_put(s->self, page);
	assert_int_equal(entry_at(s, BASE), e);
	assert_int_equal(hs_migration_start(s->self, s->mm, BASE + 1, NULL, &m), -EINVAL);
	assert_int_equal(hs_migration_start(s->self, s->mm, BASE - PAGE, NULL, &m), -EINVAL);
	assert_int_equal(hs_migration_start(s->self, s->mm, BASE + PAGE, NULL, &m), -ENOENT);
	read_fault(s, BASE + PAGE);
	assert_int_equal(hs_migration_start(s->self, s->mm, BASE + PAGE, NULL, &m), -ENOENT);
}

/* To the device and back, with the references of every kernel. */
static void migration_to_the_device_and_back(void **state)
{
	struct hs_page *device, *back;
	struct hs_pgmap *pgmap;
	struct hs_migration m;
	struct space s;

	(void)state;
	for (int refs = 0; refs < HS_PAGE_REFS_COUNT; refs++) {
		space_open(&s);
		pgmap = device_memory(&s, HS_PGMAP_PRIVATE, (enum hs_page_refs)refs,
				      &device_memory_ops);
		written(&s, 1);
		assert_int_equal(hs_migration_start(s.self, s.mm, BASE, NULL, &m), 0);
		assert_int_equal(hs_pgmap_page_alloc(s.self, pgmap, &device), 0);
		hs_migration_end(s.self, &m, device);
		assert_int_equal(hs_pages_allocated(s.self), 0);
		assert_int_equal(entry_at(&s, BASE), HS_ENTRY_DEVPRIV | COUNTED | HS_ENTRY_WRITE |
							     hs_page_to_pfn(s.self, device));
		assert_int_equal(hs_page_mapcount(s.self, device), 1);
		hs_page_get(s.self, device);
		assert_int_equal(hs_migration_start(s.self, s.mm, BASE, &s, &m), -EBUSY);
		hs_page_put(s.self, device);
		assert_int_equal(hs_migration_start(s.self, s.mm, BASE, &s, &m), 0);
		assert_int_equal(hs_page_alloc(s.self, &back), 0);
		hs_migration_end(s.self, &m, back);
		expect_page(&s, BASE, true, 0);
		assert_int_equal(hs_pgmap_pages_allocated(s.self, pgmap), 0);
		hs_pgmap_destroy(s.self, pgmap);
		space_close(&s);
	}
}

/* ---- device-exclusive -------------------------------------------------------------------- */

static void an_exclusive_page_is_locked_and_held_twice(void **state)
{
	struct space *s = *state;
	struct hs_page *page, *got = NULL;
	uint64_t e;

	page = written(s, 1);
	e = entry_at(s, BASE);
	assert_int_equal(hs_make_exclusive(s->self, s->mm, BASE, s, &got), 0);
	expect_told(s, 1, HS_INVALIDATE_EXCLUSIVE, BASE, BASE + PAGE, s);
	assert_int_equal(s->entry_then, e);
	assert_ptr_equal(got, page);
	assert_int_equal(entry_at(s, BASE), hs_entry_typed(HS_TYPE_EXCLUSIVE, hs_entry_pfn(e),
							   HS_ENTRY_WRITE | COUNTED));
	assert_false(hs_page_trylock(s->self, page));
	assert_int_equal(hs_page_count(s->self, page), 2);
	assert_int_equal(hs_page_mapcount(s->self, page), 0);
	hs_page_unlock(s->self, page);
	hs_page_put(s->self, page);
	assert_int_equal(hs_munmap(s->self, s->mm, BASE, BASE + 4 * PAGE), 0);
	assert_int_equal(hs_pages_allocated(s->self), 0);
}

static void exclusive_access_is_refused_where_it_cannot_be_had(void **state)
{
	struct space *s = *state;
	struct hs_page *page, *got = NULL;

	page = written(s, 1);
	assert_int_equal(hs_make_exclusive(s->self, s->mm, BASE + 1, s, &got), -EINVAL);
	assert_int_equal(hs_make_exclusive(s->self, s->mm, BASE - PAGE, s, &got), -EINVAL);
	assert_int_equal(hs_make_exclusive(s->self, s->mm, BASE + PAGE, s, &got), -ENOENT);
	assert_true(hs_page_trylock(s->self, page));
	assert_int_equal(hs_make_exclusive(s->self, s->mm, BASE, s, &got), -EBUSY);
	hs_page_unlock(s->self, page);
	expect_untold(s);
	expect_page(s, BASE, true, 1);
}

/* ---- prot-none, memory failure ----------------------------------------------------------- */

static void prot_none_takes_access_from_pages_of_the_system_alone(void **state)
{
	struct space *s = *state;
	struct hs_page *page;

	page = written(s, 1);
	read_fault(s, BASE + PAGE);
	write_fault(s, BASE + 3 * PAGE);
	assert_int_equal(hs_make_protnone(s->self, s->mm, BASE, BASE + 3 * PAGE), 0);
	expect_told(s, 1, HS_INVALIDATE_PROTECTION_VMA, BASE, BASE + 3 * PAGE, NULL);
	assert_int_equal(entry_at(s, BASE),
			 hs_entry_typed(HS_TYPE_PROTNONE, hs_page_to_pfn(s->self, page), COUNTED));
	assert_int_equal(hs_page_count(s->self, page), 1);
	assert_int_equal(hs_page_mapcount(s->self, page), 1);
	assert_int_equal(entry_at(s, BASE + PAGE), ZERO_ENTRY);
	assert_int_equal(entry_at(s, BASE + 2 * PAGE), 0);
	expect_page(s, BASE + 3 * PAGE, true, 0);
	assert_int_equal(hs_make_protnone(s->self, s->mm, BASE, BASE), -EINVAL);
	assert_int_equal(hs_make_protnone(s->self, s->mm, BASE, BASE + 1), -EINVAL);
	assert_int_equal(hs_make_protnone(s->self, s->mm, BASE, BASE + 5 * PAGE), -EINVAL);
	expect_untold(s);
}

static void prot_none_skips_what_has_no_table(void **state)
{
	struct space *s = *state;

	map(s, BASE, 4 * 512, RW);
	write_fault(s, BASE + 3 * LEAF);
	assert_int_equal(hs_make_protnone(s->self, s->mm, BASE, BASE + 4 * LEAF), 0);
	assert_int_equal(hs_entry_type(entry_at(s, BASE + 3 * LEAF)), HS_TYPE_PROTNONE);
}

static void a_failed_page_is_never_handed_out_again(void **state)
{
	struct space *s = *state;
	struct hs_page *page, *other[RAM_END - RAM_START];
	uint64_t pfn, e;

	page = written(s, 1);
	e = entry_at(s, BASE);
	pfn = hs_entry_pfn(e);
	assert_int_equal(hs_memory_failure(s->self, s->mm, BASE), 0);
	expect_told(s, 1, HS_INVALIDATE_CLEAR, BASE, BASE + PAGE, NULL);
	assert_int_equal(s->entry_then, e);
	assert_int_equal(entry_at(s, BASE), hs_entry_typed(HS_TYPE_HWPOISON, pfn, 0));
	assert_true(page->state.raw & HS_PAGE_POISONED);
	assert_int_equal(read_fault(s, BASE), HS_VM_FAULT_HWPOISON);
	for (uint32_t i = 0; i < RAM_END - RAM_START - 1; i++) {
		assert_int_equal(hs_page_alloc(s->self, &other[i]), 0);
		assert_ptr_not_equal(other[i], page);
	}
	assert_int_equal(hs_page_alloc(s->self, &other[0]), -ENOMEM);
	for (uint32_t i = 0; i < RAM_END - RAM_START - 1; i++)
		hs_page_put(s->self,
			    hs_pfn_to_page(s->self, RAM_START + i + (RAM_START + i >= pfn)));
	assert_int_equal(hs_memory_failure(s->self, s->mm, BASE), -ENOENT);
	assert_int_equal(hs_memory_failure(s->self, s->mm, BASE + PAGE), -ENOENT);
	assert_int_equal(hs_memory_failure(s->self, s->mm, BASE + 1), -EINVAL);
	assert_int_equal(hs_memory_failure(s->self, s->mm, BASE - PAGE), -EINVAL);
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
			struct space s;

			space_open(&s);
			pgmap = device_memory(&s, types[i], HS_PAGE_REFS_6_1, &device_memory_ops);
			map(&s, BASE, 4, RW);
			assert_int_equal(hs_pgmap_page_alloc(s.self, pgmap, &page), 0);
			assert_int_equal(hs_migrate_insert_page(s.self, s.mm, BASE, page, write),
					 0);
			expect_told(&s, 1, HS_INVALIDATE_MIGRATE, BASE, BASE + PAGE,
				    &device_memory_ops);
			assert_int_equal(entry_at(&s, BASE), kind | COUNTED |
								     (write ? HS_ENTRY_WRITE : 0) |
								     hs_page_to_pfn(s.self, page));
			assert_int_equal(hs_page_count(s.self, page), 1);
			assert_int_equal(hs_page_mapcount(s.self, page), 1);
			assert_int_equal(hs_swap_out(s.self, s.mm, BASE), -ENOENT);
			assert_int_equal(hs_make_protnone(s.self, s.mm, BASE, BASE + PAGE), 0);
			assert_int_equal(entry_at(&s, BASE) & ~HS_ENTRY_PFN,
					 kind | COUNTED | (write ? HS_ENTRY_WRITE : 0));
			assert_int_equal(hs_munmap(s.self, s.mm, BASE, BASE + 4 * PAGE), 0);
			assert_int_equal(hs_pgmap_pages_allocated(s.self, pgmap), 0);
			hs_pgmap_destroy(s.self, pgmap);
			space_close(&s);
		}
}

static void an_insert_that_fails_leaves_the_reference(void **state)
{
	struct space *s = *state;
	struct hs_page *page, *system;
	struct hs_pgmap *pgmap;

	pgmap = device_memory(s, HS_PGMAP_PRIVATE, HS_PAGE_REFS_6_1, &device_memory_ops);
	system = written(s, 1);
	assert_int_equal(hs_pgmap_page_alloc(s->self, pgmap, &page), 0);
	assert_int_equal(hs_migrate_insert_page(s->self, s->mm, BASE, page, true), -ENOENT);
	assert_int_equal(hs_migrate_insert_page(s->self, s->mm, BASE + 1, page, true), -EINVAL);
	assert_int_equal(hs_migrate_insert_page(s->self, s->mm, BASE - PAGE, page, true), -EINVAL);
	assert_int_equal(hs_migrate_insert_page(s->self, s->mm, BASE + PAGE, system, true),
			 -EINVAL);
	assert_int_equal(hs_mmap(s->self, s->mm, BASE + 8 * PAGE, BASE + 9 * PAGE,
				 HS_VM_READ | HS_VM_WRITE | HS_VM_PFNMAP, NULL, 0),
			 0);
	assert_int_equal(hs_migrate_insert_page(s->self, s->mm, BASE + 8 * PAGE, page, true),
			 -EINVAL);
	expect_untold(s);
	assert_int_equal(hs_page_count(s->self, page), 1);
	assert_int_equal(hs_page_mapcount(s->self, page), 0);
	/* The zero page counts as nothing; in a VMA without WRITE the entry has none. */
	read_fault(s, BASE + PAGE);
	assert_int_equal(hs_mprotect(s->self, s->mm, BASE, BASE + 4 * PAGE, HS_VM_READ), 0);
	assert_int_equal(hs_migrate_insert_page(s->self, s->mm, BASE + PAGE, page, true), 0);
	assert_false(entry_at(s, BASE + PAGE) & HS_ENTRY_WRITE);
	assert_int_equal(hs_munmap(s->self, s->mm, BASE, BASE + 9 * PAGE), 0);
	hs_pgmap_destroy(s->self, pgmap);
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
		struct space s;

		hs_pgmap_config_init(&config, HS_PGMAP_PRIVATE, DEVICE_START, DEVICE_END);
		config.ops = &device_memory_ops;
		config.owner = &s;
		if (!space_try(&s, HS_GEOMETRY_X86_64, fail) &&
		    !hs_mmap(s.self, s.mm, BASE, BASE + PAGE, RW, NULL, BASE / PAGE) &&
		    !hs_pgmap_create(s.self, &config, &pgmap)) {
			assert_int_equal(hs_pgmap_page_alloc(s.self, pgmap, &page), 0);
			ret = hs_migrate_insert_page(s.self, s.mm, BASE, page, true);
			assert_true(!ret || ret == -ENOMEM);
			assert_int_equal(hs_page_count(s.self, page), 1);
			assert_int_equal(hs_page_mapcount(s.self, page), !ret);
			failures += ret != 0;
			if (ret)
				hs_page_put(s.self, page);
			else
				hs_munmap(s.self, s.mm, BASE, BASE + PAGE);
		}
		if (pgmap)
			hs_pgmap_destroy(s.self, pgmap);
		space_close(&s);
	}
	assert_int_equal(failures, 3);
}

/* ---- under the caller's mmap lock ---------------------------------------------------------- */

static void lock(struct space *s, bool write)
{
	if (write)
		hs_mm_lock_write(s->self, s->mm);
	else
		hs_mm_lock_read(s->self, s->mm);
}

static void unlock(struct space *s, bool write)
{
	if (write)
		hs_mm_unlock_write(s->self, s->mm);
	else
		hs_mm_unlock_read(s->self, s->mm);
}

static void what_a_caller_with_the_mmap_lock_asks_for_is_done(void **state)
{
	struct space *s = *state;
	const struct hs_invalidation inv = { .start = BASE,
					     .end = BASE + 2 * PAGE,
					     .event = HS_INVALIDATE_UNMAP,
					     .blockable = true };
	struct hs_page *page = written(s, 7), *out = NULL;
	struct hs_migration m;

	for (int write = 0; write < 2; write++) {
		lock(s, write);
		assert_int_equal(hs_make_exclusive_locked(s->self, s->mm, BASE + 1, s, &out),
				 -EINVAL);
		assert_int_equal(hs_make_exclusive_locked(s->self, s->mm, BASE, s, &out), 0);
		expect_told(s, 1, HS_INVALIDATE_EXCLUSIVE, BASE, BASE + PAGE, s);
		unlock(s, write);
		assert_ptr_equal(out, page);
		hs_page_unlock(s->self, out);
		hs_page_put(s->self, out);
		assert_int_equal(write_fault(s, BASE), 0);
		s->starts = s->ends = 0;
		lock(s, write);
		assert_int_equal(hs_migration_start_locked(s->self, s->mm, BASE + 8 * PAGE, s, &m),
				 -EINVAL);
		assert_int_equal(hs_migration_start_locked(s->self, s->mm, BASE, s, &m), 0);
		expect_told(s, 1, HS_INVALIDATE_MIGRATE, BASE, BASE + PAGE, s);
		hs_migration_end(s->self, &m, NULL);
		unlock(s, write);
		expect_page(s, BASE, true, 7);
	}
	for (int write = 0; write < 2; write++) {
		assert_int_equal(write_fault(s, BASE), 0);
		lock(s, write);
		assert_int_equal(hs_zap_range_event_locked(s->self, s->mm, &inv), 0);
		unlock(s, write);
		expect_told(s, 1, HS_INVALIDATE_UNMAP, BASE, BASE + 2 * PAGE, NULL);
		assert_int_equal(entry_at(s, BASE), 0);
		assert_int_equal(hs_pages_allocated(s->self), 0);
	}
}

/* ---- an entry that another task changes while the subscribers are told ---------------------- */

struct meddler {
	struct hs_notifier n;
	struct space *s;
	uint64_t changed; /* the entry is this now */
};

/* A page becomes read-only, and where none was is the zero page now. */
static int meddler_start(struct hs_task *self, struct hs_notifier *n,
			 const struct hs_invalidation *inv)
{
	struct meddler *m = CONTAINER_OF(n, struct meddler, n);
	uint64_t e = entry_at(m->s, inv->start);

	m->changed = e ? e & ~HS_ENTRY_WRITE : ZERO_ENTRY;
	return hs_pt_set(self, m->s->mm, inv->start, 0, m->changed);
}

static int swap_out(struct space *s)
{
	return hs_swap_out(s->self, s->mm, BASE);
}

static int make_exclusive(struct space *s)
{
	struct hs_page *page;

	return hs_make_exclusive(s->self, s->mm, BASE, s, &page);
}

static int start_migration(struct space *s)
{
	struct hs_migration m;

	return hs_migration_start(s->self, s->mm, BASE, NULL, &m);
}

static int fail_memory(struct space *s)
{
	return hs_memory_failure(s->self, s->mm, BASE);
}

static void meddle(struct space *s, struct meddler *m, uint64_t addr, int (*op)(struct space *s))
{
	static const struct hs_notifier_ops ops = { meddler_start, NULL, NULL };

	m->s = s;
	assert_int_equal(hs_notifier_register(s->self, &m->n, hs_mm_notifiers(s->mm), &ops), 0);
	assert_int_equal(op(s), -ENOENT);
	assert_int_equal(s->starts, 1);
	assert_int_equal(s->ends, 1);
	s->starts = s->ends = 0;
	hs_notifier_unregister(s->self, &m->n);
	assert_int_equal(entry_at(s, addr), m->changed);
}

static void a_page_whose_entry_changes_meanwhile_is_left_as_it_was(void **state)
{
	int (*const ops[])(struct space * s) = { swap_out, make_exclusive, start_migration,
						 fail_memory };

	(void)state;
	for (unsigned int i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		struct hs_page *page;
		struct meddler m;
		struct space s;

		space_open(&s);
		page = written(&s, 7);
		meddle(&s, &m, BASE, ops[i]);
		expect_page(&s, BASE, false, 7);
		assert_ptr_equal(page_at(&s, BASE), page);
		assert_true(hs_page_trylock(s.self, page));
		hs_page_unlock(s.self, page);
		assert_false(hs_u32_load(s.self, &page->state, HS_RELAXED) & HS_PAGE_POISONED);
		space_close(&s);
	}
}

static struct hs_page *inserted;

static int insert(struct space *s)
{
	return hs_migrate_insert_page(s->self, s->mm, BASE, inserted, true);
}

static void a_page_that_finds_its_place_taken_is_left_to_its_owner(void **state)
{
	struct space *s = *state;
	struct hs_pgmap *pgmap;
	struct meddler m;

	pgmap = device_memory(s, HS_PGMAP_PRIVATE, HS_PAGE_REFS_6_1, &device_memory_ops);
	map(s, BASE, 4, RW);
	assert_int_equal(hs_pgmap_page_alloc(s->self, pgmap, &inserted), 0);
	meddle(s, &m, BASE, insert);
	assert_int_equal(hs_page_count(s->self, inserted), 1);
	assert_int_equal(hs_page_mapcount(s->self, inserted), 0);
	hs_page_put(s->self, inserted);
	assert_int_equal(hs_pgmap_pages_allocated(s->self, pgmap), 0);
	hs_pgmap_destroy(s->self, pgmap);
}

/* ---- entries put by hand ------------------------------------------------------------------ */

static void an_entry_put_with_its_page_is_as_one_that_a_fault_has_made(void **state)
{
	struct space *s = *state;
	struct hs_page *page, *to;
	struct hs_migration m;

	map(s, BASE, 2, RW);
	assert_int_equal(hs_page_alloc(s->self, &page), 0);
	assert_int_equal(hs_pt_set_page(s->self, s->mm, BASE, page,
					PRESENT | hs_page_to_pfn(s->self, page)),
			 0);
	expect_untold(s);
	assert_int_equal(hs_page_mapcount(s->self, page), 1);
	assert_int_equal(hs_page_count(s->self, page), 1);
	/* Migration and swap find it, and an unmap puts the reference. */
	assert_int_equal(hs_migration_start(s->self, s->mm, BASE, NULL, &m), 0);
	assert_ptr_equal(m.page, page);
	assert_int_equal(hs_page_alloc(s->self, &to), 0);
	hs_migration_end(s->self, &m, to);
	assert_int_equal(hs_swap_out(s->self, s->mm, BASE), 0);
	assert_int_equal(hs_pages_allocated(s->self), 0);
}

static void an_entry_that_cannot_be_put_leaves_the_page_to_the_caller(void **state)
{
	struct space *s = *state;
	struct hs_page *page;

	assert_int_equal(hs_page_alloc(s->self, &page), 0);
	assert_int_equal(hs_pt_set_page(s->self, s->mm, BASE + 1, page,
					PRESENT | hs_page_to_pfn(s->self, page)),
			 -EINVAL);
	assert_int_equal(hs_page_mapcount(s->self, page), 0);
	assert_int_equal(hs_page_count(s->self, page), 1);
	hs_page_put(s->self, page);
	assert_int_equal(hs_pages_allocated(s->self), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		space_unit_test(swap_out_frees_the_frame_and_keeps_the_contents),
		space_unit_test(swap_out_refuses_what_is_not_its_own),
		space_unit_test(the_zero_page_is_no_page_of_its_own),
		space_unit_test(what_a_caller_with_the_mmap_lock_asks_for_is_done),
		space_unit_test(migration_moves_the_entry_to_the_new_page),
		space_unit_test(migration_without_a_new_page_restores_the_old),
		cmocka_unit_test(migration_of_what_is_unmapped_meanwhile_puts_both),
		space_unit_test(migration_ends_after_its_address_space),
		space_unit_test(migration_keeps_the_access_that_mprotect_left),
		space_unit_test(migration_ends_where_nothing_may_be_read),
		space_unit_test(migration_refuses_what_others_hold),
		cmocka_unit_test(migration_to_the_device_and_back),
		space_unit_test(an_exclusive_page_is_locked_and_held_twice),
		space_unit_test(exclusive_access_is_refused_where_it_cannot_be_had),
		space_unit_test(prot_none_takes_access_from_pages_of_the_system_alone),
		space_unit_test(prot_none_skips_what_has_no_table),
		space_unit_test(a_failed_page_is_never_handed_out_again),
		cmocka_unit_test(an_inserted_page_takes_over_the_reference),
		space_unit_test(an_insert_that_fails_leaves_the_reference),
		cmocka_unit_test(an_insert_can_lack_memory_for_tables),
		cmocka_unit_test(a_page_whose_entry_changes_meanwhile_is_left_as_it_was),
		space_unit_test(a_page_that_finds_its_place_taken_is_left_to_its_owner),
		space_unit_test(an_entry_put_with_its_page_is_as_one_that_a_fault_has_made),
		space_unit_test(an_entry_that_cannot_be_put_leaves_the_page_to_the_caller),
	};

	return cmocka_run_group_tests_name("special entries", tests, NULL, NULL);
}
