/* SPDX-License-Identifier: MIT */
/**
 * @file linux_migrate.h
 * The kernel's own spellings for migration by drivers; a part of linux.h, which includes it.
 *
 * *reduced*: include/linux/migrate.h of v6.12, and make_device_exclusive_range() of rmap.h, by what
 * migrate.h and pte_ops.h say of the functions behind them. migrate.h says how a driver moves pages
 * in three steps.
 */
#ifndef HMMSIM_LINUX_MIGRATE_H
#define HMMSIM_LINUX_MIGRATE_H

#include <errno.h>
#include <stdint.h>

#include <hmmsim/linux_pages.h>
#include <hmmsim/machine.h>
#include <hmmsim/migrate.h>
#include <hmmsim/mm.h>
#include <hmmsim/page.h>
#include <hmmsim/pte_ops.h>
#include <hmmsim/walk.h>

#ifdef __cplusplus
extern "C" {
#endif

/** In a slot: there is a page. */
#define MIGRATE_PFN_VALID ((unsigned long)HS_MIGRATE_PFN_VALID)
/** In a slot of src: the page moves, or, without a page, dst may be mapped there. */
#define MIGRATE_PFN_MIGRATE ((unsigned long)HS_MIGRATE_PFN_MIGRATE)
/** In a slot of src: the entry was writable. */
#define MIGRATE_PFN_WRITE ((unsigned long)HS_MIGRATE_PFN_WRITE)
/** Where the pfn begins. */
#define MIGRATE_PFN_SHIFT HS_MIGRATE_PFN_SHIFT

/** enum migrate_vma_direction - what migrate_vma_setup() selects */
enum migrate_vma_direction {
	MIGRATE_VMA_SELECT_SYSTEM = HS_MIGRATE_SELECT_SYSTEM, /**< system memory, the zero page */
	/** device-private pages of the owner */
	MIGRATE_VMA_SELECT_DEVICE_PRIVATE = HS_MIGRATE_SELECT_DEVICE_PRIVATE,
	/** device-coherent pages of the owner */
	MIGRATE_VMA_SELECT_DEVICE_COHERENT = HS_MIGRATE_SELECT_DEVICE_COHERENT
};

/** struct migrate_vma - a migration of a range of addresses; as struct hs_migrate_vma */
struct migrate_vma {
	const struct vm_area_struct *vma; /**< contains the range; the mmap lock keeps it */
	unsigned long *dst;		  /**< one slot a page, the caller's memory; the targets */
	unsigned long *src;		  /**< one slot a page, the caller's memory; what moves */
	unsigned long cpages;		  /**< how many slots of src have MIGRATE after setup */
	unsigned long npages;		  /**< how many slots there are */
	unsigned long start;		  /**< first byte, page aligned: not rounded, but refused */
	unsigned long end;		  /**< end, exclusive, page aligned likewise */
	void *pgmap_owner;		  /**< of the event, and of device memory to select */
	unsigned long flags;		  /**< MIGRATE_VMA_SELECT_* */
	struct hs_page *fault_page;	  /**< in migrate_to_ram(): its vmf->page; else NULL */
};

/**
 * migrate_pfn() - a slot for a page
 * @param pfn  its pfn
 *
 * Context: any.
 *
 * Return: the slot, with #MIGRATE_PFN_VALID.
 */
static inline unsigned long migrate_pfn(unsigned long pfn)
{
	return hs_migrate_pfn(pfn);
}

/**
 * migrate_pfn_to_page() - the page of a slot
 * @param mpfn  of src or dst
 *
 * Context: a task is attached.
 *
 * Return: the page; NULL: the slot has none.
 */
static inline struct hs_page *migrate_pfn_to_page(unsigned long mpfn)
{
	return hs_migrate_pfn_to_page(hs_linux_task(), mpfn);
}

/* ---- a range of addresses ---------------------------------------------------------------- */

/**
 * hs_linux_migration() - not the kernel's: a migration as the simulator has it
 * @param args  the driver's
 *
 * Drivers do not call it.
 *
 * Context: any.
 *
 * Return: the same, with the arrays of the driver.
 */
static inline struct hs_migrate_vma hs_linux_migration(const struct migrate_vma *args)
{
	struct hs_migrate_vma m;

	m.vma = args->vma;
	m.src = args->src;
	m.dst = args->dst;
	m.cpages = args->cpages;
	m.npages = args->npages;
	m.start = args->start;
	m.end = args->end;
	m.owner = args->pgmap_owner;
	m.flags = (uint32_t)args->flags;
	m.fault_page = args->fault_page;
	return m;
}

/**
 * migrate_vma_setup() - select the pages of a range, and take them out of the address space
 * @param args  the migration; .cpages and .npages are set
 *
 * As hs_migrate_vma_setup(). Event MIGRATE with .pgmap_owner.
 *
 * Context: a task is attached and holds the mmap lock (asserted) until migrate_vma_pages() has
 * returned. May sleep.
 *
 * Return: 0, also if nothing was selected; or -EINVAL, with nothing changed.
 */
static inline int migrate_vma_setup(struct migrate_vma *args)
{
	struct hs_migrate_vma m = hs_linux_migration(args);
	int ret = hs_migrate_vma_setup(hs_linux_task(), &m);

	args->cpages = m.cpages;
	args->npages = m.npages;
	return ret;
}

/**
 * migrate_vma_pages() - decide which pages move
 * @param migrate  the migration, after migrate_vma_setup(). The driver has filled .dst with pages
 *                 that are locked, and has copied what they hold; a slot of 0 gives its page up
 *
 * As hs_migrate_vma_pages(): slots of .src that do not move lose #MIGRATE_PFN_MIGRATE.
 *
 * Context: a task is attached and holds the mmap lock (asserted). May sleep.
 */
static inline void migrate_vma_pages(struct migrate_vma *migrate)
{
	struct hs_migrate_vma m = hs_linux_migration(migrate);

	hs_migrate_vma_pages(hs_linux_task(), &m);
}

/**
 * migrate_vma_finalize() - end a migration
 * @param migrate  the migration, after migrate_vma_pages()
 *
 * As hs_migrate_vma_finalize(): unlocks and puts the pages of both arrays.
 *
 * Context: a task is attached and may hold the mmap lock, no lock that comes after it. May sleep.
 */
static inline void migrate_vma_finalize(struct migrate_vma *migrate)
{
	struct hs_migrate_vma m = hs_linux_migration(migrate);

	hs_migrate_vma_finalize(hs_linux_task(), &m);
}

/* ---- pages of a device ------------------------------------------------------------------- */

/**
 * migrate_device_range() - take the pages of device memory out of all address spaces
 * @param src_pfns  one slot a page, the caller's memory; filled
 * @param start     the first pfn
 * @param npages    pages, PRIVATE or COHERENT (asserted)
 *
 * As hs_migrate_device_range(): one pass, without waiting. A page that is locked or held gets the
 * slot 0 and stays where it is.
 *
 * Context: a task is attached and may hold the mmap lock, no lock that comes after it. May sleep.
 *
 * Return: 0.
 */
static inline int migrate_device_range(unsigned long *src_pfns, unsigned long start,
				       unsigned long npages)
{
	return hs_migrate_device_range(hs_linux_task(), src_pfns, start, npages);
}

/**
 * migrate_device_pfns() - the same for single pages
 * @param src_pfns  one slot a page: its pfn, then filled as by migrate_device_range()
 * @param npages    pages, as of migrate_device_range()
 *
 * Context: as migrate_device_range().
 *
 * Return: 0.
 */
static inline int migrate_device_pfns(unsigned long *src_pfns, unsigned long npages)
{
	return hs_migrate_device_pfns(hs_linux_task(), src_pfns, npages);
}

/**
 * migrate_device_pages() - decide which pages of a device move
 * @param src_pfns  as of migrate_device_range()
 * @param dst_pfns  filled by the driver as for migrate_vma_pages()
 * @param npages    slots
 *
 * Context: a task is attached. Does not sleep.
 */
static inline void migrate_device_pages(unsigned long *src_pfns, unsigned long *dst_pfns,
					unsigned long npages)
{
	hs_migrate_device_pages(hs_linux_task(), src_pfns, dst_pfns, npages);
}

/**
 * migrate_device_finalize() - end a migration of pages of a device
 * @param src_pfns  as of migrate_device_pages()
 * @param dst_pfns  as of migrate_device_pages()
 * @param npages    slots
 *
 * Context: as migrate_vma_finalize().
 */
static inline void migrate_device_finalize(unsigned long *src_pfns, unsigned long *dst_pfns,
					   unsigned long npages)
{
	hs_migrate_device_finalize(hs_linux_task(), src_pfns, dst_pfns, npages);
}

/* ---- device-exclusive access ------------------------------------------------------------- */

/**
 * hs_linux_make_exclusive() - not the kernel's: one page of make_device_exclusive_range()
 * @param mm     the address space
 * @param addr   the page's address
 * @param owner  of the device
 * @param page   the page, locked and with a reference; NULL: it is not exclusive
 *
 * Drivers do not call it.
 *
 * Context: as make_device_exclusive_range().
 *
 * Return: 0, or
 * - -EINVAL: not page aligned, or beyond the address space
 * - -EFAULT: it cannot be faulted in for writing
 */
static inline int hs_linux_make_exclusive(struct mm_struct *mm, unsigned long addr, void *owner,
					  struct hs_page **page)
{
	uint64_t pfn = 0;
	struct hs_range r;
	int ret;

	*page = NULL;
	hs_range_init(&r, mm, addr, addr + HS_PAGE_BYTES, &pfn);
	r.default_flags = HS_PFN_VALID | HS_PFN_WRITE;
	ret = hs_range_fault(hs_linux_task(), &r);
	if (ret)
		return ret == -EINVAL ? ret : -EFAULT;
	if (hs_make_exclusive_locked(hs_linux_task(), mm, addr, owner, page))
		*page = NULL;
	return 0;
}

/**
 * make_device_exclusive_range() - give a device exclusive access to pages
 * @param mm     the address space
 * @param start  first byte, page aligned
 * @param end    end, exclusive, page aligned
 * @param pages  one slot a page. A page is the caller's to unlock and put; a fault by a CPU waits
 *               until it is unlocked, then takes it back. NULL: it is not exclusive
 * @param owner  passed to the notifiers, with event EXCLUSIVE
 *
 * hs_make_exclusive_locked() for one page after the other, each faulted in for writing first.
 * *reduced*: the kernel has faulted all of them in before it looks at the first. A page is not
 * exclusive if it is locked, not anonymous memory, or not there any more.
 *
 * Context: a task is attached and holds the mmap lock (asserted). May sleep.
 *
 * Return: how many slots are set, up to the first page that cannot be faulted in; or, if that is
 * the first of all,
 * - -EINVAL: not page aligned, empty, or beyond the address space
 * - -EFAULT: it cannot be faulted in for writing
 */
static inline int make_device_exclusive_range(struct mm_struct *mm, unsigned long start,
					      unsigned long end, struct hs_page **pages,
					      void *owner)
{
	unsigned long npages = (end - start) >> HS_PAGE_SHIFT;

	if (start >= end || end & (HS_PAGE_BYTES - 1))
		return -EINVAL;
	for (unsigned long i = 0; i < npages; i++) {
		int ret = hs_linux_make_exclusive(mm, start + i * HS_PAGE_BYTES, owner, &pages[i]);

		if (ret)
			return i ? (int)i : ret;
	}
	return (int)npages;
}

#ifdef __cplusplus
}
#endif

#endif
