/* SPDX-License-Identifier: MIT */
/*
 * memory.h - struct page and sections, for the floors above
 */
#ifndef HS_MEMORY_MEMORY_H
#define HS_MEMORY_MEMORY_H

#include <hmmsim/page.h>

#include "memory/machine.h"

/* reduced: struct page (v6.12, include/linux/mm_types.h) */
struct hs_page {
	hs_u32 refcount;
	hs_u32 mapcount;
	hs_ptr pgmap;	/* device page: its pgmap */
	hs_u64 private; /* index, or the driver's data */
	hs_u32 life;	/* enum hs_page_life */
	uint16_t flags;
	uint8_t order;
};
_Static_assert(sizeof(struct hs_page) <= 32, "a struct page is at most 32 bytes");

/* reduced: struct mem_section (v6.12, include/linux/mmzone.h) */
struct hs_section {
	uint64_t number;
	bool early;
	hs_u64 present;	 /* subsections, one bit each */
	hs_u64 ram;	 /* those of system memory */
	hs_ptr memmap[]; /* per subsection: its struct pages, when they have been touched */
};

/* -EINVAL, -EEXIST or -ENOMEM; device memory comes and goes by whole subsections too. */
int hs_memory_add_device(struct hs_task *self, uint64_t start_pfn, uint64_t end_pfn);
/* The struct page with its backing; NULL: pfn not valid, or no memory for it. */
struct hs_page *hs_page_touch(struct hs_task *self, uint64_t pfn);

#endif
