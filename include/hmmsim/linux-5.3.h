/* SPDX-License-Identifier: MIT */
/**
 * @file linux-5.3.h
 * The kernel's spellings of 2019, for drivers that are written in them.
 *
 * *reduced*: include/linux/hmm.h of v5.3, with its mirrors, ranges and flags, and the functions of
 * mm.h, mmu_notifier.h and rwsem.h that such a driver needs. Its names are also those of linux.h,
 * with other meanings: a source file includes one of the two. Of linux.h it has the part
 * linux_pages.h. A function acts for the task that the calling thread attached last.
 *
 * The contract of the locks is that of v5.3: the driver takes mmap_sem itself, by its name in
 * struct mm_struct. hmm_range_fault() is called with it, and returns with it, but after -EAGAIN,
 * which only a call that does not block returns: then a fault has dropped it.
 *
 * @code{.unparsed}
 * again:	hmm_range_register(), hmm_range_wait_until_valid()
 *		down_read(&mm->mmap_sem), hmm_range_fault(), up_read()
 *		take the driver lock
 *		hmm_range_valid(), hmm_range_unregister()
 *		not valid: release the lock, goto again
 *		write the device's page table
 *		release the lock
 * @endcode
 *
 * That is not sound: see struct hs_mirror_range.
 */
#ifndef HMMSIM_LINUX_5_3_H
#define HMMSIM_LINUX_5_3_H

#ifdef HMMSIM_LINUX_H
#error "<hmmsim/linux.h> and <hmmsim/linux-5.3.h> give the same names other meanings"
#endif

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hmmsim/linux_pages.h>
#include <hmmsim/machine.h>
#include <hmmsim/mm.h>
#include <hmmsim/notifier.h>
#include <hmmsim/sync.h>
#include <hmmsim/walk.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- address spaces ---------------------------------------------------------------------- */

#undef mm_struct

/** struct rw_semaphore - mmap_sem, the only one that there is */
struct rw_semaphore {
	struct hs_mm *mm; /**< not the kernel's: whose it is */
};

/** struct mm_struct - an address space as a driver of 2019 sees it; see hs_mm_5_3() */
struct mm_struct {
	struct rw_semaphore mmap_sem; /**< the mmap lock */
	struct hs_mm *mm;	      /**< not the kernel's: the simulator's */
};

/**
 * hs_mm_5_3() - not the kernel's: an address space of the simulator in the struct of v5.3
 * @param mm  set as a whole
 * @param hs  the address space; the caller holds its struct as long as it uses @p mm
 *
 * Context: any.
 */
static inline void hs_mm_5_3(struct mm_struct *mm, struct hs_mm *hs)
{
	mm->mmap_sem.mm = hs;
	mm->mm = hs;
}

/**
 * down_read() - take the mmap lock for read
 * @param sem  mmap_sem of a struct mm_struct
 *
 * Context: a task is attached and does not hold it. May sleep.
 */
static inline void down_read(struct rw_semaphore *sem)
{
	hs_mm_lock_read(hs_linux_task(), sem->mm);
}

/**
 * up_read() - release the mmap lock
 * @param sem  mmap_sem of a struct mm_struct
 *
 * Context: the attached task holds it for read.
 */
static inline void up_read(struct rw_semaphore *sem)
{
	hs_mm_unlock_read(hs_linux_task(), sem->mm);
}

/**
 * down_write() - take the mmap lock for write
 * @param sem  mmap_sem of a struct mm_struct
 *
 * Context: a task is attached and does not hold it. May sleep.
 */
static inline void down_write(struct rw_semaphore *sem)
{
	hs_mm_lock_write(hs_linux_task(), sem->mm);
}

/**
 * up_write() - release the mmap lock
 * @param sem  mmap_sem of a struct mm_struct
 *
 * Context: the attached task holds it for write.
 */
static inline void up_write(struct rw_semaphore *sem)
{
	hs_mm_unlock_write(hs_linux_task(), sem->mm);
}

/**
 * mmget_not_zero() - become a user of an address space
 * @param mm  its struct is held, or the caller is a user
 *
 * Context: a task is attached.
 *
 * Return: false if the last user is gone already.
 */
static inline bool mmget_not_zero(struct mm_struct *mm)
{
	return hs_mmget_not_zero(hs_linux_task(), mm->mm);
}

