/* SPDX-License-Identifier: MIT */
/* Migrations of a layout's memory: counts by hand, what walks find afterwards, what is refused. */
#include "support/moved.h"
#include "support/steady_clock.h"

#define SIZE ((uint64_t)4 << 20)
#define PAGES (SIZE / HS_PAGE_BYTES) /* 1024 */

/* ---- all that is anonymous --------------------------------------------------------------- */

/* 1024 pages are two setups; each fault, and each page of an eviction, is told by itself. */
static void ordinary_pages_move_there_and_come_back(void **state)
{
	struct moved d;

	(void)state;
	moved_builtin(&d, "anon", SIZE, HS_REQUEST_NONE, HS_MOVES_BACK_FAULT);
	assert_int_equal(d.report.step_count, 3);
	expect_step(&d, 0, HS_MOVES_STEP_MOVE, PAGES,
		    &(struct hs_migrate_counts){ .setups = 2,
						 .selected = { [HS_MIGRATE_SYSTEM] = PAGES },
						 .moved = { [HS_MIGRATE_SYSTEM] = PAGES },
						 .rmap_walks = PAGES,
						 .rmap_entries = PAGES,
						 .sections = 2 });
	expect_step(&d, 1, HS_MOVES_STEP_BACK, 0,
		    &(struct hs_migrate_counts){ .setups = PAGES,
						 .faults = PAGES,
						 .selected = { [HS_MIGRATE_PRIVATE] = PAGES },
						 .moved = { [HS_MIGRATE_PRIVATE] = PAGES },
						 .rmap_walks = PAGES,
						 .rmap_entries = PAGES,
						 .sections = PAGES });
	expect_step(&d, 2, HS_MOVES_STEP_EVICT, 0,
		    &(struct hs_migrate_counts){ .passes = 2,
						 .selected = { [HS_MIGRATE_PRIVATE] = PAGES },
						 .moved = { [HS_MIGRATE_PRIVATE] = PAGES },
						 .rmap_walks = 2 * PAGES,
						 .rmap_entries = 2 * PAGES,
						 .sections = PAGES });
	assert_int_equal(hs_moves_report_judge(&d.report), HS_REPORT_OK);
	moved_end(&d);
}

static void a_range_that_comes_back_is_told_once_a_table(void **state)
{
	struct moved d;

	(void)state;
	moved_builtin(&d, "anon", SIZE, HS_REQUEST_NONE, HS_MOVES_BACK_RANGE);
	expect_step(&d, 1, HS_MOVES_STEP_BACK, 0,
		    &(struct hs_migrate_counts){ .setups = 2,
						 .selected = { [HS_MIGRATE_PRIVATE] = PAGES },
						 .moved = { [HS_MIGRATE_PRIVATE] = PAGES },
						 .rmap_walks = PAGES,
						 .rmap_entries = PAGES,
						 .sections = 2 });
	moved_end(&d);
}

/* Two of four pages are private already, to owners 1 and 2: each device is evicted by itself. */
static void private_pages_of_the_layout_come_back_too(void **state)
{
	struct moved d;

	(void)state;
	moved_builtin(&d, "private", SIZE, HS_REQUEST_NONE, HS_MOVES_BACK_FAULT);
	assert_int_equal(d.report.step_count, 5);
	assert_int_equal(d.report.steps[0].counts.moved[HS_MIGRATE_SYSTEM], PAGES / 2);
	assert_int_equal(d.report.steps[0].lent, PAGES);
	assert_int_equal(d.report.steps[1].counts.moved[HS_MIGRATE_PRIVATE], PAGES);
	assert_int_equal(d.report.steps[2].counts.moved[HS_MIGRATE_PRIVATE], PAGES / 4);
	assert_int_equal(d.report.steps[3].counts.moved[HS_MIGRATE_PRIVATE], PAGES / 4);
	assert_int_equal(d.report.steps[4].counts.moved[HS_MIGRATE_PRIVATE], PAGES / 2);
	moved_end(&d);
}

/* ---- walks ------------------------------------------------------------------------------- */

