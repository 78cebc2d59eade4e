/* SPDX-License-Identifier: MIT */
/*
 * device_options.c - the option --device, which several verbs have
 */
#include "tool/device_options.h"

#include <stdio.h>

#include "tool/options.h"

int hs_tool_take_device(const char *verb, const char *text, struct hs_hostmem *mem,
			struct hs_tool_devices *devices)
{
	size_t n = devices->count;
	struct hs_tool_device *of = hs_hostmem_grow(mem, devices->of, n, sizeof(*of));
	char error[HS_PLACE_ERROR];

	if (!of)
		return hs_tool_no_memory(verb);
	devices->of = of;
	of[n] = (struct hs_tool_device){ .text = text };
	if (hs_place_parse(text, &of[n].place, error)) {
		fprintf(stderr, "hmmsim %s: --device: %s\n", verb, error);
		return HS_EXIT_USAGE;
	}
	devices->count++;
	return HS_EXIT_DONE;
}

int hs_tool_check_devices(const char *verb, const struct hs_tool_devices *devices)
{
	for (size_t i = 0; i < devices->count; i++)
		if (!devices->of[i].matched) {
			fprintf(stderr,
				"hmmsim %s: --device: expected a PATTERN that matches a page, found "
				"'%s'\n",
				verb, devices->of[i].text);
			return HS_EXIT_USAGE;
		}
	return HS_EXIT_DONE;
}
