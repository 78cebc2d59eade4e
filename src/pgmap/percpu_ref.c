/* SPDX-License-Identifier: MIT */
/*
 * percpu_ref.c - a reference count that is cheap until it is killed
 */
#include "pgmap/percpu_ref.h"

#include <errno.h>

/* NULL: exit has freed them. */
static hs_u64 *percpu_ref_counters(uint64_t state)
{
	if (state & HS_PERCPU_REF_EXITED)
		return NULL;
	return (hs_u64 *)(uintptr_t)(state & ~(uint64_t)HS_PERCPU_REF_FLAGS);
}

/* @count: as it was when the caller looked at it, or changed it. */
static void percpu_ref_check(struct hs_task *self, uint64_t count, const char *what)
{
	hs_assert_at(self, HS_HERE,
		     count < HS_PERCPU_REF_POISON / 2 ||
			     count > HS_PERCPU_REF_POISON + HS_PERCPU_REF_POISON / 2,
		     "%s: the count is used after hs_percpu_ref_exit()", what);
}

int hs_percpu_ref_init(struct hs_task *self, struct hs_percpu_ref *ref,
		       void (*release)(struct hs_task *self, struct hs_percpu_ref *ref),
		       uint32_t flags)
{
	hs_u64 *counter = hs_pcpu_alloc(self);

	if (!counter)
		return -ENOMEM;
	hs_u64_init(&ref->state, (uint64_t)(uintptr_t)counter | flags);
	hs_u64_init(&ref->count, flags & HS_PERCPU_REF_ATOMIC ? 1 : HS_PERCPU_REF_BIAS + 1);
	ref->release = release;
	return 0;
}

void hs_percpu_ref_exit(struct hs_task *self, struct hs_percpu_ref *ref)
{
	const uint64_t dead = HS_PERCPU_REF_ATOMIC | HS_PERCPU_REF_DEAD | HS_PERCPU_REF_EXITED;
	uint64_t count = hs_u64_xchg(self, &ref->count, HS_PERCPU_REF_POISON, HS_ACQ_REL);
	uint64_t left = dead | count << HS_PERCPU_REF_COUNT_SHIFT;
	uint64_t was = hs_u64_xchg(self, &ref->state, left, HS_ACQ_REL);

	hs_pcpu_free(self, percpu_ref_counters(was));
}

/*
 * Acquire pairs with the release in kill: a task that sees ATOMIC sees the count of the kill too.
 */
static uint64_t percpu_ref_state_of(struct hs_task *self, struct hs_percpu_ref *ref)
{
	return hs_u64_load(self, &ref->state, HS_ACQUIRE);
}

static void percpu_ref_count_put(struct hs_task *self, struct hs_percpu_ref *ref, uint64_t n)
{
	uint64_t was = hs_u64_count(self, &ref->count, (uint64_t)0 - n, 0, HS_ACQ_REL);

	percpu_ref_check(self, was, "hs_percpu_ref_put_many");
	hs_assert_at(self, HS_HERE, was >= n,
		     "hs_percpu_ref_put_many: the count is %llu, %llu are put",
		     (unsigned long long)was, (unsigned long long)n);
	if (was == n)
		ref->release(self, ref);
}

static bool percpu_ref_count_inc_not_zero(struct hs_task *self, struct hs_percpu_ref *ref)
{
	uint64_t seen = hs_u64_load(self, &ref->count, HS_RELAXED);

	while (seen) {
		percpu_ref_check(self, seen, "hs_percpu_ref_tryget_live");
		if (hs_u64_cmpxchg(self, &ref->count, &seen, seen + 1, HS_ACQUIRE))
			return true;
	}
	return false;
}

void hs_percpu_ref_get_many(struct hs_task *self, struct hs_percpu_ref *ref, uint64_t n)
{
	uint64_t state;

	hs_rcu_read_lock(self);
	state = percpu_ref_state_of(self, ref);
	if (hs_likely(!(state & HS_PERCPU_REF_FLAGS)))
		hs_pcpu_add(self, percpu_ref_counters(state), n);
	else
		percpu_ref_check(self, hs_u64_count(self, &ref->count, n, 0, HS_RELAXED),
				 "hs_percpu_ref_get_many");
	hs_rcu_read_unlock(self);
}

