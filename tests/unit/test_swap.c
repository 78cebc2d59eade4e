/* SPDX-License-Identifier: MIT */
/* Swap slots: whom they are for, what they hold, and what is said of those that are left. */
#include <string.h>

#include "memory/swap.h"
#include "support/death.h"
#include "support/machine.h"

static uint64_t slot_new(struct hs_task *self)
{
	uint64_t slot = UINT64_MAX;

	assert_int_equal(hs_swap_alloc(self, &slot), 0);
	return slot;
}

static void slots_keep_what_they_hold_apart(void **state)
{
	struct hs_task *self = machine_task(state);
	uint64_t slot[100];

	for (uint64_t i = 0; i < COUNT(slot); i++) {
		slot[i] = slot_new(self);
		assert_int_equal(slot[i], i);
		assert_int_equal(hs_swap_contents(self, slot[i]), 0);
		hs_swap_set_contents(self, slot[i], ~i);
	}
	for (uint64_t i = 0; i < COUNT(slot); i++)
		assert_int_equal(hs_swap_contents(self, slot[i]), ~i);
	for (uint64_t i = 0; i < COUNT(slot); i++)
		hs_swap_free(self, slot[i]);
}

static void a_slot_that_is_freed_is_for_the_next_allocation(void **state)
{
	struct hs_task *self = machine_task(state);
	uint64_t slot = slot_new(self);

	hs_swap_set_contents(self, slot, 5);
	assert_int_equal(hs_swap_contents(self, slot), 5);
	assert_int_not_equal(slot_new(self), slot);
	hs_swap_free(self, slot);
	assert_int_equal(slot_new(self), slot);
	assert_int_equal(hs_swap_contents(self, slot), 0);
	hs_swap_free(self, slot);
	hs_swap_free(self, slot + 1);
}

static void a_slot_that_is_left_is_a_leak(void **state)
{
	struct hs_machine_config config;
	struct hs_leaks left;
	struct machine m;

	(void)state;
	hs_machine_config_init(&config);
	machine_open(&m, &config);
	slot_new(m.self);
	hs_swap_free(m.self, slot_new(m.self));
	slot_new(m.self);
	assert_int_equal(hs_task_detach(m.self), 0);
	assert_int_equal(hs_machine_destroy(m.machine, &left), -ENOTEMPTY);
	assert_string_equal(left.text, "2 swap slot (0, ...)");
	assert_int_equal(left.objects, 2);
}

static int allocate_one(struct hs_task *self)
{
	uint64_t slot;
	int ret = hs_swap_alloc(self, &slot);

	if (!ret)
		hs_swap_free(self, slot);
	return ret;
}

static void every_allocation_can_fail(void **state)
{
	(void)state;
	assert_int_equal(machine_run_out(allocate_one), 2);
}

static void free_twice(struct hs_task *self)
{
	uint64_t slot = slot_new(self);

	hs_swap_free(self, slot);
	hs_swap_free(self, slot);
}

static void read_free(struct hs_task *self)
{
	uint64_t slot = slot_new(self);

	hs_swap_free(self, slot);
	hs_swap_contents(self, slot);
}

static void free_none(struct hs_task *self)
{
	hs_swap_free(self, 3);
}

static const struct {
	void (*fn)(struct hs_task *self);
	const char *text;
} wrong[] = {
	{ free_twice, "hs_swap_free: swap slot 0 is free" },
	{ read_free, "hs_swap_contents: swap slot 0 is free" },
	{ free_none, "there is no swap slot 3" },
};

static void go_wrong(void *arg)
{
	struct machine m;

	machine_open_failing(&m, 0);
	wrong[*(const size_t *)arg].fn(m.self);
}

static void wrong_use_is_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++)
		death_expect(go_wrong, &i, wrong[i].text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		machine_unit_test(slots_keep_what_they_hold_apart),
		machine_unit_test(a_slot_that_is_freed_is_for_the_next_allocation),
		cmocka_unit_test(a_slot_that_is_left_is_a_leak),
		cmocka_unit_test(every_allocation_can_fail),
		cmocka_unit_test(wrong_use_is_found),
	};

	return cmocka_run_group_tests_name("swap", tests, NULL, NULL);
}
