/* SPDX-License-Identifier: MIT */
/*
 * memremap.h - device memory: struct pages and who adds them, the index of pfns, completions
 *
 * reduced: memory is added and removed in blocks, which are the subsections of the models, and so
 * much is one slot of the index. A store of the index is a step for each slot, under a lock. One
 * task at a time adds or removes memory. There is no altmap, no direct map, no KASAN, one zone.
 */
#ifndef HS_SHIM_MEMREMAP_H
#define HS_SHIM_MEMREMAP_H

#include "shim/atomic.h"
#include "shim/explored.h"
#include "shim/locks.h"
#include "shim/memory.h"
#include "shim/rcu.h"

/* Which of the options that are asked for by name are on. */
#undef IS_ENABLED
#define IS_ENABLED(option) SHIM_HAS_##option
#define SHIM_HAS_CONFIG_DEVICE_PRIVATE 1
#define SHIM_HAS_CONFIG_PCI_P2PDMA 1
#define SHIM_HAS_CONFIG_FS_DAX_LIMITED 0
#define CONFIG_ZONE_DEVICE 1
#define CONFIG_FS_DAX 1

typedef u64 resource_size_t;
typedef unsigned int vm_fault_t;

#define PHYS_PFN(address) ((unsigned long)((address) >> PAGE_SHIFT))
#define PFN_PHYS(pfn) ((resource_size_t)(pfn) << PAGE_SHIFT)
#define __va(address) ((void *)(unsigned long)(address))
#define DECLARE_FLEX_ARRAY(type, name) \
	struct {                       \
		struct {               \
		} empty_##name;        \
		type name[];           \
	}

struct range {
	u64 start, end; /* inclusive */
};
#define range_len(range) ((range)->end - (range)->start + 1)

struct dev_pagemap;
struct device;
struct vm_fault;
struct vmem_altmap;

/* ---- pages ------------------------------------------------------------------------------- */

#define SHIM_BLOCK_ORDER 1
#define SHIM_BLOCK_PAGES (1UL << SHIM_BLOCK_ORDER)
#define SHIM_BLOCKS 16
#define SUBSECTION_SIZE (SHIM_BLOCK_PAGES << PAGE_SHIFT)

#define SHIM_PAGE_FIELDS               \
	unsigned long flags;           \
	struct dev_pagemap *pgmap;     \
	struct address_space *mapping; \
	atomic_t _refcount

struct page {
	SHIM_PAGE_FIELDS;
};
struct folio {
	union {
		struct page page;
		struct {
			SHIM_PAGE_FIELDS;
		};
	};
};

struct page *pfn_to_page(unsigned long pfn);
/* No task waits for the lock of a page here: that it is not taken is asserted. */
void lock_page(struct page *page);
void unlock_page(struct page *page);

#define is_zone_device_page(page) ((void)(page), true)
#define folio_page(folio, n) (&(folio)->page + (n))
#define folio_test_anon(folio) ((unsigned long)READ_ONCE((folio)->mapping) & 1)
#define folio_test_large(folio) ((void)(folio), false)
#define set_page_count(page, n) atomic_set(&(page)->_refcount, (n))
#define folio_set_count(folio, n) atomic_set(&(folio)->_refcount, (n))
#define folio_ref_sub_return(folio, n) \
	__atomic_sub_fetch(&(folio)->_refcount.counter, (n), __ATOMIC_SEQ_CST)
#define __ClearPageAnonExclusive(page) ((void)(page))
#define VM_BUG_ON_FOLIO(condition, folio) BUG_ON(condition)
#define mem_cgroup_uncharge(folio) ((void)(folio))

/* ---- memory ------------------------------------------------------------------------------ */

typedef struct {
	unsigned long pgprot;
} pgprot_t;
#define PAGE_KERNEL ((pgprot_t){ 0 })
#define pgprot_decrypted(prot) (prot)
#define pgprot_noncached(prot) (prot)

struct mhp_params {
	struct vmem_altmap *altmap;
	pgprot_t pgprot;
	struct dev_pagemap *pgmap;
};

