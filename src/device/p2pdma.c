/* SPDX-License-Identifier: MIT */
/*
 * p2pdma.c - a user of pages that are pinned: no notifier, and struct pages outside of its lock
 *
 * reduced: get_user_pages_fast() of mm/gup.c, v6.12, page by page and with the mmap lock, and a
 * driver that maps what it has pinned for peer-to-peer DMA until it is done. It holds the pgmap by
 * its pins alone.
 *
 * A pin is taken by the pfn of an entry: a reference to the pgmap keeps the struct page while the
 * reference to the page is taken; if the entry is still the same then, the pin is right, and the
 * pgmap is put.
 *
 *	driver				owner of the memory
 *	entry: pfn
 *	get the pgmap			invalidate: clear the entry
 *	get the page			kill
 *	entry: none: put the page, then	drain: waits for the page, if pins of its kind of memory do
 *	  the pgmap, again		that
 *
 *	Required outcome: a page that is pinned is there (S2) until the pin is put, where a pin
 *	blocks the drain (enum hs_page_refs): then the removal waits for the driver, for ever, if it
 *	does not stop. Where it does not block, the page is touched when it is gone.
 *	(src/text/scenarios/drivers.txt: p2pdma, p2pdma-device-dax, p2pdma-holds)
 */
#include <hmmsim/linux.h>

#include <errno.h>

#include "device/kernel.h"
#include "memory/memory.h"
#include "mm/mm.h"

struct p2pdma {
	struct hs_device dev;
};

/* ---- pins -------------------------------------------------------------------------------- */

static uint64_t p2pdma_entry(struct p2pdma *user, unsigned long addr)
{
	uint64_t entry = hs_pt_get(hs_linux_task(), user->dev.config.mm, addr, 0);

	return entry & HS_ENTRY_VALID ? entry & (HS_ENTRY_VALID | HS_ENTRY_WRITE | HS_ENTRY_PFN)
				      : 0;
}

/* With S2 not judged the page may be gone, which is then passed over. */
static void p2pdma_unpin(struct p2pdma *user, uint64_t pfn)
{
	struct hs_page *page;

	dma_unmap_page(&user->dev, pfn);
	page = pfn_to_page(pfn & HS_ENTRY_PFN);
	if (page)
		put_page(page);
}

/*
 * With a reference to the pgmap, or of system memory. -EAGAIN: the page is free, or the entry is
 * gone: then the pgmap is put behind the page, because a page that is idle holds none.
 */
static int p2pdma_pin_entry(struct p2pdma *user, unsigned long addr, uint64_t entry)
{
	struct hs_page *page = hs_page_touch(hs_linux_task(), entry & HS_ENTRY_PFN);

	if (!page || !try_get_page(page))
		return -EAGAIN;
	if (p2pdma_entry(user, addr) == entry)
		return 0;
	put_page(page);
	return -EAGAIN;
}

/* *@pfn as an answer of a walk. -ENOENT: nothing is mapped that will do; -EAGAIN: that goes. */
static int p2pdma_pin_mapped(struct p2pdma *user, unsigned long addr, bool write, uint64_t *pfn)
{
	uint64_t entry = p2pdma_entry(user, addr);
	struct dev_pagemap *pgmap;
	int ret = -EAGAIN;

	if (!entry || (write && !(entry & HS_ENTRY_WRITE)))
		return -ENOENT;
	if (!pfn_valid(entry & HS_ENTRY_PFN))
		return p2pdma_entry(user, addr) == entry ? -EFAULT : -EAGAIN;
	pgmap = get_dev_pagemap(entry & HS_ENTRY_PFN, NULL);
	if (pgmap || hs_pfn_online(hs_linux_task(), entry & HS_ENTRY_PFN))
		ret = p2pdma_pin_entry(user, addr, entry);
	put_dev_pagemap(pgmap);
	*pfn = entry;
	return ret;
}

