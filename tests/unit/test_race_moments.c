/* SPDX-License-Identifier: MIT */
/*
 * The order in which the steps of a race began: how many executions came to what its line reached
 * says, and the steps of an execution that violates something.
 */
#include <string.h>

#include "support/race_play.h"
#include "support/test.h"

/* A step set takes one access. The tasks have three interleavings under DFS. */
#define FLAGS "hmmsim 1\nrace r\nflag a\nflag b\nflag c\n"
#define TWO_AND_ONE FLAGS "task T\nset a as=t1\nset b as=t2\ntask R\nset c as=r1\n"

static void explore_all(const struct hs_scenario_text *loaded, enum hs_search search, bool go_on,
			struct hs_explore_result *r)
{
	struct hs_explore_options o;

	hs_explore_options_init(&o);
	hs_scenario_options(loaded, &o);
	o.search = search;
	o.go_on = go_on;
	assert_int_equal(hs_explore(hs_scenario_of(loaded), hs_scenario_param(loaded), &o, r), 0);
}

/* DFS runs @complete executions, of which @reached came there. */
static void reaches(const char *text, uint64_t complete, uint64_t reached)
{
	struct hs_scenario_text *loaded = race_load(text);
	struct hs_explore_result r;
	uint64_t found;

	explore_all(loaded, HS_SEARCH_DFS, true, &r);
	assert_true(hs_scenario_reached(loaded, &found));
	if (r.complete != complete || found != reached)
		fail_msg("%sreached in %llu of %llu, expected %llu of %llu", text,
			 (unsigned long long)found, (unsigned long long)r.complete,
			 (unsigned long long)reached, (unsigned long long)complete);
	hs_explore_result_free(&r);
	hs_scenario_free(loaded);
}

/* ---- what counts -------------------------------------------------------------------------- */

/* A task comes to a step as soon as it has done the one before, and begins it when it moves. */
static void a_step_begins_with_its_first_access(void **state)
{
	(void)state;
	reaches(TWO_AND_ONE "reached t1 r1 t2\n", 3, 1);
	reaches(TWO_AND_ONE "reached r1 t1 t2\n", 3, 1);
	reaches(TWO_AND_ONE "reached t1 t2 r1\n", 3, 1);
}

static void other_steps_may_come_between(void **state)
{
	(void)state;
	reaches(TWO_AND_ONE "reached t1 t2\n", 3, 3);
	reaches(TWO_AND_ONE "reached t1 r1\n", 3, 2);
	reaches(TWO_AND_ONE "reached t2\n", 3, 3);
	reaches(TWO_AND_ONE "reached t2 t1\n", 3, 0);
	reaches(TWO_AND_ONE "reached t1 t1\n", 3, 0);
}

static void a_step_without_an_access_begins_with_the_one_before(void **state)
{
	(void)state;
	reaches(FLAGS "task T\nset a\nrcu-read as=t\nset b\nrcu-unread\ntask R\nset c as=r\n"
		      "reached t r\n",
		5, 3);
}

static void a_step_that_waits_for_its_turn_has_not_begun(void **state)
{
	(void)state;
	reaches(TWO_AND_ONE "order r1 t2\nreached r1 t2\n", 4, 4);
	reaches(TWO_AND_ONE "order r1 t2\nreached t2 r1\n", 4, 0);
}

static void a_step_of_a_loop_begins_in_each_turn(void **state)
{
	(void)state;
	reaches(FLAGS
		"pgmap A 8 10\nsetup\nkill A\ntask T\nretry 3\nset a as=t\nget 8 as=g optional=yes\n"
		"until\nreached t g t g t g\nmust -\n",
		1, 1);
}

/* The first execution is run twice, and others to find the simplest one with the violation. */
static void only_executions_in_the_figures_count_with_those_that_violate(void **state)
{
	(void)state;
	reaches(TWO_AND_ONE "reached t1 r1\ncheck\nassert-turns T 0\n", 3, 2);
	reaches(FLAGS "task T\nawait a as=t\ntask R\nset c as=r\nreached r\n", 1, 1);
	reaches(FLAGS "task T\nset b as=t\nawait a\ntask R\nset c as=r\nreached r t\n", 2, 1);
}

