/* SPDX-License-Identifier: MIT */
/*
 * The points of a call, the predicted cost of a run, spaces of the caller, allocation failure.
 */
#include "support/removal_space.h"

#include <stdio.h>

#include <hmmsim/mm.h>

/* ---- points ------------------------------------------------------------------------------ */

static uint64_t count_points(struct hs_removal_case c, uint64_t most, uint32_t at)
{
	struct hs_hostmem mem = { 0, 0, 0 };
	struct hs_removal_result without;
	struct hs_removal_point *points;
	uint64_t count, n = 0;

	assert_int_equal(hs_removal_points(&mem, &c, most, &without, &points, &count), 0);
	for (uint64_t i = 0; i < count; i++)
		n += at == HS_POINT_COUNT || points[i].at == at;
	hs_hostmem_free(&mem, points);
	assert_int_equal(mem.live, 0);
	return n;
}

static void points_are_those_of_the_call(void **state)
{
	struct hs_removal_case c =
		make_case(HS_ERA_5_3, ARRANGE_HOLE, HS_STRATEGY_NONE, HS_REMOVAL_PLAN_CORRECT);

	(void)state;
	c.sleep = 2;
	assert_int_equal(count_points(c, 10000, HS_WALK_PAGE), 1536);
	assert_int_equal(count_points(c, 10000, HS_WALK_TABLE_END), 3);
	assert_int_equal(count_points(c, 10000, HS_WALK_TABLE_ERROR), 1);
	assert_int_equal(count_points(c, 10000, HS_WALK_FAULT_BEGIN), 256);
	assert_int_equal(count_points(c, 10000, HS_POINT_SLEEP), 512);
	assert_int_equal(count_points(c, 10000, HS_WALK_PASS_END), 2);
	assert_int_equal(count_points(c, 10000, HS_POINT_RETRY), 2);
	assert_int_equal(count_points(c, 10000, HS_POINT_AFTER), 1);
	assert_int_equal(count_points(c, 0, HS_WALK_PAGE), 9);
	assert_int_equal(count_points(c, 0, HS_WALK_FAULT_BEGIN), 3);
	assert_int_equal(count_points(c, 0, HS_WALK_TABLE_END), 3);
	c.era = HS_ERA_6_12; /* pages are inside an RCU section */
	assert_int_equal(count_points(c, 10000, HS_WALK_PAGE), 0);
	assert_int_equal(count_points(c, 10000, HS_POINT_SLEEP), 512);
	c.plan = HS_REMOVAL_PLAN_KILL_FIRST;
	assert_int_equal(count_points(c, 10000, HS_WALK_PAGE), 1536);
	c.plan = HS_REMOVAL_PLAN_CORRECT;
	c.pte_map = HS_PTE_MAP_BARE;
	assert_int_equal(count_points(c, 10000, HS_WALK_PAGE), 1536);
	c.era = HS_ERA_5_3;
	c.pte_map = HS_PTE_MAP_RCU;
	assert_int_equal(count_points(c, 10000, HS_WALK_PAGE), 0);
	arrange(&c, ARRANGE_BUSY); /* of a few none is left out */
	c.sleep = 64;
	assert_int_equal(count_points(c, 0, HS_POINT_SLEEP), 64);
	c.sleep = 65;
	assert_int_equal(count_points(c, 0, HS_POINT_SLEEP), 3);
}

static void what_cannot_be_is_refused(void **state)
{
	struct hs_hostmem mem = { 0, 0, 0 };
	struct hs_removal_case c =
		make_case(HS_ERA_6_12, ARRANGE_TABLES, HS_STRATEGY_NONE, HS_REMOVAL_PLAN_CORRECT);
	struct hs_removal_result r;

	(void)state;
	c.start = (struct hs_removal_point){ HS_WALK_PAGE, 1 };
	assert_int_equal(hs_removal_run(&mem, &c, &r), -EINVAL);
	c.plan = HS_REMOVAL_PLAN_KILL_FIRST;
	c.start.number = 1537;
	assert_int_equal(hs_removal_run(&mem, &c, &r), -ENOENT);
	c.start.number = 0;
	assert_int_equal(hs_removal_run(&mem, &c, &r), -EINVAL);
	c.start = (struct hs_removal_point){ HS_POINT_COUNT, 1 };
	assert_int_equal(hs_removal_run(&mem, &c, &r), -EINVAL);
	c.start = (struct hs_removal_point){ HS_POINT_AFTER, 1 };
	c.retries = HS_REMOVAL_VAIN_MAX;
	assert_int_equal(hs_removal_run(&mem, &c, &r), -EINVAL);
	c.retries = 1;
	c.space = NULL;
	assert_int_equal(hs_removal_run(&mem, &c, &r), -EINVAL);
	arrange(&c, ARRANGE_TABLES);
	c.strategy = HS_STRATEGY_CUSTOM;
	assert_int_equal(hs_removal_run(&mem, &c, &r), -EINVAL);
	assert_int_equal(mem.live, 0);
}

