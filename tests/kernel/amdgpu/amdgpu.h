/* SPDX-License-Identifier: MIT */
/*
 * amdgpu.h - what amdgpu_hmm.c needs of its driver
 *
 * reduced: a buffer object is a part of an address space and fences; fences are a count of jobs
 * that run. Own text, of the names that amdgpu_hmm.c has.
 */
#ifndef HS_KERNEL_AMDGPU_H
#define HS_KERNEL_AMDGPU_H

#include <linux/mm.h>
#include <linux/mmu_notifier.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#define CONFIG_HMM_MIRROR 1
#define MAX_SCHEDULE_TIMEOUT 0x7fffffffffffffffL
#define DRM_ERROR(format, ...) \
	hs_sync_fail(hs_races_task(), HS_SYNC_HERE, "DRM_ERROR()", "the driver reports an error")

enum dma_resv_usage {
	DMA_RESV_USAGE_BOOKKEEP
};

struct dma_resv {
	struct hs_sync_u32 jobs; /* that have not ended */
	struct hs_sync_waitq queue;
};

struct ttm_device {
	int unused;
};

struct amdgpu_device {
	struct ttm_device ttm;
	struct mutex notifier_lock;
};

struct kgd_mem;

struct amdgpu_bo {
	struct {
		struct ttm_device *bdev;
		struct {
			struct dma_resv *resv;
		} base;
	} tbo;
	struct mmu_interval_notifier notifier;
	struct kgd_mem *kfd_bo;
	unsigned long size;
};

static inline struct amdgpu_device *amdgpu_ttm_adev(struct ttm_device *bdev)
{
	return container_of(bdev, struct amdgpu_device, ttm);
}

static inline unsigned long amdgpu_bo_size(const struct amdgpu_bo *bo)
{
	return bo->size;
}

/* The scenario's. */
long dma_resv_wait_timeout(struct dma_resv *resv, enum dma_resv_usage usage, bool intr,
			   unsigned long timeout);

#endif
