/* SPDX-License-Identifier: MIT */
/*
 * helper.h - verbs that another program runs
 *
 * The program hmmsim is linked with hmmsim::hmmsim, on threads. Exploring needs hmmsim::explore,
 * and no program can have both.
 */
#ifndef HS_TOOL_HELPER_H
#define HS_TOOL_HELPER_H

/*
 * Becomes the program hmmsim-explore. argv[0] is free for its name, argv[1] is the verb. Returns
 * only if that fails: an exit code, after a message on stderr.
 */
int hs_tool_become_helper(char **argv);

#endif
