/* SPDX-License-Identifier: MIT */
/*
 * report_json.c - a report in the schema of Google Benchmark
 *
 * count/...	exact counts, without a time
 * cost/...	ns that a profile predicts for a walk of the span
 * walk/...	ns that were measured: one benchmark for each repetition, then their median
 *
 * removal_print.c writes the benchmarks of removals, moves_print.c those of migrations.
 */
#include "compare/report.h"

#include "text/json.h"

struct report_json_entry {
	const struct hs_report *report;
	const struct hs_report_row *row;
	struct hs_out *out, name;
	uint64_t family;
};

static void report_json_begin_entry(struct report_json_entry *e, const char *kind,
				    const struct hs_cost_profile *profile, const char *suffix)
{
	struct hs_out *name = &e->name;

	hs_out_reset(name);
	hs_report_json_name(name, kind, e->report->layout, e->report->set.request);
	if (e->row->scope != HS_SCOPE_WHOLE) {
		hs_out_text(name, "/scope:");
		hs_out_text(name, hs_scope_names[e->row->scope]);
	}
	hs_report_json_name_end(name, e->row->era, e->row->strategy, profile);
	/* Family 0 is a count: it has one benchmark, which is the first of the file. */
	hs_json_begin(e->out, !e->family, name, suffix, e->family);
}

void hs_report_json_counts(const struct hs_compared *done, struct hs_out *out)
{
	const struct hs_walk_counts *c = &done->counts;

	hs_json_number(out, "calls", c->calls);
	hs_json_number(out, "hits", c->hits);
	hs_json_number(out, "lookups", c->lookups);
	hs_json_number(out, "refs", c->refs);
	hs_json_number(out, "failures", c->failures);
	hs_json_number(out, "puts", c->puts);
	hs_json_number(out, "leaked", c->leaked);
	if (c->bad_ptes)
		hs_json_number(out, "badpte", c->bad_ptes);
	hs_json_number(out, "faults", c->faults);
	hs_json_number(out, "held_faults", c->held_faults);
	hs_json_number(out, "waits", c->waits);
	hs_json_number(out, "passes", c->passes);
	hs_json_number(out, "failed_calls", done->failed);
}

static void report_json_end_entry(const struct report_json_entry *e)
{
	hs_json_text(e->out, "time_unit", "ns");
	hs_json_number(e->out, "range_calls", e->report->spans[e->row->scope].count);
	hs_json_number(e->out, "pages", e->report->spans[e->row->scope].pages);
	hs_report_json_counts(&e->row->done, e->out);
	hs_json_end(e->out);
}

static void report_json_count(struct report_json_entry *e)
{
	report_json_begin_entry(e, "count", NULL, "");
	hs_json_run(e->out, 1, 0, 1, 1);
	hs_json_number(e->out, "real_time", 0);
	hs_json_number(e->out, "cpu_time", 0);
	report_json_end_entry(e);
	e->family++;
}

static void report_json_cost(struct report_json_entry *e, unsigned int profile)
{
	report_json_begin_entry(e, "cost", e->report->asked->profiles[profile], "");
	hs_json_run(e->out, 1, 0, 1, 1);
	hs_json_ps(e->out, "real_time", e->row->ps[profile]);
	hs_json_ps(e->out, "cpu_time", e->row->ps[profile]);
	report_json_end_entry(e);
	e->family++;
}

static double report_json_median_cpu(const struct hs_report_row *row, unsigned int n)
{
	double values[HS_REPORT_REPETITIONS];

	for (unsigned int i = 0; i < n; i++)
		values[i] = row->cpu_ns[i];
	return hs_measure_summary(values, n).median;
}

static void report_json_walks(struct report_json_entry *e)
{
	unsigned int n = e->report->asked->repetitions;
	double pages = (double)e->report->spans[e->row->scope].pages;
	struct hs_out *out = e->out;

	for (unsigned int i = 0; i < n; i++) {
		report_json_begin_entry(e, "walk", NULL, "");
		hs_json_run(out, n, i, 1, e->row->iterations);
		hs_json_double(out, "real_time", e->row->real_ns[i]);
		hs_json_double(out, "cpu_time", e->row->cpu_ns[i]);
		report_json_end_entry(e);
	}
	report_json_begin_entry(e, "walk", NULL, "_median");
	hs_json_aggregate(out, "median", n);
	hs_json_double(out, "real_time", e->row->page_ns.median * pages);
	hs_json_double(out, "cpu_time", report_json_median_cpu(e->row, n));
	hs_json_double(out, "real_time_p10", e->row->page_ns.low * pages);
	hs_json_double(out, "real_time_p90", e->row->page_ns.high * pages);
	report_json_end_entry(e);
	e->family++;
}

void hs_report_json_name(struct hs_out *name, const char *kind, const struct hs_layout *layout,
			 enum hs_compare_request request)
{
	hs_out_text(name, kind);
	hs_out_text(name, "/layout:");
	hs_json_string(name, layout->name);
	if (request) {
		hs_out_text(name, "/request:");
		hs_out_text(name, hs_request_names[request]);
	}
}

void hs_report_json_name_end(struct hs_out *name, enum hs_era era, enum hs_strategy strategy,
			     const struct hs_cost_profile *profile)
{
	hs_out_text(name, "/walker:");
	hs_out_text(name, hs_era_name(era));
	hs_out_text(name, "/strategy:");
	hs_out_text(name, hs_strategy_name(strategy));
	if (!profile)
		return;
	hs_out_text(name, "/profile:");
	hs_json_string(name, profile->name);
}

void hs_report_json(const struct hs_report *report, uint64_t *count, struct hs_out *out)
{
	struct report_json_entry e = {
		.report = report, .out = out, .name = { .mem = report->set.mem }, .family = *count
	};

	for (size_t i = 0; i < report->row_count; i++) {
		e.row = &report->rows[i];
		report_json_count(&e);
		for (unsigned int p = 0; e.row->predicted && p < report->asked->profile_count; p++)
			report_json_cost(&e, p);
		if (e.row->timed)
			report_json_walks(&e);
	}
	hs_out_free(&e.name);
	*count = e.family;
}
