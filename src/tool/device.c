/* SPDX-License-Identifier: MIT */
/*
 * device.c - the option --device, of all verbs that have it
 */
#include <stdio.h>

#include "tool/device.h"
#include "tool/tool.h"

int hs_tool_take_device(const char *verb, const char *text, struct hs_hostmem *mem,
			struct hs_tool_devices *devices)
{
	size_t n = devices->count;
	struct hs_place *places = hs_hostmem_grow(mem, devices->places, n, sizeof(*places));
	char error[256];

	if (!places) {
		fprintf(stderr, "hmmsim %s: out of memory\n", verb);
		return HS_EXIT_INTERNAL;
	}
	devices->places = places;
	if (hs_place_parse(text, &places[n], error)) {
		fprintf(stderr, "hmmsim %s: --device: %s\n", verb, error);
		return HS_EXIT_USAGE;
	}
	devices->count++;
	return HS_EXIT_DONE;
}
