/* SPDX-License-Identifier: MIT */
/*
 * removal_print.c - prints how long removals wait: as a table, and as benchmarks in JSON
 */
#include "compare/removal_report.h"

#include <errno.h>
#include <stdio.h>

#include "text/error_name.h"
#include "text/grid.h"
#include "text/json.h"

static void removal_print_start_name(const struct hs_removal_worst *worst, char text[64])
{
	snprintf(text, 64, "%s:%llu", hs_removal_point_name(worst->start.at),
		 (unsigned long long)worst->start.number);
}

/* The costs are those of v6.12. */
static bool removal_print_is_predicted(const struct hs_removal_row *row)
{
	return row->era == HS_ERA_6_12;
}

/* ---- the table --------------------------------------------------------------------------- */

static void removal_print_head(const struct hs_report_asked *asked, struct hs_out *cells)
{
	static const char *const names[] = { "walker", "strategy", "removal", "plays",
					     "inside", "pages",	   "tables",  "faults",
					     "waits",  "rcu",	   "grace",   "vain",
					     "leaked", "answer",   "verdict", "at" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		hs_cell_text(cells, names[i]);
	for (unsigned int i = 0; i < asked->profile_count; i++)
		hs_cell_text(cells, asked->profiles[i]->name);
	hs_out_char(cells, '\n');
}

static void removal_print_row(const struct hs_report_asked *asked, const struct hs_removal_row *row,
			      struct hs_out *cells)
{
	const struct hs_removal_worst *w = &row->worst;
	const struct hs_removal_held *held = &w->held[HS_HELD_REF];
	char start[64];

	hs_cell_text(cells, hs_era_name(row->era));
	hs_cell_text(cells, hs_strategy_name(row->strategy));
	hs_cell_text(cells, hs_removal_plan_name(row->plan));
	hs_cell_number(cells, w->runs);
	hs_cell_number(cells, w->inside);
	hs_cell_number(cells, held->pages);
	hs_cell_number(cells, held->tables);
	hs_cell_number(cells, held->faults);
	hs_cell_number(cells, held->waits);
	hs_cell_number(cells, w->held[HS_HELD_RCU].pages);
	hs_cell_number(cells, w->grace_periods);
	hs_cell_number(cells, w->vain);
	hs_cell_number(cells, w->leaked);
	hs_out_error(cells, w->at.ret);
	hs_out_char(cells, '\t');
	hs_cell_text(cells, hs_removal_verdict_name(w->verdict));
	removal_print_start_name(w, start);
	hs_cell_text(cells, start);
	for (unsigned int i = 0; i < asked->profile_count; i++)
		hs_cell_quotient(cells, hs_cost_ps(&w->at.cost, asked->profiles[i]),
				 removal_print_is_predicted(row) ? 1000 : 0);
	hs_out_char(cells, '\n');
}

static void removal_print_title(const struct hs_report_asked *asked, struct hs_out *out)
{
	char text[64];

	hs_out_text(out, "\nits device memory is removed meanwhile");
	if (asked->sleep) {
		snprintf(text, sizeof(text), ", faults and waits sleep for %u points",
			 asked->sleep);
		hs_out_text(out, text);
	}
	if (asked->atomic)
		hs_out_text(out, ", its reference is atomic");
	hs_out_text(out, "; the worst start, and how long the drain waits: in ns\n");
}

static const char *removal_print_why_none(int none)
{
	switch (none) {
	case -ENOENT:
		return "no walk looks up a pgmap that is alive";
	case -ENODEV:
		return "a pgmap is mapped that is dead: walks go round in vain whatever is removed";
	case -EEXIST:
		return "the pgmap goes in subsections of 512 pages, and another has pages in them";
	case -E2BIG:
		return "the pgmap is mapped in pages more than 262144 apart";
	default:
		return "the range has more than 65536 pages";
	}
}

void hs_removal_report_print(const struct hs_removal_report *report, struct hs_out *out)
{
	struct hs_out cells = { .mem = report->mem };

	if (report->none) {
		hs_out_text(out, "\nno removal: ");
		hs_out_text(out, removal_print_why_none(report->none));
		hs_out_char(out, '\n');
		return;
	}
	removal_print_head(report->asked, &cells);
	for (size_t i = 0; i < report->row_count; i++)
		removal_print_row(report->asked, &report->rows[i], &cells);
	removal_print_title(report->asked, out);
	hs_grid_print(&cells, 3, report->asked->bold, out);
	hs_out_free(&cells);
}

/* ---- benchmarks -------------------------------------------------------------------------- */

static void removal_print_json_name(const struct hs_removal_report *report,
				    const struct hs_removal_row *row,
				    const struct hs_cost_profile *profile, struct hs_out *name)
{
	hs_out_reset(name);
	hs_report_json_name(name, profile ? "delay" : "held", report->layout, report->request);
	if (report->asked->sleep) {
		hs_out_text(name, "/sleep:");
		hs_out_decimal(name, report->asked->sleep);
	}
	if (report->asked->atomic)
		hs_out_text(name, "/atomic");
	hs_out_text(name, "/removal:");
	hs_out_text(name, hs_removal_plan_name(row->plan));
	hs_report_json_name_end(name, row->era, row->strategy, profile);
}

static void removal_print_json_counts(const struct hs_removal_worst *w, struct hs_out *out)
{
	const struct hs_removal_held *held = &w->held[HS_HELD_REF];
	char start[64];

	hs_json_number(out, "plays", w->runs);
	hs_json_number(out, "inside", w->inside);
	hs_json_number(out, "held_pages", held->pages);
	hs_json_number(out, "held_tables", held->tables);
	hs_json_number(out, "held_faults", held->faults);
	hs_json_number(out, "held_waits", held->waits);
	hs_json_number(out, "rcu_pages", w->held[HS_HELD_RCU].pages);
	hs_json_number(out, "grace_periods", w->grace_periods);
	hs_json_number(out, "vain_passes", w->vain);
	hs_json_number(out, "leaked", w->leaked);
	hs_json_signed(out, "answer", w->at.ret);
	hs_json_text(out, "verdict", hs_removal_verdict_name(w->verdict));
	removal_print_start_name(w, start);
	hs_json_text(out, "start", start);
}

static void removal_print_json_entry(const struct hs_removal_report *report,
				     const struct hs_removal_row *row,
				     const struct hs_cost_profile *profile, struct hs_out *name,
				     uint64_t family, struct hs_out *out)
{
	uint64_t ps = profile ? hs_cost_ps(&row->worst.at.cost, profile) : 0;

	removal_print_json_name(report, row, profile, name);
	hs_json_begin(out, !family, name, "", family);
	hs_json_run(out, 1, 0, 1, 1);
	hs_json_ps(out, "real_time", ps);
	hs_json_ps(out, "cpu_time", ps);
	hs_json_text(out, "time_unit", "ns");
	removal_print_json_counts(&row->worst, out);
	hs_json_end(out);
}

void hs_removal_report_json(const struct hs_removal_report *report, uint64_t *count,
			    struct hs_out *out)
{
	struct hs_out name = { .mem = report->mem };

	for (size_t i = 0; i < report->row_count; i++) {
		const struct hs_removal_row *row = &report->rows[i];

		removal_print_json_entry(report, row, NULL, &name, (*count)++, out);
		for (unsigned int p = 0;
		     removal_print_is_predicted(row) && p < report->asked->profile_count; p++)
			removal_print_json_entry(report, row, report->asked->profiles[p], &name,
						 (*count)++, out);
	}
	hs_out_free(&name);
}
