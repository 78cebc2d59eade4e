/* SPDX-License-Identifier: MIT */
/*
 * The explore library alone: a scenario of two tasks that touch nothing.
 */
#define _GNU_SOURCE
#include "use.h"

static void run_nothing(struct hs_task *self, void *arg)
{
	(void)self;
	(void)arg;
}

static int set_up(struct hs_task *self, struct hs_plan *plan, void *state, const void *param)
{
	int err;

	(void)self;
	(void)param;
	err = hs_plan_task(plan, "first", run_nothing, state);
	if (err)
		return err;
	return hs_plan_task(plan, "second", run_nothing, state);
}

static const struct hs_scenario nothing = {
	.name = "nothing",
	.state_size = sizeof(int),
	.setup = set_up,
};

int main(void)
{
	struct hs_explore_options options;
	struct hs_explore_result result;

	CHECK(strcmp(hs_version(), "0.2.0") == 0);
	CHECK(comes_from("malloc", "libc.so"));

	hs_explore_options_init(&options);
	CHECK(hs_explore(&nothing, NULL, &options, &result) == 0);
	CHECK(result.verdict == HS_VERDICT_NONE);
	CHECK(result.exhaustive);
	CHECK(result.complete >= 1);
	hs_explore_result_free(&result);
	return 0;
}
