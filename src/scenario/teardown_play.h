/* SPDX-License-Identifier: MIT */
/*
 * teardown_play.h - what the files of teardown.h share
 */
#ifndef HS_SCENARIO_TEARDOWN_PLAY_H
#define HS_SCENARIO_TEARDOWN_PLAY_H

#include "scenario/teardown.h"

/* The kinds of points that a call has come by, in their order. */
struct hs_teardown_record {
	struct hs_hostmem *mem;
	uint8_t *at;
	uint64_t count;
	bool failed;
};

/* As hs_teardown_play(); with @record it does not matter whether the call has the point. */
int hs_teardown_run(struct hs_hostmem *mem, const struct hs_teardown_case *c,
		    struct hs_teardown_result *result, struct hs_teardown_record *record);
bool hs_teardown_may_start(const struct hs_teardown_case *c, uint32_t at);

#endif
