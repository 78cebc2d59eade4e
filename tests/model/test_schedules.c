/* SPDX-License-Identifier: MIT */
/*
 * The schedules that the argument comes down to, each run step by step (the steps are in lab.h), on
 * threads and in the explorer, which explores what a schedule leaves open. The tenth schedule needs
 * a point between two loads of the walker: test_device_model.c finds it by search.
 */
#include "support/exploration.h"
#include "model/lab.h"
#include "support/machine.h"

#define run(...) run_at(TEST_PLACE, __VA_ARGS__)

#ifdef HS_BACKEND_EXPLORE
/* A schedule with ~ leaves much open: the search is cut, and in sanitizer builds always. */
static uint64_t bound(const struct lab_param *param)
{
	if (test_is_short())
		return 500;
	return strchr(param->text, '~') ? 5000 : 0;
}

static void run_at(struct test_place at, const struct lab_param *param)
{
	struct hs_explore_result r;

	if (param->want.lost) {
		explore_found_at(at, &lab_scenario, param, HS_VERDICT_LEAK,
				 "1 reference to a page of removed device memory (pfn 0x8)",
				 param->complete, &r);
		hs_explore_result_free(&r);
		return;
	}
	explore_none_at(at, &lab_scenario, param, bound(param), param->complete, &r);
	hs_explore_result_free(&r);
}
#else
static void run_at(struct test_place at, const struct lab_param *param)
{
	struct hs_machine_config config;
	struct hs_leaks left;

	(void)at;
	machine_small_config(&config);
	assert_int_equal(hs_scenario_run(&lab_scenario, param, &config, &left),
			 param->want.lost ? -ENOTEMPTY : 0);
	assert_int_equal(left.page_refs, param->want.lost);
	assert_int_equal(left.objects, param->want.lost);
}
#endif

/* ---- the schedules ----------------------------------------------------------------------- */

static void schedule_1_flag_hides_an_invalidation_that_is_over(void **state)
{
	(void)state;
	run(&(struct lab_param){
		.text = "w1 w2 | r1 r2 r3 r4 | w5 w6 w8 w9 | r5 r6 r7 r8",
		.remover = "12345678",
		.validity = HS_VALIDITY_FLAG,
		.era = HS_ERA_5_3,
		.end = PAGE,
		.want = { .s1 = true, .programmed = true, .ret = 1 },
		.complete = 14,
	});
}

static void schedule_1_sequence_shows_an_invalidation_that_is_over(void **state)
{
	(void)state;
	run(&(struct lab_param){
		.text = "w1 w2 | r1 r2 r3 r4 | w5 w6 w9 w1 w2 | r5 r6 r7 r8",
		.remover = "12345678",
		.era = HS_ERA_6_12,
		.end = PAGE,
		.want = { .retries = 1, .ret = -EFAULT },
		.complete = 14,
	});
}

static void leak(enum hs_strategy strategy, bool leaks, uint64_t complete)
{
	run(&(struct lab_param){
		.text = "w1 w2 | r1 r2 r3 r4 r5 r6 r7",
		.remover = "12345678",
		.validity = HS_VALIDITY_FLAG,
		.era = HS_ERA_5_3,
		.strategy = strategy,
		.end = 2 * PAGE,
		.special = true,
		.no_wait = leaks,
		.want = { .waited = leaks, .ret = -EFAULT },
		.complete = complete,
	});
}

static void schedule_2_leaked_reference_blocks_the_drain(void **state)
{
	(void)state;
	leak(HS_STRATEGY_PER_TABLE, true, 8);
	leak(HS_STRATEGY_PER_RANGE, false, 14);
	leak(HS_STRATEGY_NONE, false, 14);
}

static void schedule_3_kill_before_invalidation_makes_a_walker_spin(void **state)
{
	struct lab_param p = {
		.text = "r5 | w1 w2 spun~ | r1 r2 r3 r4 | r6 r7 r8",
		.remover = "51234678",
		.era = HS_ERA_6_12,
		.strategy = HS_STRATEGY_CUSTOM,
		.end = PAGE,
		.want = { .spun = true, .retries = 1, .ret = -EFAULT },
		.complete = 560,
	};

	(void)state;
	run(&p);
	p.strategy = HS_STRATEGY_NONE;
	p.text = "r5 | w1 w2 | r1 r2 r3 r4 | w5 w6 w9 w1 w2 | r6 r7 r8";
	p.want.spun = false;
	p.complete = 14;
	run(&p);
}

