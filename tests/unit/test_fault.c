/* SPDX-License-Identifier: MIT */
#include "mm/gate.h"
#include "mm/zap.h"
#include "support/faulted.h"

/* ---- anonymous memory -------------------------------------------------------------------- */

static void read_of_nothing_maps_the_zero_page_and_tells_nobody(void **state)
{
	struct faulted t;

	(void)state;
	faulted_open(&t);
	map(&t, BASE, 4, RW);
	assert_int_equal(read_fault(&t, BASE + 5), 0);
	assert_int_equal(entry_at(&t, BASE), ZERO_ENTRY);
	assert_int_equal(entry_at(&t, BASE + PAGE), 0);
	assert_int_equal(hs_pages_allocated(t.self), 0);
	expect_untold(&t);
	faulted_close(&t);
}

static void write_of_nothing_maps_a_new_page_and_tells_nobody(void **state)
{
	struct faulted t;

	(void)state;
	faulted_open(&t);
	map(&t, BASE, 4, RW);
	assert_int_equal(write_fault(&t, BASE + PAGE), 0);
	expect_page(&t, BASE + PAGE, true, 0);
	assert_int_equal(hs_pages_allocated(t.self), 1);
	expect_untold(&t);
	faulted_close(&t);
}

static void read_of_a_present_page_changes_nothing(void **state)
{
	struct faulted t;
	uint64_t e;

	(void)state;
	faulted_open(&t);
	written(&t, 7);
	e = entry_at(&t, BASE);
	assert_int_equal(read_fault(&t, BASE), 0);
	assert_int_equal(write_fault(&t, BASE), 0);
	assert_int_equal(entry_at(&t, BASE), e);
	expect_untold(&t);
	faulted_close(&t);
}

static void write_to_the_zero_page_is_told(void **state)
{
	struct faulted t;

	(void)state;
	faulted_open(&t);
	map(&t, BASE, 4, RW);
	read_fault(&t, BASE);
	assert_int_equal(write_fault(&t, BASE), 0);
	expect_page(&t, BASE, true, 0);
	expect_told(&t, 1, HS_INVALIDATE_CLEAR, BASE, BASE + PAGE, NULL);
	assert_int_equal(t.entry_then, ZERO_ENTRY);
	faulted_close(&t);
}

/* Maps the page of BASE at BASE + PAGE as well, both read-only, as after a fork. */
static void share(struct faulted *t, struct hs_page *page)
{
	uint64_t e = entry_at(t, BASE) & ~HS_ENTRY_WRITE;

	hs_page_get(t->self, page);
	hs_page_map(t->self, page);
	hs_u32_and(t->self, &page->state, ~HS_PAGE_EXCLUSIVE, HS_RELAXED);
	hs_pt_set(t->self, t->mm, BASE, 0, e);
	hs_pt_set(t->self, t->mm, BASE + PAGE, 0, e);
}

static void write_to_a_shared_page_copies_it_and_is_told(void **state)
{
	struct hs_page *page;
	struct faulted t;
	uint64_t e;

	(void)state;
	faulted_open(&t);
	page = written(&t, 77);
	share(&t, page);
	e = entry_at(&t, BASE);
	assert_int_equal(write_fault(&t, BASE + PAGE), 0);
	expect_page(&t, BASE + PAGE, true, 77);
	expect_told(&t, 1, HS_INVALIDATE_CLEAR, BASE + PAGE, BASE + 2 * PAGE, NULL);
	assert_int_equal(t.entry_then, e);
	assert_ptr_not_equal(page_at(&t, BASE + PAGE), page);
	assert_int_equal(hs_page_count(t.self, page), 1);
	assert_int_equal(hs_page_mapcount(t.self, page), 1);
	assert_int_equal(entry_at(&t, BASE), e);
	faulted_close(&t);
}

static void write_to_the_last_reference_reuses_the_page_and_tells_nobody(void **state)
{
	struct hs_page *page;
	struct faulted t;

	(void)state;
	faulted_open(&t);
	page = written(&t, 77);
	share(&t, page);
	write_fault(&t, BASE + PAGE);
	t.starts = t.ends = 0;
	assert_int_equal(write_fault(&t, BASE), 0);
	assert_ptr_equal(page_at(&t, BASE), page);
	expect_page(&t, BASE, true, 77);
	expect_untold(&t);
	assert_int_equal(hs_pages_allocated(t.self), 2);
	faulted_close(&t);
}

