/* SPDX-License-Identifier: MIT */
/*
 * explore_options.c - the command line of hmmsim explore
 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "tool/explore.h"
#include "tool/options.h"

#define RANDOM_COUNT 1000 /* executions of a random search that has no other bound */

enum {
	OPTION_NUMBER = 256, /* + enum explore_number */
	OPTION_RACE = OPTION_NUMBER + EXPLORE_NUMBERS,
	OPTION_SET,
	OPTION_SEARCH,
	OPTION_MEMORY,
	OPTION_KEEP_GOING,
	OPTION_EXPECT,
	OPTION_EVERY,
	OPTION_TRACE,
	OPTION_MERGE
};

static const struct option explore_options_table[] = {
	{ "race", required_argument, NULL, OPTION_RACE },
	{ "set", required_argument, NULL, OPTION_SET },
	{ "search", required_argument, NULL, OPTION_SEARCH },
	{ "memory", required_argument, NULL, OPTION_MEMORY },
	{ "executions", required_argument, NULL, OPTION_NUMBER + EXPLORE_EXECUTIONS },
	{ "time", required_argument, NULL, OPTION_NUMBER + EXPLORE_TIME },
	{ "seed", required_argument, NULL, OPTION_NUMBER + EXPLORE_SEED },
	{ "first", required_argument, NULL, OPTION_NUMBER + EXPLORE_FIRST },
	{ "count", required_argument, NULL, OPTION_NUMBER + EXPLORE_COUNT },
	{ "bound", required_argument, NULL, OPTION_NUMBER + EXPLORE_BOUND },
	{ "depth", required_argument, NULL, OPTION_NUMBER + EXPLORE_DEPTH },
	{ "retry-bound", required_argument, NULL, OPTION_NUMBER + EXPLORE_RETRY_BOUND },
	{ "keep-going", no_argument, NULL, OPTION_KEEP_GOING },
	{ "expect", no_argument, NULL, OPTION_EXPECT },
	{ "every", no_argument, NULL, OPTION_EVERY },
	{ "merge", no_argument, NULL, OPTION_MERGE },
	{ "json", required_argument, NULL, 'j' },
	{ "trace", required_argument, NULL, OPTION_TRACE },
	{ "quiet", no_argument, NULL, 'q' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static const struct {
	const char *name;
	uint64_t low, high;
} explore_options_numbers[EXPLORE_NUMBERS] = {
	[EXPLORE_EXECUTIONS] = { "executions", 1, UINT64_MAX },
	[EXPLORE_TIME] = { "time", 1, UINT32_MAX / 1000 },
	[EXPLORE_SEED] = { "seed", 0, UINT64_MAX },
	[EXPLORE_FIRST] = { "first", 0, UINT64_MAX - 1 },
	[EXPLORE_COUNT] = { "count", 1, UINT64_MAX },
	[EXPLORE_BOUND] = { "bound", 0, UINT32_MAX },
	[EXPLORE_DEPTH] = { "depth", 1, 32 },
	[EXPLORE_RETRY_BOUND] = { "retry-bound", 0, UINT32_MAX },
};

/* ---- words ------------------------------------------------------------------------------- */

/* The searches of the command line: all but the replay, which has a verb. */
static const enum hs_search explore_options_searches[] = {
	HS_SEARCH_DFS,	 HS_SEARCH_SLEEP, HS_SEARCH_DPOR,      HS_SEARCH_RANDOM,
	HS_SEARCH_BOUND, HS_SEARCH_PCT,	  HS_SEARCH_PORTFOLIO,
};

#define SEARCHES ((int)(sizeof(explore_options_searches) / sizeof(explore_options_searches[0])))

static const char *explore_options_search_name(int i)
{
	return hs_record_search((int)explore_options_searches[i]);
}

static int explore_options_choose(const char *option, bool *given, const char *(*name)(int i),
				  int count, int *chosen)
{
	int code = hs_tool_once("explore", option, given);

	return code ? code : hs_tool_choose("explore", option, name, count, chosen);
}

static int explore_options_take_number(struct explore_tool *tool, enum explore_number n)
{
	return hs_tool_take_number("explore", explore_options_numbers[n].name,
				   &tool->number_given[n], explore_options_numbers[n].low,
				   explore_options_numbers[n].high, &tool->number[n]);
}

/* ---- things ------------------------------------------------------------------------------ */

static int explore_options_take_name(struct explore_tool *tool, const char *name)
{
	const char **names =
		hs_hostmem_grow(&tool->mem, tool->names, tool->name_count, sizeof(*names));

	if (!names)
		return hs_tool_no_memory("explore");
	tool->names = names;
	names[tool->name_count++] = name;
	return 0;
}

static int explore_options_refuse_set(const char *what)
{
	fprintf(stderr, "hmmsim explore: --set: expected %s, found '%s'\n", what, optarg);
	return HS_EXIT_USAGE;
}

static int explore_options_take_setting(struct explore_tool *tool)
{
	size_t n = tool->setting_count, length = strcspn(optarg, "=");
	struct hs_scenario_setting *settings;

	if (!length || !optarg[length] || !optarg[length + 1])
		return explore_options_refuse_set("AXIS=VALUE");
	if (n == HS_RACE_SETTINGS)
		return explore_options_refuse_set("no more axes than a race has");
	for (size_t i = 0; i < n; i++)
		if (strlen(tool->settings[i].name) == length &&
		    !memcmp(tool->settings[i].name, optarg, length))
			return explore_options_refuse_set("each AXIS once");
	settings = hs_hostmem_grow(&tool->mem, tool->settings, n, sizeof(*settings));
	if (!settings)
		return hs_tool_no_memory("explore");
	tool->settings = settings;
	optarg[length] = '\0';
	settings[n] = (struct hs_scenario_setting){ optarg, optarg + length + 1 };
	tool->setting_count++;
	return 0;
}

/* ---- options ----------------------------------------------------------------------------- */

static int explore_options_take_choice(struct explore_tool *tool, int option)
{
	int chosen = 0, ret;

	if (option == OPTION_SEARCH) {
		ret = explore_options_choose("search", &tool->search_given,
					     explore_options_search_name, SEARCHES, &chosen);
		if (!ret)
			tool->search = explore_options_searches[chosen];
		return ret;
	}
	ret = explore_options_choose("memory", &tool->memory_given, hs_record_memory,
				     HS_MEMORY_COUNT, &chosen);
	tool->memory = (enum hs_memory)chosen;
	return ret;
}

static int explore_options_take_race(struct explore_tool *tool)
{
	bool given = tool->race != NULL;

	tool->race = optarg;
	return hs_tool_once("explore", "race", &given);
}

static int explore_options_take_option(struct explore_tool *tool, int option)
{
	switch (option) {
	case OPTION_RACE:
		return explore_options_take_race(tool);
	case OPTION_SET:
		return explore_options_take_setting(tool);
	case OPTION_SEARCH:
	case OPTION_MEMORY:
		return explore_options_take_choice(tool, option);
	case OPTION_TRACE:
		return hs_tool_take_output("explore", "trace", &tool->to.trace);
	case 'j':
		return hs_tool_take_output("explore", "json", &tool->to.json);
	case OPTION_KEEP_GOING:
		tool->keep_going = true;
		return 0;
	case OPTION_EXPECT:
		tool->expect = true;
		return 0;
	case OPTION_EVERY:
		tool->every = true;
		return 0;
	case OPTION_MERGE:
		tool->merge = true;
		return 0;
	case 'q':
		tool->to.quiet = true;
		return 0;
	case 'h':
		tool->help = true;
		return 0;
	default:
		if (option >= OPTION_NUMBER && option < OPTION_RACE)
			return explore_options_take_number(
				tool, (enum explore_number)(option - OPTION_NUMBER));
		return HS_EXIT_USAGE; /* getopt_long() has printed why */
	}
}

/* ---- which go together ------------------------------------------------------------------- */

static int explore_options_refuse(const char *option, const char *why)
{
	fprintf(stderr, "hmmsim explore: --%s: %s\n", option, why);
	return HS_EXIT_USAGE;
}

/* The first option that says how to search; NULL: none was given. */
static const char *explore_options_of_search(const struct explore_tool *tool)
{
	if (tool->search_given)
		return "search";
	if (tool->memory_given)
		return "memory";
	for (int n = 0; n < EXPLORE_NUMBERS; n++)
		if (tool->number_given[n])
			return explore_options_numbers[n].name;
	return tool->keep_going ? "keep-going" : NULL;
}

static int explore_options_check_merge(const struct explore_tool *tool)
{
	const char *option = explore_options_of_search(tool);

	if (!option && tool->race)
		option = "race";
	if (!option && tool->setting_count)
		option = "set";
	if (!option && tool->to.trace)
		option = "trace";
	if (!option && tool->expect)
		option = "expect";
	if (!option && tool->every)
		option = "every";
	return option ? explore_options_refuse(option, "not with --merge, whose files say it") : 0;
}

/* --expect and --every run several searches. */
static int explore_options_check_several(const struct explore_tool *tool)
{
	const char *option = tool->expect ? explore_options_of_search(tool) : NULL;

	if (tool->expect && tool->every)
		return explore_options_refuse("every", "not with --expect");
	if (option)
		return explore_options_refuse(
			option, "not with --expect, which is about the search that the text means");
	if (tool->to.json)
		return explore_options_refuse("json", "not with --expect or --every");
	if (tool->to.trace)
		return explore_options_refuse("trace", "not with --expect or --every");
	return 0;
}

static int explore_options_check_search(const struct explore_tool *tool)
{
	bool random = hs_record_is_random(tool->search);
	const bool *given = tool->number_given;
	uint64_t first = tool->number[EXPLORE_FIRST];

	if (given[EXPLORE_FIRST] && !random)
		return explore_options_refuse("first", "expected with a random search");
	if (given[EXPLORE_COUNT] && !random)
		return explore_options_refuse("count", "expected with a random search");
	if (given[EXPLORE_COUNT] && given[EXPLORE_EXECUTIONS])
		return explore_options_refuse("executions",
					      "not with --count, which means the same");
	if (given[EXPLORE_BOUND] && tool->search != HS_SEARCH_BOUND)
		return explore_options_refuse("bound", "expected with --search=bound");
	if (given[EXPLORE_DEPTH] && tool->search != HS_SEARCH_PCT)
		return explore_options_refuse("depth", "expected with --search=pct");
	if (random && (tool->number[EXPLORE_COUNT] > UINT64_MAX - first ||
		       tool->number[EXPLORE_EXECUTIONS] > UINT64_MAX - first))
		return explore_options_refuse("first", "expected indices below 2^64");
	return 0;
}

static int explore_options_check(const struct explore_tool *tool)
{
	int code;

	if (!tool->name_count) {
		fprintf(stderr, "hmmsim explore: a FILE%s is missing\n",
			tool->merge ? "" : " or NAME");
		return HS_EXIT_USAGE;
	}
	if (tool->merge)
		return explore_options_check_merge(tool);
	if (tool->name_count > 1) {
		fprintf(stderr, "hmmsim explore: unexpected argument '%s'\n", tool->names[1]);
		return HS_EXIT_USAGE;
	}
	code = explore_options_check_search(tool);
	if (!code && (tool->expect || tool->every))
		code = explore_options_check_several(tool);
	return code;
}

int hs_explore_options(struct explore_tool *tool, int argc, char **argv)
{
	int option, ret = 0;

	tool->search = HS_SEARCH_DPOR;
	while (!ret &&
	       (option = getopt_long(argc, argv, "j:qh", explore_options_table, NULL)) != -1)
		ret = explore_options_take_option(tool, option);
	for (int i = optind; !ret && i < argc; i++)
		ret = explore_options_take_name(tool, argv[i]);
	if (!ret && !tool->help)
		ret = explore_options_check(tool);
	return ret == HS_EXIT_USAGE ? hs_tool_usage("explore") : ret;
}

/* ---- for the explorer -------------------------------------------------------------------- */

static uint64_t explore_options_count(const struct explore_tool *tool)
{
	if (tool->number_given[EXPLORE_COUNT])
		return tool->number[EXPLORE_COUNT];
	if (tool->number_given[EXPLORE_EXECUTIONS])
		return tool->number[EXPLORE_EXECUTIONS];
	if (!hs_record_is_random(tool->search))
		return 0;
	return tool->number_given[EXPLORE_TIME] ? UINT64_MAX - tool->number[EXPLORE_FIRST]
						: RANDOM_COUNT;
}

void hs_explore_set_options(const struct explore_tool *tool, struct hs_explore_options *options)
{
	const bool *given = tool->number_given;
	const uint64_t *number = tool->number;

	options->search = tool->search;
	options->max_executions = explore_options_count(tool);
	options->first = number[EXPLORE_FIRST];
	options->time_limit_ms = (uint32_t)number[EXPLORE_TIME] * 1000;
	options->go_on = tool->keep_going;
	if (tool->memory_given)
		options->memory = tool->memory;
	if (given[EXPLORE_SEED])
		options->seed = number[EXPLORE_SEED];
	if (given[EXPLORE_BOUND])
		options->bound = (uint32_t)number[EXPLORE_BOUND];
	if (given[EXPLORE_DEPTH])
		options->depth = (uint32_t)number[EXPLORE_DEPTH];
	if (given[EXPLORE_RETRY_BOUND])
		options->retry_bound = (uint32_t)number[EXPLORE_RETRY_BOUND];
}