static void points_have_names_of_their_own(void **state)
{
	(void)state;
	assert_string_equal(hs_removal_point_name(HS_WALK_PAGE), "page");
	assert_string_equal(hs_removal_point_name(HS_POINT_COUNT), "?");
	for (uint32_t at = 0; at < HS_POINT_COUNT; at++)
		for (uint32_t other = at + 1; other <= HS_POINT_COUNT; other++)
			assert_string_not_equal(hs_removal_point_name(at),
						hs_removal_point_name(other));
}

/* ---- cost -------------------------------------------------------------------------------- */

static void cost_is_what_the_walk_did_meanwhile(void **state)
{
	struct hs_removal_case c = make_case(HS_ERA_5_3, ARRANGE_HOLE, HS_STRATEGY_PER_CALL,
					     HS_REMOVAL_PLAN_KILL_FIRST);
	struct hs_removal_result r = run_at(c, HS_WALK_PAGE, 1);
	const uint64_t *of = r.cost.of;

	(void)state;
	assert_int_equal(of[HS_COST_DEVMAP_PAGE], 1535);
	assert_int_equal(of[HS_COST_TABLE], 3);
	assert_int_equal(of[HS_COST_HIT], 1535);
	assert_int_equal(of[HS_COST_MISS], 0);
	assert_int_equal(of[HS_COST_FAULT], 256);
	assert_int_equal(of[HS_COST_PAGE] + of[HS_COST_LEAF_PAGE] + of[HS_COST_CALL], 0);
	arrange(&c, ARRANGE_BUSY);
	r = run_at(c, HS_WALK_PAGE, 1);
	assert_int_equal(of[HS_COST_DEVMAP_PAGE], 1023);
	assert_int_equal(of[HS_COST_LEAF_PAGE], 512);
	assert_int_equal(of[HS_COST_TABLE], 2); /* a leaf is none */
}

struct scanned {
	uint64_t lookups, hits, puts, vain;
	struct hs_removal_held ref, rcu;
	long ret;
	struct hs_removal_point start;
};

/* Of 23 points all but the one after the call are inside it. */
static void the_worst_of_all_points_is_found(void **state)
{
	static const struct scanned busy[STRATEGIES] = {
		{ 0, 0, 0, 0, { 0 }, { .pages = 511 }, 0, { HS_WALK_PAGE, 1 } },
		{ 1024, 0, 1024, 1, { 0 }, { 0 }, -EBUSY, { HS_POINT_RETRY, 1 } },
		{ 2, 1022, 2, 1, { 511, 0, 0, 0 }, { 0 }, -EBUSY, { HS_WALK_PAGE, 1 } },
		{ 2, 1022, 2, 1, { 511, 0, 0, 0 }, { 0 }, -EBUSY, { HS_WALK_PAGE, 1 } },
		{ 2, 1022, 2, 1, { 511, 1, 0, 0 }, { 0 }, -EBUSY, { HS_WALK_PAGE, 1 } },
		{ 2, 1022, 2, 1, { 511, 1, 0, 1 }, { 0 }, -EBUSY, { HS_WALK_PAGE, 1 } },
		{ 1, 1023, 1, 1, { 1535, 2, 0, 1 }, { 0 }, 0, { HS_WALK_PAGE, 1 } },
	};

	(void)state;
	for (int s = 0; s < STRATEGIES; s++) {
		const struct hs_removal_case c = make_case(
			HS_ERA_6_12, ARRANGE_BUSY, (enum hs_strategy)s, HS_REMOVAL_PLAN_KILL_FIRST);
		const struct scanned *e = &busy[s];
		struct hs_removal_worst w = worst(&c, 0);

		assert_int_equal(w.runs, 23);
		assert_int_equal(w.inside, 22);
		assert_int_equal(w.walk.lookups, e->lookups);
		assert_int_equal(w.walk.hits, e->hits);
		assert_int_equal(w.walk.puts, e->puts);
		assert_memory_equal(&w.held[HS_HELD_REF], &e->ref, sizeof(e->ref));
		assert_memory_equal(&w.held[HS_HELD_RCU], &e->rcu, sizeof(e->rcu));
		assert_held(&w.held[HS_HELD_ELSE], 0, 0, 0, 0);
		assert_int_equal(w.grace_periods, 1);
		assert_int_equal(w.vain, e->vain);
		assert_int_equal(w.leaked, 0);
		assert_int_equal(w.at.ret, e->ret);
		assert_int_equal(w.verdict, HS_REMOVAL_OK);
		assert_int_equal(w.start.at, e->start.at);
		assert_int_equal(w.start.number, e->start.number);
	}
}

