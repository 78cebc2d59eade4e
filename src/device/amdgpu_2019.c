/* SPDX-License-Identifier: MIT */
/*
 * amdgpu_2019.c - userptr of amdgpu, 2019 (drivers/gpu/drm/amd/amdgpu/amdgpu_ttm.c, amdgpu_mn.c,
 * v5.3)
 *
 * reduced: one buffer, its command submission and its lock; the callback clears the words where
 * the driver waits for the fences of the jobs that use the buffer. A struct page is named by its
 * pfn.
 *
 * A submission gets the pages of the buffer, binds it (the pages are mapped for DMA), and asks
 * under the lock of the notifier whether the range is still valid; if not, user space submits
 * again. So all struct pages are touched outside of the lock, where nothing keeps them:
 *
 *	submission			owner of the memory
 *	register, valid: true
 *	walk: pfn			disable, invalidate, drain: all of it
 *					the struct pages go
 *	bind: dma_map_page(page)
 *	lock, valid: true
 *	write the word
 *
 *	Required outcome: the page is touched when it is gone (S2), and, because the flag is true
 *	again, the word is left (S1). It needs two corrections: "map-locked" moves the mapping
 *	behind the check, and "sequence" makes the check worth it. Neither alone is enough.
 *	(src/text/scenarios/drivers.txt: amdgpu-2019)
 */
#include <hmmsim/linux-5.3.h>

#include <errno.h>
#include <string.h>

#include "device/kernel.h"

struct amdgpu_2019 {
	struct hs_device dev; /* .lock: of amdgpu_mn */
	struct mm_struct mm;
	struct hmm_mirror mirror;
	unsigned long seq; /* the correction: callbacks that took the lock */
};

static const uint64_t amdgpu_2019_flags[HMM_PFN_FLAG_MAX] = {
	[HMM_PFN_VALID] = 0x1,
	[HMM_PFN_WRITE] = 0x2,
	[HMM_PFN_DEVICE_PRIVATE] = 0, /* not used */
};

static const uint64_t amdgpu_2019_values[HMM_PFN_VALUE_MAX] = {
	[HMM_PFN_ERROR] = 0xfffffffffffffffeull,
	[HMM_PFN_NONE] = 0,
	[HMM_PFN_SPECIAL] = 0xfffffffffffffffcull,
};

#define AMDGPU_2019_PFN_SHIFT 12

/* ---- invalidation ------------------------------------------------------------------------ */

static int amdgpu_2019_sync(struct hmm_mirror *mirror, const struct mmu_notifier_range *update)
{
	struct amdgpu_2019 *mn = container_of(mirror, struct amdgpu_2019, mirror);
	bool hits = hs_device_hits(&mn->dev, update->start, update->end);

	if (mmu_notifier_range_blockable(update)) {
		mutex_lock(mn->dev.lock);
	} else if (hits || !mutex_trylock(mn->dev.lock)) {
		hs_device_refused(&mn->dev);
		return -EAGAIN;
	}
	if (hits && hs_device_corrects(&mn->dev, HS_CORRECT_SEQUENCE))
		mn->seq++;
	hs_device_zap(&mn->dev, update->start, update->end);
	hs_device_invalidated(&mn->dev);
	mutex_unlock(mn->dev.lock);
	return 0;
}

static void amdgpu_2019_release(struct hmm_mirror *mirror)
{
	struct amdgpu_2019 *mn = container_of(mirror, struct amdgpu_2019, mirror);

	mutex_lock(mn->dev.lock);
	hs_device_zap(&mn->dev, 0, mn->dev.config.end);
	mutex_unlock(mn->dev.lock);
}

/* ---- a command submission ---------------------------------------------------------------- */

/* The correction; read before the walk, as in nouveau_2019.c. */
static unsigned long amdgpu_2019_seq(struct amdgpu_2019 *mn)
{
	unsigned long seq;

	if (!hs_device_corrects(&mn->dev, HS_CORRECT_SEQUENCE))
		return 0;
	mutex_lock(mn->dev.lock);
	seq = mn->seq;
	mutex_unlock(mn->dev.lock);
	return seq;
}

static void amdgpu_2019_range_init(const struct amdgpu_2019 *mn, struct hmm_range *range,
				   const struct hs_device_job *job)
{
	memset(job->pfns, 0, job->npages * sizeof(*job->pfns));
	memset(range, 0, sizeof(*range));
	range->pfns = job->pfns;
	range->flags = amdgpu_2019_flags;
	range->values = amdgpu_2019_values;
	range->default_flags = amdgpu_2019_flags[HMM_PFN_VALID];
	if (job->write)
		range->default_flags |= amdgpu_2019_flags[HMM_PFN_WRITE];
	range->pfn_shift = AMDGPU_2019_PFN_SHIFT;
	range->strategy = mn->dev.config.strategy;
}

/* The buffer is one piece of one VMA. */
static long amdgpu_2019_walk(struct amdgpu_2019 *mn, struct hmm_range *range)
{
	const struct vm_area_struct *vma;
	long ret = -EFAULT;

	down_read(&mn->mm.mmap_sem);
	vma = find_vma(&mn->mm, range->start);
	if (vma && vma->start <= range->start && vma->end >= range->end)
		ret = hmm_range_fault(range, true);
	if (ret != -EAGAIN)
		up_read(&mn->mm.mmap_sem);
	return ret;
}

