/* SPDX-License-Identifier: MIT */
/* What struct hs_range says before and after a call: defaults, refused values, pages, sums. */
#include "support/machine.h"

#include <errno.h>
#include <string.h>

#include <hmmsim/walk.h>

#define START 0x7f0000000000ull
#define PAGES 4
#define END (START + PAGES * PAGE)

/* Pages 0 and 1 are mapped, 2 and 3 are empty. */
static void open_range(struct hs_task *self, struct hs_range *range, uint64_t *pfns)
{
	hs_range_init(range, NULL, START, END, pfns);
	assert_int_equal(hs_mm_create(self, hs_geometry(HS_GEOMETRY_X86_64), &range->mm), 0);
	assert_int_equal(hs_vma_add(self, range->mm, START, END, HS_VM_READ), 0);
	for (uint64_t i = 0; i < 2; i++)
		assert_int_equal(hs_pt_set(self, range->mm, START + i * PAGE, 0,
					   HS_ENTRY_VALID | (0x100 + i)),
				 0);
}

static int call(struct hs_task *self, struct hs_range *range, bool snapshot)
{
	int ret;

	hs_mm_lock_read(self, range->mm);
	ret = snapshot ? hs_range_snapshot(self, range) : hs_range_fault(self, range);
	hs_mm_unlock_read(self, range->mm);
	return ret;
}

static void a_range_begins_with_its_defaults(void **state)
{
	struct hs_mm *mm = (struct hs_mm *)state; /* is not looked at */
	uint64_t pfn;
	struct hs_range range, rest;

	memset(&range, 0xff, sizeof(range));
	hs_range_init(&range, mm, START, END, &pfn);
	assert_ptr_equal(range.mm, mm);
	assert_true(range.start == START && range.end == END && range.pfns == &pfn);
	assert_int_equal(range.era, HS_ERA_6_12);
	assert_int_equal(range.strategy, HS_STRATEGY_NONE);
	assert_int_equal(range.body, HS_BODY_PLAIN);
	assert_int_equal(range.pte_map, HS_PTE_MAP_ERA);
	assert_true(!range.default_flags && !range.pfn_flags_mask && !range.owner);
	assert_true(!range.allow_retry && !range.retry && !range.ops && !range.step &&
		    !range.pages && !range.held);
	memset(&rest, 0, sizeof(rest));
	assert_memory_equal(&range.counts, &rest.counts, sizeof(rest.counts));
}

static void values_out_of_range_are_refused(void **state)
{
	struct hs_task *self = machine_task(state);
	uint64_t pfns[PAGES] = { 0 };
	struct hs_range good, bad;

	open_range(self, &good, pfns);
	assert_int_equal(call(self, &good, false), 0);
	assert_int_equal(good.pages, PAGES);
	for (int snapshot = 0; snapshot < 2; snapshot++) {
		assert_int_equal((bad = good, bad.era = HS_ERA_COUNT, call(self, &bad, snapshot)),
				 -EINVAL);
		assert_int_equal(bad.pages, 0);
		assert_int_equal((bad = good, bad.strategy = HS_STRATEGY_COUNT,
				  call(self, &bad, snapshot)),
				 -EINVAL);
		assert_int_equal((bad = good, bad.strategy = HS_STRATEGY_CUSTOM,
				  call(self, &bad, snapshot)),
				 -EINVAL);
		assert_int_equal((bad = good, bad.body = HS_BODY_COUNT, call(self, &bad, snapshot)),
				 -EINVAL);
		assert_int_equal((bad = good, bad.pte_map = HS_PTE_MAP_COUNT,
				  call(self, &bad, snapshot)),
				 -EINVAL);
		assert_int_equal((bad = good, bad.start += 1, call(self, &bad, snapshot)), -EINVAL);
		assert_int_equal((bad = good, bad.end = START - PAGE, call(self, &bad, snapshot)),
				 -EINVAL);
	}
	hs_mm_destroy(self, good.mm);
}

/* Without fault ops every fault fails. v5.3 counts up to the last page that it handled. */
static void pages_are_those_answered_and_0_with_an_error(void **state)
{
	struct hs_task *self = machine_task(state);

	for (int body = 0; body < HS_BODY_COUNT; body++) {
		for (int era = 0; era < HS_ERA_COUNT; era++) {
			uint64_t pfns[PAGES] = { 0 };
			struct hs_range range;

			open_range(self, &range, pfns);
			range.era = (enum hs_era)era;
			range.body = (enum hs_body)body;
			hs_mm_set_fault_ops(range.mm, NULL, NULL);
			assert_int_equal(call(self, &range, true), 0);
			assert_int_equal(range.pages, PAGES);
			assert_int_equal(hs_range_kernel_ret(&range, 0),
					 era == HS_ERA_5_3 ? PAGES : 0);
			range.default_flags = HS_PFN_VALID;
			assert_int_equal(call(self, &range, false), -EFAULT);
			assert_int_equal(range.pages, 0);
			assert_int_equal(range.counts.faults, 1);
			assert_int_equal(hs_range_kernel_ret(&range, -EFAULT), -EFAULT);
			range.end = START + 2 * PAGE;
			assert_int_equal(call(self, &range, false), 0);
			assert_int_equal(range.pages, 2);
			hs_mm_destroy(self, range.mm);
		}
	}
}

