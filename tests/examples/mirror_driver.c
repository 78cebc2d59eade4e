/* SPDX-License-Identifier: MIT */
/*
 * mirror_driver.c - a driver in the kernel's words, which knows nothing of hmmsim
 */
#include "mirror_driver.h"

#include <linux/mmu_notifier.h>
#include <linux/mutex.h>
#include <linux/slab.h>

struct mirror {
	struct mmu_interval_notifier notifier;
	struct mutex lock; /* of the pages */
	struct hs_page *page[MIRROR_PAGES];
	enum mirror_bug bug;
};

static bool mirror_invalidate(struct mmu_interval_notifier *notifier,
			      const struct mmu_notifier_range *range, unsigned long seq)
{
	struct mirror *m = container_of(notifier, struct mirror, notifier);

	if (m->bug != MIRROR_NO_LOCK)
		mutex_lock(&m->lock);
	mmu_interval_set_seq(notifier, seq);
	for (unsigned long i = 0; i < MIRROR_PAGES; i++)
		if (i * HS_PAGE_BYTES >= range->start && i * HS_PAGE_BYTES < range->end)
			m->page[i] = NULL;
	if (m->bug != MIRROR_NO_LOCK)
		mutex_unlock(&m->lock);
	return true;
}

static const struct mmu_interval_notifier_ops mirror_ops = { .invalidate = mirror_invalidate };

struct mirror *mirror_open(struct mm_struct *mm, enum mirror_bug bug)
{
	struct mirror *m = kzalloc(sizeof(*m), GFP_KERNEL);

	if (!m)
		return NULL;
	mutex_init(&m->lock);
	m->bug = bug;
	if (mmu_interval_notifier_insert(&m->notifier, mm, 0, MIRROR_PAGES * HS_PAGE_BYTES,
					 &mirror_ops)) {
		kfree(m);
		return NULL;
	}
	return m;
}

int mirror_fault(struct mirror *m)
{
	uint64_t pfns[MIRROR_PAGES];
	struct hmm_range range = {
		.notifier = &m->notifier,
		.end = sizeof(pfns) / sizeof(pfns[0]) * HS_PAGE_BYTES,
		.hmm_pfns = pfns,
		.default_flags = HMM_PFN_REQ_FAULT | HMM_PFN_REQ_WRITE,
	};
	int ret;

again:
	range.notifier_seq = mmu_interval_read_begin(&m->notifier);
	mmap_read_lock(m->notifier.mm);
	ret = hmm_range_fault(&range);
	mmap_read_unlock(m->notifier.mm);
	if (ret == -EBUSY)
		goto again;
	if (ret)
		return ret;
	mutex_lock(&m->lock);
	if (m->bug != MIRROR_NO_RETRY &&
	    mmu_interval_read_retry(&m->notifier, range.notifier_seq)) {
		mutex_unlock(&m->lock);
		goto again;
	}
	for (int i = 0; i < MIRROR_PAGES; i++)
		m->page[i] = hmm_pfn_to_page(pfns[i]);
	mutex_unlock(&m->lock);
	return 0;
}

void mirror_touch(struct mirror *m)
{
	mutex_lock(&m->lock);
	for (int i = 0; i < MIRROR_PAGES; i++)
		WARN_ON(m->page[i] && !page_count(m->page[i]));
	mutex_unlock(&m->lock);
}

void mirror_close(struct mirror *m)
{
	if (m->bug == MIRROR_FREES_FIRST)
		kfree(m);
	mmu_interval_notifier_remove(&m->notifier);
	if (m->bug != MIRROR_FREES_FIRST)
		kfree(m);
}
