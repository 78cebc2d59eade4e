/* SPDX-License-Identifier: MIT */
/**
 * @file linux_notifiers.h
 * The kernel's own spellings for notifiers; a part of linux.h, which includes it.
 *
 * *reduced*: include/linux/mmu_notifier.h of v6.12, by what notifier.h says of the functions behind
 * it. A driver embeds struct mmu_interval_notifier or struct mmu_notifier in a struct of its own.
 */
#ifndef HMMSIM_LINUX_NOTIFIERS_H
#define HMMSIM_LINUX_NOTIFIERS_H

#include <stdbool.h>
#include <stdint.h>

#include <hmmsim/linux_pages.h>
#include <hmmsim/machine.h>
#include <hmmsim/mm.h>
#include <hmmsim/notifier.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- interval subscriptions -------------------------------------------------------------- */

/** enum mmu_notifier_event - why a range is invalidated */
enum mmu_notifier_event {
	MMU_NOTIFY_UNMAP = HS_INVALIDATE_UNMAP,			    /**< munmap() */
	MMU_NOTIFY_CLEAR = HS_INVALIDATE_CLEAR,			    /**< entries are taken away */
	MMU_NOTIFY_PROTECTION_VMA = HS_INVALIDATE_PROTECTION_VMA,   /**< mprotect() */
	MMU_NOTIFY_PROTECTION_PAGE = HS_INVALIDATE_PROTECTION_PAGE, /**< of single pages */
	MMU_NOTIFY_SOFT_DIRTY = HS_INVALIDATE_SOFT_DIRTY,	    /**< soft-dirty tracking */
	MMU_NOTIFY_RELEASE = HS_INVALIDATE_RELEASE,		    /**< the address space ends */
	MMU_NOTIFY_MIGRATE = HS_INVALIDATE_MIGRATE, /**< migration; its owner may skip its part */
	MMU_NOTIFY_EXCLUSIVE = HS_INVALIDATE_EXCLUSIVE /**< device-exclusive access, likewise */
};

/** In mmu_notifier_range::flags: callbacks may sleep. */
#define MMU_NOTIFIER_RANGE_BLOCKABLE 1u

/** struct mmu_notifier_range - one invalidation, as a callback sees it */
struct mmu_notifier_range {
	struct mm_struct *mm;	       /**< the address space */
	unsigned long start;	       /**< first byte */
	unsigned long end;	       /**< end, exclusive */
	unsigned int flags;	       /**< #MMU_NOTIFIER_RANGE_BLOCKABLE or 0 */
	enum mmu_notifier_event event; /**< why */
	void *owner; /**< MIGRATE, EXCLUSIVE: the device that asked for it; else NULL */
};

struct mmu_interval_notifier;

/** struct mmu_interval_notifier_ops - the driver's callback */
struct mmu_interval_notifier_ops {
	/**
	 * Takes the driver lock (if the range is not blockable: tries to, and returns false if it
	 * cannot), calls mmu_interval_set_seq() with cur_seq, removes what the device maps of the
	 * range, releases the lock and returns true.
	 */
	bool (*invalidate)(struct mmu_interval_notifier *interval_sub,
			   const struct mmu_notifier_range *range, unsigned long cur_seq);
};

/** struct mmu_interval_notifier - a subscription to a range of an address space */
struct mmu_interval_notifier {
	struct hs_interval_sub sub;		     /**< what the simulator knows; first */
	const struct mmu_interval_notifier_ops *ops; /**< the driver's */
	struct mm_struct *mm;			     /**< its struct is held while subscribed */
};

/**
 * mmu_notifier_range_blockable() - whether the callback may sleep
 * @param range  the invalidation
 *
 * Context: any.
 *
 * Return: true if it may; otherwise it refuses where it would have to.
 */
static inline bool mmu_notifier_range_blockable(const struct mmu_notifier_range *range)
{
	return (range->flags & MMU_NOTIFIER_RANGE_BLOCKABLE) != 0;
}

/**
 * hs_linux_range() - not the kernel's: an invalidation as a driver sees it
 * @param mm   the address space
 * @param inv  the simulator's
 *
 * Context: any.
 *
 * Return: the same, with the kernel's names.
 */
static inline struct mmu_notifier_range hs_linux_range(struct mm_struct *mm,
						       const struct hs_invalidation *inv)
{
	struct mmu_notifier_range range;

	range.mm = mm;
	range.start = inv->start;
	range.end = inv->end;
	range.flags = inv->blockable ? MMU_NOTIFIER_RANGE_BLOCKABLE : 0;
	range.event = (enum mmu_notifier_event)inv->event;
	range.owner = (void *)(uintptr_t)inv->owner;
	return range;
}

