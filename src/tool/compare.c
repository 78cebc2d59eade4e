/* SPDX-License-Identifier: MIT */
/*
 * compare.c - hmmsim compare: walks layouts with every strategy and prints them side by side
 */
#include "tool/compare.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include <hmmsim/hmmsim.h>

#include "compare/removal_report.h"
#include "text/error_name.h"
#include "text/json.h"
#include "tool/clock.h"
#include "tool/output.h"
#include "tool/plot.h"

static const char tool_compare_help[] =
	"Usage: hmmsim compare [OPTION...] [FILE...]\n"
	"\n"
	"Walks layouts with every strategy and prints what each one costs. The layouts\n"
	"are those in each FILE (- is standard input), as hmmsim capture prints them, and\n"
	"built-in ones. Without any it walks ten built-in layouts. Counts are exact,\n"
	"costs are predicted from the counts, times are measured on this machine.\n"
	"\n"
	"A FILE may also hold walk scenarios (see hmmsim walk). Of a scenario it takes\n"
	"the VMAs, entries and pgmaps in the range of req, the flags F and FW as the\n"
	"request, and OWNER. If the scenario scripts anything else that changes the walk\n"
	"(faults, waits, checks, slots or snapshots) it is refused; with --request that\n"
	"is left out instead.\n"
	"\n"
	"  -l, --layout=NAME[:SIZE]  walks a built-in layout (see hmmsim list), 64M large\n"
	"                            without SIZE; may be repeated\n"
	"  -w, --walker=5.3|6.12     walks with this walker only; may be repeated\n"
	"  -s, --strategy=NAME       walks with this strategy only; may be repeated\n"
	"  -b, --body=NAME           reference (slow and obvious) or plain (default)\n"
	"  -r, --request=WHAT        none: takes a snapshot; read, write: faults\n"
	"                            everything in (default none, for the built-in layout\n"
	"                            holes read)\n"
	"      --owner=K             accepts device-private pages of owner K (default 1)\n"
	"  -d, --device=PATTERN=...  puts a part of every layout on device memory, see\n"
	"                            hmmsim capture\n"
	"  -p, --profile=FILE        predicts with this cost profile (see hmmsim list)\n"
	"                            instead of light and distro; up to 4 times\n"
	"      --no-time             measures nothing: the output is the same on every\n"
	"                            machine\n"
	"      --repetitions=N       measures each walk N times (default 15)\n"
	"  -j, --json=FILE           writes all figures in the schema of Google Benchmark\n"
	"                            (- is standard output, in place of the tables)\n"
	"      --plot=FILE.svg       draws ns a page by layout and strategy (needs\n"
	"                            gnuplot)\n"
	"  -t, --removal             also removes device memory while the walk runs, once\n"
	"                            for every kind of point at which the removal can\n"
	"                            begin; --teardown is the old name of this option\n"
	"      --sleep=N             implies --removal; each fault and wait sleeps for N\n"
	"                            points, and a removal can begin at these too\n"
	"      --atomic              implies --removal; the reference is atomic from the\n"
	"                            start, so that the kill needs no grace period\n"
	"      --migrate[=HOW]       also migrates memory as the layout says, or all\n"
	"                            anonymous memory to a private pgmap; then back by\n"
	"                            HOW, fault (default) or range, or by evictions; and\n"
	"                            walks before and after it\n"
	"  -c, --check               makes the verdicts the exit status\n"
	"  -h, --help                prints this text\n"
	"\n"
	"Exit status:\n"
	"  0  done; without --check also if there are violations\n"
	"  1  with --check: a violation: a leak, a livelock, a bad entry, a verdict that\n"
	"     is not ok\n"
	"  2  wrong usage, or bad input\n"
	"  3  with --check: no violation, but a bound was reached and a part has no\n"
	"     verdict: the whole range is too large for a call, or a removal or migration\n"
	"     was asked for and could not be tried\n"
	"  4  internal error, or an output cannot be written\n";

