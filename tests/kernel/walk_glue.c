/* SPDX-License-Identifier: MIT */
/*
 * walk_glue.c - what mm/hmm.c and mm/pagewalk.c call, on the model
 *
 * Entries are read where they are, so that a fault changes what the kernel code sees next. Its
 * locks are the model's: what may not sleep, and a lock that is left held, fail an assertion there.
 */
#include "walk_glue.h"

#include "mm/mm.h"
#include "mm/table.h"
#include "pgmap/pgmap.h"
#include "port/port.h"

#include "shim/walk.h"
#include <linux/hmm.h>

_Static_assert(offsetof(struct hs_page, pgmap) == offsetof(struct page, pgmap) &&
		       offsetof(struct hs_pgmap, owner) == offsetof(struct dev_pagemap, owner),
	       "the kernel's names are those of the model's fields");

struct mm_struct init_mm;

/* ---- what must not happen ---------------------------------------------------------------- */

void *shim_absent(const char *name)
{
	hs_fail(hs_task_current(), HS_HERE, "kernel code uses %s, which is not there", name);
}

/* ---- entries ----------------------------------------------------------------------------- */

static u64 glue_type_word(u64 entry, u64 pfn)
{
	bool write = entry & HS_ENTRY_WRITE;

	switch (hs_entry_type(entry)) {
	case HS_TYPE_SWAP:
		return shim_swap_word(0, pfn);
	case HS_TYPE_MIGRATION:
		return shim_swap_word(write ? SHIM_SWAP_MIGRATION_WRITE : SHIM_SWAP_MIGRATION_READ,
				      pfn);
	case HS_TYPE_EXCLUSIVE:
		return shim_swap_word(write ? SHIM_SWAP_EXCLUSIVE_WRITE : SHIM_SWAP_EXCLUSIVE_READ,
				      pfn);
	case HS_TYPE_HWPOISON:
		return shim_swap_word(SHIM_SWAP_HWPOISON, pfn);
	case HS_TYPE_MARKER:
		return shim_swap_word(SHIM_SWAP_MARKER, 1);
	case HS_TYPE_POISON:
		return shim_swap_word(SHIM_SWAP_MARKER, 2);
	default: /* a device-private page */
		return shim_swap_word(write ? SHIM_SWAP_DEVICE_WRITE : SHIM_SWAP_DEVICE_READ, pfn);
	}
}

/* A PMD that is no table and no leaf, and yet present, is prot-none without the leaf bit. */
u64 shim_word(u64 entry)
{
	u64 pfn = hs_entry_pfn(entry), order = (entry & HS_ENTRY_ORDER) >> HS_ENTRY_ORDER_SHIFT;
	u64 leaf = order ? SHIM_LEAF : 0, word = SHIM_USER | leaf;

	if (!entry)
		return 0;
	if (hs_entry_is_table(entry))
		return SHIM_TABLE;
	if (hs_entry_type(entry) == HS_TYPE_BAD)
		return SHIM_PROTNONE | (~(pfn << PAGE_SHIFT) & SHIM_PFN);
	if (hs_entry_type(entry) == HS_TYPE_PROTNONE)
		return SHIM_PROTNONE | leaf |
		       (~(pfn << PAGE_SHIFT) & SHIM_PFN & ~((PAGE_SIZE << order) - 1));
	if (!(entry & (HS_ENTRY_VALID | HS_ENTRY_ERROR)))
		return glue_type_word(entry, pfn);
	word |= SHIM_PRESENT | pfn << PAGE_SHIFT;
	if (entry & HS_ENTRY_WRITE)
		word |= SHIM_WRITE;
	if (entry & HS_ENTRY_ERROR || hs_entry_type(entry) == HS_TYPE_ZERO)
		word |= SHIM_SPECIAL;
	if (entry & HS_ENTRY_DEVMAP)
		word |= SHIM_DEVMAP | (leaf ? 0 : SHIM_SPECIAL);
	return word;
}

void *shim_table(u64 entry)
{
	return hs_entry_table(entry);
}

pgd_t *pgd_offset(struct mm_struct *mm, unsigned long addr)
{
	return (pgd_t *)mm->mm->root + pgd_index(addr);
}

/* Glue is compiled as ours, so that its own loads are those of the seam. */
static u64 glue_load(struct hs_task *self, const void *entry)
{
	return hs_u64_load(self, (const hs_u64 *)entry, HS_ACQUIRE);
}

static bool glue_is_huge(u64 entry)
{
	return shim_word(entry) & (SHIM_LEAF | SHIM_DEVMAP);
}

