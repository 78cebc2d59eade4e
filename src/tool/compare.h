/* SPDX-License-Identifier: MIT */
/*
 * compare.h - what is asked of hmmsim compare
 */
#ifndef HS_TOOL_COMPARE_H
#define HS_TOOL_COMPARE_H

#include "compare/report.h"
#include "tool/device.h"

struct compare_source {
	const char *name; /* of a file, or NAME[:SIZE] */
	bool builtin;
};

struct compare_layout {
	struct hs_layout layout;
	enum hs_compare_request request;
	uint64_t owner;
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
	const char *json, *plot; /* files, or NULL */
	bool request_given, owner_given, removal, help;
};

/* All return an exit code, with a message on stderr. */
int hs_compare_options(struct compare_tool *tool, int argc, char **argv);
int hs_compare_load(struct compare_tool *tool);
void hs_compare_unload(struct compare_tool *tool);
int hs_compare_no_memory(void);

#endif
