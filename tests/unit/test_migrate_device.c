/* SPDX-License-Identifier: MIT */
/* Migrations of pages of a device that goes: what leaves the address spaces, and what stays. */
#include "mm/rmap.h"
#include "mm/zap.h"
#include "support/migrating.h"

static void select_range(struct migrating *g)
{
	memset(g->dst, 0, sizeof(g->dst));
	assert_int_equal(hs_migrate_device_range(g->self, g->src, DEVICE_START, SLOTS), 0);
}

static void decide_range(struct migrating *g)
{
	hs_migrate_device_pages(g->self, g->src, g->dst, SLOTS);
}

static void finalize_range(struct migrating *g)
{
	hs_migrate_device_finalize(g->self, g->src, g->dst, SLOTS);
}

/* ---- what moves -------------------------------------------------------------------------- */

static void expect_evicted(enum hs_pgmap_type type, enum hs_page_refs refs, bool write)
{
	struct hs_page *page, *to;
	struct migrating g;

	migrating_open(&g, type, refs);
	page = on_device(&g, 1, write, 7);
	select_range(&g);
	expect_told(&g.s, 1, HS_INVALIDATE_CLEAR, BASE + PAGE, BASE + 2 * PAGE, NULL);
	assert_int_equal(g.src[0], hs_migrate_pfn(hs_page_to_pfn(g.self, page)) | MIGRATE);
	for (int i = 1; i < SLOTS; i++)
		assert_int_equal(g.src[i], 0);
	assert_int_equal(hs_entry_type(entry_at(&g.s, BASE + PAGE)), HS_TYPE_MIGRATION);
	assert_int_equal(hs_page_count(g.self, page), 1);
	assert_int_equal(hs_page_mapcount(g.self, page), 0);
	source(&g, 0);
	to = target(&g, 0, false);
	decide_range(&g);
	assert_true(g.src[0] & MIGRATE);
	finalize_range(&g);
	expect_untold(&g.s);
	assert_ptr_equal(page_at(&g.s, BASE + PAGE), to);
	expect_page(&g.s, BASE + PAGE, write, 7);
	assert_int_equal(hs_page_key(g.self, to), hs_rmap_key(g.s.mm, BASE + PAGE));
	assert_int_equal(g.freed.calls, 1);
	migrating_close(&g);
}

static void a_page_of_the_device_moves_to_memory(void **state)
{
	(void)state;
	for (int refs = HS_PAGE_REFS_6_1; refs < HS_PAGE_REFS_COUNT; refs++)
		for (int write = 0; write < 2; write++) {
			expect_evicted(HS_PGMAP_PRIVATE, (enum hs_page_refs)refs, write);
			expect_evicted(HS_PGMAP_COHERENT, (enum hs_page_refs)refs, write);
		}
}

/* hs_migrate_vma_setup(): the device takes no part in the migration, and learns of it. */
static void the_owner_is_told_without_its_name(void **state)
{
	struct migrating g;

	(void)state;
	migrating_open(&g, HS_PGMAP_PRIVATE, HS_PAGE_REFS_6_1);
	for (uint32_t i = 0; i < SLOTS; i++)
		on_device(&g, SLOTS - 1 - i, true, 7);
	select_range(&g);
	assert_int_equal(g.s.starts, SLOTS);
	for (uint32_t i = 0; i < SLOTS; i++) {
		uint64_t addr = BASE + (SLOTS - 1 - i) * PAGE;

		expect_section(&g.s, i, HS_INVALIDATE_CLEAR, addr, addr + PAGE, NULL);
	}
	g.s.starts = g.s.ends = 0;
	decide_range(&g);
	finalize_range(&g);
	migrating_close(&g);
}

