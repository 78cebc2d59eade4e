/* SPDX-License-Identifier: MIT */
#include "mm/gate.h"
#include "mm/zap.h"
#include "support/space.h"

/* ---- anonymous memory -------------------------------------------------------------------- */

static void read_of_nothing_maps_the_zero_page_and_tells_nobody(void **state)
{
	struct space *s = *state;

	map(s, BASE, 4, RW);
	assert_int_equal(read_fault(s, BASE + 5), 0);
	assert_int_equal(entry_at(s, BASE), ZERO_ENTRY);
	assert_int_equal(entry_at(s, BASE + PAGE), 0);
	assert_int_equal(hs_pages_allocated(s->self), 0);
	expect_untold(s);
}

static void write_of_nothing_maps_a_new_page_and_tells_nobody(void **state)
{
	struct space *s = *state;

	map(s, BASE, 4, RW);
	assert_int_equal(write_fault(s, BASE + PAGE), 0);
	expect_page(s, BASE + PAGE, true, 0);
	assert_int_equal(hs_pages_allocated(s->self), 1);
	expect_untold(s);
}

static void read_of_a_present_page_changes_nothing(void **state)
{
	struct space *s = *state;
	uint64_t e;

	written(s, 7);
	e = entry_at(s, BASE);
	assert_int_equal(read_fault(s, BASE), 0);
	assert_int_equal(write_fault(s, BASE), 0);
	assert_int_equal(entry_at(s, BASE), e);
	expect_untold(s);
}

static void write_to_the_zero_page_is_told(void **state)
{
	struct space *s = *state;

	map(s, BASE, 4, RW);
	read_fault(s, BASE);
	assert_int_equal(write_fault(s, BASE), 0);
	expect_page(s, BASE, true, 0);
	expect_told(s, 1, HS_INVALIDATE_CLEAR, BASE, BASE + PAGE, NULL);
	assert_int_equal(s->entry_then, ZERO_ENTRY);
}

/* Maps the page of BASE at BASE + PAGE as well, both read-only, as after a fork. */
static void share(struct space *s, struct hs_page *page)
{
	uint64_t e = entry_at(s, BASE) & ~HS_ENTRY_WRITE;

	hs_page_get(s->self, page);
	hs_page_map(s->self, page);
	hs_u32_and(s->self, &page->state, ~HS_PAGE_EXCLUSIVE, HS_RELAXED);
	hs_pt_set(s->self, s->mm, BASE, 0, e);
	hs_pt_set(s->self, s->mm, BASE + PAGE, 0, e);
}

static void write_to_a_shared_page_copies_it_and_is_told(void **state)
{
	struct space *s = *state;
	struct hs_page *page;
	uint64_t e;

	page = written(s, 77);
	share(s, page);
	e = entry_at(s, BASE);
	assert_int_equal(write_fault(s, BASE + PAGE), 0);
	expect_page(s, BASE + PAGE, true, 77);
	expect_told(s, 1, HS_INVALIDATE_CLEAR, BASE + PAGE, BASE + 2 * PAGE, NULL);
	assert_int_equal(s->entry_then, e);
	assert_ptr_not_equal(page_at(s, BASE + PAGE), page);
	assert_int_equal(hs_page_count(s->self, page), 1);
	assert_int_equal(hs_page_mapcount(s->self, page), 1);
	assert_int_equal(entry_at(s, BASE), e);
}

static void write_to_the_last_reference_reuses_the_page_and_tells_nobody(void **state)
{
	struct space *s = *state;
	struct hs_page *page;

	page = written(s, 77);
	share(s, page);
	write_fault(s, BASE + PAGE);
	s->starts = s->ends = 0;
	assert_int_equal(write_fault(s, BASE), 0);
	assert_ptr_equal(page_at(s, BASE), page);
	expect_page(s, BASE, true, 77);
	expect_untold(s);
	assert_int_equal(hs_pages_allocated(s->self), 2);
}

