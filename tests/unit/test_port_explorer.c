/* SPDX-License-Identifier: MIT */
/* The explorer itself: choices, threads, counters, bounds, and that it does the same each time. */
#include "support/play.h"

#include <errno.h>
#include <string.h>

#include "port/explore/sched.h"

static uint32_t outcomes, answers; /* over all executions */

static void writes_under_sem(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_down_write(self, &st->sem);
	hs_u64_store(self, &st->word[0], 1, HS_RELAXED);
	hs_assert(self, !hs_u64_load(self, &st->word[1], HS_RELAXED), "a reader is inside");
	hs_u64_store(self, &st->word[0], 0, HS_RELAXED);
	hs_up_write(self, &st->sem);
}

static void increments_badly(struct hs_task *self, void *state)
{
	struct play_state *st = state;
	uint64_t v = hs_u64_load(self, &st->word[0], HS_RELAXED);

	hs_u64_store(self, &st->word[0], v + 1, HS_RELAXED);
}

static void is_two(struct hs_task *self, struct play_state *st)
{
	hs_assert(self, st->word[0].raw == 2, "expected 2, found %d", (int)st->word[0].raw);
}

static void touches_another_word(struct hs_task *self, void *state)
{
	hs_u64_add(self, &((struct play_state *)state)->word[3], 1, HS_RELAXED);
}

/* ---- choices, threads, counters ---------------------------------------------------------- */

static void chooses(struct hs_task *self, void *state)
{
	struct play_state *st = state;
	uint32_t a, b;

	hs_u64_add(self, &st->word[0], 1, HS_RELAXED);
	a = hs_choose(self, 3, "first");
	b = hs_choose(self, 2, "second");
	answers |= 1u << (a * 2 + b);
	hs_assert(self, st->plain[0] != 9 || a != 2 || b != 1, "the unlucky choice");
}

static void is_unlucky(struct hs_task *self, struct play_state *st)
{
	(void)self;
	st->plain[0] = 9;
}

static void every_answer_is_explored(void **state)
{
	const struct play play = { .task = { chooses } };
	const struct play unlucky = { is_unlucky, { chooses, touches_another_word }, NULL };
	struct hs_explore_result r;

	(void)state;
	answers = 0;
	explore(&play_scenario, &play, HS_SEARCH_SLEEP, 0, NULL, &r);
	assert_int_equal(r.verdict, HS_VERDICT_NONE);
	assert_true(r.exhaustive);
	assert_int_equal(r.complete, 6);
	assert_int_equal(answers, 0x3f);
	play_expect(&unlucky, HS_VERDICT_ASSERT, 6, &r);
	assert_non_null(strstr(r.schedule, "c2 c1"));
	hs_explore_result_free(&r);
}

static void chooses_first(struct hs_task *self, void *state)
{
	answers |= 1u << hs_choose(self, 4, "at once");
	hs_u64_add(self, &((struct play_state *)state)->word[0], 1, HS_RELAXED);
}

static void a_choice_may_be_the_first_thing(void **state)
{
	const struct play play = { .task = { chooses_first } };
	const struct play two = { .task = { chooses_first, chooses_first } };
	struct hs_explore_result r;

	(void)state;
	answers = 0;
	play_expect(&play, HS_VERDICT_NONE, 4, &r);
	assert_int_equal(r.complete, 4);
	assert_int_equal(answers, 0xf);
	play_expect_exhaustive(&two, 32);
}

static void chooses_often(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_u64_add(self, &st->word[0], 1, HS_RELAXED);
	for (int i = 0; i < 200; i++)
		st->plain[0] += hs_choose(self, 1, "of one");
	for (int i = 0; i < 90; i++)
		hs_u64_add(self, &st->word[0], 1, HS_RELAXED);
}

static void too_many_choices_are_refused(void **state)
{
	const struct play play = { .task = { chooses_often } };
	const struct play other = { .task = { increments_badly } };
	struct hs_explore_options options;
	struct hs_explore_result r;

	(void)state;
	play_expect_exhaustive(&other, 1); /* with its room for many more decisions */
	hs_explore_options_init(&options);
	options.max_steps = 100;
	assert_int_equal(hs_explore(&play_scenario, &play, &options, &r), 0);
	assert_int_equal(r.verdict, HS_VERDICT_ASSERT);
	assert_non_null(strstr(r.message, "too many choices: of one"));
	hs_explore_result_free(&r);
}

