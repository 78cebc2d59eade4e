/* SPDX-License-Identifier: MIT */
/*
 * nouveau_2019.c - nouveau of 2019 (drivers/gpu/drm/nouveau/nouveau_svm.c, nouveau_dmem.c, v5.3)
 *
 * reduced: one window of faults a job, no replay buffer; the owner of a pgmap stands for the dmem
 * that the kernel compares with; the release clears the table.
 *
 * The worker holds mmap_sem from its first registration to its last step. It registers the range
 * anew in each turn, and unregisters it under svmm->mutex together with the check. Pages are
 * converted under the mutex behind the check: right, if the check were worth it.
 *
 * The window of ABA:
 *
 *	worker				invalidator
 *	register, valid: true
 *	walk: pfn
 *					start: valid = false
 *					  svmm->mutex: clear the words
 *					clear the CPU's entry
 *					end: valid = true
 *	svmm->mutex
 *	valid: true
 *	write the word			free the page, remove its memory
 *
 *	Required outcome: the word is left when the memory is gone (S1), or the page is touched when
 *	it is gone (S2). With the correction "sequence" the callback counts .seq up under the mutex,
 *	and the worker, which has read it before the walk, compares it there: neither. An
 *	invalidation whose callback has run before that, and that is still in progress, is known by
 *	the flag when the walk begins.
 *	(src/text/scenarios/drivers.txt: nouveau-2019)
 *
 * The range that stays:
 *
 *	worker				invalidator
 *					start: one is in progress
 *	register: not valid
 *	wait until valid: time is over
 *	return -EAGAIN, and the range, which
 *	was on its stack, is in the list
 *					end: writes to it
 *
 *	Required outcome: the range is used after it is freed, or, if no invalidation follows, it
 *	and a user of the address space are left. With the correction "unregister": neither.
 *	(src/text/scenarios/drivers.txt: nouveau-2019)
 */
#include <hmmsim/linux-5.3.h>

#include <errno.h>
#include <string.h>

#include <hmmsim/pgmap.h>

#include "device/kernel.h"

struct nouveau_2019 {
	struct hs_device dev; /* .lock: svmm->mutex */
	struct mm_struct mm;
	struct hmm_mirror mirror;
	unsigned long seq; /* the correction: callbacks that took the mutex */
};

static const uint64_t nouveau_2019_flags[HMM_PFN_FLAG_MAX] = {
	[HMM_PFN_VALID] = 0x1,
	[HMM_PFN_WRITE] = 0x2,
	[HMM_PFN_DEVICE_PRIVATE] = 0x4,
};

static const uint64_t nouveau_2019_values[HMM_PFN_VALUE_MAX] = {
	[HMM_PFN_ERROR] = 0x10,
	[HMM_PFN_NONE] = 0,
	[HMM_PFN_SPECIAL] = 0x20,
};

#define NOUVEAU_2019_PFN_SHIFT 8

/* ---- invalidation ------------------------------------------------------------------------ */

static int nouveau_2019_sync(struct hmm_mirror *mirror, const struct mmu_notifier_range *update)
{
	struct nouveau_2019 *svmm = container_of(mirror, struct nouveau_2019, mirror);

	if (!mmu_notifier_range_blockable(update)) {
		hs_device_refused(&svmm->dev);
		return -EAGAIN;
	}
	mutex_lock(svmm->dev.lock);
	if (hs_device_corrects(&svmm->dev, HS_CORRECT_SEQUENCE))
		svmm->seq++;
	hs_device_zap(&svmm->dev, update->start, update->end);
	hs_device_invalidated(&svmm->dev);
	mutex_unlock(svmm->dev.lock);
	return 0;
}

static void nouveau_2019_release(struct hmm_mirror *mirror)
{
	struct nouveau_2019 *svmm = container_of(mirror, struct nouveau_2019, mirror);

	mutex_lock(svmm->dev.lock);
	hs_device_zap(&svmm->dev, 0, svmm->dev.config.end);
	mutex_unlock(svmm->dev.lock);
}

/* ---- the fault worker -------------------------------------------------------------------- */

/* The correction. */
static unsigned long nouveau_2019_seq(struct nouveau_2019 *svmm)
{
	unsigned long seq;

	if (!hs_device_corrects(&svmm->dev, HS_CORRECT_SEQUENCE))
		return 0;
	mutex_lock(svmm->dev.lock);
	seq = svmm->seq;
	mutex_unlock(svmm->dev.lock);
	return seq;
}

/* svmm->mutex is held. The range is unregistered whatever it was. */
static bool nouveau_2019_range_done(struct nouveau_2019 *svmm, struct hmm_range *range,
				    unsigned long seq)
{
	bool valid = hmm_range_valid(range);

	lockdep_assert_held(svmm->dev.lock);
	hmm_range_unregister(range);
	return valid && svmm->seq == seq;
}

