/* SPDX-License-Identifier: MIT */
/* What ends a search early, what it reports while it goes on, and its estimate of the rest. */
#include "support/play.h"

#include <string.h>
#include <time.h>

#include "explore/estimate.h"
#include "explore/limits.h"
#include "support/retry_model.h"

static void adds(struct hs_task *self, void *state)
{
	hs_u64_add(self, &((struct play_state *)state)->word[0], 1, HS_RELAXED);
}

static void adds_three_times(struct hs_task *self, void *state)
{
	for (int i = 0; i < 3; i++)
		adds(self, state);
}

static void adds_often(struct hs_task *self, void *state)
{
	for (int i = 0; i < 500; i++)
		adds(self, state);
}

static const struct play small = { .task = { adds_three_times, adds_three_times } };
static const struct play endless = { .task = { adds_often, adds_often } };
#define SMALL_EXECUTIONS 20

static void search_for(const struct play *play, const struct hs_explore_options *options,
		       struct hs_explore_result *r)
{
	assert_int_equal(hs_explore(&play_scenario, play, options, r), 0);
}

/* ---- why a search ends ------------------------------------------------------------------- */

static void fails(struct hs_task *self, void *state)
{
	adds(self, state);
	hs_assert(self, false, "always");
}

static void fails_at_once(struct hs_task *self, struct play_state *st)
{
	(void)st;
	hs_assert(self, false, "in set-up");
}

static void a_search_says_why_it_ended(void **state)
{
	const struct play bad = { .task = { fails, adds } };
	const struct play unmade = { .setup = fails_at_once, .task = { adds } };
	static const struct {
		enum hs_search search;
		uint64_t most;
		enum hs_stop stop;
	} rows[] = {
		{ HS_SEARCH_DFS, 0, HS_STOP_END },
		{ HS_SEARCH_DFS, SMALL_EXECUTIONS, HS_STOP_END },
		{ HS_SEARCH_DFS, SMALL_EXECUTIONS - 1, HS_STOP_EXECUTIONS },
		{ HS_SEARCH_RANDOM, 5, HS_STOP_EXECUTIONS },
	};
	struct hs_explore_options options;
	struct hs_explore_result r;

	(void)state;
	hs_explore_options_init(&options);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		options.search = rows[i].search;
		options.max_executions = rows[i].most;
		search_for(&small, &options, &r);
		assert_int_equal(r.stop, rows[i].stop);
		assert_int_equal(r.exhaustive, r.stop == HS_STOP_END);
	}
	search_for(&bad, &options, &r);
	assert_int_equal(r.stop, HS_STOP_VIOLATION);
	hs_explore_result_free(&r);
	search_for(&unmade, &options, &r);
	assert_int_equal(r.stop, HS_STOP_VIOLATION);
	assert_false(r.exhaustive);
	hs_explore_result_free(&r);
	explore(&play_scenario, &small, HS_SEARCH_DFS, 0, "1*3 2*3", &r);
	assert_int_equal(r.stop, HS_STOP_END);
	hs_explore_result_free(&r);
}

static void each_reason_has_words(void **state)
{
	(void)state;
	for (int i = HS_STOP_END; i <= HS_STOP_CALLER; i++)
		assert_string_not_equal(hs_stop_name((enum hs_stop)i), "?");
	assert_string_equal(hs_stop_name(HS_STOP_TIME), "stopped by time");
	assert_string_equal(hs_stop_name((enum hs_stop)(HS_STOP_CALLER + 1)), "?");
}

/* ---- time -------------------------------------------------------------------------------- */

static void a_time_limit_ends_a_search(void **state)
{
	static const enum hs_search searches[] = { HS_SEARCH_DFS, HS_SEARCH_SLEEP,
						   HS_SEARCH_RANDOM };
	struct hs_explore_options options;
	struct hs_explore_result r;

	(void)state;
	for (size_t i = 0; i < sizeof(searches) / sizeof(searches[0]); i++) {
		hs_explore_options_init(&options);
		options.search = searches[i];
		options.max_executions = UINT64_MAX - 1;
		options.time_limit_ms = 10;
		search_for(&endless, &options, &r);
		assert_int_equal(r.stop, HS_STOP_TIME);
		assert_int_equal(r.verdict, HS_VERDICT_NONE);
		assert_false(r.exhaustive);
		assert_true(r.executions > 0);
	}
}

static void sleeps(struct hs_task *self, void *state)
{
	const struct timespec t = { .tv_nsec = 20000000 };

	adds(self, state);
	nanosleep(&t, NULL);
}

