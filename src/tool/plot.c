/* SPDX-License-Identifier: MIT */
/*
 * plot.c - writes data and script of a plot, and runs gnuplot on them
 */
#include "tool/plot.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tool/files.h"

/* The text of bench/plot.gp. */
static const char plot_script[] =
#include "plot_script.h"
	;

bool hs_plot_possible(void)
{
	const char *path = getenv("PATH");
	char file[4096];

	while (path && *path) {
		int length = (int)strcspn(path, ":");

		snprintf(file, sizeof(file), "%.*s/gnuplot", length, path);
		if (length && !access(file, X_OK))
			return true;
		path += length + (path[length] == ':');
	}
	return false;
}

/* ---- data -------------------------------------------------------------------------------- */

/* A picture shows one walker: 6.12 if it was asked for. */
static enum hs_era plot_era(const struct hs_report_asked *asked)
{
	return asked->eras[HS_ERA_6_12] ? HS_ERA_6_12 : HS_ERA_5_3;
}

void hs_plot_head(const struct hs_report_asked *asked, struct hs_out *data)
{
	hs_out_text(data, "layout");
	for (int s = 0; s < HS_STRATEGY_COUNT; s++)
		if (asked->strategies[s]) {
			hs_out_char(data, ' ');
			hs_out_text(data, hs_strategy_name((enum hs_strategy)s));
		}
	hs_out_char(data, '\n');
}

static bool plot_add_value(const struct hs_report *report, const struct hs_report_row *row,
			   struct hs_out *data)
{
	bool timed = row && row->timed, predicted;
	char text[64] = " -";

	predicted = row && row->predicted && !report->asked->repetitions;
	if (timed)
		snprintf(text, sizeof(text), " %.4f", row->page_ns.median);
	else if (predicted)
		snprintf(text, sizeof(text), " %.4f",
			 (double)row->ps[0] / 1e3 / (double)report->spans[row->scope].pages);
	hs_out_text(data, text);
	return timed || predicted;
}

bool hs_plot_add(const struct hs_report *report, struct hs_out *data)
{
	const struct hs_report_asked *asked = report->asked;
	enum hs_compare_scope scope = report->spans[HS_SCOPE_WHOLE].count ? HS_SCOPE_WHOLE
									  : HS_SCOPE_VMAS;
	bool some = false;

	hs_out_char(data, '"');
	for (const char *c = report->layout->name; *c; c++)
		hs_out_char(data, *c == '"' || *c == '\\' ? '_' : *c);
	hs_out_char(data, '"');
	for (int s = 0; s < HS_STRATEGY_COUNT; s++)
		if (asked->strategies[s])
			some |= plot_add_value(report,
					       hs_report_find(report, scope, plot_era(asked),
							      (enum hs_strategy)s),
					       data);
	hs_out_char(data, '\n');
	return some;
}

/* ---- gnuplot ----------------------------------------------------------------------------- */

/* Between single quotes gnuplot gives a meaning to the quote alone; two of them are one. */
static void plot_write_quoted(FILE *to, const char *text)
{
	fputc('\'', to);
	for (; *text; text++)
		fputs(*text == '\'' ? "''" : (const char[]){ *text, '\0' }, to);
	fputs("'\n", to);
}

static void plot_write_script(const struct hs_report_asked *asked, const struct hs_out *data,
			      const char *file, FILE *to)
{
	unsigned int columns = 1;
	char quantity[128];

	for (int s = 0; s < HS_STRATEGY_COUNT; s++)
		columns += asked->strategies[s];
	snprintf(quantity, sizeof(quantity), "ns a page, v%s, %s", hs_era_name(plot_era(asked)),
		 asked->repetitions ? "measured" : "predicted");
	fputs("output_file = ", to);
	plot_write_quoted(to, file);
	fputs("quantity = ", to);
	plot_write_quoted(to, quantity);
	fprintf(to, "columns = %u\n$strategies << HMMSIM_END\n", columns);
	fwrite(data->bytes, 1, data->used, to);
	fputs("HMMSIM_END\n", to);
	fputs(plot_script, to);
}

static bool plot_run_gnuplot(const struct hs_report_asked *asked, const struct hs_out *data,
			     const char *file)
{
	FILE *gnuplot = popen("gnuplot", "w");

	if (!gnuplot)
		return false;
	plot_write_script(asked, data, file, gnuplot);
	return !pclose(gnuplot);
}

int hs_plot_draw(const struct hs_report_asked *asked, const struct hs_out *data, const char *file)
{
	struct hs_output output;
	int code = hs_output_begin(&output, file);

	if (code)
		return code;
	if (plot_run_gnuplot(asked, data, output.path))
		return hs_output_end(&output, true);
	hs_output_end(&output, false);
	fprintf(stderr, "hmmsim compare: --plot: gnuplot could not draw %s\n", file);
	return HS_EXIT_INTERNAL;
}
