/* SPDX-License-Identifier: MIT */
/* Wait queues and the clock, on threads. In the explorer: test_port_verdicts.c */
#include "support/play.h"

#include <sched.h>
#include <signal.h>
#include <sys/mman.h>

#include "port/native/arena.h"
#include "support/scale.h"

struct table {
	struct hs_waitq queue;
	struct hs_mutex mutex;
	hs_u32 turn;
	hs_u32 timed_out, done, present;
	uint32_t rounds;
	uint64_t plain;
};

static struct hs_arena *arena;
static struct hs_task *boot;
static struct table *tb;

static int up_with(const struct hs_machine_config *config)
{
	if (hs_arena_create(config, &arena))
		return -1;
	boot = hs_arena_boot(arena);
	tb = hs_alloc(boot, HS_KIND_OTHER, sizeof(*tb));
	hs_waitq_init(&tb->queue);
	hs_mutex_init(&tb->mutex, HS_LOCK_DRIVER);
	tb->rounds = test_scaled(20000);
	return 0;
}

static int up(void **state)
{
	struct hs_machine_config config;

	(void)state;
	hs_machine_config_init(&config);
	return up_with(&config);
}

static int down(void **state)
{
	(void)state;
	hs_free(boot, tb, HS_KIND_OTHER, sizeof(*tb));
	return hs_arena_destroy(arena, NULL);
}

static void run(void (*a)(struct hs_task *, void *), void (*b)(struct hs_task *, void *))
{
	struct hs_thread *t[2] = { hs_thread_start(boot, "a", a, NULL),
				   hs_thread_start(boot, "b", b, NULL) };

	assert_true(t[0] && t[1]);
	hs_thread_join(boot, t[0]);
	hs_thread_join(boot, t[1]);
}

/* If the task were alone, its deadline would come next. */
static void begin(struct hs_task *self)
{
	hs_u32_add(self, &tb->present, 1, HS_SEQ_CST);
	while (hs_u32_load(self, &tb->present, HS_SEQ_CST) < 2)
		hs_retry_wait(self, "the other one");
}

static bool even(struct hs_task *self, void *arg)
{
	(void)arg;
	return hs_u32_load(self, &tb->turn, HS_ACQUIRE) % 2 == 0;
}

static bool odd(struct hs_task *self, void *arg)
{
	return !even(self, arg);
}

static void never_timed(struct hs_task *self, hs_pred pred)
{
	if (!hs_wait_event_until(self, &tb->queue, pred, NULL, hs_ticks(self) + 1000))
		hs_u32_add(self, &tb->timed_out, 1, HS_RELAXED);
}

static void pass_on(struct hs_task *self)
{
	tb->plain++;
	hs_u32_add(self, &tb->turn, 1, HS_RELEASE);
	hs_wake_all(self, &tb->queue);
}

static void ping(struct hs_task *self, void *arg)
{
	(void)arg;
	for (uint32_t i = 0; i < tb->rounds; i++) {
		hs_wait_event(self, &tb->queue, even, NULL);
		pass_on(self);
	}
}

static void pong(struct hs_task *self, void *arg)
{
	(void)arg;
	for (uint32_t i = 0; i < tb->rounds; i++) {
		hs_wait_event(self, &tb->queue, odd, NULL);
		pass_on(self);
	}
}

static void wake_is_never_missed(void **state)
{
	(void)state;
	run(ping, pong);
	assert_int_equal(tb->plain, 2ull * tb->rounds);
	assert_int_equal(tb->queue.waiters.raw, 0);
}

/* The other task is always about to answer: a task that waits must not see the time pass. */
static void timed_ping(struct hs_task *self, void *arg)
{
	(void)arg;
	begin(self);
	for (uint32_t i = 0; i < tb->rounds; i++) {
		never_timed(self, even);
		if (hs_u32_load(self, &tb->timed_out, HS_RELAXED))
			return;
		pass_on(self);
	}
}

static void timed_pong(struct hs_task *self, void *arg)
{
	(void)arg;
	begin(self);
	for (uint32_t i = 0; i < tb->rounds; i++) {
		never_timed(self, odd);
		if (hs_u32_load(self, &tb->timed_out, HS_RELAXED))
			return;
		pass_on(self);
	}
}

static void clock_stands_while_a_woken_task_can_run(void **state)
{
	(void)state;
	tb->rounds = test_scaled(5000);
	run(timed_ping, timed_pong);
	assert_int_equal(tb->timed_out.raw, 0);
	assert_int_equal(hs_ticks(boot), 0);
}

