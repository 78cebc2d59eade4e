/* SPDX-License-Identifier: MIT */
/**
 * @file page.h
 * Physical memory: sections, subsections, struct page and its references.
 *
 * @code{.unparsed}
 * hs_page     reduced: struct page (v6.12, include/linux/mm_types.h): what the walkers, references
 *             and device memory need, 32 bytes
 * sections    same: SPARSEMEM_VMEMMAP (mm/sparse.c): x86-64 sections of 128 MiB with subsections
 *             of 2 MiB; the machine has the sizes (mock: 8 pages and 2 pages)
 * allocator   reduced: alloc_page(): single pages, one free list a machine
 * references  same: get_page(), get_page_unless_zero(), put_page()
 * page lock   same: lock_page(), trylock_page(); it has no owner
 * @endcode
 *
 * Memory is added and removed by whole subsections. An early section (there at boot) is valid as a
 * whole, holes included, and keeps its struct pages when its memory is removed. In other sections
 * they are freed with the memory. A struct page is allocated when it is first touched.
 *
 * A task that holds a reference to a page may use it. The functions that take a struct page assert
 * that there is one and that it is live; hs_page_to_pfn() and hs_page_pgmap() only that there is
 * one. Who holds the references is not checked.
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

/** enum hs_page_life - the state of a struct page */
enum hs_page_life {
	HS_PAGE_UNINITIALISED, /**< device memory before a pgmap, or a hole of an early section */
	HS_PAGE_LIVE,	       /**< a system page, allocated or free; an initialised device page */
	HS_PAGE_STALE,	       /**< its memory is removed, its section is early: readable only */
	HS_PAGE_GONE,	       /**< there is no struct page */
	HS_PAGE_LIFE_COUNT
};

/** The end of physical memory: the first pfn that cannot exist. */
#define HS_PFN_END ((uint64_t)1 << 40)
/**
 * The pfn of the zero page in every machine. It has a struct page from the start to the end, with
 * memory around it or without, as empty_zero_page is a part of the kernel: it is system memory, is
 * never allocated or freed, and has one reference of its own. A get and its put change nothing; a
 * put of the reference of its own fails an assertion, as the kernel reports a bad page; one that
 * is not put is named as a leak. Its contents are 0, and a write to them fails an assertion.
 */
#define HS_ZERO_PFN 0x77u

/**
 * hs_memory_add() - add system memory
 * @param self       the calling task
 * @param start_pfn  first pfn, at the start of a subsection
 * @param end_pfn    end pfn, exclusive, at the start of a subsection; at most HS_PFN_END
 * @param early      it is there at boot, so its sections are valid as a whole
 *
 * Models add_memory() (v6.12, mm/memory_hotplug.c), or boot memory.
 *
 * Context: takes the memory lock, a spinlock; does not sleep.
 *
 * Return: 0, or
 * - -EINVAL: not whole subsections, empty, or beyond HS_PFN_END
 * - -EEXIST: some of it is system memory or device memory
 * - -ENOMEM: no memory for ranges or sections; nothing was added
 */
HMMSIM_API int hs_memory_add(struct hs_task *self, uint64_t start_pfn, uint64_t end_pfn,
			     bool early);

/**
 * hs_memory_remove() - remove system memory
 * @param self       the calling task
 * @param start_pfn  first pfn, at the start of a subsection
 * @param end_pfn    end pfn, exclusive, at the start of a subsection
 *
 * Ranges without system memory are no error; device memory in the range stays. *reduced*: of
 * offline_and_remove_memory() (v6.12, mm/memory_hotplug.c); no page is migrated away, so an
 * allocated page makes it fail.
 *
 * Context: takes the memory lock, a spinlock; does not sleep.
 *
 * Return: 0, or
 * - -EINVAL: not whole subsections, empty, or beyond HS_PFN_END
 * - -EBUSY: a page in the range is allocated; nothing was done
 * - -ENOMEM: no memory; nothing was done
 */
HMMSIM_API int hs_memory_remove(struct hs_task *self, uint64_t start_pfn, uint64_t end_pfn);

/**
 * hs_pfn_valid() - whether there is memory at a pfn, as pfn_valid()
 * @param self  the calling task
 * @param pfn   any number
 *
 * Context: any.
 *
 * Return: true in subsections with memory, in all of an early section, and for #HS_ZERO_PFN.
 */
HMMSIM_API bool hs_pfn_valid(struct hs_task *self, uint64_t pfn);

/**
 * hs_pfn_online() - whether a pfn is system memory, as pfn_to_online_page()
 * @param self  the calling task
 * @param pfn   any number
 *
 * Context: any.
 *
 * Return: true for system memory and #HS_ZERO_PFN, false for device memory and holes.
 */
