/* SPDX-License-Identifier: MIT */
/*
 * What is told of changes of entries: each of them, tables too, with what they were. Random
 * operations and concurrent ones are in test_mm_random and test_entry_model.
 */
#include <hmmsim/walk.h>

#include "support/death.h"
#include "support/entry_mirror.h"
#include "support/machine.h"

#define BASE 0x7f0000000000ull
#define HUGE (512 * PAGE)
#define PRESENT HS_ENTRY_VALID
#define ORDER(n) ((uint64_t)(n) << HS_ENTRY_ORDER_SHIFT)
#define ROOM 2048

struct told {
	struct hs_task *self;
	struct hs_mm *mm;
	struct entry_mirror mirror;
	struct mirrored at[ROOM];
};

static struct told *told_begin(void **state)
{
	static struct told t;

	t.self = machine_task(state);
	assert_int_equal(hs_mm_create(t.self, hs_geometry(HS_GEOMETRY_X86_64), &t.mm), 0);
	entry_mirror_begin(&t.mirror, t.mm, t.at, ROOM);
	return &t;
}

static void told_expect(struct told *t, uint64_t calls)
{
	const char *wrong = entry_mirror_differs(&t->mirror);

	if (wrong)
		fail_msg("%s", wrong);
	assert_int_equal(t->mirror.calls, calls);
	t->mirror.calls = 0;
}

static void told_set(struct told *t, uint64_t addr, uint32_t level, uint64_t entry)
{
	assert_int_equal(hs_pt_set(t->self, t->mm, addr, level, entry), 0);
}

static void each_table_and_entry_is_told(void **state)
{
	struct told *t = told_begin(state);

	told_set(t, BASE, 0, PRESENT | 5);
	told_expect(t, 4);
	told_set(t, BASE, 0, PRESENT | 6);
	told_expect(t, 1);
	told_set(t, BASE + PAGE, 0, PRESENT | 7);
	told_expect(t, 1);
	hs_mm_destroy(t->self, t->mm);
}

static void a_leaf_that_is_split_is_told_part_by_part(void **state)
{
	struct told *t = told_begin(state);

	told_set(t, BASE, 1, PRESENT | ORDER(9) | 0x200);
	told_expect(t, 3);
	assert_int_equal(hs_pt_make(t->self, t->mm, BASE + 3 * PAGE, 0), 0);
	told_expect(t, 1 + 512);
	hs_mm_destroy(t->self, t->mm);
}

static void with_a_table_goes_what_is_below(void **state)
{
	struct told *t = told_begin(state);

	told_set(t, BASE, 0, PRESENT | 5);
	told_set(t, BASE + HUGE, 0, PRESENT | 6);
	told_expect(t, 4 + 2);
	told_set(t, BASE, 1, PRESENT | ORDER(9) | 0x200);
	told_expect(t, 1);
	told_set(t, BASE, 2, 0);
	told_expect(t, 1);
	hs_mm_destroy(t->self, t->mm);
}

static void munmap_tells_of_entries_and_tables(void **state)
{
	struct told *t = told_begin(state);

	assert_int_equal(hs_mmap(t->self, t->mm, BASE, BASE + 4 * PAGE, HS_VM_READ, NULL, 0), 0);
	told_set(t, BASE + PAGE, 0, PRESENT | 5);
	told_expect(t, 4);
	assert_int_equal(hs_munmap(t->self, t->mm, BASE, BASE + 4 * PAGE), 0);
	told_expect(t, 1 + 1);
	hs_mm_destroy(t->self, t->mm);
}

/* A walk takes a leaf of level 2 away. */
static void a_walk_that_splits_a_leaf_tells_it(void **state)
{
	struct told *t = told_begin(state);
	uint64_t pfn = 0;
	struct hs_range range;

	assert_int_equal(hs_mmap(t->self, t->mm, BASE, BASE + PAGE, HS_VM_READ, NULL, 0), 0);
	for (int era = 0; era < HS_ERA_COUNT; era++) {
		told_set(t, BASE, 2, PRESENT | ORDER(18));
		t->mirror.calls = 0;
		hs_range_init(&range, t->mm, BASE, BASE + PAGE, &pfn);
		range.era = (enum hs_era)era;
		hs_mm_lock_read(t->self, t->mm);
		assert_int_equal(hs_range_snapshot(t->self, &range), 0);
		hs_mm_unlock_read(t->self, t->mm);
		told_expect(t, 1);
		assert_int_equal(hs_pt_get(t->self, t->mm, BASE, 2), 0);
	}
	hs_mm_destroy(t->self, t->mm);
}

static void nothing_is_told_any_more(void **state)
{
	struct told *t = told_begin(state);

	hs_mm_set_entry_ops(t->mm, NULL, NULL);
	told_set(t, BASE, 0, PRESENT | 5);
	assert_int_equal(t->mirror.calls, 0);
	hs_mm_destroy(t->self, t->mm);
}

static void set_empty_ops(void *arg)
{
	static const struct hs_entry_ops none = { 0 };

	hs_mm_set_entry_ops(arg, &none, NULL);
}

static void a_listener_without_a_function_is_refused(void **state)
{
	struct told *t = told_begin(state);

	death_expect(set_empty_ops, t->mm,
		     "hs_mm_set_entry_ops: the function for changes is missing");
	hs_mm_destroy(t->self, t->mm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		machine_unit_test(each_table_and_entry_is_told),
		machine_unit_test(a_leaf_that_is_split_is_told_part_by_part),
		machine_unit_test(with_a_table_goes_what_is_below),
		machine_unit_test(munmap_tells_of_entries_and_tables),
		machine_unit_test(a_walk_that_splits_a_leaf_tells_it),
		machine_unit_test(nothing_is_told_any_more),
		machine_unit_test(a_listener_without_a_function_is_refused),
	};

	return cmocka_run_group_tests_name("entry", tests, NULL, NULL);
}