static void single_pages_are_named_by_their_pfns(void **state)
{
	struct hs_page *page[SLOTS];
	struct migrating g;

	(void)state;
	migrating_open(&g, HS_PGMAP_PRIVATE, HS_PAGE_REFS_6_1);
	for (uint32_t i = 0; i < SLOTS; i++)
		page[i] = on_device(&g, i, true, 10 + i);
	g.src[0] = hs_page_to_pfn(g.self, page[3]);
	g.src[1] = hs_page_to_pfn(g.self, page[1]);
	assert_int_equal(hs_migrate_device_pfns(g.self, g.src, 2), 0);
	assert_ptr_equal(source(&g, 0), page[3]);
	assert_ptr_equal(source(&g, 1), page[1]);
	target(&g, 0, false);
	target(&g, 1, false);
	hs_migrate_device_pages(g.self, g.src, g.dst, 2);
	hs_migrate_device_finalize(g.self, g.src, g.dst, 2);
	expect_page(&g.s, BASE + 3 * PAGE, true, 13);
	expect_page(&g.s, BASE + PAGE, true, 11);
	expect_on_device(&g, 0, page[0], true, 10);
	expect_on_device(&g, 2, page[2], true, 12);
	migrating_close(&g);
}

/* ---- what stays -------------------------------------------------------------------------- */

static void a_page_without_a_target_is_mapped_again(void **state)
{
	struct hs_page *page;
	struct migrating g;

	(void)state;
	migrating_open(&g, HS_PGMAP_PRIVATE, HS_PAGE_REFS_6_1);
	page = on_device(&g, 0, true, 7);
	select_range(&g);
	decide_range(&g);
	assert_false(g.src[0] & MIGRATE);
	finalize_range(&g);
	expect_on_device(&g, 0, page, true, 7);
	migrating_close(&g);
}

/* One pass, and nothing but its slot says that the page is still there. */
static void a_locked_page_is_left_where_it_is(void **state)
{
	struct hs_page *page;
	struct migrating g;

	(void)state;
	migrating_open(&g, HS_PGMAP_PRIVATE, HS_PAGE_REFS_6_1);
	page = on_device(&g, 0, true, 7);
	assert_true(hs_page_trylock(g.self, page));
	select_range(&g);
	assert_int_equal(g.src[0], 0);
	decide_range(&g);
	finalize_range(&g);
	expect_untold(&g.s);
	hs_page_unlock(g.self, page);
	expect_on_device(&g, 0, page, true, 7);
	migrating_close(&g);
}

static void a_page_that_others_hold_is_left_in_the_first_or_second_step(void **state)
{
	struct hs_page *page;
	struct migrating g;

	(void)state;
	for (uint32_t held = 1; held < 3; held++) {
		migrating_open(&g, HS_PGMAP_PRIVATE, HS_PAGE_REFS_6_1);
		page = on_device(&g, 0, true, 7);
		for (uint32_t i = 0; i < held; i++)
			hs_page_get(g.self, page);
		select_range(&g);
		assert_int_equal(g.src[0] & MIGRATE, held == 1 ? MIGRATE : 0);
		if (g.src[0])
			target(&g, 0, false);
		decide_range(&g);
		assert_false(g.src[0] & MIGRATE);
		finalize_range(&g);
		for (uint32_t i = 0; i < held; i++)
			hs_page_put(g.self, page);
		expect_on_device(&g, 0, page, true, 7);
		migrating_close(&g);
	}
}

/* The driver's own, in use by no address space. */
static void a_page_that_is_not_mapped_is_left(void **state)
{
	struct hs_page *page;
	struct migrating g;

	(void)state;
	migrating_open(&g, HS_PGMAP_PRIVATE, HS_PAGE_REFS_6_1);
	page = device_page(&g);
	select_range(&g);
	target(&g, 0, false);
	decide_range(&g);
	assert_false(g.src[0] & MIGRATE);
	finalize_range(&g);
	assert_int_equal(hs_page_count(g.self, page), 1);
	hs_page_put(g.self, page);
	migrating_close(&g);
}

/* An exclusive entry holds its page and does not map it. */
static void a_page_of_an_exclusive_entry_is_left(void **state)
{
	struct hs_page *page, *got = NULL;
	struct migrating g;

	(void)state;
	migrating_open(&g, HS_PGMAP_COHERENT, HS_PAGE_REFS_6_1);
	page = on_device(&g, 0, true, 7);
	assert_int_equal(hs_make_exclusive(g.self, g.s.mm, BASE, NULL, &got), 0);
	hs_page_unlock(g.self, got);
	hs_page_put(g.self, got);
	select_range(&g);
	target(&g, 0, false);
	decide_range(&g);
	finalize_range(&g);
	assert_int_equal(hs_entry_type(entry_at(&g.s, BASE)), HS_TYPE_EXCLUSIVE);
	assert_int_equal(write_fault(&g.s, BASE), 0);
	expect_on_device(&g, 0, page, true, 7);
	migrating_close(&g);
}

