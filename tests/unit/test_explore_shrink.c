/* SPDX-License-Identifier: MIT */
/*
 * A simpler execution with the violation that was found: what it leaves as it was, where it ends,
 * and what is the same violation. That it is the simplest one: conformance/test_shrink_random.c.
 */
#include "explore/shrink.h"
#include "support/play.h"
#include "support/retry_model.h"
#include "support/shrunk.h"

/* ---- figures ------------------------------------------------------------------------------ */

/* All but what is shown of the first violation. */
static void expect_same_figures(const struct hs_explore_result *a,
				const struct hs_explore_result *b)
{
	assert_int_equal(a->verdict, b->verdict);
	assert_int_equal(a->executions, b->executions);
	assert_int_equal(a->complete, b->complete);
	assert_int_equal(a->blocked, b->blocked);
	assert_int_equal(a->violations, b->violations);
	assert_int_equal(a->first_violation, b->first_violation);
	assert_int_equal(a->steps, b->steps);
	assert_int_equal(a->steps_max, b->steps_max);
	assert_int_equal(a->exhaustive, b->exhaustive);
	assert_int_equal(a->stop, b->stop);
	assert_int_equal(a->extent, b->extent);
	assert_int_equal(a->beyond_bound, b->beyond_bound);
	assert_int_equal(a->beyond_retries, b->beyond_retries);
	assert_int_equal(a->trace_hash, b->trace_hash);
	assert_int_equal(a->classes, b->classes);
	assert_int_equal(a->fingerprint, b->fingerprint);
	assert_true(a->estimate == b->estimate && a->deviation == b->deviation);
}

static void the_search_goes_on_as_if_nothing_had_been_made_simpler(void **state)
{
	static const struct retry_param param = { 2, 2, 1, .variant = RETRY_TOUCH_AFTER };

	(void)state;
	for (unsigned int i = 0; i < 16 * SHRUNK_SEARCHES; i++) {
		enum hs_search search = shrunk_searches[i / 16];
		struct hs_explore_options o;
		struct hs_explore_result raw, shrunk;

		shrunk_options(&o, search);
		o.max_executions = search == HS_SEARCH_DPOR || search == HS_SEARCH_SLEEP ? 0 : 200;
		o.go_on = i & 1;
		o.fingerprint = i & 2;
		o.retry_bound = i & 4 ? 1 : 0;
		o.commute = i & 8;
		o.shrink = 0;
		assert_int_equal(hs_explore(&retry_scenario, &param, &o, &raw), 0);
		assert_int_equal(raw.shrink_executions, 0);
		o.shrink = 100;
		assert_int_equal(hs_explore(&retry_scenario, &param, &o, &shrunk), 0);
		expect_same_figures(&raw, &shrunk);
		if (raw.verdict) {
			assert_true(shrunk.shrink_executions);
			shrunk_replay(&retry_scenario, &param, &o, &shrunk, false);
		}
		hs_explore_result_free(&raw);
		hs_explore_result_free(&shrunk);
	}
}

static void no_more_executions_are_run_than_are_allowed(void **state)
{
	static const struct retry_param param = { 2, 1, 1, .variant = RETRY_NO_CHECK };
	struct shrunk_cost last = { { UINT32_MAX } };

	(void)state;
	for (uint32_t most = 0; most < 40; most++) {
		struct hs_explore_options o;
		struct hs_explore_result r;
		struct shrunk_cost c;

		shrunk_options(&o, HS_SEARCH_RANDOM);
		o.seed = 3;
		o.shrink = most;
		assert_int_equal(hs_explore(&retry_scenario, &param, &o, &r), 0);
		assert_true(r.shrink_executions <= most);
		assert_true(r.shrink_executions || !most);
		c = shrunk_replay(&retry_scenario, &param, &o, &r, false);
		if (!most)
			last = c;
		/* Not one by one, because the phases share what is allowed. */
		assert_false(shrunk_is_less(&last, &c));
		hs_explore_result_free(&r);
	}
}

/* ---- long executions ---------------------------------------------------------------------- */

/* Passes @from on as the next number, once, after a while. */
static void passes_on(struct hs_task *self, struct play_state *st, uint64_t from)
{
	for (unsigned int i = 0; i < 10; i++)
		hs_u64_add(self, &st->word[1 + (i & 3)], 1, HS_RELAXED);
	if (hs_u64_load(self, &st->word[0], HS_RELAXED) == from)
		hs_u64_store(self, &st->word[0], from + 1, HS_RELAXED);
}

