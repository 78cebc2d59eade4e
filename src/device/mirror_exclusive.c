/* SPDX-License-Identifier: MIT */
/*
 * mirror_exclusive.c - the mirror makes pages its own for atomics
 *
 * invented: dmirror_exclusive() of lib/test_hmm.c (v6.12), page by page, with the check that
 * make_device_exclusive_range() asks of drivers and that file leaves out.
 *
 *	exclusive			invalidator (madvise)
 *	s = read_begin
 *	page: locked, exclusive entry
 *					start: seq = odd, clear the word
 *					take the entry away, put the page
 *	lock
 *	sub->seq != s: unlock, put
 *	the page, again
 *	s = read_begin: waits
 *
 *	Required outcome: no word is left of a page that no entry maps. The page lock keeps faults
 *	from giving the page back to the CPU, but no zap from taking the entry away.
 *	(src/text/scenarios/mirror.txt: mirror-exclusive-dontneed)
 *
 * The page is populated for writing first, because a fault within make_device_exclusive_range() is
 * an invalidation for this device, too, where it gives an exclusive page back to the CPU: one that
 * a turn in vain has left would make each further turn one in vain.
 *	(src/text/scenarios/mirror.txt: mirror-exclusive-dontneed)
 *
 * The owner of the event is the device itself, and of no other device: one of the same cluster must
 * lose its word.
 */
#include <errno.h>

#include "device/mirror.h"

/*
 * Writes the word, under the lock. -EAGAIN: the entry may be gone. An atomic of the device is done
 * here, because the page lock keeps those that want the page back: each turn in vain is due to the
 * progress of another.
 */
static int mirror_exclusive_commit(struct mirror *m, unsigned long addr, struct hs_page *page,
				   unsigned long seq, const uint64_t *add)
{
	uint64_t word = HMM_PFN_VALID | HMM_PFN_WRITE | HS_DEVICE_ATOMIC | page_to_pfn(page);
	int ret = 0;

	mutex_lock(m->dev.lock);
	if (mirror_corrects(m, HS_CORRECT_EXCLUSIVE_CHECK) &&
	    mmu_interval_read_retry(&m->notifier, seq)) {
		ret = -EAGAIN;
	} else {
		hs_device_mirror_set(m, addr, word, false);
		if (add)
			hs_device_add_to(hs_linux_task(), page, *add);
	}
	mutex_unlock(m->dev.lock);
	return ret;
}

/* With the mmap lock. -EAGAIN: the page is locked, or not there any more. */
static int mirror_exclusive_take(struct mirror *m, unsigned long addr, struct hs_page **page)
{
	const struct vm_area_struct *vma = find_vma(m->notifier.mm, addr);
	int ret;

	if (vma && vma->start <= addr && vma->flags & HS_VM_SHARED)
		return -EINVAL;
	ret = make_device_exclusive_range(m->notifier.mm, addr, addr + HS_PAGE_BYTES, page, m);
	if (ret < 0)
		return ret;
	return *page ? 0 : -EAGAIN;
}

static int mirror_exclusive_page(struct mirror *m, unsigned long addr, const uint64_t *add)
{
	struct hs_page *page = NULL;
	unsigned long seq = mmu_interval_read_begin(&m->notifier);
	int ret;

	mmap_read_lock(m->notifier.mm);
	ret = mirror_exclusive_take(m, addr, &page);
	mmap_read_unlock(m->notifier.mm);
	if (ret)
		return ret;
	ret = mirror_exclusive_commit(m, addr, page, seq, add);
	unlock_page(page);
	put_page(page);
	return ret;
}

int hs_device_mirror_exclusive(struct hs_device *dev, struct hs_device_job *job)
{
	struct mirror *m = mirror_of(dev);
	int ret = 0;

	if (mirror_corrects(m, HS_CORRECT_EXCLUSIVE_CHECK))
		ret = hs_device_mirror_fault(dev, job);
	if (ret)
		return ret;
	if (!mmget_not_zero(m->notifier.mm))
		return -EFAULT;
	for (unsigned long addr = job->start; !ret && addr < job->end; addr += HS_PAGE_BYTES)
		ret = mirror_exclusive_page(m, addr, job->add);
	mmput(m->notifier.mm);
	return ret;
}
