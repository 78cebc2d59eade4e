/* SPDX-License-Identifier: MIT */
#include "support/broken.h"

/* Only the libraries with faults define it. */
#pragma weak hs_break_set

static const char *const names[HS_BREAK_COUNT] = {
#define HS_BREAK_DEF(name, file, what) [HS_BREAK_##name] = #name,
#include "port/common/breaks.def"
#undef HS_BREAK_DEF
};

/* The table of the program, and how far its tests have got. */
static const struct broken *table;

static bool was_explored(const struct broken *b)
{
	for (const struct broken *before = table; before < b; before++)
		if (before->scenario == b->scenario && before->param == b->param)
			return true;
	return false;
}

static void expect_holds(const struct broken *b)
{
	struct hs_explore_result r;

	explore(b->scenario, b->param, BROKEN_SEARCH, 0, NULL, &r);
	assert_string_equal(r.message, "");
	assert_int_equal(r.verdict, HS_VERDICT_NONE);
	assert_true(r.exhaustive);
	hs_explore_result_free(&r);
}

static void expect_found(const struct broken *b)
{
	struct hs_explore_result r, again;

	explore(b->scenario, b->param, BROKEN_SEARCH, 0, NULL, &r);
	if (r.verdict != b->verdict || !strstr(r.message, b->text) || r.first_violation != b->first)
		print_error("%s: execution %llu of %llu: %s: %s\n", names[b->fault],
			    (unsigned long long)r.first_violation, (unsigned long long)r.executions,
			    hs_verdict_name(r.verdict), r.message);
	assert_int_equal(r.verdict, b->verdict);
	assert_non_null(strstr(r.message, b->text));
	assert_int_equal(r.first_violation, b->first);
	explore(b->scenario, b->param, HS_SEARCH_REPLAY, 0, r.schedule, &again);
	assert_int_equal(again.verdict, r.verdict);
	assert_string_equal(again.message, r.message);
	assert_string_equal(again.schedule, r.schedule);
	hs_explore_result_free(&again);
	hs_explore_result_free(&r);
}

static void expect_missed_by_chance(const struct broken *b)
{
	struct hs_explore_options options;
	struct hs_explore_result r;

	hs_explore_options_init(&options);
	options.search = HS_SEARCH_RANDOM;
	options.first = 1;
	options.max_executions = BROKEN_RANDOM;
	options.go_on = true;
	assert_int_equal(hs_explore(b->scenario, b->param, &options, &r), 0);
	if (b->narrow ? r.violations : getenv("HMMSIM_TEST_VERBOSE") != NULL)
		print_error("%s: %llu of %u by chance\n", names[b->fault],
			    (unsigned long long)r.violations, BROKEN_RANDOM);
	assert_true(!b->narrow || !r.violations);
	hs_explore_result_free(&r);
}

static void fault_is_found(void **state)
{
	const struct broken *b = *state;

	if (!was_explored(b))
		expect_holds(b);
	hs_break_set(b->fault);
	expect_found(b);
	expect_missed_by_chance(b);
}

static int mend(void **state)
{
	(void)state;
	hs_break_set(HS_BREAK_NONE);
	return 0;
}

static int run_faults(const char *name, const struct broken *faults, size_t count)
{
	struct CMUnitTest *tests = calloc(count, sizeof(*tests));
	int ret;

	if (!tests)
		return 1;
	table = faults;
	for (size_t i = 0; i < count; i++) {
		tests[i].name = names[faults[i].fault];
		tests[i].test_func = fault_is_found;
		tests[i].teardown_func = mend;
		tests[i].initial_state = (void *)(uintptr_t)&faults[i];
	}
	ret = _cmocka_run_group_tests(name, tests, count, NULL, NULL);
	free(tests);
	return ret;
}

int model_main_of(const char *name, const struct CMUnitTest *tests, size_t test_count,
		  const struct broken *faults, size_t fault_count)
{
	if (hs_break_set && !getenv("HMMSIM_BREAK"))
		return run_faults(name, faults, fault_count);
	return _cmocka_run_group_tests(name, tests, test_count, NULL, NULL);
}