static void passes_even_numbers_on(struct hs_task *self, void *state)
{
	for (uint64_t i = 0; i <= 4; i += 2)
		passes_on(self, state, i);
}

static void passes_odd_numbers_on(struct hs_task *self, void *state)
{
	for (uint64_t i = 1; i <= 3; i += 2)
		passes_on(self, state, i);
}

static void check_it_was_lost(struct hs_task *self, struct play_state *st)
{
	hs_assert(self, hs_u64_load(self, &st->word[0], HS_RELAXED) < 5, "it came to the end");
}

/* Too many executions have as few preemptions for a proof. */
static void of_a_long_execution_little_is_left(void **state)
{
	const struct play play = { .task = { passes_even_numbers_on, passes_odd_numbers_on },
				   .check = check_it_was_lost };

	(void)state;
	for (uint64_t seed = 1; seed <= 5; seed++) {
		struct hs_explore_options o;
		struct hs_explore_result r;
		struct shrunk_cost c;

		shrunk_options(&o, HS_SEARCH_RANDOM);
		o.seed = seed;
		o.shrink = 0;
		assert_int_equal(hs_explore(&play_scenario, &play, &o, &r), 0);
		assert_int_equal(r.verdict, HS_VERDICT_ASSERT);
		c = shrunk_replay(&play_scenario, &play, &o, &r, false);
		assert_true(c.figure[0] > 10);
		hs_explore_result_free(&r);
		o.shrink = 500;
		assert_int_equal(hs_explore(&play_scenario, &play, &o, &r), 0);
		assert_false(r.minimal);
		assert_true(r.shrink_executions <= 500);
		c = shrunk_replay(&play_scenario, &play, &o, &r, false);
		assert_int_equal(c.figure[0], 3);
		assert_int_equal(c.figure[1], 4);
		hs_explore_result_free(&r);
	}
}

static void works(struct hs_task *self, void *state)
{
	for (unsigned int i = 0; i < 60; i++)
		hs_u64_add(self, &((struct play_state *)state)->word[1], 1, HS_RELAXED);
}

/* The proof would take many minutes. */
static void time_ends_it(void **state)
{
	const struct play play = {
		.task = { passes_even_numbers_on, passes_odd_numbers_on, works, works },
		.check = check_it_was_lost,
	};
	struct hs_explore_options o;
	struct hs_explore_result r;

	(void)state;
	shrunk_options(&o, HS_SEARCH_RANDOM);
	o.shrink = UINT32_MAX;
	o.max_executions = 1000000;
	for (o.time_limit_ms = 10;; o.time_limit_ms *= 2) {
		assert_int_equal(hs_explore(&play_scenario, &play, &o, &r), 0);
		if (r.verdict)
			break; /* the machine was fast enough to find it at all */
	}
	assert_false(r.minimal);
	shrunk_replay(&play_scenario, &play, &o, &r, false);
	hs_explore_result_free(&r);
}

/* ---- what is worth less ------------------------------------------------------------------- */

static void chooses_twice(struct hs_task *self, void *state)
{
	struct play_state *st = state;
	uint32_t one = hs_choose(self, 3, "one"), two = hs_choose(self, 3, "two");

	hs_u64_store(self, &st->word[0], one + two, HS_RELAXED);
	hs_assert(self, one + two < 2, "the sum is %u", one + two);
}

/* Numbers in a message may differ, and the message is that of what is shown. */
static void the_first_answer_is_preferred(void **state)
{
	const struct play play = { .task = { chooses_twice } };
	struct hs_explore_options o;
	struct hs_explore_result r;

	(void)state;
	shrunk_options(&o, HS_SEARCH_RANDOM);
	o.shrink = 0;
	for (bool found = false; !found; o.seed++) {
		assert_int_equal(hs_explore(&play_scenario, &play, &o, &r), 0);
		assert_int_equal(r.verdict, HS_VERDICT_ASSERT);
		found = !strcmp(r.schedule, "1 c2 c2 1");
		hs_explore_result_free(&r);
	}
	o.seed--;
	o.shrink = SHRUNK_ENOUGH;
	assert_int_equal(hs_explore(&play_scenario, &play, &o, &r), 0);
	assert_string_equal(r.schedule, "1 c0 c2 1");
	assert_non_null(strstr(r.message, "the sum is 2 (task one)"));
	hs_explore_result_free(&r);
}

/* ---- other violations --------------------------------------------------------------------- */