static void untimed_pong(struct hs_task *self, void *arg)
{
	(void)arg;
	begin(self);
	for (uint32_t i = 0; i < tb->rounds; i++) {
		while (!odd(self, NULL)) {
			hs_mutex_lock(self, &tb->mutex);
			hs_mutex_unlock(self, &tb->mutex);
		}
		pass_on(self);
		if (hs_u32_load(self, &tb->timed_out, HS_RELAXED))
			return;
	}
}

static void locking_ping(struct hs_task *self, void *arg)
{
	(void)arg;
	begin(self);
	for (uint32_t i = 0; i < tb->rounds; i++) {
		hs_mutex_lock(self, &tb->mutex);
		hs_mutex_unlock(self, &tb->mutex);
		never_timed(self, even);
		if (hs_u32_load(self, &tb->timed_out, HS_RELAXED))
			return;
		pass_on(self);
	}
}

static void clock_stands_while_a_lock_is_passed_on(void **state)
{
	(void)state;
	tb->rounds = test_scaled(5000);
	run(locking_ping, untimed_pong);
	assert_int_equal(tb->timed_out.raw, 0);
	assert_int_equal(hs_ticks(boot), 0);
}

static uint64_t ticks_seen[2];
static bool met[2];

static void early_sleeper(struct hs_task *self, void *arg)
{
	(void)arg;
	begin(self);
	met[0] = hs_wait_event_until(self, &tb->queue, odd, NULL, 100);
	ticks_seen[0] = hs_ticks(self);
	hs_wait_event_until(self, &tb->queue, odd, NULL, 150);
}

static void late_sleeper(struct hs_task *self, void *arg)
{
	(void)arg;
	begin(self);
	met[1] = hs_wait_event_until(self, &tb->queue, odd, NULL, 300);
	ticks_seen[1] = hs_ticks(self);
}

static void clock_jumps_to_the_first_deadline_when_all_wait(void **state)
{
	(void)state;
	run(early_sleeper, late_sleeper);
	assert_false(met[0]);
	assert_false(met[1]);
	assert_true(ticks_seen[0] == 100);
	assert_true(ticks_seen[1] == 300);
}

/* Holds the lock that the other task wants, and sleeps: both wait, so that the clock moves. */
static void sleeping_owner(struct hs_task *self, void *arg)
{
	(void)arg;
	begin(self);
	hs_mutex_lock(self, &tb->mutex);
	hs_u32_store(self, &tb->done, 1, HS_RELEASE);
	met[0] = hs_wait_event_until(self, &tb->queue, odd, NULL, 40);
	hs_mutex_unlock(self, &tb->mutex);
}

static void wants_lock(struct hs_task *self, void *arg)
{
	(void)arg;
	begin(self);
	while (!hs_u32_load(self, &tb->done, HS_ACQUIRE))
		hs_retry_wait(self, "owner");
	hs_mutex_lock(self, &tb->mutex);
	ticks_seen[1] = hs_ticks(self);
	hs_mutex_unlock(self, &tb->mutex);
}

static void clock_jumps_while_a_lock_is_waited_for(void **state)
{
	(void)state;
	run(sleeping_owner, wants_lock);
	assert_false(met[0]);
	assert_int_equal(ticks_seen[1], 40);
}

static void child_main(struct hs_task *self, void *arg)
{
	(void)arg;
	met[1] = hs_wait_event_until(self, &tb->queue, odd, NULL, 60);
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
	run(joins_child, idles);
	assert_false(met[1]);
	assert_int_equal(ticks_seen[0], 60);
}

static void sets_odd(struct hs_task *self, void *arg)
{
	(void)arg;
	begin(self);
	while (!hs_u32_load(self, &tb->queue.waiters, HS_SEQ_CST))
		hs_retry_wait(self, "waiter");
	pass_on(self);
}

static void waits_long(struct hs_task *self, void *arg)
{
	(void)arg;
	begin(self);
	met[0] = hs_wait_event_until(self, &tb->queue, odd, NULL, UINT64_MAX);
}

static void timed_wait_says_true_when_the_predicate_came_true(void **state)
{
	(void)state;
	run(waits_long, sets_odd);
	assert_true(met[0]);
	assert_int_equal(hs_ticks(boot), 0);
}

static void timed_wait_past_its_deadline_still_asks(void **state)
{
	struct hs_task *self;

	(void)state;
	assert_int_equal(hs_arena_attach(arena, "late", &self), 0);
	hs_ticks_advance(self, 10);
	assert_int_equal(hs_ticks(self), 10);
	assert_true(hs_wait_event_until(self, &tb->queue, even, NULL, 5));
	assert_false(hs_wait_event_until(self, &tb->queue, odd, NULL, 5));
	assert_false(hs_wait_event_until(self, &tb->queue, odd, NULL, 0));
	assert_int_equal(hs_ticks(self), 10);
	assert_false(hs_wait_event_until(self, &tb->queue, odd, NULL, 15));
	assert_int_equal(hs_ticks(self), 15);
	hs_wait_event(self, &tb->queue, even, NULL);
	assert_int_equal(hs_arena_detach(self), 0);
}

