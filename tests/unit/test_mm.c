/* SPDX-License-Identifier: MIT */
#include "mm/mm.h"
#include "mm/table.h"
#include "support/death.h"
#include "support/machine.h"

#include <hmmsim/page.h>
#include <hmmsim/pgmap.h>

#define BASE 0x7f0000000000u
#define PRESENT (HS_ENTRY_VALID | HS_ENTRY_WRITE)

static struct hs_mm *mm_new(struct hs_task *self, enum hs_geometry_id id)
{
	struct hs_mm *mm = NULL;

	assert_int_equal(hs_mm_create(self, hs_geometry(id), &mm), 0);
	return mm;
}

static void geometries_end_where_user_addresses_do(void **state)
{
	(void)state;
	assert_int_equal(hs_geometry_end(hs_geometry(HS_GEOMETRY_X86_64)), 1ull << 47);
	assert_int_equal(hs_geometry_end(hs_geometry(HS_GEOMETRY_X86_64_5L)), 1ull << 56);
	assert_int_equal(hs_geometry_end(hs_geometry(HS_GEOMETRY_MOCK)), 64 * 4096);
	assert_null(hs_geometry(HS_GEOMETRY_COUNT));
}

static void vmas_stay_sorted_and_apart(void **state)
{
	struct hs_task *self = machine_task(state);
	struct hs_mm *mm = mm_new(self, HS_GEOMETRY_X86_64);

	assert_null(hs_vma_find(mm, 0));
	for (uint64_t i = 40; i-- > 0;)
		assert_int_equal(hs_vma_add(self, mm, BASE + i * 0x4000, BASE + i * 0x4000 + 0x2000,
					    HS_VM_READ),
				 0);
	for (uint64_t i = 0; i < 40; i++) {
		assert_int_equal(hs_vma_find(mm, BASE + i * 0x4000)->start, BASE + i * 0x4000);
		assert_int_equal(hs_vma_find(mm, BASE + i * 0x4000 + 0x1fff)->start,
				 BASE + i * 0x4000);
		if (i < 39)
			assert_int_equal(hs_vma_find(mm, BASE + i * 0x4000 + 0x2000)->start,
					 BASE + (i + 1) * 0x4000);
	}
	assert_null(hs_vma_find(mm, BASE + 40 * 0x4000));
	assert_int_equal(hs_vma_add(self, mm, BASE + 0x1000, BASE + 0x3000, 0), -EEXIST);
	assert_int_equal(hs_vma_add(self, mm, BASE - 0x1000, BASE + 0x1000, 0), -EEXIST);
	assert_int_equal(hs_vma_add(self, mm, BASE + 1, BASE + 0x1000, 0), -EINVAL);
	assert_int_equal(hs_vma_add(self, mm, BASE, BASE, 0), -EINVAL);
	assert_int_equal(hs_vma_add(self, mm, 1ull << 47, (1ull << 47) + 4096, 0), -EINVAL);
	assert_int_equal(hs_vma_add(self, mm, BASE + 0x2000, BASE + 0x4000, 0), 0);
	hs_mm_destroy(self, mm);
}

static void entries_are_found_where_they_were_put(void **state)
{
	struct hs_task *self = machine_task(state);

	for (int id = 0; id < HS_GEOMETRY_COUNT; id++) {
		struct hs_mm *mm = mm_new(self, (enum hs_geometry_id)id);
		const struct hs_geometry *g = hs_mm_geometry(mm);
		uint64_t last = hs_geometry_end(g) - HS_PAGE_BYTES;
		uint32_t missing = 99;

		assert_null(hs_pt_find(mm, last, 0, &missing));
		assert_int_equal(missing, g->levels - 1);
		assert_int_equal(hs_pt_set(self, mm, last, 0, PRESENT | 5), 0);
		assert_int_equal(hs_pt_get(self, mm, last, 0), PRESENT | 5);
		assert_int_equal(hs_pt_get(self, mm, 0, 0), 0);
		assert_true(hs_pt_get(self, mm, last, 1) & HS_ENTRY_TABLE);
		assert_int_equal(hs_pt_set(self, mm, last, g->levels, 1), -EINVAL);
		assert_int_equal(hs_pt_set(self, mm, hs_geometry_end(g), 0, 1), -EINVAL);
		assert_int_equal(hs_pt_set(self, mm, last, 1, 1), -EINVAL);
		assert_int_equal(hs_pt_set(self, mm, 0, 0, HS_ENTRY_TABLE), -EINVAL);
		assert_int_equal(hs_pt_make(self, mm, hs_geometry_end(g), 0), -EINVAL);
		hs_mm_destroy(self, mm);
	}
}

