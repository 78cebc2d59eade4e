/* SPDX-License-Identifier: MIT */
/*
 * device.h - the option --device, of all verbs that have it
 */
#ifndef HS_TOOL_DEVICE_H
#define HS_TOOL_DEVICE_H

#include "text/place.h"

/* In the order in which they were given. The places are to be freed. */
struct hs_tool_devices {
	struct hs_place *places;
	size_t count;
};

/* 0, or a message on stderr and an exit code. */
int hs_tool_take_device(const char *verb, const char *text, struct hs_hostmem *mem,
			struct hs_tool_devices *devices);

#endif
