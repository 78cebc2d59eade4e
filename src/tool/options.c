/* SPDX-License-Identifier: MIT */
/*
 * options.c - names of the verbs, options that several verbs have, usage and help
 */
#include "tool/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include <hmmsim/walk.h>

/* ---- verbs ------------------------------------------------------------------------------- */

const struct hs_verb_text hs_verb_texts[HS_VERB_COUNT] = {
	[HS_VERB_WALK] = { "walk", "run walk scenarios and print the answers" },
	[HS_VERB_CAPTURE] = { "capture", "print the address space of a live process as a layout" },
	[HS_VERB_COMPARE] = { "compare", "walk layouts with every strategy, side by side" },
	[HS_VERB_LIST] = { "list", "list verbs, walkers, strategies, bodies and layouts" },
};

int hs_tool_usage(const char *verb)
{
	fprintf(stderr, "hmmsim: see hmmsim %s%s--help\n", verb ? verb : "", verb ? " " : "");
	return HS_EXIT_USAGE;
}

int hs_tool_no_memory(const char *verb)
{
	fprintf(stderr, "hmmsim %s: out of memory\n", verb);
	return HS_EXIT_INTERNAL;
}

int hs_tool_flush(void)
{
	if (!fflush(stdout) && !ferror(stdout))
		return HS_EXIT_DONE;
	fprintf(stderr, "hmmsim: standard output: %s\n", strerror(errno));
	return HS_EXIT_INTERNAL;
}

int hs_tool_help(const char *text)
{
	fputs(text, stdout);
	return hs_tool_flush();
}

/* ---- one of several names ---------------------------------------------------------------- */

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
			return HS_EXIT_DONE;
	fprintf(stderr, "hmmsim %s: --%s: expected ", verb, option);
	for (int i = 0; i < count; i++)
		fprintf(stderr, "%s%s", !i ? "" : i == count - 1 ? " or " : ", ", name(i));
	fprintf(stderr, ", found '%s'\n", optarg);
	return HS_EXIT_USAGE;
}

/* ---- device memory ----------------------------------------------------------------------- */

int hs_tool_take_device(const char *verb, const char *text, struct hs_hostmem *mem,
			struct hs_tool_devices *devices)
{
	size_t n = devices->count;
	struct hs_place *places = hs_hostmem_grow(mem, devices->places, n, sizeof(*places));
	char error[HS_PLACE_ERROR];

	if (!places)
		return hs_tool_no_memory(verb);
	devices->places = places;
	if (hs_place_parse(text, &places[n], error)) {
		fprintf(stderr, "hmmsim %s: --device: %s\n", verb, error);
		return HS_EXIT_USAGE;
	}
	devices->count++;
	return HS_EXIT_DONE;
}
