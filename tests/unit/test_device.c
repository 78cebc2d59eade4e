/* SPDX-License-Identifier: MIT */
/*
 * Devices, one task: what every driver does alike, on page tables made by hand, and what is refused
 * in words of the API. What they do in a race is in src/text/scenarios/drivers.txt.
 */
#include "support/driver_kit.h"

/* Each body with each driver that mirrors. */
static void each_model(void (*test)(void))
{
	for (int model = 0; model < MIRRORS; model++) {
		configure(model);
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

/* ---- populate ---------------------------------------------------------------------------- */

static void populates_exactly_its_range(void)
{
	expect("--------");
	assert_int_equal(hs_device_maps(device, 0, PFN), 0);
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

static bool is_of_2019(void)
{
	return config.model == HS_DEVICE_NOUVEAU_2019 || config.model == HS_DEVICE_AMDGPU_2019;
}

/* The range is invalidated in each fault. A walk of v5.3 whose range is valid again goes on. */
static void tries_bound_the_turns(void **state)
{
	(void)state;
	for (int model = 0; model < MIRRORS; model++) {
		configure(model);
		config.tries = is_of_2019() ? 1 : 2;
		config.corrections = hs_device_corrections(config.model);
		open_device();
		now->during = inv(at(0), at(2));
		map(0, 0);
		map(1, 0);
		if (!is_of_2019())
			will_fault(0);
		will_fault(is_of_2019() ? PRESENT | PFN : 0);
		will_fault(PRESENT | PFN);
		assert_int_equal(populate(0, 1, false), -EBUSY);
		assert_int_equal(now->faults, config.tries);
		assert_int_equal(stats().retries, config.tries);
		assert_int_equal(stats().populates, 0);
		expect("--------");
		now->during = inv(0, 0);
		assert_int_equal(populate(0, 1, false), 0);
		expect("w-------");
		close_device();
	}
}

/* ---- invalidations ----------------------------------------------------------------------- */

static bool takes_every_lock(void)
{
	return config.model == HS_DEVICE_NOUVEAU || config.model == HS_DEVICE_NOUVEAU_2019 ||
	       config.model == HS_DEVICE_AMDGPU_2019;
}

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
	/* Some take the lock whether their window is hit or not. */
	assert_int_equal(stats().invalidations, takes_every_lock() ? 7 : 5);
}

EACH_MODEL(an_invalidation_clears_what_it_overlaps, clears_what_overlaps)

static void refuses_to_sleep(void)
{
	struct hs_invalidation i = inv(at(0), at(1));
	int ret;

	i.blockable = false;
	/* What a plain notifier leaves to others when it refuses is no matter of this test. */
	hs_notifiers_set_refusal(now->self, hs_mm_notifiers(now->mm), HS_REFUSAL_UNDONE);
	assert_int_equal(populate(0, 2, false), 0);
	ret = hs_invalidate_start(now->self, hs_mm_notifiers(now->mm), &i);
	if (config.model == HS_DEVICE_DMIRROR || config.model == HS_DEVICE_TEST_HMM) {
		/* it tries */
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

/*
 * The walk of v5.3 hands out pages of any owner: nouveau compares, amdgpu does not. Of v6.12 ODP
 * names no owner, so that each page is faulted back, which fails here.
 */
static void private_pages_are_taken_by_their_owner(void **state)
{
	static const struct {
		int ret[2]; /* of another owner; of the device's */
		bool takes[2];
		uint64_t foreign;
	} expected[MIRRORS] = {
		[HS_DEVICE_DMIRROR] = { { -EFAULT, 0 }, { false, true }, 0 },
		[HS_DEVICE_TEST_HMM] = { { -EFAULT, 0 }, { false, true }, 0 },
		[HS_DEVICE_NOUVEAU_2019] = { { 0, 0 }, { false, true }, 1 },
		[HS_DEVICE_NOUVEAU] = { { -EFAULT, 0 }, { false, true }, 0 },
		[HS_DEVICE_AMDGPU_2019] = { { 0, 0 }, { true, true }, 0 },
		[HS_DEVICE_AMDGPU] = { { -EFAULT, 0 }, { false, true }, 0 },
		[HS_DEVICE_ODP] = { { -EFAULT, -EFAULT }, { false, false }, 0 },
	};
	const uint64_t word = HS_PFN_VALID | HS_PFN_WRITE | 0x200001;
	struct hs_task *self = now->self;
	struct hs_pgmap *pgmap = NULL;

	(void)state;
	assert_int_equal(hs_pgmap_add(self, HS_PGMAP_PRIVATE, 0x200000, 0x200200, &me, &pgmap), 0);
	assert_int_equal(hs_page_init_device(self, 0x200001, pgmap), 0);
	for (int model = 0; model < MIRRORS; model++)
		for (int mine = 0; mine < 2; mine++) {
			configure(model);
			config.owner = mine ? &me : &other;
			open_device();
			map(1, HS_ENTRY_DEVPRIV | HS_ENTRY_WRITE | 0x200001);
			assert_int_equal(populate(1, 2, false), expected[model].ret[mine]);
			assert_int_equal(entry(1), expected[model].takes[mine] ? word : 0);
			assert_int_equal(stats().foreign, mine ? 0 : expected[model].foreign);
			close_device();
		}
	hs_pgmap_kill(self, pgmap);
	hs_pgmap_remove(self, pgmap);
}

/* The device that migrates clears its words itself, where its driver skips the event. */
static void own_migrations_leave_the_words(void **state)
{
	static const struct {
		enum hs_invalidate_event event;
		const void *owner;
	} events[] = {
		{ HS_INVALIDATE_MIGRATE, &me },
		{ HS_INVALIDATE_MIGRATE, &other },
		{ HS_INVALIDATE_EXCLUSIVE, &me },
		{ HS_INVALIDATE_CLEAR, &me },
	};
	/* In the order of the events: a device of which the word stays. */
	static const char *const stays[MIRRORS] = {
		[HS_DEVICE_DMIRROR] = "----",	   [HS_DEVICE_TEST_HMM] = "y---",
		[HS_DEVICE_NOUVEAU_2019] = "----", [HS_DEVICE_NOUVEAU] = "y---",
		[HS_DEVICE_AMDGPU_2019] = "----",  [HS_DEVICE_AMDGPU] = "y---",
		[HS_DEVICE_ODP] = "----",
	};

	(void)state;
	for (int model = 0; model < MIRRORS; model++)
		for (size_t i = 0; i < COUNT(events); i++) {
			struct hs_invalidation of = inv(at(0), at(1));

			configure(model);
			config.owner = &me;
			open_device();
			assert_int_equal(populate(0, 1, false), 0);
			of.event = events[i].event;
			of.owner = events[i].owner;
			invalidate(of);
			assert_int_equal(entry(0) != 0, stays[model][i] == 'y');
			close_device();
		}
}

/* ---- touching ---------------------------------------------------------------------------- */

static void access_needs_a_live_page_and_an_entry(void **state)
{
	struct hs_task *self = now->self;

	(void)state;
	assert_int_equal(hs_memory_add(self, PFN, PFN + 0x200, false), 0);
	for (int model = 0; model < MIRRORS; model++) {
		configure(model);
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

/* ---- v5.3 -------------------------------------------------------------------------------- */

/* A fault that comes while an invalidation of something else is in progress waits, and gives up. */
static void a_range_that_does_not_become_valid_is_ebusy(void **state)
{
	static const enum hs_device_model models[] = { HS_DEVICE_NOUVEAU_2019,
						       HS_DEVICE_AMDGPU_2019 };
	struct hs_invalidation i = inv(at(6), at(7));
	struct hs_notifiers *notifiers = hs_mm_notifiers(now->mm);

	(void)state;
	for (size_t m = 0; m < COUNT(models); m++) {
		configure(models[m]);
		config.corrections = hs_device_corrections(config.model);
		config.tries = 3;
		open_device();
		assert_int_equal(hs_invalidate_start(now->self, notifiers, &i), 0);
		assert_int_equal(populate(0, 1, false), -EBUSY);
		assert_int_equal(stats().timeouts, 3);
		assert_int_equal(stats().retries, 3);
		hs_invalidate_end(now->self, notifiers, &i);
		assert_int_equal(populate(0, 1, false), 0);
		close_device();
	}
}

/* What the CPU has swapped out v5.3 answers without a page. */
static void v5_3_maps_no_swapped_page(void **state)
{
	(void)state;
	configure(HS_DEVICE_NOUVEAU_2019);
	open_device();
	map(1, hs_entry_typed(HS_TYPE_SWAP, 5, 0));
	assert_int_equal(populate(0, 3, false), 0);
	expect("w-w-----");
	close_device();
	configure(HS_DEVICE_AMDGPU_2019);
	open_device();
	map(1, hs_entry_typed(HS_TYPE_SWAP, 5, 0));
	assert_int_equal(populate(0, 3, false), -ENOMEM);
	assert_int_equal(populate(0, 2, false), -ENOMEM);
	expect("--------");
	close_device();
}

/* ---- pins -------------------------------------------------------------------------------- */

#define PIN_PAGES 4

/* Anonymous memory of PIN_PAGES pages at BASE, behind it a VMA that may only be read. */
static void open_pinning(void)
{
	struct hs_task *self = now->self;

	hs_mm_destroy(self, now->mm);
	assert_int_equal(hs_mm_create(self, hs_geometry(HS_GEOMETRY_X86_64), &now->mm), 0);
	assert_int_equal(hs_memory_add(self, 0x8000, 0x10000, false), 0);
	assert_int_equal(hs_mmap(self, now->mm, at(0), at(PIN_PAGES),
				 HS_VM_READ | HS_VM_WRITE | HS_VM_MAYWRITE, NULL, 0),
			 0);
	assert_int_equal(
		hs_mmap(self, now->mm, at(PIN_PAGES), at(PIN_PAGES + 1), HS_VM_READ, NULL, 0), 0);
	configure(HS_DEVICE_P2PDMA);
	config.touch = true;
	open_device();
}

static uint32_t pins(uint64_t page)
{
	return hs_page_count(now->self, hs_pfn_to_page(now->self, entry(page) & HS_ENTRY_PFN));
}

static void close_pinning(void)
{
	hs_device_destroy(now->self, device);
	device = NULL;
	assert_int_equal(hs_munmap(now->self, now->mm, at(0), at(PAGES)), 0);
	assert_int_equal(hs_pages_allocated(now->self), 0);
}

static void a_pin_is_put_when_the_transfer_is_over(void **state)
{
	struct hs_page *page;

	(void)state;
	open_pinning();
	assert_int_equal(populate(0, 2, true), 0);
	assert_int_equal(pins(0), 2);
	assert_int_equal(populate(0, 1, true), 0); /* again: the pin before is put */
	assert_int_equal(pins(0), 2);
	assert_true(hs_device_access(now->self, device, at(0), true));
	page = hs_pfn_to_page(now->self, entry(0) & HS_ENTRY_PFN);
	assert_int_equal(hs_munmap(now->self, now->mm, at(0), at(1)), 0);
	assert_int_equal(hs_page_count(now->self, page), 1);
	assert_true(entry(0) != 0); /* nothing tells the device */
	hs_device_stop(now->self, device);
	assert_int_equal(hs_pages_allocated(now->self), 1);
	assert_int_equal(entry(0) | entry(1), 0);
	assert_int_equal(populate(1, 2, true), -ENODEV);
	close_pinning();
}

static void what_cannot_be_pinned_is_efault(void **state)
{
	(void)state;
	open_pinning();
	assert_int_equal(populate(3, 5, true), -EFAULT); /* the page before is put again */
	assert_int_equal(populate(4, 5, true), -EFAULT);
	assert_int_equal(populate(4, 5, false), 0); /* the zero page */
	assert_int_equal(entry(4), HS_PFN_VALID | HS_ZERO_PFN);
	assert_int_equal(populate(5, 6, false), -EFAULT);
	assert_int_equal(entry(3), 0);
	assert_int_equal(stats().retries, 0);
	assert_int_equal(hs_munmap(now->self, now->mm, at(0), at(1)), 0);
	assert_int_equal(populate(0, 1, false), -EFAULT); /* a VMA begins behind it */
	close_pinning();
}

/* That a page which may only be read is mapped there does not do. */
static void a_pin_for_writing_is_of_a_page_that_may_be_written(void **state)
{
	(void)state;
	open_pinning();
	assert_int_equal(populate(0, 1, false), 0);
	assert_int_equal(entry(0), HS_PFN_VALID | HS_ZERO_PFN);
	assert_int_equal(populate(0, 1, true), 0);
	assert_true(entry(0) & HS_PFN_WRITE);
	assert_int_equal(pins(0), 2);
	close_pinning();
}

static void a_page_without_a_struct_is_not_pinned(void **state)
{
	(void)state;
	configure(HS_DEVICE_P2PDMA);
	config.tries = 1;
	open_device();
	assert_int_equal(populate(0, 1, false), -EFAULT);
	close_device();
}

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
	REFUSES(HS_DEVICE_AMDGPU_2019, config.strategy = HS_STRATEGY_CUSTOM);
	hs_mmgrab(now->self, now->mm);
	hs_mmput(now->self, now->mm);
	for (int model = 0; model < HS_DEVICE_MODEL_COUNT; model++)
		REFUSES(model, (void)0);
	hs_mmdrop(now->self, now->mm);
	now->mm = NULL;
}

static void names_are_those_of_texts(void **state)
{
	(void)state;
	assert_string_equal(hs_device_model_name(HS_DEVICE_DMIRROR), "dmirror");
	assert_string_equal(hs_device_model_name(HS_DEVICE_TEST_HMM), "test-hmm");
	assert_string_equal(hs_device_model_name(HS_DEVICE_NOUVEAU_2019), "nouveau-2019");
	assert_string_equal(hs_device_model_name(HS_DEVICE_NOUVEAU), "nouveau");
	assert_string_equal(hs_device_model_name(HS_DEVICE_AMDGPU_2019), "amdgpu-2019");
	assert_string_equal(hs_device_model_name(HS_DEVICE_AMDGPU), "amdgpu");
	assert_string_equal(hs_device_model_name(HS_DEVICE_P2PDMA), "p2pdma");
	assert_string_equal(hs_device_model_name(HS_DEVICE_ODP), "odp");
	assert_string_equal(hs_device_model_name(HS_DEVICE_MODEL_COUNT), "?");
	assert_int_equal(hs_device_corrections(HS_DEVICE_ODP), 0);
	assert_int_equal(hs_device_corrections(HS_DEVICE_DMIRROR), 0);
	assert_int_equal(hs_device_corrections(HS_DEVICE_TEST_HMM),
			 HS_CORRECT_OWN_PAGES | HS_CORRECT_OWN_EVENTS | HS_CORRECT_MIGRATE_WALK |
				 HS_CORRECT_EXCLUSIVE_CHECK | HS_CORRECT_EVICT_ALL);
	assert_int_equal(hs_device_corrections(HS_DEVICE_AMDGPU), HS_CORRECT_MAP_LOCKED);
	assert_int_equal(hs_device_corrections(HS_DEVICE_NOUVEAU_2019),
			 HS_CORRECT_SEQUENCE | HS_CORRECT_UNREGISTER);
	assert_int_equal(hs_device_corrections(HS_DEVICE_AMDGPU_2019),
			 HS_CORRECT_SEQUENCE | HS_CORRECT_MAP_LOCKED);
	assert_int_equal(hs_device_corrections(HS_DEVICE_MODEL_COUNT), 0);
	assert_string_equal(hs_correction_name(HS_CORRECT_SEQUENCE), "sequence");
	assert_string_equal(hs_correction_name(HS_CORRECT_UNREGISTER), "unregister");
	assert_string_equal(hs_correction_name(HS_CORRECT_MAP_LOCKED), "map-locked");
	assert_string_equal(hs_correction_name(HS_CORRECT_OWN_PAGES), "own-pages");
	assert_string_equal(hs_correction_name(HS_CORRECT_OWN_EVENTS), "own-events");
	assert_string_equal(hs_correction_name(HS_CORRECT_MIGRATE_WALK), "migrate-walk");
	assert_string_equal(hs_correction_name(HS_CORRECT_EXCLUSIVE_CHECK), "exclusive-check");
	assert_string_equal(hs_correction_name(HS_CORRECT_EVICT_ALL), "evict-all");
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
		device_unit_test(own_migrations_leave_the_words),
		device_unit_test(access_needs_a_live_page_and_an_entry),
		device_unit_test(a_device_that_is_stopped_handles_no_fault),
		device_unit_test(a_range_that_does_not_become_valid_is_ebusy),
		device_unit_test(v5_3_maps_no_swapped_page),
		device_unit_test(a_pin_is_put_when_the_transfer_is_over),
		device_unit_test(what_cannot_be_pinned_is_efault),
		device_unit_test(a_pin_for_writing_is_of_a_page_that_may_be_written),
		device_unit_test(a_page_without_a_struct_is_not_pinned),
		device_unit_test(a_config_that_makes_no_device_is_refused),
		device_unit_test(names_are_those_of_texts),
	};

	return cmocka_run_group_tests_name("devices", tests, NULL, NULL);
}
