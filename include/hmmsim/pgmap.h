/* SPDX-License-Identifier: MIT */
/**
 * @file pgmap.h
 * Device memory: creation, lookup and removal.
 *
 * *reduced*: struct dev_pagemap (v6.12, include/linux/memremap.h; mm/memremap.c): one range, an
 * embedded percpu_ref, no altmap beyond .first. Its owner may embed it, or have it allocated, and
 * keep the free list or leave it to the pgmap. Creation and removal are those of memremap_pages()
 * and memunmap_pages(). Two things that changed over the versions are parameters: the meaning of
 * the refcount of a page (enum hs_page_refs), and the order of the removal (enum hs_removal_order).
 *
 * That a task may use a pgmap, because it owns it or holds a reference to it, is not checked; in
 * the explore build the access to one that is freed is a finding. As in the kernel, these functions
 * do not check whether page tables still map the memory. Its owner must take it out of them before
 * the WAIT step completes:
 *
 * @code{.unparsed}
 * disable     hs_mapping_disable(): no new faults             (mapping.h)
 * invalidate  hs_unmap_mapping_range()                        (mapping.h)
 * drain       hs_pgmap_step(): KILL, PUT_PAGES, WAIT
 * remove      hs_pgmap_step(): MEMORY, ERASE, EXIT; hs_pgmap_free()
 * @endcode
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

/** enum hs_pgmap_type - the kind of device memory, MEMORY_DEVICE_* of the kernel */
enum hs_pgmap_type {
	HS_PGMAP_FS_DAX,   /**< persistent memory under a file system */
	HS_PGMAP_PRIVATE,  /**< the CPU cannot access it; a CPU fault migrates the page to RAM */
	HS_PGMAP_COHERENT, /**< device memory that the CPU can access */
	HS_PGMAP_GENERIC,  /**< device-dax */
	HS_PGMAP_P2PDMA,   /**< memory on the PCI bus that other devices access */
	HS_PGMAP_TYPE_COUNT
};

/**
 * enum hs_page_refs - the meaning of the refcount of a device page, by the kernel that changed it
 *
 * "Per page" means that the core holds one reference to the pgmap for each page of the map.
 *
 * @code{.unparsed}
 *       types              idle   references to      page_free is called      a pin blocks
 *                          count  the pgmap                                   the drain
 * 5.3   all                1      per page, each     by the put to 1:         yes
 *                                 until the count    PRIVATE, FS_DAX
 *                                 of its page is 0
 * 5.18  all but FS_DAX     1      per page, put in   by the put to 0, which   no
 *                                 bulk               then sets 1
 *       FS_DAX             1      per page, put in   by the put to 1          no
 *                                 bulk
 * 6.1   PRIVATE, COHERENT  0      one an allocated   by the put to 0          yes
 *                                 page
 *       P2PDMA             1      per page, in bulk, by the put to 0, which   yes
 *                                 and one an         then sets 1
 *                                 allocated page
 *       FS_DAX, GENERIC    1      per page, in bulk  as 5.18                  no
 * 6.15  FS_DAX             0      per page, in bulk  by the put to 0          no
 *       P2PDMA             0      per page, in bulk, by the put to 0          yes
 *                                 and one an
 *                                 allocated page
 *       others             as 6.1
 * @endcode
 *
 * Since 6.15 a page table entry that maps an FS_DAX or GENERIC page holds a reference to the page.
 *
 * For FS_DAX, page_free stands for the wake-up of the file system, which waits for the page. Since
 * 5.18 the drain does not wait for FS_DAX pages: the file system must have seen every page idle
 * before the memory is removed.
 */
enum hs_page_refs {
	HS_PAGE_REFS_5_3,
	HS_PAGE_REFS_5_18, /**< 27674ef6c73f */
	HS_PAGE_REFS_6_1,  /**< 0dc45ca1ce18, ef233450898f */
	HS_PAGE_REFS_6_15, /**< 38607c62b34b */
	HS_PAGE_REFS_COUNT
};

/**
 * enum hs_pgmap_step - the steps of a removal
 *
 * The step in brackets must have come before.
 */
