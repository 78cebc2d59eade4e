/* SPDX-License-Identifier: MIT */
/*
 * percpu_ref.h - a reference count that is cheap until it is killed
 *
 * same: percpu_ref (v6.12, lib/percpu-refcount.c) without ALLOW_REINIT.
 *
 * State word: the address of the per-CPU counters, and two flags. By predicate:
 *
 *	no flag		percpu: get and put add to this CPU's counter; zero cannot be seen
 *	ATOMIC|DEAD	killed: get and put act on @count, which holds BIAS until the grace period
 *			is over, so that it cannot reach zero while counters are still being summed
 *	ATOMIC		made so by HS_PERCPU_REF_ATOMIC: one shared word from the start
 *
 * Single counters wrap; their sum is exact once no get or put is under way that has not seen
 * ATOMIC: both run inside an RCU section, and kill waits a grace period before it sums.
 *
 *	tryget_live			kill
 *	rcu_read_lock			state |= ATOMIC|DEAD
 *	state: percpu			call_rcu:
 *	counter++			  sum the counters
 *	rcu_read_unlock			  count += sum - BIAS
 *					  drop the temporary reference
 *
 *	Required outcome: a reference obtained after kill returned, by a reader that had read the
 *	state before, is counted; release runs when it is put, not earlier.
 *
 * Kill happens once. release() runs when the count reaches zero, in the context of the last put or
 * of the callback, and takes spinlocks only. The owner frees the counters with exit, after
 * release; the ref stays dead for those who can still reach it.
 */
#ifndef HS_PGMAP_PERCPU_REF_H
#define HS_PGMAP_PERCPU_REF_H

#include "port/port.h"

#define HS_PERCPU_REF_ATOMIC 1u
#define HS_PERCPU_REF_DEAD 2u
#define HS_PERCPU_REF_FLAGS 3u
#define HS_PERCPU_REF_BIAS ((uint64_t)1 << 63)

struct hs_percpu_ref {
	hs_u64 state;
	hs_u64 count;
	void (*release)(struct hs_task *self, struct hs_percpu_ref *ref);
	struct hs_rcu_head rcu;
};

/* @flags: HS_PERCPU_REF_ATOMIC or 0. The caller holds the initial reference. 0 or -ENOMEM. */
int hs_percpu_ref_init(struct hs_task *self, struct hs_percpu_ref *ref,
		       void (*release)(struct hs_task *self, struct hs_percpu_ref *ref),
		       uint32_t flags);
void hs_percpu_ref_exit(struct hs_task *self, struct hs_percpu_ref *ref);
/* Drops the initial reference; after it no tryget_live that begins succeeds. */
void hs_percpu_ref_kill(struct hs_task *self, struct hs_percpu_ref *ref);

void hs_percpu_ref_get_many(struct hs_task *self, struct hs_percpu_ref *ref, uint64_t n);
void hs_percpu_ref_put_many(struct hs_task *self, struct hs_percpu_ref *ref, uint64_t n);
/* Unless it is killed. */
bool hs_percpu_ref_tryget_live(struct hs_task *self, struct hs_percpu_ref *ref);
bool hs_percpu_ref_is_dying(struct hs_task *self, struct hs_percpu_ref *ref);
/* All references, the initial one included; exact at a quiet moment, and after the grace period. */
uint64_t hs_percpu_ref_sum(struct hs_task *self, struct hs_percpu_ref *ref);

#endif
