/* SPDX-License-Identifier: MIT */
/*
 * The mirror device, one task: what each operation does, on page tables made by hand, with the
 * sequence of v5.5 and with the flag of v5.3.
 */
#include "support/device_kit.h"

static void open_device(void)
{
	assert_int_equal(hs_dmirror_create(now->self, &now->config, &now->dev), 0);
}

static void close_device(void)
{
	hs_dmirror_destroy(now->self, now->dev);
	now->dev = NULL;
	now->given = now->wanted = now->faults = 0;
}

/* Each body of the test with a device of either validity. */
static void each_validity(void (*test)(void))
{
	for (int v = 0; v < HS_VALIDITY_COUNT; v++) {
		now->config.validity = (enum hs_validity)v;
		open_device();
		test();
		close_device();
	}
}

static int populate(uint64_t first, uint64_t end, bool write)
{
	return hs_dmirror_populate(now->self, now->dev, at(first), at(end), write);
}

static uint64_t entry(uint64_t page)
{
	return hs_dmirror_entry(now->self, now->dev, at(page));
}

/* A string of the pages: '-' nothing, 'r' or 'w' the page that the CPU's table has there. */
static void expect(const char *pages)
{
	for (uint64_t i = 0; i < PAGES; i++) {
		uint64_t e = entry(i), want = HS_PFN_VALID | (PFN + i);

		if (pages[i] == 'w')
			want |= HS_PFN_WRITE;
		assert_int_equal(e, pages[i] == '-' ? 0 : want);
	}
}

static struct hs_dmirror_stats stats(void)
{
	struct hs_dmirror_stats s;

	hs_dmirror_stats(now->self, now->dev, &s);
	return s;
}

#define EACH_VALIDITY(test, body)      \
	static void test(void **state) \
	{                              \
		(void)state;           \
		each_validity(body);   \
	}

/* ---- populate ---------------------------------------------------------------------------- */

static void populates_exactly_its_range(void)
{
	expect("--------");
	assert_int_equal(populate(2, 5, false), 0);
	expect("--www---");
	assert_int_equal(populate(0, 1, true), 0);
	assert_int_equal(populate(7, 8, false), 0);
	expect("w-www--w");
	assert_int_equal(populate(0, PAGES, false), 0);
	expect("wwwwwwww");
	assert_int_equal(stats().populates, 4);
	assert_int_equal(stats().retries, 0);
	assert_int_equal(hs_dmirror_maps(now->dev, PFN, PFN + PAGES), PAGES);
	assert_int_equal(hs_dmirror_maps(now->dev, PFN + 2, PFN + 4), 2);
	assert_int_equal(hs_dmirror_maps(now->dev, 0, PFN), 0);
	assert_int_equal(entry(PAGES), 0);
	assert_int_equal(hs_dmirror_entry(now->self, now->dev, at(0) - 1), 0);
}

EACH_VALIDITY(populate_mirrors_exactly_its_range, populates_exactly_its_range)

static void write_is_what_the_cpu_may(void)
{
	map(1, HS_ENTRY_VALID | (PFN + 1));
	assert_int_equal(populate(0, 3, false), 0);
	expect("wrw-----");
	will_fault(PRESENT | (PFN + 1));
	assert_int_equal(populate(0, 2, true), 0);
	assert_int_equal(now->faults, 1);
	expect("www-----");
	assert_int_equal(stats().walk.faults, 1);
}

EACH_VALIDITY(an_entry_is_writable_if_the_cpus_is, write_is_what_the_cpu_may)

static void missing_is_faulted(void)
{
	map(3, 0);
	will_fault(PRESENT | (PFN + 3));
	assert_int_equal(populate(3, 4, false), 0);
	expect("---w----");
	assert_int_equal(stats().walk.faults, 1);
	assert_int_equal(stats().walk.passes, 2);
}

EACH_VALIDITY(what_is_missing_is_faulted_in, missing_is_faulted)

