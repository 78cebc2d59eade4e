/* SPDX-License-Identifier: MIT */
/*
 * main.c - the program hmmsim: finds the verb
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include <hmmsim/hmmsim.h>

#include "tool/tool.h"

const struct hs_verb hs_verbs[] = {
	{ "walk", "run walk scenarios and print the answers", hs_tool_walk },
	{ "capture", "print the address space of a live process as a layout", hs_tool_capture },
	{ "compare", "walk layouts with every strategy, side by side", hs_tool_compare },
	{ "list", "list verbs, walkers, strategies, bodies, geometries and layouts", hs_tool_list },
	{ NULL, NULL, NULL },
};

int hs_tool_usage(const char *verb)
{
	fprintf(stderr, "hmmsim: see hmmsim %s%s--help\n", verb ? verb : "", verb ? " " : "");
	return HS_EXIT_USAGE;
}

int hs_tool_flush(void)
{
	if (!fflush(stdout) && !ferror(stdout))
		return HS_EXIT_DONE;
	fprintf(stderr, "hmmsim: standard output: %s\n", strerror(errno));
	return HS_EXIT_INTERNAL;
}

int hs_tool_help(const char *text)
{
	fputs(text, stdout);
	return hs_tool_flush();
}

static int help(void)
{
	fputs("Usage: hmmsim VERB [OPTION...] [ARGUMENT...]\n"
	      "\n"
	      "Simulates how a kernel's device drivers walk page tables and meet device memory.\n"
	      "\n",
	      stdout);
	for (const struct hs_verb *verb = hs_verbs; verb->name; verb++)
		printf("  %-8s%s\n", verb->name, verb->summary);
	fputs("\n"
	      "hmmsim VERB --help says more. --help, --version: this text, the version.\n"
	      "\n"
	      "Exit status: 0 done, 1 a violation was found, 2 usage or bad input, 3 bounds were\n"
	      "reached without a verdict, 4 internal error or standard output cannot be written.\n",
	      stdout);
	return hs_tool_flush();
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : NULL;

	/* A reader that goes away is an error of write, with a message and an exit status. */
	signal(SIGPIPE, SIG_IGN);
	if (!name) {
		fputs("hmmsim: a verb is missing\n", stderr);
		return hs_tool_usage(NULL);
	}
	if (!strcmp(name, "--help") || !strcmp(name, "-h"))
		return help();
	if (!strcmp(name, "--version")) {
		printf("hmmsim %s\n", hs_version());
		return hs_tool_flush();
	}
	for (const struct hs_verb *verb = hs_verbs; verb->name; verb++)
		if (!strcmp(name, verb->name))
			return verb->run(argc - 1, argv + 1);
	fprintf(stderr, "hmmsim: unknown verb '%s'\n", name);
	return hs_tool_usage(NULL);
}