/**
 * mmput() - stop being a user of an address space
 * @param mm  the last user ends it
 *
 * Context: a task is attached. With a lock held the caller knows of another user. May sleep.
 */
static inline void mmput(struct mm_struct *mm)
{
	hs_mmput(hs_linux_task(), mm->mm);
}

/**
 * find_vma() - the first VMA that ends after an address
 * @param mm    the address space
 * @param addr  in bytes
 *
 * Context: a task is attached and holds mmap_sem (asserted).
 *
 * Return: the VMA, which may begin after the address; NULL: none. Valid until mmap_sem is released.
 */
static inline const struct vm_area_struct *find_vma(struct mm_struct *mm, unsigned long addr)
{
	hs_mm_assert_locked(hs_linux_task(), mm->mm);
	return hs_vma_find(mm->mm, addr);
}

/* ---- mirrors ----------------------------------------------------------------------------- */

/** In mmu_notifier_range::flags: callbacks may sleep. */
#define MMU_NOTIFIER_RANGE_BLOCKABLE 1u

/** struct mmu_notifier_range - one invalidation, as a callback sees it; v5.3 has no owner */
struct mmu_notifier_range {
	unsigned long start; /**< first byte */
	unsigned long end;   /**< end, exclusive */
	unsigned int flags;  /**< #MMU_NOTIFIER_RANGE_BLOCKABLE or 0 */
};

/**
 * mmu_notifier_range_blockable() - whether the callback may sleep
 * @param range  the invalidation
 *
 * Context: any.
 *
 * Return: true if it may; otherwise it returns -EAGAIN where it would have to.
 */
static inline bool mmu_notifier_range_blockable(const struct mmu_notifier_range *range)
{
	return (range->flags & MMU_NOTIFIER_RANGE_BLOCKABLE) != 0;
}

struct hmm_mirror;

/** struct hmm_mirror_ops - the driver's callbacks */
struct hmm_mirror_ops {
	/** Removes what the device maps of the range. Called for every invalidation of the address
	 * space. Returns 0; or -EAGAIN, if it is not blockable and would have to sleep. */
	int (*sync_cpu_device_pagetables)(struct hmm_mirror *mirror,
					  const struct mmu_notifier_range *update);
	/** The address space ends. May be NULL. */
	void (*release)(struct hmm_mirror *mirror);
};

/** struct hmm_mirror - a device that mirrors an address space */
struct hmm_mirror {
	struct hs_mirror mirror;	  /**< what the simulator knows; first */
	const struct hmm_mirror_ops *ops; /**< the driver's, set before it is registered */
	struct mm_struct *mm;		  /**< the address space */
	struct hs_hmm *hmm;		  /**< *reduced*: each mirror has a struct hmm of its own */
};

/**
 * hs_linux_sync_5_3() - not the kernel's: hand the simulator's callback to the driver's
 * @param self    the task that invalidates; the driver's callback finds it by itself
 * @param mirror  the member of the driver's struct hmm_mirror
 * @param inv     the invalidation
 *
 * Drivers do not call it.
 *
 * Context: as hs_mirror_ops::sync.
 *
 * Return: what the driver's callback returned.
 */
static inline int hs_linux_sync_5_3(struct hs_task *self, struct hs_mirror *mirror,
				    const struct hs_invalidation *inv)
{
	struct hmm_mirror *m = (struct hmm_mirror *)mirror;
	struct mmu_notifier_range update;

	(void)self;
	update.start = inv->start;
	update.end = inv->end;
	update.flags = inv->blockable ? MMU_NOTIFIER_RANGE_BLOCKABLE : 0;
	return m->ops->sync_cpu_device_pagetables(m, &update);
}

/**
 * hs_linux_release_5_3() - not the kernel's: hand the end of the address space to the driver
 * @param self    the task that ends it
 * @param mirror  the member of the driver's struct hmm_mirror
 *
 * Drivers do not call it.
 *
 * Context: as hs_mirror_ops::release.
 */
static inline void hs_linux_release_5_3(struct hs_task *self, struct hs_mirror *mirror)
{
	struct hmm_mirror *m = (struct hmm_mirror *)mirror;

	(void)self;
	if (m->ops->release)
		m->ops->release(m);
}

