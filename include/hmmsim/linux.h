/* SPDX-License-Identifier: MIT */
/**
 * @file linux.h
 * The kernel's own spellings, for drivers that are written in them.
 *
 * *reduced*: include/linux/hmm.h, mmu_notifier.h and migrate.h of v6.12, and those functions of
 * memremap.h, mm.h, rmap.h, sched/mm.h, mmap_lock.h and err.h that the simulator has. The kernel's
 * signatures have no task: a function acts for the task that the calling thread attached last, and
 * asserts that there is one ("a task is attached"). The header takes the kernel's names below and
 * no others of the kernel; include it in driver sources only. The structs that it only renames
 * (mm_struct, vm_area_struct) keep the members of the simulator.
 *
 * It has four parts, which a driver need not name:
 *
 * @code{.unparsed}
 * linux.h            hmm_range_fault(), address spaces
 * linux_notifiers.h  notifiers
 * linux_pages.h      pages and their contents, device memory
 * linux_migrate.h    migration between memory and a device, device-exclusive access
 * @endcode
 *
 * A driver embeds struct mmu_interval_notifier and struct dev_pagemap in structs of its own, as in
 * the kernel, and brings its own driver lock and free list: with the locks of sync.h one source
 * runs on threads and in the explorer. Page structs are the machine's, struct hs_page, and opaque.
 */
#ifndef HMMSIM_LINUX_H
#define HMMSIM_LINUX_H

#include <stdbool.h>
#include <stdint.h>

#include <hmmsim/linux_migrate.h>
#include <hmmsim/linux_notifiers.h>
#include <hmmsim/linux_pages.h>
#include <hmmsim/machine.h>
#include <hmmsim/mm.h>
#include <hmmsim/page.h>
#include <hmmsim/walk.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Answer: a page that may be read. */
#define HMM_PFN_VALID HS_PFN_VALID
/** Answer: a page that may be written. */
#define HMM_PFN_WRITE HS_PFN_WRITE
/** Answer: a page that the walk cannot hand out. */
#define HMM_PFN_ERROR HS_PFN_ERROR
/** Answer: the lowest of the five bits of the order; see hmm_pfn_to_map_order(). */
#define HMM_PFN_ORDER_SHIFT HS_PFN_ORDER_SHIFT
/** Request: fault the page in if it is missing. */
#define HMM_PFN_REQ_FAULT HMM_PFN_VALID
/** Request, together with #HMM_PFN_REQ_FAULT: the page must be writable. */
#define HMM_PFN_REQ_WRITE HMM_PFN_WRITE
/** All bits that are no pfn: flags and order. */
#define HMM_PFN_FLAGS ((uint64_t)0xff << HMM_PFN_ORDER_SHIFT)

/** VMA flag: may be read. */
#define VM_READ HS_VM_READ
/** VMA flag: may be written. */
#define VM_WRITE HS_VM_WRITE

/* ---- hmm_range_fault() ------------------------------------------------------------------- */

/** struct hmm_range - arguments of hmm_range_fault(); the driver sets every field */
struct hmm_range {
	/** subscribed to all of [start, end) (not checked, as in the kernel) */
	struct mmu_interval_notifier *notifier;
	unsigned long notifier_seq; /**< of mmu_interval_read_begin() */
	unsigned long start;	    /**< first byte, page aligned */
	unsigned long end;	    /**< end, exclusive, page aligned */
	uint64_t *hmm_pfns;	    /**< one slot a page: request in, answer out */
	uint64_t default_flags;	    /**< requested for every page, in addition to its slot */
	uint64_t pfn_flags_mask;    /**< the bits of each slot that are its request */
	void *dev_private_owner;    /**< whose device-private pages are handed out */
};

/**
 * hs_linux_retry() - not the kernel's: ask what hmm_range_fault() asks before each pass
 * @param self  the task that walks
 * @param r     the simulator's range; not used
 * @param arg   the driver's struct hmm_range
 *
 * The hs_range::retry of every walk that hmm_range_fault() begins. Drivers do not call it.
 *
 * Context: as hs_retry_fn.
 *
 * Return: true if the driver's subscription was hit since notifier_seq.
 */
static inline bool hs_linux_retry(struct hs_task *self, struct hs_range *r, void *arg)
{
	struct hmm_range *range = (struct hmm_range *)arg;

	(void)r;
	return hs_interval_check_retry(self, &range->notifier->sub, range->notifier_seq);
}

/**
 * hmm_range_fault() - walk a range and fault in what is requested
 * @param range  the driver's; its slots are set
 *
 * v6.12's, with its strategy: none. See hs_range_fault().
 *
 * Context: a task is attached and holds the mmap lock (asserted). May sleep.
 *
 * Return: 0, or
 * - -EBUSY: the subscription was hit since notifier_seq: begin again with mmu_interval_read_begin()
 * - -EINVAL: start or end misaligned, the range empty or beyond the address space
 * - -EFAULT: a fault failed, or a requested page cannot be handed out
 * - -EPERM: a page was requested for writing and its VMA may not be written
 */
