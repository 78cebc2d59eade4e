/* SPDX-License-Identifier: MIT */
/*
 * The small retry protocol under every search. Other model checkers and an independent prototype
 * found the same numbers of executions: DFS counts interleavings, sleep sets complete one execution
 * for each class, as GenMC does.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/retry_model.h"
#include "support/scale.h"

struct expected {
	struct retry_param param;
	uint64_t dfs; /* 0: not finished by DFS in reasonable time */
	uint64_t sleep,
		blocked; /* executions with sleep sets, and how many of them are cut short */
	uint64_t classes;
	uint64_t dpor; /* executions with DPOR */
};

static const struct expected table[] = {
	{ { 1, 1, 1, false, RETRY_CORRECT }, 194, 15, 9, 6, 6 },
	{ { 1, 2, 1, false, RETRY_CORRECT }, 437, 19, 11, 8, 8 },
	{ { 1, 1, 1, true, RETRY_CORRECT }, 529, 21, 15, 6, 6 },
	{ { 1, 1, 2, false, RETRY_CORRECT }, 781, 35, 21, 14, 14 },
	{ { 1, 1, 4, false, RETRY_CORRECT }, 5175, 99, 60, 39, 39 },
	{ { 2, 1, 1, false, RETRY_CORRECT }, 67424, 170, 131, 39, 39 },
	{ { 1, 1, 8, false, RETRY_CORRECT }, 318730, 323, 198, 125, 125 },
	{ { 2, 1, 1, true, RETRY_CORRECT }, 333648, 255, 216, 39, 39 },
	{ { 2, 2, 1, false, RETRY_CORRECT }, 2163306, 340, 270, 70, 70 },
	{ { 3, 1, 1, false, RETRY_CORRECT }, 0, 1785, 1509, 276, 276 },
	{ { 3, 2, 1, false, RETRY_CORRECT }, 0, 6611, 5935, 676, 676 },
	{ { 3, 2, 1, true, RETRY_CORRECT }, 0, 13695, 13019, 676, 676 },
	{ { 4, 1, 1, false, RETRY_CORRECT }, 0, 19072, 16939, 2133, 2133 },
};

/* Too large for the other searches here. What differs from the classes was cut. */
static const struct expected large_table[] = {
	{ { 2, 3, 1, false, RETRY_CORRECT }, 0, 0, 0, 111, 111 },
	{ { 3, 3, 1, false, RETRY_CORRECT }, 0, 0, 0, 1388, 1388 },
	{ { 2, 1, 3, false, RETRY_CORRECT }, 0, 0, 0, 1203, 1203 },
	{ { 2, 1, 4, false, RETRY_CORRECT }, 0, 0, 0, 4855, 4855 },
	{ { 2, 1, 6, false, RETRY_CORRECT }, 0, 0, 0, 70757, 70757 },
	{ { 3, 1, 2, false, RETRY_CORRECT }, 0, 0, 0, 6962, 6962 },
	{ { 4, 2, 1, false, RETRY_CORRECT }, 0, 0, 0, 7256, 7291 },
	{ { 5, 1, 1, false, RETRY_CORRECT }, 0, 0, 0, 18018, 18024 },
	{ { 5, 2, 1, false, RETRY_CORRECT }, 0, 0, 0, 86944, 88086 },
	{ { 6, 1, 1, false, RETRY_CORRECT }, 0, 0, 0, 166203, 166350 },
};

/* With weak memory a load may see an older store. */
static const struct expected weak_table[] = {
	{ { 1, 1, 1, false, RETRY_CORRECT }, 655, 49, 28, 21, 23 },
	{ { 1, 2, 1, false, RETRY_CORRECT }, 1834, 81, 44, 37, 39 },
	{ { 1, 1, 1, true, RETRY_CORRECT }, 2421, 71, 50, 21, 23 },
	{ { 2, 1, 1, false, RETRY_CORRECT }, 921886, 1732, 1224, 508, 575 },
};

static enum hs_memory memory;

static void explore(const struct retry_param *param, enum hs_search search, uint64_t executions,
		    const char *schedule, struct hs_explore_result *result)
{
	struct hs_explore_options options;

	hs_explore_options_init(&options);
	options.memory = memory;
	options.search = search;
	options.max_executions = executions;
	options.schedule = schedule;
	options.go_on = search == HS_SEARCH_RANDOM;
	assert_int_equal(hs_explore(&retry_scenario, param, &options, result), 0);
}

