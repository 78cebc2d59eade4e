/* SPDX-License-Identifier: MIT */
/*
 * migration_memory.c - memory of a device, in the kernel's spellings: its pages are handed out and
 * freed, and go home when a CPU touches them
 */
#include "migration.h"

#define container_of(ptr, type, member) ((type *)((char *)(ptr)-offsetof(type, member)))

static void gpu_page_free(struct hs_page *page)
{
	struct gpu *gpu = container_of(page_pgmap(page), struct gpu, pagemap);

	hs_sync_spin_lock(hs_linux_task(), &gpu->lock);
	set_page_private(page, (unsigned long)gpu->free);
	gpu->free = page;
	hs_sync_spin_unlock(hs_linux_task(), &gpu->lock);
}

struct hs_page *gpu_page_alloc(struct gpu *gpu)
{
	struct hs_page *page;

	hs_sync_spin_lock(hs_linux_task(), &gpu->lock);
	page = gpu->free;
	if (page)
		gpu->free = (struct hs_page *)page_private(page);
	hs_sync_spin_unlock(hs_linux_task(), &gpu->lock);
	if (page)
		zone_device_page_init(page);
	return page;
}

struct hs_page *ram_page_alloc(void)
{
	struct hs_page *page = alloc_page(GFP_HIGHUSER_MOVABLE);

	if (page)
		lock_page(page);
	return page;
}

unsigned long gpu_copy(struct hs_page *to, unsigned long src)
{
	if (!to)
		return 0;
	if (migrate_pfn_to_page(src))
		copy_highpage(to, migrate_pfn_to_page(src));
	else
		clear_highpage(to);
	return migrate_pfn(page_to_pfn(to));
}

/* A CPU fault. 0: it looks again. */
static vm_fault_t gpu_migrate_to_ram(struct vm_fault *vmf)
{
	unsigned long src = 0, dst = 0;
	struct migrate_vma m = {
		.vma = vmf->vma,
		.src = &src,
		.dst = &dst,
		.start = vmf->address,
		.end = vmf->address + HS_PAGE_BYTES,
		.pgmap_owner = page_pgmap(vmf->page)->owner,
		.flags = MIGRATE_VMA_SELECT_DEVICE_PRIVATE,
		.fault_page = vmf->page,
	};

	if (migrate_vma_setup(&m))
		return VM_FAULT_SIGBUS;
	if (!m.cpages)
		return 0;
	dst = gpu_copy(ram_page_alloc(), src);
	migrate_vma_pages(&m);
	migrate_vma_finalize(&m);
	return dst ? 0 : VM_FAULT_OOM;
}

int gpu_memory_open(struct gpu *gpu)
{
	static const struct dev_pagemap_ops ops = { gpu_page_free, gpu_migrate_to_ram };
	void *addr;

	gpu->pagemap.type = MEMORY_DEVICE_PRIVATE;
	gpu->pagemap.range.start = GPU_PFN * HS_PAGE_BYTES;
	gpu->pagemap.range.end = (GPU_PFN + GPU_PAGES) * HS_PAGE_BYTES - 1;
	gpu->pagemap.nr_range = 1;
	gpu->pagemap.ops = &ops;
	gpu->pagemap.owner = gpu;
	addr = memremap_pages(&gpu->pagemap, NUMA_NO_NODE);
	if (IS_ERR(addr))
		return (int)PTR_ERR(addr);
	for (unsigned long pfn = GPU_PFN; pfn < GPU_PFN + GPU_PAGES; pfn++)
		gpu_page_free(pfn_to_page(pfn));
	return 0;
}
