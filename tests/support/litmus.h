/* SPDX-License-Identifier: MIT */
/*
 * litmus.h - two tasks that meet where a missing order shows, natively
 *
 * A processor delays its stores, so that a load after them may come first. That is seen only while
 * the store buffer is full: litmus_fill() stores to lines that the other processor has written, and
 * each of these stores has to fetch its line.
 *
 * No test depends on the speed of the machine or on idle processors: an order that is there passes
 * at any speed. To be seen missing, it needs two processors.
 */
#ifndef HS_TESTS_LITMUS_H
#define HS_TESTS_LITMUS_H

#include <sys/types.h>

#include "port/native/arena.h"

#define LITMUS_LINES 60

struct litmus_line {
	_Alignas(HS_CACHE_LINE) hs_u64 word;
};

/* Two tasks in step. A task spins in litmus_meet(), so that it does not count as asleep. */
struct litmus {
	struct litmus_line line[LITMUS_LINES];
	_Alignas(HS_CACHE_LINE) hs_u32 at[2];	/* the round that the task has begun */
	_Alignas(HS_CACHE_LINE) hs_u32 through; /* the round that the second task has ended */
	pid_t thread;				/* of the second task */
	uint32_t wakeups;			/* of the second task, when its round began */
	bool slept;				/* the second task, in its last round */
	uint32_t delay;				/* turns that the first task waits */
};

bool litmus_has_two_processors(void);
/* Each of two tasks on a processor of its own, if the machine has two and lets them choose. */
void litmus_pin(uint32_t me);
void litmus_fill(struct hs_task *self, struct litmus *l);
void litmus_meet(struct hs_task *self, struct litmus *l, uint32_t me, uint32_t round);

/*
 * For a first task that wakes and a second that waits. The first: litmus_meet(), litmus_delay(),
 * what ends the wait, litmus_expect_through(). The second: litmus_begin(), which meets, wait,
 * litmus_through(). Rounds count from 1. The delay aims at the moment at which the second task
 * falls asleep: it grows if the second task did not sleep in the last round, and shrinks if it did.
 */
void litmus_begin(struct hs_task *self, struct litmus *l, uint32_t round);
void litmus_through(struct hs_task *self, struct litmus *l, uint32_t round);
void litmus_delay(struct hs_task *self, struct litmus *l);
/*
 * The first has done all that it does to wake the second. Fails the assertion when the second
 * sleeps nevertheless, because then nothing will wake it.
 */
void litmus_expect_through(struct hs_task *self, struct litmus *l, uint32_t round);

#endif
