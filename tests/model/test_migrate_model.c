/* SPDX-License-Identifier: MIT */
/*
 * Migrations of ranges against whatever changes, reads or holds the same page, under every schedule
 * that matters. The tests bear the names of the drawings in src/migrate/migrate.h; those about a
 * device that goes are in test_migrate_device_model.c.
 */
#include "support/migrate_race.h"

#include <hmmsim/walk.h>

#include "device/dmirror.h"

#define RETRIES 3

/* ---- a fault ----------------------------------------------------------------------------- */

static int system_with_wait(struct hs_task *self, struct model *m)
{
	hs_mm_set_private_fault(m->mm, HS_PRIVATE_FAULT_WAIT);
	return on_system(self, m);
}

static int nothing_with_wait(struct hs_task *self, struct model *m)
{
	hs_mm_set_private_fault(m->mm, HS_PRIVATE_FAULT_WAIT);
	return on_nothing(self, m);
}

static const struct race faults_and_moves[] = {
	{ with_trylock, { read_contents, from_device }, check_contents, 52 },
	{ on_system, { read_contents, to_device }, check_contents, 4624 },
	{ system_with_wait, { write_newer, to_device }, check_newer, 2261 },
	{ with_wait, { write_newer, from_device }, check_newer, 52 },
};

static void a_fault_against_a_migration_to_the_device(void **state)
{
	(void)state;
	hold_moves(faults_and_moves);
}

static const struct race inserts[] = {
	{ on_nothing, { fault_once, to_device }, check_zeroed, 106 },
	{ nothing_with_wait, { write_newer, to_device }, check_newer, 8459 },
};

static void an_insert_against_a_fault(void **state)
{
	(void)state;
	hold_moves(inserts);
}

/* ---- two faults -------------------------------------------------------------------------- */

/* No page is used again in an execution, and each attempt takes one. */
static int with_reference(struct hs_task *self, struct model *m)
{
	int ret = on_device(self, m);

	return ret ? ret : hs_memory_add(self, RAM_END, RAM_END + 8, true);
}

static const struct race two_faulters = { with_reference,
					  { read_contents, read_contents },
					  NULL,
					  0 };

static const struct race locked_faulters[] = {
	{ with_trylock, { read_contents, read_contents }, check_contents, 106 },
	{ with_trylock, { load, write_newer }, check_newer, 53 },
	{ with_wait, { read_contents, read_contents }, check_contents, 72 },
	{ with_wait, { load, write_newer }, check_newer, 36 },
};

static void two_faulters_on_one_device_page(void **state)
{
	(void)state;
	undo_each_other(&migrate_scenario, &two_faulters, RETRIES);
	hold_moves(locked_faulters);
}

/* ---- waiters ----------------------------------------------------------------------------- */

static void to_device_for_certain(struct hs_task *self, void *arg)
{
	struct model *m = arg;
	struct move v;

	hs_mm_lock_read(self, m->mm);
	expect(move_begin(self, m, &v, SELECT_SYSTEM, 1));
	move_decide(self, &v);
	hs_mm_unlock_read(self, m->mm);
	expect(move_end(self, &v) == 1);
}

static int waiting_with_reference(struct hs_task *self, struct model *m)
{
	hs_mm_set_migration_wait(m->mm, HS_MIGRATION_WAIT_REFERENCE);
	return on_system(self, m);
}

static const struct race waiters[] = {
	{ system_with_wait, { read_contents, to_device_for_certain }, check_contents, 2261 },
	{ waiting_with_reference, { read_contents, to_device }, check_contents, 10184 },
};

static const struct race waiter_holds = { waiting_with_reference,
					  { read_contents, to_device_for_certain },
					  NULL,
					  0 };

static void a_waiter_with_a_reference_makes_a_move_fail(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(waiters); i++)
		hold_at(TEST_PLACE, &migrate_scenario, &waiters[i], waiters[i].complete, false);
	explore_fails(&migrate_scenario, &waiter_holds, HS_VERDICT_ASSERT,
		      "expected: move_end(self, &v) == 1", 6547);
}

/* ---- entries that go --------------------------------------------------------------------- */

/* After the zap the driver maps a new page where nothing is. */
static void check_new_or_zapped(struct hs_task *self, struct model *m)
{
	uint64_t e = entry_at(self, m, 0);

	if (e && hs_dma_contents(self, page_of(self, e)) != CONTENTS)
		check_one(self, m, 0);
	else
		check_contents_or_zapped(self, m);
}

