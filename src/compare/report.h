/* SPDX-License-Identifier: MIT */
/*
 * report.h - counts, predicted costs and times of all strategies on one layout
 *
 * invented. Rows are ordered by scope, walker, strategy. Without measured times a report is the
 * same bytes on every machine, because predictions are computed in whole picoseconds.
 */
#ifndef HS_COMPARE_REPORT_H
#define HS_COMPARE_REPORT_H

#include "compare/compare.h"
#include "compare/measure.h"

#define HS_REPORT_PROFILES 4 /* at most */
#define HS_REPORT_REPETITIONS 1000

struct hs_report_asked {
	bool eras[HS_ERA_COUNT], strategies[HS_STRATEGY_COUNT];
	const struct hs_cost_profile *profiles[HS_REPORT_PROFILES];
	unsigned int profile_count;
	unsigned int repetitions; /* 0: nothing is measured */
	double repetition_ns;	  /* how long a repetition takes, about */
	/* Called before each step with the number of steps done; may be NULL. */
	void (*progress)(const char *doing, const char *layout, unsigned int done, unsigned int of);
	bool bold;
	uint32_t sleep; /* of removals: points that each fault and wait lasts */
	bool atomic;	/* of removals: the reference is atomic from the start */
};

struct hs_report_row {
	enum hs_compare_scope scope;
	enum hs_era era;
	enum hs_strategy strategy;
	struct hs_compared done;
	uint64_t ps[HS_REPORT_PROFILES]; /* predicted, of the span; 6.12 without failures */
	bool predicted, timed;
	uint64_t iterations;	    /* of the span in a repetition */
	double *real_ns, *cpu_ns;   /* of a walk of the span, in the order they were measured */
	struct hs_measured page_ns; /* real_ns, a page */
};

struct hs_report {
	const struct hs_report_asked *asked;
	const struct hs_layout *layout;
	struct hs_compare_setting set;
	struct hs_compare_span spans[HS_SCOPE_COUNT]; /* a span without calls is none */
	bool too_large;				      /* the whole range, for one call */
	struct hs_report_row *rows;
	size_t row_count;
};

/* Returns 0; -ENOMEM; -EINVAL, -EIO, -ENOTEMPTY as in compare.h. Freed in every case. */
int hs_report_make(struct hs_report *report, const struct hs_report_asked *asked,
		   const struct hs_layout *layout, const struct hs_compare_setting *setting);
void hs_report_free(struct hs_report *report);
static inline void hs_report_progress(const struct hs_report_asked *asked,
				      const struct hs_layout *layout, const char *doing,
				      size_t done, size_t of)
{
	if (asked->progress)
		asked->progress(doing, layout->name, (unsigned int)done, (unsigned int)of);
}

/* NULL: the report has no such row. */
const struct hs_report_row *hs_report_find(const struct hs_report *report,
					   enum hs_compare_scope scope, enum hs_era era,
					   enum hs_strategy strategy);

/* The worst last. */
enum hs_report_verdict {
	HS_REPORT_OK,
	HS_REPORT_UNKNOWN,   /* a part was not tried, because a bound forbids it */
	HS_REPORT_VIOLATION, /* a leak, a livelock, a bad entry, a verdict that is not ok */
};

enum hs_report_verdict hs_report_judge(const struct hs_report *report);
/* Prints tables. */
void hs_report_print(const struct hs_report *report, struct hs_out *out);

/* Cells of a walk: from calls to passes; and its answer, of so many calls. */
void hs_report_cell_counts(const struct hs_walk_counts *counts, struct hs_out *cells);
void hs_report_cell_answer(const struct hs_compared *done, size_t calls, struct hs_out *cells);

/*
 * Benchmarks in the schema of Google Benchmark (text/json.h): the caller writes head and tail.
 * *count is the number of benchmarks so far.
 */
void hs_report_json(const struct hs_report *report, uint64_t *count, struct hs_out *out);
/* What a walk has counted, as members of a benchmark. */
void hs_report_json_counts(const struct hs_compared *done, struct hs_out *out);
/* How the name of a benchmark begins, and how it ends; @profile may be NULL. */
void hs_report_json_name(struct hs_out *name, const char *kind, const struct hs_layout *layout,
			 enum hs_compare_request request);
void hs_report_json_name_end(struct hs_out *name, enum hs_era era, enum hs_strategy strategy,
			     const struct hs_cost_profile *profile);

#endif