static const char tool_compare_columns_help[] =
	"\n"
	"Columns of the table of counts and predictions:\n"
	"  calls    calls of get_dev_pagemap()\n"
	"  hits     calls that the cached pgmap answered\n"
	"  lookups  calls that searched the index\n"
	"  refs     references taken\n"
	"  puts     references put\n"
	"  leaked   references that are never put\n"
	"  faults   faults\n"
	"  held     faults, and waits for migration entries, entered with a reference\n"
	"           held\n"
	"  passes   page walks begun\n"
	"  answer   ok, or the error and how many calls returned it (-EFAULTx2); or\n"
	"           livelock: 64 passes in which nothing happened, as with a dead pgmap,\n"
	"           and the walk was ended\n"
	"  light    ns a page, predicted for Linux v6.12 with this profile; nothing is\n"
	"           predicted for the walker of 5.3. The same for distro and other\n"
	"           profiles\n"
	"  x none   times the figure of strategy none\n"
	"\n"
	"A line below the tables counts bad entries, where the kernel would report a bug:\n"
	"  badpte   special entries in a VMA that should have none (6.12)\n"
	"\n"
	"Columns of the table of times: ns a page in the simulator, median with the 10th\n"
	"and the 90th percentile, and the same of a call for one page.\n"
	"\n"
	"A row A..B in a table of calls of one page stands for the strategies from A to B\n"
	"that are asked for, because all their figures are equal.\n"
	"\n"
	"Columns of --removal, where a count is the maximum over all removals tried:\n"
	"  removal  correct: the driver disables and invalidates before it kills;\n"
	"           kill-first: it kills before that\n"
	"  plays    removals that were tried, one for each point at which one can begin\n"
	"  inside   removals that were drained before the call of the walker returned\n"
	"  pages    pages that were walked while a reference held up the drain; the same\n"
	"           for tables, faults and waits\n"
	"  rcu      pages that were walked while only an RCU section held it up\n"
	"  grace    grace periods\n"
	"  vain     passes in vain\n"
	"  leaked   references that were never put\n"
	"  answer   the answer of the walk with the worst start\n"
	"  verdict  on the worst start, see below\n"
	"  at       the worst start\n"
	"  light    predicted ns of what was walked until that drain was over, without\n"
	"           grace periods\n"
	"\n"
	"Columns of --migrate, exact counts of what each step did:\n"
	"  calls      setups, and evictions of at most 512 pages\n"
	"  faults     faults of a CPU that set a migration up\n"
	"  system     pages of system memory that were selected; then those of private\n"
	"             and coherent memory, and holes, where nothing or the zero page was\n"
	"  moved      pages that moved\n"
	"  filled     holes in which a page of the device is mapped now\n"
	"  refused    pages and holes that stayed; a line below the table says why\n"
	"  rmap       walks of the reverse map\n"
	"  entries    entries that these changed\n"
	"  sections   invalidations\n"
	"  on device  pages that are on devices afterwards\n"
	"  verdict    of a removal\n"
	"\n"
	"Walks before and after the migrations, and after them without an owner\n"
	"(foreign), have the columns of counts, and\n"
	"  valid      pages in the answer\n"
	"  back       pages that the walk's faults have brought back\n"
	"\n"
	"Verdicts, the worst last:\n"
	"  ok        the drain ends, and the driver uses nothing that is gone\n"
	"  stuck     the drain does not end, because references are left that no task\n"
	"            puts\n"
	"  livelock  the walk gets no further, and was ended\n"
	"  unsafe    the driver would use memory that is gone\n";

/* ---- what the terminal sees -------------------------------------------------------------- */

static size_t tool_compare_terminal_columns(void)
{
	struct winsize size;

	return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) || !size.ws_col ? 80 : size.ws_col;
}

/* Writes one line over the last one. A name that does not fit is cut. */
static void tool_compare_show_progress(const char *doing, const char *layout, unsigned int done,
				       unsigned int of)
{
	size_t room = tool_compare_terminal_columns() - 1, length = strlen(layout), used;
	char numbers[64];

	if (of > 256 && done % 16)
		return;
	snprintf(numbers, sizeof(numbers), ": %u of %u", done, of);
	used = strlen(doing) + 1 + strlen(numbers);
	if (used > room)
		return;
	if (length > room - used)
		for (length = room - used; length && (layout[length] & 0xc0) == 0x80;)
			length--; /* never cuts inside a UTF-8 character */
	fprintf(stderr, "\r\033[K%s %.*s%s", doing, (int)length, layout, numbers);
	fflush(stderr);
}

static void tool_compare_end_progress(const struct compare_tool *tool)
{
	if (tool->asked.progress)
		fputs("\r\033[K", stderr);
}

static void tool_compare_look_at_terminal(struct hs_report_asked *asked)
{
	const char *no_color = getenv("NO_COLOR");

	asked->bold = isatty(STDOUT_FILENO) && !(no_color && *no_color);
	asked->progress = isatty(STDERR_FILENO) ? tool_compare_show_progress : NULL;
}

/* ---- files ------------------------------------------------------------------------------- */

struct outputs {
	struct hs_out text, json, plot;
	uint64_t benchmarks;
	bool drawable;
	enum hs_report_verdict worst;
};

static bool tool_compare_prints_json(const struct compare_tool *tool)
{
	return tool->json && hs_tool_is_stdout(tool->json);
}

static bool tool_compare_is_input(const char *output, const char *input)
{
	return !strcmp(input, "-") ? hs_output_is_descriptor(output, STDIN_FILENO)
				   : hs_output_is_file(output, input);
}

