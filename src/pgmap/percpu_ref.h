/* SPDX-License-Identifier: MIT */
/*
 * percpu_ref.h - a reference count that is cheap until it is killed
 *
 * same: percpu_ref (v6.12, lib/percpu-refcount.c) without ALLOW_REINIT.
 *
 * State word: the address of the per-CPU counters, and two flags. By predicate:
 *
 *	no flag		percpu: get and put add to the counter of their CPU; none can detect zero
 *	ATOMIC|DEAD	killed: get and put change .count, which includes BIAS until the grace
 *			period has ended, so that it is not 0 before the counters are summed
 *	ATOMIC		initialised with HS_PERCPU_REF_ATOMIC: get and put change .count
 *	all and EXITED	the counters are freed, and so is .count: the bits above have what it was
 *
 * A single counter may wrap. The sum of all is exact when every get and put that has not seen
 * ATOMIC has ended. They run inside an RCU section, and the counters are summed a grace period
 * after the kill.
 *
 *	tryget_live			kill
 *	rcu_read_lock			state |= ATOMIC|DEAD
 *	state: percpu			call_rcu:
 *	counter++			  sum the counters
 *	rcu_read_unlock			  count += sum - BIAS
 *					  drop the temporary reference
 *
 *	Required outcome: if a reader reads the state before the kill and obtains its reference
 *	after kill has returned, the reference is counted; release runs when it is put, not earlier.
 *	(tests/model/test_percpu_ref_model.c)
 *
 * Kill is legal once. release() runs when the count becomes 0, in the context of the last put or of
 * the callback, and may take spinlocks only. The owner frees the counters and the count by exit,
 * after release. A task that can still reach the ref then finds it dead. The kernel allocates the
 * count since v5.10; here exit poisons it, and each get and put that meets the poison asserts.
 *
 * Atomic references have no grace period between kill and exit. So a tryget that has read the state
 * before the kill may meet the poison, if exit comes before the ref is out of its reach:
 *
 *	tryget_live			owner
 *	state: atomic			kill; release: the count is 0
 *					exit: the count is freed
 *	the count: is it 0?
 *
 *	Required outcome: none, the owner must wait until no task finds the ref, and then for a
 *	grace period. Then a tryget reads 0, or finds no ref.
 *	(tests/model/test_percpu_ref_model.c: atomic_exit_needs_a_grace_period)
 */
#ifndef HS_PGMAP_PERCPU_REF_H
#define HS_PGMAP_PERCPU_REF_H

#include "port/port.h"

#define HS_PERCPU_REF_ATOMIC 1u
#define HS_PERCPU_REF_DEAD 2u
#define HS_PERCPU_REF_FLAGS 3u
#define HS_PERCPU_REF_EXITED 4u /* with both flags; the count that was left is above */
#define HS_PERCPU_REF_COUNT_SHIFT 3
#define HS_PERCPU_REF_BIAS ((uint64_t)1 << 63)
/* Of .count, after exit. No count comes near it, with BIAS or without. */
#define HS_PERCPU_REF_POISON ((uint64_t)1 << 61)

struct hs_percpu_ref {
	hs_u64 state;
	hs_u64 count;
	void (*release)(struct hs_task *self, struct hs_percpu_ref *ref);
	struct hs_rcu_head rcu;
};

/* @flags: HS_PERCPU_REF_ATOMIC or 0. The caller gets the initial reference. 0 or -ENOMEM. */
int hs_percpu_ref_init(struct hs_task *self, struct hs_percpu_ref *ref,
		       void (*release)(struct hs_task *self, struct hs_percpu_ref *ref),
		       uint32_t flags);
void hs_percpu_ref_exit(struct hs_task *self, struct hs_percpu_ref *ref);
/* Puts the initial reference. A tryget_live that begins after it fails. */
void hs_percpu_ref_kill(struct hs_task *self, struct hs_percpu_ref *ref);

void hs_percpu_ref_get_many(struct hs_task *self, struct hs_percpu_ref *ref, uint64_t n);
void hs_percpu_ref_put_many(struct hs_task *self, struct hs_percpu_ref *ref, uint64_t n);
/* Takes a reference and returns true, unless the ref is killed. */
bool hs_percpu_ref_tryget_live(struct hs_task *self, struct hs_percpu_ref *ref);
bool hs_percpu_ref_is_dying(struct hs_task *self, struct hs_percpu_ref *ref);
/*
 * All references, with the initial one. Exact while no get or put runs, and after the grace period;
 * after exit what was left, and while exit runs perhaps 0.
 */
uint64_t hs_percpu_ref_sum(struct hs_task *self, struct hs_percpu_ref *ref);

#endif