/**
 * hmm_mirror_register() - register a mirror
 * @param mirror  the driver's, with .ops
 * @param mm      the address space; its struct is held until the mirror is unregistered
 *
 * Context: a task is attached and holds mmap_sem for write (asserted), and no lock that a callback
 * takes; waits for invalidations.
 *
 * Return: 0, or
 * - -EINVAL: no ops, or the address space has ended
 * - -ENOMEM: no memory
 */
static inline int hmm_mirror_register(struct hmm_mirror *mirror, struct mm_struct *mm)
{
	static const struct hs_mirror_ops hs_linux_ops = { hs_linux_sync_5_3,
							   hs_linux_release_5_3 };
	struct hs_task *self = hs_linux_task();
	int ret;

	hs_mm_assert_write_locked(self, mm->mm);
	if (!mirror->ops || !mirror->ops->sync_cpu_device_pagetables)
		return -EINVAL;
	mirror->mm = mm;
	ret = hs_hmm_create(self, hs_mm_notifiers(mm->mm), &mirror->hmm);
	if (ret)
		return ret;
	ret = hs_mirror_register(self, &mirror->mirror, mirror->hmm, &hs_linux_ops);
	if (ret)
		hs_hmm_destroy(self, mirror->hmm);
	else
		hs_mmgrab(self, mm->mm);
	return ret;
}

/**
 * hmm_mirror_unregister() - end the registration of a mirror
 * @param mirror  registered; asserts that it has no ranges. The driver's to free when this returns
 *
 * Context: a task is attached; no lock that a callback takes may be held. May sleep.
 */
static inline void hmm_mirror_unregister(struct hmm_mirror *mirror)
{
	struct hs_task *self = hs_linux_task();

	hs_mirror_unregister(self, &mirror->mirror);
	hs_hmm_destroy(self, mirror->hmm);
	hs_mmdrop(self, mirror->mm->mm);
}

/* ---- ranges ------------------------------------------------------------------------------ */

/** enum hmm_pfn_flag_e - which flag of a slot; hmm_range::flags has its bits */
enum hmm_pfn_flag_e {
	HMM_PFN_VALID = 0,	/**< there is a page; request: fault it in if it is missing */
	HMM_PFN_WRITE,		/**< it may be written; request: fault until it may */
	HMM_PFN_DEVICE_PRIVATE, /**< it is device-private; request: fault it back to memory */
	HMM_PFN_FLAG_MAX	/**< how many flags there are */
};

/** enum hmm_pfn_value_e - which answer without a page; hmm_range::values has the slot */
enum hmm_pfn_value_e {
	HMM_PFN_ERROR,	  /**< a page that the walk cannot hand out */
	HMM_PFN_NONE,	  /**< there is no page */
	HMM_PFN_SPECIAL,  /**< no struct page, or the zero page */
	HMM_PFN_VALUE_MAX /**< how many there are */
};

/** How long drivers wait for a range: there ms, here ticks. */
#define HMM_RANGE_DEFAULT_TIMEOUT HS_RANGE_DEFAULT_TICKS

/** struct hmm_range - a range that a driver is about to copy; it sets what no comment says */
struct hmm_range {
	struct hs_mirror_range range; /**< what the simulator knows; first */
	struct hmm_mirror *mirror;    /**< set by hmm_range_register(); there: struct hmm *hmm */
	unsigned long start;	      /**< first byte; set by hmm_range_register() */
	unsigned long end;	      /**< end, exclusive; set by hmm_range_register() */
	uint64_t *pfns;		      /**< one slot a page: request in, answer out */
	const uint64_t *flags;	      /**< #HMM_PFN_FLAG_MAX of them: the bits of each flag, or 0 */
	const uint64_t *values;	      /**< #HMM_PFN_VALUE_MAX of them: slots without a page */
	uint64_t default_flags;	      /**< requested for every page, in addition to its slot */
	uint64_t pfn_flags_mask;      /**< the bits of each slot that are its request */
	unsigned int page_shift;      /**< set by hmm_range_register() */
	unsigned int pfn_shift;	      /**< where the pfn of a slot begins */
	enum hs_strategy strategy;    /**< not the kernel's, whose is #HS_STRATEGY_PER_TABLE */
};

