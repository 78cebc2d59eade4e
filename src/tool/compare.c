/* SPDX-License-Identifier: MIT */
/*
 * compare.c - hmmsim compare: the strategies side by side on layouts
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
#include "text/json.h"
#include "tool/clock.h"
#include "tool/files.h"
#include "tool/plot.h"
#include "tool/tool.h"

static const char help[] =
	"Usage: hmmsim compare [OPTION...] [FILE...]\n"
	"\n"
	"Walks layouts with every strategy: those in each FILE (- is standard input), as hmmsim\n"
	"capture prints them, and built-in ones. Counts are exact, costs are predicted from them, and\n"
	"times are measured here. Without any layout some built-in ones are walked.\n"
	"\n"
	"A FILE may hold walk scenarios (hmmsim walk) as well. Taken are the VMAs, entries and pgmaps in\n"
	"the range of req, F or FW as the request, and OWNER; what else changes the walk (faults, waits,\n"
	"checks, slots and snapshots that are scripted) is refused, or left out if there is --request.\n"
	"\n"
	"  -l, --layout=NAME[:SIZE]  a built-in layout (hmmsim list), 64M large; again: another one\n"
	"  -w, --walker=5.3|6.12     this walker only; again: this one too\n"
	"  -s, --strategy=NAME       this strategy only; again: this one too\n"
	"  -b, --body=NAME           reference (slow and obvious) or plain (default)\n"
	"  -r, --request=WHAT        none (default; a snapshot), read or write: everything is faulted in\n"
	"                            (the built-in layout holes: read)\n"
	"      --owner=K             whose device-private pages are accepted (default 1)\n"
	"  -d, --device=PATTERN=...  puts a part of every layout on device memory, see hmmsim capture\n"
	"  -p, --profile=FILE        predicts with this cost profile (hmmsim list --costs) instead of\n"
	"                            light and distro; up to 4 times\n"
	"  -t, --removal             also removes device memory during the walk, at every kind of point\n"
	"      --sleep=N             ... each fault and wait sleeps for N points, where it can begin too\n"
	"      --atomic              ... the reference is atomic from the start: no grace period\n"
	"      --no-time             measures nothing: the output is the same on every machine\n"
	"      --repetitions=N       how often each walk is measured (default 15)\n"
	"  -j, --json=FILE           all figures, in the schema of Google Benchmark\n"
	"      --plot=FILE.svg       a picture (needs gnuplot): ns a page by layout and strategy\n"
	"  -h, --help                this text\n"
	"\n"
	"calls: get_dev_pagemap() called; hits: answered by its cached argument; lookups: by the index;\n"
	"refs, puts: references taken and put; leaked: never put; faults; held: faults, and waits for\n"
	"migration entries, entered with a reference held; passes: page walks begun; answer: ok or the\n"
	"error, and of how many calls.\n"
	"Then ns a page: predicted for Linux v6.12 (its walker only), and measured in the simulator\n"
	"with the 10th and 90th percentile; x none: times that of strategy none. Of a call of one page,\n"
	"A..B are the strategies from A to B that are asked for: all is equal for them.\n"
	"\n"
	"--removal: correct disables and invalidates, then kills; kill-first kills first. Of all points\n"
	"at which it can begin (plays; inside: drained before the call returned) the most pages,\n"
	"tables, faults and waits that a reference was held over; rcu: pages that only the RCU section\n"
	"of a table was; grace periods; passes in vain; references leaked. Then the answer and the\n"
	"verdict of the worst start, and the predicted ns of what was walked until the drain was over,\n"
	"grace periods not counted.\n";

int hs_compare_no_memory(void)
{
	fputs("hmmsim compare: out of memory\n", stderr);
	return HS_EXIT_INTERNAL;
}

/* ---- what the terminal sees -------------------------------------------------------------- */

static size_t terminal_columns(void)
{
	struct winsize size;

	return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) || !size.ws_col ? 80 : size.ws_col;
}

/* One line, which the next one replaces: a name that has no room is cut. */
static void progress(const char *doing, const char *layout, unsigned int done, unsigned int of)
{
	size_t room = terminal_columns() - 1, length = strlen(layout), used;
	char numbers[64];

	if (of > 256 && done % 16)
		return;
	snprintf(numbers, sizeof(numbers), ": %u of %u", done, of);
	used = strlen(doing) + 1 + strlen(numbers);
	if (used > room)
		return;
	if (length > room - used)
		for (length = room - used; length && (layout[length] & 0xc0) == 0x80;)
			length--; /* no part of a character */
	fprintf(stderr, "\r\033[K%s %.*s%s", doing, (int)length, layout, numbers);
	fflush(stderr);
}

static void end_progress(const struct compare_tool *tool)
{
	if (tool->asked.progress)
		fputs("\r\033[K", stderr);
}

