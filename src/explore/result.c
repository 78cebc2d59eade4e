/* SPDX-License-Identifier: MIT */
/*
 * result.c - options and results of a search in words; in both libraries
 */
#include <stdio.h>
#include <stdlib.h>

#include <hmmsim/explore.h>

#include "port/explore/fiber.h"

#define RESULT_STALL_MS 5000
#define RESULT_SHRINK 10000

void hs_explore_options_init(struct hs_explore_options *options)
{
	*options = (struct hs_explore_options){
		.search = HS_SEARCH_DPOR,
		.max_steps = 10000,
		.commute = true,
		.seed = 1,
		.cpus = 2,
		.section_order = 3,
		.subsection_order = 1,
		.stack_size = HS_FIBER_STACK,
		.stall_ms = RESULT_STALL_MS,
		.bound = 2,
		.depth = 3,
		.shrink = RESULT_SHRINK,
	};
}

const char *hs_verdict_name(enum hs_verdict verdict)
{
	static const char *const names[] = {
		[HS_VERDICT_NONE] = "none",
		[HS_VERDICT_ASSERT] = "assertion",
		[HS_VERDICT_FREED] = "use after free",
		[HS_VERDICT_DEADLOCK] = "deadlock",
		[HS_VERDICT_LIVELOCK] = "livelock",
		[HS_VERDICT_LOST_WAKE] = "lost wake-up",
		[HS_VERDICT_LEAK] = "leak",
		[HS_VERDICT_STEPS] = "too many steps",
		[HS_VERDICT_DIVERGED] = "diverged",
		[HS_VERDICT_CRASH] = "crash",
		[HS_VERDICT_STALL] = "no step",
		[HS_VERDICT_RETRIES] = "retry without bound",
		[HS_VERDICT_UNREPEATABLE] = "not repeatable",
		[HS_VERDICT_REFUSED] = "refused call",
		[HS_VERDICT_RACE] = "data race",
	};

	return (unsigned int)verdict < sizeof(names) / sizeof(names[0]) ? names[verdict] : "?";
}

const char *hs_stop_name(enum hs_stop stop)
{
	static const char *const names[] = {
		[HS_STOP_END] = "came to its end",
		[HS_STOP_VIOLATION] = "stopped by a violation",
		[HS_STOP_EXECUTIONS] = "stopped by the number of executions",
		[HS_STOP_TIME] = "stopped by time",
		[HS_STOP_CALLER] = "stopped by the caller",
	};

	return (unsigned int)stop < sizeof(names) / sizeof(names[0]) ? names[stop] : "?";
}

void hs_extent_words(const struct hs_explore_result *result, char *text, size_t size)
{
	const char *many = result->bound == 1 ? "" : "s";
	char retries[32];

	snprintf(retries, sizeof(retries), "%u %s", result->retry_bound,
		 result->retry_bound == 1 ? "retry" : "retries");
	if (result->extent != HS_EXTENT_BOUND)
		snprintf(text, size, "%s", result->extent == HS_EXTENT_ALL ? "yes" : "no");
	else if (!result->beyond_retries)
		snprintf(text, size, "within %u preemption%s", result->bound, many);
	else if (!result->beyond_bound)
		snprintf(text, size, "within %s", retries);
	else
		snprintf(text, size, "within %u preemption%s and %s", result->bound, many, retries);
}

void hs_explore_result_free(struct hs_explore_result *result)
{
	free(result->schedule);
	free(result->report);
	free(result->token);
	free(result->timeline);
	result->schedule = result->report = result->token = result->timeline = NULL;
}