enum hs_pgmap_step {
	HS_PGMAP_KILL,	    /**< a lookup that begins afterwards obtains no reference */
	HS_PGMAP_PUT_PAGES, /**< the core puts its own references for the pages */
	HS_PGMAP_WAIT,	    /**< the last reference is put [KILL] */
	HS_PGMAP_MEMORY,    /**< struct pages are gone, or stale in an early section */
	HS_PGMAP_ERASE,	    /**< the pgmap leaves the index; then a grace period */
	HS_PGMAP_EXIT,	    /**< the percpu counters are freed [KILL] */
	HS_PGMAP_STEP_COUNT
};

/** enum hs_removal_order - the orders in which kernels take the steps */
enum hs_removal_order {
	/** before 50f44ee7248a, merged for v5.2: kill, put pages, memory, erase, wait, exit */
	HS_REMOVAL_ORDER_5_2,
	/** since that commit: kill, put pages, wait, exit, memory, erase */
	HS_REMOVAL_ORDER_5_3,
	/** since 1e57ffb6e3fd: kill, put pages, wait, memory, erase, exit */
	HS_REMOVAL_ORDER_6_0,
	HS_REMOVAL_ORDER_COUNT
};

/** Words of struct hs_pgmap_storage. */
#define HS_PGMAP_STORAGE_WORDS 21

/** struct hs_pgmap_ops - functions of the owner of device memory */
struct hs_pgmap_ops {
	/**
	 * The refcount of @p page says that it is not in use. May be NULL where it is not required.
	 * Afterwards a page that hs_pgmap_page_alloc() handed out is free again. With .own_list the
	 * page is free already: it may go to the owner's list, and may be handed out again at once.
	 * The pgmap is kept until page_free returns.
	 *
	 * Context: that of the last put, where a spinlock may be held: takes spinlocks only.
	 */
	void (*page_free)(struct hs_task *self, struct hs_pgmap *pgmap, struct hs_page *page);
	/**
	 * PRIVATE: a CPU fault touched the page; bring its contents to system memory (fault.h).
	 * While it runs, the fault handler holds a reference to the page. Returns HS_VM_FAULT_*
	 * bits; 0: the handler looks at the entry again.
	 *
	 * Context: that of a fault: the mmap lock is held; may sleep.
	 */
	uint32_t (*migrate_to_ram)(struct hs_task *self, struct hs_vm_fault *vmf);
};

/**
 * struct hs_pgmap_storage - room for a pgmap in a struct of its owner
 *
 * As the kernel's drivers embed struct dev_pagemap. With .storage of the config the pgmap is there,
 * at the same address, so that container_of() leads from hs_page_pgmap(), or from what the ops are
 * given, to the owner's struct. It holds one pgmap at a time (not checked), is not copied, and is
 * kept until hs_pgmap_destroy() or hs_pgmap_free() has returned: then nothing touches it any more,
 * and the owner may free it, or create another pgmap there (not with HS_MEMORY_VIEWS, where a task
 * could read what the words held before). In the explore build it lies in memory of the machine
 * (hs_sync_alloc(), sync.h), which is put back for each execution; then a use of the pgmap after
 * the owner has freed its struct is a finding.
 */
struct hs_pgmap_storage {
	uint64_t opaque[HS_PGMAP_STORAGE_WORDS]; /**< not for the owner */
};

/** struct hs_pgmap_config - what hs_pgmap_create() makes; see hs_pgmap_config_init() */
struct hs_pgmap_config {
	enum hs_pgmap_type type; /**< kind of memory */
	uint64_t start;		 /**< first pfn, at the start of a subsection */
	uint64_t end;		 /**< end pfn, exclusive, at the start of a subsection */
	uint64_t first; /**< pages before it stay uninitialised, as an altmap; default .start */
	/** Opaque: a walker compares it with its own. Some types require it. */
	const void *owner;
	/** Outlives the pgmap (not checked); NULL where not required. */
	const struct hs_pgmap_ops *ops;
	void *driver_data;		     /**< for the owner; see hs_pgmap_driver_data() */
	enum hs_page_refs page_refs;	     /**< default 6.1 */
	enum hs_removal_order removal_order; /**< default 6.0 */
	bool atomic;  /**< PERCPU_REF_INIT_ATOMIC: one shared count from the start; default false */
	bool limited; /**< CONFIG_FS_DAX_LIMITED of the kernel: refuses FS_DAX; default false */
	/**
	 * PRIVATE and COHERENT with references of 6.1 or later: the owner keeps the free list, as
	 * the kernel's drivers do. It hands pages out by hs_zone_device_page_init(), and gets them
	 * back by page_free. Default false: the pgmap keeps one, for hs_pgmap_page_alloc().
	 */
	bool own_list;
	/** Where the pgmap will be, in a struct of its owner. Default NULL: an object of its own */
	struct hs_pgmap_storage *storage;
};

