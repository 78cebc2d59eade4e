/* SPDX-License-Identifier: MIT */
/*
 * mm_run.h - one operation on its way, for the files that know what operations do
 */
#ifndef HS_TESTS_MM_RUN_H
#define HS_TESTS_MM_RUN_H

#include <errno.h>

#include "support/mm_ops.h"

struct mm_run {
	struct mm_world *w;
	const struct mm_op *op;
	struct hs_mm *mm;
	uint64_t start, end;  /* as the implementation is told */
	uint32_t first, last; /* as the model is: pages [first, last) */
	bool done;	      /* it succeeded */
	bool idle;	      /* it had no ground: nothing happened */
	uint32_t column;      /* enum mm_kind that it counts for */
};

/* Notes success; false, with a message, if the two differ. */
bool mm_equal(struct mm_run *r, const char *what, long long real, long long wanted);

/* Each runs one operation on model and machine; false: they differ. mm_ops_vma.c: */
bool mm_run_mmap(struct mm_run *r);
bool mm_run_munmap(struct mm_run *r);
bool mm_run_mprotect(struct mm_run *r);
bool mm_run_set_gate(struct mm_run *r);
bool mm_run_zap(struct mm_run *r);
bool mm_run_fault(struct mm_run *r, bool write);
bool mm_run_access(struct mm_run *r, bool write);
/* mm_ops_page.c: */
bool mm_run_swap_out(struct mm_run *r);
bool mm_run_migration_start(struct mm_run *r);
bool mm_run_migration_end(struct mm_run *r);
bool mm_run_exclusive(struct mm_run *r);
bool mm_run_release(struct mm_run *r);
bool mm_run_protnone(struct mm_run *r);
bool mm_run_failure(struct mm_run *r);
bool mm_run_insert(struct mm_run *r, uint32_t pool);
bool mm_run_pin(struct mm_run *r);
bool mm_run_unpin(struct mm_run *r);
/* mm_ops_device.c: */
bool mm_run_populate(struct mm_run *r, enum mm_mirror kind);
/* mm_ops_mapping.c: */
bool mm_run_allocate(struct mm_run *r);
bool mm_run_unmap(struct mm_run *r, bool even_cows);
bool mm_run_kill(struct mm_run *r);
bool mm_run_renew_mapping(struct mm_run *r);
bool mm_run_renew_pool(struct mm_run *r);

#endif