/* What else the output would be; NULL: nothing. */
static const char *tool_compare_find_same(const struct compare_tool *tool, const char *output)
{
	for (size_t i = 0; i < tool->source_count; i++)
		if (!tool->sources[i].builtin &&
		    tool_compare_is_input(output, tool->sources[i].name))
			return "what is read";
	for (unsigned int i = 0; i < HS_REPORT_PROFILES && tool->profile_files[i]; i++)
		if (tool_compare_is_input(output, tool->profile_files[i]))
			return "what is read";
	if (hs_output_is_descriptor(output, STDOUT_FILENO))
		return "standard output";
	if (output == tool->plot && tool->json && hs_output_is_file(output, tool->json))
		return "that of --json";
	return NULL;
}

static int tool_compare_check_file(const struct compare_tool *tool, const char *option,
				   const char *output)
{
	const char *same;

	if (!output || hs_tool_is_stdout(output))
		return 0;
	same = tool_compare_find_same(tool, output);
	if (!same)
		return hs_output_check("hmmsim", output);
	fprintf(stderr, "hmmsim compare: --%s: expected another file than %s, found '%s'\n", option,
		same, output);
	return HS_EXIT_USAGE;
}

/* Comes first, because a file that cannot be written must not cost a long run. */
static int tool_compare_check_files(const struct compare_tool *tool)
{
	int code = tool_compare_check_file(tool, "json", tool->json);

	return code ? code : tool_compare_check_file(tool, "plot", tool->plot);
}

static int tool_compare_write_json(const struct compare_tool *tool, const struct outputs *o)
{
	int code;

	if (!tool->json)
		return 0;
	if (!tool_compare_prints_json(tool))
		return hs_output_write("hmmsim", tool->json, o->json.bytes, o->json.used);
	code = hs_tool_print(o->json.bytes, o->json.used);
	return code ? code : hs_tool_flush();
}

static int tool_compare_write_plot(const struct compare_tool *tool, const struct outputs *o)
{
	struct hs_out picture = { .mem = o->plot.mem };
	int code;

	if (!tool->plot)
		return 0;
	if (!o->drawable) {
		fputs("hmmsim compare: --plot: there is nothing to draw: no walk has a time\n",
		      stderr);
		return HS_EXIT_USAGE;
	}
	code = hs_plot_draw(&tool->asked, &o->plot, tool->plot, &picture);
	if (!code)
		code = hs_output_write("hmmsim", tool->plot, picture.bytes, picture.used);
	hs_out_free(&picture);
	return code;
}

static int tool_compare_write_files(const struct compare_tool *tool, const struct outputs *o)
{
	int code = tool_compare_write_json(tool, o);

	return code ? code : tool_compare_write_plot(tool, o);
}

/* Without a reader of the tables, files and verdicts are left to make. */
static bool tool_compare_is_over(const struct compare_tool *tool)
{
	return hs_tool_reader_gone() && !tool->check && !tool->json && !tool->plot;
}

static int tool_compare_status(const struct compare_tool *tool, enum hs_report_verdict worst)
{
	if (!tool->check || worst == HS_REPORT_OK)
		return HS_EXIT_DONE;
	return worst == HS_REPORT_UNKNOWN ? HS_EXIT_BOUND : HS_EXIT_VIOLATION;
}

/* A file with times says when and where they were measured. */
static void tool_compare_begin_json(const struct compare_tool *tool, struct hs_out *out)
{
	char host[256] = "", date[64] = "";
	const struct hs_json_context context[] = {
		{ "date", date, 0 },
		{ "host_name", host, 0 },
		{ "num_cpus", NULL, (uint64_t)sysconf(_SC_NPROCESSORS_ONLN) },
		{ "executable", "hmmsim compare", 0 },
		{ "hmmsim_version", hs_version(), 0 },
	};
	time_t now = time(NULL);
	struct tm tm;

	if (!tool->asked.repetitions) {
		hs_json_head(out, context + 3, 2);
		return;
	}
	gethostname(host, sizeof(host) - 1);
	if (localtime_r(&now, &tm))
		strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S%z", &tm);
	hs_json_head(out, context, sizeof(context) / sizeof(context[0]));
}

/* ---- layouts ----------------------------------------------------------------------------- */

static int tool_compare_layout_error(const struct hs_layout *layout, int ret)
{
	const char *what = hs_error_name(ret) ? hs_error_name(ret) : "?";

	if (ret == -ENOMEM)
		return hs_tool_no_memory("compare");
	if (ret == -EIO)
		what = "references are left that the walk did not count";
	if (ret == -ENOTEMPTY)
		what = "something was left behind in the machine";
	fprintf(stderr, "hmmsim compare: layout %s: %s\n", layout->name, what);
	return HS_EXIT_INTERNAL;
}

