/* SPDX-License-Identifier: MIT */
/*
 * pgtable.h - page tables with four levels of nine bits, as x86-64 has them, or with SHIM_MOCK
 * those of HS_GEOMETRY_MOCK, for the explorer
 *
 * Kernel code walks the model's tables: a pointer to an entry points to ours. Each accessor looks
 * at the word that x86-64 would have there (shim_word()), so that what a kernel does with an entry
 * which it should not look at comes from the layout of the bits, as it does on hardware.
 *
 *	 0 present   1 write   2 user   5 accessed   6 dirty   7 leaf   8 prot-none   9 special
 *	12..51 pfn   58 devmap
 *
 * In a word that is not present something is inverted: the pfn, if it is prot-none; otherwise the
 * offset of a swap entry, from bit 9 on, below five bits of type (swapops.h).
 */
#ifndef HS_SHIM_PGTABLE_H
#define HS_SHIM_PGTABLE_H

#include "shim/mm_types.h"

/* ---- entries ----------------------------------------------------------------------------- */

typedef struct {
	u64 entry;
} pgd_t;
typedef struct {
	pgd_t pgd; /* four levels: folded */
} p4d_t;
typedef struct {
	u64 entry;
} pud_t;
typedef struct {
	u64 entry;
} pmd_t;
typedef struct {
	u64 entry;
} pte_t;

#define SHIM_PRESENT BIT(0)
#define SHIM_WRITE BIT(1)
#define SHIM_USER BIT(2)
#define SHIM_ACCESSED BIT(5)
#define SHIM_DIRTY BIT(6)
#define SHIM_LEAF BIT(7)
#define SHIM_PROTNONE BIT(8)
#define SHIM_SPECIAL BIT(9)
#define SHIM_DEVMAP BIT(58)
#define SHIM_TABLE (SHIM_PRESENT | SHIM_WRITE | SHIM_USER | SHIM_ACCESSED | SHIM_DIRTY)
#define SHIM_PFN_BITS 40
#define SHIM_PFN (((1UL << SHIM_PFN_BITS) - 1) << PAGE_SHIFT)
#define SHIM_OFFSET_SHIFT 9
#define SHIM_TYPE_SHIFT 59

/* The word of an entry of the model, and the table below it. */
u64 shim_word(u64 entry);
void *shim_table(u64 entry);

static inline u64 pte_val(pte_t pte)
{
	return shim_word(pte.entry);
}

static inline u64 pmd_val(pmd_t pmd)
{
	return shim_word(pmd.entry);
}

static inline u64 pud_val(pud_t pud)
{
	return shim_word(pud.entry);
}

static inline bool shim_word_inverted(u64 word)
{
	return word && !(word & SHIM_PRESENT);
}

static inline unsigned long shim_word_pfn(u64 word, unsigned int order)
{
	u64 mask = SHIM_PFN & ~((PAGE_SIZE << order) - 1);

	return ((shim_word_inverted(word) ? ~word : word) & mask) >> PAGE_SHIFT;
}

static inline bool shim_word_protnone(u64 word)
{
	return (word & (SHIM_PROTNONE | SHIM_PRESENT)) == SHIM_PROTNONE;
}

/* ---- geometry ---------------------------------------------------------------------------- */

#ifdef SHIM_MOCK
#define PTRS_PER_PTE 2
#define PTRS_PER_PMD 2
#define PTRS_PER_PUD 4
#define PTRS_PER_PGD 4
#define PMD_SHIFT 13
#define PUD_SHIFT 14
#define PGDIR_SHIFT 16
#define TASK_SIZE (1UL << 18)
#else
#define PTRS_PER_PTE 512
#define PTRS_PER_PMD 512
#define PTRS_PER_PUD 512
#define PTRS_PER_PGD 512
#define PMD_SHIFT 21
#define PUD_SHIFT 30
#define PGDIR_SHIFT 39
#define TASK_SIZE (1UL << 47)
#endif
#define PTRS_PER_P4D 1
#define PMD_SIZE (1UL << PMD_SHIFT)
#define PMD_MASK (~(PMD_SIZE - 1))
#define PUD_SIZE (1UL << PUD_SHIFT)
#define PUD_MASK (~(PUD_SIZE - 1))
#define PGDIR_SIZE (1UL << PGDIR_SHIFT)