static int p2pdma_fault_in(struct p2pdma *user, unsigned long addr, bool write)
{
	struct mm_struct *mm = user->dev.config.mm;
	const struct vm_area_struct *vma = find_vma(mm, addr);
	uint32_t flags = HS_FAULT_REMOTE | (write ? HS_FAULT_WRITE : 0);

	if (!vma || vma->start > addr || !(vma->flags & (write ? VM_WRITE : VM_READ)))
		return -EFAULT;
	if (hs_mm_fault(hs_linux_task(), mm, vma, addr, flags) & HS_VM_FAULT_ERROR)
		return -EFAULT;
	return 0;
}

/* The mmap lock is held. */
static int p2pdma_pin(struct p2pdma *user, unsigned long addr, bool write, uint64_t *pfn)
{
	int ret = p2pdma_pin_mapped(user, addr, write, pfn);

	if (ret != -ENOENT)
		return ret;
	ret = p2pdma_fault_in(user, addr, write);
	if (!ret)
		ret = p2pdma_pin_mapped(user, addr, write, pfn);
	return ret == -ENOENT ? -EAGAIN : ret;
}

/* ---- a transfer -------------------------------------------------------------------------- */

static int p2pdma_pin_pages(struct p2pdma *user, struct hs_device_job *job)
{
	unsigned long i = 0;
	int ret = 0;

	mmap_read_lock(user->dev.config.mm);
	while (!ret && i < job->npages) {
		unsigned long addr = job->start + i * HS_PAGE_BYTES;

		ret = p2pdma_pin(user, addr, job->write, &job->pfns[i]);
		i += !ret;
	}
	mmap_read_unlock(user->dev.config.mm);
	while (ret && i)
		p2pdma_unpin(user, job->pfns[--i]);
	return ret;
}

/* What was pinned for a word before is put, after the device has ceased to use it. */
static void p2pdma_replace(struct p2pdma *user, unsigned long addr, uint64_t pfn)
{
	uint64_t old = hs_device_get(&user->dev, addr);

	hs_device_set(&user->dev, addr, pfn);
	if (old & HMM_PFN_VALID)
		p2pdma_unpin(user, old);
}

static int p2pdma_map(struct hs_device *dev, struct hs_device_job *job)
{
	struct p2pdma *user = container_of(dev, struct p2pdma, dev);
	int ret = -EFAULT;

	if (!mmget_not_zero(dev->config.mm))
		return ret;
	ret = p2pdma_pin_pages(user, job);
	mmput(dev->config.mm);
	if (ret)
		return ret;
	for (unsigned long i = 0; i < job->npages; i++)
		dma_map_page(dev, job->pfns[i]);
	mutex_lock(dev->lock);
	for (unsigned long i = 0; i < job->npages; i++)
		p2pdma_replace(user, job->start + i * HS_PAGE_BYTES, job->pfns[i]);
	mutex_unlock(dev->lock);
	return 0;
}

/* The transfers are over. */
static void p2pdma_stop(struct hs_device *dev)
{
	struct p2pdma *user = container_of(dev, struct p2pdma, dev);
	const struct hs_device_config *c = &dev->config;

	mutex_lock(dev->lock);
	for (unsigned long addr = c->start; addr < c->end; addr += HS_PAGE_BYTES)
		p2pdma_replace(user, addr, 0);
	mutex_unlock(dev->lock);
}

/* ---- begin and end ----------------------------------------------------------------------- */

/* It asks for no notification; but an address space that has ended is refused as by others. */
static int p2pdma_open(struct hs_device *dev)
{
	struct mm_struct *mm = dev->config.mm;

	if (!mmget_not_zero(mm))
		return -EINVAL;
	mmput(mm);
	return 0;
}

static void p2pdma_close(struct hs_device *dev)
{
	(void)dev; /* the stop has put everything */
}

const struct hs_device_ops hs_device_ops_p2pdma = {
	.name = "p2pdma",
	.bytes = sizeof(struct p2pdma),
	.open = p2pdma_open,
	.close = p2pdma_close,
	.fault = p2pdma_map,
	.stop = p2pdma_stop,
};