/* hs_migration_start() takes no page lock. The page is mapped again, its migration is over. */
static void a_page_that_is_moved_by_hand_is_left(void **state)
{
	struct hs_page *page, *to = NULL;
	struct hs_migration m;
	struct migrating g;

	(void)state;
	migrating_open(&g, HS_PGMAP_PRIVATE, HS_PAGE_REFS_6_1);
	page = on_device(&g, 0, true, 7);
	assert_int_equal(hs_migration_start(g.self, g.s.mm, BASE, OWNER, &m), 0);
	select_range(&g);
	target(&g, 0, false);
	decide_range(&g);
	assert_false(g.src[0] & MIGRATE);
	finalize_range(&g);
	assert_int_equal(hs_page_alloc(g.self, &to), 0);
	hs_migration_end(g.self, &m, to);
	expect_on_device(&g, 0, page, true, 7);
	assert_int_equal(hs_pages_allocated(g.self), 0);
	migrating_close(&g);
}

static void there_is_no_address_at_which_a_page_could_be_inserted(void **state)
{
	struct migrating g;

	(void)state;
	migrating_open(&g, HS_PGMAP_PRIVATE, HS_PAGE_REFS_6_1);
	g.src[0] = MIGRATE;
	target(&g, 0, false);
	decide_range(&g);
	assert_int_equal(g.src[0], 0);
	finalize_range(&g);
	assert_int_equal(hs_pages_allocated(g.self), 0);
	migrating_close(&g);
}

/* ---- keys that lead elsewhere -------------------------------------------------------------- */

/* A page whose key is out of date has a mapping that the walk does not find. */
static struct hs_page *lost(struct migrating *g)
{
	struct hs_page *page = on_device(g, 0, true, 7);

	hs_page_get(g->self, page);
	hs_munmap(g->self, g->s.mm, BASE, BASE + PAGE);
	hs_page_map(g->self, page);
	g->s.starts = g->s.ends = 0;
	return page;
}

static void expect_left(struct migrating *g, struct hs_page *page)
{
	select_range(g);
	assert_int_equal(g->src[0], 0);
	assert_int_equal(hs_page_count(g->self, page), 1);
	assert_int_equal(hs_page_mapcount(g->self, page), 1);
	hs_page_unmap(g->self, page);
	hs_page_put(g->self, page);
}

static void another_page_at_the_address_is_not_touched(void **state)
{
	struct migrating g;
	struct hs_page *page;
	uint64_t there;

	(void)state;
	migrating_open(&g, HS_PGMAP_PRIVATE, HS_PAGE_REFS_6_1);
	page = lost(&g);
	map(&g.s, BASE, 1, RW);
	in_memory(&g, 0, 9);
	there = entry_at(&g.s, BASE);
	expect_left(&g, page);
	assert_int_equal(entry_at(&g.s, BASE), there);
	migrating_close(&g);
}

static void another_address_space_is_not_touched(void **state)
{
	struct migrating g;
	struct hs_page *page;

	(void)state;
	migrating_open(&g, HS_PGMAP_PRIVATE, HS_PAGE_REFS_6_1);
	page = lost(&g);
	space_unregister(&g.s);
	hs_mm_destroy(g.self, g.s.mm);
	assert_int_equal(hs_mm_create(g.self, hs_geometry(HS_GEOMETRY_X86_64), &g.s.mm), 0);
	map(&g.s, BASE, SLOTS, RW);
	in_memory(&g, 0, 9);
	assert_int_equal(hs_page_key(g.self, page), hs_rmap_key(g.s.mm, BASE));
	expect_left(&g, page);
	expect_page(&g.s, BASE, true, 9);
	migrating_close(&g);
}

