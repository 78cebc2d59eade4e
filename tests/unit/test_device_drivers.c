/* SPDX-License-Identifier: MIT */
/*
 * Devices, one task: where the drivers differ. What is a change for the fault that a driver
 * handles, which pages it touches, what it does at the end of its address space.
 */
#include "support/driver_kit.h"

#include "device/device.h"
#include "support/death.h"

#define GONE 0x900000u /* a pfn without a struct page */

static const int me, other;

/* ---- what a fault asks for --------------------------------------------------------------- */

/* No driver lets a fault drop the mmap lock. */
static void faults_are_remote_and_keep_the_lock(void **state)
{
	(void)state;
	for (int model = 0; model < HS_DEVICE_MODEL_COUNT; model++) {
		configure(model);
		open_device();
		map(0, 0);
		assert_int_equal(populate(0, 1, false), -EFAULT);
		assert_int_equal(now->flags, HS_FAULT_REMOTE);
		assert_int_equal(populate(0, 1, true), -EFAULT);
		assert_int_equal(now->flags, HS_FAULT_REMOTE | HS_FAULT_WRITE);
		assert_int_equal(now->faults, 2);
		close_device();
	}
}

/* nouveau handles each page as a fault of its own, the others map all or nothing. */
static void a_hole_ends_a_populate(void **state)
{
	(void)state;
	for (int model = 0; model < MIRRORS; model++) {
		configure(model);
		open_device();
		map(1, 0);
		assert_int_equal(populate(0, PAGES, false), -EFAULT);
		assert_int_equal(now->faults, 1);
		assert_int_equal(entry(0) != 0, model == HS_DEVICE_NOUVEAU);
		for (uint64_t i = 1; i < PAGES; i++)
			assert_int_equal(entry(i), 0);
		close_device();
	}
}

/* The buffer of amdgpu of 2019 is a piece of one VMA. */
static void a_range_of_two_vmas_is_refused_by_amdgpu_2019_alone(void **state)
{
	(void)state;
	assert_int_equal(hs_vma_add(now->self, now->mm, at(PAGES), at(PAGES + 1), HS_VM_READ), 0);
	map(PAGES, HS_ENTRY_VALID | (PFN + PAGES));
	for (int model = 0; model < MIRRORS; model++) {
		bool refuses = model == HS_DEVICE_AMDGPU_2019;

		configure(model);
		config.end = at(PAGES + 1);
		open_device();
		assert_int_equal(populate(PAGES - 1, PAGES + 1, false), refuses ? -EFAULT : 0);
		assert_int_equal(!entry(PAGES - 1), refuses);
		assert_int_equal(!entry(PAGES), refuses);
		close_device();
	}
}

/* What the fault finds of the pgmap: with per-range the walk keeps its reference meanwhile. */
struct counted {
	struct hs_pgmap *pgmap;
	int64_t refs;
};

static uint32_t fault_counts(struct hs_task *self, struct hs_mm *mm, const struct hs_vma *vma,
			     uint64_t addr, uint32_t flags, void *arg)
{
	struct counted *c = arg;

	(void)vma, (void)flags;
	c->refs = hs_pgmap_refs(self, c->pgmap);
	return hs_pt_set(self, mm, addr, 0, PRESENT | PFN) ? HS_VM_FAULT_OOM : 0;
}

static const struct hs_fault_ops counts = { fault_counts, NULL };

static void drivers_of_2019_walk_with_their_strategy(void **state)
{
	static const int models[] = { HS_DEVICE_NOUVEAU_2019, HS_DEVICE_AMDGPU_2019 };
	struct hs_task *self = now->self;
	struct counted c = { NULL, 0 };
	int64_t before;

	(void)state;
	assert_int_equal(hs_pgmap_add(self, HS_PGMAP_FS_DAX, GONE, GONE + 512, NULL, &c.pgmap), 0);
	hs_mm_set_fault_ops(now->mm, &counts, &c);
	before = hs_pgmap_refs(self, c.pgmap);
	for (size_t i = 0; i < 2 * COUNT(models); i++) {
		configure(models[i / 2]);
		assert_int_equal(config.strategy, HS_STRATEGY_PER_TABLE);
		config.strategy = i % 2 ? HS_STRATEGY_PER_RANGE : HS_STRATEGY_NONE;
		open_device();
		map(0, PRESENT | HS_ENTRY_DEVMAP | GONE);
		map(1, 0);
		assert_int_equal(populate(0, 2, false), 0);
		assert_int_equal(c.refs, before + (int)(i % 2));
		close_device();
	}
	hs_pgmap_kill(self, c.pgmap);
	hs_pgmap_remove(self, c.pgmap);
}

