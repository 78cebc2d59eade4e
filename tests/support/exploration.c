/* SPDX-License-Identifier: MIT */
#include "support/exploration.h"

void expect_count_at(struct test_place at, const char *scenario, const char *what, uint64_t found,
		     uint64_t expected)
{
	if (found == expected)
		return;
	print_error("%s:%d: %s: found %llu %s, expected %llu\n", at.file, at.line, scenario,
		    (unsigned long long)found, what, (unsigned long long)expected);
	_fail(at.file, at.line);
}

static void explore_with(const struct hs_scenario *scenario, const void *param,
			 const struct hs_explore_options *options, struct hs_explore_result *r)
{
	assert_int_equal(hs_explore(scenario, param, options, r), 0);
	if (getenv("HMMSIM_TEST_VERBOSE"))
		print_message("%s: %llu complete of %llu executions, %llu classes, %u steps at "
			      "most\n",
			      scenario->name, (unsigned long long)r->complete,
			      (unsigned long long)r->executions, (unsigned long long)r->classes,
			      r->steps_max);
}

void explore(const struct hs_scenario *scenario, const void *param, enum hs_search search,
	     uint64_t most, const char *schedule, struct hs_explore_result *r)
{
	struct hs_explore_options options;

	hs_explore_options_init(&options);
	options.search = schedule ? HS_SEARCH_REPLAY : search;
	options.max_executions = most;
	options.schedule = schedule;
	explore_with(scenario, param, &options, r);
}

static void expect_verdict(const struct hs_explore_result *r, enum hs_verdict verdict)
{
	if (r->verdict != verdict)
		print_error("%s: %s\n%s\n", hs_verdict_name(r->verdict), r->message,
			    r->schedule ? r->schedule : "");
	assert_int_equal(r->verdict, verdict);
	assert_true(r->image_bytes < 16384);
}

void explore_none_at(struct test_place at, const struct hs_scenario *scenario, const void *param,
		     uint64_t most, uint64_t complete, struct hs_explore_result *r)
{
	explore(scenario, param, HS_SEARCH_SLEEP, most, NULL, r);
	expect_verdict(r, HS_VERDICT_NONE);
	assert_string_equal(r->message, "");
	assert_true(r->exhaustive || (most && r->executions == most));
	if (r->exhaustive || !test_is_short())
		expect_count_at(at, scenario->name, "complete", r->complete, complete);
}

void explore_found_at(struct test_place at, const struct hs_scenario *scenario, const void *param,
		      enum hs_verdict verdict, const char *text, uint64_t first,
		      struct hs_explore_result *r)
{
	struct hs_explore_result again;

	explore(scenario, param, HS_SEARCH_SLEEP, 0, NULL, r);
	expect_verdict(r, verdict);
	assert_non_null(strstr(r->message, text));
	assert_non_null(r->schedule);
	assert_int_equal(r->violations, 1);
	expect_count_at(at, scenario->name, "first", r->first_violation, first);
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
	explore_with(scenario, param, &options, r);
	assert_int_equal(r->verdict, HS_VERDICT_NONE);
}

bool explore_same_classes_at(struct test_place at, const struct hs_scenario *scenario,
			     const void *param, uint64_t most, uint64_t complete, uint64_t classes)
{
	struct hs_explore_result dfs, sleep;

	look_at_classes(scenario, param, HS_SEARCH_DFS, most, &dfs);
	if (!dfs.exhaustive)
		return false;
	look_at_classes(scenario, param, HS_SEARCH_SLEEP, 0, &sleep);
	assert_true(sleep.exhaustive);
	expect_count_at(at, scenario->name, "complete", sleep.complete, complete);
	expect_count_at(at, scenario->name, "classes with DFS", dfs.classes, classes);
	expect_count_at(at, scenario->name, "classes", sleep.classes, classes);
	assert_int_equal(sleep.fingerprint, dfs.fingerprint);
	return true;
}

void explore_holds_at(struct test_place at, const struct hs_scenario *scenario, const void *param,
		      uint64_t complete)
{
	struct hs_explore_result r;

	explore_none_at(at, scenario, param, test_is_short() ? 500 : 0, complete, &r);
	if (!test_is_short())
		explore_same_classes_at(at, scenario, param, 20000, complete, complete);
	hs_explore_result_free(&r);
}

void explore_fails_at(struct test_place at, const struct hs_scenario *scenario, const void *param,
		      enum hs_verdict verdict, const char *text, uint64_t first)
{
	struct hs_explore_result r;

	explore_found_at(at, scenario, param, verdict, text, first, &r);
	hs_explore_result_free(&r);
}
