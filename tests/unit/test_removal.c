/* SPDX-License-Identifier: MIT */
/*
 * One removal against one walk: how long each strategy makes it wait, from each start.
 */
#include "support/removal_space.h"

/* ---- what each strategy holds ------------------------------------------------------------ */

struct expected {
	struct hs_removal_held held[STRATEGIES];
};

/* Killed first: a table that is held from its first page on has 511 more pages to store. */
#define NOTHING            \
	{                  \
		0, 0, 0, 0 \
	}
#define A_TABLE                    \
	{                          \
		TABLE - 1, 0, 0, 0 \
	}
#define UP_TO_TABLES(n)                    \
	{                                  \
		(n) * TABLE - 1, (n), 0, 0 \
	}

static const struct expected expected[HS_ERA_COUNT][ARRANGEMENTS] = {
	[HS_ERA_5_3] = {
		[ARRANGE_TABLES] = { { NOTHING, NOTHING, A_TABLE, A_TABLE, UP_TO_TABLES(3),
					  UP_TO_TABLES(3), UP_TO_TABLES(3) } },
		/* 256 faults: the hole and all pages to the end of its table; then another pass */
		[ARRANGE_HOLE] = { { NOTHING, NOTHING, A_TABLE, A_TABLE, { 1535, 3, 256, 0 },
					{ 767, 2, 256, 0 }, { 1535, 3, 256, 0 } } },
		/* a pass is a part of a turn */
		[ARRANGE_VMAS] = { { NOTHING, NOTHING, A_TABLE, A_TABLE, UP_TO_TABLES(2),
					UP_TO_TABLES(2), UP_TO_TABLES(3) } },
		[ARRANGE_BUSY] = { { NOTHING, NOTHING, A_TABLE, A_TABLE, UP_TO_TABLES(1),
					UP_TO_TABLES(1), { 1535, 2, 0, 1 } } },
		[ARRANGE_OTHER] = { { NOTHING, NOTHING, NOTHING, NOTHING, NOTHING, NOTHING,
					 NOTHING } },
		[ARRANGE_POISON] = { { NOTHING, NOTHING, A_TABLE, A_TABLE, { 767, 1, 0, 0 },
					  { 767, 1, 0, 0 }, { 767, 1, 0, 0 } } },
	},
	[HS_ERA_6_12] = {
		[ARRANGE_TABLES] = { { NOTHING, NOTHING, A_TABLE, A_TABLE, UP_TO_TABLES(3),
					  UP_TO_TABLES(3), UP_TO_TABLES(3) } },
		[ARRANGE_HOLE] = { { NOTHING, NOTHING, A_TABLE, A_TABLE, { 1535, 3, 256, 0 },
					{ 767, 2, 256, 0 }, { 1535, 3, 256, 0 } } },
		/* a pass is all of the range */
		[ARRANGE_VMAS] = { { NOTHING, NOTHING, A_TABLE, A_TABLE, UP_TO_TABLES(2),
					UP_TO_TABLES(3), UP_TO_TABLES(3) } },
		[ARRANGE_BUSY] = { { NOTHING, NOTHING, A_TABLE, A_TABLE, UP_TO_TABLES(1),
					{ 511, 1, 0, 1 }, { 1535, 2, 0, 1 } } },
		[ARRANGE_OTHER] = { { NOTHING, NOTHING, NOTHING, NOTHING, NOTHING, NOTHING,
					 NOTHING } },
		[ARRANGE_POISON] = { { NOTHING, NOTHING, A_TABLE, A_TABLE, { 767, 1, 0, 0 },
					  { 767, 1, 0, 0 }, { 767, 1, 0, 0 } } },
	},
};

