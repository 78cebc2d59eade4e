/* SPDX-License-Identifier: MIT */
/*
 * tool.h - what the verbs of the program hmmsim share
 */
#ifndef HS_TOOL_TOOL_H
#define HS_TOOL_TOOL_H

#include "text/hostmem.h"

/* Exit codes. */
#define HS_EXIT_DONE 0
#define HS_EXIT_VIOLATION 1
#define HS_EXIT_USAGE 2 /* or bad input */
#define HS_EXIT_BOUNDS 3
#define HS_EXIT_INTERNAL 4

struct hs_verb {
	const char *name;
	const char *summary;
	int (*run)(int argc, char **argv); /* argv[0] is the verb; an exit code */
};

extern const struct hs_verb hs_verbs[]; /* ends with a NULL name */

int hs_tool_walk(int argc, char **argv);
int hs_tool_capture(int argc, char **argv);
int hs_tool_compare(int argc, char **argv);
int hs_tool_list(int argc, char **argv);

/* Says on stderr where the help is. */
int hs_tool_usage(const char *verb);
/* Everything written to stdout is there, or a message on stderr and HS_EXIT_INTERNAL. */
int hs_tool_flush(void);
/* Prints @text, an exit code. */
int hs_tool_help(const char *text);
/*
 * A whole file, - is standard input: 0, or a message on stderr and an exit code. *bytes is to be
 * freed in every case.
 */
int hs_tool_read(struct hs_hostmem *mem, const char *name, char **bytes, size_t *length);
/* What messages call it. */
const char *hs_tool_file_name(const char *name);

/* The option's argument is one of @count names: 0 and its number, or a message on stderr and an exit code. */
int hs_tool_choose(const char *verb, const char *option, const char *(*name)(int i), int count,
		   int *chosen);
/* Such names. */
const char *hs_tool_walker(int i);
const char *hs_tool_strategy(int i);
const char *hs_tool_body(int i);

#endif