/* ---- a space of the caller --------------------------------------------------------------- */

#define MINE_PFN 0x100000u
#define MINE_START 0x40000000ull
#define MINE_END (MINE_START + TABLE * HS_PAGE_BYTES)

struct mine {
	int error;
	bool poison; /* the last page: per-table leaks */
	bool away;   /* what is removed is not mapped */
	bool dead;   /* what is walked and not removed is dead */
	uint32_t builds, disables, invalidates, unmaps, destroys;
};

static int mine_pgmaps(struct hs_task *self, const struct hs_removal_case *c,
		       struct hs_removal_space *space)
{
	struct mine *mine = space->arg;
	struct hs_pgmap_config config;
	int ret;

	hs_pgmap_config_init(&config, HS_PGMAP_FS_DAX, MINE_PFN, MINE_PFN + TABLE);
	config.page_refs = c->page_refs;
	ret = hs_pgmap_create(self, &config, &space->pgmap);
	if (ret || !mine->away)
		return ret;
	space->other = space->pgmap;
	config.start = config.first = MINE_PFN + TABLE;
	config.end = config.start + TABLE;
	return hs_pgmap_create(self, &config, &space->pgmap);
}

/* Entries by hand, without a mapping. */
static int mine_build(struct hs_task *self, const struct hs_removal_case *c,
		      struct hs_removal_space *space)
{
	struct mine *mine = space->arg;
	int ret = mine->error;

	mine->builds++;
	if (!ret)
		ret = mine_pgmaps(self, c, space);
	if (!ret)
		ret = hs_mm_create(self, hs_geometry(HS_GEOMETRY_X86_64), &space->mm);
	if (!ret)
		ret = hs_vma_add(self, space->mm, MINE_START, MINE_END, HS_VM_READ | HS_VM_WRITE);
	for (uint64_t i = 0; !ret && i < TABLE; i++)
		ret = hs_pt_set(self, space->mm, MINE_START + i * HS_PAGE_BYTES, 0,
				HS_ENTRY_VALID | HS_ENTRY_DEVMAP | (MINE_PFN + i));
	if (!ret && mine->poison)
		ret = hs_pt_set(self, space->mm, MINE_END - HS_PAGE_BYTES, 0,
				hs_entry_typed(HS_TYPE_HWPOISON, MINE_PFN, 0));
	if (!ret && mine->dead)
		hs_pgmap_step(self, space->other, HS_PGMAP_KILL);
	space->start = MINE_START;
	space->end = MINE_END;
	space->default_flags = HS_PFN_VALID;
	return ret;
}

static void mine_disable(struct hs_task *self, struct hs_removal_space *space)
{
	(void)self;
	((struct mine *)space->arg)->disables++;
}

static void mine_invalidate(struct hs_task *self, struct hs_removal_space *space)
{
	struct hs_invalidation inv = { MINE_START, MINE_END, HS_INVALIDATE_CLEAR, NULL, true };
	struct hs_notifiers *notifiers = hs_mm_notifiers(space->mm);

	((struct mine *)space->arg)->invalidates++;
	assert_int_equal(hs_invalidate_start(self, notifiers, &inv), 0);
	for (uint64_t addr = MINE_START; addr < MINE_END; addr += HS_PAGE_BYTES)
		hs_pt_set(self, space->mm, addr, 0, 0);
	hs_invalidate_end(self, notifiers, &inv);
}

