/* SPDX-License-Identifier: MIT */
/* The clock and waits with a deadline, on threads. In the explorer: test_port_verdicts.c */
#include "support/turns.h"

#include <signal.h>
#include <sys/mman.h>

#include "port/native/arena.h"
#include "support/scale.h"

static void never_timed(struct hs_task *self, hs_pred pred)
{
	if (!hs_wait_event_until(self, &turns->queue, pred, NULL, hs_ticks(self) + 1000))
		hs_u32_add(self, &turns->timed_out, 1, HS_RELAXED);
}

/* The other task is always about to answer: a task that waits must not see the time pass. */
static void timed_ping(struct hs_task *self, void *arg)
{
	(void)arg;
	turns_begin(self);
	for (uint32_t i = 0; i < turns->rounds; i++) {
		never_timed(self, turns_even);
		if (hs_u32_load(self, &turns->timed_out, HS_RELAXED))
			return;
		turns_pass_on(self);
	}
}

static void timed_pong(struct hs_task *self, void *arg)
{
	(void)arg;
	turns_begin(self);
	for (uint32_t i = 0; i < turns->rounds; i++) {
		never_timed(self, turns_odd);
		if (hs_u32_load(self, &turns->timed_out, HS_RELAXED))
			return;
		turns_pass_on(self);
	}
}

static void clock_stands_while_a_woken_task_can_run(void **state)
{
	(void)state;
	turns->rounds = test_scaled(5000);
	turns_run(timed_ping, timed_pong);
	assert_int_equal(turns->timed_out.raw, 0);
	assert_int_equal(hs_ticks(turns_boot), 0);
}

static void untimed_pong(struct hs_task *self, void *arg)
{
	(void)arg;
	turns_begin(self);
	for (uint32_t i = 0; i < turns->rounds; i++) {
		while (!turns_odd(self, NULL)) {
			hs_mutex_lock(self, &turns->mutex);
			hs_mutex_unlock(self, &turns->mutex);
		}
		turns_pass_on(self);
		if (hs_u32_load(self, &turns->timed_out, HS_RELAXED))
			return;
	}
}

static void locking_ping(struct hs_task *self, void *arg)
{
	(void)arg;
	turns_begin(self);
	for (uint32_t i = 0; i < turns->rounds; i++) {
		hs_mutex_lock(self, &turns->mutex);
		hs_mutex_unlock(self, &turns->mutex);
		never_timed(self, turns_even);
		if (hs_u32_load(self, &turns->timed_out, HS_RELAXED))
			return;
		turns_pass_on(self);
	}
}

static void clock_stands_while_a_lock_is_passed_on(void **state)
{
	(void)state;
	turns->rounds = test_scaled(5000);
	turns_run(locking_ping, untimed_pong);
	assert_int_equal(turns->timed_out.raw, 0);
	assert_int_equal(hs_ticks(turns_boot), 0);
}

static uint64_t ticks_seen[2];
static bool met[2];

static void early_sleeper(struct hs_task *self, void *arg)
{
	(void)arg;
	turns_begin(self);
	met[0] = hs_wait_event_until(self, &turns->queue, turns_odd, NULL, 100);
	ticks_seen[0] = hs_ticks(self);
	hs_wait_event_until(self, &turns->queue, turns_odd, NULL, 150);
}

static void late_sleeper(struct hs_task *self, void *arg)
{
	(void)arg;
	turns_begin(self);
	met[1] = hs_wait_event_until(self, &turns->queue, turns_odd, NULL, 300);
	ticks_seen[1] = hs_ticks(self);
}

static void clock_jumps_to_the_first_deadline_when_all_wait(void **state)
{
	(void)state;
	turns_run(early_sleeper, late_sleeper);
	assert_false(met[0]);
	assert_false(met[1]);
	assert_true(ticks_seen[0] == 100);
	assert_true(ticks_seen[1] == 300);
}

/* Holds the lock that the other task wants, and sleeps: both wait, so that the clock moves. */
static void sleeping_owner(struct hs_task *self, void *arg)
{
	(void)arg;
	turns_begin(self);
	hs_mutex_lock(self, &turns->mutex);
	hs_u32_store(self, &turns->done, 1, HS_RELEASE);
	met[0] = hs_wait_event_until(self, &turns->queue, turns_odd, NULL, 40);
	hs_mutex_unlock(self, &turns->mutex);
}

