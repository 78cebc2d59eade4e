/* SPDX-License-Identifier: MIT */
/*
 * The steps of the reference body, as text, one word a step: a letter for the step, then its page,
 * counted from the begin of the range. A slash before the letter: the step is the end of a fault or
 * wait. A `*` at the end: a reference is cached.
 */
#include <stdio.h>

#include <hmmsim/pgmap.h>
#include <hmmsim/walk.h>

#include "mm/mm.h"
#include "support/machine.h"

#define START 0x3ff000ull /* the last page of a table */
#define PAGES 3u
#define PFN 0x40u
#define PRESENT (HS_ENTRY_VALID | HS_ENTRY_WRITE)
#define DEVMAP (PRESENT | HS_ENTRY_DEVMAP)
#define MIGRATION hs_entry_typed(HS_TYPE_MIGRATION, PFN, HS_ENTRY_WRITE)
#define POISON hs_entry_typed(HS_TYPE_HWPOISON, PFN, 0)

struct look {
	enum hs_era era;
	enum hs_strategy strategy;
	enum hs_body body;
	uint64_t entry[PAGES]; /* level 0 */
	uint64_t split;	       /* pages of the first VMA; 0: it has all */
	bool gap;	       /* only the first page is in a VMA */
};

struct told {
	char text[512];
	uint32_t sleeps;      /* steps outside an RCU section */
	uint32_t inside;      /* steps inside one */
	uint64_t faults_then; /* .counts.faults at the first FAULT_BEGIN */
};

static const char letters[HS_WALK_STEP_COUNT] = "pteffwwPVC";

static void tell(struct hs_task *self, struct hs_range *range, enum hs_walk_step step,
		 uint64_t addr, void *arg)
{
	struct told *told = arg;
	size_t used = strlen(told->text);
	bool end = step == HS_WALK_FAULT_END || step == HS_WALK_WAIT_END;

	if (step == HS_WALK_FAULT_BEGIN && !told->faults_then)
		told->faults_then = range->counts.faults;
	told->inside += hs_rcu_held(self);
	told->sleeps += !hs_rcu_held(self);
	snprintf(told->text + used, sizeof(told->text) - used, "%s%s%c%d%s", used ? " " : "",
		 end ? "/" : "", letters[step], (int)((int64_t)(addr - START) / 0x1000),
		 range->held ? "*" : "");
}

static uint32_t fault(struct hs_task *self, struct hs_mm *mm, const struct hs_vma *vma,
		      uint64_t addr, uint32_t flags, void *arg)
{
	(void)flags;
	(void)arg;
	if (!vma)
		return HS_VM_FAULT_SIGSEGV;
	return hs_pt_set(self, mm, addr, 0, PRESENT | PFN) ? HS_VM_FAULT_OOM : 0;
}

static void migration_wait(struct hs_task *self, struct hs_mm *mm, uint64_t addr, uint32_t level,
			   void *arg)
{
	(void)arg;
	hs_assert(self, !hs_pt_set(self, mm, addr, level, PRESENT | PFN), "no table");
}

static const struct hs_fault_ops fault_ops = { fault, migration_wait };

static void add_vmas(struct hs_task *self, struct hs_mm *mm, const struct look *look)
{
	uint64_t end = START + (look->gap ? 1 : PAGES) * HS_PAGE_BYTES, middle;

	middle = look->split ? START + look->split * HS_PAGE_BYTES : end;
	assert_int_equal(hs_vma_add(self, mm, START, middle, HS_VM_READ | HS_VM_WRITE), 0);
	if (middle != end)
		assert_int_equal(hs_vma_add(self, mm, middle, end, HS_VM_READ | HS_VM_WRITE), 0);
}

static long walk_once(struct hs_task *self, const struct look *look, struct told *told,
		      uint64_t *pfns, struct hs_walk_counts *counts)
{
	struct hs_range range;
	struct hs_pgmap *pgmap;
	int ret;

	hs_range_init(&range, NULL, START, START + PAGES * HS_PAGE_BYTES, pfns);
	range.default_flags = HS_PFN_VALID | HS_PFN_WRITE;
	range.era = look->era;
	range.strategy = look->strategy;
	range.body = look->body;
	range.step = told ? tell : NULL;
	range.step_arg = told;
	assert_int_equal(hs_pgmap_add(self, HS_PGMAP_FS_DAX, PFN, PFN + 8, NULL, &pgmap), 0);
	assert_int_equal(hs_mm_create(self, hs_geometry(HS_GEOMETRY_X86_64), &range.mm), 0);
	hs_mm_set_fault_ops(range.mm, &fault_ops, NULL);
	add_vmas(self, range.mm, look);
	for (uint64_t i = 0; i < PAGES; i++)
		assert_int_equal(
			hs_pt_set(self, range.mm, START + i * HS_PAGE_BYTES, 0, look->entry[i]), 0);
	hs_mm_lock_read(self, range.mm);
	ret = hs_range_fault(self, &range);
	hs_mm_unlock_read(self, range.mm);
	*counts = range.counts;
	hs_mm_destroy(self, range.mm);
	while (range.counts.leaked--)
		hs_pgmap_put(self, pgmap);
	hs_pgmap_remove(self, pgmap);
	return hs_range_kernel_ret(&range, ret);
}

