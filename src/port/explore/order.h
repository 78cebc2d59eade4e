/* SPDX-License-Identifier: MIT */
/*
 * order.h (explore) - what orders tasks, told to those who follow it
 *
 * Views (views.h) and clocks (clocks.h) hand over at the same places. A task is followed if one of
 * them is there. All of these, and those of backend.h, are for tasks that are followed, after the
 * step that they belong to.
 */
#ifndef HS_PORT_EXPLORE_ORDER_H
#define HS_PORT_EXPLORE_ORDER_H

#include "port/port.h"

/* @t is about to take its next step: what a lock hands over. */
void hs_order_step(struct hs_task *t);
/* @self is about to release @object and what it guards; hs_order_acquire() is in backend.h. */
void hs_order_release(struct hs_task *self, const void *object);
/* The readers of @object: those that release, and the writer that comes after them. */
void hs_order_acquire_readers(struct hs_task *self, const void *object);
void hs_order_release_reader(struct hs_task *self, const void *object);
/* @self sets bits of @word for those who wait for its completion. */
void hs_order_complete(struct hs_task *self, const void *word, uint64_t before, uint64_t value);
void hs_order_start(struct hs_task *parent, struct hs_task *child);
/* The tasks of the mask have ended. */
void hs_order_join(struct hs_task *self, uint64_t ended);

void hs_order_rcu_enter(struct hs_task *self);
/* Before @self is taken out of the masks that it is waited for in. */
void hs_order_rcu_leave(struct hs_task *self);
/* A grace period of @self begins, for whose end @waiter waits. */
void hs_order_rcu_begin(struct hs_task *self, struct hs_task *waiter);
void hs_order_rcu_end(struct hs_task *self);
/* @self has run a callback; @self asks which have run. */
void hs_order_rcu_ran(struct hs_task *self);
void hs_order_rcu_poll(struct hs_task *self);

#endif
