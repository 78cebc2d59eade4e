/* SPDX-License-Identifier: MIT */
/* Steps that repeat those before them are one line of a report. */
#include "support/report_text.h"

/* ---- steps -------------------------------------------------------------------------------- */

static void tries_for_ever(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	while (!hs_u32_load(self, &st->flag, HS_RELAXED)) {
		hs_u64_add(self, &st->word[0], 1, HS_RELAXED);
		hs_u64_add(self, &st->word[0], (uint64_t)-1, HS_RELAXED);
		hs_retry_wait(self, "the flag");
	}
}

static void rounds_that_repeat_are_one_line(void **state)
{
	const struct play play = { .task = { tries_for_ever } };

	(void)state;
	report_expect(&play, HS_MEMORY_SC, 1000,
		      "livelock: one tries again for ever (the flag): no other task changes what "
		      "it read, and it does not get on alone: scenario state+0x40 is 0, scenario "
		      "state is 0\n"
		      "\n"
		      "1 one\n"
		      "load scenario state+0x40  0  F:L\n"
		      "add scenario state  0 -> 1  F:L\n"
		      "add scenario state  1 -> 0  F:L\n"
		      "retry: the flag  F:L\n"
		      "~ the same 4 steps 127 times more\n"
		      "load scenario state+0x40  0  F:L\n"
		      "add scenario state  0 -> 1  F:L\n"
		      "add scenario state  1 -> 0  F:L\n"
		      "\n"
		      "one waits at F:L: retry: the flag\n"
		      "\n"
		      "token: 1x515\n");
}

static void adds_many_times(struct hs_task *self, void *state)
{
	for (int i = 0; i < 20; i++)
		hs_u64_add(self, &((struct play_state *)state)->word[0], 1, HS_RELAXED);
	REPORT_NEVER;
}

static void rounds_with_other_values_show_the_last_one(void **state)
{
	(void)state;
	report_never(adds_many_times,
		     "add scenario state  0 -> 1  F:L\n"
		     "~ the same step 18 times more, with other values\n"
		     "add scenario state  0x13 -> 0x14  F:L\n",
		     "1x20");
}

static void adds_in_three_rounds(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	for (int i = 0; i < 3; i++) {
		hs_u64_add(self, &st->word[0], 1, HS_RELAXED);
		hs_u64_store(self, &st->word[1], 7, HS_RELAXED);
	}
	REPORT_NEVER;
}

static void one_round_between_is_once_more(void **state)
{
	(void)state;
	report_never(adds_in_three_rounds,
		     "add scenario state  0 -> 1  F:L\n"
		     "store scenario state+0x8  0 -> 7  F:L\n"
		     "~ the same 2 steps once more, with other values\n"
		     "add scenario state  2 -> 3  F:L\n"
		     "store scenario state+0x8  7 -> 7  F:L\n",
		     "1x6");
}

/* ---- choices ------------------------------------------------------------------------------ */

static void chooses_again_and_again(struct hs_task *self, void *state)
{
	hs_u64_store(self, &((struct play_state *)state)->word[0], 1, HS_RELAXED);
	for (int i = 0; i < 5; i++)
		hs_choose(self, 2, "a bit");
	REPORT_NEVER;
}

static void stores_as_well(struct hs_task *self, void *state)
{
	hs_u64_store(self, &((struct play_state *)state)->word[1], 1, HS_RELAXED);
}

static void choices_that_repeat_are_no_steps(void **state)
{
	const struct play play = { .task = { stores_as_well, chooses_again_and_again } };

	(void)state;
	report_expect(&play, HS_MEMORY_SC, 100,
		      "assertion: F:L: never (task two)\n"
		      "\n"
		      "1 one                   2 two\n"
		      "                        store scenario state  0 -> 1  F:L\n"
		      "                        choice 0 of 2: a bit\n"
		      "                        ~ the same choice 4 times more\n"
		      "                        <-- assertion\n"
		      "\n"
		      "token: 2,c0,c0,c0,c0,c0\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rounds_that_repeat_are_one_line),
		cmocka_unit_test(rounds_with_other_values_show_the_last_one),
		cmocka_unit_test(one_round_between_is_once_more),
		cmocka_unit_test(choices_that_repeat_are_no_steps),
	};

	return cmocka_run_group_tests_name("explore rounds", tests, NULL, NULL);
}
