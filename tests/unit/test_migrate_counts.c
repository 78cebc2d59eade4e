/* SPDX-License-Identifier: MIT */
/* What a task counts of its migrations: each figure by hand, for what moves and what does not. */
#include "support/migrating.h"

/* A counting migration of four pages; @c is what the task has counted. */
static void counting_open(struct migrating *g, struct hs_migrate_counts *c, enum hs_pgmap_type type)
{
	migrating_open(g, type, HS_PAGE_REFS_6_1);
	*c = (struct hs_migrate_counts){ 0 };
	hs_migrate_count(g->self, c);
}

/* What was selected has moved or is refused, once. */
static void expect_whole(const struct hs_migrate_counts *c)
{
	uint64_t selected = 0, ended = 0;

	for (int i = 0; i < HS_MIGRATE_KIND_COUNT; i++) {
		selected += c->selected[i];
		ended += c->moved[i];
	}
	for (int i = HS_MIGRATE_HELD; i < HS_MIGRATE_REFUSAL_COUNT; i++)
		ended += c->refused[i];
	assert_int_equal(selected, ended);
}

static void expect_counts(const struct hs_migrate_counts *c,
			  const struct hs_migrate_counts *expected)
{
	assert_memory_equal(c, expected, sizeof(*c));
	expect_whole(c);
}

/* ---- what moves -------------------------------------------------------------------------- */

static const struct hs_migrate_counts counts_there = {
	.setups = 1,
	.selected = { [HS_MIGRATE_SYSTEM] = 1, [HS_MIGRATE_HOLE] = 3 },
	.moved = { [HS_MIGRATE_SYSTEM] = 1, [HS_MIGRATE_HOLE] = 1 },
	.refused = { [HS_MIGRATE_NO_TARGET] = 2 },
	.rmap_walks = 1,
	.rmap_entries = 1,
	.sections = 2, /* of setup, and of the hole that is filled */
};

static void expect_there_and_back(enum hs_pgmap_type type, enum hs_migrate_kind kind)
{
	struct hs_migrate_counts c, back = { .setups = 1,
					     .selected = { [HS_MIGRATE_HOLE] = 2 },
					     .refused = { [HS_MIGRATE_NO_TARGET] = 2 },
					     .rmap_walks = 2,
					     .rmap_entries = 2,
					     .sections = 1 };
	struct migrating g;

	back.selected[kind] = back.moved[kind] = 2;
	counting_open(&g, &c, type);
	in_memory(&g, 0, 7);
	collect(&g, SELECT_SYSTEM, OWNER);
	target(&g, 0, true);
	target(&g, 1, true);
	give_up(&g);
	expect_counts(&c, &counts_there);
	memset(&c, 0, sizeof(c));
	collect(&g, SELECT_PRIVATE | SELECT_COHERENT, OWNER);
	target(&g, 0, false);
	target(&g, 1, false);
	give_up(&g);
	expect_counts(&c, &back);
	migrating_close(&g);
}

/* One page and three holes, of which one is filled; then both pages go back. */
static void a_move_there_and_back_counts_each_kind(void **state)
{
	(void)state;
	expect_there_and_back(HS_PGMAP_PRIVATE, HS_MIGRATE_PRIVATE);
	expect_there_and_back(HS_PGMAP_COHERENT, HS_MIGRATE_COHERENT);
}

/* Tables that are missing above level 0 are holes, page by page; a page of another owner is not. */
static void holes_without_a_table_are_counted_page_by_page(void **state)
{
	struct hs_migrate_counts c;
	struct migrating g;

	(void)state;
	counting_open(&g, &c, HS_PGMAP_PRIVATE);
	collect(&g, SELECT_SYSTEM, OWNER);
	give_up(&g);
	assert_int_equal(c.selected[HS_MIGRATE_HOLE], SLOTS);
	on_device(&g, 0, true, 7);
	collect(&g, SELECT_PRIVATE, &c);
	give_up(&g);
	assert_int_equal(c.selected[HS_MIGRATE_PRIVATE], 0);
	assert_int_equal(c.selected[HS_MIGRATE_HOLE], 2 * SLOTS - 1);
	expect_whole(&c);
	migrating_close(&g);
}