static void expect_dfs(const struct expected *rows, size_t count)
{
	uint64_t limit = 25000 * test_percent();

	for (size_t i = 0; i < count; i++) {
		const struct expected *e = &rows[i];
		struct hs_explore_result r;

		if (!e->dfs || e->dfs > limit)
			continue;
		explore(&e->param, HS_SEARCH_DFS, 0, NULL, &r);
		assert_string_equal(r.message, "");
		assert_int_equal(r.executions, e->dfs);
		assert_int_equal(r.complete, e->dfs);
		assert_int_equal(r.violations, 0);
		assert_true(r.exhaustive);
		hs_explore_result_free(&r);
	}
}

static void expect_sleep_sets(const struct expected *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct expected *e = &rows[i];
		struct hs_explore_result r;

		explore(&e->param, HS_SEARCH_SLEEP, 0, NULL, &r);
		assert_string_equal(r.message, "");
		assert_int_equal(r.executions, e->sleep);
		assert_int_equal(r.blocked, e->blocked);
		assert_int_equal(r.complete, e->classes);
		assert_true(r.exhaustive);
		hs_explore_result_free(&r);
	}
}

static void expect_dpor(const struct expected *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct expected *e = &rows[i];
		struct hs_explore_result r;

		explore(&e->param, HS_SEARCH_DPOR, 0, NULL, &r);
		assert_int_equal(r.verdict, HS_VERDICT_NONE);
		assert_true(r.exhaustive);
		assert_int_equal(r.executions, e->dpor);
		assert_int_equal(r.complete, e->classes);
	}
}

static void dfs_counts_every_interleaving(void **state)
{
	(void)state;
	expect_dfs(table, sizeof(table) / sizeof(table[0]));
}

static void sleep_sets_complete_one_execution_per_class(void **state)
{
	(void)state;
	expect_sleep_sets(table, sizeof(table) / sizeof(table[0]));
}

static void dpor_executes_one_of_each_class_and_hardly_more(void **state)
{
	(void)state;
	expect_dpor(table, sizeof(table) / sizeof(table[0]));
	if (!test_is_short())
		expect_dpor(large_table, sizeof(large_table) / sizeof(large_table[0]));
}

/* Nothing is violated: the orders of the model are strong enough. */
static void views_count_every_value_that_a_load_may_see(void **state)
{
	(void)state;
	memory = HS_MEMORY_VIEWS;
	expect_dfs(weak_table, sizeof(weak_table) / sizeof(weak_table[0]));
	expect_sleep_sets(weak_table, sizeof(weak_table) / sizeof(weak_table[0]));
	expect_dpor(weak_table, sizeof(weak_table) / sizeof(weak_table[0]));
	memory = HS_MEMORY_SC;
}

/* Each variant is found by the second execution of a systematic search, and by chance. */
static void wrong_variants_are_found(void **state)
{
	static const uint64_t hits[] = { 0, 58907, 24750, 88 };
	uint64_t executions = 1000 * test_percent();

	(void)state;
	for (int v = RETRY_NO_CHECK; v <= RETRY_TOUCH_AFTER; v++) {
		struct retry_param param = { 1, 1, 1, false, (enum retry_variant)v };
		struct hs_explore_result r;

		for (int search = HS_SEARCH_DFS; search <= HS_SEARCH_DPOR; search++) {
			explore(&param, (enum hs_search)search, 0, NULL, &r);
			assert_int_equal(r.verdict, HS_VERDICT_FREED);
			assert_int_equal(r.first_violation, 2);
			assert_non_null(strstr(r.message, "support/retry_model.c:"));
			assert_non_null(strstr(r.message, "is freed (task driver)"));
			hs_explore_result_free(&r);
		}
		explore(&param, HS_SEARCH_RANDOM, executions, NULL, &r);
		assert_true(r.violations > 0);
		if (executions == 100000)
			assert_int_equal(r.violations, hits[v]);
		hs_explore_result_free(&r);
	}
}

