/* SPDX-License-Identifier: MIT */
/*
 * walk.c - hmmsim walk: runs the walk scenarios of files and prints the answers
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "run/walk_run.h"
#include "tool/files.h"
#include "tool/options.h"

static const char tool_walk_help[] =
	"Usage: hmmsim walk [OPTION...] FILE...\n"
	"\n"
	"Runs the walk scenarios in each FILE (- is standard input) and prints an answer\n"
	"for each.\n"
	"\n"
	"  -w, --walker=5.3|6.12  the kernel whose range-fault walker walks (default\n"
	"                         6.12)\n"
	"  -s, --strategy=NAME    who holds references to device memory, see hmmsim list\n"
	"                         (default: per-table for 5.3, none for 6.12)\n"
	"  -b, --body=NAME        reference (slow and obvious) or plain (default)\n"
	"  -c, --check            makes the verdicts of the answers the exit status\n"
	"  -h, --help             prints this text\n"
	"\n"
	"At bad input it prints FILE:LINE and what was expected there, and stops with\n"
	"exit status 2. The answers to the scenarios before that line are on standard\n"
	"output.\n"
	"\n"
	"An answer has what the call returned (ret, an errno as its number) and counts:\n"
	"  walks       page walks begun\n"
	"  faults      faults in VMAs\n"
	"  mwaits      waits for migration entries\n"
	"  livelock    1: maxwalks page walks were begun, and the call was ended. A\n"
	"              violation if the last one changed nothing, so that the walk would\n"
	"              go round for ever; otherwise a bound that was reached\n"
	"  badpte      special entries in a VMA that should have none, where the kernel\n"
	"              would report a bug: a violation\n"
	"  warns       always 0\n"
	"  nullvma     faults outside all VMAs, where the kernel would oops: a violation\n"
	"  lookups     calls of get_dev_pagemap() that reached the index\n"
	"  gets        references taken\n"
	"  failures    lookups that obtained none\n"
	"  leaked      references that are never put: a violation\n"
	"  heldfaults  faults and waits entered with a reference held\n"
	"The text README of the sources explains the other lines.\n"
	"\n"
	"Exit status:\n"
	"  0  done; without --check also if answers show violations\n"
	"  1  with --check: an answer shows a violation\n"
	"  2  wrong usage, or bad input\n"
	"  3  with --check: no violation, but maxwalks ended a walk that got further\n"
	"  4  internal error, or standard output cannot be written\n";

static const struct option tool_walk_options[] = {
	{ "walker", required_argument, NULL, 'w' }, { "strategy", required_argument, NULL, 's' },
	{ "body", required_argument, NULL, 'b' },   { "check", no_argument, NULL, 'c' },
	{ "help", no_argument, NULL, 'h' },	    { NULL, 0, NULL, 0 },
};

struct walk_tool {
	struct hs_hostmem mem;
	struct hs_walk_setting set;
	struct hs_out out;
	enum hs_walk_verdict worst;
	bool walker_given, strategy_given, body_given, check, help;
};

/* ---- options ----------------------------------------------------------------------------- */

/* Takes the argument of an option that is given once: *chosen is its index among the names. */
static int tool_walk_choose(const char *option, bool *given, const char *(*name)(int i), int count,
			    int *chosen)
{
	int ret = hs_tool_once("walk", option, given);

	return ret ? ret : hs_tool_choose("walk", option, name, count, chosen);
}

static int tool_walk_take_option(struct walk_tool *tool, int option)
{
	int chosen = 0, ret;

	switch (option) {
	case 'w':
		ret = tool_walk_choose("walker", &tool->walker_given, hs_tool_walker, HS_ERA_COUNT,
				       &chosen);
		tool->set.era = (enum hs_era)chosen;
		return ret;
	case 's':
		ret = tool_walk_choose("strategy", &tool->strategy_given, hs_tool_strategy,
				       HS_STRATEGY_BUILTIN_COUNT, &chosen);
		tool->set.strategy = (enum hs_strategy)chosen;
		return ret;
	case 'b':
		ret = tool_walk_choose("body", &tool->body_given, hs_tool_body, HS_BODY_COUNT,
				       &chosen);
		tool->set.body = (enum hs_body)chosen;
		return ret;
	default:
		return hs_tool_take_flag(option, &tool->check, &tool->help);
	}
}

