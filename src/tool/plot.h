/* SPDX-License-Identifier: MIT */
/*
 * plot.h - a picture of comparisons, drawn by gnuplot with bench/plot.gp
 */
#ifndef HS_TOOL_PLOT_H
#define HS_TOOL_PLOT_H

#include "compare/report.h"

/* gnuplot is in PATH. */
bool hs_plot_possible(void);
/*
 * A line of data a report, after the head: what was measured, or what the first profile predicts.
 * False: the line has no value.
 */
void hs_plot_head(const struct hs_report_asked *asked, struct hs_out *data);
bool hs_plot_add(const struct hs_report *report, struct hs_out *data);
/* Draws what has a value, and there is one: an exit code, with a message on stderr. */
int hs_plot_draw(const struct hs_report_asked *asked, const struct hs_out *data, const char *file);

#endif
