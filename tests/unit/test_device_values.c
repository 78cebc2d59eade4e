/* SPDX-License-Identifier: MIT */
/*
 * What devices read, write and say of an address space with real pages, one task: values and
 * errors. What they do in a race is in src/text/scenarios/mirror.txt.
 */
#include <errno.h>

#include <hmmsim/device.h>

#include "support/space.h"

static struct hs_device *open_model(struct space *s, enum hs_device_model model)
{
	struct hs_device_config config;
	struct hs_device *device = NULL;

	hs_device_config_init(&config, model, s->mm, BASE, BASE + 4 * PAGE);
	assert_int_equal(hs_device_create(s->self, &config, &device), 0);
	return device;
}

static void expect_read(struct space *s, struct hs_device *device, uint64_t addr, uint64_t value)
{
	uint64_t found = ~value;

	assert_int_equal(hs_device_read(s->self, device, addr, &found), 0);
	assert_int_equal(found, value);
}

static uint64_t cpu_read(struct space *s, uint64_t addr)
{
	uint64_t value = 0;

	assert_int_equal(hs_cpu_read(s->self, s->mm, addr, &value), 0);
	return value;
}

static uint64_t populates(struct space *s, struct hs_device *device)
{
	struct hs_device_stats stats;

	hs_device_stats(s->self, device, &stats);
	return stats.populates;
}

/* ---- loads and stores -------------------------------------------------------------------- */

/* Of every model: the values go through its own table, and it faults on a miss alone. */
static void a_device_reads_and_writes_what_the_cpu_does(void **state)
{
	struct space *s = *state;

	written(s, 7);
	for (int model = 0; model < HS_DEVICE_MODEL_COUNT; model++) {
		struct hs_device *device = open_model(s, (enum hs_device_model)model);

		assert_int_equal(hs_cpu_write(s->self, s->mm, BASE, 7), 0);
		expect_read(s, device, BASE + 8, 7);
		assert_int_equal(populates(s, device), 1);
		assert_int_equal(hs_cpu_write(s->self, s->mm, BASE, 8), 0);
		expect_read(s, device, BASE, 8);
		assert_int_equal(hs_device_write(s->self, device, BASE + PAGE, 9), 0);
		expect_read(s, device, BASE + PAGE, 9);
		assert_int_equal(cpu_read(s, BASE + PAGE), 9);
		assert_int_equal(populates(s, device), 2);
		hs_device_destroy(s->self, device);
	}
}

static void a_store_faults_where_the_word_may_only_be_read(void **state)
{
	struct space *s = *state;
	struct hs_device *device = open_model(s, HS_DEVICE_DMIRROR);

	map(s, BASE, 4, RW);
	expect_read(s, device, BASE, 0);
	assert_int_equal(hs_device_entry(s->self, device, BASE), HS_PFN_VALID | HS_ZERO_PFN);
	assert_int_equal(hs_device_write(s->self, device, BASE, 5), 0);
	assert_int_equal(populates(s, device), 2);
	assert_int_equal(cpu_read(s, BASE), 5);
	assert_int_equal(cpu_read(s, BASE + PAGE), 0);
	hs_device_destroy(s->self, device);
}

static void an_access_that_cannot_be_is_an_error(void **state)
{
	struct space *s = *state;
	struct hs_device *device = open_model(s, HS_DEVICE_DMIRROR);
	uint64_t value = 3;
	uint32_t prot = 77;

	map(s, BASE, 1, HS_VM_READ);
	assert_int_equal(hs_device_read(s->self, device, BASE - 1, &value), -EINVAL);
	assert_int_equal(hs_device_read(s->self, device, BASE + 4 * PAGE, &value), -EINVAL);
	assert_int_equal(hs_device_write(s->self, device, BASE, 1), -EPERM);
	assert_int_equal(hs_device_read(s->self, device, BASE + PAGE, &value), -EFAULT);
	assert_int_equal(value, 3);
	expect_read(s, device, BASE, 0);
	hs_device_stop(s->self, device);
	expect_read(s, device, BASE, 0); /* its word stays */
	assert_int_equal(hs_device_read(s->self, device, BASE + PAGE, &value), -ENODEV);
	assert_int_equal(hs_device_snapshot(s->self, device, BASE, BASE + PAGE, &prot), -ENODEV);
	assert_int_equal(prot, 77);
	hs_device_destroy(s->self, device);
}