/* Walks with and without a step function: answers and counts must be the same. */
static void check(void **state, const struct look *look, long want, const char *text)
{
	struct hs_task *self = machine_task(state);
	struct told told = { { 0 }, 0, 0, 0 };
	uint64_t pfns[PAGES] = { 0 }, silent[PAGES] = { 0 };
	struct hs_walk_counts counts, without;

	assert_int_equal(walk_once(self, look, &told, pfns, &counts), want);
	assert_string_equal(told.text, text);
	assert_int_equal(told.faults_then, strchr(text, 'f') ? 1 : 0);
	assert_int_equal(told.inside != 0, look->era == HS_ERA_6_12 &&
						   look->body == HS_BODY_REFERENCE &&
						   strchr(text, 'p'));
	assert_int_equal(walk_once(self, look, NULL, silent, &without), want);
	assert_memory_equal(pfns, silent, sizeof(pfns));
	assert_memory_equal(&counts, &without, sizeof(counts));
}

/* ---- tests ------------------------------------------------------------------------------- */

static void pages_tables_pass_vma_and_call_end_in_this_order(void **state)
{
	struct look look = { .entry = { DEVMAP | PFN, DEVMAP | (PFN + 1), DEVMAP | (PFN + 2) } };

	look.strategy = HS_STRATEGY_PER_TABLE;
	check(state, &look, 3, "p0* t1 p1* p2* t3 P3 V0 C3");
	look.strategy = HS_STRATEGY_PER_RANGE;
	check(state, &look, 3, "p0* t1* p1* p2* t3* P3* V0 C3");
	look.strategy = HS_STRATEGY_PER_PASS;
	check(state, &look, 3, "p0* t1* p1* p2* t3* P3 V0 C3");
	look.strategy = HS_STRATEGY_PER_CALL;
	check(state, &look, 3, "p0* t1* p1* p2* t3* P3* V0* C3");
	look.strategy = HS_STRATEGY_PER_PAGE;
	check(state, &look, 3, "p0 t1 p1 p2 t3 P3 V0 C3");
	look.era = HS_ERA_6_12; /* `last` moves only where something is faulted */
	check(state, &look, 0, "p0 t1 p1 p2 t3 P0 V0 C3");
	look.strategy = HS_STRATEGY_PER_RANGE;
	check(state, &look, 0, "p0* t1* p1* p2* t3* P0* V0 C3");
	look.strategy = HS_STRATEGY_PER_CALL;
	check(state, &look, 0, "p0* t1* p1* p2* t3* P0* V0* C3");
}

static void every_vma_ends(void **state)
{
	struct look look = {
		.strategy = HS_STRATEGY_PER_RANGE,
		.entry = { DEVMAP | PFN, DEVMAP | (PFN + 1), DEVMAP | (PFN + 2) },
		.split = 2,
	};

	check(state, &look, 3, "p0* t1* p1* t2* P2* V0 p2* t3* P3* V2 C3");
	look.era = HS_ERA_6_12;
	check(state, &look, 0, "p0* t1* p1* t2* V0 p2* t3* P0* V2 C3");
}

static void a_fault_begins_and_ends_outside_of_the_table(void **state)
{
	struct look look = {
		.strategy = HS_STRATEGY_PER_RANGE,
		.entry = { DEVMAP | PFN, 0, DEVMAP | (PFN + 2) },
	};

	/* all pages to the end of the table are faulted */
	check(state, &look, 3, "p0* t1* f1* /f1* f2* /f2* e1* P1* p1* p2* t3* P3* V0 C3");
	look.era = HS_ERA_6_12;
	check(state, &look, 0, "p0* t1* f1* /f1* f2* /f2* e1* P1* p1* p2* t3* P1* V0 C3");
	look.strategy = HS_STRATEGY_PER_PASS;
	check(state, &look, 0, "p0* t1* f1* /f1* f2* /f2* e1* P1 p1 p2 t3 P1 V0 C3");
}

