/* SPDX-License-Identifier: MIT */
/*
 * replay.c - hmmsim replay: runs the execution again that a token names
 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "tool/files.h"
#include "tool/options.h"
#include "tool/publish.h"
#include "tool/race_source.h"

static const char tool_replay_help[] =
	"Usage: hmmsim replay [OPTION...] TOKEN [FILE|NAME]\n"
	"\n"
	"Runs the execution again that a token names, and prints its report. TOKEN is\n"
	"the last line of what hmmsim explore prints; - reads it from standard input, as\n"
	"the last line there. The token has the name of the race: a built-in one, or one\n"
	"of FILE.\n"
	"\n"
	"  -j, --json=FILE   writes what was asked and found (-: instead of the text)\n"
	"      --trace=FILE  writes the execution as a trace that Perfetto draws\n"
	"  -q, --quiet       prints no report\n"
	"  -h, --help        prints this text\n"
	"\n"
	"To look at it in a debugger, run the program that explores; one thread runs the\n"
	"tasks:\n"
	"\n"
	"  gdb --args PREFIX/libexec/hmmsim/hmmsim-explore replay TOKEN\n"
	"\n"
	"Exit status:\n"
	"  0  the execution ends without a violation\n"
	"  1  it ends in a violation\n"
	"  2  wrong usage, bad input, or a token that does not fit the race\n"
	"  3  the execution has too many steps for a verdict\n"
	"  4  internal error, or an output cannot be written\n";

enum {
	OPTION_TRACE = 256
};

static const struct option replay_options[] = {
	{ "json", required_argument, NULL, 'j' },
	{ "trace", required_argument, NULL, OPTION_TRACE },
	{ "quiet", no_argument, NULL, 'q' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

struct replay_tool {
	struct hs_hostmem mem;
	struct hs_publish to;
	char *token;	  /* as it was given, or the last line of .read */
	const char *name; /* of the file or the race; NULL: what the token says */
	char *read;
	bool help;
};

/* ---- the command line -------------------------------------------------------------------- */

static int replay_take_arguments(struct replay_tool *tool, int argc, char **argv)
{
	if (optind == argc) {
		fputs("hmmsim replay: a TOKEN is missing\n", stderr);
		return HS_EXIT_USAGE;
	}
	if (argc - optind > 2) {
		fprintf(stderr, "hmmsim replay: unexpected argument '%s'\n", argv[optind + 2]);
		return HS_EXIT_USAGE;
	}
	tool->token = argv[optind];
	tool->name = argv[optind + 1];
	if (tool->name && !strcmp(tool->name, "-") && !strcmp(tool->token, "-")) {
		fputs("hmmsim replay: expected standard input once, found it as TOKEN and as FILE\n",
		      stderr);
		return HS_EXIT_USAGE;
	}
	return 0;
}

static int replay_take_options(struct replay_tool *tool, int argc, char **argv)
{
	int option, code = 0;

	while (!code && (option = getopt_long(argc, argv, "j:qh", replay_options, NULL)) != -1) {
		if (option == 'j')
			code = hs_tool_take_output("replay", "json", &tool->to.json);
		else if (option == OPTION_TRACE)
			code = hs_tool_take_output("replay", "trace", &tool->to.trace);
		else if (option == 'q')
			tool->to.quiet = true;
		else if (option == 'h')
			tool->help = true;
		else
			code = HS_EXIT_USAGE; /* getopt_long() has printed why */
	}
	if (!code && !tool->help)
		code = replay_take_arguments(tool, argc, argv);
	return code == HS_EXIT_USAGE ? hs_tool_usage("replay") : code;
}

/* ---- the token --------------------------------------------------------------------------- */

/* The last line with anything in it. */
static char *replay_last_line(char *text, size_t length)
{
	char *begin;

	while (length && strchr(" \n\t\r", text[length - 1]))
		length--;
	text[length] = '\0';
	begin = strrchr(text, '\n');
	return begin ? begin + 1 : text;
}

