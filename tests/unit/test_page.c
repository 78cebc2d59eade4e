/* SPDX-License-Identifier: MIT */
/*
 * System pages: in which order they are handed out and reused, and what their references do.
 */
#include "memory/memory.h"
#include "support/machine.h"

#define SECTION 32768u
#define SUBSECTION 512u

/* Mock sizes: subsections of 2 pages, so that running out is quick. */
static void open_mock(struct machine *m, enum hs_reuse reuse)
{
	struct hs_machine_config config;

	machine_small_config(&config);
	config.reuse = reuse;
	if (reuse == HS_REUSE_NEVER)
		config.kind = HS_ARENA_REGION;
	machine_open(m, &config);
}

static struct hs_page *allocated(struct hs_task *self)
{
	struct hs_page *page = NULL;

	assert_int_equal(hs_page_alloc(self, &page), 0);
	return page;
}

static uint64_t allocated_pfn(struct hs_task *self)
{
	return hs_page_to_pfn(self, allocated(self));
}

static void put_pfn(struct hs_task *self, uint64_t pfn)
{
	hs_page_put(self, hs_pfn_to_page(self, pfn));
}

static void frames_come_by_ascending_pfn(void **state)
{
	static const uint64_t pfns[] = { 4, 5, 16, 17, 24 };
	struct machine m;

	(void)state;
	open_mock(&m, HS_REUSE_LIFO);
	assert_int_equal(hs_memory_add(m.self, 16, 18, false), 0);
	assert_int_equal(hs_memory_add(m.self, 4, 6, true), 0);
	assert_int_equal(hs_memory_add(m.self, 24, 26, false), 0);
	for (size_t i = 0; i < sizeof(pfns) / sizeof(pfns[0]); i++)
		assert_int_equal(allocated_pfn(m.self), pfns[i]);
	assert_int_equal(hs_pages_allocated(m.self), 5);
	for (size_t i = 0; i < sizeof(pfns) / sizeof(pfns[0]); i++)
		put_pfn(m.self, pfns[i]);
	assert_int_equal(hs_pages_allocated(m.self), 0);
	machine_close(&m);
}

static void a_fresh_page_has_one_reference_and_contains_nothing(void **state)
{
	struct hs_task *self = machine_task(state);
	struct hs_page *page, *other;

	assert_int_equal(hs_memory_add(self, 0, SUBSECTION, true), 0);
	page = allocated(self);
	assert_int_equal(hs_page_count(self, page), 1);
	assert_int_equal(hs_page_mapcount(self, page), 0);
	assert_int_equal(hs_page_private(self, page), 0);
	assert_null(hs_page_pgmap(self, page));
	hs_page_set_private(self, page, 42);
	assert_int_equal(hs_page_contents(self, page), 0);
	hs_page_set_contents(self, page, 43);
	assert_int_equal(hs_page_private(self, page), 42);
	other = allocated(self);
	hs_page_put(self, other);
	hs_page_put(self, page);
	/* The same page again. */
	assert_ptr_equal(allocated(self), page);
	assert_int_equal(hs_page_private(self, page), 0);
	assert_int_equal(hs_page_contents(self, page), 0);
	hs_page_put(self, page);
}

static void freed_frames_are_used_again_last_in_first_out(void **state)
{
	struct machine m;

	(void)state;
	open_mock(&m, HS_REUSE_LIFO);
	assert_int_equal(hs_memory_add(m.self, 0, 8, true), 0);
	for (uint64_t pfn = 0; pfn < 3; pfn++)
		assert_int_equal(allocated_pfn(m.self), pfn);
	put_pfn(m.self, 0);
	put_pfn(m.self, 2);
	assert_int_equal(allocated_pfn(m.self), 2);
	assert_int_equal(allocated_pfn(m.self), 0);
	assert_int_equal(allocated_pfn(m.self), 3);
	for (uint64_t pfn = 0; pfn < 4; pfn++)
		put_pfn(m.self, pfn);
	machine_close(&m);
}

