/* SPDX-License-Identifier: MIT */
/*
 * Devices, one task: what every driver does alike, on page tables made by hand, and what is refused
 * in words of the API. What they do in a race is in src/text/scenarios/drivers.txt.
 */
#include "support/device_kit.h"

#include <hmmsim/device.h>

static struct hs_device *device;
static struct hs_device_config config;

/* The pages of the kit have no structs. */
static void configure(enum hs_device_model model)
{
	hs_device_config_init(&config, model, now->mm, at(0), at(PAGES));
	config.touch = false;
}

static void open_device(void)
{
	assert_int_equal(hs_device_create(now->self, &config, &device), 0);
}

static void close_device(void)
{
	hs_device_destroy(now->self, device);
	device = NULL;
	now->given = now->wanted = now->faults = 0;
	now->during = inv(0, 0);
	for (uint64_t i = 0; i < PAGES; i++)
		map(i, PRESENT | (PFN + i));
}

/* Each body with each driver that mirrors. */
static void each_model(void (*test)(void))
{
	for (int model = 0; model < HS_DEVICE_MODEL_COUNT; model++) {
		configure((enum hs_device_model)model);
		open_device();
		test();
		close_device();
	}
}

#define EACH_MODEL(test, body)         \
	static void test(void **state) \
	{                              \
		(void)state;           \
		each_model(body);      \
	}

static int populate(uint64_t first, uint64_t end, bool write)
{
	return hs_device_populate(now->self, device, at(first), at(end), write);
}

static uint64_t entry(uint64_t page)
{
	return hs_device_entry(now->self, device, at(page));
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

static struct hs_device_stats stats(void)
{
	struct hs_device_stats s;

	hs_device_stats(now->self, device, &s);
	return s;
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
	assert_int_equal(hs_device_maps(device, PFN, PFN + PAGES), PAGES);
	assert_int_equal(hs_device_maps(device, PFN + 2, PFN + 4), 2);
	assert_int_equal(hs_device_maps(device, 0, PFN), 0);
	assert_int_equal(entry(PAGES), 0);
	assert_int_equal(hs_device_entry(now->self, device, at(0) - 1), 0);
}

EACH_MODEL(populate_maps_exactly_its_range, populates_exactly_its_range)

static void write_is_what_the_cpu_may(void)
{
	map(1, HS_ENTRY_VALID | (PFN + 1));
	assert_int_equal(populate(0, 3, false), 0);
	expect("wrw-----");
	will_fault(PRESENT | (PFN + 1));
	assert_int_equal(populate(0, 2, true), 0);
	assert_int_equal(now->faults, 1);
	expect("www-----");
}

EACH_MODEL(an_entry_is_writable_if_the_cpus_is, write_is_what_the_cpu_may)

static void errors_map_nothing(void)
{
	struct hs_task *self = now->self;

	map(5, 0);
	assert_int_equal(populate(5, 6, false), -EFAULT);
	assert_int_equal(now->faults, 1);
	assert_int_equal(populate(2, 2, false), -EINVAL);
	assert_int_equal(populate(3, 2, false), -EINVAL);
	assert_int_equal(populate(0, PAGES + 1, false), -EINVAL);
	assert_int_equal(hs_device_populate(self, device, at(0) - PAGE, at(1), false), -EINVAL);
	assert_int_equal(hs_device_populate(self, device, at(0) + 1, at(1), false), -EINVAL);
	assert_int_equal(hs_device_populate(self, device, at(0), at(1) - 1, false), -EINVAL);
	assert_int_equal(hs_device_populate(self, device, at(0), UINT64_MAX, false), -EINVAL);
	expect("--------");
	assert_int_equal(stats().populates, 0);
	assert_int_equal(stats().retries, 0);
}

EACH_MODEL(an_error_maps_nothing, errors_map_nothing)

static void tries_bound_the_turns(void **state)
{
	(void)state;
	for (int model = 0; model < HS_DEVICE_MODEL_COUNT; model++) {
		configure((enum hs_device_model)model);
		config.tries = 2;
		config.corrections = hs_device_corrections(config.model);
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
		expect("--------");
		now->during = inv(0, 0);
		assert_int_equal(populate(0, 1, false), 0);
		expect("w-------");
		close_device();
	}
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
		{ BASE - 4 * PAGE, BASE + 2 * PAGE, "--wwwwww" },
		{ BASE + 6 * PAGE, BASE + 20 * PAGE, "wwwwww--" },
		{ BASE - 4 * PAGE, BASE, "wwwwwwww" },
		{ BASE + 8 * PAGE, BASE + 9 * PAGE, "wwwwwwww" },
		{ 0, UINT64_MAX, "--------" },
	};

	for (size_t i = 0; i < COUNT(table); i++) {
		assert_int_equal(populate(0, PAGES, false), 0);
		invalidate(inv(table[i].start, table[i].end));
		expect(table[i].left);
	}
	assert_int_equal(stats().invalidations, 5);
}

