/* SPDX-License-Identifier: MIT */
/*
 * migration.h - migration entries: what pte_ops.c and src/migrate share
 */
#ifndef HS_MM_MIGRATION_H
#define HS_MM_MIGRATION_H

#include "mm/fault_entry.h"
#include "mm/zap.h"

/* Present and COUNTED: a page, or a device's block; not the zero page. */
static inline bool hs_entry_can_fail(uint64_t e)
{
	return e & HS_ENTRY_VALID && e & HS_ENTRY_COUNTED && hs_entry_type(e) == HS_TYPE_NORMAL &&
	       hs_entry_pfn(e) != HS_ZERO_PFN;
}

/* A page of its own, that a CPU reaches. */
static inline bool hs_entry_is_page(uint64_t e)
{
	return hs_entry_can_fail(e) && !(e & HS_ENTRY_DEVMAP);
}

static inline bool hs_entry_is_device_private(uint64_t e)
{
	return e & HS_ENTRY_DEVPRIV && e & HS_ENTRY_COUNTED;
}

/* A page that a migration may take: a CPU or its device reaches it, or would but for prot-none. */
static inline bool hs_entry_has_anon_page(uint64_t e)
{
	if (hs_entry_is_device_private(e) || hs_entry_is_page(e))
		return true;
	return hs_entry_type(e) == HS_TYPE_PROTNONE && e & HS_ENTRY_COUNTED &&
	       !(e & HS_ENTRY_DEVMAP);
}

/* Nothing is mapped. The zero page counts as nothing, because it holds nothing. */
static inline bool hs_entry_is_vacant(const struct hs_fault *f)
{
	return !f->level && (!f->seen || hs_entry_is_zero_page(f->seen));
}

/* The entry of a system or device page, with WRITE if @write has that bit. */
uint64_t hs_entry_for(struct hs_task *self, struct hs_page *page, uint64_t write);

/*
 * The entry f->seen, which maps @page, becomes a migration entry, and the page has one mapping
 * less. What the entry held of its references is the caller's. The page table lock is held.
 */
uint64_t hs_migration_begin(struct hs_fault *f, struct hs_page *page);
/*
 * Finds the entry at f->addr. Whether it is the migration entry of the page with this pfn. The page
 * table lock is held; no other lock is needed.
 */
bool hs_migration_find(struct hs_fault *f, uint64_t pfn);
/*
 * The migration entry f->seen becomes that of @to, whose mapcount and reference for it the caller
 * has taken. The page table lock is held. The caller wakes the waiters.
 */
void hs_migration_finish(struct hs_fault *f, struct hs_page *to);

#endif