/* PG_anon_exclusive: a task that has pinned the page goes on seeing what is written. */
static void write_to_an_exclusive_page_reuses_it_although_it_is_pinned(void **state)
{
	struct hs_page *page;
	struct faulted t;

	(void)state;
	faulted_open(&t);
	page = written(&t, 77);
	hs_pt_set(t.self, t.mm, BASE, 0, entry_at(&t, BASE) & ~HS_ENTRY_WRITE);
	hs_page_get(t.self, page);
	assert_int_equal(write_fault(&t, BASE), 0);
	hs_page_put(t.self, page);
	assert_ptr_equal(page_at(&t, BASE), page);
	expect_page(&t, BASE, true, 77);
	expect_untold(&t);
	faulted_close(&t);
}

static void write_to_an_entry_made_by_hand_copies_nothing(void **state)
{
	struct faulted t;

	(void)state;
	faulted_open(&t);
	map(&t, BASE, 1, RW);
	hs_pt_set(t.self, t.mm, BASE, 0, HS_ENTRY_VALID | 0x5555);
	assert_int_equal(write_fault(&t, BASE), 0);
	expect_page(&t, BASE, true, 0);
	expect_told(&t, 1, HS_INVALIDATE_CLEAR, BASE, BASE + PAGE, NULL);
	faulted_close(&t);
}

/* vm_insert_mixed() without a struct page: present for the CPU. */
static void write_to_a_special_entry_is_told(void **state)
{
	uint64_t special = HS_ENTRY_ERROR | 0x5555, pfn = 0;
	struct faulted t;

	(void)state;
	faulted_open(&t);
	map(&t, BASE, 1, RW | HS_VM_MIXEDMAP);
	hs_pt_set(t.self, t.mm, BASE, 0, special);
	assert_int_equal(read_fault(&t, BASE), 0);
	assert_int_equal(hs_cpu_access(t.self, t.mm, BASE, false, &pfn), 0);
	assert_int_equal(pfn, 0x5555);
	assert_int_equal(entry_at(&t, BASE), special);
	assert_int_equal(write_fault(&t, BASE), 0);
	expect_page(&t, BASE, true, 0);
	expect_told(&t, 1, HS_INVALIDATE_CLEAR, BASE, BASE + PAGE, NULL);
	faulted_close(&t);
}

static void there_are_no_huge_pages_to_copy(void **state)
{
	uint64_t leaf = HS_ENTRY_VALID | (uint64_t)9 << HS_ENTRY_ORDER_SHIFT | 0x4000;
	struct faulted t;

	(void)state;
	faulted_open(&t);
	map(&t, BASE, 512, RW);
	hs_pt_set(t.self, t.mm, BASE, 1, leaf);
	assert_int_equal(read_fault(&t, BASE + PAGE), 0);
	assert_int_equal(write_fault(&t, BASE + PAGE), HS_VM_FAULT_SIGBUS);
	assert_int_equal(hs_pt_get(t.self, t.mm, BASE, 1), leaf);
	faulted_close(&t);
}

/* ---- access ------------------------------------------------------------------------------ */

static void no_vma_is_a_segfault(void **state)
{
	struct faulted t;

	(void)state;
	faulted_open(&t);
	assert_int_equal(read_fault(&t, BASE), HS_VM_FAULT_SIGSEGV);
	assert_int_equal(write_fault(&t, BASE), HS_VM_FAULT_SIGSEGV);
	assert_int_equal(hs_cpu_access(t.self, t.mm, BASE, false, NULL), HS_VM_FAULT_SIGSEGV);
	faulted_close(&t);
}

static void access_that_the_vma_forbids_is_a_segfault(void **state)
{
	static const struct {
		uint32_t flags;
		uint32_t read, write;
	} rows[] = {
		{ 0, HS_VM_FAULT_SIGSEGV, HS_VM_FAULT_SIGSEGV },
		{ HS_VM_MAYWRITE, HS_VM_FAULT_SIGSEGV, HS_VM_FAULT_SIGSEGV },
		{ HS_VM_WRITE, HS_VM_FAULT_SIGSEGV, HS_VM_FAULT_SIGSEGV },
		{ HS_VM_READ, 0, HS_VM_FAULT_SIGSEGV },
		{ HS_VM_READ | HS_VM_SHARED, 0, HS_VM_FAULT_SIGSEGV },
		{ HS_VM_READ | HS_VM_SHARED | HS_VM_MAYWRITE, 0, HS_VM_FAULT_SIGSEGV },
		{ HS_VM_READ | HS_VM_MAYWRITE, 0, 0 },
		{ HS_VM_READ | HS_VM_WRITE, 0, 0 },
	};
	struct faulted t;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		faulted_open(&t);
		map(&t, BASE, 2, rows[i].flags);
		assert_int_equal(read_fault(&t, BASE), rows[i].read);
		assert_int_equal(write_fault(&t, BASE + PAGE), rows[i].write);
		assert_int_equal(!entry_at(&t, BASE), rows[i].read != 0);
		assert_int_equal(!entry_at(&t, BASE + PAGE), rows[i].write != 0);
		faulted_close(&t);
	}
}