static const struct race zaps[] = {
	{ on_system, { to_device, zapper }, check_new_or_zapped, 34 },
	{ on_device, { from_device, zapper }, check_new_or_zapped, 34 },
	{ on_nothing, { to_device, zapper }, check_new_or_zapped, 46 },
};

static void a_migration_against_a_zap(void **state)
{
	(void)state;
	hold_moves(zaps);
}

static void to_device_counting(struct hs_task *self, void *arg)
{
	struct hs_migrate_counts c = { .setups = 0 };

	hs_migrate_count(self, &c);
	to_device(self, arg);
	hs_migrate_count(self, NULL);
	expect(c.setups == 1);
}

static const struct race counted_zaps[] = {
	{ on_system, { to_device_counting, zapper }, check_new_or_zapped, 34 },
	{ on_nothing, { to_device_counting, zapper }, check_new_or_zapped, 46 },
};

/* As many executions as of zaps[]. */
static void a_migration_that_is_counted_has_the_same_executions(void **state)
{
	(void)state;
	hold_moves(counted_zaps);
}

static const struct race unmaps[] = {
	{ on_system, { to_device, unmap_all }, check_nothing, 13 },
	{ on_device, { from_device, unmap_all }, check_nothing, 13 },
	{ on_nothing, { to_device, unmap_all }, check_nothing, 9 },
};

static void a_migration_against_munmap(void **state)
{
	(void)state;
	hold_moves(unmaps);
}

/* ---- two migrations ---------------------------------------------------------------------- */

static void move_both(struct hs_task *self, void *arg)
{
	struct model *m = arg;
	struct move v;

	hs_mm_lock_read(self, m->mm);
	expect(move_begin(self, m, &v, SELECT_SYSTEM, 2));
	move_decide(self, &v);
	hs_mm_unlock_read(self, m->mm);
	move_end(self, &v);
}

/* One page is mapped; the other is free, and no entry counts as one that maps it. */
static void check_mapped_or_free(struct hs_task *self, struct model *m)
{
	struct hs_page *mapped = page_of(self, entry_at(self, m, 0));

	for (uint64_t pfn = DEVICE_START; pfn < DEVICE_START + DEVICE_PAGES; pfn++) {
		struct hs_page *page = hs_pfn_to_page(self, pfn);

		expect(hs_page_mapcount(self, page) == (page == mapped));
	}
}

static const struct race two_moves[] = {
	{ on_system, { to_device, to_device }, check_contents, 34 },
	{ on_device, { from_device, from_device }, check_contents, 34 },
	{ on_system, { to_device, from_device }, check_contents, 430 },
	{ on_system, { move_both, move_both }, NULL, 890 },
	{ on_nothing, { to_device, to_device }, check_mapped_or_free, 1594 },
};

static void two_migrations_of_one_range(void **state)
{
	(void)state;
	hold_moves(two_moves);
}

/* ---- a pin ------------------------------------------------------------------------------- */

static const struct race pinned = { on_system, { to_device, write_by_dma }, check_dma, 26 };
static const struct race coherent_pinned = { on_coherent,
					     { from_device, write_by_dma },
					     check_dma,
					     0 };

/* When it is decided that a page moves, no task writes to it. */
static void from_device_unpinned(struct hs_task *self, void *arg)
{
	struct model *m = arg;
	struct move v;

	hs_mm_lock_read(self, m->mm);
	expect(move_begin(self, m, &v, SELECT_DEVICE, 1));
	move_decide(self, &v);
	hs_mm_unlock_read(self, m->mm);
	if (v.src[0] & HS_MIGRATE_PFN_MIGRATE)
		expect(!hs_u64_load(self, &m->may, HS_RELAXED));
	move_end(self, &v);
}

static void pin(struct hs_task *self, void *arg)
{
	struct model *m = arg;
	struct hs_page *page = get_mapped(self, m, false);

	if (!page)
		return;
	hs_u64_store(self, &m->may, 1, HS_RELAXED);
	hs_u64_store(self, &m->may, 0, HS_RELAXED);
	hs_page_put(self, page);
}

static const struct race unpinned = { on_coherent,
				      { from_device_unpinned, pin },
				      check_contents,
				      26 };