spinlock_t *pud_trans_huge_lock(pud_t *pud, struct vm_area_struct *vma)
{
	struct hs_task *self = hs_task_current();
	spinlock_t *lock = &vma->vm_mm->mm->page_table_lock;

	if (!glue_is_huge(glue_load(self, pud)))
		return NULL;
	hs_spin_lock(self, lock);
	if (glue_is_huge(glue_load(self, pud)))
		return lock;
	hs_spin_unlock(self, lock);
	return NULL;
}

void split_huge_pud(struct vm_area_struct *vma, pud_t *pud, unsigned long addr)
{
	struct hs_task *self = hs_task_current();
	u64 entry = glue_load(self, pud);

	if (glue_is_huge(entry))
		hs_pt_take_leaf(self, vma->vm_mm->mm, (hs_u64 *)pud, addr, 2, entry);
}

pte_t *pte_offset_map(pmd_t *pmd, unsigned long addr)
{
	struct hs_task *self = hs_task_current();
	u64 entry;

	hs_rcu_read_lock(self);
	entry = glue_load(self, pmd);
	if (hs_entry_is_table(entry))
		return (pte_t *)hs_entry_table(entry) + (addr >> PAGE_SHIFT & (PTRS_PER_PTE - 1));
	hs_rcu_read_unlock(self);
	return NULL;
}

void pte_unmap(pte_t *pte)
{
	(void)pte;
	hs_rcu_read_unlock(hs_task_current());
}

void spin_unlock(spinlock_t *lock)
{
	hs_spin_unlock(hs_task_current(), lock);
}

/* ---- pages ------------------------------------------------------------------------------- */

static struct dev_pagemap glue_no_pgmap;
static struct page glue_no_page = { .pgmap = &glue_no_pgmap };

/* A pfn of an entry that was made by hand need not have a struct page. */
struct page *pfn_to_page(unsigned long pfn)
{
	struct hs_page *page = hs_pfn_to_page(hs_task_current(), pfn);

	return page ? (struct page *)page : &glue_no_page;
}

bool is_zero_pfn(unsigned long pfn)
{
	return pfn == HS_ZERO_PFN;
}

struct page *vm_normal_page(struct vm_area_struct *vma, unsigned long addr, pte_t pte)
{
	(void)addr;
	if (!pte_special(pte))
		return &glue_no_page;
	if (!(vma->vm_flags & (VM_PFNMAP | VM_MIXEDMAP)) && !is_zero_pfn(pte_pfn(pte)) &&
	    !pte_devmap(pte))
		vma->vm_mm->range->counts.bad_ptes++;
	return NULL;
}

/* ---- huge pages -------------------------------------------------------------------------- */

pte_t *hugetlb_walk(struct vm_area_struct *vma, unsigned long addr, unsigned long size)
{
	return (pte_t *)hs_pt_find(vma->vm_mm->mm, addr, size == PUD_SIZE ? 2 : 1, NULL);
}

pte_t huge_ptep_get(struct mm_struct *mm, unsigned long addr, pte_t *pte)
{
	u64 entry = glue_load(hs_task_current(), pte);

	(void)mm;
	(void)addr;
	return (pte_t){ hs_entry_is_table(entry) ? 0 : entry };
}

spinlock_t *huge_pte_lock(struct hstate *h, struct mm_struct *mm, pte_t *pte)
{
	(void)h;
	(void)pte;
	hs_spin_lock(hs_task_current(), &mm->mm->page_table_lock);
	return &mm->mm->page_table_lock;
}

void hugetlb_vma_lock_read(struct vm_area_struct *vma)
{
	vma->readers++;
}

void hugetlb_vma_unlock_read(struct vm_area_struct *vma)
{
	vma->readers--;
}

/* ---- VMAs and faults --------------------------------------------------------------------- */

struct vm_area_struct *find_vma(struct mm_struct *mm, unsigned long addr)
{
	for (unsigned int i = 0; i < mm->vma_count; i++)
		if (addr < mm->vmas[i].vm_end)
			return &mm->vmas[i];
	return NULL;
}

void mmap_assert_locked(struct mm_struct *mm)
{
	hs_mm_expect_locked(hs_task_current(), mm->mm, "hmm_range_fault");
}

vm_fault_t handle_mm_fault(struct vm_area_struct *vma, unsigned long addr, unsigned int flags,
			   struct pt_regs *regs)
{
	struct hs_task *self = hs_task_current();

