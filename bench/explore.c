/* SPDX-License-Identifier: MIT */
/*
 * explore.c - times the explorer: a fiber switch, executions and whole searches of the retry model
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "port/explore/sched.h"
#include "support/retry_model.h"

/* ---- the switch -------------------------------------------------------------------------- */

static struct hs_fiber bench_explore_host, bench_explore_fiber;

static void bench_explore_bounce(void *arg)
{
	(void)arg;
	hs_fiber_entered(&bench_explore_fiber, &bench_explore_host);
	for (;;)
		hs_fiber_switch(&bench_explore_fiber, &bench_explore_host);
}

static double bench_explore_switch(const struct bench_variant *v, uint64_t operations)
{
	double begin = bench_now_ns();

	(void)v;
	for (uint64_t i = 0; i < operations; i += 2)
		hs_fiber_switch(&bench_explore_host, &bench_explore_fiber);
	return (bench_now_ns() - begin) / (double)operations;
}

static void bench_explore_switch_group(const struct bench_options *options)
{
	const struct bench_variant variants[] = {
		{ "fiber switch", bench_explore_switch, 20000000, 1, NULL },
	};
	struct hs_fiber_stacks stacks;

	if (!hs_fiber_stacks_map(&stacks, 1, HS_FIBER_STACK)) {
		fprintf(stderr, "bench: no stack\n");
		exit(1);
	}
	hs_fiber_host(&bench_explore_host);
	memset(&bench_explore_fiber, 0, sizeof(bench_explore_fiber));
	hs_fiber_set_stack(&bench_explore_fiber, &stacks, 0);
	hs_fiber_prepare(&bench_explore_fiber, &bench_explore_host, bench_explore_bounce, NULL);
	bench_group(options, "switching", variants, 1);
	hs_fiber_release(&bench_explore_fiber);
	hs_fiber_stacks_unmap(&stacks);
}

/* ---- executions of the retry model ------------------------------------------------------- */

struct exploration {
	struct retry_param param;
	enum hs_search search;
};

/* Returns how many ns it took; -1: it failed. */
static double bench_explore_search(const struct exploration *e, uint64_t executions,
				   struct hs_explore_result *result)
{
	struct hs_explore_options options;
	double begin;

	hs_explore_options_init(&options);
	options.search = e->search;
	options.max_executions = executions;
	begin = bench_now_ns();
	if (hs_explore(&retry_scenario, &e->param, &options, result) || result->violations)
		return -1;
	hs_explore_result_free(result);
	return bench_now_ns() - begin;
}

static void bench_explore_must(bool done, const char *what)
{
	if (done)
		return;
	fprintf(stderr, "bench: %s failed\n", what);
	exit(1);
}

static double bench_explore_executions(const struct bench_variant *v, uint64_t operations)
{
	struct hs_explore_result result;
	double ns = bench_explore_search(v->arg, operations, &result);

	bench_explore_must(ns >= 0, "an exploration");
	return ns / (double)result.executions;
}

static const struct exploration random2 = { { 1, 1, 1, false, RETRY_CORRECT }, HS_SEARCH_RANDOM };
static const struct exploration random4 = { { 3, 1, 1, false, RETRY_CORRECT }, HS_SEARCH_RANDOM };
static const struct exploration dfs3 = { { 2, 2, 1, false, RETRY_CORRECT }, HS_SEARCH_DFS };
static const struct exploration sleep5 = { { 4, 1, 1, false, RETRY_CORRECT }, HS_SEARCH_SLEEP };
static const struct exploration dpor5 = { { 4, 1, 1, false, RETRY_CORRECT }, HS_SEARCH_DPOR };
static const struct exploration dpor7 = { { 6, 1, 1, false, RETRY_CORRECT }, HS_SEARCH_DPOR };

static void bench_explore_executions_group(const struct bench_options *options)
{
	const struct bench_variant variants[] = {
		{ "random/threads:2", bench_explore_executions, 1000000, 1, &random2 },
		{ "random/threads:4", bench_explore_executions, 500000, 1, &random4 },
		{ "dfs/threads:3", bench_explore_executions, 900000, 1, &dfs3 },
		{ "sleep sets/threads:5", bench_explore_executions, 19072, 1, &sleep5 },
		{ "dpor/threads:5", bench_explore_executions, 2133, 1, &dpor5 },
	};

	bench_group(options, "executions of the retry model", variants,
		    sizeof(variants) / sizeof(variants[0]));
}

/* ---- whole searches ---------------------------------------------------------------------- */

/* From here on the peak of memory is that of what is resident now. False: it stays as it was. */
static bool bench_explore_reset_peak(void)
{
	FILE *file = fopen("/proc/self/clear_refs", "w");
	bool done;

	if (!file)
		return false;
	done = fputs("5", file) >= 0;
	return !fclose(file) && done;
}

/* Of resident memory, in KiB; 0: it is not known. */
static unsigned long bench_explore_peak(void)
{
	FILE *file = fopen("/proc/self/status", "r");
	unsigned long peak = 0;
	char line[128];

	if (!file)
		return 0;
	while (!peak && fgets(line, sizeof(line), file))
		if (!strncmp(line, "VmHWM:", 6))
			peak = strtoul(line + 6, NULL, 10);
	fclose(file);
	return peak;
}

static void bench_explore_whole(const char *name, const struct exploration *e)
{
	bool is_new = bench_explore_reset_peak();
	struct hs_explore_result result;
	double ns = bench_explore_search(e, 0, &result);
	unsigned long peak = is_new ? bench_explore_peak() : 0;

	bench_explore_must(ns >= 0, "a whole search");
	printf("  %-42s %9.0f %9llu %9llu", name, (double)result.executions * 1e9 / ns,
	       (unsigned long long)result.executions, (unsigned long long)result.blocked);
	if (peak)
		printf(" %9.1f\n", (double)peak / 1024);
	else
		printf(" %9s\n", "-");
}

static void bench_explore_whole_searches(const struct bench_options *options)
{
	static const struct {
		const char *name;
		const struct exploration *exploration;
		bool long_one;
	} rows[] = {
		{ "sleep sets/threads:5", &sleep5, false },
		{ "dpor/threads:5", &dpor5, false },
		{ "dpor/threads:7", &dpor7, true },
	};

	printf("  %-42s %9s %9s %9s %9s\n", "of a whole search", "a second", "all", "cut",
	       "peak MiB");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (!rows[i].long_one || options->divisor == 1)
			bench_explore_whole(rows[i].name, rows[i].exploration);
	printf("\n");
}

int main(int argc, char **argv)
{
	struct bench_options options;

	bench_parse(argc, argv, "", &options);
	bench_explore_switch_group(&options);
	bench_explore_executions_group(&options);
	bench_explore_whole_searches(&options);
	return 0;
}
