/* SPDX-License-Identifier: MIT */
/*
 * linux.h - the kernel's own spellings, for drivers that are written in them
 *
 * reduced: include/linux/hmm.h and mmu_notifier.h of v6.12, and what of memremap.h, mm.h, sched/mm.h
 * and mmap_lock.h exists here. The kernel's signatures have no task: they act for the task that the
 * calling thread attached last. Names that this header takes: those below and nothing else. Include
 * it in driver sources only.
 *
 * A driver embeds struct mmu_interval_notifier in a struct of its own, as in the kernel. Its lock is
 * its own business. Page structs are the machine's, struct hs_page, and opaque.
 */
#ifndef HMMSIM_LINUX_H
#define HMMSIM_LINUX_H

#include <string.h>

#include <hmmsim/machine.h>
#include <hmmsim/mm.h>
#include <hmmsim/notifier.h>
#include <hmmsim/page.h>
#include <hmmsim/pgmap.h>
#include <hmmsim/walk.h>

#ifdef __cplusplus
extern "C" {
#endif

#define mm_struct hs_mm
#define vm_area_struct hs_vma
#define dev_pagemap hs_pgmap

#define HMM_PFN_VALID HS_PFN_VALID
#define HMM_PFN_WRITE HS_PFN_WRITE
#define HMM_PFN_ERROR HS_PFN_ERROR
#define HMM_PFN_ORDER_SHIFT HS_PFN_ORDER_SHIFT
#define HMM_PFN_REQ_FAULT HMM_PFN_VALID
#define HMM_PFN_REQ_WRITE HMM_PFN_WRITE
#define HMM_PFN_FLAGS ((uint64_t)0xff << HMM_PFN_ORDER_SHIFT)

#define VM_READ HS_VM_READ
#define VM_WRITE HS_VM_WRITE

/* ---- notifiers --------------------------------------------------------------------------- */

enum mmu_notifier_event {
	MMU_NOTIFY_UNMAP = HS_INVALIDATE_UNMAP,
	MMU_NOTIFY_CLEAR = HS_INVALIDATE_CLEAR,
	MMU_NOTIFY_PROTECTION_VMA = HS_INVALIDATE_PROTECTION_VMA,
	MMU_NOTIFY_PROTECTION_PAGE = HS_INVALIDATE_PROTECTION_PAGE,
	MMU_NOTIFY_SOFT_DIRTY = HS_INVALIDATE_SOFT_DIRTY,
	MMU_NOTIFY_RELEASE = HS_INVALIDATE_RELEASE,
	MMU_NOTIFY_MIGRATE = HS_INVALIDATE_MIGRATE,
	MMU_NOTIFY_EXCLUSIVE = HS_INVALIDATE_EXCLUSIVE
};

#define MMU_NOTIFIER_RANGE_BLOCKABLE 1u

struct mmu_notifier_range {
	struct mm_struct *mm;
	unsigned long start, end;
	unsigned int flags;
	enum mmu_notifier_event event;
	void *owner;
};

struct mmu_interval_notifier;

struct mmu_interval_notifier_ops {
	bool (*invalidate)(struct mmu_interval_notifier *interval_sub,
			   const struct mmu_notifier_range *range, unsigned long cur_seq);
};

struct mmu_interval_notifier {
	struct hs_interval_sub sub; /* first */
	const struct mmu_interval_notifier_ops *ops;
	struct mm_struct *mm;
};

static inline bool mmu_notifier_range_blockable(const struct mmu_notifier_range *range)
{
	return (range->flags & MMU_NOTIFIER_RANGE_BLOCKABLE) != 0;
}

/* Not the kernel's: from the library's callback to the driver's. */
static inline bool hs_linux_invalidate(struct hs_task *self, struct hs_interval_sub *sub,
				       const struct hs_invalidation *inv, uint64_t cur_seq)
{
	struct mmu_interval_notifier *interval_sub = (struct mmu_interval_notifier *)sub;
	struct mmu_notifier_range range;

	(void)self;
	range.mm = interval_sub->mm;
	range.start = inv->start;
	range.end = inv->end;
	range.flags = inv->blockable ? MMU_NOTIFIER_RANGE_BLOCKABLE : 0;
	range.event = (enum mmu_notifier_event)inv->event;
	range.owner = (void *)(uintptr_t)inv->owner;
	return interval_sub->ops->invalidate(interval_sub, &range, cur_seq);
}

static inline int mmu_interval_notifier_insert(struct mmu_interval_notifier *interval_sub,
					       struct mm_struct *mm, unsigned long start,
					       unsigned long length,
					       const struct mmu_interval_notifier_ops *ops)
{
	static const struct hs_interval_ops hs_linux_ops = { hs_linux_invalidate };
	struct hs_task *self = hs_task_current();
	int ret;

	interval_sub->ops = ops;
	interval_sub->mm = mm;
	ret = hs_interval_insert(self, &interval_sub->sub, hs_mm_notifiers(mm), start, length,
				 &hs_linux_ops);
	if (!ret)
		hs_mmgrab(self, mm);
	return ret;
}

static inline void mmu_interval_notifier_remove(struct mmu_interval_notifier *interval_sub)
{
	struct hs_task *self = hs_task_current();

	hs_interval_remove(self, &interval_sub->sub);
	hs_mmdrop(self, interval_sub->mm);
}

static inline unsigned long mmu_interval_read_begin(struct mmu_interval_notifier *interval_sub)
{
	return hs_interval_read_begin(hs_task_current(), &interval_sub->sub);
}

static inline bool mmu_interval_read_retry(struct mmu_interval_notifier *interval_sub,
					   unsigned long seq)
{
	return hs_interval_read_retry(hs_task_current(), &interval_sub->sub, seq);
}

static inline bool mmu_interval_check_retry(struct mmu_interval_notifier *interval_sub,
					    unsigned long seq)
{
	return hs_interval_check_retry(hs_task_current(), &interval_sub->sub, seq);
}

static inline void mmu_interval_set_seq(struct mmu_interval_notifier *interval_sub,
					unsigned long cur_seq)
{
	hs_interval_set_seq(hs_task_current(), &interval_sub->sub, cur_seq);
}

/* ---- hmm_range_fault() ------------------------------------------------------------------- */

struct hmm_range {
	struct mmu_interval_notifier *notifier;
	unsigned long notifier_seq;
	unsigned long start, end;
	uint64_t *hmm_pfns;
	uint64_t default_flags, pfn_flags_mask;
	void *dev_private_owner;
};

/* Not the kernel's: asks what hmm_range_fault() asks before each pass. */
static inline bool hs_linux_retry(struct hs_task *self, struct hs_range *r, void *arg)
{
	struct hmm_range *range = (struct hmm_range *)arg;

	(void)r;
	return hs_interval_check_retry(self, &range->notifier->sub, range->notifier_seq);
}

/* 0 or -errno, as v6.12's, with the strategy of v6.12: none. */
static inline int hmm_range_fault(struct hmm_range *range)
{
	struct hs_range r;

	hs_range_init(&r, range->notifier->mm, range->start, range->end, range->hmm_pfns);
	r.default_flags = range->default_flags;
	r.pfn_flags_mask = range->pfn_flags_mask;
	r.owner = range->dev_private_owner;
	r.retry = hs_linux_retry;
	r.retry_arg = range;
	return hs_range_fault(hs_task_current(), &r);
}

static inline unsigned int hmm_pfn_to_map_order(uint64_t hmm_pfn)
{
	return (unsigned int)(hmm_pfn >> HMM_PFN_ORDER_SHIFT) & 0x1f;
}

static inline struct hs_page *hmm_pfn_to_page(uint64_t hmm_pfn)
{
	return hs_pfn_to_page(hs_task_current(), hmm_pfn & ~HMM_PFN_FLAGS);
}

/* ---- address spaces ---------------------------------------------------------------------- */

static inline bool mmget_not_zero(struct mm_struct *mm)
{
	return hs_mmget_not_zero(hs_task_current(), mm);
}

static inline void mmput(struct mm_struct *mm)
{
	hs_mmput(hs_task_current(), mm);
}

static inline void mmgrab(struct mm_struct *mm)
{
	hs_mmgrab(hs_task_current(), mm);
}

static inline void mmdrop(struct mm_struct *mm)
{
	hs_mmdrop(hs_task_current(), mm);
}

static inline void mmap_read_lock(struct mm_struct *mm)
{
	hs_mm_lock_read(hs_task_current(), mm);
}

static inline void mmap_read_unlock(struct mm_struct *mm)
{
	hs_mm_unlock_read(hs_task_current(), mm);
}

static inline void mmap_write_lock(struct mm_struct *mm)
{
	hs_mm_lock_write(hs_task_current(), mm);
}

static inline void mmap_write_unlock(struct mm_struct *mm)
{
	hs_mm_unlock_write(hs_task_current(), mm);
}

static inline const struct vm_area_struct *find_vma(struct mm_struct *mm, unsigned long addr)
{
	return hs_vma_find(mm, addr);
}

/* ---- pages and device memory ------------------------------------------------------------- */

static inline bool pfn_valid(unsigned long pfn)
{
	return hs_pfn_valid(hs_task_current(), pfn);
}

static inline struct hs_page *pfn_to_page(unsigned long pfn)
{
	return hs_pfn_to_page(hs_task_current(), pfn);
}

static inline unsigned long page_to_pfn(const struct hs_page *page)
{
	return hs_page_to_pfn(hs_task_current(), page);
}

static inline int page_count(struct hs_page *page)
{
	return (int)hs_page_count(hs_task_current(), page);
}

static inline int page_mapcount(struct hs_page *page)
{
	return (int)hs_page_mapcount(hs_task_current(), page);
}

static inline void get_page(struct hs_page *page)
{
	hs_page_get(hs_task_current(), page);
}

static inline bool try_get_page(struct hs_page *page)
{
	return hs_page_tryget(hs_task_current(), page);
}

static inline void put_page(struct hs_page *page)
{
	hs_page_put(hs_task_current(), page);
}

static inline void lock_page(struct hs_page *page)
{
	hs_page_lock(hs_task_current(), page);
}

static inline bool trylock_page(struct hs_page *page)
{
	return hs_page_trylock(hs_task_current(), page);
}

static inline void unlock_page(struct hs_page *page)
{
	hs_page_unlock(hs_task_current(), page);
}

static inline void memunmap_pages(struct dev_pagemap *pgmap)
{
	hs_pgmap_destroy(hs_task_current(), pgmap);
}

static inline struct dev_pagemap *get_dev_pagemap(unsigned long pfn, struct dev_pagemap *pgmap)
{
	return hs_pgmap_get(hs_task_current(), pfn, pgmap);
}

static inline void put_dev_pagemap(struct dev_pagemap *pgmap)
{
	hs_pgmap_put(hs_task_current(), pgmap);
}

#ifdef __cplusplus
}
#endif

#endif