/* As with ptrace: a private copy, which stays read-only. The second time nothing changes. */
static void write_where_only_a_copy_is_allowed_ends_read_only(void **state)
{
	struct faulted t;

	(void)state;
	faulted_open(&t);
	map(&t, BASE, 1, HS_VM_READ | HS_VM_MAYWRITE);
	assert_int_equal(write_fault(&t, BASE), 0);
	expect_page(&t, BASE, false, 0);
	assert_int_equal(write_fault(&t, BASE), 0);
	expect_page(&t, BASE, false, 0);
	expect_untold(&t);
	faulted_close(&t);
}

static void hugetlb_and_io_memory_cannot_be_faulted(void **state)
{
	static const uint32_t flags[] = { HS_VM_HUGETLB, HS_VM_PFNMAP, HS_VM_IO };
	struct faulted t;

	(void)state;
	for (int i = 0; i < 3; i++) {
		faulted_open(&t);
		map(&t, BASE, 512, RW | flags[i]);
		assert_int_equal(read_fault(&t, BASE), HS_VM_FAULT_SIGBUS);
		assert_int_equal(write_fault(&t, BASE), HS_VM_FAULT_SIGBUS);
		assert_int_equal(entry_at(&t, BASE), 0);
		faulted_close(&t);
	}
}

/* ---- the CPU ----------------------------------------------------------------------------- */

static void load_and_store_reach_the_page(void **state)
{
	uint64_t pfn = 0, again = 0;
	struct faulted t;

	(void)state;
	faulted_open(&t);
	map(&t, BASE, 2, RW);
	assert_int_equal(hs_cpu_access(t.self, t.mm, BASE + 9, false, &pfn), 0);
	assert_int_equal(pfn, HS_ZERO_PFN);
	assert_int_equal(hs_cpu_access(t.self, t.mm, BASE + 9, true, &pfn), 0);
	assert_int_equal(pfn, hs_entry_pfn(entry_at(&t, BASE)));
	assert_int_equal(hs_cpu_access(t.self, t.mm, BASE + 9, false, &again), 0);
	assert_int_equal(again, pfn);
	assert_int_equal(hs_cpu_access(t.self, t.mm, BASE + PAGE, true, NULL), 0);
	assert_int_equal(hs_pages_allocated(t.self), 2);
	faulted_close(&t);
}

static void store_without_write_is_a_segfault_and_changes_nothing(void **state)
{
	struct faulted t;

	(void)state;
	faulted_open(&t);
	map(&t, BASE, 1, HS_VM_READ | HS_VM_MAYWRITE);
	assert_int_equal(hs_cpu_access(t.self, t.mm, BASE, true, NULL), HS_VM_FAULT_SIGSEGV);
	assert_int_equal(entry_at(&t, BASE), 0);
	assert_int_equal(hs_cpu_access(t.self, t.mm, BASE, false, NULL), 0);
	assert_int_equal(hs_cpu_access(t.self, t.mm, BASE, true, NULL), HS_VM_FAULT_SIGSEGV);
	assert_int_equal(entry_at(&t, BASE), ZERO_ENTRY);
	faulted_close(&t);
}

static void the_pfn_inside_a_leaf_is_counted_on(void **state)
{
	uint64_t pfn = 0;
	struct faulted t;

	(void)state;
	faulted_open(&t);
	map(&t, BASE, 512, RW);
	hs_pt_set(t.self, t.mm, BASE, 1,
		  HS_ENTRY_VALID | (uint64_t)9 << HS_ENTRY_ORDER_SHIFT | 0x4000);
	assert_int_equal(hs_cpu_access(t.self, t.mm, BASE + 3 * PAGE, false, &pfn), 0);
	assert_int_equal(pfn, 0x4003);
	faulted_close(&t);
}

/* ---- gates ------------------------------------------------------------------------------- */