static void advances(struct hs_task *self, void *arg)
{
	(void)arg;
	begin(self);
	while (!hs_u32_load(self, &tb->queue.waiters, HS_SEQ_CST))
		hs_retry_wait(self, "waiter");
	hs_ticks_advance(self, 500);
}

static void waits_for_500(struct hs_task *self, void *arg)
{
	(void)arg;
	begin(self);
	met[0] = hs_wait_event_until(self, &tb->queue, odd, NULL, 500);
	ticks_seen[0] = hs_ticks(self);
}

static void timed_wait_ends_when_the_clock_is_advanced(void **state)
{
	(void)state;
	run(waits_for_500, advances);
	assert_false(met[0]);
	assert_int_equal(ticks_seen[0], 500);
}

static void spins_to_odd(struct hs_task *self, void *arg)
{
	(void)arg;
	begin(self);
	hs_spin_until(self, odd, NULL);
	met[0] = hs_u32_load(self, &tb->turn, HS_RELAXED) == 1;
}

static void makes_odd(struct hs_task *self, void *arg)
{
	(void)arg;
	begin(self);
	hs_u32_store(self, &tb->turn, 1, HS_RELEASE);
}

static void a_spin_ends_without_a_wake(void **state)
{
	(void)state;
	met[0] = false;
	run(spins_to_odd, makes_odd);
	assert_true(met[0]);
}

static void waits_for_completion(struct hs_task *self, void *arg)
{
	(void)arg;
	begin(self);
	hs_wait_for_completion(self, &tb->queue, &tb->turn, 3);
	met[0] = tb->plain == 7; /* ordered by the completion alone, for TSan */
}

static void completes_in_two_steps(struct hs_task *self, void *arg)
{
	(void)arg;
	begin(self);
	tb->plain = 7;
	hs_complete(self, &tb->queue, &tb->turn, 1);
	hs_complete(self, &tb->queue, &tb->turn, 2);
}

static void a_completion_wakes_when_all_bits_are_set(void **state)
{
	(void)state;
	met[0] = false;
	run(waits_for_completion, completes_in_two_steps);
	assert_true(met[0]);
}

static void retries_are_counted(void **state)
{
	struct hs_machine_info info;
	struct hs_task *self;

	(void)state;
	assert_int_equal(hs_arena_attach(arena, "spinner", &self), 0);
	for (int i = 0; i < 1000; i++)
		hs_retry_wait(self, "nothing");
	hs_arena_info(arena, &info);
	assert_int_equal(info.retry_spins, 1000);
	assert_int_equal(hs_arena_detach(self), 0);
	hs_arena_info(arena, &info);
	assert_int_equal(info.retry_spins, 1000);
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
	hs_u64_store(NULL, &arena->sleeps_on[to], 0, HS_SEQ_CST);
	hs_u32_add(NULL, &arena->slot[to].wakeups, 1, HS_SEQ_CST);
	hs_u64_store(NULL, &arena->sleeps_on[from], 1, HS_SEQ_CST);
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
		hs_u32_store(NULL, &tb->turn, 1, HS_RELEASE); /* the wait ends after this look */
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
		assert_int_equal(hs_arena_attach(arena, "task", &task[i]), 0);
		assert_int_equal(hs_task_id(task[i]), i);
		if ((const char *)&arena->slot[i] >= end)
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
	passing = (struct passing){ .a = 1, .between = page_behind(&arena->slot[3]) };
	passing.b = attach_up_to(passing.between + PAGE_BYTES, task);
	passing.behind = page_behind(&arena->slot[passing.b + 1]);
	assert_true(passing.behind < (char *)&arena->slot[arena->slots - 1]);
	for (uint32_t i = 3; i < passing.b; i++)
		assert_int_equal(hs_arena_detach(task[i]), 0);
	hs_u64_store(boot, &arena->sleeps_on[passing.a], 1, HS_SEQ_CST);
	assert_int_equal(sigaction(SIGSEGV, &action, &old), 0);
	allow(passing.between, false);
	allow(passing.behind, false);
	assert_true(hs_wait_event_until(task[2], &tb->queue, odd, NULL, 100));
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
	return up_with(&config);
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
	assert_false(hs_wait_event_until(boot, &tb->queue, asked_too_often, NULL, 50));
	assert_int_equal(hs_ticks(boot), 50);
}

