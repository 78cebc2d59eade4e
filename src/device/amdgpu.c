/* SPDX-License-Identifier: MIT */
/*
 * amdgpu.c - SVM of amdgpu, v6.12 (drivers/gpu/drm/amd/amdkfd/kfd_svm.c, amdgpu_hmm.c)
 *
 * reduced: one range of addresses as large as the window, no migration of its own, no waiting for
 * the fences of the GPU (the driver lock stands for them). A chunk of a walk is 2 GiB there and 4
 * pages here. As there, one sequence number is taken before the first chunk, and -EBUSY of any
 * chunk begins the whole again.
 *
 * The owner is the device, or what a cluster of GPUs has in common (a hive); of a map of GPUs that
 * have nothing in common it is NULL, and each device-private page is foreign, and migrates.
 *
 * The documented order of a validation is: range fault, DMA mappings, lock, check, page table. So
 * struct pages are touched where nothing keeps them:
 *
 *	populate			owner of the memory
 *	s = read_begin
 *	walk: pfn			disable, invalidate, drain: all of it
 *					the struct pages go
 *	is_zone_device_page(page)
 *	lock, sub->seq != s: unlock, again
 *
 *	Required outcome: the page is touched when it is gone (S2), and no word is ever left of it
 *	(S1 holds). With the correction "map-locked" the two lines change places, and both hold.
 *	(src/text/scenarios/drivers.txt: amdgpu, amdgpu-corrected)
 */
#include <hmmsim/linux.h>

#include <errno.h>

#include "device/kernel.h"

#define AMDGPU_CHUNK (4 * HS_PAGE_BYTES)

struct amdgpu {
	struct hs_device dev; /* .lock: of the ranges that are mapped */
	struct mmu_interval_notifier notifier;
};

/* ---- invalidation ------------------------------------------------------------------------ */

/* The device itself migrates: it takes its words away by hand. */
static bool amdgpu_is_own(const struct amdgpu *svm, const struct mmu_notifier_range *range)
{
	return range->event == MMU_NOTIFY_MIGRATE && svm->dev.config.owner &&
	       range->owner == svm->dev.config.owner;
}

static bool amdgpu_invalidate(struct mmu_interval_notifier *mni,
			      const struct mmu_notifier_range *range, unsigned long cur_seq)
{
	struct amdgpu *svm = container_of(mni, struct amdgpu, notifier);

	if (amdgpu_is_own(svm, range))
		return true;
	if (!mmu_notifier_range_blockable(range)) {
		hs_device_refused(&svm->dev);
		return false;
	}
	mutex_lock(svm->dev.lock);
	mmu_interval_set_seq(mni, cur_seq);
	hs_device_zap(&svm->dev, range->start, range->end);
	hs_device_invalidated(&svm->dev);
	mutex_unlock(svm->dev.lock);
	return true;
}

/* ---- validation of a range --------------------------------------------------------------- */

/* One sequence number covers all chunks. */
static int amdgpu_get_pages(struct amdgpu *svm, struct hmm_range *range)
{
	unsigned long end = range->end;
	uint64_t *pfns = range->hmm_pfns;
	int ret = 0;

	range->notifier_seq = mmu_interval_read_begin(&svm->notifier);
	mmap_read_lock(svm->notifier.mm);
	while (!ret && range->start < end) {
		unsigned long left = end - range->start;

		range->end = range->start + (left < AMDGPU_CHUNK ? left : AMDGPU_CHUNK);
		ret = hmm_range_fault(range);
		range->hmm_pfns += (range->end - range->start) / HS_PAGE_BYTES;
		range->start = range->end;
	}
	mmap_read_unlock(svm->notifier.mm);
	range->hmm_pfns = pfns;
	return ret == -EBUSY ? -EAGAIN : ret;
}

/* Whether the page is the device's own, with an address there, is asked of the struct page, too. */
static void amdgpu_dma_map(struct amdgpu *svm, const struct hs_device_job *job)
{
	for (unsigned long i = 0; i < job->npages; i++)
		if (job->pfns[i] & HMM_PFN_VALID)
			dma_map_page(&svm->dev, job->pfns[i]);
}

static void amdgpu_map_to_gpu(struct amdgpu *svm, const struct hs_device_job *job)
{
	for (unsigned long i = 0; i < job->npages; i++)
		hs_device_set(&svm->dev, job->start + i * HS_PAGE_BYTES, job->pfns[i]);
}

static int amdgpu_validate_and_map(struct amdgpu *svm, struct hs_device_job *job)
{
	bool locked = hs_device_corrects(&svm->dev, HS_CORRECT_MAP_LOCKED);
	struct hmm_range range = {
		.notifier = &svm->notifier,
		.start = job->start,
		.end = job->end,
		.hmm_pfns = job->pfns,
		.default_flags = HMM_PFN_REQ_FAULT | (job->write ? HMM_PFN_REQ_WRITE : 0),
		.dev_private_owner = (void *)(uintptr_t)svm->dev.config.owner,
	};
	int ret = amdgpu_get_pages(svm, &range);

	if (ret)
		return ret;
	if (!locked)
		amdgpu_dma_map(svm, job);
	mutex_lock(svm->dev.lock);
	if (mmu_interval_read_retry(&svm->notifier, range.notifier_seq)) {
		ret = -EAGAIN;
	} else {
		if (locked)
			amdgpu_dma_map(svm, job);
		amdgpu_map_to_gpu(svm, job);
	}
	mutex_unlock(svm->dev.lock);
	return ret;
}

static int amdgpu_fault(struct hs_device *dev, struct hs_device_job *job)
{
	struct amdgpu *svm = container_of(dev, struct amdgpu, dev);
	int ret;

	if (!mmget_not_zero(svm->notifier.mm))
		return -EFAULT;
	do
		ret = amdgpu_validate_and_map(svm, job);
	while (ret == -EAGAIN && hs_device_again(dev, job));
	mmput(svm->notifier.mm);
	return ret;
}

/* ---- begin and end ----------------------------------------------------------------------- */

static const struct mmu_interval_notifier_ops amdgpu_notifier_ops = { amdgpu_invalidate };

static int amdgpu_open(struct hs_device *dev)
{
	struct amdgpu *svm = container_of(dev, struct amdgpu, dev);
	const struct hs_device_config *c = &dev->config;

	return mmu_interval_notifier_insert(&svm->notifier, c->mm, c->start, c->end - c->start,
					    &amdgpu_notifier_ops);
}

static void amdgpu_close(struct hs_device *dev)
{
	mmu_interval_notifier_remove(&container_of(dev, struct amdgpu, dev)->notifier);
}

const struct hs_device_ops hs_device_ops_amdgpu = {
	.name = "amdgpu",
	.bytes = sizeof(struct amdgpu),
	.corrections = HS_CORRECT_MAP_LOCKED,
	.open = amdgpu_open,
	.close = amdgpu_close,
	.fault = amdgpu_fault,
};
