/* SPDX-License-Identifier: MIT */
/* A bound on how often a task tries again: which tasks undo each other, and what ends. */
#include "support/play.h"

#include <string.h>

static void polls(struct hs_task *self, void *state)
{
	while (!play_flag(self, state))
		hs_retry_wait(self, "flag");
}

static void touches_another_word(struct hs_task *self, void *state)
{
	hs_u64_add(self, &((struct play_state *)state)->word[3], 1, HS_RELAXED);
}

static void waits(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_wait_event(self, &st->queue, play_flag, st);
}

static const struct play undoing = { .task = { play_wants_the_only_reference,
					       play_wants_the_only_reference } };

static void look_within(const struct play *play, enum hs_search search, uint32_t retries, bool cut,
			struct hs_explore_result *r)
{
	struct hs_explore_options options;

	hs_explore_options_init(&options);
	options.search = search;
	options.retry_bound = retries;
	options.retry_cut = cut;
	options.max_steps = 200;
	options.fingerprint = true;
	options.shrink = 0; /* how often they tried again is looked at */
	assert_int_equal(hs_explore(&play_scenario, play, &options, r), 0);
}

static void tasks_that_undo_each_other_retry_without_bound(void **state)
{
	struct hs_explore_options options;
	struct hs_explore_result r, again;

	(void)state;
	look_within(&undoing, HS_SEARCH_SLEEP, 3, false, &r);
	assert_string_equal(hs_verdict_name(r.verdict), "retry without bound");
	assert_string_equal(r.message,
			    "one (task 1) tries again more than 3 times (the only reference), "
			    "undone by two (task 2); two (task 2) tries again 2 times (the only "
			    "reference), undone by one (task 1)");
	assert_string_equal(r.schedule, "1 2*2 1*6 2*2 1*2 2*2 1*6 2*5");
	assert_false(r.exhaustive);
	hs_explore_options_init(&options);
	options.search = HS_SEARCH_REPLAY;
	options.schedule = r.schedule;
	options.retry_bound = 3;
	assert_int_equal(hs_explore(&play_scenario, &undoing, &options, &again), 0);
	assert_string_equal(again.message, r.message);
	assert_string_equal(again.schedule, r.schedule);
	hs_explore_result_free(&again);
	/* Without the bound the task goes on. */
	options.retry_bound = 0;
	assert_int_equal(hs_explore(&play_scenario, &undoing, &options, &again), 0);
	assert_int_equal(again.verdict, HS_VERDICT_DIVERGED);
	hs_explore_result_free(&again);
	hs_explore_result_free(&r);
}

static void without_a_bound_they_exceed_the_steps(void **state)
{
	struct hs_explore_result r;

	(void)state;
	look_within(&undoing, HS_SEARCH_SLEEP, 0, false, &r);
	assert_int_equal(r.verdict, HS_VERDICT_STEPS);
	hs_explore_result_free(&r);
}

static void what_comes_to_the_bound_can_be_cut(void **state)
{
	(void)state;
	for (uint32_t bound = 1; bound <= 2; bound++) {
		struct hs_explore_result dfs, sleep;
		char text[64];

		look_within(&undoing, HS_SEARCH_DFS, bound, true, &dfs);
		look_within(&undoing, HS_SEARCH_SLEEP, bound, true, &sleep);
		assert_string_equal(dfs.message, "");
		assert_string_equal(sleep.message, "");
		assert_int_equal(dfs.extent, HS_EXTENT_BOUND);
		assert_int_equal(sleep.extent, HS_EXTENT_BOUND);
		assert_false(sleep.exhaustive);
		assert_int_equal(dfs.beyond_retries, dfs.blocked);
		assert_true(sleep.beyond_retries > 0);
		assert_int_equal(sleep.complete, sleep.classes);
		assert_int_equal(sleep.classes, dfs.classes);
		assert_int_equal(sleep.fingerprint, dfs.fingerprint);
		hs_extent_words(&sleep, text, sizeof(text));
		assert_string_equal(text, bound == 1 ? "within 1 retry" : "within 2 retries");
	}
}

static void counts_to_nine(struct hs_task *self, void *state)
{
	for (int i = 0; i < 9; i++)
		hs_u64_add(self, &((struct play_state *)state)->word[0], 1, HS_RELEASE);
}

static void waits_for_nine(struct hs_task *self, void *state)
{
	while (hs_u64_load(self, &((struct play_state *)state)->word[0], HS_ACQUIRE) != 9)
		hs_retry_wait(self, "nine");
}

/* It tries again up to nine times. */
static void a_loop_that_ends_keeps_below_its_bound(void **state)
{
	const struct play play = { .task = { waits_for_nine, counts_to_nine } };
	struct hs_explore_result unbound, r;

	(void)state;
	look_within(&play, HS_SEARCH_SLEEP, 0, false, &unbound);
	assert_true(unbound.exhaustive);
	look_within(&play, HS_SEARCH_SLEEP, 9, false, &r);
	assert_string_equal(r.message, "");
	assert_true(r.exhaustive);
	assert_int_equal(r.executions, unbound.executions);
	assert_int_equal(r.fingerprint, unbound.fingerprint);
	look_within(&play, HS_SEARCH_SLEEP, 8, false, &r);
	assert_int_equal(r.verdict, HS_VERDICT_RETRIES);
	assert_non_null(strstr(r.message, "one (task 1) tries again more than 8 times (nine), "
					  "undone by two (task 2)"));
	hs_explore_result_free(&r);
	look_within(&play, HS_SEARCH_SLEEP, 8, true, &r);
	assert_string_equal(r.message, "");
	assert_int_equal(r.complete, unbound.complete - 1);
	assert_int_equal(r.beyond_retries, 1);
}