static void check_held(enum hs_era era, enum arrangement a, enum hs_strategy s)
{
	struct hs_removal_case c = make_case(era, a, s, HS_REMOVAL_PLAN_KILL_FIRST);
	const struct hs_removal_held *held = &expected[era][a].held[s];
	struct hs_removal_worst w = worst(&c, 0);
	/* Killed inside a section, with no reference and no lookup that would end the table. */
	bool rcu = era == HS_ERA_6_12 && (s == HS_STRATEGY_NONE || a == ARRANGE_OTHER);

	assert_held(&w.held[HS_HELD_REF], held->pages, held->tables, held->faults, held->waits);
	assert_held(&w.held[HS_HELD_RCU], rcu ? TABLE - 1 : 0, 0, 0, 0);
	assert_int_equal(w.grace_periods, 1);
	assert_int_equal(w.removal_grace, 2);
	assert_int_equal(w.vain, s != HS_STRATEGY_NONE && a != ARRANGE_OTHER);
	if (a != ARRANGE_POISON) {
		assert_held(&w.held[HS_HELD_ELSE], 0, 0, 0, 0);
		assert_int_equal(w.verdict, HS_REMOVAL_OK);
		assert_int_equal(w.leaked, 0);
		assert_int_equal(w.inside, w.runs - 1); /* all but AFTER */
	}
}

static void each_strategy_holds_what_it_caches(void **state)
{
	(void)state;
	for (int era = 0; era < HS_ERA_COUNT; era++)
		for (int a = 0; a < ARRANGEMENTS; a++)
			for (int s = 0; s < STRATEGIES; s++)
				check_held((enum hs_era)era, (enum arrangement)a,
					   (enum hs_strategy)s);
}

/* The points at boundaries give the same maxima as all 1544 points. */
static void no_point_is_worse_than_the_chosen_ones(void **state)
{
	static const enum hs_strategy strategies[] = { HS_STRATEGY_NONE, HS_STRATEGY_PER_TABLE };

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct hs_removal_case c = make_case(HS_ERA_6_12, ARRANGE_TABLES, strategies[i],
						     HS_REMOVAL_PLAN_KILL_FIRST);
		struct hs_removal_worst some = worst(&c, 0);
		struct hs_removal_worst all = worst(&c, 2000);

		assert_int_equal(some.runs, 17);
		assert_int_equal(all.runs, 1544);
		assert_memory_equal(some.held, all.held, sizeof(all.held));
		assert_int_equal(some.vain, all.vain);
		assert_int_equal(some.verdict, all.verdict);
		assert_memory_equal(&some.start, &all.start, sizeof(all.start));
	}
}

static void assert_start(const struct hs_removal_worst *w, uint32_t at, uint64_t number)
{
	assert_int_equal(w->start.at, at);
	assert_int_equal(w->start.number, number);
}

static void the_worst_is_a_verdict_then_a_fault_then_pages(void **state)
{
	struct hs_removal_case c = make_case(HS_ERA_5_3, ARRANGE_POISON, HS_STRATEGY_PER_TABLE,
					     HS_REMOVAL_PLAN_KILL_FIRST);
	struct hs_removal_worst w = worst(&c, 0);

	(void)state;
	assert_start(&w, HS_WALK_PAGE, TABLE + 1); /* of those that leak, the first */
	assert_int_equal(w.verdict, HS_REMOVAL_STUCK);
	arrange(&c, ARRANGE_BUSY);
	c.strategy = HS_STRATEGY_PER_CALL;
	c.plan = HS_REMOVAL_PLAN_CORRECT;
	w = worst(&c, 0);
	assert_start(&w, HS_WALK_PAGE, 1); /* a fault and no page; later ones hold 511 */
	assert_held(&w.at.held[HS_HELD_REF], 0, 0, 1, 0);
	assert_int_equal(w.held[HS_HELD_REF].pages, 511);
	c.plan = HS_REMOVAL_PLAN_KILL_FIRST;
	w = worst(&c, 0);
	assert_start(&w, HS_WALK_PAGE, 1);
	assert_held(&w.at.held[HS_HELD_REF], 1535, 2, 0, 1);
}

