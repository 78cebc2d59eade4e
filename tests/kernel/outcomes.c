/* SPDX-License-Identifier: MIT */
/*
 * outcomes.c - what the tasks of a scenario saw, over all executions, as a set
 */
#include "outcomes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OUTCOMES_MAX 4096

struct outcomes {
	uint64_t value[OUTCOMES_MAX];
	size_t count;
};

static struct outcomes found;
static uint64_t (*looks)(const void *state);

static void outcomes_note(const struct hs_execution *execution, const void *state,
			  const void *param, enum hs_verdict verdict)
{
	uint64_t value = looks(state);
	size_t at = 0;

	(void)execution;
	(void)param;
	(void)verdict;
	while (at < found.count && found.value[at] < value)
		at++;
	if (at < found.count && found.value[at] == value)
		return;
	if (found.count == OUTCOMES_MAX)
		abort();
	memmove(found.value + at + 1, found.value + at, (found.count - at) * sizeof(value));
	found.value[at] = value;
	found.count++;
}

static void outcomes_explore(const char *name, const struct hs_scenario *scenario,
			     const void *param, enum hs_search search)
{
	struct hs_explore_options options;
	struct hs_explore_result r;
	int ret;

	found.count = 0;
	hs_explore_options_init(&options);
	options.search = search;
	options.ended = outcomes_note;
	ret = hs_explore(scenario, param, &options, &r);
	if (ret || r.violations || !r.exhaustive) {
		printf("%s: %d, %s\n%s\n", name, ret, r.message, r.report ? r.report : "");
		exit(1);
	}
	fprintf(stderr, "%s: %llu executions\n", name, (unsigned long long)r.executions);
	hs_explore_result_free(&r);
}

void outcomes_print(const char *name, const struct hs_scenario *scenario, const void *param,
		    uint64_t (*look)(const void *state), bool sleep_sets)
{
	static struct outcomes by_dpor;

	looks = look;
	outcomes_explore(name, scenario, param, HS_SEARCH_DPOR);
	by_dpor = found;
	if (sleep_sets)
		outcomes_explore(name, scenario, param, HS_SEARCH_SLEEP);
	if (found.count != by_dpor.count ||
	    memcmp(found.value, by_dpor.value, found.count * sizeof(found.value[0]))) {
		printf("%s: DPOR finds %zu outcomes, sleep sets %zu\n", name, by_dpor.count,
		       found.count);
		exit(1);
	}
	for (size_t i = 0; i < found.count; i++)
		printf("%s %#llx\n", name, (unsigned long long)found.value[i]);
	printf("%s: %zu outcomes\n", name, found.count);
}
