/* SPDX-License-Identifier: MIT */
/*
 * memory.h - struct page, for the rooms above
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
	hs_u64 private; /* its user's; of a free page: the next free one */
	hs_u32 state;	/* life, flags, and bits 32 to 39 of the pfn, which never change */
	uint32_t pfn;	/* bits 0 to 31 of the pfn */
};
_Static_assert(sizeof(struct hs_page) <= 32, "a struct page is at most 32 bytes");

/* invented: what the model keeps beside a struct page; in a memmap all follow the struct pages. */
struct hs_page_ext {
	hs_u64 contents; /* what a CPU or a device wrote to the page last */
	hs_u64 key;	 /* of the reverse map (memory/anon.h) */
};

/*
 * A machine with the page that it has from the start to the end, as a kernel has empty_zero_page in
 * its image: reserved, with one reference. It is in no memmap, so that no removal of memory takes
 * it, and no step or allocation makes it.
 */
struct hs_boot {
	struct hs_machine machine;
	struct hs_page zero;
	struct hs_page_ext zero_ext;
};

#define HS_PAGE_LIFE 0x3u	/* enum hs_page_life */
#define HS_PAGE_LOCKED 0x4u	/* PG_locked */
#define HS_PAGE_EXCLUSIVE 0x8u	/* anonymous, used by one mm only: a write may reuse it */
#define HS_PAGE_POISONED 0x10u	/* PG_hwpoison */
#define HS_PAGE_ALLOCATED 0x20u /* handed out by hs_page_alloc() or hs_pgmap_page_alloc() */
#define HS_PAGE_WAITERS 0x40u	/* PG_waiters: a task waits for the unlock without a reference */
#define HS_PAGE_PFN_SHIFT 24	/* bits 32 to 39 of the pfn start here */

/*
 * Makes the device pages of [first_pfn, end_pfn) live, each with @count references. The caller has
 * added their memory. 0 or -ENOMEM, and then no page is live.
 */
int hs_memory_init_device(struct hs_task *self, uint64_t first_pfn, uint64_t end_pfn,
			  struct hs_pgmap *pgmap, uint32_t count);
/* Whether any pfn of [start_pfn, end_pfn) is system memory. */
bool hs_memory_is_ram(struct hs_task *self, uint64_t start_pfn, uint64_t end_pfn);
/* Whether there is memory at @pfn now: unlike hs_pfn_valid() not in holes of early sections. */
bool hs_memory_is_present(struct hs_task *self, uint64_t pfn);
/* The struct page, allocated if it was never touched; NULL: the pfn is not valid, or -ENOMEM. */
struct hs_page *hs_page_touch(struct hs_task *self, uint64_t pfn);
/* Frees a system page whose refcount became 0. */
void hs_page_free(struct hs_task *self, struct hs_page *page);
/* Waits until the page is not locked, as wait_on_page_locked(). The caller holds a reference. */
void hs_page_wait_unlocked(struct hs_task *self, struct hs_page *page);
/*
 * The same without a reference, in two parts (page.c has the drawing). Between the first and the
 * second the page may go: while the first runs the caller keeps it by another means, such as the
 * page table lock, which may be held. False: the page is not locked, there is nothing to wait for.
 */
bool hs_page_note_waiter(struct hs_task *self, struct hs_page *page, uint64_t *unlocks);
void hs_page_wait_noted(struct hs_task *self, uint64_t unlocks);
/* Asserts that the struct page is live, and returns its state word. One step. */
uint32_t hs_page_live_at(struct hs_task *self, const struct hs_page *page, const char *where);
#define hs_page_live(self, page) hs_page_live_at((self), (page), HS_HERE)

/* Struct pages of a memmap of so many bytes. */
static inline size_t hs_memmap_pages(size_t bytes)
{
	return bytes / (sizeof(struct hs_page) + sizeof(struct hs_page_ext));
}

/* What is kept beside the struct page, which is live or the caller's to make. */
static inline struct hs_page_ext *hs_page_ext_of(struct hs_task *self, struct hs_page *page)
{
	struct hs_machine *m = hs_machine_of(self);
	uint64_t pages = hs_subsection_pages(m), i = page->pfn & (pages - 1);
	struct hs_page *map = page - i;

	if (hs_unlikely(page == m->zero_page))
		return &hs_container_of(page, struct hs_boot, zero)->zero_ext;
	return (struct hs_page_ext *)(map + pages) + i;
}

static inline bool hs_page_is_device(struct hs_task *self, const struct hs_page *page)
{
	return hs_ptr_load(self, &page->pgmap, HS_ACQUIRE) != NULL;
}

#endif
