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
	struct hs_mutex moves; /* a fault of a CPU, or a pass of an eviction */
};

static inline struct mirror *mirror_of(struct hs_device *dev)
{
	return container_of(dev, struct mirror, dev);
}

static inline void *mirror_owner(const struct mirror *m)
{
	return (void *)(uintptr_t)m->dev.config.owner;
}

/* Whether the driver does right what lib/test_hmm.c does not. */
static inline bool mirror_corrects(const struct mirror *m, enum hs_correction what)
{
	return m->dev.config.model == HS_DEVICE_DMIRROR || hs_device_corrects(&m->dev, what);
}

/*
 * mirror.c, under the lock: clears words of [start, end); writes that of a page, an answer. @local:
 * it is memory of the device's own, and known as that.
 */
void hs_device_mirror_clear(struct mirror *m, unsigned long start, unsigned long end);
void hs_device_mirror_set(struct mirror *m, unsigned long addr, uint64_t pfn, bool local);
/* mirror.c: handles a fault, as struct hs_device_ops has it. */
int hs_device_mirror_fault(struct hs_device *dev, struct hs_device_job *job);

/* mirror_memory.c, mirror_exclusive.c: as struct hs_device_ops has them. */
int hs_device_mirror_exclusive(struct hs_device *dev, struct hs_device_job *job);
int hs_device_mirror_to_device(struct hs_device *dev, struct hs_device_job *job);
int hs_device_mirror_to_system(struct hs_device *dev, struct hs_device_job *job);
void hs_device_mirror_evict(struct hs_device *dev);
uint32_t hs_device_mirror_to_ram(struct hs_device *dev, struct hs_vm_fault *vmf);

#endif