static void an_open_gate_holds_nobody(void **state)
{
	struct hs_gate *gate;
	struct faulted t;

	(void)state;
	faulted_open(&t);
	map(&t, BASE, 4, RW);
	assert_int_equal(hs_gate_create(t.self, &gate), 0);
	assert_int_equal(hs_vma_set_gate(t.self, t.mm, BASE, BASE + 4 * PAGE, gate), 0);
	hs_gate_open(t.self, gate);
	assert_int_equal(fault_flags(&t, BASE, HS_FAULT_ALLOW_RETRY), 0);
	assert_int_equal(entry_at(&t, BASE), ZERO_ENTRY);
	assert_int_equal(hs_gate_waiters(t.self, gate), 0);
	assert_int_equal(hs_vma_set_gate(t.self, t.mm, BASE, BASE + 4 * PAGE, NULL), 0);
	hs_gate_destroy(t.self, gate);
	assert_int_equal(read_fault(&t, BASE + PAGE), 0);
	faulted_close(&t);
}

static void a_gate_cuts_vmas_and_its_absence_joins_them(void **state)
{
	struct hs_gate *gate;
	struct faulted t;

	(void)state;
	faulted_open(&t);
	map(&t, BASE, 4, RW);
	assert_int_equal(hs_gate_create(t.self, &gate), 0);
	assert_int_equal(hs_vma_set_gate(t.self, t.mm, BASE + PAGE, BASE + 2 * PAGE, gate), 0);
	assert_int_equal(hs_vma_count(t.mm), 3);
	assert_ptr_equal(hs_vma_find(t.mm, BASE + PAGE)->gate, gate);
	assert_null(hs_vma_find(t.mm, BASE)->gate);
	assert_null(hs_vma_find(t.mm, BASE + 2 * PAGE)->gate);
	assert_int_equal(read_fault(&t, BASE), 0);
	assert_int_equal(hs_vma_set_gate(t.self, t.mm, BASE + 1, BASE + PAGE, gate), -EINVAL);
	assert_int_equal(hs_vma_set_gate(t.self, t.mm, BASE, BASE, gate), -EINVAL);
	assert_int_equal(hs_vma_set_gate(t.self, t.mm, BASE, BASE + 5 * PAGE, gate), -ENOMEM);
	assert_int_equal(hs_vma_set_gate(t.self, t.mm, BASE + PAGE, BASE + 2 * PAGE, NULL), 0);
	assert_int_equal(hs_vma_count(t.mm), 1);
	hs_gate_destroy(t.self, gate);
	faulted_close(&t);
}

static void a_gate_that_follows_opens_with_the_step(void **state)
{
	struct hs_pgmap *pgmap;
	struct hs_gate *gate;
	struct faulted t;

	(void)state;
	faulted_open(&t);
	pgmap = device_memory(&t, HS_PGMAP_GENERIC, HS_PAGE_REFS_6_1, NULL);
	assert_int_equal(hs_gate_create(t.self, &gate), 0);
	hs_gate_follow(gate, pgmap, HS_PGMAP_PUT_PAGES);
	assert_false(hs_gate_is_open(t.self, gate));
	hs_pgmap_step(t.self, pgmap, HS_PGMAP_KILL);
	assert_false(hs_gate_is_open(t.self, gate));
	hs_pgmap_step(t.self, pgmap, HS_PGMAP_PUT_PAGES);
	assert_true(hs_gate_is_open(t.self, gate));
	hs_gate_wait(t.self, gate);
	hs_gate_destroy(t.self, gate);
	for (int i = 2; i < HS_PGMAP_STEP_COUNT; i++)
		hs_pgmap_step(t.self, pgmap, hs_removal_steps(HS_REMOVAL_ORDER_6_0)[i]);
	hs_pgmap_free(t.self, pgmap);
	faulted_close(&t);
}

/* ---- failing allocations ----------------------------------------------------------------- */

/* Reads BASE, writes BASE + PAGE, writes BASE: each of their allocations fails once. */
static uint32_t all_faults(struct faulted *t)
{
	uint32_t ret = read_fault(t, BASE);

	if (ret) {
		assert_int_equal(entry_at(t, BASE), 0);
		return ret;
	}
	ret = write_fault(t, BASE + PAGE);
	if (ret) {
		assert_int_equal(entry_at(t, BASE + PAGE), 0);
		return ret;
	}
	ret = write_fault(t, BASE);
	if (ret)
		assert_int_equal(entry_at(t, BASE), ZERO_ENTRY);
	if (ret)
		expect_untold(t);
	else
		expect_told(t, 1, HS_INVALIDATE_CLEAR, BASE, BASE + PAGE, NULL);
	return ret;
}

static void every_allocation_of_a_fault_can_fail(void **state)
{
	uint32_t ret = HS_VM_FAULT_OOM, seen = 0;

	(void)state;
	for (uint64_t fail = 3; ret; fail++) {
		struct faulted t;

		if (!faulted_try(&t, fail) &&
		    !hs_mmap(t.self, t.mm, BASE, BASE + 4 * PAGE, RW, NULL, BASE / PAGE)) {
			ret = all_faults(&t);
			assert_true(!ret || ret == HS_VM_FAULT_OOM);
			seen += ret != 0;
		}
		faulted_close(&t);
	}
	/* Three tables, and the struct pages. */
	assert_true(seen >= 4);
}

