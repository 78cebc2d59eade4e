/* SPDX-License-Identifier: MIT */
/*
 * A walker reads the owner of a device-private page, page->pgmap->owner, without reference or
 * lock, while the owner takes the page back and removes all of its memory.
 *
 *	X walks				Y removes its memory
 *	map the PTE table
 *	entry: a private page of Y
 *					put something else in its place, put the page
 *	page->pgmap->owner		kill, wait, struct pages, index, counters
 *	unmap the PTE table		free the pgmap
 *
 *	Required outcome: mapped bare, X reads a struct page or a pgmap that is freed. Mapped under
 *	RCU it does not, because a grace period lies between the kill of the pgmap and its release.
 *	A reference count that is atomic from the start has no such grace period: X reads freed
 *	memory again.
 *
 * The entry is made by hand, or it counts. Then a struct page that is gone is a violation as well,
 * because the entry was still there when X looked. The walker of v5.3 reads no struct page: it may
 * come late.
 */
#include <hmmsim/pgmap.h>
#include <hmmsim/walk.h>

#include "mm/mm.h"
#include "support/broken.h"
#include "support/machine.h"

#define PFN 8u
#define PAGES 2u

struct param {
	enum hs_pte_map map;
	enum hs_body body;
	enum hs_removal_order removal_order;
	bool atomic;
	bool counted; /* the entry; otherwise it was made by hand */
	bool v5_3;    /* the walker; otherwise v6.12's */
};

struct state {
	struct param param;
	struct hs_mm *mm;
	struct hs_pgmap *pgmap;
	struct hs_page *page;
	uint64_t pfn;
};

static const int x, y;

static void walker(struct hs_task *self, void *arg)
{
	struct state *s = arg;
	struct hs_range range;
	int ret;

	hs_range_init(&range, s->mm, 0, HS_PAGE_BYTES, &s->pfn);
	range.owner = &x;
	range.era = s->param.v5_3 ? HS_ERA_5_3 : HS_ERA_6_12;
	range.pte_map = s->param.map;
	range.body = s->param.body;
	hs_mm_lock_read(self, s->mm);
	ret = hs_range_fault(self, &range);
	hs_mm_unlock_read(self, s->mm);
	hs_assert(self, !ret || s->param.v5_3, "the walk returned %d", ret);
	hs_assert(self, !s->pfn || s->param.v5_3, "S4: a page of another owner, %#llx",
		  (unsigned long long)s->pfn);
}

static void owner(struct hs_task *self, void *arg)
{
	struct state *s = arg;
	hs_u64 *entry = (hs_u64 *)hs_pt_find(s->mm, 0, 0, NULL);

	hs_spin_lock(self, &s->mm->page_table_lock);
	hs_u64_store(self, entry, hs_entry_typed(HS_TYPE_MARKER, 0, 0), HS_RELEASE);
	hs_spin_unlock(self, &s->mm->page_table_lock);
	hs_page_put(self, s->page);
	hs_pgmap_destroy(self, s->pgmap);
}

static int setup(struct hs_task *self, struct hs_plan *plan, void *state, const void *param)
{
	struct hs_pgmap_config config;
	struct state *s = state;
	int ret;

	s->param = *(const struct param *)param;
	device_memory_config(&config, HS_PGMAP_PRIVATE, HS_PAGE_REFS_6_1, PFN, PAGES);
	config.owner = &y;
	config.removal_order = s->param.removal_order;
	config.atomic = s->param.atomic;
	ret = hs_mm_create(self, hs_geometry(HS_GEOMETRY_MOCK), &s->mm);
	if (!ret)
		ret = hs_mmap(self, s->mm, 0, HS_PAGE_BYTES, HS_VM_READ | HS_VM_WRITE, NULL, 0);
	if (!ret)
		ret = hs_pgmap_create(self, &config, &s->pgmap);
	if (!ret)
		ret = hs_pgmap_page_alloc(self, s->pgmap, &s->page);
	if (!ret)
		ret = hs_pt_set(self, s->mm, 0, 0,
				HS_ENTRY_DEVPRIV | HS_ENTRY_WRITE | PFN |
					(s->param.counted ? HS_ENTRY_COUNTED : 0));
	if (!ret)
		ret = hs_plan_task(plan, "X", walker, s);
	return ret ? ret : hs_plan_task(plan, "Y", owner, s);
}

static void check(struct hs_task *self, void *state, const void *param)
{
	struct state *s = state;

	(void)param;
	hs_mm_destroy(self, s->mm);
}

static const struct hs_scenario scenario = {
	.name = "foreign private page",
	.state_size = sizeof(struct state),
	.setup = setup,
	.check = check,
};

static void expect_freed(const struct param *p, uint64_t first)
{
	explore_fails(&scenario, p, HS_VERDICT_FREED, "(task X)", first);
}

