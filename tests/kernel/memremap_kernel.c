/* SPDX-License-Identifier: MIT */
/*
 * memremap_kernel.c - the kernel's device memory for the glue, compiled as kernel code is
 *
 * Also what mm/memremap.c calls and whose accesses are steps: the memory map, the index of pfns.
 */
#include <linux/memremap.h>

#include "memremap_kernel.h"

extern atomic_t devmap_managed_key;
bool __put_devmap_managed_folio_refs(struct folio *folio, int refs);
void free_zone_device_folio(struct folio *folio);

/* What a driver has. The last field has an array at its end. */
struct kernel_device {
	void *owner;
	struct dev_pagemap pgmap;
};

#define PG_LOCKED 1UL

/* ---- the memory map ---------------------------------------------------------------------- */

struct pglist_data shim_node;

static struct page *memory_map[SHIM_BLOCKS];
static bool hotplug;

struct page *pfn_to_page(unsigned long pfn)
{
	return memory_map[pfn >> SHIM_BLOCK_ORDER] + (pfn & (SHIM_BLOCK_PAGES - 1));
}

struct zone *page_zone(const struct page *page)
{
	BUG_ON(!(READ_ONCE(page->flags) & ~PG_LOCKED));
	return shim_node.node_zones;
}

void mem_hotplug_begin(void)
{
	might_sleep();
	BUG_ON(hotplug);
	hotplug = true;
}

void mem_hotplug_done(void)
{
	BUG_ON(!hotplug);
	hotplug = false;
}

int add_pages(int nid, unsigned long pfn, unsigned long pages, struct mhp_params *params)
{
	struct page **block = &memory_map[pfn >> SHIM_BLOCK_ORDER];

	(void)nid;
	(void)params;
	BUG_ON(!hotplug || pfn % SHIM_BLOCK_PAGES || pages != SHIM_BLOCK_PAGES);
	if (*block)
		return -EEXIST;
	*block = kzalloc(sizeof(struct page) * SHIM_BLOCK_PAGES, GFP_KERNEL);
	return *block ? 0 : -ENOMEM;
}

void shim_remove_pages(unsigned long pfn, unsigned long pages)
{
	struct page **block = &memory_map[pfn >> SHIM_BLOCK_ORDER];

	BUG_ON(!hotplug || pfn % SHIM_BLOCK_PAGES || pages != SHIM_BLOCK_PAGES || !*block);
	kfree(*block);
	*block = NULL;
}

void memmap_init_zone_device(struct zone *zone, unsigned long pfn, unsigned long pages,
			     struct dev_pagemap *pgmap)
{
	bool idle_at_0 = pgmap->type == MEMORY_DEVICE_PRIVATE ||
			 pgmap->type == MEMORY_DEVICE_COHERENT;

	(void)zone;
	for (unsigned long i = 0; i < pages; i++) {
		struct page *page = pfn_to_page(pfn + i);

		page->flags = 2 * PG_LOCKED; /* initialised */
		page->pgmap = pgmap;
		set_page_count(page, idle_at_0 ? 0 : 1);
	}
}

void lock_page(struct page *page)
{
	BUG_ON(__atomic_fetch_or(&page->flags, PG_LOCKED, __ATOMIC_ACQUIRE) & PG_LOCKED);
}

void unlock_page(struct page *page)
{
	BUG_ON(!(__atomic_fetch_and(&page->flags, ~PG_LOCKED, __ATOMIC_RELEASE) & PG_LOCKED));
}

/* ---- the index of pfns ------------------------------------------------------------------- */

void *xa_store_range(struct xarray *xa, unsigned long first, unsigned long last, void *entry,
		     gfp_t gfp)
{
	(void)gfp;
	BUG_ON(first % SHIM_BLOCK_PAGES || (last + 1) % SHIM_BLOCK_PAGES ||
	       last >= SHIM_BLOCKS * SHIM_BLOCK_PAGES);
	spin_lock(&xa->lock);
	for (unsigned long i = first; i < last; i += SHIM_BLOCK_PAGES)
		rcu_assign_pointer(xa->slot[i >> SHIM_BLOCK_ORDER], entry);
	spin_unlock(&xa->lock);
	return NULL;
}

void *xa_load(struct xarray *xa, unsigned long index)
{
	void *entry;

	BUG_ON(index >= SHIM_BLOCKS * SHIM_BLOCK_PAGES);
	rcu_read_lock();
	entry = rcu_dereference(xa->slot[index >> SHIM_BLOCK_ORDER]);
	rcu_read_unlock();
	return entry;
}