/* ---- what does not ----------------------------------------------------------------------- */

static void refuse_locked(struct migrating *g)
{
	struct hs_page *page = page_at(&g->s, BASE);

	hs_page_lock(g->self, page);
	collect(g, SELECT_SYSTEM, OWNER);
	hs_page_unlock(g->self, page);
	give_up(g);
}

static void refuse_held(struct migrating *g)
{
	struct hs_page *page = page_at(&g->s, BASE);

	hs_page_get(g->self, page);
	collect(g, SELECT_SYSTEM, OWNER);
	give_up(g);
	hs_page_put(g->self, page);
}

static void refuse_held_late(struct migrating *g)
{
	struct hs_page *page = page_at(&g->s, BASE);

	collect(g, SELECT_SYSTEM, OWNER);
	hs_page_get(g->self, page);
	target(g, 0, true);
	give_up(g);
	hs_page_put(g->self, page);
}

static void refuse_without_target(struct migrating *g)
{
	collect(g, SELECT_SYSTEM, OWNER);
	give_up(g);
}

static void refuse_withdrawn(struct migrating *g)
{
	collect(g, SELECT_SYSTEM, OWNER);
	target(g, 0, true);
	g->src[0] &= ~MIGRATE;
	give_up(g);
}

static void refuse_other_device(struct migrating *g)
{
	collect(g, SELECT_SYSTEM, OWNER);
	target(g, 0, true);
	give_up(g);
}

/* Where nothing is mapped. */
static void refuse_other_device_for_a_hole(struct migrating *g)
{
	hs_madvise_dontneed(g->self, g->s.mm, BASE, BASE + PAGE);
	collect(g, SELECT_SYSTEM, OWNER);
	target(g, 0, true);
	give_up(g);
}

static void refuse_occupied(struct migrating *g)
{
	hs_madvise_dontneed(g->self, g->s.mm, BASE, BASE + PAGE);
	collect(g, SELECT_SYSTEM, OWNER);
	target(g, 0, true);
	write_fault(&g->s, BASE);
	give_up(g);
}

static const struct {
	void (*refuse)(struct migrating *g);
	enum hs_pgmap_type type;
	enum hs_migrate_refusal cause;
	bool selected; /* the page; else 0, or a hole more */
	uint64_t holes;
} refusals[] = {
	{ refuse_locked, HS_PGMAP_PRIVATE, HS_MIGRATE_LOCKED, false, 3 },
	{ refuse_held, HS_PGMAP_PRIVATE, HS_MIGRATE_HELD, true, 3 },
	{ refuse_held_late, HS_PGMAP_PRIVATE, HS_MIGRATE_HELD_LATE, true, 3 },
	{ refuse_without_target, HS_PGMAP_PRIVATE, HS_MIGRATE_NO_TARGET, true, 3 },
	{ refuse_withdrawn, HS_PGMAP_PRIVATE, HS_MIGRATE_WITHDRAWN, true, 3 },
	{ refuse_other_device, HS_PGMAP_P2PDMA, HS_MIGRATE_NO_LENDER, true, 3 },
	{ refuse_other_device_for_a_hole, HS_PGMAP_P2PDMA, HS_MIGRATE_NO_LENDER, false, 4 },
	{ refuse_occupied, HS_PGMAP_PRIVATE, HS_MIGRATE_OCCUPIED, false, 4 },
};

