/* SPDX-License-Identifier: MIT */
/* Wait queues in the explorer: a wake is a step, a wait is a look and then a sleep. */
#include "support/play.h"

#include <string.h>

struct letter {
	hs_u32 flag;
	struct hs_waitq queue;
};

static void with_letter(struct hs_task *self, struct play_state *st)
{
	struct letter *l = hs_alloc(self, HS_KIND_OTHER, sizeof(*l));

	assert_non_null(l);
	hs_waitq_init(&l->queue);
	hs_ptr_init(&st->ptr, l);
}

static bool letter_is_there(struct hs_task *self, void *arg)
{
	return hs_u32_load(self, &((struct letter *)arg)->flag, HS_ACQUIRE) != 0;
}

static void waits_and_frees(struct hs_task *self, void *state)
{
	struct letter *l = ((struct play_state *)state)->ptr.raw;

	hs_wait_event(self, &l->queue, letter_is_there, l);
	hs_free(self, l, HS_KIND_OTHER, sizeof(*l));
}

static void spins_and_frees(struct hs_task *self, void *state)
{
	struct letter *l = ((struct play_state *)state)->ptr.raw;

	hs_spin_until(self, letter_is_there, l);
	hs_free(self, l, HS_KIND_OTHER, sizeof(*l));
}

static void writes_and_wakes_letter(struct hs_task *self, void *state)
{
	struct letter *l = ((struct play_state *)state)->ptr.raw;

	hs_u32_store(self, &l->flag, 1, HS_RELEASE);
	hs_wake_all(self, &l->queue);
}

static void writes_letter(struct hs_task *self, void *state)
{
	struct letter *l = ((struct play_state *)state)->ptr.raw;

	hs_u32_store(self, &l->flag, 1, HS_RELEASE);
}

static void a_waiter_that_frees_the_queue_before_the_wake_is_found(void **state)
{
	const struct play waits = { with_letter,
				    { waits_and_frees, writes_and_wakes_letter },
				    NULL };
	const struct play spins = { with_letter, { spins_and_frees, writes_letter }, NULL };
	struct hs_explore_result r;

	(void)state;
	play_expect(&waits, HS_VERDICT_FREED, 2, &r);
	assert_non_null(strstr(r.message, "wake of an object that is freed (task two)"));
	hs_explore_result_free(&r);
	play_expect_exhaustive(&spins, 1);
}

/* ---- whether a wake is lost does not depend on the order of independent steps ------------- */

static void waits_late(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_u64_add(self, &st->word[0], 1, HS_RELAXED);
	hs_wait_event(self, &st->queue, play_flag, st);
}

static void waits_at_once(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_wait_event(self, &st->queue, play_flag, st);
}

static void waits_until_late(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_u64_add(self, &st->word[0], 1, HS_RELAXED);
	hs_wait_event_until(self, &st->queue, play_flag, st, 50);
}

static void writes(struct hs_task *self, void *state)
{
	hs_u32_store(self, &((struct play_state *)state)->flag, 1, HS_RELEASE);
}

static void wakes(struct hs_task *self, void *state)
{
	hs_wake_all(self, &((struct play_state *)state)->queue);
}

static void expect_lost_wakes(const struct play *plays, const uint64_t *first, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct hs_explore_result r;

		play_expect(&plays[i], HS_VERDICT_LOST_WAKE, first[i], &r);
		hs_explore_result_free(&r);
	}
}

/* The tasks in each order, because the search prefers the first. */
static void expect_lost_wake(const uint64_t first[6], void (*a)(struct hs_task *self, void *state),
			     void (*b)(struct hs_task *self, void *state),
			     void (*c)(struct hs_task *self, void *state))
{
	const struct play play[] = {
		{ .task = { a, b, c } }, { .task = { a, c, b } }, { .task = { b, a, c } },
		{ .task = { b, c, a } }, { .task = { c, a, b } }, { .task = { c, b, a } },
	};

	expect_lost_wakes(play, first, COUNT(play));
}

static void a_write_that_can_meet_the_sleeper_is_found(void **state)
{
	const struct play play[] = {
		{ .task = { writes, waits_late } },
		{ .task = { waits_late, writes } },
		{ .task = { writes, waits_until_late } },
		{ .task = { waits_until_late, writes } },
	};
	static const uint64_t first[] = { 2, 2, 3, 2 };

	(void)state;
	expect_lost_wakes(play, first, COUNT(play));
}

static void a_wake_of_another_task_does_not_help_if_it_can_come_first(void **state)
{
	static const uint64_t first[][6] = {
		{ 3, 3, 2, 2, 3, 2 },
		{ 3, 3, 2, 2, 3, 2 },
		{ 4, 4, 3, 2, 3, 3 },
	};

	(void)state;
	expect_lost_wake(first[0], writes, wakes, waits_at_once);
	expect_lost_wake(first[1], writes, wakes, waits_late);
	expect_lost_wake(first[2], writes, wakes, waits_until_late);
}