static void errors_leave_everything(void)
{
	struct hs_task *self = now->self;

	assert_int_equal(populate(0, 2, false), 0);
	map(5, 0);
	assert_int_equal(populate(4, 6, false), -EFAULT);
	expect("ww------");
	map(5, PRESENT | (PFN + 5));
	assert_int_equal(populate(2, 2, false), -EINVAL);
	assert_int_equal(populate(3, 2, false), -EINVAL);
	assert_int_equal(populate(0, PAGES + 1, false), -EINVAL);
	assert_int_equal(hs_dmirror_populate(self, now->dev, at(0) - PAGE, at(1), false), -EINVAL);
	assert_int_equal(hs_dmirror_populate(self, now->dev, at(0) + 1, at(1), false), -EINVAL);
	assert_int_equal(hs_dmirror_populate(self, now->dev, at(0), at(1) - 1, false), -EINVAL);
	assert_int_equal(hs_dmirror_populate(self, now->dev, at(0), UINT64_MAX, false), -EINVAL);
	expect("ww------");
	assert_int_equal(stats().populates, 1);
	assert_int_equal(stats().walk.faults, now->faults);
}

EACH_VALIDITY(errors_leave_the_entries_as_they_were, errors_leave_everything)

/* 6.12 checks WRITE before it faults; 5.3 checks only that the VMA may be read. */
static void a_vma_that_does_not_allow_it_is_eperm(void **state)
{
	(void)state;
	now->config.range.end = at(PAGES + 2);
	assert_int_equal(hs_vma_add(now->self, now->mm, at(PAGES), at(PAGES + 1), HS_VM_READ), 0);
	assert_int_equal(hs_vma_add(now->self, now->mm, at(PAGES + 1), at(PAGES + 2), 0), 0);
	open_device();
	assert_int_equal(populate(PAGES, PAGES + 1, true), -EPERM);
	assert_int_equal(populate(PAGES + 1, PAGES + 2, false), -EFAULT);
	close_device();
	now->config.range.era = HS_ERA_5_3;
	open_device();
	assert_int_equal(populate(PAGES + 1, PAGES + 2, false), -EPERM);
	close_device();
}

static void a_change_costs_one_retry(void)
{
	map(0, 0);
	now->during = inv(at(0), at(1));
	will_fault(PRESENT | (PFN + 1));
	assert_int_equal(populate(0, 1, false), 0);
	assert_int_equal(entry(0), HS_PFN_VALID | HS_PFN_WRITE | (PFN + 1));
	now->during = inv(0, 0);
	/* The flag is true again: the populate cannot see that anything happened. */
	assert_int_equal(stats().retries, now->config.validity == HS_VALIDITY_SEQ);
	assert_int_equal(stats().invalidations, 1);
	map(0, PRESENT | PFN);
}

EACH_VALIDITY(a_change_during_the_walk_costs_one_retry, a_change_costs_one_retry)

static void two_changes_cost_two_retries(void **state)
{
	(void)state;
	now->config.validity = HS_VALIDITY_SEQ;
	open_device();
	now->during = inv(at(0), at(1));
	for (uint64_t n = 1; n <= 2; n++) {
		map(0, 0);
		will_fault(PRESENT | (PFN + 1));
		assert_int_equal(populate(0, 1, false), 0);
		assert_int_equal(stats().retries, n);
		assert_int_equal(stats().populates, n);
	}
	close_device();
}

static void tries_bound_the_turns(void **state)
{
	(void)state;
	now->config.tries = 2;
	open_device();
	now->during = inv(at(0), at(2));
	map(0, 0);
	map(1, 0);
	will_fault(0);
	will_fault(0);
	will_fault(PRESENT | PFN);
	assert_int_equal(populate(0, 1, false), -EBUSY);
	assert_int_equal(now->faults, 2);
	assert_int_equal(stats().retries, 2);
	assert_int_equal(stats().populates, 0);
	assert_int_equal(stats().walk.faults, 2);
	expect("--------");
	now->during = inv(0, 0);
	assert_int_equal(populate(0, 1, false), 0);
	expect("w-------");
	close_device();
}

