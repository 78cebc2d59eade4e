/* SPDX-License-Identifier: MIT */
/*
 * A model test on threads: what it explores is not looked at. The scenarios of its narrow faults
 * are run some hundred times, to see whether threads find them. That depends on the machine, so it
 * is printed. Asserted is that all runs end well without the fault.
 */
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/broken.h"
#include "support/machine.h"

#define SECONDS 60 /* after which a child waits for ever */

static const char *const names[HS_BREAK_COUNT] = {
#define HS_BREAK_DEF(name, file, what) [HS_BREAK_##name] = #name,
#include "port/common/breaks.def"
#undef HS_BREAK_DEF
};

/* Runs in a child, because a violation aborts. Returns how many runs ended well. */
static uint32_t run_natively(const struct broken *b, enum hs_break fault)
{
	volatile uint32_t *done = mmap(NULL, sizeof(*done), PROT_READ | PROT_WRITE,
				       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct hs_machine_config config;
	uint32_t good;
	pid_t child;

	assert_true(done != MAP_FAILED);
	machine_small_config(&config);
	config.kind = HS_ARENA_REGION; /* as in the explorer */
	config.reuse = HS_REUSE_NEVER;
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		alarm(SECONDS);
		hs_break_set(fault);
		while (*done < BROKEN_RANDOM &&
		       !hs_scenario_run(b->scenario, b->param, &config, NULL))
			++*done;
		_exit(0);
	}
	assert_int_equal(waitpid(child, NULL, 0), child);
	good = *done;
	munmap((void *)(uintptr_t)done, sizeof(*done));
	return good;
}

int model_main_of(const char *name, const struct CMUnitTest *tests, size_t test_count,
		  const struct broken *faults, size_t fault_count)
{
	int failed = 0;

	(void)tests;
	(void)test_count;
	for (const struct broken *b = faults; b < faults + fault_count; b++) {
		uint32_t sound, broken;

		if (!b->narrow)
			continue;
		sound = run_natively(b, HS_BREAK_NONE);
		broken = run_natively(b, b->fault);
		failed += sound != BROKEN_RANDOM;
		printf("%s, %s: %u of %u runs end well, %u without the fault\n", name,
		       names[b->fault], broken, BROKEN_RANDOM, sound);
	}
	return failed;
}

/* ---- exploration.h: nothing is explored -------------------------------------------------- */

void explore(const struct hs_scenario *scenario, const void *param, enum hs_search search,
	     uint64_t most, const char *schedule, struct hs_explore_result *r)
{
	(void)scenario;
	(void)param;
	(void)search;
	(void)most;
	(void)schedule;
	(void)r;
	fail();
}

void explore_none_at(struct test_place at, const struct hs_scenario *scenario, const void *param,
		     uint64_t most, uint64_t complete, struct hs_explore_result *r)
{
	(void)at;
	(void)complete;
	explore(scenario, param, HS_SEARCH_DPOR, most, NULL, r);
}

void explore_holds_at(struct test_place at, const struct hs_scenario *scenario, const void *param,
		      uint64_t complete)
{
	explore_none_at(at, scenario, param, 0, complete, NULL);
}

void explore_fails_at(struct test_place at, const struct hs_scenario *scenario, const void *param,
		      enum hs_verdict verdict, const char *text, uint64_t first)
{
	(void)verdict;
	(void)text;
	explore_none_at(at, scenario, param, 0, first, NULL);
}
