/* SPDX-License-Identifier: MIT */
/*
 * What weak memory shows of the model: each order that the sequence of a notifier needs, and that
 * nothing is violated with the orders that it has. Sequentially consistent searches pass all of it.
 */
#include "support/notifier_race.h"
#include "support/weak_notifier.h"

static void search(const struct race_param *p, enum hs_memory memory, enum hs_search search,
		   const char *schedule, struct hs_explore_result *r)
{
	struct hs_explore_options o;

	hs_explore_options_init(&o);
	o.memory = memory;
	o.search = search;
	o.schedule = schedule;
	o.shrink = 0; /* the schedule is that of the execution whose number is asserted */
	assert_int_equal(hs_explore(&notifier_race, p, &o, r), 0);
}

#define views_hold(...) views_hold_at(TEST_PLACE, __VA_ARGS__)

/* All executions are seen, @complete of them come to their end. */
static void views_hold_at(struct test_place at, struct race_param p, uint64_t complete)
{
	struct hs_explore_result r;

	search(&p, HS_MEMORY_VIEWS, HS_SEARCH_SLEEP, NULL, &r);
	if (r.verdict)
		print_error("%s\n%s\n", r.message, r.schedule);
	assert_int_equal(r.verdict, HS_VERDICT_NONE);
	assert_true(r.exhaustive);
	expect_count_at(at, "notifier", "complete", r.complete, complete);
	hs_explore_result_free(&r);
}

#define only_views_find(...) only_views_find_at(TEST_PLACE, __VA_ARGS__)

/* Views find that a device entry is left, in execution @first, and the schedule leads there. */
static void only_views_find_at(struct test_place at, struct race_param p, uint64_t first,
			       const char *schedule)
{
	struct hs_explore_result r, again;

	search(&p, HS_MEMORY_SC, HS_SEARCH_SLEEP, NULL, &r);
	assert_int_equal(r.verdict, HS_VERDICT_NONE);
	assert_true(r.exhaustive);
	search(&p, HS_MEMORY_VIEWS, HS_SEARCH_SLEEP, NULL, &r);
	assert_int_equal(r.verdict, HS_VERDICT_ASSERT);
	assert_non_null(strstr(r.message, "a device entry is left"));
	expect_count_at(at, "notifier", "first", r.first_violation, first);
	assert_string_equal(r.schedule, schedule);
	hs_explore_result_free(&r);
	search(&p, HS_MEMORY_VIEWS, HS_SEARCH_REPLAY, schedule, &again);
	assert_int_equal(again.verdict, HS_VERDICT_ASSERT);
	assert_string_equal(again.schedule, schedule);
	hs_explore_result_free(&again);
}

static void even_sequence_needs_a_release(void **state)
{
	(void)state;
	weak_notifier = WEAK_EVEN;
	only_views_find((struct race_param){ .judged = S1 }, 14, "1*5 2*13 1*8 2*8 1*2 c1 1*4");
	weak_notifier = WEAK_NONE;
	views_hold((struct race_param){ .judged = S1 }, 26);
	views_hold((struct race_param){ .judged = S2 }, 26);
}

static void odd_sequence_needs_a_release(void **state)
{
	struct race_param p = { .other = true };

	(void)state;
	weak_notifier = WEAK_ODD;
	only_views_find(p, 986, "1*5 2*13 1*8 2*6 3*6 1*2 c1 1*4 2 c0");
	weak_notifier = WEAK_NONE;
	views_hold(p, 2720);
	p.judged = S2;
	views_hold(p, 1744);
}

/* The kernel's order. */
static void wait_without_acquire_sees_what_is_over(void **state)
{
	(void)state;
	only_views_find((struct race_param){ .wait_order = HS_WAIT_ONCE }, 14,
			"1*5 2*13 1*8 2*8 1*2 c1 1*4");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(even_sequence_needs_a_release),
		cmocka_unit_test(odd_sequence_needs_a_release),
		cmocka_unit_test(wait_without_acquire_sees_what_is_over),
	};

	return cmocka_run_group_tests_name("views model", tests, NULL, NULL);
}