HMMSIM_API bool hs_pfn_online(struct hs_task *self, uint64_t pfn);

/**
 * hs_pfn_life() - the state of the struct page of a pfn
 * @param self  the calling task
 * @param pfn   any number
 *
 * Context: any.
 *
 * Return: the state.
 */
HMMSIM_API enum hs_page_life hs_pfn_life(struct hs_task *self, uint64_t pfn);

/**
 * hs_pfn_to_page() - the struct page of a pfn, as pfn_to_page()
 * @param self  the calling task
 * @param pfn   any number
 *
 * It takes no reference. The result is only safe to use while the memory cannot be removed (not
 * checked here: a use of what is removed is an assertion or a use after free).
 *
 * Context: any.
 *
 * Return: the page; NULL: it was never touched, or there is no memory.
 */
HMMSIM_API struct hs_page *hs_pfn_to_page(struct hs_task *self, uint64_t pfn);

/**
 * hs_page_to_pfn() - the pfn of a struct page, as page_to_pfn()
 * @param self  the calling task
 * @param page  a struct page, in any state
 *
 * Context: any.
 *
 * Return: the pfn.
 */
HMMSIM_API uint64_t hs_page_to_pfn(struct hs_task *self, const struct hs_page *page);

/**
 * hs_page_init_device() - make one device page live
 * @param self   the calling task
 * @param pfn    the pfn
 * @param pgmap  its pgmap, to which it takes no reference; may be NULL
 *
 * *invented*: for walks that look pages up but never use them. It adds the subsection of @p pfn as
 * device memory if it has no memory. The refcount is 0 then, also if the page was live before; that
 * of #HS_ZERO_PFN stays 1. Device memory that is used comes from hs_pgmap_create().
 *
 * Context: takes the memory lock, a spinlock; does not sleep.
 *
 * Return: 0, or
 * - -EINVAL: not below HS_PFN_END
 * - -EEXIST: it is system memory
 * - -ENOMEM: no memory for the section or the struct page
 */
HMMSIM_API int hs_page_init_device(struct hs_task *self, uint64_t pfn, struct hs_pgmap *pgmap);

/**
 * hs_page_pgmap() - the pgmap of a page, as page->pgmap
 * @param self  the calling task
 * @param page  a struct page
 *
 * It takes no reference to the pgmap.
 *
 * Context: any.
 *
 * Return: the pgmap; NULL: a system page, or a page that hs_page_init_device() gave none.
 */
HMMSIM_API struct hs_pgmap *hs_page_pgmap(struct hs_task *self, struct hs_page *page);

/* ---- system pages ------------------------------------------------------------------------ */

/**
 * hs_page_alloc() - allocate a page of system memory
 * @param self  the calling task
 * @param out   the page, on success, with one reference; .private and contents are 0
 *
 * Models alloc_page(). Pages are handed out by ascending pfn; freed pages are handed out before
 * those, last in first out, unless the machine has HS_REUSE_NEVER. The last hs_page_put() frees the
 * page.
 *
 * Context: takes the memory lock, a spinlock; does not sleep.
 *
 * Return: 0, or
 * - -ENOMEM: no page is free, or no memory for its struct page
 */
HMMSIM_API int hs_page_alloc(struct hs_task *self, struct hs_page **out);

/**
 * hs_pages_allocated() - count the system pages that are allocated
 * @param self  the calling task
 *
 * Context: takes the memory lock, a spinlock; does not sleep.
 *
 * Return: the number of pages.
 */
HMMSIM_API uint64_t hs_pages_allocated(struct hs_task *self);

/* ---- references -------------------------------------------------------------------------- */

/**
 * hs_page_count() - the refcount of a page, as page_count()
 * @param self  the calling task
 * @param page  a live page
 *
 * Context: any.
 *
 * Return: the refcount. Its meaning for a device page depends on enum hs_page_refs (pgmap.h).
 */
HMMSIM_API uint32_t hs_page_count(struct hs_task *self, struct hs_page *page);

/**
 * hs_page_get() - take a reference to a page, as get_page()
 * @param self  the calling task
 * @param page  a live page to which the caller holds a reference, or knows that one is held
 *
 * It asserts that the refcount is not 0.
 *
 * Context: any.
 */
HMMSIM_API void hs_page_get(struct hs_task *self, struct hs_page *page);

/**
 * hs_page_tryget() - take a reference unless the refcount is 0, as get_page_unless_zero()
 * @param self  the calling task
 * @param page  a live page
 *
 * Context: any.
 *
 * Return: true if it took one.
 */