static void child(struct hs_task *self, void *state)
{
	hs_u64_add(self, &((struct play_state *)state)->word[0], 1, HS_RELAXED);
}

static void starts_and_joins(struct hs_task *self, void *state)
{
	struct play_state *st = state;
	struct hs_thread *t;

	hs_u64_add(self, &st->word[1], 1, HS_RELAXED);
	t = hs_thread_start(self, "child", child, st);
	hs_assert(self, t, "no thread");
	hs_u64_add(self, &st->word[0], 1, HS_RELAXED);
	hs_thread_join(self, t);
	hs_assert(self, hs_u64_load(self, &st->word[0], HS_RELAXED) >= 2, "joined too early");
}

static void threads_are_started_and_joined_inside_an_execution(void **state)
{
	const struct play play = { .task = { starts_and_joins } };
	const struct play two = { .task = { starts_and_joins, starts_and_joins } };
	struct hs_explore_result r;

	(void)state;
	play_expect_exhaustive(&play, 2);
	play_expect(&two, HS_VERDICT_NONE, 112, &r);
}

static void adds_twice(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_pcpu_add(self, st->counter, 1);
	hs_pcpu_add(self, st->counter, 2);
}

static void sum_is_six(struct hs_task *self, struct play_state *st)
{
	hs_assert(self, hs_pcpu_sum(self, st->counter) == 6, "the sum is wrong");
	hs_pcpu_free(self, st->counter);
}

static void counter_adds_commute(void **state)
{
	const struct play play = { play_with_counter, { adds_twice, adds_twice }, sum_is_six };

	(void)state;
	for (uint32_t cpus = 1; cpus <= 2; cpus++) {
		struct hs_explore_options options;
		struct hs_explore_result r;

		hs_explore_options_init(&options);
		options.cpus = cpus;
		assert_int_equal(hs_explore(&play_scenario, &play, &options, &r), 0);
		assert_int_equal(r.verdict, HS_VERDICT_NONE);
		assert_int_equal(r.complete, 1);
		options.search = HS_SEARCH_DFS;
		assert_int_equal(hs_explore(&play_scenario, &play, &options, &r), 0);
		assert_int_equal(r.verdict, HS_VERDICT_NONE);
		assert_int_equal(r.complete, 6);
	}
}

static void sums(struct hs_task *self, void *state)
{
	struct play_state *st = state;
	uint64_t sum = hs_pcpu_sum(self, st->counter);

	outcomes |= 1u << sum;
}

static void a_sum_depends_on_the_adds(void **state)
{
	const struct play play = { play_with_counter,
				   { adds_twice, adds_twice, sums },
				   sum_is_six };

	(void)state;
	outcomes = 0;
	play_expect_exhaustive(&play, 9);
	/* Each CPU's slot is 0, 1 or 3. */
	assert_int_equal(outcomes, 0x5f);
}

/* ---- bounds and book-keeping ------------------------------------------------------------- */

static void steps_many(struct hs_task *self, void *state)
{
	for (int i = 0; i < 50; i++)
		hs_u64_add(self, &((struct play_state *)state)->word[0], 1, HS_RELAXED);
}

static void an_execution_is_bounded(void **state)
{
	const struct play play = { .task = { steps_many } };
	struct hs_explore_options options;
	struct hs_explore_result r;

	(void)state;
	hs_explore_options_init(&options);
	options.max_steps = 49;
	assert_int_equal(hs_explore(&play_scenario, &play, &options, &r), 0);
	assert_int_equal(r.verdict, HS_VERDICT_STEPS);
	hs_explore_result_free(&r);
	options.max_steps = 50;
	assert_int_equal(hs_explore(&play_scenario, &play, &options, &r), 0);
	assert_int_equal(r.verdict, HS_VERDICT_NONE);
	assert_int_equal(r.steps_max, 50);
}

static void acts_before_its_first_step(struct hs_task *self, void *state)
{
	struct play_state *st = state;
	struct play_object *o = play_object(self);

	st->plain[0]++;
	hs_u64_add(self, &st->word[0], 1, HS_RELAXED);
	play_object_free(self, o);
}

static void acted_once_each(struct hs_task *self, struct play_state *st)
{
	hs_assert(self, st->plain[0] == 2, "expected 2, found %d", (int)st->plain[0]);
}

