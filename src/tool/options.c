/* SPDX-License-Identifier: MIT */
/*
 * options.c - options that take one of several names
 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include <hmmsim/walk.h>

#include "tool/tool.h"

const char *hs_tool_walker(int i)
{
	return hs_era_name((enum hs_era)i);
}

const char *hs_tool_strategy(int i)
{
	return hs_strategy_name((enum hs_strategy)i);
}

const char *hs_tool_body(int i)
{
	return hs_body_name((enum hs_body)i);
}

int hs_tool_choose(const char *verb, const char *option, const char *(*name)(int i), int count,
		   int *chosen)
{
	for (*chosen = 0; *chosen < count; ++*chosen)
		if (!strcmp(optarg, name(*chosen)))
			return 0;
	fprintf(stderr, "hmmsim %s: --%s: expected ", verb, option);
	for (int i = 0; i < count; i++)
		fprintf(stderr, "%s%s", !i ? "" : i == count - 1 ? " or " : ", ", name(i));
	fprintf(stderr, ", found '%s'\n", optarg);
	return HS_EXIT_USAGE;
}
