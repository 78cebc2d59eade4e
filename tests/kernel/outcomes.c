/* SPDX-License-Identifier: MIT */
/*
 * outcomes.c - what the tasks of a scenario saw, over all executions, as a set
 */
#include "outcomes.h"

#include <hmmsim/races.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OUTCOMES_MAX 4096
/* More than each scenario needs of code that is sound. */
#define OUTCOMES_EXECUTIONS 1000000

struct outcomes {
	uint64_t value[OUTCOMES_MAX];
	size_t count;
};

#define RACES_MAX 64

/* Data races, each once: the places of both, which are strings of the program. */
static struct hs_races_side race[RACES_MAX][2];
static size_t races;

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

static bool outcomes_same_race(const struct hs_races_side known[2], const struct hs_races_side *a,
			       const struct hs_races_side *b)
{
	return (known[0].place == a->place && known[1].place == b->place) ||
	       (known[0].place == b->place && known[1].place == a->place);
}

static void outcomes_note_race(void *ctx, const struct hs_races_side *first,
			       const struct hs_races_side *second)
{
	(void)ctx;
	for (size_t i = 0; i < races; i++)
		if (outcomes_same_race(race[i], first, second))
			return;
	if (races == RACES_MAX)
		abort();
	race[races][0] = *first;
	race[races++][1] = *second;
}

#define RACE_TEXT 512

static int outcomes_print_side(char *text, size_t room, const struct hs_races_side *side)
{
	return snprintf(text, room, "%s %s at %s", side->plain ? "plain" : "marked",
			side->writes ? "write" : "read", side->place);
}

/* Whichever of the two came first. */
static void outcomes_print_race(char text[RACE_TEXT], const struct hs_races_side pair[2])
{
	bool swap = strcmp(pair[0].place, pair[1].place) > 0;
	int used = outcomes_print_side(text, RACE_TEXT, &pair[swap]);

	used += snprintf(text + used, RACE_TEXT - (size_t)used, "; ");
	outcomes_print_side(text + used, RACE_TEXT - (size_t)used, &pair[!swap]);
}

static int outcomes_compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

void outcomes_print_races(void)
{
	static char text[RACES_MAX][RACE_TEXT];

	for (size_t i = 0; i < races; i++)
		outcomes_print_race(text[i], race[i]);
	qsort(text, races, sizeof(text[0]), outcomes_compare);
	for (size_t i = 0; i < races; i++)
		if (!i || strcmp(text[i], text[i - 1]))
			printf("race: %s\n", text[i]);
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
	options.max_executions = OUTCOMES_EXECUTIONS;
	hs_races_watch(outcomes_note_race, NULL);
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
