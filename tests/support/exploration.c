/* SPDX-License-Identifier: MIT */
#include "support/exploration.h"

#include "explore/search.h"
#include "port/common/sanitize.h"
#include "port/explore/arena.h"
#include "support/exact.h"

#define JUDGE_LIMIT 5000
#define WEAK_SEARCHED 2000u
#define WEAK_DRAWN 500u

bool test_is_weak(void)
{
	const char *memory = getenv("HMMSIM_TEST_MEMORY");

	return memory && !strcmp(memory, "views");
}

/* A bound where there is none, or a large one. */
static uint64_t weak_most(uint64_t most)
{
	uint64_t bound = test_is_short() ? WEAK_SEARCHED / 10 : WEAK_SEARCHED;

	return test_is_weak() && (!most || most > bound) ? bound : most;
}

void expect_count_at(struct test_place at, const char *scenario, const char *what, uint64_t found,
		     uint64_t expected)
{
	if (found == expected || test_is_weak())
		return;
	print_error("%s:%d: %s: found %llu %s, expected %llu\n", at.file, at.line, scenario,
		    (unsigned long long)found, what, (unsigned long long)expected);
	_fail(at.file, at.line);
}

void expect_exact_at(struct test_place at, const char *scenario, const char *what, uint64_t found,
		     uint64_t expected)
{
	if (test_counts_are_exact())
		expect_count_at(at, scenario, what, found, expected);
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
	if (getenv("HMMSIM_TEST_VERBOSE") && r->violations)
		puts(r->report);
}