static void schedule_4_reference_held_over_a_fault_delays_the_drain(void **state)
{
	struct lab_param p = {
		.text = "w1 w2~ asleep r5 r6 r7 wait~ open w5 w6 w7 w8 w9 | r1 r2 r3 r4 r8",
		.remover = "56712348",
		.era = HS_ERA_6_12,
		.strategy = HS_STRATEGY_PER_RANGE,
		.end = 2 * PAGE,
		.gate = true,
		.want = { .waited = true, .programmed = true },
		.complete = 16,
	};

	(void)state;
	run(&p);
	p.strategy = HS_STRATEGY_NONE;
	p.text = "w1 w2~ asleep r5 r6 r7 open w5 w6 w7 w8 w9 | r1 r2 r3 r4 r8";
	p.want.waited = false;
	p.complete = 28;
	run(&p);
	/* The second pass finds the pgmap dead, and goes round until r2. */
	p.strategy = HS_STRATEGY_PER_TABLE;
	p.text = "w1 w2~ asleep r5 r6 r7 open | r1 r2 r3 r4 r8";
	p.want = (struct outcome){ .retries = 1, .ret = -EFAULT };
	p.complete = 2576;
	run(&p);
}

static void schedule_5_first_of_two_maps_goes_while_the_walk_is_in_the_second(void **state)
{
	(void)state;
	run(&(struct lab_param){
		.text = "w1 w2 in-b | r1 r2 r3 r4 r5 r6 r7 r8 | out-b w5 w6 w9 w1 w2",
		.remover = "12345678",
		.era = HS_ERA_6_12,
		.strategy = HS_STRATEGY_CUSTOM,
		.end = 3 * PAGE,
		.want = { .retries = 1, .ret = -EFAULT },
		.complete = 14,
	});
}

static void schedule_6_driver_lock_fences_the_removal(void **state)
{
	(void)state;
	run(&(struct lab_param){
		.text = "w1 w2 w5 w6 w7 | r1 r2~ | w8 w9 | r3 r4 r5 r6 r7 r8",
		.remover = "12345678",
		.era = HS_ERA_6_12,
		.end = PAGE,
		.want = { .programmed = true },
		.complete = 14,
	});
}

static void schedule_7_page_that_escapes_the_lock_needs_a_pin(void **state)
{
	struct lab_param p = {
		.text = "w1 w2 | r1 r2 r3 r4 r5 r6 r7 r8 | dma w5 w6 w9 w1 w2",
		.remover = "12345678",
		.era = HS_ERA_6_12,
		.page_refs = HS_PAGE_REFS_5_3,
		.escape = ESCAPES,
		.end = PAGE,
		.want = { .s2 = true, .retries = 1, .ret = -EFAULT },
		.complete = 14,
	};

	(void)state;
	run(&p);
	p.escape = PINNED;
	p.text = "w1 w2 pin | r1 r2 r3 r4 r5 r6 r7 wait~ | dma unpin w5 w6 w9 w1 w2 | r8";
	p.want.s2 = false;
	p.want.waited = true;
	p.complete = 6;
	run(&p);
	/* From 5.18 on a pin of file memory keeps the page and does not block the drain. */
	p.page_refs = HS_PAGE_REFS_6_1;
	p.text = "w1 w2 pin | r1 r2 r3 r4 r5 r6 r7 r8 | dma unpin w5 w6 w9 w1 w2";
	p.want.s2 = p.want.lost = true;
	p.want.waited = false;
	p.complete = 1;
	run(&p);
}

static void schedule_8_refused_invalidation_leaves_no_trace(void **state)
{
	struct lab_param p = {
		.text = "w1 w2 w5 | n | w6 w7 w8 w9",
		.remover = "",
		.era = HS_ERA_6_12,
		.end = PAGE,
		.nonblocking = true,
		.want = { .programmed = true },
		.complete = 1,
	};

	(void)state;
	run(&p);
	p.validity = HS_VALIDITY_FLAG;
	p.era = HS_ERA_5_3;
	p.want.ret = 1;
	run(&p);
}

static void schedule_9_subscription_inserted_late_waits_and_is_reached(void **state)
{
	(void)state;
	run(&(struct lab_param){
		.text = "r2 | w0 w1~ | r4 | w2 w5 w6 w7 w8 w9 | r1 rq r5 r6 r7 r8",
		.remover = "241q5678",
		.era = HS_ERA_6_12,
		.end = PAGE,
		.late = true,
		.want = { .programmed = true },
		.complete = 28,
	});
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(schedule_1_flag_hides_an_invalidation_that_is_over),
		cmocka_unit_test(schedule_1_sequence_shows_an_invalidation_that_is_over),
		cmocka_unit_test(schedule_2_leaked_reference_blocks_the_drain),
		cmocka_unit_test(schedule_3_kill_before_invalidation_makes_a_walker_spin),
		cmocka_unit_test(schedule_4_reference_held_over_a_fault_delays_the_drain),
		cmocka_unit_test(schedule_5_first_of_two_maps_goes_while_the_walk_is_in_the_second),
		cmocka_unit_test(schedule_6_driver_lock_fences_the_removal),
		cmocka_unit_test(schedule_7_page_that_escapes_the_lock_needs_a_pin),
		cmocka_unit_test(schedule_8_refused_invalidation_leaves_no_trace),
		cmocka_unit_test(schedule_9_subscription_inserted_late_waits_and_is_reached),
	};

	return cmocka_run_group_tests_name("schedules", tests, NULL, NULL);
}
