/* SPDX-License-Identifier: MIT */
/*
 * no_explorer.c - what the native library has in place of the explorer: hs_explore() says so
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "explore/execution.h"

uint32_t hs_execution_decisions(const struct hs_execution *execution)
{
	(void)execution;
	return 0;
}

const char *hs_execution_act(const struct hs_execution *execution, uint32_t i)
{
	(void)execution;
	(void)i;
	return NULL;
}

const char *hs_execution_failed_act(const struct hs_execution *execution)
{
	(void)execution;
	return NULL;
}

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
