/* SPDX-License-Identifier: MIT */
/* The seam in the explorer: each primitive in a small scenario, each verdict. */
#include "support/play.h"

#include <string.h>

static void with_object(struct hs_task *self, struct play_state *st)
{
	hs_ptr_init(&st->ptr, play_object(self));
	assert_non_null(st->ptr.raw);
}

static void with_counter(struct hs_task *self, struct play_state *st)
{
	st->counter = hs_pcpu_alloc(self);
	assert_non_null(st->counter);
}

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
	play_expect(&none, HS_VERDICT_LOST_WAKE, 1, &r);
	assert_non_null(strstr(r.message, "one"));
	hs_explore_result_free(&r);
	play_expect(&before, HS_VERDICT_LOST_WAKE, 1, &r);
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
	play_expect_classes(&play, 4, 3);
	assert_int_equal(outcomes, 3);
}

/* ---- RCU --------------------------------------------------------------------------------- */

static void reads_object(struct hs_task *self, void *state)
{
	struct play_state *st = state;
	struct play_object *o;

	hs_rcu_read_lock(self);
	o = hs_ptr_load(self, &st->ptr, HS_ACQUIRE);
	if (o)
		hs_deref(self, o);
	hs_rcu_read_unlock(self);
}

static void unlinks_and_waits(struct hs_task *self, void *state)
{
	struct play_state *st = state;
	struct play_object *o = hs_ptr_xchg(self, &st->ptr, NULL, HS_ACQ_REL);

	hs_synchronize_rcu(self);
	play_object_free(self, o);
}

static void unlinks_and_frees(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	play_object_free(self, hs_ptr_xchg(self, &st->ptr, NULL, HS_ACQ_REL));
}

static void frees_before_unlink(struct hs_task *self, void *state)
{
	struct play_state *st = state;
	struct play_object *o = hs_ptr_load(self, &st->ptr, HS_ACQUIRE);

	hs_synchronize_rcu(self);
	hs_ptr_store(self, &st->ptr, NULL, HS_RELEASE);
	play_object_free(self, o);
}

static void free_in_callback(struct hs_task *self, struct hs_rcu_head *head)
{
	play_object_free(self, (struct play_object *)head);
}

static void unlinks_and_calls(struct hs_task *self, void *state)
{
	struct play_state *st = state;
	struct play_object *o = hs_ptr_xchg(self, &st->ptr, NULL, HS_ACQ_REL);

	hs_call_rcu(self, &o->head, free_in_callback);
}

static void calls_before_unlink(struct hs_task *self, void *state)
{
	struct play_state *st = state;
	struct play_object *o = hs_ptr_load(self, &st->ptr, HS_ACQUIRE);

	hs_call_rcu(self, &o->head, free_in_callback);
	hs_ptr_store(self, &st->ptr, NULL, HS_RELEASE);
}

static void calls_and_barriers(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	unlinks_and_calls(self, state);
	hs_rcu_barrier(self);
	hs_u64_store(self, &st->word[0], 1, HS_RELAXED);
}

static void a_grace_period_saves_the_reader(void **state)
{
	const struct play synchronize = { with_object, { reads_object, unlinks_and_waits }, NULL };
	const struct play two = { with_object,
				  { reads_object, reads_object, unlinks_and_waits },
				  NULL };
	const struct play call = { with_object, { reads_object, unlinks_and_calls }, NULL };
	const struct play barrier = { with_object, { reads_object, calls_and_barriers }, NULL };

	(void)state;
	play_expect_exhaustive(&synchronize, 7);
	play_expect_exhaustive(&two, 49);
	play_expect_exhaustive(&call, 10);
	play_expect_exhaustive(&barrier, 45);
}

static void without_a_grace_period_the_reader_meets_what_is_freed(void **state)
{
	const struct play bad[] = {
		{ with_object, { reads_object, unlinks_and_frees }, NULL },
		{ with_object, { reads_object, frees_before_unlink }, NULL },
		{ with_object, { reads_object, calls_before_unlink }, NULL },
	};
	static const uint64_t first[] = { 3, 9, 10 };

	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		struct hs_explore_result r;

		play_expect(&bad[i], HS_VERDICT_FREED, first[i], &r);
		assert_non_null(strstr(r.message, "dereference"));
		hs_explore_result_free(&r);
	}
}

static void frees_twice(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	play_object_free(self, hs_ptr_load(self, &st->ptr, HS_ACQUIRE));
}

static void a_second_free_is_an_access_to_what_is_freed(void **state)
{
	const struct play play = { with_object, { frees_twice, frees_twice }, NULL };
	struct hs_explore_result r;

	(void)state;
	play_expect(&play, HS_VERDICT_FREED, 1, &r);
	hs_explore_result_free(&r);
}

static void leaves_object(struct hs_task *self, void *state)
{
	hs_u64_add(self, &((struct play_state *)state)->word[0], 1, HS_RELAXED);
	play_object(self);
}

static void what_is_left_is_a_leak(void **state)
{
	const struct play play = { .task = { leaves_object, NULL } };
	struct hs_explore_result r;

	(void)state;
	play_expect(&play, HS_VERDICT_LEAK, 1, &r);
	assert_non_null(strstr(r.message, "1 other object"));
	hs_explore_result_free(&r);
}

/* ---- memory of locks, queues and counters ------------------------------------------------ */

struct freeable {
	uint64_t nothing;
	struct hs_mutex mutex;
	struct hs_rwsem sem;
	struct hs_waitq queue;
	hs_u32 flag;
};

static void with_freeable(struct hs_task *self, struct play_state *st)
{
	struct freeable *f = hs_alloc(self, HS_KIND_OTHER, sizeof(*f));

	assert_non_null(f);
	hs_mutex_init(&f->mutex, HS_LOCK_DRIVER);
	hs_rwsem_init(&f->sem, HS_LOCK_MMAP);
	hs_waitq_init(&f->queue);
	hs_ptr_init(&st->ptr, f);
}