/* ---- the driver -------------------------------------------------------------------------- */

/* Of FS_DAX memory there is one device at a time. */
static void *dax_owner;

static void *kernel_owner(struct page *page)
{
	return container_of(page->pgmap, struct kernel_device, pgmap)->owner;
}

void wake_up_var(void *var)
{
	(void)var;
	glue_idle(dax_owner);
}

static void kernel_page_free(struct page *page)
{
	glue_idle(kernel_owner(page));
}

/* v6.12's drivers/pci/p2pdma.c puts the reference of a page here, too. */
static void kernel_page_free_p2pdma(struct page *page)
{
	struct dev_pagemap *pgmap = page->pgmap;

	glue_idle(kernel_owner(page));
	put_dev_pagemap(pgmap);
}

static vm_fault_t kernel_migrate_to_ram(struct vm_fault *vmf)
{
	(void)vmf;
	return 0;
}

static const struct {
	enum memory_type type;
	struct dev_pagemap_ops ops;
} kernel_types[] = {
	[KERNEL_PRIVATE] = { MEMORY_DEVICE_PRIVATE, { kernel_page_free, kernel_migrate_to_ram } },
	[KERNEL_FS_DAX] = { MEMORY_DEVICE_FS_DAX },
	[KERNEL_P2PDMA] = { MEMORY_DEVICE_PCI_P2PDMA, { kernel_page_free_p2pdma } },
};

int kernel_block(unsigned long pfn, unsigned long end)
{
	int ret;

	mem_hotplug_begin();
	ret = add_pages(0, pfn, end - pfn, NULL);
	mem_hotplug_done();
	return ret;
}

void kernel_unblock(unsigned long pfn, unsigned long end)
{
	mem_hotplug_begin();
	shim_remove_pages(pfn, end - pfn);
	mem_hotplug_done();
}

int kernel_map(struct dev_pagemap **out, enum kernel_type type, unsigned long pfn,
	       unsigned long end, void *owner)
{
	struct kernel_device *device = kzalloc(sizeof(*device), GFP_KERNEL);
	void *address;

	if (!device)
		return -ENOMEM;
	device->owner = owner;
	device->pgmap.type = kernel_types[type].type;
	device->pgmap.ops = &kernel_types[type].ops;
	device->pgmap.owner = owner;
	device->pgmap.nr_range = 1;
	device->pgmap.range.start = PFN_PHYS(pfn);
	device->pgmap.range.end = PFN_PHYS(end) - 1;
	if (type == KERNEL_FS_DAX)
		dax_owner = owner;
	address = memremap_pages(&device->pgmap, 0);
	if (IS_ERR(address)) {
		kfree(device);
		return (int)PTR_ERR(address);
	}
	*out = &device->pgmap;
	return 0;
}

void kernel_unmap(struct dev_pagemap *pgmap)
{
	memunmap_pages(pgmap);
	kfree(container_of(pgmap, struct kernel_device, pgmap));
}

struct dev_pagemap *kernel_get(unsigned long pfn, struct dev_pagemap *cached)
{
	return get_dev_pagemap(pfn, cached);
}

void kernel_put(struct dev_pagemap *pgmap)
{
	put_dev_pagemap(pgmap);
}

void kernel_look(struct dev_pagemap *pgmap)
{
	BUG_ON(pgmap->range.end < pgmap->range.start);
}

bool kernel_is_dying(struct dev_pagemap *pgmap)
{
	return percpu_ref_is_dying(&pgmap->ref);
}

/* ---- pages ------------------------------------------------------------------------------- */

struct page *kernel_page(unsigned long pfn)
{
	return pfn_to_page(pfn);
}

/* What a task frees because of it depends on it: stronger than that, as an acquire. */
unsigned int kernel_page_count(struct page *page)
{
	return (unsigned int)smp_load_acquire(&page->_refcount.counter);
}

void kernel_page_get(struct page *page)
{
	atomic_inc(&page->_refcount);
}

void kernel_page_put(struct page *page)
{
	struct folio *folio = (struct folio *)page;

	if (static_branch_unlikely(&devmap_managed_key) &&
	    __put_devmap_managed_folio_refs(folio, 1))
		return;
	if (atomic_dec_and_test(&folio->_refcount))
		free_zone_device_folio(folio);
}

void kernel_page_hand_out(struct page *page)
{
	if (page->pgmap->type == MEMORY_DEVICE_PCI_P2PDMA) {
		BUG_ON(!percpu_ref_tryget_live(&page->pgmap->ref));
		return;
	}
	zone_device_page_init(page);
	unlock_page(page);
}
