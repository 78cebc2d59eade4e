/* SPDX-License-Identifier: MIT */
/*
 * What a fault holds of a page that is migrated: enum hs_private_fault and enum hs_migration_wait.
 * The tests bear the names of the drawings in src/mm/fault.c and src/memory/page.c.
 */
#include "support/broken.h"
#include "support/fault_race.h"

#include <hmmsim/walk.h>

#define RETRIES 8

/* ---- device-private memory --------------------------------------------------------------- */

static int with_reference(struct hs_task *self, struct model *m)
{
	hs_mm_set_private_fault(m->mm, HS_PRIVATE_FAULT_REFERENCE);
	return device_private(self, m);
}

static int with_trylock(struct hs_task *self, struct model *m)
{
	hs_mm_set_private_fault(m->mm, HS_PRIVATE_FAULT_TRYLOCK);
	return device_private(self, m);
}

static int with_wait(struct hs_task *self, struct model *m)
{
	hs_mm_set_private_fault(m->mm, HS_PRIVATE_FAULT_WAIT);
	return device_private(self, m);
}

/* What real drivers do: a page to which there are other references stays. */
static uint32_t migrate_alone(struct hs_task *self, struct hs_vm_fault *vmf)
{
	return hs_page_count(self, vmf->page) == 2 ? hs_migrate_to_ram(self, vmf) : 0;
}

static const struct hs_pgmap_ops alone_ops = { spoil_freed, migrate_alone };

static int alone_with_reference(struct hs_task *self, struct model *m)
{
	int ret = with_reference(self, m);

	m->pgmap->ops = &alone_ops;
	return ret;
}

static int alone_with_trylock(struct hs_task *self, struct model *m)
{
	int ret = with_trylock(self, m);

	m->pgmap->ops = &alone_ops;
	return ret;
}

static int alone_with_wait(struct hs_task *self, struct model *m)
{
	int ret = with_wait(self, m);

	m->pgmap->ops = &alone_ops;
	return ret;
}

static void check_migrated(struct hs_task *self, struct model *m)
{
	check_page(self, m);
	expect(!hs_pgmap_pages_allocated(self, m->pgmap));
	expect(m->pfn[0] == m->pfn[1]);
}

static void check_zapped_or_migrated(struct hs_task *self, struct model *m)
{
	expect(!hs_pgmap_pages_allocated(self, m->pgmap));
	check_page_or_zapped(self, m);
}

static const struct race keep_each_other = { alone_with_reference, { load, load_too }, NULL, 0 };

static const struct race one_holds[] = {
	{ alone_with_trylock, { load, load_too }, check_migrated, 24 },
	{ alone_with_wait, { load, load_too }, check_migrated, 18 },
	{ with_wait, { load, zapper }, check_zapped_or_migrated, 26 },
};

/*
 * A walker that owns none of it comes again without leaving the walk. That of v5.3 faults
 * device-private pages only where it asks for DEVICE.
 */
static void walk_of_era(struct hs_task *self, struct model *m, enum hs_era era)
{
	uint64_t pfn = 0;
	struct hs_range range;

	hs_range_init(&range, m->mm, 0, PAGE, &pfn);
	range.era = era;
	range.default_flags = HS_PFN_VALID | (era == HS_ERA_5_3 ? HS_PFN_DEVICE : 0);
	range.owner = m;
	hs_mm_lock_read(self, m->mm);
	expect(!hs_range_fault(self, &range));
	hs_mm_unlock_read(self, m->mm);
	expect(pfn & HS_PFN_VALID);
}

static void walk_foreign(struct hs_task *self, void *arg)
{
	walk_of_era(self, arg, HS_ERA_6_12);
}

static void walk_foreign_5_3(struct hs_task *self, void *arg)
{
	walk_of_era(self, arg, HS_ERA_5_3);
}

static const struct race walks_keep_each_other[] = {
	{ alone_with_reference, { walk_foreign, walk_foreign }, NULL, 0 },
	{ alone_with_reference, { walk_foreign_5_3, walk_foreign_5_3 }, NULL, 0 },
};

/* ---- a page lock that is held ------------------------------------------------------------ */

static int held_with_trylock(struct hs_task *self, struct model *m)
{
	int ret = with_trylock(self, m);

	if (ret)
		return ret;
	hs_page_get(self, m->page);
	hs_page_lock(self, m->page);
	return 0;
}

static int held_with_wait(struct hs_task *self, struct model *m)
{
	int ret = held_with_trylock(self, m);

	hs_mm_set_private_fault(m->mm, HS_PRIVATE_FAULT_WAIT);
	return ret;
}

static void let_go(struct hs_task *self, void *arg)
{
	struct model *m = arg;

	expect(entry_at(self, m, 0) & HS_ENTRY_DEVPRIV);
	hs_page_unlock(self, m->page);
	hs_page_put(self, m->page);
}

/* Nothing but the lock that is held keeps the fault, which has no reference. */
static void let_go_and_remove(struct hs_task *self, void *arg)
{
	struct model *m = arg;

	zap(self, m);
	expect(hs_page_count(self, m->page) == 1);
	hs_page_unlock(self, m->page);
	hs_page_put(self, m->page);
	hs_pgmap_destroy(self, m->pgmap);
	m->pgmap = NULL;
}