static struct freeable *freeable(struct play_state *st)
{
	return st->ptr.raw;
}

static void with_held_locks(struct hs_task *self, struct play_state *st)
{
	with_freeable(self, st);
	hs_down_write(self, &freeable(st)->sem);
	hs_mutex_lock(self, &freeable(st)->mutex);
}

static void frees_it(struct hs_task *self, void *state)
{
	hs_free(self, freeable(state), HS_KIND_OTHER, sizeof(struct freeable));
}

static void locks_it(struct hs_task *self, void *state)
{
	hs_mutex_lock(self, &freeable(state)->mutex);
}

static void reads_it(struct hs_task *self, void *state)
{
	hs_down_read(self, &freeable(state)->sem);
}

static void writes_it(struct hs_task *self, void *state)
{
	hs_down_write(self, &freeable(state)->sem);
}

static void unlocks_what_is_freed(struct hs_task *self, void *state)
{
	frees_it(self, state);
	hs_mutex_unlock(self, &freeable(state)->mutex);
}

static void leaves_what_is_freed(struct hs_task *self, void *state)
{
	frees_it(self, state);
	hs_up_read(self, &freeable(state)->sem);
}

static void waits_on_it(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_wait_event(self, &freeable(st)->queue, play_flag, st);
}

static bool its_flag(struct hs_task *self, void *state)
{
	return hs_u32_load(self, &freeable(state)->flag, HS_ACQUIRE) != 0;
}

static void waits_for_it(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_wait_event(self, &st->queue, its_flag, st);
}

static void waits_for_it_for_a_while(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_wait_event_until(self, &freeable(st)->queue, play_flag, st, 5);
}

static void frees_counter(struct hs_task *self, void *state)
{
	hs_pcpu_free(self, ((struct play_state *)state)->counter);
}

static void counts_late(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	frees_counter(self, st);
	hs_pcpu_alloc(self);
	hs_pcpu_add(self, st->counter, 1);
}

/* In each case the execution that is looked at first has no earlier violation. */
static void what_is_freed_is_not_waited_on_for_ever(void **state)
{
	const struct play plays[] = {
		{ with_held_locks, { locks_it, frees_it }, NULL },
		{ with_held_locks, { reads_it, frees_it }, NULL },
		{ with_held_locks, { writes_it, frees_it }, NULL },
		{ with_freeable, { waits_on_it, frees_it }, NULL },
		{ with_freeable, { waits_for_it, frees_it }, NULL },
		{ with_freeable, { waits_for_it_for_a_while, frees_it }, NULL },
	};
	static const uint64_t first[] = { 1, 1, 1, 1, 1, 2 };

	(void)state;
	/* ASan does not let the first three come to a verdict: a lock's class is no shared word. */
	for (unsigned int i = HS_ASAN ? 3 : 0; i < COUNT(plays); i++) {
		struct hs_explore_result r;

		play_expect(&plays[i], HS_VERDICT_FREED, first[i], &r);
		hs_explore_result_free(&r);
	}
}

static void an_unlock_looks_at_the_lock_when_its_step_is_taken(void **state)
{
	const struct play plays[] = {
		{ with_freeable, { unlocks_what_is_freed }, NULL },
		{ with_freeable, { leaves_what_is_freed }, NULL },
	};

	(void)state;
	if (HS_ASAN)
		skip();
	for (unsigned int i = 0; i < COUNT(plays); i++) {
		struct hs_explore_result r;

		play_expect(&plays[i], HS_VERDICT_FREED, 1, &r);
		assert_non_null(strstr(r.message, "unlock"));
		hs_explore_result_free(&r);
	}
}

static void a_freed_counter_stays_freed(void **state)
{
	const struct play late = { with_counter, { counts_late }, NULL };
	const struct play twice = { with_counter, { frees_counter, frees_counter }, NULL };
	struct hs_explore_result r;

	(void)state;
	play_expect(&late, HS_VERDICT_FREED, 1, &r);
	assert_non_null(strstr(r.message, "counter add"));
	hs_explore_result_free(&r);
	play_expect(&twice, HS_VERDICT_FREED, 1, &r);
	hs_explore_result_free(&r);
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
	play_expect(&writer, HS_VERDICT_DEADLOCK, 12, &r);
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
	const struct play pairs = { with_counter,
				    { references_and_polls, touches_another_word },
				    free_counter };
	struct hs_explore_result r;

	(void)state;
	play_expect(&alone, HS_VERDICT_LIVELOCK, 1, &r);
	assert_non_null(strstr(r.message, "one tries again for ever (flag)"));
	assert_non_null(strstr(r.message, "=0"));
	hs_explore_result_free(&r);
	play_expect(&pairs, HS_VERDICT_LIVELOCK, 1, &r);
	assert_non_null(strstr(r.message, "flag under reference"));
	hs_explore_result_free(&r);
}

static void get_put_pairs_do_not_keep_a_retry_busy(void **state)
{
	const struct play play = { with_counter,
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
	play_expect_classes(&play, 4, 3);
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
		cmocka_unit_test(a_grace_period_saves_the_reader),
		cmocka_unit_test(without_a_grace_period_the_reader_meets_what_is_freed),
		cmocka_unit_test(a_second_free_is_an_access_to_what_is_freed),
		cmocka_unit_test(what_is_left_is_a_leak),
		cmocka_unit_test(what_is_freed_is_not_waited_on_for_ever),
		cmocka_unit_test(an_unlock_looks_at_the_lock_when_its_step_is_taken),
		cmocka_unit_test(a_freed_counter_stays_freed),
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
