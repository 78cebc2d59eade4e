/* SPDX-License-Identifier: MIT */
/*
 * Tasks that change entries at once, and a mirror of the page tables that is told of each change.
 * At the end the mirror is the tables, in every order. The drawing is in src/mm/entry.c.
 */
#include <hmmsim/walk.h>

#include "support/broken.h"
#include "support/entry_mirror.h"
#include "support/fault_race.h"

struct mirrored_model {
	struct model model; /* first: tasks and checks know this alone */
	struct entry_mirror mirror;
	struct mirrored at[64];
};

static int mirrored_setup(struct hs_task *self, struct hs_plan *plan, void *state,
			  const void *param)
{
	struct mirrored_model *m = state;
	int ret = fault_scenario.setup(self, plan, state, param);

	if (!ret)
		entry_mirror_begin(&m->mirror, m->model.mm, m->at, COUNT(m->at));
	return ret;
}

static void mirrored_check(struct hs_task *self, void *state, const void *param)
{
	struct mirrored_model *m = state;
	const char *wrong = entry_mirror_differs(&m->mirror);

	hs_assert(self, !wrong, "the mirror: %s", wrong);
	hs_assert(self, m->mirror.calls, "no change was told");
	fault_scenario.check(self, state, param);
}

static const struct hs_scenario mirrored_scenario = {
	.name = "mirrored entries",
	.state_size = sizeof(struct mirrored_model),
	.setup = mirrored_setup,
	.check = mirrored_check,
};

/* ---- tasks ------------------------------------------------------------------------------- */

static void swap_out(struct hs_task *self, void *arg)
{
	struct model *m = arg;

	hs_swap_out(self, m->mm, 0);
}

static void migrate(struct hs_task *self, void *arg)
{
	struct model *m = arg;

	if (!hs_migration_start(self, m->mm, 0, NULL, &m->migration))
		hs_migration_end(self, &m->migration, NULL);
}

static void fail_memory(struct hs_task *self, void *arg)
{
	struct model *m = arg;

	hs_memory_failure(self, m->mm, 0);
}

static void unmap(struct hs_task *self, void *arg)
{
	struct model *m = arg;

	expect(!hs_munmap(self, m->mm, ELSEWHERE, ELSEWHERE + PAGE));
}

/* Splits the leaf by taking it away. */
static void walk(struct hs_task *self, void *arg)
{
	struct model *m = arg;
	uint64_t pfn = 0;
	struct hs_range range;
	int ret;

	hs_range_init(&range, m->mm, 0, PAGE, &pfn);
	hs_mm_lock_read(self, m->mm);
	ret = hs_range_snapshot(self, &range);
	hs_mm_unlock_read(self, m->mm);
	hs_assert(self, !ret, "a walk fails: %d", ret);
}

static void zap_and_store(struct hs_task *self, void *arg)
{
	zap(self, arg);
	store(self, arg);
}

/* ---- set-ups ----------------------------------------------------------------------------- */

/* Without tables. */
static int bare(struct hs_task *self, struct model *m)
{
	return hs_mmap(self, m->mm, 0, 4 * PAGE, RW, NULL, 0);
}

/* A page elsewhere, in a table that goes with it. */
static int elsewhere_too(struct hs_task *self, struct model *m)
{
	int ret = bare(self, m);

	if (!ret)
		ret = hs_mmap(self, m->mm, ELSEWHERE, ELSEWHERE + PAGE, RW, NULL, 0);
	if (!ret)
		cpu_access(self, m, 1, ELSEWHERE, true);
	return ret;
}

/* By hand: no fault makes one that a walk would split. */
static int upper_leaf(struct hs_task *self, struct model *m)
{
	uint64_t order = m->mm->geometry->order[2];
	int ret = bare(self, m);

	return ret ? ret
		   : hs_pt_set(self, m->mm, 0, 2,
			       HS_ENTRY_VALID | order << HS_ENTRY_ORDER_SHIFT | RAM_START);
}

static void check_page_stored(struct hs_task *self, struct model *m)
{
	uint64_t e = entry_at(self, m, 0);

	expect(hs_entry_pfn(e) == m->pfn[0]);
	expect(hs_pages_allocated(self) == 1);
}

static const struct race races[] = {
	{ anonymous, { store, zapper }, NULL, 9 },
	{ anonymous, { store, store_too }, NULL, 10 },
	{ written, { swap_out, zapper }, NULL, 11 },
	{ written, { migrate, zapper }, NULL, 14 },
	{ written, { fail_memory, swap_out }, NULL, 12 },
	{ device_private, { load, zapper }, NULL, 21 },
	{ elsewhere_too, { store, unmap }, NULL, 5 },
};

static const struct race splits = { upper_leaf, { walk, zap_and_store }, check_page_stored, 17 };

static void a_mirror_is_the_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(races); i++)
		explore_holds(&mirrored_scenario, &races[i], races[i].complete);
}

/* The walk saw the leaf, which is a table now: that stays. */
static void a_walk_splits_a_leaf_that_becomes_a_table(void **state)
{
	(void)state;
	explore_holds(&mirrored_scenario, &splits, splits.complete);
}

/* ---- faults of the model ------------------------------------------------------------------ */

static const struct broken faults[] = {
	{ HS_BREAK_ENTRY_TELL_GAP, false, &mirrored_scenario, &races[0], HS_VERDICT_ASSERT,
	  "the mirror: told that an entry was what the copy does not have", 4 },
};

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_mirror_is_the_table),
		cmocka_unit_test(a_walk_splits_a_leaf_that_becomes_a_table),
	};

	return model_main("entry model", tests, faults);
}
