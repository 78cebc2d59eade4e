/* SPDX-License-Identifier: MIT */
/*
 * limits.c - the time that a search takes, and what it reports while it goes on
 */
#include "explore/limits.h"

#include "port/explore/sched.h"

#define LIMITS_REPORT_MS 1000

void hs_limits_begin(struct hs_limits *l, const struct hs_explore_options *options)
{
	l->options = options;
	l->on = options->time_limit_ms || options->progress;
	if (!l->on)
		return;
	l->begin_ms = l->now_ms = hs_host_ms();
	l->next = options->progress_every ? options->progress_every
					  : l->begin_ms + LIMITS_REPORT_MS;
}

bool hs_limits_time_is_over(struct hs_limits *l)
{
	l->now_ms = hs_host_ms();
	return l->options->time_limit_ms && l->now_ms - l->begin_ms >= l->options->time_limit_ms;
}

bool hs_limits_progress_is_due(struct hs_limits *l, uint64_t executions)
{
	bool counted = l->options->progress_every != 0;

	if (!l->options->progress || (counted ? executions : l->now_ms) < l->next)
		return false;
	l->next = counted ? executions + l->options->progress_every : l->now_ms + LIMITS_REPORT_MS;
	return true;
}

bool hs_limits_report(struct hs_limits *l, const struct hs_explore_result *r)
{
	const struct hs_explore_progress progress = {
		.executions = r->executions,
		.complete = r->complete,
		.blocked = r->blocked,
		.violations = r->violations,
		.steps = r->steps,
		.classes = r->classes,
		.estimate = r->estimate,
		.deviation = r->deviation,
		.elapsed_ms = l->now_ms - l->begin_ms,
	};

	return l->options->progress(l->options->progress_ctx, &progress) != 0;
}
