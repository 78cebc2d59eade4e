/* SPDX-License-Identifier: MIT */
/*
 * linux/mm.h - pages and address spaces
 *
 * struct page is the model's: what a driver's own code may use of it has the kernel's names.
 */
#ifndef HMMSIM_MODULE_MM_H
#define HMMSIM_MODULE_MM_H

#include <hmmsim/linux.h>
#include <linux/kernel.h>

#define PAGE_SHIFT 12
#define PAGE_SIZE (1UL << PAGE_SHIFT)
#define PAGE_MASK (~(PAGE_SIZE - 1))

struct page {
	u32 counts[2];		   /* the model's */
	struct dev_pagemap *pgmap; /* of a device page */
	void *zone_device_data;	   /* its driver's */
	u32 numbers[2];		   /* the model's */
};
_Static_assert(sizeof(struct page) == 32, "the model's struct page (src/device/linux.c)");

#define vm_start start
#define vm_end end
#define vm_flags flags

static inline struct vm_area_struct *module_vma_lookup(struct mm_struct *mm, unsigned long addr)
{
	struct vm_area_struct *vma = (struct vm_area_struct *)(uintptr_t)find_vma(mm, addr);

	return vma && vma->vm_start <= addr ? vma : NULL;
}

#define vma_lookup module_vma_lookup

#endif