static inline unsigned long shim_addr_end(unsigned long addr, unsigned long end, unsigned long size)
{
	unsigned long next = (addr | (size - 1)) + 1;

	return next - 1 < end - 1 ? next : end;
}

#define pmd_addr_end(addr, end) shim_addr_end(addr, end, PMD_SIZE)
#define pud_addr_end(addr, end) shim_addr_end(addr, end, PUD_SIZE)
#define p4d_addr_end(addr, end) (end)
#define pgd_addr_end(addr, end) shim_addr_end(addr, end, PGDIR_SIZE)
#define pgd_index(addr) ((addr) >> PGDIR_SHIFT & (PTRS_PER_PGD - 1))

/* ---- upper levels ------------------------------------------------------------------------ */

pgd_t *pgd_offset(struct mm_struct *mm, unsigned long addr);

static inline bool pgd_none_or_clear_bad(pgd_t *pgd)
{
	(void)pgd;
	return false;
}

static inline p4d_t *p4d_offset(pgd_t *pgd, unsigned long addr)
{
	(void)addr;
	return (p4d_t *)pgd;
}

static inline bool p4d_none_or_clear_bad(p4d_t *p4d)
{
	return !p4d->pgd.entry;
}

static inline pud_t *pud_offset(p4d_t *p4d, unsigned long addr)
{
	return (pud_t *)shim_table(p4d->pgd.entry) + (addr >> PUD_SHIFT & (PTRS_PER_PUD - 1));
}

static inline pud_t pudp_get(pud_t *pudp)
{
	return (pud_t){ READ_ONCE(pudp->entry) };
}

static inline bool pud_none(pud_t pud)
{
	return !pud_val(pud);
}

static inline bool pud_present(pud_t pud)
{
	return pud_val(pud) & (SHIM_PRESENT | SHIM_PROTNONE);
}

static inline bool pud_leaf(pud_t pud)
{
	return pud_val(pud) & SHIM_LEAF;
}

static inline bool pud_devmap(pud_t pud)
{
	return pud_val(pud) & SHIM_DEVMAP;
}

static inline bool pud_write(pud_t pud)
{
	return pud_val(pud) & SHIM_WRITE;
}

static inline unsigned long pud_pfn(pud_t pud)
{
	return shim_word_pfn(pud_val(pud), pud_leaf(pud) ? PUD_SHIFT - PAGE_SHIFT : 0);
}

/* The lock, if the entry is a leaf of anonymous or device memory. */
spinlock_t *pud_trans_huge_lock(pud_t *pud, struct vm_area_struct *vma);
/* A leaf is taken away; a table stays. */
void split_huge_pud(struct vm_area_struct *vma, pud_t *pud, unsigned long addr);
#define pud_special(pud) SHIM_ABSENT(bool, "pud_special")
#define pud_page(pud) SHIM_ABSENT(struct page *, "pud_page")
#define pud_lock(mm, pud) SHIM_ABSENT(spinlock_t *, "pud_lock")

/* ---- PMDs -------------------------------------------------------------------------------- */

static inline pmd_t *pmd_offset(pud_t *pud, unsigned long addr)
{
	return (pmd_t *)shim_table(pud->entry) + (addr >> PMD_SHIFT & (PTRS_PER_PMD - 1));
}

static inline pmd_t pmdp_get(pmd_t *pmdp)
{
	return (pmd_t){ READ_ONCE(pmdp->entry) };
}

#define pmdp_get_lockless(pmdp) pmdp_get(pmdp)

