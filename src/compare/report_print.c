/* SPDX-License-Identifier: MIT */
/*
 * report_print.c - a report as tables
 */
#include "compare/alike.h"
#include "compare/report.h"

#include "text/error_name.h"
#include "text/grid.h"

static void report_print_head(struct hs_out *cells, const char *const *names)
{
	for (; *names; names++)
		hs_cell_text(cells, *names);
}

static const struct hs_report_row *report_print_none_of(const struct hs_report *r,
							const struct hs_report_row *row)
{
	return hs_report_find(r, row->scope, row->era, HS_STRATEGY_NONE);
}

/* ---- counts and predicted cost ----------------------------------------------------------- */

static void report_print_count_head(const struct hs_report *r, struct hs_out *cells)
{
	static const char *const names[] = { "walker", "strategy", "calls",  "hits",   "lookups",
					     "refs",   "puts",	   "leaked", "faults", "held",
					     "passes", "answer",   NULL };

	report_print_head(cells, names);
	for (unsigned int i = 0; i < r->asked->profile_count; i++) {
		hs_cell_text(cells, r->asked->profiles[i]->name);
		hs_cell_text(cells, "x none");
	}
	hs_out_char(cells, '\n');
}

void hs_report_cell_answer(const struct hs_compared *done, size_t calls, struct hs_out *cells)
{
	if (!done->failed)
		hs_out_text(cells, "ok");
	else if (done->livelocks)
		hs_out_text(cells, "livelock");
	else
		hs_out_error(cells, done->error);
	if (done->failed && calls != 1) {
		hs_out_char(cells, 'x');
		hs_out_decimal(cells, done->livelocks ? done->livelocks : done->failed);
	}
	hs_out_char(cells, '\t');
}

void hs_report_cell_counts(const struct hs_walk_counts *c, struct hs_out *cells)
{
	hs_cell_number(cells, c->calls);
	hs_cell_number(cells, c->hits);
	hs_cell_number(cells, c->lookups);
	hs_cell_number(cells, c->refs);
	hs_cell_number(cells, c->puts);
	hs_cell_number(cells, c->leaked);
	hs_cell_number(cells, c->faults);
	hs_cell_number(cells, c->held_faults);
	hs_cell_number(cells, c->passes);
}

static void report_print_predicted_cells(const struct hs_report *r, const struct hs_report_row *row,
					 struct hs_out *cells)
{
	const struct hs_report_row *none = report_print_none_of(r, row);
	uint64_t pages = r->spans[row->scope].pages;

	for (unsigned int i = 0; i < r->asked->profile_count; i++) {
		hs_cell_quotient(cells, row->ps[i], row->predicted ? pages * 1000 : 0);
		hs_cell_quotient(cells, row->ps[i],
				 row->predicted && none && none->predicted ? none->ps[i] : 0);
	}
}

static void report_print_row_head(const struct hs_report_row *row, struct hs_out *cells)
{
	hs_cell_text(cells, hs_era_name(row->era));
	hs_cell_text(cells, hs_strategy_name(row->strategy));
}

static void report_print_count_cells(const struct hs_report *r, const struct hs_report_row *row,
				     struct hs_out *cells)
{
	hs_report_cell_counts(&row->done.counts, cells);
	hs_report_cell_answer(&row->done, r->spans[row->scope].count, cells);
	report_print_predicted_cells(r, row, cells);
	hs_out_char(cells, '\n');
}

static void report_print_counts(const struct hs_report *r, enum hs_compare_scope scope,
				struct hs_out *out)
{
	struct hs_out cells = { .mem = r->set.mem };

	report_print_count_head(r, &cells);
	for (size_t i = 0; i < r->row_count; i++)
		if (r->rows[i].scope == scope) {
			report_print_row_head(&r->rows[i], &cells);
			report_print_count_cells(r, &r->rows[i], &cells);
		}
	hs_grid_print(&cells, 2, r->asked->bold, out);
	hs_out_free(&cells);
}

/* ---- a call of one page ------------------------------------------------------------------ */

/* On one page most strategies do the same, so that equal neighbours share a line. */
static void report_print_page(const struct hs_report *r, struct hs_out *out)
{
	struct hs_out cells = { .mem = r->set.mem }, row_cells = cells;
	struct hs_alike alike;

	hs_alike_begin(&alike, &cells);
	report_print_count_head(r, &cells);
	for (size_t i = 0; i < r->row_count; i++) {
		const struct hs_report_row *row = &r->rows[i];

		if (row->scope != HS_SCOPE_PAGE)
			continue;
		hs_out_reset(&row_cells);
		report_print_count_cells(r, row, &row_cells);
		hs_alike_add(&alike, NULL, row->era, row->strategy, &row_cells);
	}
	hs_alike_end(&alike);
	hs_out_text(out, r->asked->profile_count ? "\na call of one page; predicted in ns\n"
						 : "\na call of one page\n");
	hs_grid_print(&cells, 2, r->asked->bold, out);
	hs_out_free(&row_cells);
	hs_out_free(&cells);
}

