/* SPDX-License-Identifier: MIT */
/*
 * no_explorer.c - what the native library has in place of the explorer: hs_explore() says so
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <hmmsim/explore.h>

int hs_explore(const struct hs_scenario *scenario, const void *param,
	       const struct hs_explore_options *options, struct hs_explore_result *result)
{
	(void)scenario;
	(void)param;
	(void)options;
	memset(result, 0, sizeof(*result));
	snprintf(result->message, sizeof(result->message),
		 "hs_explore() needs a program that is linked with hmmsim::explore");
	return -EOPNOTSUPP;
}