/* The flag stays false while the invalidation is in progress; each wait has its deadline. */
static void an_invalid_range_is_ebusy_after_the_tries(void **state)
{
	struct hs_invalidation i = inv(at(0), at(1));
	struct hs_notifiers *notifiers = hs_mm_notifiers(now->mm);
	uint64_t ticks;

	(void)state;
	now->config.validity = HS_VALIDITY_FLAG;
	now->config.tries = 3;
	open_device();
	assert_int_equal(hs_invalidate_start(now->self, notifiers, &i), 0);
	ticks = hs_ticks(now->self);
	assert_int_equal(populate(0, 1, false), -EBUSY);
	assert_true(hs_ticks(now->self) >= ticks + 3 * HS_RANGE_DEFAULT_TICKS);
	assert_int_equal(stats().retries, 3);
	hs_invalidate_end(now->self, notifiers, &i);
	assert_int_equal(populate(0, 1, false), 0);
	close_device();
}

/* ---- what is no page --------------------------------------------------------------------- */

static void v5_3_leaves_swap_entries_unmapped(void **state)
{
	(void)state;
	now->config.range.era = HS_ERA_5_3;
	map(1, hs_entry_typed(HS_TYPE_SWAP, 5, 0));
	open_device();
	assert_int_equal(populate(0, 3, false), 0);
	expect("w-w-----");
	close_device();
}

static const int me, other;

/* With 5.3 the device gets pages of every owner and compares; 6.12 faults the other's page back. */
static void private_pages_are_taken_by_their_owner(void **state)
{
	struct hs_task *self = now->self;
	struct hs_pgmap *pgmap = NULL;

	(void)state;
	assert_int_equal(hs_pgmap_add(self, HS_PGMAP_PRIVATE, 0x200000, 0x200200, &me, &pgmap), 0);
	assert_int_equal(hs_page_init_device(self, 0x200001, pgmap), 0);
	map(1, HS_ENTRY_DEVPRIV | HS_ENTRY_WRITE | 0x200001);
	for (int era = 0; era < HS_ERA_COUNT; era++) {
		now->config.range.era = (enum hs_era)era;
		now->config.range.owner = &me;
		open_device();
		assert_int_equal(populate(0, 2, false), 0);
		assert_int_equal(entry(1), HS_PFN_VALID | HS_PFN_WRITE | 0x200001);
		close_device();
		now->config.range.owner = &other;
		open_device();
		assert_int_equal(populate(0, 2, false), era == HS_ERA_5_3 ? 0 : -EFAULT);
		assert_int_equal(entry(1), 0);
		close_device();
	}
	hs_pgmap_kill(self, pgmap);
	hs_pgmap_remove(self, pgmap);
}

/* The order in a slot of 6.12 lies on the bits of 5.3's DEVICE. */
static void the_order_is_no_flag(void **state)
{
	uint64_t leaf = PRESENT | HS_ENTRY_DEVMAP | (uint64_t)18 << HS_ENTRY_ORDER_SHIFT | 0x40000;

	(void)state;
	assert_int_equal(hs_vma_add(now->self, now->mm, 0x40000000, 0x80000000, HS_VM_READ), 0);
	assert_int_equal(hs_pt_set(now->self, now->mm, 0x40000000, 2, leaf), 0);
	now->config.range.start = 0x40000000;
	now->config.range.end = 0x40002000;
	open_device();
	assert_int_equal(hs_dmirror_populate(now->self, now->dev, 0x40000000, 0x40002000, false),
			 0);
	assert_int_equal(hs_dmirror_entry(now->self, now->dev, 0x40001000),
			 HS_PFN_VALID | HS_PFN_WRITE | 0x40001);
	close_device();
}

/* ---- touching ---------------------------------------------------------------------------- */