/* PG_anon_exclusive: a task that has pinned the page goes on seeing what is written. */
static void write_to_an_exclusive_page_reuses_it_although_it_is_pinned(void **state)
{
	struct space *s = *state;
	struct hs_page *page;

	page = written(s, 77);
	hs_pt_set(s->self, s->mm, BASE, 0, entry_at(s, BASE) & ~HS_ENTRY_WRITE);
	hs_page_get(s->self, page);
	assert_int_equal(write_fault(s, BASE), 0);
	hs_page_put(s->self, page);
	assert_ptr_equal(page_at(s, BASE), page);
	expect_page(s, BASE, true, 77);
	expect_untold(s);
}

static void write_to_an_entry_made_by_hand_copies_nothing(void **state)
{
	struct space *s = *state;

	map(s, BASE, 1, RW);
	hs_pt_set(s->self, s->mm, BASE, 0, HS_ENTRY_VALID | 0x5555);
	assert_int_equal(write_fault(s, BASE), 0);
	expect_page(s, BASE, true, 0);
	expect_told(s, 1, HS_INVALIDATE_CLEAR, BASE, BASE + PAGE, NULL);
}

/* vm_insert_mixed() without a struct page: present for the CPU. */
static void write_to_a_special_entry_is_told(void **state)
{
	struct space *s = *state;
	uint64_t special = HS_ENTRY_ERROR | 0x5555, pfn = 0;

	map(s, BASE, 1, RW | HS_VM_MIXEDMAP);
	hs_pt_set(s->self, s->mm, BASE, 0, special);
	assert_int_equal(read_fault(s, BASE), 0);
	assert_int_equal(hs_cpu_access(s->self, s->mm, BASE, false, &pfn), 0);
	assert_int_equal(pfn, 0x5555);
	assert_int_equal(entry_at(s, BASE), special);
	assert_int_equal(write_fault(s, BASE), 0);
	expect_page(s, BASE, true, 0);
	expect_told(s, 1, HS_INVALIDATE_CLEAR, BASE, BASE + PAGE, NULL);
}

static void there_are_no_huge_pages_to_copy(void **state)
{
	struct space *s = *state;
	uint64_t leaf = HS_ENTRY_VALID | (uint64_t)9 << HS_ENTRY_ORDER_SHIFT | 0x4000;

	map(s, BASE, 512, RW);
	hs_pt_set(s->self, s->mm, BASE, 1, leaf);
	assert_int_equal(read_fault(s, BASE + PAGE), 0);
	assert_int_equal(write_fault(s, BASE + PAGE), HS_VM_FAULT_SIGBUS);
	assert_int_equal(hs_pt_get(s->self, s->mm, BASE, 1), leaf);
}

/* ---- access ------------------------------------------------------------------------------ */

static void no_vma_is_a_segfault(void **state)
{
	struct space *s = *state;

	assert_int_equal(read_fault(s, BASE), HS_VM_FAULT_SIGSEGV);
	assert_int_equal(write_fault(s, BASE), HS_VM_FAULT_SIGSEGV);
	assert_int_equal(hs_cpu_access(s->self, s->mm, BASE, false, NULL), HS_VM_FAULT_SIGSEGV);
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
	struct space s;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		space_open(&s);
		map(&s, BASE, 2, rows[i].flags);
		assert_int_equal(read_fault(&s, BASE), rows[i].read);
		assert_int_equal(write_fault(&s, BASE + PAGE), rows[i].write);
		assert_int_equal(!entry_at(&s, BASE), rows[i].read != 0);
		assert_int_equal(!entry_at(&s, BASE + PAGE), rows[i].write != 0);
		space_close(&s);
	}
}

/* As with ptrace: a private copy, which stays read-only. The second time nothing changes. */
static void write_where_only_a_copy_is_allowed_ends_read_only(void **state)
{
	struct space *s = *state;

	map(s, BASE, 1, HS_VM_READ | HS_VM_MAYWRITE);
	assert_int_equal(write_fault(s, BASE), 0);
	expect_page(s, BASE, false, 0);
	assert_int_equal(write_fault(s, BASE), 0);
	expect_page(s, BASE, false, 0);
	expect_untold(s);
}

