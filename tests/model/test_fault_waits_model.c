/* SPDX-License-Identifier: MIT */
/*
 * What faults wait for: page locks, migrations, gates. No wake-up is missed, and no wait ends
 * early.
 */
#include "support/broken.h"
#include "support/fault_race.h"

#include <hmmsim/walk.h>

/* After what has to be waited for, not before. */
static void load_in_time(struct hs_task *self, void *arg)
{
	struct model *m = arg;

	cpu_access(self, m, 0, 0, false);
	expect(hs_u64_load(self, &m->may, HS_SEQ_CST));
}

/* ---- waiting ----------------------------------------------------------------------------- */

static int exclusive(struct hs_task *self, struct model *m)
{
	int ret = written(self, m);

	return ret ? ret : hs_make_exclusive(self, m->mm, 0, m, &m->page);
}

static bool count_told(struct hs_task *self, struct hs_interval_sub *sub,
		       const struct hs_invalidation *inv, uint64_t cur_seq)
{
	struct model *m = (struct model *)((char *)sub - offsetof(struct model, sub));

	expect(inv->event == HS_INVALIDATE_EXCLUSIVE && !inv->owner);
	hs_interval_set_seq(self, sub, cur_seq);
	hs_u64_add(self, &m->device, 1, HS_RELAXED);
	return true;
}

static const struct hs_interval_ops count_ops = { count_told };

static int unlocked(struct hs_task *self, struct model *m)
{
	int ret = exclusive(self, m);

	if (!ret)
		ret = hs_interval_insert(self, &m->sub, hs_mm_notifiers(m->mm), 0, PAGE,
					 &count_ops);
	if (ret)
		return ret;
	hs_page_unlock(self, m->page);
	hs_page_put(self, m->page);
	return 0;
}

static void let_go(struct hs_task *self, void *arg)
{
	struct model *m = arg;

	expect(hs_entry_type(entry_at(self, m, 0)) == HS_TYPE_EXCLUSIVE);
	hs_u64_store(self, &m->may, 1, HS_SEQ_CST);
	hs_page_unlock(self, m->page);
	hs_page_put(self, m->page);
}

static void let_go_and_zap(struct hs_task *self, void *arg)
{
	struct model *m = arg;

	let_go(self, m);
	zap(self, m);
}

/* The task that takes the page lock second tells no notifier. */
static void check_told_once(struct hs_task *self, struct model *m)
{
	check_page(self, m);
	expect(hs_u64_load(self, &m->device, HS_RELAXED) == 1);
	hs_interval_remove(self, &m->sub);
}

static const struct race exclusives[] = {
	{ exclusive, { load_in_time, let_go }, check_page, 32 },
	{ unlocked, { load, load_too }, check_told_once, 222 },
	{ exclusive, { load_in_time, let_go_and_zap }, check_page_or_zapped, 430 },
};

static int migrating(struct hs_task *self, struct model *m)
{
	int ret = written(self, m);

	return ret ? ret : hs_migration_start(self, m->mm, 0, NULL, &m->migration);
}

static void migrate_back(struct hs_task *self, void *arg)
{
	struct model *m = arg;

	hs_u64_store(self, &m->may, 1, HS_SEQ_CST);
	hs_migration_end(self, &m->migration, NULL);
}

static void migrate_on(struct hs_task *self, void *arg)
{
	struct model *m = arg;
	struct hs_page *to;

	expect(!hs_page_alloc(self, &to));
	hs_page_set_contents(self, to, CONTENTS);
	hs_u64_store(self, &m->may, 1, HS_SEQ_CST);
	hs_migration_end(self, &m->migration, to);
}

static void zap_in_time(struct hs_task *self, void *arg)
{
	struct model *m = arg;

	hs_u64_store(self, &m->may, 1, HS_SEQ_CST);
	zap(self, m);
}

static void check_zapped(struct hs_task *self, struct model *m)
{
	expect(entry_at(self, m, 0) == HS_FAULT_ZERO_ENTRY);
	hs_migration_end(self, &m->migration, NULL);
	expect(!hs_pages_allocated(self));
}

