/* SPDX-License-Identifier: MIT */
/*
 * notifier.h - who is told before an address space changes
 *
 * Whoever takes pages out of an address space says so first: hs_invalidate_start(), then the page
 * tables change, then hs_invalidate_end(). Between the two, nobody who was told may have the old
 * pages mapped. Three ways to be told, all hanging on one struct hs_notifiers per address space:
 *
 * hs_interval_sub	same: mmu_interval_notifier (v5.5 to v6.12, mm/mmu_notifier.c), whose sequence
 *			number says "nothing happened since I looked"
 * hs_notifier		reduced: mmu_notifier (v6.12, mm/mmu_notifier.c): start, end and release. SRCU
 *			is a count of callers, mm_take_all_locks() a wait for invalidations to end; the
 *			first refusal ends the round; release is called by hs_notifiers_release() only
 * hs_hmm, hs_mirror	reduced: struct hmm and hmm_mirror (v5.3, mm/hmm.c), whose flag range->valid
 *			says "nothing is happening now". Ranges hold no mm_users, and a struct hmm is
 *			made by its users, not by the first mirror
 *
 * Addresses are bytes. An invalidation covers [start, end), a subscription [start, last].
 *
 * Memory: hs_notifiers and hs_hmm are allocated in the machine of self. The other structs are
 * the caller's, embedded in objects of its own in the same machine (what hs_interval_insert() and
 * the like do not set needs no initialisation), and must stay until they are removed. Fields are
 * for reading where it says so, all else is the functions' business.
 *
 * Errors: -ENOMEM, -EINVAL, -EOVERFLOW, -EFAULT and -EAGAIN as said at each function.
 *
 * Waiting: whoever says "waits" below may sleep until every invalidation of the address space has
 * ended. It must not be called between a start and an end of the same task, nor from a callback,
 * nor with a lock held that a callback takes.
 */
#ifndef HMMSIM_NOTIFIER_H
#define HMMSIM_NOTIFIER_H

#include <stdbool.h>
#include <stdint.h>

#include <hmmsim/export.h>
#include <hmmsim/interval.h>
#include <hmmsim/machine.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- invalidations ----------------------------------------------------------------------- */

struct hs_notifiers;

/* Why; the kernel's MMU_NOTIFY_* of v6.12. */
enum hs_invalidate_event {
	HS_INVALIDATE_UNMAP,
	HS_INVALIDATE_CLEAR,
	HS_INVALIDATE_PROTECTION_VMA,
	HS_INVALIDATE_PROTECTION_PAGE,
	HS_INVALIDATE_SOFT_DIRTY,
	HS_INVALIDATE_RELEASE, /* the address space ends */
	HS_INVALIDATE_MIGRATE,
	HS_INVALIDATE_EXCLUSIVE,
	HS_INVALIDATE_EVENT_COUNT
};

struct hs_invalidation {
	uint64_t start, end; /* [start, end), not empty */
	enum hs_invalidate_event event;
	const void *owner; /* MIGRATE, EXCLUSIVE: the device that asked for it may skip its part */
	bool blockable;	   /* callbacks may sleep; otherwise they refuse where they would */
};

HMMSIM_API int hs_notifiers_create(struct hs_task *self, struct hs_notifiers **out);
/* Nothing may be subscribed, no invalidation in progress. */
HMMSIM_API void hs_notifiers_destroy(struct hs_task *self, struct hs_notifiers *notifiers);

/*
 * Calls the interval subscriptions that overlap, by ascending start, then the plain notifiers, by
 * age. 0; or -EAGAIN: @inv is not blockable and somebody refused. Then everything is as if it had
 * never begun, and hs_invalidate_end() must not be called. Invalidations nest and overlap freely.
 */
HMMSIM_API int hs_invalidate_start(struct hs_task *self, struct hs_notifiers *notifiers,
				   const struct hs_invalidation *inv);
/* With the @inv of the start. */
HMMSIM_API void hs_invalidate_end(struct hs_task *self, struct hs_notifiers *notifiers,
				  const struct hs_invalidation *inv);

/*
 * The address space ends: every interval subscription sees an invalidation of everything with event
 * RELEASE, every plain notifier its release(), once. From now on inserting is -EINVAL, registering a
 * range is -EFAULT, and plain notifiers hear nothing more; intervals do. Removing works as ever.
 */
HMMSIM_API void hs_notifiers_release(struct hs_task *self, struct hs_notifiers *notifiers);

/* ---- interval subscriptions -------------------------------------------------------------- */

struct hs_interval_sub;

struct hs_interval_ops {
	/*
	 * Takes the user lock (if @inv is not blockable: tries to, and returns false if it cannot),
	 * calls hs_interval_set_seq(.., cur_seq), removes what the device maps of @inv, unlocks.
	 */
	bool (*invalidate)(struct hs_task *self, struct hs_interval_sub *sub,
			   const struct hs_invalidation *inv, uint64_t cur_seq);
};

struct hs_interval_sub {
	struct hs_interval_node node;	/* .start and .last: for reading */
	struct hs_notifiers *notifiers; /* NULL: not subscribed */
	const struct hs_interval_ops *ops;
	struct hs_interval_sub *deferred_next;
	bool in_tree;
	uint64_t seq; /* odd; shared */
};

/*
 * Subscribes to [start, start + length - 1]. -EOVERFLOW: empty, or beyond 2^64. -EINVAL: the address
 * space has ended. Does not wait, but the first hs_interval_read_begin() does, if invalidations are
 * in progress: it cannot be known what they have done already.
 */
HMMSIM_API int hs_interval_insert(struct hs_task *self, struct hs_interval_sub *sub,
				  struct hs_notifiers *notifiers, uint64_t start, uint64_t length,
				  const struct hs_interval_ops *ops);