static void clock_stands_while_the_boot_task_runs(void **state)
{
	struct hs_thread *sleeper;

	(void)state;
	met[0] = false;
	hs_u32_store(boot, &tb->present, 1, HS_RELAXED);
	sleeper = hs_thread_start(boot, "sleeper", waits_long, NULL);
	assert_non_null(sleeper);
	while (!hs_u64_load(boot, &arena->sleeps_on[1], HS_SEQ_CST))
		hs_retry_wait(boot, "the sleeper");
	for (int i = 0; i < 100; i++)
		hs_retry_wait(boot, "nothing");
	assert_int_equal(hs_ticks(boot), 0);
	pass_on(boot);
	hs_thread_join(boot, sleeper);
	assert_true(met[0]);
	assert_int_equal(hs_ticks(boot), 0);
}

static void waits_on_word(struct hs_task *self, void *arg)
{
	(void)arg;
	hs_wait_for_completion(self, NULL, &tb->turn, 3);
	met[0] = tb->plain == 7;
}

/* The sleeper is woken for each change of the word, and goes on when it has all bits. */
static void a_completion_without_a_queue_wakes_those_that_sleep_on_its_word(void **state)
{
	struct hs_thread *sleeper;

	(void)state;
	met[0] = false;
	sleeper = hs_thread_start(boot, "sleeper", waits_on_word, NULL);
	assert_non_null(sleeper);
	for (uint32_t bit = 1; bit <= 2; bit++) {
		while (hs_u64_load(boot, &arena->sleeps_on[1], HS_SEQ_CST) != (uintptr_t)&tb->turn)
			hs_retry_wait(boot, "the sleeper");
		tb->plain = 7;
		hs_complete(boot, NULL, &tb->turn, bit);
	}
	hs_thread_join(boot, sleeper);
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
	hs_u32_store(self, &tb->done, 1, HS_RELEASE);
	while (hs_u64_load(self, &in_barrier->hot.retry_spins, HS_RELAXED) < spins + 10 &&
	       !hs_u32_load(self, &barrier_over, HS_ACQUIRE))
		sched_yield();
	hs_u32_store(self, &callback_over, 1, HS_RELEASE);
}

static void runs_callback(struct hs_task *self, void *arg)
{
	begin(self);
	hs_call_rcu(self, arg, callback_is_waited_for);
	while (hs_rcu_poll(self))
		;
}

/* A task that waits in any other way might run the callback itself. */
static void waits_at_barrier(struct hs_task *self, void *arg)
{
	(void)arg;
	in_barrier = self;
	begin(self);
	while (!hs_u32_load(self, &tb->done, HS_ACQUIRE))
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
	t[0] = hs_thread_start(boot, "runner", runs_callback, &head);
	t[1] = hs_thread_start(boot, "barrier", waits_at_barrier, NULL);
	assert_true(t[0] && t[1]);
	while (!hs_u32_load(boot, &barrier_over, HS_ACQUIRE))
		sched_yield();
	hs_thread_join(boot, t[0]);
	hs_thread_join(boot, t[1]);
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
	begin(self);
	while (!hs_u32_load(self, &tb->done, HS_ACQUIRE))
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
	t[0] = hs_thread_start(boot, "runner", runs_callback, &head[0]);
	t[1] = hs_thread_start(boot, "another", queues_another, &head[1]);
	assert_true(t[0] && t[1]);
	hs_thread_join(boot, t[0]);
	hs_thread_join(boot, t[1]);
	assert_false(met[0]);
	hs_rcu_barrier(boot);
	assert_true(ran_second);
}

static void makes_odd_and_wakes_none(struct hs_task *self, struct hs_rcu_head *head)
{
	(void)head;
	hs_u32_store(self, &tb->turn, 1, HS_RELEASE);
}

static void waits_for_callback(struct hs_task *self, void *arg)
{
	begin(self);
	while (!hs_u32_load(self, &tb->done, HS_ACQUIRE))
		sched_yield();
	hs_call_rcu(self, arg, makes_odd_and_wakes_none);
	hs_wait_event(self, &tb->queue, odd, NULL);
}

static void reads_until_a_task_waits(struct hs_task *self, void *arg)
{
	(void)arg;
	begin(self);
	hs_rcu_read_lock(self);
	hs_u32_store(self, &tb->done, 1, HS_RELEASE);
	while (!hs_u32_load(self, &tb->queue.waiters, HS_SEQ_CST))
		sched_yield();
	hs_rcu_read_unlock(self);
}

