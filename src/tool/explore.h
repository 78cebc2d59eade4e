/* SPDX-License-Identifier: MIT */
/*
 * explore.h - what the command line of hmmsim explore asks for
 *
 * A function that returns an exit code has printed a message on stderr unless it returns
 * HS_EXIT_DONE, or the verdict of what it has explored.
 */
#ifndef HS_TOOL_EXPLORE_H
#define HS_TOOL_EXPLORE_H

#include "tool/publish.h"
#include "tool/race_source.h"

enum explore_number {
	EXPLORE_EXECUTIONS,
	EXPLORE_TIME, /* s */
	EXPLORE_SEED,
	EXPLORE_FIRST,
	EXPLORE_COUNT,
	EXPLORE_BOUND,
	EXPLORE_DEPTH,
	EXPLORE_RETRY_BOUND,
	EXPLORE_NUMBERS
};

struct explore_tool {
	struct hs_hostmem mem;
	const char **names; /* FILE or NAME; with --merge: the files */
	size_t name_count;
	const char *race;
	struct hs_scenario_setting *settings;
	size_t setting_count;
	bool search_given, memory_given, number_given[EXPLORE_NUMBERS];
	enum hs_search search;
	enum hs_memory memory;
	uint64_t number[EXPLORE_NUMBERS];
	struct hs_publish to;
	bool keep_going, expect, every, merge, help;
};

/* Returns an exit code. */
int hs_explore_options(struct explore_tool *tool, int argc, char **argv);
/* Changes what the text says into what the command line says. */
void hs_explore_set_options(const struct explore_tool *tool, struct hs_explore_options *options);
/* --every, --expect. */
int hs_explore_several(struct explore_tool *tool, const struct hs_race_source *source);
/* --merge. */
int hs_explore_merge(struct explore_tool *tool);

#endif
