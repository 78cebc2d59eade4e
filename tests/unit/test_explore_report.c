/* SPDX-License-Identifier: MIT */
/* The text of a violation: what was violated, the objects, one column a task, one line a step. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/play.h"

/* Of the token only the switches are left, because its hash and its version move. */
static void shorten_token(char *text)
{
	char *token = strstr(text, "\ntoken: "), *sum, *switches;

	assert_non_null(token);
	sum = strrchr(token, ':');
	*sum = '\0';
	switches = strrchr(token, ':') + 1;
	memmove(token + strlen("\ntoken: "), switches, strlen(switches) + 1);
	strcat(token, "\n");
}

/* Lines move: "F:L" stands for a place of this file, "play.c:N" for one there. Frees @text. */
static char *without_lines(char *text)
{
	static const char here[] = "tests/unit/test_explore_report.c:", play[] = "/play.c:";
	char *out = calloc(1, strlen(text) + 1), *to = out;

	assert_non_null(out);
	for (const char *from = text; *from;) {
		bool is_here = !strncmp(from, here, sizeof(here) - 1);

		if (!is_here && strncmp(from, play, sizeof(play) - 1)) {
			*to++ = *from++;
			continue;
		}
		from += is_here ? sizeof(here) - 1 : sizeof(play) - 1;
		from += strspn(from, "0123456789");
		to = stpcpy(to, is_here ? "F:L" : "/play.c:N");
	}
	free(text);
	shorten_token(out);
	return out;
}

static void look(const struct play *play, enum hs_memory memory, struct hs_explore_result *r)
{
	struct hs_explore_options options;

	hs_explore_options_init(&options);
	options.memory = memory;
	options.max_steps = 100;
	assert_int_equal(hs_explore(&play_scenario, play, &options, r), 0);
}

static void expect_report(const struct play *play, enum hs_memory memory, const char *expected)
{
	struct hs_explore_options options;
	struct hs_explore_result r, again;
	char *text;

	look(play, memory, &r);
	assert_non_null(r.report);
	hs_explore_options_init(&options);
	options.memory = memory;
	options.max_steps = 100;
	options.search = HS_SEARCH_REPLAY;
	options.schedule = r.schedule;
	assert_int_equal(hs_explore(&play_scenario, play, &options, &again), 0);
	assert_string_equal(again.report, r.report);
	hs_explore_result_free(&again);
	text = without_lines(r.report);
	r.report = NULL;
	hs_explore_result_free(&r);
	assert_null(r.report);
	assert_string_equal(text, expected);
	free(text);
}

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
	expect_report(
		&play, HS_MEMORY_SC,
		"use after free: F:L: read-modify-write of an object that is freed (task one)\n"
		"\n"
		"other object 0 (32 bytes): allocated at tests/support/play.c:N by boot, "
		"freed at tests/support/play.c:N by two\n"
		"\n"
		"1 one                   2 two\n"
		"load scenario state+0x48  other object 0  F:L\n"
		"~ preempted\n"
		"                        rmw scenario state+0x48  other object 0 -> 0  F:L\n"
		"                        free other object 0  tests/support/play.c:N\n"
		"                        ~ ends\n"
		"rmw other object 0+0x10  F:L\n"
		"\n"
		"token: 1,2x2,1\n");
}

static void with_request(struct hs_task *self, struct play_state *st)
{
	hs_ptr_init(&st->ptr, hs_tracked_alloc_at(self, "request", 40, HS_HERE));
	assert_non_null(st->ptr.raw);
}

static void uses_the_request(struct hs_task *self, void *state)
{
	struct play_state *st = state;
	hs_u64 *request = hs_ptr_load(self, &st->ptr, HS_ACQUIRE);

	if (request)
		hs_u64_add(self, &request[2], 1, HS_RELAXED);
}

static void frees_the_request(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_tracked_free_at(self, hs_ptr_xchg(self, &st->ptr, NULL, HS_ACQ_REL), HS_HERE);
}

