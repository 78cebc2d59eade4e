/* SPDX-License-Identifier: MIT */
/* The seam in the explorer: each primitive in a small scenario, each verdict. */
#include "support/play.h"

#include <string.h>

/* ---- wait queues ------------------------------------------------------------------------- */

static void waits(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_wait_event(self, &st->queue, play_flag, st);
}

static void writes_then_wakes(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_u32_store(self, &st->flag, 1, HS_RELEASE);
	hs_wake_all(self, &st->queue);
}

static void writes_wakes_later(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_u32_store(self, &st->flag, 1, HS_RELEASE);
	hs_u64_add(self, &st->word[0], 1, HS_RELAXED);
	hs_wake_all(self, &st->queue);
}

static void wakes_then_writes(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_u64_add(self, &st->word[0], 1, HS_RELAXED);
	hs_wake_all(self, &st->queue);
	hs_u32_store(self, &st->flag, 1, HS_RELEASE);
}

static void only_writes(struct hs_task *self, void *state)
{
	hs_u32_store(self, &((struct play_state *)state)->flag, 1, HS_RELEASE);
}

static void a_wake_after_the_write_is_enough(void **state)
{
	const struct play at_once = { .task = { waits, writes_then_wakes } };
	const struct play later = { .task = { waits, writes_wakes_later } };

	(void)state;
	play_expect_exhaustive(&at_once, 2);
	play_expect_exhaustive(&later, 2);
}

static void a_write_without_a_later_wake_is_a_lost_wake(void **state)
{
	const struct play none = { .task = { waits, only_writes } };
	const struct play before = { .task = { waits, wakes_then_writes } };
	struct hs_explore_result r;

	(void)state;
	play_expect(&none, HS_VERDICT_LOST_WAKE, 2, &r);
	assert_non_null(strstr(r.message, "one"));
	hs_explore_result_free(&r);
	play_expect(&before, HS_VERDICT_LOST_WAKE, 2, &r);
	hs_explore_result_free(&r);
}

static void a_wait_that_no_task_ends_is_a_deadlock(void **state)
{
	const struct play play = { .task = { waits, waits } };
	struct hs_explore_result r;

	(void)state;
	play_expect(&play, HS_VERDICT_DEADLOCK, 1, &r);
	assert_non_null(strstr(r.message, "one in wait at " __FILE__ ":"));
	assert_non_null(strstr(r.message, "two in wait"));
	hs_explore_result_free(&r);
}

static uint32_t outcomes; /* over all executions */

static void waits_until(struct hs_task *self, void *state)
{
	struct play_state *st = state;
	bool met = hs_wait_event_until(self, &st->queue, play_flag, st, 50);
	uint64_t now = hs_ticks(self);

	outcomes |= met ? 1u : 2u;
	hs_assert(self, met || now == 50, "timed out at %d", (int)now);
}

static void a_timed_wait_has_both_outcomes(void **state)
{
	const struct play play = { .task = { waits_until, writes_then_wakes } };

	(void)state;
	outcomes = 0;
	play_expect_classes(&play, 3, 3);
	assert_int_equal(outcomes, 3);
}

/* ---- locks ------------------------------------------------------------------------------- */

static void reads_under_sem(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_down_read(self, &st->sem);
	if (hs_u64_add(self, &st->word[1], 1, HS_RELAXED))
		outcomes |= 4;
	hs_assert(self, !hs_u64_load(self, &st->word[0], HS_RELAXED), "a writer is inside");
	hs_u64_add(self, &st->word[1], (uint64_t)-1, HS_RELAXED);
	hs_up_read(self, &st->sem);
}

static void writes_under_sem(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_down_write(self, &st->sem);
	hs_u64_store(self, &st->word[0], 1, HS_RELAXED);
	hs_assert(self, !hs_u64_load(self, &st->word[1], HS_RELAXED), "a reader is inside");
	hs_u64_store(self, &st->word[0], 0, HS_RELAXED);
	hs_up_write(self, &st->sem);
}

static void rwsem_lets_readers_in_together_and_writers_alone(void **state)
{
	const struct play readers = { .task = { reads_under_sem, reads_under_sem } };
	const struct play mixed = { .task = { reads_under_sem, writes_under_sem } };
	const struct play writers = { .task = { writes_under_sem, writes_under_sem } };

	(void)state;
	outcomes = 0;
	play_expect_exhaustive(&readers, 6);
	assert_int_equal(outcomes, 4);
	play_expect_exhaustive(&mixed, 3);
	play_expect_exhaustive(&writers, 4);
}

static void trylocks(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	if (!hs_mutex_trylock(self, &st->mutex)) {
		outcomes |= 8;
		return;
	}
	outcomes |= 16;
	hs_assert(self, !st->plain[0]++, "two inside");
	hs_u64_add(self, &st->word[0], 1, HS_RELAXED);
	st->plain[0]--;
	hs_mutex_unlock(self, &st->mutex);
}

static void reads_until_flagged(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_down_read(self, &st->sem);
	hs_wait_event(self, &st->queue, play_flag, st);
	hs_up_read(self, &st->sem);
}

static void writes_only(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_down_write(self, &st->sem);
	hs_up_write(self, &st->sem);
}

static void flags_as_a_reader(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_down_read(self, &st->sem);
	hs_u32_store(self, &st->flag, 1, HS_RELAXED);
	hs_wake_all(self, &st->queue);
	hs_up_read(self, &st->sem);
}