/**
 * hmm_range_register() - register a range
 * @param range       the driver's; stays until hmm_range_unregister()
 * @param mirror      registered
 * @param start       first byte
 * @param end         end, exclusive
 * @param page_shift  log2 of the device's page size in bytes, to which both are aligned
 *
 * The caller becomes a user of the address space until hmm_range_unregister(). The range is valid
 * at once if no invalidation at all is in progress.
 *
 * Context: a task is attached. Does not sleep.
 *
 * Return: 0, or
 * - -EINVAL: empty, or not aligned
 * - -EFAULT: the address space has ended
 */
static inline int hmm_range_register(struct hmm_range *range, struct hmm_mirror *mirror,
				     unsigned long start, unsigned long end,
				     unsigned int page_shift)
{
	struct hs_task *self = hs_linux_task();
	int ret;

	range->mirror = mirror;
	range->start = start;
	range->end = end;
	range->page_shift = page_shift;
	if (!hs_mmget_not_zero(self, mirror->mm->mm))
		return -EFAULT;
	ret = hs_mirror_range_register(self, &range->range, &mirror->mirror, start, end,
				       page_shift);
	if (ret)
		hs_mmput(self, mirror->mm->mm);
	return ret;
}

/**
 * hmm_range_unregister() - end the registration of a range
 * @param range  registered (asserted); not valid from now on, the driver's to free
 *
 * The caller stops being a user of the address space.
 *
 * Context: a task is attached. With a lock held the caller knows of another user.
 */
static inline void hmm_range_unregister(struct hmm_range *range)
{
	hs_mirror_range_unregister(hs_linux_task(), &range->range);
	hs_mmput(hs_linux_task(), range->mirror->mm->mm);
}

/**
 * hmm_range_valid() - whether a range is valid
 * @param range  is or was registered
 *
 * Context: a task is attached; drivers hold the driver lock (not checked).
 *
 * Return: true if no invalidation that has hit it is in progress. See struct hs_mirror_range for
 * what that is worth.
 */
static inline bool hmm_range_valid(struct hmm_range *range)
{
	return hs_mirror_range_valid(hs_linux_task(), &range->range);
}

/**
 * hmm_range_wait_until_valid() - wait until a range is valid
 * @param range    registered
 * @param timeout  how long at most
 *
 * Context: a task is attached; no lock that a callback takes may be held. May sleep.
 *
 * Return: true if it is; false: the time is over, and the range stays registered.
 */
static inline bool hmm_range_wait_until_valid(struct hmm_range *range, unsigned long timeout)
{
	struct hs_task *self = hs_linux_task();

	return hs_mirror_range_wait_until_valid(self, &range->range, hs_sync_ticks(self) + timeout);
}

/**
 * hs_linux_retry_5_3() - not the kernel's: ask what hmm_range_fault() asks
 * @param self  the task that walks
 * @param r     the simulator's range; not used
 * @param arg   the driver's struct hmm_range
 *
 * Drivers do not call it.
 *
 * Context: as hs_retry_fn.
 *
 * Return: true if the range is not valid.
 */
static inline bool hs_linux_retry_5_3(struct hs_task *self, struct hs_range *r, void *arg)
{
	(void)r;
	return !hs_mirror_range_valid(self, &((struct hmm_range *)arg)->range);
}

/**
 * hs_linux_flag_5_3() - not the kernel's: whether a slot has a flag of the driver's
 * @param range  says which bits it is
 * @param slot   a slot
 * @param flag   which flag
 *
 * Context: any.
 *
 * Return: true if it has all of them, and there are any.
 */
static inline bool hs_linux_flag_5_3(const struct hmm_range *range, uint64_t slot,
				     enum hmm_pfn_flag_e flag)
{
	return range->flags[flag] && (slot & range->flags[flag]) == range->flags[flag];
}

/**
 * hs_linux_request_5_3() - not the kernel's: a request in the simulator's bits
 * @param range  the driver's
 * @param slot   in its bits
 *
 * Context: any.
 *
 * Return: #HS_PFN_VALID and the like.
 */
static inline uint64_t hs_linux_request_5_3(const struct hmm_range *range, uint64_t slot)
{
	return (hs_linux_flag_5_3(range, slot, HMM_PFN_VALID) ? HS_PFN_VALID : 0) |
	       (hs_linux_flag_5_3(range, slot, HMM_PFN_WRITE) ? HS_PFN_WRITE : 0) |
	       (hs_linux_flag_5_3(range, slot, HMM_PFN_DEVICE_PRIVATE) ? HS_PFN_DEVICE : 0);
}

