/* SPDX-License-Identifier: MIT */
/*
 * walk_glue.h - the kernel's hmm_range_fault() as a walker of the model
 */
#ifndef HS_TESTS_WALK_GLUE_H
#define HS_TESTS_WALK_GLUE_H

#include <hmmsim/walk.h>

struct hmm_range;
/* hmm_range_fault() of mm/hmm.c, or of a mutant of it. */
typedef int (*kernel_walk_fn)(struct hmm_range *range);

/* What the kernel code does that no walker of ours can. */
struct kernel_walk_seen {
	uint64_t locked_faults; /* with the hugetlb VMA lock held */
};

/*
 * hs_range_fault() of v6.12 with strategy none, by @walk. The counts are those that the kernel can
 * have: faults, waits, passes, bad_ptes. @seen grows.
 */
int kernel_range_fault(struct hs_task *self, struct hs_range *range, kernel_walk_fn walk,
		       struct kernel_walk_seen *seen);

#endif
