/* SPDX-License-Identifier: MIT */
/*
 * The spellings of 2019, <hmmsim/linux-5.3.h>: what a driver that knows nothing else finds, of one
 * task. The fixtures are included below the driver, because it must not see more than that header.
 */
#include <hmmsim/linux-5.3.h>

#include <string.h>

#define ELDER_PAGES 8

/* Bits as no other driver has them. */
static const uint64_t elder_flags[HMM_PFN_FLAG_MAX] = { 0x3, 0x8, 0x10 };
static const uint64_t elder_values[HMM_PFN_VALUE_MAX] = { 0xe0, 0x100, 0xc0 };

struct elder {
	struct mm_struct mm;
	struct hmm_mirror mirror;
	struct hmm_range range;
	uint64_t pfns[ELDER_PAGES];
	unsigned int syncs, releases;
	unsigned long start, end; /* of the last invalidation */
};

static struct elder elder;

static int elder_sync(struct hmm_mirror *mirror, const struct mmu_notifier_range *update)
{
	struct elder *e = (struct elder *)((char *)mirror - offsetof(struct elder, mirror));

	if (!mmu_notifier_range_blockable(update))
		return -EAGAIN;
	e->syncs++;
	e->start = update->start;
	e->end = update->end;
	return 0;
}

static void elder_release(struct hmm_mirror *mirror)
{
	((struct elder *)((char *)mirror - offsetof(struct elder, mirror)))->releases++;
}

static const struct hmm_mirror_ops elder_ops = { elder_sync, elder_release };

static int elder_open(struct hs_mm *mm, const struct hmm_mirror_ops *ops)
{
	int ret;

	memset(&elder, 0, sizeof(elder));
	hs_mm_5_3(&elder.mm, mm);
	elder.mirror.ops = ops;
	down_write(&elder.mm.mmap_sem);
	ret = hmm_mirror_register(&elder.mirror, &elder.mm);
	up_write(&elder.mm.mmap_sem);
	return ret;
}

static int elder_register(unsigned long start, unsigned long end)
{
	struct hmm_range *range = &elder.range;

	memset(range, 0, sizeof(*range));
	range->pfns = elder.pfns;
	range->flags = elder_flags;
	range->values = elder_values;
	range->pfn_flags_mask = ~0ull;
	range->pfn_shift = 12;
	range->strategy = HS_STRATEGY_PER_TABLE;
	return hmm_range_register(range, &elder.mirror, start, end, 12);
}

/* With mmap_sem; releases it, unless it is dropped. */
static long elder_walk(bool block)
{
	long ret;

	down_read(&elder.mm.mmap_sem);
	ret = hmm_range_fault(&elder.range, block);
	if (ret != -EAGAIN)
		up_read(&elder.mm.mmap_sem);
	return ret;
}

/* ---- tests ------------------------------------------------------------------------------- */

#include "support/device_kit.h"

static void slots_have_the_bits_of_the_driver(void **state)
{
	struct hmm_range *range = &elder.range;

	(void)state;
	map(1, HS_ENTRY_VALID | (PFN + 1));
	map(2, hs_entry_typed(HS_TYPE_SWAP, 5, 0));
	assert_int_equal(elder_open(now->mm, &elder_ops), 0);
	assert_int_equal(elder_register(at(0), at(4)), 0);
	for (int i = 0; i < 3; i++)
		elder.pfns[i] = elder_flags[HMM_PFN_VALID];
	elder.pfns[3] = 0x1; /* not all bits of a flag: nothing is requested */
	assert_int_equal(elder_walk(true), 4);
	assert_int_equal(elder.pfns[0], (uint64_t)PFN << 12 | 0x3 | 0x8);
	assert_int_equal(elder.pfns[1], (uint64_t)(PFN + 1) << 12 | 0x3);
	assert_int_equal(elder.pfns[2], elder_values[HMM_PFN_NONE]);
	assert_int_equal(hmm_device_entry_to_pfn(range, elder.pfns[1]), PFN + 1);
	assert_int_equal(hmm_device_entry_to_pfn(range, elder.pfns[2]), ~0ul);
	assert_int_equal(hmm_device_entry_to_pfn(range, elder_values[HMM_PFN_ERROR]), ~0ul);
	assert_int_equal(hmm_device_entry_to_pfn(range, (uint64_t)PFN << 12), ~0ul);
	assert_null(hmm_device_entry_to_page(range, elder.pfns[2]));
	hmm_range_unregister(range);
	hmm_mirror_unregister(&elder.mirror);
}

