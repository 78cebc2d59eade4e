/* SPDX-License-Identifier: MIT */
/* Schedules as text, and replays that do not fit. */
#include "support/play.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "explore/search.h"
#include "support/scale.h"

static void what_is_printed_is_parsed(void **state)
{
	uint64_t rng = 3;

	(void)state;
	for (uint32_t round = 0; round < test_scaled(3000) + 300; round++) {
		uint32_t n = hs_random_below(&rng, round % 10 ? 40 : 2000), count;
		uint8_t *list = malloc(n + 1), *again = NULL;
		char *text;

		for (uint32_t i = 0; i < n; i++) {
			uint32_t kind = hs_random_below(&rng, 8);

			if (kind < 4 && i)
				list[i] = list[i - 1];
			else if (kind == 4)
				list[i] = (uint8_t)(HS_CHOICE | hs_random_below(&rng, 128));
			else
				list[i] = (uint8_t)(1 + hs_random_below(&rng, HS_SCHED_TASKS - 1));
		}
		text = hs_schedule_print(list, n);
		assert_non_null(text);
		assert_int_equal(hs_schedule_parse(text, &again, &count), 0);
		assert_int_equal(count, n);
		if (n)
			assert_memory_equal(list, again, n);
		free(text);
		free(list);
		free(again);
	}
}

static void the_text_is_as_documented(void **state)
{
	static const uint8_t list[] = {
		1, 1, 1, 2, HS_CHOICE | 1, HS_CHOICE | 1, 1, 1, 31, 127 | HS_CHOICE
	};
	char *text = hs_schedule_print(list, sizeof(list));

	(void)state;
	assert_string_equal(text, "1*3 2 c1 c1 1*2 31 c127");
	free(text);
}

static void the_longest_run_fits(void **state)
{
	uint32_t n = 2000000, count;
	uint8_t *list = malloc(n), *again;
	char *text;

	(void)state;
	memset(list, 31, n);
	text = hs_schedule_print(list, n);
	assert_string_equal(text, "31*2000000");
	assert_int_equal(hs_schedule_parse(text, &again, &count), 0);
	assert_int_equal(count, n);
	free(text);
	free(list);
	free(again);
}

static void malformed_texts_are_refused(void **state)
{
	static const char *const bad[] = { " ",
					   "0",
					   "32",
					   "1*0",
					   "1**2",
					   "c",
					   "c128",
					   "1 ",
					   " 1",
					   "1  2",
					   "1*",
					   "*2",
					   "1*2*3",
					   "c1*2",
					   "-1",
					   "1,2",
					   "x",
					   "1 0",
					   "1\t2",
					   "99999999999999999999",
					   "1*2000001",
					   "1*18446744073709551617",
					   "1*1999999 1*2",
					   "c-1",
					   "c340282366920938463463",
					   "1*4294967297",
					   "0x1",
					   "+1" };

	(void)state;
	for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		uint8_t *list = NULL;
		uint32_t count = 0;

		if (hs_schedule_parse(bad[i], &list, &count) != -EINVAL)
			fail_msg("accepted: \"%s\"", bad[i]);
	}
}

static void two_steps(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_u64_add(self, &st->word[0], 1, HS_RELAXED);
	hs_u64_add(self, &st->word[0], 1, HS_RELAXED);
}

static void chooses(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_u64_add(self, &st->word[1], 1, HS_RELAXED);
	st->plain[0] = hs_choose(self, 3, "which");
	hs_u64_add(self, &st->word[1], 1, HS_RELAXED);
}

static enum hs_verdict replay(const char *schedule, char message[512])
{
	static const struct play play = { .task = { two_steps, chooses } };
	struct hs_explore_options options;
	struct hs_explore_result r;
	enum hs_verdict verdict;

	hs_explore_options_init(&options);
	options.search = HS_SEARCH_REPLAY;
	options.schedule = schedule;
	assert_int_equal(hs_explore(&play_scenario, &play, &options, &r), 0);
	verdict = r.verdict;
	if (verdict == HS_VERDICT_NONE)
		assert_string_equal(r.schedule, schedule);
	snprintf(message, 512, "%s", r.message);
	hs_explore_result_free(&r);
	return verdict;
}

static enum hs_verdict replayed(const char *schedule)
{
	char message[512];

	return replay(schedule, message);
}

/* The first decision has the number 1. */
static void the_decision_that_does_not_fit_is_named_by_its_number(void **state)
{
	static const struct {
		const char *schedule, *message;
	} cases[] = {
		{ "", "the schedule ends at decision 1, but tasks can still move" },
		{ "1*2", "the schedule ends at decision 3, but tasks can still move" },
		{ "3", "decision 1 of the schedule is not a task that can move" },
		{ "1*2 2 c0 c0 2", "decision 5 of the schedule is not a task that can move" },
		{ "1*2 2", "decision 4 of the schedule is not an answer to a choice among 3" },
		{ "1*2 2 c3 2", "decision 4 of the schedule is not an answer to a choice among 3" },
		{ "1*2 2 c0 2 2", "the schedule goes on after decision 5, but nothing can move" },
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char message[512];

		assert_int_equal(replay(cases[i].schedule, message), HS_VERDICT_DIVERGED);
		assert_string_equal(message, cases[i].message);
	}
}

static void a_schedule_that_does_not_fit_diverges(void **state)
{
	static const char *const wrong[] = {
		"",
		"1",
		"1*2",
		"1*2 2",
		"1*2 2 c0",
		"1*3 2 c0 2",
		"1*2 2 c3 2",
		"1*2 2*2",
		"c0 1*2 2 2",
		"3",
		"1*2 2 c0 2 2",
		"1*2 2 c0 2 c0",
		"1*2 c0 2 2",
		"1*2 2 c0 c0 2",
	};

	(void)state;
	assert_int_equal(replayed("1*2 2 c0 2"), HS_VERDICT_NONE);
	assert_int_equal(replayed("1 2 c2 1 2"), HS_VERDICT_NONE);
	for (unsigned int i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (replayed(wrong[i]) != HS_VERDICT_DIVERGED)
			fail_msg("\"%s\" is replayed", wrong[i]);
}

static void replay_needs_a_schedule(void **state)
{
	static const struct play play = { .task = { two_steps } };
	struct hs_explore_options options;
	struct hs_explore_result r;

	(void)state;
	hs_explore_options_init(&options);
	options.search = HS_SEARCH_REPLAY;
	assert_int_equal(hs_explore(&play_scenario, &play, &options, &r), -EINVAL);
	options.schedule = "1 1 ";
	assert_int_equal(hs_explore(&play_scenario, &play, &options, &r), -EINVAL);
	assert_null(r.schedule);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_printed_is_parsed),
		cmocka_unit_test(the_text_is_as_documented),
		cmocka_unit_test(the_longest_run_fits),
		cmocka_unit_test(malformed_texts_are_refused),
		cmocka_unit_test(a_schedule_that_does_not_fit_diverges),
		cmocka_unit_test(replay_needs_a_schedule),
		cmocka_unit_test(the_decision_that_does_not_fit_is_named_by_its_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
