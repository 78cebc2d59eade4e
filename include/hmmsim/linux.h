/* SPDX-License-Identifier: MIT */
/*
 * linux.h - the kernel's own spellings, for drivers that are written in them
 *
 * reduced: include/linux/hmm.h of v6.12, and what of memremap.h and mmap_lock.h exists here. The
 * kernel's signatures have no task: they act for the task that the calling thread attached last.
 * Names that this header takes: those below and nothing else. Include it in driver sources only.
 *
 * Page structs are the machine's own, so that a driver sees pfns; hmm_pfn_to_page() gives an opaque
 * pointer. The notifier carries the mm; its sequence comes with notifiers.
 */
#ifndef HMMSIM_LINUX_H
#define HMMSIM_LINUX_H

#include <string.h>

#include <hmmsim/machine.h>
#include <hmmsim/mm.h>
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

struct mmu_interval_notifier {
	struct mm_struct *mm;
};

struct hmm_range {
	struct mmu_interval_notifier *notifier;
	unsigned long notifier_seq;
	unsigned long start, end;
	uint64_t *hmm_pfns;
	uint64_t default_flags, pfn_flags_mask;
	void *dev_private_owner;
};

/* 0 or -errno, as v6.12's, with the strategy of v6.12: none. */
static inline int hmm_range_fault(struct hmm_range *range)
{
	struct hs_range r;

	memset(&r, 0, sizeof(r));
	r.mm = range->notifier->mm;
	r.start = range->start;
	r.end = range->end;
	r.pfns = range->hmm_pfns;
	r.default_flags = range->default_flags;
	r.pfn_flags_mask = range->pfn_flags_mask;
	r.owner = range->dev_private_owner;
	return (int)hs_range_fault(hs_task_current(), HS_ERA_6_12, HS_STRATEGY_NONE, HS_BODY_PLAIN,
				   &r);
}

static inline unsigned int hmm_pfn_to_map_order(uint64_t hmm_pfn)
{
	return (unsigned int)(hmm_pfn >> HMM_PFN_ORDER_SHIFT) & 0x1f;
}

static inline struct hs_page *hmm_pfn_to_page(uint64_t hmm_pfn)
{
	return hs_pfn_to_page(hs_task_current(), hmm_pfn & ~HMM_PFN_FLAGS);
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
