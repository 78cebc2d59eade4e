/* SPDX-License-Identifier: MIT */
/*
 * tool.h - the verbs of the program hmmsim, and its exit codes
 */
#ifndef HS_TOOL_TOOL_H
#define HS_TOOL_TOOL_H

/*
 * Exit codes. 1 (a violation was found) and 3 (bounds were reached without a verdict) are kept free
 * for a verb that explores.
 */
#define HS_EXIT_DONE 0
#define HS_EXIT_USAGE 2 /* or bad input */
#define HS_EXIT_INTERNAL 4

/* argv[0] is "hmmsim VERB". All return an exit code. */
int hs_tool_walk(int argc, char **argv);
int hs_tool_capture(int argc, char **argv);
int hs_tool_compare(int argc, char **argv);
int hs_tool_list(int argc, char **argv);

#endif