static void a_livelock_is_none_of_the_others_doing(void **state)
{
	const struct play play = { .task = { polls, touches_another_word } };
	struct hs_explore_result r;

	(void)state;
	look_within(&play, HS_SEARCH_DFS, 1, false, &r);
	assert_int_equal(r.verdict, HS_VERDICT_LIVELOCK);
	hs_explore_result_free(&r);
}

static void tries_alone_and_waits(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	for (int i = 0; i < 3; i++) {
		hs_u64_load(self, &st->word[0], HS_ACQUIRE);
		hs_retry_wait(self, "one");
	}
	hs_u32_store(self, &st->flag, 1, HS_RELEASE);
	hs_wake_all(self, &st->queue);
	while (!hs_u64_load(self, &st->word[0], HS_ACQUIRE))
		hs_retry_wait(self, "one");
}

static void writes_after_the_flag(struct hs_task *self, void *state)
{
	waits(self, state);
	hs_u64_store(self, &((struct play_state *)state)->word[0], 1, HS_RELEASE);
}

/* Three retries because no other task can move, and one because of the other task's write. */
static void solo_retries_do_not_count(void **state)
{
	const struct play play = { .task = { tries_alone_and_waits, writes_after_the_flag } };
	struct hs_explore_result r;

	(void)state;
	look_within(&play, HS_SEARCH_DFS, 1, false, &r);
	assert_string_equal(r.message, "");
	assert_true(r.exhaustive);
}

static void waits_for_one_then_for_nine(struct hs_task *self, void *state)
{
	hs_u64 *word = ((struct play_state *)state)->word;

	while (!hs_u64_load(self, &word[2], HS_ACQUIRE))
		hs_retry_wait(self, "one");
	while (hs_u64_load(self, &word[0], HS_ACQUIRE) < 9)
		hs_retry_wait(self, "nine");
}

static void writes_one(struct hs_task *self, void *state)
{
	hs_u64_store(self, &((struct play_state *)state)->word[2], 1, HS_RELEASE);
}

/* The second task ended the first loop, and has nothing to do with the other one. */
static void only_those_are_named_that_undid_it(void **state)
{
	const struct play play = { .task = { waits_for_one_then_for_nine, writes_one,
					     counts_to_nine } };
	struct hs_explore_result r;

	(void)state;
	look_within(&play, HS_SEARCH_SLEEP, 5, false, &r);
	assert_string_equal(r.message, "one (task 1) tries again once (one), undone by two "
				       "(task 2); one (task 1) tries again more than 5 times "
				       "(nine), undone by three (task 3)");
	hs_explore_result_free(&r);
}

static void waits_at_two_places(struct hs_task *self, void *state)
{
	hs_u64 *word = ((struct play_state *)state)->word;

	while (hs_u64_load(self, &word[0], HS_ACQUIRE) < 4)
		hs_retry_wait(self, "four");
	while (hs_u64_load(self, &word[0], HS_ACQUIRE) < 9)
		hs_retry_wait(self, "nine");
}

static void each_place_has_a_count_of_its_own(void **state)
{
	const struct play play = { .task = { waits_at_two_places, counts_to_nine } };
	struct hs_explore_result r;

	(void)state;
	look_within(&play, HS_SEARCH_SLEEP, 5, false, &r);
	assert_string_equal(r.message, "");
	assert_true(r.exhaustive);
	look_within(&play, HS_SEARCH_SLEEP, 4, false, &r);
	assert_non_null(strstr(r.message, "more than 4 times (nine)"));
	hs_explore_result_free(&r);
}

static void counts_to_two(struct hs_task *self, void *state)
{
	for (uint64_t i = 1; i <= 2; i++)
		hs_u64_store(self, &((struct play_state *)state)->word[0], i, HS_RELAXED);
}

static void waits_for_two(struct hs_task *self, void *state)
{
	while (hs_u64_load(self, &((struct play_state *)state)->word[0], HS_RELAXED) != 2)
		hs_retry_wait(self, "two");
}

/* With weak memory both times the store came before the load that did not see it. */
static void a_store_that_is_not_seen_undoes_nothing(void **state)
{
	const struct play play = { .task = { waits_for_two, counts_to_two } };
	struct hs_explore_options options;
	struct hs_explore_result r;

	(void)state;
	hs_explore_options_init(&options);
	options.search = HS_SEARCH_REPLAY;
	options.memory = HS_MEMORY_VIEWS;
	options.retry_bound = 1;
	options.schedule = "2 1 c1 1 2 1 c1";
	assert_int_equal(hs_explore(&play_scenario, &play, &options, &r), 0);
	assert_string_equal(r.message, "one (task 1) tries again more than once (two), undone "
				       "by a store that it had not seen");
	hs_explore_result_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tasks_that_undo_each_other_retry_without_bound),
		cmocka_unit_test(without_a_bound_they_exceed_the_steps),
		cmocka_unit_test(what_comes_to_the_bound_can_be_cut),
		cmocka_unit_test(a_loop_that_ends_keeps_below_its_bound),
		cmocka_unit_test(a_livelock_is_none_of_the_others_doing),
		cmocka_unit_test(solo_retries_do_not_count),
		cmocka_unit_test(only_those_are_named_that_undid_it),
		cmocka_unit_test(each_place_has_a_count_of_its_own),
		cmocka_unit_test(a_store_that_is_not_seen_undoes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