static inline int hmm_range_fault(struct hmm_range *range)
{
	struct hs_range r;

	hs_range_init(&r, range->notifier->mm, range->start, range->end, range->hmm_pfns);
	r.default_flags = range->default_flags;
	r.pfn_flags_mask = range->pfn_flags_mask;
	r.owner = range->dev_private_owner;
	r.retry = hs_linux_retry;
	r.retry_arg = range;
	return hs_range_fault(hs_linux_task(), &r);
}

/**
 * hmm_pfn_to_map_order() - how large the mapping is that a page is a part of
 * @param hmm_pfn  an answer
 *
 * Context: any.
 *
 * Return: log2 of its pages; 0: one page.
 */
static inline unsigned int hmm_pfn_to_map_order(uint64_t hmm_pfn)
{
	return (unsigned int)(hmm_pfn >> HMM_PFN_ORDER_SHIFT) & 0x1f;
}

/**
 * hmm_pfn_to_page() - the struct page of an answer
 * @param hmm_pfn  an answer with #HMM_PFN_VALID
 *
 * Context: a task is attached. The page is kept by the driver lock and its check of the sequence.
 *
 * Return: the page; NULL if there is no struct page. The kernel's is then no pointer that may be
 * followed: the functions that take a page assert that there is one.
 */
static inline struct hs_page *hmm_pfn_to_page(uint64_t hmm_pfn)
{
	return hs_pfn_to_page(hs_linux_task(), hmm_pfn & ~HMM_PFN_FLAGS);
}

/* ---- address spaces ---------------------------------------------------------------------- */

/**
 * mmget_not_zero() - become a user of an address space
 * @param mm  the caller holds its struct (mmgrab()) or is a user
 *
 * Context: a task is attached.
 *
 * Return: false if the last user is gone already.
 */
static inline bool mmget_not_zero(struct mm_struct *mm)
{
	return hs_mmget_not_zero(hs_linux_task(), mm);
}

/**
 * mmput() - stop being a user of an address space
 * @param mm  the last user ends it: release of the notifiers, every VMA unmapped, tables freed
 *
 * Context: a task is attached and holds no lock. May sleep.
 */
static inline void mmput(struct mm_struct *mm)
{
	hs_mmput(hs_linux_task(), mm);
}

/**
 * mmgrab() - hold the struct of an address space
 * @param mm  may end meanwhile; the struct stays until mmdrop()
 *
 * Context: a task is attached.
 */
static inline void mmgrab(struct mm_struct *mm)
{
	hs_mmgrab(hs_linux_task(), mm);
}

/**
 * mmdrop() - stop holding the struct of an address space
 * @param mm  freed by the last holder
 *
 * Context: a task is attached.
 */
static inline void mmdrop(struct mm_struct *mm)
{
	hs_mmdrop(hs_linux_task(), mm);
}

/**
 * mmap_read_lock() - take the mmap lock for read
 * @param mm  the address space
 *
 * Context: a task is attached and does not hold it. May sleep.
 */
static inline void mmap_read_lock(struct mm_struct *mm)
{
	hs_mm_lock_read(hs_linux_task(), mm);
}

/**
 * mmap_read_unlock() - release the mmap lock
 * @param mm  the address space
 *
 * Context: the attached task holds it for read.
 */
static inline void mmap_read_unlock(struct mm_struct *mm)
{
	hs_mm_unlock_read(hs_linux_task(), mm);
}

/**
 * mmap_write_lock() - take the mmap lock for write
 * @param mm  the address space
 *
 * Context: a task is attached and does not hold it. May sleep.
 */
static inline void mmap_write_lock(struct mm_struct *mm)
{
	hs_mm_lock_write(hs_linux_task(), mm);
}

/**
 * mmap_write_unlock() - release the mmap lock
 * @param mm  the address space
 *
 * Context: the attached task holds it for write.
 */
static inline void mmap_write_unlock(struct mm_struct *mm)
{
	hs_mm_unlock_write(hs_linux_task(), mm);
}

/**
 * mmap_assert_locked() - assert that the mmap lock is held, for read or for write
 * @param mm  the address space
 *
 * Context: a task is attached.
 */
static inline void mmap_assert_locked(struct mm_struct *mm)
{
	hs_mm_assert_locked(hs_linux_task(), mm);
}

/**
 * mmap_assert_write_locked() - assert that the mmap lock is held for write
 * @param mm  the address space
 *
 * Context: a task is attached.
 */
static inline void mmap_assert_write_locked(struct mm_struct *mm)
{
	hs_mm_assert_write_locked(hs_linux_task(), mm);
}

/**
 * find_vma() - the first VMA that ends after an address
 * @param mm    the address space
 * @param addr  in bytes
 *
 * Context: a task is attached and holds the mmap lock (asserted).
 *
 * Return: the VMA, which may begin after the address; NULL: none. Valid until the lock is released.
 */
static inline const struct vm_area_struct *find_vma(struct mm_struct *mm, unsigned long addr)
{
	hs_mm_assert_locked(hs_linux_task(), mm);
	return hs_vma_find(mm, addr);
}

#ifdef __cplusplus
}
#endif

#endif
