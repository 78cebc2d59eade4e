/* SPDX-License-Identifier: MIT */
/*
 * removal_space.h - runs of a removal against a walk, and what they hold
 */
#ifndef HS_TESTS_REMOVAL_SPACE_H
#define HS_TESTS_REMOVAL_SPACE_H

#include "run/removal.h"
#include "support/test.h"

#define STRATEGIES HS_STRATEGY_CUSTOM
#define TABLE 512

/* Address spaces of 4 KiB pages of a DAX file; all is asked for, for writing. */
enum arrangement {
	ARRANGE_TABLES, /* three tables */
	ARRANGE_HOLE,	/* the same; the page in the middle of the second table is not mapped yet */
	ARRANGE_VMAS,	/* two VMAs, of two tables and of one */
	ARRANGE_BUSY,	/* a table, a migrating 2M leaf of another VMA, a table */
	ARRANGE_OTHER,	/* three tables; the memory of another file is removed */
	ARRANGE_POISON, /* three tables; the page in the middle of the second one is poisoned */
	ARRANGEMENTS,
	ARRANGE_PINNED = ARRANGEMENTS, /* three tables, all pinned until the invalidation */
};

/* The address space of the runs from now on; one run at a time. */
void arrange(struct hs_removal_case *c, enum arrangement a);
struct hs_removal_case make_case(enum hs_era era, enum arrangement a, enum hs_strategy strategy,
				 enum hs_removal_plan plan);
/* Runs that succeed and leave no host memory: the removal starts where the case says, or there. */
struct hs_removal_result run_case(const struct hs_removal_case *c);
struct hs_removal_result run_at(struct hs_removal_case c, uint32_t at, uint64_t number);
struct hs_removal_worst worst(const struct hs_removal_case *c, uint64_t most);
void assert_held(const struct hs_removal_held *held, uint64_t pages, uint64_t tables,
		 uint64_t faults, uint64_t waits);

#endif
