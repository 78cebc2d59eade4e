/* SPDX-License-Identifier: MIT */
/*
 * notifier.h - notifiers, for this room and the floors above
 */
#ifndef HS_NOTIFIER_NOTIFIER_H
#define HS_NOTIFIER_NOTIFIER_H

#include <hmmsim/notifier.h>

#include "base/interval.h"
#include "port/port.h"

struct hs_notifiers {
	struct hs_spinlock lock; /* everything below */
	hs_u64 seq;		 /* written under lock */
	hs_u64 active;		 /* invalidations in progress; written under lock */
	struct hs_interval_tree tree;
	struct hs_interval_sub *deferred; /* inserts and removes that wait for an even seq */
	struct hs_notifier *plain;	  /* oldest first */
	uint64_t births;
	hs_u32 plain_count; /* written under lock */
	bool released;
	bool has_intervals; /* there is or was an interval subscription */
	enum hs_refusal refusal;
	enum hs_wait_order wait_order; /* no task waits when it changes */
	uint64_t kept; /* invalidations over but for interval subscriptions (HS_REFUSAL_6_12) */
	struct hs_waitq queue; /* active is 0, seq has changed, or a plain notifier's calls are 0 */
};

#define HS_SEQ_FIRST 2u

struct hs_hmm {
	struct hs_notifier notifier;
	struct hs_rwsem mirrors_sem;
	struct hs_mirror *mirrors;
	struct hs_spinlock ranges_lock; /* the rest, and valid of each range */
	struct hs_mirror_range *ranges;
	int64_t active; /* invalidations in progress: the kernel's hmm->notifiers */
	bool dead;	/* the address space has ended */
	struct hs_waitq queue;
};

/* The plain list, for the functions of notifier.c. ns->lock is not held. */
int hs_plain_start(struct hs_task *self, struct hs_notifiers *ns,
		   const struct hs_invalidation *inv);
void hs_plain_end(struct hs_task *self, struct hs_notifiers *ns, const struct hs_invalidation *inv);
void hs_plain_release(struct hs_task *self, struct hs_notifiers *ns);
/* hs_notifier_unregister() without a call of release(). */
void hs_plain_unregister(struct hs_task *self, struct hs_notifier *n);

/* No invalidation in progress, no change deferred. For assertions when no other task runs. */
static inline bool hs_notifiers_idle(const struct hs_notifiers *ns)
{
	return !ns->active.raw && !ns->kept && !(ns->seq.raw & 1) && !ns->deferred;
}

/* Words of public structs that tasks share. */
static inline hs_u64 *hs_sub_seq(struct hs_interval_sub *sub)
{
	return (hs_u64 *)&sub->seq;
}

static inline hs_u32 *hs_notifier_calls(struct hs_notifier *n)
{
	return (hs_u32 *)&n->calls;
}

static inline hs_u32 *hs_range_flag(struct hs_mirror_range *range)
{
	return (hs_u32 *)&range->valid;
}

#endif