struct zone {
	int unused;
};
struct pglist_data {
	struct zone node_zones[1];
};
extern struct pglist_data shim_node;
#define ZONE_DEVICE 0
#define MIGRATE_MOVABLE 1
#define NODE_DATA(nid) ((void)(nid), &shim_node)
#define numa_mem_id() 0
struct zone *page_zone(const struct page *page);

enum {
	REGION_INTERSECTS,
	REGION_DISJOINT,
	REGION_MIXED
};
#define region_intersects(start, size, flags, desc) ((void)(start), (void)(size), REGION_DISJOINT)

/* The lock that adding and removing memory need is the shim's to assert. */
void mem_hotplug_begin(void);
void mem_hotplug_done(void);
/* 0, -EEXIST or -ENOMEM. */
int add_pages(int nid, unsigned long pfn, unsigned long pages, struct mhp_params *params);
void shim_remove_pages(unsigned long pfn, unsigned long pages);
void memmap_init_zone_device(struct zone *zone, unsigned long pfn, unsigned long pages,
			     struct dev_pagemap *pgmap);

#define arch_add_memory(nid, start, size, params) \
	add_pages((nid), PHYS_PFN(start), PHYS_PFN(size), (params))
#define __remove_pages(pfn, pages, altmap, pgmap) shim_remove_pages((pfn), (pages))
#define arch_remove_memory(start, size, altmap, pgmap) \
	shim_remove_pages(PHYS_PFN(start), PHYS_PFN(size))
#define move_pfn_range_to_zone(zone, pfn, pages, altmap, type) ((void)(zone))
#define remove_pfn_range_from_zone(zone, pfn, pages) ((void)(zone))
#define mhp_range_allowed(start, size, mapped) ((void)(start), true)
#define track_pfn_remap(vma, prot, pfn, addr, size) ((void)(prot), 0)
#define untrack_pfn(vma, pfn, size, locked) ((void)(pfn))
#define kasan_add_zero_shadow(start, size) ((void)(start), 0)
#define kasan_remove_zero_shadow(start, size) ((void)(start))
/* Nothing here is reserved for an altmap. */
#define vmem_altmap_offset(altmap) ((void)(altmap), 0UL)

/* ---- the index --------------------------------------------------------------------------- */

struct xarray {
	spinlock_t lock;
	void *slot[SHIM_BLOCKS];
};

#define DEFINE_XARRAY(name) \
	struct xarray name = { .lock = { .cls = &(const struct shim_class){ #name } } }
void *xa_store_range(struct xarray *xa, unsigned long first, unsigned long last, void *entry,
		     gfp_t gfp);
void *xa_load(struct xarray *xa, unsigned long index);
#define xa_err(entry) ((void)(entry), 0)

/* ---- completions, and waits for a variable ------------------------------------------------- */

struct completion {
	u32 opaque;
};

void shim_init_completion(struct completion *done, const char *where);
void shim_complete(struct completion *done, const char *where);
void shim_wait_for_completion(struct completion *done, const char *where);
#define init_completion(done) shim_init_completion((done), SHIM_HERE)
#define complete(done) shim_complete((done), SHIM_HERE)
#define wait_for_completion(done) shim_wait_for_completion((done), SHIM_HERE)

/* Touches nothing of the variable, as the kernel's. */
void wake_up_var(void *var);

/* ---- switches, devices ------------------------------------------------------------------- */

#define DEFINE_STATIC_KEY_FALSE(name) atomic_t name
#define static_branch_inc(key) atomic_inc(key)
#define static_branch_dec(key) ((void)__atomic_fetch_sub(&(key)->counter, 1, __ATOMIC_RELAXED))
#define static_branch_unlikely(key) (atomic_read(key) > 0)

/* Devices that manage what they hold are never reached. */
#define dev_to_node(device) (shim_bug("dev_to_node", SHIM_HERE), -1)
#define devm_add_action_or_reset(device, action, data) \
	((void)(action), shim_bug("devm_add_action_or_reset", SHIM_HERE), -ENOMEM)
#define devm_release_action(device, action, data) \
	((void)(action), shim_bug("devm_release_action", SHIM_HERE))

#endif
