/* SPDX-License-Identifier: MIT */
/*
 * clocks.h (explore) - what happens before what, as vector clocks
 *
 * What a task does between two of its steps is a part, and the parts of a task are counted. The
 * clock of a task says of each task how many parts of it happened before. These order tasks:
 *
 *	release, acquire  a load that acquires, and the store that it reads; what a store carries
 *			  is said in views.h, because a clock is handed over as a view is
 *	fences		  before a relaxed store, after a relaxed load; SEQ_CST adds nothing
 *	locks		  unlock and lock, readers of an rwsem and the next writer
 *	predicates	  read the words that a wait is for, and acquire what their loads say
 *	tasks		  start and first part, last part and join
 *	RCU		  the end of a section, and of the grace period that waited for it; the
 *			  begin of a grace period, and sections after it; callbacks
 *
 * Nothing else does, also where memory is sequentially consistent: no relaxed access, no wake, no
 * retry, no clock. So it is C11's happens-before, and of two executions that differ in the order of
 * independent steps (touch.h) both have the same one: a word hands over in the order of steps that
 * depend on each other, and where steps commute (readers, completions, callbacks, grace periods)
 * what they hand over is a join, which has no order. Adds to a count (hs_u32_count()) do not
 * commute while clocks are there, because one of two that acquire sees the other.
 */
#ifndef HS_PORT_EXPLORE_CLOCKS_H
#define HS_PORT_EXPLORE_CLOCKS_H

#include "port/explore/keys.h"
#include "port/port.h"

#define HS_CLOCK_TASKS 32

struct hs_clock {
	uint32_t at[HS_CLOCK_TASKS];
};

struct hs_clock_task {
	struct hs_clock now;	  /* of the task itself: its parts that are over */
	struct hs_clock acquired; /* what it knows after an acquire fence */
	struct hs_clock released; /* at its last release fence: what its relaxed stores carry */
	struct hs_clock left;	  /* when it left its last read section */
	struct hs_clock grace;	  /* what the end of the grace period that it waits for brings */
};

struct hs_clocks {
	bool failed;	       /* no memory */
	struct hs_clock *sent; /* what stores carry; number 0 is nothing */
	uint32_t count, room;
	struct hs_keys word;   /* of a word without views: what its newest store carries */
	struct hs_clock begun; /* grace periods */
	struct hs_clock ran;   /* RCU callbacks */
	struct hs_clock_task task[HS_CLOCK_TASKS];
	struct hs_clock_task first[HS_CLOCK_TASKS]; /* where executions begin */
};

struct hs_sched;

/* Makes s->clocks. 0 or -ENOMEM. */
int hs_clocks_begin(struct hs_sched *s);
void hs_clocks_end(struct hs_sched *s);
/* Takes note of where executions begin, and goes back there. */
void hs_clocks_stand(struct hs_sched *s);
void hs_clocks_reset(struct hs_sched *s);

/* A part of @self is over. */
void hs_clocks_tick(struct hs_task *self);
/* The part that @self is in. */
uint32_t hs_clocks_part(const struct hs_task *self);
/* Part @part of task @other happened before what @self does now. */
bool hs_clocks_ordered(const struct hs_task *self, uint32_t other, uint32_t part);

/*
 * A store with what @earlier carries, and its own: the number of what it carries. A load of such a
 * store. For words with views, which keep that number with each store.
 */
uint32_t hs_clocks_send(struct hs_task *self, uint32_t earlier, enum hs_order o);
void hs_clocks_receive(struct hs_task *self, uint32_t sent, enum hs_order o);

/* Words without views, and under keys of order.c what is no word. */
void hs_clocks_load(struct hs_task *self, uintptr_t word, enum hs_order o);
void hs_clocks_store(struct hs_task *self, uintptr_t word, enum hs_order o);
void hs_clocks_rmw(struct hs_task *self, uintptr_t word, enum hs_order o);
/* As a read-modify-write that releases, of which the task does not see what it reads. */
void hs_clocks_add(struct hs_task *self, uintptr_t word);

void hs_clocks_fence(struct hs_task *self, enum hs_order o);
void hs_clocks_start(struct hs_task *parent, struct hs_task *child);
void hs_clocks_join(struct hs_task *self, uint64_t ended);
void hs_clocks_rcu_enter(struct hs_task *self);
void hs_clocks_rcu_leave(struct hs_task *self);
void hs_clocks_rcu_begin(struct hs_task *self, struct hs_task *waiter);
void hs_clocks_rcu_end(struct hs_task *self);
void hs_clocks_rcu_ran(struct hs_task *self);
void hs_clocks_rcu_poll(struct hs_task *self);

#endif
