/* SPDX-License-Identifier: MIT */
/*
 * The shape of a report: what was violated, the objects, one column a task, one line a step; which
 * parts it has without a violation, after a crash, of a set-up or a check that fails, and which
 * lines of a long execution.
 */
#include "support/report_text.h"

/* ---- a use after free --------------------------------------------------------------------- */

static void reads_the_object(struct hs_task *self, void *state)
{
	struct play_state *st = state;
	struct play_object *o = hs_ptr_load(self, &st->ptr, HS_ACQUIRE);

	if (o)
		hs_u64_add(self, &o->value, 1, HS_RELAXED);
}

static void frees_the_object(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	play_object_free(self, hs_ptr_xchg(self, &st->ptr, NULL, HS_ACQ_REL));
}

static void steps_are_columns_with_objects_values_and_places(void **state)
{
	const struct play play = { .setup = play_with_object,
				   .task = { reads_the_object, frees_the_object } };

	(void)state;
	report_expect(
		&play, HS_MEMORY_SC, 100,
		"use after free: F:L: read-modify-write of an object that is freed (task one)\n"
		"\n"
		"other object 0 (32 bytes):\n"
		"  allocated at tests/support/play.c:N by boot\n"
		"  freed at tests/support/play.c:N by two\n"
		"  used at F:L by one: other object 0+0x10\n"
		"\n"
		"1 one                   2 two\n"
		"load scenario state+0x48  other object 0  F:L\n"
		"~ preempted\n"
		"                        xchg scenario state+0x48  other object 0 -> NULL  F:L\n"
		"                        free other object 0  tests/support/play.c:N\n"
		"                        ~ ends\n"
		"add other object 0+0x10  <-- use after free  F:L\n"
		"\n"
		"token: 1,2x2,1\n");
}

/* ---- a leak ------------------------------------------------------------------------------- */

static void leaks_in_a_section(struct hs_task *self, void *state)
{
	(void)state;
	hs_rcu_read_lock(self);
	assert_non_null(hs_tracked_alloc_at(self, "request", 40, HS_HERE));
	hs_rcu_read_unlock(self);
}

static void a_leak_has_its_object_and_rcu_none(void **state)
{
	const struct play play = { .task = { leaks_in_a_section } };
	struct hs_explore_result r;
	char *text;

	(void)state;
	report_look(&play, HS_MEMORY_SC, 100, &r);
	assert_int_equal(r.verdict, HS_VERDICT_LEAK);
	text = report_text(&r);
	assert_non_null(
		strstr(text, "request 0 (40 bytes): allocated at F:L by one, never freed\n"));
	assert_non_null(strstr(text, "\n1 one\nrcu_read_lock  F:L\nrcu_read_unlock  F:L\n"));
	assert_non_null(strstr(text, "\n~ ends\n"));
	assert_null(strstr(text, "machine"));
	free(text);
}

/* ---- long executions ---------------------------------------------------------------------- */

#define LONG 20000u
#define MANY 60

static void frees_many_and_goes_on_for_ever(struct hs_task *self, void *state)
{
	for (int i = 0; i < MANY; i++) {
		void *request = hs_tracked_alloc_at(self, "request", 40, HS_HERE);

		assert_non_null(request);
		hs_tracked_free_at(self, request, HS_HERE);
	}
	/* The sequence of Thue and Morse: nowhere the same three times in a row. */
	for (unsigned int i = 0;; i++)
		hs_u64_add(self, &((struct play_state *)state)->word[__builtin_popcount(i) & 1], 1,
			   HS_RELAXED);
}

static unsigned int count_lines(const char *text, const char *with)
{
	unsigned int count = 0;

	while ((text = strstr(text, with)) != NULL) {
		count++;
		text += strlen(with);
	}
	return count;
}

static void of_much_the_first_and_the_last_is_shown(void **state)
{
	const struct play play = { .task = { frees_many_and_goes_on_for_ever } };
	struct hs_explore_result r;
	char last[64];

	(void)state;
	report_look(&play, HS_MEMORY_SC, LONG, &r);
	assert_int_equal(r.verdict, HS_VERDICT_STEPS);
	assert_int_equal(count_lines(r.report, "\nfree request "), MANY);
	assert_int_equal(count_lines(r.report, "\nadd "), 1000 - MANY);
	assert_int_equal(count_lines(r.report, "\n... 19000 decisions ...\n"), 1);
	assert_int_equal(count_lines(r.report, ", freed"), 50);
	assert_int_equal(count_lines(r.report, "\n... 10 objects ...\nrequest 10 "), 1);
	snprintf(last, sizeof(last), "  0x%x -> 0x%x  ", (LONG - MANY) / 2 - 1, (LONG - MANY) / 2);
	assert_int_equal(count_lines(r.report, last), 2); /* of two words */
	hs_explore_result_free(&r);
}

/* ---- the check and the set-up ------------------------------------------------------------- */

static void check_uses_the_request(struct hs_task *self, struct play_state *st)
{
	hs_u64_load(self, (hs_u64 *)st->tasks[0], HS_RELAXED);
}