/* The tables of the address are gone, or a leaf is in the way. */
static void an_address_without_a_table_is_not_touched(void **state)
{
	struct migrating g;
	struct hs_page *page;

	(void)state;
	for (int leaf = 0; leaf < 2; leaf++) {
		uint64_t entry;

		migrating_open(&g, HS_PGMAP_PRIVATE, HS_PAGE_REFS_6_1);
		page = lost(&g);
		entry = leaf ? PRESENT | LEAF_ORDER | hs_page_to_pfn(g.self, page) : 0;
		hs_pt_set(g.self, g.s.mm, BASE, 1, entry);
		expect_left(&g, page);
		assert_int_equal(hs_pt_get(g.self, g.s.mm, BASE, 1), entry);
		hs_pt_set(g.self, g.s.mm, BASE, 1, 0);
		migrating_close(&g);
	}
}

/* ---- meanwhile --------------------------------------------------------------------------- */

static void a_page_that_is_unmapped_on_the_way_is_freed_too(void **state)
{
	struct migrating g;

	(void)state;
	for (int i = 0; i < 4; i++) {
		migrating_open(&g, HS_PGMAP_PRIVATE, HS_PAGE_REFS_6_1);
		on_device(&g, 0, true, 7);
		select_range(&g);
		if (i & 1)
			target(&g, 0, false);
		decide_range(&g);
		if (i & 2) {
			space_unregister(&g.s);
			hs_mm_destroy(g.self, g.s.mm);
			g.s.mm = NULL;
		} else {
			hs_munmap(g.self, g.s.mm, BASE, BASE + SLOTS * PAGE);
		}
		finalize_range(&g);
		assert_int_equal(hs_pages_allocated(g.self), 0);
		assert_int_equal(hs_pgmap_pages_allocated(g.self, g.s.pgmap), 0);
		migrating_close(&g);
	}
}

/* A page that is skipped keeps the pgmap, so that the removal waits for it: no use after free. */
static void a_page_that_is_left_holds_the_pgmap(void **state)
{
	struct hs_page *page[2];
	struct migrating g;

	(void)state;
	migrating_open(&g, HS_PGMAP_PRIVATE, HS_PAGE_REFS_6_1);
	page[0] = on_device(&g, 0, true, 7);
	page[1] = on_device(&g, 1, true, 8);
	assert_true(hs_page_trylock(g.self, page[0]));
	select_range(&g);
	target(&g, 1, false);
	decide_range(&g);
	finalize_range(&g);
	hs_page_unlock(g.self, page[0]);
	assert_int_equal(hs_pgmap_pages_allocated(g.self, g.s.pgmap), 1);
	assert_int_equal(hs_pgmap_refs(g.self, g.s.pgmap), 1);
	select_range(&g);
	target(&g, 0, false);
	decide_range(&g);
	finalize_range(&g);
	assert_int_equal(hs_pgmap_refs(g.self, g.s.pgmap), 0);
	expect_page(&g.s, BASE, true, 7);
	expect_page(&g.s, BASE + PAGE, true, 8);
	migrating_close(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_page_of_the_device_moves_to_memory),
		cmocka_unit_test(the_owner_is_told_without_its_name),
		cmocka_unit_test(single_pages_are_named_by_their_pfns),
		cmocka_unit_test(a_page_without_a_target_is_mapped_again),
		cmocka_unit_test(a_locked_page_is_left_where_it_is),
		cmocka_unit_test(a_page_that_others_hold_is_left_in_the_first_or_second_step),
		cmocka_unit_test(a_page_that_is_not_mapped_is_left),
		cmocka_unit_test(a_page_of_an_exclusive_entry_is_left),
		cmocka_unit_test(a_page_that_is_moved_by_hand_is_left),
		cmocka_unit_test(there_is_no_address_at_which_a_page_could_be_inserted),
		cmocka_unit_test(another_page_at_the_address_is_not_touched),
		cmocka_unit_test(another_address_space_is_not_touched),
		cmocka_unit_test(an_address_without_a_table_is_not_touched),
		cmocka_unit_test(a_page_that_is_unmapped_on_the_way_is_freed_too),
		cmocka_unit_test(a_page_that_is_left_holds_the_pgmap),
	};

	return cmocka_run_group_tests_name("migrate_device", tests, NULL, NULL);
}