static void code_before_the_first_step_runs_once_an_execution(void **state)
{
	const struct play play = { NULL,
				   { acts_before_its_first_step, acts_before_its_first_step },
				   acted_once_each };

	(void)state;
	play_expect_exhaustive(&play, 2);
}

static void takes_no_step(struct hs_task *self, void *state)
{
	(void)self;
	((struct play_state *)state)->plain[1]++;
}

static void tasks_without_a_step_are_tasks(void **state)
{
	const struct play play = { .task = { takes_no_step, takes_no_step } };
	struct hs_explore_result r;

	(void)state;
	play_expect(&play, HS_VERDICT_NONE, 1, &r);
	assert_int_equal(r.executions, 1);
	assert_int_equal(r.steps, 0);
}

static void every_execution_starts_from_the_same_state(void **state)
{
	const struct play play = { play_with_object,
				   { play_reads_object, play_unlinks_and_waits, writes_under_sem },
				   NULL };
	struct hs_explore_result r[2];
	struct hs_explore_options options;

	(void)state;
	for (int search = HS_SEARCH_DFS; search <= HS_SEARCH_RANDOM; search++) {
		hs_explore_options_init(&options);
		options.search = (enum hs_search)search;
		options.max_executions = 500;
		for (int i = 0; i < 2; i++)
			assert_int_equal(hs_explore(&play_scenario, &play, &options, &r[i]), 0);
		assert_memory_equal(&r[0], &r[1], sizeof(r[0]));
		assert_int_equal(r[0].verdict, HS_VERDICT_NONE);
		assert_true(r[0].image_bytes > sizeof(struct play_state));
		assert_true(r[0].steps > r[0].executions);
	}
}

static void notes_current(struct hs_task *self, struct play_state *st)
{
	(void)st;
	hs_assert(self, hs_task_current() == self, "another task is current");
}

static void notes_current_and_steps(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	notes_current(self, st);
	hs_u64_add(self, &st->word[0], 1, HS_RELAXED);
	notes_current(self, st);
}

static bool flag_is_seen_by_current(struct hs_task *self, void *arg)
{
	notes_current(self, arg);
	return play_flag(self, arg);
}

static void waits_as_current(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_wait_event(self, &st->queue, flag_is_seen_by_current, st);
	notes_current(self, st);
}

static void sets_flag_and_wakes(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_u32_store(self, &st->flag, 1, HS_RELEASE);
	notes_current(self, st);
	hs_wake_all(self, &st->queue);
}

/* Twice, because the first exploration must not leave its last task behind. */
static void the_task_that_runs_is_current(void **state)
{
	const struct play play = { notes_current,
				   { notes_current_and_steps, waits_as_current,
				     sets_flag_and_wakes },
				   notes_current };

	(void)state;
	play_expect_exhaustive(&play, 2);
	play_expect_exhaustive(&play, 2);
}

static void sets_flag_and_goes_on(struct hs_task *self, void *state)
{
	sets_flag_and_wakes(self, state);
	touches_another_word(self, state);
}

static void never_holds(struct hs_task *self, struct play_state *st)
{
	hs_assert(self, st->plain[7], "the first execution ends here");
}

/* Two may move after the first step of one, whose predicate was asked before. */
static void a_task_goes_on_while_it_can(void **state)
{
	const struct play play = { NULL, { sets_flag_and_goes_on, waits_as_current }, never_holds };
	struct hs_explore_result r;

	(void)state;
	play_expect(&play, HS_VERDICT_ASSERT, 1, &r);
	assert_int_equal(strncmp(r.schedule, "1*", 2), 0);
	assert_string_equal(strchr(r.schedule, ' '), " 2");
	hs_explore_result_free(&r);
}

static void *kept; /* across executions, which no task of a real scenario can */

static void allocates_late(struct hs_task *self, void *state)
{
	struct play_state *st = state;
	struct play_object *o;

	hs_u64_add(self, &st->word[0], 1, HS_RELAXED);
	st->plain[0] = 1;
	kept = o = play_object(self);
	hs_u64_add(self, &st->word[0], 1, HS_RELAXED);
	play_object_free(self, o);
}

static void looks_early(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_u64_add(self, &st->word[0], 1, HS_RELAXED);
	if (kept && !st->plain[0])
		hs_deref(self, kept);
}

