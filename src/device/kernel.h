/* SPDX-License-Identifier: MIT */
/*
 * kernel.h - spellings of the kernel that drivers of devices need beside <hmmsim/linux.h>
 *
 * reduced: mutexes, container_of(), DMA mappings of v6.12. They act for the task of the calling
 * thread. A DMA mapping has no state here: the device reaches pages by their pfns, so that undoing
 * one does nothing, and none can be left behind. The mirror has those of dma.c.
 */
#ifndef HS_DEVICE_KERNEL_H
#define HS_DEVICE_KERNEL_H

#include "device/device.h"

#define container_of(member, type, name) hs_container_of(member, type, name)

#define mutex_lock(lock) hs_mutex_lock(hs_linux_task(), (lock))
#define mutex_trylock(lock) hs_mutex_trylock(hs_linux_task(), (lock))
#define mutex_unlock(lock) hs_mutex_unlock(hs_linux_task(), (lock))
#define lockdep_assert_held(lock) hs_assert_mutex(hs_linux_task(), (lock))

/* Of an answer or word. The kernel looks at its struct page: whose memory it is, its flags. */
#define dma_map_page(dev, pfn) hs_device_touch((dev), (pfn))
#define dma_unmap_page(dev, pfn) hs_device_touch((dev), (pfn))
#define set_page_dirty(dev, pfn) hs_device_touch((dev), (pfn))

#endif