static void freed_frames_are_never_used_again_if_told_so(void **state)
{
	struct hs_page *page;
	struct machine m;

	(void)state;
	open_mock(&m, HS_REUSE_NEVER);
	assert_int_equal(hs_memory_add(m.self, 0, 4, true), 0);
	for (uint64_t pfn = 0; pfn < 4; pfn++) {
		assert_int_equal(allocated_pfn(m.self), pfn);
		put_pfn(m.self, pfn);
	}
	assert_int_equal(hs_page_alloc(m.self, &page), -ENOMEM);
	assert_int_equal(hs_pages_allocated(m.self), 0);
	machine_close(&m);
}

static void the_zero_page_is_never_allocated(void **state)
{
	struct machine m;

	(void)state;
	open_mock(&m, HS_REUSE_LIFO);
	assert_int_equal(hs_memory_add(m.self, HS_ZERO_PFN - 1, HS_ZERO_PFN + 3, true), 0);
	assert_int_equal(allocated_pfn(m.self), HS_ZERO_PFN - 1);
	assert_int_equal(allocated_pfn(m.self), HS_ZERO_PFN + 1);
	put_pfn(m.self, HS_ZERO_PFN - 1);
	put_pfn(m.self, HS_ZERO_PFN + 1);
	machine_close(&m);
}

static void expect_zero_page(struct hs_task *self)
{
	struct hs_page *page = hs_pfn_to_page(self, HS_ZERO_PFN);

	assert_non_null(page);
	assert_int_equal(hs_page_to_pfn(self, page), HS_ZERO_PFN);
	assert_int_equal(hs_pfn_life(self, HS_ZERO_PFN), HS_PAGE_LIVE);
	assert_true(hs_pfn_valid(self, HS_ZERO_PFN));
	assert_true(hs_pfn_online(self, HS_ZERO_PFN));
	assert_null(hs_page_pgmap(self, page));
	assert_int_equal(hs_page_count(self, page), 1);
	assert_int_equal(hs_page_mapcount(self, page), 0);
	assert_int_equal(hs_page_contents(self, page), 0);
	assert_int_equal(hs_dma_contents(self, page), 0);
}

/* A section is 8 pages: with memory that is there at boot, with other memory, and with none. */
static void the_zero_page_has_one_struct_page_whatever_memory_comes_and_goes(void **state)
{
	const uint64_t start = HS_ZERO_PFN - 3, end = HS_ZERO_PFN + 1;

	(void)state;
	for (int early = 0; early < 2; early++) {
		struct machine m;
		struct hs_page *page;

		open_mock(&m, HS_REUSE_LIFO);
		page = hs_pfn_to_page(m.self, HS_ZERO_PFN);
		expect_zero_page(m.self);
		assert_int_equal(hs_memory_add(m.self, start, end, early), 0);
		expect_zero_page(m.self);
		assert_non_null(hs_page_touch(m.self, HS_ZERO_PFN - 1));
		assert_ptr_equal(hs_pfn_to_page(m.self, HS_ZERO_PFN), page);
		expect_zero_page(m.self);
		assert_int_equal(hs_memory_remove(m.self, start, end), 0);
		assert_ptr_equal(hs_pfn_to_page(m.self, HS_ZERO_PFN), page);
		expect_zero_page(m.self);
		assert_int_equal(hs_pfn_life(m.self, HS_ZERO_PFN - 1),
				 early ? HS_PAGE_STALE : HS_PAGE_GONE);
		machine_close(&m);
	}
}

static void a_get_and_its_put_change_nothing_of_the_zero_page(void **state)
{
	struct hs_task *self = machine_task(state);
	struct hs_page *page = hs_pfn_to_page(self, HS_ZERO_PFN);

	hs_page_get(self, page);
	assert_int_equal(hs_page_count(self, page), 2);
	hs_page_put(self, page);
	assert_true(hs_page_tryget(self, page));
	hs_page_put(self, page);
	assert_true(hs_page_trylock(self, page));
	assert_false(hs_page_trylock(self, page));
	hs_page_unlock(self, page);
	assert_int_equal(hs_pages_allocated(self), 0);
	expect_zero_page(self);
}

