/* SPDX-License-Identifier: MIT */
/*
 * walk.h - everything that mm/hmm.c and mm/pagewalk.c include beside hmm.h and pagewalk.h
 */
#ifndef HS_SHIM_WALK_H
#define HS_SHIM_WALK_H

#include "shim/base.h"
#include "shim/hugetlb.h"
#include "shim/mm_types.h"
#include "shim/pgtable.h"
#include "shim/swapops.h"

#define CONFIG_TRANSPARENT_HUGEPAGE 1
#define CONFIG_HAVE_ARCH_TRANSPARENT_HUGEPAGE_PUD 1
#define CONFIG_ARCH_HAS_PTE_DEVMAP 1
#define CONFIG_HUGETLB_PAGE 1

/* hmm_range_fault() asks whether the range is valid, and nothing else, of the notifier. */
struct mmu_interval_notifier {
	struct mm_struct *mm;
};
bool mmu_interval_check_retry(struct mmu_interval_notifier *notifier, unsigned long seq);

#endif
