/* SPDX-License-Identifier: MIT */
/**
 * @file mapping.h
 * What a VMA maps: files and devices on device memory.
 *
 * @code{.unparsed}
 * hs_mapping  reduced: struct address_space (v6.12, include/linux/fs.h) and what is behind it: an
 *             inode of a DAX file system (fs/dax.c), a device-dax instance (drivers/dax/device.c),
 *             or the memory of a PCI device (drivers/pci/p2pdma.c). No page cache, no writeback
 * alive       same: dax_device's alive bit with its SRCU (drivers/dax/super.c); SRCU is a count of
 *             faults in flight
 * @endcode
 *
 * The mapping knows the VMAs that map it, so that all of it can be unmapped without the mmap locks.
 * Lock order: mmap lock, entry lock (DAX files), mapping lock, driver lock (what callbacks of
 * notifiers take), page table lock; hmmsim.h has all of it.
 *
 * Ownership: the task that creates a mapping destroys it, when no VMA maps it any more. The pgmap
 * goes after the mapping, or before it if the mapping is disabled and unmapped.
 */
#ifndef HMMSIM_MAPPING_H
#define HMMSIM_MAPPING_H

#include <stdbool.h>
#include <stdint.h>

#include <hmmsim/export.h>
#include <hmmsim/machine.h>
#include <hmmsim/pgmap.h>