static void a_page_that_is_pinned_stays(void **state)
{
	(void)state;
	explore_holds(&migrate_scenario, &unpinned, unpinned.complete);
	explore_holds(&migrate_scenario, &pinned, pinned.complete);
}

/* The pin comes before setup, which tolerates it, and is gone when "pages" looks. */
static void a_pin_that_setup_tolerates_loses_what_it_wrote(void **state)
{
	(void)state;
	explore_fails(&migrate_scenario, &coherent_pinned, HS_VERDICT_ASSERT,
		      "expected: hs_dma_contents(self, page) == contents (task boot)", 34);
}

/* ---- a device that mirrors the page ------------------------------------------------------ */

static const struct race mirrors[] = {
	{ system_mirrored, { to_device, mirror }, check_mirrored, 24 },
	{ coherent_mirrored, { from_device, mirror }, check_mirrored, 48 },
};

static void a_device_against_a_migration(void **state)
{
	(void)state;
	hold_moves(mirrors);
}

/* ---- exclusive access -------------------------------------------------------------------- */

/* An atomic operation of a device. */
static void atomic(struct hs_task *self, void *arg)
{
	struct model *m = arg;
	struct hs_page *page;
	int ret = hs_make_exclusive(self, m->mm, 0, m, &page);

	expect(!ret || ret == -ENOENT || ret == -EBUSY || ret == -EAGAIN);
	if (ret)
		return;
	if (hs_entry_type(entry_at(self, m, 0)) == HS_TYPE_EXCLUSIVE)
		expect(hs_dma_contents(self, page) == CONTENTS);
	hs_page_unlock(self, page);
	hs_page_put(self, page);
}

static void check_after_load(struct hs_task *self, struct model *m)
{
	cpu_access(self, m, 0, 0, false);
	check_contents_or_zapped(self, m);
}

static const struct race exclusives[] = {
	{ on_system, { read_contents, atomic }, check_after_load, 79 },
	{ on_system, { atomic, zapper }, check_after_load, 36 },
	{ on_system, { atomic, to_device }, check_after_load, 142 },
	{ on_system, { atomic, atomic }, check_after_load, 220 },
};

static void exclusive_access_against_zap_fault_and_migration(void **state)
{
	(void)state;
	hold_moves(exclusives);
}

/* ---- walks ------------------------------------------------------------------------------- */

struct walk_param {
	struct race race; /* first: what fault_race.h knows */
	enum hs_era era;
	enum hs_strategy strategy;
	const void *owner; /* of the device that walks; its own memory it reaches */
};

struct walk_model {
	struct model model; /* first */
	struct hs_dmirror *dev;
};

static void populate(struct hs_task *self, void *arg)
{
	struct walk_model *w = arg;

	expect(!hs_dmirror_populate(self, w->dev, 0, PAGE, false));
	if (hs_dmirror_access(self, w->dev, 0, false))
		hs_u64_store(self, &w->model.may, 1, HS_RELAXED);
}

static int walk_setup(struct hs_task *self, struct hs_plan *plan, void *state, const void *param)
{
	const struct walk_param *p = param;
	struct walk_model *w = state;
	int ret = migrate_scenario.setup(self, plan, state, param);
	struct hs_dmirror_config config;

	if (ret)
		return ret;
	hs_dmirror_config_init(&config, w->model.mm, 0, PAGE);
	config.range.era = p->era;
	config.range.strategy = p->strategy;
	config.range.owner = p->owner;
	return hs_dmirror_create(self, &config, &w->dev);
}

/* What the device maps is what the CPUs map. */
static void walk_check(struct hs_task *self, void *state, const void *param)
{
	struct walk_model *w = state;
	uint64_t word = hs_dmirror_entry(self, w->dev, 0), e = entry_at(self, &w->model, 0);

	if (word & HS_PFN_VALID)
		expect((word & HS_ENTRY_PFN) == hs_entry_pfn(e));
	hs_dmirror_destroy(self, w->dev);
	migrate_scenario.check(self, state, param);
}

static const struct hs_scenario walk_scenario = {
	.name = "walks beside migrations",
	.state_size = sizeof(struct walk_model),
	.setup = walk_setup,
	.check = walk_check,
};