static inline bool pmd_none(pmd_t pmd)
{
	return !pmd_val(pmd);
}

static inline bool pmd_present(pmd_t pmd)
{
	return pmd_val(pmd) & (SHIM_PRESENT | SHIM_PROTNONE | SHIM_LEAF);
}

static inline bool pmd_leaf(pmd_t pmd)
{
	return pmd_val(pmd) & SHIM_LEAF;
}

static inline bool pmd_devmap(pmd_t pmd)
{
	return pmd_val(pmd) & SHIM_DEVMAP;
}

static inline bool pmd_trans_huge(pmd_t pmd)
{
	return (pmd_val(pmd) & (SHIM_LEAF | SHIM_DEVMAP)) == SHIM_LEAF;
}

static inline bool pmd_protnone(pmd_t pmd)
{
	return shim_word_protnone(pmd_val(pmd));
}

static inline bool pmd_write(pmd_t pmd)
{
	return pmd_val(pmd) & SHIM_WRITE;
}

/* Neither a table nor anything else that an entry may be. */
static inline bool pmd_bad(pmd_t pmd)
{
	u64 flags = pmd_val(pmd) & ~(SHIM_PFN | SHIM_USER | SHIM_ACCESSED);

	return flags != (SHIM_TABLE & ~(SHIM_USER | SHIM_ACCESSED));
}

static inline unsigned long pmd_pfn(pmd_t pmd)
{
	return shim_word_pfn(pmd_val(pmd), pmd_leaf(pmd) ? PMD_SHIFT - PAGE_SHIFT : 0);
}

#define thp_migration_supported() true
#define split_huge_pmd(vma, pmd, addr) ((void)shim_absent("split_huge_pmd"))
#define pmd_lock(mm, pmd) SHIM_ABSENT(spinlock_t *, "pmd_lock")
#define vm_normal_page_pmd(vma, addr, pmd) SHIM_ABSENT(struct page *, "vm_normal_page_pmd")
#define is_huge_zero_pmd(pmd) SHIM_ABSENT(bool, "is_huge_zero_pmd")

/* ---- PTEs -------------------------------------------------------------------------------- */

/* NULL: the PMD is no table any more. The table stays until pte_unmap(). */
pte_t *pte_offset_map(pmd_t *pmd, unsigned long addr);
void pte_unmap(pte_t *pte);
#define pte_offset_kernel(pmd, addr) SHIM_ABSENT(pte_t *, "pte_offset_kernel")
#define pte_offset_map_lock(mm, pmd, addr, ptl) \
	(*(ptl) = NULL, SHIM_ABSENT(pte_t *, "pte_offset_map_lock"))
#define pte_unmap_unlock(pte, ptl) ((void)shim_absent("pte_unmap_unlock"))

static inline pte_t ptep_get(pte_t *ptep)
{
	return (pte_t){ READ_ONCE(ptep->entry) };
}

static inline bool pte_none(pte_t pte)
{
	return !pte_val(pte);
}

static inline bool pte_present(pte_t pte)
{
	return pte_val(pte) & (SHIM_PRESENT | SHIM_PROTNONE);
}

static inline bool pte_protnone(pte_t pte)
{
	return shim_word_protnone(pte_val(pte));
}

static inline bool pte_write(pte_t pte)
{
	return pte_val(pte) & SHIM_WRITE;
}

static inline bool pte_special(pte_t pte)
{
	return pte_val(pte) & SHIM_SPECIAL;
}

static inline bool pte_devmap(pte_t pte)
{
	u64 both = SHIM_PRESENT | SHIM_DEVMAP;

	return (pte_val(pte) & both) == both;
}

static inline unsigned long pte_pfn(pte_t pte)
{
	return shim_word_pfn(pte_val(pte), 0);
}

/* The page, unless the entry is special. One that is for no reason is reported, and counted. */
struct page *vm_normal_page(struct vm_area_struct *vma, unsigned long addr, pte_t pte);

#endif
