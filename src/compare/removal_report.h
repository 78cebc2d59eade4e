/* SPDX-License-Identifier: MIT */
/*
 * removal_report.h - removals of a layout's device memory, side by side
 *
 * invented. One row for each walker, plan of a removal and strategy: the worst of all points of the
 * walk at which the removal can begin (run/removal_layout.h).
 */
#ifndef HS_COMPARE_REMOVAL_REPORT_H
#define HS_COMPARE_REMOVAL_REPORT_H

#include "compare/report.h"
#include "run/removal_layout.h"

struct hs_removal_row {
	enum hs_era era;
	enum hs_removal_plan plan;
	enum hs_strategy strategy;
	struct hs_removal_worst worst;
};

struct hs_removal_report {
	const struct hs_report_asked *asked;
	const struct hs_layout *layout;
	enum hs_compare_request request;
	struct hs_hostmem *mem;
	int none; /* why there is no row; an error of hs_removal_layout_init() */
	struct hs_removal_row *rows;
	size_t row_count;
};

/*
 * Returns 0, also without rows; -ENOMEM; -EINVAL: cannot be built; -ENOTEMPTY. Freed in every case.
 */
int hs_removal_report_make(struct hs_removal_report *report, const struct hs_report_asked *asked,
			   const struct hs_layout *layout,
			   const struct hs_compare_setting *setting);
void hs_removal_report_free(struct hs_removal_report *report);
/* Unknown: removals of the layout are not tried, though walks of it look up a pgmap. */
enum hs_report_verdict hs_removal_report_judge(const struct hs_removal_report *report);
/* Prints a table, or a line that says why there is none. */
void hs_removal_report_print(const struct hs_removal_report *report, struct hs_out *out);
/* As hs_report_json(): held/... are counts, delay/... the costs that a profile predicts. */
void hs_removal_report_json(const struct hs_removal_report *report, uint64_t *count,
			    struct hs_out *out);

#endif
