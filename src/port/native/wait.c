/* SPDX-License-Identifier: MIT */
/*
 * wait.c (native) - sleeping, wait queues, the clock
 *
 * Sleeper and waker of a queue cannot miss each other:
 *
 *	waiter				waker
 *	s = seq				make the predicate true
 *	predicate false			seq++
 *	waiters++			waiters != 0: wake all
 *	sleep while seq == s
 *
 *	If the waiter read the old seq and the waker saw no waiter, then seq++ came before
 *	waiters++, and the sleep finds seq changed. Required outcome: no sleep after the last wake.
 *	(tests/unit/test_port_wait.c: wake_is_never_missed)
 */
#include <errno.h>
#include <linux/futex.h>
#include <sched.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "port/native/arena.h"

static long wait_futex(struct hs_arena *arena, hs_u32 *word, int op, uint32_t value,
		       const struct timespec *timeout)
{
	if (!arena->config.shared)
		op |= FUTEX_PRIVATE_FLAG;
	return syscall(SYS_futex, &word->raw, op, value, timeout, NULL, 0);
}

void hs_spin_hint(void)
{
#if defined(__x86_64__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
}

/*
 * Which tasks sleep. Each task sleeps on the futex of its own slot, and arena.sleeps_on says which
 * word it waits for. The waker clears that before it wakes, so that a task that was woken no longer
 * counts as asleep, even before it runs:
 *
 *	sleeper				waker
 *	sleeps_on = word		change the word
 *	word as it was: sleep		sleeps_on == word: clear it, wakeups++, wake
 *
 *	Required outcome: the sleeper sees the change, or the waker sees the sleeper.
 *	(tests/unit/test_port_wait.c: clock_stands_while_a_woken_task_can_run)
 */
static bool wait_all_sleep(struct hs_task *self, uint32_t wakeups[HS_TASKS_MAX], bool again)
{
	struct hs_arena *arena = self->hot.arena;

	for (uint32_t i = 1; i < arena->slots; i++) {
		struct hs_slot *slot = &arena->slot[i];
		uint32_t n = hs_u32_load(self, &slot->wakeups, HS_SEQ_CST);

		if (hs_u32_load(self, &slot->task.hot.state, HS_SEQ_CST) == HS_TASK_FREE) {
			wakeups[i] = ~n;
			continue;
		}
		if (!hs_u64_load(self, &arena->sleeps_on[i], HS_SEQ_CST) ||
		    (again && wakeups[i] != n))
			return false;
		wakeups[i] = n;
	}
	return true;
}

/*
 * If no task can run, the clock moves to the earliest deadline. It looks at the tasks twice: if all
 * sleep at both looks and none was woken in between, then all slept at one moment, and no task was
 * left to wake another.
 */
static void wait_advance_idle_clock(struct hs_task *self)
{
	struct hs_arena *arena = self->hot.arena;
	uint64_t now = hs_ticks(self), first = UINT64_MAX;
	uint32_t wakeups[HS_TASKS_MAX];

	for (uint32_t i = 0; i < arena->slots; i++) {
		uint64_t d = hs_u64_load(self, &arena->slot[i].deadline, HS_ACQUIRE);

		if (d && d < first)
			first = d;
	}
	if (first == UINT64_MAX || first <= now)
		return;
	if (wait_all_sleep(self, wakeups, false) && wait_all_sleep(self, wakeups, true))
		hs_u64_cmpxchg(self, &arena->ticks, &now, first, HS_SEQ_CST);
}

/* True: @limit has passed. */
static bool wait_sleep_on(struct hs_task *self, const hs_u32 *word, uint32_t seen,
			  const struct timespec *limit)
{
	struct hs_arena *arena = self->hot.arena;
	hs_u64 *sleeps_on = &arena->sleeps_on[self->hot.id];
	hs_u32 *wakeups = &hs_slot_of(self)->wakeups;
	uint32_t before = hs_u32_load(self, wakeups, HS_RELAXED);
	bool late = false;

	hs_u64_xchg(self, sleeps_on, (uintptr_t)word, HS_SEQ_CST);
	if (hs_u32_load(self, word, HS_SEQ_CST) == seen) {
		wait_advance_idle_clock(self);
		late = wait_futex(arena, wakeups, FUTEX_WAIT, before, limit) && errno == ETIMEDOUT;
	}
	hs_u64_xchg(self, sleeps_on, 0, HS_SEQ_CST);
	hs_u32_add(self, wakeups, 1, HS_SEQ_CST);
	return late;
}