static void what_is_held_ends_where_the_reference_does(void **state)
{
	struct hs_removal_case c = make_case(HS_ERA_5_3, ARRANGE_TABLES, HS_STRATEGY_PER_TABLE,
					     HS_REMOVAL_PLAN_KILL_FIRST);
	struct hs_removal_result r = run_at(c, HS_WALK_PAGE, 100);

	(void)state;
	assert_held(&r.held[HS_HELD_REF], TABLE - 100, 0, 0, 0);
	assert_int_equal(r.refs, 1);
	assert_int_equal(r.ret, -EBUSY);
	assert_int_equal(r.vain, 1);
	r = run_at(c, HS_WALK_TABLE_END, 1);
	assert_held(&r.held[HS_HELD_REF], 0, 0, 0, 0);
	assert_int_equal(r.refs, 0);
	c.strategy = HS_STRATEGY_PER_CALL;
	r = run_at(c, HS_WALK_PAGE, 1000);
	assert_held(&r.held[HS_HELD_REF], 536, 2, 0, 0);
	assert_int_equal(r.ret, 1536);
	assert_true(r.inside);
	r = run_at(c, HS_POINT_AFTER, 1);
	assert_held(&r.held[HS_HELD_REF], 0, 0, 0, 0);
	assert_false(r.inside);
	assert_int_equal(r.refs, 0);
}

static void a_section_without_a_reference_ends_with_its_table(void **state)
{
	struct hs_removal_case c = make_case(HS_ERA_6_12, ARRANGE_TABLES, HS_STRATEGY_NONE,
					     HS_REMOVAL_PLAN_KILL_FIRST);
	struct hs_removal_result r = run_at(c, HS_WALK_PAGE, TABLE + 10);

	(void)state;
	assert_held(&r.held[HS_HELD_RCU], TABLE - 10, 0, 0, 0);
	c.pte_map = HS_PTE_MAP_BARE;
	r = run_at(c, HS_WALK_PAGE, TABLE + 10);
	assert_held(&r.held[HS_HELD_RCU], 0, 0, 0, 0);
	c.era = HS_ERA_5_3;
	c.pte_map = HS_PTE_MAP_RCU;
	r = run_at(c, HS_WALK_PAGE, TABLE + 10);
	assert_held(&r.held[HS_HELD_RCU], TABLE - 10, 0, 0, 0);
	c.pte_map = HS_PTE_MAP_ERA;
	r = run_at(c, HS_WALK_PAGE, TABLE + 10);
	assert_held(&r.held[HS_HELD_RCU], 0, 0, 0, 0);
}

/* The sum of an atomic reference needs no grace period, also inside a section. */
static void an_atomic_reference_needs_no_grace_period(void **state)
{
	struct hs_removal_case c = make_case(HS_ERA_6_12, ARRANGE_TABLES, HS_STRATEGY_NONE,
					     HS_REMOVAL_PLAN_KILL_FIRST);
	struct hs_removal_worst w;

	(void)state;
	c.atomic = true;
	w = worst(&c, 0);
	assert_held(&w.held[HS_HELD_RCU], 0, 0, 0, 0);
	assert_int_equal(w.grace_periods, 0);
	assert_int_equal(w.removal_grace, 1);
	c.strategy = HS_STRATEGY_PER_CALL;
	w = worst(&c, 0);
	assert_held(&w.held[HS_HELD_REF], 1535, 3, 0, 0);
	assert_int_equal(w.grace_periods, 0);
}

/* With references of 5.3 every pin holds the memory until it is put. */
static void pins_hold_what_they_pin(void **state)
{
	struct hs_removal_case c = make_case(HS_ERA_6_12, ARRANGE_PINNED, HS_STRATEGY_NONE,
					     HS_REMOVAL_PLAN_KILL_FIRST);
	struct hs_removal_result r;

	(void)state;
	c.page_refs = HS_PAGE_REFS_5_3;
	r = run_at(c, HS_POINT_RETRY, 1);
	assert_int_equal(r.refs, 0); /* the core's own until its pages are put */
	assert_false(r.inside);
	assert_held(&r.held[HS_HELD_ELSE], 1536, 3, 0, 0);
	r = run_at(c, HS_WALK_PAGE, 1);
	assert_held(&r.held[HS_HELD_RCU], 511, 0, 0, 0);
	assert_held(&r.held[HS_HELD_ELSE], 1024, 3, 0, 0);
	assert_int_equal(r.verdict, HS_REMOVAL_OK);
	c.atomic = true; /* nothing waits for RCU */
	r = run_at(c, HS_WALK_PAGE, 1);
	assert_held(&r.held[HS_HELD_RCU], 0, 0, 0, 0);
	assert_held(&r.held[HS_HELD_ELSE], 1535, 3, 0, 0);
	c.atomic = false;
	c.strategy = HS_STRATEGY_PER_TABLE;
	r = run_at(c, HS_WALK_PAGE, 1);
	assert_int_equal(r.refs, 1);
	assert_held(&r.held[HS_HELD_REF], 511, 0, 0, 0);
	c.plan = HS_REMOVAL_PLAN_CORRECT;
	r = run_at(c, HS_WALK_TABLE_END, 2);
	assert_int_equal(r.refs, 0);
	assert_held(&r.held[HS_HELD_ELSE], 0, 0, 0, 0);
	assert_int_equal(r.verdict, HS_REMOVAL_OK);
}

