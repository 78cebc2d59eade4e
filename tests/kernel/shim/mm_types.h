/* SPDX-License-Identifier: MIT */
/*
 * mm_types.h - struct page, address spaces and VMAs as kernel code sees them
 *
 * struct page and struct dev_pagemap are the model's own objects, with the kernel's names for what
 * is read through them; the glue asserts the offsets. An mm_struct lasts for one call: its VMAs are
 * copies, because the mmap lock is held meanwhile.
 */
#ifndef HS_SHIM_MM_TYPES_H
#define HS_SHIM_MM_TYPES_H

#include "shim/base.h"

struct hs_mm;
struct hs_range;
struct hs_spinlock;
struct hs_vma;
struct kernel_walk_seen;

typedef struct hs_spinlock spinlock_t;
void spin_unlock(spinlock_t *lock);

/* ---- pages ------------------------------------------------------------------------------- */

#define SHIM_PAGE_PGMAP 8
#define SHIM_PGMAP_OWNER 40

struct dev_pagemap {
	unsigned char before_owner[SHIM_PGMAP_OWNER];
	void *owner;
};

struct page {
	unsigned char before_pgmap[SHIM_PAGE_PGMAP];
	struct dev_pagemap *pgmap;
};

struct folio;
struct page *pfn_to_page(unsigned long pfn);
#define nth_page(page, n) SHIM_ABSENT(struct page *, "nth_page")
#define page_folio(page) SHIM_ABSENT(struct folio *, "page_folio")
bool is_zero_pfn(unsigned long pfn);

/* ---- address spaces ---------------------------------------------------------------------- */

#define VM_READ 0x1UL
#define VM_WRITE 0x2UL
#define VM_PFNMAP 0x400UL
#define VM_IO 0x4000UL
#define VM_HUGETLB 0x400000UL
#define VM_MIXEDMAP 0x10000000UL

struct hstate {
	unsigned int order;
};

struct vm_area_struct {
	unsigned long vm_start, vm_end, vm_flags, vm_pgoff;
	struct mm_struct *vm_mm;
	/* the shim's */
	const struct hs_vma *vma;
	const struct hstate *hstate;
	int readers; /* of the hugetlb VMA lock */
};

#define SHIM_VMAS_MAX 16

struct mm_struct {
	struct hs_mm *mm;
	struct hs_range *range; /* of the call; its counts grow */
	struct kernel_walk_seen *seen;
	unsigned int vma_count;
	struct vm_area_struct vmas[SHIM_VMAS_MAX];
};

extern struct mm_struct init_mm;

/* The first VMA that ends behind the address. */
struct vm_area_struct *find_vma(struct mm_struct *mm, unsigned long addr);
void mmap_assert_locked(struct mm_struct *mm);
#define mmap_assert_write_locked(mm) ((void)shim_absent("mmap_assert_write_locked"))

/* Walks by page cache index. */
struct address_space {
	int i_mmap_rwsem, i_mmap;
};
#define lockdep_assert_held(lock) ((void)(lock))
#define vma_pages(vma) (((vma)->vm_end - (vma)->vm_start) >> PAGE_SHIFT)
#define vma_interval_tree_foreach(vma, root, first, last)                                 \
	for ((vma) = ((void)(root), (void)(first), (void)(last),                          \
		      SHIM_ABSENT(struct vm_area_struct *, "vma_interval_tree_foreach")); \
	     (vma); (vma) = NULL)
#define vma_pgtable_walk_begin(vma) ((void)(vma))
#define vma_pgtable_walk_end(vma) ((void)(vma))

/* ---- faults ------------------------------------------------------------------------------ */

typedef unsigned int vm_fault_t;
struct pt_regs;

#define FAULT_FLAG_WRITE 0x1u
#define FAULT_FLAG_REMOTE 0x80u
/* OOM, SIGBUS, HWPOISON, SIGSEGV and FALLBACK; HWPOISON_LARGE does not exist here. */
#define VM_FAULT_ERROR (0x1u | 0x2u | 0x10u | 0x40u | 0x800u)

vm_fault_t handle_mm_fault(struct vm_area_struct *vma, unsigned long addr, unsigned int flags,
			   struct pt_regs *regs);

#endif