/* No other task is left to do it. */
static void a_sleeper_runs_the_callback_when_the_last_reader_has_left(void **state)
{
	struct hs_rcu_head head;
	struct hs_thread *t[2];

	(void)state;
	t[0] = hs_thread_start(boot, "sleeper", waits_for_callback, &head);
	t[1] = hs_thread_start(boot, "reader", reads_until_a_task_waits, NULL);
	assert_true(t[0] && t[1]);
	hs_thread_join(boot, t[1]);
	hs_thread_join(boot, t[0]);
	assert_int_equal(tb->turn.raw, 1);
}

/* ---- whom a waker serves ------------------------------------------------------------------- */

static void a_waker_serves_the_slot_behind_its_own_first(void **state)
{
	struct hs_task *task[4];
	const hs_u32 *word = &tb->turn;

	(void)state;
	for (uint32_t i = 1; i < 4; i++) {
		assert_int_equal(hs_arena_attach(arena, "task", &task[i]), 0);
		assert_int_equal(hs_task_id(task[i]), i);
	}
	hs_u64_store(boot, &arena->sleeps_on[1], (uintptr_t)word, HS_SEQ_CST);
	hs_u64_store(boot, &arena->sleeps_on[3], (uintptr_t)word, HS_SEQ_CST);
	hs_unpark(task[2], word, 1);
	assert_int_equal(arena->sleeps_on[3].raw, 0);
	assert_int_not_equal(arena->sleeps_on[1].raw, 0);
	hs_unpark(task[2], word + 1, 1);
	assert_int_not_equal(arena->sleeps_on[1].raw, 0);
	hs_unpark(task[2], word, 1);
	assert_int_equal(arena->sleeps_on[1].raw, 0);
	for (uint32_t i = 1; i < 4; i++)
		assert_int_equal(hs_arena_detach(task[i]), 0);
}

static void a_deadline_that_has_come_does_not_move_the_clock(void **state)
{
	(void)state;
	assert_false(hs_wait_event_until(boot, &tb->queue, odd, NULL, 0));
	assert_int_equal(hs_ticks(boot), 0);
	hs_ticks_advance(boot, 7);
	for (uint64_t deadline = 0; deadline < 8; deadline++)
		assert_false(hs_wait_event_until(boot, &tb->queue, odd, NULL, deadline));
	assert_int_equal(hs_ticks(boot), 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(wake_is_never_missed, up, down),
		cmocka_unit_test_setup_teardown(clock_stands_while_a_woken_task_can_run, up, down),
		cmocka_unit_test_setup_teardown(clock_stands_while_a_lock_is_passed_on, up, down),
		cmocka_unit_test_setup_teardown(clock_jumps_to_the_first_deadline_when_all_wait, up,
						down),
		cmocka_unit_test_setup_teardown(clock_jumps_while_a_lock_is_waited_for, up, down),
		cmocka_unit_test_setup_teardown(clock_jumps_while_a_thread_is_joined, up, down),
		cmocka_unit_test_setup_teardown(timed_wait_says_true_when_the_predicate_came_true,
						up, down),
		cmocka_unit_test_setup_teardown(timed_wait_past_its_deadline_still_asks, up, down),
		cmocka_unit_test_setup_teardown(timed_wait_ends_when_the_clock_is_advanced, up,
						down),
		cmocka_unit_test_setup_teardown(a_spin_ends_without_a_wake, up, down),
		cmocka_unit_test_setup_teardown(
			clock_stands_while_a_turn_is_passed_on_during_the_look, up_region, down),
		cmocka_unit_test_setup_teardown(a_completion_wakes_when_all_bits_are_set, up, down),
		cmocka_unit_test_setup_teardown(
			a_completion_without_a_queue_wakes_those_that_sleep_on_its_word, up, down),
		cmocka_unit_test_setup_teardown(retries_are_counted, up, down),
		cmocka_unit_test_setup_teardown(clock_jumps_to_the_deadline_of_the_boot_task, up,
						down),
		cmocka_unit_test_setup_teardown(clock_stands_while_the_boot_task_runs, up, down),
		cmocka_unit_test_setup_teardown(
			a_barrier_ends_after_a_callback_that_another_task_runs, up, down),
		cmocka_unit_test_setup_teardown(a_callback_waits_for_one_that_another_task_runs, up,
						down),
		cmocka_unit_test_setup_teardown(
			a_sleeper_runs_the_callback_when_the_last_reader_has_left, up, down),
		cmocka_unit_test_setup_teardown(a_waker_serves_the_slot_behind_its_own_first, up,
						down),
		cmocka_unit_test_setup_teardown(a_deadline_that_has_come_does_not_move_the_clock,
						up, down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
