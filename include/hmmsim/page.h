/* SPDX-License-Identifier: MIT */
/*
 * page.h - physical memory: sections, subsections, struct page
 *
 * hs_page	reduced: struct page (v6.12, include/linux/mm_types.h): what the walkers, references
 *		and device memory need, 32 bytes
 * sections	same: SPARSEMEM_VMEMMAP (mm/sparse.c): x86-64 sections of 128 MiB with subsections
 *		of 2 MiB; sizes are the machine's (mock: 8 pages and 2 pages)
 *
 * Memory is added and removed by whole subsections. An early section (there at boot) is valid as a
 * whole, holes included, and keeps its struct pages when device memory inside it is removed; in
 * other sections they go with the subsection. Backing comes as it is touched.
 *
 * Errors: -EINVAL (not whole subsections, empty, beyond 2^40 pages), -EEXIST (overlap), -ENOMEM.
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
};

/* System memory of the machine: early (at boot, whole sections valid) or hot-added. */
HMMSIM_API int hs_memory_add(struct hs_task *self, uint64_t start_pfn, uint64_t end_pfn,
			     bool early);
HMMSIM_API int hs_memory_remove(struct hs_task *self, uint64_t start_pfn, uint64_t end_pfn);

HMMSIM_API bool hs_pfn_valid(struct hs_task *self, uint64_t pfn);
/* In a section of system memory and not device memory. */
HMMSIM_API bool hs_pfn_online(struct hs_task *self, uint64_t pfn);
HMMSIM_API enum hs_page_life hs_pfn_life(struct hs_task *self, uint64_t pfn);
/* Address arithmetic; NULL where there is no memmap. */
HMMSIM_API struct hs_page *hs_pfn_to_page(struct hs_task *self, uint64_t pfn);

/* Device memory: makes the page live and its pgmap @pgmap; its section comes into being if needed. */
HMMSIM_API int hs_page_init_device(struct hs_task *self, uint64_t pfn, struct hs_pgmap *pgmap);
/* page->pgmap, NULL for a page that is no device page. */
HMMSIM_API struct hs_pgmap *hs_page_pgmap(struct hs_task *self, struct hs_page *page);

#ifdef __cplusplus
}
#endif

#endif