static void adds_and_looks(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_u64_store(self, &st->word[0], 1, HS_RELAXED);
	hs_u64_store(self, &st->word[1], 1, HS_RELAXED);
	hs_assert(self, !hs_u64_load(self, &st->word[2], HS_RELAXED), "the other was here");
	if (hs_u64_load(self, &st->word[3], HS_RELAXED))
		abort();
}

static void looks_and_adds(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	if (!hs_u64_load(self, &st->word[1], HS_RELAXED))
		abort();
	hs_u64_store(self, &st->word[2], 1, HS_RELAXED);
}

/* It is run when a simpler execution is looked for. What was found is shown. */
static void a_crash_ends_it(void **state)
{
	const struct play play = { .task = { adds_and_looks, looks_and_adds } };
	struct hs_explore_options o;
	struct hs_explore_result r;

	(void)state;
	if (HS_ASAN || HS_TSAN)
		return;
	shrunk_options(&o, HS_SEARCH_DPOR);
	o.go_on = true;
	assert_int_equal(hs_explore(&play_scenario, &play, &o, &r), 0);
	assert_int_equal(r.verdict, HS_VERDICT_ASSERT);
	assert_int_equal(r.stop, HS_STOP_VIOLATION);
	assert_int_equal(r.violations, 1);
	assert_false(r.minimal);
	assert_non_null(r.report);
	hs_explore_result_free(&r);
	assert_int_equal(
		hs_explore(&play_scenario, &(struct play){ .task = { chooses_twice } }, &o, &r), 0);
	hs_explore_result_free(&r);
}

/* As it was found, although simpler ones were run before the crash. */
static void what_was_found_stays_after_a_crash(void **state)
{
	const struct play play = { .task = { adds_and_looks, looks_and_adds, works } };
	unsigned int crashes = 0;

	(void)state;
	if (HS_ASAN || HS_TSAN)
		return;
	for (uint64_t seed = 1; seed <= 50; seed++) {
		struct hs_explore_options o;
		struct hs_explore_result raw, shrunk;

		shrunk_options(&o, HS_SEARCH_RANDOM);
		o.seed = seed;
		o.shrink = 0;
		assert_int_equal(hs_explore(&play_scenario, &play, &o, &raw), 0);
		o.shrink = 10000;
		assert_int_equal(hs_explore(&play_scenario, &play, &o, &shrunk), 0);
		assert_int_equal(shrunk.verdict, raw.verdict);
		if (!shrunk.minimal && shrunk.shrink_executions) {
			crashes++;
			assert_true(shrunk.shrink_executions < 10000);
			assert_string_equal(shrunk.schedule, raw.schedule);
			assert_string_equal(shrunk.report, raw.report);
		}
		hs_explore_result_free(&raw);
		hs_explore_result_free(&shrunk);
	}
	assert_true(crashes);
}

static unsigned int turns;

static void adds_thrice(struct hs_task *self, void *state)
{
	for (int i = 0; i < 3; i++)
		hs_u64_add(self, &((struct play_state *)state)->word[0], 1, HS_RELAXED);
}

static void fails_in_the_first_turns(struct hs_task *self, void *state)
{
	adds_thrice(self, state);
	hs_assert(self, ++turns > 3, "it is early");
}

/* The simplest execution is run twice as well, and the second time it ends otherwise. */
static void what_does_not_come_again_is_not_shown(void **state)
{
	const struct play play = { .task = { adds_thrice, fails_in_the_first_turns } };
	struct hs_explore_options o;
	struct hs_explore_result r;

	(void)state;
	shrunk_options(&o, HS_SEARCH_DPOR);
	turns = 0;
	assert_int_equal(hs_explore(&play_scenario, &play, &o, &r), 0);
	assert_int_equal(r.verdict, HS_VERDICT_UNREPEATABLE);
	assert_non_null(strstr(r.message, "it is early (task two); not so when the same decisions "
					  "were run again"));
	assert_int_equal(r.violations, 1);
	hs_explore_result_free(&r);
}

static unsigned int adds_until; /* a turn */

static void meets_the_others(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_u64_add(self, &st->word[0], 1, HS_RELAXED);
	if (++turns < adds_until)
		hs_u64_add(self, &st->word[1], 1, HS_RELAXED);
	else
		hs_mutex_lock(self, &st->mutex);
	hs_assert(self, hs_u64_load(self, &st->word[2], HS_RELAXED) != 1, "between the two");
	if (turns >= adds_until)
		hs_mutex_unlock(self, &st->mutex);
}