/**
 * hs_pgmap_config_init() - fill in the defaults
 * @param config  all fields are set; change them afterwards
 * @param type    kind of memory
 * @param start   first pfn
 * @param end     end pfn, exclusive
 *
 * Context: any.
 */
HMMSIM_API void hs_pgmap_config_init(struct hs_pgmap_config *config, enum hs_pgmap_type type,
				     uint64_t start, uint64_t end);

/**
 * hs_pgmap_create() - register device memory and make its struct pages, as memremap_pages()
 * @param self    the calling task
 * @param config  what to make; copied
 * @param out     the pgmap, on success; the caller's until hs_pgmap_destroy() or hs_pgmap_free().
 *                With .storage it is there, and destroying it leaves the storage to the caller
 *
 * The checks are those of the kernel, in its order; the first that fails decides. An error leaves
 * nothing behind. FS_DAX needed page_free in v5.3 and v5.4, but not in v5.5 to v5.17, which have
 * the same references: here it never needs it.
 *
 * Context: no spinlock held, not in an RCU read section. Sleeps only on an error: until lookups
 * that found the pgmap have put their references, and for a grace period.
 *
 * Return: 0, or
 * - -EINVAL: the config makes no pgmap: the range is empty or beyond HS_PFN_END, .first is outside
 *   of it, or an enum has no such value
 * - -EINVAL: the type lacks something: PRIVATE without migrate_to_ram or page_free; with references
 *   of 5.18 or later, PRIVATE without owner, COHERENT (added in v6.0) without page_free or owner;
 *   or it is FS_DAX with .limited; .own_list with another type than PRIVATE and COHERENT, or with
 *   references before 6.1
 * - -ENOMEM: no memory for the pgmap, or its first or last page belongs to a pgmap that is not
 *   killed
 * - -ENXIO: some of it is system memory, or it has #HS_ZERO_PFN
 * - -EINVAL: not whole subsections
 * - -EEXIST: it overlaps a pgmap or other device memory. (The kernel finds a pgmap in the middle
 *   only here, and has overwritten its entries of the index. Here nothing has been overwritten.)
 * - -ENOMEM: no memory for the index, sections or struct pages
 */
HMMSIM_API int hs_pgmap_create(struct hs_task *self, const struct hs_pgmap_config *config,
			       struct hs_pgmap **out);

/**
 * hs_pgmap_destroy() - remove device memory, as memunmap_pages()
 * @param self   the calling task
 * @param pgmap  asserts that hs_pgmap_create() made it and no step is started; freed, unless it is
 *               in a storage of its owner
 *
 * Takes all steps in the order of the pgmap, then frees it. References that its pages have when
 * their memory goes are named as leaks when the machine is destroyed.
 *
 * Context: no spinlock held, not in an RCU read section. Sleeps until the last reference is put,
 * and so for ever if the caller holds one (not checked; in the explore build a deadlock).
 */
HMMSIM_API void hs_pgmap_destroy(struct hs_task *self, struct hs_pgmap *pgmap);

/* ---- removal, step by step --------------------------------------------------------------- */

/**
 * hs_removal_steps() - the steps of an order
 * @param order  any value
 *
 * Context: any.
 *
 * Return: HS_PGMAP_STEP_COUNT steps; constant. NULL: there is no such order.
 */
HMMSIM_API const enum hs_pgmap_step *hs_removal_steps(enum hs_removal_order order);

/**
 * hs_pgmap_removal_order() - the order in which hs_pgmap_destroy() takes the steps
 * @param pgmap  the pgmap
 *
 * Context: any.
 *
 * Return: the .removal_order of its config.
 */
HMMSIM_API enum hs_removal_order hs_pgmap_removal_order(const struct hs_pgmap *pgmap);

/**
 * hs_pgmap_step_name() - a step in words
 * @param step  any value
 *
 * Context: any.
 *
 * Return: the name of the operation of race texts: "put-pages", "drain" for #HS_PGMAP_WAIT;
 * constant. "?": there is no such step.
 */
HMMSIM_API const char *hs_pgmap_step_name(enum hs_pgmap_step step);