/* All answers become pages: one without is an error. The range stays registered after success. */
static int amdgpu_2019_get_user_pages(struct amdgpu_2019 *mn, struct hs_device_job *job)
{
	struct hmm_range *range = job->more;
	long ret;

	amdgpu_2019_range_init(mn, range, job);
	ret = hmm_range_register(range, &mn->mirror, job->start, job->end, HS_PAGE_SHIFT);
	if (ret)
		return (int)ret;
	if (!hmm_range_wait_until_valid(range, HMM_RANGE_DEFAULT_TIMEOUT)) {
		hs_device_timed_out(&mn->dev);
		ret = -EAGAIN;
	} else {
		ret = amdgpu_2019_walk(mn, range);
	}
	for (unsigned long i = 0; ret >= 0 && i < job->npages; i++) {
		unsigned long pfn = hmm_device_entry_to_pfn(range, job->pfns[i]);

		if (pfn == ~0ul)
			ret = -ENOMEM; /* as there */
	}
	if (ret < 0)
		hmm_range_unregister(range);
	return ret < 0 ? (int)ret : 0;
}

static void amdgpu_2019_bind(struct amdgpu_2019 *mn, const struct hs_device_job *job)
{
	for (unsigned long i = 0; i < job->npages; i++)
		dma_map_page(&mn->dev, hmm_device_entry_to_pfn(job->more, job->pfns[i]));
}

static void amdgpu_2019_map_to_gpu(struct amdgpu_2019 *mn, const struct hs_device_job *job)
{
	for (unsigned long i = 0; i < job->npages; i++) {
		uint64_t word = hmm_device_entry_to_pfn(job->more, job->pfns[i]) | HS_PFN_VALID;

		if (job->pfns[i] & amdgpu_2019_flags[HMM_PFN_WRITE])
			word |= HS_PFN_WRITE;
		hs_device_set(&mn->dev, job->start + i * HS_PAGE_BYTES, word);
	}
}

/* The lock is held. The range is unregistered whatever it was. */
static bool amdgpu_2019_get_user_pages_done(struct amdgpu_2019 *mn, struct hmm_range *range,
					    unsigned long seq)
{
	bool valid = hmm_range_valid(range);

	lockdep_assert_held(mn->dev.lock);
	hmm_range_unregister(range);
	return valid && mn->seq == seq;
}

static int amdgpu_2019_submit(struct amdgpu_2019 *mn, struct hs_device_job *job)
{
	bool locked = hs_device_corrects(&mn->dev, HS_CORRECT_MAP_LOCKED);
	unsigned long seq = amdgpu_2019_seq(mn);
	int ret = amdgpu_2019_get_user_pages(mn, job);

	if (ret)
		return ret;
	if (!locked)
		amdgpu_2019_bind(mn, job);
	mutex_lock(mn->dev.lock);
	if (!amdgpu_2019_get_user_pages_done(mn, job->more, seq)) {
		ret = -EAGAIN;
	} else {
		if (locked)
			amdgpu_2019_bind(mn, job);
		amdgpu_2019_map_to_gpu(mn, job);
	}
	mutex_unlock(mn->dev.lock);
	return ret;
}

static int amdgpu_2019_fault(struct hs_device *dev, struct hs_device_job *job)
{
	struct amdgpu_2019 *mn = container_of(dev, struct amdgpu_2019, dev);
	int ret;

	if (!mmget_not_zero(&mn->mm))
		return -EFAULT;
	ret = amdgpu_2019_submit(mn, job);
	mmput(&mn->mm);
	return ret;
}

/* ---- begin and end ----------------------------------------------------------------------- */

static const struct hmm_mirror_ops amdgpu_2019_mirror_ops = { amdgpu_2019_sync,
							      amdgpu_2019_release };

static int amdgpu_2019_open(struct hs_device *dev)
{
	struct amdgpu_2019 *mn = container_of(dev, struct amdgpu_2019, dev);
	int ret;

	hs_mm_5_3(&mn->mm, dev->config.mm);
	mn->mirror.ops = &amdgpu_2019_mirror_ops;
	down_write(&mn->mm.mmap_sem);
	ret = hmm_mirror_register(&mn->mirror, &mn->mm);
	up_write(&mn->mm.mmap_sem);
	return ret;
}

static void amdgpu_2019_close(struct hs_device *dev)
{
	hmm_mirror_unregister(&container_of(dev, struct amdgpu_2019, dev)->mirror);
}

const struct hs_device_ops hs_device_ops_amdgpu_2019 = {
	.name = "amdgpu-2019",
	.bytes = sizeof(struct amdgpu_2019),
	.job_bytes = sizeof(struct hmm_range),
	.corrections = HS_CORRECT_SEQUENCE | HS_CORRECT_MAP_LOCKED,
	.v5_3 = true,
	.open = amdgpu_2019_open,
	.close = amdgpu_2019_close,
	.fault = amdgpu_2019_fault,
};