static void wants_lock(struct hs_task *self, void *arg)
{
	(void)arg;
	turns_begin(self);
	while (!hs_u32_load(self, &turns->done, HS_ACQUIRE))
		hs_retry_wait(self, "owner");
	hs_mutex_lock(self, &turns->mutex);
	ticks_seen[1] = hs_ticks(self);
	hs_mutex_unlock(self, &turns->mutex);
}

static void clock_jumps_while_a_lock_is_waited_for(void **state)
{
	(void)state;
	turns_run(sleeping_owner, wants_lock);
	assert_false(met[0]);
	assert_int_equal(ticks_seen[1], 40);
}

static void child_main(struct hs_task *self, void *arg)
{
	(void)arg;
	met[1] = hs_wait_event_until(self, &turns->queue, turns_odd, NULL, 60);
}

static void joins_child(struct hs_task *self, void *arg)
{
	struct hs_thread *t = hs_thread_start(self, "child", child_main, NULL);

	(void)arg;
	hs_thread_join(self, t);
	ticks_seen[0] = hs_ticks(self);
}

static void idles(struct hs_task *self, void *arg)
{
	(void)self;
	(void)arg;
}

static void clock_jumps_while_a_thread_is_joined(void **state)
{
	(void)state;
	turns_run(joins_child, idles);
	assert_false(met[1]);
	assert_int_equal(ticks_seen[0], 60);
}

static void sets_odd(struct hs_task *self, void *arg)
{
	(void)arg;
	turns_begin(self);
	while (!hs_u32_load(self, &turns->queue.waiters, HS_SEQ_CST))
		hs_retry_wait(self, "waiter");
	turns_pass_on(self);
}

static void waits_long(struct hs_task *self, void *arg)
{
	(void)arg;
	turns_begin(self);
	met[0] = hs_wait_event_until(self, &turns->queue, turns_odd, NULL, UINT64_MAX);
}

static void timed_wait_says_true_when_the_predicate_came_true(void **state)
{
	(void)state;
	turns_run(waits_long, sets_odd);
	assert_true(met[0]);
	assert_int_equal(hs_ticks(turns_boot), 0);
}

static void timed_wait_past_its_deadline_still_asks(void **state)
{
	struct hs_task *self;

	(void)state;
	assert_int_equal(hs_arena_attach(turns_arena, "late", &self), 0);
	hs_ticks_advance(self, 10);
	assert_int_equal(hs_ticks(self), 10);
	assert_true(hs_wait_event_until(self, &turns->queue, turns_even, NULL, 5));
	assert_false(hs_wait_event_until(self, &turns->queue, turns_odd, NULL, 5));
	assert_false(hs_wait_event_until(self, &turns->queue, turns_odd, NULL, 0));
	assert_int_equal(hs_ticks(self), 10);
	assert_false(hs_wait_event_until(self, &turns->queue, turns_odd, NULL, 15));
	assert_int_equal(hs_ticks(self), 15);
	hs_wait_event(self, &turns->queue, turns_even, NULL);
	assert_int_equal(hs_arena_detach(self), 0);
}

static void advances(struct hs_task *self, void *arg)
{
	(void)arg;
	turns_begin(self);
	while (!hs_u32_load(self, &turns->queue.waiters, HS_SEQ_CST))
		hs_retry_wait(self, "waiter");
	hs_ticks_advance(self, 500);
}

static void waits_for_500(struct hs_task *self, void *arg)
{
	(void)arg;
	turns_begin(self);
	met[0] = hs_wait_event_until(self, &turns->queue, turns_odd, NULL, 500);
	ticks_seen[0] = hs_ticks(self);
}

static void timed_wait_ends_when_the_clock_is_advanced(void **state)
{
	(void)state;
	turns_run(waits_for_500, advances);
	assert_false(met[0]);
	assert_int_equal(ticks_seen[0], 500);
}

/* ---- a turn that is passed on while a task looks whether all sleep ------------------------- */