/* v6.12 takes private pages of its owner and passes over others; v5.3 asks for no owner. */
static void a_snapshot_takes_the_pages_of_its_owner(void **state)
{
	struct moved d;

	(void)state;
	moved_builtin(&d, "anon", SIZE, HS_REQUEST_NONE, HS_MOVES_BACK_FAULT);
	expect_walk(&d, HS_MOVES_BEFORE, HS_ERA_6_12, PAGES, 0, 0);
	expect_walk(&d, HS_MOVES_AFTER, HS_ERA_6_12, PAGES, 0, 0);
	expect_walk(&d, HS_MOVES_FOREIGN, HS_ERA_6_12, 0, 0, 0);
	expect_walk(&d, HS_MOVES_FOREIGN, HS_ERA_5_3, PAGES, 0, 0);
	moved_end(&d);
}

static void a_walk_that_requests_pages_brings_those_of_others_back(void **state)
{
	struct moved d;

	(void)state;
	moved_builtin(&d, "anon", SIZE, HS_REQUEST_READ, HS_MOVES_BACK_FAULT);
	expect_walk(&d, HS_MOVES_AFTER, HS_ERA_6_12, PAGES, 0, 0);
	expect_walk(&d, HS_MOVES_FOREIGN, HS_ERA_6_12, PAGES, PAGES, PAGES);
	expect_walk(&d, HS_MOVES_FOREIGN, HS_ERA_5_3, PAGES, 0, 0);
	moved_end(&d);
}

/* More passes than a walk without faults may make. */
static void a_walk_that_brings_back_table_after_table_is_no_livelock(void **state)
{
	const uint64_t pages = (uint64_t)140 << 8;
	struct moved d;

	(void)state;
	moved_builtin(&d, "anon", pages * HS_PAGE_BYTES, HS_REQUEST_READ, HS_MOVES_BACK_RANGE);
	expect_walk(&d, HS_MOVES_FOREIGN, HS_ERA_6_12, pages, pages, pages);
	moved_end(&d);
}

/* Without an owner of its own a walk is foreign to all, and makes no other. */
static void a_comparison_without_an_owner_walks_twice(void **state)
{
	struct moved d = { .asked = moved_asked() };

	(void)state;
	layout_builtin(&d.mem, "anon", SIZE, &d.layout);
	moved_make(&d, HS_REQUEST_NONE, 0, HS_MOVES_BACK_FAULT);
	assert_int_equal(d.report.walk_count, 2 * 2 * 2);
	expect_walk(&d, HS_MOVES_BEFORE, HS_ERA_6_12, PAGES, 0, 0);
	expect_walk(&d, HS_MOVES_FOREIGN, HS_ERA_6_12, 0, 0, 0);
	moved_end(&d);
}

/* The walker faults from a page that it may not take to the end of the table, own pages too. */
static void a_foreign_page_brings_own_pages_behind_it_back(void **state)
{
	static const char text[] = "hmmsim 1\nlayout a\n"
				   "pgmap 0x200000 0x200200 type=private owner=1\n"
				   "pgmap 0x201000 0x201200 type=private owner=2\n"
				   "vma 0x7f0000000000 0x7f0000006000 rw\n"
				   "map 0x7f0000000000 4k dpw 0x200000 count=3 owner=1\n"
				   "map 0x7f0000003000 4k dpw 0x201000 owner=2\n"
				   "map 0x7f0000004000 4k dpw 0x200003 count=2 owner=1\n";
	struct moved d;

	(void)state;
	moved_text(&d, text, HS_REQUEST_READ, HS_MOVES_BACK_FAULT);
	expect_walk(&d, HS_MOVES_BEFORE, HS_ERA_6_12, 6, 3, 3);
	expect_walk(&d, HS_MOVES_BEFORE, HS_ERA_5_3, 6, 0, 0);
	moved_end(&d);
}