/* Requests, a slot a page; all that was in the slots before is gone. */
static void nouveau_2019_range_init(const struct nouveau_2019 *svmm, struct hmm_range *range,
				    const struct hs_device_job *job)
{
	uint64_t request = nouveau_2019_flags[HMM_PFN_VALID];

	if (job->write)
		request |= nouveau_2019_flags[HMM_PFN_WRITE];
	for (unsigned long i = 0; i < job->npages; i++)
		job->pfns[i] = request;
	memset(range, 0, sizeof(*range));
	range->pfns = job->pfns;
	range->flags = nouveau_2019_flags;
	range->values = nouveau_2019_values;
	range->pfn_flags_mask = ~0ull;
	range->pfn_shift = NOUVEAU_2019_PFN_SHIFT;
	range->strategy = svmm->dev.config.strategy;
}

/* The answer as a word: own pages by their address in VRAM, others mapped for DMA. */
static uint64_t nouveau_2019_convert(struct nouveau_2019 *svmm, const struct hmm_range *range,
				     uint64_t entry)
{
	unsigned long pfn = hmm_device_entry_to_pfn(range, entry);
	uint64_t word = pfn;

	if (pfn == ~0ul)
		return 0;
	if (!(entry & nouveau_2019_flags[HMM_PFN_DEVICE_PRIVATE])) {
		dma_map_page(&svmm->dev, pfn);
	} else if (!hs_device_owns(&svmm->dev, pfn)) {
		hs_device_turned_down(&svmm->dev); /* there: WARN */
		return 0;
	}
	if (entry & nouveau_2019_flags[HMM_PFN_WRITE])
		word |= HS_PFN_WRITE;
	return word | HS_PFN_VALID;
}

static void nouveau_2019_map(struct nouveau_2019 *svmm, const struct hmm_range *range)
{
	const uint64_t *entry = range->pfns;

	for (unsigned long addr = range->start; addr < range->end; addr += HS_PAGE_BYTES)
		hs_device_set(&svmm->dev, addr, nouveau_2019_convert(svmm, range, *entry++));
}

/* Until svmm->mutex is held and the range was valid there: then 0. mmap_sem is held. */
static int nouveau_2019_fault_and_lock(struct nouveau_2019 *svmm, struct hs_device_job *job)
{
	struct hmm_range *range = job->more;
	unsigned long seq;
	long ret;

again:
	nouveau_2019_range_init(svmm, range, job);
	seq = nouveau_2019_seq(svmm);
	ret = hmm_range_register(range, &svmm->mirror, job->start, job->end, HS_PAGE_SHIFT);
	if (ret)
		return (int)ret;
	if (!hmm_range_wait_until_valid(range, HMM_RANGE_DEFAULT_TIMEOUT)) {
		if (hs_device_corrects(&svmm->dev, HS_CORRECT_UNREGISTER))
			hmm_range_unregister(range);
		hs_device_timed_out(&svmm->dev);
		return -EAGAIN;
	}
	ret = hmm_range_fault(range, true);
	if (ret <= 0) {
		hmm_range_unregister(range);
		return ret ? (int)ret : -EBUSY;
	}
	mutex_lock(svmm->dev.lock);
	if (nouveau_2019_range_done(svmm, range, seq))
		return 0;
	mutex_unlock(svmm->dev.lock);
	if (hs_device_again(&svmm->dev, job))
		goto again;
	return -EAGAIN;
}

static int nouveau_2019_fault(struct hs_device *dev, struct hs_device_job *job)
{
	struct nouveau_2019 *svmm = container_of(dev, struct nouveau_2019, dev);
	int ret;

	if (!mmget_not_zero(&svmm->mm))
		return -EFAULT;
	down_read(&svmm->mm.mmap_sem);
	ret = nouveau_2019_fault_and_lock(svmm, job);
	if (!ret) {
		nouveau_2019_map(svmm, job->more);
		mutex_unlock(dev->lock);
	}
	up_read(&svmm->mm.mmap_sem);
	mmput(&svmm->mm);
	return ret;
}

/* ---- begin and end ----------------------------------------------------------------------- */

static const struct hmm_mirror_ops nouveau_2019_mirror_ops = { nouveau_2019_sync,
							       nouveau_2019_release };

static int nouveau_2019_open(struct hs_device *dev)
{
	struct nouveau_2019 *svmm = container_of(dev, struct nouveau_2019, dev);
	int ret;

	hs_mm_5_3(&svmm->mm, dev->config.mm);
	svmm->mirror.ops = &nouveau_2019_mirror_ops;
	down_write(&svmm->mm.mmap_sem);
	ret = hmm_mirror_register(&svmm->mirror, &svmm->mm);
	up_write(&svmm->mm.mmap_sem);
	return ret;
}

static void nouveau_2019_close(struct hs_device *dev)
{
	hmm_mirror_unregister(&container_of(dev, struct nouveau_2019, dev)->mirror);
}

const struct hs_device_ops hs_device_ops_nouveau_2019 = {
	.name = "nouveau-2019",
	.bytes = sizeof(struct nouveau_2019),
	.job_bytes = sizeof(struct hmm_range),
	.corrections = HS_CORRECT_SEQUENCE | HS_CORRECT_UNREGISTER,
	.v5_3 = true,
	.open = nouveau_2019_open,
	.close = nouveau_2019_close,
	.fault = nouveau_2019_fault,
};
