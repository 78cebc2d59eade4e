/* SPDX-License-Identifier: MIT */
/* When a task that tries again goes on, and when the explorer calls it a livelock. */
#include "support/play.h"

#include <string.h>

#include "port/explore/sched.h"

static uint32_t outcomes; /* over all executions */

static void touches_another_word(struct hs_task *self, void *state)
{
	hs_u64_add(self, &((struct play_state *)state)->word[3], 1, HS_RELAXED);
}

/* ---- another task's write between two of the task's own ---------------------------------- */

static void puts_one(struct hs_task *self, void *state)
{
	hs_u64_add(self, &((struct play_state *)state)->word[0], (uint64_t)-1, HS_ACQ_REL);
}

/* Each takes what it found for a reason to wait, and writes the word before it does. */

static void waits_with_a_reference(struct hs_task *self, void *state)
{
	hs_u64 *count = &((struct play_state *)state)->word[0];

	while (hs_u64_load(self, count, HS_ACQUIRE) >= 3) {
		hs_u64_add(self, count, 1, HS_ACQ_REL);
		hs_u64_add(self, count, (uint64_t)-1, HS_ACQ_REL);
		hs_retry_wait(self, "the last put");
	}
}

static void looks_twice_and_waits(struct hs_task *self, void *state)
{
	hs_u64 *count = &((struct play_state *)state)->word[0];

	while (hs_u64_load(self, count, HS_ACQUIRE) >= 3) {
		hs_u64_load(self, count, HS_ACQUIRE);
		hs_u64_add(self, count, 1, HS_ACQ_REL);
		hs_u64_add(self, count, (uint64_t)-1, HS_ACQ_REL);
		hs_retry_wait(self, "the last put");
	}
}

static void takes_what_add_returned(struct hs_task *self, void *state)
{
	hs_u64 *count = &((struct play_state *)state)->word[0];

	while (hs_u64_add(self, count, 1, HS_ACQ_REL) >= 3) {
		hs_u64_add(self, count, (uint64_t)-1, HS_ACQ_REL);
		hs_retry_wait(self, "the last put");
	}
	hs_u64_add(self, count, (uint64_t)-1, HS_ACQ_REL);
}

static void swaps_and_waits(struct hs_task *self, void *state)
{
	hs_u64 *count = &((struct play_state *)state)->word[0];
	uint64_t seen;

	while ((seen = hs_u64_load(self, count, HS_ACQUIRE)) >= 3) {
		uint64_t now = seen;

		while (!hs_u64_cmpxchg(self, count, &now, now | 16, HS_ACQ_REL))
			;
		hs_u64_and(self, count, ~16ull, HS_ACQ_REL);
		hs_retry_wait(self, "the last put");
	}
}

/* It has seen the value that it waits for, but goes by the one before. */
static void goes_by_its_first_look(struct hs_task *self, void *state)
{
	hs_u64 *count = &((struct play_state *)state)->word[0];

	for (;;) {
		uint64_t seen = hs_u64_load(self, count, HS_ACQUIRE);

		hs_u64_load(self, count, HS_ACQUIRE);
		if (seen < 3)
			return;
		hs_retry_wait(self, "the last put");
	}
}

static void waits_for_the_clock(struct hs_task *self, void *state)
{
	(void)state;
	while (hs_ticks(self) < 10) {
		hs_ticks_advance(self, 1);
		hs_ticks_advance(self, (uint64_t)-1);
		hs_retry_wait(self, "ten");
	}
}

static void waits_with_a_deadline(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	while (hs_ticks(self) < 10) {
		hs_wait_event_until(self, &st->queue, play_flag, st, 20);
		hs_retry_wait(self, "ten");
	}
}

static void moves_the_clock(struct hs_task *self, void *state)
{
	(void)state;
	hs_ticks_advance(self, 10);
}

static void waits_for_the_sum(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	while (!hs_pcpu_sum(self, st->counter)) {
		hs_pcpu_add(self, st->counter, 1);
		hs_pcpu_add(self, st->counter, (uint64_t)-1);
		hs_retry_wait(self, "the counter");
	}
}

static void adds_to_the_sum(struct hs_task *self, void *state)
{
	hs_pcpu_add(self, ((struct play_state *)state)->counter, 1);
}

static void free_counter(struct hs_task *self, struct play_state *st)
{
	hs_pcpu_free(self, st->counter);
}

static void starts(struct hs_task *self, struct play_state *st)
{
	hs_u64_init(&st->word[0], 3);
	st->counter = hs_pcpu_alloc(self);
	assert_non_null(st->counter);
}