/*
 * Tasks A and B pass a turn on: one of them is awake at any time. Task C, whose deadline would come
 * next, looks at the slots in ascending order. The slots of A and B are on pages of their own, and
 * a page between them and one behind B cannot be read: the handler passes the turn on at each.
 *
 *	C looks at			the turn
 *	A: asleep			B has it
 *	the page between		B wakes A and sleeps
 *	B: asleep
 *	the page behind			A wakes B and sleeps
 *	A again: asleep			B has it
 *	the page between		B wakes A and sleeps
 *	B again: asleep			A has it
 *
 * Required outcome: the clock stands. C sees that A was woken between its two looks.
 */
#define PAGE_BYTES 4096u

static struct passing {
	uint32_t a, b;
	char *between, *behind;
	uint32_t faults;
} passing;

static void pass(uint32_t from, uint32_t to)
{
	hs_u64_store(NULL, &turns_arena->sleeps_on[to], 0, HS_SEQ_CST);
	hs_u32_add(NULL, &turns_arena->slot[to].wakeups, 1, HS_SEQ_CST);
	hs_u64_store(NULL, &turns_arena->sleeps_on[from], 1, HS_SEQ_CST);
}

static void allow(char *page, bool allowed)
{
	if (mprotect(page, PAGE_BYTES, allowed ? PROT_READ | PROT_WRITE : PROT_NONE))
		_Exit(9);
}

/* The first two faults come from the search for the earliest deadline, which reads slots too. */
static void pass_at_page(int number, siginfo_t *info, void *context)
{
	char *page = (char *)((uintptr_t)info->si_addr & ~(uintptr_t)(PAGE_BYTES - 1));
	bool between = page == passing.between;

	(void)number;
	(void)context;
	if (!between && page != passing.behind)
		_Exit(8);
	passing.faults++;
	if (passing.faults > 2) {
		pass(between ? passing.b : passing.a, between ? passing.a : passing.b);
		hs_u32_store(NULL, &turns->turn, 1, HS_RELEASE); /* the wait ends after this look */
	}
	allow(page, true);
	if (!between)
		allow(passing.between, false);
	else if (passing.faults > 2)
		allow(passing.behind, false);
}

/* Attaches tasks up to the first slot that begins at or above @end, and returns that slot. */
static uint32_t attach_up_to(const char *end, struct hs_task *task[HS_TASKS_MAX])
{
	for (uint32_t i = 1;; i++) {
		assert_int_equal(hs_arena_attach(turns_arena, "task", &task[i]), 0);
		assert_int_equal(hs_task_id(task[i]), i);
		if ((const char *)&turns_arena->slot[i] >= end)
			return i;
	}
}

static char *page_behind(const void *address)
{
	return (char *)(((uintptr_t)address + PAGE_BYTES - 1) & ~(uintptr_t)(PAGE_BYTES - 1));
}

static void clock_stands_while_a_turn_is_passed_on_during_the_look(void **state)
{
	struct sigaction old, action = { .sa_sigaction = pass_at_page, .sa_flags = SA_SIGINFO };
	struct hs_task *task[HS_TASKS_MAX];

	(void)state;
	passing = (struct passing){ .a = 1, .between = page_behind(&turns_arena->slot[3]) };
	passing.b = attach_up_to(passing.between + PAGE_BYTES, task);
	passing.behind = page_behind(&turns_arena->slot[passing.b + 1]);
	assert_true(passing.behind < (char *)&turns_arena->slot[turns_arena->slots - 1]);
	for (uint32_t i = 3; i < passing.b; i++)
		assert_int_equal(hs_arena_detach(task[i]), 0);
	hs_u64_store(turns_boot, &turns_arena->sleeps_on[passing.a], 1, HS_SEQ_CST);
	assert_int_equal(sigaction(SIGSEGV, &action, &old), 0);
	allow(passing.between, false);
	allow(passing.behind, false);
	assert_true(hs_wait_event_until(task[2], &turns->queue, turns_odd, NULL, 100));
	assert_int_equal(sigaction(SIGSEGV, &old, NULL), 0);
	allow(passing.between, true);
	allow(passing.behind, true);
	assert_true(passing.faults >= 4);
	assert_int_equal(hs_ticks(task[2]), 0);
	hs_arena_detach(task[1]);
	hs_arena_detach(task[2]);
	hs_arena_detach(task[passing.b]);
}

