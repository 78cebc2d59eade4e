/* SPDX-License-Identifier: MIT */
/*
 * trace.h (explore) - the class of an execution as a number, and the set of classes that were seen
 *
 * Two executions are of one class if they differ in nothing but the order of independent steps. The
 * fingerprint of an execution is a hash of what all executions of its class share: of each step its
 * task, its number in that task, its kind, its object, and the steps before it that it depends on.
 *
 * The dependence is the fixed one of hs_touches_depend(), whatever a search uses. No other
 * condition on the state enters. So two searches that see every class have equal sets, and a
 * search that prunes too much has a smaller one.
 *
 * Tasks and objects that an execution makes are named by the task that makes them and by how many
 * it made before, because ids and addresses depend on the order of independent steps.
 */
#ifndef HS_PORT_EXPLORE_TRACE_H
#define HS_PORT_EXPLORE_TRACE_H

#include "port/explore/touch.h"
#include "port/port.h"

#define HS_TRACE_TASKS 32
#define HS_TRACE_COUNTERS (HS_PCPU_STRIDE / 16)

struct hs_trace_event {
	struct hs_touch touch;
	uint64_t hash;
};

struct hs_trace {
	bool on;
	bool failed; /* no memory: fingerprints are wrong from here on */
	struct hs_trace_event *event;
	uint32_t events, event_room;
	struct hs_words words;
	struct hs_trace_birth {
		uintptr_t start;
		uint64_t name;
	} * birth; /* objects of this execution, by rising address */
	uint32_t births, birth_room;
	uint32_t steps[HS_TRACE_TASKS], made[HS_TRACE_TASKS]; /* by each task in this execution */
	uint64_t counter[HS_TRACE_COUNTERS]; /* names of per-CPU counters of this execution, or 0 */
	uint64_t sum;			     /* over the steps so far */
	uint64_t *set;			     /* of fingerprints; 0: free place */
	uint64_t set_count, set_room, set_hash;
};

struct hs_sched;

/* Between executions. */
void hs_trace_begin(struct hs_trace *trace, bool on);
void hs_trace_reset(struct hs_trace *trace);
/* Adds the execution that has ended to the set. */
void hs_trace_keep(struct hs_trace *trace);
/* Gives back all memory. */
void hs_trace_end(struct hs_trace *trace);

/* @t is about to take its next step, or got @answer from hs_choose(). */
void hs_trace_step(struct hs_sched *s, const struct hs_task *t);
void hs_trace_choice(struct hs_sched *s, const struct hs_task *t, uint32_t answer);
/* @t has allocated @object. */
void hs_trace_alloc(struct hs_sched *s, const struct hs_task *t, const void *object);
/* @t has allocated per-CPU counter @number. */
void hs_trace_alloc_counter(struct hs_sched *s, const struct hs_task *t, unsigned int number);
/* What a new task is called: its place among the tasks that @parent makes. */
uint64_t hs_trace_name(uint64_t parent, uint32_t number);

#endif