/* A text may map a device-private page anywhere, as a kernel's swap entry can have any offset. */
static void for_walks_alone_the_zero_page_may_be_private(void **state)
{
	struct hs_pgmap *p;
	struct machine m;

	(void)state;
	open_mock(&m, HS_REUSE_LIFO);
	assert_int_equal(
		hs_pgmap_add(m.self, HS_PGMAP_PRIVATE, HS_ZERO_PFN, HS_ZERO_PFN + 1, &m, &p), 0);
	assert_int_equal(hs_page_init_device(m.self, HS_ZERO_PFN, p), 0);
	assert_ptr_equal(hs_page_pgmap(m.self, hs_pfn_to_page(m.self, HS_ZERO_PFN)), p);
	hs_pgmap_remove(m.self, p);
	machine_close(&m);
	open_mock(&m, HS_REUSE_LIFO);
	assert_int_equal(hs_memory_add(m.self, HS_ZERO_PFN & ~7u, (HS_ZERO_PFN & ~7u) + 8, true),
			 0);
	assert_int_equal(hs_page_init_device(m.self, HS_ZERO_PFN, NULL), -EEXIST);
	expect_zero_page(m.self);
	machine_close(&m);
}

static void no_device_memory_has_the_zero_page(void **state)
{
	struct hs_pgmap_config config;
	struct hs_pgmap *p = NULL;
	struct machine m;

	(void)state;
	open_mock(&m, HS_REUSE_LIFO);
	device_memory_config(&config, HS_PGMAP_GENERIC, HS_PAGE_REFS_6_1, HS_ZERO_PFN - 1, 2);
	assert_int_equal(hs_pgmap_create(m.self, &config, &p), -ENXIO);
	assert_null(p);
	expect_zero_page(m.self);
	machine_close(&m);
}

static void poison(struct hs_task *self, uint64_t pfn)
{
	hs_u32_or(self, &hs_page_touch(self, pfn)->state, HS_PAGE_POISONED, HS_RELAXED);
}

/* Poisoned while it is fresh, allocated, or free. */
static void a_poisoned_page_is_never_allocated_again(void **state)
{
	struct hs_page *page;
	struct machine m;

	(void)state;
	open_mock(&m, HS_REUSE_LIFO);
	assert_int_equal(hs_memory_add(m.self, 0, 4, true), 0);
	poison(m.self, 1);
	assert_int_equal(allocated_pfn(m.self), 0);
	assert_int_equal(allocated_pfn(m.self), 2);
	poison(m.self, 0);
	put_pfn(m.self, 0);
	put_pfn(m.self, 2);
	poison(m.self, 2);
	assert_int_equal(allocated_pfn(m.self), 3);
	assert_int_equal(hs_page_alloc(m.self, &page), -ENOMEM);
	put_pfn(m.self, 3);
	assert_int_equal(hs_pages_allocated(m.self), 0);
	machine_close(&m);
}

static void the_last_put_frees(void **state)
{
	struct hs_task *self = machine_task(state);
	struct hs_page *page;

	assert_int_equal(hs_memory_add(self, 0, SUBSECTION, true), 0);
	page = allocated(self);
	hs_page_get(self, page);
	assert_true(hs_page_tryget(self, page));
	assert_int_equal(hs_page_count(self, page), 3);
	hs_page_put(self, page);
	hs_page_put(self, page);
	assert_int_equal(hs_pages_allocated(self), 1);
	hs_page_put(self, page);
	assert_int_equal(hs_pages_allocated(self), 0);
	assert_int_equal(hs_page_count(self, page), 0);
	assert_false(hs_page_tryget(self, page));
	assert_int_equal(hs_page_count(self, page), 0);
}

