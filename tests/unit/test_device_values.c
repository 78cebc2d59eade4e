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

/* ---- memory of the device's own ---------------------------------------------------------- */

static const int owner, other_owner;
static struct hs_device *mirror; /* for memory_to_ram(); NULL: without memory */

static void memory_page_free(struct hs_task *self, struct hs_pgmap *pgmap, struct hs_page *page)
{
	(void)self;
	(void)pgmap;
	(void)page;
}

static uint32_t memory_to_ram(struct hs_task *self, struct hs_vm_fault *vmf)
{
	return hs_device_to_ram(self, mirror, vmf);
}

static const struct hs_pgmap_ops memory_ops = { memory_page_free, memory_to_ram };

static struct hs_pgmap *open_memory(struct space *s, enum hs_pgmap_type type)
{
	struct hs_pgmap_config c;
	struct hs_pgmap *pgmap = NULL;

	hs_pgmap_config_init(&c, type, DEVICE_START, DEVICE_START + 0x200);
	c.owner = (void *)(uintptr_t)&owner;
	c.ops = &memory_ops;
	assert_int_equal(hs_pgmap_create(s->self, &c, &pgmap), 0);
	return pgmap;
}

static void configure(struct space *s, struct hs_device_config *c, enum hs_device_model model,
		      struct hs_pgmap *memory)
{
	hs_device_config_init(c, model, s->mm, BASE, BASE + 4 * PAGE);
	c->owner = &owner;
	c->memory = memory;
}

static struct hs_pgmap *open_mirror(struct space *s, enum hs_device_model model, uint32_t corrected,
				    enum hs_pgmap_type type)
{
	struct hs_pgmap *memory = open_memory(s, type);
	struct hs_device_config config;

	configure(s, &config, model, memory);
	config.corrections = corrected;
	assert_int_equal(hs_device_create(s->self, &config, &mirror), 0);
	return memory;
}

static void close_mirror(struct space *s, struct hs_pgmap *memory)
{
	hs_device_destroy(s->self, mirror);
	mirror = NULL;
	assert_int_equal(hs_pgmap_pages_allocated(s->self, memory), 0);
	hs_pgmap_destroy(s->self, memory);
}

static int migrate(struct space *s, uint64_t first, uint64_t end, bool to_device)
{
	return hs_device_migrate(s->self, mirror, BASE + first * PAGE, BASE + end * PAGE,
				 to_device);
}

static uint32_t prot_of(struct space *s, uint64_t page)
{
	uint64_t at = BASE + page * PAGE;
	uint32_t prot = 77;

	assert_int_equal(hs_device_snapshot(s->self, mirror, at, at + PAGE, &prot), 0);
	return prot;
}

#define LOCAL (HS_DEVICE_PROT_READ | HS_DEVICE_PROT_WRITE | HS_DEVICE_PROT_LOCAL)

/* What moves, and where nothing was, is on the device; the CPU's touch takes one page back. */
static void values_move_to_the_device_and_back(void **state)
{
	static const struct {
		enum hs_device_model model;
		enum hs_pgmap_type type;
	} table[] = {
		{ HS_DEVICE_DMIRROR, HS_PGMAP_PRIVATE },
		{ HS_DEVICE_DMIRROR, HS_PGMAP_COHERENT },
		{ HS_DEVICE_TEST_HMM, HS_PGMAP_PRIVATE },
	};
	struct space *s = *state;

	written(s, 7);
	for (size_t i = 0; i < COUNT(table); i++) {
		bool moves_back = table[i].type == HS_PGMAP_PRIVATE;
		struct hs_pgmap *memory = open_mirror(s, table[i].model, 0, table[i].type);

		assert_int_equal(hs_cpu_write(s->self, s->mm, BASE, 7), 0);
		assert_int_equal(hs_madvise_dontneed(s->self, s->mm, BASE + PAGE, BASE + 2 * PAGE),
				 0);
		expect_read(s, mirror, BASE, 7);
		assert_int_equal(migrate(s, 0, 2, true), 0);
		assert_int_equal(hs_pgmap_pages_allocated(s->self, memory), 2);
		assert_int_equal(prot_of(s, 0), LOCAL);
		assert_int_equal(prot_of(s, 1), LOCAL);
		assert_int_equal(prot_of(s, 2), 0);
		expect_read(s, mirror, BASE, 7);
		expect_read(s, mirror, BASE + PAGE, 0);
		assert_int_equal(hs_device_write(s->self, mirror, BASE, 8), 0);
		assert_int_equal(hs_device_write(s->self, mirror, BASE + PAGE, 9), 0);
		assert_int_equal(hs_pgmap_pages_allocated(s->self, memory), 2);
		assert_int_equal(cpu_read(s, BASE), 8);
		assert_int_equal(hs_pgmap_pages_allocated(s->self, memory), moves_back ? 1 : 2);
		expect_read(s, mirror, BASE, 8);
		assert_int_equal(migrate(s, 0, 2, false), 0);
		assert_int_equal(hs_pgmap_pages_allocated(s->self, memory), 0);
		assert_int_equal(cpu_read(s, BASE + PAGE), 9);
		close_mirror(s, memory);
	}
}