/**
 * hs_pgmap_step_start() - do the part of a step that needs no waiting
 * @param self   the task of the owner
 * @param pgmap  asserts that hs_pgmap_create() made it
 * @param step   asserts that there is such a step, that it was not started before, and that the one
 *               in its brackets was
 *
 * Every other order is allowed; a wrong one is a bug to be seen, not an error.
 *
 * Context: no lock held that page_free() takes, and not in page_free() (not checked, but an
 * assertion where it takes a lock twice or in the wrong order); does not sleep. With the references
 * of 5.3, PUT_PAGES may call page_free().
 */
HMMSIM_API void hs_pgmap_step_start(struct hs_task *self, struct hs_pgmap *pgmap,
				    enum hs_pgmap_step step);

/**
 * hs_pgmap_step_poll() - look whether a step is complete, and help it on
 * @param self   the calling task
 * @param pgmap  the pgmap
 * @param step   asserts that there is such a step
 *
 * Runs the RCU callbacks whose grace period is over; they are the library's own.
 *
 * Context: not in page_free() (not checked); does not sleep.
 *
 * Return: true if the step is complete. Then the owner may free the pgmap, if it was the last.
 */
HMMSIM_API bool hs_pgmap_step_poll(struct hs_task *self, struct hs_pgmap *pgmap,
				   enum hs_pgmap_step step);

/**
 * hs_pgmap_step() - start a step and wait until it is complete
 * @param self   the task of the owner
 * @param pgmap  as in hs_pgmap_step_start()
 * @param step   as in hs_pgmap_step_start()
 *
 * Context: as hs_pgmap_step_start(). WAIT and ERASE sleep: no spinlock held, not in an RCU read
 * section; before WAIT the caller puts its own references (not checked; otherwise it waits for
 * ever).
 */
HMMSIM_API void hs_pgmap_step(struct hs_task *self, struct hs_pgmap *pgmap,
			      enum hs_pgmap_step step);

/**
 * hs_pgmap_step_done() - look whether a step is complete
 * @param self   the calling task
 * @param pgmap  the pgmap
 * @param step   asserts that there is such a step; started or not
 *
 * Runs no callback.
 *
 * Context: any.
 *
 * Return: true if it is complete.
 */
HMMSIM_API bool hs_pgmap_step_done(struct hs_task *self, struct hs_pgmap *pgmap,
				   enum hs_pgmap_step step);

/**
 * hs_pgmap_step_wait() - wait until a step that hs_pgmap_step_start() starts is complete
 * @param self   the calling task
 * @param pgmap  the pgmap; the owner does not free it meanwhile
 * @param step   asserts that there is such a step; another task may start it later
 *
 * Context: no spinlock held, not in an RCU read section; sleeps.
 */
HMMSIM_API void hs_pgmap_step_wait(struct hs_task *self, struct hs_pgmap *pgmap,
				   enum hs_pgmap_step step);

/**
 * hs_pgmap_free() - free a pgmap after all its steps
 * @param self   the task of the owner
 * @param pgmap  freed, unless it is in a storage of its owner; asserts that all steps are complete
 *
 * Context: any.
 */
HMMSIM_API void hs_pgmap_free(struct hs_task *self, struct hs_pgmap *pgmap);

/* ---- lookup ------------------------------------------------------------------------------ */

/**
 * hs_pgmap_get() - look up the pgmap of a pfn and take a reference, as get_dev_pagemap()
 * @param self    the calling task
 * @param pfn     any number
 * @param cached  a pgmap to which the caller holds a reference (not checked); may be NULL. It is
 *                returned if it covers @p pfn, also if it is killed; otherwise its reference is put
 *                and @p pfn looked up
 *
 * Context: any.
 *
 * Return: the pgmap, with a reference that the caller puts with hs_pgmap_put(); NULL: there is
 * none, or it is killed.
 */
HMMSIM_API struct hs_pgmap *hs_pgmap_get(struct hs_task *self, uint64_t pfn,
					 struct hs_pgmap *cached);

/**
 * hs_pgmap_put() - put a reference to a pgmap, as put_dev_pagemap()
 * @param self   the calling task
 * @param pgmap  the pgmap; NULL: nothing happens
 *
 * The last put after a kill completes the WAIT step. Then the owner may free the pgmap. Puts of
 * references that were never taken are asserted a grace period after the kill, as the kernel warns
 * then; before it no count is exact.
 *
 * Context: any.
 */
HMMSIM_API void hs_pgmap_put(struct hs_task *self, struct hs_pgmap *pgmap);