static void memory_with_an_allocated_page_stays(void **state)
{
	struct machine m;

	(void)state;
	open_mock(&m, HS_REUSE_LIFO);
	assert_int_equal(hs_memory_add(m.self, 8, 16, false), 0);
	for (uint64_t pfn = 8; pfn < 12; pfn++)
		assert_int_equal(allocated_pfn(m.self), pfn);
	put_pfn(m.self, 8);
	put_pfn(m.self, 9);
	put_pfn(m.self, 10);
	assert_int_equal(hs_memory_remove(m.self, 8, 16), -EBUSY);
	/* Nothing was done: 10 is still first on the free list. */
	assert_true(hs_pfn_online(m.self, 14));
	assert_int_equal(allocated_pfn(m.self), 10);
	put_pfn(m.self, 10);
	assert_int_equal(hs_memory_remove(m.self, 8, 10), 0);
	assert_int_equal(hs_pfn_life(m.self, 8), HS_PAGE_GONE);
	/* The free pages 8 and 9 are gone with their memory. */
	assert_int_equal(allocated_pfn(m.self), 10);
	assert_int_equal(allocated_pfn(m.self), 12);
	for (uint64_t pfn = 10; pfn < 13; pfn++)
		put_pfn(m.self, pfn);
	assert_int_equal(hs_memory_remove(m.self, 10, 16), 0);
	machine_close(&m);
}

/* Removes head, middle and tail of one range and all of another; the rest is handed out. */
static void removed_frames_are_not_handed_out(void **state)
{
	static const uint64_t cut[][2] = { { 0, 2 }, { 4, 6 }, { 10, 12 }, { 20, 24 } };
	static const uint64_t left[] = { 2, 3, 6, 7, 8, 9 };
	struct hs_page *page;
	struct machine m;

	(void)state;
	open_mock(&m, HS_REUSE_LIFO);
	assert_int_equal(hs_memory_add(m.self, 0, 12, true), 0);
	assert_int_equal(hs_memory_add(m.self, 20, 24, false), 0);
	for (size_t i = 0; i < sizeof(cut) / sizeof(cut[0]); i++)
		assert_int_equal(hs_memory_remove(m.self, cut[i][0], cut[i][1]), 0);
	for (size_t i = 0; i < sizeof(left) / sizeof(left[0]); i++)
		assert_int_equal(allocated_pfn(m.self), left[i]);
	assert_int_equal(hs_page_alloc(m.self, &page), -ENOMEM);
	/* Memory that is added again is handed out once. */
	assert_int_equal(hs_memory_add(m.self, 4, 6, true), 0);
	assert_int_equal(allocated_pfn(m.self), 4);
	assert_int_equal(allocated_pfn(m.self), 5);
	assert_int_equal(hs_page_alloc(m.self, &page), -ENOMEM);
	for (uint64_t pfn = 2; pfn < 10; pfn++)
		put_pfn(m.self, pfn);
	machine_close(&m);
}

static void a_handed_out_head_stays_handed_out_when_the_middle_goes(void **state)
{
	struct machine m;

	(void)state;
	open_mock(&m, HS_REUSE_NEVER);
	assert_int_equal(hs_memory_add(m.self, 0, 8, true), 0);
	for (uint64_t pfn = 0; pfn < 7; pfn++) {
		assert_int_equal(allocated_pfn(m.self), pfn);
		put_pfn(m.self, pfn);
	}
	assert_int_equal(hs_memory_remove(m.self, 2, 4), 0);
	assert_int_equal(allocated_pfn(m.self), 7);
	put_pfn(m.self, 7);
	machine_close(&m);
}

