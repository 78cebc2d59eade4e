/* SPDX-License-Identifier: MIT */
/*
 * explore.c - hmmsim explore: runs a race under every schedule that matters
 */
#include "tool/explore.h"

#include "tool/options.h"

static const char tool_explore_help[] =
	"Usage: hmmsim explore [OPTION...] FILE|NAME\n"
	"       hmmsim explore --merge [--json=FILE] FILE...\n"
	"\n"
	"Runs a race, a small concurrent program as text, under every schedule that\n"
	"matters, and says whether what it says must hold does. NAME is a built-in race\n"
	"(hmmsim list), FILE has one or more (- is standard input; ./NAME is always a\n"
	"file).\n"
	"\n"
	"      --race=NAME        which race of FILE (default: its first)\n"
	"      --set=AXIS=VALUE   replaces the value of an axis; for each axis once\n"
	"      --every            runs each combination of the axes that --set leaves: a\n"
	"                         table of verdicts\n"
	"      --expect           compares with what the text expects: its runs with the\n"
	"                         settings of --set, or all that it names\n"
	"\n"
	"  How to search:\n"
	"      --search=NAME      dpor (default), sleep: an execution of each class of\n"
	"                         equal ones; dfs: every interleaving; bound: those with\n"
	"                         few preemptions; random, pct, portfolio: chosen at\n"
	"                         random, by index\n"
	"      --memory=sc|views  sc: a load sees the newest store; views: also older\n"
	"                         ones, as C11 allows (default: what the text says)\n"
	"      --executions=N     at most (default: no bound; of a random search 1000, or\n"
	"                         no bound with --time)\n"
	"      --time=S           at most, in seconds\n"
	"      --seed=N           of a random search, and of the machine (default 1)\n"
	"      --first=N          index of the first execution of a random search\n"
	"                         (default 0)\n"
	"      --count=N          how many executions from there on; as --executions\n"
	"      --bound=N          preemptions with --search=bound (default 2)\n"
	"      --depth=N          with --search=pct: how many steps must come in a\n"
	"                         certain order (default 3)\n"
	"      --retry-bound=N    how often a task may try again, 0: as often as it does\n"
	"                         (default: what the text says)\n"
	"      --keep-going       counts violations instead of stopping at the first\n"
	"\n"
	"  Output:\n"
	"  -j, --json=FILE        writes what was asked and found (-: instead of text)\n"
	"      --trace=FILE       writes the execution of the violation as a trace that\n"
	"                         Perfetto draws\n"
	"  -q, --quiet            prints no report\n"
	"      --merge            joins the files that --json has written for parts of\n"
	"                         one random search, ranges of --first and --count\n"
	"  -h, --help             prints this text\n"
	"\n"
	"The first line has the verdict; steps that no execution has done follow. A\n"
	"violation comes with a report, one column a task and one line a step, and the\n"
	"last line is a token: hmmsim replay TOKEN runs the same execution again.\n"
	"src/tool/README.md of the sources says more.\n"
	"\n"
	"Exit status:\n"
	"  0  what must hold holds; with --expect: all is as expected\n"
	"  1  a violation was found; with --expect: something is not as expected\n"
	"  2  wrong usage, or bad input\n"
	"  3  no violation, but a bound was reached: there are executions without a\n"
	"     verdict, as after any random search; or a step was never done, or what\n"
	"     the text is about (reached) never came up\n"
	"  4  internal error, or an output cannot be written\n";

/* ---- one search -------------------------------------------------------------------------- */

static int tool_explore_one(struct explore_tool *tool, const struct hs_race_source *source)
{
	struct hs_record record = { .scenario = NULL };
	struct hs_race_run run;
	int code = hs_race_run_load(source, NULL, tool->settings, tool->setting_count, &run);

	if (!code) {
		hs_explore_set_options(tool, &run.options);
		run.options.timeline = tool->to.trace != NULL;
		code = hs_race_run_explore(source, &run);
	}
	if (!code)
		code = hs_race_run_record(source, &tool->mem, &run, &record);
	if (!code)
		code = hs_publish(&tool->to, &tool->mem, &record, run.result.timeline);
	hs_record_free(&tool->mem, &record);
	hs_race_run_end(&run);
	return code;
}

static int tool_explore_source(struct explore_tool *tool)
{
	struct hs_race_source source;
	int code = hs_race_source_open(&tool->mem, "explore", tool->names[0], tool->race, &source);

	if (!code && (tool->every || tool->expect))
		code = hs_explore_several(tool, &source);
	else if (!code)
		code = tool_explore_one(tool, &source);
	hs_race_source_close(&tool->mem, &source);
	return code;
}

/* ---- the verb ---------------------------------------------------------------------------- */

static void tool_explore_free(struct explore_tool *tool)
{
	hs_hostmem_free(&tool->mem, tool->settings);
	hs_hostmem_free(&tool->mem, tool->names);
}

int hs_tool_explore(int argc, char **argv)
{
	struct explore_tool tool = { .to = { .verb = "explore" } };
	int code = hs_explore_options(&tool, argc, argv);

	if (!code && tool.help)
		code = hs_tool_help(tool_explore_help);
	else if (!code && tool.merge)
		code = hs_explore_merge(&tool);
	else if (!code) {
		code = hs_publish_check(&tool.to, tool.names, 1);
		if (!code)
			code = tool_explore_source(&tool);
	}
	tool_explore_free(&tool);
	return code;
}
