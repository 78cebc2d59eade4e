/* SPDX-License-Identifier: MIT */
/*
 * processes.h - a machine that a test and its forked children share
 */
#ifndef HS_TESTS_PROCESSES_H
#define HS_TESTS_PROCESSES_H

#include <sys/types.h>

#include "support/play.h"

struct shared_state {
	hs_u64 *counter;
	struct hs_mutex mutex;
	struct hs_spinlock spin;
	struct hs_rwsem sem;
	struct hs_waitq queue;
	struct play_object object;
	hs_u32 killed, holding, waiting, turn, never, bad;
	uint64_t plain[3];
	uint64_t gets[2];
	uint32_t rounds;
};

extern struct hs_machine *machine;
extern struct hs_task *boot;
extern struct shared_state *sh; /* in the machine */

/* Set-up and teardown of a test: teardown fails if the machine held anything more. */
int processes_up(void **state);
int processes_down(void **state);

/* A child that runs fn(arg) and exits with 0, or is ended by SIGALRM when it hangs. */
pid_t spawn(void (*fn)(void *arg), void *arg);
/* In a child: a task, or its end. */
struct hs_task *join_machine(const char *name);
void assert_ended_well(pid_t pid);
/* Waits for a flag that a child sets, or for a child that ends, which fails the test. */
void until(const hs_u32 *flag);
/* The same for the task in slot @id, until it sleeps. */
void until_it_sleeps(uint32_t id);
void kill_holder(pid_t pid);

#endif
