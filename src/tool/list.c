/* SPDX-License-Identifier: MIT */
/*
 * list.c - hmmsim list: what there is to choose from, a line an item
 */
#include <getopt.h>
#include <stdio.h>

#include <hmmsim/walk.h>

#include "text/builtin.h"
#include "cost/cost.h"
#include "tool/tool.h"

static const char help[] =
	"Usage: hmmsim list [OPTION...]\n"
	"\n"
	"Prints verbs, walkers, strategies, bodies, geometries and built-in layouts, one a line, each\n"
	"after its kind; a layout's name is followed by what is in it.\n"
	"\n"
	"  -c, --costs         instead: the cost profiles light and distro. What the kernel would\n"
	"                      need for a walk is predicted as a sum of counts times these ns\n"
	"  -p, --profile=FILE  as --costs, but the profile in FILE alone (- is standard input)\n"
	"  -h, --help          this text\n"
	"\n"
	"A profile is printed as the text that --profile takes:\n"
	"\n"
	"  hmmsim 1\n"
	"  profile NAME [base=light|distro]\n"
	"  cost CLASS NS [estimated]\n"
	"\n"
	"with a line for each class; those left out are the base's, if one is named. Below it, as\n"
	"comments, is what was measured in the base's build of Linux v6.12 and what the profile\n"
	"predicts there. Error is the prediction's, against the middle of a range. From a row with\n"
	"the word used a cost of the built-in profile was derived: its error says nothing.\n";

static const struct option options[] = {
	{ "costs", no_argument, NULL, 'c' },
	{ "profile", required_argument, NULL, 'p' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static int list_names(void)
{
	for (const struct hs_verb *verb = hs_verbs; verb->name; verb++)
		printf("verb %s\n", verb->name);
	for (int era = 0; era < HS_ERA_COUNT; era++)
		printf("walker %s\n", hs_era_name((enum hs_era)era));
	for (int strategy = 0; strategy < HS_STRATEGY_CUSTOM; strategy++)
		printf("strategy %s\n", hs_strategy_name((enum hs_strategy)strategy));
	for (int body = 0; body < HS_BODY_COUNT; body++)
		printf("body %s\n", hs_body_name((enum hs_body)body));
	for (int id = 0; id < HS_GEOMETRY_COUNT; id++)
		printf("geometry %s\n", hs_geometry((enum hs_geometry_id)id)->name);
	for (unsigned int i = 0; i < hs_builtin_count(); i++)
		printf("layout %-13s %s\n", hs_builtin_name(i), hs_builtin_summary(i));
	return hs_tool_flush();
}

/* ---- costs ------------------------------------------------------------------------------- */

static void print_profile(const struct hs_cost_profile *profile, struct hs_out *out)
{
	hs_cost_print(profile, out);
	hs_cost_error_table(profile, out);
}

static int print_file(struct hs_hostmem *mem, const char *name, struct hs_out *out)
{
	struct hs_cost_profile profile;
	struct hs_text text;
	size_t length;
	char *bytes;
	int code = hs_tool_read(mem, name, &bytes, &length);

	if (!code) {
		hs_text_init(&text, mem, hs_tool_file_name(name), bytes, length);
		if (!hs_cost_parse(&text, &profile)) {
			print_profile(&profile, out);
		} else {
			fprintf(stderr, "%s\n", text.error);
			code = HS_EXIT_USAGE;
		}
	}
	hs_hostmem_free(mem, bytes);
	return code;
}

/* @file is NULL: the built-in ones. */
static int list_costs(const char *file)
{
	struct hs_hostmem mem = { .attempts = 0 };
	struct hs_out out = { .mem = &mem };
	int code = 0;

	if (file)
		code = print_file(&mem, file, &out);
	for (int b = 0; !file && b < HS_COST_BUILD_COUNT; b++) {
		if (b)
			hs_out_char(&out, '\n');
		print_profile(hs_cost_builtin((enum hs_cost_build)b), &out);
	}
	if (out.failed) {
		fputs("hmmsim list: out of memory\n", stderr);
		code = HS_EXIT_INTERNAL;
	}
	if (!code && out.used)
		fwrite(out.bytes, 1, out.used, stdout);
	hs_out_free(&out);
	return code ? code : hs_tool_flush();
}

int hs_tool_list(int argc, char **argv)
{
	const char *file = NULL;
	bool costs = false;
	int option;

	while ((option = getopt_long(argc, argv, "cp:h", options, NULL)) != -1) {
		switch (option) {
		case 'c':
			costs = true;
			break;
		case 'p':
			file = optarg;
			break;
		case 'h':
			return hs_tool_help(help);
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
