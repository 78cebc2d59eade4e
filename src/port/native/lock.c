/* SPDX-License-Identifier: MIT */
/*
 * lock.c (native) - what mutex, spinlock and rwsem do when the first try fails
 *
 * Word of a mutex or spinlock: 0 free; id + 1 held; with HS_LOCK_SLEEPERS a task may sleep on it. A
 * sleeper that wakes takes the word with that bit set, because it cannot know whether it was the
 * last. Tasks never sleep on a spinlock, so its word never has the bit.
 *
 * Word of an rwsem: n readers, or HS_RW_WRITER | id + 1. Sleeping readers and writers watch @turn,
 * whose low bit says that there are some:
 *
 *	sleeper				task that releases
 *	turn |= 1			word = free
 *	try once more			turn odd: turn++, wake all
 *	sleep while turn is what it was
 *
 *	Required outcome: a sleeper whose last try failed is woken by the task that releases. Both
 *	sides are sequentially consistent: if the releasing task saw turn even, its store to the
 *	word came before the sleeper's turn |= 1, and the last try succeeds.
 *	(tests/stress/test_port_litmus.c:
 *	a_release_reaches_the_task_that_begins_to_wait_for_the_rwsem)
 *
 * In a broken arena a wait ends in hs_oops(). The boot task takes the lock over instead: if it is
 * alone, the owner is dead.
 */
#include <sched.h>

#include "port/native/arena.h"

#define SPINS_BEFORE_SLEEP 100
#define SPINS_BEFORE_YIELD 64

/* True: the arena is broken and the boot task is alone, so that no owner of a lock is alive. */
static bool lock_has_no_owner(struct hs_task *self)
{
	struct hs_arena *arena = self->hot.arena;

	if (!hs_u32_load(self, &arena->broken, HS_ACQUIRE))
		return false;
	if (self->hot.id || hs_arena_attached(arena))
		hs_oops(self);
	return true;
}

static void lock_spin(struct hs_task *self, hs_u32 *word)
{
	struct hs_arena *arena = self->hot.arena;

	for (uint32_t spins = 1;; spins++) {
		uint32_t seen = 0;

		if (!hs_u32_load(self, word, HS_RELAXED) &&
		    hs_u32_cmpxchg(self, word, &seen, self->hot.id + 1, HS_ACQUIRE))
			return;
		hs_spin_hint();
		if (spins % SPINS_BEFORE_YIELD)
			continue;
		sched_yield();
		if (lock_has_no_owner(self))
			hs_u32_store(self, word, 0, HS_RELAXED);
		if (arena->config.shared && !(spins & 0xfff))
			hs_arena_reap(arena);
	}
}

static void lock_sleep(struct hs_task *self, hs_u32 *word)
{
	uint32_t seen;

	for (int i = 0; i < SPINS_BEFORE_SLEEP; i++) {
		seen = 0;
		if (hs_u32_cmpxchg(self, word, &seen, self->hot.id + 1, HS_ACQUIRE))
			return;
		hs_spin_hint();
	}
	for (;;) {
		if (lock_has_no_owner(self))
			hs_u32_store(self, word, 0, HS_RELAXED);
		seen = hs_u32_load(self, word, HS_RELAXED);
		if (!seen) {
			if (hs_u32_cmpxchg(self, word, &seen, (self->hot.id + 1) | HS_LOCK_SLEEPERS,
					   HS_ACQUIRE))
				return;
			continue;
		}
		if (!(seen & HS_LOCK_SLEEPERS) &&
		    !hs_u32_cmpxchg(self, word, &seen, seen | HS_LOCK_SLEEPERS, HS_RELAXED))
			continue;
		hs_park(self, word, seen | HS_LOCK_SLEEPERS, false);
	}
}

void hs_lock_slow(struct hs_task *self, hs_u32 *word, uint32_t cls, bool may_sleep,
		  const char *where)
{
	uint32_t seen = hs_u32_load(self, word, HS_RELAXED);
	struct hs_processor *p;

	if ((seen & ~HS_LOCK_SLEEPERS) == self->hot.id + 1)
		hs_fail_lock_twice(self, cls, where);
	if (!may_sleep) {
		lock_spin(self, word);
		return;
	}
	p = hs_processor_leave_at(self, where);
	lock_sleep(self, word);
	hs_processor_take_at(self, p, where);
}

void hs_lock_wake(struct hs_task *self, hs_u32 *word)
{
	hs_unpark(self, word, 1);
}

/* ---- rwsem ------------------------------------------------------------------------------- */

static bool lock_try_read(struct hs_task *self, struct hs_rwsem *s)
{
	uint32_t seen = hs_u32_load(self, &s->word, HS_SEQ_CST);

	while (!(seen & HS_RW_WRITER) && !hs_u32_load(self, &s->wanted, HS_SEQ_CST))
		if (hs_u32_cmpxchg(self, &s->word, &seen, seen + 1, HS_SEQ_CST))
			return true;
	return false;
}