static void mine_unmap(struct hs_task *self, struct hs_removal_space *space)
{
	((struct mine *)space->arg)->unmaps++;
	if (space->mm)
		hs_mm_destroy(self, space->mm);
}

static void mine_destroy(struct hs_task *self, struct hs_removal_space *space)
{
	struct mine *mine = space->arg;

	mine->destroys++;
	assert_null(space->pgmap);
	if (!space->other)
		return;
	assert_int_equal(hs_pgmap_refs(self, space->other), 0);
	if (!mine->dead)
		hs_pgmap_step(self, space->other, HS_PGMAP_KILL);
	for (int step = HS_PGMAP_PUT_PAGES; step < HS_PGMAP_STEP_COUNT; step++)
		hs_pgmap_step(self, space->other, (enum hs_pgmap_step)step);
	hs_pgmap_free(self, space->other);
}

static const struct hs_removal_space_ops mine_ops = { mine_build, mine_disable, mine_invalidate,
						      mine_unmap, mine_destroy };

static void a_space_of_the_callers_is_played_the_same_way(void **state)
{
	struct hs_hostmem mem = { 0, 0, 0 };
	struct mine mine = { .error = 0 };
	struct hs_removal_case c = make_case(HS_ERA_6_12, ARRANGE_TABLES, HS_STRATEGY_PER_CALL,
					     HS_REMOVAL_PLAN_KILL_FIRST);
	struct hs_removal_result r;

	(void)state;
	c.space = &mine_ops;
	c.space_arg = &mine;
	r = run_at(c, HS_WALK_PAGE, 1);
	assert_held(&r.held[HS_HELD_REF], TABLE - 1, 1, 0, 0);
	assert_int_equal(r.verdict, HS_REMOVAL_OK);
	assert_int_equal(mine.builds, 1);
	assert_int_equal(mine.disables, 1);
	assert_int_equal(mine.invalidates, 1);
	assert_int_equal(mine.unmaps, 1);
	assert_int_equal(mine.destroys, 1);
	mine.error = -EXDEV;
	assert_int_equal(hs_removal_run(&mem, &c, &r), -EXDEV);
	assert_int_equal(mine.unmaps, 2);
	assert_int_equal(mine.destroys, 2);
}

static void what_leaks_of_another_pgmap_is_put(void **state)
{
	struct mine mine = { .poison = true, .away = true };
	struct hs_removal_case c = make_case(HS_ERA_5_3, ARRANGE_TABLES, HS_STRATEGY_PER_TABLE,
					     HS_REMOVAL_PLAN_KILL_FIRST);
	struct hs_removal_result r;

	(void)state;
	c.space = &mine_ops;
	c.space_arg = &mine;
	r = run_at(c, HS_WALK_PAGE, 1);
	assert_int_equal(r.ret, -EFAULT);
	assert_int_equal(r.walk.leaked, 1);
	assert_int_equal(r.leaked, 1);
	assert_int_equal(r.verdict, HS_REMOVAL_OK);
	assert_held(&r.held[HS_HELD_REF], 0, 0, 0, 0);
	assert_int_equal(mine.destroys, 1);
}

/* A dead pgmap that is not removed keeps the walk in passes; the run ends nevertheless. */
static void a_walk_on_a_dead_pgmap_of_others_is_ended(void **state)
{
	struct mine mine = { .away = true, .dead = true };
	struct hs_removal_case c = make_case(HS_ERA_6_12, ARRANGE_TABLES, HS_STRATEGY_PER_TABLE,
					     HS_REMOVAL_PLAN_CORRECT);
	struct hs_removal_result r;

	(void)state;
	c.space = &mine_ops;
	c.space_arg = &mine;
	r = run_at(c, HS_POINT_AFTER, 1);
	assert_int_equal(r.ret, -EBUSY);
	assert_int_equal(r.vain, 0);
	assert_int_equal(r.walk.passes, 10000);
	assert_int_equal(r.verdict, HS_REMOVAL_LIVELOCK);
}

/* ---- many passes ------------------------------------------------------------------------- */

#define MANY 10500 /* more passes than a walk may stand still for */

/* Entries that migrate, in one VMA, or a page in each of many. */
struct many {
	bool vmas;
	uint32_t stuck; /* a wait changes nothing, from the entry of this number on */
	uint32_t waits;
};

