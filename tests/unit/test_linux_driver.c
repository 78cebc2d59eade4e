/* SPDX-License-Identifier: MIT */
/* A driver that is written in the kernel's spellings only. */
#include "support/linux_driver.h"
#include "support/device_kit.h"

static const int other;

static void a_driver_in_kernel_spellings_mirrors_pages(void **state)
{
	struct hs_task *self = now->self;
	struct driver *d = driver_open(now->mm, BASE, NULL);
	struct hs_pgmap *pgmap = NULL;

	(void)state;
	assert_non_null(d);
	assert_int_equal(hs_pgmap_add(self, HS_PGMAP_FS_DAX, 0x200000, 0x200200, NULL, &pgmap), 0);
	map(0, PRESENT | HS_ENTRY_DEVMAP | 0x200010);
	map(1, HS_ENTRY_VALID | (PFN + 1));
	assert_int_equal(driver_mirror(d, at(0), at(2), false), 0);
	assert_int_equal(driver_page(d, 0), 0x200010 + 1);
	assert_int_equal(driver_page(d, 1), PFN + 1 + 1);
	assert_true(driver_page_is_writable(d, 0));
	assert_false(driver_page_is_writable(d, 1));
	assert_true(driver_page_is_backed(d, 0));
	assert_false(driver_page_is_backed(d, 1));
	assert_int_equal(driver_mirror(d, at(0), at(2), true), -EFAULT);
	assert_int_equal(driver_mirror(d, at(PAGES), at(PAGES + 1), false), -EFAULT);
	assert_int_equal(driver_mirror(d, at(0) - PAGE, at(0), false), -EINVAL);
	assert_int_equal(driver_page(d, 0), 0x200010 + 1);
	assert_int_equal(driver_retries(d), 0);
	driver_close(d);
	hs_pgmap_kill(self, pgmap);
	hs_pgmap_remove(self, pgmap);
}

static void a_driver_retries_when_it_was_invalidated(void **state)
{
	struct driver *d = driver_open(now->mm, BASE, NULL);

	(void)state;
	map(0, 0);
	will_fault(PRESENT | (PFN + 1));
	now->during = inv(at(0), at(1));
	assert_int_equal(driver_mirror(d, at(0), at(1), false), 0);
	assert_int_equal(driver_page(d, 0), PFN + 1 + 1);
	assert_int_equal(driver_retries(d), 1);
	assert_int_equal(driver_invalidations(d), 1);
	assert_int_equal(driver_walk_late(d, at(0), at(1)), 0);
	invalidate(inv(at(1), at(2)));
	assert_int_equal(driver_page(d, 0), PFN + 1 + 1);
	assert_int_equal(driver_walk_late(d, at(0), at(1)), -EBUSY);
	invalidate(inv(at(0), at(1)));
	assert_int_equal(driver_page(d, 0), 0);
	driver_close(d);
}

static void a_driver_refuses_and_skips(void **state)
{
	struct hs_notifiers *notifiers = hs_mm_notifiers(now->mm);
	struct hs_invalidation i = inv(at(0), at(1));
	struct driver *d = driver_open(now->mm, BASE, now);

	(void)state;
	assert_int_equal(driver_mirror(d, at(0), at(1), true), 0);
	i.blockable = false;
	driver_stop(d);
	assert_int_equal(hs_invalidate_start(now->self, notifiers, &i), -EAGAIN);
	driver_go(d);
	i.event = HS_INVALIDATE_MIGRATE;
	i.owner = now;
	invalidate(i);
	assert_int_equal(driver_page(d, 0), PFN + 1);
	i.owner = &other;
	invalidate(i);
	assert_int_equal(driver_page(d, 0), 0);
	driver_close(d);
}

static void a_driver_pins_faulted_memory(void **state)
{
	struct hs_task *self = now->self;
	struct driver *d = driver_open(now->mm, BASE, NULL);

	(void)state;
	assert_int_equal(hs_memory_add(self, 0, 0x8000, true), 0);
	hs_mm_set_fault_ops(now->mm, &hs_mm_fault_ops, NULL);
	map(3, 0);
	assert_int_equal(driver_mirror(d, at(3), at(4), true), 0);
	assert_int_equal(hs_pages_allocated(self), 1);
	assert_int_equal(driver_page_pin(d, 3), 2);
	assert_int_equal(hs_munmap(self, now->mm, at(0), at(PAGES)), 0);
	assert_int_equal(driver_page(d, 3), 0);
	assert_int_equal(hs_pages_allocated(self), 0);
	assert_int_equal(driver_mirror(d, at(3), at(4), true), -EFAULT);
	hs_mmput(self, now->mm);
	now->mm = NULL;
	assert_int_equal(driver_mirror(d, at(3), at(4), true), -EFAULT);
	driver_close(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		device_unit_test(a_driver_in_kernel_spellings_mirrors_pages),
		device_unit_test(a_driver_retries_when_it_was_invalidated),
		device_unit_test(a_driver_refuses_and_skips),
		device_unit_test(a_driver_pins_faulted_memory),
	};

	return cmocka_run_group_tests_name("linux driver", tests, NULL, NULL);
}
