/* SPDX-License-Identifier: MIT */
#include "memory/hotplug.h"
#include "support/machine.h"

#define SECTION 32768u
#define SUBSECTION 512u

static struct hs_pgmap *const some_pgmap = (struct hs_pgmap *)(uintptr_t)0x1000;

static void memory_comes_by_whole_subsections(void **state)
{
	struct hs_task *self = machine_task(state);

	assert_int_equal(hs_memory_add(self, 0, 0, false), -EINVAL);
	assert_int_equal(hs_memory_add(self, 1, SUBSECTION, false), -EINVAL);
	assert_int_equal(hs_memory_add(self, 0, SUBSECTION + 1, false), -EINVAL);
	assert_int_equal(hs_memory_add(self, SUBSECTION, 0, false), -EINVAL);
	assert_int_equal(hs_memory_add(self, 0, (1ull << 40) + SUBSECTION, false), -EINVAL);
	assert_int_equal(hs_memory_add(self, 0, SUBSECTION, false), 0);
	assert_int_equal(hs_memory_add(self, 0, 2 * SUBSECTION, false), -EEXIST);
	assert_int_equal(hs_memory_add_device(self, 0, SUBSECTION), -EEXIST);
	assert_int_equal(hs_memory_remove(self, 1, 2), -EINVAL);
}

static void hot_added_pfns_are_valid_by_subsection(void **state)
{
	struct hs_task *self = machine_task(state);

	assert_int_equal(hs_memory_add(self, SECTION, SECTION + SUBSECTION, false), 0);
	assert_false(hs_pfn_valid(self, SECTION - 1));
	assert_true(hs_pfn_valid(self, SECTION));
	assert_true(hs_pfn_valid(self, SECTION + SUBSECTION - 1));
	assert_false(hs_pfn_valid(self, SECTION + SUBSECTION));
	assert_true(hs_pfn_online(self, SECTION));
	assert_int_equal(hs_pfn_life(self, SECTION), HS_PAGE_LIVE);
	assert_int_equal(hs_pfn_life(self, SECTION + SUBSECTION), HS_PAGE_GONE);
}

/* In an early section holes are valid, but not online. */
static void early_sections_are_valid_as_a_whole(void **state)
{
	struct hs_task *self = machine_task(state);

	assert_int_equal(hs_memory_add(self, 0, SUBSECTION, true), 0);
	assert_true(hs_pfn_valid(self, SECTION - 1));
	assert_false(hs_pfn_online(self, SECTION - 1));
	assert_false(hs_pfn_valid(self, SECTION));
}

/* Also a section that device memory made; but a failed add makes none early. */
static void sections_become_early_when_memory_is_added(void **state)
{
	struct hs_task *self = machine_task(state);

	assert_int_equal(hs_memory_add_device(self, SUBSECTION, 2 * SUBSECTION), 0);
	assert_int_equal(hs_memory_add(self, 0, 2 * SUBSECTION, true), -EEXIST);
	assert_false(hs_pfn_valid(self, 0));
	assert_int_equal(hs_memory_add(self, 0, SUBSECTION, true), 0);
	assert_true(hs_pfn_valid(self, SECTION - 1));
	assert_int_equal(hs_pfn_life(self, SECTION - 1), HS_PAGE_UNINITIALISED);
	assert_int_equal(hs_page_init_device(self, SUBSECTION, some_pgmap), 0);
	assert_int_equal(hs_memory_remove_device(self, SUBSECTION, 2 * SUBSECTION, 0), 0);
	assert_int_equal(hs_pfn_life(self, SUBSECTION), HS_PAGE_STALE);
	/* Memory that is added later makes none early. */
	assert_int_equal(hs_memory_add(self, SECTION, SECTION + SUBSECTION, false), 0);
	assert_int_equal(hs_memory_add(self, SUBSECTION, 2 * SUBSECTION, false), 0);
	assert_true(hs_pfn_valid(self, SECTION - 1));
	assert_false(hs_pfn_valid(self, 2 * SECTION - 1));
}

static int add_early(struct hs_task *self)
{
	int ret = hs_memory_add(self, 0, SECTION + SUBSECTION, true);

	for (int i = 0; i < 2; i++) {
		assert_int_equal(hs_pfn_valid(self, i * SECTION), !ret);
		assert_int_equal(hs_pfn_life(self, (i + 1) * SECTION - 1),
				 ret ? HS_PAGE_GONE
				 : i ? HS_PAGE_UNINITIALISED
				     : HS_PAGE_LIVE);
	}
	return ret;
}

static void a_failed_add_leaves_no_early_section(void **state)
{
	(void)state;
	assert_true(machine_run_out(add_early) > 3);
}