/* The strategies do not differ. */
static void hold_walks(struct walk_param p, uint64_t complete)
{
	for (int s = 0; s < HS_STRATEGY_CUSTOM; s++) {
		p.strategy = (enum hs_strategy)s;
		hold_at(TEST_PLACE, &walk_scenario, &p, complete, !s);
	}
}

static int to_coherent(struct hs_task *self, struct model *m)
{
	int ret = on_system(self, m);

	m->pgmap->type = HS_PGMAP_COHERENT;
	return ret;
}

static void every_walk_beside_a_migration(void **state)
{
	static const struct race walks[] = {
		{ on_system, { populate, to_device }, check_contents, 0 },
		{ to_coherent, { populate, to_device }, check_contents, 0 },
		{ on_coherent, { populate, from_device }, check_contents, 0 },
	};
	static const void *const owners[COUNT(walks)] = { &device_memory_ops, NULL, NULL };
	static const uint64_t complete[COUNT(walks)][HS_ERA_COUNT] = {
		{ 66, 114 },
		{ 50, 76 },
		{ 50, 76 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(walks); i++)
		for (int era = 0; era < HS_ERA_COUNT; era++)
			hold_walks((struct walk_param){ .race = walks[i],
							.era = (enum hs_era)era,
							.owner = owners[i] },
				   complete[i][era]);
}

/* ---- faults of the model ----------------------------------------------------------------- */

static const struct broken faults[] = {
	{ HS_BREAK_MIGRATE_COLLECT_GAP, false, &migrate_scenario, &zaps[0], HS_VERDICT_ASSERT,
	  "hs_page_get: refcount is 0 (task one)", 12 },
	{ HS_BREAK_MIGRATE_BUSY_KEEPS, false, &migrate_scenario, &exclusives[2], HS_VERDICT_ASSERT,
	  "expected: page && hs_page_count(self, page) == 1", 6 },
	{ HS_BREAK_MIGRATE_NOTIFY_EARLY, false, &migrate_scenario, &mirrors[0], HS_VERDICT_ASSERT,
	  "expected: !device || device == entry_at(self, m, 0)", 3 },
	{ HS_BREAK_MIGRATE_COUNT_SKIPPED, false, &migrate_scenario, &unpinned, HS_VERDICT_ASSERT,
	  "expected: !hs_u64_load(self, &m->may, HS_RELAXED)", 25 },
	{ HS_BREAK_MIGRATE_KEY_STAYS, false, &migrate_scenario, &faults_and_moves[0],
	  HS_VERDICT_DEADLOCK, "nothing can move: one in wait", 1 },
	{ HS_BREAK_MIGRATE_INSERT_KEEPS, false, &migrate_scenario, &two_moves[4], HS_VERDICT_ASSERT,
	  "wait for completion would wait for ever", 6 },
	{ HS_BREAK_REMAP_GET_LATE, true, &migrate_scenario, &zaps[0], HS_VERDICT_ASSERT,
	  "hs_page_get: refcount is 0 (task one)", 5 },
	{ HS_BREAK_REMAP_NO_WAKE, false, &migrate_scenario, &faults_and_moves[0],
	  HS_VERDICT_LOST_WAKE, "its queue was not woken afterwards", 35 },
	{ HS_BREAK_FINALIZE_UNLOCKS, false, &migrate_scenario, &locked_faulters[0],
	  HS_VERDICT_ASSERT, "hs_page_unlock: the page is not locked (task one)", 1 },
};

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_fault_against_a_migration_to_the_device),
		cmocka_unit_test(an_insert_against_a_fault),
		cmocka_unit_test(two_faulters_on_one_device_page),
		cmocka_unit_test(a_waiter_with_a_reference_makes_a_move_fail),
		cmocka_unit_test(a_migration_against_a_zap),
		cmocka_unit_test(a_migration_that_is_counted_has_the_same_executions),
		cmocka_unit_test(a_migration_against_munmap),
		cmocka_unit_test(two_migrations_of_one_range),
		cmocka_unit_test(a_page_that_is_pinned_stays),
		cmocka_unit_test(a_pin_that_setup_tolerates_loses_what_it_wrote),
		cmocka_unit_test(a_device_against_a_migration),
		cmocka_unit_test(exclusive_access_against_zap_fault_and_migration),
		cmocka_unit_test(every_walk_beside_a_migration),
	};

	return model_main("migrate model", tests, faults);
}