/* ---- snapshots --------------------------------------------------------------------------- */

static void a_snapshot_says_what_is_mapped_and_faults_nothing_in(void **state)
{
	struct space *s = *state;
	struct hs_device *device = open_model(s, HS_DEVICE_DMIRROR);
	uint32_t prot[4];

	map(s, BASE, 2, RW);
	map(s, BASE + 2 * PAGE, 1, RW);
	assert_int_equal(hs_cpu_write(s->self, s->mm, BASE, 7), 0);
	assert_int_equal(cpu_read(s, BASE + PAGE), 0);
	assert_int_equal(hs_device_snapshot(s->self, device, BASE, BASE + 4 * PAGE, prot), 0);
	assert_int_equal(prot[0], HS_DEVICE_PROT_READ | HS_DEVICE_PROT_WRITE);
	assert_int_equal(prot[1], HS_DEVICE_PROT_READ | HS_DEVICE_PROT_ZERO);
	assert_int_equal(prot[2], 0);
	assert_int_equal(prot[3], HS_DEVICE_PROT_ERROR);
	assert_int_equal(hs_mprotect(s->self, s->mm, BASE, BASE + PAGE, HS_VM_READ), 0);
	assert_int_equal(hs_device_snapshot(s->self, device, BASE, BASE + PAGE, prot), 0);
	assert_int_equal(prot[0], HS_DEVICE_PROT_READ);
	for (int i = 0; i < 4; i++)
		assert_int_equal(hs_device_entry(s->self, device, BASE + i * PAGE), 0);
	assert_int_equal(hs_pt_get(s->self, s->mm, BASE + 2 * PAGE, 0), 0);
	assert_int_equal(hs_device_snapshot(s->self, device, BASE, BASE, prot), -EINVAL);
	assert_int_equal(hs_device_snapshot(s->self, device, BASE, BASE + 5 * PAGE, prot), -EINVAL);
	hs_device_destroy(s->self, device);
	device = open_model(s, HS_DEVICE_ODP);
	assert_int_equal(hs_device_snapshot(s->self, device, BASE, BASE + PAGE, prot), -EOPNOTSUPP);
	hs_device_destroy(s->self, device);
}

/* ---- DMA --------------------------------------------------------------------------------- */

/* Populated over its own mapping, over another page, and over nothing: one mapping a page. */
static void a_mirror_maps_each_page_once(void **state)
{
	struct space *s = *state;
	struct hs_device *device = open_model(s, HS_DEVICE_DMIRROR);
	uint64_t pfn;

	written(s, 7);
	assert_int_equal(hs_device_populate(s->self, device, BASE, BASE + 2 * PAGE, false), 0);
	assert_int_equal(hs_device_populate(s->self, device, BASE, BASE + 2 * PAGE, true), 0);
	pfn = hs_device_entry(s->self, device, BASE) & HS_ENTRY_PFN;
	assert_int_equal(hs_device_maps(device, pfn, pfn + 1), 1);
	assert_int_equal(hs_madvise_dontneed(s->self, s->mm, BASE, BASE + PAGE), 0);
	assert_int_equal(hs_device_maps(device, pfn, pfn + 1), 0);
	expect_read(s, device, BASE, 0);
	hs_device_destroy(s->self, device);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		space_unit_test(a_device_reads_and_writes_what_the_cpu_does),
		space_unit_test(a_store_faults_where_the_word_may_only_be_read),
		space_unit_test(an_access_that_cannot_be_is_an_error),
		space_unit_test(a_snapshot_says_what_is_mapped_and_faults_nothing_in),
		space_unit_test(a_mirror_maps_each_page_once),
	};

	return cmocka_run_group_tests_name("values of devices", tests, NULL, NULL);
}
