/* SPDX-License-Identifier: MIT */
/*
 * order.c (explore) - to views, to clocks, or to both
 *
 * With views each store keeps what it carries, so that a load of an older store receives that; the
 * clocks of words go through them (views.c). Without, a load receives what the newest one carries.
 * Of a lock there is no older one.
 */
#include "port/explore/order.h"

#include "port/explore/sched.h"

/* What hands over and is no word has a key of its own. Words are aligned to 4 bytes. */
#define ORDER_OBJECT 2u
#define ORDER_READERS 3u

/* Outside an execution, and in a predicate that is asked, nothing is handed over. */
static bool order_applies(const struct hs_task *self)
{
	return self->mode >= HS_MODE_LOG;
}

/* ---- words ------------------------------------------------------------------------------- */

/* The loads of a predicate are no steps, so that races must be told of them. */
static void order_note_load(struct hs_task *self)
{
	if (self->sched->races && self->mode == HS_MODE_LOG &&
	    !hs_races_word(self, self->op.addr, self->op.size, false))
		hs_sched_stop(self);
}

uint64_t hs_order_load(struct hs_task *self, const void *addr, uint64_t newest, enum hs_order o)
{
	if (!order_applies(self))
		return newest;
	order_note_load(self);
	if (self->sched->views)
		return hs_views_load(self, addr, newest, o);
	hs_clocks_load(self, (uintptr_t)addr, o);
	return newest;
}

void hs_order_store(struct hs_task *self, const void *addr, uint64_t before, uint64_t value,
		    enum hs_order o)
{
	if (!order_applies(self))
		return;
	if (self->sched->views)
		hs_views_store(self, addr, before, value, o);
	else
		hs_clocks_store(self, (uintptr_t)addr, o);
}

void hs_order_rmw(struct hs_task *self, const void *addr, uint64_t before, uint64_t value,
		  enum hs_order o)
{
	if (!order_applies(self))
		return;
	if (self->sched->views)
		hs_views_rmw(self, addr, before, value, o);
	else
		hs_clocks_rmw(self, (uintptr_t)addr, o);
}

void hs_order_see(struct hs_task *self, const void *addr, uint64_t newest, enum hs_order o)
{
	if (!order_applies(self))
		return;
	if (self->sched->views)
		hs_views_see(self, addr, newest, o);
	else
		hs_clocks_load(self, (uintptr_t)addr, o);
}

void hs_order_complete(struct hs_task *self, const void *word, uint64_t before, uint64_t value)
{
	if (!order_applies(self))
		return;
	if (self->sched->views)
		hs_views_rmw(self, word, before, value, HS_RELEASE);
	else
		hs_clocks_add(self, (uintptr_t)word);
}

void hs_order_fence(struct hs_task *self, enum hs_order o)
{
	if (!order_applies(self))
		return;
	if (self->sched->views)
		hs_views_fence(self, o);
	if (self->sched->clocks)
		hs_clocks_fence(self, o);
}

/* ---- locks ------------------------------------------------------------------------------- */

static const void *order_key(const void *object, unsigned int tag)
{
	return (const char *)object + tag;
}

static void order_acquire(struct hs_task *self, const void *key)
{
	if (!order_applies(self))
		return;
	if (self->sched->views)
		hs_views_see(self, key, 0, HS_ACQUIRE);
	if (self->sched->clocks)
		hs_clocks_load(self, (uintptr_t)key, HS_ACQUIRE);
}

void hs_order_acquire(struct hs_task *self, const void *object)
{
	order_acquire(self, order_key(object, ORDER_OBJECT));
}

void hs_order_acquire_readers(struct hs_task *self, const void *object)
{
	order_acquire(self, order_key(object, ORDER_READERS));
}

void hs_order_release(struct hs_task *self, const void *object)
{
	const void *key = order_key(object, ORDER_OBJECT);

	if (!order_applies(self))
		return;
	if (self->sched->views)
		hs_views_store(self, key, 0, 0, HS_RELEASE);
	if (self->sched->clocks)
		hs_clocks_store(self, (uintptr_t)key, HS_RELEASE);
}

/* Of mutexes and spinlocks, whose operations are inlined; a trylock does it itself. */
void hs_order_step(struct hs_task *t)
{
	if (t->op.kind == HS_OP_LOCK)
		hs_order_acquire(t, t->op.addr);
	else if (t->op.kind == HS_OP_UNLOCK && t->op.size == sizeof(hs_u32))
		hs_order_release(t, t->op.addr);
}

void hs_order_release_reader(struct hs_task *self, const void *object)
{
	const void *readers = order_key(object, ORDER_READERS);

	if (!order_applies(self))
		return;
	if (self->sched->views)
		hs_views_rmw(self, readers, 0, 0, HS_RELEASE);
	if (self->sched->clocks)
		hs_clocks_add(self, (uintptr_t)readers);
}

/* ---- what else orders tasks -------------------------------------------------------------- */

void hs_order_start(struct hs_task *parent, struct hs_task *child)
{
	if (parent->sched->views)
		hs_views_start(parent, child);
	if (parent->sched->clocks)
		hs_clocks_start(parent, child);
}

void hs_order_join(struct hs_task *self, uint64_t ended)
{
	if (self->sched->views)
		hs_views_join(self, ended);
	if (self->sched->clocks)
		hs_clocks_join(self, ended);
}

void hs_order_rcu_begin(struct hs_task *self, struct hs_task *waiter)
{
	if (!order_applies(self))
		return;
	if (self->sched->views)
		hs_views_rcu_begin(self, waiter);
	if (self->sched->clocks)
		hs_clocks_rcu_begin(self, waiter);
}

#define ORDER_RCU(what)                                \
	void hs_order_rcu_##what(struct hs_task *self) \
	{                                              \
		if (!order_applies(self))              \
			return;                        \
		if (self->sched->views)                \
			hs_views_rcu_##what(self);     \
		if (self->sched->clocks)               \
			hs_clocks_rcu_##what(self);    \
	}

ORDER_RCU(enter)
ORDER_RCU(leave)
ORDER_RCU(end)
ORDER_RCU(ran)
ORDER_RCU(poll)
