/* SPDX-License-Identifier: MIT */
/**
 * @file notifier.h
 * Notifiers: callbacks of an address space that run before its page tables change.
 *
 * A task that takes pages out of an address space calls hs_invalidate_start(), changes the page
 * tables, and calls hs_invalidate_end(). Between the two, no subscriber that was called may have
 * the old pages mapped. There are three ways to subscribe, and one struct hs_notifiers per address
 * space holds all subscribers:
 *
 * @code{.unparsed}
 * hs_interval_sub   same: mmu_interval_notifier (v5.5 to v6.12, mm/mmu_notifier.c). Its sequence
 *                   number says "nothing has happened since I looked"
 * hs_notifier       reduced: mmu_notifier (v6.12, mm/mmu_notifier.c): start, end and release. SRCU
 *                   is a count of callers, mm_take_all_locks() a wait for invalidations to end;
 *                   the first refusal ends the round, and one that refuses may have an end()
 * hs_hmm,           reduced: struct hmm and hmm_mirror (v5.3, mm/hmm.c). The flag range->valid says
 * hs_mirror         "nothing is happening now". Ranges hold no mm_users, and a struct hmm is made
 *                   by its users, not by the first mirror
 * @endcode
 *
 * Addresses are bytes. An invalidation covers [start, end), a subscription [start, last].
 *
 * Memory: hs_notifiers and hs_hmm are allocated in the machine of the calling task. The caller
 * embeds the other structs in objects of its own in the same machine, and keeps them until they are
 * removed. A struct that is passed to hs_interval_insert() and the like needs no initialisation.
 * Fields that are documented as readable may be read; all others belong to the functions. Not
 * checked: that a struct is registered only once at a time, that it stays until it is removed (in
 * the explore build, touching one that is freed is a finding), and which locks of the caller's own
 * are held.
 *
 * The driver lock is a lock of the caller's own: its callback takes it, and so does what must not
 * meet the callback. (The kernel's comments call it the user provided lock.) It comes after the
 * mmap, entry and mapping lock, and before the subscriptions lock and the page table lock.
 *
 * Waiting: a function whose Context says "waits for invalidations" may sleep until every
 * invalidation of the address space has ended. A task must not call it between a start and an end
 * of its own, in a callback, or with a lock held that a callback takes. It would wait for ever,
 * which is not checked; in the explore build it is a deadlock.
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

/** enum hs_invalidate_event - why page tables change; MMU_NOTIFY_* of v6.12 */
enum hs_invalidate_event {
	HS_INVALIDATE_UNMAP,	       /**< munmap */
	HS_INVALIDATE_CLEAR,	       /**< entries go, the VMA stays */
	HS_INVALIDATE_PROTECTION_VMA,  /**< a VMA allows less */
	HS_INVALIDATE_PROTECTION_PAGE, /**< an entry allows less; the model never says it */
	HS_INVALIDATE_SOFT_DIRTY,      /**< soft-dirty tracking; the model never says it */
	HS_INVALIDATE_RELEASE,	       /**< the address space ends */
	HS_INVALIDATE_MIGRATE,	       /**< a page moves, .owner asked for it */
	HS_INVALIDATE_EXCLUSIVE,       /**< device-exclusive access, .owner asked for it */
	HS_INVALIDATE_EVENT_COUNT
};

/** struct hs_invalidation - one change of page tables */
struct hs_invalidation {
	uint64_t start;			/**< first byte */
	uint64_t end;			/**< end, exclusive; the range is not empty */
	enum hs_invalidate_event event; /**< the reason */
	const void *owner; /**< MIGRATE, EXCLUSIVE: the owner's device may skip its part; or NULL */
	bool blockable;	   /**< callbacks may sleep; if false, they refuse where they would */
};

/**
 * enum hs_refusal - what a plain notifier that refuses leaves to interval subscriptions
 *
 * They were called before it, and accepted.
 */