/* Eviction, and the end of the device, leave no page there and no value behind. */
static void eviction_takes_all_pages_back(void **state)
{
	struct space *s = *state;
	struct hs_pgmap *memory = open_mirror(s, HS_DEVICE_DMIRROR, 0, HS_PGMAP_PRIVATE);

	map(s, BASE, 4, RW);
	for (uint64_t i = 0; i < 4; i++)
		assert_int_equal(hs_device_write(s->self, mirror, BASE + i * PAGE, i + 5), 0);
	assert_int_equal(migrate(s, 0, 4, true), 0);
	hs_device_evict(s->self, mirror);
	assert_int_equal(hs_pgmap_pages_allocated(s->self, memory), 0);
	for (uint64_t i = 0; i < 4; i++)
		assert_int_equal(hs_device_entry(s->self, mirror, BASE + i * PAGE), 0);
	assert_int_equal(migrate(s, 1, 3, true), 0);
	assert_int_equal(hs_pgmap_pages_allocated(s->self, memory), 2);
	close_mirror(s, memory);
	for (uint64_t i = 0; i < 4; i++)
		assert_int_equal(cpu_read(s, BASE + i * PAGE), i + 5);
}

static void a_migration_that_cannot_be_is_an_error(void **state)
{
	struct space *s = *state;
	struct hs_device *device = open_model(s, HS_DEVICE_DMIRROR);
	struct hs_pgmap *memory;

	map(s, BASE, 1, RW);
	assert_int_equal(hs_device_migrate(s->self, device, BASE, BASE + PAGE, true), -EOPNOTSUPP);
	assert_int_equal(hs_device_migrate(s->self, device, BASE, BASE + PAGE, false), -EOPNOTSUPP);
	hs_device_evict(s->self, device);
	hs_device_destroy(s->self, device);
	memory = open_mirror(s, HS_DEVICE_DMIRROR, 0, HS_PGMAP_PRIVATE);
	assert_int_equal(migrate(s, 0, 2, true), -EFAULT);
	assert_int_equal(migrate(s, 1, 2, false), -EFAULT);
	assert_int_equal(migrate(s, 0, 0, true), -EINVAL);
	assert_int_equal(migrate(s, 0, 5, true), -EINVAL);
	hs_device_stop(s->self, mirror);
	assert_int_equal(migrate(s, 0, 1, true), -ENODEV);
	close_mirror(s, memory);
}

