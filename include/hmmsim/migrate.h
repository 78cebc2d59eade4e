/* SPDX-License-Identifier: MIT */
/**
 * @file migrate.h
 * Migration of pages between system memory and a device: of a range of addresses, or of pfns.
 *
 * @code{.unparsed}
 * hs_migrate_vma_*     reduced: migrate_vma_setup(), _pages(), _finalize() (v6.12,
 *                      mm/migrate_device.c): anonymous memory, pages of 4 KiB; no LRU; addresses
 *                      that are not page aligned are refused, not rounded
 * hs_migrate_device_*  reduced: migrate_device_range(), _pfns(), _pages(), _finalize() (v6.12;
 *                      since v6.1)
 * migration pfns       same: MIGRATE_PFN_*, migrate_pfn(), migrate_pfn_to_page()
 * @endcode
 *
 * A driver moves pages in three steps, with two arrays that have a slot for each page:
 *
 * @code{.unparsed}
 * setup      selects pages: src. Each is locked and held, and migration entries stand for it
 *            the driver allocates pages, locks them, and copies: dst
 * pages      decides: a page that another task holds as well does not move. dst pages are mapped
 *            where nothing was
 *            the driver may look which slots of src still have MIGRATE
 * finalize   maps dst, or src again, where the migration entries are; unlocks and puts both
 * @endcode
 *
 * What setup selects, by the entry (v6.12, migrate_vma_collect_pmd()); all else gets 0:
 *
 * @code{.unparsed}
 * entry                     selected                          src
 * none, no table            always                            MIGRATE, no page
 * zero page                 SELECT_SYSTEM                     MIGRATE, no page
 * present, system page      SELECT_SYSTEM                     its page
 * prot-none, system page    SELECT_SYSTEM, as on x86          its page
 * present, coherent page    SELECT_DEVICE_COHERENT, owner     its page
 * device-private            SELECT_DEVICE_PRIVATE, owner      its page
 * @endcode
 *
 * A page that setup or hs_migrate_device_range() has selected does not move if its lock is taken,
 * or if it has references that do not come from entries. Setup tolerates one more of device memory,
 * "pages" does not. The fault's reference to m->fault_page is allowed in both.
 */
#ifndef HMMSIM_MIGRATE_H
#define HMMSIM_MIGRATE_H

#include <stdint.h>

#include <hmmsim/export.h>
#include <hmmsim/machine.h>
#include <hmmsim/mm.h>
#include <hmmsim/page.h>

