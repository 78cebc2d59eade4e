/* SPDX-License-Identifier: MIT */
/*
 * pgmap.h - device memory: its creation, who may look it up, and its end
 *
 * reduced: dev_pagemap (v6.12, include/linux/memremap.h; mm/memremap.c): one range, an embedded
 * percpu_ref, no altmap beyond .first. Creation and removal are those of memremap_pages() and
 * memunmap_pages(), with the two things that changed over the versions as parameters: what a page's
 * count means (enum hs_page_refs), and the order of the removal (enum hs_removal_order).
 *
 * Nobody here looks whether page tables still map the memory, as nobody does in the kernel. To take
 * it out of them, before the kill has been waited for, is the owner's business:
 *
 *	disable		hs_mapping_disable(): no new faults	(mapping.h)
 *	invalidate	hs_unmap_mapping_range()		(mapping.h)
 *	drain		hs_pgmap_step(): KILL, PUT_PAGES, WAIT
 *	remove		hs_pgmap_step(): MEMORY, ERASE, EXIT; hs_pgmap_free()
 *
 * Errors are said at each function.
 */
#ifndef HMMSIM_PGMAP_H
#define HMMSIM_PGMAP_H

#include <stdbool.h>
#include <stdint.h>

#include <hmmsim/export.h>
#include <hmmsim/machine.h>
#include <hmmsim/page.h>