static void access_needs_a_live_page_and_an_entry(void **state)
{
	struct hs_task *self = now->self;

	(void)state;
	assert_int_equal(hs_memory_add(self, PFN, PFN + 0x200, false), 0);
	map(1, HS_ENTRY_VALID | (PFN + 1));
	map(2, hs_entry_typed(HS_TYPE_ZERO, HS_ZERO_PFN, HS_ENTRY_VALID));
	now->config.touch = true;
	open_device();
	assert_false(hs_dmirror_access(self, now->dev, at(0), false));
	assert_int_equal(populate(0, 3, false), 0);
	assert_true(hs_dmirror_access(self, now->dev, at(0), false));
	assert_true(hs_dmirror_access(self, now->dev, at(0) + 0xfff, true));
	assert_true(hs_dmirror_access(self, now->dev, at(1), false));
	assert_false(hs_dmirror_access(self, now->dev, at(1), true));
	assert_true(hs_dmirror_access(self, now->dev, at(2), false));
	assert_false(hs_dmirror_access(self, now->dev, at(3), false));
	assert_false(hs_dmirror_access(self, now->dev, at(PAGES), false));
	assert_false(hs_dmirror_access(self, now->dev, at(0) - 1, false));
	close_device();
}

/* ---- invalidations ----------------------------------------------------------------------- */

static void clears_what_overlaps(void)
{
	static const struct {
		uint64_t start, end;
		const char *left;
	} table[] = {
		{ BASE, BASE + PAGE, "-wwwwwww" },
		{ BASE + 3 * PAGE, BASE + 5 * PAGE, "www--www" },
		{ BASE + 7 * PAGE, BASE + 8 * PAGE, "wwwwwww-" },
		{ BASE - 4 * PAGE, BASE + 2 * PAGE, "--wwwwww" },
		{ BASE + 6 * PAGE, BASE + 20 * PAGE, "wwwwww--" },
		{ BASE + 2 * PAGE + 1, BASE + 2 * PAGE + 2, "ww-wwwww" },
		{ 0, BASE, "wwwwwwww" },
		{ BASE + 8 * PAGE, UINT64_MAX, "wwwwwwww" },
		{ 0, UINT64_MAX, "--------" },
	};
	uint64_t taken = 0;

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		assert_int_equal(populate(0, PAGES, false), 0);
		invalidate(inv(table[i].start, table[i].end));
		expect(table[i].left);
		taken += strchr(table[i].left, '-') != NULL;
	}
	assert_int_equal(stats().invalidations, taken);
	assert_int_equal(stats().refusals, 0);
}

EACH_VALIDITY(an_invalidation_clears_exactly_what_overlaps, clears_what_overlaps)

static void own_are_left_out(void)
{
	struct hs_invalidation i = inv(at(0), at(PAGES));

	for (int e = 0; e < HS_INVALIDATE_EVENT_COUNT; e++) {
		bool skips = e == HS_INVALIDATE_MIGRATE || e == HS_INVALIDATE_EXCLUSIVE;

		i.event = (enum hs_invalidate_event)e;
		i.owner = &me;
		assert_int_equal(populate(0, 1, false), 0);
		invalidate(i);
		expect(skips ? "w-------" : "--------");
		i.owner = &other;
		assert_int_equal(populate(0, 1, false), 0);
		invalidate(i);
		expect("--------");
	}
	assert_int_equal(stats().invalidations, 2 * HS_INVALIDATE_EVENT_COUNT - 2);
}

static void its_own_migrations_are_left_out(void **state)
{
	(void)state;
	now->config.range.owner = &me;
	each_validity(own_are_left_out);
}

static void without_owner_none_is_own(void)
{
	struct hs_invalidation i = inv(at(0), at(1));

	i.event = HS_INVALIDATE_MIGRATE;
	assert_int_equal(populate(0, 1, false), 0);
	invalidate(i);
	expect("--------");
}

EACH_VALIDITY(without_an_owner_nothing_is_its_own, without_owner_none_is_own)

static void refusal_leaves_everything(void)
{
	struct hs_task *self = now->self;
	struct hs_notifiers *notifiers = hs_mm_notifiers(now->mm);
	struct hs_invalidation i = inv(at(0), at(4));

	i.blockable = false;
	/* A mirror of v5.3 is a plain notifier, and this mm has had an interval subscription. */
	assert_int_equal(hs_notifiers_set_refusal(self, notifiers, HS_REFUSAL_UNDONE), 0);
	assert_int_equal(populate(0, 4, false), 0);
	hs_mutex_lock(self, &now->dev->lock);
	assert_int_equal(hs_invalidate_start(self, notifiers, &i), -EAGAIN);
	hs_mutex_unlock(self, &now->dev->lock);
	expect("wwww----");
	assert_int_equal(stats().refusals, 1);
	assert_int_equal(stats().invalidations, 0);
	assert_true(hs_notifiers_idle(notifiers));
	assert_int_equal(populate(4, 5, false), 0);
	invalidate(i);
	expect("----w---");
	assert_int_equal(stats().refusals, 1);
	assert_int_equal(stats().invalidations, 1);
}

