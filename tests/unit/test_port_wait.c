/* SPDX-License-Identifier: MIT */
/*
 * Wait queues, completions, retries and callbacks, on threads. In the explorer:
 * test_port_verdicts.c
 */
#include "support/turns.h"

#include <sched.h>

#include "port/native/arena.h"

static bool met[2]; /* what each of the two tasks saw */

static void ping(struct hs_task *self, void *arg)
{
	(void)arg;
	for (uint32_t i = 0; i < turns->rounds; i++) {
		hs_wait_event(self, &turns->queue, turns_even, NULL);
		turns_pass_on(self);
	}
}

static void pong(struct hs_task *self, void *arg)
{
	(void)arg;
	for (uint32_t i = 0; i < turns->rounds; i++) {
		hs_wait_event(self, &turns->queue, turns_odd, NULL);
		turns_pass_on(self);
	}
}

static void wake_is_never_missed(void **state)
{
	(void)state;
	turns_run(ping, pong);
	assert_int_equal(turns->plain, 2ull * turns->rounds);
	assert_int_equal(turns->queue.waiters.raw, 0);
}

static void spins_to_odd(struct hs_task *self, void *arg)
{
	(void)arg;
	turns_begin(self);
	hs_spin_until(self, turns_odd, NULL);
	met[0] = hs_u32_load(self, &turns->turn, HS_RELAXED) == 1;
}

static void makes_odd(struct hs_task *self, void *arg)
{
	(void)arg;
	turns_begin(self);
	hs_u32_store(self, &turns->turn, 1, HS_RELEASE);
}

static void a_spin_ends_without_a_wake(void **state)
{
	(void)state;
	met[0] = false;
	turns_run(spins_to_odd, makes_odd);
	assert_true(met[0]);
}

static void waits_for_completion(struct hs_task *self, void *arg)
{
	(void)arg;
	turns_begin(self);
	hs_wait_for_completion(self, &turns->queue, &turns->turn, 3);
	met[0] = turns->plain == 7; /* ordered by the completion alone, for TSan */
}

static void completes_in_two_steps(struct hs_task *self, void *arg)
{
	(void)arg;
	turns_begin(self);
	turns->plain = 7;
	hs_complete(self, &turns->queue, &turns->turn, 1);
	hs_complete(self, &turns->queue, &turns->turn, 2);
}

static void a_completion_wakes_when_all_bits_are_set(void **state)
{
	(void)state;
	met[0] = false;
	turns_run(waits_for_completion, completes_in_two_steps);
	assert_true(met[0]);
}

static void retries_are_counted(void **state)
{
	struct hs_machine_info info;
	struct hs_task *self;

	(void)state;
	assert_int_equal(hs_arena_attach(turns_arena, "spinner", &self), 0);
	for (int i = 0; i < 1000; i++)
		hs_retry_wait(self, "nothing");
	hs_arena_info(turns_arena, &info);
	assert_int_equal(info.retry_spins, 1000);
	assert_int_equal(hs_arena_detach(self), 0);
	hs_arena_info(turns_arena, &info);
	assert_int_equal(info.retry_spins, 1000);
}

static void waits_on_word(struct hs_task *self, void *arg)
{
	(void)arg;
	hs_wait_for_completion(self, NULL, &turns->turn, 3);
	met[0] = turns->plain == 7;
}

/* The sleeper is woken for each change of the word, and goes on when it has all bits. */
static void a_completion_without_a_queue_wakes_those_that_sleep_on_its_word(void **state)
{
	struct hs_thread *sleeper;

	(void)state;
	met[0] = false;
	sleeper = hs_thread_start(turns_boot, "sleeper", waits_on_word, NULL);
	assert_non_null(sleeper);
	for (uint32_t bit = 1; bit <= 2; bit++) {
		while (hs_u64_load(turns_boot, &turns_arena->sleeps_on[1], HS_SEQ_CST) !=
		       (uintptr_t)&turns->turn)
			hs_retry_wait(turns_boot, "the sleeper");
		turns->plain = 7;
		hs_complete(turns_boot, NULL, &turns->turn, bit);
	}
	hs_thread_join(turns_boot, sleeper);
	assert_true(met[0]);
}

