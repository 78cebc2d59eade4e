/* SPDX-License-Identifier: MIT */
/*
 * compare_json.c - a report in the schema of Google Benchmark
 *
 * count/...	exact counts; no time
 * cost/...	what a profile predicts, of a walk of the span; iterations 1
 * walk/...	what was measured: an iteration a repetition, then its median
 */
#include "scenario/compare_report.h"

#include <stdio.h>

#include <hmmsim/hmmsim.h>

/* Other bytes than ASCII are names of files: each is shown as the character of its number. */
static void string(struct hs_out *out, const char *text)
{
	char escaped[8];

	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c >= ' ' && c < 0x7f && c != '"' && c != '\\') {
			hs_out_char(out, *text);
			continue;
		}
		snprintf(escaped, sizeof(escaped), "\\u%04x", c);
		hs_out_text(out, escaped);
	}
}

static void member_text(struct hs_out *out, const char *name, const char *value)
{
	hs_out_text(out, ",\n      \"");
	hs_out_text(out, name);
	hs_out_text(out, "\": \"");
	string(out, value);
	hs_out_char(out, '"');
}

static void member(struct hs_out *out, const char *name, uint64_t value)
{
	hs_out_text(out, ",\n      \"");
	hs_out_text(out, name);
	hs_out_text(out, "\": ");
	hs_out_decimal(out, value);
}

static void member_double(struct hs_out *out, const char *name, double value)
{
	char text[96];

	snprintf(text, sizeof(text), ",\n      \"%s\": %.6e", name, value);
	hs_out_text(out, text);
}

/* Picoseconds as ns. */
static void member_ps(struct hs_out *out, const char *name, uint64_t ps)
{
	char text[96];

	snprintf(text, sizeof(text), ",\n      \"%s\": %llu.%03u", name,
		 (unsigned long long)(ps / 1000), (unsigned int)(ps % 1000));
	hs_out_text(out, text);
}

/* ---- benchmarks -------------------------------------------------------------------------- */

struct entry {
	const struct hs_report *report;
	const struct hs_report_row *row;
	struct hs_out *out;
	uint64_t family;
};

static void path(const struct entry *e, const char *kind, const struct hs_cost_profile *profile)
{
	struct hs_out *out = e->out;

	hs_out_text(out, kind);
	hs_out_text(out, "/layout:");
	string(out, e->report->layout->name);
	if (e->report->set.request) {
		hs_out_text(out, "/request:");
		hs_out_text(out, hs_request_names[e->report->set.request]);
	}
	if (e->row->scope != HS_SCOPE_WHOLE) {
		hs_out_text(out, "/scope:");
		hs_out_text(out, hs_scope_names[e->row->scope]);
	}
	hs_out_text(out, "/walker:");
	hs_out_text(out, hs_era_name(e->row->era));
	hs_out_text(out, "/strategy:");
	hs_out_text(out, hs_strategy_name(e->row->strategy));
	if (profile) {
		hs_out_text(out, "/profile:");
		string(out, profile->name);
	}
}

static void begin(const struct entry *e, const char *kind, const struct hs_cost_profile *profile,
		  const char *suffix)
{
	hs_out_text(e->out,
		    e->family ? ",\n    {\n      \"name\": \"" : "    {\n      \"name\": \"");
	path(e, kind, profile);
	hs_out_text(e->out, suffix);
	hs_out_text(e->out, "\"");
	member(e->out, "family_index", e->family);
	member(e->out, "per_family_instance_index", 0);
	hs_out_text(e->out, ",\n      \"run_name\": \"");
	path(e, kind, profile);
	hs_out_char(e->out, '"');
}

static void run_type(const struct entry *e, uint64_t repetitions, uint64_t index,
		     uint64_t iterations)
{
	member_text(e->out, "run_type", "iteration");
	member(e->out, "repetitions", repetitions);
	member(e->out, "repetition_index", index);
	member(e->out, "threads", 1);
	member(e->out, "iterations", iterations);
}