static void requests_come_from_the_slot_and_the_default(void **state)
{
	(void)state;
	map(0, HS_ENTRY_VALID | PFN);
	map(1, HS_ENTRY_VALID | (PFN + 1));
	will_fault(PRESENT | (PFN + 1));
	assert_int_equal(elder_open(now->mm, &elder_ops), 0);
	assert_int_equal(elder_register(at(0), at(2)), 0);
	elder.range.default_flags = elder_flags[HMM_PFN_VALID];
	elder.range.pfn_flags_mask = elder_flags[HMM_PFN_WRITE];
	elder.pfns[0] = 0x10; /* outside the mask */
	elder.pfns[1] = 0x8;
	assert_int_equal(elder_walk(true), 2);
	assert_int_equal(now->faults, 1);
	assert_int_equal(elder.pfns[0], (uint64_t)PFN << 12 | 0x3);
	assert_int_equal(elder.pfns[1], (uint64_t)(PFN + 1) << 12 | 0x3 | 0x8);
	hmm_range_unregister(&elder.range);
	hmm_mirror_unregister(&elder.mirror);
}

/* Drops the mmap lock if it is allowed to. */
static uint32_t drops(struct hs_task *self, struct hs_mm *mm, const struct hs_vma *vma,
		      uint64_t addr, uint32_t flags, void *arg)
{
	(void)vma;
	(void)arg;
	if (flags & HS_FAULT_ALLOW_RETRY) {
		hs_mm_unlock_read(self, mm);
		return HS_VM_FAULT_RETRY;
	}
	hs_assert(self, !hs_pt_set(self, mm, addr, 0, PRESENT | PFN), "no table");
	return 0;
}

static const struct hs_fault_ops dropping = { drops, NULL };

static void a_call_that_does_not_block_returns_without_mmap_sem(void **state)
{
	(void)state;
	hs_mm_set_fault_ops(now->mm, &dropping, NULL);
	map(0, 0);
	assert_int_equal(elder_open(now->mm, &elder_ops), 0);
	assert_int_equal(elder_register(at(0), at(1)), 0);
	elder.pfns[0] = elder_flags[HMM_PFN_VALID];
	assert_int_equal(elder_walk(false), -EAGAIN);
	down_write(&elder.mm.mmap_sem); /* it is free */
	up_write(&elder.mm.mmap_sem);
	assert_int_equal(elder.pfns[0], elder_values[HMM_PFN_NONE]);
	elder.pfns[0] = elder_flags[HMM_PFN_VALID];
	assert_int_equal(elder_walk(true), 1);
	hmm_range_unregister(&elder.range);
	hmm_mirror_unregister(&elder.mirror);
}

static void both_bodies_of_v5_3_drop_the_lock_alike(void **state)
{
	(void)state;
	hs_mm_set_fault_ops(now->mm, &dropping, NULL);
	for (int body = 0; body < HS_BODY_COUNT; body++)
		for (int era = 0; era < HS_ERA_COUNT; era++) {
			bool dropped = era == HS_ERA_5_3;
			uint64_t pfn = 0;
			struct hs_range range;

			map(0, 0);
			hs_range_init(&range, now->mm, at(0), at(1), &pfn);
			range.era = (enum hs_era)era;
			range.body = (enum hs_body)body;
			range.default_flags = HS_PFN_VALID;
			range.allow_retry = true;
			hs_mm_lock_read(now->self, now->mm);
			assert_int_equal(hs_range_fault(now->self, &range), dropped ? -EAGAIN : 0);
			if (!dropped)
				hs_mm_unlock_read(now->self, now->mm);
		}
}

