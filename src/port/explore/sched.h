/* SPDX-License-Identifier: MIT */
/*
 * sched.h (explore) - one execution at a time: fibers, enabledness, reset
 *
 * The scheduler knows which tasks can move; a chooser (src/explore) decides which one does. An
 * execution:
 *
 *   hs_sched_reset()	puts the machine and every fiber back to where set-up left them
 *   hs_sched_run()	steps until no task can move, the chooser cuts it, or a violation ends it
 *   hs_sched_finish()	finds what only the end can tell: deadlock, livelock, lost wake-ups
 *
 * The image of the machine is the used part of the region, the life map of its granules, what the
 * tasks use of their state and stacks, and data that the scenario names. memcpy puts it back, so
 * that the cost of an execution grows with its size. Under sanitizers fibers start anew instead.
 */
#ifndef HS_PORT_EXPLORE_SCHED_H
#define HS_PORT_EXPLORE_SCHED_H

#include <setjmp.h>

#include <hmmsim/explore.h>

#include "port/explore/births.h"
#include "port/explore/clocks.h"
#include "port/explore/crash.h"
#include "port/explore/order.h"
#include "port/explore/plains.h"
#include "port/explore/races.h"
#include "port/explore/repeat.h"
#include "port/explore/retries.h"
#include "port/explore/touch.h"
#include "port/explore/trace.h"
#include "port/explore/views.h"
#include "port/port.h"

#define HS_SCHED_TASKS 32 /* boot included; RCU callbacks take one each */
#define HS_SCHED_DEBTS 64
#define HS_SCHED_DATA 20
#define HS_SCHED_LABELS 64
/* How often a task retries in an execution because no task can move, before that is a livelock. */
#define HS_SOLO_RETRIES 128
#define HS_HASH_OBJECTS 256
#define HS_CPUS_MAX 16
#define HS_GRANULE 16
#define HS_SCHED_MESSAGE sizeof(((struct hs_explore_result *)NULL)->message)

/* Of a granule of the region. */
enum hs_life {
	HS_LIFE_NEVER, /* never allocated */
	HS_LIFE_LIVE,
	HS_LIFE_FREED,
};

/* A task went on because its predicate held, but its queue has not been woken since it held. */
struct hs_debt {
	struct hs_waitq *queue;
	const char *where; /* it waited */
	uint32_t task;
};

#define HS_PICK_CUT (-1)
#define HS_PICK_QUIET (-2)

/*
 * Decides for an execution. pick() returns a task of the mask @enabled, or HS_PICK_CUT to cut the
 * execution, or HS_PICK_QUIET to end it as if no task could move. choose() answers hs_choose() with
 * a number below @n. s->decisions says how many decisions came before.
 */
struct hs_chooser {
	int (*pick)(void *ctx, struct hs_sched *s, uint32_t enabled);
	uint32_t (*choose)(void *ctx, struct hs_sched *s, uint32_t n);
	void *ctx;
};

/* How an execution ended. */
enum hs_run {
	HS_RUN_QUIET, /* no task can move */
	HS_RUN_CUT,   /* the chooser cut it */
	HS_RUN_VIOLATION,
};

/* One piece of memory that the image saves. */
struct hs_part {
	void *start;
	size_t size;
};

/* Where every execution begins. */
struct hs_image {
	char *bytes;
	size_t used; /* of the region */
	bool saved;  /* in the exploration that runs */
	uint32_t parts;
	uint32_t tasks, ready, conditional;
	enum hs_verdict verdict; /* on the code before the first steps */
	char message[HS_SCHED_MESSAGE];
	struct hs_part part[2 + 2 * HS_SCHED_TASKS + HS_SCHED_DATA];
};

/* What the author of a scenario calls a piece of memory, in reports. */
struct hs_label {
	const char *name;
	uintptr_t start;
	size_t size;
	uint64_t first,
		step; /* entries of a device: what the first is for, and from one to the next;
				 step 0: it is none */
};

/* A step of the boot task in set-up or check; .note.value holds what the word held after it. */
struct hs_direct_step {
	struct hs_repeat_note note;
	uint64_t before;
	bool known; /* .before and the value */
};

#define HS_DIRECT_STEPS 64 /* the last of them are kept */

