/* SPDX-License-Identifier: MIT */
/*
 * mirror.c - the mirror: the driver of lib/test_hmm.c of v6.12, made right
 *
 * invented: the pattern of Documentation/mm/hmm.rst and what the ioctls of lib/test_hmm.c do, as
 * functions. device/dmirror.c draws the races of a populate, which are the same here: the sequence
 * is read before the walk and checked under the lock.
 */
#include <errno.h>

#include "device/mirror.h"

/* ---- words, under the lock --------------------------------------------------------------- */

void hs_device_mirror_clear(struct mirror *m, unsigned long start, unsigned long end)
{
	const struct hs_device_config *c = &m->dev.config;
	unsigned long addr = start > c->start ? start : c->start;

	for (; addr < end && addr < c->end; addr += HS_PAGE_BYTES)
		if (hs_device_dma(&m->dev, addr))
			hs_device_dma_unmap(&m->dev, addr);
	hs_device_zap(&m->dev, start, end);
}

/* The mapping of the page that it has already stays. */
void hs_device_mirror_set(struct mirror *m, unsigned long addr, uint64_t pfn, bool local)
{
	uint64_t dma = hs_device_dma(&m->dev, addr), want = 0;

	if (pfn & HMM_PFN_VALID && !local)
		want = HMM_PFN_VALID | (pfn & HS_ENTRY_PFN);
	if (dma && dma != want)
		hs_device_dma_unmap(&m->dev, addr);
	if (want && dma != want)
		hs_device_dma_map(&m->dev, addr, want);
	hs_device_set(&m->dev, addr, pfn);
}

/* ---- invalidation ------------------------------------------------------------------------ */

/*
 * The device itself asked for this invalidation: its words stay, and so does the sequence, which
 * mirror_exclusive.c reads before it asks.
 */
static bool mirror_is_own(const struct mirror *m, const struct mmu_notifier_range *range)
{
	if (range->event == MMU_NOTIFY_EXCLUSIVE)
		return range->owner == m && mirror_corrects(m, HS_CORRECT_EXCLUSIVE_CHECK);
	return range->event == MMU_NOTIFY_MIGRATE && range->owner &&
	       range->owner == mirror_owner(m) && !mirror_corrects(m, HS_CORRECT_OWN_EVENTS);
}

static bool mirror_invalidate(struct mmu_interval_notifier *mni,
			      const struct mmu_notifier_range *range, unsigned long cur_seq)
{
	struct mirror *m = container_of(mni, struct mirror, notifier);

	if (mirror_is_own(m, range))
		return true;
	if (mmu_notifier_range_blockable(range)) {
		mutex_lock(m->dev.lock);
	} else if (!mutex_trylock(m->dev.lock)) {
		hs_device_refused(&m->dev);
		return false;
	}
	mmu_interval_set_seq(mni, cur_seq);
	hs_device_mirror_clear(m, range->start, range->end);
	hs_device_invalidated(&m->dev);
	mutex_unlock(m->dev.lock);
	return true;
}

/* ---- walks ------------------------------------------------------------------------------- */

/* With the lock, if it returns 0; -EAGAIN: something has changed. */
static int mirror_walk_and_lock(struct mirror *m, struct hmm_range *range)
{
	int ret;

	range->notifier_seq = mmu_interval_read_begin(&m->notifier);
	mmap_read_lock(m->notifier.mm);
	ret = hmm_range_fault(range);
	mmap_read_unlock(m->notifier.mm);
	if (ret)
		return ret == -EBUSY ? -EAGAIN : ret;
	mutex_lock(m->dev.lock);
	if (!mmu_interval_read_retry(&m->notifier, range->notifier_seq))
		return 0;
	mutex_unlock(m->dev.lock);
	return -EAGAIN;
}

typedef void (*mirror_commit)(struct mirror *m, const struct hs_device_job *job);

/*
 * What @commit does with the answers, it does under the lock, which nothing holds at mmput(): the
 * last user of an address space invalidates all of it. @request: of each page.
 */
static int mirror_turn(struct mirror *m, const struct hs_device_job *job, uint64_t request,
		       mirror_commit commit)
{
	struct hmm_range range = {
		.notifier = &m->notifier,
		.start = job->start,
		.end = job->end,
		.hmm_pfns = job->pfns,
		.default_flags = request,
		.dev_private_owner = mirror_owner(m),
	};
	int ret;

	if (!mmget_not_zero(m->notifier.mm))
		return -EFAULT;
	ret = mirror_walk_and_lock(m, &range);
	if (!ret) {
		commit(m, job);
		mutex_unlock(m->dev.lock);
	}
	mmput(m->notifier.mm);
	return ret;
}

static void mirror_write_words(struct mirror *m, const struct hs_device_job *job)
{
	for (unsigned long i = 0; i < job->npages; i++)
		hs_device_mirror_set(m, job->start + i * HS_PAGE_BYTES, job->pfns[i],
				     mirror_corrects(m, HS_CORRECT_OWN_PAGES) &&
					     hs_device_is_local(&m->dev, job->pfns[i]));
}

