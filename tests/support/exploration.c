/* SPDX-License-Identifier: MIT */
#include "support/exploration.h"

void explore(const struct hs_scenario *scenario, const void *param, enum hs_search search,
	     uint64_t most, const char *schedule, struct hs_explore_result *r)
{
	struct hs_explore_options options;

	hs_explore_options_init(&options);
	options.search = schedule ? HS_SEARCH_REPLAY : search;
	options.max_executions = most;
	options.schedule = schedule;
	assert_int_equal(hs_explore(scenario, param, &options, r), 0);
	if (getenv("HMMSIM_TEST_VERBOSE"))
		print_message("%s: %llu complete of %llu executions, %u steps at most\n",
			      scenario->name, (unsigned long long)r->complete,
			      (unsigned long long)r->executions, r->steps_max);
}

static void expect_verdict(const struct hs_explore_result *r, enum hs_verdict verdict)
{
	if (r->verdict != verdict)
		print_error("%s: %s\n%s\n", hs_verdict_name(r->verdict), r->message,
			    r->schedule ? r->schedule : "");
	assert_int_equal(r->verdict, verdict);
	assert_true(r->image_bytes < 16384);
}

void explore_none(const struct hs_scenario *scenario, const void *param, uint64_t most,
		  struct hs_explore_result *r)
{
	explore(scenario, param, HS_SEARCH_SLEEP, most, NULL, r);
	expect_verdict(r, HS_VERDICT_NONE);
	assert_string_equal(r->message, "");
	assert_true(r->exhaustive || (most && r->executions == most));
}

void explore_found(const struct hs_scenario *scenario, const void *param, enum hs_verdict verdict,
		   const char *text, struct hs_explore_result *r)
{
	struct hs_explore_result again;

	explore(scenario, param, HS_SEARCH_SLEEP, 0, NULL, r);
	expect_verdict(r, verdict);
	assert_non_null(strstr(r->message, text));
	assert_non_null(r->schedule);
	assert_int_equal(r->violations, 1);
	explore(scenario, param, HS_SEARCH_REPLAY, 0, r->schedule, &again);
	assert_int_equal(again.verdict, verdict);
	assert_string_equal(again.message, r->message);
	assert_string_equal(again.schedule, r->schedule);
	hs_explore_result_free(&again);
}

static void look_at_classes(const struct hs_scenario *scenario, const void *param,
			    enum hs_search search, uint64_t most, struct hs_explore_result *r)
{
	struct hs_explore_options options;

	hs_explore_options_init(&options);
	options.search = search;
	options.max_executions = most;
	options.fingerprint = true;
	assert_int_equal(hs_explore(scenario, param, &options, r), 0);
	assert_int_equal(r->verdict, HS_VERDICT_NONE);
}

void explore_same_classes(const struct hs_scenario *scenario, const void *param, uint64_t most)
{
	struct hs_explore_result dfs, sleep;

	look_at_classes(scenario, param, HS_SEARCH_DFS, most, &dfs);
	if (!dfs.exhaustive)
		return;
	look_at_classes(scenario, param, HS_SEARCH_SLEEP, 0, &sleep);
	assert_true(sleep.exhaustive);
	assert_int_equal(sleep.classes, dfs.classes);
	assert_int_equal(sleep.fingerprint, dfs.fingerprint);
}

void explore_holds(const struct hs_scenario *scenario, const void *param)
{
	struct hs_explore_result r;

	explore_none(scenario, param, test_is_short() ? 500 : 0, &r);
	assert_true(r.complete > 1);
	if (!test_is_short())
		explore_same_classes(scenario, param, 20000);
	hs_explore_result_free(&r);
}

void explore_fails(const struct hs_scenario *scenario, const void *param, enum hs_verdict verdict,
		   const char *text)
{
	struct hs_explore_result r;

	explore_found(scenario, param, verdict, text, &r);
	hs_explore_result_free(&r);
}
