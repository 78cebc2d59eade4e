/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mm/mm.h"
#include "support/linux_driver.h"
#include "support/world.h"

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
	struct hs_task *self = world_task(state);
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
	struct hs_task *self = world_task(state);

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

/* A leaf over a table frees it, a page under a leaf splits it. */
static void entries_of_other_sizes_replace_each_other(void **state)
{
	struct hs_task *self = world_task(state);
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
	struct hs_task *self = world_task(state);
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
	struct hs_task *self = world_task(state);
	struct hs_mm *mm = mm_new(self, HS_GEOMETRY_X86_64);

	assert_int_equal(hs_mm_create(self, NULL, &mm), -EINVAL);
	assert_int_equal(hs_mm_fault(self, mm, NULL, BASE, 0), HS_VM_FAULT_SIGBUS);
	hs_mm_migration_wait(self, mm, BASE, 0);
	hs_mm_lock_write(self, mm);
	hs_mm_unlock_write(self, mm);
	hs_mm_destroy(self, mm);
}

static void every_allocation_can_fail(void **state)
{
	uint64_t fail;
	int ret = -1;

	(void)state;
	for (fail = 3; ret; fail++) {
		struct hs_mm *mm = NULL;
		struct world w;

		world_open_failing(&w, fail);
		ret = hs_mm_create(w.self, hs_geometry(HS_GEOMETRY_X86_64), &mm);
		for (uint64_t i = 0; !ret && i < 20; i++)
			ret = hs_vma_add(w.self, mm, BASE + i * 0x2000, BASE + i * 0x2000 + 0x1000,
					 HS_VM_READ);
		if (!ret)
			ret = hs_pt_set(w.self, mm, BASE, 0, PRESENT | 1);
		if (mm)
			hs_mm_destroy(w.self, mm);
		assert_true(!ret || ret == -ENOMEM);
		world_close(&w);
	}
	assert_true(fail > 10);
}

/* A driver in the kernel's spellings sees what the tables say. */
static void a_driver_in_kernel_spellings_mirrors_pages(void **state)
{
	struct hs_task *self = world_task(state);
	struct hs_mm *mm = mm_new(self, HS_GEOMETRY_X86_64);
	struct driver d = { .mm = mm };
	struct hs_pgmap *pgmap = NULL;

	assert_int_equal(hs_vma_add(self, mm, BASE, BASE + 0x4000, HS_VM_READ | HS_VM_WRITE), 0);
	assert_int_equal(hs_pgmap_add(self, HS_PGMAP_FS_DAX, 0x200000, 0x200200, NULL, &pgmap), 0);
	assert_int_equal(hs_pt_set(self, mm, BASE, 0, PRESENT | HS_ENTRY_DEVMAP | 0x200010), 0);
	assert_int_equal(hs_pt_set(self, mm, BASE + 0x1000, 0, HS_ENTRY_VALID | 0x1234), 0);
	assert_int_equal(driver_mirror(&d, BASE, BASE + 0x2000, false), 0);
	assert_int_equal(d.table[0], 0x200010 + 1);
	assert_int_equal(d.table[1], 0x1234 + 1);
	assert_true(d.writable[0]);
	assert_false(d.writable[1]);
	assert_true(driver_page_is_backed(&d, 0));
	assert_false(driver_page_is_backed(&d, 1));
	/* Nobody answers faults here: writing to the second page, or any page of the hole, fails. */
	assert_int_equal(driver_mirror(&d, BASE, BASE + 0x2000, true), -EFAULT);
	assert_int_equal(driver_mirror(&d, BASE + 0x2000, BASE + 0x3000, false), -EFAULT);
	assert_int_equal(driver_mirror(&d, BASE - 0x1000, BASE, false), -EFAULT);
	assert_int_equal(d.table[0], 0x200010 + 1);
	hs_pgmap_remove(self, pgmap);
	hs_mm_destroy(self, mm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(geometries_end_where_user_addresses_do),
		world_unit_test(vmas_stay_sorted_and_apart),
		world_unit_test(entries_are_found_where_they_were_put),
		world_unit_test(entries_of_other_sizes_replace_each_other),
		world_unit_test(a_leaf_of_1g_splits_into_leaves_of_2m),
		world_unit_test(an_mm_without_fault_ops_cannot_fault),
		cmocka_unit_test(every_allocation_can_fail),
		world_unit_test(a_driver_in_kernel_spellings_mirrors_pages),
	};

	return cmocka_run_group_tests_name("mm", tests, NULL, NULL);
}