void explore(const struct hs_scenario *scenario, const void *param, enum hs_search search,
	     uint64_t most, const char *schedule, struct hs_explore_result *r)
{
	struct hs_explore_options options;

	hs_explore_options_init(&options);
	options.search = schedule ? HS_SEARCH_REPLAY : search;
	options.memory = test_is_weak() ? HS_MEMORY_VIEWS : HS_MEMORY_SC;
	options.max_executions = most;
	options.schedule = schedule;
	/* A sanitizer ends the process where an execution crashes that the search does not need. */
	if (HS_ASAN || HS_TSAN)
		options.shrink = 0;
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

/* What a search that is cut does not come to. */
static void draw(const struct hs_scenario *scenario, const void *param)
{
	struct hs_explore_result r;

	explore(scenario, param, HS_SEARCH_RANDOM, WEAK_DRAWN, NULL, &r);
	expect_verdict(&r, HS_VERDICT_NONE);
	hs_explore_result_free(&r);
}

void explore_none_at(struct test_place at, const struct hs_scenario *scenario, const void *param,
		     uint64_t most, uint64_t complete, struct hs_explore_result *r)
{
	most = weak_most(most);
	explore(scenario, param, HS_SEARCH_DPOR, most, NULL, r);
	expect_verdict(r, HS_VERDICT_NONE);
	if (test_is_weak() && !r->exhaustive)
		draw(scenario, param);
	assert_string_equal(r->message, "");
	assert_true(r->exhaustive || (most && r->executions == most));
	if (r->exhaustive || !test_is_short())
		expect_exact_at(at, scenario->name, "complete", r->complete, complete);
	if (r->exhaustive)
		explore_judge_at(at, scenario, param);
}

void explore_found_at(struct test_place at, const struct hs_scenario *scenario, const void *param,
		      enum hs_verdict verdict, const char *text, uint64_t first,
		      struct hs_explore_result *r)
{
	struct hs_explore_result again;

	explore(scenario, param, HS_SEARCH_DPOR, weak_most(0), NULL, r);
	if (test_is_weak() && !r->violations)
		return;
	expect_verdict(r, verdict);
	assert_non_null(strstr(r->message, text));
	assert_non_null(r->schedule);
	assert_int_equal(r->violations, 1);
	expect_exact_at(at, scenario->name, "first", r->first_violation, first);
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
	options.memory = test_is_weak() ? HS_MEMORY_VIEWS : HS_MEMORY_SC;
	options.fingerprint = true;
	explore_with(scenario, param, &options, r);
	assert_int_equal(r->verdict, HS_VERDICT_NONE);
}

/* The searches whose classes DPOR must have, each where it comes to its end. */
static const struct {
	enum hs_search search;
	const char *what;
} judges[] = { { HS_SEARCH_SLEEP, "classes with sleep sets" },
	       { HS_SEARCH_DFS, "classes with DFS" } };

/* False: DPOR, or all of its judges, need more than @most executions. */
static bool compare_classes(struct test_place at, const struct hs_scenario *scenario,
			    const void *param, uint64_t most, struct hs_explore_result *dpor)
{
	bool judged = false;

	look_at_classes(scenario, param, HS_SEARCH_DPOR, most, dpor);
	for (size_t i = 0; dpor->exhaustive && i < COUNT(judges); i++) {
		struct hs_explore_result judge;

		look_at_classes(scenario, param, judges[i].search,
				most && judges[i].search == HS_SEARCH_DFS ? JUDGE_LIMIT : most,
				&judge);
		if (!judge.exhaustive)
			break;
		judged = true;
		expect_count_at(at, scenario->name, judges[i].what, judge.classes, dpor->classes);
		assert_int_equal(judge.fingerprint, dpor->fingerprint);
	}
	return judged;
}

bool explore_same_classes_at(struct test_place at, const struct hs_scenario *scenario,
			     const void *param, uint64_t most, uint64_t complete, uint64_t classes)
{
	struct hs_explore_result dpor;

	if (!compare_classes(at, scenario, param, weak_most(most), &dpor))
		return false;
	expect_exact_at(at, scenario->name, "complete", dpor.complete, complete);
	expect_exact_at(at, scenario->name, "classes", dpor.classes, classes);
	return true;
}

/* ---- final states ------------------------------------------------------------------------ */

/* Hashes of the memory of the machine when no task can move, each once. */
struct ends {
	uint64_t *hash;
	size_t count, room;
};

static void ends_add(struct ends *ends, uint64_t hash)
{
	for (size_t i = 0; i < ends->count; i++)
		if (ends->hash[i] == hash)
			return;
	if (ends->count == ends->room) {
		ends->room = ends->room ? 2 * ends->room : 64;
		ends->hash = realloc(ends->hash, ends->room * sizeof(*ends->hash));
		assert_non_null(ends->hash);
	}
	ends->hash[ends->count++] = hash;
}

/* A word of any object. The sanitizer checks each memcpy(), so this is no copy. */
typedef uint64_t __attribute__((__may_alias__)) ends_word;

/*
 * Without what the arena counts: retries, grace periods. Memory that no object of this execution
 * had, as before an aligned one, holds what other executions left. What is freed counts: it is the
 * same in all that lead to this state. So the memory is read in spite of its poison.
 */
HS_NO_ASAN static void ends_note(void *ctx, const struct hs_sched *s)
{
	const char *from = (const char *)(s->arena + 1), *to = s->region + s->arena->region.used;
	uint64_t hash = 1;

	for (; from + sizeof(ends_word) <= to; from += sizeof(ends_word)) {
		if (s->life[(size_t)(from - s->region) / HS_GRANULE] == HS_LIFE_NEVER)
			continue;
		hash = hs_mix64(hash ^ *(const ends_word *)from) + 1;
	}
	ends_add(ctx, hash);
}

static bool ends_find(const struct hs_scenario *scenario, const void *param, bool commute,
		      uint64_t most, struct ends *ends)
{
	const struct hs_observer observer = { .rested = ends_note, .ctx = ends };
	struct hs_explore_options options;
	struct hs_explore_result r;

	hs_explore_options_init(&options);
	options.max_executions = most;
	options.commute = commute;
	assert_int_equal(hs_explore_observed(scenario, param, &options, &observer, &r), 0);
	assert_int_equal(r.verdict, HS_VERDICT_NONE);
	return r.exhaustive;
}

/*
 * What commutes by its values, and waits with patience, leads to the same final states. False: the
 * search in which nothing commutes needs more than @most executions, so that nothing was compared.
 */
static bool compare_ends(struct test_place at, const struct hs_scenario *scenario,
			 const void *param, uint64_t most)
{
	struct ends all = { 0 }, some = { 0 };
	bool whole = ends_find(scenario, param, false, most, &all);

	if (whole) {
		ends_find(scenario, param, true, 0, &some);
		expect_count_at(at, scenario->name, "final states", some.count, all.count);
		for (size_t i = 0; i < some.count; i++)
			ends_add(&all, some.hash[i]);
		expect_count_at(at, scenario->name, "final states together", all.count, some.count);
	}
	free(all.hash);
	free(some.hash);
	return whole;
}

/* How far a judge of DPOR goes by default, and with HMMSIM_EXPLORE_FULL: to the end, unless DFS. */
static uint64_t judge_limit(void)
{
	return getenv("HMMSIM_EXPLORE_FULL") ? UINT64_MAX : JUDGE_LIMIT;
}

void explore_judge_at(struct test_place at, const struct hs_scenario *scenario, const void *param)
{
	struct hs_explore_result r;

	if (test_is_short())
		return;
	compare_classes(at, scenario, param, judge_limit(), &r);
	if (!test_is_weak()) /* there nothing commutes by its values */
		compare_ends(at, scenario, param, judge_limit());
}

void explore_judge_ends_at(struct test_place at, const struct hs_scenario *scenario,
			   const void *param, uint64_t most)
{
	if (getenv("HMMSIM_EXPLORE_FULL") && !test_is_weak())
		assert_true(compare_ends(at, scenario, param, most));
}

void explore_holds_at(struct test_place at, const struct hs_scenario *scenario, const void *param,
		      uint64_t complete)
{
	struct hs_explore_result r;

	explore_none_at(at, scenario, param, test_is_short() ? 500 : 0, complete, &r);
	hs_explore_result_free(&r);
}

void explore_fails_at(struct test_place at, const struct hs_scenario *scenario, const void *param,
		      enum hs_verdict verdict, const char *text, uint64_t first)
{
	struct hs_explore_result r;

	explore_found_at(at, scenario, param, verdict, text, first, &r);
	hs_explore_result_free(&r);
}