static void check_gone(struct hs_task *self, struct model *m)
{
	expect(entry_at(self, m, 0) == HS_FAULT_ZERO_ENTRY);
}

static const struct race held[] = {
	{ held_with_trylock, { load, let_go }, check_page, 40 },
	{ held_with_wait, { load, let_go }, check_page, 98 },
	{ held_with_trylock, { walk_foreign, let_go }, check_page, 50 },
	{ held_with_wait, { walk_foreign, let_go }, check_page, 108 },
};

static const struct race goes = { held_with_wait, { load, let_go_and_remove }, check_gone, 12 };

/* Two tasks wait for one unlock. The entry keeps the page. */
static int locked(struct hs_task *self, struct model *m)
{
	int ret = written(self, m);

	if (!ret)
		hs_page_lock(self, m->page);
	return ret;
}

static void note_and_wait(struct hs_task *self, void *arg)
{
	struct model *m = arg;
	uint64_t unlocks;

	if (hs_page_note_waiter(self, m->page, &unlocks))
		hs_page_wait_noted(self, unlocks);
	expect(hs_u64_load(self, &m->may, HS_SEQ_CST));
}

static void unlock(struct hs_task *self, void *arg)
{
	struct model *m = arg;

	hs_u64_store(self, &m->may, 1, HS_SEQ_CST);
	hs_page_unlock(self, m->page);
}

static const struct race two_wait = { locked,
				      { note_and_wait, note_and_wait, unlock },
				      check_page,
				      51 };

/* ---- migration entries ------------------------------------------------------------------- */

/* The page is locked, as every page is that is migrated in the kernel. */
static int migrating(struct hs_task *self, struct model *m)
{
	int ret = written(self, m);

	if (!ret)
		hs_page_lock(self, m->page);
	return ret ? ret : hs_migration_start(self, m->mm, 0, NULL, &m->migration);
}

static int migrating_with_reference(struct hs_task *self, struct model *m)
{
	hs_mm_set_migration_wait(m->mm, HS_MIGRATION_WAIT_REFERENCE);
	return migrating(self, m);
}

/* hs_migration_start() alone: the lock is free, so that the fault comes again and again. */
static int migrating_unlocked(struct hs_task *self, struct model *m)
{
	int ret = migrating_with_reference(self, m);

	hs_page_unlock(self, m->page);
	return ret;
}

/* Looks at the references once more before it goes on. */
static bool migrates_on(struct hs_task *self, struct model *m)
{
	bool alone = hs_page_count(self, m->page) == 1;
	struct hs_page *to = NULL;

	if (alone) {
		expect(!hs_page_alloc(self, &to));
		hs_page_set_contents(self, to, CONTENTS);
	}
	hs_page_get(self, m->page);
	hs_migration_end(self, &m->migration, to);
	return alone;
}

static void migrate_if_alone(struct hs_task *self, void *arg)
{
	struct model *m = arg;

	migrates_on(self, m);
	hs_page_unlock(self, m->page);
	hs_page_put(self, m->page);
}

static void migrate_for_certain(struct hs_task *self, void *arg)
{
	struct model *m = arg;
	bool done = migrates_on(self, m);

	hs_page_unlock(self, m->page);
	hs_page_put(self, m->page);
	expect(done);
}

static void migrate_unlocked(struct hs_task *self, void *arg)
{
	struct model *m = arg;

	migrates_on(self, m);
	hs_page_put(self, m->page);
}

static void walk(struct hs_task *self, void *arg)
{
	struct model *m = arg;
	uint64_t pfn = 0;
	struct hs_range range;

	hs_range_init(&range, m->mm, 0, PAGE, &pfn);
	range.era = HS_ERA_6_12;
	range.default_flags = HS_PFN_VALID | HS_PFN_WRITE;
	hs_mm_lock_read(self, m->mm);
	expect(!hs_range_fault(self, &range));
	hs_mm_unlock_read(self, m->mm);
	expect(pfn & HS_PFN_VALID);
}

static const struct race by_entry = { migrating, { load, migrate_for_certain }, check_page, 3 };

static const struct race by_reference[] = {
	{ migrating_with_reference, { load, migrate_if_alone }, check_page, 21 },
	{ migrating_with_reference, { walk, migrate_if_alone }, check_page, 21 },
	{ migrating_unlocked, { load, migrate_unlocked }, check_page, 146 },
	{ migrating_unlocked, { walk, migrate_unlocked }, check_page, 146 },
};

static const struct race fails_by_reference = { migrating_with_reference,
						{ load, migrate_for_certain },
						NULL,
						0 };

/* Out of device memory, which is then removed. */
static int migrating_private(struct hs_task *self, struct model *m)
{
	int ret = device_private(self, m);

	hs_mm_set_migration_wait(m->mm, HS_MIGRATION_WAIT_REFERENCE);
	if (!ret)
		hs_page_lock(self, m->page);
	return ret ? ret : hs_migration_start(self, m->mm, 0, NULL, &m->migration);
}

