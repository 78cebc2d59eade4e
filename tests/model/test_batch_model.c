/* SPDX-License-Identifier: MIT */
/*
 * The algorithm of native RCU callbacks (src/port/common/batch.h) with weak memory and without:
 * each of its orders is needed, each of its faults in breaks.def is found, and without them it
 * holds.
 */
#include "batch_race.h"
#include "port/port.h"
#include "support/exploration.h"

/* ---- what is asserted ------------------------------------------------------------------------ */

/* Sleep sets with more executions than this judge nothing. */
#define JUDGE_LIMIT 2000
/* Slow builds do not look at more. */
#define SHORT_LIMIT 500

static void run(const struct batch_param *p, enum hs_memory memory, uint64_t most,
		const char *schedule, struct hs_explore_result *r)
{
	struct hs_explore_options o;

	hs_explore_options_init(&o);
	o.memory = memory;
	o.search = schedule ? HS_SEARCH_REPLAY : HS_SEARCH_DPOR;
	o.max_executions = most;
	o.schedule = schedule;
	o.shrink = 0; /* the schedule is that of the execution whose number is asserted */
	assert_int_equal(hs_explore(&batch_race, p, &o, r), 0);
}

static void expect_verdict(const struct hs_explore_result *r, enum hs_verdict verdict)
{
	if (r->verdict != verdict)
		print_error("%s: %s\n%s\n", hs_verdict_name(r->verdict), r->message, r->schedule);
	assert_int_equal(r->verdict, verdict);
}

static void expect_none(struct test_place at, const struct batch_param *p, enum hs_memory memory,
			uint64_t complete)
{
	struct hs_explore_result r;

	run(p, memory, test_is_short() ? SHORT_LIMIT : 0, NULL, &r);
	expect_verdict(&r, HS_VERDICT_NONE);
	assert_true(r.exhaustive || test_is_short());
	if (r.exhaustive)
		expect_count_at(at, batch_plays[p->play],
				memory == HS_MEMORY_SC ? "complete" : "complete (views)",
				r.complete, complete);
	hs_explore_result_free(&r);
}

/* Sleep sets see the same classes. */
static void judge(struct test_place at, const struct batch_param *p, enum hs_memory memory)
{
	struct hs_explore_options o;
	struct hs_explore_result dpor, sleep;

	if (test_is_short())
		return;
	hs_explore_options_init(&o);
	o.memory = memory;
	o.fingerprint = true;
	o.max_executions = JUDGE_LIMIT;
	o.search = HS_SEARCH_SLEEP;
	assert_int_equal(hs_explore(&batch_race, p, &o, &sleep), 0);
	o.max_executions = 0;
	o.search = HS_SEARCH_DPOR;
	hs_explore_result_free(&sleep);
	if (!sleep.exhaustive)
		return;
	assert_int_equal(hs_explore(&batch_race, p, &o, &dpor), 0);
	expect_count_at(at, batch_plays[p->play], "classes", dpor.classes, sleep.classes);
	assert_int_equal(dpor.fingerprint, sleep.fingerprint);
	hs_explore_result_free(&dpor);
}

#define holds(...) holds_at(TEST_PLACE, __VA_ARGS__)

/* All executions are seen: @sc of them come to their end, with weak memory @views. */
static void holds_at(struct test_place at, struct batch_param p, uint64_t sc, uint64_t views)
{
	expect_none(at, &p, HS_MEMORY_SC, sc);
	judge(at, &p, HS_MEMORY_SC);
	if (!views)
		return;
	expect_none(at, &p, HS_MEMORY_VIEWS, views);
	judge(at, &p, HS_MEMORY_VIEWS);
}

static void found(struct test_place at, const struct batch_param *p, enum hs_memory memory,
		  enum hs_verdict verdict, const char *text, uint64_t first, const char *schedule)
{
	struct hs_explore_result r, again;