/* Entries hold pages from 6.15 on, and no page of a file holds the memory. */
static void entries_hold_no_memory(void **state)
{
	(void)state;
	for (int refs = 0; refs < HS_PAGE_REFS_COUNT; refs++) {
		struct hs_removal_case c = make_case(HS_ERA_6_12, ARRANGE_TABLES, HS_STRATEGY_NONE,
						     HS_REMOVAL_PLAN_KILL_FIRST);
		struct hs_removal_result r;

		c.page_refs = (enum hs_page_refs)refs;
		r = run_at(c, HS_POINT_RETRY, 1);
		assert_int_equal(r.refs, 0);
		assert_true(r.inside);
		assert_held(&r.held[HS_HELD_ELSE], 0, 0, 0, 0);
	}
}

/* ---- plans ------------------------------------------------------------------------------- */

static void the_correct_order_never_fails_a_lookup(void **state)
{
	(void)state;
	for (int era = 0; era < HS_ERA_COUNT; era++)
		for (int a = 0; a < ARRANGE_POISON; a++)
			for (int s = 0; s < STRATEGIES; s++) {
				struct hs_removal_case c =
					make_case((enum hs_era)era, (enum arrangement)a,
						  (enum hs_strategy)s, HS_REMOVAL_PLAN_CORRECT);
				struct hs_removal_worst w = worst(&c, 0);

				assert_int_equal(w.verdict, HS_REMOVAL_OK);
				assert_int_equal(w.vain, 0);
				assert_int_equal(w.leaked, 0);
				assert_int_equal(w.grace_periods, 1);
				assert_int_equal(w.at.walk.failures, 0);
			}
}

/* Disabled: the fault for the page that was unmapped is refused, and it is the only one. */
static void a_walk_that_meets_a_removed_page_fails(void **state)
{
	struct hs_removal_case c = make_case(HS_ERA_6_12, ARRANGE_TABLES, HS_STRATEGY_PER_CALL,
					     HS_REMOVAL_PLAN_CORRECT);
	struct hs_removal_result r = run_at(c, HS_WALK_TABLE_END, 1);

	(void)state;
	assert_int_equal(r.ret, -EFAULT);
	assert_held(&r.held[HS_HELD_REF], 0, 0, 1, 0);
	r = run_at(c, HS_POINT_RETRY, 1); /* it is told before the first pass */
	assert_int_equal(r.ret, -EBUSY);
	assert_int_equal(r.walk.passes, 0);
	r = run_at(c, HS_WALK_PASS_END, 1); /* its last look is over: the driver's turn */
	assert_int_equal(r.ret, 0);
	assert_int_equal(r.verdict, HS_REMOVAL_OK);
	c.era = HS_ERA_5_3;
	c.page_refs = HS_PAGE_REFS_5_3;
	r = run_at(c, HS_WALK_PAGE, 7);
	assert_int_equal(r.ret, -EFAULT);
	assert_held(&r.held[HS_HELD_REF], 0, 0, 1, 0);
}