/* Waits. When it returns no callback runs or will run, and @sub may be freed. */
HMMSIM_API void hs_interval_remove(struct hs_task *self, struct hs_interval_sub *sub);

/*
 * To copy from the CPU's page table:
 *
 *	again:	seq = hs_interval_read_begin(self, sub);
 *		look
 *		take the user lock
 *		if (hs_interval_read_retry(self, sub, seq)) { release the lock; goto again; }
 *		tell the device
 *		release the user lock
 *
 * Begin waits, if the subscription is hit by an invalidation that is not over. Retry is asked under
 * the lock that the callback takes; check_retry under none: true is reliable, false is a guess.
 */
HMMSIM_API uint64_t hs_interval_read_begin(struct hs_task *self, struct hs_interval_sub *sub);
HMMSIM_API bool hs_interval_read_retry(struct hs_task *self, struct hs_interval_sub *sub,
				       uint64_t seq);
HMMSIM_API bool hs_interval_check_retry(struct hs_task *self, struct hs_interval_sub *sub,
					uint64_t seq);
/* In the callback, under the user lock. */
HMMSIM_API void hs_interval_set_seq(struct hs_task *self, struct hs_interval_sub *sub,
				    uint64_t cur_seq);

/* ---- plain notifiers --------------------------------------------------------------------- */

struct hs_notifier;

struct hs_notifier_ops { /* each may be NULL */
	/* 0; or -EAGAIN, if @inv is not blockable: then its end is not called. */
	int (*start)(struct hs_task *self, struct hs_notifier *n,
		     const struct hs_invalidation *inv);
	void (*end)(struct hs_task *self, struct hs_notifier *n, const struct hs_invalidation *inv);
	void (*release)(struct hs_task *self, struct hs_notifier *n);
};

struct hs_notifier {
	const struct hs_notifier_ops *ops;
	struct hs_notifiers *notifiers; /* NULL: not registered */
	struct hs_notifier *next;
	uint64_t born;	/* older ones are called first */
	uint32_t calls; /* walks that stand on it; shared */
	bool dead;	/* nobody begins a call */
};

/* Waits, so that every end that is heard had its start. -EINVAL: the address space has ended. */
HMMSIM_API int hs_notifier_register(struct hs_task *self, struct hs_notifier *n,
				    struct hs_notifiers *notifiers,
				    const struct hs_notifier_ops *ops);
/*
 * Sleeps while a call to @n runs, not while an invalidation does: an end may be missing afterwards.
 * When it returns no callback runs or will run, and @n may be freed.
 */
HMMSIM_API void hs_notifier_unregister(struct hs_task *self, struct hs_notifier *n);

/* ---- the mirror of v5.3 ------------------------------------------------------------------ */

/*
 * The flag of a range is true again as soon as no invalidation is in progress. That is not what a
 * reader needs: one that began and ended between its look and its check is invisible (kernel commit
 * 04ec32fbc2b2 says so). It is modelled as it was.
 */
struct hs_hmm;
struct hs_mirror;

struct hs_mirror_ops {
	/* sync_cpu_device_pagetables(): 0, or -EAGAIN if @inv is not blockable. */
	int (*sync)(struct hs_task *self, struct hs_mirror *mirror,
		    const struct hs_invalidation *inv);
	void (*release)(struct hs_task *self, struct hs_mirror *mirror); /* may be NULL */
};

struct hs_mirror {
	const struct hs_mirror_ops *ops;
	struct hs_hmm *hmm;
	struct hs_mirror *next;
};

struct hs_mirror_range {
	uint64_t start, end; /* [start, end); for reading */
	struct hs_hmm *hmm;  /* NULL: not registered */
	struct hs_mirror_range *next;
	uint32_t valid; /* shared */
};

/* The kernel's HMM_RANGE_DEFAULT_TIMEOUT: there milliseconds, here ticks. */
#define HS_RANGE_DEFAULT_TICKS 1000u

/* One for each address space that has mirrors. Waits. -ENOMEM, -EINVAL: the space has ended. */
HMMSIM_API int hs_hmm_create(struct hs_task *self, struct hs_notifiers *notifiers,
			     struct hs_hmm **out);
/* No mirror and no range may be left. */
HMMSIM_API void hs_hmm_destroy(struct hs_task *self, struct hs_hmm *hmm);

/* -EINVAL: no ops, or no sync in them. Sleeps while callbacks of mirrors run. */
HMMSIM_API int hs_mirror_register(struct hs_task *self, struct hs_mirror *mirror,
				  struct hs_hmm *hmm, const struct hs_mirror_ops *ops);
HMMSIM_API void hs_mirror_unregister(struct hs_task *self, struct hs_mirror *mirror);

/*
 * -EINVAL: empty, or not aligned to 1 << page_shift. -EFAULT: the address space has ended. The range
 * is valid if no invalidation at all is in progress.
 */
HMMSIM_API int hs_mirror_range_register(struct hs_task *self, struct hs_mirror_range *range,
					struct hs_mirror *mirror, uint64_t start, uint64_t end,
					uint32_t page_shift);
HMMSIM_API void hs_mirror_range_unregister(struct hs_task *self, struct hs_mirror_range *range);
/* Sleeps until it is valid or the clock reaches @deadline; says whether it is. */
HMMSIM_API bool hs_mirror_range_wait_until_valid(struct hs_task *self,
						 struct hs_mirror_range *range, uint64_t deadline);
HMMSIM_API bool hs_mirror_range_valid(struct hs_task *self, struct hs_mirror_range *range);

#ifdef __cplusplus
}
#endif

#endif
