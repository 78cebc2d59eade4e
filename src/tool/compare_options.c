/* SPDX-License-Identifier: MIT */
/*
 * compare_options.c - the command line of hmmsim compare
 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "tool/compare.h"
#include "tool/files.h"
#include "tool/plot.h"

#define REPETITIONS 15
#define SLEEP_MAX 1000

enum {
	OPTION_OWNER = 256,
	OPTION_NO_TIME,
	OPTION_REPETITIONS,
	OPTION_PLOT,
	OPTION_SLEEP,
	OPTION_ATOMIC,
	OPTION_MIGRATE
};

static const struct option compare_options_table[] = {
	{ "layout", required_argument, NULL, 'l' },
	{ "walker", required_argument, NULL, 'w' },
	{ "strategy", required_argument, NULL, 's' },
	{ "body", required_argument, NULL, 'b' },
	{ "request", required_argument, NULL, 'r' },
	{ "owner", required_argument, NULL, OPTION_OWNER },
	{ "device", required_argument, NULL, 'd' },
	{ "profile", required_argument, NULL, 'p' },
	{ "removal", no_argument, NULL, 't' },
	{ "teardown", no_argument, NULL, 't' }, /* the name of --removal in 0.1 */
	{ "sleep", required_argument, NULL, OPTION_SLEEP },
	{ "atomic", no_argument, NULL, OPTION_ATOMIC },
	{ "migrate", optional_argument, NULL, OPTION_MIGRATE },
	{ "no-time", no_argument, NULL, OPTION_NO_TIME },
	{ "repetitions", required_argument, NULL, OPTION_REPETITIONS },
	{ "json", required_argument, NULL, 'j' },
	{ "plot", required_argument, NULL, OPTION_PLOT },
	{ "check", no_argument, NULL, 'c' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

/* ---- words ------------------------------------------------------------------------------- */

static const char *compare_options_request_name(int i)
{
	return hs_request_names[i];
}

static const char *compare_options_back_name(int i)
{
	return hs_moves_back_names[i];
}

static int compare_options_choose(const char *option, const char *(*name)(int i), int count,
				  int *chosen)
{
	return hs_tool_choose("compare", option, name, count, chosen);
}

/* ---- things ------------------------------------------------------------------------------ */

static int compare_options_take_source(struct compare_tool *tool, const char *name, bool builtin)
{
	size_t n = tool->source_count;
	struct compare_source *sources =
		hs_hostmem_grow(&tool->mem, tool->sources, n, sizeof(*sources));

	if (!sources)
		return hs_tool_no_memory("compare");
	tool->sources = sources;
	sources[tool->source_count++] = (struct compare_source){ name, builtin };
	return 0;
}

/* Names must differ, because predictions are found by the names of their profiles. */
static int compare_options_check_profile(const struct compare_tool *tool, unsigned int n)
{
	const char *name = tool->profiles[n].name;

	for (unsigned int i = 0; i < n; i++)
		if (!strcmp(tool->profiles[i].name, name)) {
			fprintf(stderr,
				"hmmsim compare: --profile: expected profiles of different names, "
				"found two that are called %s\n",
				name);
			return HS_EXIT_USAGE;
		}
	return 0;
}

static int compare_options_take_profile(struct compare_tool *tool)
{
	unsigned int n = tool->asked.profile_count;
	struct hs_text text;
	size_t length;
	char *bytes;
	int code;

	if (n == HS_REPORT_PROFILES) {
		fprintf(stderr, "hmmsim compare: --profile: expected at most %u times\n", n);
		return HS_EXIT_USAGE;
	}
	code = hs_input_read(&tool->mem, optarg, &bytes, &length);
	if (!code) {
		hs_text_init(&text, &tool->mem, hs_input_name(optarg), bytes, length);
		if (hs_cost_parse(&text, &tool->profiles[n])) {
			fprintf(stderr, "%s\n", text.error);
			code = HS_EXIT_USAGE;
		}
	}
	if (!code)
		code = compare_options_check_profile(tool, n);
	hs_hostmem_free(&tool->mem, bytes);
	tool->asked.profiles[n] = &tool->profiles[n];
	tool->profile_files[n] = optarg;
	tool->asked.profile_count += !code;
	return code;
}

static int compare_options_take_plot(struct compare_tool *tool)
{
	size_t length = strlen(optarg);
	int code = hs_tool_take_output("compare", "plot", &tool->plot);

	if (code)
		return code;
	if (length < 5 || strcmp(optarg + length - 4, ".svg")) {
		fprintf(stderr, "hmmsim compare: --plot: expected FILE.svg, found '%s'\n", optarg);
		return HS_EXIT_USAGE;
	}
	if (hs_plot_possible())
		return 0;
	fputs("hmmsim compare: --plot: gnuplot is missing (Debian: gnuplot-nox)\n", stderr);
	return HS_EXIT_USAGE;
}

/* ---- options ----------------------------------------------------------------------------- */

static int compare_options_take_choice(struct compare_tool *tool, int option)
{
	int chosen = 0, ret;

	switch (option) {
	case 'w':
		ret = compare_options_choose("walker", hs_tool_walker, HS_ERA_COUNT, &chosen);
		if (!ret)
			tool->asked.eras[chosen] = true;
		return ret;
	case 's':
		ret = compare_options_choose("strategy", hs_tool_strategy,
					     HS_STRATEGY_BUILTIN_COUNT, &chosen);
		if (!ret)
			tool->asked.strategies[chosen] = true;
		return ret;
	case 'b':
		ret = hs_tool_once("compare", "body", &tool->body_given);
		if (ret)
			return ret;
		ret = compare_options_choose("body", hs_tool_body, HS_BODY_COUNT, &chosen);
		tool->set.body = (enum hs_body)chosen;
		return ret;
	default:
		ret = hs_tool_once("compare", "request", &tool->request_given);
		if (ret)
			return ret;
		ret = compare_options_choose("request", compare_options_request_name,
					     HS_REQUEST_COUNT, &chosen);
		tool->set.request = (enum hs_compare_request)chosen;
		return ret;
	}
}

/* --sleep and --atomic imply --removal. */
static int compare_options_take_removal(struct compare_tool *tool, int option)
{
	uint64_t number = 0;
	int ret = 0;

	tool->removal = true;
	if (option == OPTION_ATOMIC)
		tool->asked.atomic = true;
	if (option == OPTION_SLEEP) {
		ret = hs_tool_take_number("compare", "sleep", &tool->sleep_given, 1, SLEEP_MAX,
					  &number);
		tool->asked.sleep = (uint32_t)number;
	}
	return ret;
}

static int compare_options_take_migrate(struct compare_tool *tool)
{
	int chosen = HS_MOVES_BACK_FAULT;
	int ret = hs_tool_once("compare", "migrate", &tool->migrate);

	if (!ret && optarg)
		ret = compare_options_choose("migrate", compare_options_back_name,
					     HS_MOVES_BACK_COUNT, &chosen);
	tool->back = (enum hs_moves_back)chosen;
	return ret;
}

static int compare_options_take_option(struct compare_tool *tool, int option)
{
	uint64_t number = 0;
	int ret;

	switch (option) {
	case 'w':
	case 's':
	case 'b':
	case 'r':
		return compare_options_take_choice(tool, option);
	case 'l':
		return compare_options_take_source(tool, optarg, true);
	case 'd':
		return hs_tool_take_device("compare", optarg, &tool->mem, &tool->devices);
	case 'p':
		return compare_options_take_profile(tool);
	case OPTION_OWNER:
		return hs_tool_take_number("compare", "owner", &tool->owner_given, 0, UINT64_MAX,
					   &tool->set.owner);
	case 't':
	case OPTION_SLEEP:
	case OPTION_ATOMIC:
		return compare_options_take_removal(tool, option);
	case OPTION_MIGRATE:
		return compare_options_take_migrate(tool);
	case OPTION_NO_TIME:
		tool->asked.repetitions = 0;
		return 0;
	case OPTION_REPETITIONS:
		ret = hs_tool_take_number("compare", "repetitions", &tool->repetitions_given, 1,
					  HS_REPORT_REPETITIONS, &number);
		tool->asked.repetitions = (unsigned int)number;
		return ret;
	case OPTION_PLOT:
		return compare_options_take_plot(tool);
	case 'j':
		return hs_tool_take_output("compare", "json", &tool->json);
	default:
		return hs_tool_take_flag(option, &tool->check, &tool->help);
	}
}

/* A walker, strategy or profile that no option restricts means all of them. */
static void compare_options_set_defaults(struct compare_tool *tool)
{
	struct hs_report_asked *asked = &tool->asked;

	if (!memchr(asked->eras, true, sizeof(asked->eras)))
		memset(asked->eras, true, sizeof(asked->eras));
	if (!memchr(asked->strategies, true, sizeof(asked->strategies)))
		memset(asked->strategies, true, HS_STRATEGY_BUILTIN_COUNT);
	for (int b = 0; !tool->profiles[0].name[0] && b < HS_COST_BUILD_COUNT; b++)
		asked->profiles[asked->profile_count++] = hs_cost_builtin((enum hs_cost_build)b);
}

/* Without times there must be predictions, which only the walker of 6.12 has. */
static int compare_options_check_plot(const struct compare_tool *tool)
{
	if (!tool->plot || tool->help || tool->asked.repetitions || tool->asked.eras[HS_ERA_6_12])
		return 0;
	fputs("hmmsim compare: --plot: there is nothing to draw: nothing is measured, and predicted "
	      "for 6.12 only\n",
	      stderr);
	return HS_EXIT_USAGE;
}

int hs_compare_options(struct compare_tool *tool, int argc, char **argv)
{
	int option, ret = 0;

	tool->asked.repetitions = REPETITIONS;
	tool->asked.repetition_ns = 1e6;
	while (!ret && (option = getopt_long(argc, argv, "l:w:s:b:r:d:p:tj:ch",
					     compare_options_table, NULL)) != -1)
		ret = compare_options_take_option(tool, option);
	for (int i = optind; !ret && i < argc; i++)
		ret = compare_options_take_source(tool, argv[i], false);
	compare_options_set_defaults(tool);
	if (!ret)
		ret = compare_options_check_plot(tool);
	return ret == HS_EXIT_USAGE ? hs_tool_usage("compare") : ret;
}
