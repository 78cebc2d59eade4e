/* SPDX-License-Identifier: MIT */
/*
 * finds.h: what the explorer must find in a scenario, with the lines of the program
 */
#ifndef CONSUMER_FINDS_H
#define CONSUMER_FINDS_H

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include <hmmsim/explore.h>

#include "check.h"

/* A constant @name: the line that is @down lines below. */
#define LINE_BELOW(name, down) static const int name = __LINE__ + (down)

static inline void expect_place(const char *message, const char *file, int line)
{
	char place[64];

	snprintf(place, sizeof(place), "%s:%d", file, line);
	if (strstr(message, place))
		return;
	fprintf(stderr, "%s is not in: %s\n", place, message);
	exit(1);
}

/*
 * The verdict, with both lines of @file; again when its schedule is replayed. False: this is no
 * explorer.
 */
static inline bool finds(const struct hs_scenario *scenario, const void *param,
			 enum hs_verdict verdict, const char *file, int line, int other)
{
	struct hs_explore_options options;
	struct hs_explore_result found, again;
	int err;

	hs_explore_options_init(&options);
	err = hs_explore(scenario, param, &options, &found);
	if (err == -EOPNOTSUPP)
		return false;
	CHECK(err == 0);
	if (found.verdict != verdict)
		fprintf(stderr, "%s: %s\n", hs_verdict_name(found.verdict), found.message);
	CHECK(found.verdict == verdict);
	expect_place(found.message, file, line);
	expect_place(found.message, file, other);
	options.search = HS_SEARCH_REPLAY;
	options.schedule = found.schedule;
	CHECK(hs_explore(scenario, param, &options, &again) == 0);
	CHECK(again.verdict == verdict);
	CHECK(strcmp(again.message, found.message) == 0);
	hs_explore_result_free(&found);
	hs_explore_result_free(&again);
	return true;
}

static inline void finds_nothing(const struct hs_scenario *scenario, const void *param)
{
	struct hs_explore_options options;
	struct hs_explore_result r;

	hs_explore_options_init(&options);
	CHECK(hs_explore(scenario, param, &options, &r) == 0);
	CHECK(r.verdict == HS_VERDICT_NONE && r.exhaustive);
	hs_explore_result_free(&r);
}

#endif
