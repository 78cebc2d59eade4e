/* SPDX-License-Identifier: MIT */
/* Violations that do not count: a search goes on past them, and misses none of those that do. */
#include <string.h>

#include "support/exploration.h"
#include "support/play.h"

/* ---- a scenario that violates three things, each in other executions --------------------- */

/* Words: what two and three have written; an object that stays. */
enum {
	TWO,
	THREE
};

static void reads_too_early(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_assert_at(self, HS_HERE, hs_u64_load(self, &st->word[TWO], HS_RELAXED), "too early");
}

static void waits_for_ever(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_u64_store(self, &st->word[TWO], 1, HS_RELAXED);
	if (hs_u64_load(self, &st->word[THREE], HS_RELAXED))
		hs_wait_event(self, &st->queue, play_flag, st);
}

static void leaves_an_object(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	if (hs_u64_load(self, &st->word[TWO], HS_RELAXED))
		hs_alloc(self, HS_KIND_OTHER, 16);
	hs_u64_store(self, &st->word[THREE], 1, HS_RELAXED);
}

#define VERDICTS (HS_VERDICT_RACE + 1)

struct tally {
	struct play play; /* first: the set-up of play takes it */
	bool wanted[VERDICTS];
	uint64_t *ended; /* VERDICTS of them */
};

static bool counts(const void *state, const void *param, enum hs_verdict verdict)
{
	const struct tally *t = param;

	(void)state;
	return t->wanted[verdict];
}

static void ended(const struct hs_execution *execution, const void *state, const void *param,
		  enum hs_verdict verdict)
{
	const struct tally *t = param;

	(void)execution;
	(void)state;
	t->ended[verdict]++;
}

static const enum hs_verdict three[] = { HS_VERDICT_ASSERT, HS_VERDICT_DEADLOCK, HS_VERDICT_LEAK };
static uint64_t tallied[VERDICTS];

static struct tally tally(void)
{
	memset(tallied, 0, sizeof(tallied));
	return (struct tally){
		.play = { .task = { reads_too_early, waits_for_ever, leaves_an_object } },
		.ended = tallied,
	};
}

static void search(const struct tally *t, const struct hs_explore_options *options,
		   struct hs_explore_result *r)
{
	assert_int_equal(hs_explore(&play_scenario, t, options, r), 0);
}

static struct hs_explore_options options_of(enum hs_search how)
{
	struct hs_explore_options o;

	hs_explore_options_init(&o);
	o.search = how;
	o.counts = counts;
	o.ended = ended;
	return o;
}

static void each_violation_is_found_past_the_others_and_replays(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(three); i++) {
		struct hs_explore_options o = options_of(HS_SEARCH_DPOR);
		struct hs_explore_result found, again;
		struct tally t = tally();

		t.wanted[three[i]] = true;
		search(&t, &o, &found);
		assert_int_equal(found.verdict, three[i]);
		assert_int_equal(found.violations, 1);
		assert_int_equal(found.first_violation, found.executions);
		o = options_of(HS_SEARCH_REPLAY);
		o.token = found.token;
		search(&t, &o, &again);
		assert_int_equal(again.verdict, three[i]);
		assert_string_equal(again.message, found.message);
		hs_explore_result_free(&again);
		hs_explore_result_free(&found);
	}
}

/* DFS, where each interleaving is an execution of its own, is the judge. */
static void no_search_misses_one_that_counts(void **state)
{
	static const enum hs_search searches[] = { HS_SEARCH_DFS, HS_SEARCH_SLEEP, HS_SEARCH_DPOR };

	(void)state;
	for (unsigned int mask = 0; mask < 8; mask++)
		for (size_t k = 0; k < COUNT(searches); k++) {
			struct hs_explore_options o = options_of(searches[k]);
			struct hs_explore_result r;
			struct tally t = tally();
			uint64_t counted = 0, all = 0;

			o.go_on = true;
			for (size_t i = 0; i < COUNT(three); i++)
				t.wanted[three[i]] = mask >> i & 1;
			search(&t, &o, &r);
			assert_true(r.exhaustive);
			for (size_t v = 1; v < VERDICTS; v++) {
				all += tallied[v];
				counted += t.wanted[v] ? tallied[v] : 0;
			}
			for (size_t i = 0; i < COUNT(three); i++)
				assert_true(tallied[three[i]] > 0);
			assert_int_equal(r.violations, counted);
			assert_int_equal(r.uncounted, all - counted);
			assert_int_equal(r.complete, all + tallied[HS_VERDICT_NONE]);
			assert_int_equal(r.verdict != HS_VERDICT_NONE, mask != 0);
			hs_explore_result_free(&r);
		}
}

static void uses_what_it_has_freed(struct hs_task *self, void *state)
{
	struct play_state *st = state;
	struct play_object *o = play_object(self);

	hs_u64_store(self, &st->word[THREE], 1, HS_RELAXED);
	play_object_free(self, o);
	hs_u64_load(self, &o->value, HS_RELAXED);
}

