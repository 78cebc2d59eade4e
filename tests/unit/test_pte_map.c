/* SPDX-License-Identifier: MIT */
/*
 * How PTE tables are held while they are scanned. The functions of a custom strategy and the fault
 * ops count whether they are called inside an RCU section.
 */
#include <hmmsim/walk.h>

#include "mm/mm.h"
#include "support/machine.h"

#define PFN 0x40u
#define PRESENT (HS_ENTRY_VALID | HS_ENTRY_WRITE)
#define PAGES 4u

/* How often each point was reached, outside and inside an RCU section. */
struct seen {
	uint32_t page[2], fault[2], wait[2];
};

static uint32_t seen_fault(struct hs_task *self, struct hs_mm *mm, const struct hs_vma *vma,
			   uint64_t addr, uint32_t flags, void *arg)
{
	struct seen *seen = arg;

	(void)vma;
	(void)flags;
	seen->fault[hs_rcu_held(self)]++;
	return hs_pt_set(self, mm, addr, 0, PRESENT | PFN) ? HS_VM_FAULT_OOM : 0;
}

static void seen_wait(struct hs_task *self, struct hs_mm *mm, uint64_t addr, uint32_t level,
		      void *arg)
{
	struct seen *seen = arg;

	seen->wait[hs_rcu_held(self)]++;
	hs_assert(self, !hs_pt_set(self, mm, addr, level, PRESENT | PFN), "no table");
}

static int seen_page(struct hs_task *self, struct hs_range *range, struct hs_pgmap **slot,
		     uint64_t pfn, void *arg)
{
	struct seen *seen = arg;

	(void)range;
	(void)slot;
	(void)pfn;
	seen->page[hs_rcu_held(self)]++;
	return 0;
}

static const struct hs_fault_ops fault_ops = { seen_fault, seen_wait };
static const struct hs_strategy_ops strategy_ops = { .page = seen_page };

struct look {
	enum hs_era era;
	enum hs_body body;
	enum hs_pte_map map;
	uint64_t entry[PAGES];
};

static long walk(struct hs_task *self, const struct look *look, struct seen *seen)
{
	uint64_t pfns[PAGES] = { 0 };
	struct hs_range range;
	int ret;

	hs_range_init(&range, NULL, 0, PAGES * HS_PAGE_BYTES, pfns);
	range.default_flags = HS_PFN_VALID;
	range.era = look->era;
	range.strategy = HS_STRATEGY_CUSTOM;
	range.body = look->body;
	range.pte_map = look->map;
	range.ops = &strategy_ops;
	range.ops_arg = seen;
	assert_int_equal(hs_mm_create(self, hs_geometry(HS_GEOMETRY_X86_64), &range.mm), 0);
	hs_mm_set_fault_ops(range.mm, &fault_ops, seen);
	assert_int_equal(hs_vma_add(self, range.mm, 0, 0x200000, HS_VM_READ | HS_VM_WRITE), 0);
	for (uint64_t i = 0; i < PAGES; i++)
		assert_int_equal(hs_pt_set(self, range.mm, i * HS_PAGE_BYTES, 0, look->entry[i]),
				 0);
	*seen = (struct seen){ 0 };
	hs_mm_lock_read(self, range.mm);
	ret = hs_range_fault(self, &range);
	hs_mm_unlock_read(self, range.mm);
	assert_false(hs_rcu_held(self));
	hs_mm_destroy(self, range.mm);
	return hs_range_kernel_ret(&range, ret);
}

static bool under_rcu(const struct look *look)
{
	return look->map == HS_PTE_MAP_RCU ||
	       (look->map == HS_PTE_MAP_ERA && look->era == HS_ERA_6_12);
}

static void each(struct hs_task *self, struct look look,
		 void (*judge)(const struct look *look, const struct seen *seen, long ret))
{
	struct seen seen;

	for (int era = 0; era < HS_ERA_COUNT; era++)
		for (int body = 0; body < HS_BODY_COUNT; body++)
			for (int map = 0; map < HS_PTE_MAP_COUNT; map++) {
				long ret;

				look.era = (enum hs_era)era;
				look.body = (enum hs_body)body;
				look.map = (enum hs_pte_map)map;
				ret = walk(self, &look, &seen);
				judge(&look, &seen, ret);
			}
}

static void scanned_so(const struct look *look, const struct seen *seen, long ret)
{
	assert_true(ret >= 0);
	assert_int_equal(seen->page[under_rcu(look)], PAGES);
	assert_int_equal(seen->page[!under_rcu(look)], 0);
}

static void a_table_is_scanned_as_its_map_says(void **state)
{
	struct look look;

	for (uint64_t i = 0; i < PAGES; i++)
		look.entry[i] = PRESENT | HS_ENTRY_DEVMAP | (PFN + i);
	each(machine_task(state), look, scanned_so);
}

static void faulted_outside(const struct look *look, const struct seen *seen, long ret)
{
	assert_true(ret >= 0);
	assert_int_equal(seen->fault[0], PAGES - 1);
	assert_int_equal(seen->fault[1], 0);
	assert_int_equal(seen->page[under_rcu(look)], 1);
	assert_int_equal(seen->page[!under_rcu(look)], 0);
}

static void a_table_is_not_held_over_a_fault(void **state)
{
	struct look look = { .entry = { PRESENT | HS_ENTRY_DEVMAP | PFN } };

	each(machine_task(state), look, faulted_outside);
}

/* v5.3 does not wait for the migration of a PTE. */
static void waited_outside(const struct look *look, const struct seen *seen, long ret)
{
	assert_true(ret >= 0);
	assert_int_equal(seen->wait[0], look->era == HS_ERA_6_12);
	assert_int_equal(seen->wait[1], 0);
}

static void a_table_is_not_held_over_a_wait(void **state)
{
	struct look look = { .entry = { PRESENT | HS_ENTRY_DEVMAP | PFN,
					hs_entry_typed(HS_TYPE_MIGRATION, PFN, 0), PRESENT | PFN,
					PRESENT | PFN } };

	each(machine_task(state), look, waited_outside);
}

static void left_with_an_error(const struct look *look, const struct seen *seen, long ret)
{
	assert_int_equal(ret, -EFAULT);
	assert_int_equal(seen->page[under_rcu(look)], 1);
	assert_int_equal(seen->fault[0] + seen->fault[1], 0);
}

/* walk() checks that no RCU section is open when the call returns. */
static void an_error_leaves_the_table_unmapped(void **state)
{
	static const uint64_t bad[] = {
		(uint64_t)HS_TYPE_HWPOISON << HS_ENTRY_TYPE_SHIFT | PFN,
		HS_ENTRY_ERROR | PFN,
	};
	struct look look = { .entry = { PRESENT | HS_ENTRY_DEVMAP | PFN } };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		look.entry[1] = bad[i];
		each(machine_task(state), look, left_with_an_error);
	}
}

static void a_map_that_does_not_exist_is_refused(void **state)
{
	struct hs_task *self = machine_task(state);
	struct look look = { HS_ERA_6_12, HS_BODY_PLAIN, HS_PTE_MAP_COUNT, { 0 } };
	struct seen seen;

	assert_int_equal(walk(self, &look, &seen), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		machine_unit_test(a_table_is_scanned_as_its_map_says),
		machine_unit_test(a_table_is_not_held_over_a_fault),
		machine_unit_test(a_table_is_not_held_over_a_wait),
		machine_unit_test(an_error_leaves_the_table_unmapped),
		machine_unit_test(a_map_that_does_not_exist_is_refused),
	};

	return cmocka_run_group_tests_name("pte map", tests, NULL, NULL);
}