static void a_range_whose_wait_timed_out_stays_registered(void **state)
{
	struct hs_invalidation i = inv(at(6), at(7));
	struct hs_notifiers *notifiers = hs_mm_notifiers(now->mm);

	(void)state;
	assert_int_equal(elder_open(now->mm, &elder_ops), 0);
	assert_int_equal(hs_invalidate_start(now->self, notifiers, &i), 0);
	assert_int_equal(elder_register(at(0), at(1)), 0);
	assert_false(hmm_range_valid(&elder.range));
	assert_false(hmm_range_wait_until_valid(&elder.range, HMM_RANGE_DEFAULT_TIMEOUT));
	assert_int_equal(elder_walk(true), -EBUSY);
	hs_invalidate_end(now->self, notifiers, &i);
	assert_true(hmm_range_valid(&elder.range));
	assert_true(hmm_range_wait_until_valid(&elder.range, 0));
	hmm_range_unregister(&elder.range);
	assert_false(hmm_range_valid(&elder.range));
	hmm_mirror_unregister(&elder.mirror);
}

static void a_mirror_is_told_of_each_invalidation(void **state)
{
	struct hs_invalidation i = inv(at(1), at(2));

	(void)state;
	assert_int_equal(elder_open(now->mm, &elder_ops), 0);
	invalidate(i);
	assert_int_equal(elder.syncs, 1);
	assert_true(elder.start == at(1) && elder.end == at(2));
	invalidate(inv(0, PAGE));
	assert_int_equal(elder.syncs, 2);
	i.blockable = false;
	assert_int_equal(hs_invalidate_start(now->self, hs_mm_notifiers(now->mm), &i), -EAGAIN);
	assert_int_equal(elder.syncs, 2);
	hmm_mirror_unregister(&elder.mirror);
	invalidate(inv(at(1), at(2)));
	assert_int_equal(elder.syncs, 2);
}

static void what_cannot_be_registered_is_refused(void **state)
{
	static const struct hmm_mirror_ops none = { NULL, elder_release };

	(void)state;
	assert_int_equal(elder_open(now->mm, NULL), -EINVAL);
	assert_int_equal(elder_open(now->mm, &none), -EINVAL);
	assert_int_equal(elder_open(now->mm, &elder_ops), 0);
	assert_int_equal(elder_register(at(1), at(1)), -EINVAL);
	assert_int_equal(elder_register(at(1) + 1, at(2)), -EINVAL);
	assert_true(mmget_not_zero(&elder.mm));
	mmput(&elder.mm);
	assert_int_equal(elder.releases, 0);
	hs_mmgrab(now->self, now->mm);
	hs_mmput(now->self, now->mm); /* failed registrations have kept no user of it */
	assert_int_equal(elder.releases, 1);
	assert_int_equal(elder_register(at(0), at(1)), -EFAULT);
	assert_false(mmget_not_zero(&elder.mm));
	hmm_mirror_unregister(&elder.mirror);
	assert_int_equal(elder_open(now->mm, &elder_ops), -EINVAL);
	hs_mmdrop(now->self, now->mm);
	now->mm = NULL;
}

static void a_range_is_a_user_of_the_address_space(void **state)
{
	(void)state;
	assert_int_equal(elder_open(now->mm, &elder_ops), 0);
	assert_int_equal(elder_register(at(0), at(1)), 0);
	hs_mmgrab(now->self, now->mm);
	hs_mmput(now->self, now->mm);
	assert_int_equal(elder.releases, 0);
	assert_int_equal(elder_walk(true), 1);
	hmm_range_unregister(&elder.range);
	assert_int_equal(elder.releases, 1);
	hmm_mirror_unregister(&elder.mirror);
	hs_mmdrop(now->self, now->mm);
	now->mm = NULL;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		device_unit_test(slots_have_the_bits_of_the_driver),
		device_unit_test(requests_come_from_the_slot_and_the_default),
		device_unit_test(a_call_that_does_not_block_returns_without_mmap_sem),
		device_unit_test(both_bodies_of_v5_3_drop_the_lock_alike),
		device_unit_test(a_range_whose_wait_timed_out_stays_registered),
		device_unit_test(a_mirror_is_told_of_each_invalidation),
		device_unit_test(what_cannot_be_registered_is_refused),
		device_unit_test(a_range_is_a_user_of_the_address_space),
	};

	return cmocka_run_group_tests_name("linux-5.3.h", tests, NULL, NULL);
}
