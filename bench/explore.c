/* SPDX-License-Identifier: MIT */
/*
 * explore.c - times the explorer: a fiber switch, and executions of the retry model
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

static double bench_explore_executions(const struct bench_variant *v, uint64_t operations)
{
	const struct exploration *e = v->arg;
	struct hs_explore_options options;
	struct hs_explore_result result;
	double begin;

	hs_explore_options_init(&options);
	options.search = e->search;
	options.max_executions = operations;
	begin = bench_now_ns();
	if (hs_explore(&retry_scenario, &e->param, &options, &result) || result.violations) {
		fprintf(stderr, "bench: the exploration failed\n");
		exit(1);
	}
	hs_explore_result_free(&result);
	return (bench_now_ns() - begin) / (double)result.executions;
}

int main(int argc, char **argv)
{
	static const struct exploration random2 = { { 1, 1, 1, false, RETRY_CORRECT },
						    HS_SEARCH_RANDOM };
	static const struct exploration random4 = { { 3, 1, 1, false, RETRY_CORRECT },
						    HS_SEARCH_RANDOM };
	static const struct exploration dfs3 = { { 2, 2, 1, false, RETRY_CORRECT }, HS_SEARCH_DFS };
	static const struct exploration sleep5 = { { 4, 1, 1, false, RETRY_CORRECT },
						   HS_SEARCH_SLEEP };
	const struct bench_variant variants[] = {
		{ "random/threads:2", bench_explore_executions, 1000000, 1, &random2 },
		{ "random/threads:4", bench_explore_executions, 500000, 1, &random4 },
		{ "dfs/threads:3", bench_explore_executions, 1000000, 1, &dfs3 },
		{ "sleep sets/threads:5", bench_explore_executions, 19072, 1, &sleep5 },
	};
	struct bench_options options;

	bench_parse(argc, argv, "", &options);
	bench_explore_switch_group(&options);
	bench_group(&options, "executions of the retry model", variants,
		    sizeof(variants) / sizeof(variants[0]));
	return 0;
}