enum hs_refusal {
	/**
	 * v5.5 to v6.12: the invalidation never ends for them, because the kernel takes back what
	 * the plain notifiers did and not the count of invalidations in progress. From then on no
	 * period ends: a reader of a subscription that is hit waits for ever in
	 * hs_interval_read_begin(), and so does hs_interval_remove() of any that was inserted
	 * before. An address space that never had an interval subscription has no such count. Plain
	 * notifiers register as before.
	 */
	HS_REFUSAL_6_12,
	/** *invented*: it ends for them as if one of them had refused. */
	HS_REFUSAL_UNDONE,
	HS_REFUSAL_COUNT
};

/** enum hs_wait_order - how a reader looks at the sequence number that it waits for */
enum hs_wait_order {
	/** *invented*: with acquire: it sees page tables as the last invalidation left them */
	HS_WAIT_ACQUIRE,
	/**
	 * v5.5 on: with READ_ONCE. A reader that does not sleep, because the number has changed
	 * when it looks first, may read page tables from before that. Shown by HS_MEMORY_VIEWS
	 * alone.
	 */
	HS_WAIT_ONCE,
	HS_WAIT_ORDER_COUNT
};

/**
 * hs_notifiers_create() - make the notifiers of an address space
 * @param self  the calling task
 * @param out   the notifiers, on success; the caller's until hs_notifiers_destroy()
 *
 * hs_mm_create() calls it: an mm has notifiers from the start (hs_mm_notifiers()).
 *
 * Context: any.
 *
 * Return: 0, or
 * - -ENOMEM: no memory
 */
HMMSIM_API int hs_notifiers_create(struct hs_task *self, struct hs_notifiers **out);

/**
 * hs_notifiers_destroy() - free the notifiers of an address space
 * @param self       the calling task
 * @param notifiers  asserts that nothing is subscribed and no invalidation is in progress
 *
 * Context: no other task uses @p notifiers (not checked beyond that); does not sleep.
 */
HMMSIM_API void hs_notifiers_destroy(struct hs_task *self, struct hs_notifiers *notifiers);

/**
 * hs_notifiers_set_refusal() - choose what a refusal of a plain notifier leaves
 * @param self       the calling task
 * @param notifiers  those of the address space
 * @param refusal    for refusals from now on; HS_REFUSAL_6_12 if it is never called
 *
 * Context: takes the subscriptions lock, a spinlock; does not sleep.
 *
 * Return: 0, or
 * - -EINVAL: there is no such value
 */
HMMSIM_API int hs_notifiers_set_refusal(struct hs_task *self, struct hs_notifiers *notifiers,
					enum hs_refusal refusal);

/**
 * hs_notifiers_set_wait_order() - choose how hs_interval_read_begin() and remove wait
 * @param self       the calling task
 * @param notifiers  those of the address space
 * @param order      for waits from now on; HS_WAIT_ACQUIRE if it is never called
 *
 * Context: no other task uses @p notifiers (not checked); takes the subscriptions lock, a spinlock;
 * does not sleep.
 *
 * Return: 0, or
 * - -EINVAL: there is no such value
 */
HMMSIM_API int hs_notifiers_set_wait_order(struct hs_task *self, struct hs_notifiers *notifiers,
					   enum hs_wait_order order);

/**
 * hs_invalidate_start() - tell subscribers that page tables are about to change
 * @param self       the calling task
 * @param notifiers  those of the address space
 * @param inv        the change; passed to the callbacks
 *
 * Calls the interval subscriptions that overlap the range, by ascending start, then all plain
 * notifiers, oldest first. Invalidations nest and overlap in time freely. An error ends the round:
 * end() is called of the plain notifiers whose start() returned 0, the invalidation is over (for
 * interval subscriptions see enum hs_refusal), and hs_invalidate_end() must not be called. Asserts
 * that the range is not empty, and that no callback refuses a blockable invalidation. Models
 * mmu_notifier_invalidate_range_start() and its _nonblock variant.
 *
 * Context: no lock held that a callback takes. Sleeps if a callback does, which it may if @p inv is
 * blockable.
 *
 * Return: 0, or
 * - -EINVAL: there is no such event; nothing was done
 * - -EAGAIN: @p inv is not blockable, and a callback refused
 */