/* ---- callbacks that another task runs ---------------------------------------------------- */

static struct hs_task *in_barrier;
static hs_u32 callback_over, barrier_over;

/* Ends when the task in the barrier has looked for its end several times. */
static void callback_is_waited_for(struct hs_task *self, struct hs_rcu_head *head)
{
	uint64_t spins = hs_u64_load(self, &in_barrier->hot.retry_spins, HS_RELAXED);

	(void)head;
	hs_u32_store(self, &turns->done, 1, HS_RELEASE);
	while (hs_u64_load(self, &in_barrier->hot.retry_spins, HS_RELAXED) < spins + 10 &&
	       !hs_u32_load(self, &barrier_over, HS_ACQUIRE))
		sched_yield();
	hs_u32_store(self, &callback_over, 1, HS_RELEASE);
}

static void runs_callback(struct hs_task *self, void *arg)
{
	turns_begin(self);
	hs_call_rcu(self, arg, callback_is_waited_for);
	while (hs_rcu_poll(self))
		;
}

/* A task that waits in any other way might run the callback itself. */
static void waits_at_barrier(struct hs_task *self, void *arg)
{
	(void)arg;
	in_barrier = self;
	turns_begin(self);
	while (!hs_u32_load(self, &turns->done, HS_ACQUIRE))
		sched_yield();
	hs_rcu_barrier(self);
	met[0] = hs_u32_load(self, &callback_over, HS_ACQUIRE);
	hs_u32_store(self, &barrier_over, 1, HS_RELEASE);
}

static void a_barrier_ends_after_a_callback_that_another_task_runs(void **state)
{
	struct hs_rcu_head head;
	struct hs_thread *t[2];

	(void)state;
	met[0] = false;
	hs_u32_init(&callback_over, 0);
	hs_u32_init(&barrier_over, 0);
	t[0] = hs_thread_start(turns_boot, "runner", runs_callback, &head);
	t[1] = hs_thread_start(turns_boot, "barrier", waits_at_barrier, NULL);
	assert_true(t[0] && t[1]);
	while (!hs_u32_load(turns_boot, &barrier_over, HS_ACQUIRE))
		sched_yield();
	hs_thread_join(turns_boot, t[0]);
	hs_thread_join(turns_boot, t[1]);
	assert_true(met[0]);
}

static bool ran_second;

static void notes_second(struct hs_task *self, struct hs_rcu_head *head)
{
	(void)self;
	(void)head;
	ran_second = true;
}

static void queues_another(struct hs_task *self, void *arg)
{
	in_barrier = self;
	turns_begin(self);
	while (!hs_u32_load(self, &turns->done, HS_ACQUIRE))
		sched_yield();
	hs_call_rcu(self, arg, notes_second);
	for (int i = 0; i < 50; i++)
		met[0] |= !hs_rcu_poll(self);
	met[0] |= ran_second;
	hs_u32_store(self, &barrier_over, 1, HS_RELEASE);
}

/* A barrier counts callbacks: those of a later batch must not overtake one that is under way. */
static void a_callback_waits_for_one_that_another_task_runs(void **state)
{
	struct hs_rcu_head head[2];
	struct hs_thread *t[2];

	(void)state;
	met[0] = ran_second = false;
	hs_u32_init(&callback_over, 0);
	hs_u32_init(&barrier_over, 0);
	t[0] = hs_thread_start(turns_boot, "runner", runs_callback, &head[0]);
	t[1] = hs_thread_start(turns_boot, "another", queues_another, &head[1]);
	assert_true(t[0] && t[1]);
	hs_thread_join(turns_boot, t[0]);
	hs_thread_join(turns_boot, t[1]);
	assert_false(met[0]);
	hs_rcu_barrier(turns_boot);
	assert_true(ran_second);
}