static void objects_of_the_last_execution_are_unknown(void **state)
{
	const struct play play = { .task = { allocates_late, looks_early } };
	struct hs_explore_result r;

	(void)state;
	kept = NULL;
	explore(&play_scenario, &play, HS_SEARCH_DFS, 0, NULL, &r);
	assert_int_equal(r.verdict, HS_VERDICT_FREED);
	assert_non_null(strstr(r.message, "was never allocated"));
	assert_true(r.first_violation > 1);
	hs_explore_result_free(&r);
}

static void going_on_counts_violations(void **state)
{
	const struct play play = { NULL, { increments_badly, increments_badly }, is_two };
	struct hs_explore_result r;

	(void)state;
	play_all(&play, &r);
	assert_int_equal(r.executions, 6);
	assert_int_equal(r.violations, 4);
	assert_int_equal(r.verdict, HS_VERDICT_ASSERT);
	hs_explore_result_free(&r);
}

static void options_out_of_range_are_refused(void **state)
{
	const struct play play = { .task = { steps_many } };
	struct hs_explore_options good, bad[7];
	struct hs_explore_result r;

	(void)state;
	hs_explore_options_init(&good);
	for (int i = 0; i < 7; i++)
		bad[i] = good;
	bad[0].max_steps = 0;
	bad[1].cpus = 0;
	bad[2].cpus = 17;
	bad[3].search = (enum hs_search)9;
	bad[4].search = HS_SEARCH_RANDOM;
	bad[5].max_steps = 1000001;
	bad[6].memory = HS_MEMORY_COUNT;
	for (int i = 0; i < 7; i++)
		assert_int_equal(hs_explore(&play_scenario, &play, &bad[i], &r), -EINVAL);
	assert_int_equal(hs_explore(&play_scenario, &play, &good, &r), 0);
}

static void the_ends_of_the_ranges_are_accepted(void **state)
{
	const struct play play = { .task = { steps_many } };
	struct hs_explore_options options;
	struct hs_explore_result r;

	(void)state;
	hs_explore_options_init(&options);
	options.max_steps = 1000000;
	for (int i = 0; i < 2; i++) {
		options.cpus = i ? 16 : 1;
		options.stack_size = (i ? 16384 : 16) << 10;
		assert_int_equal(hs_explore(&play_scenario, &play, &options, &r), 0);
		assert_int_equal(r.verdict, HS_VERDICT_NONE);
		hs_explore_result_free(&r);
	}
}

/* ---- random executions ------------------------------------------------------------------- */

#define ORDER_ROUNDS 400

static uint32_t orders[256];

/* The first digit in base 4 that a task adds has the lowest place. */
static void notes_its_turn(struct hs_task *self, void *state)
{
	struct play_state *st = state;
	uint64_t turn = hs_u64_add(self, &st->word[0], 1, HS_RELAXED);

	st->plain[0] |= (uint64_t)(hs_task_id(self) - 1) << 2 * turn;
}

static void counts_order(struct hs_task *self, struct play_state *st)
{
	(void)self;
	orders[st->plain[0]]++;
}

static void takes_an_answer(struct hs_task *self, void *state)
{
	((struct play_state *)state)->plain[0] = hs_choose(self, 3, "which");
}

/*
 * Each of @count orders or answers is found about equally often. 80 is four standard deviations of
 * the rarest.
 */
static void assert_uniform(const struct play *play, uint32_t count)
{
	struct hs_explore_options options;
	struct hs_explore_result r;
	uint32_t found = 0;

	memset(orders, 0, sizeof(orders));
	hs_explore_options_init(&options);
	options.search = HS_SEARCH_RANDOM;
	options.max_executions = (uint64_t)count * ORDER_ROUNDS;
	assert_int_equal(hs_explore(&play_scenario, play, &options, &r), 0);
	assert_int_equal(r.complete, options.max_executions);
	for (unsigned int i = 0; i < 256; i++) {
		if (!orders[i])
			continue;
		found++;
		assert_in_range(orders[i], ORDER_ROUNDS - 80, ORDER_ROUNDS + 80);
	}
	assert_int_equal(found, count);
}