static void expect_none(const struct param *p, uint64_t complete)
{
	struct hs_explore_result r;

	explore_none(&scenario, p, 0, complete, &r);
	hs_explore_result_free(&r);
}

/* Both bodies, which do not differ, in the orders of 5.3 and 6.0: a number for each order. */
static void each(struct param p, uint64_t of_5_3, uint64_t of_6_0,
		 void (*expect)(const struct param *p, uint64_t number))
{
	for (int body = 0; body < HS_BODY_COUNT; body++)
		for (int t = HS_REMOVAL_ORDER_5_3; t < HS_REMOVAL_ORDER_COUNT; t++) {
			p.body = (enum hs_body)body;
			p.removal_order = (enum hs_removal_order)t;
			expect(&p, t == HS_REMOVAL_ORDER_5_3 ? of_5_3 : of_6_0);
		}
}

static void a_bare_map_lets_a_foreign_page_go_under_the_walker(void **state)
{
	(void)state;
	each((struct param){ .map = HS_PTE_MAP_BARE }, 4, 4, expect_freed);
}

static void a_map_under_rcu_keeps_a_foreign_page(void **state)
{
	(void)state;
	each((struct param){ .map = HS_PTE_MAP_RCU }, 12, 12, expect_none);
	each((struct param){ .map = HS_PTE_MAP_ERA }, 12, 12, expect_none);
}

/* Whichever it meets first: the struct page or the pgmap. */
static void expect_gone(const struct param *p, uint64_t first)
{
	struct hs_explore_result r;

	explore(&scenario, p, HS_SEARCH_DPOR, 0, NULL, &r);
	assert_true(r.verdict == HS_VERDICT_FREED || r.verdict == HS_VERDICT_ASSERT);
	assert_true(r.verdict == HS_VERDICT_FREED ||
		    strstr(r.message, "whose struct page is gone"));
	assert_non_null(strstr(r.message, "(task X)"));
	expect_exact_at(TEST_PLACE, scenario.name, "first", r.first_violation, first);
	hs_explore_result_free(&r);
}

static void an_entry_that_counts_is_judged_the_same(void **state)
{
	(void)state;
	each((struct param){ .map = HS_PTE_MAP_BARE, .counted = true }, 5, 5, expect_gone);
	each((struct param){ .map = HS_PTE_MAP_RCU, .counted = true }, 15, 15, expect_none);
}

static void a_walk_of_5_3_may_see_an_entry_that_goes_meanwhile(void **state)
{
	(void)state;
	each((struct param){ .v5_3 = true }, 6, 6, expect_none);
	each((struct param){ .v5_3 = true, .counted = true }, 9, 9, expect_none);
}

/* The grace period of percpu_ref_kill() is what protects the reader. */
static void without_the_kills_grace_period_rcu_is_not_enough(void **state)
{
	(void)state;
	each((struct param){ .map = HS_PTE_MAP_RCU, .atomic = true }, 2, 2, expect_freed);
}

/* Before 50f44ee7248a the struct pages went before the wait. */
static void memory_before_the_wait_defeats_rcu_too(void **state)
{
	(void)state;
	expect_freed(&(struct param){ .map = HS_PTE_MAP_RCU,
				      .body = HS_BODY_PLAIN,
				      .removal_order = HS_REMOVAL_ORDER_5_2 },
		     8);
}

/* ---- faults of the model ------------------------------------------------------------------ */

static const struct param under_rcu = { .map = HS_PTE_MAP_RCU,
					.body = HS_BODY_PLAIN,
					.removal_order = HS_REMOVAL_ORDER_6_0 };

static const struct broken faults[] = {
	{ HS_BREAK_REMOVE_MEMORY_EARLY, false, &scenario, &under_rcu, HS_VERDICT_FREED,
	  "load of an object that is freed (task X)", 8 },
	{ HS_BREAK_WALK_MAP_BARE, false, &scenario, &under_rcu, HS_VERDICT_FREED,
	  "dereference of an object that is freed (task X)", 4 },
	{ HS_BREAK_WALK_OWNER_INVERTED, false, &scenario, &under_rcu, HS_VERDICT_ASSERT,
	  "S4: a page of another owner, 0xc000000000000008 (task X)", 1 },
};

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bare_map_lets_a_foreign_page_go_under_the_walker),
		cmocka_unit_test(a_map_under_rcu_keeps_a_foreign_page),
		cmocka_unit_test(an_entry_that_counts_is_judged_the_same),
		cmocka_unit_test(a_walk_of_5_3_may_see_an_entry_that_goes_meanwhile),
		cmocka_unit_test(without_the_kills_grace_period_rcu_is_not_enough),
		cmocka_unit_test(memory_before_the_wait_defeats_rcu_too),
	};

	return model_main("pte map model", tests, faults);
}