static void objects_of_the_author_have_his_words(void **state)
{
	const struct play play = { .setup = with_request,
				   .task = { uses_the_request, frees_the_request } };

	(void)state;
	expect_report(
		&play, HS_MEMORY_SC,
		"use after free: F:L: read-modify-write of an object that is freed (task one): "
		"request from F:L, freed at F:L by two\n"
		"\n"
		"request 0 (40 bytes): allocated at F:L by boot, freed at F:L by two\n"
		"\n"
		"1 one                   2 two\n"
		"load scenario state+0x48  request 0  F:L\n"
		"~ preempted\n"
		"                        rmw scenario state+0x48  request 0 -> 0  F:L\n"
		"                        free request 0  F:L\n"
		"                        ~ ends\n"
		"rmw request 0+0x10  F:L\n"
		"\n"
		"token: 1,2x2,1\n");
}

/* ---- a deadlock --------------------------------------------------------------------------- */

static void takes_mutex_then_waits(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_mutex_lock(self, &st->mutex);
	hs_u64_store(self, &st->word[1], 300, HS_RELAXED);
	hs_wait_event(self, &st->queue, play_flag, st);
	hs_mutex_unlock(self, &st->mutex);
}

static void sets_the_flag_under_the_mutex(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_mutex_lock(self, &st->mutex);
	hs_u32_store(self, &st->flag, 1, HS_RELEASE);
	hs_wake_all(self, &st->queue);
	hs_mutex_unlock(self, &st->mutex);
}

static void locks_that_are_held_are_named(void **state)
{
	const struct play play = { .task = { takes_mutex_then_waits,
					     sets_the_flag_under_the_mutex } };

	(void)state;
	expect_report(&play, HS_MEMORY_SC,
		      "deadlock: nothing can move: one in wait at F:L; two in lock at F:L\n"
		      "\n"
		      "1 one                   2 two\n"
		      "lock scenario state+0x58  F:L\n"
		      "store scenario state+0x8  0 -> 0x12c  F:L\n"
		      "wait scenario state+0x78  F:L\n"
		      "one is before: wait scenario state+0x78  F:L\n"
		      "one holds: driver lock scenario state+0x58  F:L\n"
		      "two is before: lock scenario state+0x58  F:L\n"
		      "\n"
		      "token: 1x3\n");
}

/* ---- choices, ends, older values ---------------------------------------------------------- */

static void chooses_and_stores(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_u64_store(self, &st->word[0], 5, HS_RELAXED);
	hs_u64_store(self, &st->word[1], hs_choose(self, 3, "a value"), HS_RELAXED);
}

static void expects_what_is_not_so(struct hs_task *self, void *state)
{
	struct play_state *st = state;
	uint64_t second = hs_u64_load(self, &st->word[1], HS_RELAXED);
	uint64_t first = hs_u64_load(self, &st->word[0], HS_RELAXED);

	hs_assert(self, second != 2 || first == 5, "second %u, first %u", (unsigned int)second,
		  (unsigned int)first);
}

static void a_choice_has_a_line_and_a_load_what_it_saw(void **state)
{
	const struct play play = { .task = { chooses_and_stores, expects_what_is_not_so } };

	(void)state;
	expect_report(&play, HS_MEMORY_VIEWS,
		      "assertion: F:L: second 2, first 0 (task two)\n"
		      "\n"
		      "1 one                   2 two\n"
		      "store scenario state  0 -> 5  F:L\n"
		      "choice 2 of 3\n"
		      "store scenario state+0x8  0 -> 2  F:L\n"
		      "~ ends\n"
		      "                        load scenario state+0x8  2  F:L\n"
		      "                        choice 0 of 2\n"
		      "                        load scenario state  0  F:L\n"
		      "                        choice 1 of 2\n"
		      "\n"
		      "token: 1,c2,1,2,c0,2,c1\n");
}

