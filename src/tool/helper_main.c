/* SPDX-License-Identifier: MIT */
/*
 * helper_main.c - the program hmmsim-explore, which hmmsim becomes for verbs that explore
 */
#include <stdio.h>
#include <string.h>

#include "tool/options.h"

static int helper_main_usage(void)
{
	fputs("hmmsim-explore: expected explore, replay or claims: it is run by the program "
	      "hmmsim\n",
	      stderr);
	return HS_EXIT_USAGE;
}

int main(int argc, char **argv)
{
	static char explore[] = "hmmsim explore", replay[] = "hmmsim replay";
	static char claims[] = "hmmsim claims";

	hs_tool_streams_init();
	if (argc < 2)
		return helper_main_usage();
	if (!strcmp(argv[1], "explore")) {
		argv[1] = explore; /* getopt_long() begins its messages with it */
		return hs_tool_explore(argc - 1, argv + 1);
	}
	if (!strcmp(argv[1], "replay")) {
		argv[1] = replay;
		return hs_tool_replay(argc - 1, argv + 1);
	}
	if (!strcmp(argv[1], "claims")) {
		argv[1] = claims;
		return hs_tool_claims(argc - 1, argv + 1);
	}
	return helper_main_usage();
}