static void device_pages_are_initialised_one_by_one(void **state)
{
	struct hs_task *self = machine_task(state);
	uint64_t pfn = 5 * SECTION + 7;
	struct hs_page *page;

	assert_null(hs_pfn_to_page(self, pfn));
	assert_int_equal(hs_page_init_device(self, 1ull << 40, some_pgmap), -EINVAL);
	assert_int_equal(hs_page_init_device(self, pfn, some_pgmap), 0);
	page = hs_pfn_to_page(self, pfn);
	assert_non_null(page);
	assert_ptr_equal(hs_page_pgmap(self, page), some_pgmap);
	assert_int_equal(hs_pfn_life(self, pfn), HS_PAGE_LIVE);
	assert_int_equal(hs_pfn_life(self, pfn + 1), HS_PAGE_UNINITIALISED);
	assert_false(hs_pfn_online(self, pfn));
	assert_ptr_equal(hs_pfn_to_page(self, pfn + 1), page + 1);
	assert_int_equal(hs_memory_add(self, 0, SUBSECTION, false), 0);
	assert_int_equal(hs_page_init_device(self, 3, some_pgmap), -EEXIST);
}

static void removed_memory_is_gone_or_stale(void **state)
{
	struct hs_task *self = machine_task(state);
	uint64_t late = 4 * SECTION;

	assert_int_equal(hs_memory_add(self, 0, SUBSECTION, true), 0);
	assert_int_equal(hs_memory_add_device(self, SUBSECTION, 2 * SUBSECTION), 0);
	assert_int_equal(hs_memory_add_device(self, late, late + SUBSECTION), 0);
	assert_int_equal(hs_page_init_device(self, SUBSECTION, some_pgmap), 0);
	assert_int_equal(hs_page_init_device(self, late, some_pgmap), 0);
	assert_int_equal(hs_memory_remove_device(self, SUBSECTION, 2 * SUBSECTION, 0), 0);
	assert_int_equal(hs_memory_remove_device(self, late, late + SUBSECTION, 0), 0);
	assert_int_equal(hs_pfn_life(self, SUBSECTION), HS_PAGE_STALE);
	assert_non_null(hs_pfn_to_page(self, SUBSECTION));
	assert_true(hs_pfn_valid(self, SUBSECTION));
	assert_int_equal(hs_pfn_life(self, late), HS_PAGE_GONE);
	assert_null(hs_pfn_to_page(self, late));
	assert_false(hs_pfn_valid(self, late));
	/* Removing where no memory is is no error. */
	assert_int_equal(hs_memory_remove(self, 9 * SECTION, 10 * SECTION), 0);
}

/* Whether its struct pages have been touched or not. */
static void removed_system_memory_of_an_early_section_is_stale(void **state)
{
	struct hs_task *self = machine_task(state);

	assert_int_equal(hs_memory_add(self, 0, 3 * SUBSECTION, true), 0);
	assert_non_null(hs_page_touch(self, 5));
	assert_int_equal(hs_memory_remove(self, 0, 2 * SUBSECTION), 0);
	assert_int_equal(hs_pfn_life(self, 5), HS_PAGE_STALE);
	assert_int_equal(hs_pfn_life(self, SUBSECTION), HS_PAGE_STALE);
	assert_false(hs_pfn_online(self, 5));
	assert_non_null(hs_page_touch(self, SUBSECTION));
	assert_int_equal(hs_pfn_life(self, SUBSECTION), HS_PAGE_STALE);
	assert_int_equal(hs_page_to_pfn(self, hs_page_touch(self, SUBSECTION + 9)), SUBSECTION + 9);
	/* What has always been a hole is not stale. */
	assert_int_equal(hs_pfn_life(self, 3 * SUBSECTION), HS_PAGE_UNINITIALISED);
	/* Memory that is added again is new. */
	assert_int_equal(hs_memory_add(self, 0, 2 * SUBSECTION, false), 0);
	assert_int_equal(hs_pfn_life(self, 5), HS_PAGE_LIVE);
	assert_int_equal(hs_pfn_life(self, SUBSECTION), HS_PAGE_LIVE);
	assert_int_equal(hs_memory_remove(self, 0, 3 * SUBSECTION), 0);
	assert_int_equal(hs_memory_add_device(self, 0, 3 * SUBSECTION), 0);
	assert_int_equal(hs_pfn_life(self, 5), HS_PAGE_UNINITIALISED);
	assert_int_equal(hs_pfn_life(self, 2 * SUBSECTION), HS_PAGE_UNINITIALISED);
}

/* Each of the two functions leaves memory of the other sort as it is. */
static void system_and_device_memory_are_removed_apart(void **state)
{
	struct hs_task *self = machine_task(state);

	assert_int_equal(hs_memory_add(self, 0, SUBSECTION, false), 0);
	assert_int_equal(hs_memory_add_device(self, SUBSECTION, 2 * SUBSECTION), 0);
	assert_int_equal(hs_memory_remove(self, 0, SECTION), 0);
	assert_false(hs_pfn_valid(self, 0));
	assert_true(hs_pfn_valid(self, SUBSECTION));
	assert_int_equal(hs_memory_add(self, 0, SUBSECTION, false), 0);
	assert_int_equal(hs_memory_remove_device(self, 0, SECTION, 0), 0);
	assert_true(hs_pfn_valid(self, 0));
	assert_false(hs_pfn_valid(self, SUBSECTION));
	assert_int_equal(hs_memory_remove_device(self, 1, 2, 0), -EINVAL);
}