HMMSIM_API bool hs_page_tryget(struct hs_task *self, struct hs_page *page);

/**
 * hs_page_put() - put a reference to a page, as put_page()
 * @param self  the calling task
 * @param page  a live page to which the caller holds a reference
 *
 * The last put of a system page frees it; asserts that it is unlocked and unmapped. What the last
 * or last but one put of a device page does depends on its pgmap (enum hs_page_refs in pgmap.h): it
 * may call hs_pgmap_ops.page_free, and put the last reference to the pgmap.
 *
 * Context: spinlocks may be held, up to the page table lock, but none that page_free takes. It
 * takes the memory lock or the free pages lock; does not sleep.
 */
HMMSIM_API void hs_page_put(struct hs_task *self, struct hs_page *page);

/**
 * hs_page_mapcount() - how many page table entries map a page, as page_mapcount()
 * @param self  the calling task
 * @param page  a live page
 *
 * Context: any.
 *
 * Return: the number of entries.
 */
HMMSIM_API uint32_t hs_page_mapcount(struct hs_task *self, struct hs_page *page);

/**
 * hs_page_trylock() - take the page lock if it is free, as trylock_page()
 * @param self  the calling task
 * @param page  a live page to which the caller holds a reference
 *
 * Context: any.
 *
 * Return: true if the caller took the lock.
 */
HMMSIM_API bool hs_page_trylock(struct hs_task *self, struct hs_page *page);

/**
 * hs_page_lock() - take the page lock, as lock_page()
 * @param self  the calling task
 * @param page  a live page to which the caller holds a reference
 *
 * Context: no spinlock held, not in an RCU read section; sleeps until the lock is free.
 */
HMMSIM_API void hs_page_lock(struct hs_task *self, struct hs_page *page);

/**
 * hs_page_unlock() - release the page lock and wake its waiters, as unlock_page()
 * @param self  the calling task, which need not be the one that took the lock
 * @param page  a live page; asserts that it is locked
 *
 * Context: any.
 */
HMMSIM_API void hs_page_unlock(struct hs_task *self, struct hs_page *page);

/**
 * hs_page_private() - read page->private, or zone_device_data of a device page
 * @param self  the calling task
 * @param page  a live page
 *
 * It belongs to the user of the page, and nothing copies it. In a free page it is the link of a
 * list; in one that was just allocated it is 0.
 *
 * Context: any.
 *
 * Return: the value.
 */
HMMSIM_API uint64_t hs_page_private(struct hs_task *self, struct hs_page *page);

/**
 * hs_page_set_private() - write page->private
 * @param self   the calling task
 * @param page   a live page that the caller may use
 * @param value  the new value
 *
 * Context: any.
 */
HMMSIM_API void hs_page_set_private(struct hs_task *self, struct hs_page *page, uint64_t value);

/* ---- contents ---------------------------------------------------------------------------- */

/**
 * hs_page_contents() - read what a page holds, as a CPU does
 * @param self  the calling task
 * @param page  a live page; asserts that it is not PRIVATE device memory, which no CPU reaches
 *
 * *invented*: the contents are a number of 64 bits, what a CPU or a device wrote last. They are 0
 * in a page that was just allocated, and in new device memory. What the kernel copies from page to
 * page is copied: by copy-on-write, swap and hs_migrate_to_ram(). A driver that migrates copies
 * them itself.
 *
 * Context: any.
 *
 * Return: the contents.
 */
HMMSIM_API uint64_t hs_page_contents(struct hs_task *self, struct hs_page *page);

/**
 * hs_page_set_contents() - write to a page, as a CPU does
 * @param self   the calling task
 * @param page   as of hs_page_contents()
 * @param value  the new contents
 *
 * Context: any.
 */
HMMSIM_API void hs_page_set_contents(struct hs_task *self, struct hs_page *page, uint64_t value);

/**
 * hs_dma_contents() - read what a page holds, as a device does
 * @param self  the calling task
 * @param page  a live page of any memory
 *
 * Context: any.
 *
 * Return: the contents.
 */
HMMSIM_API uint64_t hs_dma_contents(struct hs_task *self, struct hs_page *page);

/**
 * hs_dma_set_contents() - write to a page, as a device does
 * @param self   the calling task
 * @param page   a live page of any memory
 * @param value  the new contents
 *
 * Context: any.
 */
HMMSIM_API void hs_dma_set_contents(struct hs_task *self, struct hs_page *page, uint64_t value);

#ifdef __cplusplus
}
#endif

#endif
