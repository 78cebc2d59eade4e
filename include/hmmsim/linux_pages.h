/* SPDX-License-Identifier: MIT */
/**
 * @file linux_pages.h
 * The kernel's own spellings for pages and device memory; a part of linux.h, which includes it.
 *
 * *reduced*: what linux.h says of itself; gfp.h, highmem.h, memremap.h, mm.h, page-flags.h and
 * page_ref.h of v6.12. Page structs are the machine's, struct hs_page, and opaque: the functions
 * stand for their members. A page holds a number of 64 bits (hs_page_contents()), not 4 KiB.
 */
#ifndef HMMSIM_LINUX_PAGES_H
#define HMMSIM_LINUX_PAGES_H

#include <stdbool.h>
#include <stdint.h>

#include <hmmsim/export.h>
#include <hmmsim/fault.h>
#include <hmmsim/machine.h>
#include <hmmsim/mm.h>
#include <hmmsim/page.h>
#include <hmmsim/pgmap.h>

#ifdef __cplusplus
extern "C" {
#endif

/** The address space. */
#define mm_struct hs_mm
/** A VMA. */
#define vm_area_struct hs_vma

/**
 * hs_linux_task() - not the kernel's: the task for which the functions of this header act
 *
 * Asserts that the calling thread has attached a task.
 *
 * Context: a task is attached.
 *
 * Return: the task that the thread attached last.
 */
HMMSIM_API struct hs_task *hs_linux_task(void);

/* ---- pages ------------------------------------------------------------------------------- */

/**
 * pfn_valid() - whether there is memory at a pfn
 * @param pfn  a page frame number
 *
 * Context: a task is attached. Without a reference the answer may be stale.
 *
 * Return: true in subsections with memory, and in all of an early section.
 */
static inline bool pfn_valid(unsigned long pfn)
{
	return hs_pfn_valid(hs_linux_task(), pfn);
}

/**
 * pfn_to_page() - the struct page of a pfn
 * @param pfn  a page frame number
 *
 * Context: a task is attached. The memory is kept by a reference, or what stands for one.
 *
 * Return: the page; NULL if there is no struct page.
 */
static inline struct hs_page *pfn_to_page(unsigned long pfn)
{
	return hs_pfn_to_page(hs_linux_task(), pfn);
}

/**
 * page_to_pfn() - the pfn of a struct page
 * @param page  the page
 *
 * Context: a task is attached.
 *
 * Return: the page frame number.
 */
static inline unsigned long page_to_pfn(const struct hs_page *page)
{
	return hs_page_to_pfn(hs_linux_task(), page);
}

/**
 * page_count() - the refcount of a page
 * @param page  the page
 *
 * Context: a task is attached.
 *
 * Return: the references; stale at once without a lock that keeps them.
 */
static inline int page_count(struct hs_page *page)
{
	return (int)hs_page_count(hs_linux_task(), page);
}

/**
 * page_mapcount() - how many entries map a page
 * @param page  the page
 *
 * Context: a task is attached.
 *
 * Return: the entries; stale at once without a lock that keeps them.
 */
static inline int page_mapcount(struct hs_page *page)
{
	return (int)hs_page_mapcount(hs_linux_task(), page);
}

/**
 * get_page() - take a reference to a page
 * @param page  the caller has one already, or what stands for one
 *
 * Context: a task is attached.
 */
static inline void get_page(struct hs_page *page)
{
	hs_page_get(hs_linux_task(), page);
}

/**
 * try_get_page() - take a reference to a page unless the refcount is 0
 * @param page  the page
 *
 * Context: a task is attached.
 *
 * Return: false if the refcount is 0.
 */
static inline bool try_get_page(struct hs_page *page)
{
	return hs_page_tryget(hs_linux_task(), page);
}

/**
 * put_page() - put a reference to a page
 * @param page  the last reference frees it
 *
 * Context: a task is attached; otherwise as hs_page_put().
 */
static inline void put_page(struct hs_page *page)
{
	hs_page_put(hs_linux_task(), page);
}

/**
 * lock_page() - take the lock of a page
 * @param page  the caller has a reference
 *
 * Context: a task is attached and does not hold it. May sleep.
 */
static inline void lock_page(struct hs_page *page)
{
	hs_page_lock(hs_linux_task(), page);
}

/**
 * trylock_page() - take the lock of a page if it is free
 * @param page  the caller has a reference
 *
 * Context: a task is attached. Does not sleep.
 *
 * Return: true if it is taken.
 */
static inline bool trylock_page(struct hs_page *page)
{
	return hs_page_trylock(hs_linux_task(), page);
}

/**
 * unlock_page() - release the lock of a page
 * @param page  locked
 *
 * Context: a task is attached.
 */
static inline void unlock_page(struct hs_page *page)
{
	hs_page_unlock(hs_linux_task(), page);
}

/**
 * page_private() - page->private, or zone_device_data of a device page
 * @param page  the page, which the caller may use
 *
 * Context: a task is attached.
 *
 * Return: the value.
 */
static inline unsigned long page_private(struct hs_page *page)
{
	return hs_page_private(hs_linux_task(), page);
}

/**
 * set_page_private() - write page->private, or zone_device_data of a device page
 * @param page   the page, which the caller may use
 * @param value  the new value
 *
 * Context: a task is attached.
 */
static inline void set_page_private(struct hs_page *page, unsigned long value)
{
	hs_page_set_private(hs_linux_task(), page, value);
}

/** What an allocation may do; not used, because no allocation waits for memory. */
typedef unsigned int gfp_t;
/** For the kernel itself. */
#define GFP_KERNEL ((gfp_t)0)
/** For a process. */
#define GFP_HIGHUSER ((gfp_t)0)
/** For a process; the page may move. */
#define GFP_HIGHUSER_MOVABLE ((gfp_t)0)

/**
 * alloc_page() - allocate a page of system memory
 * @param gfp  not used
 *
 * As hs_page_alloc(): what it holds is 0, as with __GFP_ZERO.
 *
 * Context: a task is attached. Does not sleep.
 *
 * Return: the page, with one reference, not locked; NULL: no memory.
 */
static inline struct hs_page *alloc_page(gfp_t gfp)
{
	struct hs_page *page;

	(void)gfp;
	return hs_page_alloc(hs_linux_task(), &page) ? NULL : page;
}

/**
 * alloc_page_vma() - allocate a page of system memory for an address
 * @param gfp   not used
 * @param vma   not used: there is one node
 * @param addr  not used
 *
 * Context: as alloc_page().
 *
 * Return: as alloc_page().
 */
static inline struct hs_page *alloc_page_vma(gfp_t gfp, const struct vm_area_struct *vma,
					     unsigned long addr)
{
	(void)vma;
	(void)addr;
	return alloc_page(gfp);
}

/**
 * __free_page() - put the reference of a page that alloc_page() has allocated
 * @param page  unlocked and unmapped (asserted, if the reference is the last)
 *
 * Context: as put_page().
 */
static inline void __free_page(struct hs_page *page)
{
	hs_page_put(hs_linux_task(), page);
}

/**
 * copy_highpage() - copy what a page holds
 * @param to    a page that the caller may use
 * @param from  likewise
 *
 * *reduced*: the contents are a number (hs_page_contents()). It stands for the copy by the device
 * as well, and so reaches private device memory, which the kernel's must not.
 *
 * Context: a task is attached.
 */
static inline void copy_highpage(struct hs_page *to, struct hs_page *from)
{
	hs_dma_set_contents(hs_linux_task(), to, hs_dma_contents(hs_linux_task(), from));
}

/**
 * clear_highpage() - let a page hold nothing
 * @param page  a page that the caller may use
 *
 * As copy_highpage(), with 0. A page of device memory holds what its last user has left.
 *
 * Context: a task is attached.
 */
static inline void clear_highpage(struct hs_page *page)
{
	hs_dma_set_contents(hs_linux_task(), page, 0);
}

/** The highest errno that a pointer can be; see IS_ERR(). */
#define MAX_ERRNO 4095

/**
 * IS_ERR() - whether a pointer is an error
 * @param ptr  what a function returned that says so of itself
 *
 * Context: any.
 *
 * Return: true if it is; PTR_ERR() says which.
 */
static inline bool IS_ERR(const void *ptr)
{
	return (uintptr_t)ptr >= (uintptr_t)-MAX_ERRNO;
}

/**
 * PTR_ERR() - the error that a pointer is
 * @param ptr  IS_ERR() is true of it
 *
 * Context: any.
 *
 * Return: a negative errno.
 */
static inline long PTR_ERR(const void *ptr)
{
	return (long)(intptr_t)ptr;
}

/* ---- device memory ------------------------------------------------------------------------ */

/** enum memory_type - the kind of device memory */
enum memory_type {
	MEMORY_DEVICE_PRIVATE = 1, /**< the CPU cannot access it */
	MEMORY_DEVICE_COHERENT,	   /**< it can */
	MEMORY_DEVICE_FS_DAX,	   /**< persistent memory under a file system */
	MEMORY_DEVICE_GENERIC,	   /**< device-dax */
	MEMORY_DEVICE_PCI_P2PDMA   /**< memory on the PCI bus that other devices access */
};

/** struct range - physical addresses */
struct range {
	uint64_t start; /**< first byte */
	uint64_t end;	/**< last byte */
};

/** Of memremap_pages(): any node. */
#define NUMA_NO_NODE (-1)

/** Fault flag: a write. */
#define FAULT_FLAG_WRITE HS_FAULT_WRITE
/** Fault flag: the handler may drop the mmap lock. */
#define FAULT_FLAG_ALLOW_RETRY HS_FAULT_ALLOW_RETRY
/** Fault flag: not an access of the address space's own task. */
#define FAULT_FLAG_REMOTE HS_FAULT_REMOTE

/** Fault result: no memory. */
#define VM_FAULT_OOM HS_VM_FAULT_OOM
/** Fault result: nothing can be mapped there. */
#define VM_FAULT_SIGBUS HS_VM_FAULT_SIGBUS

/** What a fault handler of a driver returns: VM_FAULT_* bits; 0: look again. */
typedef unsigned int vm_fault_t;

/** struct vm_fault - a fault, as migrate_to_ram() sees it */
struct vm_fault {
	const struct vm_area_struct *vma; /**< the VMA of the fault */
	unsigned long address;		  /**< its address, page aligned */
	unsigned int flags;		  /**< FAULT_FLAG_* */
	struct hs_page *page;		  /**< its page; the fault handler holds a reference */
	struct hs_vm_fault *hs;		  /**< not the kernel's: for hs_migrate_to_ram() */
};

/** struct dev_pagemap_ops - the driver's functions; as struct hs_pgmap_ops */
struct dev_pagemap_ops {
	/** The page is free: it goes to the driver's list. Context: takes spinlocks only. */
	void (*page_free)(struct hs_page *page);
	/** A CPU fault touched a private page. Context: the mmap lock is held; may sleep. */
	vm_fault_t (*migrate_to_ram)(struct vm_fault *vmf);
};

/**
 * struct dev_pagemap - device memory, embedded in a struct of the driver's
 *
 * The driver sets the members below .pgmap before memremap_pages(). A pgmap that was made otherwise
 * and comes from get_dev_pagemap() has none of them.
 */
struct dev_pagemap {
	struct hs_pgmap_storage pgmap;	   /**< what the simulator knows; first */
	enum memory_type type;		   /**< kind of memory */
	const struct dev_pagemap_ops *ops; /**< the driver's; may be NULL where not required */
	void *owner;			   /**< a walker compares it with its own */
	int nr_range;			   /**< 1 */
	struct range range;		   /**< whole subsections */
};

/**
 * hs_linux_memremap() - not the kernel's: memremap_pages() without the node
 * @param pgmap  the driver's
 *
 * Drivers do not call it.
 *
 * Context: as memremap_pages().
 *
 * Return: as memremap_pages().
 */
HMMSIM_API void *hs_linux_memremap(struct dev_pagemap *pgmap);

/**
 * memremap_pages() - register device memory and make its struct pages
 * @param pgmap  the driver's, kept until memunmap_pages(); see struct dev_pagemap
 * @param nid    the node; not used
 *
 * hs_pgmap_create() with the references and the order of v6.12. Of PRIVATE and COHERENT memory the
 * driver keeps the free list: zone_device_page_init() hands out, page_free() of its ops takes back.
 *
 * Context: a task is attached and holds no lock. May sleep.
 *
 * Return: a pointer that is not to be followed, or one of which IS_ERR() is true:
 * - -EINVAL: not one range, not whole subsections, no such type, or the type lacks an owner or ops
 * - -ENXIO: some of it is system memory
 * - -EEXIST: it overlaps other device memory
 * - -ENOMEM: no memory, or its first or last page belongs to a pgmap that is not killed
 */
static inline void *memremap_pages(struct dev_pagemap *pgmap, int nid)
{
	(void)nid;
	return hs_linux_memremap(pgmap);
}

/**
 * hs_linux_page_init() - not the kernel's: what zone_device_page_init() does
 * @param page  as of zone_device_page_init()
 *
 * Drivers do not call it.
 *
 * Context: as zone_device_page_init().
 */
HMMSIM_API void hs_linux_page_init(struct hs_page *page);

/**
 * zone_device_page_init() - hand out a page of the driver's free list
 * @param page  PRIVATE or COHERENT memory, off the list; gets one reference, and is locked
 *
 * hs_zone_device_page_init(), but void: asserts that the pgmap is not killed. The kernel warns up
 * to about v6.18, because the page would hold no reference to it. A driver stops handing out
 * pages before it removes their memory.
 *
 * Context: a task is attached and holds no lock. May sleep.
 */
static inline void zone_device_page_init(struct hs_page *page)
{
	hs_linux_page_init(page);
}

/**
 * page_pgmap() - the pgmap of a device page, v6.14's name for page->pgmap
 * @param page  the page
 *
 * Context: a task is attached. It takes no reference.
 *
 * Return: the pgmap, for container_of(); NULL: a page of system memory.
 */
static inline struct dev_pagemap *page_pgmap(struct hs_page *page)
{
	return (struct dev_pagemap *)hs_page_pgmap(hs_linux_task(), page);
}

/**
 * is_zone_device_page() - whether a page is device memory
 * @param page  the page
 *
 * Context: a task is attached.
 *
 * Return: true if it has a pgmap.
 */
static inline bool is_zone_device_page(struct hs_page *page)
{
	return hs_page_pgmap(hs_linux_task(), page) != NULL;
}

/**
 * is_device_private_page() - whether a page is device memory that no CPU reaches
 * @param page  the page
 *
 * Context: a task is attached; as hs_pgmap_type().
 *
 * Return: true for #MEMORY_DEVICE_PRIVATE.
 */
static inline bool is_device_private_page(struct hs_page *page)
{
	struct hs_pgmap *pgmap = hs_page_pgmap(hs_linux_task(), page);

	return pgmap && hs_pgmap_type(pgmap) == HS_PGMAP_PRIVATE;
}

/**
 * is_device_coherent_page() - whether a page is device memory that CPUs reach
 * @param page  the page
 *
 * Context: as is_device_private_page().
 *
 * Return: true for #MEMORY_DEVICE_COHERENT.
 */
static inline bool is_device_coherent_page(struct hs_page *page)
{
	struct hs_pgmap *pgmap = hs_page_pgmap(hs_linux_task(), page);

	return pgmap && hs_pgmap_type(pgmap) == HS_PGMAP_COHERENT;
}

/**
 * memunmap_pages() - remove device memory, all steps of it
 * @param pgmap  the driver's; afterwards it may free its struct
 *
 * Context: a task is attached and holds no lock. May sleep: it waits for the last reference.
 */
static inline void memunmap_pages(struct dev_pagemap *pgmap)
{
	hs_pgmap_destroy(hs_linux_task(), (struct hs_pgmap *)pgmap);
}

/**
 * get_dev_pagemap() - take a reference to the device memory of a pfn
 * @param pfn    a page frame number
 * @param pgmap  a reference that the caller has, or NULL; used up
 *
 * If the pgmap covers the pfn it is the answer as it is. Otherwise its reference is put and the
 * pfn is looked up.
 *
 * Context: a task is attached.
 *
 * Return: the pgmap, with a reference; NULL: there is none, or it is killed.
 */
static inline struct dev_pagemap *get_dev_pagemap(unsigned long pfn, struct dev_pagemap *pgmap)
{
	struct hs_pgmap *cached = (struct hs_pgmap *)pgmap;

	return (struct dev_pagemap *)hs_pgmap_get(hs_linux_task(), pfn, cached);
}

/**
 * put_dev_pagemap() - put a reference to device memory
 * @param pgmap  may be NULL
 *
 * Context: a task is attached.
 */
static inline void put_dev_pagemap(struct dev_pagemap *pgmap)
{
	hs_pgmap_put(hs_linux_task(), (struct hs_pgmap *)pgmap);
}

#ifdef __cplusplus
}
#endif

#endif