/* ---- a leak, RCU and what has no object ----------------------------------------------------- */

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
	look(&play, HS_MEMORY_SC, &r);
	assert_int_equal(r.verdict, HS_VERDICT_LEAK);
	text = without_lines(r.report);
	r.report = NULL;
	hs_explore_result_free(&r);
	assert_non_null(
		strstr(text, "request 0 (40 bytes): allocated at F:L by one, never freed\n"));
	assert_non_null(strstr(text, "\n1 one\nrcu_read_lock  "));
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
	for (;;)
		hs_u64_add(self, &((struct play_state *)state)->word[0], 1, HS_RELAXED);
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
	struct hs_explore_options options;
	struct hs_explore_result r;
	char last[64];

	(void)state;
	hs_explore_options_init(&options);
	options.max_steps = LONG;
	assert_int_equal(hs_explore(&play_scenario, &play, &options, &r), 0);
	assert_int_equal(r.verdict, HS_VERDICT_STEPS);
	assert_int_equal(count_lines(r.report, "\nfree request "), MANY);
	assert_int_equal(count_lines(r.report, "\nrmw "), 1000 - MANY);
	assert_int_equal(count_lines(r.report, "\n... 19000 decisions ...\n"), 1);
	assert_int_equal(count_lines(r.report, " freed at "), 50);
	assert_int_equal(count_lines(r.report, "\n... 10 objects ...\nrequest 10 "), 1);
	snprintf(last, sizeof(last), "  0x%x -> 0x%x  ", LONG - MANY - 1, LONG - MANY);
	assert_int_equal(count_lines(r.report, last), 1);
	hs_explore_result_free(&r);
}

/* ---- the check ---------------------------------------------------------------------------- */

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
	expect_report(&play, HS_MEMORY_SC,
		      "use after free: F:L: load of an object that is freed (task boot): request "
		      "from F:L, freed at F:L by one\n"
		      "\n"
		      "request 0 (40 bytes): allocated at F:L by one, freed at F:L by one\n"
		      "\n"
		      "1 one\n"
		      "free request 0  F:L\n"
		      "~ ends\n"
		      "\n"
		      "token: 1\n");
}

/* ---- a crash ------------------------------------------------------------------------------ */

static void aborts(struct hs_task *self, void *state)
{
	hs_u64_add(self, &((struct play_state *)state)->word[2], 1, HS_RELAXED);
	abort();
}

/* It is not run again for it. With a sanitizer the process ends instead. */
static void a_crash_has_a_report(void **state)
{
	const struct play play = { .task = { aborts, frees_the_object } };
	struct hs_explore_result r;
	char *text;

	(void)state;
	if (HS_ASAN || HS_TSAN)
		return;
	look(&play, HS_MEMORY_SC, &r);
	assert_int_equal(r.verdict, HS_VERDICT_CRASH);
	text = without_lines(r.report);
	r.report = NULL;
	hs_explore_result_free(&r);
	assert_string_equal(text, "crash: SIGABRT in task one, after read-modify-write at F:L\n"
				  "\n"
				  "1 one                   2 two\n"
				  "rmw scenario state+0x10  0 -> 1  F:L\n"
				  "\n"
				  "token: 1\n");
	free(text);
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
	look(&play, HS_MEMORY_SC, &r);
	assert_null(r.report);
	hs_explore_result_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(steps_are_columns_with_objects_values_and_places),
		cmocka_unit_test(objects_of_the_author_have_his_words),
		cmocka_unit_test(locks_that_are_held_are_named),
		cmocka_unit_test(a_choice_has_a_line_and_a_load_what_it_saw),
		cmocka_unit_test(a_leak_has_its_object_and_rcu_none),
		cmocka_unit_test(of_much_the_first_and_the_last_is_shown),
		cmocka_unit_test(a_use_after_free_in_the_check_is_one),
		cmocka_unit_test(a_crash_has_a_report),
		cmocka_unit_test(what_diverges_has_a_schedule_in_place_of_a_token),
		cmocka_unit_test(without_a_violation_there_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
