/* SPDX-License-Identifier: MIT */
/*
 * madvise.c - MADV_DONTNEED: the pages of a range go, the VMAs stay
 *
 * reduced: madvise_dontneed_single_vma() and zap_page_range_single() (v6.12, mm/madvise.c,
 * mm/memory.c), with one invalidation for the whole call.
 */
#include "mm/mapping.h"
#include "mm/mm.h"
#include "mm/vma.h"
#include "mm/zap.h"

#include <errno.h>

/* Zaps VMA by VMA what is mapped. The mmap lock is held. False: there was a gap. */
static bool madvise_zap_vmas(struct hs_task *self, struct hs_mm *mm, uint64_t start, uint64_t end)
{
	uint64_t mapped = start; /* without a gap up to here */
	bool whole = true;

	for (uint64_t addr = start; addr < end; addr = mapped) {
		const struct hs_vma *vma = hs_vma_find(mm, addr);

		if (!vma || vma->start >= end)
			return false;
		whole &= vma->start <= addr;
		mapped = vma->end < end ? vma->end : end;
		hs_zap_entries(self, mm, vma->start > addr ? vma->start : addr, mapped, NULL);
	}
	return whole;
}

static bool madvise_is_right(const struct hs_mm *mm, const struct hs_invalidation *inv)
{
	return hs_range_fits(mm, inv->start, inv->end) &&
	       (unsigned int)inv->event < HS_INVALIDATE_EVENT_COUNT;
}

/* Faults map leaves meanwhile, so the invalidation covers those that may come as well. */
static void madvise_widen(struct hs_task *self, const struct hs_mm *mm, uint64_t *start,
			  uint64_t *end)
{
	const struct hs_vma *first = hs_vma_at(mm, *start);
	const struct hs_vma *last = hs_vma_at(mm, *end - HS_PAGE_BYTES);
	uint64_t above = *end, below = *start;

	if (first && first->mapping)
		hs_mapping_leaf_span(first->mapping, start, &above);
	if (last && last->mapping)
		hs_mapping_leaf_span(last->mapping, &below, end);
	hs_zap_span(self, mm, start, end);
}

int hs_zap_range_event_locked(struct hs_task *self, struct hs_mm *mm,
			      const struct hs_invalidation *inv)
{
	struct hs_invalidation wide = *inv;
	int ret;

	hs_mm_expect_locked(self, mm, "hs_zap_range_event_locked");
	hs_might_sleep(self);
	if (!madvise_is_right(mm, inv))
		return -EINVAL;
	if (!mm->root)
		return -ENOMEM;
	madvise_widen(self, mm, &wide.start, &wide.end);
	ret = hs_invalidate_start(self, mm->notifiers, &wide);
	if (!ret && HS_BREAK(DONTNEED_NOTIFY_EARLY))
		hs_invalidate_end(self, mm->notifiers, &wide);
	if (!ret) {
		ret = madvise_zap_vmas(self, mm, inv->start, inv->end) ? 0 : -ENOMEM;
		if (!HS_BREAK(DONTNEED_NOTIFY_EARLY))
			hs_invalidate_end(self, mm->notifiers, &wide);
	}
	return ret;
}

int hs_zap_range_event(struct hs_task *self, struct hs_mm *mm, const struct hs_invalidation *inv)
{
	int ret;

	if (!madvise_is_right(mm, inv))
		return -EINVAL;
	hs_down_read(self, &mm->lock);
	ret = hs_zap_range_event_locked(self, mm, inv);
	hs_up_read(self, &mm->lock);
	return ret;
}

int hs_madvise_dontneed(struct hs_task *self, struct hs_mm *mm, uint64_t start, uint64_t end)
{
	const struct hs_invalidation inv = {
		.start = start,
		.end = end,
		.event = HS_INVALIDATE_CLEAR,
		.blockable = true,
	};

	return hs_zap_range_event(self, mm, &inv);
}