/* The two executions that no switch but a forced one tells apart, and so on up to all. */
static void bounds_on_preemptions_count_up_to_every_interleaving(void **state)
{
	static const uint64_t executions[] = { 2, 10, 24, 53, 98, 146, 178, 191, 194 };
	static const struct retry_param param = { 1, 1, 1, false, RETRY_CORRECT };
	uint32_t most = sizeof(executions) / sizeof(executions[0]) - 1;

	(void)state;
	for (uint32_t bound = 0; bound <= most + 1; bound++) {
		struct hs_explore_options options;
		struct hs_explore_result r;
		char text[32], words[32];

		hs_explore_options_init(&options);
		options.search = HS_SEARCH_BOUND;
		options.bound = bound;
		assert_int_equal(hs_explore(&retry_scenario, &param, &options, &r), 0);
		assert_string_equal(r.message, "");
		assert_int_equal(r.executions, executions[bound < most ? bound : most]);
		assert_int_equal(r.exhaustive, bound >= most);
		hs_extent_words(&r, text, sizeof(text));
		snprintf(words, sizeof(words), "within %u preemption%s", bound,
			 bound == 1 ? "" : "s");
		assert_string_equal(text, bound >= most ? "yes" : words);
	}
}

static void one_preemption_shows_each_wrong_variant(void **state)
{
	(void)state;
	for (int v = RETRY_NO_CHECK; v <= RETRY_TOUCH_AFTER; v++) {
		struct retry_param param = { 1, 1, 1, false, (enum retry_variant)v };
		struct hs_explore_options options;
		struct hs_explore_result r;

		hs_explore_options_init(&options);
		options.search = HS_SEARCH_BOUND;
		options.bound = 0;
		assert_int_equal(hs_explore(&retry_scenario, &param, &options, &r), 0);
		assert_int_equal(r.verdict, HS_VERDICT_NONE);
		assert_int_equal(r.extent, HS_EXTENT_BOUND);
		options.bound = 1;
		assert_int_equal(hs_explore(&retry_scenario, &param, &options, &r), 0);
		assert_int_equal(r.verdict, HS_VERDICT_FREED);
		assert_int_equal(r.first_violation, 2);
		hs_explore_result_free(&r);
	}
}

#define SEEDS 100

/* How many of the seeds find the variant within 100 executions, and how late the last one does. */
static void look_with_each_seed(enum hs_search search, int variant, uint32_t *found, uint64_t *last)
{
	const struct retry_param param = { 1, 1, 1, false, (enum retry_variant)variant };

	*found = 0;
	*last = 0;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct hs_explore_options options;
		struct hs_explore_result r;

		hs_explore_options_init(&options);
		options.search = search;
		options.seed = seed;
		options.max_executions = 100;
		assert_int_equal(hs_explore(&retry_scenario, &param, &options, &r), 0);
		*found += r.verdict != HS_VERDICT_NONE;
		if (*last < r.first_violation)
			*last = r.first_violation;
		hs_explore_result_free(&r);
	}
}

