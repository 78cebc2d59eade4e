/* SPDX-License-Identifier: MIT */
/*
 * arena.h (explore) - what the explorer keeps of a machine
 *
 * One struct hs_arena at the start of the scheduler's region; it is part of the image that begins
 * every execution. Only the explorer's backend looks inside.
 *
 * Behind it lie the per-CPU counters, HS_PCPU_STRIDE bytes for each simulated CPU, then the
 * objects.
 */
#ifndef HS_PORT_EXPLORE_ARENA_H
#define HS_PORT_EXPLORE_ARENA_H

#include "port/common/region.h"
#include "port/port.h"

struct hs_arena {
	struct hs_machine_config config;
	void *root;
	uint64_t ticks;
	uint64_t allocations;
	/* A literal in the program: putting the image back changes nothing. */
	const char *failed_at;
	uint64_t live[HS_KIND_COUNT];
	struct hs_class_table *classes; /* classes.c */
	struct hs_tracked *tracked;	/* also those that are freed; of no exploration */
	uint64_t bytes;
	uint64_t grace_periods;
	uint64_t retries;
	struct {
		uint64_t readers;   /* mask of tasks in a section */
		uint64_t callbacks; /* mask of tasks that run or will run a callback */
	} rcu;
	hs_ptr direct_callbacks; /* queued outside an execution */
	uint32_t cpus;
	uint16_t pcpu_map;   /* counters that are live */
	uint16_t pcpu_spent; /* freed in this execution, so not given out again */
	char *pcpu;	     /* the counters' slots of CPU 0 */
	struct hs_region region;
};

/* Counts an allocation. False for the one that config.fail_at names. */
bool hs_arena_may_alloc(struct hs_arena *arena, const char *where);

/*
 * Outside an execution only one thread runs: a callback waits in a queue, and poll runs the queue
 * when no task is in a read section. True: callbacks are left.
 */
bool hs_rcu_poll_direct(struct hs_task *self);

/* For reports: what of the arena itself, or of a counter, lies at @addr. */
void hs_arena_name_word(const struct hs_arena *arena, uintptr_t addr, char *text, size_t size);

#endif
