/* SPDX-License-Identifier: MIT */
/*
 * device_options.h - the option --device, which several verbs have
 *
 * A function that returns an exit code has printed a message on stderr unless it returns
 * HS_EXIT_DONE.
 */
#ifndef HS_TOOL_DEVICE_OPTIONS_H
#define HS_TOOL_DEVICE_OPTIONS_H

#include "text/place.h"

struct hs_tool_device {
	const char *text;
	struct hs_place place;
	uint64_t matched; /* pages, so far */
};

/* What --device options ask for, in the order of the command line. The caller frees .of. */
struct hs_tool_devices {
	struct hs_tool_device *of;
	size_t count;
};

/* Appends what one --device option says. */
int hs_tool_take_device(const char *verb, const char *text, struct hs_hostmem *mem,
			struct hs_tool_devices *devices);
/* Refuses an option that has matched no page of anything that it was asked for. */
int hs_tool_check_devices(const char *verb, const struct hs_tool_devices *devices);

#endif
