/* SPDX-License-Identifier: MIT */
/*
 * removal_play.h - what the files of removal.h share
 */
#ifndef HS_RUN_REMOVAL_PLAY_H
#define HS_RUN_REMOVAL_PLAY_H

#include "run/removal.h"

/* The kinds of points that a call has come by, in their order. */
struct hs_removal_record {
	struct hs_hostmem *mem;
	uint8_t *at;
	uint64_t count;
	bool failed;
};

/* As hs_removal_run(); with @record it does not matter whether the call has the point. */
int hs_removal_run_recorded(struct hs_hostmem *mem, const struct hs_removal_case *c,
			    struct hs_removal_result *result, struct hs_removal_record *record);
bool hs_removal_may_start(const struct hs_removal_case *c, uint32_t at);

#endif
