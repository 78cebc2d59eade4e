/* SPDX-License-Identifier: MIT */
/*
 * rcu.c - RCU for the author of a scenario
 *
 * reduced: the seam's, one domain a machine. A head is the seam's and the author's function, which
 * gets the public head. In the explorer a call first needs the head to be live: one step more.
 */
#include <hmmsim/sync.h>

#include "port/port.h"

_Static_assert(sizeof(((struct hs_sync_rcu_head *)NULL)->opaque) == sizeof(struct hs_rcu_head) &&
		       _Alignof(struct hs_sync_rcu_head) == _Alignof(struct hs_rcu_head) &&
		       offsetof(struct hs_sync_rcu_head, opaque) == 0,
	       "a public RCU head begins with one of the seam");

void hs_sync_rcu_read_lock_at(struct hs_task *self, const char *where)
{
	hs_rcu_read_lock_at(self, where);
}

void hs_sync_rcu_read_unlock_at(struct hs_task *self, const char *where)
{
	hs_rcu_read_unlock_at(self, where);
}

bool hs_sync_rcu_held(const struct hs_task *self)
{
	return hs_rcu_held(self);
}

void hs_sync_synchronize_rcu_at(struct hs_task *self, const char *where)
{
	hs_synchronize_rcu_at(self, where);
}

static void rcu_run_callback(struct hs_task *self, struct hs_rcu_head *seam)
{
	struct hs_sync_rcu_head *head = (struct hs_sync_rcu_head *)seam;

	head->fn(self, head);
}

void hs_sync_call_rcu_at(struct hs_task *self, struct hs_sync_rcu_head *head,
			 void (*fn)(struct hs_task *self, struct hs_sync_rcu_head *head),
			 const char *where)
{
	hs_deref_at(self, head, where);
	/* Atomic for TSan only: a reader may still hs_sync_deref() the object. */
	__atomic_store_n(&head->fn, fn, __ATOMIC_RELAXED);
	hs_call_rcu_at(self, (struct hs_rcu_head *)head, rcu_run_callback, where);
}

void hs_sync_rcu_barrier_at(struct hs_task *self, const char *where)
{
	hs_rcu_barrier_at(self, where);
}