static void a_dead_pgmap_costs_as_many_passes_as_its_owner_waits(void **state)
{
	(void)state;
	for (int era = 0; era < HS_ERA_COUNT; era++)
		for (int s = HS_STRATEGY_PER_PAGE; s < STRATEGIES; s++)
			for (uint32_t retries = 1; retries < HS_REMOVAL_VAIN_MAX; retries += 31) {
				struct hs_removal_case c = make_case((enum hs_era)era, ARRANGE_HOLE,
								     (enum hs_strategy)s,
								     HS_REMOVAL_PLAN_KILL_FIRST);
				struct hs_removal_result r;

				c.retries = retries;
				r = run_at(c, HS_POINT_RETRY, 1);
				assert_int_equal(r.ret, -EBUSY);
				assert_int_equal(r.vain, retries);
				assert_int_equal(r.walk.passes, retries);
				assert_int_equal(r.walk.failures, retries);
				assert_int_equal(r.verdict, HS_REMOVAL_OK);
			}
}

static void a_walk_without_lookups_does_not_see_a_dead_pgmap(void **state)
{
	struct hs_removal_case c =
		make_case(HS_ERA_6_12, ARRANGE_HOLE, HS_STRATEGY_NONE, HS_REMOVAL_PLAN_KILL_FIRST);
	struct hs_removal_result r = run_at(c, HS_POINT_RETRY, 1);

	(void)state;
	assert_int_equal(r.ret, 0);
	assert_int_equal(r.vain, 0);
	assert_int_equal(r.verdict, HS_REMOVAL_OK); /* told before the memory goes */
}

static void nobody_but_the_owner_ends_a_walk_on_a_dead_pgmap(void **state)
{
	struct hs_removal_case c = make_case(HS_ERA_6_12, ARRANGE_TABLES, HS_STRATEGY_PER_TABLE,
					     HS_REMOVAL_PLAN_KILL_FIRST);
	struct hs_removal_result r;

	(void)state;
	c.retries = 0;
	r = run_at(c, HS_WALK_PAGE, 1);
	assert_int_equal(r.verdict, HS_REMOVAL_LIVELOCK);
	assert_int_equal(r.vain, HS_REMOVAL_VAIN_MAX);
	assert_int_equal(r.ret, -EBUSY);
	assert_true(r.inside); /* the owner would have been able to go on */
}

static void memory_that_goes_without_a_word_is_used(void **state)
{
	struct hs_removal_case c =
		make_case(HS_ERA_6_12, ARRANGE_TABLES, HS_STRATEGY_NONE, HS_REMOVAL_PLAN_NEVER);

	(void)state;
	assert_int_equal(run_at(c, HS_WALK_PAGE, 1).verdict, HS_REMOVAL_UNSAFE);
	assert_int_equal(run_at(c, HS_POINT_AFTER, 1).verdict, HS_REMOVAL_UNSAFE);
	c.page_refs = HS_PAGE_REFS_6_15; /* its entries do not keep it */
	assert_int_equal(run_at(c, HS_WALK_PAGE, 1).verdict, HS_REMOVAL_UNSAFE);
	arrange(&c, ARRANGE_PINNED);
	c.page_refs = HS_PAGE_REFS_5_3; /* pins hold it: it does not go */
	assert_int_equal(run_at(c, HS_WALK_PAGE, 1).verdict, HS_REMOVAL_STUCK);
	c.page_refs = HS_PAGE_REFS_6_1;
	arrange(&c, ARRANGE_OTHER); /* the answer has no page of it */
	assert_int_equal(run_at(c, HS_WALK_PAGE, 1).verdict, HS_REMOVAL_OK);
	arrange(&c, ARRANGE_TABLES);
	c.strategy = HS_STRATEGY_PER_PAGE; /* there is no answer */
	assert_int_equal(run_at(c, HS_WALK_PAGE, 1).verdict, HS_REMOVAL_LIVELOCK);
}

/* ---- leaks ------------------------------------------------------------------------------- */

static void a_leaked_reference_is_never_drained(void **state)
{
	(void)state;
	for (int era = 0; era < HS_ERA_COUNT; era++)
		for (int s = 0; s < STRATEGIES; s++) {
			struct hs_removal_case c = make_case((enum hs_era)era, ARRANGE_POISON,
							     (enum hs_strategy)s,
							     HS_REMOVAL_PLAN_CORRECT);
			bool leaks = s == HS_STRATEGY_PER_TABLE || s == HS_STRATEGY_PER_TABLE_LOCAL;
			struct hs_removal_result r = run_at(c, HS_POINT_AFTER, 1);

			assert_int_equal(r.ret, -EFAULT);
			assert_int_equal(r.leaked, leaks);
			assert_int_equal(r.walk.leaked, leaks);
			assert_int_equal(r.refs, leaks);
			assert_int_equal(r.verdict, leaks ? HS_REMOVAL_STUCK : HS_REMOVAL_OK);
			assert_int_equal(r.grace_periods, !leaks);
		}
}