static int replay_read_token(struct replay_tool *tool)
{
	char *bytes, *whole;
	size_t length;
	int code;

	if (strcmp(tool->token, "-"))
		return HS_EXIT_DONE;
	code = hs_input_read(&tool->mem, "-", &bytes, &length);
	tool->read = bytes;
	if (code)
		return code;
	whole = hs_hostmem_realloc(&tool->mem, bytes, length + 1);
	if (!whole)
		return hs_tool_no_memory("replay");
	tool->read = whole;
	tool->token = replay_last_line(whole, length);
	return HS_EXIT_DONE;
}

static int replay_refuse(const struct replay_tool *tool, const char *why)
{
	fprintf(stderr, "hmmsim replay: %s, found '%.100s'\n", why, tool->token);
	return HS_EXIT_USAGE;
}

/* What is wrong with it, if it is one at all. */
static int replay_refuse_token(const struct replay_tool *tool)
{
	char message[256];

	if (strncmp(tool->token, "hmmsim", 6) || !strchr(tool->token, ':') ||
	    !hs_token_check(tool->token, message, sizeof(message)))
		return replay_refuse(tool, "expected a token");
	fprintf(stderr, "hmmsim replay: %s\n", message);
	return HS_EXIT_USAGE;
}

/* ---- the execution ----------------------------------------------------------------------- */

static int replay_run(struct replay_tool *tool, const struct hs_race_source *source,
		      const char *race, char *settings)
{
	struct hs_scenario_setting setting[HS_RACE_SETTINGS];
	size_t count = hs_race_settings_split(settings, setting);
	struct hs_record record = { .scenario = NULL };
	struct hs_race_run run;
	int code = hs_race_run_load(source, race, setting, count, &run);

	if (!code) {
		run.options.search = HS_SEARCH_REPLAY;
		run.options.token = tool->token;
		run.options.timeline = tool->to.trace != NULL;
		code = hs_race_run_explore(source, &run);
	}
	if (!code && run.result.verdict == HS_VERDICT_DIVERGED) {
		fprintf(stderr, "hmmsim replay: %s\n", run.result.message);
		code = HS_EXIT_USAGE;
	}
	if (!code)
		code = hs_race_run_record(source, &tool->mem, &run, &record);
	if (!code)
		code = hs_publish(&tool->to, &tool->mem, &record, run.result.timeline);
	hs_record_free(&tool->mem, &record);
	hs_race_run_end(&run);
	return code;
}

/* Where the race is that is named, with its settings. */
static int replay_find(struct replay_tool *tool, char *name)
{
	struct hs_race_source source = { .read = NULL };
	char *settings = name;
	int code;

	strsep(&settings, ",");
	if (!tool->name && !hs_race_source_is_builtin(name))
		return replay_refuse(tool, "expected a FILE with the race that is named");
	code = hs_race_source_open(&tool->mem, "replay", tool->name ? tool->name : name, name,
				   &source);
	if (!code)
		code = replay_run(tool, &source, name, settings);
	hs_race_source_close(&tool->mem, &source);
	return code;
}

static int replay_token(struct replay_tool *tool)
{
	size_t size = strlen(tool->token) + 1;
	char *name = hs_hostmem_realloc(&tool->mem, NULL, size);
	int code;

	if (!name)
		return hs_tool_no_memory("replay");
	if (hs_token_name(tool->token, name, size))
		code = replay_refuse_token(tool);
	else
		code = replay_find(tool, name);
	hs_hostmem_free(&tool->mem, name);
	return code;
}

int hs_tool_replay(int argc, char **argv)
{
	struct replay_tool tool = { .to = { .verb = "replay" } };
	int code = replay_take_options(&tool, argc, argv);

	if (!code && tool.help)
		return hs_tool_help(tool_replay_help);
	if (!code)
		code = hs_publish_check(&tool.to, &tool.name, tool.name != NULL);
	if (!code)
		code = replay_read_token(&tool);
	if (!code)
		code = replay_token(&tool);
	hs_hostmem_free(&tool.mem, tool.read);
	return code;
}