/* Of layouts whose pages are writable and present real pages change nothing for a walk. */
static void walks_before_the_moves_are_those_of_the_comparison(void **state)
{
	static const char *const names[] = { "anon", "every8", "half", "private", "holes" };
	static const char *const none[] = { "full", "thp", "sparse2", "empty-tables" };

	(void)state;
	for (size_t i = 0; i < 3 * sizeof(names) / sizeof(names[0]); i++) {
		enum hs_compare_request request = (enum hs_compare_request)(i % 3);
		struct hs_compare_setting set = { .request = request,
						  .body = HS_BODY_PLAIN,
						  .owner = 1,
						  .clock = &steady_clock };
		struct hs_report report;
		struct moved d;

		moved_builtin(&d, names[i / 3], SIZE, request, HS_MOVES_BACK_FAULT);
		set.mem = &d.mem;
		assert_int_equal(hs_report_make(&report, &d.asked, &d.layout, &set), 0);
		for (size_t w = 0; w < d.report.walk_count; w++) {
			const struct hs_moves_walk *walk = &d.report.walks[w];
			const struct hs_report_row *row =
				hs_report_find(&report, HS_SCOPE_WHOLE, walk->era, walk->strategy);

			if (walk->state == HS_MOVES_BEFORE)
				assert_memory_equal(&walk->done.counts, &row->done.counts,
						    sizeof(row->done.counts));
		}
		hs_report_free(&report);
		moved_end(&d);
	}
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		struct moved d;

		moved_builtin(&d, none[i], SIZE, HS_REQUEST_NONE, HS_MOVES_BACK_FAULT);
		assert_int_equal(d.report.moves.none, HS_MOVES_NO_MEMORY);
		assert_int_equal(d.report.walk_count + d.report.step_count, 0);
		assert_int_equal(hs_moves_report_judge(&d.report), HS_REPORT_OK);
		moved_end(&d);
	}
}

/* ---- what a layout says ------------------------------------------------------------------ */

/*
 * Six pages, a zero page, a page without access, and what stays: a devmap page, a swapped one, a
 * hole. The private pgmap has room for four, the coherent one for eight and one page already.
 */
static const char moves_text[] = "hmmsim 1\n"
				 "layout moves\n"
				 "pgmap 0x200000 0x200004 type=private owner=1\n"
				 "pgmap 0x201000 0x201008 type=coherent owner=2\n"
				 "pgmap 0x202000 0x202200\n"
				 "vma 0x7f0000000000 0x7f0000010000 rw\n"
				 "map 0x7f0000000000 4k rw 0x1000 count=6 of=anon\n"
				 "map 0x7f0000006000 4k ro 0x1100 of=anon\n"
				 "map 0x7f0000007000 4k zero 0\n"
				 "map 0x7f0000008000 4k pn 0x1200 of=anon\n"
				 "map 0x7f0000009000 4k devrw 0x202000\n"
				 "map 0x7f000000a000 4k swap 5\n"
				 "map 0x7f000000b000 4k rw 0x201001 of=anon\n"
				 "migrate 0x7f0000000000 0x7f0000005000 to=0x200000\n"
				 "migrate 0x7f0000005000 0x7f000000d000 to=0x201000\n"
				 "evict 0x200000\n"
				 "migrate 0x7f0000000000 0x7f0000002000 to=0x200000\n"
				 "migrate 0x7f0000006000 0x7f0000008000 to=system\n";

static void the_moves_of_a_layout_are_done_in_their_order(void **state)
{
	struct moved d;

	(void)state;
	moved_text(&d, moves_text, HS_REQUEST_NONE, HS_MOVES_BACK_FAULT);
	assert_int_equal(d.report.step_count, 5 + 1 + 2);
	assert_int_equal(d.report.moves.device_count, 2);
	expect_step(&d, 0, HS_MOVES_STEP_MOVE, 4 + 1,
		    &(struct hs_migrate_counts){ .setups = 1,
						 .selected = { [HS_MIGRATE_SYSTEM] = 5 },
						 .moved = { [HS_MIGRATE_SYSTEM] = 4 },
						 .refused = { [HS_MIGRATE_NO_TARGET] = 1 },
						 .rmap_walks = 5,
						 .rmap_entries = 5,
						 .sections = 1 });
	/* Pages 5, 6 and 8; the zero page and the hole are filled, which is told from there on. */
	expect_step(&d, 1, HS_MOVES_STEP_MOVE, 4 + 6,
		    &(struct hs_migrate_counts){
			    .setups = 1,
			    .selected = { [HS_MIGRATE_SYSTEM] = 3, [HS_MIGRATE_HOLE] = 2 },
			    .moved = { [HS_MIGRATE_SYSTEM] = 3, [HS_MIGRATE_HOLE] = 2 },
			    .rmap_walks = 3,
			    .rmap_entries = 3,
			    .sections = 2 });
	expect_step(&d, 2, HS_MOVES_STEP_MOVE, 6,
		    &(struct hs_migrate_counts){ .passes = 1,
						 .selected = { [HS_MIGRATE_PRIVATE] = 4 },
						 .moved = { [HS_MIGRATE_PRIVATE] = 4 },
						 .rmap_walks = 8,
						 .rmap_entries = 8,
						 .sections = 4 });
	assert_int_equal(d.report.steps[3].counts.moved[HS_MIGRATE_SYSTEM], 2);
	/* A setup of each owner, of which one has pages there. */
	expect_step(&d, 4, HS_MOVES_STEP_MOVE, 2 + 4,
		    &(struct hs_migrate_counts){ .setups = 2,
						 .selected = { [HS_MIGRATE_COHERENT] = 2 },
						 .moved = { [HS_MIGRATE_COHERENT] = 2 },
						 .rmap_walks = 2,
						 .rmap_entries = 2,
						 .sections = 2 });
	/* No fault brings a coherent page back. */
	assert_int_equal(d.report.steps[5].counts.faults, 2);
	assert_int_equal(d.report.steps[5].lent, 4);
	assert_int_equal(d.report.steps[6].counts.moved[HS_MIGRATE_PRIVATE], 2);
	assert_int_equal(d.report.steps[7].counts.moved[HS_MIGRATE_COHERENT], 4);
	moved_end(&d);
}