	run(p, memory, 0, NULL, &r);
	expect_verdict(&r, verdict);
	if (!strstr(r.message, text))
		print_error("%s\n", r.message);
	assert_non_null(strstr(r.message, text));
	expect_count_at(at, batch_plays[p->play], "first", r.first_violation, first);
	assert_string_equal(r.schedule, schedule);
	hs_explore_result_free(&r);
	run(p, memory, 0, schedule, &again);
	expect_verdict(&again, verdict);
	assert_string_equal(again.schedule, schedule);
	hs_explore_result_free(&again);
}

static void callback_runs_after_every_reader_that_was_inside(void **state)
{
	(void)state;
	holds((struct batch_param){ .play = RECLAIM, .readers = 1 }, 10, 62);
	holds((struct batch_param){ .play = RECLAIM, .readers = 2 }, 181, 5248);
	holds((struct batch_param){ .play = RECLAIM, .readers = 1, .fences = true }, 10, 39);
	holds((struct batch_param){ .play = RECLAIM, .readers = 2, .fences = true }, 181, 3569);
	holds((struct batch_param){ .play = RECLAIM, .readers = 1, .notes = true }, 7, 60);
	holds((struct batch_param){ .play = RECLAIM, .readers = 1, .words = true }, 10, 62);
}

static void reader_that_polls_frees_nothing_that_it_sees(void **state)
{
	(void)state;
	holds((struct batch_param){ .play = LATE, .readers = 1 }, 137, 3029);
	holds((struct batch_param){ .play = LATE, .readers = 1, .notes = true }, 113, 3352);
	holds((struct batch_param){ .play = LATE, .readers = 1, .words = true }, 155, 3926);
}

static void callback_waits_for_a_grace_period_that_began_after_it(void **state)
{
	(void)state;
	holds((struct batch_param){ .play = JOINED, .readers = 1 }, 180, 7719);
	holds((struct batch_param){ .play = JOINED, .readers = 1, .fences = true }, 180, 1982);
}

static void callback_may_queue_its_head_again(void **state)
{
	(void)state;
	holds((struct batch_param){ .play = CHAIN, .readers = 1 }, 21, 156);
	holds((struct batch_param){ .play = CHAIN, .readers = 1, .notes = true }, 11, 140);
	holds((struct batch_param){ .play = CHAIN, .readers = 1, .fences = true }, 21, 107);
	holds((struct batch_param){ .play = CHAIN, .readers = 2 }, 735, 0);
}

/* Each once, though two tasks poll. */
static void callbacks_run_one_at_a_time(void **state)
{
	(void)state;
	holds((struct batch_param){ .play = COUNTERS }, 74, 802);
	holds((struct batch_param){ .play = COUNTERS, .fences = true }, 74, 326);
	holds((struct batch_param){ .play = COUNTERS, .words = true }, 196, 2334);
}

static void barrier_waits_for_what_another_task_runs(void **state)
{
	(void)state;
	holds((struct batch_param){ .play = SENT }, 14, 143);
	holds((struct batch_param){ .play = SENT, .words = true }, 14, 143);
	holds((struct batch_param){ .play = OWNER }, 1807, 58871);
	holds((struct batch_param){ .play = CROWD }, 2242, 0);
}

static void poll_is_false_when_all_have_run(void **state)
{
	(void)state;
	holds((struct batch_param){ .play = ASKED }, 24, 141);
	holds((struct batch_param){ .play = ASKED, .words = true }, 31, 236);
}

/* ---- each order ------------------------------------------------------------------------------ */

#define READ "dereference of an object that is freed"
#define NOTED "what a reader did in its section is not seen"
#define DONE "what the callback did is not seen"
#define ONCE "1 ran, or two at once"