HMMSIM_API int hs_invalidate_start(struct hs_task *self, struct hs_notifiers *notifiers,
				   const struct hs_invalidation *inv);

/**
 * hs_invalidate_end() - the page tables have changed
 * @param self       the calling task
 * @param notifiers  those of the address space
 * @param inv        the one that was passed to hs_invalidate_start() (not checked)
 *
 * Calls end() of all plain notifiers. Asserts that an invalidation is in progress. The last end of
 * overlapping invalidations wakes the tasks that wait for invalidations.
 *
 * Context: the task that called hs_invalidate_start(), or another one; no lock held that a callback
 * takes. Sleeps if an end() does.
 */
HMMSIM_API void hs_invalidate_end(struct hs_task *self, struct hs_notifiers *notifiers,
				  const struct hs_invalidation *inv);

/**
 * hs_notifiers_release() - the address space ends
 * @param self       the calling task
 * @param notifiers  those of the address space. Asserts that they are released once, and that no
 *                   range of a mirror is registered
 *
 * Calls every interval subscription for an invalidation of all addresses with event RELEASE, then
 * release() of every plain notifier. From now on the registration of a plain notifier or a mirror
 * returns -EINVAL, and that of a range -EFAULT; for insertions see hs_interval_insert(). What was
 * accepted before is called. Plain notifiers are called no more afterwards; interval subscriptions
 * still are. Removing works as before. hs_mmput() calls it for the last user.
 *
 * Context: no lock held that a callback takes; may sleep.
 */
HMMSIM_API void hs_notifiers_release(struct hs_task *self, struct hs_notifiers *notifiers);

/* ---- interval subscriptions -------------------------------------------------------------- */

struct hs_interval_sub;

/** struct hs_interval_ops - what an interval subscription does */
struct hs_interval_ops {
	/**
	 * An invalidation hits the subscription. The callback takes the driver lock, calls
	 * hs_interval_set_seq() with cur_seq, removes what the device maps of inv, and releases the
	 * lock. If inv is not blockable, it returns false where it would have to wait for the lock;
	 * otherwise it returns true.
	 *
	 * Context: that of the invalidation, which may hold the mmap, entry and mapping lock. May
	 * sleep if inv is blockable.
	 */
	bool (*invalidate)(struct hs_task *self, struct hs_interval_sub *sub,
			   const struct hs_invalidation *inv, uint64_t cur_seq);
};

/** struct hs_interval_sub - a subscription to a range; embedded in an object of the caller's */
struct hs_interval_sub {
	struct hs_interval_node node;	       /**< .start and .last are readable */
	struct hs_notifiers *notifiers;	       /**< readable; NULL: not subscribed */
	const struct hs_interval_ops *ops;     /**< the callbacks */
	struct hs_interval_sub *deferred_next; /**< the next change that is deferred */
	bool in_tree;			       /**< its node is in the tree */
	uint64_t seq;			       /**< the period of its last hit; odd, shared */
};

/**
 * hs_interval_insert() - subscribe to a range
 * @param self       the calling task
 * @param sub        the subscription; needs no initialisation, stays until hs_interval_remove()
 * @param notifiers  those of the address space
 * @param start      first byte
 * @param length     bytes
 * @param ops        the callbacks; they outlive the subscription
 *
 * If invalidations are in progress, the first hs_interval_read_begin() waits for their end, because
 * what they have changed already cannot be known. Models mmu_interval_notifier_insert().
 *
 * The caller is a user of the address space (hs_mmget_not_zero()). As in the kernel, that is
 * checked for the first subscription that an address space ever has, and not for others: one that
 * is inserted when the address space has ended is accepted, and may never be called.
 *
 * Context: takes the subscriptions lock, a spinlock; in callbacks of notifiers too; does not sleep.
 *
 * Return: 0, or an error, after which @p sub->notifiers is NULL:
 * - -EOVERFLOW: the range is empty, or ends beyond 2^64
 * - -EINVAL: @p ops is NULL, or has no invalidate; or the address space has ended, and never had
 *   an interval subscription
 */