/* What set-up, or the final check, has done: for reports. */
struct hs_direct {
	bool ran;   /* since the execution began, or before the first one */
	bool on;    /* it runs now, and its steps are noted */
	bool check; /* the final check, not the set-up */
	uint32_t count;
	struct hs_direct_step step[HS_DIRECT_STEPS];
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
	uint64_t executions;   /* that have begun */
	uint64_t direct_steps; /* operations outside an execution */
	uint32_t current;      /* the task that runs, or ran last */
	uint32_t cpus;	       /* of the next arena; 0: 2 */
	size_t high;	       /* bytes of the region that earlier arenas may have written */
	bool running;
	bool refused; /* the last step did not take place, because of what it would touch */
	bool begun;   /* the set-up is over */
	bool alone;   /* no task could move: the tasks to pick from are those that may retry solo */
	struct hs_retries retries;
	struct hs_repeat repeat;
	struct hs_births births;
	struct hs_direct direct;
	/* Prints "<word> is <value>" for messages. NULL: no exploration has begun yet. */
	void (*print_word)(const struct hs_sched *s, uintptr_t addr, uint64_t value, char *text,
			   size_t size);
	bool hashing;
	uint64_t hash;
	struct hs_trace trace;
	struct hs_words scratch;  /* of hs_independent_tasks() */
	struct hs_views *views;	  /* NULL: memory is sequentially consistent */
	struct hs_clocks *clocks; /* NULL: races are not looked for */
	struct hs_races *races;	  /* the same */
	struct hs_plains plain;
	uint32_t object_count;
	const void *objects[HS_HASH_OBJECTS]; /* in the order in which the hash met them */
	enum hs_verdict verdict;	      /* on the execution so far */
	char message[HS_SCHED_MESSAGE];
	struct {
		uintptr_t addr;
		const char *where;
		uint32_t task;
	} dead; /* HS_VERDICT_FREED: what was used, and by whom */
	/* What the result of the exploration shows. .schedule is NULL: nothing has been found. */
	struct {
		const char *verdict, *message, *schedule;
	} found;
	uint8_t *schedule; /* decisions: task ids; with HS_CHOICE, answers of choose() */
	uint32_t decisions, schedule_room;
	struct hs_debt debts[HS_SCHED_DEBTS];
	uint32_t debt_count;
	struct hs_task *asking; /* whose predicate is asked */
	jmp_buf *run_guard;	/* where a failed assertion or a crash of a predicate goes */
	jmp_buf *boot_guard;	/* where one of set-up or check goes */
	jmp_buf *peek_guard;	/* under ASan: where a predicate ends that reads a freed word */
	struct hs_crash crash;	/* after one nothing runs, and the scheduler is dropped */
	uint32_t stall_ms;
	struct hs_image image;
	struct hs_part data[HS_SCHED_DATA]; /* the scenario's own, outside the machine */
	uint32_t data_count, foreign_count; /* the first ones are those of foreign code */
	struct hs_label label[HS_SCHED_LABELS];
	uint32_t label_count;
	uint8_t *life; /* of each granule of the region */
	char *region;
	struct hs_fiber_stacks stacks;
	size_t stack_size; /* that was asked for */
	char names[HS_SCHED_TASKS][16];
	struct hs_task task[HS_SCHED_TASKS]; /* 0 is the boot task */
};

#define HS_CHOICE 0x80u

/* The one scheduler of the process, made at first use. NULL: no memory. */
struct hs_sched *hs_sched_get(void);
/* Gives all of it back, with the arena that it has: after a crash nothing in it can be trusted. */
void hs_sched_drop(void);
/* While no execution runs: stacks of at least @size bytes. 0 or -ENOMEM. */
int hs_sched_set_stack_size(struct hs_sched *s, size_t size);

/* An item of a schedule as text. */
#define HS_SCHEDULE_ITEM 16
/* Prints the first item of @decisions: "2*7". How many decisions it stands for. */
uint32_t hs_schedule_item(const uint8_t *decisions, uint32_t count, char text[HS_SCHEDULE_ITEM]);

/* After set-up: runs every started task to its first step and keeps the image. 0 or -ENOMEM. */
int hs_sched_begin(struct hs_sched *s, const struct hs_chooser *chooser, uint32_t max_steps);
void hs_sched_reset(struct hs_sched *s);
enum hs_run hs_sched_run(struct hs_sched *s);
/* After HS_RUN_QUIET. True: no violation. */
bool hs_sched_finish(struct hs_sched *s);
/* Forgets tasks and verdict, so that the region can hold another arena. */
void hs_sched_end(struct hs_sched *s);

/* hash.c: a step that is about to be taken, and what it has read. */
void hs_hash_step(struct hs_sched *s, const struct hs_task *t);
void hs_hash_result(struct hs_sched *s, const struct hs_task *t);
/*
 * Of the execution that has ended: its decisions, and what they did to which objects with which
 * values, by their notes. It is the same for every compiler and every process: lines, sizes,
 * addresses and pointers do not enter.
 */
uint64_t hs_hash_notes(struct hs_sched *s);

