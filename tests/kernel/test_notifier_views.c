/* SPDX-License-Identifier: MIT */
/*
 * mm/mmu_notifier.c where memory is weak: a reader that does not sleep in mmu_interval_read_begin()
 * has read the number with READ_ONCE(), which orders nothing. So it may read a page table from
 * before, and no retry is due. The model shows that with HS_WAIT_ONCE.
 */
#include "support/notifier_race.h"

static void explore_entry(enum hs_memory memory, struct hs_explore_result *r)
{
	const struct race_param param = { .judged = S1 };
	struct hs_explore_options options;

	hs_explore_options_init(&options);
	options.memory = memory;
	assert_int_equal(hs_explore(&notifier_race, &param, &options, r), 0);
}

static void no_entry_is_left_where_memory_is_strong(void **state)
{
	struct hs_explore_result r;

	(void)state;
	explore_entry(HS_MEMORY_SC, &r);
	assert_string_equal(r.message, "");
	assert_true(r.exhaustive);
	hs_explore_result_free(&r);
}

static void an_entry_is_left_where_a_reader_did_not_sleep(void **state)
{
	struct hs_explore_result r;

	(void)state;
	explore_entry(HS_MEMORY_VIEWS, &r);
	if (getenv("HMMSIM_TEST_VERBOSE"))
		puts(r.report);
	assert_int_equal(r.verdict, HS_VERDICT_ASSERT);
	assert_non_null(strstr(r.message, "a device entry is left"));
	assert_non_null(strstr(r.report, ": mmu_interval_read_begin()"));
	hs_explore_result_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_entry_is_left_where_memory_is_strong),
		cmocka_unit_test(an_entry_is_left_where_a_reader_did_not_sleep),
	};

	return cmocka_run_group_tests_name("notifier views", tests, NULL, NULL);
}