/* A walker sleeps until the migration ends: looking again at once would be a livelock. */
static void walk_in_time(struct hs_task *self, struct model *m, enum hs_era era)
{
	uint64_t pfn = 0;
	struct hs_range range;
	int ret;

	hs_range_init(&range, m->mm, 0, PAGE, &pfn);
	range.era = era;
	range.default_flags = HS_PFN_VALID | HS_PFN_WRITE;
	hs_mm_lock_read(self, m->mm);
	ret = hs_range_fault(self, &range);
	hs_mm_unlock_read(self, m->mm);
	hs_assert(self, !ret, "a walk fails: %d", ret);
	expect(hs_u64_load(self, &m->may, HS_SEQ_CST));
	expect((pfn & HS_PFN_VALID) && range.counts.waits <= 1);
}

static void walk_6_12(struct hs_task *self, void *arg)
{
	walk_in_time(self, arg, HS_ERA_6_12);
}

static void walk_5_3(struct hs_task *self, void *arg)
{
	walk_in_time(self, arg, HS_ERA_5_3);
}

/* An entry by hand: the task that began the migration is not part of the scenario. */
static int migrating_leaf(struct hs_task *self, struct model *m)
{
	uint64_t order = m->mm->geometry->order[1];
	int ret = anonymous(self, m);

	return ret ? ret
		   : hs_pt_set(self, m->mm, 0, 1,
			       hs_entry_typed(HS_TYPE_MIGRATION, RAM_START,
					      HS_ENTRY_WRITE | order << HS_ENTRY_ORDER_SHIFT));
}

static void check_new(struct hs_task *self, struct model *m)
{
	expect_page(self, m, 0);
}

static const struct race migrating_pages[] = {
	{ migrating, { walk_6_12, migrate_back }, check_page, 3 },
	{ migrating, { walk_6_12, migrate_on }, check_page, 3 }, /* v5.3 does not wait for a PTE */
	{ migrating_leaf, { walk_6_12, zap_in_time }, check_new, 4 },
	{ migrating_leaf, { walk_5_3, zap_in_time }, check_new, 4 },
	{ migrating, { load_in_time, migrate_back }, check_page, 3 },
	{ migrating, { load_in_time, migrate_on }, check_page, 3 },
	{ migrating, { load_in_time, zap_in_time }, check_zapped, 3 },
	{ migrating, { load, zapper, migrate_back }, check_page_or_zapped, 16 },
};

static void mapper(struct hs_task *self, void *arg)
{
	struct model *m = arg;

	expect(!hs_mmap(self, m->mm, ELSEWHERE, ELSEWHERE + PAGE, RW, NULL, 0));
}

static void unmapper(struct hs_task *self, void *arg)
{
	struct model *m = arg;

	expect(!hs_munmap(self, m->mm, 0, 4 * PAGE));
}

/* The page is the only one of its mm: with it go all tables. */
static void check_unmapped(struct hs_task *self, struct model *m)
{
	expect(!hs_pages_allocated(self));
	expect(!entry_at(self, m, 0));
}

static const struct race migration_and_writer = { migrating,
						  { load_in_time, mapper, migrate_back },
						  check_page,
						  13 };

static const struct race unmapped_migrations[] = {
	{ migrating, { migrate_back, unmapper }, check_unmapped, 3 },
	{ migrating, { migrate_on, unmapper }, check_unmapped, 4 },
};

/* ---- drivers ----------------------------------------------------------------------------- */

/* Returns 0 without a change, until the driver may migrate. */
static uint32_t migrate_later(struct hs_task *self, struct hs_vm_fault *vmf)
{
	struct model *m = hs_pgmap_driver_data(hs_page_pgmap(self, vmf->page));

	return hs_u64_load(self, &m->may, HS_SEQ_CST) ? hs_migrate_to_ram(self, vmf) : 0;
}

static const struct hs_pgmap_ops later_ops = { spoil_freed, migrate_later };

static int reluctant(struct hs_task *self, struct model *m)
{
	int ret = device_private(self, m);

	if (ret)
		return ret;
	m->pgmap->ops = &later_ops;
	m->pgmap->driver_data = m;
	return 0;
}