static void memory_that_is_no_mirrors_is_refused(void **state)
{
	struct space *s = *state;
	struct hs_pgmap *memory = open_memory(s, HS_PGMAP_PRIVATE), *old;
	struct hs_device_config config;
	struct hs_device *device = NULL;

	configure(s, &config, HS_DEVICE_NOUVEAU, memory);
	assert_int_equal(hs_device_create(s->self, &config, &device), -EINVAL);
	configure(s, &config, HS_DEVICE_DMIRROR, memory);
	config.owner = &other_owner;
	assert_int_equal(hs_device_create(s->self, &config, &device), -EINVAL);
	config.owner = NULL;
	assert_int_equal(hs_device_create(s->self, &config, &device), -EINVAL);
	hs_pgmap_destroy(s->self, memory);
	old = device_memory(s, HS_PGMAP_PRIVATE, HS_PAGE_REFS_5_18, &memory_ops);
	configure(s, &config, HS_DEVICE_DMIRROR, old);
	config.owner = hs_pgmap_owner(old);
	assert_int_equal(hs_device_create(s->self, &config, &device), -EINVAL);
	assert_null(device);
	hs_pgmap_destroy(s->self, old);
}

/* ---- atomics ----------------------------------------------------------------------------- */

/* Each device adds through a word of its own, which the next one, or a CPU, takes away. */
static void devices_add_to_a_page_in_turn(void **state)
{
	struct space *s = *state;
	struct hs_device_config config;
	struct hs_device *device[2];

	written(s, 7);
	configure(s, &config, HS_DEVICE_DMIRROR, NULL); /* a cluster */
	for (int i = 0; i < 2; i++)
		assert_int_equal(hs_device_create(s->self, &config, &device[i]), 0);
	for (int turn = 0; turn < 4; turn++) {
		assert_int_equal(hs_device_add(s->self, device[turn & 1], BASE, 10), 0);
		assert_true(hs_device_entry(s->self, device[turn & 1], BASE) & HS_PFN_WRITE);
		assert_int_equal(hs_device_entry(s->self, device[!(turn & 1)], BASE), 0);
	}
	assert_int_equal(hs_entry_type(hs_pt_get(s->self, s->mm, BASE, 0)), HS_TYPE_EXCLUSIVE);
	expect_read(s, device[1], BASE, 47);
	assert_int_equal(hs_device_add(s->self, device[1], BASE, 1), 0); /* through the word */
	assert_int_equal(cpu_read(s, BASE), 48);
	assert_int_equal(hs_device_entry(s->self, device[1], BASE), 0);
	assert_int_equal(hs_device_exclusive(s->self, device[0], BASE, BASE + 2 * PAGE), 0);
	assert_int_equal(hs_device_add(s->self, device[0], BASE + PAGE, 3), 0);
	assert_int_equal(cpu_read(s, BASE + PAGE), 3);
	for (int i = 0; i < 2; i++)
		hs_device_destroy(s->self, device[i]);
}

static void an_atomic_that_cannot_be_is_an_error(void **state)
{
	struct space *s = *state;
	struct hs_device *device = open_model(s, HS_DEVICE_AMDGPU);

	map(s, BASE, 1, HS_VM_READ);
	assert_int_equal(hs_device_add(s->self, device, BASE, 1), -EOPNOTSUPP);
	assert_int_equal(hs_device_exclusive(s->self, device, BASE, BASE + PAGE), -EOPNOTSUPP);
	hs_device_destroy(s->self, device);
	for (int model = HS_DEVICE_DMIRROR; model <= HS_DEVICE_TEST_HMM; model++) {
		device = open_model(s, (enum hs_device_model)model);
		assert_int_equal(hs_device_add(s->self, device, BASE, 1),
				 model == HS_DEVICE_DMIRROR ? -EPERM : -EFAULT);
		assert_int_equal(hs_device_add(s->self, device, BASE + PAGE, 1), -EFAULT);
		assert_int_equal(hs_device_add(s->self, device, BASE - PAGE, 1), -EINVAL);
		hs_device_destroy(s->self, device);
	}
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
		space_unit_test(values_move_to_the_device_and_back),
		space_unit_test(eviction_takes_all_pages_back),
		space_unit_test(a_migration_that_cannot_be_is_an_error),
		space_unit_test(memory_that_is_no_mirrors_is_refused),
		space_unit_test(devices_add_to_a_page_in_turn),
		space_unit_test(an_atomic_that_cannot_be_is_an_error),
		space_unit_test(a_mirror_maps_each_page_once),
	};

	return cmocka_run_group_tests_name("values of devices", tests, NULL, NULL);
}
