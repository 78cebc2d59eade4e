/* SPDX-License-Identifier: MIT */
/*
 * removal_record.h - what removal.c tells removal_scan.c of a run
 */
#ifndef HS_RUN_REMOVAL_RECORD_H
#define HS_RUN_REMOVAL_RECORD_H

#include "run/removal.h"

/* The kinds of the points that a call has passed, in order. */
struct hs_removal_record {
	struct hs_hostmem *mem;
	uint8_t *at;
	uint64_t count;
	bool failed;
};

/* hs_removal_run() that also fills @record. It may be NULL; otherwise -ENOENT is no error. */
int hs_removal_run_recorded(struct hs_hostmem *mem, const struct hs_removal_case *c,
			    struct hs_removal_result *result, struct hs_removal_record *record);
/* Whether a removal of this plan may begin at a point of kind @at. */
bool hs_removal_may_start(const struct hs_removal_case *c, uint32_t at);

#endif