static void allow(struct hs_task *self, void *arg)
{
	hs_u64_store(self, &((struct model *)arg)->may, 1, HS_SEQ_CST);
}

static const struct race later = { reluctant, { load_in_time, allow }, check_page, 2 };
static const struct race never = { reluctant, { load }, NULL, 0 };

/* ---- gates ------------------------------------------------------------------------------- */

static int gated(struct hs_task *self, struct model *m)
{
	int ret = anonymous(self, m);

	if (!ret)
		ret = hs_gate_create(self, &m->gate);
	return ret ? ret : hs_vma_set_gate(self, m->mm, 0, 4 * PAGE, m->gate);
}

static void open_gate(struct hs_task *self, void *arg)
{
	struct model *m = arg;

	expect(!entry_at(self, m, 0));
	hs_u64_store(self, &m->may, 1, HS_SEQ_CST);
	hs_gate_open(self, m->gate);
}

/* The monitor may need the mmap lock itself. */
static void lock_and_open_gate(struct hs_task *self, void *arg)
{
	struct model *m = arg;

	hs_mm_lock_write(self, m->mm);
	hs_mm_unlock_write(self, m->mm);
	open_gate(self, m);
}

static void fault_as_a_walker(struct hs_task *self, void *arg)
{
	struct model *m = arg;

	hs_mm_lock_read(self, m->mm);
	expect(!hs_handle_mm_fault(self, m->mm, hs_vma_at(m->mm, 0), 0, 0, NULL));
	expect(entry_at(self, m, 0) == HS_FAULT_ZERO_ENTRY);
	expect(hs_u64_load(self, &m->may, HS_SEQ_CST));
	hs_mm_unlock_read(self, m->mm);
}

/*
 * The gate is destroyed as soon as no VMA has it and no fault waits at it: no wait is left behind.
 */
static void open_and_destroy_gate(struct hs_task *self, void *arg)
{
	struct model *m = arg;

	open_gate(self, m);
	expect(!hs_vma_set_gate(self, m->mm, 0, 4 * PAGE, NULL));
	while (hs_gate_waiters(self, m->gate))
		hs_retry_wait(self, "a gate that is left");
	hs_gate_destroy(self, m->gate);
	m->gate = NULL;
}

static void check_gate(struct hs_task *self, struct model *m)
{
	expect(!m->gate || !hs_gate_waiters(self, m->gate));
}

static const struct race gates[] = {
	{ gated, { load_in_time, open_gate }, check_gate, 2 },
	{ gated, { load_in_time, lock_and_open_gate }, check_gate, 4 },
	{ gated, { fault_as_a_walker, open_gate }, check_gate, 2 },
	{ gated, { load_in_time, open_and_destroy_gate }, check_gate, 17 },
};

static const struct race stuck_gate = { gated, { fault_as_a_walker, lock_and_open_gate }, NULL, 0 };

static int gated_by_step(struct hs_task *self, struct model *m)
{
	int ret = gated(self, m);

	if (!ret)
		ret = device_memory(self, m, HS_PGMAP_GENERIC, HS_PAGE_REFS_6_1);
	if (!ret)
		hs_gate_follow(m->gate, m->pgmap, HS_PGMAP_PUT_PAGES);
	return ret;
}

static void remover(struct hs_task *self, void *arg)
{
	struct model *m = arg;

	hs_pgmap_step(self, m->pgmap, HS_PGMAP_KILL);
	expect(!entry_at(self, m, 0));
	hs_u64_store(self, &m->may, 1, HS_SEQ_CST);
	hs_pgmap_step(self, m->pgmap, HS_PGMAP_PUT_PAGES);
}

static void check_removed(struct hs_task *self, struct model *m)
{
	for (int i = 2; i < HS_PGMAP_STEP_COUNT; i++)
		hs_pgmap_step(self, m->pgmap, hs_removal_steps(HS_REMOVAL_ORDER_6_0)[i]);
	hs_vma_set_gate(self, m->mm, 0, 4 * PAGE, NULL);
	hs_pgmap_free(self, m->pgmap);
	m->pgmap = NULL;
}

