/* SPDX-License-Identifier: MIT */
/*
 * main.c - the program hmmsim: finds the verb
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include <hmmsim/hmmsim.h>

#include "tool/options.h"

static int (*const main_verbs[HS_VERB_COUNT])(int argc, char **argv) = {
	[HS_VERB_WALK] = hs_tool_walk,
	[HS_VERB_CAPTURE] = hs_tool_capture,
	[HS_VERB_COMPARE] = hs_tool_compare,
	[HS_VERB_LIST] = hs_tool_list,
};

static int main_help(void)
{
	fputs("Usage: hmmsim VERB [OPTION...] [ARGUMENT...]\n"
	      "\n"
	      "Simulates how a kernel's device drivers walk page tables and meet device memory.\n"
	      "\n",
	      stdout);
	for (int v = 0; v < HS_VERB_COUNT; v++)
		printf("  %-9s%s\n", hs_verb_texts[v].name, hs_verb_texts[v].summary);
	fputs("\n"
	      "hmmsim VERB --help explains a verb. hmmsim --version prints the version.\n"
	      "\n"
	      "Exit status:\n"
	      "  0  done\n"
	      "  2  wrong usage, or bad input\n"
	      "  4  internal error, or standard output cannot be written\n",
	      stdout);
	return hs_tool_flush();
}

/* getopt_long() begins its messages with argv[0]. */
static int main_run(enum hs_verb verb, int argc, char **argv)
{
	char name[32];

	snprintf(name, sizeof(name), "hmmsim %s", hs_verb_texts[verb].name);
	argv[0] = name;
	return main_verbs[verb](argc, argv);
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : NULL;

	/* When the reader of a pipe has gone, writes fail with a message and an exit status. */
	signal(SIGPIPE, SIG_IGN);
	if (!name) {
		fputs("hmmsim: a verb is missing\n", stderr);
		return hs_tool_usage(NULL);
	}
	if (!strcmp(name, "--help") || !strcmp(name, "-h"))
		return main_help();
	if (!strcmp(name, "--version")) {
		printf("hmmsim %s\n", hs_version());
		return hs_tool_flush();
	}
	for (int v = 0; v < HS_VERB_COUNT; v++)
		if (!strcmp(name, hs_verb_texts[v].name))
			return main_run((enum hs_verb)v, argc - 1, argv + 1);
	fprintf(stderr, "hmmsim: unknown verb '%s'\n", name);
	return hs_tool_usage(NULL);
}