static void frees_a_request_of_its_own(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	st->tasks[0] = hs_tracked_alloc_at(self, "request", 40, HS_HERE);
	assert_non_null(st->tasks[0]);
	hs_tracked_free_at(self, st->tasks[0], HS_HERE);
}

static void a_use_after_free_in_the_check_is_one(void **state)
{
	const struct play play = { .task = { frees_a_request_of_its_own },
				   .check = check_uses_the_request };

	(void)state;
	report_expect(&play, HS_MEMORY_SC, 100,
		      "use after free: F:L: load of an object that is freed (task boot): request "
		      "from F:L, freed at F:L by one\n"
		      "\n"
		      "request 0 (40 bytes):\n"
		      "  allocated at F:L by one\n"
		      "  freed at F:L by one\n"
		      "  used at F:L by boot: request 0\n"
		      "\n"
		      "1 one\n"
		      "free request 0  F:L\n"
		      "~ ends\n"
		      "\n"
		      "check:\n"
		      "load request 0  <-- use after free  F:L\n"
		      "\n"
		      "token: 1\n");
}

static void fails_in_set_up(struct hs_task *self, struct play_state *st)
{
	hs_u64_store(self, &st->word[1], 4, HS_RELAXED);
	hs_assert(self, hs_mutex_trylock(self, &st->mutex), "the mutex is free");
	hs_assert(self, hs_mutex_trylock(self, &st->mutex), "the mutex is free");
}

static int set_up_with_a_name(struct hs_task *self, struct hs_plan *plan, void *state,
			      const void *param)
{
	char name[] = "gone when the set-up has returned";

	(void)self;
	(void)param;
	return hs_plan_name(plan, name, state, 64);
}

/* No name of an exploration before is left. */
static void steps_of_a_set_up_that_fails_are_shown(void **state)
{
	const struct hs_scenario named = { "named", sizeof(struct play_state), set_up_with_a_name,
					   NULL };
	const struct play play = { .setup = fails_in_set_up, .task = { reads_the_object } };
	struct hs_explore_options options;
	struct hs_explore_result r;

	(void)state;
	hs_explore_options_init(&options);
	assert_int_equal(hs_explore(&named, NULL, &options, &r), 0);
	hs_explore_result_free(&r);
	report_once(&play, HS_VERDICT_ASSERT,
		    "assertion: F:L: the mutex is free (task boot)\n"
		    "\n"
		    "set-up:\n"
		    "store scenario state+0x8  0 -> 4  F:L\n"
		    "trylock scenario state+0x58 (driver lock)  F:L\n"
		    "trylock scenario state+0x58 (driver lock)  failed  F:L\n"
		    "\n"
		    "token: \n");
}

/* ---- a crash, another execution, no violation --------------------------------------------- */

static void aborts(struct hs_task *self, void *state)
{
	hs_u64_add(self, &((struct play_state *)state)->word[2], 1, HS_RELAXED);
	abort();
}

/* It is not run again for it. With a sanitizer the process ends instead. */
static void a_crash_has_a_report(void **state)
{
	const struct play play = { .task = { aborts, frees_the_object } };

	(void)state;
	if (HS_ASAN || HS_TSAN)
		return;
	report_once(&play, HS_VERDICT_CRASH,
		    "crash: SIGABRT in task one, after read-modify-write at F:L\n"
		    "\n"
		    "1 one                   2 two\n"
		    "add scenario state+0x10  0 -> 1  F:L\n"
		    "<-- crash\n"
		    "\n"
		    "token: 1\n");
}

/* It is not the execution that was asked for. */
static void what_diverges_has_a_schedule_in_place_of_a_token(void **state)
{
	const struct play play = { .task = { reads_the_object } };
	struct hs_explore_options options;
	struct hs_explore_result r;

	(void)state;
	hs_explore_options_init(&options);
	options.search = HS_SEARCH_REPLAY;
	options.schedule = "1 2";
	assert_int_equal(hs_explore(&play_scenario, &play, &options, &r), 0);
	assert_int_equal(r.verdict, HS_VERDICT_DIVERGED);
	assert_null(r.token);
	assert_non_null(strstr(r.report, "\nschedule: 1\n"));
	hs_explore_result_free(&r);
}

static void without_a_violation_there_is_none(void **state)
{
	const struct play play = { .task = { reads_the_object } };
	struct hs_explore_result r;

	(void)state;
	report_look(&play, HS_MEMORY_SC, 100, &r);
	assert_null(r.report);
	hs_explore_result_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(steps_are_columns_with_objects_values_and_places),
		cmocka_unit_test(a_leak_has_its_object_and_rcu_none),
		cmocka_unit_test(of_much_the_first_and_the_last_is_shown),
		cmocka_unit_test(a_use_after_free_in_the_check_is_one),
		cmocka_unit_test(steps_of_a_set_up_that_fails_are_shown),
		cmocka_unit_test(a_crash_has_a_report),
		cmocka_unit_test(what_diverges_has_a_schedule_in_place_of_a_token),
		cmocka_unit_test(without_a_violation_there_is_none),
	};

	return cmocka_run_group_tests_name("explore report", tests, NULL, NULL);
}
