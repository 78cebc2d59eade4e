/* SPDX-License-Identifier: MIT */
/*
 * report.c - makes the rows of a report: counts first, then times in a mixed order
 */
#include "compare/report.h"

#include <errno.h>

#define TIMES_MAX ((uint64_t)1 << 24)

const struct hs_report_row *hs_report_find(const struct hs_report *report,
					   enum hs_compare_scope scope, enum hs_era era,
					   enum hs_strategy strategy)
{
	for (size_t i = 0; i < report->row_count; i++) {
		const struct hs_report_row *row = &report->rows[i];

		if (row->scope == scope && row->era == era && row->strategy == strategy)
			return row;
	}
	return NULL;
}

/* ---- counts ------------------------------------------------------------------------------ */

static int report_make_spans(struct hs_report *r)
{
	for (int s = 0; s < HS_SCOPE_COUNT; s++) {
		enum hs_compare_scope scope = (enum hs_compare_scope)s;
		int ret;

		/* With one VMA this would be the call of the whole range again. */
		if (scope == HS_SCOPE_VMAS && r->layout->vma_count == 1 && !r->too_large)
			continue;
		ret = hs_compare_make_span(r->set.mem, r->layout, scope, &r->spans[s]);
		if (ret == -ENOMEM)
			return ret;
		if (ret == -ERANGE)
			r->too_large = true;
	}
	return 0;
}

static bool report_asks_for(const struct hs_report *r, const struct hs_report_row *row)
{
	return r->asked->eras[row->era] && r->asked->strategies[row->strategy] &&
	       r->spans[row->scope].count;
}

/* Of all scopes, walkers and strategies, number @i. */
static void report_name_row(struct hs_report_row *row, size_t i)
{
	row->strategy = (enum hs_strategy)(i % HS_STRATEGY_COUNT);
	row->era = (enum hs_era)(HS_ERA_6_12 - i / HS_STRATEGY_COUNT % HS_ERA_COUNT);
	row->scope = (enum hs_compare_scope)(i / HS_STRATEGY_COUNT / HS_ERA_COUNT);
}

static size_t report_count_rows(const struct hs_report *r, size_t most)
{
	struct hs_report_row row = { 0 };
	size_t count = 0;

	for (size_t i = 0; i < most; i++) {
		report_name_row(&row, i);
		count += report_asks_for(r, &row);
	}
	return count;
}

static int report_make_row(struct hs_report *r, struct hs_compare *c, struct hs_report_row *row)
{
	int ret = hs_compare_run(c, row->era, row->strategy, &r->spans[row->scope], &row->done);

	/* The profiles were measured with this walker. */
	row->predicted = row->era == HS_ERA_6_12 && !row->done.failed;
	for (unsigned int i = 0; row->predicted && i < r->asked->profile_count; i++)
		row->ps[i] = hs_cost_ps(&row->done.cost, r->asked->profiles[i]);
	return ret;
}

static int report_make_rows(struct hs_report *r, struct hs_compare *c)
{
	const size_t most = (size_t)HS_SCOPE_COUNT * HS_ERA_COUNT * HS_STRATEGY_COUNT;
	size_t count = report_count_rows(r, most);
	int ret = 0;

	r->rows = hs_hostmem_zalloc(r->set.mem, most, sizeof(*r->rows));
	if (!r->rows)
		return -ENOMEM;
	for (size_t i = 0; !ret && i < most; i++) {
		struct hs_report_row *row = &r->rows[r->row_count];

		report_name_row(row, i);
		if (!report_asks_for(r, row))
			continue;
		hs_report_progress(r->asked, r->layout, "counting", r->row_count++, count);
		ret = report_make_row(r, c, row);
	}
	return ret;
}

/* ---- times ------------------------------------------------------------------------------- */

/* Finds how many walks make a repetition of the length asked for. */
static int report_calibrate(struct hs_report *r, struct hs_compare *c, struct hs_report_row *row)
{
	double wanted = r->asked->repetition_ns, real, cpu;
	int ret;

	row->iterations = 1;
	if (row->done.changed)
		return 0;
	for (;;) {
		ret = hs_compare_time(c, row->era, row->strategy, &r->spans[row->scope],
				      row->iterations, &real, &cpu);
		if (ret || real > wanted / 4 || row->iterations >= TIMES_MAX)
			break;
		row->iterations *= 4;
	}
	row->iterations = (uint64_t)((double)row->iterations * wanted / (real + 1)) + 1;
	return ret;
}