HMMSIM_API int hs_interval_insert(struct hs_task *self, struct hs_interval_sub *sub,
				  struct hs_notifiers *notifiers, uint64_t start, uint64_t length,
				  const struct hs_interval_ops *ops);

/**
 * hs_interval_remove() - end a subscription
 * @param self  the calling task
 * @param sub   asserts that it is subscribed; the caller may free it afterwards
 *
 * When it returns, no callback of @p sub runs or will run. Models mmu_interval_notifier_remove().
 *
 * Context: no lock held that a callback takes; waits for invalidations.
 */
HMMSIM_API void hs_interval_remove(struct hs_task *self, struct hs_interval_sub *sub);

/**
 * hs_interval_read_begin() - begin to copy from the CPU's page table
 * @param self  the calling task
 * @param sub   the subscription that covers what is copied; asserts that it is subscribed
 *
 * Waits while an invalidation that hit the subscription is in progress. The whole protocol of a
 * reader:
 *
 * @code{.c}
 * again:
 *	seq = hs_interval_read_begin(self, sub);
 *	look at the page table
 *	take the driver lock
 *	if (hs_interval_read_retry(self, sub, seq)) {
 *		release the driver lock
 *		goto again;
 *	}
 *	write the device's page table
 *	release the driver lock
 * @endcode
 *
 * Context: the driver lock is not held; waits for invalidations.
 *
 * Return: the number to pass to hs_interval_read_retry().
 */
HMMSIM_API uint64_t hs_interval_read_begin(struct hs_task *self, struct hs_interval_sub *sub);

/**
 * hs_interval_read_retry() - whether an invalidation has hit the subscription since the begin
 * @param self  the calling task
 * @param sub   the subscription
 * @param seq   what hs_interval_read_begin() returned (not checked)
 *
 * Context: the driver lock is held (not checked); does not sleep.
 *
 * Return: true if it has, and what was read must not be used.
 */
HMMSIM_API bool hs_interval_read_retry(struct hs_task *self, struct hs_interval_sub *sub,
				       uint64_t seq);

/**
 * hs_interval_check_retry() - hs_interval_read_retry() without the lock, to give up early
 * @param self  the calling task
 * @param sub   the subscription
 * @param seq   what hs_interval_read_begin() returned
 *
 * Context: any.
 *
 * Return: true if it has. False is a guess, and hs_interval_read_retry() decides.
 */
HMMSIM_API bool hs_interval_check_retry(struct hs_task *self, struct hs_interval_sub *sub,
					uint64_t seq);

/**
 * hs_interval_set_seq() - note that an invalidation hits the subscription
 * @param self     the calling task
 * @param sub      the subscription that is called back; asserts that it is subscribed
 * @param cur_seq  what the callback was called with; asserts that it is the number of the period
 *
 * Context: in the callback, with the driver lock held (not checked); does not sleep.
 */
HMMSIM_API void hs_interval_set_seq(struct hs_task *self, struct hs_interval_sub *sub,
				    uint64_t cur_seq);

/* ---- plain notifiers --------------------------------------------------------------------- */

struct hs_notifier;

/** struct hs_notifier_ops - what a plain notifier does; each member may be NULL */
struct hs_notifier_ops {
	/**
	 * An invalidation of any range starts. Returns 0; or -EAGAIN, if inv is not blockable and
	 * the callback would have to sleep: then end() is not called for this one.
	 */
	int (*start)(struct hs_task *self, struct hs_notifier *n,
		     const struct hs_invalidation *inv);
	/** The invalidation has ended. */
	void (*end)(struct hs_task *self, struct hs_notifier *n, const struct hs_invalidation *inv);
	/**
	 * The address space ends, or the notifier is unregistered before it does. If both happen at
	 * once, two tasks may call it at once.
	 */
	void (*release)(struct hs_task *self, struct hs_notifier *n);
};

