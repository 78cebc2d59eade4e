/* SPDX-License-Identifier: MIT */
/*
 * The walkers under the explorer: a pgmap that is dead while its pages are still mapped.
 *
 *	walker				owner of the device memory
 *					kill the pgmap
 *	read the entry: devmap
 *	get_dev_pagemap: dead
 *	-EBUSY: walk again		clear the entry
 *
 *	Required outcome: a walker that takes references goes round until the entry is gone, and for
 *	ever if no task clears it; one that takes none returns at once.
 */
#include <hmmsim/mm.h>
#include <hmmsim/pgmap.h>
#include <hmmsim/walk.h>

#include "port/port.h"
#include "support/broken.h"

#define PFN 8u

struct param {
	enum hs_era era;
	enum hs_strategy strategy;
	enum hs_body body;
	bool zap; /* the owner clears the entry after the kill */
};

struct state {
	struct param param;
	struct hs_mm *mm;
	struct hs_pgmap *pgmap;
	uint64_t pfn;
	long ret;
};

static void walker_main(struct hs_task *self, void *arg)
{
	struct state *s = arg;
	struct hs_range range;

	hs_range_init(&range, s->mm, 0, HS_PAGE_BYTES, &s->pfn);
	range.era = s->param.era;
	range.strategy = s->param.strategy;
	range.body = s->param.body;
	hs_mm_lock_read(self, s->mm);
	s->ret = hs_range_fault(self, &range);
	hs_mm_unlock_read(self, s->mm);
	hs_assert(self, range.counts.refs == range.counts.puts, "a reference is left");
}

static void owner_main(struct hs_task *self, void *arg)
{
	struct state *s = arg;

	hs_pgmap_kill(self, s->pgmap);
	if (s->param.zap)
		hs_assert(self, !hs_pt_set(self, s->mm, 0, 0, 0), "zap");
}

static int setup(struct hs_task *self, struct hs_plan *plan, void *state, const void *param)
{
	struct state *s = state;
	int ret;

	s->param = *(const struct param *)param;
	ret = hs_mm_create(self, hs_geometry(HS_GEOMETRY_MOCK), &s->mm);
	if (!ret)
		ret = hs_vma_add(self, s->mm, 0, 4 * HS_PAGE_BYTES, HS_VM_READ | HS_VM_WRITE);
	if (!ret)
		ret = hs_pt_set(self, s->mm, 0, 0, HS_ENTRY_VALID | HS_ENTRY_DEVMAP | PFN);
	if (!ret)
		ret = hs_pgmap_add(self, HS_PGMAP_FS_DAX, PFN, PFN + 2, NULL, &s->pgmap);
	if (!ret)
		ret = hs_plan_task(plan, "walker", walker_main, s);
	return ret ? ret : hs_plan_task(plan, "owner", owner_main, s);
}

static void check(struct hs_task *self, void *state, const void *param)
{
	struct state *s = state;

	(void)param;
	hs_assert(self, s->ret >= 0, "the walk returned %ld", s->ret);
	hs_assert(self, !s->pfn || (s->pfn & (HS_PFN_ORDER - 1)) == PFN, "pfn %#llx",
		  (unsigned long long)s->pfn);
	hs_assert(self, !hs_pgmap_refs(self, s->pgmap), "references are left");
	hs_pgmap_remove(self, s->pgmap);
	hs_mm_destroy(self, s->mm);
}

static const struct hs_scenario scenario = {
	.name = "dead pgmap, live entry",
	.state_size = sizeof(struct state),
	.setup = setup,
	.check = check,
};

/* The bodies do not differ. */
static void each_case(bool zap, const uint64_t numbers[HS_ERA_COUNT][HS_STRATEGY_CUSTOM],
		      void (*judge)(const struct param *param, uint64_t number))
{
	for (int era = 0; era < HS_ERA_COUNT; era++)
		for (int s = 0; s < HS_STRATEGY_CUSTOM; s++)
			for (int body = 0; body < HS_BODY_COUNT; body++) {
				struct param param = { (enum hs_era)era, (enum hs_strategy)s,
						       (enum hs_body)body, zap };

				judge(&param, numbers[era][s]);
			}
}

static void spins_for_ever_if_it_takes_references(const struct param *param, uint64_t number)
{
	struct hs_explore_result r;

	if (param->strategy == HS_STRATEGY_NONE) {
		explore_none(&scenario, param, 0, number, &r);
		hs_explore_result_free(&r);
	} else {
		explore_fails(&scenario, param, HS_VERDICT_LIVELOCK,
			      "walker tries again for ever (the pgmap is dead", number);
	}
}

static void walk_of_a_dead_pgmap_spins_unless_it_takes_no_reference(void **state)
{
	/* executions without a reference; else the number of the one that is found */
	static const uint64_t numbers[HS_ERA_COUNT][HS_STRATEGY_CUSTOM] = {
		{ 3, 21, 21, 21, 21, 21, 21 },
		{ 6, 11, 11, 11, 21, 21, 21 },
	};

	(void)state;
	each_case(false, numbers, spins_for_ever_if_it_takes_references);
}

static void ends(const struct param *param, uint64_t complete)
{
	struct hs_explore_result r;

	explore_none(&scenario, param, 0, complete, &r);
	hs_explore_result_free(&r);
}

static void walk_of_a_dead_pgmap_ends_when_the_entry_is_cleared(void **state)
{
	static const uint64_t complete[HS_ERA_COUNT][HS_STRATEGY_CUSTOM] = {
		{ 6, 28, 28, 28, 28, 28, 28 },
		{ 10, 20, 20, 20, 29, 29, 29 },
	};

	(void)state;
	each_case(true, complete, ends);
}

/* ---- faults of the model ------------------------------------------------------------------ */

static const struct param per_range_cleared = { HS_ERA_6_12, HS_STRATEGY_PER_RANGE, HS_BODY_PLAIN,
						true };

static const struct broken faults[] = {
	{ HS_BREAK_WALK_KEEPS_REF, false, &scenario, &per_range_cleared, HS_VERDICT_ASSERT,
	  "a reference is left (task walker)", 1 },
};

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(walk_of_a_dead_pgmap_spins_unless_it_takes_no_reference),
		cmocka_unit_test(walk_of_a_dead_pgmap_ends_when_the_entry_is_cleared),
	};

	return model_main("walk model", tests, faults);
}