/* A leaf put over a table frees the table; a page put below a leaf splits the leaf. */
static void entries_of_other_sizes_replace_each_other(void **state)
{
	struct hs_task *self = machine_task(state);
	struct hs_mm *mm = mm_new(self, HS_GEOMETRY_X86_64);
	uint64_t leaf = PRESENT | (uint64_t)9 << HS_ENTRY_ORDER_SHIFT | 0x4000;
	struct hs_machine_info before, after;

	assert_int_equal(hs_pt_make(self, mm, BASE, 1), 0);
	hs_machine_info(hs_task_machine(self), &before);
	assert_int_equal(hs_pt_set(self, mm, BASE, 0, PRESENT | 1), 0);
	assert_int_equal(hs_pt_set(self, mm, BASE, 1, leaf), 0);
	hs_machine_info(hs_task_machine(self), &after);
	assert_int_equal(before.objects, after.objects);
	assert_int_equal(hs_pt_get(self, mm, BASE, 1), leaf);
	assert_null(hs_pt_find(mm, BASE, 0, NULL));
	assert_int_equal(hs_pt_set(self, mm, BASE + 0x3000, 0, 0), 0);
	assert_int_equal(hs_pt_get(self, mm, BASE + 0x2000, 0), PRESENT | 0x4002);
	assert_int_equal(hs_pt_get(self, mm, BASE + 0x3000, 0), 0);
	assert_int_equal(hs_pt_get(self, mm, BASE + 511 * 0x1000, 0), PRESENT | (0x4000 + 511));
	hs_mm_destroy(self, mm);
}

static void a_leaf_of_1g_splits_into_leaves_of_2m(void **state)
{
	struct hs_task *self = machine_task(state);
	struct hs_mm *mm = mm_new(self, HS_GEOMETRY_X86_64);
	uint64_t leaf = PRESENT | (uint64_t)18 << HS_ENTRY_ORDER_SHIFT | 0x40000;
	uint64_t part = PRESENT | (uint64_t)9 << HS_ENTRY_ORDER_SHIFT;

	assert_int_equal(hs_pt_set(self, mm, 0x40000000, 2, leaf), 0);
	assert_int_equal(hs_pt_make(self, mm, 0x40000000, 0), 0);
	assert_int_equal(hs_pt_get(self, mm, 0x40200000, 1), part | 0x40200);
	assert_int_equal(hs_pt_get(self, mm, 0x40001000, 0), PRESENT | 0x40001);
	hs_mm_destroy(self, mm);
}

static void an_mm_without_fault_ops_cannot_fault(void **state)
{
	struct hs_task *self = machine_task(state);
	struct hs_mm *mm = mm_new(self, HS_GEOMETRY_X86_64);

	assert_int_equal(hs_mm_create(self, NULL, &mm), -EINVAL);
	hs_mm_set_fault_ops(mm, NULL, NULL);
	assert_int_equal(hs_mm_fault(self, mm, NULL, BASE, 0), HS_VM_FAULT_SIGBUS);
	hs_mm_migration_wait(self, mm, BASE, 0);
	hs_mm_lock_write(self, mm);
	hs_mm_unlock_write(self, mm);
	hs_mm_destroy(self, mm);
}

static int fill_and_destroy(struct hs_task *self)
{
	struct hs_mm *mm = NULL;
	int ret = hs_mm_create(self, hs_geometry(HS_GEOMETRY_X86_64), &mm);

	for (uint64_t i = 0; !ret && i < 20; i++)
		ret = hs_vma_add(self, mm, BASE + i * 0x2000, BASE + i * 0x2000 + 0x1000,
				 HS_VM_READ);
	if (!ret)
		ret = hs_pt_set(self, mm, BASE, 0, PRESENT | 1);
	if (mm)
		hs_mm_destroy(self, mm);
	return ret;
}

static void every_allocation_can_fail(void **state)
{
	(void)state;
	/* mm, root, notifiers, anon and its index, 20 VMAs, 3 arrays of them, 3 tables */
	assert_int_equal(machine_run_out(fill_and_destroy), 31);
}

/* ---- users ------------------------------------------------------------------------------- */

static uint64_t objects(struct hs_task *self)
{
	struct hs_machine_info info;

	hs_machine_info(hs_task_machine(self), &info);
	return info.objects;
}

struct listener {
	struct hs_notifier notifier;
	struct hs_mm *mm;
	struct hs_invalidation seen;
	uint32_t starts, releases, vmas_at_release;
};

static int heard_start(struct hs_task *self, struct hs_notifier *n,
		       const struct hs_invalidation *inv)
{
	struct listener *l = (struct listener *)n;

	(void)self;
	l->starts++;
	l->seen = *inv;
	return 0;
}

