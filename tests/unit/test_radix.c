/* SPDX-License-Identifier: MIT */
#include "base/radix.h"
#include "support/machine.h"

static uint64_t things[64];

static void keys_of_any_size_are_found(void **state)
{
	struct hs_task *self = machine_task(state);
	static const uint64_t keys[] = {
		0, 1, 63, 64, 4095, 4096, 1u << 18, 1ull << 40, UINT64_MAX - 1, UINT64_MAX
	};
	struct hs_radix r = { { NULL } };

	assert_null(hs_radix_load(self, &r, 0));
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		assert_int_equal(hs_radix_store(self, &r, keys[i], keys[i], &things[i]), 0);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		assert_ptr_equal(hs_radix_load(self, &r, keys[i]), &things[i]);
	assert_null(hs_radix_load(self, &r, 2));
	assert_null(hs_radix_load(self, &r, (1ull << 40) + 1));
	hs_radix_destroy(self, &r);
	assert_null(hs_radix_load(self, &r, 0));
}

/* A tree of few levels must not ignore the upper bits of a large key. */
static void keys_beyond_the_top_node_are_not_found(void **state)
{
	struct hs_task *self = machine_task(state);
	struct hs_radix r = { { NULL } };

	assert_int_equal(hs_radix_store(self, &r, 5, 5, &things[0]), 0);
	assert_ptr_equal(hs_radix_load(self, &r, 5), &things[0]);
	for (unsigned int bit = 6; bit < 64; bit++)
		assert_null(hs_radix_load(self, &r, 5 | 1ull << bit));
	hs_radix_destroy(self, &r);
}

/* Random ranges, each key compared with an array. */
static void ranges_equal_an_array(void **state)
{
	enum {
		KEYS = 20000
	};
	struct hs_task *self = machine_task(state);
	void **model = calloc(KEYS, sizeof(*model));
	struct hs_radix r = { { NULL } };

	assert_non_null(model);
	for (int round = 0; round < 200; round++) {
		uint64_t first = hs_random(self) % KEYS, last = first + hs_random(self) % 6000;
		void *thing = &things[round % 64];

		if (last >= KEYS)
			last = KEYS - 1;
		assert_int_equal(hs_radix_store(self, &r, first, last, thing), 0);
		for (uint64_t k = first; k <= last; k++)
			model[k] = thing;
	}
	for (uint64_t k = 0; k < KEYS; k++)
		assert_ptr_equal(hs_radix_load(self, &r, k), model[k]);
	hs_radix_destroy(self, &r);
	free(model);
}

static void a_stored_range_is_erased_without_memory(void **state)
{
	struct hs_task *self = machine_task(state);
	struct hs_machine_info before, after;
	struct hs_radix r = { { NULL } };

	assert_int_equal(hs_radix_store(self, &r, 100, 70000, &things[0]), 0);
	hs_machine_info(hs_task_machine(self), &before);
	assert_int_equal(hs_radix_store(self, &r, 100, 70000, NULL), 0);
	hs_machine_info(hs_task_machine(self), &after);
	assert_int_equal(before.allocations, after.allocations);
	for (uint64_t k = 0; k < 80000; k++)
		assert_null(hs_radix_load(self, &r, k));
	hs_radix_destroy(self, &r);
}

/* A large aligned block takes a few slots, not one for each key. */
static void aligned_blocks_are_single_slots(void **state)
{
	struct hs_task *self = machine_task(state);
	struct hs_machine_info info;
	struct hs_radix r = { { NULL } };

	assert_int_equal(hs_radix_store(self, &r, 1ull << 30, (1ull << 31) - 1, &things[0]), 0);
	hs_machine_info(hs_task_machine(self), &info);
	assert_true(info.objects <= 2);
	assert_ptr_equal(hs_radix_load(self, &r, (1ull << 30) + 12345), &things[0]);
	assert_null(hs_radix_load(self, &r, 1ull << 31));
	hs_radix_destroy(self, &r);
}

static void count_entry(struct hs_task *self, void *entry, void *arg)
{
	(void)self;
	assert_ptr_equal(entry, &things[7]);
	(*(int *)arg)++;
}

static void for_each_visits_every_slot(void **state)
{
	struct hs_task *self = machine_task(state);
	struct hs_radix r = { { NULL } };
	int visits = 0;

	hs_radix_for_each(self, &r, count_entry, &visits);
	assert_int_equal(visits, 0);
	for (uint64_t k = 0; k < 1000; k += 100)
		assert_int_equal(hs_radix_store(self, &r, k, k, &things[7]), 0);
	hs_radix_for_each(self, &r, count_entry, &visits);
	assert_int_equal(visits, 10);
	hs_radix_destroy(self, &r);
}

static int store_two(struct hs_task *self)
{
	struct hs_radix r = { { NULL } };
	int ret = hs_radix_store(self, &r, 5, 5, &things[0]);

	if (!ret)
		ret = hs_radix_store(self, &r, 60, 5000, &things[1]);
	if (ret) {
		assert_null(hs_radix_load(self, &r, 60));
		assert_null(hs_radix_load(self, &r, 4999));
	}
	hs_radix_destroy(self, &r);
	return ret;
}

/* Whichever allocation fails, every key keeps its entry. */
static void failing_stores_change_nothing(void **state)
{
	(void)state;
	assert_true(machine_run_out(store_two) > 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		machine_unit_test(keys_of_any_size_are_found),
		machine_unit_test(keys_beyond_the_top_node_are_not_found),
		machine_unit_test(ranges_equal_an_array),
		machine_unit_test(a_stored_range_is_erased_without_memory),
		machine_unit_test(aligned_blocks_are_single_slots),
		machine_unit_test(for_each_visits_every_slot),
		cmocka_unit_test(failing_stores_change_nothing),
	};

	return cmocka_run_group_tests_name("radix", tests, NULL, NULL);
}
