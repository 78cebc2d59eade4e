/* SPDX-License-Identifier: MIT */
/*
 * mirror.h - the mirror driver, for its files: mirror.c has the table, others what else it does
 */
#ifndef HS_DEVICE_MIRROR_H
#define HS_DEVICE_MIRROR_H

#include <hmmsim/linux.h>

#include "device/kernel.h"

struct mirror {
	struct hs_device dev; /* .lock: dmirror->mutex */
	struct mmu_interval_notifier notifier;
};

static inline struct mirror *mirror_of(struct hs_device *dev)
{
	return container_of(dev, struct mirror, dev);
}

static inline void *mirror_owner(const struct mirror *m)
{
	return (void *)(uintptr_t)m->dev.config.owner;
}

/* mirror.c, under the lock: clears words of [start, end); writes that of a page, an answer. */
void hs_device_mirror_clear(struct mirror *m, unsigned long start, unsigned long end);
void hs_device_mirror_set(struct mirror *m, unsigned long addr, uint64_t pfn);

#endif