/**
 * hs_linux_invalidate() - not the kernel's: hand the simulator's callback to the driver's
 * @param self     the task that invalidates; the driver's callback finds it by itself
 * @param sub      the member of the driver's struct mmu_interval_notifier
 * @param inv      the invalidation
 * @param cur_seq  its sequence number, for mmu_interval_set_seq()
 *
 * The callback of every subscription that mmu_interval_notifier_insert() makes. Drivers do not
 * call it.
 *
 * Context: as hs_interval_ops::invalidate.
 *
 * Return: what the driver's callback returned; false: it would have had to sleep.
 */
static inline bool hs_linux_invalidate(struct hs_task *self, struct hs_interval_sub *sub,
				       const struct hs_invalidation *inv, uint64_t cur_seq)
{
	struct mmu_interval_notifier *interval_sub = (struct mmu_interval_notifier *)sub;
	struct mmu_notifier_range range = hs_linux_range(interval_sub->mm, inv);

	(void)self;
	return interval_sub->ops->invalidate(interval_sub, &range, cur_seq);
}

/**
 * mmu_interval_notifier_insert() - subscribe to a range of an address space
 * @param interval_sub  the driver's, not subscribed; set here
 * @param mm            the address space; its struct is held until the subscription is removed
 * @param start         first byte
 * @param length        bytes, not 0
 * @param ops           the driver's callback; outlives the subscription
 *
 * Does not wait. The first mmu_interval_read_begin() waits if invalidations are in progress.
 *
 * Context: a task is attached. Does not sleep.
 *
 * Return: 0, or
 * - -EOVERFLOW: the range is empty, or ends beyond 2^64
 * - -EINVAL: the address space has ended
 */
static inline int mmu_interval_notifier_insert(struct mmu_interval_notifier *interval_sub,
					       struct mm_struct *mm, unsigned long start,
					       unsigned long length,
					       const struct mmu_interval_notifier_ops *ops)
{
	static const struct hs_interval_ops hs_linux_ops = { hs_linux_invalidate };
	struct hs_task *self = hs_linux_task();
	int ret;

	interval_sub->ops = ops;
	interval_sub->mm = mm;
	ret = hs_interval_insert(self, &interval_sub->sub, hs_mm_notifiers(mm), start, length,
				 &hs_linux_ops);
	if (!ret)
		hs_mmgrab(self, mm);
	return ret;
}

/**
 * mmu_interval_notifier_remove() - end a subscription
 * @param interval_sub  subscribed; the driver's to free when this returns
 *
 * When it returns no callback runs or will run. It stops holding the struct of the address space.
 *
 * Context: a task is attached; no lock that a callback takes may be held. May sleep.
 */
static inline void mmu_interval_notifier_remove(struct mmu_interval_notifier *interval_sub)
{
	struct hs_task *self = hs_linux_task();

	hs_interval_remove(self, &interval_sub->sub);
	hs_mmdrop(self, interval_sub->mm);
}

/**
 * mmu_interval_read_begin() - begin to copy from the CPU's page table
 * @param interval_sub  subscribed
 *
 * Waits while an invalidation that hits the subscription is in progress.
 *
 * Context: a task is attached; no lock that a callback takes may be held. May sleep.
 *
 * Return: the sequence number for hmm_range::notifier_seq and mmu_interval_read_retry().
 */
static inline unsigned long mmu_interval_read_begin(struct mmu_interval_notifier *interval_sub)
{
	return hs_interval_read_begin(hs_linux_task(), &interval_sub->sub);
}

/**
 * mmu_interval_read_retry() - whether an invalidation has hit the subscription since the begin
 * @param interval_sub  subscribed
 * @param seq           of mmu_interval_read_begin()
 *
 * Context: a task is attached; the driver lock, which the callback takes, is held.
 *
 * Return: true if what was read since then may be stale: release the lock and begin again.
 */
static inline bool mmu_interval_read_retry(struct mmu_interval_notifier *interval_sub,
					   unsigned long seq)
{
	return hs_interval_read_retry(hs_linux_task(), &interval_sub->sub, seq);
}

/**
 * mmu_interval_check_retry() - mmu_interval_read_retry() without the lock, to give up early
 * @param interval_sub  subscribed
 * @param seq           of mmu_interval_read_begin()
 *
 * Context: a task is attached.
 *
 * Return: true is reliable; false is a guess.
 */
static inline bool mmu_interval_check_retry(struct mmu_interval_notifier *interval_sub,
					    unsigned long seq)
{
	return hs_interval_check_retry(hs_linux_task(), &interval_sub->sub, seq);
}

/**
 * mmu_interval_set_seq() - let readers see that an invalidation has hit the subscription
 * @param interval_sub  that of the callback
 * @param cur_seq       what the callback was given
 *
 * Context: inside the callback, under the driver lock.
 */
static inline void mmu_interval_set_seq(struct mmu_interval_notifier *interval_sub,
					unsigned long cur_seq)
{
	hs_interval_set_seq(hs_linux_task(), &interval_sub->sub, cur_seq);
}