static const struct weak {
	struct batch_param param;
	enum hs_verdict verdict;
	const char *text;
	uint64_t first;
	const char *schedule;
} weak[] = {
	{ { .play = RECLAIM, .readers = 1, .none = "membarrier" },
	  HS_VERDICT_FREED,
	  READ,
	  12,
	  "1*2 2*17 c1 2*18 1" },
	{ { .play = LATE, .readers = 1, .none = "membarrier" },
	  HS_VERDICT_FREED,
	  READ,
	  29,
	  "1*4 2*13 c1 2*33 c1 2*17 1" },
	{ { .play = RECLAIM, .readers = 1, .fences = true, .none = "membarrier" },
	  HS_VERDICT_FREED,
	  READ,
	  12,
	  "1*3 2*17 c1 2*18 1" },
	{ { .play = RECLAIM, .readers = 1, .fences = true, .none = "fence" },
	  HS_VERDICT_FREED,
	  READ,
	  12,
	  "1*2 2*18 c1 2*18 1" },
	{ { .play = RECLAIM, .readers = 1, .notes = true, .relaxed = "hs_grace_leave" },
	  HS_VERDICT_ASSERT,
	  NOTED,
	  9,
	  "1*3 2*29 1*2 2*17 c1 2" },
	{ { .play = RECLAIM, .readers = 1, .notes = true, .relaxed = "hs_grace_look" },
	  HS_VERDICT_ASSERT,
	  NOTED,
	  9,
	  "1*3 2*29 1*2 2*17 c1 2" },
	{ { .play = COUNTERS, .words = true, .relaxed = "lock" },
	  HS_VERDICT_ASSERT,
	  ONCE,
	  10,
	  "1*31 2*3 c0 2*6 c1 2*2 c1 2 c1 2 c1 2 c1 2*7 c1 2*4" },
	{ { .play = COUNTERS, .words = true, .relaxed = "unlock" },
	  HS_VERDICT_ASSERT,
	  ONCE,
	  10,
	  "1*31 2*3 c0 2*6 c1 2*2 c1 2 c1 2 c1 2 c1 2*7 c1 2*4" },
	{ { .play = SENT, .words = true, .relaxed = "lock" },
	  HS_VERDICT_ASSERT,
	  "a callback is lost",
	  8,
	  "1*31 2*3 c1 2*2 c1 2*2 c1 2 c1 2 c0 2 c0 2*14" },
	{ { .play = COUNTERS, .relaxed = "hs_batch_is_idle" },
	  HS_VERDICT_ASSERT,
	  ONCE,
	  56,
	  "1*27 2*19 1*4 2 c0 2*7 c1 2*4" },
	{ { .play = COUNTERS, .relaxed = "hs_batch_run" },
	  HS_VERDICT_ASSERT,
	  ONCE,
	  56,
	  "1*27 2*19 1*4 2 c0 2*7 c1 2*4" },
	{ { .play = SENT, .relaxed = "hs_batch_run" },
	  HS_VERDICT_ASSERT,
	  DONE,
	  2,
	  "1*31 2*3 c0 2 c1" },
	{ { .play = SENT, .relaxed = "hs_batch_has_come_to" },
	  HS_VERDICT_ASSERT,
	  DONE,
	  2,
	  "1*31 2*3 c0 2 c1" },
	{ { .play = ASKED, .relaxed = "hs_batch_is_pending" },
	  HS_VERDICT_ASSERT,
	  DONE,
	  29,
	  "2*9 1 c0 1*22 2*7 c0 2 c1" },
};

/* Without weak memory nothing is found. */
static void each_order_is_needed(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(weak); i++) {
		const struct weak *w = &weak[i];
		struct hs_explore_result r;

		run(&w->param, HS_MEMORY_SC, 0, NULL, &r);
		expect_verdict(&r, HS_VERDICT_NONE);
		assert_true(r.exhaustive);
		found(TEST_PLACE, &w->param, HS_MEMORY_VIEWS, w->verdict, w->text, w->first,
		      w->schedule);
	}
}

/* ---- each fault ------------------------------------------------------------------------------ */

