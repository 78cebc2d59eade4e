/* SPDX-License-Identifier: MIT */
/*
 * options.h - what the verbs share: their names, options of the same kind, the last words of a run
 *
 * A function that returns an exit code has printed a message on stderr unless it returns
 * HS_EXIT_DONE.
 */
#ifndef HS_TOOL_OPTIONS_H
#define HS_TOOL_OPTIONS_H

#include "text/place.h"
#include "tool/tool.h"

enum hs_verb {
	HS_VERB_WALK,
	HS_VERB_CAPTURE,
	HS_VERB_COMPARE,
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
/* Prints @text on stdout and flushes it. */
int hs_tool_help(const char *text);
/* HS_EXIT_DONE: everything written to stdout has arrived. */
int hs_tool_flush(void);

/* Finds the argument of the option, optarg, among @count names: *chosen is its index. */
int hs_tool_choose(const char *verb, const char *option, const char *(*name)(int i), int count,
		   int *chosen);
/* Names for hs_tool_choose(). */
const char *hs_tool_walker(int i);
const char *hs_tool_strategy(int i);
const char *hs_tool_body(int i);

/* What --device options ask for, in the order of the command line. The caller frees the places. */
struct hs_tool_devices {
	struct hs_place *places;
	size_t count;
};

/* Appends what one --device option says. */
int hs_tool_take_device(const char *verb, const char *text, struct hs_hostmem *mem,
			struct hs_tool_devices *devices);

#endif