static int up_region(void **state)
{
	struct hs_machine_config config;

	(void)state;
	hs_machine_config_init(&config);
	config.kind = HS_ARENA_REGION;
	config.max_tasks = HS_TASKS_MAX - 2;
	return turns_up_with(&config);
}

/* ---- the boot task ----------------------------------------------------------------------- */

static uint32_t asked;

/* It ends the wait of a task whose clock stands. */
static bool asked_too_often(struct hs_task *self, void *arg)
{
	(void)self;
	(void)arg;
	return ++asked > 1000;
}

static void clock_jumps_to_the_deadline_of_the_boot_task(void **state)
{
	(void)state;
	asked = 0;
	assert_false(hs_wait_event_until(turns_boot, &turns->queue, asked_too_often, NULL, 50));
	assert_int_equal(hs_ticks(turns_boot), 50);
}

static void clock_stands_while_the_boot_task_runs(void **state)
{
	struct hs_thread *sleeper;

	(void)state;
	met[0] = false;
	hs_u32_store(turns_boot, &turns->present, 1, HS_RELAXED);
	sleeper = hs_thread_start(turns_boot, "sleeper", waits_long, NULL);
	assert_non_null(sleeper);
	while (!hs_u64_load(turns_boot, &turns_arena->sleeps_on[1], HS_SEQ_CST))
		hs_retry_wait(turns_boot, "the sleeper");
	for (int i = 0; i < 100; i++)
		hs_retry_wait(turns_boot, "nothing");
	assert_int_equal(hs_ticks(turns_boot), 0);
	turns_pass_on(turns_boot);
	hs_thread_join(turns_boot, sleeper);
	assert_true(met[0]);
	assert_int_equal(hs_ticks(turns_boot), 0);
}

static void a_deadline_that_has_come_does_not_move_the_clock(void **state)
{
	(void)state;
	assert_false(hs_wait_event_until(turns_boot, &turns->queue, turns_odd, NULL, 0));
	assert_int_equal(hs_ticks(turns_boot), 0);
	hs_ticks_advance(turns_boot, 7);
	for (uint64_t deadline = 0; deadline < 8; deadline++)
		assert_false(
			hs_wait_event_until(turns_boot, &turns->queue, turns_odd, NULL, deadline));
	assert_int_equal(hs_ticks(turns_boot), 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(clock_stands_while_a_woken_task_can_run, turns_up,
						turns_down),
		cmocka_unit_test_setup_teardown(clock_stands_while_a_lock_is_passed_on, turns_up,
						turns_down),
		cmocka_unit_test_setup_teardown(clock_jumps_to_the_first_deadline_when_all_wait,
						turns_up, turns_down),
		cmocka_unit_test_setup_teardown(clock_jumps_while_a_lock_is_waited_for, turns_up,
						turns_down),
		cmocka_unit_test_setup_teardown(clock_jumps_while_a_thread_is_joined, turns_up,
						turns_down),
		cmocka_unit_test_setup_teardown(timed_wait_says_true_when_the_predicate_came_true,
						turns_up, turns_down),
		cmocka_unit_test_setup_teardown(timed_wait_past_its_deadline_still_asks, turns_up,
						turns_down),
		cmocka_unit_test_setup_teardown(timed_wait_ends_when_the_clock_is_advanced,
						turns_up, turns_down),
		cmocka_unit_test_setup_teardown(
			clock_stands_while_a_turn_is_passed_on_during_the_look, up_region,
			turns_down),
		cmocka_unit_test_setup_teardown(clock_jumps_to_the_deadline_of_the_boot_task,
						turns_up, turns_down),
		cmocka_unit_test_setup_teardown(clock_stands_while_the_boot_task_runs, turns_up,
						turns_down),
		cmocka_unit_test_setup_teardown(a_deadline_that_has_come_does_not_move_the_clock,
						turns_up, turns_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
