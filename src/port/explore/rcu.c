/* SPDX-License-Identifier: MIT */
/*
 * rcu.c (explore) - grace periods as steps
 *
 * A grace period is two steps: the first notes which tasks are in a section (the snapshot), the
 * second is enabled when all of those have left. A callback is a task of its own, as a softirq
 * would be on the CPU that queued it.
 *
 * The domain is two objects, readers and callbacks. On the readers only entry and snapshot depend
 * on each other (touch.h): whether a reader leaves before the snapshot or after it, it has left
 * when the grace period ends. The mask of callbacks is read by polls and barriers; adding and
 * removing a bit commute.
 */
#include "port/explore/arena.h"
#include "port/explore/order.h"
#include "port/explore/sched.h"

#define READERS(arena) (&(arena)->rcu.readers), sizeof((arena)->rcu.readers)
#define CALLBACKS(arena) (&(arena)->rcu.callbacks), sizeof((arena)->rcu.callbacks)

void hs_rcu_read_lock_at(struct hs_task *self, const char *where)
{
	struct hs_arena *arena = self->arena;

	if (self->rcu_nest++)
		return;
	hs_step(self, HS_OP_RCU_ENTER, HS_COMMUTE, READERS(arena), where);
	self->rcu_where = where;
	self->rcu_entered = self->sched->step;
	if (hs_unlikely(self->followed))
		hs_order_rcu_enter(self);
	arena->rcu.readers |= 1ull << self->id;
}

void hs_rcu_read_unlock_at(struct hs_task *self, const char *where)
{
	struct hs_arena *arena = self->arena;
	struct hs_sched *s = self->sched;

	if (!self->rcu_nest)
		hs_fail(self, where, "RCU read section left more often than entered");
	if (--self->rcu_nest)
		return;
	hs_step(self, HS_OP_RCU_LEAVE, HS_COMMUTE, READERS(arena), where);
	if (hs_unlikely(self->followed))
		hs_order_rcu_leave(self);
	arena->rcu.readers &= ~(1ull << self->id);
	for (uint32_t i = 0; i < s->tasks; i++)
		s->task[i].rcu_wait &= ~(1ull << self->id);
}

static void explore_rcu_wait(struct hs_task *self, const char *where)
{
	struct hs_arena *arena = self->arena;

	hs_step(self, HS_OP_RCU_WAIT, HS_COMMUTE, READERS(arena), where);
	if (hs_unlikely(self->followed))
		hs_order_rcu_end(self);
	arena->grace_periods++;
}

void hs_synchronize_rcu_at(struct hs_task *self, const char *where)
{
	struct hs_processor *p;

	hs_check_synchronize(self, where);
	p = hs_processor_leave_at(self, where);
	hs_step(self, HS_OP_RCU_SNAPSHOT, HS_COMMUTE, READERS(self->arena), where);
	self->rcu_wait = self->arena->rcu.readers;
	self->rcu_snapped = self->sched->step;
	if (hs_unlikely(self->followed))
		hs_order_rcu_begin(self, self);
	explore_rcu_wait(self, where);
	if (self->mode == HS_MODE_DIRECT)
		hs_rcu_poll_direct(self);
	hs_processor_take_at(self, p, where);
}

/* Its own steps have the place of the call that queued it. */
static void explore_rcu_callback_main(struct hs_task *self, void *arg)
{
	struct hs_rcu_head *head = arg;
	struct hs_arena *arena = self->arena;
	const char *where = self->place;

	explore_rcu_wait(self, where);
	hs_task_set_callback(self, true);
	head->fn(self, head);
	hs_task_set_callback(self, false);
	hs_step_detail(self, HS_OP_STORE, HS_COMMUTE, CALLBACKS(arena), where, HS_WHAT_CALLBACKS);
	if (hs_unlikely(self->followed))
		hs_order_rcu_ran(self);
	arena->rcu.callbacks &= ~(1ull << self->id);
}