#ifdef __cplusplus
extern "C" {
#endif

struct hs_pgmap;
struct hs_vm_fault;

enum hs_pgmap_type {
	HS_PGMAP_FS_DAX,
	HS_PGMAP_PRIVATE,
	HS_PGMAP_COHERENT,
	HS_PGMAP_GENERIC,
	HS_PGMAP_P2PDMA,
	HS_PGMAP_TYPE_COUNT
};

/*
 * What the count of a device page means, by the kernel that changed it. "Per page": the pgmap holds
 * one reference of its own for each page of the map.
 *
 *		idle count	pgmap references	page_free is called	a pin blocks the drain
 * 5.3		1		per page, each until	put to 1: PRIVATE,	yes
 *				its page's count is 0	FS_DAX
 * 5.18		1		per page, put in bulk	put to 0, then set to	no
 *						1 (FS_DAX: put to 1)
 * 6.1	PRIVATE, COHERENT: 0	one an allocated page	put to 0		yes
 *	P2PDMA: 1		bulk, and one an	put to 0, then set to 1	yes
 *				allocated page
 *	FS_DAX, GENERIC: 1	bulk			as 5.18			no
 * 6.15	FS_DAX: 0	bulk			put to 0		no
 *	P2PDMA: 0	bulk, and one an	put to 0		yes
 *				allocated page
 *	the others as 6.1; a page table entry of a DAX mapping holds a page reference
 *
 * FS_DAX: page_free stands for the wake-up of who waits for the page, the file system. From 5.18 on
 * nobody else does: it must have seen every page idle before the memory goes.
 */
enum hs_page_refs {
	HS_PAGE_REFS_5_3,
	HS_PAGE_REFS_5_18, /* 27674ef6c73f */
	HS_PAGE_REFS_6_1,  /* 0dc45ca1ce18, ef233450898f */
	HS_PAGE_REFS_6_15, /* 38607c62b34b */
	HS_PAGE_REFS_COUNT
};

/* The steps of a removal. What a step needs to have happened before is in brackets. */
enum hs_pgmap_step {
	HS_PGMAP_KILL,	    /* no lookup obtains a reference from now on */
	HS_PGMAP_PUT_PAGES, /* the core's own references to the pages are dropped */
	HS_PGMAP_WAIT,	    /* the last reference is gone [KILL] */
	HS_PGMAP_MEMORY,    /* struct pages are gone, or stale in an early section */
	HS_PGMAP_ERASE,	    /* the index forgets it; a grace period */
	HS_PGMAP_EXIT,	    /* the percpu counters are freed [KILL] */
	HS_PGMAP_STEP_COUNT
};

/* The orders in which the kernel took them. */
enum hs_removal_order {
	HS_REMOVAL_ORDER_5_2, /* before 50f44ee7248a: kill, put pages, memory, erase, wait, exit */
	HS_REMOVAL_ORDER_5_3, /* kill, put pages, wait, exit, memory, erase */
	HS_REMOVAL_ORDER_6_0, /* 1e57ffb6e3fd: kill, put pages, wait, memory, erase, exit */
	HS_REMOVAL_ORDER_COUNT
};

struct hs_pgmap_ops {
	/*
	 * The count of @page says that nobody uses it. Runs in the context of the last put, where a
	 * spinlock may be held: takes spinlocks only. May be NULL where it is not required. After
	 * it the page is on the pgmap's free list.
	 */
	void (*page_free)(struct hs_task *self, struct hs_pgmap *pgmap, struct hs_page *page);
	/*
	 * PRIVATE: the CPU touched the page: bring it to system memory (fault.h). The handler holds
	 * a reference to it meanwhile. HS_VM_FAULT_* bits; 0: look again.
	 */
	uint32_t (*migrate_to_ram)(struct hs_task *self, struct hs_vm_fault *vmf);
};

/* Fill it with hs_pgmap_config_init(), then change fields. */
struct hs_pgmap_config {
	enum hs_pgmap_type type;
	uint64_t start, end; /* pfns, whole subsections */
	uint64_t first;	     /* pages before it stay uninitialised (an altmap); default start */
	const void *owner;
	const struct hs_pgmap_ops *ops; /* outlives the pgmap */
	void *driver_data;
	enum hs_page_refs page_refs;	     /* default 6.1 */
	enum hs_removal_order removal_order; /* default 6.0 */
	bool atomic;  /* PERCPU_REF_INIT_ATOMIC: one shared count from the start; default false */
	bool limited; /* the CPU cannot execute from it: FS_DAX is refused; default false */
};

HMMSIM_API void hs_pgmap_config_init(struct hs_pgmap_config *config, enum hs_pgmap_type type,
				     uint64_t start, uint64_t end);

/*
 * memremap_pages(). The caller owns the pgmap until hs_pgmap_destroy() or hs_pgmap_free(). In the
 * order in which they are looked at:
 *
 *	-EINVAL		no pgmap at all: empty, beyond 2^40 pages, .first outside
 *	-EINVAL		PRIVATE without migrate_to_ram or page_free; with references of 5.18 on: PRIVATE
 *			without owner, COHERENT (which is of v6.0) without page_free or owner; FS_DAX
 *			on limited memory. FS_DAX needed page_free in v5.3 and v5.4, and not in v5.5 to
 *			v5.17, which have the same references: here it may be without
 *	-ENOMEM		no memory for the reference; its first or last page belongs to a pgmap
 *	-ENXIO		some of it is system memory
 *	-EINVAL		not whole subsections
 *	-EEXIST		it overlaps other device memory (the kernel finds a pgmap between first and last
 *			page only here, and has overwritten its index entries by then; nothing has
 *			been overwritten here)
 *	-ENOMEM		no memory for index, sections or struct pages
 *
 * Nothing is left behind by an error.
 */
HMMSIM_API int hs_pgmap_create(struct hs_task *self, const struct hs_pgmap_config *config,
			       struct hs_pgmap **out);
/* memunmap_pages(): all steps in its own order, then hs_pgmap_free(). Sleeps. */
HMMSIM_API void hs_pgmap_destroy(struct hs_task *self, struct hs_pgmap *pgmap);

/* ---- removal, step by step --------------------------------------------------------------- */

/* HS_PGMAP_STEP_COUNT of them. */
HMMSIM_API const enum hs_pgmap_step *hs_removal_steps(enum hs_removal_order order);
HMMSIM_API enum hs_removal_order hs_pgmap_removal_order(const struct hs_pgmap *pgmap);
HMMSIM_API const char *hs_pgmap_step_name(enum hs_pgmap_step step);

/*
 * Each step once, in any order that respects the brackets above: a wrong one is a bug to be seen, not
 * an error. Start does what needs no waiting; poll looks whether the step is complete, running RCU
 * callbacks whose time has come; step() does both and sleeps in between. MEMORY may fail with
 * nobody to tell: the kernel's does not.
 */
HMMSIM_API void hs_pgmap_step_start(struct hs_task *self, struct hs_pgmap *pgmap,
				    enum hs_pgmap_step step);
HMMSIM_API bool hs_pgmap_step_poll(struct hs_task *self, struct hs_pgmap *pgmap,
				   enum hs_pgmap_step step);
HMMSIM_API void hs_pgmap_step(struct hs_task *self, struct hs_pgmap *pgmap,
			      enum hs_pgmap_step step);
/* Is it complete? Without running anything. */
HMMSIM_API bool hs_pgmap_step_done(struct hs_task *self, struct hs_pgmap *pgmap,
				   enum hs_pgmap_step step);
/* Sleeps until somebody else's step is complete. */
HMMSIM_API void hs_pgmap_step_wait(struct hs_task *self, struct hs_pgmap *pgmap,
				   enum hs_pgmap_step step);
/* After all steps. */
HMMSIM_API void hs_pgmap_free(struct hs_task *self, struct hs_pgmap *pgmap);

/* ---- lookup ------------------------------------------------------------------------------ */

/*
 * get_dev_pagemap(): @cached (may be NULL) is returned as it is if it covers @pfn; otherwise its
 * reference is put and the pgmap of @pfn looked up. NULL: there is none, or it is dead.
 * put_dev_pagemap(): NULL is allowed.
 */
HMMSIM_API struct hs_pgmap *hs_pgmap_get(struct hs_task *self, uint64_t pfn,
					 struct hs_pgmap *cached);
HMMSIM_API void hs_pgmap_put(struct hs_task *self, struct hs_pgmap *pgmap);

HMMSIM_API bool hs_pgmap_covers(const struct hs_pgmap *pgmap, uint64_t pfn);
HMMSIM_API enum hs_pgmap_type hs_pgmap_type(const struct hs_pgmap *pgmap);
HMMSIM_API uint64_t hs_pgmap_start(const struct hs_pgmap *pgmap);
HMMSIM_API uint64_t hs_pgmap_end(const struct hs_pgmap *pgmap);
HMMSIM_API const void *hs_pgmap_owner(const struct hs_pgmap *pgmap);
HMMSIM_API void *hs_pgmap_driver_data(const struct hs_pgmap *pgmap);
/*
 * References beyond the initial one and the core's own for its pages; exact at a quiet moment, a
 * grace period after a kill.
 */
HMMSIM_API int64_t hs_pgmap_refs(struct hs_task *self, struct hs_pgmap *pgmap);

/* ---- pages ------------------------------------------------------------------------------- */

/*
 * A free page of PRIVATE, COHERENT or P2PDMA memory, its count 1, or 2 with the references of 5.3,
 * where one is the core's; .private is 0. The put that calls page_free brings it back.
 * reduced: the free list is the driver's in the kernel; zone_device_page_init() (v6.1) also locks
 * the page, and only warns where this is -ENODEV. -EINVAL: another type; -ENOSPC: none is free;
 * -ENODEV: the pgmap is killed and an allocated page needs a reference to it; 5.3: PUT_PAGES has begun.
 */
HMMSIM_API int hs_pgmap_page_alloc(struct hs_task *self, struct hs_pgmap *pgmap,
				   struct hs_page **out);
/* Pages that hs_pgmap_page_alloc() handed out and that are not free again. */
HMMSIM_API uint64_t hs_pgmap_pages_allocated(struct hs_task *self, struct hs_pgmap *pgmap);
/*
 * What a page table entry that maps a page of FS_DAX or GENERIC memory does to its count: nothing
 * before 6.15, then it holds a reference. Neither asks whether the pgmap is killed: who refuses to
 * map is the mapping (hs_mapping_disable()).
 */
HMMSIM_API void hs_pgmap_page_map(struct hs_task *self, struct hs_page *page);
HMMSIM_API void hs_pgmap_page_unmap(struct hs_task *self, struct hs_page *page);

/* ---- registration alone ------------------------------------------------------------------ */

/*
 * invented: a pgmap without memory, for walks over page tables whose pages nobody touches: no
 * checks but overlap, no struct pages, any range. -EINVAL (empty, beyond 2^40 pages), -EEXIST
 * (overlaps another pgmap), -ENOMEM. It ends by hs_pgmap_kill() or not, then hs_pgmap_remove().
 */
HMMSIM_API int hs_pgmap_add(struct hs_task *self, enum hs_pgmap_type type, uint64_t start,
			    uint64_t end, const void *owner, struct hs_pgmap **out);
HMMSIM_API void hs_pgmap_kill(struct hs_task *self, struct hs_pgmap *pgmap);
/* Unregisters and frees it. Nobody may hold a reference or look it up any more. */
HMMSIM_API void hs_pgmap_remove(struct hs_task *self, struct hs_pgmap *pgmap);

#ifdef __cplusplus
}
#endif

#endif