/* The other tests have the same plays without faults. */
static const struct fault {
	enum hs_break fault;
	struct batch_param param;
	enum hs_verdict verdict;
	const char *text;
	uint64_t first;
	const char *schedule;
} faults[] = {
	{ HS_BREAK_BATCH_QUEUE_GAP,
	  { .play = COUNTERS },
	  HS_VERDICT_ASSERT,
	  "a callback is lost",
	  46,
	  "1*5 2*32 1*13" },
	{ HS_BREAK_BATCH_COUNT_LATE,
	  { .play = OWNER },
	  HS_VERDICT_ASSERT,
	  DONE,
	  339,
	  "1*6 2*13 1*26 2*10" },
	{ HS_BREAK_BATCH_POLL_LISTS,
	  { .play = ASKED },
	  HS_VERDICT_ASSERT,
	  DONE,
	  11,
	  "1 2*9 1*17 2*9" },
	{ HS_BREAK_BATCH_BEGIN_GAP,
	  { .play = JOINED, .readers = 1 },
	  HS_VERDICT_FREED,
	  READ,
	  195,
	  "3*14 2 1*2 2*8 3*25 1" },
	{ HS_BREAK_BATCH_TAIL_STAYS,
	  { .play = CHAIN, .readers = 1 },
	  HS_VERDICT_FREED,
	  READ,
	  12,
	  "2*37 1*2 2*23 1" },
	{ HS_BREAK_BATCH_TAIL_STAYS,
	  { .play = OWNER },
	  HS_VERDICT_LIVELOCK,
	  "rcu_barrier",
	  1,
	  "1*29 2*1426" },
	{ HS_BREAK_BATCH_OVERTAKES,
	  { .play = COUNTERS },
	  HS_VERDICT_ASSERT,
	  ONCE,
	  11,
	  "1*26 2*30 1*4" },
	{ HS_BREAK_BATCH_OVERTAKES,
	  { .play = CROWD },
	  HS_VERDICT_ASSERT,
	  DONE,
	  294,
	  "1*26 2*12 3*5 2*4 3*2 2*24" },
	{ HS_BREAK_BATCH_TAKE_EARLY,
	  { .play = RECLAIM, .readers = 1 },
	  HS_VERDICT_FREED,
	  READ,
	  4,
	  "1*2 2*36 1" },
	{ HS_BREAK_BATCH_TAKE_GAP,
	  { .play = COUNTERS },
	  HS_VERDICT_ASSERT,
	  ONCE,
	  13,
	  "1*20 2*23 1*12 2*4" },
	{ HS_BREAK_BATCH_TAKE_GAP,
	  { .play = LATE, .readers = 1 },
	  HS_VERDICT_FREED,
	  "load of an object that is freed",
	  78,
	  "2*56 1*22 2*3" },
	{ HS_BREAK_BATCH_RAN_EARLY, { .play = SENT }, HS_VERDICT_ASSERT, DONE, 2, "1*27 2*4" },
	{ HS_BREAK_BATCH_NEXT_LATE,
	  { .play = RECLAIM, .readers = 1 },
	  HS_VERDICT_FREED,
	  "load of an object that is freed",
	  1,
	  "1*4 2*32" },
	{ HS_BREAK_BATCH_NEXT_LATE,
	  { .play = CHAIN, .readers = 1 },
	  HS_VERDICT_LIVELOCK,
	  "rcu_barrier",
	  1,
	  "1*4 2*1592" },
	{ HS_BREAK_BATCH_BARRIER_LISTS, { .play = SENT }, HS_VERDICT_ASSERT, DONE, 2, "1*26 2*5" },
};

static void each_fault_is_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(faults); i++) {
		const struct fault *f = &faults[i];

		hs_break_set(f->fault);
		found(TEST_PLACE, &f->param, HS_MEMORY_SC, f->verdict, f->text, f->first,
		      f->schedule);
		hs_break_set(HS_BREAK_NONE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(callback_runs_after_every_reader_that_was_inside),
		cmocka_unit_test(reader_that_polls_frees_nothing_that_it_sees),
		cmocka_unit_test(callback_waits_for_a_grace_period_that_began_after_it),
		cmocka_unit_test(callback_may_queue_its_head_again),
		cmocka_unit_test(callbacks_run_one_at_a_time),
		cmocka_unit_test(barrier_waits_for_what_another_task_runs),
		cmocka_unit_test(poll_is_false_when_all_have_run),
		cmocka_unit_test(each_order_is_needed),
		cmocka_unit_test(each_fault_is_found),
	};

	return cmocka_run_group_tests_name("batch model", tests, NULL, NULL);
}