/* The processor does nothing meanwhile. */
static void time_that_passes_counts(void **state)
{
	const struct play play = { .task = { sleeps, adds_often } };
	struct hs_explore_options options;
	struct hs_explore_result r;

	(void)state;
	hs_explore_options_init(&options);
	options.search = HS_SEARCH_DFS;
	options.time_limit_ms = 10;
	search_for(&play, &options, &r);
	assert_int_equal(r.stop, HS_STOP_TIME);
	assert_int_equal(r.executions, 1);
}

/* ---- progress ---------------------------------------------------------------------------- */

struct reports {
	uint64_t count, stop_at;
	struct hs_explore_progress last;
	bool fits;
};

static int note_report(void *ctx, const struct hs_explore_progress *p)
{
	struct reports *r = ctx;

	r->fits &= p->executions == p->complete + p->blocked &&
		   p->estimate >= (double)p->executions && p->deviation >= 0 &&
		   p->steps > r->last.steps && p->executions > r->last.executions &&
		   p->elapsed_ms >= r->last.elapsed_ms;
	r->last = *p;
	return ++r->count == r->stop_at;
}

static void progress_is_reported_every_so_many_executions(void **state)
{
	struct hs_explore_options options;
	struct hs_explore_result r;

	(void)state;
	for (int search = HS_SEARCH_DFS; search <= HS_SEARCH_RANDOM; search++) {
		struct reports reports = { .fits = true };

		hs_explore_options_init(&options);
		options.search = (enum hs_search)search;
		options.max_executions = search == HS_SEARCH_RANDOM ? SMALL_EXECUTIONS : 0;
		options.fingerprint = true;
		options.progress = note_report;
		options.progress_ctx = &reports;
		options.progress_every = 3;
		search_for(&small, &options, &r);
		assert_true(reports.fits);
		/* The end is no report: the result says it. */
		assert_int_equal(reports.count, (r.executions - 1) / 3);
		assert_int_equal(reports.last.executions, 3 * reports.count);
		assert_true(reports.last.classes > 0 && reports.last.classes <= r.classes);
		assert_int_equal(r.stop,
				 search == HS_SEARCH_RANDOM ? HS_STOP_EXECUTIONS : HS_STOP_END);
	}
}

static void a_report_can_end_a_search(void **state)
{
	struct reports reports = { .stop_at = 2, .fits = true };
	struct hs_explore_options options;
	struct hs_explore_result r;

	(void)state;
	hs_explore_options_init(&options);
	options.search = HS_SEARCH_DFS;
	options.progress = note_report;
	options.progress_ctx = &reports;
	options.progress_every = 4;
	search_for(&small, &options, &r);
	assert_int_equal(reports.count, 2);
	assert_int_equal(r.executions, 8);
	assert_int_equal(r.stop, HS_STOP_CALLER);
	assert_false(r.exhaustive);
	assert_true(r.estimate > 8);
}

/* The test does not wait for the second: it says that it is over. */
static void without_a_number_progress_is_reported_each_second(void **state)
{
	struct hs_explore_options options;
	struct hs_limits l;

	(void)state;
	hs_explore_options_init(&options);
	options.progress = note_report;
	hs_limits_begin(&l, &options);
	assert_true(l.on);
	assert_int_equal(l.next, l.begin_ms + 1000);
	assert_false(hs_limits_progress_is_due(&l, 1000000));
	l.next = l.now_ms;
	assert_true(hs_limits_progress_is_due(&l, 1));
	assert_false(hs_limits_progress_is_due(&l, 2));
	assert_int_equal(l.next, l.now_ms + 1000);
}

static int takes_long(void *ctx, const struct hs_explore_progress *p)
{
	struct timespec begin, now;
	int64_t ms;

	(void)ctx;
	(void)p;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &begin);
	do {
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
		ms = (now.tv_sec - begin.tv_sec) * 1000 + (now.tv_nsec - begin.tv_nsec) / 1000000;
	} while (ms < 20);
	return 0;
}

static void a_long_report_is_no_stall(void **state)
{
	struct hs_explore_options options;
	struct hs_explore_result r;

	(void)state;
	hs_explore_options_init(&options);
	options.search = HS_SEARCH_DFS;
	options.progress = takes_long;
	options.progress_every = SMALL_EXECUTIONS / 2;
	options.stall_ms = 5;
	search_for(&small, &options, &r);
	assert_string_equal(r.message, "");
	assert_int_equal(r.stop, HS_STOP_END);
}

/* ---- the estimate ------------------------------------------------------------------------ */

static void the_estimate_of_a_finished_search_is_exact(void **state)
{
	struct hs_explore_options options;
	struct hs_explore_result r;

	(void)state;
	for (int search = HS_SEARCH_DFS; search <= HS_SEARCH_DPOR; search++) {
		hs_explore_options_init(&options);
		options.search = (enum hs_search)search;
		search_for(&small, &options, &r);
		assert_true(r.exhaustive);
		assert_true(r.estimate == (double)r.executions);
		assert_true(r.deviation == 0);
	}
}

