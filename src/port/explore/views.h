/* SPDX-License-Identifier: MIT */
/*
 * views.h (explore) - weak memory: what a load may see besides the newest value
 *
 * With hs_explore_options.memory = HS_MEMORY_VIEWS every shared word keeps the values that were
 * stored to it in an execution, in order, and every task a view: for each word the oldest store
 * that it may still read. A load reads that one or a newer one; which is a decision of the
 * execution, as hs_choose() is, with answer 0 for the newest. What a task has read or stored raises
 * its view, so that it never goes back. A store carries a view along:
 *
 *	release		the task's view: an acquire load that reads the store joins it
 *	relaxed		the view at the task's last release fence, if any
 *	read-modify-write  reads the newest store and carries its view on (a release sequence)
 *
 * SEQ_CST is C11's. A load is no older than the newest SEQ_CST store to the word. A fence joins one
 * view that all of them share, both ways. So steps of different words are independent unless one of
 * them is a SEQ_CST fence and the other is SEQ_CST, too (struct hs_op.strong).
 *
 * What orders tasks otherwise hands a view over: a lock, with the readers of an rwsem kept apart,
 * because they are independent of each other; the start of a task, its end to a join; a read
 * section to the end of the grace period that began before or in it, and the begin of a grace
 * period to later sections; call_rcu to its callback, callbacks to poll and barrier. A wake hands
 * over nothing, because a sleeper may go on without it.
 *
 * What a task waits for it sees as it is: a predicate reads the newest values and acquires what its
 * loads say. So does a read-modify-write that fails. A task that tries again is not kept in the
 * past: hs_retry_wait() raises its view to the newest store of each word that it read since its
 * last retry. If it goes on because no task can move, every task sees the newest store of each
 * word.
 *
 * Plain data, *_init() and what the set-up writes are seen by every task: a word that changed
 * without a store begins anew. Memory that is freed has no successor at its address. The clock is
 * sequentially consistent.
 */
#ifndef HS_PORT_EXPLORE_VIEWS_H
#define HS_PORT_EXPLORE_VIEWS_H

#include "port/port.h"

struct hs_sched;

/* Makes s->views. 0 or -ENOMEM. While it is there, tasks that are made see memory through it. */
int hs_views_begin(struct hs_sched *s);
void hs_views_end(struct hs_sched *s);
/* An execution begins: every word has one value. */
void hs_views_reset(struct hs_sched *s);
/* There was no memory: what was explored since says nothing. */
bool hs_views_failed(const struct hs_sched *s);

/*
 * All of these are for tasks that see memory through views, after the step that they belong to;
 * order.h says when, hs_views_rmw() is in backend.h. What is no word, as a lock, takes part under
 * an address that is not aligned to 4 bytes.
 */

/* What a load sees; what a store brings about, and a read-modify-write that does not take place. */
uint64_t hs_views_load(struct hs_task *self, const void *addr, uint64_t newest, enum hs_order o);
void hs_views_store(struct hs_task *self, const void *addr, uint64_t before, uint64_t value,
		    enum hs_order o);
void hs_views_see(struct hs_task *self, const void *addr, uint64_t newest, enum hs_order o);
/* A step if it is SEQ_CST. */
void hs_views_fence(struct hs_task *self, enum hs_order o);
void hs_views_start(struct hs_task *parent, struct hs_task *child);
/* The tasks of the mask have ended. */
void hs_views_join(struct hs_task *self, uint64_t ended);
/* @self is about to try again. */
void hs_views_retry(struct hs_task *self);

void hs_views_rcu_enter(struct hs_task *self);
/* Before @self is taken out of the masks that it is waited for in. */
void hs_views_rcu_leave(struct hs_task *self);
/* A grace period of @self begins, for whose end @waiter waits. */
void hs_views_rcu_begin(struct hs_task *self, struct hs_task *waiter);
void hs_views_rcu_end(struct hs_task *self);
/* @self has run a callback; @self asks which have run. */
void hs_views_rcu_ran(struct hs_task *self);
void hs_views_rcu_poll(struct hs_task *self);

/*
 * A step: every other task executes a SEQ_CST fence, between two of the caller's. For the algorithm
 * of native grace periods (port/common/grace.h). Without views: nothing.
 */
void hs_views_membarrier(struct hs_task *self);

#endif