/** struct hs_notifier - a plain notifier; embedded in an object of the caller's */
struct hs_notifier {
	const struct hs_notifier_ops *ops; /**< the callbacks */
	struct hs_notifiers *notifiers;	   /**< readable; NULL: not registered */
	struct hs_notifier *next;	   /**< the next younger one */
	uint64_t born;			   /**< number of its registration */
	uint32_t calls;			   /**< walks that have reached it; shared */
	bool dead;			   /**< no call of it begins any more */
};

/**
 * hs_notifier_register() - register a plain notifier
 * @param self       the calling task
 * @param n          the notifier; needs no initialisation, stays until hs_notifier_unregister()
 * @param notifiers  those of the address space
 * @param ops        the callbacks; they outlive the notifier
 *
 * Every end() that is called has had its start() called before. Models mmu_notifier_register().
 *
 * Context: no lock held that a callback takes; waits for invalidations.
 *
 * Return: 0, or an error, after which @p n->notifiers is NULL:
 * - -EINVAL: @p ops is NULL, or the address space has ended
 */
HMMSIM_API int hs_notifier_register(struct hs_task *self, struct hs_notifier *n,
				    struct hs_notifiers *notifiers,
				    const struct hs_notifier_ops *ops);

/**
 * hs_notifier_unregister() - end a registration
 * @param self  the calling task
 * @param n     asserts that it is registered; the caller may free it afterwards
 *
 * It calls release(), unless that of the end of the address space has returned. When it returns, no
 * callback of @p n runs or will run. It does not wait for invalidations, so that the end() of one
 * whose start() was called may be missing. Models mmu_notifier_unregister().
 *
 * Context: no lock held that a callback of @p n takes, and not in such a callback (not checked; in
 * the explore build a deadlock); sleeps while one runs.
 */
HMMSIM_API void hs_notifier_unregister(struct hs_task *self, struct hs_notifier *n);

/* ---- the mirror of v5.3 ------------------------------------------------------------------ */

struct hs_hmm;
struct hs_mirror;

/** struct hs_mirror_ops - what a mirror does */
struct hs_mirror_ops {
	/**
	 * The kernel's sync_cpu_device_pagetables(): removes what the device maps of inv. Returns
	 * 0; or -EAGAIN, if inv is not blockable and the callback would have to sleep.
	 */
	int (*sync)(struct hs_task *self, struct hs_mirror *mirror,
		    const struct hs_invalidation *inv);
	/** The address space ends; may be NULL. */
	void (*release)(struct hs_task *self, struct hs_mirror *mirror);
};

/** struct hs_mirror - a device that mirrors an address space; embedded in a driver's object */
struct hs_mirror {
	const struct hs_mirror_ops *ops; /**< the callbacks */
	struct hs_hmm *hmm;		 /**< readable; NULL: not registered */
	struct hs_mirror *next;		 /**< the next mirror of hmm */
};

/**
 * struct hs_mirror_range - a range that a driver is about to copy
 *
 * valid is true again as soon as no invalidation is in progress. A reader needs more: it cannot see
 * an invalidation that began and ended between its look and its check. Kernel commit 04ec32fbc2b2
 * (v5.5) says so, and removes the flag. It is modelled as it was.
 */
struct hs_mirror_range {
	uint64_t start;		      /**< first byte; readable */
	uint64_t end;		      /**< end, exclusive; readable */
	struct hs_hmm *hmm;	      /**< readable; NULL: not registered */
	struct hs_mirror_range *next; /**< the next range of hmm */
	uint32_t valid;		      /**< read with hs_mirror_range_valid(); shared */
};

/** How long drivers of v5.3 wait for a range: HMM_RANGE_DEFAULT_TIMEOUT, there ms, here ticks. */
#define HS_RANGE_DEFAULT_TICKS 1000u

/**
 * hs_hmm_create() - make the struct hmm of an address space
 * @param self       the calling task
 * @param notifiers  those of the address space
 * @param out        the hmm, on success; the caller's until hs_hmm_destroy()
 *
 * An address space needs one if it has mirrors.
 *
 * Context: no lock held that a callback takes; waits for invalidations.
 *
 * Return: 0, or
 * - -ENOMEM: no memory
 * - -EINVAL: the address space has ended
 */
