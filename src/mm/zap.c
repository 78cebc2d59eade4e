/* SPDX-License-Identifier: MIT */
/*
 * zap.c - taking entries away
 */
#include "mm/mm.h"

struct hs_invalidation hs_mm_invalidate_start(struct hs_task *self, struct hs_mm *mm,
					      uint64_t start, uint64_t end,
					      enum hs_invalidate_event event, const void *owner)
{
	const struct hs_invalidation inv = {
		.start = start,
		.end = end,
		.event = event,
		.owner = owner,
		.blockable = true,
	};
	int ret = hs_invalidate_start(self, mm->notifiers, &inv);

	hs_assert(self, !ret, "an invalidation that may block failed with %d", ret);
	return inv;
}

void hs_mm_invalidate_end(struct hs_task *self, struct hs_mm *mm, const struct hs_invalidation *inv)
{
	hs_invalidate_end(self, mm->notifiers, inv);
}