static void each_order_of_steps_and_each_answer_is_equally_likely(void **state)
{
	struct play play = { .check = counts_order };
	uint32_t count = 1;

	(void)state;
	for (uint32_t tasks = 1; tasks <= PLAY_TASKS; tasks++) {
		count *= tasks;
		play.task[tasks - 1] = notes_its_turn;
		assert_uniform(&play, count);
	}
	play = (struct play){ .task = { takes_an_answer }, .check = counts_order };
	assert_uniform(&play, 3);
}

static void fails_in_setup(struct hs_task *self, struct play_state *st)
{
	play_object(self);
	hs_mutex_lock(self, &st->mutex);
	hs_assert(self, st->plain[0], "set-up is wrong");
}

static void an_assertion_in_setup_is_a_verdict(void **state)
{
	const struct play play = { fails_in_setup, { steps_many }, NULL };
	const struct play fine = { .task = { steps_many } };
	struct hs_explore_result r;

	(void)state;
	play_expect(&play, HS_VERDICT_ASSERT, 0, &r);
	assert_non_null(strstr(r.message, "set-up is wrong (task boot)"));
	hs_explore_result_free(&r);
	play_expect_exhaustive(&fine, 1);
}

static void a_state_without_room_is_an_error_and_no_obstacle(void **state)
{
	const struct play fine = { .task = { steps_many } };
	struct hs_scenario huge = play_scenario;
	struct hs_explore_options options;
	struct hs_explore_result r;

	(void)state;
	hs_explore_options_init(&options);
	huge.state_size = (size_t)1 << 30;
	assert_int_equal(hs_explore(&huge, &fine, &options, &r), -ENOMEM);
	assert_int_equal(r.executions, 0);
	assert_null(r.schedule);
	play_expect_exhaustive(&fine, 1);
}

static void a_machine_that_exists_is_refused_and_left_as_it_was(void **state)
{
	const struct play fine = { .task = { steps_many } };
	struct hs_machine_config config;
	struct hs_explore_options options;
	struct hs_machine_info before, after;
	struct hs_explore_result r;
	struct hs_machine *machine;
	struct hs_task *task;

	(void)state;
	hs_machine_config_init(&config);
	assert_int_equal(hs_machine_create(&config, &machine), 0);
	assert_int_equal(hs_task_attach(machine, "first", &task), 0);
	hs_machine_info(machine, &before);
	hs_explore_options_init(&options);
	assert_int_equal(hs_explore(&play_scenario, &fine, &options, &r), -EBUSY);
	hs_machine_info(machine, &after);
	assert_int_equal(before.tasks, 1);
	assert_memory_equal(&before, &after, sizeof(before));
	play_object_free(task, play_object(task));
	assert_int_equal(hs_sched_get()->births.count,
			 0); /* they are noted for explorations only */
	assert_int_equal(hs_task_detach(task), 0);
	assert_int_equal(hs_machine_destroy(machine, NULL), 0);
	play_expect_exhaustive(&fine, 1);
	assert_int_equal(hs_sched_get()->births.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_answer_is_explored),
		cmocka_unit_test(a_choice_may_be_the_first_thing),
		cmocka_unit_test(too_many_choices_are_refused),
		cmocka_unit_test(threads_are_started_and_joined_inside_an_execution),
		cmocka_unit_test(counter_adds_commute),
		cmocka_unit_test(a_sum_depends_on_the_adds),
		cmocka_unit_test(an_execution_is_bounded),
		cmocka_unit_test(code_before_the_first_step_runs_once_an_execution),
		cmocka_unit_test(tasks_without_a_step_are_tasks),
		cmocka_unit_test(every_execution_starts_from_the_same_state),
		cmocka_unit_test(the_task_that_runs_is_current),
		cmocka_unit_test(a_task_goes_on_while_it_can),
		cmocka_unit_test(objects_of_the_last_execution_are_unknown),
		cmocka_unit_test(going_on_counts_violations),
		cmocka_unit_test(options_out_of_range_are_refused),
		cmocka_unit_test(an_assertion_in_setup_is_a_verdict),
		cmocka_unit_test(a_state_without_room_is_an_error_and_no_obstacle),
		cmocka_unit_test(a_machine_that_exists_is_refused_and_left_as_it_was),
		cmocka_unit_test(the_ends_of_the_ranges_are_accepted),
		cmocka_unit_test(each_order_of_steps_and_each_answer_is_equally_likely),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
