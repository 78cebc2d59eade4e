/* SPDX-License-Identifier: MIT */
/*
 * mapping.h - what a VMA maps: files and devices on device memory
 *
 * hs_mapping	reduced: struct address_space (v6.12, include/linux/fs.h) and what is behind it: an
 *		inode of a DAX file system (fs/dax.c), a device-dax instance (drivers/dax/device.c), or
 *		the memory of a PCI device (drivers/pci/p2pdma.c). No page cache, no writeback
 * alive	same: dax_device's alive bit with its SRCU (drivers/dax/super.c); SRCU is a count of
 *		faults in flight
 *
 * The mapping knows the VMAs that map it, so that all of it can be unmapped without the mmap locks.
 * Lock order: mmap lock, mapping lock, what notifiers' callbacks take, page table lock.
 *
 * Ownership: who creates a mapping destroys it, when no VMA maps it any more; its pgmap outlives it.
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

enum hs_mapping_kind {
	/*
	 * A file on FS_DAX memory: each page a block or a hole. Shared: reading a hole maps the zero
	 * page, writing allocates a block and unmaps the zero page everywhere. Private: as shared
	 * for reading, a write copies to system memory.
	 */
	HS_MAPPING_DAX_FILE,
	/* A part of a GENERIC pgmap, in order. Shared VMAs only, aligned to leaves of .level. */
	HS_MAPPING_DEVICE_DAX,
	/*
	 * Pages of a P2PDMA pgmap, allocated as they are touched (in the kernel: at mmap), each for one
	 * entry, which holds a reference. Such VMAs are VM_MIXEDMAP.
	 */
	HS_MAPPING_P2PDMA,
	HS_MAPPING_KIND_COUNT
};

struct hs_mapping_config {
	enum hs_mapping_kind kind;
	struct hs_pgmap *pgmap; /* of the kind's type */
	uint64_t first; /* pfn: page 0 of a device; the blocks of a file come from here on */
	uint64_t pages; /* size of file or device */
	/*
	 * Device: faults map leaves of this level and no others. File: the largest leaf that a fault
	 * maps, where blocks are contiguous and aligned and the VMA covers it. 0: pages only.
	 */
	uint32_t level;
	uint32_t leaf_order; /* of that leaf, in pages: the geometry's order[level] */
};

/* -EINVAL: kind, type or size do not fit; -ENOMEM. */
HMMSIM_API int hs_mapping_create(struct hs_task *self, const struct hs_mapping_config *config,
				 struct hs_mapping **out);
/* Asserts that no VMA maps it. */
HMMSIM_API void hs_mapping_destroy(struct hs_task *self, struct hs_mapping *mapping);
HMMSIM_API uint64_t hs_mapping_pages(const struct hs_mapping *mapping);
/* VMAs that map it. */
HMMSIM_API uint32_t hs_mapping_vmas(struct hs_task *self, struct hs_mapping *mapping);

/*
 * DAX file: gives page @index a block, the next of the pgmap's. 0 also if it has one; -EINVAL: no
 * file, or beyond its end; -ENOSPC: the pgmap has no pages left.
 */
HMMSIM_API int hs_mapping_allocate(struct hs_task *self, struct hs_mapping *mapping,
				   uint64_t index);
/* Where page @index is: -ENOENT: a hole, or (P2PDMA) nowhere in particular; -EINVAL: beyond the end. */
HMMSIM_API int hs_mapping_pfn(struct hs_task *self, struct hs_mapping *mapping, uint64_t index,
			      uint64_t *pfn);

/*
 * disable: new faults get SIGBUS, and hs_mmap() of a device -ENXIO (a file can be mapped on); kill()
 * returns when faults in flight are over. Start and poll are its halves, without sleeping.
 */
HMMSIM_API void hs_mapping_disable(struct hs_task *self, struct hs_mapping *mapping);
HMMSIM_API void hs_mapping_disable_start(struct hs_task *self, struct hs_mapping *mapping);
HMMSIM_API bool hs_mapping_disable_poll(struct hs_task *self, struct hs_mapping *mapping);
HMMSIM_API bool hs_mapping_alive(struct hs_task *self, struct hs_mapping *mapping);

/*
 * invalidate: unmap_mapping_range(): takes pages [first, first + count) of the mapping out of every
 * VMA that maps it, each with a notifier section of its own (event CLEAR), holding the mapping lock
 * for read and no mmap lock. @even_cows: private copies too.
 */
HMMSIM_API void hs_unmap_mapping_range(struct hs_task *self, struct hs_mapping *mapping,
				       uint64_t first, uint64_t count, bool even_cows);

#ifdef __cplusplus
}
#endif

#endif