/* ---- what is a change -------------------------------------------------------------------- */

/* In the order of the strings below. The fault is on page 1. */
static const struct {
	uint64_t page;
	enum hs_invalidate_event event;
	const void *owner;
} changes[] = {
	{ 1, HS_INVALIDATE_MIGRATE, &me }, { 1, HS_INVALIDATE_EXCLUSIVE, &me },
	{ 1, HS_INVALIDATE_CLEAR, &me },   { 1, HS_INVALIDATE_MIGRATE, &other },
	{ 2, HS_INVALIDATE_UNMAP, NULL },  { PAGES, HS_INVALIDATE_UNMAP, NULL },
};

static void expect_retries(const char *retries)
{
	for (size_t i = 0; i < COUNT(changes); i++) {
		config.owner = &me;
		open_device();
		map(1, 0);
		will_fault(PRESENT | (PFN + 1));
		now->during = inv(at(changes[i].page), at(changes[i].page + 1));
		now->during.event = changes[i].event;
		now->during.owner = changes[i].owner;
		assert_int_equal(populate(1, 2, false), 0);
		assert_int_equal(now->faults, 1);
		assert_int_equal(stats().retries, retries[i] - '0');
		assert_true(entry(1) != 0);
		close_device();
	}
}

/*
 * Of nouveau the range of a fault is one page, and skips EXCLUSIVE alone. The numbers of 2019 are
 * those of a callback for the whole address space: nouveau's counts all, amdgpu's its buffer.
 */
static void a_fault_is_tried_again_after_what_its_driver_takes_for_a_change(void **state)
{
	static const char *const retries[MIRRORS] = {
		[HS_DEVICE_DMIRROR] = "111110",	     [HS_DEVICE_TEST_HMM] = "111110",
		[HS_DEVICE_NOUVEAU_2019] = "111111", [HS_DEVICE_NOUVEAU] = "101100",
		[HS_DEVICE_AMDGPU_2019] = "111110",  [HS_DEVICE_AMDGPU] = "011110",
		[HS_DEVICE_ODP] = "111110",
	};

	(void)state;
	for (int model = 0; model < MIRRORS; model++) {
		configure(model);
		config.corrections = hs_device_corrections(config.model);
		expect_retries(retries[model]);
	}
}

/* The flag is true again when the walk ends. */
static void drivers_of_2019_see_no_change_that_is_over(void **state)
{
	(void)state;
	configure(HS_DEVICE_NOUVEAU_2019);
	expect_retries("000000");
	configure(HS_DEVICE_AMDGPU_2019);
	expect_retries("000000");
}

/* ---- callbacks --------------------------------------------------------------------------- */

/* NULL is the owner of no migration. */
static void an_event_without_an_owner_is_not_the_devices(void **state)
{
	struct hs_invalidation of = inv(at(0), at(1));

	(void)state;
	of.event = HS_INVALIDATE_MIGRATE;
	for (int model = 0; model < MIRRORS; model++) {
		configure(model);
		open_device();
		assert_int_equal(populate(0, 1, false), 0);
		invalidate(of);
		assert_int_equal(entry(0), 0);
		close_device();
	}
}

static int try_to_invalidate(uint64_t start, uint64_t end)
{
	struct hs_notifiers *notifiers = hs_mm_notifiers(now->mm);
	struct hs_invalidation i = inv(start, end);
	int ret;

	i.blockable = false;
	hs_notifiers_set_refusal(now->self, notifiers, HS_REFUSAL_UNDONE);
	ret = hs_invalidate_start(now->self, notifiers, &i);
	if (!ret)
		hs_invalidate_end(now->self, notifiers, &i);
	return ret;
}