static void the_page_lock_has_no_owner(void **state)
{
	struct hs_task *self = machine_task(state), *other;
	struct hs_page *page;

	assert_int_equal(hs_memory_add(self, 0, SUBSECTION, true), 0);
	page = allocated(self);
	assert_true(hs_page_trylock(self, page));
	assert_false(hs_page_trylock(self, page));
	assert_int_equal(hs_task_attach(hs_task_machine(self), "other", &other), 0);
	hs_page_unlock(other, page);
	assert_int_equal(hs_task_detach(other), 0);
	hs_page_lock(self, page);
	assert_false(hs_page_trylock(self, page));
	hs_page_unlock(self, page);
	hs_page_put(self, page);
}

static void a_page_knows_its_pfn_up_to_the_top(void **state)
{
	static const uint64_t pfns[] = { 0, SECTION + 7, (1ull << 32) - 1, (1ull << 32) + 3,
					 (1ull << 40) - 1 };
	struct hs_task *self = machine_task(state);

	for (size_t i = 0; i < sizeof(pfns) / sizeof(pfns[0]); i++) {
		uint64_t start = pfns[i] & ~(uint64_t)(SUBSECTION - 1);
		struct hs_page *page;

		assert_int_equal(hs_memory_add(self, start, start + SUBSECTION, false), 0);
		page = hs_page_touch(self, pfns[i]);
		assert_int_equal(hs_page_to_pfn(self, page), pfns[i]);
		assert_true(hs_page_trylock(self, page));
		assert_int_equal(hs_page_to_pfn(self, page), pfns[i]);
		assert_int_equal(hs_pfn_life(self, pfns[i]), HS_PAGE_LIVE);
		hs_page_unlock(self, page);
	}
}

/* Adds memory, allocates and removes; a step that fails changes nothing. */
static int add_allocate_remove(struct hs_task *self)
{
	struct hs_page *page;
	int ret = hs_memory_add(self, 0, 4 * SUBSECTION, true);

	assert_int_equal(hs_pfn_online(self, 0), !ret);
	if (ret)
		return ret;
	ret = hs_page_alloc(self, &page);
	assert_int_equal(hs_pages_allocated(self), !ret);
	/* The next allocation returns the same page. */
	if (ret)
		assert_int_equal(allocated_pfn(self), 0);
	put_pfn(self, 0);
	if (ret)
		return ret;
	ret = hs_memory_remove(self, SUBSECTION, 2 * SUBSECTION);
	assert_int_equal(hs_pfn_online(self, SUBSECTION), ret != 0);
	return ret;
}

static void every_allocation_can_fail(void **state)
{
	(void)state;
	/* range, section and its index node, memmap, spare range */
	assert_int_equal(machine_run_out(add_allocate_remove), 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_come_by_ascending_pfn),
		machine_unit_test(a_fresh_page_has_one_reference_and_contains_nothing),
		cmocka_unit_test(freed_frames_are_used_again_last_in_first_out),
		cmocka_unit_test(freed_frames_are_never_used_again_if_told_so),
		cmocka_unit_test(the_zero_page_is_never_allocated),
		cmocka_unit_test(the_zero_page_has_one_struct_page_whatever_memory_comes_and_goes),
		machine_unit_test(a_get_and_its_put_change_nothing_of_the_zero_page),
		cmocka_unit_test(for_walks_alone_the_zero_page_may_be_private),
		cmocka_unit_test(no_device_memory_has_the_zero_page),
		cmocka_unit_test(a_poisoned_page_is_never_allocated_again),
		machine_unit_test(the_last_put_frees),
		cmocka_unit_test(memory_with_an_allocated_page_stays),
		cmocka_unit_test(removed_frames_are_not_handed_out),
		cmocka_unit_test(a_handed_out_head_stays_handed_out_when_the_middle_goes),
		machine_unit_test(the_page_lock_has_no_owner),
		machine_unit_test(a_page_knows_its_pfn_up_to_the_top),
		cmocka_unit_test(every_allocation_can_fail),
	};

	return cmocka_run_group_tests_name("page", tests, NULL, NULL);
}
