/* SPDX-License-Identifier: MIT */
/* Scenarios on threads. */
#include "support/machine.h"
#include "support/play.h"

#include <errno.h>
#include <string.h>

#include "support/retry_model.h"
#include "support/scale.h"

static struct hs_machine_config config_of(enum hs_arena_kind kind)
{
	struct hs_machine_config config;

	hs_machine_config_init(&config);
	config.kind = kind;
	config.size = (size_t)2 << 20;
	config.max_tasks = 8;
	return config;
}

static void the_retry_protocol_runs_on_threads(void **state)
{
	struct retry_param param = { .drivers = 2, .attempts = 3, .pages = 2 };

	(void)state;
	for (uint32_t i = 0; i < test_scaled(400) + 20; i++) {
		struct hs_machine_config config =
			config_of(i & 1 ? HS_ARENA_REGION : HS_ARENA_HEAP);
		struct hs_leaks left;

		param.teardown = i & 2;
		assert_int_equal(hs_scenario_run(&retry_scenario, &param, &config, &left), 0);
		assert_string_equal(left.text, "");
	}
	assert_int_equal(hs_scenario_run(&retry_scenario, &param, NULL, NULL), 0);
}

static void leaks(struct hs_task *self, void *state)
{
	(void)state;
	hs_alloc(self, HS_KIND_PAGE, 32);
}

static void leaks_come_back_named(void **state)
{
	struct play play = { .task = { leaks, leaks } };
	struct hs_leaks left;

	(void)state;
	assert_int_equal(hs_scenario_run(&play_scenario, &play, NULL, &left), -ENOTEMPTY);
	assert_int_equal(left.objects, 2);
	assert_string_equal(left.text, "2 page");
	assert_int_equal(hs_scenario_run(&play_scenario, &play, NULL, NULL), -ENOTEMPTY);
}

/* ---- the current task -------------------------------------------------------------------- */

static int current_setup(struct hs_task *self, struct hs_plan *plan, void *state, const void *param)
{
	(void)plan;
	(void)state;
	(void)param;
	assert_ptr_equal(hs_task_current(), self);
	return 0;
}

static void current_check(struct hs_task *self, void *state, const void *param)
{
	(void)state;
	(void)param;
	assert_ptr_equal(hs_task_current(), self);
}

static void set_up_and_check_have_a_current_task(void **state)
{
	static const struct hs_scenario scenario = { "current", 1, current_setup, current_check };
	struct machine m;

	(void)state;
	assert_int_equal(hs_scenario_run(&scenario, NULL, NULL, NULL), 0);
	assert_null(hs_task_current());
	machine_open_failing(&m, 0);
	assert_int_equal(hs_scenario_run(&scenario, NULL, NULL, NULL), 0);
	assert_ptr_equal(hs_task_current(), m.self);
	machine_close(&m);
}

/* ---- failures ---------------------------------------------------------------------------- */

static uint32_t ran; /* by threads: all of them are joined when it is read */

static void runs(struct hs_task *self, void *state)
{
	(void)self;
	(void)state;
	__atomic_fetch_add(&ran, 1, __ATOMIC_RELAXED);
}

static void every_allocation_that_fails_stops_it_before_the_tasks(void **state)
{
	struct play play = { .task = { runs, runs, runs } };
	struct hs_machine_config config = config_of(HS_ARENA_HEAP);
	uint64_t site = 0;
	int ret = -ENOMEM;

	(void)state;
	while (ret) {
		struct hs_leaks left = { .objects = 99 };

		ran = 0;
		config.fail_at = ++site;
		assert_true(site < 20);
		ret = hs_scenario_run(&play_scenario, &play, &config, &left);
		if (!ret)
			break;
		assert_int_equal(ret, -ENOMEM);
		assert_int_equal(ran, 0);
		assert_true(site <= 2 || left.objects == 0);
	}
	assert_int_equal(ran, 3);
	/* arena, machine, state, three threads */
	assert_int_equal(site - 1, 6);
}

static void too_few_task_slots_stop_it_as_well(void **state)
{
	struct play play = { .task = { runs, runs, runs } };
	struct hs_machine_config config = config_of(HS_ARENA_HEAP);

	(void)state;
	ran = 0;
	config.max_tasks = 2;
	assert_int_equal(hs_scenario_run(&play_scenario, &play, &config, NULL), -ENOMEM);
	assert_int_equal(ran, 0);
}

