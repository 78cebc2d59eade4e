/* SPDX-License-Identifier: MIT */
/*
 * odp.c - on-demand paging of RDMA, v6.12 (drivers/infiniband/core/umem_odp.c, mlx5's odp.c)
 *
 * reduced: a memory region without implicit children, pages of one size, no counter of page
 * requests. A device-private page of whatever owner is faulted back to system memory, because the
 * driver names none.
 *
 * The textbook order: a struct page is touched under the umem mutex only, behind the check of the
 * sequence. The callback touches it, too, before the invalidation goes on: the page is marked dirty
 * if the device might have written to it.
 *
 *	populate			invalidator
 *	s = read_begin
 *	walk: pfn
 *	umem mutex			start: seq = odd
 *	sub->seq == s			  umem mutex: waits
 *	dma_map_page(page)
 *	write the word
 *	unlock				  page of the word: dirty; clear it
 *					clear the CPU's entry, free the page
 *
 *	Required outcome: as of the lock as a fence (dmirror.c), and the page is live where the
 *	callback marks it dirty.
 *	(src/text/scenarios/drivers.txt: odp)
 */
#include <hmmsim/linux.h>

#include <errno.h>

#include "device/kernel.h"

struct odp {
	struct hs_device dev; /* .lock: umem_mutex */
	struct mmu_interval_notifier notifier;
};

/* ---- invalidation ------------------------------------------------------------------------ */

static void odp_unmap_pages(struct odp *umem, unsigned long start, unsigned long end)
{
	const struct hs_device_config *c = &umem->dev.config;
	unsigned long addr = start > c->start ? start : c->start;

	for (; addr < end && addr < c->end; addr += HS_PAGE_BYTES) {
		uint64_t word = hs_device_get(&umem->dev, addr);

		if (!(word & HMM_PFN_VALID))
			continue;
		if (word & HMM_PFN_WRITE)
			set_page_dirty(&umem->dev, word);
		hs_device_set(&umem->dev, addr, 0);
	}
}

static bool odp_invalidate(struct mmu_interval_notifier *mni,
			   const struct mmu_notifier_range *range, unsigned long cur_seq)
{
	struct odp *umem = container_of(mni, struct odp, notifier);

	if (!mmu_notifier_range_blockable(range)) {
		hs_device_refused(&umem->dev);
		return false;
	}
	mutex_lock(umem->dev.lock);
	mmu_interval_set_seq(mni, cur_seq);
	odp_unmap_pages(umem, range->start, range->end);
	hs_device_invalidated(&umem->dev);
	mutex_unlock(umem->dev.lock);
	return true;
}

/* ---- a page fault of the device ---------------------------------------------------------- */

/* With the mutex, if it returns 0; -EAGAIN: something has changed. */
static int odp_fault_and_lock(struct odp *umem, struct hmm_range *range)
{
	int ret;

	range->notifier_seq = mmu_interval_read_begin(&umem->notifier);
	mmap_read_lock(umem->notifier.mm);
	ret = hmm_range_fault(range);
	mmap_read_unlock(umem->notifier.mm);
	if (ret)
		return ret == -EBUSY ? -EAGAIN : ret;
	mutex_lock(umem->dev.lock);
	if (!mmu_interval_read_retry(&umem->notifier, range->notifier_seq))
		return 0;
	mutex_unlock(umem->dev.lock);
	return -EAGAIN;
}

static void odp_map_pages(struct odp *umem, const struct hmm_range *range)
{
	unsigned long addr = range->start;

	lockdep_assert_held(umem->dev.lock);
	for (const uint64_t *pfn = range->hmm_pfns; addr < range->end; pfn++) {
		if (*pfn & HMM_PFN_VALID)
			dma_map_page(&umem->dev, *pfn);
		hs_device_set(&umem->dev, addr, *pfn);
		addr += HS_PAGE_BYTES;
	}
}

static int odp_fault(struct hs_device *dev, struct hs_device_job *job)
{
	struct odp *umem = container_of(dev, struct odp, dev);
	struct hmm_range range = {
		.notifier = &umem->notifier,
		.start = job->start,
		.end = job->end,
		.hmm_pfns = job->pfns,
		.default_flags = HMM_PFN_REQ_FAULT | (job->write ? HMM_PFN_REQ_WRITE : 0),
	};
	int ret;

	if (!mmget_not_zero(umem->notifier.mm))
		return -EFAULT;
	do
		ret = odp_fault_and_lock(umem, &range);
	while (ret == -EAGAIN && hs_device_again(dev, job));
	if (!ret) {
		odp_map_pages(umem, &range);
		mutex_unlock(dev->lock);
	}
	mmput(umem->notifier.mm);
	return ret;
}

/* ---- begin and end ----------------------------------------------------------------------- */

static const struct mmu_interval_notifier_ops odp_notifier_ops = { odp_invalidate };

static int odp_open(struct hs_device *dev)
{
	struct odp *umem = container_of(dev, struct odp, dev);
	const struct hs_device_config *c = &dev->config;

	return mmu_interval_notifier_insert(&umem->notifier, c->mm, c->start, c->end - c->start,
					    &odp_notifier_ops);
}

static void odp_close(struct hs_device *dev)
{
	mmu_interval_notifier_remove(&container_of(dev, struct odp, dev)->notifier);
}

const struct hs_device_ops hs_device_ops_odp = {
	.name = "odp",
	.bytes = sizeof(struct odp),
	.open = odp_open,
	.close = odp_close,
	.fault = odp_fault,
};
