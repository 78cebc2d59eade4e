/* SPDX-License-Identifier: MIT */
/*
 * walk_scenario.h - what tests of the walk dialect share
 */
#ifndef HS_TESTS_WALK_SCENARIO_H
#define HS_TESTS_WALK_SCENARIO_H

#include "run/walk_run.h"

/* All but line numbers. */
bool walk_scenarios_equal(const struct hs_walk_scenario *a, const struct hs_walk_scenario *b);

/* The first scenario of a string, as hs_walk_parse(); the message into @error (may be NULL). */
int walk_scenario_parse(struct hs_hostmem *mem, const char *string, struct hs_walk_scenario *out,
			char error[1024]);

#endif