	(void)regs;
	hs_might_sleep(self);
	vma->vm_mm->range->counts.faults++;
	vma->vm_mm->seen->locked_faults += vma->readers != 0;
	return hs_mm_fault(self, vma->vm_mm->mm, vma->vma, addr, flags);
}

static void glue_migration_wait(struct mm_struct *mm, unsigned long addr, uint32_t level)
{
	struct hs_task *self = hs_task_current();

	hs_might_sleep(self);
	mm->range->counts.waits++;
	hs_mm_migration_wait(self, mm->mm, addr, level);
}

void migration_entry_wait(struct mm_struct *mm, pmd_t *pmd, unsigned long addr)
{
	(void)pmd;
	glue_migration_wait(mm, addr, 0);
}

/* The kernel has no address here: the wait is for the entry, so the address is that of its span. */
void pmd_migration_entry_wait(struct mm_struct *mm, pmd_t *pmd)
{
	unsigned long addr = mm->range->start & PMD_MASK;

	while (addr < mm->range->end && (pmd_t *)hs_pt_find(mm->mm, addr, 1, NULL) != pmd)
		addr += PMD_SIZE;
	hs_assert(hs_task_current(), addr < mm->range->end, "a PMD outside the range");
	glue_migration_wait(mm, addr, 1);
}

/* ---- a call ------------------------------------------------------------------------------ */

bool mmu_interval_check_retry(struct mmu_interval_notifier *notifier, unsigned long seq)
{
	struct hs_range *range = notifier->mm->range;

	(void)seq;
	if (range->retry && range->retry(hs_task_current(), range, range->retry_arg))
		return true;
	range->counts.passes++;
	return false;
}

static unsigned long glue_vma_flags(uint32_t flags)
{
	static const struct {
		uint32_t ours;
		unsigned long theirs;
	} pairs[] = {
		{ HS_VM_READ, VM_READ },       { HS_VM_WRITE, VM_WRITE },
		{ HS_VM_PFNMAP, VM_PFNMAP },   { HS_VM_IO, VM_IO },
		{ HS_VM_HUGETLB, VM_HUGETLB }, { HS_VM_MIXEDMAP, VM_MIXEDMAP },
	};
	unsigned long theirs = 0;

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		if (flags & pairs[i].ours)
			theirs |= pairs[i].theirs;
	return theirs;
}

static void glue_copy_vmas(struct hs_task *self, struct mm_struct *mm)
{
	static const struct hstate huge = { PMD_SHIFT - PAGE_SHIFT };
	static const struct hstate gigantic = { PUD_SHIFT - PAGE_SHIFT };
	const struct hs_vma *vma;
	unsigned long addr = 0;

	for (; (vma = hs_vma_find(mm->mm, addr)); addr = vma->end) {
		hs_assert(self, mm->vma_count < SHIM_VMAS_MAX, "more VMAs than the shim has");
		mm->vmas[mm->vma_count++] = (struct vm_area_struct){
			.vm_start = vma->start,
			.vm_end = vma->end,
			.vm_flags = glue_vma_flags(vma->flags),
			.vm_mm = mm,
			.vma = vma,
			.hstate = vma->flags & HS_VM_HUGETLB_1G ? &gigantic : &huge,
		};
	}
}

int kernel_range_fault(struct hs_task *self, struct hs_range *range, kernel_walk_fn walk,
		       struct kernel_walk_seen *seen)
{
	struct mm_struct mm = { .mm = range->mm, .range = range, .seen = seen };
	struct mmu_interval_notifier notifier = { &mm };
	struct hmm_range theirs = {
		.notifier = &notifier,
		.start = range->start,
		.end = range->end,
		.hmm_pfns = (unsigned long *)range->pfns,
		.default_flags = range->default_flags,
		.pfn_flags_mask = range->pfn_flags_mask,
		.dev_private_owner = (void *)(uintptr_t)range->owner,
	};
	int ret;

	hs_assert(self, range->era == HS_ERA_6_12 && range->strategy == HS_STRATEGY_NONE,
		  "the kernel code is v6.12, which takes no references");
	hs_assert(self, hs_geometry_end(range->mm->geometry) == TASK_SIZE,
		  "the shim was compiled for another geometry");
	range->counts = (struct hs_walk_counts){ 0 };
	glue_copy_vmas(self, &mm);
	ret = walk(&theirs);
	hs_might_sleep(self);
	for (unsigned int i = 0; i < mm.vma_count; i++)
		hs_assert(self, !mm.vmas[i].readers, "the hugetlb VMA lock is still held");
	range->pages = ret ? 0 : (range->end - range->start) >> HS_PAGE_SHIFT;
	return ret;
}
