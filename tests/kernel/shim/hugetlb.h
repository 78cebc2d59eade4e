/* SPDX-License-Identifier: MIT */
/*
 * hugetlb.h - VMAs of huge pages
 */
#ifndef HS_SHIM_HUGETLB_H
#define HS_SHIM_HUGETLB_H

#include "shim/pgtable.h"

#define is_vm_hugetlb_page(vma) (!!((vma)->vm_flags & VM_HUGETLB))

static inline struct hstate *hstate_vma(struct vm_area_struct *vma)
{
	return (struct hstate *)(uintptr_t)vma->hstate;
}

static inline unsigned int huge_page_order(struct hstate *h)
{
	return h->order;
}

static inline unsigned long huge_page_size(struct hstate *h)
{
	return PAGE_SIZE << h->order;
}

static inline unsigned long huge_page_mask(struct hstate *h)
{
	return ~(huge_page_size(h) - 1);
}

/* The entry of that size; NULL: there is no table for it. */
pte_t *hugetlb_walk(struct vm_area_struct *vma, unsigned long addr, unsigned long size);
/* A table of smaller pages reads as empty: no hugetlb VMA has one. */
pte_t huge_ptep_get(struct mm_struct *mm, unsigned long addr, pte_t *pte);
spinlock_t *huge_pte_lock(struct hstate *h, struct mm_struct *mm, pte_t *pte);
void hugetlb_vma_lock_read(struct vm_area_struct *vma);
void hugetlb_vma_unlock_read(struct vm_area_struct *vma);

#endif