static int tool_walk_take_options(struct walk_tool *tool, int argc, char **argv)
{
	int option, ret = 0;

	while (!ret &&
	       (option = getopt_long(argc, argv, "w:s:b:ch", tool_walk_options, NULL)) != -1)
		ret = tool_walk_take_option(tool, option);
	if (!ret && !tool->help && optind == argc) {
		fputs("hmmsim walk: a FILE is missing\n", stderr);
		ret = HS_EXIT_USAGE;
	}
	if (!tool->strategy_given)
		tool->set.strategy = tool->set.era == HS_ERA_5_3 ? HS_STRATEGY_PER_TABLE
								 : HS_STRATEGY_NONE;
	return ret ? hs_tool_usage("walk") : 0;
}

/* Without a reader of the answers, verdicts alone are left to find. */
static bool tool_walk_is_over(const struct walk_tool *tool)
{
	return hs_tool_reader_gone() && !tool->check;
}

static int tool_walk_status(const struct walk_tool *tool)
{
	if (!tool->check || tool->worst == HS_WALK_OK)
		return HS_EXIT_DONE;
	return tool->worst == HS_WALK_AHEAD ? HS_EXIT_BOUND : HS_EXIT_VIOLATION;
}

/* ---- scenarios --------------------------------------------------------------------------- */

static int tool_walk_internal_error(const char *file, const struct hs_walk_scenario *s,
				    const char *what)
{
	fprintf(stderr, "hmmsim: %s:%lu: %s: %s\n", file, s->layout.line, s->layout.name, what);
	return HS_EXIT_INTERNAL;
}

static int tool_walk_print_answer(struct walk_tool *tool, const char *file,
				  const struct hs_walk_scenario *s,
				  const struct hs_walk_answer *answer)
{
	hs_out_reset(&tool->out);
	hs_walk_answer_print(answer, &tool->out);
	if (tool->out.failed)
		return tool_walk_internal_error(file, s, "out of memory");
	return hs_tool_print(tool->out.bytes, tool->out.used);
}

static int tool_walk_run_scenario(struct walk_tool *tool, const char *file,
				  const struct hs_walk_scenario *s)
{
	struct hs_walk_answer answer;
	char why[sizeof(answer.left.text) + 32];
	int ret = hs_walk_run(s, &tool->set, &answer), code;

	if (ret) {
		hs_walk_failure(ret, &answer, why, sizeof(why));
		code = tool_walk_internal_error(file, s, why);
	} else {
		code = tool_walk_print_answer(tool, file, s, &answer);
		if (hs_walk_answer_judge(&answer) > tool->worst)
			tool->worst = hs_walk_answer_judge(&answer);
	}
	hs_walk_answer_free(&tool->mem, &answer);
	return code;
}

static int tool_walk_run_text(struct walk_tool *tool, const char *name, const char *bytes,
			      size_t length)
{
	struct hs_walk_scenario s;
	struct hs_text text;
	int ret, code = 0;

	hs_text_init(&text, &tool->mem, name, bytes, length);
	while (!code && !tool_walk_is_over(tool) && (ret = hs_walk_parse(&text, &s)) != 0) {
		if (ret < 0) {
			fprintf(stderr, "%s\n", text.error);
			return ret == -EINVAL ? HS_EXIT_USAGE : HS_EXIT_INTERNAL;
		}
		code = tool_walk_run_scenario(tool, name, &s);
		hs_walk_free(&tool->mem, &s);
	}
	return code;
}

/* ---- files ------------------------------------------------------------------------------- */

static int tool_walk_run_file(struct walk_tool *tool, const char *name)
{
	size_t length;
	char *bytes;
	int code = hs_input_read(&tool->mem, name, &bytes, &length);

	if (!code)
		code = tool_walk_run_text(tool, hs_input_name(name), bytes, length);
	hs_hostmem_free(&tool->mem, bytes);
	return code;
}

int hs_tool_walk(int argc, char **argv)
{
	struct walk_tool tool = { .set = { .era = HS_ERA_6_12, .body = HS_BODY_PLAIN } };
	int code = tool_walk_take_options(&tool, argc, argv), flushed;

	if (code || tool.help)
		return code ? code : hs_tool_help(tool_walk_help);
	tool.set.mem = &tool.mem;
	tool.out.mem = &tool.mem;
	for (int i = optind; !code && !tool_walk_is_over(&tool) && i < argc; i++)
		code = tool_walk_run_file(&tool, argv[i]);
	hs_out_free(&tool.out);
	if (code == HS_EXIT_INTERNAL)
		return code;
	flushed = hs_tool_flush();
	if (flushed || code)
		return flushed ? flushed : code;
	return tool_walk_status(&tool);
}