/**
 * hs_linux_answer_5_3() - not the kernel's: an answer in the driver's bits
 * @param range  the driver's
 * @param slot   in the simulator's bits
 *
 * Context: any.
 *
 * Return: one of hmm_range::values, or a pfn with flags.
 */
static inline uint64_t hs_linux_answer_5_3(const struct hmm_range *range, uint64_t slot)
{
	if (slot & HS_PFN_ERROR)
		return range->values[HMM_PFN_ERROR];
	if (slot & HS_PFN_SPECIAL)
		return range->values[HMM_PFN_SPECIAL];
	if (!slot)
		return range->values[HMM_PFN_NONE];
	return (slot & HS_ENTRY_PFN) << range->pfn_shift |
	       (slot & HS_PFN_VALID ? range->flags[HMM_PFN_VALID] : 0) |
	       (slot & HS_PFN_WRITE ? range->flags[HMM_PFN_WRITE] : 0) |
	       (slot & HS_PFN_DEVICE ? range->flags[HMM_PFN_DEVICE_PRIVATE] : 0);
}

/**
 * hmm_range_fault() - walk a range and fault in what is requested
 * @param range  registered; its slots are set. *reduced*: bits of a slot that are neither flags nor
 *               an answer are lost
 * @param block  whether faults may wait with mmap_sem held; without it they drop it
 *
 * v5.3's, with its strategy: per-table. See hs_range_fault().
 *
 * Context: a task is attached and holds mmap_sem for read (asserted). May sleep.
 *
 * Return: the pages that were answered (a hole at the end of the range does not count), or
 * - -EAGAIN: not @p block, and a fault has dropped mmap_sem
 * - -EBUSY: the range is not valid; mmap_sem is held, as with all that follow
 * - -EINVAL, -EFAULT, -EPERM: as hs_range_fault()
 */
static inline long hmm_range_fault(struct hmm_range *range, bool block)
{
	unsigned long npages = (range->end - range->start) / HS_PAGE_BYTES, i;
	struct hs_range r;
	int ret;

	for (i = 0; i < npages; i++)
		range->pfns[i] =
			hs_linux_request_5_3(range, range->pfns[i] & range->pfn_flags_mask);
	hs_range_init(&r, range->mirror->mm->mm, range->start, range->end, range->pfns);
	r.era = HS_ERA_5_3;
	r.strategy = range->strategy;
	r.default_flags = hs_linux_request_5_3(range, range->default_flags);
	r.pfn_flags_mask = HS_PFN_VALID | HS_PFN_WRITE | HS_PFN_DEVICE;
	r.allow_retry = !block;
	r.retry = hs_linux_retry_5_3;
	r.retry_arg = range;
	ret = hs_range_fault(hs_linux_task(), &r);
	for (i = 0; i < npages; i++)
		range->pfns[i] = hs_linux_answer_5_3(range, range->pfns[i]);
	return hs_range_kernel_ret(&r, ret);
}

/**
 * hmm_device_entry_to_pfn() - the pfn of an answer
 * @param range  of the walk
 * @param entry  one of its slots
 *
 * Context: any.
 *
 * Return: the pfn; all ones: it has none.
 */
static inline unsigned long hmm_device_entry_to_pfn(const struct hmm_range *range, uint64_t entry)
{
	if (entry == range->values[HMM_PFN_NONE] || entry == range->values[HMM_PFN_ERROR] ||
	    entry == range->values[HMM_PFN_SPECIAL] ||
	    !hs_linux_flag_5_3(range, entry, HMM_PFN_VALID))
		return ~0ul;
	return (entry >> range->pfn_shift) & HS_ENTRY_PFN;
}

/**
 * hmm_device_entry_to_page() - the struct page of an answer
 * @param range  of the walk
 * @param entry  one of its slots
 *
 * Context: a task is attached.
 *
 * Return: the page; NULL: it has none. See hmm_pfn_to_page() of linux.h.
 */
static inline struct hs_page *hmm_device_entry_to_page(const struct hmm_range *range,
						       uint64_t entry)
{
	unsigned long pfn = hmm_device_entry_to_pfn(range, entry);

	return pfn == ~0ul ? NULL : pfn_to_page(pfn);
}

#ifdef __cplusplus
}
#endif

#endif
