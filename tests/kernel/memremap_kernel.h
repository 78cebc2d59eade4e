/* SPDX-License-Identifier: MIT */
/*
 * memremap_kernel.h - the kernel's device memory for the glue
 */
#ifndef HS_KERNEL_MEMREMAP_H
#define HS_KERNEL_MEMREMAP_H

#include <stdbool.h>

struct dev_pagemap;
struct page;

enum kernel_type {
	KERNEL_PRIVATE,
	KERNEL_FS_DAX,
	KERNEL_P2PDMA
};

/* Pages that are there, and belong to no pgmap. 0 or -ENOMEM. */
int kernel_block(unsigned long pfn, unsigned long end);
void kernel_unblock(unsigned long pfn, unsigned long end);

/* @owner: the glue's object, for its callbacks. 0, or what memremap_pages() returns. */
int kernel_map(struct dev_pagemap **out, enum kernel_type type, unsigned long pfn,
	       unsigned long end, void *owner);
/* memunmap_pages(), then it is freed. */
void kernel_unmap(struct dev_pagemap *pgmap);

struct dev_pagemap *kernel_get(unsigned long pfn, struct dev_pagemap *cached);
void kernel_put(struct dev_pagemap *pgmap);
void kernel_look(struct dev_pagemap *pgmap);
bool kernel_is_dying(struct dev_pagemap *pgmap);

struct page *kernel_page(unsigned long pfn);
unsigned int kernel_page_count(struct page *page);
void kernel_page_get(struct page *page);
/* As put_page(). */
void kernel_page_put(struct page *page);
/* From the free list of the driver to a user. */
void kernel_page_hand_out(struct page *page);

/* The glue's: a page of .owner is idle. */
void glue_idle(void *owner);

#endif