static void explore_rcu_queue_direct(struct hs_arena *arena, struct hs_rcu_head *head)
{
	hs_ptr *tail = &arena->direct_callbacks;

	while (tail->raw)
		tail = &((struct hs_rcu_head *)tail->raw)->next;
	tail->raw = head;
}

void hs_call_rcu_at(struct hs_task *self, struct hs_rcu_head *head,
		    void (*fn)(struct hs_task *self, struct hs_rcu_head *head), const char *where)
{
	struct hs_task *t;

	hs_step_detail(self, HS_OP_RCU_SNAPSHOT, HS_COMMUTE, CALLBACKS(self->arena), where,
		       HS_WHAT_CALL_RCU);
	hs_ptr_init(&head->next, NULL);
	head->fn = fn;
	if (self->mode == HS_MODE_DIRECT) {
		explore_rcu_queue_direct(self->arena, head);
		return;
	}
	t = hs_sched_task_new(self->sched, "rcu callback", explore_rcu_callback_main, head);
	if (!t)
		hs_fail(self, where, "more than %d tasks and callbacks", HS_SCHED_TASKS - 1);
	t->place = where;
	t->rcu_wait = self->arena->rcu.readers;
	t->rcu_snapped = self->sched->step;
	t->cpu = self->cpu;
	if (hs_unlikely(self->followed))
		hs_order_rcu_begin(self, t);
	self->arena->rcu.callbacks |= 1ull << t->id;
}

bool hs_rcu_poll_at(struct hs_task *self, const char *where)
{
	struct hs_arena *arena = self->arena;
	uint64_t *callbacks = &arena->rcu.callbacks;

	if (self->mode == HS_MODE_DIRECT)
		return hs_rcu_poll_direct(self);
	hs_step_detail(self, HS_OP_LOAD, HS_READ, CALLBACKS(arena), where, HS_WHAT_CALLBACKS);
	if (hs_unlikely(self->followed))
		hs_order_rcu_poll(self);
	hs_saw(self, callbacks, sizeof(*callbacks), *callbacks);
	return *callbacks != 0;
}

void hs_rcu_barrier_at(struct hs_task *self, const char *where)
{
	struct hs_arena *arena = self->arena;
	struct hs_processor *p;

	if (self->rcu_nest)
		hs_fail(self, where, "wait for callbacks inside a read section");
	hs_check_may_sleep(self, where);
	if (self->mode == HS_MODE_DIRECT) {
		if (hs_rcu_poll_direct(self))
			hs_fail(self, where, "rcu_barrier would wait for ever: nothing else runs");
		return;
	}
	p = hs_processor_leave_at(self, where);
	hs_step_detail(self, HS_OP_LOAD, HS_READ, CALLBACKS(arena), where, HS_WHAT_CALLBACKS);
	if (hs_unlikely(self->followed))
		hs_order_rcu_poll(self);
	self->join = arena->rcu.callbacks;
	hs_step(self, HS_OP_JOIN, HS_READ, &arena->rcu.callbacks, 0, where);
	if (hs_unlikely(self->followed))
		hs_order_join(self, self->join);
	hs_processor_take_at(self, p, where);
}

void hs_rcu_flush(struct hs_task *boot)
{
	hs_rcu_poll_direct(boot);
}

bool hs_rcu_poll_direct(struct hs_task *self)
{
	struct hs_arena *arena = self->arena;

	if (arena->rcu.readers)
		return arena->direct_callbacks.raw != NULL;
	if (arena->direct_callbacks.raw)
		arena->grace_periods++;
	while (arena->direct_callbacks.raw) {
		struct hs_rcu_head *head = arena->direct_callbacks.raw;

		arena->direct_callbacks = head->next;
		hs_task_set_callback(self, true);
		head->fn(self, head);
		hs_task_set_callback(self, false);
	}
	return false;
}