/* image.c: keeps what an execution begins with, and puts it back. 0 or -ENOMEM. */
int hs_image_save(struct hs_sched *s);
void hs_image_restore(struct hs_sched *s);
/* The machine alone, if it has an image: code under test may have written over it. */
void hs_image_restore_machine(struct hs_sched *s);

/* Runs fn(arg) on the boot task. False: there is a verdict now, for instance a failed assertion. */
bool hs_sched_on_boot(struct hs_sched *s, void (*fn)(void *arg), void *arg);

void hs_sched_violation(struct hs_sched *s, enum hs_verdict verdict, const char *format, ...)
	HS_PRINTF(3, 4);
/*
 * There is a verdict: what runs does not go on. In an execution that is the fiber of @self; a
 * predicate that is asked, and set-up and check, jump to their guard.
 */
HS_NORETURN void hs_sched_stop(struct hs_task *self);
/* A new task, which runs to its first step when the scheduler runs next. NULL: no slot is free. */
struct hs_task *hs_sched_task_new(struct hs_sched *s, const char *name,
				  void (*fn)(struct hs_task *self, void *arg), void *arg);
void hs_task_clear(struct hs_sched *s, struct hs_task *t, uint32_t id, const char *name);
/*
 * In an execution: the chooser's answer below @n, as a decision of @self. There must be room for
 * it: no more choices than max_steps. @why: what is decided, for reports; NULL: which store a load
 * sees.
 */
uint32_t hs_sched_choose(struct hs_task *self, uint32_t n, const char *why);

/* clock.c: milliseconds of the host since some moment. */
uint64_t hs_host_ms(void);

/* What the next step of the task touches is not live: a verdict. */
void hs_report_dead(struct hs_sched *s, const struct hs_task *t);
/* step.c: notes what the last step of set-up or check has left, now that it is over. */
void hs_direct_settle(struct hs_sched *s);
/* step.c: what a word of hs_read_word() holds. It may be freed, and keeps its value then. */
uint64_t hs_word_value(uintptr_t word);

/* ops.c: whether the next step of the task can be taken now */
bool hs_op_enabled(struct hs_sched *s, struct hs_task *t);
/* The task has looked, and waits for the predicate to hold. */
static inline bool hs_op_sleeps(const struct hs_op *op)
{
	return op->kind == HS_OP_WAIT || op->kind == HS_OP_WAIT_UNTIL;
}

/* The class of the lock that the operation is about. HS_LOCK_CLASS_NONE: it is about none. */
#define HS_LOCK_CLASS_NONE UINT32_MAX
uint32_t hs_op_lock_class(const struct hs_op *op);

static inline bool hs_op_is_plain(enum hs_op_kind kind)
{
	return kind >= HS_OP_PLAIN_READ && kind <= HS_OP_PLAIN_COPY;
}

/* Its place is that of a step before it. */
static inline bool hs_op_follows(enum hs_op_kind kind, uint8_t detail)
{
	return hs_op_is_plain(kind) && (detail & HS_DETAIL_WHAT) != HS_WHAT_PLACED;
}

/* A word for an operation: "lock", "wait". */
const char *hs_op_name(enum hs_op_kind kind);

static inline enum hs_life hs_life_of(const struct hs_sched *s, const void *addr)
{
	uintptr_t offset = (uintptr_t)addr - (uintptr_t)s->region;

	return offset < HS_ARENA_BYTES ? (enum hs_life)s->life[offset / HS_GRANULE] : HS_LIFE_LIVE;
}

/* The name of the smallest piece that has @addr. NULL: the author gave none. */
static inline const struct hs_label *hs_label_of(const struct hs_sched *s, uintptr_t addr)
{
	const struct hs_label *best = NULL;

	for (uint32_t i = 0; i < s->label_count; i++) {
		const struct hs_label *l = &s->label[i];

		if (addr - l->start < l->size && (!best || l->size < best->size))
			best = l;
	}
	return best;
}

/* "ring lock", "ring lock+0x8", "D.entry[0x1000]" */
void hs_label_print(const struct hs_label *label, uintptr_t addr, char *text, size_t size);

/*
 * A number that is an address outside the machine, which differs from run to run, or looks like
 * one: reports do not print it.
 */
static inline bool hs_value_is_address(const struct hs_sched *s, uint64_t value)
{
	return value >= (uint64_t)1 << 44 && value < (uint64_t)1 << 48 &&
	       value - (uintptr_t)s->region >= HS_ARENA_BYTES;
}

/* How many objects of each kind are live: HS_KIND_COUNT figures. */
const uint64_t *hs_arena_live(const struct hs_arena *arena);

#endif
