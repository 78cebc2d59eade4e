/* SPDX-License-Identifier: MIT */
/*
 * Every allocation of the model fails once. The step in which it fails returns an error and changes
 * nothing; then everything that was built is destroyed, and nothing is left. The list of
 * allocations comes from the sources: an allocation that no play reaches fails this test.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/stage.h"

#define SITES_MAX 256

struct site {
	char file[64];
	unsigned int first, last; /* lines of the call */
	bool failed;
};

static struct site site[SITES_MAX];
static unsigned int sites, failures;

static void read_sites(void)
{
	const char *script = getenv("HMMSIM_ALLOC_SITES");
	FILE *list;

	assert_non_null(script);
	list = popen(script, "r");
	assert_non_null(list);
	while (sites < SITES_MAX && fscanf(list, "%63s %u %u", site[sites].file, &site[sites].first,
					   &site[sites].last) == 3)
		sites++;
	assert_int_equal(pclose(list), 0);
	assert_in_range(sites, 1, SITES_MAX - 1);
}

static void mark(const char *place)
{
	const char *colon = strrchr(place, ':');
	unsigned long line = strtoul(colon + 1, NULL, 10);

	failures++;
	for (unsigned int i = 0; i < sites; i++) {
		struct site *s = &site[i];

		if (line >= s->first && line <= s->last &&
		    strlen(s->file) == (size_t)(colon - place) &&
		    !strncmp(s->file, place, strlen(s->file))) {
			s->failed = true;
			return;
		}
	}
	fail_msg("%s allocates, and is not in the list", place);
}

/* ---- the machine's own ------------------------------------------------------------------- */

/*
 * A machine that was not created has no .failed_at; but its allocation is the only one in its file.
 */
static void a_machine_that_finds_no_memory_is_none(void **state)
{
	struct hs_machine_config config;
	struct hs_machine *machine = NULL;
	struct hs_machine_info info;
	unsigned int own = 0;

	(void)state;
	hs_machine_config_init(&config);
	assert_int_equal(hs_machine_create(&config, &machine), 0);
	hs_machine_info(machine, &info);
	assert_int_equal(hs_machine_destroy(machine, NULL), 0);
	machine = NULL;
	for (config.fail_at = 1; config.fail_at <= info.allocations; config.fail_at++)
		assert_int_equal(hs_machine_create(&config, &machine), -ENOMEM);
	assert_null(machine);
	for (unsigned int i = 0; i < sites; i++)
		if (!strcmp(site[i].file, "src/memory/machine.c")) {
			site[i].failed = true;
			own++;
		}
	failures += (unsigned int)info.allocations;
	/* One more is the arena, which is not in the model. */
	assert_int_equal(own + 1, info.allocations);
}

/* ---- plays ------------------------------------------------------------------------------- */

static void perform(const struct stage_play *play)
{
	for (int again = 0; again < 2; again++) {
		const char *place;

		/* The first two allocations are those of hs_machine_create(). */
		for (uint64_t fail_at = 3; stage_run(play, fail_at, again, &place); fail_at++)
			mark(place);
	}
}

static void perform_all(const struct stage_play *plays)
{
	for (const struct stage_play *play = plays; play->name; play++) {
		unsigned int before = failures;

		perform(play);
		print_message("%-40s %u failures\n", play->name, failures - before);
		assert_true(failures > before);
	}
}

static void memory_device_memory_and_notifiers_bear_it(void **state)
{
	(void)state;
	perform_all(stage_low);
}

static void address_spaces_and_faults_bear_it(void **state)
{
	(void)state;
	perform_all(stage_mm);
}

static void walkers_and_a_device_bear_it(void **state)
{
	(void)state;
	perform_all(stage_device);
}

static void every_site_has_failed(void **state)
{
	unsigned int failed = 0;

	(void)state;
	for (unsigned int i = 0; i < sites; i++) {
		failed += site[i].failed;
		if (!site[i].failed)
			print_error("never reached: %s:%u\n", site[i].file, site[i].first);
	}
	print_message("%u of %u allocation sites, %u failures injected\n", failed, sites, failures);
	assert_int_equal(failed, sites);
}

static int setup(void **state)
{
	(void)state;
	read_sites();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_machine_that_finds_no_memory_is_none),
		cmocka_unit_test(memory_device_memory_and_notifiers_bear_it),
		cmocka_unit_test(address_spaces_and_faults_bear_it),
		cmocka_unit_test(walkers_and_a_device_bear_it),
		cmocka_unit_test(every_site_has_failed),
	};

	return cmocka_run_group_tests_name("alloc_sites", tests, setup, NULL);
}
