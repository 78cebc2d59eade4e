/* SPDX-License-Identifier: MIT */
/*
 * plot.h - draws comparisons with gnuplot and bench/plot.gp
 */
#ifndef HS_TOOL_PLOT_H
#define HS_TOOL_PLOT_H

#include "compare/report.h"

/* True if gnuplot is in PATH. */
bool hs_plot_possible(void);
/*
 * The data are the head and one line for each report, with the times that were measured, or without
 * them what the first profile predicts. hs_plot_add() returns false if its line has no value.
 */
void hs_plot_head(const struct hs_report_asked *asked, struct hs_out *data);
bool hs_plot_add(const struct hs_report *report, struct hs_out *data);
/*
 * Draws the data, in which a line must have a value. gnuplot gets no name of a file: it writes to a
 * pipe, and the caller writes @picture to @file, which only messages name. Returns an exit code;
 * unless it is HS_EXIT_DONE a message is on stderr.
 */
int hs_plot_draw(const struct hs_report_asked *asked, const struct hs_out *data, const char *file,
		 struct hs_out *picture);

#endif