static void a_snapshot_requests_nothing_and_keeps_the_request(void **state)
{
	struct hs_task *self = machine_task(state);

	for (int era = 0; era < HS_ERA_COUNT; era++) {
		uint64_t pfns[PAGES] = { 0 };
		struct hs_range range;

		open_range(self, &range, pfns);
		range.era = (enum hs_era)era;
		range.default_flags = HS_PFN_VALID | HS_PFN_WRITE;
		range.pfn_flags_mask = UINT64_MAX;
		assert_int_equal(call(self, &range, true), 0);
		assert_int_equal(range.counts.faults, 0);
		assert_true(range.default_flags == (HS_PFN_VALID | HS_PFN_WRITE));
		assert_true(range.pfn_flags_mask == UINT64_MAX);
		hs_mm_destroy(self, range.mm);
	}
}

/* All members are of one type, so that a member that is left out shows. */
static void a_sum_of_counts_has_every_member(void **state)
{
	enum {
		MEMBERS = sizeof(struct hs_walk_counts) / sizeof(uint64_t)
	};
	uint64_t one[MEMBERS], sum[MEMBERS];
	struct hs_walk_counts counts, total;

	(void)state;
	for (uint64_t i = 0; i < MEMBERS; i++) {
		one[i] = i + 1;
		sum[i] = 1000 * (i + 1);
	}
	memcpy(&counts, one, sizeof(counts));
	memcpy(&total, sum, sizeof(total));
	hs_walk_counts_add(&total, &counts);
	memcpy(sum, &total, sizeof(sum));
	for (uint64_t i = 0; i < MEMBERS; i++)
		assert_int_equal(sum[i], 1001 * (i + 1));
}

/* ---- what a strategy of the user's own leaks ---------------------------------------------- */

static int cache_page(struct hs_task *self, struct hs_range *range, struct hs_pgmap **slot,
		      uint64_t pfn, void *arg)
{
	(void)range;
	(void)arg;
	*slot = hs_pgmap_get(self, pfn, *slot);
	return *slot ? 0 : -EBUSY;
}

static int forget_page(struct hs_task *self, struct hs_range *range, struct hs_pgmap **slot,
		       uint64_t pfn, void *arg)
{
	(void)range;
	(void)arg;
	*slot = hs_pgmap_get(self, pfn, NULL);
	return *slot ? 0 : -EBUSY;
}

static void put_slot(struct hs_task *self, struct hs_range *range, struct hs_pgmap **slot,
		     void *arg)
{
	(void)range;
	(void)arg;
	hs_pgmap_put(self, *slot);
	*slot = NULL;
}

/* Puts all that the calls before have left. */
static void put_rest(struct hs_task *self, struct hs_range *range, struct hs_pgmap **slot,
		     void *arg)
{
	put_slot(self, range, slot, arg);
	while (hs_pgmap_refs(self, arg))
		hs_pgmap_put(self, arg);
}

static void a_custom_strategy_leaks_what_it_never_puts(void **state)
{
	static const struct {
		struct hs_strategy_ops ops;
		uint64_t leaked, refs; /* refs: held after the call */
	} table[] = {
		{ { .page = cache_page, .call_end = put_slot }, 0, 0 },
		{ { .page = cache_page }, 1, 1 },
		{ { .page = forget_page }, 2, 3 },
		{ { .page = forget_page, .call_end = put_slot }, 1, 4 },
		{ { .page = cache_page, .call_end = put_rest }, 0, 0 },
	};
	struct hs_task *self = machine_task(state);
	uint64_t pfns[PAGES] = { 0 };
	struct hs_range range;
	struct hs_pgmap *p;

	open_range(self, &range, pfns);
	assert_int_equal(hs_pgmap_add(self, HS_PGMAP_FS_DAX, 0x100, 0x102, NULL, &p), 0);
	for (uint64_t i = 0; i < 2; i++)
		assert_int_equal(hs_pt_set(self, range.mm, START + i * PAGE, 0,
					   HS_ENTRY_VALID | HS_ENTRY_DEVMAP | (0x100 + i)),
				 0);
	range.strategy = HS_STRATEGY_CUSTOM;
	range.ops_arg = p;
	for (unsigned int i = 0; i < HS_ERA_COUNT * HS_BODY_COUNT * COUNT(table); i++) {
		unsigned int row = i % COUNT(table);

		range.era = (enum hs_era)(i / COUNT(table) % HS_ERA_COUNT);
		range.body = (enum hs_body)(i / COUNT(table) / HS_ERA_COUNT);
		range.ops = &table[row].ops;
		assert_int_equal(call(self, &range, false), 0);
		assert_int_equal(range.counts.leaked, table[row].leaked);
		assert_int_equal(hs_pgmap_refs(self, p), table[row].refs);
	}
	hs_mm_destroy(self, range.mm);
	hs_pgmap_remove(self, p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_range_begins_with_its_defaults),
		machine_unit_test(values_out_of_range_are_refused),
		machine_unit_test(pages_are_those_answered_and_0_with_an_error),
		machine_unit_test(a_snapshot_requests_nothing_and_keeps_the_request),
		cmocka_unit_test(a_sum_of_counts_has_every_member),
		machine_unit_test(a_custom_strategy_leaks_what_it_never_puts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