static void explore_on_one_cpu(const struct play *play, enum hs_search search, const char *schedule)
{
	struct hs_explore_options options;
	struct hs_explore_result r;

	hs_explore_options_init(&options);
	options.cpus = 1;
	options.search = search;
	options.schedule = schedule;
	assert_int_equal(hs_explore(&play_scenario, play, &options, &r), 0);
	assert_string_equal(r.message, "");
	assert_true(r.exhaustive || schedule);
	hs_explore_result_free(&r);
}

/* The schedule goes on from the retry while another task can move: it is no solo retry. */
static void another_tasks_write_is_seen_behind_the_tasks_own(void **state)
{
	static const struct {
		void (*waits)(struct hs_task *self, void *state);
		void (*writes)(struct hs_task *self, void *state);
		const char *schedule;
	} cases[] = {
		{ waits_with_a_reference, puts_one, "1 2 1*4 3" },
		{ looks_twice_and_waits, puts_one, "1 2 1*5 3" },
		{ takes_what_add_returned, puts_one, "1 2 1*4 3" },
		{ swaps_and_waits, puts_one, "1 2 1*5 3" },
		{ goes_by_its_first_look, puts_one, "1 2 1*4 3" },
		{ waits_for_the_clock, moves_the_clock, "1 2 1*4 3" },
		{ waits_with_a_deadline, moves_the_clock, "1 2 1*4 3" },
		{ waits_for_the_sum, adds_to_the_sum, "1 2 1*4 3" },
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct play play = { starts,
					   { cases[i].waits, cases[i].writes,
					     touches_another_word },
					   free_counter };

		explore_on_one_cpu(&play, HS_SEARCH_REPLAY, cases[i].schedule);
		explore_on_one_cpu(&play, HS_SEARCH_DFS, NULL);
		explore_on_one_cpu(&play, HS_SEARCH_SLEEP, NULL);
	}
}

/* ---- loops that get on by themselves ----------------------------------------------------- */

static int patience; /* retries after which the loops below give up */

static void gives_up(struct hs_task *self, void *state)
{
	for (int i = 0; i < patience && !play_flag(self, state); i++)
		hs_retry_wait(self, "flag or patience");
}

static void gives_up_by_a_word_of_its_own(struct hs_task *self, void *state)
{
	hs_u64 *count = &((struct play_state *)state)->word[1];

	while (hs_u64_add(self, count, 1, HS_RELAXED) < (uint64_t)patience)
		hs_retry_wait(self, "patience");
}

static void a_loop_that_counts_is_no_livelock(void **state)
{
	const struct play plays[] = {
		{ .task = { gives_up } },
		{ .task = { gives_up, touches_another_word } },
		{ .task = { gives_up, gives_up } },
		{ .task = { gives_up_by_a_word_of_its_own, touches_another_word } },
		{ .task = { gives_up, gives_up_by_a_word_of_its_own } },
	};
	static const uint64_t complete[] = { 1, 1, 2, 1, 2 };

	(void)state;
	for (unsigned int i = 0; i < sizeof(plays) / sizeof(plays[0]); i++) {
		patience = i < 2 ? HS_SOLO_RETRIES : 5;
		play_expect_exhaustive(&plays[i], complete[i]);
	}
}

static void solo_retries_are_bounded(void **state)
{
	const struct play play = { .task = { gives_up } };
	struct hs_explore_result r;

	(void)state;
	patience = HS_SOLO_RETRIES + 1;
	play_expect(&play, HS_VERDICT_LIVELOCK, 1, &r);
	assert_int_equal(r.steps, 2 * HS_SOLO_RETRIES + 1);
	hs_explore_result_free(&r);
}

/* The mark is on a word that the loops do not read. */
static void gives_up_and_marks(struct hs_task *self, struct play_state *st, uint64_t mark)
{
	uint64_t none = 0;

	for (int i = 0; i < 3; i++) {
		hs_u64_load(self, &st->word[1], HS_RELAXED);
		hs_retry_wait(self, "patience");
	}
	hs_u64_cmpxchg(self, &st->word[0], &none, mark, HS_RELAXED);
}

static void gives_up_and_marks_one(struct hs_task *self, void *state)
{
	gives_up_and_marks(self, state, 1);
}

static void gives_up_and_marks_two(struct hs_task *self, void *state)
{
	gives_up_and_marks(self, state, 2);
}

static void notes_the_mark(struct hs_task *self, struct play_state *st)
{
	(void)self;
	outcomes |= 1u << st->word[0].raw;
}

static void each_of_two_loops_may_give_up_first(void **state)
{
	const struct play play = { NULL,
				   { gives_up_and_marks_one, gives_up_and_marks_two },
				   notes_the_mark };
	const enum hs_search searches[] = { HS_SEARCH_DFS, HS_SEARCH_SLEEP };

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct hs_explore_result r;

		outcomes = 0;
		explore(&play_scenario, &play, searches[i], 0, NULL, &r);
		assert_string_equal(r.message, "");
		assert_true(r.exhaustive);
		assert_int_equal(outcomes, 6);
		/* The first load of each in either order, and which one retries first. */
		assert_int_equal(r.complete, searches[i] == HS_SEARCH_DFS ? 4 : 2);
	}
}