static int many_entries(struct hs_task *self, struct many *many, struct hs_mm *mm)
{
	uint64_t vma = many->vmas ? HS_PAGE_BYTES : MANY * HS_PAGE_BYTES;
	uint64_t e = many->vmas ? HS_ENTRY_VALID | 0x5000
				: hs_entry_typed(HS_TYPE_MIGRATION, 0x5000, 0);
	int ret = 0;

	for (uint64_t at = 0; !ret && at < MANY * HS_PAGE_BYTES; at += vma)
		ret = hs_vma_add(self, mm, MINE_START + at, MINE_START + at + vma,
				 HS_VM_READ | (at & HS_PAGE_BYTES ? HS_VM_EXEC : 0));
	for (uint64_t i = 0; !ret && i < MANY; i++)
		ret = hs_pt_set(self, mm, MINE_START + i * HS_PAGE_BYTES, 0, e);
	return ret;
}

static uint32_t many_fault(struct hs_task *self, struct hs_mm *mm, const struct hs_vma *vma,
			   uint64_t addr, uint32_t flags, void *arg)
{
	(void)self, (void)mm, (void)vma, (void)addr, (void)flags, (void)arg;
	fail_msg("nothing is absent");
	return 0;
}

static void many_wait(struct hs_task *self, struct hs_mm *mm, uint64_t addr, uint32_t level,
		      void *arg)
{
	struct many *many = arg;

	assert_int_equal(level, 0);
	if (many->waits++ < many->stuck)
		hs_pt_set(self, mm, addr, 0, HS_ENTRY_VALID | 0x5000);
}

static const struct hs_fault_ops many_faults = { many_fault, many_wait };

static int many_build(struct hs_task *self, const struct hs_removal_case *c,
		      struct hs_removal_space *space)
{
	struct hs_pgmap_config config;
	int ret;

	(void)c;
	hs_pgmap_config_init(&config, HS_PGMAP_FS_DAX, MINE_PFN, MINE_PFN + TABLE);
	ret = hs_pgmap_create(self, &config, &space->pgmap);
	if (!ret)
		ret = hs_mm_create(self, hs_geometry(HS_GEOMETRY_X86_64), &space->mm);
	if (!ret)
		ret = many_entries(self, space->arg, space->mm);
	space->start = MINE_START;
	space->end = MINE_START + MANY * HS_PAGE_BYTES;
	space->default_flags = HS_PFN_VALID;
	space->fault = &many_faults;
	space->fault_arg = space->arg;
	return ret;
}

static void many_invalidate(struct hs_task *self, struct hs_removal_space *space)
{
	(void)self, (void)space;
}

static void many_unmap(struct hs_task *self, struct hs_removal_space *space)
{
	hs_mm_destroy(self, space->mm);
}

static const struct hs_removal_space_ops many_ops = { .build = many_build,
						      .invalidate = many_invalidate,
						      .unmap = many_unmap };

/* v6.12 begins a pass after each wait, v5.3 waits for no PTE and begins one for each VMA. */
static void a_walk_that_gets_further_is_no_livelock(void **state)
{
	(void)state;
	for (int e = 0; e < HS_ERA_COUNT; e++)
		for (int vmas = 0; vmas < 2; vmas++) {
			struct many many = { .vmas = vmas, .stuck = MANY };
			bool is_new = e == HS_ERA_6_12;
			struct hs_removal_case c;
			struct hs_removal_result r;

			hs_removal_case_init(&c, (enum hs_era)e);
			c.space = &many_ops;
			c.space_arg = &many;
			r = run_at(c, HS_POINT_AFTER, 1);
			assert_int_equal(r.verdict, HS_REMOVAL_OK);
			assert_int_equal(r.ret, is_new ? 0 : MANY);
			assert_int_equal(r.walk.waits, is_new && !vmas ? MANY : 0);
			assert_int_equal(r.walk.passes, is_new == vmas ? 1 : MANY + is_new);
		}
}