static const struct race gate_by_step = { gated_by_step,
					  { load_in_time, remover },
					  check_removed,
					  35 };

static void fault_waits_for_the_lock_of_an_exclusive_page(void **state)
{
	(void)state;
	hold(exclusives);
}

static void fault_waits_for_a_migration(void **state)
{
	(void)state;
	hold(migrating_pages);
}

static void a_migration_ends_while_a_writer_waits(void **state)
{
	(void)state;
	explore_holds(&fault_scenario, &migration_and_writer, migration_and_writer.complete);
}

static void a_migration_ends_in_an_mm_that_is_unmapped(void **state)
{
	(void)state;
	hold(unmapped_migrations);
}

static void fault_is_repeated_until_the_driver_migrates(void **state)
{
	(void)state;
	explore_holds(&fault_scenario, &later, later.complete);
	explore_fails(&fault_scenario, &never, HS_VERDICT_LIVELOCK, "", 1);
}

static void fault_waits_at_a_gate(void **state)
{
	(void)state;
	hold(gates);
}

static void fault_that_may_not_retry_keeps_the_mmap_lock(void **state)
{
	(void)state;
	explore_fails(&fault_scenario, &stuck_gate, HS_VERDICT_DEADLOCK, "", 1);
}

static void fault_waits_for_a_step_of_a_removal(void **state)
{
	(void)state;
	explore_holds(&fault_scenario, &gate_by_step, gate_by_step.complete);
}

/* ---- faults of the model ------------------------------------------------------------------ */

static const struct broken faults[] = {
	{ HS_BREAK_GATE_NO_WAKE, false, &fault_scenario, &gates[0], HS_VERDICT_LOST_WAKE,
	  "the predicate of one became true", 2 },
	{ HS_BREAK_GATE_WAKE_EARLY, false, &fault_scenario, &gates[0], HS_VERDICT_LOST_WAKE,
	  "the predicate of one became true", 2 },
	{ HS_BREAK_GATE_COUNT_LATE, true, &fault_scenario, &gates[3], HS_VERDICT_FREED,
	  "read-modify-write of an object that is freed (task one)", 10 },
	{ HS_BREAK_TAKE_BACK_BLIND, false, &fault_scenario, &exclusives[1], HS_VERDICT_ASSERT,
	  "expected: hs_u64_load(self, &m->device, HS_RELAXED) == 1", 4 },
	{ HS_BREAK_MIGRATION_BLIND, false, &fault_scenario, &unmapped_migrations[0],
	  HS_VERDICT_ASSERT, "expected: !hs_pages_allocated(self) (task boot)", 2 },
	{ HS_BREAK_MIGRATION_NO_WAKE, false, &fault_scenario, &migrating_pages[4],
	  HS_VERDICT_LOST_WAKE, "the predicate of one became true", 2 },
	{ HS_BREAK_MIGRATION_NO_RESTORE, false, &fault_scenario, &migrating_pages[4],
	  HS_VERDICT_DEADLOCK, "nothing can move: one in wait", 1 },
	{ HS_BREAK_MIGRATION_UNLOCKED, false, &fault_scenario, &unmapped_migrations[0],
	  HS_VERDICT_FREED, "store of an object that is freed (task one)", 2 },
	{ HS_BREAK_ZAP_NO_WAKE, false, &fault_scenario, &migrating_pages[6], HS_VERDICT_LOST_WAKE,
	  "the predicate of one became true", 2 },
};

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fault_waits_for_the_lock_of_an_exclusive_page),
		cmocka_unit_test(fault_waits_for_a_migration),
		cmocka_unit_test(a_migration_ends_while_a_writer_waits),
		cmocka_unit_test(a_migration_ends_in_an_mm_that_is_unmapped),
		cmocka_unit_test(fault_is_repeated_until_the_driver_migrates),
		cmocka_unit_test(fault_waits_at_a_gate),
		cmocka_unit_test(fault_that_may_not_retry_keeps_the_mmap_lock),
		cmocka_unit_test(fault_waits_for_a_step_of_a_removal),
	};

	return model_main("fault waits model", tests, faults);
}
