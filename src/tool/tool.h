/* SPDX-License-Identifier: MIT */
/*
 * tool.h - the verbs of the program hmmsim, and its exit codes
 */
#ifndef HS_TOOL_TOOL_H
#define HS_TOOL_TOOL_H

/*
 * Exit codes. In walk and compare VIOLATION and BOUND take the place of DONE with --check alone. Of
 * several the first counts in the order INTERNAL, USAGE, VIOLATION, BOUND.
 */
#define HS_EXIT_DONE 0
#define HS_EXIT_VIOLATION 1
#define HS_EXIT_USAGE 2 /* or bad input */
#define HS_EXIT_BOUND 3 /* a bound was reached: a part has no verdict */
#define HS_EXIT_INTERNAL 4

/* argv[0] is "hmmsim VERB". All return an exit code. */
int hs_tool_walk(int argc, char **argv);
int hs_tool_capture(int argc, char **argv);
int hs_tool_compare(int argc, char **argv);
int hs_tool_list(int argc, char **argv);
/* In the program hmmsim-explore. */
int hs_tool_explore(int argc, char **argv);
int hs_tool_replay(int argc, char **argv);
int hs_tool_claims(int argc, char **argv);

#endif
