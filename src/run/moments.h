/* SPDX-License-Identifier: MIT */
/*
 * moments.h - in which order the steps of a race began, in an execution that has ended
 */
#ifndef HS_RUN_MOMENTS_H
#define HS_RUN_MOMENTS_H

#include "run/race_state.h"
#include "text/hostmem.h"

/* 0 or -ENOMEM. The caller frees them in either case. */
int hs_moments_init(struct hs_hostmem *mem, struct hs_race_moments *moments);
void hs_moments_free(struct hs_hostmem *mem, struct hs_race_moments *moments);

/* hs_explore_options.ended of a race; @param is a struct hs_race_program. */
void hs_moments_ended(const struct hs_execution *execution, const void *state, const void *param,
		      enum hs_verdict verdict);

#endif