/* ---- hs_spin_until() ---------------------------------------------------------------------- */

static void spins(struct hs_task *self, void *state)
{
	hs_spin_until(self, play_flag, state);
	hs_assert(self, play_flag(self, state), "the flag is set");
}

static void a_spin_needs_no_wake(void **state)
{
	const struct play play = { .task = { spins, writes } };
	const struct play alone = { .task = { spins, wakes } };
	struct hs_explore_result r;

	(void)state;
	play_expect_exhaustive(&play, 1);
	play_expect(&alone, HS_VERDICT_DEADLOCK, 1, &r);
	assert_non_null(strstr(r.message, "one in spin at " __FILE__ ":"));
	hs_explore_result_free(&r);
}

/* ---- completions -------------------------------------------------------------------------- */

static void completes_letter(struct hs_task *self, void *state)
{
	struct play_state *st = state;
	struct letter *l = st->ptr.raw;

	hs_complete(self, &st->queue, &l->flag, 2);
}

static void waits_for_letter(struct hs_task *self, void *state)
{
	struct play_state *st = state;
	struct letter *l = st->ptr.raw;

	hs_wait_for_completion(self, &st->queue, &l->flag, 2);
	hs_free(self, l, HS_KIND_OTHER, sizeof(*l));
}

static void waits_for_two_bits(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_wait_for_completion(self, &st->queue, &st->flag, 3);
	hs_assert(self, (hs_u32_load(self, &st->flag, HS_RELAXED) & 3) == 3, "both bits are set");
}

static void completes_first(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_complete(self, &st->queue, &st->flag, 1);
}

static void completes_second(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_complete(self, &st->queue, &st->flag, 2);
}

static void who_waits_for_a_completion_may_free_its_word(void **state)
{
	const struct play play = { with_letter, { waits_for_letter, completes_letter }, NULL };

	(void)state;
	play_expect_exhaustive(&play, 1);
}

static void a_completion_waits_for_all_of_its_bits(void **state)
{
	const struct play both = { .task = { waits_for_two_bits, completes_first,
					     completes_second } };
	const struct play one = { .task = { waits_for_two_bits, completes_first } };
	struct hs_explore_result r;

	(void)state;
	play_expect_exhaustive(&both, 1);
	play_expect(&one, HS_VERDICT_DEADLOCK, 1, &r);
	assert_non_null(strstr(r.message, "one in wait for completion at " __FILE__ ":"));
	hs_explore_result_free(&r);
}

/* ---- a predicate that reads another word each time ----------------------------------------- */

#define TURNS 10u

/* The state as 16 words: the first says which other one counts. */
static hs_u32 *half_words(void *state)
{
	return (hs_u32 *)(void *)((struct play_state *)state)->word;
}

static bool the_word_of_the_turn_is_set(struct hs_task *self, void *state)
{
	hs_u32 *word = half_words(state);

	return hs_u32_load(self, &word[1 + hs_u32_load(self, &word[0], HS_ACQUIRE)], HS_ACQUIRE);
}

static void spins_for_its_turn(struct hs_task *self, void *state)
{
	hs_spin_until(self, the_word_of_the_turn_is_set, state);
}

static void takes_turns(struct hs_task *self, void *state)
{
	hs_u32 *word = half_words(state);

	for (uint32_t i = 1; i < TURNS; i++)
		hs_u32_store(self, &word[0], i, HS_RELEASE);
	hs_u32_store(self, &word[TURNS], 1, HS_RELEASE);
}

static void sets_the_word_of_a_late_turn(struct hs_task *self, void *state)
{
	hs_u32_store(self, &half_words(state)[TURNS - 1], 1, HS_RELEASE);
}

/* The spinner has read more words than it can note; a store to any of them may have come first. */
static void a_predicate_may_have_read_any_number_of_words(void **state)
{
	const struct play play = { .task = { spins_for_its_turn, takes_turns,
					     sets_the_word_of_a_late_turn } };

	(void)state;
	play_expect_classes(&play, 3, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_waiter_that_frees_the_queue_before_the_wake_is_found),
		cmocka_unit_test(a_write_that_can_meet_the_sleeper_is_found),
		cmocka_unit_test(a_wake_of_another_task_does_not_help_if_it_can_come_first),
		cmocka_unit_test(a_spin_needs_no_wake),
		cmocka_unit_test(who_waits_for_a_completion_may_free_its_word),
		cmocka_unit_test(a_completion_waits_for_all_of_its_bits),
		cmocka_unit_test(a_predicate_may_have_read_any_number_of_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
