/* SPDX-License-Identifier: MIT */
/*
 * page.h - physical memory: sections, subsections, struct page and its references
 *
 * hs_page	reduced: struct page (v6.12, include/linux/mm_types.h): what the walkers, references
 *		and device memory need, 32 bytes
 * sections	same: SPARSEMEM_VMEMMAP (mm/sparse.c): x86-64 sections of 128 MiB with subsections
 *		of 2 MiB; sizes are the machine's (mock: 8 pages and 2 pages)
 * allocator	reduced: alloc_page(): single pages, one free list a machine
 * references	same: get_page(), try_get_page(), put_page(); what a device page's last or last but
 *		one put does depends on its pgmap, see pgmap.h
 * page lock	same: lock_page(), trylock_page(); it has no owner
 *
 * Memory is added and removed by whole subsections. An early section (there at boot) is valid as a
 * whole, holes included, and keeps its struct pages when device memory inside it is removed; in
 * other sections they go with the subsection. Backing comes as it is touched.
 *
 * Whoever holds a reference may use the page. Touching one that is not live fails the assertion.
 *
 * Errors: -EINVAL (not whole subsections, empty, beyond 2^40 pages), -EEXIST (overlap), -ENOMEM,
 * -EBUSY (a page of it is allocated).
 */
#ifndef HMMSIM_PAGE_H
#define HMMSIM_PAGE_H

#include <stdbool.h>
#include <stdint.h>

#include <hmmsim/export.h>
#include <hmmsim/machine.h>

#ifdef __cplusplus
extern "C" {
#endif

struct hs_page;
struct hs_pgmap;

enum hs_page_life {
	HS_PAGE_UNINITIALISED,
	HS_PAGE_LIVE,
	HS_PAGE_STALE, /* its memory is removed, its section early: still readable, means nothing */
	HS_PAGE_GONE,  /* no struct page is there */
	HS_PAGE_LIFE_COUNT
};

/* Physical memory ends there. */
#define HS_PFN_END ((uint64_t)1 << 40)
/* The zero page's pfn in every machine; it is never allocated. */
#define HS_ZERO_PFN 0x77u

/* System memory of the machine: early (at boot, whole sections valid) or hot-added. */
HMMSIM_API int hs_memory_add(struct hs_task *self, uint64_t start_pfn, uint64_t end_pfn,
			     bool early);
/* -EBUSY: a page of it is allocated; nothing was done. */
HMMSIM_API int hs_memory_remove(struct hs_task *self, uint64_t start_pfn, uint64_t end_pfn);

HMMSIM_API bool hs_pfn_valid(struct hs_task *self, uint64_t pfn);
/* In a section of system memory and not device memory. */
HMMSIM_API bool hs_pfn_online(struct hs_task *self, uint64_t pfn);
HMMSIM_API enum hs_page_life hs_pfn_life(struct hs_task *self, uint64_t pfn);
/* Address arithmetic; NULL where there is no memmap. */
HMMSIM_API struct hs_page *hs_pfn_to_page(struct hs_task *self, uint64_t pfn);
HMMSIM_API uint64_t hs_page_to_pfn(struct hs_task *self, const struct hs_page *page);

/* Device memory: makes the page live and its pgmap @pgmap; its section comes into being if needed. */
HMMSIM_API int hs_page_init_device(struct hs_task *self, uint64_t pfn, struct hs_pgmap *pgmap);
/* page->pgmap, NULL for a page that is no device page. */
HMMSIM_API struct hs_pgmap *hs_page_pgmap(struct hs_task *self, struct hs_page *page);

/* ---- system pages ------------------------------------------------------------------------ */

/*
 * A page of system memory with one reference, .private 0. -ENOMEM: none is free. The last put frees
 * it. Frames are handed out by ascending pfn; a freed one again at once, or never (hs_reuse).
 */
HMMSIM_API int hs_page_alloc(struct hs_task *self, struct hs_page **out);
/* System pages that are allocated. */
HMMSIM_API uint64_t hs_pages_allocated(struct hs_task *self);

/* ---- references -------------------------------------------------------------------------- */

HMMSIM_API uint32_t hs_page_count(struct hs_task *self, struct hs_page *page);
/* The caller holds a reference, or knows that somebody does. */
HMMSIM_API void hs_page_get(struct hs_task *self, struct hs_page *page);
/* Unless the count is zero. */
HMMSIM_API bool hs_page_tryget(struct hs_task *self, struct hs_page *page);
HMMSIM_API void hs_page_put(struct hs_task *self, struct hs_page *page);
/* How many page table entries map it. */
HMMSIM_API uint32_t hs_page_mapcount(struct hs_task *self, struct hs_page *page);

HMMSIM_API bool hs_page_trylock(struct hs_task *self, struct hs_page *page);
HMMSIM_API void hs_page_lock(struct hs_task *self, struct hs_page *page); /* sleeps */
HMMSIM_API void hs_page_unlock(struct hs_task *self, struct hs_page *page);

/*
 * page->private, or zone_device_data: the user's, e.g. what the page contains. It is copied with the
 * page where the kernel copies contents.
 */
HMMSIM_API uint64_t hs_page_private(struct hs_task *self, struct hs_page *page);
HMMSIM_API void hs_page_set_private(struct hs_task *self, struct hs_page *page, uint64_t value);

#ifdef __cplusplus
}
#endif

#endif
