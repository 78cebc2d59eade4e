/* SPDX-License-Identifier: MIT */
/*
 * limits.h - the time that a search takes, and what it reports while it goes on
 */
#ifndef HS_EXPLORE_LIMITS_H
#define HS_EXPLORE_LIMITS_H

#include <hmmsim/explore.h>

struct hs_limits {
	const struct hs_explore_options *options;
	bool on; /* there is a limit, or a report is wanted */
	uint64_t begin_ms;
	uint64_t now_ms; /* when the clock was read last */
	uint64_t next;	 /* report: at this time, or with progress_every executions */
};

void hs_limits_begin(struct hs_limits *l, const struct hs_explore_options *options);
/* Reads the clock, so it comes before the others. */
bool hs_limits_time_is_over(struct hs_limits *l);
bool hs_limits_progress_is_due(struct hs_limits *l, uint64_t executions);
/* Reports what @r says. True: the caller wants the search to end. */
bool hs_limits_report(struct hs_limits *l, const struct hs_explore_result *r);

#endif