/* A hole in a table with device pages is selected by each owner, and has no target. */
static void owners_take_their_pages_back_by_range(void **state)
{
	struct moved d;

	(void)state;
	moved_text(&d, moves_text, HS_REQUEST_NONE, HS_MOVES_BACK_RANGE);
	expect_step(&d, 5, HS_MOVES_STEP_BACK, 0,
		    &(struct hs_migrate_counts){
			    .setups = 2,
			    .selected = { [HS_MIGRATE_PRIVATE] = 2,
					  [HS_MIGRATE_COHERENT] = 4,
					  [HS_MIGRATE_HOLE] = 6 },
			    .moved = { [HS_MIGRATE_PRIVATE] = 2, [HS_MIGRATE_COHERENT] = 4 },
			    .refused = { [HS_MIGRATE_NO_TARGET] = 6 },
			    .rmap_walks = 6,
			    .rmap_entries = 6,
			    .sections = 2 });
	moved_end(&d);
}

/* It comes back by a range, or by the eviction, and is no violation. */
static void a_page_that_no_cpu_may_touch_does_not_come_back_by_a_fault(void **state)
{
	static const char text[] = "hmmsim 1\nlayout a\nvma 0x1000 0x3000 -\nvma 0x3000 0x4000 r\n"
				   "map 0x1000 4k rw 5 of=anon\nmap 0x3000 4k rw 6 of=anon\n";
	struct moved d;

	(void)state;
	for (int back = 0; back < HS_MOVES_BACK_COUNT; back++) {
		uint64_t closed = back == HS_MOVES_BACK_FAULT;

		moved_text(&d, text, HS_REQUEST_NONE, (enum hs_moves_back)back);
		assert_int_equal(d.report.steps[0].lent, 2);
		assert_int_equal(d.report.steps[1].closed, closed);
		assert_int_equal(d.report.steps[1].lent, closed);
		assert_int_equal(d.report.steps[2].lent, 0);
		assert_int_equal(hs_moves_report_judge(&d.report), HS_REPORT_OK);
		moved_end(&d);
	}
}

/* ---- errors ------------------------------------------------------------------------------ */

/* The report is given up: -ENOMEM, and nothing is left of host memory or of the machine. */
static void memory_may_be_missing_at_each_allocation(void **state)
{
	struct hs_report_asked asked = moved_asked();
	struct hs_machine_config config;
	uint64_t host = 0, model = 0;

	(void)state;
	for (int ret = -1; ret; host++) {
		struct moved d = { .mem = { .attempts = 0 } };
		const struct hs_compare_setting set = { .mem = &d.mem,
							.request = HS_REQUEST_READ,
							.owner = 1 };

		layout_must_parse(&d.mem, moves_text, &d.layout);
		d.mem.fail_at = d.mem.attempts + host + 1;
		ret = hs_moves_report_make(&d.report, &asked, &d.layout, &set, HS_MOVES_BACK_FAULT);
		assert_true(!ret || ret == -ENOMEM);
		moved_end(&d);
	}
	assert_true(host > 10);
	hs_machine_config_init(&config);
	for (int ret = -1; ret; model++) {
		struct moved d = { .mem = { .attempts = 0 } };
		const struct hs_compare_setting set = {
			.mem = &d.mem, .request = HS_REQUEST_READ, .owner = 1, .machine = &config
		};

		layout_must_parse(&d.mem, moves_text, &d.layout);
		config.fail_at = model + 1;
		ret = hs_moves_report_make(&d.report, &asked, &d.layout, &set, HS_MOVES_BACK_FAULT);
		assert_true(!ret || ret == -ENOMEM);
		moved_end(&d);
	}
	assert_true(model > 10);
}