static int fifteen(struct hs_task *self, struct hs_plan *plan, void *state, const void *param)
{
	int *ret = state;

	(void)self;
	(void)param;
	for (int i = 0; i < 14; i++)
		if (hs_plan_task(plan, "task", runs, ret))
			return -E2BIG;
	if (hs_plan_task(plan, NULL, runs, ret) != -EINVAL ||
	    hs_plan_task(plan, "task", NULL, ret) != -EINVAL)
		return -E2BIG;
	return hs_plan_task(plan, "task", runs, ret);
}

static void a_plan_holds_fourteen_tasks(void **state)
{
	struct hs_scenario scenario = { "fifteen", sizeof(int), fifteen, NULL };

	(void)state;
	ran = 0;
	assert_int_equal(hs_scenario_run(&scenario, NULL, NULL, NULL), -EINVAL);
	assert_int_equal(ran, 0);
	scenario.setup = NULL;
	assert_int_equal(hs_scenario_run(&scenario, NULL, NULL, NULL), -EINVAL);
	scenario.setup = fifteen;
	scenario.state_size = 0;
	assert_int_equal(hs_scenario_run(&scenario, NULL, NULL, NULL), -EINVAL);
}

static int keeps_the_plan(struct hs_task *self, struct hs_plan *plan, void *state,
			  const void *param)
{
	(void)self;
	(void)param;
	*(struct hs_plan **)state = plan;
	return hs_plan_task(plan, "task", runs, state);
}

static int too_late;

static void plans_in_the_check(struct hs_task *self, void *state, const void *param)
{
	(void)self;
	(void)param;
	too_late = hs_plan_task(*(struct hs_plan **)state, "late", runs, state);
}

static void a_plan_is_closed_after_the_set_up(void **state)
{
	static const struct hs_scenario scenario = { "late", sizeof(struct hs_plan *),
						     keeps_the_plan, plans_in_the_check };

	(void)state;
	too_late = 0;
	assert_int_equal(hs_scenario_run(&scenario, NULL, NULL, NULL), 0);
	assert_int_equal(too_late, -EINVAL);
}

static void counts(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	for (int i = 0; i < 100; i++) {
		hs_mutex_lock(self, &st->mutex);
		st->plain[0]++;
		hs_mutex_unlock(self, &st->mutex);
	}
}

static void check_count(struct hs_task *self, struct play_state *st)
{
	hs_assert(self, st->plain[0] == 400, "expected 400, found %d", (int)st->plain[0]);
	st->plain[0]++;
	ran = 77;
}

static void the_check_sees_what_the_tasks_did(void **state)
{
	struct play play = { .task = { counts, counts, counts, counts }, .check = check_count };

	(void)state;
	ran = 0;
	assert_int_equal(hs_scenario_run(&play_scenario, &play, NULL, NULL), 0);
	assert_int_equal(ran, 77);
}

static int fails_and_leaves(struct hs_task *self, struct hs_plan *plan, void *state,
			    const void *param)
{
	(void)param;
	if (!hs_alloc(self, HS_KIND_PAGE, 32))
		return -ENOMEM;
	return hs_plan_task(plan, "task", runs, state) ? -EINVAL : -EPERM;
}

static void the_error_of_the_set_up_comes_before_what_it_left(void **state)
{
	static const struct hs_scenario scenario = { "left", 8, fails_and_leaves, NULL };
	struct hs_leaks left;

	(void)state;
	ran = 0;
	assert_int_equal(hs_scenario_run(&scenario, NULL, NULL, &left), -EPERM);
	assert_string_equal(left.text, "1 page");
	assert_int_equal(ran, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_retry_protocol_runs_on_threads),
		cmocka_unit_test(leaks_come_back_named),
		cmocka_unit_test(set_up_and_check_have_a_current_task),
		cmocka_unit_test(every_allocation_that_fails_stops_it_before_the_tasks),
		cmocka_unit_test(too_few_task_slots_stop_it_as_well),
		cmocka_unit_test(a_plan_holds_fourteen_tasks),
		cmocka_unit_test(the_check_sees_what_the_tasks_did),
		cmocka_unit_test(a_plan_is_closed_after_the_set_up),
		cmocka_unit_test(the_error_of_the_set_up_comes_before_what_it_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
