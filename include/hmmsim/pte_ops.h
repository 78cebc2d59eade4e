/* SPDX-License-Identifier: MIT */
/**
 * @file pte_ops.h
 * What happens to the pages of an address space other than by faults: swap, migration and the like.
 *
 * Each function except hs_migration_end() takes the mmap lock for read, notifies the subscribers,
 * and changes one entry (hs_make_protnone(): those of a range). Those that end in _locked are
 * called with the lock. They stand for kernel paths that reach the entry through the reverse map of
 * its page:
 *
 * @code{.unparsed}
 * hs_swap_out             reduced: reclaim (v6.12, mm/vmscan.c, mm/rmap.c). There is no swap
 *                         device: a slot keeps the contents, and the entry names it
 * hs_migration_start, ..  reduced: try_to_migrate(), remove_migration_ptes() (mm/rmap.c,
 *                         mm/migrate.c), one page by hand; drivers migrate as in migrate.h
 * hs_make_exclusive       reduced: make_device_exclusive_range() (mm/rmap.c), one page
 * hs_make_protnone        reduced: change_prot_numa() (mm/mempolicy.c)
 * hs_memory_failure       reduced: memory_failure() (mm/memory-failure.c), one mapping
 * hs_migrate_insert_page  reduced: migrate_vma_insert_page() (mm/migrate_device.c)
 * @endcode
 *
 * These functions accept no entry that was made by hand (not COUNTED). One that counts keeps its
 * page: they assert that the struct page is there.
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

/**
 * hs_swap_out() - swap out an anonymous page
 * @param self  the calling task
 * @param mm    the address space
 * @param addr  the page's address, page aligned
 *
 * The entry becomes a swap entry, and the page is free. Event CLEAR.
 *
 * Context: no lock held; takes the mmap lock for read, may sleep.
 *
 * Return: 0, or, with nothing changed,
 * - -EINVAL: not page aligned, or no VMA
 * - -ENOENT: there is no present system page, or another task has changed the entry first
 * - -EBUSY: the page has references beside the entry's
 * - -ENOMEM: no memory for a swap slot
 */
HMMSIM_API int hs_swap_out(struct hs_task *self, struct hs_mm *mm, uint64_t addr);

/** struct hs_migration - a migration in progress; it holds the entry's reference, and the mm */
struct hs_migration {
	struct hs_mm *mm;     /**< held by hs_mmgrab() */
	uint64_t addr;	      /**< of the entry */
	uint64_t entry;	      /**< the migration entry */
	uint64_t before;      /**< the entry that it replaced; readable */
	struct hs_page *page; /**< the page that moves; readable */
};

/**
 * hs_migration_start() - replace an anonymous page by a migration entry
 * @param self   the calling task
 * @param mm     the address space
 * @param addr   the page's address, page aligned
 * @param owner  NULL: event CLEAR; otherwise event MIGRATE with this owner
 * @param m      the migration, on success; ended by hs_migration_end()
 *
 * Tasks that need the page wait until the migration ends.
 *
 * Context: no lock held; takes the mmap lock for read, may sleep.
 *
 * Return: 0, or, with nothing changed,
 * - -EINVAL: not page aligned, or no VMA
 * - -ENOENT: the VMA is shared, there is no present page and no device-private page, or another
 *   task has changed the entry first
 * - -EBUSY: the page has references or mappings beside the entry's
 */
HMMSIM_API int hs_migration_start(struct hs_task *self, struct hs_mm *mm, uint64_t addr,
				  const void *owner, struct hs_migration *m);

/**
 * hs_migration_start_locked() - hs_migration_start() under the mmap lock
 * @param self   the calling task
 * @param mm     the address space
 * @param addr   the page's address, page aligned
 * @param owner  as of hs_migration_start()
 * @param m      as of hs_migration_start()
 *
 * Context: the mmap lock is held (asserted), for read or write; may sleep.
 *
 * Return: as hs_migration_start().
 */
HMMSIM_API int hs_migration_start_locked(struct hs_task *self, struct hs_mm *mm, uint64_t addr,
					 const void *owner, struct hs_migration *m);

/**
 * hs_migration_end() - end a migration
 * @param self  the calling task
 * @param m     the migration; asserts that it has not ended yet
 * @param to    the page that takes the place, with a reference, which the entry takes over; NULL:
 *              the old page. Asserts that it is allocated and that no entry maps it
 *
 * Puts the old page if another takes its place. If the entry has been unmapped meanwhile, puts
 * both. Wakes the waiters and drops the mm. The waiters may hold the mmap lock, so this takes no
 * lock but the page table's. For that reason it does not ask the VMA: a system page becomes present
 * where mprotect() has taken READ away meanwhile (the kernel's becomes prot-none). Every access and
 * walk asks the VMA first.
 *
 * Context: the mmap lock may be held, the page table lock and what page_free takes may not; does
 * not sleep.
 */
