/* SPDX-License-Identifier: MIT */
/*
 * dma.c - which pages a device has mapped for DMA
 *
 * reduced: dma_map_page(), dma_unmap_page() (v6.12, kernel/dma/mapping.c): an IOMMU that maps a
 * page at each address of the window. An address of the device is that of the window, so that there
 * is none to allocate.
 *
 * States of .dma of a page, by predicate, under the driver lock:
 *
 *	0		nothing is mapped
 *	VALID, pfn	the device reaches the page of this pfn, whatever its page table has
 *
 * Legal: map where nothing is mapped, unmap what is. So a mapping that the driver forgets is found
 * where it maps the next page, or at its end. Memory of the device's own it reaches without a
 * mapping; of private memory there can be none, because no bus has an address of it. An unmap in a
 * callback does not look at the page: dma_unmap_page() takes the address alone.
 *
 *	driver				invalidator
 *	lock, check, map, word		start: waits
 *	unlock				  lock, unmap, clear the word, unlock
 *					clear the CPU's entry, free the page
 *
 *	Required outcome: no page is mapped when it is free.
 *	(src/text/scenarios/mirror.txt: mirror-write-dontneed)
 */
#include "device/device.h"

#include "memory/memory.h"

void hs_device_dma_map(struct hs_device *dev, unsigned long addr, uint64_t pfn)
{
	uint64_t *dma = &dev->dma[hs_device_index(dev, addr)];
	struct hs_task *self = hs_linux_task();

	hs_assert_mutex(self, dev->lock);
	hs_assert_at(self, HS_HERE, !*dma, "%s maps %#lx for DMA, where page %#llx is mapped",
		     dev->ops->name, addr, (unsigned long long)(*dma & HS_ENTRY_PFN));
	hs_assert_at(self, HS_HERE,
		     !hs_device_is_local(dev, pfn) ||
			     hs_pgmap_type(dev->config.memory) != HS_PGMAP_PRIVATE,
		     "%s maps page %#llx for DMA, which is private memory of its own",
		     dev->ops->name, (unsigned long long)(pfn & HS_ENTRY_PFN));
	hs_device_touch(dev, pfn);
	*dma = HS_PFN_VALID | (pfn & HS_ENTRY_PFN);
}

void hs_device_dma_unmap(struct hs_device *dev, unsigned long addr)
{
	uint64_t *dma = &dev->dma[hs_device_index(dev, addr)];
	struct hs_task *self = hs_linux_task();

	hs_assert_mutex(self, dev->lock);
	hs_assert_at(self, HS_HERE, *dma, "%s unmaps %#lx, which is not mapped for DMA",
		     dev->ops->name, addr);
	*dma = 0;
}

uint64_t hs_device_dma(const struct hs_device *dev, unsigned long addr)
{
	return dev->dma[hs_device_index(dev, addr)];
}

void hs_device_expect_no_dma(const struct hs_device *dev)
{
	struct hs_task *self = hs_linux_task();

	for (uint64_t i = 0; dev->dma && i < dev->pages; i++)
		hs_assert_at(self, HS_HERE, !dev->dma[i], "%s has left page %#llx mapped for DMA",
			     dev->ops->name, (unsigned long long)(dev->dma[i] & HS_ENTRY_PFN));
}

struct hs_page *hs_device_use_at(struct hs_device *dev, uint64_t pfn, const char *where)
{
	struct hs_task *self = hs_linux_task();
	struct hs_page *page;

	pfn &= HS_ENTRY_PFN;
	hs_device_touch_at(dev, pfn, where);
	page = hs_pfn_to_page(self, pfn);
	if (!page || hs_pfn_life(self, pfn) != HS_PAGE_LIVE)
		return NULL;
	/* Where memory is weak the first may be an older count, and the second is the newest. */
	if (dev->config.touch && !hs_page_count(self, page) &&
	    !hs_u32_add(self, &page->refcount, 0, HS_ACQUIRE))
		hs_fail(self, where, "%s uses page %#llx, which is free", dev->ops->name,
			(unsigned long long)pfn);
	return page;
}
