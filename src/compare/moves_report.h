/* SPDX-License-Identifier: MIT */
/*
 * moves_report.h - what migrations of a layout's memory do, and what walks find before and after
 *
 * invented. The layout is built with pages that can move (run/moves.h), and four things are done:
 *
 * - each move, and after them all device pages come back, by faults or by ranges: steps
 * - the moves again, anew, and then each device with pages is evicted and removed: steps
 * - a walk of each walker and strategy before the moves, and after them for the owner who asks and
 *   for one who owns nothing
 *
 * All figures are counts, the same on every machine. Nothing is timed and no cost is predicted,
 * because the profiles have none of migrations.
 */
#ifndef HS_COMPARE_MOVES_REPORT_H
#define HS_COMPARE_MOVES_REPORT_H

#include "compare/report.h"
#include "run/moves.h"

enum hs_moves_back {
	HS_MOVES_BACK_FAULT, /* a CPU touches each page */
	HS_MOVES_BACK_RANGE, /* the owners migrate them */
	HS_MOVES_BACK_COUNT
};

extern const char *const hs_moves_back_names[HS_MOVES_BACK_COUNT];

enum hs_moves_step_kind {
	HS_MOVES_STEP_MOVE,
	HS_MOVES_STEP_BACK,
	HS_MOVES_STEP_EVICT, /* on removal */
};

struct hs_moves_step {
	enum hs_moves_step_kind kind;
	size_t index; /* of the move, or the device */
	struct hs_migrate_counts counts;
	uint64_t closed; /* pages that no CPU may touch, so that no fault brings them back */
	uint64_t lent;	 /* pages on devices afterwards; of an eviction: on its device */
	bool stuck;	 /* of an eviction: the drain does not end */
};

enum hs_moves_state {
	HS_MOVES_BEFORE,
	HS_MOVES_AFTER,
	HS_MOVES_FOREIGN, /* after, for the owner 0, who owns no device memory that lends pages */
	HS_MOVES_STATE_COUNT
};

extern const char *const hs_moves_state_names[HS_MOVES_STATE_COUNT];

struct hs_moves_walk {
	enum hs_moves_state state;
	enum hs_era era;
	enum hs_strategy strategy;
	struct hs_compared done;
	uint64_t back; /* pages that the walk's faults have brought back */
};

struct hs_moves_report {
	const struct hs_report_asked *asked;
	const struct hs_layout *layout;
	enum hs_compare_request request;
	enum hs_moves_back back;
	struct hs_hostmem *mem;
	struct hs_moves moves; /* its .none: why there is nothing else */
	struct hs_compare_span span;
	struct hs_moves_step *steps;
	size_t step_count;
	struct hs_moves_walk *walks;
	size_t walk_count;
};

/* Returns 0, also if there is none; -ENOMEM; -EINVAL, -EIO, -ENOTEMPTY. Freed in every case. */
int hs_moves_report_make(struct hs_moves_report *report, const struct hs_report_asked *asked,
			 const struct hs_layout *layout, const struct hs_compare_setting *setting,
			 enum hs_moves_back back);
void hs_moves_report_free(struct hs_moves_report *report);
enum hs_report_verdict hs_moves_report_judge(const struct hs_moves_report *report);
/* Prints tables, or a line that says why there are none. */
void hs_moves_report_print(const struct hs_moves_report *report, struct hs_out *out);
/* As hs_report_json(): migration/... are the steps, migrated/... the walks. */
void hs_moves_report_json(const struct hs_moves_report *report, uint64_t *count,
			  struct hs_out *out);

#endif
