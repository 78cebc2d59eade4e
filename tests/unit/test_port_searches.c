/* SPDX-License-Identifier: MIT */
/* What the searches with a bound and the random ones do with choices, options and measurements. */
#include "support/play.h"

#include <errno.h>
#include <string.h>

#include "port/explore/sched.h"

static const enum hs_search all_searches[] = { HS_SEARCH_DFS,	HS_SEARCH_SLEEP,
					       HS_SEARCH_BOUND, HS_SEARCH_RANDOM,
					       HS_SEARCH_PCT,	HS_SEARCH_PORTFOLIO };
#define ALL_SEARCHES (sizeof(all_searches) / sizeof(all_searches[0]))

static void adds(struct hs_task *self, void *state)
{
	hs_u64_add(self, &((struct play_state *)state)->word[0], 1, HS_RELAXED);
}

static void adds_three_times(struct hs_task *self, void *state)
{
	for (int i = 0; i < 3; i++)
		adds(self, state);
}

static struct hs_explore_options options_of(enum hs_search search)
{
	struct hs_explore_options options;

	hs_explore_options_init(&options);
	options.search = search;
	options.max_executions = 200;
	return options;
}

static void each_search_repeats_itself(void **state)
{
	const struct play play = { .task = { adds_three_times, adds_three_times, adds } };

	(void)state;
	for (size_t i = 0; i < ALL_SEARCHES; i++) {
		struct hs_explore_options options = options_of(all_searches[i]);
		struct hs_explore_result r[2];

		for (int j = 0; j < 2; j++)
			assert_int_equal(hs_explore(&play_scenario, &play, &options, &r[j]), 0);
		assert_memory_equal(&r[0], &r[1], sizeof(r[0]));
		assert_int_equal(r[0].verdict, HS_VERDICT_NONE);
		assert_true(r[0].executions > 0);
	}
}

static void what_a_search_needs_is_demanded(void **state)
{
	const struct play play = { .task = { adds } };
	struct hs_explore_result r;

	(void)state;
	for (int search = HS_SEARCH_PCT; search <= HS_SEARCH_PORTFOLIO; search++) {
		struct hs_explore_options options = options_of((enum hs_search)search);
		bool pct = search == HS_SEARCH_PCT;

		assert_int_equal(hs_explore(&play_scenario, &play, &options, &r), 0);
		options.depth = 0;
		assert_int_equal(hs_explore(&play_scenario, &play, &options, &r),
				 pct ? -EINVAL : 0);
		options.depth = 33;
		assert_int_equal(hs_explore(&play_scenario, &play, &options, &r),
				 pct ? -EINVAL : 0);
		options.depth = 32;
		assert_int_equal(hs_explore(&play_scenario, &play, &options, &r), 0);
		options.max_executions = 0;
		assert_int_equal(hs_explore(&play_scenario, &play, &options, &r), -EINVAL);
	}
}

/* ---- preemptions ------------------------------------------------------------------------- */

static void waits(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_wait_event(self, &st->queue, play_flag, st);
}

static void adds_and_wakes(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	adds(self, state);
	hs_u32_store(self, &st->flag, 1, HS_RELEASE);
	hs_wake_all(self, &st->queue);
}

static void chooses(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	adds(self, state);
	st->plain[0] = hs_choose(self, 3, "any");
	adds(self, state);
}

static uint64_t executions_within(const struct play *play, uint32_t bound)
{
	struct hs_explore_options options = options_of(HS_SEARCH_BOUND);
	struct hs_explore_result r;

	options.bound = bound;
	options.max_executions = 0;
	assert_int_equal(hs_explore(&play_scenario, play, &options, &r), 0);
	assert_string_equal(r.message, "");
	assert_int_not_equal(r.extent, HS_EXTENT_PART);
	assert_true(r.estimate == (double)r.executions);
	return r.executions;
}

/* Which task goes first is no preemption, nor is what follows an end. */
static void a_task_that_ends_is_not_preempted(void **state)
{
	const struct play play = { .task = { adds_three_times, adds_three_times, adds } };

	(void)state;
	assert_int_equal(executions_within(&play, 0), 6);
}

/* The waiter looks first and has to let the other task go on: one way, the other way is no wait. */
static void a_task_that_waits_is_not_preempted(void **state)
{
	const struct play play = { .task = { waits, adds_and_wakes } };

	(void)state;
	assert_int_equal(executions_within(&play, 0), 2);
}

