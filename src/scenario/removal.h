/* SPDX-License-Identifier: MIT */
/*
 * removal.h - a layout's device memory is removed while a walk of the layout is in flight
 *
 * invented. The plays of teardown.h on a layout. Removed is its first pgmap that walks look up (fsdax
 * or generic); it is made with struct pages and rounded to whole subsections. The owner invalidates
 * the whole range at once and clears the entries by hand; a page that is faulted afterwards is an
 * ordinary one.
 */
#ifndef HS_SCENARIO_REMOVAL_H
#define HS_SCENARIO_REMOVAL_H

#include "scenario/compare_report.h"
#include "scenario/teardown.h"

#define HS_REMOVAL_PAGES ((uint64_t)1 << 16) /* of the range, at most */

struct hs_removal {
	struct hs_hostmem *mem;
	const struct hs_layout *layout;
	enum hs_compare_request request;
	uint64_t owner;
	size_t index; /* of the pgmap */
	/* of one play */
	struct hs_walk_scenario rules;
	struct hs_script script;
	struct hs_populated space;
};

extern const struct hs_teardown_space_ops hs_removal_ops;

/*
 * What is asked for, and whose pages are accepted, is the setting's. 0; -ENOENT: no such pgmap is
 * mapped; -ENODEV: one that is mapped is dead; -EEXIST: another pgmap is in its subsections; -ERANGE:
 * the range has too many pages.
 */
int hs_removal_init(struct hs_removal *removal, const struct hs_layout *layout,
		    const struct hs_compare_setting *setting);

/* ---- the worst of every walker, order and strategy asked for ------------------------------ */

struct hs_removal_row {
	enum hs_era era;
	enum hs_removal_order order;
	enum hs_strategy strategy;
	struct hs_teardown_worst worst;
};

struct hs_removal_report {
	const struct hs_report_asked *asked;
	const struct hs_layout *layout;
	enum hs_compare_request request;
	struct hs_hostmem *mem;
	int none; /* why there is no row: as hs_removal_init() */
	struct hs_removal_row *rows;
	size_t row_count;
};

/* 0, also if there is none; -ENOMEM, -EINVAL: it cannot be built, -ENOTEMPTY. To be freed in every case. */
int hs_removal_make(struct hs_removal_report *report, const struct hs_report_asked *asked,
		    const struct hs_layout *layout, const struct hs_compare_setting *setting);
void hs_removal_free(struct hs_removal_report *report);
/* For people: a table, or a line that says why there is none. */
void hs_removal_print(const struct hs_removal_report *report, struct hs_out *out);
/* As hs_report_json(): held/... are the counts, delay/... what a profile predicts of them. */
void hs_removal_json(const struct hs_removal_report *report, uint64_t *count, struct hs_out *out);

#endif