static void system_memory_is_where_it_was_added(void **state)
{
	struct hs_task *self = machine_task(state);

	assert_int_equal(hs_memory_add(self, 2 * SUBSECTION, 4 * SUBSECTION, false), 0);
	assert_int_equal(hs_memory_add_device(self, 4 * SUBSECTION, 5 * SUBSECTION), 0);
	assert_true(hs_memory_is_ram(self, 2 * SUBSECTION, 2 * SUBSECTION + 1));
	assert_true(hs_memory_is_ram(self, 0, SECTION));
	assert_true(hs_memory_is_ram(self, 4 * SUBSECTION - 1, 5 * SUBSECTION));
	assert_false(hs_memory_is_ram(self, 0, 2 * SUBSECTION));
	assert_false(hs_memory_is_ram(self, 4 * SUBSECTION, 5 * SUBSECTION));
	assert_int_equal(hs_memory_remove(self, 3 * SUBSECTION, 4 * SUBSECTION), 0);
	assert_false(hs_memory_is_ram(self, 3 * SUBSECTION, 4 * SUBSECTION));
	assert_true(hs_memory_is_ram(self, 2 * SUBSECTION, 3 * SUBSECTION));
}

static void memmaps_come_when_they_are_touched(void **state)
{
	struct hs_task *self = machine_task(state);
	struct hs_machine_info before, after;

	assert_int_equal(hs_memory_add(self, 0, SECTION, true), 0);
	assert_null(hs_pfn_to_page(self, 17));
	hs_machine_info(hs_task_machine(self), &before);
	assert_non_null(hs_page_touch(self, 17));
	hs_machine_info(hs_task_machine(self), &after);
	assert_int_equal(after.bytes - before.bytes,
			 SUBSECTION * (sizeof(struct hs_page) + sizeof(struct hs_page_ext)));
	assert_int_equal(hs_pfn_life(self, 18), HS_PAGE_LIVE);
	assert_null(hs_page_touch(self, 3 * SECTION));
}

static void mock_sections_are_eight_pages(void **state)
{
	struct hs_machine_config config;
	struct machine m;

	(void)state;
	machine_small_config(&config);
	machine_open(&m, &config);
	assert_int_equal(hs_memory_add(m.self, 8, 10, false), 0);
	assert_true(hs_pfn_valid(m.self, 9));
	assert_false(hs_pfn_valid(m.self, 10));
	assert_int_equal(hs_memory_add(m.self, 11, 12, false), -EINVAL);
	machine_close(&m);
}

static void unknown_reuse_is_refused(void **state)
{
	struct hs_machine_config config;
	struct hs_machine *machine;

	(void)state;
	hs_machine_config_init(&config);
	config.reuse = (enum hs_reuse)7;
	assert_int_equal(hs_machine_create(&config, &machine), -EINVAL);
	config.reuse = HS_REUSE_NEVER; /* on the heap */
	assert_int_equal(hs_machine_create(&config, &machine), -EINVAL);
}

static void impossible_sections_are_refused(void **state)
{
	struct hs_machine_config config;
	struct hs_machine *machine;

	(void)state;
	hs_machine_config_init(&config);
	config.section_order = 15;
	config.subsection_order = 8; /* 128 subsections */
	assert_int_equal(hs_machine_create(&config, &machine), -EINVAL);
	config.subsection_order = 16;
	assert_int_equal(hs_machine_create(&config, &machine), -EINVAL);
	config.section_order = config.subsection_order = 31;
	assert_int_equal(hs_machine_create(&config, &machine), -EINVAL);
}

static int add_touch_and_init(struct hs_task *self)
{
	int ret = hs_memory_add(self, 0, SUBSECTION, true);

	if (!ret && !hs_page_touch(self, 0))
		ret = -ENOMEM;
	return ret ? ret : hs_page_init_device(self, 100 * SECTION, some_pgmap);
}

static void every_allocation_can_fail(void **state)
{
	(void)state;
	assert_true(machine_run_out(add_touch_and_init) > 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		machine_unit_test(memory_comes_by_whole_subsections),
		machine_unit_test(hot_added_pfns_are_valid_by_subsection),
		machine_unit_test(early_sections_are_valid_as_a_whole),
		machine_unit_test(sections_become_early_when_memory_is_added),
		cmocka_unit_test(a_failed_add_leaves_no_early_section),
		machine_unit_test(device_pages_are_initialised_one_by_one),
		machine_unit_test(removed_memory_is_gone_or_stale),
		machine_unit_test(removed_system_memory_of_an_early_section_is_stale),
		machine_unit_test(system_and_device_memory_are_removed_apart),
		machine_unit_test(system_memory_is_where_it_was_added),
		machine_unit_test(memmaps_come_when_they_are_touched),
		cmocka_unit_test(mock_sections_are_eight_pages),
		cmocka_unit_test(impossible_sections_are_refused),
		cmocka_unit_test(unknown_reuse_is_refused),
		cmocka_unit_test(every_allocation_can_fail),
	};

	return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