void hs_park(struct hs_task *self, const hs_u32 *word, uint32_t seen, bool poll)
{
	bool shared = self->hot.arena->config.shared;
	struct timespec limit = { .tv_nsec = poll ? HS_POLL_NS : HS_DEATH_CHECK_NS };

	if (wait_sleep_on(self, word, seen, poll || shared ? &limit : NULL) && shared)
		hs_arena_check_deaths(self);
}

void hs_park_unchecked(struct hs_task *self, const hs_u32 *word, uint32_t seen)
{
	wait_sleep_on(self, word, seen, NULL);
}

/* Begins behind the waker's own slot, so that no slot is always served first. */
void hs_unpark(struct hs_task *self, const hs_u32 *word, uint32_t most)
{
	struct hs_arena *arena = self->hot.arena;

	hs_fence(self, HS_SEQ_CST);
	for (uint32_t n = 1; n <= arena->slots && most; n++) {
		uint32_t i = (self->hot.id + n) % arena->slots;
		uint64_t on = (uintptr_t)word;

		if (hs_u64_load(self, &arena->sleeps_on[i], HS_SEQ_CST) != on ||
		    !hs_u64_cmpxchg(self, &arena->sleeps_on[i], &on, 0, HS_SEQ_CST))
			continue;
		hs_u32_add(self, &arena->slot[i].wakeups, 1, HS_SEQ_CST);
		wait_futex(arena, &arena->slot[i].wakeups, FUTEX_WAKE, 1, NULL);
		most--;
	}
}

/* Asks the predicate and sleeps once if it does not hold. True: it holds. */
static bool wait_once(struct hs_task *self, struct hs_waitq *q, hs_pred pred, void *arg, bool poll)
{
	uint32_t seq = hs_u32_load(self, &q->seq, HS_ACQUIRE);
	bool pending;

	if (pred(self, arg))
		return true;
	pending = hs_rcu_poll(self);
	if (pred(self, arg))
		return true;
	hs_u32_add(self, &q->waiters, 1, HS_SEQ_CST);
	hs_park(self, &q->seq, seq, poll || pending);
	hs_u32_add(self, &q->waiters, -1u, HS_RELAXED);
	return false;
}

void hs_wait_event_at(struct hs_task *self, struct hs_waitq *q, hs_pred pred, void *arg,
		      const char *where)
{
	hs_check_wait(self, where);
	while (!wait_once(self, q, pred, arg, false))
		;
}

bool hs_wait_event_until_at(struct hs_task *self, struct hs_waitq *q, hs_pred pred, void *arg,
			    uint64_t deadline, const char *where)
{
	struct hs_slot *slot = hs_slot_of(self);
	bool met;

	hs_check_wait(self, where);
	hs_u64_store(self, &slot->deadline, deadline ? deadline : 1, HS_RELEASE);
	while (!(met = wait_once(self, q, pred, arg, true)) && hs_ticks(self) < deadline)
		;
	hs_u64_store(self, &slot->deadline, 0, HS_RELEASE);
	return met || pred(self, arg);
}

void hs_wake_all(struct hs_task *self, struct hs_waitq *q)
{
	hs_u32_add(self, &q->seq, 1, HS_SEQ_CST);
	if (!hs_u32_load(self, &q->waiters, HS_SEQ_CST))
		return;
	hs_unpark(self, &q->seq, UINT32_MAX);
}

/* The caller counts the spins. Now and then other threads get the processor. */
void hs_retry_pause(struct hs_task *self, uint64_t spins)
{
	struct hs_arena *arena = self->hot.arena;

	hs_spin_hint();
	if (spins & 63)
		return;
	if (hs_u32_load(self, &arena->broken, HS_ACQUIRE))
		hs_oops(self);
	hs_rcu_poll(self);
	sched_yield();
	if (arena->config.shared && !(spins & 0xffff))
		hs_arena_check_deaths(self);
}

uint64_t hs_ticks(struct hs_task *self)
{
	return hs_u64_load(self, &self->hot.arena->ticks, HS_ACQUIRE);
}

void hs_ticks_advance(struct hs_task *self, uint64_t ticks)
{
	hs_u64_add(self, &self->hot.arena->ticks, ticks, HS_ACQ_REL);
}
