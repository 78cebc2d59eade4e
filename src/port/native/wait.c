/* SPDX-License-Identifier: MIT */
/*
 * wait.c (native) - what a task waits for: wait queues, another try
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
 *	(tests/stress/test_port_litmus.c: a_wake_reaches_the_task_that_begins_to_wait)
 */
#include <sched.h>

#include "port/native/arena.h"

/* Asks the predicate, and once more after callbacks have run. @pending: some are left. */
static bool wait_ask(struct hs_task *self, hs_pred pred, void *arg, bool *pending)
{
	if (pred(self, arg))
		return true;
	*pending = hs_rcu_poll(self);
	return pred(self, arg);
}

/* Asks the predicate and sleeps once if it does not hold. True: it holds. */
static bool wait_once(struct hs_task *self, struct hs_waitq *q, hs_pred pred, void *arg, bool poll)
{
	uint32_t seq = hs_u32_load(self, &q->seq, HS_ACQUIRE);
	bool pending;

	if (wait_ask(self, pred, arg, &pending))
		return true;
	hs_u32_add(self, &q->waiters, 1, HS_SEQ_CST);
	hs_park(self, &q->seq, seq, poll || pending);
	hs_u32_add(self, &q->waiters, -1u, HS_RELAXED);
	return false;
}

void hs_wait_event_at(struct hs_task *self, struct hs_waitq *q, hs_pred pred, void *arg,
		      const char *where)
{
	struct hs_processor *p;

	hs_check_wait(self, where);
	p = hs_processor_leave_until_at(self, pred, arg, where);
	while (!wait_once(self, q, pred, arg, false))
		;
	hs_processor_take_at(self, p, where);
}

/* A deadline that has come is no deadline to sleep for: it would move the clock. */
bool hs_wait_event_until_at(struct hs_task *self, struct hs_waitq *q, hs_pred pred, void *arg,
			    uint64_t deadline, const char *where)
{
	struct hs_slot *slot = hs_slot_of(self);
	bool met = false, pending;
	struct hs_processor *p;

	hs_check_wait(self, where);
	p = hs_processor_leave_until_at(self, pred, arg, where);
	hs_u64_store(self, &slot->deadline, deadline, HS_RELEASE);
	while (!met && hs_ticks(self) < deadline)
		met = wait_once(self, q, pred, arg, true);
	hs_u64_store(self, &slot->deadline, 0, HS_RELEASE);
	met = met || wait_ask(self, pred, arg, &pending);
	hs_processor_take_at(self, p, where);
	return met;
}

void hs_wake_all_at(struct hs_task *self, struct hs_waitq *q, const char *where)
{
	(void)where;
	hs_u32_add(self, &q->seq, 1, HS_SEQ_CST);
	if (!hs_u32_load(self, &q->waiters, HS_SEQ_CST))
		return;
	hs_unpark(self, &q->seq, UINT32_MAX);
}

struct wait_bits {
	hs_u32 *word;
	uint32_t bits;
};

static bool wait_bits_are_set(struct hs_task *self, void *arg)
{
	const struct wait_bits *w = arg;

	return (hs_u32_load(self, w->word, HS_ACQUIRE) & w->bits) == w->bits;
}

/* hs_complete() changes the word before it looks for tasks that sleep on it (park.c). */
static void wait_on_word(struct hs_task *self, const struct wait_bits *w, const char *where)
{
	hs_check_wait(self, where);
	for (;;) {
		uint32_t seen = hs_u32_load(self, w->word, HS_ACQUIRE);

		if ((seen & w->bits) == w->bits)
			return;
		hs_park(self, w->word, seen, hs_rcu_poll(self));
	}
}

void hs_wait_for_completion_at(struct hs_task *self, struct hs_waitq *q, hs_u32 *word,
			       uint32_t bits, const char *where)
{
	struct wait_bits w = { word, bits };
	struct hs_processor *p;

	if (q) {
		hs_wait_event_at(self, q, wait_bits_are_set, &w, where);
		return;
	}
	p = hs_processor_leave_until_at(self, wait_bits_are_set, &w, where);
	wait_on_word(self, &w, where);
	hs_processor_take_at(self, p, where);
}

uint32_t hs_dec_and_wake_all_at(struct hs_task *self, struct hs_waitq *q, hs_u32 *count,
				const char *where)
{
	uint32_t was = hs_u32_add(self, count, -1u, HS_RELEASE);

	if (was == 1)
		hs_wake_all_at(self, q, where);
	return was;
}

void hs_complete_at(struct hs_task *self, struct hs_waitq *q, hs_u32 *word, uint32_t bits,
		    const char *where)
{
	hs_u32_or(self, word, bits, HS_RELEASE);
	if (q)
		hs_wake_all_at(self, q, where);
	else
		hs_unpark(self, word, UINT32_MAX); /* the word may be freed */
}

void hs_spin_until_at(struct hs_task *self, hs_pred pred, void *arg, const char *where)
{
	hs_check_wait(self, where);
	while (!pred(self, arg))
		hs_retry_wait(self, "hs_spin_until");
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
