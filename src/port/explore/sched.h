/* SPDX-License-Identifier: MIT */
/*
 * sched.h (explore) - one execution at a time: fibers, enabledness, reset
 *
 * The scheduler knows what can move; a chooser (src/explore) decides what does. An execution:
 *
 *   hs_sched_reset()	puts the machine and every fiber back to where set-up left them
 *   hs_sched_run()	steps until no task can move, the chooser cuts it, or a violation ends it
 *   hs_sched_finish()	what only the end can tell: deadlock, livelock, lost wake-ups
 *
 * The machine's image is the used part of the region, the life map of its granules, what the tasks
 * use of their state and of their stacks; put back by memcpy, so its size is the price of an
 * execution. Under sanitizers fibers start anew instead.
 */
#ifndef HS_PORT_EXPLORE_SCHED_H
#define HS_PORT_EXPLORE_SCHED_H

#include <setjmp.h>

#include <hmmsim/explore.h>

#include "port/port.h"

#define HS_SCHED_TASKS 32 /* boot included; RCU callbacks take one each */
#define HS_SCHED_DEBTS 16
#define HS_HASH_OBJECTS 256
#define HS_CPUS_MAX 16
#define HS_GRANULE 16

enum hs_life {
	HS_LIFE_NEVER,
	HS_LIFE_LIVE,
	HS_LIFE_FREED,
};

/* A predicate came true at a step after the last wake of its queue. */
struct hs_debt {
	struct hs_waitq *queue;
	uint32_t task;
};

/*
 * pick() returns a task of @enabled, or -1 to cut the execution; choose() answers hs_choose() with a
 * number below @n. Both are told the depth, the number of decisions before.
 */
struct hs_chooser {
	int (*pick)(void *ctx, struct hs_sched *s, uint32_t enabled);
	uint32_t (*choose)(void *ctx, struct hs_sched *s, uint32_t n);
	void *ctx;
};

enum hs_run {
	HS_RUN_QUIET, /* nothing can move */
	HS_RUN_CUT,
	HS_RUN_VIOLATION,
};

struct hs_part {
	void *start;
	size_t size;
};

/* Where every execution begins. */
struct hs_image {
	char *bytes;
	size_t used; /* of the region */
	uint32_t parts;
	uint32_t tasks, ready, conditional;
	enum hs_verdict verdict; /* of the code before the first steps */
	char message[512];
	struct hs_part part[2 + 2 * HS_SCHED_TASKS];
};

struct hs_sched {
	struct hs_fiber fiber; /* first: hs_sched_fiber() */
	const struct hs_chooser *chooser;
	struct hs_arena *arena;
	uint32_t ready;	      /* tasks whose next step can always be taken */
	uint32_t conditional; /* tasks whose next step may have to wait */
	uint32_t fresh;	      /* started by the step just taken, not yet run */
	uint32_t tasks;	      /* slots in use, boot included */
	uint32_t step, max_steps;
	uint32_t current; /* the task that runs, or ran last */
	uint32_t cpus;	  /* of the next arena; 0: 2 */
	size_t high;	  /* bytes of the region that earlier arenas may have left dirty */
	bool running;
	bool hashing;
	uint64_t hash;
	uint32_t object_count;
	const void *objects[HS_HASH_OBJECTS]; /* that the hash has met */
	enum hs_verdict verdict;	      /* of the execution so far */
	char message[512];
	uint8_t *schedule; /* decisions: task ids; with HS_CHOICE, answers of choose() */
	uint32_t decisions, schedule_room;
	struct hs_debt debts[HS_SCHED_DEBTS];
	uint32_t debt_count;
	jmp_buf *boot_guard; /* where a failed assertion of set-up or check goes */
	struct hs_image image;
	uint8_t *life; /* of each granule of the region */
	char *region;
	char *stacks;
	char names[HS_SCHED_TASKS][16];
	struct hs_task task[HS_SCHED_TASKS]; /* 0 is the boot task */
};

#define HS_CHOICE 0x80u

/* The one scheduler of the process, made at first use; NULL without memory for it. */
struct hs_sched *hs_sched_get(void);
void hs_sched_put(void);

/* After set-up: runs every started task to its first step and keeps the image. 0 or -ENOMEM. */
int hs_sched_begin(struct hs_sched *s, const struct hs_chooser *chooser, uint32_t max_steps);
void hs_sched_reset(struct hs_sched *s);
enum hs_run hs_sched_run(struct hs_sched *s);
/* True: no violation. Call it after HS_RUN_QUIET. */
bool hs_sched_finish(struct hs_sched *s);
/* Forgets tasks and image; the region may hold another arena then. */
void hs_sched_end(struct hs_sched *s);

/* Runs fn on the boot task. False: it failed an assertion, which is the verdict now. */
bool hs_sched_on_boot(struct hs_sched *s, void (*fn)(void *arg), void *arg);

/* Whether the order of the two tasks' next steps may matter. */
bool hs_ops_depend(const struct hs_task *a, const struct hs_task *b);
void hs_sched_violation(struct hs_sched *s, enum hs_verdict verdict, const char *format, ...)
	HS_PRINTF(3, 4);
/* A slot for a new task whose first step is taken when the scheduler is next in charge. */
struct hs_task *hs_sched_task_new(struct hs_sched *s, const char *name,
				  void (*fn)(struct hs_task *self, void *arg), void *arg);
void hs_task_clear(struct hs_sched *s, struct hs_task *t, uint32_t id, const char *name);

/* ops.c: whether the next step of the task can be taken now */
bool hs_op_enabled(struct hs_sched *s, struct hs_task *t);
/* A word for an operation: "lock", "wait". */
const char *hs_op_name(enum hs_op_kind kind);

static inline enum hs_life hs_life_of(const struct hs_sched *s, const void *addr)
{
	uintptr_t offset = (uintptr_t)addr - (uintptr_t)s->region;

	return offset < HS_ARENA_BYTES ? (enum hs_life)s->life[offset / HS_GRANULE] : HS_LIFE_LIVE;
}

/* How many objects of each kind are live: HS_KIND_COUNT figures. */
const uint64_t *hs_arena_live(const struct hs_arena *arena);
void hs_life_set(struct hs_sched *s, void *object, size_t size, enum hs_life life);

#endif
