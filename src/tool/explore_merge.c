/* SPDX-License-Identifier: MIT */
/*
 * explore_merge.c - hmmsim explore --merge: joins what parts of one random search have found
 */
#include <errno.h>
#include <stdio.h>

#include "tool/explore.h"
#include "tool/files.h"
#include "tool/options.h"

#define ERROR_SIZE 1024

static int explore_merge_read(struct explore_tool *tool, const char *name,
			      struct hs_record_part *part)
{
	char error[ERROR_SIZE];
	size_t length;
	char *bytes;
	int code = hs_input_read(&tool->mem, name, &bytes, &length), ret;

	if (!code) {
		part->file = hs_input_name(name);
		ret = hs_record_read_json(&tool->mem, part->file, bytes, length, &part->record,
					  error, sizeof(error));
		if (ret == -ENOMEM)
			code = hs_tool_no_memory("explore");
		else if (ret) {
			fprintf(stderr, "%s\n", error);
			code = HS_EXIT_USAGE;
		}
	}
	hs_hostmem_free(&tool->mem, bytes);
	return code;
}

static int explore_merge_parts(struct explore_tool *tool, struct hs_record_part *parts)
{
	char error[ERROR_SIZE];
	struct hs_record merged;
	int code = hs_publish_check(&tool->to, tool->names, tool->name_count);

	for (size_t i = 0; !code && i < tool->name_count; i++)
		code = explore_merge_read(tool, tool->names[i], &parts[i]);
	if (code)
		return code;
	if (hs_record_merge(parts, tool->name_count, &merged, error, sizeof(error))) {
		fprintf(stderr, "%s\n", error);
		return HS_EXIT_USAGE;
	}
	return hs_publish(&tool->to, &tool->mem, &merged, NULL);
}

int hs_explore_merge(struct explore_tool *tool)
{
	struct hs_record_part *parts =
		hs_hostmem_zalloc(&tool->mem, tool->name_count, sizeof(*parts));
	int code = parts ? explore_merge_parts(tool, parts) : hs_tool_no_memory("explore");

	for (size_t i = 0; parts && i < tool->name_count; i++)
		hs_record_free(&tool->mem, &parts[i].record);
	hs_hostmem_free(&tool->mem, parts);
	return code;
}
