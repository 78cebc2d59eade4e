/* SPDX-License-Identifier: MIT */
/*
 * pte_ops.h - what else happens to the pages of an address space: entries that are not present
 *
 * Each function (but hs_migration_end) takes the mmap lock for read, tells the notifiers, and changes
 * one entry (prot-none: a range). They stand for kernel paths that reach the entry through the reverse
 * map of its page:
 *
 * hs_swap_out		reduced: reclaim (v6.12, mm/vmscan.c, mm/rmap.c). There is no swap device: the
 *			entry keeps the low 40 bits of page->private, and they come back
 * hs_migration_start ..	reduced: try_to_migrate() and remove_migration_ptes() (mm/rmap.c, mm/migrate.c)
 * hs_make_exclusive	reduced: make_device_exclusive_range() (mm/rmap.c), one page
 * hs_make_protnone	reduced: change_prot_numa() (mm/mempolicy.c)
 * hs_memory_failure	reduced: memory_failure() (mm/memory-failure.c), one mapping
 * hs_migrate_insert_page	reduced: migrate_vma_insert_page() (mm/migrate_device.c)
 *
 * Errors: -EINVAL (misaligned, no VMA), -ENOENT (the entry is not of the kind that is needed), -EBUSY
 * (the page has references that are not this entry's; exclusive: it is locked), -ENOMEM. Pages of
 * entries made by hand (not COUNTED) are of no kind.
 */
#ifndef HMMSIM_PTE_OPS_H
#define HMMSIM_PTE_OPS_H

#include <stdbool.h>
#include <stdint.h>

#include <hmmsim/export.h>
#include <hmmsim/machine.h>
#include <hmmsim/mm.h>
#include <hmmsim/page.h>

#ifdef __cplusplus
extern "C" {
#endif

/* An anonymous page of system memory becomes a swap entry, its frame is free. Event CLEAR. */
HMMSIM_API int hs_swap_out(struct hs_task *self, struct hs_mm *mm, uint64_t addr);

/* A migration under way: holds the reference that the entry held, and the mm (hs_mmgrab). */
struct hs_migration {
	struct hs_mm *mm;
	uint64_t addr, entry; /* the migration entry */
	uint64_t before;      /* what it replaced */
	struct hs_page *page; /* for reading */
};

/*
 * An anonymous page: a migration entry takes its place, and whoever needs the page waits. Event
 * CLEAR, or MIGRATE with @owner if that is not NULL.
 */
HMMSIM_API int hs_migration_start(struct hs_task *self, struct hs_mm *mm, uint64_t addr,
				  const void *owner, struct hs_migration *m);
/*
 * Ends it: the entry becomes @to (NULL: the old page again) and takes over that reference; the old
 * page, if it is not that, is put. If the entry has been unmapped meanwhile, both are put. Waiters
 * wake, who may hold the mmap lock: this takes no lock but the page table's. So it does not ask the
 * VMA, and a page of the system becomes present where mprotect() has taken READ meanwhile (the
 * kernel's becomes prot-none). Whoever accesses or walks asks the VMA first.
 */
HMMSIM_API void hs_migration_end(struct hs_task *self, struct hs_migration *m, struct hs_page *to);

/*
 * A present page of anonymous memory for the device alone: event EXCLUSIVE with @owner. The page is
 * returned locked, with a reference, both the caller's: a fault waits for the lock and then gives the
 * page back to the CPU.
 */
HMMSIM_API int hs_make_exclusive(struct hs_task *self, struct hs_mm *mm, uint64_t addr,
				 const void *owner, struct hs_page **page);

/* Present pages of [start, end) lose their access until the next fault. Event PROTECTION_VMA. */
HMMSIM_API int hs_make_protnone(struct hs_task *self, struct hs_mm *mm, uint64_t start,
				uint64_t end);

/* A present page has failed: a hwpoison entry. A system page is never used again. Event CLEAR. */
HMMSIM_API int hs_memory_failure(struct hs_task *self, struct hs_mm *mm, uint64_t addr);

/*
 * Maps a page of PRIVATE or COHERENT memory where nothing is mapped in anonymous memory, and takes
 * over the caller's reference. Event MIGRATE with the pgmap's owner. The zero page is nothing.
 * -ENOENT: something is there. An error leaves the reference to the caller.
 */
HMMSIM_API int hs_migrate_insert_page(struct hs_task *self, struct hs_mm *mm, uint64_t addr,
				      struct hs_page *page, bool write);

#ifdef __cplusplus
}
#endif

#endif