static void independent_executions_are_as_many_as_were_asked_for(void **state)
{
	struct reports reports = { .stop_at = 1, .fits = true };
	struct hs_explore_options options;
	struct hs_explore_result r;

	(void)state;
	hs_explore_options_init(&options);
	options.search = HS_SEARCH_RANDOM;
	options.max_executions = 40;
	options.progress = note_report;
	options.progress_ctx = &reports;
	options.progress_every = 10;
	search_for(&small, &options, &r);
	assert_int_equal(r.executions, 10);
	assert_true(r.estimate == 40);
	assert_true(r.deviation == 0);
}

/* Wherever a search is stopped: nine times of ten the true number is within two deviations. */
static void the_deviation_says_how_far_the_estimate_is_off(void **state)
{
	static const struct {
		struct retry_param param;
		enum hs_search search;
		uint64_t all, every;
	} rows[] = {
		{ { 1, 1, 1, false, RETRY_CORRECT }, HS_SEARCH_DFS, 194, 10 },
		{ { 1, 1, 4, false, RETRY_CORRECT }, HS_SEARCH_DFS, 5175, 500 },
		{ { 2, 1, 1, false, RETRY_CORRECT }, HS_SEARCH_SLEEP, 170, 10 },
		{ { 3, 1, 1, false, RETRY_CORRECT }, HS_SEARCH_SLEEP, 1785, 100 },
	};
	unsigned int points = 0, within = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (uint64_t n = rows[i].every; n < rows[i].all; n += rows[i].every) {
			struct hs_explore_options options;
			struct hs_explore_result r;
			double off;

			hs_explore_options_init(&options);
			options.search = rows[i].search;
			options.max_executions = n;
			assert_int_equal(hs_explore(&retry_scenario, &rows[i].param, &options, &r),
					 0);
			off = r.estimate - (double)rows[i].all;
			off = off < 0 ? -off : off;
			assert_true(r.deviation > 0);
			assert_true(off < 4 * r.deviation);
			within += off < 2 * r.deviation;
			points++;
		}
	}
	assert_true(within * 10 >= points * 9);
}

static void chooses_of_three(struct hs_task *self, void *state)
{
	for (int i = 0; i < 4; i++)
		((struct play_state *)state)->plain[0] += hs_choose(self, 3, "of three");
}

/* All subtrees are equal, so that each estimate is right. */
static void choices_count_as_steps_do(void **state)
{
	const struct play play = { .task = { chooses_of_three } };
	struct hs_explore_options options;
	struct hs_explore_result r;

	(void)state;
	hs_explore_options_init(&options);
	for (options.max_executions = 1; options.max_executions < 81; options.max_executions++) {
		search_for(&play, &options, &r);
		assert_true(r.estimate > 80.999 && r.estimate < 81.001);
	}
}

/* After one execution a share of 2^-999 is done; a deeper path is more than a double holds. */
static void deep_trees_have_estimates(void **state)
{
	struct hs_estimate e;
	double total, deviation;

	(void)state;
	hs_estimate_begin(&e);
	assert_true(hs_estimate_total(&e, &deviation) == 0);
	for (int i = 1; i < 999; i++)
		hs_estimate_node(&e, 0, 0, 2);
	hs_estimate_node(&e, 1, 1, 2);
	total = hs_estimate_total(&e, &deviation);
	assert_true(total > 1e300 && total < 1e301);
	assert_true(deviation >= total / 2 && deviation <= total);
	for (int i = 0; i < 2000; i++)
		hs_estimate_node(&e, 1, 1, 2);
	assert_true(hs_estimate_total(&e, &deviation) > 0);
	assert_true(deviation > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_search_says_why_it_ended),
		cmocka_unit_test(each_reason_has_words),
		cmocka_unit_test(a_time_limit_ends_a_search),
		cmocka_unit_test(time_that_passes_counts),
		cmocka_unit_test(progress_is_reported_every_so_many_executions),
		cmocka_unit_test(a_report_can_end_a_search),
		cmocka_unit_test(without_a_number_progress_is_reported_each_second),
		cmocka_unit_test(a_long_report_is_no_stall),
		cmocka_unit_test(the_estimate_of_a_finished_search_is_exact),
		cmocka_unit_test(independent_executions_are_as_many_as_were_asked_for),
		cmocka_unit_test(the_deviation_says_how_far_the_estimate_is_off),
		cmocka_unit_test(choices_count_as_steps_do),
		cmocka_unit_test(deep_trees_have_estimates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