/* The walk ends before the page that would make it leak. */
static void a_removal_before_the_leak_is_not_held_by_it(void **state)
{
	struct hs_removal_case c = make_case(HS_ERA_5_3, ARRANGE_POISON, HS_STRATEGY_PER_TABLE,
					     HS_REMOVAL_PLAN_KILL_FIRST);
	struct hs_removal_result r = run_at(c, HS_WALK_PAGE, 1);

	(void)state;
	assert_int_equal(r.verdict, HS_REMOVAL_OK);
	assert_int_equal(r.leaked, 0);
	r = run_at(c, HS_WALK_PAGE, TABLE + 1);
	assert_int_equal(r.verdict, HS_REMOVAL_STUCK);
	assert_int_equal(r.leaked, 1);
	assert_false(r.inside);
}

/* ---- faults that sleep ------------------------------------------------------------------- */

static void a_sleeping_fault_is_held_by_who_keeps_a_reference(void **state)
{
	struct hs_removal_case c = make_case(HS_ERA_6_12, ARRANGE_HOLE, HS_STRATEGY_PER_CALL,
					     HS_REMOVAL_PLAN_KILL_FIRST);
	struct hs_removal_result r;

	(void)state;
	c.sleep = 3;
	r = run_at(c, HS_POINT_SLEEP, 3 * 256); /* the last one */
	assert_held(&r.held[HS_HELD_REF], 768, 2, 1, 0);
	r = run_at(c, HS_POINT_SLEEP, 1);
	assert_held(&r.held[HS_HELD_REF], 768, 2, 256, 0);
	c.strategy = HS_STRATEGY_PER_TABLE; /* dropped before it */
	r = run_at(c, HS_POINT_SLEEP, 1);
	assert_held(&r.held[HS_HELD_REF], 0, 0, 0, 0);
	c.plan = HS_REMOVAL_PLAN_CORRECT;
	r = run_at(c, HS_POINT_SLEEP, 2);
	assert_int_equal(r.ret, -EFAULT);
	assert_int_equal(r.verdict, HS_REMOVAL_OK);
	arrange(&c, ARRANGE_BUSY);
	c.strategy = HS_STRATEGY_PER_CALL;
	c.plan = HS_REMOVAL_PLAN_KILL_FIRST;
	r = run_at(c, HS_POINT_SLEEP, 3); /* in the wait for the migration */
	assert_held(&r.held[HS_HELD_REF], 1024, 1, 0, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_strategy_holds_what_it_caches),
		cmocka_unit_test(no_point_is_worse_than_the_chosen_ones),
		cmocka_unit_test(the_worst_is_a_verdict_then_a_fault_then_pages),
		cmocka_unit_test(what_is_held_ends_where_the_reference_does),
		cmocka_unit_test(a_section_without_a_reference_ends_with_its_table),
		cmocka_unit_test(an_atomic_reference_needs_no_grace_period),
		cmocka_unit_test(pins_hold_what_they_pin),
		cmocka_unit_test(entries_hold_no_memory),
		cmocka_unit_test(the_correct_order_never_fails_a_lookup),
		cmocka_unit_test(a_walk_that_meets_a_removed_page_fails),
		cmocka_unit_test(a_dead_pgmap_costs_as_many_passes_as_its_owner_waits),
		cmocka_unit_test(a_walk_without_lookups_does_not_see_a_dead_pgmap),
		cmocka_unit_test(nobody_but_the_owner_ends_a_walk_on_a_dead_pgmap),
		cmocka_unit_test(memory_that_goes_without_a_word_is_used),
		cmocka_unit_test(a_leaked_reference_is_never_drained),
		cmocka_unit_test(a_removal_before_the_leak_is_not_held_by_it),
		cmocka_unit_test(a_sleeping_fault_is_held_by_who_keeps_a_reference),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
