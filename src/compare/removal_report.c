/* SPDX-License-Identifier: MIT */
/*
 * removal_report.c - makes the rows of removals: the worst of each walker, plan and strategy
 */
#include "compare/removal_report.h"

#include <errno.h>

static int removal_report_make_row(struct hs_removal_report *report,
				   struct hs_removal_layout *removal, struct hs_removal_row *row)
{
	struct hs_removal_case c;

	hs_removal_case_init(&c, row->era);
	c.plan = row->plan;
	c.strategy = row->strategy;
	c.space = &hs_removal_layout_ops;
	c.space_arg = removal;
	c.sleep = report->asked->sleep;
	c.atomic = report->asked->atomic;
	return hs_removal_worst(report->mem, &c, 0, &row->worst);
}

static bool removal_report_asks_for(const struct hs_report_asked *asked,
				    const struct hs_removal_row *row)
{
	return asked->eras[row->era] && asked->strategies[row->strategy];
}

/* Of all walkers, plans and strategies, number @i. */
static void removal_report_name_row(struct hs_removal_row *row, size_t i)
{
	size_t plan = i / HS_STRATEGY_BUILTIN_COUNT;

	row->era = (enum hs_era)(HS_ERA_6_12 - plan / HS_REMOVAL_PLAN_REMOVES_COUNT);
	row->plan = (enum hs_removal_plan)(plan % HS_REMOVAL_PLAN_REMOVES_COUNT);
	row->strategy = (enum hs_strategy)(i % HS_STRATEGY_BUILTIN_COUNT);
}

static size_t removal_report_count_rows(const struct hs_report_asked *asked, size_t most)
{
	struct hs_removal_row row;
	size_t count = 0;

	for (size_t i = 0; i < most; i++) {
		removal_report_name_row(&row, i);
		count += removal_report_asks_for(asked, &row);
	}
	return count;
}

static int removal_report_make_rows(struct hs_removal_report *report,
				    struct hs_removal_layout *removal)
{
	const size_t most =
		(size_t)HS_ERA_COUNT * HS_REMOVAL_PLAN_REMOVES_COUNT * HS_STRATEGY_BUILTIN_COUNT;
	size_t count = removal_report_count_rows(report->asked, most);
	int ret = 0;

	report->rows = hs_hostmem_zalloc(report->mem, most, sizeof(*report->rows));
	if (!report->rows)
		return -ENOMEM;
	for (size_t i = 0; !ret && i < most; i++) {
		struct hs_removal_row *row = &report->rows[report->row_count];

		removal_report_name_row(row, i);
		if (!removal_report_asks_for(report->asked, row))
			continue;
		hs_report_progress(report->asked, report->layout, "removing", report->row_count++,
				   count);
		ret = removal_report_make_row(report, removal, row);
	}
	return ret;
}

int hs_removal_report_make(struct hs_removal_report *report, const struct hs_report_asked *asked,
			   const struct hs_layout *layout, const struct hs_compare_setting *setting)
{
	struct hs_removal_layout removal;

	*report = (struct hs_removal_report){
		.asked = asked,
		.layout = layout,
		.request = setting->request,
		.mem = setting->mem,
	};
	report->none = hs_removal_layout_init(&removal, setting->mem, layout,
					      hs_request_flags(setting->request), setting->owner);
	return report->none ? 0 : removal_report_make_rows(report, &removal);
}

void hs_removal_report_free(struct hs_removal_report *report)
{
	hs_hostmem_free(report->mem, report->rows);
	report->rows = NULL;
	report->row_count = 0;
}

enum hs_report_verdict hs_removal_report_judge(const struct hs_removal_report *report)
{
	if (report->none && report->none != -ENOENT)
		return HS_REPORT_UNKNOWN;
	for (size_t i = 0; i < report->row_count; i++)
		if (report->rows[i].worst.verdict != HS_REMOVAL_OK || report->rows[i].worst.leaked)
			return HS_REPORT_VIOLATION;
	return HS_REPORT_OK;
}
