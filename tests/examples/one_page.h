/* SPDX-License-Identifier: MIT */
/*
 * one_page.h - the scenario of glisse.c: one page of device memory, mapped once, and its removal
 *
 * One task mirrors the page, another unmaps it and removes the memory. The explorer has to know the
 * driver's lock and data: its page table is a page, .private the only entry, the page lock the
 * lock.
 */
#ifndef ONE_PAGE_H
#define ONE_PAGE_H

#include <hmmsim/hmmsim.h>

struct gpu {
	struct hs_mm *mm;
	struct hs_pgmap *pgmap;
	struct hs_page *table;
	bool flag; /* validity is that of v5.3: */
	struct hs_hmm *hmm;
	struct hs_mirror mirror;
	struct hs_mirror_range range;
	struct hs_interval_sub sub; /* or that of v5.5 on: */
	uint64_t seq;
};

/* The walk. False: nothing is mapped any more. */
static inline bool fault(struct hs_task *self, struct gpu *gpu, uint64_t *pfn)
{
	struct hs_range range;
	int ret;

	hs_range_init(&range, gpu->mm, 0, HS_PAGE_BYTES, pfn);
	if (gpu->flag)
		range.era = HS_ERA_5_3;
	range.default_flags = HS_PFN_VALID;
	hs_mm_lock_read(self, gpu->mm);
	ret = hs_range_fault(self, &range);
	hs_mm_unlock_read(self, gpu->mm);
	return !ret;
}

extern const struct hs_scenario one_page; /* its parameter: a bool, gpu.flag */

/* The driver, in glisse.c. */
int sync_mirror(struct hs_task *self, struct hs_mirror *mirror, const struct hs_invalidation *inv);
bool invalidate(struct hs_task *self, struct hs_interval_sub *sub,
		const struct hs_invalidation *inv, uint64_t cur_seq);
void mirror_page(struct hs_task *self, void *arg);

#endif