static void every_allocation_of_a_gate_can_fail(void **state)
{
	int ret = -ENOMEM, failures = 0;

	(void)state;
	for (uint64_t fail = 3; ret; fail++) {
		struct hs_gate *gate = NULL;
		struct faulted t;

		if (!faulted_try(&t, fail) &&
		    !hs_mmap(t.self, t.mm, BASE, BASE + 4 * PAGE, RW, NULL, BASE / PAGE)) {
			ret = hs_gate_create(t.self, &gate);
			if (!ret)
				ret = hs_vma_set_gate(t.self, t.mm, BASE + PAGE, BASE + 2 * PAGE,
						      gate);
			assert_true(!ret || ret == -ENOMEM);
			assert_int_equal(hs_vma_count(t.mm), ret ? 1 : 3);
			failures += ret != 0;
			if (!ret)
				hs_vma_set_gate(t.self, t.mm, BASE, BASE + 4 * PAGE, NULL);
		}
		if (gate)
			hs_gate_destroy(t.self, gate);
		faulted_close(&t);
	}
	assert_true(failures >= 3); /* the gate, two VMAs */
}

/* No page is free: nothing changes, and a page that is freed makes the fault succeed. */
static void a_fault_without_a_free_page_changes_nothing(void **state)
{
	struct hs_page *pages[RAM_END - RAM_START];
	struct faulted t;

	(void)state;
	faulted_open(&t);
	map(&t, BASE, 2, RW);
	read_fault(&t, BASE);
	for (uint32_t i = 0; i < RAM_END - RAM_START; i++)
		assert_int_equal(hs_page_alloc(t.self, &pages[i]), 0);
	assert_int_equal(write_fault(&t, BASE), HS_VM_FAULT_OOM);
	assert_int_equal(write_fault(&t, BASE + PAGE), HS_VM_FAULT_OOM);
	assert_int_equal(hs_cpu_access(t.self, t.mm, BASE, true, NULL), HS_VM_FAULT_OOM);
	assert_int_equal(entry_at(&t, BASE), ZERO_ENTRY);
	assert_int_equal(entry_at(&t, BASE + PAGE), 0);
	expect_untold(&t);
	for (uint32_t i = 0; i < RAM_END - RAM_START; i++)
		hs_page_put(t.self, pages[i]);
	assert_int_equal(write_fault(&t, BASE), 0);
	faulted_close(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(read_of_nothing_maps_the_zero_page_and_tells_nobody),
		cmocka_unit_test(write_of_nothing_maps_a_new_page_and_tells_nobody),
		cmocka_unit_test(read_of_a_present_page_changes_nothing),
		cmocka_unit_test(write_to_the_zero_page_is_told),
		cmocka_unit_test(write_to_a_shared_page_copies_it_and_is_told),
		cmocka_unit_test(write_to_the_last_reference_reuses_the_page_and_tells_nobody),
		cmocka_unit_test(write_to_an_exclusive_page_reuses_it_although_it_is_pinned),
		cmocka_unit_test(write_to_an_entry_made_by_hand_copies_nothing),
		cmocka_unit_test(write_to_a_special_entry_is_told),
		cmocka_unit_test(there_are_no_huge_pages_to_copy),
		cmocka_unit_test(no_vma_is_a_segfault),
		cmocka_unit_test(access_that_the_vma_forbids_is_a_segfault),
		cmocka_unit_test(write_where_only_a_copy_is_allowed_ends_read_only),
		cmocka_unit_test(hugetlb_and_io_memory_cannot_be_faulted),
		cmocka_unit_test(load_and_store_reach_the_page),
		cmocka_unit_test(store_without_write_is_a_segfault_and_changes_nothing),
		cmocka_unit_test(the_pfn_inside_a_leaf_is_counted_on),
		cmocka_unit_test(an_open_gate_holds_nobody),
		cmocka_unit_test(a_gate_cuts_vmas_and_its_absence_joins_them),
		cmocka_unit_test(a_gate_that_follows_opens_with_the_step),
		cmocka_unit_test(every_allocation_of_a_fault_can_fail),
		cmocka_unit_test(every_allocation_of_a_gate_can_fail),
		cmocka_unit_test(a_fault_without_a_free_page_changes_nothing),
	};

	return cmocka_run_group_tests_name("fault", tests, NULL, NULL);
}