int hs_device_mirror_fault(struct hs_device *dev, struct hs_device_job *job)
{
	uint64_t request = HMM_PFN_REQ_FAULT | (job->write ? HMM_PFN_REQ_WRITE : 0);

	return mirror_turn(mirror_of(dev), job, request, mirror_write_words);
}

/* Faults nothing in. */
static int mirror_map(struct hs_device *dev, struct hs_device_job *job)
{
	if (!mirror_corrects(mirror_of(dev), HS_CORRECT_MIGRATE_WALK))
		return 0;
	return mirror_turn(mirror_of(dev), job, 0, mirror_write_words);
}

/* ---- snapshots --------------------------------------------------------------------------- */

/* Of an answer, under the lock: the struct page of device memory is asked whose it is. */
static uint32_t mirror_prot(struct mirror *m, uint64_t pfn)
{
	uint32_t prot = HS_DEVICE_PROT_READ | (pfn & HMM_PFN_WRITE ? HS_DEVICE_PROT_WRITE : 0);
	struct hs_page *page;

	if (pfn & HMM_PFN_ERROR)
		return HS_DEVICE_PROT_ERROR;
	if (!(pfn & HMM_PFN_VALID))
		return 0;
	if (hmm_pfn_to_map_order(pfn))
		prot |= HS_DEVICE_PROT_HUGE;
	if ((pfn & ~HMM_PFN_FLAGS) == HS_ZERO_PFN)
		return prot | HS_DEVICE_PROT_ZERO;
	hs_device_touch(&m->dev, pfn);
	page = hmm_pfn_to_page(pfn);
	if (page && (is_device_private_page(page) || is_device_coherent_page(page)))
		prot |= hs_device_owns(&m->dev, pfn) ? HS_DEVICE_PROT_LOCAL : HS_DEVICE_PROT_REMOTE;
	return prot;
}

static void mirror_write_prot(struct mirror *m, const struct hs_device_job *job)
{
	for (unsigned long i = 0; i < job->npages; i++)
		job->prot[i] = mirror_prot(m, job->pfns[i]);
}

/* Requests nothing, so that what is not mapped stays so. */
static int mirror_snapshot(struct hs_device *dev, struct hs_device_job *job)
{
	return mirror_turn(mirror_of(dev), job, 0, mirror_write_prot);
}

/* ---- begin and end ----------------------------------------------------------------------- */

static const struct mmu_interval_notifier_ops mirror_notifier_ops = { mirror_invalidate };

static int mirror_open(struct hs_device *dev)
{
	const struct hs_device_config *c = &dev->config;

	hs_mutex_init(&mirror_of(dev)->moves, HS_LOCK_DEVICE_MEMORY);
	return mmu_interval_notifier_insert(&mirror_of(dev)->notifier, c->mm, c->start,
					    c->end - c->start, &mirror_notifier_ops);
}

/* What is mapped still is mapped by the CPU, too. */
static void mirror_unmap_all(struct mirror *m)
{
	const struct hs_device_config *c = &m->dev.config;

	mutex_lock(m->dev.lock);
	for (unsigned long addr = c->start; addr < c->end; addr += HS_PAGE_BYTES)
		if (hs_device_dma(&m->dev, addr))
			hs_device_use(&m->dev, hs_device_dma(&m->dev, addr));
	hs_device_mirror_clear(m, c->start, c->end);
	mutex_unlock(m->dev.lock);
}

static void mirror_close(struct hs_device *dev)
{
	struct mirror *m = mirror_of(dev);

	if (dev->config.memory)
		hs_device_mirror_evict(dev);
	mirror_unmap_all(m);
	mmu_interval_notifier_remove(&m->notifier);
}

#define MIRROR_OPS                                                                               \
	.bytes = sizeof(struct mirror), .dma = true, .open = mirror_open, .close = mirror_close, \
	.fault = hs_device_mirror_fault, .snapshot = mirror_snapshot,                            \
	.exclusive = hs_device_mirror_exclusive, .to_device = hs_device_mirror_to_device,        \
	.map = mirror_map, .to_system = hs_device_mirror_to_system,                              \
	.evict = hs_device_mirror_evict, .to_ram = hs_device_mirror_to_ram

const struct hs_device_ops hs_device_ops_dmirror = { .name = "dmirror", MIRROR_OPS };

const struct hs_device_ops hs_device_ops_test_hmm = {
	.name = "test-hmm",
	.corrections = HS_CORRECT_OWN_PAGES | HS_CORRECT_OWN_EVENTS | HS_CORRECT_MIGRATE_WALK |
		       HS_CORRECT_EXCLUSIVE_CHECK | HS_CORRECT_EVICT_ALL,
	MIRROR_OPS,
};