static bool lock_try_write(struct hs_task *self, struct hs_rwsem *s)
{
	uint32_t seen = 0;

	return hs_u32_cmpxchg(self, &s->word, &seen, HS_RW_WRITER | (self->hot.id + 1), HS_SEQ_CST);
}

static void lock_refuse_own_write(struct hs_task *self, const struct hs_rwsem *s, const char *where)
{
	if (hs_u32_load(self, &s->word, HS_RELAXED) == (HS_RW_WRITER | (self->hot.id + 1)))
		hs_fail_lock_twice(self, s->cls, where);
}

static void lock_wait_rwsem(struct hs_task *self, struct hs_rwsem *s,
			    bool (*try)(struct hs_task *, struct hs_rwsem *))
{
	for (int i = 0; i < SPINS_BEFORE_SLEEP; i++) {
		if (try(self, s))
			return;
		hs_spin_hint();
	}
	for (;;) {
		uint32_t turn = hs_u32_or(self, &s->turn, 1, HS_SEQ_CST) | 1;

		if (lock_has_no_owner(self)) {
			hs_u32_store(self, &s->word, 0, HS_RELAXED);
			hs_u32_store(self, &s->wanted, try == lock_try_write, HS_RELAXED);
		}
		if (try(self, s))
			return;
		hs_park(self, &s->turn, turn, false);
	}
}

static void lock_wake_rwsem(struct hs_task *self, struct hs_rwsem *s)
{
	if (!(hs_u32_load(self, &s->turn, HS_SEQ_CST) & 1))
		return;
	hs_u32_add(self, &s->turn, 1, HS_SEQ_CST);
	hs_unpark(self, &s->turn, UINT32_MAX);
}

void hs_down_read_at(struct hs_task *self, struct hs_rwsem *s, const char *where)
{
	hs_check_lock_may_sleep(self, s->cls, where);
	hs_lock_enter(self, s->cls, true, where);
	if (!lock_try_read(self, s)) {
		struct hs_processor *p;

		lock_refuse_own_write(self, s, where);
		p = hs_processor_leave_at(self, where);
		lock_wait_rwsem(self, s, lock_try_read);
		hs_processor_take_at(self, p, where);
	}
	hs_lock_entered(self, s, s->cls, where);
}

bool hs_down_read_trylock_at(struct hs_task *self, struct hs_rwsem *s, const char *where)
{
	hs_lock_enter(self, s->cls, false, where);
	if (!lock_try_read(self, s)) {
		hs_u32_store(self, &self->hot.nheld, self->hot.nheld.raw - 1, HS_RELAXED);
		return false;
	}
	hs_lock_entered(self, s, s->cls, where);
	return true;
}

void hs_up_read_at(struct hs_task *self, struct hs_rwsem *s, const char *where)
{
	hs_check_up_read(self, hs_u32_load(self, &s->word, HS_RELAXED), s->cls, where);
	hs_u32_add(self, &s->word, -1u, HS_SEQ_CST);
	lock_wake_rwsem(self, s);
	hs_lock_left(self, s, s->cls, where);
}

/* A waiting writer counts as a holder: @wanted keeps the readers out until it is served. */
void hs_down_write_at(struct hs_task *self, struct hs_rwsem *s, const char *where)
{
	hs_check_lock_may_sleep(self, s->cls, where);
	hs_lock_enter(self, s->cls, true, where);
	if (!lock_try_write(self, s)) {
		struct hs_processor *p;

		lock_refuse_own_write(self, s, where);
		p = hs_processor_leave_at(self, where);
		hs_u32_add(self, &s->wanted, 1, HS_SEQ_CST);
		lock_wait_rwsem(self, s, lock_try_write);
		hs_u32_add(self, &s->wanted, -1u, HS_SEQ_CST);
		hs_processor_take_at(self, p, where);
	}
	hs_lock_entered(self, s, s->cls, where);
}

void hs_up_write_at(struct hs_task *self, struct hs_rwsem *s, const char *where)
{
	uint32_t seen = hs_u32_load(self, &s->word, HS_RELAXED);

	if (hs_unlikely(seen != (HS_RW_WRITER | (self->hot.id + 1))))
		hs_fail_up_write(self, seen, s->cls, where);
	hs_u32_store(self, &s->word, 0, HS_SEQ_CST);
	lock_wake_rwsem(self, s);
	hs_lock_left(self, s, s->cls, where);
}

/* ---- assertions -------------------------------------------------------------------------- */

/* A release build does not keep which locks a task holds, only how many. */
bool hs_rwsem_held(const struct hs_task *self, const struct hs_rwsem *s)
{
	uint32_t word = hs_u32_load(self, &s->word, HS_RELAXED);

	if (HS_DEBUG)
		return hs_held_has(self, s);
	if (word & HS_RW_WRITER)
		return hs_rwsem_held_write(self, s);
	return word && self->hot.nheld.raw;
}

bool hs_rwsem_held_write(const struct hs_task *self, const struct hs_rwsem *s)
{
	return hs_u32_load(self, &s->word, HS_RELAXED) == (HS_RW_WRITER | (self->hot.id + 1));
}
