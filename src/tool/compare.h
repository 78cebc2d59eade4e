/* SPDX-License-Identifier: MIT */
/*
 * compare.h - what the command line of hmmsim compare asks for, and the layouts that it names
 */
#ifndef HS_TOOL_COMPARE_H
#define HS_TOOL_COMPARE_H

#include "compare/moves_report.h"
#include "tool/device_options.h"
#include "tool/options.h"

struct compare_source {
	const char *name; /* a file, or NAME[:SIZE] of a built-in layout */
	bool builtin;
};

struct compare_layout {
	struct hs_layout layout;
	enum hs_compare_request request;
	uint64_t owner;
	const char *file; /* NULL: a built-in one */
};

struct compare_tool {
	struct hs_hostmem mem;
	struct hs_report_asked asked;
	struct hs_compare_setting set;
	struct hs_cost_profile profiles[HS_REPORT_PROFILES];
	struct hs_tool_devices devices;
	struct compare_source *sources;
	struct compare_layout *layouts;
	size_t source_count, layout_count;
	const char *json, *plot; /* files, or NULL; "-": standard output, without tables */
	const char *profile_files[HS_REPORT_PROFILES];
	bool request_given, owner_given, body_given, sleep_given, repetitions_given;
	bool removal, migrate, check, help;
	enum hs_moves_back back; /* of .migrate */
};

/* Both return an exit code; unless it is HS_EXIT_DONE they have printed a message on stderr. */
int hs_compare_options(struct compare_tool *tool, int argc, char **argv);
int hs_compare_load(struct compare_tool *tool);
/* Frees everything; to be called after an error as well. */
void hs_compare_unload(struct compare_tool *tool);

#endif
