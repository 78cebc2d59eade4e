/* SPDX-License-Identifier: MIT */
/*
 * Resident memory of this process while machines make and remove device memory, ten thousand times.
 *
 * It is read from the kernel, because an allocator's own statistics do not count what it keeps.
 */
#include <fcntl.h>
#include <unistd.h>

#include <hmmsim/pgmap.h>

#include "port/common/sanitize.h"
#include "support/machine.h"

#define ROUNDS 10000
#define FIRST_PFN 0x100000ull
#define MIB_PAGES 256ull
/*
 * struct pages take 8 KiB a MiB of device memory. What leaks a hundredth of what the rounds take
 * from the heap leaks more than this.
 */
#define MAY_GROW ((size_t)8 << 20)

/* A program may configure an allocator of its own by this name. The library's does not read it. */
extern const char *malloc_conf;
const char *malloc_conf = "abort_conf:true,not_an_option:1";

static size_t resident_bytes(void)
{
	int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	char text[128] = "", *rest;
	ssize_t length;

	assert_true(fd >= 0);
	length = read(fd, text, sizeof(text) - 1);
	close(fd);
	assert_true(length > 0);
	strtoul(text, &rest, 10);
	return strtoul(rest, NULL, 10) * (size_t)sysconf(_SC_PAGESIZE);
}

static void make_and_remove(struct hs_task *self, uint64_t mib)
{
	struct hs_pgmap_config config;
	struct hs_pgmap *pgmap;

	hs_pgmap_config_init(&config, HS_PGMAP_FS_DAX, FIRST_PFN, FIRST_PFN + mib * MIB_PAGES);
	assert_int_equal(hs_pgmap_create(self, &config, &pgmap), 0);
	hs_pgmap_destroy(self, pgmap);
}

static void skip_under_sanitizers(void)
{
	/* They put freed memory aside, up to a size of their own, and keep shadows of it. */
	if (HS_ASAN || HS_TSAN)
		skip();
}

/* Few rounds are large: it is those that take memory which was put together from small pieces. */
static uint64_t size_of_round(unsigned int round)
{
	return round % 100 ? 2 + 2 * (round % 3) : 192 + round % 7 * 2;
}

static void make_and_remove_often(struct hs_task *self)
{
	size_t before;

	for (unsigned int round = 0; round < 200; round++)
		make_and_remove(self, size_of_round(round));
	before = resident_bytes();
	for (unsigned int round = 0; round < ROUNDS; round++) {
		make_and_remove(self, size_of_round(round));
		assert_true(round % 1000 || resident_bytes() < before + MAY_GROW);
	}
	assert_true(resident_bytes() < before + MAY_GROW);
}

static void a_removed_pgmap_gives_its_memory_to_the_next(void **state)
{
	struct hs_machine_config config;
	struct machine m;

	(void)state;
	skip_under_sanitizers();
	hs_machine_config_init(&config);
	machine_open(&m, &config);
	make_and_remove_often(m.self);
	machine_close(&m);
}

static void a_removed_pgmap_gives_its_memory_to_the_next_in_a_region(void **state)
{
	struct hs_machine_config config;
	struct machine m;

	(void)state;
	skip_under_sanitizers();
	hs_machine_config_init(&config);
	config.kind = HS_ARENA_REGION;
	config.size = (size_t)64 << 20;
	machine_open(&m, &config);
	make_and_remove_often(m.self);
	machine_close(&m);
}

/* A machine takes over the arena of one that has ended, and what is dirty in it. */
static void a_machine_gives_its_memory_to_the_next(void **state)
{
	struct hs_machine_config config;
	size_t before = 0;

	(void)state;
	skip_under_sanitizers();
	hs_machine_config_init(&config);
	for (unsigned int round = 0; round < 600; round++) {
		struct machine m;

		machine_open(&m, &config);
		make_and_remove(m.self, round % 3 ? 2 + round % 11 * 2 : 160);
		machine_close(&m);
		if (round == 100)
			before = resident_bytes();
	}
	assert_true(resident_bytes() < before + MAY_GROW);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_removed_pgmap_gives_its_memory_to_the_next),
		cmocka_unit_test(a_removed_pgmap_gives_its_memory_to_the_next_in_a_region),
		cmocka_unit_test(a_machine_gives_its_memory_to_the_next),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