static void tool_compare_judge(struct outputs *o, enum hs_report_verdict verdict)
{
	if (verdict > o->worst)
		o->worst = verdict;
}

static int tool_compare_put_removals(const struct compare_tool *tool,
				     const struct hs_report *report, struct outputs *o)
{
	struct hs_removal_report removals;
	int ret = hs_removal_report_make(&removals, &tool->asked, report->layout, &report->set);

	tool_compare_end_progress(tool);
	if (!ret) {
		hs_removal_report_print(&removals, &o->text);
		hs_removal_report_json(&removals, &o->benchmarks, &o->json);
		tool_compare_judge(o, hs_removal_report_judge(&removals));
	}
	hs_removal_report_free(&removals);
	return ret ? tool_compare_layout_error(report->layout, ret) : 0;
}

static int tool_compare_put_moves(const struct compare_tool *tool, const struct hs_report *report,
				  struct outputs *o)
{
	struct hs_moves_report moves;
	int ret = hs_moves_report_make(&moves, &tool->asked, report->layout, &report->set,
				       tool->back);

	tool_compare_end_progress(tool);
	if (!ret) {
		hs_moves_report_print(&moves, &o->text);
		hs_moves_report_json(&moves, &o->benchmarks, &o->json);
		tool_compare_judge(o, hs_moves_report_judge(&moves));
	}
	hs_moves_report_free(&moves);
	return ret ? tool_compare_layout_error(report->layout, ret) : 0;
}

static int tool_compare_put_report(const struct compare_tool *tool, const struct hs_report *report,
				   bool first, struct outputs *o)
{
	int code = 0;

	hs_out_reset(&o->text);
	if (!first)
		hs_out_char(&o->text, '\n');
	hs_report_print(report, &o->text);
	hs_report_json(report, &o->benchmarks, &o->json);
	tool_compare_judge(o, hs_report_judge(report));
	if (tool->removal)
		code = tool_compare_put_removals(tool, report, o);
	if (!code && tool->migrate)
		code = tool_compare_put_moves(tool, report, o);
	if (code)
		return code;
	o->drawable |= hs_plot_add(report, &o->plot);
	if (o->text.failed || o->json.failed || o->plot.failed)
		return hs_tool_no_memory("compare");
	if (tool_compare_prints_json(tool))
		return 0;
	code = hs_tool_print(o->text.bytes, o->text.used);
	return code ? code : hs_tool_flush();
}

static int tool_compare_one(struct compare_tool *tool, size_t i, struct outputs *o)
{
	struct hs_compare_setting set = tool->set;
	struct hs_report report;
	int ret, code;

	set.mem = &tool->mem;
	set.request = tool->layouts[i].request;
	set.owner = tool->layouts[i].owner;
	ret = hs_report_make(&report, &tool->asked, &tool->layouts[i].layout, &set);
	tool_compare_end_progress(tool);
	code = ret ? tool_compare_layout_error(&tool->layouts[i].layout, ret)
		   : tool_compare_put_report(tool, &report, !i, o);
	hs_report_free(&report);
	return code;
}

static int tool_compare_run(struct compare_tool *tool)
{
	struct outputs o = { .text = { .mem = &tool->mem },
			     .json = { .mem = &tool->mem },
			     .plot = { .mem = &tool->mem } };
	int code = 0;

	tool_compare_begin_json(tool, &o.json);
	hs_plot_head(&tool->asked, &o.plot);
	for (size_t i = 0; !code && !tool_compare_is_over(tool) && i < tool->layout_count; i++)
		code = tool_compare_one(tool, i, &o);
	hs_json_tail(&o.json);
	if (!code)
		code = o.json.failed ? hs_tool_no_memory("compare")
				     : tool_compare_write_files(tool, &o);
	hs_out_free(&o.text);
	hs_out_free(&o.json);
	hs_out_free(&o.plot);
	return code ? code : tool_compare_status(tool, o.worst);
}

int hs_tool_compare(int argc, char **argv)
{
	struct compare_tool tool = {
		.set = { .body = HS_BODY_PLAIN, .owner = 1, .clock = &hs_tool_clock }
	};
	int code = hs_compare_options(&tool, argc, argv);

	if (!code && tool.help) {
		code = hs_tool_print(tool_compare_help, strlen(tool_compare_help));
		if (!code)
			code = hs_tool_help(tool_compare_columns_help);
	} else if (!code) {
		tool_compare_look_at_terminal(&tool.asked);
		code = tool_compare_check_files(&tool);
		if (!code)
			code = hs_compare_load(&tool);
		if (!code)
			code = tool_compare_run(&tool);
	}
	hs_compare_unload(&tool);
	return code;
}