static int report_prepare(struct hs_report *r, struct hs_compare *c, unsigned int *timed,
			  unsigned int *count)
{
	unsigned int repetitions = r->asked->repetitions, possible = 0;

	*count = 0;
	for (size_t i = 0; i < r->row_count; i++)
		possible += !r->rows[i].done.failed;
	for (size_t i = 0; i < r->row_count; i++) {
		struct hs_report_row *row = &r->rows[i];
		int ret;

		if (row->done.failed)
			continue;
		hs_report_progress(r->asked, r->layout, "calibrating", *count, possible);
		row->real_ns = hs_hostmem_zalloc(r->set.mem, repetitions, sizeof(double));
		row->cpu_ns = hs_hostmem_zalloc(r->set.mem, repetitions, sizeof(double));
		ret = row->real_ns && row->cpu_ns ? report_calibrate(r, c, row) : -ENOMEM;
		if (ret)
			return ret;
		row->timed = true;
		timed[(*count)++] = (unsigned int)i;
	}
	return 0;
}

static int report_repeat(struct hs_report *r, struct hs_compare *c, struct hs_report_row *row,
			 unsigned int repetition)
{
	double *real = &row->real_ns[repetition], *cpu = &row->cpu_ns[repetition];
	int ret = hs_compare_time(c, row->era, row->strategy, &r->spans[row->scope],
				  row->iterations, real, cpu);

	*real /= (double)row->iterations;
	*cpu /= (double)row->iterations;
	return ret;
}

static int report_summarise(struct hs_report *r, struct hs_report_row *row)
{
	unsigned int n = r->asked->repetitions;
	double *sorted = hs_hostmem_zalloc(r->set.mem, n, sizeof(*sorted));

	if (!sorted)
		return -ENOMEM;
	for (unsigned int i = 0; i < n; i++)
		sorted[i] = row->real_ns[i] / (double)r->spans[row->scope].pages;
	row->page_ns = hs_measure_summary(sorted, n);
	hs_hostmem_free(r->set.mem, sorted);
	return 0;
}

/* @work has room for the order of all repetitions, the numbers of the rows and their progress. */
static int report_measure_with(struct hs_report *r, struct hs_compare *c, unsigned int *work)
{
	unsigned int n = r->asked->repetitions, count = 0;
	unsigned int *timed = work + r->row_count * n, *done = timed + r->row_count;
	uint64_t state = 1; /* the same order in every run */
	int ret = report_prepare(r, c, timed, &count);

	if (!ret && count)
		hs_measure_order(&state, work, count, n);
	for (unsigned int i = 0; !ret && i < count * n; i++) {
		hs_report_progress(r->asked, r->layout, "measuring", i, (size_t)count * n);
		ret = report_repeat(r, c, &r->rows[timed[work[i]]], done[work[i]]++);
	}
	for (unsigned int i = 0; !ret && i < count; i++)
		ret = report_summarise(r, &r->rows[timed[i]]);
	return ret;
}

static int report_measure(struct hs_report *r, struct hs_compare *c)
{
	unsigned int *work;
	int ret;

	if (!r->asked->repetitions || !r->row_count)
		return 0;
	work = hs_hostmem_zalloc(r->set.mem, r->row_count * (r->asked->repetitions + 2),
				 sizeof(*work));
	if (!work)
		return -ENOMEM;
	ret = report_measure_with(r, c, work);
	hs_hostmem_free(r->set.mem, work);
	return ret;
}

/* ---- the whole --------------------------------------------------------------------------- */

int hs_report_make(struct hs_report *report, const struct hs_report_asked *asked,
		   const struct hs_layout *layout, const struct hs_compare_setting *setting)
{
	struct hs_compare c;
	int ret, end;

	*report = (struct hs_report){ .asked = asked, .layout = layout, .set = *setting };
	ret = hs_compare_begin(&c, layout, setting);
	if (!ret)
		ret = report_make_spans(report);
	if (!ret)
		ret = report_make_rows(report, &c);
	if (!ret)
		ret = report_measure(report, &c);
	end = hs_compare_end(&c);
	return ret ? ret : end;
}

void hs_report_free(struct hs_report *report)
{
	struct hs_hostmem *mem = report->set.mem;

	for (size_t i = 0; i < report->row_count; i++) {
		hs_hostmem_free(mem, report->rows[i].real_ns);
		hs_hostmem_free(mem, report->rows[i].cpu_ns);
	}
	for (int s = 0; s < HS_SCOPE_COUNT; s++)
		hs_compare_span_free(mem, &report->spans[s]);
	hs_hostmem_free(mem, report->rows);
	*report = (struct hs_report){ .asked = NULL };
}

enum hs_report_verdict hs_report_judge(const struct hs_report *report)
{
	for (size_t i = 0; i < report->row_count; i++)
		if (report->rows[i].done.counts.leaked || report->rows[i].done.counts.bad_ptes ||
		    report->rows[i].done.livelocks)
			return HS_REPORT_VIOLATION;
	return report->too_large ? HS_REPORT_UNKNOWN : HS_REPORT_OK;
}