/* Neither task touches what the other one does: only the end of the execution orders them. */
static void one_that_counts_is_found_behind_an_independent_one_that_does_not(void **state)
{
	static const enum hs_search searches[] = { HS_SEARCH_DFS, HS_SEARCH_SLEEP, HS_SEARCH_DPOR };

	(void)state;
	for (size_t k = 0; k < COUNT(searches); k++)
		for (int first = 0; first < 2; first++) {
			struct hs_explore_options o = options_of(searches[k]);
			struct hs_explore_result r;
			struct tally t = tally();

			t.play.task[first] = reads_too_early;
			t.play.task[!first] = uses_what_it_has_freed;
			t.play.task[2] = NULL;
			t.wanted[HS_VERDICT_FREED] = true;
			search(&t, &o, &r);
			assert_int_equal(r.verdict, HS_VERDICT_FREED);
			hs_explore_result_free(&r);
		}
}

static void finds_an_error(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_u64_load(self, &st->word[TWO], HS_RELAXED);
	hs_assert_at(self, HS_HERE, false, "an error");
}

static void goes_first(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_u64_store(self, &st->word[TWO], 1, HS_RELAXED);
}

static bool counts_behind_the_other(const void *state, const void *param, enum hs_verdict verdict)
{
	const struct play_state *st = state;

	(void)param;
	return verdict == HS_VERDICT_ASSERT && st->word[TWO].raw;
}

/* The error alone is simpler, and says the same. */
static void the_simplest_one_is_one_that_counts(void **state)
{
	static const enum hs_search searches[] = { HS_SEARCH_DFS, HS_SEARCH_SLEEP, HS_SEARCH_DPOR };

	(void)state;
	for (size_t k = 0; k < COUNT(searches); k++) {
		struct hs_explore_options o = options_of(searches[k]);
		struct hs_explore_result r, again;
		struct tally t = tally();

		t.play = (struct play){ .task = { finds_an_error, goes_first } };
		o.counts = counts_behind_the_other;
		search(&t, &o, &r);
		assert_int_equal(r.verdict, HS_VERDICT_ASSERT);
		assert_true(r.uncounted && r.shrink_executions && r.minimal);
		o.search = HS_SEARCH_REPLAY;
		o.token = r.token;
		search(&t, &o, &again);
		assert_int_equal(again.verdict, HS_VERDICT_ASSERT);
		assert_int_equal(again.uncounted, 0);
		hs_explore_result_free(&again);
		hs_explore_result_free(&r);
	}
}

static void what_ends_a_search_counts_in_any_case(void **state)
{
	struct hs_explore_options o = options_of(HS_SEARCH_DFS);
	struct hs_explore_result r;
	struct tally t = tally();

	(void)state;
	o.max_steps = 1;
	search(&t, &o, &r);
	assert_int_equal(tallied[HS_VERDICT_ASSERT], 1);
	assert_int_equal(r.verdict, HS_VERDICT_STEPS);
	assert_int_equal(r.uncounted, 1);
	hs_explore_result_free(&r);
}

static void a_replay_of_one_that_does_not_count_finds_nothing(void **state)
{
	struct hs_explore_options o = options_of(HS_SEARCH_DPOR);
	struct hs_explore_result found, again;
	struct tally t = tally();

	(void)state;
	t.wanted[HS_VERDICT_DEADLOCK] = true;
	search(&t, &o, &found);
	o = options_of(HS_SEARCH_REPLAY);
	o.schedule = found.schedule;
	t.wanted[HS_VERDICT_DEADLOCK] = false;
	search(&t, &o, &again);
	assert_int_equal(again.verdict, HS_VERDICT_NONE);
	assert_int_equal(again.uncounted, 1);
	assert_non_null(again.report);
	hs_explore_result_free(&again);
	hs_explore_result_free(&found);
}

/* The first execution runs twice. */
static void one_that_ends_again_as_it_did_is_no_finding(void **state)
{
	struct hs_explore_options o = options_of(HS_SEARCH_DPOR);
	struct hs_explore_result r;
	struct tally t = tally();

	(void)state;
	search(&t, &o, &r);
	assert_int_equal(r.verdict, HS_VERDICT_NONE);
	assert_true(r.exhaustive);
	hs_explore_result_free(&r);
}

static unsigned int turns;

static void says_another_number_each_time(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_u64_load(self, &st->word[TWO], HS_RELAXED);
	hs_assert_at(self, HS_HERE, false, "turn %u", ++turns);
}

static void one_that_ends_otherwise_when_it_is_repeated_is_found(void **state)
{
	struct hs_explore_options o = options_of(HS_SEARCH_DPOR);
	struct hs_explore_result r;
	struct tally t = tally();

	(void)state;
	t.play = (struct play){ .task = { says_another_number_each_time } };
	search(&t, &o, &r);
	assert_int_equal(r.verdict, HS_VERDICT_UNREPEATABLE);
	hs_explore_result_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_violation_is_found_past_the_others_and_replays),
		cmocka_unit_test(no_search_misses_one_that_counts),
		cmocka_unit_test(one_that_counts_is_found_behind_an_independent_one_that_does_not),
		cmocka_unit_test(the_simplest_one_is_one_that_counts),
		cmocka_unit_test(what_ends_a_search_counts_in_any_case),
		cmocka_unit_test(a_replay_of_one_that_does_not_count_finds_nothing),
		cmocka_unit_test(one_that_ends_again_as_it_did_is_no_finding),
		cmocka_unit_test(one_that_ends_otherwise_when_it_is_repeated_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