static void retries_once(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_retry_wait(self, "nothing");
	st->tasks[st->tasks[0] ? 1 : 0] = self;
}

static void notes_the_first(struct hs_task *self, struct play_state *st)
{
	(void)self;
	outcomes |= 1u << hs_task_id(st->tasks[0]);
}

/* Each of the two retries could be taken only because the other one could not: two classes. */
static void two_solo_retries_depend_on_each_other(void **state)
{
	const struct play play = { NULL, { retries_once, retries_once }, notes_the_first };
	const enum hs_search searches[] = { HS_SEARCH_DFS, HS_SEARCH_SLEEP };
	struct hs_explore_options options;

	(void)state;
	hs_explore_options_init(&options);
	options.fingerprint = true;
	for (int i = 0; i < 2; i++) {
		struct hs_explore_result r;

		outcomes = 0;
		options.search = searches[i];
		assert_int_equal(hs_explore(&play_scenario, &play, &options, &r), 0);
		assert_int_equal(outcomes, 6);
		assert_int_equal(r.complete, 2);
		assert_int_equal(r.classes, 2);
	}
}

static void gives_up_and_sets_flag(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	for (int i = 0; i < 3; i++) {
		hs_u64_load(self, &st->word[0], HS_RELAXED);
		hs_retry_wait(self, "nothing");
	}
	hs_u32_store(self, &st->flag, 1, HS_RELEASE);
	hs_wake_all(self, &st->queue);
}

static void polls(struct hs_task *self, void *state)
{
	while (!play_flag(self, state))
		hs_retry_wait(self, "flag");
}

static void waits(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_wait_event(self, &st->queue, play_flag, st);
}

static void what_gives_up_lets_others_go_on(void **state)
{
	const struct play polling = { .task = { gives_up_and_sets_flag, polls } };
	const struct play waiting = { .task = { waits, gives_up_and_sets_flag } };

	(void)state;
	play_expect_exhaustive(&polling, 2);
	play_expect_exhaustive(&waiting, 1);
}

/* ---- loops that do not ------------------------------------------------------------------- */

static void counts_and_polls(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	while (!play_flag(self, st)) {
		hs_u64_add(self, &st->word[1], 1, HS_RELAXED);
		hs_retry_wait(self, "flag, counted");
	}
}

static void refers_and_polls(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	while (!play_flag(self, st)) {
		hs_u64_add(self, &st->word[0], 1, HS_RELAXED);
		hs_u64_add(self, &st->word[0], (uint64_t)-1, HS_RELAXED);
		hs_retry_wait(self, "flag under reference");
	}
}

/* The first pass of task 1 sees the write of task 2 between its own, the second does not. */
static void a_pass_that_nothing_disturbs_counts(void **state)
{
	const struct play play = { .task = { refers_and_polls, puts_one } };
	struct hs_explore_result r;

	(void)state;
	explore(&play_scenario, &play, HS_SEARCH_REPLAY, 0, "1*2 2 1*5", &r);
	assert_string_equal(hs_verdict_name(r.verdict), "livelock");
	hs_explore_result_free(&r);
}

static void a_loop_that_gets_nowhere_alone_is_a_livelock(void **state)
{
	const struct play plays[] = {
		{ .task = { polls, touches_another_word } },
		{ .task = { counts_and_polls, touches_another_word } },
		{ .task = { polls, polls } },
		{ .task = { refers_and_polls, refers_and_polls } },
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(plays) / sizeof(plays[0]); i++) {
		struct hs_explore_result r;

		play_expect(&plays[i], HS_VERDICT_LIVELOCK, 1, &r);
		hs_explore_result_free(&r);
	}
}

static void the_message_names_the_words(void **state)
{
	const struct play play = { .task = { counts_and_polls } };
	struct hs_explore_result r;
	char words[96];

	(void)state;
	snprintf(words, sizeof(words),
		 "alone: scenario state+0x%zx is 0, scenario state+0x%zx is 0x%x",
		 offsetof(struct play_state, flag), offsetof(struct play_state, word[1]),
		 HS_SOLO_RETRIES + 1);
	play_expect(&play, HS_VERDICT_LIVELOCK, 1, &r);
	assert_non_null(strstr(r.message, "one tries again for ever (flag, counted)"));
	assert_non_null(strstr(r.message, words));
	hs_explore_result_free(&r);
}