static void heard_release(struct hs_task *self, struct hs_notifier *n)
{
	struct listener *l = (struct listener *)n;

	(void)self;
	l->releases++;
	l->vmas_at_release = hs_vma_count(l->mm);
}

static const struct hs_notifier_ops listener_ops = { heard_start, NULL, heard_release };

static struct hs_invalidation noted[4];
static uint32_t notes;

static bool note_event(struct hs_task *self, struct hs_interval_sub *sub,
		       const struct hs_invalidation *inv, uint64_t cur_seq)
{
	hs_interval_set_seq(self, sub, cur_seq);
	if (notes < 4)
		noted[notes] = *inv;
	notes++;
	return true;
}

static const struct hs_interval_ops note_ops = { note_event };

/*
 * The last user frees everything but the struct and its notifiers; the last holder frees these.
 * What keys of the reverse map name stays until the machine ends.
 */
static void the_last_user_ends_the_space_and_the_last_holder_the_struct(void **state)
{
	struct hs_task *self = machine_task(state);
	uint64_t before = objects(self) + 2;
	struct hs_mm *mm = mm_new(self, HS_GEOMETRY_X86_64);
	struct listener l = { .mm = mm };
	struct hs_interval_sub sub;

	notes = 0;
	assert_int_equal(hs_notifier_register(self, &l.notifier, mm->notifiers, &listener_ops), 0);
	assert_int_equal(hs_interval_insert(self, &sub, mm->notifiers, 0, UINT64_MAX, &note_ops),
			 0);
	assert_int_equal(hs_mmap(self, mm, BASE, BASE + 0x2000, HS_VM_READ, NULL, 0), 0);
	assert_int_equal(hs_mmap(self, mm, BASE + 0x4000, BASE + 0x5000, HS_VM_READ, NULL, 0), 0);
	assert_int_equal(hs_pt_set(self, mm, BASE, 0, PRESENT | 1), 0);
	hs_mmgrab(self, mm);
	assert_true(hs_mmget_not_zero(self, mm));
	hs_mmput(self, mm);
	assert_int_equal(l.releases, 0);
	assert_int_equal(hs_pt_get(self, mm, BASE, 0), PRESENT | 1);
	hs_mmput(self, mm);
	assert_int_equal(l.releases, 1);
	assert_int_equal(l.vmas_at_release, 2);
	assert_int_equal(hs_vma_count(mm), 0);
	/* After the release only interval subscriptions are told of the unmapping. */
	assert_int_equal(l.starts, 0);
	assert_int_equal(notes, 2);
	assert_int_equal(noted[0].event, HS_INVALIDATE_RELEASE);
	assert_int_equal(noted[1].event, HS_INVALIDATE_UNMAP);
	assert_int_equal(noted[1].start, BASE);
	assert_int_equal(noted[1].end, BASE + 0x5000);
	assert_false(hs_mmget_not_zero(self, mm));
	assert_int_equal(objects(self), before + 2);
	hs_interval_remove(self, &sub);
	hs_notifier_unregister(self, &l.notifier);
	hs_mmdrop(self, mm);
	assert_int_equal(objects(self), before);
}

/* ---- tables for faults ------------------------------------------------------------------- */

static void populate_makes_tables_down_to_the_entry(void **state)
{
	struct hs_task *self = machine_task(state);
	const uint64_t leaf = PRESENT | (uint64_t)9 << HS_ENTRY_ORDER_SHIFT | 0x4000;

	for (int id = 0; id < HS_GEOMETRY_COUNT; id++) {
		struct hs_mm *mm = mm_new(self, (enum hs_geometry_id)id);
		const struct hs_geometry *g = hs_mm_geometry(mm);
		uint64_t addr = hs_geometry_end(g) - HS_PAGE_BYTES, before = objects(self);
		uint32_t level = 99;
		hs_u64 *e;

		hs_pt_descend(self, mm, addr, &level);
		assert_int_equal(level, g->levels - 1);
		level = 1;
		e = hs_pt_populate(self, mm, addr, &level);
		assert_int_equal(level, 1);
		assert_ptr_equal(e, hs_pt_find(mm, addr, 1, NULL));
		assert_int_equal(objects(self), before + g->levels - 2);
		assert_ptr_equal(hs_pt_descend(self, mm, addr, &level), e);
		assert_int_equal(level, 1);
		/* A leaf of any kind that is in the way is returned. */
		hs_u64_init(e, leaf);
		level = 0;
		assert_ptr_equal(hs_pt_populate(self, mm, addr, &level), e);
		assert_int_equal(level, 1);
		assert_int_equal(e->raw, leaf);
		hs_u64_init(e, 0);
		level = 0;
		e = hs_pt_populate(self, mm, addr, &level);
		assert_int_equal(level, 0);
		assert_ptr_equal(e, hs_pt_find(mm, addr, 0, NULL));
		assert_ptr_equal(hs_pt_populate(self, mm, addr, &level), e);
		assert_ptr_equal(hs_pt_descend(self, mm, addr, &level), e);
		assert_int_equal(level, 0);
		assert_int_equal(objects(self), before + g->levels - 1);
		hs_mm_destroy(self, mm);
	}
}

