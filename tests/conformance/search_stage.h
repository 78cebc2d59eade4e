/* SPDX-License-Identifier: MIT */
/*
 * search_stage.h - the objects of a program in memory, and how its operations are executed
 */
#ifndef HS_TESTS_SEARCH_STAGE_H
#define HS_TESTS_SEARCH_STAGE_H

#include "conformance/search_outcome.h"
#include "pgmap/percpu_ref.h"
#include "port/port.h"

/* An object that can be freed. Nothing that is used lies at its start. */
struct thing {
	char nothing[8];
	hs_u64 value;
	struct hs_waitq queue;
	struct hs_mutex mutex;
	struct hs_spinlock spin;
	struct hs_rwsem sem;
};

struct stage;

/* A callback of RCU. */
struct stage_call {
	struct hs_rcu_head head;
	struct stage *stage;
	struct thing *thing;	     /* to free; NULL: */
	const struct program_op *op; /* adds to a word and wakes a queue */
};

struct stage_pred {
	struct stage *stage;
	const uint8_t *arg;
};

struct stage_task {
	struct stage *stage;
	unsigned int index;
	uint8_t seen; /* the last observation */
	uint8_t news;
	uint8_t calls;
	uint8_t tries[PROGRAM_OPS];
	struct thing *held;
	hs_u64 *counter;
	struct hs_thread *thread[PROGRAM_TASKS];
	struct stage_pred pred;
	struct stage_call call[PROGRAM_NEWS];
	struct outcome_log log;
};

struct stage {
	const struct program *program;
	hs_u32 a, b;
	hs_u64 pair[8] __attribute__((__aligned__(64))); /* the largest chunk; two are used */
	hs_ptr pointer;
	struct hs_mutex mutex[2];
	struct hs_spinlock spin;
	struct hs_rwsem sem;
	struct hs_waitq queue[2];
	hs_u64 *counter;
	struct hs_percpu_ref ref;
	hs_u32 released, exited;
	struct hs_waitq drained;
	bool uses_ref, counter_freed;
	bool noted; /* .final is filled in */
	uint8_t final[OUTCOME_FINALS];
	struct thing *thing[PROGRAM_OBJECTS];
	struct stage_task task[PROGRAM_TASKS];
};

struct thing *stage_thing_new(struct hs_task *self, uint64_t value);
void stage_thing_free(struct hs_task *self, struct thing *thing);
void stage_released(struct hs_task *self, struct hs_percpu_ref *ref);
/* 0: NULL; otherwise 1 + the object's number, which does not depend on its address. */
uint8_t stage_tag(const struct stage *st, const void *thing);
/* Runs the operations of a task; @arg is its struct stage_task. */
void stage_task_main(struct hs_task *self, void *arg);

#endif