static int try_with_the_lock_taken(uint64_t start, uint64_t end)
{
	int ret;

	hs_mutex_lock(now->self, device->lock);
	ret = try_to_invalidate(start, end);
	hs_mutex_unlock(now->self, device->lock);
	return ret;
}

/* Beside its buffer amdgpu of 2019 tries for the lock. */
static void amdgpu_2019_refuses_beside_its_buffer_only_if_the_lock_is_taken(void **state)
{
	(void)state;
	configure(HS_DEVICE_AMDGPU_2019);
	open_device();
	assert_int_equal(try_to_invalidate(at(0) - PAGE, at(0)), 0);
	assert_int_equal(try_to_invalidate(at(PAGES), at(PAGES + 1)), 0);
	assert_int_equal(stats().invalidations, 2);
	assert_int_equal(stats().refusals, 0);
	assert_int_equal(try_with_the_lock_taken(at(PAGES), at(PAGES + 1)), -EAGAIN);
	assert_int_equal(try_to_invalidate(at(PAGES - 1), at(PAGES)), -EAGAIN);
	assert_int_equal(stats().invalidations, 2);
	assert_int_equal(stats().refusals, 2);
	close_device();
}

/* An invalidation comes while nouveau's fault has its subscription, and the mutex is taken. */
static uint32_t fault_meets_a_try(struct hs_task *self, struct hs_mm *mm, const struct hs_vma *vma,
				  uint64_t addr, uint32_t flags, void *arg)
{
	(void)vma, (void)flags;
	*(int *)arg = try_with_the_lock_taken(addr, addr + PAGE);
	return hs_pt_set(self, mm, addr, 0, PRESENT | PFN) ? HS_VM_FAULT_OOM : 0;
}

static const struct hs_fault_ops meets_a_try = { fault_meets_a_try, NULL };

/* The interval part refuses, and the plain part is not called. */
static void a_fault_of_nouveau_tries_for_the_mutex(void **state)
{
	int ret = 0;

	(void)state;
	configure(HS_DEVICE_NOUVEAU);
	open_device();
	hs_mm_set_fault_ops(now->mm, &meets_a_try, &ret);
	map(0, 0);
	assert_int_equal(populate(0, 1, false), 0);
	assert_int_equal(ret, -EAGAIN);
	assert_int_equal(stats().refusals, 1);
	assert_int_equal(stats().invalidations, 0);
	close_device();
}

/* ---- touching ---------------------------------------------------------------------------- */

static void populate_all(void *write)
{
	populate(0, PAGES, write != NULL);
}

static void invalidate_page_0(void *arg)
{
	(void)arg;
	invalidate(inv(at(0), at(1)));
}

static void access_page_0(void *arg)
{
	(void)arg;
	hs_device_access(now->self, device, at(0), false);
}

/* Each page is in turn the one that is gone. */
static void a_driver_touches_every_page_that_it_maps(void **state)
{
	(void)state;
	assert_int_equal(hs_memory_add(now->self, PFN, PFN + 0x200, false), 0);
	for (int model = 0; model < MIRRORS; model++)
		for (uint64_t i = 0; i < PAGES; i++) {
			configure(model);
			config.touch = true;
			config.corrections = i % 2 ? hs_device_corrections(config.model) : 0;
			open_device();
			map(i, PRESENT | GONE);
			death_expect(populate_all, NULL, "touches page 0x900000, which is gone");
			close_device();
		}
}

static void a_driver_touches_pages_unless_it_is_told_otherwise(void **state)
{
	(void)state;
	for (int model = 0; model < HS_DEVICE_MODEL_COUNT; model++) {
		hs_device_config_init(&config, (enum hs_device_model)model, now->mm, at(0), at(1));
		assert_true(config.touch);
	}
}