static void migrate_and_remove(struct hs_task *self, void *arg)
{
	struct model *m = arg;
	struct hs_page *to;

	expect(!hs_page_alloc(self, &to));
	hs_page_set_contents(self, to, CONTENTS);
	hs_page_get(self, m->page);
	hs_migration_end(self, &m->migration, to);
	hs_page_unlock(self, m->page);
	hs_page_put(self, m->page);
	hs_pgmap_destroy(self, m->pgmap);
	m->pgmap = NULL;
}

static const struct race leaves = { migrating_private,
				    { load, migrate_and_remove },
				    check_page,
				    141 };

/* ---- tests ------------------------------------------------------------------------------- */

/* Of each other, not of a task that could end it: within a bound on retries. */
static void faults_that_hold_the_page_keep_each_other_from_it(void **state)
{
	struct hs_explore_options options;
	struct hs_explore_result r;

	(void)state;
	undo_each_other(&fault_scenario, &keep_each_other, RETRIES);
	hs_explore_options_init(&options);
	options.retry_bound = RETRIES;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(hs_explore(&fault_scenario, &one_holds[i], &options, &r), 0);
		assert_int_equal(r.verdict, HS_VERDICT_NONE);
		assert_true(r.exhaustive);
		hs_explore_result_free(&r);
	}
}

/* A walk looks at no entry after its fault: the fault ends the turn. */
static void walks_that_hold_the_page_keep_each_other_from_it(void **state)
{
	struct hs_explore_options options;
	struct hs_explore_result r;

	(void)state;
	hs_explore_options_init(&options);
	options.retry_bound = RETRIES;
	for (size_t i = 0; i < COUNT(walks_keep_each_other); i++) {
		assert_int_equal(
			hs_explore(&fault_scenario, &walks_keep_each_other[i], &options, &r), 0);
		assert_int_equal(r.verdict, HS_VERDICT_RETRIES);
		assert_non_null(strstr(r.message, "a device-private page stays where it is"));
		assert_non_null(strstr(r.message, "undone by two"));
		hs_explore_result_free(&r);
	}
}

static void one_fault_holds_the_page_while_its_driver_runs(void **state)
{
	(void)state;
	hold(one_holds);
}

static void a_fault_goes_on_when_the_page_is_unlocked(void **state)
{
	(void)state;
	hold(held);
}

static void two_tasks_wait_for_one_unlock(void **state)
{
	(void)state;
	explore_holds(&fault_scenario, &two_wait, two_wait.complete);
}

static void a_fault_waits_for_a_page_that_goes(void **state)
{
	(void)state;
	explore_holds(&fault_scenario, &goes, goes.complete);
}

static void a_waiter_by_the_entry_lets_a_migration_go_on(void **state)
{
	(void)state;
	explore_holds(&fault_scenario, &by_entry, by_entry.complete);
}

static void a_waiter_with_a_reference_makes_a_migration_fail(void **state)
{
	(void)state;
	hold(by_reference);
	explore_fails(&fault_scenario, &fails_by_reference, HS_VERDICT_ASSERT, "expected: done", 1);
}

static void a_waiter_with_a_reference_keeps_the_page(void **state)
{
	(void)state;
	explore_holds(&fault_scenario, &leaves, leaves.complete);
}

/* ---- faults of the model ------------------------------------------------------------------ */

static const struct broken faults[] = {
	{ HS_BREAK_PRIVATE_LOCK_GAP, false, &fault_scenario, &one_holds[2], HS_VERDICT_ASSERT,
	  "hs_page_get: refcount is 0 (task one)", 24 },
	{ HS_BREAK_PRIVATE_WAIT_TOUCHES, true, &fault_scenario, &goes, HS_VERDICT_FREED,
	  "wait of an object that is freed (task one)", 2 },
	{ HS_BREAK_PAGE_UNLOCK_NO_COUNT, true, &fault_scenario, &held[1], HS_VERDICT_DEADLOCK,
	  "nothing can move: one in wait", 1 },
	{ HS_BREAK_PAGE_NOTE_LATE, true, &fault_scenario, &held[1], HS_VERDICT_DEADLOCK,
	  "nothing can move: one in wait", 11 },
	{ HS_BREAK_MIGRATION_GET_GAP, true, &fault_scenario, &leaves, HS_VERDICT_FREED,
	  "load of an object that is freed (task one)", 140 },
};

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(faults_that_hold_the_page_keep_each_other_from_it),
		cmocka_unit_test(walks_that_hold_the_page_keep_each_other_from_it),
		cmocka_unit_test(one_fault_holds_the_page_while_its_driver_runs),
		cmocka_unit_test(a_fault_goes_on_when_the_page_is_unlocked),
		cmocka_unit_test(two_tasks_wait_for_one_unlock),
		cmocka_unit_test(a_fault_waits_for_a_page_that_goes),
		cmocka_unit_test(a_waiter_by_the_entry_lets_a_migration_go_on),
		cmocka_unit_test(a_waiter_with_a_reference_makes_a_migration_fail),
		cmocka_unit_test(a_waiter_with_a_reference_keeps_the_page),
	};

	return model_main("fault policies model", tests, faults);
}