/* ---- measured ---------------------------------------------------------------------------- */

static void report_print_time_cells(const struct hs_report *r, const struct hs_report_row *row,
				    struct hs_out *cells)
{
	const struct hs_report_row *none = row ? report_print_none_of(r, row) : NULL;

	if (!row || !row->timed) {
		hs_out_text(cells, "-\t-\t-\t-\t");
		return;
	}
	hs_cell_double(cells, row->page_ns.median);
	hs_cell_double(cells, row->page_ns.low);
	hs_cell_double(cells, row->page_ns.high);
	if (none && none->timed)
		hs_cell_double(cells, row->page_ns.median / none->page_ns.median);
	else
		hs_cell_text(cells, "-");
}

/* Only the first table has the call of one page, which is the same in both. */
static void report_print_times(const struct hs_report *r, enum hs_compare_scope scope, bool first,
			       struct hs_out *out)
{
	static const char *const names[] = { "walker", "strategy", "ns/page", "p10",
					     "p90",    "x none",   NULL };
	static const char *const page_names[] = { "one page", "p10", "p90", "x none", NULL };
	struct hs_out cells = { .mem = r->set.mem };

	report_print_head(&cells, names);
	if (first)
		report_print_head(&cells, page_names);
	hs_out_char(&cells, '\n');
	for (size_t i = 0; i < r->row_count; i++) {
		const struct hs_report_row *row = &r->rows[i];

		if (row->scope != scope)
			continue;
		report_print_row_head(row, &cells);
		report_print_time_cells(r, row, &cells);
		if (first)
			report_print_time_cells(
				r, hs_report_find(r, HS_SCOPE_PAGE, row->era, row->strategy),
				&cells);
		hs_out_char(&cells, '\n');
	}
	hs_grid_print(&cells, 2, r->asked->bold, out);
	hs_out_free(&cells);
}

/* The walker of 5.3 does not look, and each strategy of 6.12 meets the same entries. */
static void report_print_bad_ptes(const struct hs_report *r, struct hs_out *out)
{
	uint64_t most = 0;

	for (size_t i = 0; i < r->row_count; i++)
		if (r->rows[i].done.counts.bad_ptes > most)
			most = r->rows[i].done.counts.bad_ptes;
	if (!most)
		return;
	hs_out_text(out, "\nbadpte ");
	hs_out_decimal(out, most);
	hs_out_text(out, ": special entries in a vma that should have none\n");
}

/* ---- the whole --------------------------------------------------------------------------- */

static void report_print_amount(struct hs_out *out, uint64_t n, const char *what)
{
	hs_out_decimal(out, n);
	hs_out_char(out, ' ');
	hs_out_text(out, what);
	if (n != 1)
		hs_out_char(out, 's');
}

static void report_print_scope(const struct hs_report *r, enum hs_compare_scope scope, bool first,
			       struct hs_out *out)
{
	const struct hs_compare_span *span = &r->spans[scope];

	hs_out_text(out, scope == HS_SCOPE_WHOLE ? "\nthe whole range in one call: "
						 : "\nthe readable vmas one by one: ");
	report_print_amount(out, span->count, "call");
	hs_out_text(out, ", ");
	report_print_amount(out, span->pages, "page");
	hs_out_text(out, r->asked->profile_count ? "; predicted in ns a page\n" : "\n");
	report_print_counts(r, scope, out);
	if (!r->asked->repetitions)
		return;
	hs_out_text(out, "\nmeasured here, medians\n");
	report_print_times(r, scope, first, out);
}

void hs_report_print(const struct hs_report *r, struct hs_out *out)
{
	bool first = true;

	hs_out_text(out, r->asked->bold ? "\033[1mlayout " : "layout ");
	hs_out_text(out, r->layout->name);
	hs_out_text(out, r->asked->bold ? "\033[0m: " : ": ");
	report_print_amount(out, r->layout->vma_count, "vma");
	hs_out_text(out, ", ");
	report_print_amount(out, r->layout->pgmap_count, "pgmap");
	hs_out_text(out, ", request ");
	hs_out_text(out, hs_request_names[r->set.request]);
	hs_out_char(out, '\n');
	if (r->too_large)
		hs_out_text(out, "\nthe whole range is more than 4194304 pages: no call for it\n");
	else if (!r->row_count)
		hs_out_text(out, "\nthere is nothing to walk\n");
	for (int s = HS_SCOPE_WHOLE; s < HS_SCOPE_PAGE; s++)
		if (r->spans[s].count) {
			report_print_scope(r, (enum hs_compare_scope)s, first, out);
			first = false;
		}
	if (r->spans[HS_SCOPE_PAGE].count)
		report_print_page(r, out);
	report_print_bad_ptes(r, out);
}