static void end(const struct entry *e)
{
	const struct hs_walk_counts *c = &e->row->done.counts;

	member_text(e->out, "time_unit", "ns");
	member(e->out, "range_calls", e->report->spans[e->row->scope].count);
	member(e->out, "pages", e->report->spans[e->row->scope].pages);
	member(e->out, "calls", c->calls);
	member(e->out, "hits", c->hits);
	member(e->out, "lookups", c->lookups);
	member(e->out, "refs", c->refs);
	member(e->out, "failures", c->failures);
	member(e->out, "puts", c->puts);
	member(e->out, "leaked", c->leaked);
	member(e->out, "faults", c->faults);
	member(e->out, "held_faults", c->held_faults);
	member(e->out, "waits", c->waits);
	member(e->out, "passes", c->passes);
	member(e->out, "failed_calls", e->row->done.failed);
	hs_out_text(e->out, "\n    }");
}

static void count_entry(struct entry *e)
{
	begin(e, "count", NULL, "");
	run_type(e, 1, 0, 1);
	member(e->out, "real_time", 0);
	member(e->out, "cpu_time", 0);
	end(e);
	e->family++;
}

static void cost_entry(struct entry *e, unsigned int profile)
{
	begin(e, "cost", e->report->asked->profiles[profile], "");
	run_type(e, 1, 0, 1);
	member_ps(e->out, "real_time", e->row->ps[profile]);
	member_ps(e->out, "cpu_time", e->row->ps[profile]);
	end(e);
	e->family++;
}

static double median_cpu(const struct hs_report_row *row, unsigned int n)
{
	double values[HS_REPORT_REPETITIONS];

	for (unsigned int i = 0; i < n; i++)
		values[i] = row->cpu_ns[i];
	return hs_measure_summary(values, n).median;
}

static void walk_entries(struct entry *e)
{
	unsigned int n = e->report->asked->repetitions;
	double pages = (double)e->report->spans[e->row->scope].pages;

	for (unsigned int i = 0; i < n; i++) {
		/* Only the first of all benchmarks has no comma before it: a count is. */
		begin(e, "walk", NULL, "");
		run_type(e, n, i, e->row->iterations);
		member_double(e->out, "real_time", e->row->real_ns[i]);
		member_double(e->out, "cpu_time", e->row->cpu_ns[i]);
		end(e);
	}
	begin(e, "walk", NULL, "_median");
	member_text(e->out, "run_type", "aggregate");
	member(e->out, "repetitions", n);
	member(e->out, "threads", 1);
	member_text(e->out, "aggregate_name", "median");
	member_text(e->out, "aggregate_unit", "time");
	member(e->out, "iterations", n);
	member_double(e->out, "real_time", e->row->page_ns.median * pages);
	member_double(e->out, "cpu_time", median_cpu(e->row, n));
	member_double(e->out, "real_time_p10", e->row->page_ns.low * pages);
	member_double(e->out, "real_time_p90", e->row->page_ns.high * pages);
	end(e);
	e->family++;
}

void hs_report_json(const struct hs_report *report, uint64_t *count, struct hs_out *out)
{
	struct entry e = { .report = report, .out = out, .family = *count };

	for (size_t i = 0; i < report->row_count; i++) {
		e.row = &report->rows[i];
		count_entry(&e);
		for (unsigned int p = 0; e.row->predicted && p < report->asked->profile_count; p++)
			cost_entry(&e, p);
		if (e.row->timed)
			walk_entries(&e);
	}
	*count = e.family;
}

void hs_report_json_begin(const char *context, struct hs_out *out)
{
	hs_out_text(out, "{\n  \"context\": {\n");
	hs_out_text(out, context ? context : "");
	hs_out_text(out, "    \"executable\": \"hmmsim compare\",\n    \"hmmsim_version\": \"");
	string(out, hs_version());
	hs_out_text(out, "\"\n  },\n  \"benchmarks\": [\n");
}

void hs_report_json_end(struct hs_out *out)
{
	hs_out_text(out, "\n  ]\n}\n");
}