/* Of a page that may be the device's own nouveau of 2019 asks the struct page. */
static void nouveau_2019_asks_a_private_page_for_its_owner(void **state)
{
	(void)state;
	configure(HS_DEVICE_NOUVEAU_2019);
	config.touch = true;
	open_device();
	map(0, HS_ENTRY_DEVPRIV | HS_ENTRY_WRITE | GONE);
	death_expect(populate_all, NULL, "touches page 0x900000, which is gone");
	device->config.touch = false;
	assert_int_equal(populate(0, 1, false), 0);
	assert_int_equal(entry(0), HS_PFN_VALID | HS_PFN_WRITE | GONE);
	assert_int_equal(stats().foreign, 0);
	close_device();
}

/* From where a page is gone, it is judged. */
static void map_gone_page(int model, uint64_t write)
{
	configure(model);
	open_device();
	map(0, HS_ENTRY_VALID | write | GONE);
	assert_int_equal(populate(0, 1, false), 0);
	device->config.touch = true;
}

/* Dirty is what the device might have written to. */
static void odp_touches_what_it_might_have_written_when_it_is_invalidated(void **state)
{
	(void)state;
	for (int model = 0; model < MIRRORS; model++) {
		map_gone_page(model, HS_ENTRY_WRITE);
		if (model == HS_DEVICE_ODP)
			death_expect(invalidate_page_0, NULL, "odp touches page 0x900000");
		else
			invalidate_page_0(NULL);
		close_device();
		map_gone_page(model, 0);
		invalidate_page_0(NULL);
		assert_int_equal(entry(0), 0);
		close_device();
	}
}

static void an_access_touches_the_page_that_it_may(void **state)
{
	(void)state;
	for (int model = 0; model < MIRRORS; model++) {
		map_gone_page(model, 0);
		death_expect(access_page_0, NULL, "touches page 0x900000, which is gone");
		assert_false(hs_device_access(now->self, device, at(0), true));
		device->config.touch = false; /* the mirror reaches for it at its end */
		close_device();
	}
}

/* ---- the end of the address space -------------------------------------------------------- */

/* The device keeps the struct of the mm. A driver of pinned pages is not told. */
static void the_end_of_the_address_space_takes_the_words(void **state)
{
	(void)state;
	for (int model = 0; model < HS_DEVICE_MODEL_COUNT; model++) {
		configure(model);
		open_device();
		if (model != HS_DEVICE_P2PDMA)
			assert_int_equal(populate(0, PAGES, false), 0);
		hs_mmput(now->self, now->mm);
		for (uint64_t i = 0; i < PAGES; i++)
			assert_int_equal(entry(i), 0);
		assert_int_equal(populate(0, 1, false), -EFAULT);
		assert_int_equal(stats().retries, 0);
		kit_make_mm();
		close_device();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		device_unit_test(faults_are_remote_and_keep_the_lock),
		device_unit_test(a_hole_ends_a_populate),
		device_unit_test(a_range_of_two_vmas_is_refused_by_amdgpu_2019_alone),
		device_unit_test(drivers_of_2019_walk_with_their_strategy),
		device_unit_test(a_fault_is_tried_again_after_what_its_driver_takes_for_a_change),
		device_unit_test(drivers_of_2019_see_no_change_that_is_over),
		device_unit_test(an_event_without_an_owner_is_not_the_devices),
		device_unit_test(amdgpu_2019_refuses_beside_its_buffer_only_if_the_lock_is_taken),
		device_unit_test(a_fault_of_nouveau_tries_for_the_mutex),
		device_unit_test(a_driver_touches_every_page_that_it_maps),
		device_unit_test(a_driver_touches_pages_unless_it_is_told_otherwise),
		device_unit_test(nouveau_2019_asks_a_private_page_for_its_owner),
		device_unit_test(odp_touches_what_it_might_have_written_when_it_is_invalidated),
		device_unit_test(an_access_touches_the_page_that_it_may),
		device_unit_test(the_end_of_the_address_space_takes_the_words),
	};

	return cmocka_run_group_tests_name("drivers of devices", tests, NULL, NULL);
}
