/* SPDX-License-Identifier: MIT */
/*
 * nouveau.c - nouveau of v6.12 (drivers/gpu/drm/nouveau/nouveau_svm.c, nouveau_dmem.c)
 *
 * reduced: pages of one size, no atomic faults of its own, no replay buffer; a deadline of a second
 * is a number of turns.
 *
 * Two notifiers: a plain one of the process takes the words away under svmm->mutex; an interval
 * subscription of each fault, which is inserted for it and removed behind it, sets the sequence
 * under the same mutex. That is right because interval subscriptions are called first: when the
 * words are cleared, the fault that could write them again sees the number already.
 *
 *	fault worker			invalidator
 *	insert, s = read_begin
 *	walk: pfn			start, interval: svmm->mutex, sub->seq = odd, unlock
 *	svmm->mutex
 *	sub->seq != s: unlock, again	start, plain: svmm->mutex, clear the word, unlock
 *					clear the CPU's entry, free the page
 *
 *	Required outcome: no word is left, no page is touched. If the plain one came first, the
 *	worker could write the word between the two.
 *	(src/text/scenarios/drivers.txt: nouveau)
 *
 * The price of two (enum hs_refusal): what may not sleep is refused by the plain one, which comes
 * when the interval part has begun, and v6.12 never ends that part. A fault that begins then waits
 * for ever. Latent: the one caller that may not sleep is the killer of processes.
 *	(src/text/scenarios/drivers.txt: nouveau-refuses)
 */
#include <hmmsim/linux.h>

#include <errno.h>

#include "device/kernel.h"

struct nouveau {
	struct hs_device dev; /* .lock: svmm->mutex */
	struct mmu_notifier notifier;
};

/* Of one fault of one page. */
struct nouveau_fault {
	struct mmu_interval_notifier notifier;
	struct nouveau *svmm;
};

static void *nouveau_owner(const struct nouveau *svmm)
{
	return (void *)(uintptr_t)svmm->dev.config.owner;
}

/* ---- invalidation ------------------------------------------------------------------------ */

/* The words of pages that the device migrates itself are cleared where it copies. */
static bool nouveau_is_own(const struct nouveau *svmm, const struct mmu_notifier_range *range,
			   enum mmu_notifier_event event)
{
	return range->event == event && range->owner && range->owner == nouveau_owner(svmm);
}

static int nouveau_invalidate_range_start(struct mmu_notifier *mn,
					  const struct mmu_notifier_range *range)
{
	struct nouveau *svmm = container_of(mn, struct nouveau, notifier);

	if (!mmu_notifier_range_blockable(range)) {
		hs_device_refused(&svmm->dev);
		return -EAGAIN;
	}
	mutex_lock(svmm->dev.lock);
	if (!nouveau_is_own(svmm, range, MMU_NOTIFY_MIGRATE)) {
		hs_device_zap(&svmm->dev, range->start, range->end);
		hs_device_invalidated(&svmm->dev);
	}
	mutex_unlock(svmm->dev.lock);
	return 0;
}

static bool nouveau_invalidate(struct mmu_interval_notifier *mni,
			       const struct mmu_notifier_range *range, unsigned long cur_seq)
{
	struct nouveau *svmm = container_of(mni, struct nouveau_fault, notifier)->svmm;

	if (nouveau_is_own(svmm, range, MMU_NOTIFY_EXCLUSIVE))
		return true;
	if (mmu_notifier_range_blockable(range)) {
		mutex_lock(svmm->dev.lock);
	} else if (!mutex_trylock(svmm->dev.lock)) {
		hs_device_refused(&svmm->dev);
		return false;
	}
	mmu_interval_set_seq(mni, cur_seq);
	mutex_unlock(svmm->dev.lock);
	return true;
}

static void nouveau_release(struct mmu_notifier *mn, struct mm_struct *mm)
{
	struct nouveau *svmm = container_of(mn, struct nouveau, notifier);

	(void)mm;
	mutex_lock(svmm->dev.lock);
	hs_device_zap(&svmm->dev, 0, svmm->dev.config.end);
	mutex_unlock(svmm->dev.lock);
}