EACH_VALIDITY(a_callback_that_may_not_block_refuses, refusal_leaves_everything)

/* ---- the end of the address space -------------------------------------------------------- */

static void the_end_of_the_address_space_clears_everything(void **state)
{
	struct hs_task *self = now->self;

	(void)state;
	for (int v = 0; v < HS_VALIDITY_COUNT; v++) {
		struct hs_dmirror *late;

		now->config.validity = (enum hs_validity)v;
		open_device();
		assert_int_equal(populate(0, PAGES, false), 0);
		hs_mmput(self, now->mm);
		now->mm = NULL;
		expect("--------");
		assert_true(stats().invalidations > 0);
		assert_int_equal(populate(0, 1, false), -EFAULT);
		assert_int_equal(stats().populates, 1);
		assert_int_equal(hs_dmirror_create(self, &now->config, &late), -EINVAL);
		close_device();
		kit_make_mm();
	}
}

/* With the fault handler that every address space has at first. */
static void faulted_memory_comes_and_goes(void **state)
{
	struct hs_task *self = now->self;

	(void)state;
	assert_int_equal(hs_memory_add(self, 0, 0x8000, true), 0);
	hs_mm_set_fault_ops(now->mm, &hs_mm_fault_ops, NULL);
	for (uint64_t i = 0; i < PAGES; i++)
		map(i, 0);
	now->config.touch = true;
	for (int v = 0; v < HS_VALIDITY_COUNT; v++) {
		now->config.validity = (enum hs_validity)v;
		open_device();
		assert_int_equal(populate(0, 4, true), 0);
		assert_int_equal(hs_pages_allocated(self), 4);
		assert_true(hs_dmirror_access(self, now->dev, at(1), true));
		assert_int_equal(hs_madvise_dontneed(self, now->mm, at(1), at(3)), 0);
		assert_int_equal(hs_pages_allocated(self), 2);
		assert_int_equal(hs_dmirror_maps(now->dev, 0, UINT64_MAX), 2);
		assert_false(hs_dmirror_access(self, now->dev, at(1), false));
		/* Read: the zero page. */
		assert_int_equal(populate(1, 2, false), 0);
		assert_int_equal(entry(1), HS_PFN_VALID | HS_ZERO_PFN);
		assert_int_equal(hs_munmap(self, now->mm, at(0), at(2)), 0);
		assert_int_equal(hs_dmirror_maps(now->dev, 0, UINT64_MAX), 1);
		assert_int_equal(populate(1, 2, false), -EFAULT);
		assert_int_equal(
			hs_mmap(self, now->mm, at(0), at(2), HS_VM_READ | HS_VM_WRITE, NULL, 0), 0);
		close_device();
		assert_int_equal(hs_munmap(self, now->mm, at(0), at(PAGES)), 0);
		assert_int_equal(hs_mmap(self, now->mm, at(0), at(PAGES), HS_VM_READ | HS_VM_WRITE,
					 NULL, 0),
				 0);
	}
	assert_int_equal(hs_pages_allocated(self), 0);
}

/* ---- arguments, memory ------------------------------------------------------------------- */

static void refused(struct hs_dmirror_config c)
{
	struct hs_dmirror *dev;

	assert_int_equal(hs_dmirror_create(now->self, &c, &dev), -EINVAL);
}