static void hugetlb_and_io_memory_cannot_be_faulted(void **state)
{
	static const uint32_t flags[] = { HS_VM_HUGETLB, HS_VM_PFNMAP, HS_VM_IO };
	struct space s;

	(void)state;
	for (int i = 0; i < 3; i++) {
		space_open(&s);
		map(&s, BASE, 512, RW | flags[i]);
		assert_int_equal(read_fault(&s, BASE), HS_VM_FAULT_SIGBUS);
		assert_int_equal(write_fault(&s, BASE), HS_VM_FAULT_SIGBUS);
		assert_int_equal(entry_at(&s, BASE), 0);
		space_close(&s);
	}
}

/* ---- the CPU ----------------------------------------------------------------------------- */

static void load_and_store_reach_the_page(void **state)
{
	struct space *s = *state;
	uint64_t pfn = 0, again = 0;

	map(s, BASE, 2, RW);
	assert_int_equal(hs_cpu_access(s->self, s->mm, BASE + 9, false, &pfn), 0);
	assert_int_equal(pfn, HS_ZERO_PFN);
	assert_int_equal(hs_cpu_access(s->self, s->mm, BASE + 9, true, &pfn), 0);
	assert_int_equal(pfn, hs_entry_pfn(entry_at(s, BASE)));
	assert_int_equal(hs_cpu_access(s->self, s->mm, BASE + 9, false, &again), 0);
	assert_int_equal(again, pfn);
	assert_int_equal(hs_cpu_access(s->self, s->mm, BASE + PAGE, true, NULL), 0);
	assert_int_equal(hs_pages_allocated(s->self), 2);
}

static void store_without_write_is_a_segfault_and_changes_nothing(void **state)
{
	struct space *s = *state;

	map(s, BASE, 1, HS_VM_READ | HS_VM_MAYWRITE);
	assert_int_equal(hs_cpu_access(s->self, s->mm, BASE, true, NULL), HS_VM_FAULT_SIGSEGV);
	assert_int_equal(entry_at(s, BASE), 0);
	assert_int_equal(hs_cpu_access(s->self, s->mm, BASE, false, NULL), 0);
	assert_int_equal(hs_cpu_access(s->self, s->mm, BASE, true, NULL), HS_VM_FAULT_SIGSEGV);
	assert_int_equal(entry_at(s, BASE), ZERO_ENTRY);
}

static void the_pfn_inside_a_leaf_is_counted_on(void **state)
{
	struct space *s = *state;
	uint64_t pfn = 0;

	map(s, BASE, 512, RW);
	hs_pt_set(s->self, s->mm, BASE, 1,
		  HS_ENTRY_VALID | (uint64_t)9 << HS_ENTRY_ORDER_SHIFT | 0x4000);
	assert_int_equal(hs_cpu_access(s->self, s->mm, BASE + 3 * PAGE, false, &pfn), 0);
	assert_int_equal(pfn, 0x4003);
}

/* ---- gates ------------------------------------------------------------------------------- */

static void an_open_gate_holds_nobody(void **state)
{
	struct space *s = *state;
	struct hs_gate *gate;

	map(s, BASE, 4, RW);
	assert_int_equal(hs_gate_create(s->self, &gate), 0);
	assert_int_equal(hs_vma_set_gate(s->self, s->mm, BASE, BASE + 4 * PAGE, gate), 0);
	hs_gate_open(s->self, gate);
	assert_int_equal(fault_flags(s, BASE, HS_FAULT_ALLOW_RETRY), 0);
	assert_int_equal(entry_at(s, BASE), ZERO_ENTRY);
	assert_int_equal(hs_gate_waiters(s->self, gate), 0);
	assert_int_equal(hs_vma_set_gate(s->self, s->mm, BASE, BASE + 4 * PAGE, NULL), 0);
	hs_gate_destroy(s->self, gate);
	assert_int_equal(read_fault(s, BASE + PAGE), 0);
}