/* Of more than 64 points of one kind, the first, the one in the middle and the last. */
static void of_many_points_three_are_tried(void **state)
{
	struct many many = { .stuck = MANY };
	struct hs_hostmem mem = { 0, 0, 0 };
	struct hs_removal_point *points;
	struct hs_removal_result without;
	struct hs_removal_case c;
	uint64_t count, waits[4], n = 0;

	(void)state;
	hs_removal_case_init(&c, HS_ERA_6_12);
	c.space = &many_ops;
	c.space_arg = &many;
	assert_int_equal(hs_removal_points(&mem, &c, 0, &without, &points, &count), 0);
	for (uint64_t i = 0; i < count; i++)
		if (points[i].at == HS_WALK_WAIT_END && n < 4)
			waits[n++] = points[i].number;
	assert_int_equal(n, 3);
	assert_int_equal(waits[0], 1);
	assert_int_equal(waits[1], MANY / 2 + 1);
	assert_int_equal(waits[2], MANY);
	hs_hostmem_free(&mem, points);
	assert_int_equal(mem.live, 0);
}

/* A wait that changes nothing is no progress. */
static void a_walk_that_waits_for_ever_is_ended(void **state)
{
	struct many many = { .stuck = 7 };
	struct hs_removal_case c;
	struct hs_removal_result r;

	(void)state;
	hs_removal_case_init(&c, HS_ERA_6_12);
	c.space = &many_ops;
	c.space_arg = &many;
	r = run_at(c, HS_POINT_AFTER, 1);
	assert_int_equal(r.verdict, HS_REMOVAL_LIVELOCK);
	assert_int_equal(r.ret, -EBUSY);
	assert_int_equal(r.walk.waits, 7 + 10000);
}

/* ---- memory ------------------------------------------------------------------------------ */

static void host_memory_that_fails_leaves_nothing(void **state)
{
	struct hs_removal_case c =
		make_case(HS_ERA_6_12, ARRANGE_BUSY, HS_STRATEGY_PER_CALL, HS_REMOVAL_PLAN_CORRECT);
	struct hs_hostmem mem = { 0, 0, 0 };
	struct hs_removal_worst w;
	int ret, failed = 0;

	(void)state;
	do {
		mem = (struct hs_hostmem){ 0, mem.fail_at + 1, 0 };
		ret = hs_removal_worst(&mem, &c, 0, &w);
		assert_true(!ret || ret == -ENOMEM);
		assert_int_equal(mem.live, 0);
		failed += ret != 0;
	} while (ret);
	assert_true(failed > 10);
}

/* Without memory a run returns -ENOMEM, or a fault of its walk has failed. Nothing is left. */
static void a_machine_without_memory_is_left_empty(void **state)
{
	struct hs_hostmem mem = { 0, 0, 0 };
	struct hs_machine_config config;
	struct hs_removal_case c = make_case(HS_ERA_6_12, ARRANGE_HOLE, HS_STRATEGY_PER_CALL,
					     HS_REMOVAL_PLAN_KILL_FIRST);
	struct hs_removal_result r, usual = run_at(c, HS_WALK_FAULT_END, 5);
	int failed = 0;

	(void)state;
	hs_machine_config_init(&config);
	c.machine = &config;
	c.start = (struct hs_removal_point){ HS_WALK_FAULT_END, 5 };
	for (config.fail_at = 1; config.fail_at < 60; config.fail_at++) {
		int ret = hs_removal_run(&mem, &c, &r);

		assert_true(!ret || ret == -ENOMEM);
		assert_int_equal(mem.live, 0);
		failed += ret != 0;
		if (!ret)
			assert_memory_equal(&r, &usual, sizeof(r));
	}
	assert_true(failed > 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(points_are_those_of_the_call),
		cmocka_unit_test(what_cannot_be_is_refused),
		cmocka_unit_test(points_have_names_of_their_own),
		cmocka_unit_test(cost_is_what_the_walk_did_meanwhile),
		cmocka_unit_test(the_worst_of_all_points_is_found),
		cmocka_unit_test(a_space_of_the_callers_is_played_the_same_way),
		cmocka_unit_test(what_leaks_of_another_pgmap_is_put),
		cmocka_unit_test(a_walk_on_a_dead_pgmap_of_others_is_ended),
		cmocka_unit_test(a_walk_that_gets_further_is_no_livelock),
		cmocka_unit_test(of_many_points_three_are_tried),
		cmocka_unit_test(a_walk_that_waits_for_ever_is_ended),
		cmocka_unit_test(host_memory_that_fails_leaves_nothing),
		cmocka_unit_test(a_machine_without_memory_is_left_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