static void each_cause_of_a_refusal_is_counted_by_itself(void **state)
{
	struct hs_migrate_counts c;
	struct migrating g;

	(void)state;
	for (size_t i = 0; i < COUNT(refusals); i++) {
		counting_open(&g, &c, refusals[i].type);
		in_memory(&g, 0, 7);
		refusals[i].refuse(&g);
		for (int why = 0; why < HS_MIGRATE_REFUSAL_COUNT; why++) {
			uint64_t holes = why == HS_MIGRATE_NO_TARGET ? 3 : 0;

			assert_int_equal(c.refused[why], holes + ((int)refusals[i].cause == why));
		}
		assert_int_equal(c.selected[HS_MIGRATE_SYSTEM], refusals[i].selected);
		assert_int_equal(c.selected[HS_MIGRATE_HOLE], refusals[i].holes);
		assert_int_equal(c.moved[HS_MIGRATE_SYSTEM] + c.moved[HS_MIGRATE_HOLE], 0);
		expect_whole(&c);
		migrating_close(&g);
	}
}

static void a_shared_vma_counts_nothing(void **state)
{
	struct hs_migrate_counts c, none = { 0 };
	struct migrating g;

	(void)state;
	counting_open(&g, &c, HS_PGMAP_PRIVATE);
	hs_munmap(g.self, g.s.mm, BASE, BASE + SLOTS * PAGE);
	map(&g.s, BASE, SLOTS, SHARED_RW);
	in_memory(&g, 0, 7);
	collect(&g, SELECT_ALL, OWNER);
	give_up(&g);
	expect_counts(&c, &none);
	migrating_close(&g);
}

/* ---- pages of a device ------------------------------------------------------------------- */

/* One page is mapped, one locked, one mapped nowhere; the fourth is free. */
static void an_eviction_counts_a_section_and_two_walks_a_page(void **state)
{
	struct hs_migrate_counts c;
	struct hs_page *mapped, *locked, *idle;
	struct migrating g;

	(void)state;
	counting_open(&g, &c, HS_PGMAP_PRIVATE);
	mapped = on_device(&g, 0, true, 7);
	locked = on_device(&g, 1, true, 8);
	idle = device_page(&g);
	hs_page_lock(g.self, locked);
	memset(g.dst, 0, sizeof(g.dst));
	hs_migrate_device_range(g.self, g.src, DEVICE_START, SLOTS);
	assert_int_equal(hs_page_to_pfn(g.self, mapped), DEVICE_START);
	target(&g, 0, false);
	hs_migrate_device_pages(g.self, g.src, g.dst, SLOTS);
	hs_migrate_device_finalize(g.self, g.src, g.dst, SLOTS);
	expect_counts(&c,
		      &(struct hs_migrate_counts){
			      .passes = 1,
			      .selected = { [HS_MIGRATE_PRIVATE] = 2 },
			      .moved = { [HS_MIGRATE_PRIVATE] = 1 },
			      .refused = { [HS_MIGRATE_LOCKED] = 1, [HS_MIGRATE_NO_TARGET] = 1 },
			      .rmap_walks = 3,
			      .rmap_entries = 2,
			      .sections = 1 });
	hs_page_unlock(g.self, locked);
	hs_page_put(g.self, idle);
	migrating_close(&g);
}

/* A slot without a page has no address at which its target could be mapped. */
static void an_eviction_counts_a_target_without_a_source_as_occupied(void **state)
{
	struct hs_migrate_counts c;
	struct migrating g;

	(void)state;
	counting_open(&g, &c, HS_PGMAP_PRIVATE);
	g.src[0] = MIGRATE;
	g.dst[0] = 0;
	target(&g, 0, false);
	hs_migrate_device_pages(g.self, g.src, g.dst, 1);
	assert_int_equal(g.src[0], 0);
	hs_migrate_device_finalize(g.self, g.src, g.dst, 1);
	assert_int_equal(c.refused[HS_MIGRATE_OCCUPIED], 1);
	assert_int_equal(c.refused[HS_MIGRATE_NO_TARGET], 0);
	assert_int_equal(hs_pages_allocated(g.self), 0);
	migrating_close(&g);
}

/* ---- faults ------------------------------------------------------------------------------ */

