/* SPDX-License-Identifier: MIT */
/*
 * main.c - the program hmmsim: finds the verb
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <hmmsim/hmmsim.h>

#include "tool/helper.h"
#include "tool/options.h"

static int (*const main_verbs[HS_VERB_COUNT])(int argc, char **argv) = {
	[HS_VERB_WALK] = hs_tool_walk,
	[HS_VERB_CAPTURE] = hs_tool_capture,
	[HS_VERB_COMPARE] = hs_tool_compare,
	[HS_VERB_EXPLORE] = NULL, /* in another program */
	[HS_VERB_REPLAY] = NULL,
	[HS_VERB_CLAIMS] = NULL,
	[HS_VERB_LIST] = hs_tool_list,
};

static const char main_exit_help[] =
	"\n"
	"hmmsim VERB --help and hmmsim help VERB explain a verb. hmmsim -V and hmmsim\n"
	"--version print the version.\n"
	"\n"
	"Exit status:\n"
	"  0  done, or the reader of standard output has gone (hmmsim ... | head)\n"
	"  1  explore, replay, and with --check walk and compare: a violation was found;\n"
	"     claims: a control fails, with --check something is not as expected\n"
	"  2  wrong usage, or bad input\n"
	"  3  the same verbs: no violation, but a bound was reached and a part has no\n"
	"     verdict\n"
	"  4  internal error, or an output cannot be written\n";

static int main_help(void)
{
	fputs("Usage: hmmsim VERB [OPTION...] [ARGUMENT...]\n"
	      "       hmmsim help [VERB]\n"
	      "\n"
	      "Simulates how a kernel's device drivers walk page tables and meet device memory.\n"
	      "\n",
	      stdout);
	for (int v = 0; v < HS_VERB_COUNT; v++)
		printf("  %-9s%s\n", hs_verb_texts[v].name, hs_verb_texts[v].summary);
	return hs_tool_help(main_exit_help);
}

/* argv[1] is the verb. getopt_long() begins its messages with what stands before the arguments. */
static int main_run(enum hs_verb verb, int argc, char **argv)
{
	char name[32];

	if (!main_verbs[verb])
		return hs_tool_become_helper(argv);
	snprintf(name, sizeof(name), "hmmsim %s", hs_verb_texts[verb].name);
	argv[1] = name;
	return main_verbs[verb](argc - 1, argv + 1);
}

/* HS_VERB_COUNT: there is no such verb, and a message has said so. */
static enum hs_verb main_find_verb(const char *name)
{
	for (int v = 0; v < HS_VERB_COUNT; v++)
		if (!strcmp(name, hs_verb_texts[v].name))
			return (enum hs_verb)v;
	fprintf(stderr, "hmmsim: unknown verb '%s'\n", name);
	return HS_VERB_COUNT;
}

static bool main_is_any(const char *name, const char *a, const char *b)
{
	return !strcmp(name, a) || !strcmp(name, b);
}

/* Runs VERB --help. */
static int main_help_verb(int argc, char **argv)
{
	char option[] = "--help";
	char *arguments[] = { NULL, argv[0], option, NULL };
	enum hs_verb verb;

	if (!argc || main_is_any(argv[0], "help", "--help"))
		return main_help();
	if (argc > 1) {
		fprintf(stderr, "hmmsim help: unexpected argument '%s'\n", argv[1]);
		return hs_tool_usage(NULL);
	}
	verb = main_find_verb(argv[0]);
	return verb == HS_VERB_COUNT ? hs_tool_usage(NULL) : main_run(verb, 3, arguments);
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : NULL;
	enum hs_verb verb;

	hs_tool_streams_init();
	if (!name) {
		fputs("hmmsim: a verb is missing\n", stderr);
		return hs_tool_usage(NULL);
	}
	if (main_is_any(name, "--help", "-h"))
		return main_help();
	if (main_is_any(name, "--version", "-V")) {
		printf("hmmsim %s\n", hs_version());
		return hs_tool_flush();
	}
	if (!strcmp(name, "help"))
		return main_help_verb(argc - 2, argv + 2);
	verb = main_find_verb(name);
	return verb == HS_VERB_COUNT ? hs_tool_usage(NULL) : main_run(verb, argc, argv);
}