void hs_percpu_ref_put_many(struct hs_task *self, struct hs_percpu_ref *ref, uint64_t n)
{
	uint64_t state;

	hs_rcu_read_lock(self);
	state = percpu_ref_state_of(self, ref);
	HS_BREAK_RCU_GAP(PERCPU_REF_PUT_GAP, self);
	if (hs_likely(!(state & HS_PERCPU_REF_FLAGS)))
		hs_pcpu_add(self, percpu_ref_counters(state), (uint64_t)0 - n);
	else
		percpu_ref_count_put(self, ref, n);
	hs_rcu_read_unlock(self);
}

bool hs_percpu_ref_tryget_live(struct hs_task *self, struct hs_percpu_ref *ref)
{
	uint64_t state;
	bool got = true;

	hs_rcu_read_lock(self);
	state = percpu_ref_state_of(self, ref);
	HS_BREAK_RCU_GAP(PERCPU_REF_TRYGET_GAP, self);
	if (hs_likely(!(state & HS_PERCPU_REF_FLAGS)))
		hs_pcpu_add(self, percpu_ref_counters(state), 1);
	else if (state & HS_PERCPU_REF_DEAD && !HS_BREAK(PERCPU_REF_TRYGET_DYING))
		got = false;
	else
		got = percpu_ref_count_inc_not_zero(self, ref);
	hs_rcu_read_unlock(self);
	return got;
}

bool hs_percpu_ref_is_dying(struct hs_task *self, struct hs_percpu_ref *ref)
{
	return percpu_ref_state_of(self, ref) & HS_PERCPU_REF_DEAD;
}

/* RCU callback: every get and put that saw percpu mode has ended, so the sum is exact. */
static void percpu_ref_switched(struct hs_task *self, struct hs_rcu_head *head)
{
	struct hs_percpu_ref *ref = hs_container_of(head, struct hs_percpu_ref, rcu);
	hs_u64 *counters = percpu_ref_counters(percpu_ref_state_of(self, ref));
	uint64_t sum, was;
	int64_t count;

	hs_assert(self, counters, "hs_percpu_ref_exit: the callback of the kill has not run");
	sum = hs_pcpu_sum(self, counters);
	was = hs_u64_count(self, &ref->count, sum - HS_PERCPU_REF_BIAS, 0, HS_ACQ_REL);
	count = (int64_t)(was + sum - HS_PERCPU_REF_BIAS);

	/* One is the callback's own. In percpu mode no put can tell that it is one too many. */
	hs_assert_at(self, HS_HERE, count > 0,
		     "hs_percpu_ref_kill: %lld references were put and never taken",
		     (long long)(1 - count));
	percpu_ref_count_put(self, ref, 1);
}

void hs_percpu_ref_kill(struct hs_task *self, struct hs_percpu_ref *ref)
{
	uint64_t was =
		hs_u64_or(self, &ref->state, HS_PERCPU_REF_ATOMIC | HS_PERCPU_REF_DEAD, HS_ACQ_REL);

	hs_assert(self, !(was & HS_PERCPU_REF_DEAD), "hs_percpu_ref_kill: already killed");
	if (!(was & HS_PERCPU_REF_ATOMIC)) {
		hs_u64_count(self, &ref->count, 1, 0, HS_RELAXED); /* the callback puts it */
		if (HS_BREAK(PERCPU_REF_NO_GRACE))
			percpu_ref_switched(self, &ref->rcu);
		else
			hs_call_rcu(self, &ref->rcu, percpu_ref_switched);
	}
	percpu_ref_count_put(self, ref, 1);
}

uint64_t hs_percpu_ref_sum(struct hs_task *self, struct hs_percpu_ref *ref)
{
	uint64_t count = hs_u64_load(self, &ref->count, HS_ACQUIRE);
	uint64_t state;

	if (count < HS_PERCPU_REF_POISON)
		return count;
	state = percpu_ref_state_of(self, ref);
	if (state & HS_PERCPU_REF_EXITED)
		return state >> HS_PERCPU_REF_COUNT_SHIFT;
	if (count == HS_PERCPU_REF_POISON) /* exit has not come to the state yet */
		return 0;
	return count - HS_PERCPU_REF_BIAS + hs_pcpu_sum(self, percpu_ref_counters(state));
}
