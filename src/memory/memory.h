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
	hs_u64 private; /* the user's; while the page is free: the next free one */
	hs_u32 state;	/* life and flags, and the upper byte of the pfn, which never changes */
	uint32_t pfn;	/* its lower 32 bits */
};
_Static_assert(sizeof(struct hs_page) <= 32, "a struct page is at most 32 bytes");

#define HS_PAGE_LIFE 0x3u	/* enum hs_page_life */
#define HS_PAGE_LOCKED 0x4u	/* PG_locked */
#define HS_PAGE_EXCLUSIVE 0x8u	/* anonymous, and nobody else's: a write may reuse it */
#define HS_PAGE_POISONED 0x10u	/* PG_hwpoison */
#define HS_PAGE_ALLOCATED 0x20u /* handed out by hs_page_alloc() or hs_pgmap_page_alloc() */
#define HS_PAGE_PFN_SHIFT 24	/* of the pfn's upper byte */

/* reduced: struct mem_section (v6.12, include/linux/mmzone.h) */
struct hs_section {
	uint64_t number;
	hs_u32 early;	 /* 0 or 1, which it stays */
	hs_u64 present;	 /* subsections, one bit each */
	hs_u64 ram;	 /* those of system memory */
	hs_u64 stale;	 /* early: those whose memory was removed */
	hs_ptr memmap[]; /* per subsection: its struct pages, when they have been touched */
};

/* A range of system memory, as it was added, or what is left of it. */
struct hs_ram {
	uint64_t start, end; /* pfns */
	uint64_t fresh;	     /* the lowest one that was never handed out */
	struct hs_ram *next;
};

/* -EINVAL, -EEXIST or -ENOMEM; device memory comes and goes by whole subsections too. */
int hs_memory_add_device(struct hs_task *self, uint64_t start_pfn, uint64_t end_pfn);
/* -EINVAL. Asks nobody. Neither this nor hs_memory_remove() touches memory of the other sort. */
int hs_memory_remove_device(struct hs_task *self, uint64_t start_pfn, uint64_t end_pfn);
/*
 * Makes device pages live, each with @count references. 0 or -ENOMEM, and then none is. Their memory
 * was added; if it goes again, so do they.
 */
int hs_memory_init_device(struct hs_task *self, uint64_t first_pfn, uint64_t end_pfn,
			  struct hs_pgmap *pgmap, uint32_t count);
/* Whether any of the pfns is system memory. */
bool hs_memory_is_ram(struct hs_task *self, uint64_t start_pfn, uint64_t end_pfn);
/* The struct page with its backing; NULL: pfn not valid, or no memory for it. */
struct hs_page *hs_page_touch(struct hs_task *self, uint64_t pfn);
/* The same for who holds the memory lock. */
struct hs_page *hs_page_touch_locked(struct hs_task *self, uint64_t pfn);

/* page_alloc.c: the ranges of system memory. The memory lock is held, but for new and free. */
struct hs_ram *hs_ram_new(struct hs_task *self, uint64_t start, uint64_t end);
void hs_ram_free(struct hs_task *self, struct hs_ram *ram);
void hs_ram_insert(struct hs_machine *m, struct hs_ram *ram);
/* Takes [start, end) out of every range. Returns @spare, or NULL if a range became two. */
struct hs_ram *hs_ram_cut(struct hs_task *self, struct hs_machine *m, uint64_t start, uint64_t end,
			  struct hs_ram *spare);
/* Its free pages leave the free list. */
void hs_ram_drop_free(struct hs_task *self, struct hs_machine *m, uint64_t start, uint64_t end);
void hs_ram_destroy(struct hs_task *self, struct hs_machine *m);

/* A system page whose count has become 0. */
void hs_page_free(struct hs_task *self, struct hs_page *page);
/* Asserts that the struct page is live: one step. Returns its state word. */
uint32_t hs_page_live_at(struct hs_task *self, const struct hs_page *page, const char *where);
#define hs_page_live(self, page) hs_page_live_at((self), (page), HS_HERE)

static inline bool hs_page_is_device(struct hs_task *self, const struct hs_page *page)
{
	return hs_ptr_load(self, &page->pgmap, HS_ACQUIRE) != NULL;
}

#endif
