/* SPDX-License-Identifier: MIT */
/*
 * turns.h - two tasks that take turns, on one machine of threads
 */
#ifndef HS_TESTS_TURNS_H
#define HS_TESTS_TURNS_H

#include "port/port.h"
#include "support/test.h"

struct turns {
	struct hs_waitq queue;
	struct hs_mutex mutex;
	hs_u32 turn;
	hs_u32 timed_out, done, present;
	uint32_t rounds;
	uint64_t plain;
};

extern struct hs_arena *turns_arena;
extern struct hs_task *turns_boot;
extern struct turns *turns;

/* Set-up and tear-down of a test. 0 or -1. */
int turns_up(void **state);
int turns_up_with(const struct hs_machine_config *config);
int turns_down(void **state);
/* Runs the two tasks to their ends. */
void turns_run(void (*a)(struct hs_task *, void *), void (*b)(struct hs_task *, void *));
/* Waits until both tasks are there. If one were alone, its deadline would come next. */
void turns_begin(struct hs_task *self);
/* Whose turn it is. */
bool turns_even(struct hs_task *self, void *arg);
bool turns_odd(struct hs_task *self, void *arg);
void turns_pass_on(struct hs_task *self);

#endif