/* ---- plain notifiers --------------------------------------------------------------------- */

struct mmu_notifier;

/** struct mmu_notifier_ops - the driver's callbacks; each may be NULL */
struct mmu_notifier_ops {
	/** The address space ends; no callback follows. */
	void (*release)(struct mmu_notifier *subscription, struct mm_struct *mm);
	/** An invalidation of any range starts, after the interval subscriptions were called.
	 * Returns 0; or -EAGAIN, if it is not blockable and would have to sleep. */
	int (*invalidate_range_start)(struct mmu_notifier *subscription,
				      const struct mmu_notifier_range *range);
	/** It has ended. */
	void (*invalidate_range_end)(struct mmu_notifier *subscription,
				     const struct mmu_notifier_range *range);
};

/** struct mmu_notifier - a subscription to all of an address space */
struct mmu_notifier {
	struct hs_notifier notifier;	    /**< what the simulator knows; first */
	const struct mmu_notifier_ops *ops; /**< the driver's, set before it is registered */
	struct mm_struct *mm;		    /**< its struct is held while registered */
};

/**
 * hs_linux_start() - not the kernel's: hand the begin of an invalidation to the driver
 * @param self  the task that invalidates
 * @param n     the member of the driver's struct mmu_notifier
 * @param inv   the invalidation
 *
 * Drivers do not call it, nor the two that follow.
 *
 * Context: as hs_notifier_ops::start.
 *
 * Return: what the driver's callback returned; 0: it has none.
 */
static inline int hs_linux_start(struct hs_task *self, struct hs_notifier *n,
				 const struct hs_invalidation *inv)
{
	struct mmu_notifier *subscription = (struct mmu_notifier *)n;
	struct mmu_notifier_range range = hs_linux_range(subscription->mm, inv);

	(void)self;
	if (!subscription->ops->invalidate_range_start)
		return 0;
	return subscription->ops->invalidate_range_start(subscription, &range);
}

/**
 * hs_linux_end() - not the kernel's: hand the end of an invalidation to the driver
 * @param self  the task that invalidates
 * @param n     the member of the driver's struct mmu_notifier
 * @param inv   the invalidation
 *
 * Context: as hs_notifier_ops::end.
 */
static inline void hs_linux_end(struct hs_task *self, struct hs_notifier *n,
				const struct hs_invalidation *inv)
{
	struct mmu_notifier *subscription = (struct mmu_notifier *)n;
	struct mmu_notifier_range range = hs_linux_range(subscription->mm, inv);

	(void)self;
	if (subscription->ops->invalidate_range_end)
		subscription->ops->invalidate_range_end(subscription, &range);
}

/**
 * hs_linux_release() - not the kernel's: hand the end of the address space to the driver
 * @param self  the task that ends it
 * @param n     the member of the driver's struct mmu_notifier
 *
 * Context: as hs_notifier_ops::release.
 */
static inline void hs_linux_release(struct hs_task *self, struct hs_notifier *n)
{
	struct mmu_notifier *subscription = (struct mmu_notifier *)n;

	(void)self;
	if (subscription->ops->release)
		subscription->ops->release(subscription, subscription->mm);
}

/**
 * mmu_notifier_register() - subscribe to all of an address space
 * @param subscription  the driver's, with .ops, not registered
 * @param mm            the address space; its struct is held until mmu_notifier_unregister()
 *
 * Context: a task is attached and holds no lock that a callback takes. May sleep: waits for
 * invalidations.
 *
 * Return: 0, or
 * - -EINVAL: the address space has ended
 */
static inline int mmu_notifier_register(struct mmu_notifier *subscription, struct mm_struct *mm)
{
	static const struct hs_notifier_ops hs_linux_ops = { hs_linux_start, hs_linux_end,
							     hs_linux_release };
	struct hs_task *self = hs_linux_task();
	int ret;

	subscription->mm = mm;
	ret = hs_notifier_register(self, &subscription->notifier, hs_mm_notifiers(mm),
				   &hs_linux_ops);
	if (!ret)
		hs_mmgrab(self, mm);
	return ret;
}

/**
 * mmu_notifier_unregister() - end that subscription
 * @param subscription  registered; the driver's to free when this returns
 * @param mm            the address space
 *
 * It calls release, unless the end of the address space has called it already; the two may do so at
 * once. When it returns no callback runs or will run.
 *
 * Context: a task is attached; no lock that a callback takes may be held. May sleep.
 */
static inline void mmu_notifier_unregister(struct mmu_notifier *subscription, struct mm_struct *mm)
{
	struct hs_task *self = hs_linux_task();

	hs_notifier_unregister(self, &subscription->notifier);
	hs_mmdrop(self, mm);
}

#ifdef __cplusplus
}
#endif

#endif
