/* SPDX-License-Identifier: MIT */
/*
 * list.c - hmmsim list: what there is to choose from, a line an item
 */
#include <stdio.h>
#include <string.h>

#include <hmmsim/walk.h>

#include "tool/tool.h"

static const char help[] =
	"Usage: hmmsim list\n"
	"\n"
	"Prints verbs, walkers, strategies, bodies and geometries, one a line, each after its kind.\n";

int hs_tool_list(int argc, char **argv)
{
	if (argc == 2 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")))
		return hs_tool_help(help);
	if (argc != 1) {
		fprintf(stderr, "hmmsim list: unexpected argument '%s'\n", argv[1]);
		return hs_tool_usage("list");
	}
	for (const struct hs_verb *verb = hs_verbs; verb->name; verb++)
		printf("verb %s\n", verb->name);
	for (int era = 0; era < HS_ERA_COUNT; era++)
		printf("walker %s\n", hs_era_name((enum hs_era)era));
	for (int strategy = 0; strategy < HS_STRATEGY_CUSTOM; strategy++)
		printf("strategy %s\n", hs_strategy_name((enum hs_strategy)strategy));
	for (int body = 0; body < HS_BODY_COUNT; body++)
		printf("body %s\n", hs_body_name((enum hs_body)body));
	for (int id = 0; id < HS_GEOMETRY_COUNT; id++)
		printf("geometry %s\n", hs_geometry((enum hs_geometry_id)id)->name);
	return hs_tool_flush();
}