/* It has lent nothing, so that there is nothing to evict and to wait for. */
static void a_device_without_pages_is_not_evicted_again(void **state)
{
	struct moved d;

	(void)state;
	moved_text(&d,
		   "hmmsim 1\nlayout l\npgmap 0x100000 0x100004 type=private owner=1\n"
		   "vma 0x7f0000000000 0x7f0000008000 rw\n"
		   "map 0x7f0000000000 4k rw 0x1000 count=2 of=anon\n"
		   "migrate 0x7f0000000000 0x7f0000002000 to=0x100000\nevict 0x100000\n",
		   HS_REQUEST_NONE, HS_MOVES_BACK_FAULT);
	assert_int_equal(d.report.moves.device_count, 1);
	assert_int_equal(d.report.step_count, 2 + 1);
	assert_int_equal(d.report.steps[0].lent, 2);
	assert_int_equal(d.report.steps[2].kind, HS_MOVES_STEP_BACK);
	moved_end(&d);
}

/* Of all that a report has, one thing is enough. */
static void what_is_stuck_leaked_or_endless_is_a_violation(void **state)
{
	struct hs_moves_step steps[2] = { { .kind = HS_MOVES_STEP_BACK } };
	struct hs_moves_walk walks[2] = { { .state = HS_MOVES_BEFORE } };
	struct hs_moves_report report = {
		.steps = steps,
		.step_count = 2,
		.walks = walks,
		.walk_count = 2,
	};

	(void)state;
	assert_int_equal(hs_moves_report_judge(&report), HS_REPORT_OK);
	steps[1].stuck = true;
	assert_int_equal(hs_moves_report_judge(&report), HS_REPORT_VIOLATION);
	steps[1].stuck = false;
	walks[1].done.counts.leaked = 1;
	assert_int_equal(hs_moves_report_judge(&report), HS_REPORT_VIOLATION);
	walks[1].done.counts.leaked = 0;
	walks[1].done.livelocks = 1;
	assert_int_equal(hs_moves_report_judge(&report), HS_REPORT_VIOLATION);
	report.moves.none = HS_MOVES_NO_MEMORY;
	assert_int_equal(hs_moves_report_judge(&report), HS_REPORT_OK);
	report.moves.none = HS_MOVES_NO_PFNS;
	assert_int_equal(hs_moves_report_judge(&report), HS_REPORT_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ordinary_pages_move_there_and_come_back),
		cmocka_unit_test(a_range_that_comes_back_is_told_once_a_table),
		cmocka_unit_test(private_pages_of_the_layout_come_back_too),
		cmocka_unit_test(a_snapshot_takes_the_pages_of_its_owner),
		cmocka_unit_test(a_walk_that_requests_pages_brings_those_of_others_back),
		cmocka_unit_test(a_walk_that_brings_back_table_after_table_is_no_livelock),
		cmocka_unit_test(a_comparison_without_an_owner_walks_twice),
		cmocka_unit_test(a_foreign_page_brings_own_pages_behind_it_back),
		cmocka_unit_test(walks_before_the_moves_are_those_of_the_comparison),
		cmocka_unit_test(the_moves_of_a_layout_are_done_in_their_order),
		cmocka_unit_test(owners_take_their_pages_back_by_range),
		cmocka_unit_test(a_page_that_no_cpu_may_touch_does_not_come_back_by_a_fault),
		cmocka_unit_test(memory_may_be_missing_at_each_allocation),
		cmocka_unit_test(a_device_without_pages_is_not_evicted_again),
		cmocka_unit_test(what_is_stuck_leaked_or_endless_is_a_violation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