/**
 * hs_pgmap_covers() - whether a pfn is in the range of a pgmap
 * @param pgmap  the pgmap; the caller holds a reference to it or owns it
 * @param pfn    any number
 *
 * Context: any.
 *
 * Return: true if it is.
 */
HMMSIM_API bool hs_pgmap_covers(const struct hs_pgmap *pgmap, uint64_t pfn);

/**
 * hs_pgmap_type() - the type of a pgmap
 * @param pgmap  the pgmap; the caller holds a reference to it or owns it
 *
 * Context: any.
 *
 * Return: the type.
 */
HMMSIM_API enum hs_pgmap_type hs_pgmap_type(const struct hs_pgmap *pgmap);

/**
 * hs_pgmap_start() - the first pfn of a pgmap
 * @param pgmap  the pgmap; the caller holds a reference to it or owns it
 *
 * Context: any.
 *
 * Return: the pfn.
 */
HMMSIM_API uint64_t hs_pgmap_start(const struct hs_pgmap *pgmap);

/**
 * hs_pgmap_end() - the end pfn of a pgmap
 * @param pgmap  the pgmap; the caller holds a reference to it or owns it
 *
 * Context: any.
 *
 * Return: the pfn after the last one.
 */
HMMSIM_API uint64_t hs_pgmap_end(const struct hs_pgmap *pgmap);

/**
 * hs_pgmap_owner() - the owner of a pgmap
 * @param pgmap  the pgmap; the caller holds a reference to it or owns it
 *
 * Context: any.
 *
 * Return: the .owner of its config; may be NULL.
 */
HMMSIM_API const void *hs_pgmap_owner(const struct hs_pgmap *pgmap);

/**
 * hs_pgmap_driver_data() - what the owner keeps in a pgmap
 * @param pgmap  the pgmap; the caller holds a reference to it or owns it
 *
 * Context: any.
 *
 * Return: the .driver_data of its config; may be NULL.
 */
HMMSIM_API void *hs_pgmap_driver_data(const struct hs_pgmap *pgmap);

/**
 * hs_pgmap_refs() - count the references to a pgmap
 * @param self   the calling task
 * @param pgmap  the pgmap; not freed meanwhile
 *
 * The initial reference and those of the core for its pages are not counted.
 *
 * Context: any.
 *
 * Return: the number; exact while no get or put runs, and a grace period after a kill.
 */
HMMSIM_API int64_t hs_pgmap_refs(struct hs_task *self, struct hs_pgmap *pgmap);

/* ---- pages ------------------------------------------------------------------------------- */

/**
 * hs_pgmap_page_alloc() - allocate a page of PRIVATE, COHERENT or P2PDMA memory
 * @param self   the calling task
 * @param pgmap  the pgmap; the caller owns it or holds a reference to it
 * @param out    the page, on success. Its refcount is 1, or with references of 5.3 it is 2, of
 *               which the core holds one; .private and contents are 0
 *
 * The page returns to the free list with the put that calls page_free. *reduced*: in the kernel the
 * free list is the driver's, as with .own_list and hs_zone_device_page_init(), which also locks the
 * page.
 *
 * Context: takes the free pages lock; does not sleep.
 *
 * Return: 0, or
 * - -EINVAL: the type has no free list, or the owner keeps it
 * - -ENODEV: the pgmap is killed and an allocated page needs a reference to it; with references of
 *   5.3: PUT_PAGES has begun
 * - -ENOSPC: no page is free
 */
HMMSIM_API int hs_pgmap_page_alloc(struct hs_task *self, struct hs_pgmap *pgmap,
				   struct hs_page **out);

/**
 * hs_zone_device_page_init() - hand out a page of the owner's own free list, v6.1's
 *                              zone_device_page_init()
 * @param self  the task of the owner
 * @param page  a page of a pgmap with .own_list (asserted), which the caller has taken off its
 *              list; asserts that it is not handed out already
 *
 * Takes a reference to the pgmap, sets the refcount to 1 and locks the page, in this order; another
 * task that finds the page by its pfn may lock it in between, and is waited for. page->private is
 * the owner's and stays what it was, and so do the contents: it is for the owner to clear what
 * another user has left. The page is ready to be a target of a migration; hs_page_unlock() and
 * hs_page_put() give it back, in this order: the last put asserts that it is unlocked, because the
 * kernel would wait for ever when it hands the page out again.
 *
 * That the pgmap is killed is an error here, so that an owner can be written whose allocation meets
 * its own removal. The kernel's function is void: up to about v6.18 it warns and goes on without a
 * reference, later it goes on in silence while references are left. zone_device_page_init() of
 * linux.h asserts where the former warns.
 *
 * Context: no spinlock held, not in an RCU read section; may sleep. So page_free may call it only
 * where no last put holds a spinlock, and entries are zapped under one.
 *
 * Return: 0, or
 * - -ENODEV: the pgmap is killed; nothing is done
 */