static void a_gate_cuts_vmas_and_its_absence_joins_them(void **state)
{
	struct space *s = *state;
	struct hs_gate *gate;

	map(s, BASE, 4, RW);
	assert_int_equal(hs_gate_create(s->self, &gate), 0);
	assert_int_equal(hs_vma_set_gate(s->self, s->mm, BASE + PAGE, BASE + 2 * PAGE, gate), 0);
	assert_int_equal(hs_vma_count(s->mm), 3);
	assert_ptr_equal(hs_vma_find(s->mm, BASE + PAGE)->gate, gate);
	assert_null(hs_vma_find(s->mm, BASE)->gate);
	assert_null(hs_vma_find(s->mm, BASE + 2 * PAGE)->gate);
	assert_int_equal(read_fault(s, BASE), 0);
	assert_int_equal(hs_vma_set_gate(s->self, s->mm, BASE + 1, BASE + PAGE, gate), -EINVAL);
	assert_int_equal(hs_vma_set_gate(s->self, s->mm, BASE, BASE, gate), -EINVAL);
	assert_int_equal(hs_vma_set_gate(s->self, s->mm, BASE, BASE + 5 * PAGE, gate), -ENOMEM);
	assert_int_equal(hs_vma_set_gate(s->self, s->mm, BASE + PAGE, BASE + 2 * PAGE, NULL), 0);
	assert_int_equal(hs_vma_count(s->mm), 1);
	hs_gate_destroy(s->self, gate);
}

static void a_gate_that_follows_opens_with_the_step(void **state)
{
	struct space *s = *state;
	struct hs_pgmap *pgmap;
	struct hs_gate *gate;

	pgmap = device_memory(s, HS_PGMAP_GENERIC, HS_PAGE_REFS_6_1, NULL);
	assert_int_equal(hs_gate_create(s->self, &gate), 0);
	hs_gate_follow(gate, pgmap, HS_PGMAP_PUT_PAGES);
	assert_false(hs_gate_is_open(s->self, gate));
	hs_pgmap_step(s->self, pgmap, HS_PGMAP_KILL);
	assert_false(hs_gate_is_open(s->self, gate));
	hs_pgmap_step(s->self, pgmap, HS_PGMAP_PUT_PAGES);
	assert_true(hs_gate_is_open(s->self, gate));
	hs_gate_wait(s->self, gate);
	hs_gate_destroy(s->self, gate);
	for (int i = 2; i < HS_PGMAP_STEP_COUNT; i++)
		hs_pgmap_step(s->self, pgmap, hs_removal_steps(HS_REMOVAL_ORDER_6_0)[i]);
	hs_pgmap_free(s->self, pgmap);
}

/* ---- failing allocations ----------------------------------------------------------------- */

/* Reads BASE, writes BASE + PAGE, writes BASE: each of their allocations fails once. */
static uint32_t all_faults(struct space *s)
{
	uint32_t ret = read_fault(s, BASE);

	if (ret) {
		assert_int_equal(entry_at(s, BASE), 0);
		return ret;
	}
	ret = write_fault(s, BASE + PAGE);
	if (ret) {
		assert_int_equal(entry_at(s, BASE + PAGE), 0);
		return ret;
	}
	ret = write_fault(s, BASE);
	if (ret)
		assert_int_equal(entry_at(s, BASE), ZERO_ENTRY);
	if (ret)
		expect_untold(s);
	else
		expect_told(s, 1, HS_INVALIDATE_CLEAR, BASE, BASE + PAGE, NULL);
	return ret;
}