EACH_MODEL(an_invalidation_clears_what_it_overlaps, clears_what_overlaps)

static void refuses_to_sleep(void)
{
	struct hs_invalidation i = inv(at(0), at(1));
	int ret;

	i.blockable = false;
	assert_int_equal(populate(0, 2, false), 0);
	ret = hs_invalidate_start(now->self, hs_mm_notifiers(now->mm), &i);
	if (config.model == HS_DEVICE_DMIRROR) { /* it tries */
		assert_int_equal(ret, 0);
		hs_invalidate_end(now->self, hs_mm_notifiers(now->mm), &i);
		expect("-w------");
		return;
	}
	assert_int_equal(ret, -EAGAIN);
	expect("ww------");
	assert_int_equal(stats().refusals, 1);
	assert_int_equal(stats().invalidations, 0);
}

EACH_MODEL(a_callback_that_may_not_sleep_refuses, refuses_to_sleep)

/* ---- owners ------------------------------------------------------------------------------ */

static const int me, other;

/* ODP names no owner. The other drivers of a cluster have one in common. */
static void private_pages_are_taken_by_their_owner(void **state)
{
	struct hs_task *self = now->self;
	struct hs_pgmap *pgmap = NULL;

	(void)state;
	assert_int_equal(hs_pgmap_add(self, HS_PGMAP_PRIVATE, 0x200000, 0x200200, &me, &pgmap), 0);
	assert_int_equal(hs_page_init_device(self, 0x200001, pgmap), 0);
	for (int model = 0; model < HS_DEVICE_MODEL_COUNT; model++)
		for (int mine = 0; mine < 2; mine++) {
			bool takes = mine && model != HS_DEVICE_ODP;

			configure((enum hs_device_model)model);
			config.owner = mine ? &me : &other;
			open_device();
			map(1, HS_ENTRY_DEVPRIV | HS_ENTRY_WRITE | 0x200001);
			assert_int_equal(populate(1, 2, false), takes ? 0 : -EFAULT);
			assert_int_equal(entry(1),
					 takes ? HS_PFN_VALID | HS_PFN_WRITE | 0x200001 : 0);
			close_device();
		}
	hs_pgmap_kill(self, pgmap);
	hs_pgmap_remove(self, pgmap);
}

/* ---- touching ---------------------------------------------------------------------------- */

static void access_needs_a_live_page_and_an_entry(void **state)
{
	struct hs_task *self = now->self;

	(void)state;
	assert_int_equal(hs_memory_add(self, PFN, PFN + 0x200, false), 0);
	for (int model = 0; model < HS_DEVICE_MODEL_COUNT; model++) {
		configure((enum hs_device_model)model);
		config.touch = true;
		open_device();
		map(1, HS_ENTRY_VALID | (PFN + 1));
		assert_false(hs_device_access(self, device, at(0), false));
		assert_int_equal(populate(0, 3, false), 0);
		assert_true(hs_device_access(self, device, at(0), false));
		assert_true(hs_device_access(self, device, at(0) + 0xfff, true));
		assert_true(hs_device_access(self, device, at(1), false));
		assert_false(hs_device_access(self, device, at(1), true));
		assert_false(hs_device_access(self, device, at(3), false));
		assert_false(hs_device_access(self, device, at(PAGES), false));
		assert_false(hs_device_access(self, device, at(0) - 1, false));
		close_device();
	}
}

/* ---- the fence --------------------------------------------------------------------------- */