static void calls_back_late(struct hs_task *self, struct hs_rcu_head *head)
{
	play_object_free(self, (struct play_object *)(void *)head);
}

static void calls_back(struct hs_task *self, void *state)
{
	struct play_object *o = play_object(self);

	hs_call_rcu(self, &o->head, calls_back_late);
	adds_three_times(self, state);
}

/* A callback that the last step has started has not run yet: the task goes on. */
static void a_callback_preempts_as_a_task_does(void **state)
{
	const struct play play = { .task = { calls_back } };

	(void)state;
	assert_int_equal(executions_within(&play, 0), 1);
	assert_true(executions_within(&play, 1) > 1);
}

static void answers_are_no_preemptions(void **state)
{
	const struct play play = { .task = { chooses } };
	const struct play two = { .task = { chooses, adds } };

	(void)state;
	assert_int_equal(executions_within(&play, 0), 3);
	assert_int_equal(executions_within(&two, 0), 6);
	assert_int_equal(executions_within(&two, 1), 9);
}

/* ---- priorities -------------------------------------------------------------------------- */

/* Without a change of priorities the tasks run one after the other, in any order. */
static void at_depth_1_no_task_is_preempted(void **state)
{
	const struct play play = { .task = { adds_three_times, adds_three_times, adds } };
	struct hs_explore_options options = options_of(HS_SEARCH_PCT);
	struct hs_explore_result r;

	(void)state;
	options.depth = 1;
	options.fingerprint = true;
	assert_int_equal(hs_explore(&play_scenario, &play, &options, &r), 0);
	assert_int_equal(r.classes, 6);
	options.depth = 2;
	assert_int_equal(hs_explore(&play_scenario, &play, &options, &r), 0);
	assert_true(r.classes > 6);
}

/* ---- measuring --------------------------------------------------------------------------- */

static void fails(struct hs_task *self, void *state)
{
	adds(self, state);
	hs_assert(self, false, "always");
}

static void what_a_measurement_finds_is_a_finding(void **state)
{
	const struct play play = { .task = { adds, fails } };

	(void)state;
	for (int search = HS_SEARCH_PCT; search <= HS_SEARCH_PORTFOLIO; search++) {
		struct hs_explore_options options = options_of((enum hs_search)search);
		struct hs_explore_result r, again;

		options.shrink = 0; /* the measured execution is shown */
		assert_int_equal(hs_explore(&play_scenario, &play, &options, &r), 0);
		assert_int_equal(r.verdict, HS_VERDICT_ASSERT);
		assert_int_equal(r.violations, 1);
		assert_int_equal(r.first_violation, 0);
		assert_int_equal(r.executions, 0);
		assert_int_equal(r.stop, HS_STOP_VIOLATION);
		assert_string_equal(r.schedule, "1 2");
		explore(&play_scenario, &play, HS_SEARCH_REPLAY, 0, r.schedule, &again);
		assert_string_equal(again.message, r.message);
		hs_explore_result_free(&again);
		hs_explore_result_free(&r);
	}
}

static void a_measurement_counts_nowhere(void **state)
{
	const struct play play = { .task = { adds, fails } };

	(void)state;
	for (int search = HS_SEARCH_PCT; search <= HS_SEARCH_PORTFOLIO; search++) {
		struct hs_explore_options options = options_of((enum hs_search)search);
		struct hs_explore_result r;

		options.go_on = true;
		assert_int_equal(hs_explore(&play_scenario, &play, &options, &r), 0);
		assert_int_equal(r.executions, 200);
		assert_int_equal(r.violations, 200);
		assert_int_equal(r.first_violation, 1);
		assert_int_equal(r.stop, HS_STOP_EXECUTIONS);
		assert_true(r.steps <= 400);
		hs_explore_result_free(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_search_repeats_itself),
		cmocka_unit_test(what_a_search_needs_is_demanded),
		cmocka_unit_test(a_task_that_ends_is_not_preempted),
		cmocka_unit_test(a_task_that_waits_is_not_preempted),
		cmocka_unit_test(a_callback_preempts_as_a_task_does),
		cmocka_unit_test(answers_are_no_preemptions),
		cmocka_unit_test(at_depth_1_no_task_is_preempted),
		cmocka_unit_test(what_a_measurement_finds_is_a_finding),
		cmocka_unit_test(a_measurement_counts_nowhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