static void every_allocation_of_a_fault_can_fail(void **state)
{
	uint32_t ret = HS_VM_FAULT_OOM, seen = 0;

	(void)state;
	for (uint64_t fail = 3; ret; fail++) {
		struct space s;

		if (!space_try(&s, HS_GEOMETRY_X86_64, fail) &&
		    !hs_mmap(s.self, s.mm, BASE, BASE + 4 * PAGE, RW, NULL, BASE / PAGE)) {
			ret = all_faults(&s);
			assert_true(!ret || ret == HS_VM_FAULT_OOM);
			seen += ret != 0;
		}
		space_close(&s);
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
		struct space s;

		if (!space_try(&s, HS_GEOMETRY_X86_64, fail) &&
		    !hs_mmap(s.self, s.mm, BASE, BASE + 4 * PAGE, RW, NULL, BASE / PAGE)) {
			ret = hs_gate_create(s.self, &gate);
			if (!ret)
				ret = hs_vma_set_gate(s.self, s.mm, BASE + PAGE, BASE + 2 * PAGE,
						      gate);
			assert_true(!ret || ret == -ENOMEM);
			assert_int_equal(hs_vma_count(s.mm), ret ? 1 : 3);
			failures += ret != 0;
			if (!ret)
				hs_vma_set_gate(s.self, s.mm, BASE, BASE + 4 * PAGE, NULL);
		}
		if (gate)
			hs_gate_destroy(s.self, gate);
		space_close(&s);
	}
	assert_true(failures >= 3); /* the gate, two VMAs */
}

/* No page is free: nothing changes, and a page that is freed makes the fault succeed. */
static void a_fault_without_a_free_page_changes_nothing(void **state)
{
	struct space *s = *state;
	struct hs_page *pages[RAM_END - RAM_START];

	map(s, BASE, 2, RW);
	read_fault(s, BASE);
	for (uint32_t i = 0; i < RAM_END - RAM_START; i++)
		assert_int_equal(hs_page_alloc(s->self, &pages[i]), 0);
	assert_int_equal(write_fault(s, BASE), HS_VM_FAULT_OOM);
	assert_int_equal(write_fault(s, BASE + PAGE), HS_VM_FAULT_OOM);
	assert_int_equal(hs_cpu_access(s->self, s->mm, BASE, true, NULL), HS_VM_FAULT_OOM);
	assert_int_equal(entry_at(s, BASE), ZERO_ENTRY);
	assert_int_equal(entry_at(s, BASE + PAGE), 0);
	expect_untold(s);
	for (uint32_t i = 0; i < RAM_END - RAM_START; i++)
		hs_page_put(s->self, pages[i]);
	assert_int_equal(write_fault(s, BASE), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		space_unit_test(read_of_nothing_maps_the_zero_page_and_tells_nobody),
		space_unit_test(write_of_nothing_maps_a_new_page_and_tells_nobody),
		space_unit_test(read_of_a_present_page_changes_nothing),
		space_unit_test(write_to_the_zero_page_is_told),
		space_unit_test(write_to_a_shared_page_copies_it_and_is_told),
		space_unit_test(write_to_the_last_reference_reuses_the_page_and_tells_nobody),
		space_unit_test(write_to_an_exclusive_page_reuses_it_although_it_is_pinned),
		space_unit_test(write_to_an_entry_made_by_hand_copies_nothing),
		space_unit_test(write_to_a_special_entry_is_told),
		space_unit_test(there_are_no_huge_pages_to_copy),
		space_unit_test(no_vma_is_a_segfault),
		cmocka_unit_test(access_that_the_vma_forbids_is_a_segfault),
		space_unit_test(write_where_only_a_copy_is_allowed_ends_read_only),
		cmocka_unit_test(hugetlb_and_io_memory_cannot_be_faulted),
		space_unit_test(load_and_store_reach_the_page),
		space_unit_test(store_without_write_is_a_segfault_and_changes_nothing),
		space_unit_test(the_pfn_inside_a_leaf_is_counted_on),
		space_unit_test(an_open_gate_holds_nobody),
		space_unit_test(a_gate_cuts_vmas_and_its_absence_joins_them),
		space_unit_test(a_gate_that_follows_opens_with_the_step),
		cmocka_unit_test(every_allocation_of_a_fault_can_fail),
		cmocka_unit_test(every_allocation_of_a_gate_can_fail),
		space_unit_test(a_fault_without_a_free_page_changes_nothing),
	};

	return cmocka_run_group_tests_name("fault", tests, NULL, NULL);
}