static void stopped_device_handles_no_fault(void)
{
	assert_int_equal(populate(0, 2, false), 0);
	hs_device_stop(now->self, device);
	assert_int_equal(populate(0, 1, false), -ENODEV);
	expect("ww------");
	invalidate(inv(at(0), at(1)));
	expect("-w------");
	hs_device_stop(now->self, device);
	assert_int_equal(stats().populates, 1);
}

EACH_MODEL(a_device_that_is_stopped_handles_no_fault, stopped_device_handles_no_fault)

/* ---- configs ----------------------------------------------------------------------------- */

static int refused(void)
{
	return hs_device_create(now->self, &config, &device);
}

#define REFUSES(model, change)                        \
	do {                                          \
		configure(model);                     \
		change;                               \
		assert_int_equal(refused(), -EINVAL); \
		assert_null(device);                  \
	} while (0)

static void a_config_that_makes_no_device_is_refused(void **state)
{
	(void)state;
	REFUSES(HS_DEVICE_ODP, config.mm = NULL);
	REFUSES(HS_DEVICE_ODP, config.start = config.end);
	REFUSES(HS_DEVICE_ODP, config.start++);
	REFUSES(HS_DEVICE_ODP, config.end--);
	REFUSES(HS_DEVICE_ODP, config.end = UINT64_MAX & ~(PAGE - 1));
	REFUSES(HS_DEVICE_ODP, config.model = HS_DEVICE_MODEL_COUNT);
	REFUSES(HS_DEVICE_ODP, config.corrections = HS_CORRECT_MAP_LOCKED);
	REFUSES(HS_DEVICE_AMDGPU, config.corrections = HS_CORRECT_SEQUENCE);
	REFUSES(HS_DEVICE_AMDGPU, config.strategy = HS_STRATEGY_PER_TABLE);
	REFUSES(HS_DEVICE_AMDGPU, config.strategy = HS_STRATEGY_CUSTOM);
	hs_mmgrab(now->self, now->mm);
	hs_mmput(now->self, now->mm);
	for (int model = 0; model < HS_DEVICE_MODEL_COUNT; model++)
		REFUSES((enum hs_device_model)model, (void)0);
	hs_mmdrop(now->self, now->mm);
	now->mm = NULL;
}

static void names_are_those_of_texts(void **state)
{
	(void)state;
	assert_string_equal(hs_device_model_name(HS_DEVICE_DMIRROR), "dmirror");
	assert_string_equal(hs_device_model_name(HS_DEVICE_AMDGPU), "amdgpu");
	assert_string_equal(hs_device_model_name(HS_DEVICE_ODP), "odp");
	assert_string_equal(hs_device_model_name(HS_DEVICE_MODEL_COUNT), "?");
	assert_int_equal(hs_device_corrections(HS_DEVICE_ODP), 0);
	assert_int_equal(hs_device_corrections(HS_DEVICE_AMDGPU), HS_CORRECT_MAP_LOCKED);
	assert_int_equal(hs_device_corrections(HS_DEVICE_MODEL_COUNT), 0);
	assert_string_equal(hs_correction_name(HS_CORRECT_SEQUENCE), "sequence");
	assert_string_equal(hs_correction_name(HS_CORRECT_UNREGISTER), "unregister");
	assert_string_equal(hs_correction_name(HS_CORRECT_MAP_LOCKED), "map-locked");
	assert_string_equal(hs_correction_name((enum hs_correction)3), "?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		device_unit_test(populate_maps_exactly_its_range),
		device_unit_test(an_entry_is_writable_if_the_cpus_is),
		device_unit_test(an_error_maps_nothing),
		device_unit_test(tries_bound_the_turns),
		device_unit_test(an_invalidation_clears_what_it_overlaps),
		device_unit_test(a_callback_that_may_not_sleep_refuses),
		device_unit_test(private_pages_are_taken_by_their_owner),
		device_unit_test(access_needs_a_live_page_and_an_entry),
		device_unit_test(a_device_that_is_stopped_handles_no_fault),
		device_unit_test(a_config_that_makes_no_device_is_refused),
		device_unit_test(names_are_those_of_texts),
	};

	return cmocka_run_group_tests_name("devices", tests, NULL, NULL);
}
