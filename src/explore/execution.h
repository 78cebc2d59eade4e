/* SPDX-License-Identifier: MIT */
/*
 * execution.h - an execution that has ended, for hs_explore_options.ended: what its tasks were at
 *
 * invented. In the native library there is none, and these say so.
 */
#ifndef HS_EXPLORE_EXECUTION_H
#define HS_EXPLORE_EXECUTION_H

#include <hmmsim/explore.h>

/* How many decisions it took. */
uint32_t hs_execution_decisions(const struct hs_execution *execution);
/* What the task was at that decision @i has let take a step: hs_act(). NULL: it did not say. */
const char *hs_execution_act(const struct hs_execution *execution, uint32_t i);
/*
 * What the task was at in whose code the violation is. NULL: it did not say, or the violation is in
 * no code of a task, as a deadlock or what the check finds.
 */
const char *hs_execution_failed_act(const struct hs_execution *execution);

#endif