HMMSIM_API void hs_migration_end(struct hs_task *self, struct hs_migration *m, struct hs_page *to);

/**
 * hs_make_exclusive() - give a device exclusive access to a page
 * @param self   the calling task
 * @param mm     the address space
 * @param addr   the page's address, page aligned
 * @param owner  of the device; passed to the notifiers with event EXCLUSIVE
 * @param page   the page, on success: locked, and with a reference, both the caller's
 *
 * A fault waits for the page lock and then gives the page back to the CPU.
 *
 * Context: no lock held; takes the mmap lock for read, may sleep.
 *
 * Return: 0, or, with nothing changed,
 * - -EINVAL: not page aligned, or no VMA
 * - -ENOENT: the VMA is shared, there is no present page, or another task has changed the entry
 *   first
 * - -EBUSY: the page is locked
 */
HMMSIM_API int hs_make_exclusive(struct hs_task *self, struct hs_mm *mm, uint64_t addr,
				 const void *owner, struct hs_page **page);

/**
 * hs_make_exclusive_locked() - hs_make_exclusive() under the mmap lock
 * @param self   the calling task
 * @param mm     the address space
 * @param addr   the page's address, page aligned
 * @param owner  as of hs_make_exclusive()
 * @param page   as of hs_make_exclusive()
 *
 * make_device_exclusive_range() is called so.
 *
 * Context: the mmap lock is held (asserted), for read or write; may sleep.
 *
 * Return: as hs_make_exclusive().
 */
HMMSIM_API int hs_make_exclusive_locked(struct hs_task *self, struct hs_mm *mm, uint64_t addr,
					const void *owner, struct hs_page **page);

/**
 * hs_make_protnone() - take the access to present system pages until their next fault
 * @param self   the calling task
 * @param mm     the address space
 * @param start  first byte
 * @param end    end, exclusive
 *
 * Event PROTECTION_VMA.
 *
 * Context: no lock held; takes the mmap lock for read, may sleep.
 *
 * Return: 0, or, with nothing changed,
 * - -EINVAL: not page aligned, empty, beyond the geometry, or there is a gap
 */
HMMSIM_API int hs_make_protnone(struct hs_task *self, struct hs_mm *mm, uint64_t start,
				uint64_t end);

/**
 * hs_memory_failure() - let a page fail
 * @param self  the calling task
 * @param mm    an address space that maps it
 * @param addr  the page's address there, page aligned
 *
 * A hwpoison entry takes the place of the entry, event CLEAR. A system page is never allocated
 * again.
 *
 * Context: no lock held; takes the mmap lock for read, may sleep.
 *
 * Return: 0, or, with nothing changed,
 * - -EINVAL: not page aligned, or no VMA
 * - -ENOENT: there is no present page or block, or another task has changed the entry first
 */
HMMSIM_API int hs_memory_failure(struct hs_task *self, struct hs_mm *mm, uint64_t addr);

/**
 * hs_migrate_insert_page() - map a page of PRIVATE or COHERENT memory where nothing is mapped
 * @param self   the calling task
 * @param mm     the address space
 * @param addr   where, page aligned, in anonymous memory
 * @param page   the page; on success the entry takes over the caller's reference. Asserts that it
 *               is allocated and that no entry maps it
 * @param write  writable, if the VMA is
 *
 * Event MIGRATE with the pgmap's owner. The zero page counts as nothing.
 *
 * Context: no lock held; takes the mmap lock for read, may sleep.
 *
 * Return: 0, or, with the reference still the caller's,
 * - -EINVAL: not page aligned, no VMA, a VMA with a mapping, IO or PFNMAP, or memory of another
 *   type
 * - -ENOENT: something is mapped there, or another task has changed the entry first
 * - -ENOMEM: no memory for tables
 */
HMMSIM_API int hs_migrate_insert_page(struct hs_task *self, struct hs_mm *mm, uint64_t addr,
				      struct hs_page *page, bool write);

/**
 * hs_pt_set_page() - put an entry of level 0 that maps an anonymous page
 * @param self   the calling task
 * @param mm     the address space
 * @param addr   where, page aligned, in anonymous memory
 * @param page   an allocated page of system, PRIVATE or COHERENT memory; on success the entry takes
 *               over the caller's reference. Asserts that no entry maps it
 * @param entry  as hs_pt_set(), with the pfn of @p page
 *
 * *invented*: for an address space that is built as it shall be found. The page is mapped once, and
 * the reverse map finds it, so that it can be migrated, swapped out and unmapped as one that a
 * fault has mapped. Nothing is notified; what the entry held is replaced without being put.
 *
 * Context: as hs_pt_set().
 *
 * Return: 0, or, with the reference still the caller's, -EINVAL or -ENOMEM as hs_pt_set().
 */
HMMSIM_API int hs_pt_set_page(struct hs_task *self, struct hs_mm *mm, uint64_t addr,
			      struct hs_page *page, uint64_t entry);

#ifdef __cplusplus
}
#endif

#endif