/* ---- the fault worker -------------------------------------------------------------------- */

/* With svmm->mutex, if it returns 0; -EAGAIN: something has changed. */
static int nouveau_fault_and_lock(struct nouveau *svmm, struct hmm_range *range)
{
	struct mm_struct *mm = svmm->notifier.mm;
	int ret;

	range->notifier_seq = mmu_interval_read_begin(range->notifier);
	mmap_read_lock(mm);
	ret = hmm_range_fault(range);
	mmap_read_unlock(mm);
	if (ret)
		return ret == -EBUSY ? -EAGAIN : ret;
	mutex_lock(svmm->dev.lock);
	if (!mmu_interval_read_retry(range->notifier, range->notifier_seq))
		return 0;
	mutex_unlock(svmm->dev.lock);
	return -EAGAIN;
}

/* Own pages by their address in VRAM, others mapped for DMA: of both the struct page is asked. */
static void nouveau_map(struct nouveau *svmm, unsigned long addr, uint64_t pfn)
{
	lockdep_assert_held(svmm->dev.lock);
	if (pfn & HMM_PFN_VALID)
		dma_map_page(&svmm->dev, pfn);
	hs_device_set(&svmm->dev, addr, pfn);
}

static int nouveau_range_fault(struct nouveau *svmm, struct hs_device_job *job, unsigned long addr)
{
	static const struct mmu_interval_notifier_ops ops = { nouveau_invalidate };
	struct nouveau_fault *fault = job->more;
	struct hmm_range range = {
		.notifier = &fault->notifier,
		.start = addr,
		.end = addr + HS_PAGE_BYTES,
		.hmm_pfns = job->pfns,
		.default_flags = HMM_PFN_REQ_FAULT | (job->write ? HMM_PFN_REQ_WRITE : 0),
		.dev_private_owner = nouveau_owner(svmm),
	};
	int ret;

	fault->svmm = svmm;
	ret = mmu_interval_notifier_insert(&fault->notifier, svmm->notifier.mm, addr, HS_PAGE_BYTES,
					   &ops);
	if (ret)
		return ret;
	do
		ret = nouveau_fault_and_lock(svmm, &range);
	while (ret == -EAGAIN && hs_device_again(&svmm->dev, job));
	if (!ret) {
		nouveau_map(svmm, addr, *job->pfns);
		mutex_unlock(svmm->dev.lock);
	}
	mmu_interval_notifier_remove(&fault->notifier);
	return ret;
}

/* Page by page: each is a fault. */
static int nouveau_fault(struct hs_device *dev, struct hs_device_job *job)
{
	struct nouveau *svmm = container_of(dev, struct nouveau, dev);
	int ret = 0;

	if (!mmget_not_zero(svmm->notifier.mm))
		return -EFAULT;
	for (unsigned long addr = job->start; !ret && addr < job->end; addr += HS_PAGE_BYTES)
		ret = nouveau_range_fault(svmm, job, addr);
	mmput(svmm->notifier.mm);
	return ret;
}

/* ---- begin and end ----------------------------------------------------------------------- */

static const struct mmu_notifier_ops nouveau_notifier_ops = {
	.release = nouveau_release,
	.invalidate_range_start = nouveau_invalidate_range_start,
};

static int nouveau_open(struct hs_device *dev)
{
	struct nouveau *svmm = container_of(dev, struct nouveau, dev);

	svmm->notifier.ops = &nouveau_notifier_ops;
	return mmu_notifier_register(&svmm->notifier, dev->config.mm);
}

static void nouveau_close(struct hs_device *dev)
{
	mmu_notifier_unregister(&container_of(dev, struct nouveau, dev)->notifier, dev->config.mm);
}

const struct hs_device_ops hs_device_ops_nouveau = {
	.name = "nouveau",
	.bytes = sizeof(struct nouveau),
	.job_bytes = sizeof(struct nouveau_fault),
	.open = nouveau_open,
	.close = nouveau_close,
	.fault = nouveau_fault,
};
