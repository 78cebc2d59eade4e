/* SPDX-License-Identifier: MIT */
/*
 * no_threads.c - what the explorer's library has in place of threads: hs_scenario_run() says so
 */
#include <errno.h>
#include <string.h>

#include <hmmsim/explore.h>

int hs_scenario_run(const struct hs_scenario *scenario, const void *param,
		    const struct hs_machine_config *config, struct hs_leaks *left)
{
	(void)scenario;
	(void)param;
	(void)config;
	if (left)
		memset(left, 0, sizeof(*left));
	return -EOPNOTSUPP;
}