HMMSIM_API int hs_hmm_create(struct hs_task *self, struct hs_notifiers *notifiers,
			     struct hs_hmm **out);

/**
 * hs_hmm_destroy() - free a struct hmm
 * @param self  the calling task
 * @param hmm   freed; asserts that it has no mirrors and no ranges
 *
 * Context: no lock held that a callback takes; sleeps while one of its callbacks runs.
 */
HMMSIM_API void hs_hmm_destroy(struct hs_task *self, struct hs_hmm *hmm);

/**
 * hs_mirror_register() - register a mirror
 * @param self    the calling task
 * @param mirror  the mirror; needs no initialisation, stays until hs_mirror_unregister()
 * @param hmm     that of the address space
 * @param ops     the callbacks; they outlive the mirror
 *
 * Models hmm_mirror_register().
 *
 * Context: no lock held that a callback takes; sleeps while callbacks of mirrors run.
 *
 * Return: 0, or
 * - -EINVAL: @p ops is NULL, or has no sync; or the address space has ended
 */
HMMSIM_API int hs_mirror_register(struct hs_task *self, struct hs_mirror *mirror,
				  struct hs_hmm *hmm, const struct hs_mirror_ops *ops);

/**
 * hs_mirror_unregister() - end the registration of a mirror
 * @param self    the calling task
 * @param mirror  asserts that it is registered; the caller may free it afterwards
 *
 * When it returns, no callback of @p mirror runs or will run.
 *
 * Context: no lock held that a callback takes; sleeps while callbacks of mirrors run.
 */
HMMSIM_API void hs_mirror_unregister(struct hs_task *self, struct hs_mirror *mirror);

/**
 * hs_mirror_range_register() - register a range
 * @param self        the calling task
 * @param range       the range; needs no initialisation, stays until hs_mirror_range_unregister()
 * @param mirror      the mirror that copies it; asserts that it is registered
 * @param start       first byte
 * @param end         end, exclusive
 * @param page_shift  log2 of the device's page size in bytes, to which both ends are aligned
 *
 * The range is valid at once if no invalidation at all is in progress. Models
 * hmm_range_register().
 *
 * Context: takes a spinlock of the place of the subscriptions lock; does not sleep.
 *
 * Return: 0, or
 * - -EINVAL: empty, not aligned, or @p page_shift is above 63
 * - -EFAULT: the address space has ended
 */
HMMSIM_API int hs_mirror_range_register(struct hs_task *self, struct hs_mirror_range *range,
					struct hs_mirror *mirror, uint64_t start, uint64_t end,
					uint32_t page_shift);

/**
 * hs_mirror_range_unregister() - end the registration of a range
 * @param self   the calling task
 * @param range  asserts that it is registered; not valid from now on, the caller may free it
 *
 * Context: takes a spinlock of the place of the subscriptions lock; does not sleep.
 */
HMMSIM_API void hs_mirror_range_unregister(struct hs_task *self, struct hs_mirror_range *range);

/**
 * hs_mirror_range_wait_until_valid() - wait until a range is valid
 * @param self      the calling task
 * @param range     asserts that it is registered
 * @param deadline  reading of the machine's clock (hs_machine_info.ticks) at which it gives up
 *
 * Models hmm_range_wait_until_valid().
 *
 * Context: no lock held that a callback takes, and not between a start and an end of the same task;
 * sleeps.
 *
 * Return: true if the range is valid; false: the deadline has passed.
 */
HMMSIM_API bool hs_mirror_range_wait_until_valid(struct hs_task *self,
						 struct hs_mirror_range *range, uint64_t deadline);

/**
 * hs_mirror_range_valid() - whether a range is valid
 * @param self   the calling task
 * @param range  a range that is or was registered
 *
 * Models hmm_range_valid().
 *
 * Context: any; drivers hold the driver lock (not checked).
 *
 * Return: true if it is. See struct hs_mirror_range for what that is worth.
 */
HMMSIM_API bool hs_mirror_range_valid(struct hs_task *self, struct hs_mirror_range *range);

#ifdef __cplusplus
}
#endif

#endif
