/* SPDX-License-Identifier: MIT */
/*
 * search_state.h - a state of the model: bytes without padding, so that states can be compared
 */
#ifndef HS_TESTS_SEARCH_STATE_H
#define HS_TESTS_SEARCH_STATE_H

#include "conformance/search_outcome.h"

#define STATE_CALLS (PROGRAM_TASKS * PROGRAM_NEWS)
#define STATE_CPUS 4
#define STATE_HELD 8
/* Locks: mutexes, spinlocks, rwsems. */
#define STATE_LOCKS (MUTEX_COUNT + SPIN_COUNT + SEM_COUNT)
#define STATE_WRITER 0x80

enum state_life {
	LIFE_NEVER,
	LIFE_LIVE,
	LIFE_FREED
};
enum state_run {
	RUN_NEVER,
	RUN_LIVE,
	RUN_ENDED
};

/* A task is at operation .pc, at its step .sub, which it has not taken. */
struct state_task {
	uint8_t run, pc, sub;
	uint8_t slot; /* number among all tasks and callbacks, in the order of their starts */
	uint8_t seen;
	uint8_t object; /* h: 0 or 1 + number */
	uint8_t news, calls, nest, sum, counter;
	uint8_t woken;	 /* while the predicate held */
	uint8_t threads; /* mask of the tasks that it has started */
	uint8_t held_count;
	uint8_t held[STATE_HELD]; /* locks */
	uint8_t cpu;
	uint8_t nothing;
	uint16_t readers; /* that its grace period waits for: mask of slots */
	uint16_t join;	  /* callbacks that it waits for: mask of slots */
	struct outcome_log log;
};

/* A callback of RCU. */
struct state_call {
	uint8_t run, sub;
	uint8_t slot;
	uint8_t object;	  /* to free: 1 + number; 0: */
	uint8_t task, op; /* adds to a word and wakes a queue */
	uint16_t readers;
};

struct state {
	uint8_t verdict, who;
	uint8_t begun; /* a step was taken */
	uint8_t slots; /* in use, boot included */
	uint8_t word[WORD_O0];
	uint8_t pointer, ticks;
	uint8_t life[PROGRAM_OBJECTS], value[PROGRAM_OBJECTS];
	uint8_t owner[STATE_LOCKS]; /* slot + 1; of an rwsem: readers, or STATE_WRITER | slot */
	uint8_t wanted[SEM_COUNT];  /* writers that wait */
	uint8_t count[STATE_CPUS], count_life[STATE_CPUS], count_freed;
	uint8_t debt[QUEUE_COUNT]; /* must be woken */
	uint8_t call_count;
	uint16_t sections; /* slots in a read section of RCU */
	uint16_t pending;  /* slots of callbacks that have not ended */
	struct state_task task[PROGRAM_TASKS];
	struct state_call call[STATE_CALLS];
};

#define STATE_CHOICES 16

/* What hs_choose() answers within one step: all combinations, one after the other. */
struct state_script {
	uint8_t answer[STATE_CHOICES], count[STATE_CHOICES];
	unsigned int length, at;
};

struct state_rules {
	const struct program *p;
	struct state_script script;
};

void state_fails(struct state *s, enum hs_verdict verdict);
/* Tasks that were started run to their first step, in the order of their starts. */
void state_start_tasks(struct state_rules *m, struct state *s);
bool state_task_enabled(const struct state_rules *m, struct state *s, unsigned int task);
bool state_call_enabled(const struct state_call *c);
void state_step_task(struct state_rules *m, struct state *s, unsigned int task);
void state_step_call(const struct state_rules *m, struct state *s, struct state_call *c);
/* The task has read @value. */
void state_see(struct state_task *t, uint8_t value);
/* Of mutexes, spinlocks and rwsems. A step is the operation's last one if it returns true. */
bool state_lock_in_order(const struct state_task *t, const struct program_op *op);
bool state_lock_enabled(const struct state *s, const struct state_task *t,
			const struct program_op *op);
bool state_step_lock(struct state *s, struct state_task *t, const struct program_op *op);
bool state_step_sem(struct state *s, struct state_task *t, const struct program_op *op);
bool state_holds_spinlock(const struct state_task *t);
/* The next combination of answers. False: there is none. */
bool state_next_script(struct state_script *script);
/* Of a word other than h.v. */
bool state_word_is_dead(const struct state *s, uint8_t word);
uint8_t state_word(struct state *s, uint8_t word);

#endif