static void a_wait_begins_and_ends(void **state)
{
	struct look look = {
		.era = HS_ERA_6_12,
		.strategy = HS_STRATEGY_PER_TABLE_LOCAL,
		.entry = { PRESENT | PFN, DEVMAP | PFN, MIGRATION },
	};

	check(state, &look, 0, "p0 t1 p1* w2* /w2* e2 P2 p2 t3 P2 V0 C3");
	look.strategy = HS_STRATEGY_PER_TABLE;
	check(state, &look, 0, "p0 t1 p1* w2* /w2* e2* P2* p2* t3 P2 V0 C3");
}

static void an_error_leaves_the_table(void **state)
{
	struct look look = {
		.strategy = HS_STRATEGY_PER_TABLE,
		.entry = { PRESENT | PFN, DEVMAP | PFN, POISON },
	};

	check(state, &look, -EFAULT, "p0 t1 p1* e2* P2* V0* C3*");
	look.era = HS_ERA_6_12;
	check(state, &look, -EFAULT, "p0 t1 p1* e2* P0* V0* C3*");
	look.strategy = HS_STRATEGY_PER_TABLE_LOCAL;
	check(state, &look, -EFAULT, "p0 t1 p1* e2 P0 V0 C3");
}

static void a_gap_has_no_vma_that_ends(void **state)
{
	struct look look = { .entry = { PRESENT | PFN }, .gap = true };

	check(state, &look, -EFAULT, "p0 t1 P1 V0 C3"); /* no VMA behind it */
	look.era = HS_ERA_6_12;
	check(state, &look, -EFAULT, "p0 t1 P0 V0 C3");
}

static void the_plain_body_takes_no_steps(void **state)
{
	struct look look = {
		.body = HS_BODY_PLAIN,
		.strategy = HS_STRATEGY_PER_CALL,
		.entry = { DEVMAP | PFN, 0, DEVMAP | (PFN + 2) },
	};

	check(state, &look, 3, "");
	look.era = HS_ERA_6_12;
	check(state, &look, 0, "");
}

/* ---- leaves ------------------------------------------------------------------------------ */

static void walk_leaf(void **state, enum hs_era era, uint32_t vma_flags)
{
	static uint64_t pfns[512];
	struct hs_task *self = machine_task(state);
	struct told told = { { 0 }, 0, 0, 0 };
	struct hs_range range;

	hs_range_init(&range, NULL, 0x200000, 0x400000, pfns);
	range.era = era;
	range.body = HS_BODY_REFERENCE;
	range.step = tell;
	range.step_arg = &told;
	assert_int_equal(hs_mm_create(self, hs_geometry(HS_GEOMETRY_X86_64), &range.mm), 0);
	assert_int_equal(hs_vma_add(self, range.mm, range.start, range.end, vma_flags), 0);
	assert_int_equal(hs_pt_set(self, range.mm, range.start, 1,
				   PRESENT | 0x400 | (uint64_t)9 << HS_ENTRY_ORDER_SHIFT),
			 0);
	hs_mm_lock_read(self, range.mm);
	hs_range_fault(self, &range);
	hs_mm_unlock_read(self, range.mm);
	hs_mm_destroy(self, range.mm);
	assert_int_equal(told.inside, 0);
	assert_int_equal(told.sleeps, 512 + 4);
	assert_memory_equal(told.text, "p-511 p-510 p-509 ", 18);
}

static void a_leaf_is_pages_and_a_table_end(void **state)
{
	for (int era = 0; era < HS_ERA_COUNT; era++) {
		walk_leaf(state, (enum hs_era)era, HS_VM_READ);
		walk_leaf(state, (enum hs_era)era, HS_VM_READ | HS_VM_HUGETLB);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		machine_unit_test(pages_tables_pass_vma_and_call_end_in_this_order),
		machine_unit_test(every_vma_ends),
		machine_unit_test(a_fault_begins_and_ends_outside_of_the_table),
		machine_unit_test(a_wait_begins_and_ends),
		machine_unit_test(an_error_leaves_the_table),
		machine_unit_test(a_gap_has_no_vma_that_ends),
		machine_unit_test(the_plain_body_takes_no_steps),
		machine_unit_test(a_leaf_is_pages_and_a_table_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