static void a_step_at_whose_first_access_a_task_stays_has_not_begun(void **state)
{
	(void)state;
	reaches(FLAGS "task T\nawait a as=t\ntask R\nset c as=r\nreached t\n", 1, 0);
	reaches(FLAGS "task T\nset b\nawait a as=t\ntask R\nset c as=r\nreached t\n", 2, 0);
}

static void another_run_begins_to_count_anew(void **state)
{
	struct hs_scenario_text *loaded = race_load(TWO_AND_ONE "reached t1 r1\n");
	struct hs_explore_result r;
	uint64_t found;

	(void)state;
	assert_true(hs_scenario_reached(loaded, &found));
	assert_int_equal(found, 0);
	for (int i = 0; i < 2; i++) {
		explore_all(loaded, HS_SEARCH_DFS, false, &r);
		assert_true(hs_scenario_reached(loaded, &found));
		assert_int_equal(found, 2);
		hs_explore_result_free(&r);
	}
	hs_scenario_free(loaded);
}

static void without_the_line_nothing_counts(void **state)
{
	struct hs_scenario_text *loaded = race_load(TWO_AND_ONE);
	struct hs_scenario_moment moment;
	struct hs_explore_result r;
	uint64_t found = 1;

	(void)state;
	explore_all(loaded, HS_SEARCH_DFS, false, &r);
	assert_false(hs_scenario_reached(loaded, &found));
	assert_int_equal(found, 0);
	assert_false(hs_scenario_moment(loaded, 0, &moment));
	hs_explore_result_free(&r);
	hs_scenario_free(loaded);
}

/* ---- the steps ---------------------------------------------------------------------------- */

static void replay(const struct hs_scenario_text *loaded, const char *token)
{
	struct hs_explore_options o;
	struct hs_explore_result r;

	hs_explore_options_init(&o);
	hs_scenario_options(loaded, &o);
	o.search = HS_SEARCH_REPLAY;
	o.token = token;
	assert_int_equal(hs_explore(hs_scenario_of(loaded), hs_scenario_param(loaded), &o, &r), 0);
	assert_int_not_equal(r.verdict, HS_VERDICT_DIVERGED);
	hs_explore_result_free(&r);
}

static void expect_moments(const struct hs_scenario_text *loaded, const char *const *words,
			   size_t count)
{
	struct hs_scenario_moment moment;

	for (size_t i = 0; i < count; i++) {
		char found[128];

		assert_true(hs_scenario_moment(loaded, i, &moment));
		snprintf(found, sizeof(found), "%s: %s", moment.task ? moment.task : "check",
			 moment.words);
		assert_string_equal(found, words[i]);
		assert_false(moment.more);
	}
	assert_false(hs_scenario_moment(loaded, count, &moment));
}

/* R sees the entry before T takes it away; what T wants then fails. */
static void a_replay_tells_the_steps_of_a_violation_as_they_began(void **state)
{
	static const char text[] =
		"hmmsim 1\nrace r\nflag a\npgmap A 8 10\nmust S2\ntask T\nset a\nkill A\nput-pages A\n"
		"drain A\nmemory A\ntask R\nawait a\npage-touch 8\n";
	static const char *const words[] = {
		"T: set a  r.txt:7",	     "T: kill A  r.txt:8",    "T: put-pages A  r.txt:9",
		"T: drain A  r.txt:10",	     "T: memory A  r.txt:11", "R: await a  r.txt:13",
		"R: page-touch 8  r.txt:14",
	};
	struct hs_scenario_text *loaded = race_load(text);
	struct hs_explore_result r;

	(void)state;
	race_explore(loaded, &r);
	assert_int_equal(r.verdict, HS_VERDICT_FREED);
	replay(loaded, r.token);
	expect_moments(loaded, words, COUNT(words));
	hs_explore_result_free(&r);
	hs_scenario_free(loaded);
}