#ifdef __cplusplus
extern "C" {
#endif

/** In a slot: there is a page. The bits are the kernel's. */
#define HS_MIGRATE_PFN_VALID ((uint64_t)1 << 0)
/** In a slot of src: the page moves, or, without a page, dst may be mapped there. */
#define HS_MIGRATE_PFN_MIGRATE ((uint64_t)1 << 1)
/** In a slot of src: the entry was writable. */
#define HS_MIGRATE_PFN_WRITE ((uint64_t)1 << 3)
/** Where the pfn begins. */
#define HS_MIGRATE_PFN_SHIFT 6

/** Selects pages of system memory, and the zero page. */
#define HS_MIGRATE_SELECT_SYSTEM 0x1u
/** Selects device-private pages of the owner. */
#define HS_MIGRATE_SELECT_DEVICE_PRIVATE 0x2u
/** Selects device-coherent pages of the owner. */
#define HS_MIGRATE_SELECT_DEVICE_COHERENT 0x4u

/** struct hs_migrate_vma - a migration of a range of addresses; struct migrate_vma */
struct hs_migrate_vma {
	const struct hs_vma *vma; /**< contains the range; the mmap lock keeps it */
	/** One slot a page, the caller's memory; filled by hs_migrate_vma_setup(). */
	uint64_t *src;
	/** One slot a page, the caller's memory; 0 after hs_migrate_vma_setup(). The caller stores
	 * hs_migrate_pfn() of pages that are locked, with a reference. */
	uint64_t *dst;
	uint64_t cpages; /**< how many slots of src have MIGRATE after setup; readable */
	uint64_t npages; /**< how many slots there are; readable after setup */
	uint64_t start;	 /**< first byte, page aligned */
	uint64_t end;	 /**< end, exclusive, page aligned */
	/** Of the event MIGRATE; also of the device memory that is selected. */
	const void *owner;
	uint32_t flags; /**< HS_MIGRATE_SELECT_* */
	/** In migrate_to_ram(): its page, to which the fault has a reference, and whose lock it has
	 * where hs_mm_private_fault_locks() (fault.h): then no step takes or releases that lock.
	 * NULL otherwise. */
	struct hs_page *fault_page;
};

/** enum hs_migrate_kind - what a slot of src stands for */
enum hs_migrate_kind {
	HS_MIGRATE_SYSTEM,   /**< a page of system memory */
	HS_MIGRATE_PRIVATE,  /**< a device-private page */
	HS_MIGRATE_COHERENT, /**< a device-coherent page */
	HS_MIGRATE_HOLE,     /**< no page: nothing, or the zero page, is mapped */
	HS_MIGRATE_KIND_COUNT
};

/** enum hs_migrate_refusal - why a slot does not move */
enum hs_migrate_refusal {
	HS_MIGRATE_LOCKED, /**< the page lock is taken, so that it is not even selected */
	HS_MIGRATE_HELD,   /**< setup, or the first step of a device, found a reference too many */
	HS_MIGRATE_HELD_LATE, /**< the second step found one */
	HS_MIGRATE_NO_TARGET, /**< dst is 0: the caller has no page, or its copy failed */
	HS_MIGRATE_WITHDRAWN, /**< the caller took MIGRATE from a slot of src that has a page */
	HS_MIGRATE_NO_LENDER, /**< dst is device memory that is neither private nor coherent */
	HS_MIGRATE_OCCUPIED,  /**< a hole is none any more, or there is no memory for tables */
	HS_MIGRATE_REFUSAL_COUNT
};

/**
 * struct hs_migrate_counts - what migrations have done, in exact numbers
 *
 * *invented*. Once a migration has ended, what was selected of each kind has moved or is refused,
 * for one reason (#HS_MIGRATE_LOCKED was not selected; a hole from which the caller takes MIGRATE
 * is in neither). A page moves when the second step decides so, also if its migration entry is
 * taken away before the last step.
 */
struct hs_migrate_counts {
	uint64_t setups; /**< hs_migrate_vma_setup() that returned 0, in a VMA that is not shared */
	uint64_t faults; /**< of these, those with .fault_page: migrate_to_ram() of a CPU fault */
	uint64_t passes; /**< hs_migrate_device_range() and hs_migrate_device_pfns() */
	uint64_t selected[HS_MIGRATE_KIND_COUNT];   /**< slots, by what was there */
	uint64_t moved[HS_MIGRATE_KIND_COUNT];	    /**< slots that moved; holes that were filled */
	uint64_t refused[HS_MIGRATE_REFUSAL_COUNT]; /**< slots that did not, by cause */
	uint64_t rmap_walks; /**< walks of the reverse map: to unmap a page, and to map one again */
	uint64_t rmap_entries; /**< entries that these changed */
	uint64_t sections;     /**< invalidations that subscribers were told of */
};

/**
 * hs_migrate_count() - count what the migrations of a task do
 * @param self    the calling task
 * @param counts  the caller's memory, which the functions of this header add to (they do not clear
 *                it) until the task is detached, or counts elsewhere; NULL: nothing is counted, as
 *                at first
 *
 * The task counts its own calls, those of migrate_to_ram() in its faults among them. Counting is no
 * step: an exploration has the same executions. hs_migrate_to_ram() (fault.h), and the migrations
 * of one page in pte_ops.h, are not counted.
 *
 * Context: any.
 */
HMMSIM_API void hs_migrate_count(struct hs_task *self, struct hs_migrate_counts *counts);

/**
 * hs_migrate_pfn() - a slot for a page, as migrate_pfn()
 * @param pfn  its pfn
 *
 * Context: any.
 *
 * Return: the slot, with VALID.
 */
static inline uint64_t hs_migrate_pfn(uint64_t pfn)
{
	return pfn << HS_MIGRATE_PFN_SHIFT | HS_MIGRATE_PFN_VALID;
}

/**
 * hs_migrate_pfn_to_page() - the page of a slot, as migrate_pfn_to_page()
 * @param self  the calling task
 * @param slot  of src or dst
 *
 * Context: any.
 *
 * Return: the page; NULL: the slot has none.
 */
HMMSIM_API struct hs_page *hs_migrate_pfn_to_page(struct hs_task *self, uint64_t slot);

/**
 * hs_migrate_vma_setup() - select the pages of a range, and take them out of the address space
 * @param self  the calling task
 * @param m     the migration. All of it may be given up: hs_migrate_vma_pages() with dst as it is
 *              after setup, then hs_migrate_vma_finalize()
 *
 * Event MIGRATE with m->owner, for the whole range. Faults on what was selected wait until
 * finalize. A shared VMA has no anonymous memory: nothing of it is selected. Leaves above level 0
 * are not split (*reduced*), nor are entries selected that were made by hand (not COUNTED).
 *
 * Context: the mmap lock is held (asserted), for read or write, until hs_migrate_vma_pages() has
 * returned; may sleep.
 *
 * Return: 0, also if nothing was selected: m->cpages is 0 then; or, with nothing changed, -EINVAL:
 * - no VMA, or one with a mapping, of hugetlb, I/O, pfns, or with MIXEDMAP
 * - start or end is not page aligned, the range is empty, or it is not in the VMA
 * - src or dst is NULL
 * - fault_page is not device-private
 */
HMMSIM_API int hs_migrate_vma_setup(struct hs_task *self, struct hs_migrate_vma *m);

/**
 * hs_migrate_vma_pages() - decide which pages move
 * @param self  the calling task
 * @param m     the migration, after hs_migrate_vma_setup(). The caller has filled dst, and has
 *              copied what the pages hold (hs_dma_contents()); a slot of 0 gives its page up
 *
 * In slots of src that lose MIGRATE, nothing moves:
 * - dst is 0
 * - another task has a reference to the page of src
 * - dst is device memory, and neither private nor coherent
 * - there is no page in src, and something is mapped there meanwhile, or there is no memory for
 *   tables
 *
 * Where src has no page, dst is mapped here, writable if the VMA is: event MIGRATE with m->owner,
 * from the first such slot to the end of the range.
 *
 * Context: the mmap lock is held (asserted); may sleep.
 */
HMMSIM_API void hs_migrate_vma_pages(struct hs_task *self, struct hs_migrate_vma *m);

/**
 * hs_migrate_vma_finalize() - end a migration
 * @param self  the calling task
 * @param m     the migration, after hs_migrate_vma_pages()
 *
 * Where a slot of src has MIGRATE and dst has a page, that page is mapped; elsewhere that of src is
 * again. Wakes the faults that wait, then unlocks and puts the pages of both arrays. A page whose
 * migration entry was taken away meanwhile is mapped nowhere, and the last put frees it.
 *
 * It does not ask the VMA, as hs_migration_end(): the page of a prot-none entry becomes present, as
 * in the kernel where that was NUMA's; where mprotect() made it the kernel's is prot-none again.
 *
 * Context: the mmap lock may be held, no lock that comes after it; may sleep.
 */
HMMSIM_API void hs_migrate_vma_finalize(struct hs_task *self, struct hs_migrate_vma *m);

/**
 * hs_migrate_device_range() - take the pages of device memory out of all address spaces
 * @param self   the calling task
 * @param src    one slot a page, the caller's memory; filled
 * @param first  the first pfn
 * @param n      pages; asserts that they are of a pgmap of type PRIVATE or COHERENT, with
 *               references as since 6.1
 *
 * For the removal of a device. It passes once over the pages. It does not wait: a page that is
 * locked, or that another task holds, gets the slot 0 and *stays where it is*. Nothing says so but
 * the slots. Entries are found by the reverse map; event CLEAR without owner for each, so that no
 * driver skips it.
 *
 * Context: no lock is needed; the mmap lock may be held, no lock that comes after it. May sleep.
 *
 * Return: 0.
 */
HMMSIM_API int hs_migrate_device_range(struct hs_task *self, uint64_t *src, uint64_t first,
				       uint64_t n);

/**
 * hs_migrate_device_pfns() - the same for single pages
 * @param self  the calling task
 * @param src   one slot a page: its pfn, then filled as by hs_migrate_device_range()
 * @param n     pages, as of hs_migrate_device_range()
 *
 * Context: as hs_migrate_device_range().
 *
 * Return: 0.
 */
HMMSIM_API int hs_migrate_device_pfns(struct hs_task *self, uint64_t *src, uint64_t n);

/**
 * hs_migrate_device_pages() - decide which pages of a device move
 * @param self  the calling task
 * @param src   as of hs_migrate_device_range()
 * @param dst   one slot a page, filled by the caller as for hs_migrate_vma_pages()
 * @param n     slots
 *
 * As hs_migrate_vma_pages(), but there is no address at which dst could be mapped where src has no
 * page.
 *
 * Context: no lock is needed; does not sleep.
 */
HMMSIM_API void hs_migrate_device_pages(struct hs_task *self, uint64_t *src, uint64_t *dst,
					uint64_t n);

/**
 * hs_migrate_device_finalize() - end a migration of pages of a device
 * @param self  the calling task
 * @param src   as of hs_migrate_device_pages()
 * @param dst   as of hs_migrate_device_pages()
 * @param n     slots
 *
 * As hs_migrate_vma_finalize().
 *
 * Context: as hs_migrate_vma_finalize().
 */
HMMSIM_API void hs_migrate_device_finalize(struct hs_task *self, uint64_t *src, uint64_t *dst,
					   uint64_t n);

#ifdef __cplusplus
}
#endif

#endif
