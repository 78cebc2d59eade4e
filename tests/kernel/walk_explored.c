/* SPDX-License-Identifier: MIT */
/*
 * walk_explored.c - the kernel's walker in place of v6.12's without a strategy, under the explorer
 *
 * It is linked with --wrap=hs_range_fault, so that tests of the model are tests of the kernel's
 * code. Walks that the kernel does not have, such as those under a bare map, stay ours.
 */
#include "walk_glue.h"

int hmm_range_fault(struct hmm_range *range);
int __real_hs_range_fault(struct hs_task *self, struct hs_range *range);
int __wrap_hs_range_fault(struct hs_task *self, struct hs_range *range);

int __wrap_hs_range_fault(struct hs_task *self, struct hs_range *range)
{
	struct kernel_walk_seen seen = { 0 };

	if (range->era != HS_ERA_6_12 || range->strategy != HS_STRATEGY_NONE ||
	    range->body != HS_BODY_PLAIN || range->pte_map == HS_PTE_MAP_BARE)
		return __real_hs_range_fault(self, range);
	return kernel_range_fault(self, range, hmm_range_fault, &seen);
}