/* The memory goes between the two accesses of the touch. */
static void a_step_that_began_before_others_goes_on_where_it_is_violated(void **state)
{
	static const char text[] =
		"hmmsim 1\nrace r\npgmap A 8 10 refs=5.3\nfile F A 8 2\nmm M\nmmap M 0x0 0x2000 rws of=F\n"
		"driver D M 0x0 0x2000\nmust S2\nsetup\naccess M 0x0 w\n"
		"task T\ndisable F\nzap M 0x0 0x2000\nremove-memory A\n"
		"task R\nbegin D\nwalk D 0x0 0x1000 rw\ntouch D 0x0\n";
	struct hs_scenario_text *loaded = race_load(text);
	struct hs_scenario_moment moment;
	struct hs_explore_result r;
	size_t count = 0;
	bool removed = false;

	(void)state;
	race_explore(loaded, &r);
	assert_int_equal(r.verdict, HS_VERDICT_FREED);
	replay(loaded, r.token);
	for (; hs_scenario_moment(loaded, count, &moment) && !moment.goes_on; count++)
		removed |= !strcmp(moment.words, "remove-memory A  r.txt:14");
	assert_true(removed);
	assert_true(hs_scenario_moment(loaded, count, &moment));
	assert_string_equal(moment.task, "R");
	assert_string_equal(moment.words, "touch D 0x0  r.txt:18");
	assert_false(hs_scenario_moment(loaded, count + 1, &moment));
	hs_explore_result_free(&r);
	hs_scenario_free(loaded);
}

static void steps_of_the_check_come_last(void **state)
{
	static const char *const words[] = { "T: set a as=t  r.txt:7",
					     "check: assert-turns T 0  r.txt:9" };
	struct hs_scenario_text *loaded =
		race_load(FLAGS "task T\nset a as=t\ncheck\nassert-turns T 0\nreached t\n");
	struct hs_explore_result r;

	(void)state;
	race_explore(loaded, &r);
	expect_moments(loaded, words, COUNT(words));
	hs_explore_result_free(&r);
	hs_scenario_free(loaded);
}

/* 128 turns of 40 steps, after which the task gives up. */
static void of_very_long_executions_the_first_steps_are_kept(void **state)
{
	char text[2048] =
		"hmmsim 1\nrace r\nflag a\npgmap A 8 10\nmust -\nsetup\nkill A\ntask T\nretry\n";
	struct hs_scenario_text *loaded;
	struct hs_scenario_moment moment;
	struct hs_explore_result r;

	(void)state;
	for (int i = 0; i < 40; i++)
		strcat(text, "set a\n");
	strcat(text, "get 8\nuntil\n");
	loaded = race_load(text);
	race_explore(loaded, &r);
	assert_int_equal(r.verdict, HS_VERDICT_LIVELOCK);
	assert_true(hs_scenario_moment(loaded, 4095, &moment));
	assert_true(moment.more);
	assert_false(hs_scenario_moment(loaded, 4096, &moment));
	hs_explore_result_free(&r);
	hs_scenario_free(loaded);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_step_begins_with_its_first_access),
		cmocka_unit_test(other_steps_may_come_between),
		cmocka_unit_test(a_step_without_an_access_begins_with_the_one_before),
		cmocka_unit_test(a_step_that_waits_for_its_turn_has_not_begun),
		cmocka_unit_test(a_step_of_a_loop_begins_in_each_turn),
		cmocka_unit_test(only_executions_in_the_figures_count_with_those_that_violate),
		cmocka_unit_test(a_step_at_whose_first_access_a_task_stays_has_not_begun),
		cmocka_unit_test(another_run_begins_to_count_anew),
		cmocka_unit_test(without_the_line_nothing_counts),
		cmocka_unit_test(a_replay_tells_the_steps_of_a_violation_as_they_began),
		cmocka_unit_test(a_step_that_began_before_others_goes_on_where_it_is_violated),
		cmocka_unit_test(steps_of_the_check_come_last),
		cmocka_unit_test(of_very_long_executions_the_first_steps_are_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