/* Uniform steps find the third variant with 12 of the seeds. */
static void priorities_find_each_wrong_variant_within_100_executions(void **state)
{
	static const struct {
		enum hs_search search;
		uint64_t last[RETRY_TOUCH_AFTER + 1];
	} rows[] = {
		{ HS_SEARCH_PCT, { 0, 29, 46, 48 } },
		{ HS_SEARCH_PORTFOLIO, { 0, 10, 23, 86 } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (int v = RETRY_NO_CHECK; v <= RETRY_TOUCH_AFTER; v++) {
			uint32_t found;
			uint64_t last;

			look_with_each_seed(rows[i].search, v, &found, &last);
			assert_int_equal(found, SEEDS);
			assert_int_equal(last, rows[i].last[v]);
		}
	}
}

static uint64_t expect_identical_replays(const struct retry_param *param,
					 const struct hs_explore_result *found, int times)
{
	struct hs_explore_result again;
	uint64_t hash = 0;

	for (int i = 0; i < times; i++) {
		explore(param, HS_SEARCH_REPLAY, 0, found->schedule, &again);
		if (!i)
			hash = again.trace_hash;
		assert_int_equal(again.verdict, found->verdict);
		assert_string_equal(again.message, found->message);
		assert_string_equal(again.schedule, found->schedule);
		assert_int_equal(again.trace_hash, hash);
		hs_explore_result_free(&again);
	}
	return hash;
}

/* The hash covers each step, its object and the value seen; it is the same for every compiler. */
static void replays_are_identical(void **state)
{
	struct retry_param param = { 1, 1, 1, false, RETRY_TOUCH_AFTER };
	struct hs_explore_result found;

	(void)state;
	explore(&param, HS_SEARCH_SLEEP, 0, NULL, &found);
	assert_string_equal(found.schedule, "1*6 2*7 1");
	assert_int_equal(expect_identical_replays(&param, &found, 1000),
			 UINT64_C(0xf9fdaba30443ddb0));
	hs_explore_result_free(&found);
}

static void every_kept_schedule_replays_1000_times(void **state)
{
	static const enum hs_search searches[] = { HS_SEARCH_DFS,   HS_SEARCH_SLEEP,
						   HS_SEARCH_BOUND, HS_SEARCH_RANDOM,
						   HS_SEARCH_PCT,   HS_SEARCH_PORTFOLIO };

	(void)state;
	for (size_t i = 0; i < sizeof(searches) / sizeof(searches[0]); i++) {
		for (int v = RETRY_NO_CHECK; v <= RETRY_TOUCH_AFTER; v++) {
			struct retry_param param = { 2, 1, 1, true, (enum retry_variant)v };
			struct hs_explore_options options;
			struct hs_explore_result found;

			hs_explore_options_init(&options);
			options.search = searches[i];
			options.max_executions = 100000;
			assert_int_equal(hs_explore(&retry_scenario, &param, &options, &found), 0);
			assert_int_not_equal(found.verdict, HS_VERDICT_NONE);
			expect_identical_replays(&param, &found, 10 * (int)test_percent());
			hs_explore_result_free(&found);
		}
	}
}

static void schedules_of_the_correct_model_replay_too(void **state)
{
	struct retry_param param = { 2, 1, 1, true, RETRY_CORRECT };
	struct hs_explore_result r, again;
	const char *schedule = "1*7 3*4 2 3*4 4*2";

	(void)state;
	explore(&param, HS_SEARCH_REPLAY, 0, schedule, &r);
	assert_string_equal(r.message, "");
	explore(&param, HS_SEARCH_REPLAY, 0, r.schedule, &again);
	assert_int_equal(r.trace_hash, again.trace_hash);
	hs_explore_result_free(&r);
	hs_explore_result_free(&again);
}

static void random_executions_are_addressed_by_their_index(void **state)
{
	static const enum hs_search searches[] = { HS_SEARCH_RANDOM, HS_SEARCH_PCT,
						   HS_SEARCH_PORTFOLIO };
	struct retry_param param = { 1, 1, 1, false, RETRY_TOUCH_AFTER };

	(void)state;
	for (size_t i = 0; i < sizeof(searches) / sizeof(searches[0]); i++) {
		struct hs_explore_options options;
		struct hs_explore_result first, alone;

		hs_explore_options_init(&options);
		options.search = searches[i];
		options.max_executions = 100000;
		options.first = 5;
		assert_int_equal(hs_explore(&retry_scenario, &param, &options, &first), 0);
		assert_int_equal(first.verdict, HS_VERDICT_FREED);
		assert_true(first.first_violation > 1);
		options.first += first.first_violation - 1;
		options.max_executions = 1;
		assert_int_equal(hs_explore(&retry_scenario, &param, &options, &alone), 0);
		assert_int_equal(alone.first_violation, 1);
		assert_string_equal(alone.schedule, first.schedule);
		hs_explore_result_free(&first);
		hs_explore_result_free(&alone);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dfs_counts_every_interleaving),
		cmocka_unit_test(sleep_sets_complete_one_execution_per_class),
		cmocka_unit_test(dpor_executes_one_of_each_class_and_hardly_more),
		cmocka_unit_test(views_count_every_value_that_a_load_may_see),
		cmocka_unit_test(wrong_variants_are_found),
		cmocka_unit_test(bounds_on_preemptions_count_up_to_every_interleaving),
		cmocka_unit_test(one_preemption_shows_each_wrong_variant),
		cmocka_unit_test(priorities_find_each_wrong_variant_within_100_executions),
		cmocka_unit_test(replays_are_identical),
		cmocka_unit_test(every_kept_schedule_replays_1000_times),
		cmocka_unit_test(schedules_of_the_correct_model_replay_too),
		cmocka_unit_test(random_executions_are_addressed_by_their_index),
	};

	return cmocka_run_group_tests_name("retry model", tests, NULL, NULL);
}