static void look_at_terminal(struct hs_report_asked *asked)
{
	const char *no_color = getenv("NO_COLOR");

	asked->bold = isatty(STDOUT_FILENO) && !(no_color && *no_color);
	asked->progress = isatty(STDERR_FILENO) ? progress : NULL;
}

/* ---- files ------------------------------------------------------------------------------- */

struct outputs {
	struct hs_out text, json, plot;
	uint64_t benchmarks;
	bool drawable;
};

/* Before anything takes long. */
static int check_files(const struct compare_tool *tool)
{
	int code = tool->json ? hs_output_check(tool->json) : 0;

	return code || !tool->plot ? code : hs_output_check(tool->plot);
}

static int write_files(const struct compare_tool *tool, const struct outputs *o)
{
	int code = 0;

	if (tool->json)
		code = hs_output_write(tool->json, o->json.bytes, o->json.used);
	if (code || !tool->plot)
		return code;
	if (o->drawable)
		return hs_plot_draw(&tool->asked, &o->plot, tool->plot);
	fputs("hmmsim compare: --plot: there is nothing to draw: no walk has a time\n", stderr);
	return HS_EXIT_USAGE;
}

/* A file with times says when and where they were measured. */
static void begin_json(const struct compare_tool *tool, struct hs_out *out)
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

static int failed(const struct hs_layout *layout, int ret)
{
	const char *what = strerror(-ret);

	if (ret == -ENOMEM)
		return hs_compare_no_memory();
	if (ret == -EIO)
		what = "references are left that the walk did not count";
	if (ret == -ENOTEMPTY)
		what = "something was left behind in the machine";
	fprintf(stderr, "hmmsim compare: layout %s: %s\n", layout->name, what);
	return HS_EXIT_INTERNAL;
}

static int put_removals(const struct compare_tool *tool, const struct hs_report *report,
			struct outputs *o)
{
	struct hs_removal_report removals;
	int ret = hs_removal_report_make(&removals, &tool->asked, report->layout, &report->set);

	end_progress(tool);
	if (!ret) {
		hs_removal_report_print(&removals, &o->text);
		hs_removal_report_json(&removals, &o->benchmarks, &o->json);
	}
	hs_removal_report_free(&removals);
	return ret ? failed(report->layout, ret) : 0;
}

static int put_report(const struct compare_tool *tool, const struct hs_report *report, bool first,
		      struct outputs *o)
{
	int code = 0;

	hs_out_reset(&o->text);
	if (!first)
		hs_out_char(&o->text, '\n');
	hs_report_print(report, &o->text);
	hs_report_json(report, &o->benchmarks, &o->json);
	if (tool->removal)
		code = put_removals(tool, report, o);
	if (code)
		return code;
	o->drawable |= hs_plot_add(report, &o->plot);
	if (o->text.failed || o->json.failed || o->plot.failed)
		return hs_compare_no_memory();
	fwrite(o->text.bytes, 1, o->text.used, stdout);
	return hs_tool_flush();
}

static int compare_one(struct compare_tool *tool, size_t i, struct outputs *o)
{
	struct hs_compare_setting set = tool->set;
	struct hs_report report;
	int ret, code;

	set.mem = &tool->mem;
	set.request = tool->layouts[i].request;
	set.owner = tool->layouts[i].owner;
	ret = hs_report_make(&report, &tool->asked, &tool->layouts[i].layout, &set);
	end_progress(tool);
	code = ret ? failed(&tool->layouts[i].layout, ret) : put_report(tool, &report, !i, o);
	hs_report_free(&report);
	return code;
}

static int compare(struct compare_tool *tool)
{
	struct outputs o = { .text = { .mem = &tool->mem },
			     .json = { .mem = &tool->mem },
			     .plot = { .mem = &tool->mem } };
	int code = 0;

	begin_json(tool, &o.json);
	hs_plot_head(&tool->asked, &o.plot);
	for (size_t i = 0; !code && i < tool->layout_count; i++)
		code = compare_one(tool, i, &o);
	hs_json_tail(&o.json);
	if (!code)
		code = o.json.failed ? hs_compare_no_memory() : write_files(tool, &o);
	hs_out_free(&o.text);
	hs_out_free(&o.json);
	hs_out_free(&o.plot);
	return code;
}

int hs_tool_compare(int argc, char **argv)
{
	struct compare_tool tool = {
		.set = { .body = HS_BODY_PLAIN, .owner = 1, .clock = &hs_tool_clock }
	};
	int code = hs_compare_options(&tool, argc, argv);

	if (!code && tool.help) {
		code = hs_tool_help(help);
	} else if (!code) {
		look_at_terminal(&tool.asked);
		code = check_files(&tool);
		if (!code)
			code = hs_compare_load(&tool);
		if (!code)
			code = compare(&tool);
	}
	hs_compare_unload(&tool);
	return code;
}
