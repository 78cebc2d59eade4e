/* SPDX-License-Identifier: MIT */
/*
 * swapops.h - what an entry says that is no page: swap entries, and what has taken their types
 */
#ifndef HS_SHIM_SWAPOPS_H
#define HS_SHIM_SWAPOPS_H

#include "shim/pgtable.h"

/* The highest of the 32 types have other meanings. */
enum shim_swap_type {
	SHIM_SWAP_FILES = 23, /* below: a swapped-out page */
	SHIM_SWAP_MARKER = SHIM_SWAP_FILES,
	SHIM_SWAP_HWPOISON,
	SHIM_SWAP_MIGRATION_READ,
	SHIM_SWAP_MIGRATION_EXCLUSIVE, /* read, of an exclusive page */
	SHIM_SWAP_MIGRATION_WRITE,
	SHIM_SWAP_DEVICE_WRITE,
	SHIM_SWAP_DEVICE_READ,
	SHIM_SWAP_EXCLUSIVE_WRITE,
	SHIM_SWAP_EXCLUSIVE_READ,
	SHIM_SWAP_TYPES
};

typedef struct {
	enum shim_swap_type type;
	u64 offset;
} swp_entry_t;

static inline u64 shim_swap_word(enum shim_swap_type type, u64 offset)
{
	u64 mask = BIT(SHIM_TYPE_SHIFT) - BIT(SHIM_OFFSET_SHIFT);

	return (u64)type << SHIM_TYPE_SHIFT | (~(offset << SHIM_OFFSET_SHIFT) & mask);
}

static inline swp_entry_t shim_swap_entry(u64 word)
{
	u64 offset = ~word & (BIT(SHIM_TYPE_SHIFT) - BIT(SHIM_OFFSET_SHIFT));

	return (swp_entry_t){ (enum shim_swap_type)(word >> SHIM_TYPE_SHIFT),
			      offset >> SHIM_OFFSET_SHIFT };
}

static inline swp_entry_t pte_to_swp_entry(pte_t pte)
{
	return shim_swap_entry(pte_val(pte));
}

static inline swp_entry_t pmd_to_swp_entry(pmd_t pmd)
{
	return shim_swap_entry(pmd_val(pmd));
}

static inline bool non_swap_entry(swp_entry_t entry)
{
	return entry.type >= SHIM_SWAP_FILES;
}

static inline bool is_migration_entry(swp_entry_t entry)
{
	return entry.type >= SHIM_SWAP_MIGRATION_READ && entry.type <= SHIM_SWAP_MIGRATION_WRITE;
}

static inline bool is_writable_device_private_entry(swp_entry_t entry)
{
	return entry.type == SHIM_SWAP_DEVICE_WRITE;
}

static inline bool is_device_private_entry(swp_entry_t entry)
{
	return entry.type == SHIM_SWAP_DEVICE_READ || is_writable_device_private_entry(entry);
}

static inline bool is_device_exclusive_entry(swp_entry_t entry)
{
	return entry.type == SHIM_SWAP_EXCLUSIVE_READ || entry.type == SHIM_SWAP_EXCLUSIVE_WRITE;
}

static inline unsigned long swp_offset_pfn(swp_entry_t entry)
{
	return entry.offset & (BIT(SHIM_PFN_BITS) - 1);
}

static inline struct page *pfn_swap_entry_to_page(swp_entry_t entry)
{
	return pfn_to_page(swp_offset_pfn(entry));
}

static inline bool is_pmd_migration_entry(pmd_t pmd)
{
	return !pmd_none(pmd) && !pmd_present(pmd) && is_migration_entry(pmd_to_swp_entry(pmd));
}

/* Empty, or a marker, of whatever kind. */
static inline bool pte_none_mostly(pte_t pte)
{
	return pte_none(pte) ||
	       (!pte_present(pte) && pte_to_swp_entry(pte).type == SHIM_SWAP_MARKER);
}

void migration_entry_wait(struct mm_struct *mm, pmd_t *pmd, unsigned long addr);
void pmd_migration_entry_wait(struct mm_struct *mm, pmd_t *pmd);

#endif