HMMSIM_API int hs_zone_device_page_init(struct hs_task *self, struct hs_page *page);

/**
 * hs_pgmap_pages_allocated() - count the pages of a pgmap that are allocated
 * @param self   the calling task
 * @param pgmap  the pgmap; the caller owns it or holds a reference to it
 *
 * Context: takes the free pages lock, without .own_list; does not sleep.
 *
 * Return: the number of pages that hs_pgmap_page_alloc() or hs_zone_device_page_init() handed out
 * and that are not free again. With .own_list it is exact while no page is handed out or freed.
 */
HMMSIM_API uint64_t hs_pgmap_pages_allocated(struct hs_task *self, struct hs_pgmap *pgmap);

/**
 * hs_pgmap_page_map() - take the reference of a page table entry
 * @param self  the calling task
 * @param page  a live page; asserts that it is FS_DAX or GENERIC memory
 *
 * With references before 6.15 entries hold none, and nothing happens. It does not check whether the
 * pgmap is killed: the mapping refuses to map (hs_mapping_disable()).
 *
 * Context: any.
 */
HMMSIM_API void hs_pgmap_page_map(struct hs_task *self, struct hs_page *page);

/**
 * hs_pgmap_page_unmap() - put the reference of a page table entry
 * @param self  the calling task
 * @param page  a live page for which hs_pgmap_page_map() was called (not checked before 6.15);
 *              asserts that it is FS_DAX or GENERIC memory
 *
 * With references before 6.15 nothing happens. Otherwise it is hs_page_put(); the last put of
 * FS_DAX calls page_free.
 *
 * Context: as hs_page_put().
 */
HMMSIM_API void hs_pgmap_page_unmap(struct hs_task *self, struct hs_page *page);

/* ---- registration alone ------------------------------------------------------------------ */

/**
 * hs_pgmap_add() - register a range without memory
 * @param self   the calling task
 * @param type   its type
 * @param start  first pfn; need not be at the start of a subsection
 * @param end    end pfn, exclusive
 * @param owner  as in struct hs_pgmap_config
 * @param out    the pgmap, on success; the caller's until hs_pgmap_remove()
 *
 * *invented*: for walks over page tables whose pages are never used. There are no struct pages, and
 * only overlap is checked. Its end is hs_pgmap_kill(), or not, and then hs_pgmap_remove().
 *
 * Context: takes the pagemap index lock; does not sleep.
 *
 * Return: 0, or
 * - -EINVAL: the range is empty or beyond HS_PFN_END, or there is no such type
 * - -EEXIST: it overlaps another pgmap
 * - -ENOMEM: no memory
 */
HMMSIM_API int hs_pgmap_add(struct hs_task *self, enum hs_pgmap_type type, uint64_t start,
			    uint64_t end, const void *owner, struct hs_pgmap **out);

/**
 * hs_pgmap_kill() - kill the reference of a pgmap that hs_pgmap_add() made
 * @param self   the task of the owner
 * @param pgmap  asserts that hs_pgmap_add() made it, and that it was not killed before
 *
 * As percpu_ref_kill(): a lookup that begins afterwards obtains no reference.
 *
 * Context: any.
 */
HMMSIM_API void hs_pgmap_kill(struct hs_task *self, struct hs_pgmap *pgmap);

/**
 * hs_pgmap_remove() - unregister and free a pgmap that hs_pgmap_add() made
 * @param self   the task of the owner
 * @param pgmap  freed; asserts that hs_pgmap_add() made it, and that no task holds a reference to
 *               it. If it was not killed, no task looks it up any more (not checked)
 *
 * It waits for the callback of the kill, which touches the pgmap.
 *
 * Context: no spinlock held, not in an RCU read section; sleeps for a grace period.
 */
HMMSIM_API void hs_pgmap_remove(struct hs_task *self, struct hs_pgmap *pgmap);

#ifdef __cplusplus
}
#endif

#endif