static void a_device_that_makes_no_sense_is_refused(void **state)
{
	const struct hs_dmirror_config good = now->config;
	struct hs_dmirror_config c;

	(void)state;
	assert_int_equal(good.range.era, HS_ERA_6_12);
	assert_int_equal(good.range.body, HS_BODY_PLAIN);
	refused((c = good, c.range.mm = NULL, c));
	refused((c = good, c.range.end = c.range.start, c));
	refused((c = good, c.range.start = c.range.end + PAGE, c));
	refused((c = good, c.range.start += 1, c));
	refused((c = good, c.range.end += 1, c));
	refused((c = good, c.range.end = UINT64_MAX & ~(PAGE - 1), c));
	refused((c = good, c.range.era = HS_ERA_COUNT, c));
	refused((c = good, c.range.strategy = HS_STRATEGY_CUSTOM, c));
	refused((c = good, c.range.body = HS_BODY_COUNT, c));
	refused((c = good, c.validity = HS_VALIDITY_COUNT, c));
	refused((c = good, c.protocol = HS_PROTOCOL_COUNT, c));
}

/* Page 0 is mapped, page 1 is faulted in. */
static int live_and_die(struct machine *w, enum hs_validity validity)
{
	struct hs_dmirror_config config;
	struct hs_dmirror *dev = NULL;
	struct hs_mm *mm = NULL;
	int ret = hs_mm_create(w->self, hs_geometry(HS_GEOMETRY_X86_64), &mm);

	if (ret)
		return ret;
	ret = hs_vma_add(w->self, mm, at(0), at(PAGES), HS_VM_READ | HS_VM_WRITE);
	if (!ret)
		ret = hs_pt_set(w->self, mm, at(0), 0, PRESENT | PFN);
	if (!ret)
		ret = hs_memory_add(w->self, 0, 0x8000, true);
	hs_dmirror_config_init(&config, mm, at(0), at(PAGES));
	config.validity = validity;
	if (!ret)
		ret = hs_dmirror_create(w->self, &config, &dev);
	if (dev) {
		ret = hs_dmirror_populate(w->self, dev, at(0), at(2), true);
		assert_int_equal(hs_dmirror_maps(dev, 0, UINT64_MAX), ret ? 0 : 2);
		hs_dmirror_destroy(w->self, dev);
	}
	hs_mm_destroy(w->self, mm);
	return ret;
}

static void every_allocation_can_fail(void **state)
{
	(void)state;
	for (int v = 0; v < HS_VALIDITY_COUNT; v++) {
		uint64_t fail = 2;
		int ret;

		do {
			struct machine m;

			machine_open_failing(&m, ++fail);
			ret = live_and_die(&m, (enum hs_validity)v);
			/* A fault that finds no memory is -EFAULT to the walker. */
			assert_true(!ret || ret == -ENOMEM || ret == -EFAULT);
			machine_close(&m);
		} while (ret);
		assert_true(fail > 15);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		device_unit_test(populate_mirrors_exactly_its_range),
		device_unit_test(an_entry_is_writable_if_the_cpus_is),
		device_unit_test(what_is_missing_is_faulted_in),
		device_unit_test(errors_leave_the_entries_as_they_were),
		device_unit_test(a_vma_that_does_not_allow_it_is_eperm),
		device_unit_test(a_change_during_the_walk_costs_one_retry),
		device_unit_test(two_changes_cost_two_retries),
		device_unit_test(tries_bound_the_turns),
		device_unit_test(an_invalid_range_is_ebusy_after_the_tries),
		device_unit_test(v5_3_leaves_swap_entries_unmapped),
		device_unit_test(private_pages_are_taken_by_their_owner),
		device_unit_test(the_order_is_no_flag),
		device_unit_test(access_needs_a_live_page_and_an_entry),
		device_unit_test(an_invalidation_clears_exactly_what_overlaps),
		device_unit_test(its_own_migrations_are_left_out),
		device_unit_test(without_an_owner_nothing_is_its_own),
		device_unit_test(a_callback_that_may_not_block_refuses),
		device_unit_test(the_end_of_the_address_space_clears_everything),
		device_unit_test(faulted_memory_comes_and_goes),
		device_unit_test(a_device_that_makes_no_sense_is_refused),
		cmocka_unit_test(every_allocation_can_fail),
	};

	return cmocka_run_group_tests_name("device", tests, NULL, NULL);
}
