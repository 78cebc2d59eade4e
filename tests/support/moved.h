/* SPDX-License-Identifier: MIT */
/*
 * moved.h - a layout whose memory migrates, and what the report says of it
 */
#ifndef HS_TESTS_MOVED_H
#define HS_TESTS_MOVED_H

#include "compare/moves_report.h"
#include "support/layout_text.h"
#include "support/test.h"

struct moved {
	struct hs_hostmem mem;
	struct hs_report_asked asked;
	struct hs_layout layout;
	struct hs_moves_report report;
};

/* Every walker, and strategies none and per-page. */
struct hs_report_asked moved_asked(void);
/* The report of d->layout. It must be made. */
void moved_make(struct moved *d, enum hs_compare_request request, uint64_t owner,
		enum hs_moves_back back);
/* The report of a built-in layout, or of a text, for owner 1. */
void moved_builtin(struct moved *d, const char *name, uint64_t bytes,
		   enum hs_compare_request request, enum hs_moves_back back);
void moved_text(struct moved *d, const char *text, enum hs_compare_request request,
		enum hs_moves_back back);
/* Asserts that nothing is left. */
void moved_end(struct moved *d);
/* Step @i, without a violation. */
void expect_step(const struct moved *d, size_t i, enum hs_moves_step_kind kind, uint64_t lent,
		 const struct hs_migrate_counts *counts);
/* Of both strategies. */
void expect_walk(const struct moved *d, enum hs_moves_state state, enum hs_era era, uint64_t valid,
		 uint64_t faults, uint64_t back);

#endif
