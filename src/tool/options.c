/* SPDX-License-Identifier: MIT */
/*
 * options.c - names of the verbs, options that several verbs have, usage and help
 */
#include "tool/options.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include <hmmsim/walk.h>

#include "text/text.h"
#include "tool/output.h"

/* ---- verbs ------------------------------------------------------------------------------- */

const struct hs_verb_text hs_verb_texts[HS_VERB_COUNT] = {
	[HS_VERB_WALK] = { "walk", "run walk scenarios and print the answers" },
	[HS_VERB_CAPTURE] = { "capture", "print the address space of a live process as a layout" },
	[HS_VERB_COMPARE] = { "compare", "walk layouts with every strategy, side by side" },
	[HS_VERB_EXPLORE] = { "explore", "run a race under every schedule that matters" },
	[HS_VERB_REPLAY] = { "replay", "run the execution again that a token names" },
	[HS_VERB_CLAIMS] = { "claims", "settle the claims of the thread of August 2019" },
	[HS_VERB_LIST] = { "list", "list verbs, walkers, strategies, bodies, layouts and races" },
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

int hs_tool_help(const char *text)
{
	int code = hs_tool_print(text, strlen(text));

	return code ? code : hs_tool_flush();
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

/* ---- once ------------------------------------------------------------------------------- */

/* Of two values one would not count, which nothing would say. */
int hs_tool_once(const char *verb, const char *option, bool *given)
{
	if (*given) {
		fprintf(stderr, "hmmsim %s: --%s: expected once, found again\n", verb, option);
		return HS_EXIT_USAGE;
	}
	*given = true;
	return HS_EXIT_DONE;
}

int hs_tool_take_flag(int option, bool *check, bool *help)
{
	*check |= option == 'c';
	*help |= option == 'h';
	return option == 'c' || option == 'h' ? HS_EXIT_DONE : HS_EXIT_USAGE;
}

/* ---- outputs ----------------------------------------------------------------------------- */

bool hs_tool_is_stdout(const char *output)
{
	return !strcmp(output, "-");
}

int hs_tool_take_number(const char *verb, const char *option, bool *given, uint64_t low,
			uint64_t high, uint64_t *value)
{
	struct hs_word word = { optarg, strlen(optarg) };
	int code = hs_tool_once(verb, option, given);

	if (code)
		return code;
	if (hs_word_number(&word, value) && *value >= low && *value <= high)
		return HS_EXIT_DONE;
	fprintf(stderr, "hmmsim %s: --%s: expected a number from %llu to %llu, found '%s'\n", verb,
		option, (unsigned long long)low, (unsigned long long)high, optarg);
	return HS_EXIT_USAGE;
}

int hs_tool_take_output(const char *verb, const char *option, const char **name)
{
	char who[32], what[32];
	bool given = *name != NULL;
	int code = hs_tool_once(verb, option, &given);

	if (code)
		return code;
	snprintf(who, sizeof(who), "hmmsim %s", verb);
	snprintf(what, sizeof(what), "--%s", option);
	*name = optarg;
	return hs_output_check_name(who, what, optarg);
}
