/* SPDX-License-Identifier: MIT */
/*
 * What is freed, in the explorer: with and without a grace period, and memory of locks, queues and
 * counters.
 */
#include "support/play.h"

#include <string.h>

/* ---- RCU --------------------------------------------------------------------------------- */

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
	const struct play synchronize = { play_with_object,
					  { play_reads_object, play_unlinks_and_waits },
					  NULL };
	const struct play two = { play_with_object,
				  { play_reads_object, play_reads_object, play_unlinks_and_waits },
				  NULL };
	const struct play call = { play_with_object,
				   { play_reads_object, unlinks_and_calls },
				   NULL };
	const struct play barrier = { play_with_object,
				      { play_reads_object, calls_and_barriers },
				      NULL };

	(void)state;
	play_expect_exhaustive(&synchronize, 3);
	play_expect_exhaustive(&two, 9);
	play_expect_exhaustive(&call, 3);
	play_expect_exhaustive(&barrier, 6);
}

static void without_a_grace_period_the_reader_meets_what_is_freed(void **state)
{
	const struct play bad[] = {
		{ play_with_object, { play_reads_object, unlinks_and_frees }, NULL },
		{ play_with_object, { play_reads_object, frees_before_unlink }, NULL },
		{ play_with_object, { play_reads_object, calls_before_unlink }, NULL },
	};
	static const uint64_t first[] = { 2, 4, 3 };

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
	const struct play play = { play_with_object, { frees_twice, frees_twice }, NULL };
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

static void keeps_object(struct hs_task *self, void *state)
{
	hs_ptr_store(self, &((struct play_state *)state)->ptr, play_object(self), HS_RELEASE);
}

static void queues_object(struct hs_task *self, struct play_state *st)
{
	struct play_object *o = hs_ptr_load(self, &st->ptr, HS_ACQUIRE);

	hs_call_rcu(self, &o->head, free_in_callback);
}

static void what_the_check_queues_is_no_leak(void **state)
{
	const struct play play = { .task = { keeps_object }, .check = queues_object };

	(void)state;
	play_expect_exhaustive(&play, 1);
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

static void spins_for_it(struct hs_task *self, void *state)
{
	hs_spin_until(self, its_flag, state);
}

static void awaits_its_completion(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_wait_for_completion(self, &st->queue, &freeable(st)->flag, 1);
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

static void counts_after_two_were_freed(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_pcpu_free(self, st->counter);
	hs_pcpu_free(self, hs_pcpu_alloc(self));
	hs_pcpu_alloc(self);
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
		{ with_freeable, { spins_for_it, frees_it }, NULL },
		{ with_freeable, { awaits_its_completion, frees_it }, NULL },
		{ with_freeable, { waits_for_it_for_a_while, frees_it }, NULL },
	};
	static const uint64_t first[] = { 1, 1, 1, 1, 1, 1, 1, 2 };

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
	const struct play late = { play_with_counter, { counts_late }, NULL };
	const struct play two = { play_with_counter, { counts_after_two_were_freed }, NULL };
	const struct play twice = { play_with_counter, { frees_counter, frees_counter }, NULL };
	struct hs_explore_result r;

	(void)state;
	play_expect(&two, HS_VERDICT_FREED, 1, &r);
	hs_explore_result_free(&r);
	play_expect(&late, HS_VERDICT_FREED, 1, &r);
	assert_non_null(strstr(r.message, "counter add"));
	hs_explore_result_free(&r);
	play_expect(&twice, HS_VERDICT_FREED, 1, &r);
	hs_explore_result_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_grace_period_saves_the_reader),
		cmocka_unit_test(without_a_grace_period_the_reader_meets_what_is_freed),
		cmocka_unit_test(a_second_free_is_an_access_to_what_is_freed),
		cmocka_unit_test(what_is_left_is_a_leak),
		cmocka_unit_test(what_is_freed_is_not_waited_on_for_ever),
		cmocka_unit_test(an_unlock_looks_at_the_lock_when_its_step_is_taken),
		cmocka_unit_test(a_freed_counter_stays_freed),
		cmocka_unit_test(what_the_check_queues_is_no_leak),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