#ifdef __cplusplus
extern "C" {
#endif

struct hs_mapping;

/** enum hs_mapping_kind - what a mapping is */
enum hs_mapping_kind {
	/**
	 * A file on FS_DAX memory, of which each page is a block or a hole. In a shared VMA,
	 * reading a hole maps the zero page; writing it allocates a block and unmaps the zero page
	 * everywhere. A private VMA reads the same, and a write copies to system memory.
	 */
	HS_MAPPING_DAX_FILE,
	/** A part of a GENERIC pgmap, in order. Shared VMAs only, aligned to leaves of .level. */
	HS_MAPPING_DEVICE_DAX,
	/**
	 * Pages of a P2PDMA pgmap, each allocated for one entry when it is touched (in the kernel:
	 * all at mmap). The entry holds a reference. Its VMAs are MIXEDMAP.
	 */
	HS_MAPPING_P2PDMA,
	HS_MAPPING_KIND_COUNT
};

/** struct hs_mapping_config - what hs_mapping_create() makes */
struct hs_mapping_config {
	enum hs_mapping_kind kind; /**< file or device */
	struct hs_pgmap *pgmap; /**< of the type that the kind says; outlives the mapping's use */
	/** pfn: page 0 of device-dax; a file allocates blocks from here on; P2PDMA: not used */
	uint64_t first;
	uint64_t pages; /**< size of the file or device; 1 to 2^40 */
	/**
	 * Device-dax: faults map leaves of this level and no others. File: the largest leaf that a
	 * fault maps, where blocks are contiguous and aligned and the VMA covers it. 0: pages only.
	 */
	uint32_t level;
	/** log2 of the pages of that leaf: the geometry's order[level], or no leaf fits */
	uint32_t leaf_order;
};

/**
 * hs_mapping_create() - make a file or device that VMAs can map
 * @param self    the calling task
 * @param config  what to make; copied
 * @param out     the mapping, on success; the caller's until hs_mapping_destroy()
 *
 * A file begins with holes only.
 *
 * Context: any.
 *
 * Return: 0, or
 * - -EINVAL: there is no such kind, the pgmap is NULL or of another type, the pages are none, too
 *   many or outside of it, or level and leaf order do not fit
 * - -ENOMEM: no memory
 */
HMMSIM_API int hs_mapping_create(struct hs_task *self, const struct hs_mapping_config *config,
				 struct hs_mapping **out);

/**
 * hs_mapping_destroy() - free a mapping
 * @param self     the calling task
 * @param mapping  the mapping; asserts that no VMA maps it and no fault is in it
 *
 * Context: no other task uses the mapping; does not sleep.
 */
HMMSIM_API void hs_mapping_destroy(struct hs_task *self, struct hs_mapping *mapping);

/**
 * hs_mapping_pages() - the size of a mapping
 * @param mapping  the mapping
 *
 * Context: any.
 *
 * Return: its size in pages.
 */
HMMSIM_API uint64_t hs_mapping_pages(const struct hs_mapping *mapping);

/**
 * hs_mapping_vmas() - the number of VMAs that map a mapping
 * @param self     the calling task
 * @param mapping  the mapping
 *
 * Context: takes the mapping lock for read; may sleep.
 *
 * Return: how many there are.
 */
HMMSIM_API uint32_t hs_mapping_vmas(struct hs_task *self, struct hs_mapping *mapping);

/**
 * hs_mapping_allocate() - give a page of a DAX file a block
 * @param self     the calling task
 * @param mapping  the file
 * @param index    the page
 *
 * The block is the next of the pgmap. If the zero page may be mapped for the hole, it is unmapped
 * from every VMA.
 *
 * Context: takes the entry lock and maybe the mapping lock, and notifies the subscribers; may
 * sleep.
 *
 * Return: 0, also if the page has a block; or
 * - -EINVAL: the mapping is no DAX file, or the page is beyond its end
 * - -ENOSPC: the pgmap has no more pages
 */
HMMSIM_API int hs_mapping_allocate(struct hs_task *self, struct hs_mapping *mapping,
				   uint64_t index);

/**
 * hs_mapping_pfn() - where a page of a mapping is
 * @param self     the calling task
 * @param mapping  the mapping
 * @param index    the page
 * @param pfn      its pfn, on success
 *
 * Context: takes the entry lock; may sleep.
 *
 * Return: 0, or
 * - -EINVAL: the page is beyond the end
 * - -ENOENT: a hole; or P2PDMA, where each entry has a page of its own
 */
HMMSIM_API int hs_mapping_pfn(struct hs_task *self, struct hs_mapping *mapping, uint64_t index,
			      uint64_t *pfn);

/**
 * hs_mapping_disable() - let no fault map it any more
 * @param self     the calling task
 * @param mapping  the mapping
 *
 * New faults are SIGBUS, and hs_mmap() of a device returns -ENXIO (a file can still be mapped).
 * Returns when the faults in flight are over. The first step of a removal. Models kill_dax() with
 * synchronize_srcu().
 *
 * Context: not in a fault of the mapping, and no lock held that such a fault takes (entry lock,
 * mapping lock, driver lock): it would wait for ever, which hmmsim::explore sees; sleeps.
 */
HMMSIM_API void hs_mapping_disable(struct hs_task *self, struct hs_mapping *mapping);

/**
 * hs_mapping_disable_start() - the first half of hs_mapping_disable()
 * @param self     the calling task
 * @param mapping  the mapping
 *
 * Faults that begin afterwards are refused; those in flight may still map pages.
 *
 * Context: any.
 */
HMMSIM_API void hs_mapping_disable_start(struct hs_task *self, struct hs_mapping *mapping);

/**
 * hs_mapping_disable_poll() - the second half, without waiting: whether the faults are over
 * @param self     the calling task
 * @param mapping  the mapping; asserts that hs_mapping_disable_start() was called
 *
 * Context: any.
 *
 * Return: true if no fault is in the mapping.
 */
HMMSIM_API bool hs_mapping_disable_poll(struct hs_task *self, struct hs_mapping *mapping);

/**
 * hs_mapping_alive() - whether a mapping is not disabled
 * @param self     the calling task
 * @param mapping  the mapping
 *
 * Context: any.
 *
 * Return: true until it is disabled.
 */
HMMSIM_API bool hs_mapping_alive(struct hs_task *self, struct hs_mapping *mapping);

/**
 * hs_unmap_mapping_range() - take pages of a mapping out of every VMA
 * @param self       the calling task
 * @param mapping    the mapping
 * @param first      first page
 * @param count      pages; 0: none; a range that ends beyond the mapping is allowed
 * @param even_cows  private copies too
 *
 * The VMAs stay. Each has an invalidation of its own, event CLEAR. The second step of a removal,
 * after hs_mapping_disable(). Models unmap_mapping_pages() (v6.12, mm/memory.c), to which
 * unmap_mapping_range() comes down.
 *
 * Context: takes the mapping lock for read, and no mmap lock; tells the notifiers; may sleep.
 */
HMMSIM_API void hs_unmap_mapping_range(struct hs_task *self, struct hs_mapping *mapping,
				       uint64_t first, uint64_t count, bool even_cows);

#ifdef __cplusplus
}
#endif

#endif