static uint32_t bring_back(struct hs_task *self, struct hs_vm_fault *vmf)
{
	uint64_t src = 0, dst = 0;
	struct hs_migrate_vma m = { .vma = vmf->vma,
				    .src = &src,
				    .dst = &dst,
				    .start = vmf->addr,
				    .end = vmf->addr + PAGE,
				    .owner = OWNER,
				    .flags = SELECT_PRIVATE,
				    .fault_page = vmf->page };
	struct hs_page *page = NULL;

	assert_int_equal(hs_migrate_vma_setup(self, &m), 0);
	assert_int_equal(hs_page_alloc(self, &page), 0);
	hs_page_lock(self, page);
	dst = hs_migrate_pfn(hs_page_to_pfn(self, page));
	hs_migrate_vma_pages(self, &m);
	hs_migrate_vma_finalize(self, &m);
	return 0;
}

static const struct hs_pgmap_ops driver_ops = { note_freed, bring_back };

static void a_fault_that_brings_its_page_back_is_counted_as_one(void **state)
{
	struct hs_migrate_counts c = { 0 };
	struct migrating g;

	(void)state;
	migrating_open_for(&g, HS_PGMAP_PRIVATE, HS_PAGE_REFS_6_1, &driver_ops);
	on_device(&g, 0, true, 7);
	on_device(&g, 1, true, 8);
	read_fault(&g.s, BASE);
	hs_migrate_count(g.self, &c);
	read_fault(&g.s, BASE + PAGE);
	read_fault(&g.s, BASE + PAGE);
	hs_migrate_count(g.self, NULL);
	expect_counts(&c, &(struct hs_migrate_counts){ .setups = 1,
						       .faults = 1,
						       .selected = { [HS_MIGRATE_PRIVATE] = 1 },
						       .moved = { [HS_MIGRATE_PRIVATE] = 1 },
						       .rmap_walks = 1,
						       .rmap_entries = 1,
						       .sections = 1 });
	migrating_close(&g);
}

/* ---- who counts -------------------------------------------------------------------------- */

static void a_task_counts_until_it_is_told_otherwise(void **state)
{
	struct hs_migrate_counts c, was, other = { 0 };
	struct migrating g;

	(void)state;
	counting_open(&g, &c, HS_PGMAP_PRIVATE);
	in_memory(&g, 0, 7);
	collect(&g, SELECT_SYSTEM, OWNER);
	give_up(&g);
	was = c;
	hs_migrate_count(g.self, &other);
	collect(&g, SELECT_SYSTEM, OWNER);
	give_up(&g);
	expect_counts(&other, &was);
	hs_migrate_count(g.self, NULL);
	collect(&g, SELECT_SYSTEM, OWNER);
	give_up(&g);
	expect_counts(&other, &was);
	expect_counts(&c, &was);
	migrating_close(&g);
}

/* In the same slot of the machine. */
static void a_task_that_is_attached_counts_nowhere(void **state)
{
	struct hs_migrate_counts c = { 0 };
	struct machine m;

	(void)state;
	machine_open_failing(&m, 0);
	hs_migrate_count(m.self, &c);
	hs_task_detach(m.self);
	assert_int_equal(hs_task_attach(m.machine, "next", &m.self), 0);
	assert_null(*hs_task_counts(m.self));
	machine_close(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_move_there_and_back_counts_each_kind),
		cmocka_unit_test(holes_without_a_table_are_counted_page_by_page),
		cmocka_unit_test(each_cause_of_a_refusal_is_counted_by_itself),
		cmocka_unit_test(a_shared_vma_counts_nothing),
		cmocka_unit_test(an_eviction_counts_a_section_and_two_walks_a_page),
		cmocka_unit_test(an_eviction_counts_a_target_without_a_source_as_occupied),
		cmocka_unit_test(a_fault_that_brings_its_page_back_is_counted_as_one),
		cmocka_unit_test(a_task_counts_until_it_is_told_otherwise),
		cmocka_unit_test(a_task_that_is_attached_counts_nowhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
