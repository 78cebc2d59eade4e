/* SPDX-License-Identifier: MIT */
/*
 * options.h - what the verbs share: their names, options of the same kind, usage and help
 *
 * A function that returns an exit code has printed a message on stderr unless it returns
 * HS_EXIT_DONE.
 */
#ifndef HS_TOOL_OPTIONS_H
#define HS_TOOL_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "tool/streams.h"
#include "tool/tool.h"

enum hs_verb {
	HS_VERB_WALK,
	HS_VERB_CAPTURE,
	HS_VERB_COMPARE,
	HS_VERB_EXPLORE,
	HS_VERB_REPLAY,
	HS_VERB_CLAIMS,
	HS_VERB_LIST,
	HS_VERB_COUNT
};

struct hs_verb_text {
	const char *name, *summary;
};

extern const struct hs_verb_text hs_verb_texts[HS_VERB_COUNT];

/* Prints where the help is and returns HS_EXIT_USAGE. @verb is NULL before there is one. */
int hs_tool_usage(const char *verb);
/* Prints that memory is short and returns HS_EXIT_INTERNAL. */
int hs_tool_no_memory(const char *verb);
/* Refuses an option of one value that was @given before; it is from here on. */
int hs_tool_once(const char *verb, const char *option, bool *given);
/*
 * Takes the options without a value that several verbs have, 'c' (--check) and 'h' (--help). Of
 * another one getopt_long() has printed what is wrong: HS_EXIT_USAGE.
 */
int hs_tool_take_flag(int option, bool *check, bool *help);
/* Takes a number in [low, high] from optarg, once. */
int hs_tool_take_number(const char *verb, const char *option, bool *given, uint64_t low,
			uint64_t high, uint64_t *value);
/* Takes the name of an output from optarg, once; "-" is standard output. */
int hs_tool_take_output(const char *verb, const char *option, const char **name);
bool hs_tool_is_stdout(const char *output);
/* Prints @text on stdout and flushes it. */
int hs_tool_help(const char *text);

/* Finds the argument of the option, optarg, among @count names: *chosen is its index. */
int hs_tool_choose(const char *verb, const char *option, const char *(*name)(int i), int count,
		   int *chosen);
/* Names for hs_tool_choose(). */
const char *hs_tool_walker(int i);
const char *hs_tool_strategy(int i);
const char *hs_tool_body(int i);

#endif
