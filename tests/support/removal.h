/* SPDX-License-Identifier: MIT */
/*
 * removal.h - plays of a removal, and what they hold
 */
#ifndef HS_TESTS_REMOVAL_H
#define HS_TESTS_REMOVAL_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "run/removal.h"

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
	ARRANGE_PINNED = ARRANGEMENTS, /* three tables; who has pinned all of it unpins when told */
};

/* What is played there from now on; one play at a time. */
void arrange(struct hs_removal_case *c, enum arrangement a);

static inline struct hs_removal_case make_case(enum hs_era era, enum arrangement a,
					       enum hs_strategy strategy, enum hs_removal_plan plan)
{
	struct hs_removal_case c;

	hs_removal_case_init(&c, era);
	arrange(&c, a);
	c.strategy = strategy;
	c.plan = plan;
	return c;
}

static inline struct hs_removal_result play(const struct hs_removal_case *c)
{
	struct hs_hostmem mem = { 0, 0, 0 };
	struct hs_removal_result r;

	assert_int_equal(hs_removal_run(&mem, c, &r), 0);
	assert_int_equal(mem.live, 0);
	return r;
}

static inline struct hs_removal_result play_at(struct hs_removal_case c, uint32_t at,
					       uint64_t number)
{
	c.start = (struct hs_removal_point){ at, number };
	return play(&c);
}

static inline struct hs_removal_worst worst(const struct hs_removal_case *c, uint64_t most)
{
	struct hs_hostmem mem = { 0, 0, 0 };
	struct hs_removal_worst w;

	assert_int_equal(hs_removal_worst(&mem, c, most, &w), 0);
	assert_int_equal(mem.live, 0);
	return w;
}

static inline void assert_held(const struct hs_removal_held *held, uint64_t pages, uint64_t tables,
			       uint64_t faults, uint64_t waits)
{
	assert_int_equal(held->pages, pages);
	assert_int_equal(held->tables, tables);
	assert_int_equal(held->faults, faults);
	assert_int_equal(held->waits, waits);
}

#endif