static void with_waiters_it_is_a_deadlock(void **state)
{
	const struct play play = { .task = { polls, waits } };
	struct hs_explore_result r;

	(void)state;
	play_expect(&play, HS_VERDICT_DEADLOCK, 1, &r);
	assert_non_null(strstr(r.message, "one in retry"));
	assert_non_null(strstr(r.message, "two in wait"));
	hs_explore_result_free(&r);
}

static enum hs_verdict verdict_within(const struct play *play, uint32_t max_steps)
{
	struct hs_explore_options options;
	struct hs_explore_result r;

	hs_explore_options_init(&options);
	options.max_steps = max_steps;
	assert_int_equal(hs_explore(&play_scenario, play, &options, &r), 0);
	hs_explore_result_free(&r);
	return r.verdict;
}

/* A pass is two steps. No pass begins for which there is no room. */
static void a_livelock_is_one_within_any_bound_on_steps(void **state)
{
	const struct play play = { .task = { polls } };

	(void)state;
	for (uint32_t most = 1; most < 20; most++) {
		enum hs_verdict v = verdict_within(&play, most);

		assert_int_equal(v, most == 2 ? HS_VERDICT_STEPS : HS_VERDICT_LIVELOCK);
	}
}

static void a_schedule_grants_the_solo_retries_that_it_names(void **state)
{
	const struct play play = { .task = { polls, touches_another_word } };
	const char *const schedules[] = { "1 2", "1 2 1*2", "2 1*5" };
	struct hs_explore_result r;

	(void)state;
	for (int i = 0; i < 3; i++) {
		explore(&play_scenario, &play, HS_SEARCH_REPLAY, 0, schedules[i], &r);
		assert_int_equal(r.verdict, HS_VERDICT_LIVELOCK);
		assert_string_equal(r.schedule, schedules[i]);
		hs_explore_result_free(&r);
	}
	explore(&play_scenario, &play, HS_SEARCH_REPLAY, 0, "2 1*4", &r);
	assert_int_equal(r.verdict, HS_VERDICT_DIVERGED);
	hs_explore_result_free(&r);
}

static void every_execution_has_all_its_solo_retries(void **state)
{
	const struct play play = { .task = { polls, touches_another_word, touches_another_word } };
	struct hs_explore_result r;

	(void)state;
	play_all(&play, &r);
	assert_int_equal(r.executions, 6);
	assert_int_equal(r.violations, 6);
	assert_int_equal(r.steps, 6 * (3 + 2 * HS_SOLO_RETRIES));
	hs_explore_result_free(&r);
}

/* ---- more reads than a task notes --------------------------------------------------------- */

#define MANY_WORDS (HS_READS_MAX + 2)

static void with_many_words(struct hs_task *self, struct play_state *st)
{
	hs_ptr_init(&st->ptr, hs_alloc(self, HS_KIND_OTHER, MANY_WORDS * sizeof(hs_u64)));
	assert_non_null(st->ptr.raw);
}

static void free_many_words(struct hs_task *self, struct play_state *st)
{
	hs_free(self, st->ptr.raw, HS_KIND_OTHER, MANY_WORDS * sizeof(hs_u64));
}

static void reads_many_words_and_tries_again(struct hs_task *self, void *state)
{
	hs_u64 *many = ((struct play_state *)state)->ptr.raw;

	for (unsigned int i = 0; i < MANY_WORDS; i++)
		hs_u64_load(self, &many[i], HS_RELAXED);
	hs_retry_wait(self, "any of many words");
}

static void a_retry_after_too_many_reads_depends_on_every_write(void **state)
{
	const struct play play = { with_many_words,
				   { reads_many_words_and_tries_again, touches_another_word },
				   free_many_words };

	(void)state;
	play_expect_exhaustive(&play, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(another_tasks_write_is_seen_behind_the_tasks_own),
		cmocka_unit_test(a_loop_that_counts_is_no_livelock),
		cmocka_unit_test(solo_retries_are_bounded),
		cmocka_unit_test(each_of_two_loops_may_give_up_first),
		cmocka_unit_test(two_solo_retries_depend_on_each_other),
		cmocka_unit_test(what_gives_up_lets_others_go_on),
		cmocka_unit_test(a_pass_that_nothing_disturbs_counts),
		cmocka_unit_test(a_loop_that_gets_nowhere_alone_is_a_livelock),
		cmocka_unit_test(the_message_names_the_words),
		cmocka_unit_test(with_waiters_it_is_a_deadlock),
		cmocka_unit_test(a_livelock_is_one_within_any_bound_on_steps),
		cmocka_unit_test(a_schedule_grants_the_solo_retries_that_it_names),
		cmocka_unit_test(every_execution_has_all_its_solo_retries),
		cmocka_unit_test(a_retry_after_too_many_reads_depends_on_every_write),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
