/* SPDX-License-Identifier: MIT */
/*
 * list.c - hmmsim list: prints what there is to choose from, one item a line
 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include <hmmsim/scenario.h>
#include <hmmsim/walk.h>

#include "cost/cost.h"
#include "text/builtin.h"
#include "text/race_builtin.h"
#include "tool/files.h"
#include "tool/options.h"

#define LIST_ERROR 1024

static const char list_help[] =
	"Usage: hmmsim list [OPTION...]\n"
	"\n"
	"Prints what there is to choose from, one item a line, each after its kind:\n"
	"verbs, walkers, strategies, bodies, built-in layouts and races. The line of a\n"
	"layout also says what is in it, that of a race what it is about.\n"
	"\n"
	"  -c, --costs         prints the cost profiles light and distro instead\n"
	"  -p, --profile=FILE  prints the cost profile in FILE instead (- is standard\n"
	"                      input)\n"
	"  -h, --help          prints this text\n"
	"\n"
	"A cost profile says how many ns the kernel takes for each of the things that a\n"
	"walk counts. hmmsim compare predicts the cost of a walk as the sum of counts\n"
	"times ns. A profile is printed as the text that --profile reads, with a line for\n"
	"each class:\n"
	"\n"
	"  hmmsim 1\n"
	"  profile NAME [base=light|distro]\n"
	"  cost CLASS NS [estimated]\n"
	"\n"
	"A class that the text leaves out has the ns of the base, if a base is named.\n"
	"Comment lines below compare the predictions of the profile with what was\n"
	"measured in the base's build of Linux v6.12. The error is that of the prediction\n"
	"against the measured value, or against the middle of a measured range. An error\n"
	"in a row with the word used says nothing about the built-in profile, because one\n"
	"of its costs was derived from that row.\n";

static const struct option list_options[] = {
	{ "costs", no_argument, NULL, 'c' },
	{ "profile", required_argument, NULL, 'p' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

/* The width of the names, which a first pass finds; 0: that is this one. */
struct list_columns {
	int width, widest;
};

static int list_race(void *ctx, const struct hs_scenario_race *race)
{
	struct list_columns *columns = ctx;
	int length = (int)strlen(race->name);

	if (columns->width)
		printf("race %-*s %s\n", columns->width, race->name,
		       race->about ? race->about : "");
	else if (length > columns->widest)
		columns->widest = length;
	return 0;
}

static int list_races(struct list_columns *columns)
{
	const struct hs_race_builtin *text;
	char error[LIST_ERROR];
	int ret = 0;

	for (size_t i = 0; !ret && (text = hs_race_builtin(i)) != NULL; i++)
		ret = hs_scenario_races(text->file, text->bytes, text->length, list_race, columns,
					error, sizeof(error));
	if (!ret)
		return HS_EXIT_DONE;
	fprintf(stderr, "%s\n", error);
	return HS_EXIT_INTERNAL;
}

static int list_names(void)
{
	struct list_columns columns = { .width = 0 };
	int code;

	for (int verb = 0; verb < HS_VERB_COUNT; verb++)
		printf("verb %s\n", hs_verb_texts[verb].name);
	for (int era = 0; era < HS_ERA_COUNT; era++)
		printf("walker %s\n", hs_era_name((enum hs_era)era));
	for (int strategy = 0; strategy < HS_STRATEGY_BUILTIN_COUNT; strategy++)
		printf("strategy %s\n", hs_strategy_name((enum hs_strategy)strategy));
	for (int body = 0; body < HS_BODY_COUNT; body++)
		printf("body %s\n", hs_body_name((enum hs_body)body));
	for (unsigned int i = 0; i < hs_builtin_count(); i++)
		printf("layout %-13s %s\n", hs_builtin_name(i), hs_builtin_summary(i));
	code = list_races(&columns);
	columns.width = columns.widest;
	if (!code)
		code = list_races(&columns);
	return code ? code : hs_tool_flush();
}

/* ---- costs ------------------------------------------------------------------------------- */

static void list_print_profile(const struct hs_cost_profile *profile, struct hs_out *out)
{
	hs_cost_print(profile, out);
	hs_cost_error_table(profile, out);
}

static int list_print_file(struct hs_hostmem *mem, const char *name, struct hs_out *out)
{
	struct hs_cost_profile profile;
	struct hs_text text;
	size_t length;
	char *bytes;
	int code = hs_input_read(mem, name, &bytes, &length);

	if (!code) {
		hs_text_init(&text, mem, hs_input_name(name), bytes, length);
		if (!hs_cost_parse(&text, &profile)) {
			list_print_profile(&profile, out);
		} else {
			fprintf(stderr, "%s\n", text.error);
			code = HS_EXIT_USAGE;
		}
	}
	hs_hostmem_free(mem, bytes);
	return code;
}

/* Prints the profile in @file, or the built-in ones if that is NULL. */
static int list_costs(const char *file)
{
	struct hs_hostmem mem = { .attempts = 0 };
	struct hs_out out = { .mem = &mem };
	int code = 0;

	if (file)
		code = list_print_file(&mem, file, &out);
	for (int b = 0; !file && b < HS_COST_BUILD_COUNT; b++) {
		if (b)
			hs_out_char(&out, '\n');
		list_print_profile(hs_cost_builtin((enum hs_cost_build)b), &out);
	}
	if (out.failed)
		code = hs_tool_no_memory("list");
	if (!code)
		code = hs_tool_print(out.bytes, out.used);
	hs_out_free(&out);
	return code ? code : hs_tool_flush();
}

int hs_tool_list(int argc, char **argv)
{
	const char *file = NULL;
	bool costs = false, given = false;
	int option;

	while ((option = getopt_long(argc, argv, "cp:h", list_options, NULL)) != -1) {
		switch (option) {
		case 'c':
			costs = true;
			break;
		case 'p':
			if (hs_tool_once("list", "profile", &given))
				return hs_tool_usage("list");
			file = optarg;
			break;
		case 'h':
			return hs_tool_help(list_help);
		default:
			return hs_tool_usage("list");
		}
	}
	if (optind < argc) {
		fprintf(stderr, "hmmsim list: unexpected argument '%s'\n", argv[optind]);
		return hs_tool_usage("list");
	}
	return costs || file ? list_costs(file) : list_names();
}
