/* SPDX-License-Identifier: MIT */
/*
 * races_trace.h - what an execution of a random program of test_races_random did, and what it shows
 */
#ifndef HS_TESTS_RACES_TRACE_H
#define HS_TESTS_RACES_TRACE_H

#include <hmmsim/hmmsim.h>

#include "explore/search.h"

#define TASKS 3
#define OPS 5
#define EVENTS (TASKS * OPS * 3)
#define WORDS 2
#define PLAINS 2
#define LOCKS 2

enum kind {
	STORE,
	LOAD,
	XCHG,
	WAIT, /* for a word that is not 0: a load of its predicate */
	FENCE,
	READ,  /* plain, of a plain object or of a word */
	WRITE, /* the same */
	COMPLETE,
	AWAIT,
	BEGIN_GRACE, /* and END_GRACE: a grace period */
	END_GRACE,
	LOCK,
	UNLOCK,
	DOWN_READ,
	UP_READ,
	DOWN_WRITE,
	UP_WRITE,
	RCU_LOCK,
	RCU_UNLOCK,
	KINDS
};

struct op {
	enum kind kind; /* a lock is released before the next lock, and at the end */
	enum hs_sync_order order;
	uint32_t object; /* of plain accesses: from PLAINS on a word */
	bool guarded;	 /* only if what the task has loaded last is not 0 */
};

struct program {
	enum hs_plain plain, mode[PLAINS]; /* of words; of plain objects */
	uint32_t tasks, ops[TASKS];
	struct op op[TASKS][OPS];
};

struct event {
	struct op op;
	uint32_t task, wrote, read; /* values; each store has one of its own */
	uint32_t decisions;	    /* so far */
};

/* The events of one execution, in order. */
struct races_trace {
	struct event event[EVENTS];
	uint32_t events;
};

extern struct races_trace races_trace;

bool races_event_loads(const struct event *e);
/* A plain access that is a step. */
bool races_event_steps(const struct program *p, const struct event *e);
/* What happens before what, by transitive closure. */
void races_order_events(const struct hs_sched *s);
/* Some of the first @count events race, of objects whose accesses are checked. */
bool races_are_there(const struct program *p, uint32_t count);
/* Each plain read that is a step has what was written last. */
bool races_reads_are_fresh(const struct program *p);
/* What each task has read, and what is left where accesses are steps. */
uint64_t races_outcome(const struct program *p);

#endif