static void makes_odd_and_wakes_none(struct hs_task *self, struct hs_rcu_head *head)
{
	(void)head;
	hs_u32_store(self, &turns->turn, 1, HS_RELEASE);
}

static void waits_for_callback(struct hs_task *self, void *arg)
{
	turns_begin(self);
	while (!hs_u32_load(self, &turns->done, HS_ACQUIRE))
		sched_yield();
	hs_call_rcu(self, arg, makes_odd_and_wakes_none);
	hs_wait_event(self, &turns->queue, turns_odd, NULL);
}

static void reads_until_a_task_waits(struct hs_task *self, void *arg)
{
	(void)arg;
	turns_begin(self);
	hs_rcu_read_lock(self);
	hs_u32_store(self, &turns->done, 1, HS_RELEASE);
	while (!hs_u32_load(self, &turns->queue.waiters, HS_SEQ_CST))
		sched_yield();
	hs_rcu_read_unlock(self);
}

/* No other task is left to do it. */
static void a_sleeper_runs_the_callback_when_the_last_reader_has_left(void **state)
{
	struct hs_rcu_head head;
	struct hs_thread *t[2];

	(void)state;
	t[0] = hs_thread_start(turns_boot, "sleeper", waits_for_callback, &head);
	t[1] = hs_thread_start(turns_boot, "reader", reads_until_a_task_waits, NULL);
	assert_true(t[0] && t[1]);
	hs_thread_join(turns_boot, t[1]);
	hs_thread_join(turns_boot, t[0]);
	assert_int_equal(turns->turn.raw, 1);
}

/* ---- whom a waker serves ------------------------------------------------------------------- */

static void a_waker_serves_the_slot_behind_its_own_first(void **state)
{
	struct hs_task *task[4];
	const hs_u32 *word = &turns->turn;

	(void)state;
	for (uint32_t i = 1; i < 4; i++) {
		assert_int_equal(hs_arena_attach(turns_arena, "task", &task[i]), 0);
		assert_int_equal(hs_task_id(task[i]), i);
	}
	hs_u64_store(turns_boot, &turns_arena->sleeps_on[1], (uintptr_t)word, HS_SEQ_CST);
	hs_u64_store(turns_boot, &turns_arena->sleeps_on[3], (uintptr_t)word, HS_SEQ_CST);
	hs_unpark(task[2], word, 1);
	assert_int_equal(turns_arena->sleeps_on[3].raw, 0);
	assert_int_not_equal(turns_arena->sleeps_on[1].raw, 0);
	hs_unpark(task[2], word + 1, 1);
	assert_int_not_equal(turns_arena->sleeps_on[1].raw, 0);
	hs_unpark(task[2], word, 1);
	assert_int_equal(turns_arena->sleeps_on[1].raw, 0);
	for (uint32_t i = 1; i < 4; i++)
		assert_int_equal(hs_arena_detach(task[i]), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(wake_is_never_missed, turns_up, turns_down),
		cmocka_unit_test_setup_teardown(a_spin_ends_without_a_wake, turns_up, turns_down),
		cmocka_unit_test_setup_teardown(a_completion_wakes_when_all_bits_are_set, turns_up,
						turns_down),
		cmocka_unit_test_setup_teardown(
			a_completion_without_a_queue_wakes_those_that_sleep_on_its_word, turns_up,
			turns_down),
		cmocka_unit_test_setup_teardown(retries_are_counted, turns_up, turns_down),
		cmocka_unit_test_setup_teardown(
			a_barrier_ends_after_a_callback_that_another_task_runs, turns_up,
			turns_down),
		cmocka_unit_test_setup_teardown(a_callback_waits_for_one_that_another_task_runs,
						turns_up, turns_down),
		cmocka_unit_test_setup_teardown(
			a_sleeper_runs_the_callback_when_the_last_reader_has_left, turns_up,
			turns_down),
		cmocka_unit_test_setup_teardown(a_waker_serves_the_slot_behind_its_own_first,
						turns_up, turns_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