/* As in the kernel and natively, readers may wait for each other until a writer asks. */
static void rwsem_keeps_new_readers_out_while_a_writer_waits(void **state)
{
	const struct play readers = { .task = { reads_until_flagged, flags_as_a_reader } };
	const struct play writer = { .task = { reads_until_flagged, flags_as_a_reader,
					       writes_only } };
	struct hs_explore_result r;

	(void)state;
	play_expect_exhaustive(&readers, 2);
	play_expect(&writer, HS_VERDICT_DEADLOCK, 5, &r);
	assert_non_null(strstr(r.message, "down_write"));
	hs_explore_result_free(&r);
}

static void trylock_fails_and_succeeds(void **state)
{
	const struct play play = { .task = { trylocks, trylocks } };

	(void)state;
	outcomes = 0;
	play_expect_exhaustive(&play, 4);
	assert_int_equal(outcomes, 24);
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

static void a_lost_update_is_found_by_the_check(void **state)
{
	const struct play play = { NULL, { increments_badly, increments_badly }, is_two };
	struct hs_explore_result r, dfs;

	(void)state;
	play_expect(&play, HS_VERDICT_ASSERT, 2, &r);
	assert_non_null(strstr(r.message, "expected 2, found 1 (task boot)"));
	hs_explore_result_free(&r);
	explore(&play_scenario, &play, HS_SEARCH_DFS, 0, NULL, &dfs);
	assert_int_equal(dfs.verdict, HS_VERDICT_ASSERT);
	hs_explore_result_free(&dfs);
}

/* ---- retries ----------------------------------------------------------------------------- */

static void polls(struct hs_task *self, void *state)
{
	while (!play_flag(self, state))
		hs_retry_wait(self, "flag");
}

static void a_retry_loop_ends_when_the_word_changes(void **state)
{
	const struct play play = { .task = { polls, only_writes } };
	const struct play three = { .task = { polls, polls, only_writes } };

	(void)state;
	play_expect_exhaustive(&play, 2);
	play_expect_exhaustive(&three, 4);
}

static void references_and_polls(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	for (;;) {
		bool set;

		hs_pcpu_add(self, st->counter, 1);
		hs_u64_add(self, &st->word[0], 1, HS_RELAXED);
		hs_spin_lock(self, &st->spin);
		set = play_flag(self, st);
		hs_spin_unlock(self, &st->spin);
		hs_u64_add(self, &st->word[0], (uint64_t)-1, HS_RELAXED);
		hs_pcpu_add(self, st->counter, (uint64_t)-1);
		if (set)
			return;
		hs_retry_wait(self, "flag under reference");
	}
}

static void free_counter(struct hs_task *self, struct play_state *st)
{
	hs_assert(self, !hs_pcpu_sum(self, st->counter), "references are left");
	hs_pcpu_free(self, st->counter);
}

static void touches_another_word(struct hs_task *self, void *state)
{
	hs_u64_add(self, &((struct play_state *)state)->word[3], 1, HS_RELAXED);
}

static void a_retry_that_nothing_can_end_is_a_livelock(void **state)
{
	const struct play alone = { .task = { polls, touches_another_word } };
	const struct play pairs = { play_with_counter,
				    { references_and_polls, touches_another_word },
				    free_counter };
	struct hs_explore_result r;

	(void)state;
	play_expect(&alone, HS_VERDICT_LIVELOCK, 1, &r);
	assert_non_null(strstr(r.message, "one tries again for ever (flag)"));
	assert_non_null(strstr(r.message, " is 0"));
	hs_explore_result_free(&r);
	play_expect(&pairs, HS_VERDICT_LIVELOCK, 1, &r);
	assert_non_null(strstr(r.message, "flag under reference"));
	hs_explore_result_free(&r);
}

static void get_put_pairs_do_not_keep_a_retry_busy(void **state)
{
	const struct play play = { play_with_counter,
				   { references_and_polls, only_writes },
				   free_counter };
	struct hs_explore_result r;

	(void)state;
	play_expect(&play, HS_VERDICT_NONE, 2, &r);
	assert_true(r.steps_max < 60);
}

/* A task does not leave a retry because its own wait moved the clock. */
static void waits_with_deadlines(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	while (!hs_wait_event_until(self, &st->queue, play_flag, st, hs_ticks(self) + 10))
		hs_retry_wait(self, "flag in time");
}

static void a_retry_after_a_deadline_waits_for_the_word(void **state)
{
	const struct play play = { .task = { waits_with_deadlines, writes_then_wakes } };
	const struct play alone = { .task = { waits_with_deadlines, touches_another_word } };
	struct hs_explore_result r;

	(void)state;
	play_expect_classes(&play, 3, 3);
	play_expect(&alone, HS_VERDICT_LIVELOCK, 1, &r);
	assert_non_null(strstr(r.message, "flag in time"));
	hs_explore_result_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_wake_after_the_write_is_enough),
		cmocka_unit_test(a_write_without_a_later_wake_is_a_lost_wake),
		cmocka_unit_test(a_wait_that_no_task_ends_is_a_deadlock),
		cmocka_unit_test(a_timed_wait_has_both_outcomes),
		cmocka_unit_test(rwsem_lets_readers_in_together_and_writers_alone),
		cmocka_unit_test(rwsem_keeps_new_readers_out_while_a_writer_waits),
		cmocka_unit_test(trylock_fails_and_succeeds),
		cmocka_unit_test(a_lost_update_is_found_by_the_check),
		cmocka_unit_test(a_retry_loop_ends_when_the_word_changes),
		cmocka_unit_test(a_retry_that_nothing_can_end_is_a_livelock),
		cmocka_unit_test(get_put_pairs_do_not_keep_a_retry_busy),
		cmocka_unit_test(a_retry_after_a_deadline_waits_for_the_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