/* Tables of 2, 4 and 16 pages: those that lie in the range as a whole are freed. */
static void every_range_frees_the_tables_that_are_whole_in_it(void **state)
{
	struct hs_task *self = machine_task(state);

	for (uint64_t start = 0; start < 32; start++) {
		for (uint64_t end = start + 1; end <= 32; end++) {
			struct hs_mm *mm = mm_new(self, HS_GEOMETRY_MOCK);

			for (uint64_t i = 0; i < 32; i++)
				assert_int_equal(hs_pt_set(self, mm, i << 12, 0, PRESENT | i), 0);
			hs_pt_free_range(self, mm, start << 12, end << 12);
			for (uint64_t i = 0; i < 32; i++) {
				bool whole = i / 2 * 2 >= start && i / 2 * 2 + 2 <= end;

				assert_int_equal(hs_pt_get(self, mm, i << 12, 0),
						 whole ? 0 : PRESENT | i);
			}
			for (uint64_t i = 0; i < 32; i += 16)
				assert_int_equal(!hs_pt_get(self, mm, i << 12, 3),
						 i >= start && i + 16 <= end);
			for (uint64_t i = 0; i < 32; i += 4)
				assert_int_equal(!hs_pt_get(self, mm, i << 12, 2),
						 i >= start && i + 4 <= end);
			hs_mm_destroy(self, mm);
		}
	}
}

static void populate_can_run_out_of_memory_at_each_table(void **state)
{
	uint64_t fail, failed = 0;
	bool done = false;

	(void)state;
	for (fail = 8; !done; fail++) {
		uint32_t level = 0;
		struct hs_mm *mm;
		struct machine m;

		machine_open_failing(&m, fail);
		mm = mm_new(m.self, HS_GEOMETRY_X86_64);
		done = hs_pt_populate(m.self, mm, BASE, &level);
		failed += !done;
		if (!done)
			assert_non_null(hs_pt_populate(m.self, mm, BASE, &level));
		hs_mm_destroy(m.self, mm);
		machine_close(&m);
	}
	assert_int_equal(failed, 3);
}

/* ---- wrong use --------------------------------------------------------------------------- */

static void destroy_used(struct hs_task *self, struct hs_mm *mm)
{
	hs_mmget_not_zero(self, mm);
	hs_mm_destroy(self, mm);
}

static void destroy_held(struct hs_task *self, struct hs_mm *mm)
{
	hs_mmgrab(self, mm);
	hs_mm_destroy(self, mm);
}

static void put_twice(struct hs_task *self, struct hs_mm *mm)
{
	hs_mmgrab(self, mm);
	hs_mmput(self, mm);
	hs_mmput(self, mm);
}

static const struct {
	void (*fn)(struct hs_task *self, struct hs_mm *mm);
	const char *text;
} wrong[] = {
	{ destroy_used, "expected users 1 and count 1, found 2 and 1" },
	{ destroy_held, "expected users 1 and count 1, found 1 and 2" },
	{ put_twice, "hs_mmput: users is already 0" },
};

static void go_wrong(void *arg)
{
	struct machine m;

	machine_open_failing(&m, 0);
	wrong[*(const size_t *)arg].fn(m.self, mm_new(m.self, HS_GEOMETRY_MOCK));
}

static void wrong_use_of_counts_is_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++)
		death_expect(go_wrong, &i, wrong[i].text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(geometries_end_where_user_addresses_do),
		machine_unit_test(vmas_stay_sorted_and_apart),
		machine_unit_test(entries_are_found_where_they_were_put),
		machine_unit_test(entries_of_other_sizes_replace_each_other),
		machine_unit_test(a_leaf_of_1g_splits_into_leaves_of_2m),
		machine_unit_test(an_mm_without_fault_ops_cannot_fault),
		cmocka_unit_test(every_allocation_can_fail),
		machine_unit_test(the_last_user_ends_the_space_and_the_last_holder_the_struct),
		machine_unit_test(populate_makes_tables_down_to_the_entry),
		machine_unit_test(every_range_frees_the_tables_that_are_whole_in_it),
		cmocka_unit_test(populate_can_run_out_of_memory_at_each_table),
		cmocka_unit_test(wrong_use_of_counts_is_found),
	};

	return cmocka_run_group_tests_name("mm", tests, NULL, NULL);
}
