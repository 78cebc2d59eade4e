/* SPDX-License-Identifier: MIT */
/*
 * Threads that tasks start, in the explorer: what such a thread sees does not depend on the order
 * in which tasks start theirs, because the steps before two starts may be independent.
 */
#include "support/play.h"

#include <string.h>

static uint32_t outcomes;
static uint64_t numbers[4][2]; /* what each thread drew: first, and last another */

static void adds_and_says_so(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_pcpu_add(self, st->counter, 1);
	hs_u64_store(self, &st->word[0], 1, HS_RELAXED);
}

static void looks_and_adds(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	st->plain[0] = hs_u64_load(self, &st->word[0], HS_RELAXED);
	hs_pcpu_add(self, st->counter, 2);
}

static void start(struct hs_task *self, struct play_state *st,
		  void (*fn)(struct hs_task *self, void *arg))
{
	hs_assert(self, hs_thread_start(self, "child", fn, st), "no thread");
}

static void starts_first(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_u64_store(self, &st->word[1], 1, HS_RELAXED);
	start(self, st, adds_and_says_so);
}

static void starts_second(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_u64_store(self, &st->word[2], 1, HS_RELAXED);
	start(self, st, looks_and_adds);
}

static void sums(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	st->plain[1] = hs_pcpu_sum(self, st->counter);
}

static void note_outcome(struct hs_task *self, struct play_state *st)
{
	outcomes |= 1u << (st->plain[0] * 4 + st->plain[1]);
	hs_pcpu_free(self, st->counter);
}

static void search(const struct play *play, enum hs_search kind, uint32_t cpus,
		   struct hs_explore_result *r)
{
	struct hs_explore_options options;

	hs_explore_options_init(&options);
	options.search = kind;
	options.cpus = cpus;
	options.fingerprint = true;
	outcomes = 0;
	assert_int_equal(hs_explore(&play_scenario, play, &options, r), 0);
	assert_int_equal(r->verdict, HS_VERDICT_NONE);
	assert_true(r->exhaustive);
}

/*
 * The second thread adds after the first, and a sum sees the second alone: it passed the CPU of the
 * first before, and that of the second after the adds.
 */
static void the_order_of_two_starts_moves_no_thread_to_another_cpu(void **state)
{
	static const struct {
		struct play play;
		uint32_t cpus, outcomes;
		uint64_t classes;
	} rows[] = {
		{ { play_with_counter, { starts_first, starts_second, sums }, note_outcome },
		  1,
		  0xbf,
		  7 },
		{ { play_with_counter, { starts_first, starts_second, sums }, note_outcome },
		  2,
		  0xff,
		  8 },
		{ { play_with_counter, { starts_second, starts_first, sums }, note_outcome },
		  2,
		  0xbf,
		  7 },
		{ { play_with_counter, { starts_second, starts_first, sums }, note_outcome },
		  3,
		  0xff,
		  8 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct hs_explore_result dfs, sleep;

		search(&rows[i].play, HS_SEARCH_DFS, rows[i].cpus, &dfs);
		assert_int_equal(outcomes, rows[i].outcomes);
		assert_int_equal(dfs.classes, rows[i].classes);
		search(&rows[i].play, HS_SEARCH_SLEEP, rows[i].cpus, &sleep);
		assert_int_equal(outcomes, rows[i].outcomes);
		assert_int_equal(sleep.complete, rows[i].classes);
		assert_int_equal(sleep.fingerprint, dfs.fingerprint);
	}
}

/* A callback adds where the task that queued it would. */
static void adds_in_a_callback(struct hs_task *self, struct hs_rcu_head *head)
{
	struct play_object *o = (struct play_object *)head;

	hs_pcpu_add(self, (hs_u64 *)(uintptr_t)o->plain, 1);
	play_object_free(self, o);
}

static void queues_a_callback(struct hs_task *self, void *state)
{
	struct play_state *st = state;
	struct play_object *o = play_object(self);

	o->plain = (uintptr_t)st->counter;
	hs_call_rcu(self, &o->head, adds_in_a_callback);
}

static void only_the_first_cpu_counted(struct hs_task *self, struct play_state *st)
{
	hs_assert(self, st->counter->raw == 2, "%d adds on the first CPU", (int)st->counter->raw);
	hs_pcpu_free(self, st->counter);
}

static void stores(struct hs_task *self, void *state)
{
	hs_u64_store(self, &((struct play_state *)state)->word[1], 1, HS_RELAXED);
}

static void queues_two_callbacks(struct hs_task *self, void *state)
{
	queues_a_callback(self, state);
	queues_a_callback(self, state);
}

static void a_callback_runs_on_the_cpu_of_the_task_that_queued_it(void **state)
{
	const struct play play = { play_with_counter,
				   { stores, queues_two_callbacks },
				   only_the_first_cpu_counted };

	(void)state;
	play_expect_exhaustive(&play, 1);
}

static void draws(struct hs_task *self, void *state, unsigned int who)
{
	uint64_t number = hs_random(self);

	(void)state;
	if (!numbers[who][0])
		numbers[who][0] = number;
	if (number != numbers[who][0])
		numbers[who][1] = number;
}

static void draws_as_the_first(struct hs_task *self, void *state)
{
	draws(self, state, 0);
}

static void draws_as_the_second(struct hs_task *self, void *state)
{
	draws(self, state, 1);
}

static void starts_one_that_draws(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_u64_store(self, &st->word[1], 1, HS_RELAXED);
	start(self, st, draws_as_the_first);
	draws(self, state, 2);
}

static void starts_another_that_draws(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_u64_store(self, &st->word[2], 1, HS_RELAXED);
	start(self, st, draws_as_the_second);
	draws(self, state, 3);
}

static void a_thread_draws_the_same_numbers_in_each_execution(void **state)
{
	const struct play play = { .task = { starts_one_that_draws, starts_another_that_draws } };
	struct hs_explore_result r;

	(void)state;
	search(&play, HS_SEARCH_DFS, 2, &r);
	assert_true(r.complete > 1);
	for (size_t i = 0; i < COUNT(numbers); i++) {
		assert_int_equal(numbers[i][1], 0);
		for (size_t j = 0; j < i; j++)
			assert_true(numbers[i][0] != numbers[j][0]);
	}
}

static void starts_many(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	for (int i = 0; i < 31; i++)
		start(self, st, stores);
}

static void one_thread_too_many_is_a_finding(void **state)
{
	const struct play play = { .task = { starts_many } };
	struct hs_explore_result r;

	(void)state;
	play_expect(&play, HS_VERDICT_ASSERT, 1, &r);
	assert_non_null(strstr(r.message, "thread child: more than 31 tasks and callbacks"));
	hs_explore_result_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_order_of_two_starts_moves_no_thread_to_another_cpu),
		cmocka_unit_test(a_callback_runs_on_the_cpu_of_the_task_that_queued_it),
		cmocka_unit_test(a_thread_draws_the_same_numbers_in_each_execution),
		cmocka_unit_test(one_thread_too_many_is_a_finding),
	};

	return cmocka_run_group_tests_name("starts", tests, NULL, NULL);
}
