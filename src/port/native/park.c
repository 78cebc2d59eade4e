/* SPDX-License-Identifier: MIT */
/*
 * park.c (native) - how a task sleeps and is woken, and the clock that stands still until all sleep
 */
#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "port/native/arena.h"

static long park_futex(struct hs_arena *arena, hs_u32 *word, int op, uint32_t value,
		       const struct timespec *timeout)
{
	if (!arena->config.shared)
		op |= FUTEX_PRIVATE_FLAG;
	return syscall(SYS_futex, &word->raw, op, value, timeout, NULL, 0);
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
 *	(tests/stress/test_port_litmus.c: a_change_wakes_the_task_that_is_about_to_sleep;
 *	tests/unit/test_port_clock.c: clock_stands_while_a_woken_task_can_run)
 */
static bool park_all_sleep(struct hs_task *self, uint32_t wakeups[HS_TASKS_MAX], bool again)
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
static void park_advance_idle_clock(struct hs_task *self)
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
	if (park_all_sleep(self, wakeups, false) && park_all_sleep(self, wakeups, true))
		hs_u64_cmpxchg(self, &arena->ticks, &now, first, HS_SEQ_CST);
}

/* True: @limit has passed. */
static bool park_sleep_on(struct hs_task *self, const hs_u32 *word, uint32_t seen,
			  const struct timespec *limit)
{
	struct hs_arena *arena = self->hot.arena;
	hs_u64 *sleeps_on = &arena->sleeps_on[self->hot.id];
	hs_u32 *wakeups = &hs_slot_of(self)->wakeups;
	uint32_t before = hs_u32_load(self, wakeups, HS_RELAXED);
	bool late = false;

	hs_u64_xchg(self, sleeps_on, (uintptr_t)word, HS_SEQ_CST);
	if (hs_u32_load(self, word, HS_SEQ_CST) == seen) {
		park_advance_idle_clock(self);
		late = park_futex(arena, wakeups, FUTEX_WAIT, before, limit) && errno == ETIMEDOUT;
	}
	hs_u64_xchg(self, sleeps_on, 0, HS_SEQ_CST);
	hs_u32_add(self, wakeups, 1, HS_SEQ_CST);
	return late;
}

void hs_park(struct hs_task *self, const hs_u32 *word, uint32_t seen, bool poll)
{
	bool shared = self->hot.arena->config.shared;
	struct timespec limit = { .tv_nsec = poll ? HS_POLL_NS : HS_DEATH_CHECK_NS };

	if (park_sleep_on(self, word, seen, poll || shared ? &limit : NULL) && shared)
		hs_arena_check_deaths(self);
}

void hs_park_unchecked(struct hs_task *self, const hs_u32 *word, uint32_t seen)
{
	park_sleep_on(self, word, seen, NULL);
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
		park_futex(arena, &arena->slot[i].wakeups, FUTEX_WAKE, 1, NULL);
		most--;
	}
}

/* ---- the clock --------------------------------------------------------------------------- */

uint64_t hs_ticks_at(struct hs_task *self, const char *where)
{
	(void)where;
	return hs_u64_load(self, &self->hot.arena->ticks, HS_ACQUIRE);
}

void hs_ticks_advance_at(struct hs_task *self, uint64_t ticks, const char *where)
{
	(void)where;
	hs_u64_add(self, &self->hot.arena->ticks, ticks, HS_ACQ_REL);
}
