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

static long futex(struct hs_arena *arena, hs_u32 *word, int op, uint32_t value,
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

/* Nothing else can run: the clock jumps to the deadline that comes first. */
static void clock_idle(struct hs_task *self)
{
	struct hs_arena *arena = self->hot.arena;
	uint64_t now = hs_ticks(self), first = UINT64_MAX;

	for (uint32_t i = 0; i < arena->slots; i++) {
		uint64_t d = hs_u64_load(self, &arena->slot[i].deadline, HS_ACQUIRE);

		if (d && d < first)
			first = d;
	}
	if (first != UINT64_MAX && first > now)
		hs_u64_cmpxchg(self, &arena->ticks, &now, first, HS_SEQ_CST);
}

void hs_park(struct hs_task *self, hs_u32 *word, uint32_t seen, bool poll)
{
	struct hs_arena *arena = self->hot.arena;
	struct timespec limit = { .tv_nsec = poll ? HS_POLL_NS : HS_DEATH_CHECK_NS };
	bool timed = poll || arena->config.shared, boot = !self->hot.id;

	if (!boot)
		hs_u32_add(self, &arena->blocked, 1, HS_SEQ_CST);
	if (hs_u32_load(self, &arena->blocked, HS_SEQ_CST) ==
	    hs_u32_load(self, &arena->attached, HS_SEQ_CST))
		clock_idle(self);
	if (futex(arena, word, FUTEX_WAIT, seen, timed ? &limit : NULL) && errno == ETIMEDOUT &&
	    arena->config.shared) {
		if (!boot)
			hs_u32_add(self, &arena->blocked, -1u, HS_SEQ_CST);
		hs_arena_check_deaths(self);
		return;
	}
	if (!boot)
		hs_u32_add(self, &arena->blocked, -1u, HS_SEQ_CST);
}

void hs_unpark(struct hs_task *self, hs_u32 *word, int most)
{
	futex(self->hot.arena, word, FUTEX_WAKE, (uint32_t)most, NULL);
}

/* One look and, if that was in vain, one sleep. */
static bool wait_once(struct hs_task *self, struct hs_waitq *q, hs_pred pred, void *arg, bool poll)
{
	uint32_t seq = hs_u32_load(self, &q->seq, HS_ACQUIRE);
	bool pending;

	if (pred(self, arg))
		return true;
	pending = hs_rcu_poll(self);
	if (pred(self, arg))
		return true;
	hs_trace(self, HS_EVENT_SLEEP, 0, 0);
	hs_u32_add(self, &q->waiters, 1, HS_SEQ_CST);
	hs_park(self, &q->seq, seq, poll || pending);
	hs_u32_add(self, &q->waiters, -1u, HS_RELAXED);
	return false;
}

static void wait_begin(struct hs_task *self, const char *where)
{
	hs_assert(self, self->hot.state.raw == HS_TASK_LIVE, "%s: a detached task waits", where);
	hs_assert(self, !self->hot.in_callback, "%s: an RCU callback waits", where);
	hs_assert(self, !self->hot.rcu_nest, "%s: wait inside an RCU read section", where);
}

void hs_wait_event_at(struct hs_task *self, struct hs_waitq *q, hs_pred pred, void *arg,
		      const char *where)
{
	wait_begin(self, where);
	while (!wait_once(self, q, pred, arg, false))
		;
}

bool hs_wait_event_until_at(struct hs_task *self, struct hs_waitq *q, hs_pred pred, void *arg,
			    uint64_t deadline, const char *where)
{
	struct hs_slot *slot = hs_slot_of(self);
	bool met;

	wait_begin(self, where);
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
	hs_trace(self, HS_EVENT_WAKE, 0, 0);
	hs_unpark(self, &q->seq, INT32_MAX);
}

/* Spins are counted by the caller; now and then the others get the processor. */
void hs_retry_pause(struct hs_task *self, uint64_t spins, const char *why)
{
	struct hs_arena *arena = self->hot.arena;

	(void)why;
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