static void holds_the_mutex(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_mutex_lock(self, &st->mutex);
	hs_u64_store(self, &st->word[2], 1, HS_RELAXED);
	hs_u64_store(self, &st->word[2], 2, HS_RELAXED);
	hs_mutex_unlock(self, &st->mutex);
}

/*
 * From some turn on a task waits where it never did. If that is while all executions are run, one
 * of them does not repeat what it shares with the one before it.
 */
static void what_changes_while_all_are_run_is_named(void **state)
{
	const struct play play = { .task = { meets_the_others, holds_the_mutex, adds_thrice } };
	unsigned int named = 0;
	bool minimal = false;

	(void)state;
	for (adds_until = 3; !minimal; adds_until++) {
		struct hs_explore_options o;
		struct hs_explore_result r;

		shrunk_options(&o, HS_SEARCH_DPOR);
		turns = 0;
		assert_int_equal(hs_explore(&play_scenario, &play, &o, &r), 0);
		assert_int_equal(r.violations, 1);
		minimal = r.minimal && turns < adds_until;
		named += r.shrink_executions && r.verdict == HS_VERDICT_UNREPEATABLE &&
			 strstr(r.message, "decision 2: task one: lock near ");
		hs_explore_result_free(&r);
	}
	assert_true(named);
}

static void fails_in_two_turns(struct hs_task *self, void *state)
{
	adds_thrice(self, state);
	hs_assert(self, ++turns > 2, "it is early");
}

/* It was the simplest from the beginning, and is looked at once more in the end. */
static void what_was_the_simplest_must_come_again(void **state)
{
	const struct play play = { .task = { fails_in_two_turns } };
	struct hs_explore_options o;
	struct hs_explore_result r;

	(void)state;
	shrunk_options(&o, HS_SEARCH_DPOR);
	turns = 0;
	assert_int_equal(hs_explore(&play_scenario, &play, &o, &r), 0);
	assert_int_equal(r.verdict, HS_VERDICT_UNREPEATABLE);
	assert_int_equal(r.violations, 1);
	hs_explore_result_free(&r);
}

static void messages_are_the_same_but_for_numbers(void **state)
{
	static const struct {
		enum hs_verdict verdict;
		const char *one, *other;
		bool same;
	} rows[] = {
		{ HS_VERDICT_ASSERT, "a.c:12: 7 is left", "a.c:12: 19 is left", true },
		{ HS_VERDICT_ASSERT, "a.c:12: 7 is left", "a.c:13: 7 is left", false },
		{ HS_VERDICT_ASSERT, "a.c:1: 7", "a.c:12: 7", false },
		{ HS_VERDICT_ASSERT, "a.c:12: at 0x7e1a", "a.c:12: at 0x1", true },
		{ HS_VERDICT_ASSERT, "a.c:12: found -1", "a.c:12: found 3", true },
		{ HS_VERDICT_ASSERT, "found 3 of them", "found 3", false },
		{ HS_VERDICT_ASSERT, "found 3", "found 3 of them", false },
		{ HS_VERDICT_ASSERT, "(task one)", "(task two)", false },
		{ HS_VERDICT_ASSERT, "(task reader1)", "(task reader23)", true },
		{ HS_VERDICT_ASSERT, "", "", true },
		{ HS_VERDICT_LIVELOCK, "one tries again (why): no: +8=1 +16=2",
		  "one tries again (why): no: +8=1", true },
		{ HS_VERDICT_LIVELOCK, "one tries again (why): no: +8=1",
		  "two tries again (why): no: +8=1", false },
		{ HS_VERDICT_RETRIES, "one (task 1) tries again 3 times (x), undone by two",
		  "one (task 2) tries again 4 times (x), undone by two; two", true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(hs_shrink_same_message(rows[i].verdict, rows[i].one,
							rows[i].other),
				 rows[i].same);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_search_goes_on_as_if_nothing_had_been_made_simpler),
		cmocka_unit_test(no_more_executions_are_run_than_are_allowed),
		cmocka_unit_test(time_ends_it),
		cmocka_unit_test(of_a_long_execution_little_is_left),
		cmocka_unit_test(the_first_answer_is_preferred),
		cmocka_unit_test(a_crash_ends_it),
		cmocka_unit_test(what_was_found_stays_after_a_crash),
		cmocka_unit_test(what_does_not_come_again_is_not_shown),
		cmocka_unit_test(what_changes_while_all_are_run_is_named),
		cmocka_unit_test(what_was_the_simplest_must_come_again),
		cmocka_unit_test(messages_are_the_same_but_for_numbers),
	};

	return cmocka_run_group_tests_name("explore shrink", tests, NULL, NULL);
}
