/* SPDX-License-Identifier: MIT */
/* Words, tasks, choice and waits of the author of a scenario. */
#include "support/machine.h"
#include "support/sync_play.h"

#ifdef HS_BACKEND_EXPLORE
#include "support/exploration.h"
#endif

static bool is_set(struct hs_task *self, void *state)
{
	return hs_sync_u32_load(self, &((struct sync_state *)state)->a, HS_SYNC_ACQUIRE) != 0;
}

/* ---- words ------------------------------------------------------------------------------- */

static void use_u32(struct hs_task *self, void *state)
{
	struct sync_state *st = state;
	struct hs_sync_u32 *w = &st->a;
	uint32_t expected = 1;

	hs_sync_u32_init(w, 5);
	hs_sync_assert(self, hs_sync_u32_load(self, w, HS_SYNC_RELAXED) == 5, "init");
	hs_sync_u32_store(self, w, 6, HS_SYNC_RELEASE);
	hs_sync_assert(self, hs_sync_u32_xchg(self, w, 7, HS_SYNC_ACQ_REL) == 6, "xchg");
	hs_sync_assert(self, !hs_sync_u32_cmpxchg(self, w, &expected, 9, HS_SYNC_SEQ_CST), "seen");
	hs_sync_assert(self, expected == 7, "expected is %u", expected);
	hs_sync_assert(self, hs_sync_u32_cmpxchg(self, w, &expected, 9, HS_SYNC_RELEASE), "set");
	hs_sync_assert(self, hs_sync_u32_add(self, w, -2u, HS_SYNC_RELAXED) == 9, "add");
	hs_sync_assert(self, hs_sync_u32_or(self, w, 8, HS_SYNC_ACQUIRE) == 7, "or");
	hs_sync_assert(self, hs_sync_u32_and(self, w, 12, HS_SYNC_RELEASE) == 15, "and");
	hs_sync_assert(self, hs_sync_u32_load(self, w, HS_SYNC_SEQ_CST) == 12, "load");
}

static void use_u64(struct hs_task *self, void *state)
{
	struct sync_state *st = state;
	struct hs_sync_u64 *w = &st->wide;
	uint64_t big = 1ull << 40, expected = big;

	hs_sync_u64_init(w, 1);
	hs_sync_u64_store(self, w, big, HS_SYNC_SEQ_CST);
	hs_sync_assert(self, hs_sync_u64_cmpxchg(self, w, &expected, big + 1, HS_SYNC_ACQ_REL),
		       "cmpxchg");
	hs_sync_assert(self, hs_sync_u64_xchg(self, w, big, HS_SYNC_RELAXED) == big + 1, "xchg");
	hs_sync_assert(self, hs_sync_u64_add(self, w, big, HS_SYNC_RELAXED) == big, "add");
	hs_sync_assert(self, hs_sync_u64_or(self, w, 3, HS_SYNC_RELAXED) == 2 * big, "or");
	hs_sync_assert(self, hs_sync_u64_and(self, w, 1, HS_SYNC_RELAXED) == 2 * big + 3, "and");
	hs_sync_assert(self, hs_sync_u64_load(self, w, HS_SYNC_ACQUIRE) == 1, "load");
}

static void use_ptr(struct hs_task *self, void *state)
{
	struct sync_state *st = state;
	struct hs_sync_ptr *w = &st->ptr;
	void *expected = st;

	hs_sync_ptr_init(w, st);
	hs_sync_assert(self, hs_sync_ptr_cmpxchg(self, w, &expected, w, HS_SYNC_ACQ_REL),
		       "cmpxchg");
	hs_sync_assert(self, hs_sync_ptr_xchg(self, w, NULL, HS_SYNC_ACQ_REL) == w, "xchg");
	hs_sync_ptr_store(self, w, self, HS_SYNC_RELEASE);
	hs_sync_assert(self, hs_sync_ptr_load(self, w, HS_SYNC_ACQUIRE) == self, "load");
	hs_sync_fence(self, HS_SYNC_SEQ_CST);
	hs_sync_fence(self, HS_SYNC_ACQUIRE);
	hs_sync_fence(self, HS_SYNC_RELEASE);
	hs_sync_fence(self, HS_SYNC_ACQ_REL);
}

static void words_do_what_their_names_say(void **state)
{
	const struct sync_play play = { .task = { use_u32, use_u64, use_ptr } };

	(void)state;
	sync_holds(&play);
}

static void load_releases(struct hs_task *self, void *state)
{
	hs_sync_u32_load(self, &((struct sync_state *)state)->a, HS_SYNC_RELEASE);
}

static void store_acquires(struct hs_task *self, void *state)
{
	hs_sync_ptr_store(self, &((struct sync_state *)state)->ptr, NULL, HS_SYNC_ACQUIRE);
}

static void fence_is_relaxed(struct hs_task *self, void *state)
{
	(void)state;
	hs_sync_fence(self, HS_SYNC_RELAXED);
}

static void add_has_no_order(struct hs_task *self, void *state)
{
	hs_sync_u64_add(self, &((struct sync_state *)state)->wide, 1, (enum hs_sync_order)7);
}

static void an_order_that_an_access_cannot_have_is_refused(void **state)
{
	const struct sync_play load = { .task = { load_releases } };
	const struct sync_play store = { .task = { store_acquires } };
	const struct sync_play fence = { .task = { fence_is_relaxed } };
	const struct sync_play add = { .task = { add_has_no_order } };

	(void)state;
	sync_refused(&load, "a load cannot have the order RELEASE");
	sync_refused(&store, "a store cannot have the order ACQUIRE");
	sync_refused(&fence, "a fence cannot have the order RELAXED");
	sync_refused(&add, "a add cannot have the order ? (7)");
}

/* ---- assertion, tasks, choice ------------------------------------------------------------- */

LINE_BELOW(asserts_at, 4);

static void asserts(struct hs_task *self, void *state)
{
	hs_sync_assert(self, !state, "expected no state, found %d", 17);
}

static void an_assertion_says_where_what_and_why(void **state)
{
	const struct sync_play play = { .task = { asserts } };
	char text[SYNC_TEXT];

	(void)state;
	sync_refused(&play, PLACE(text, asserts_at, "!state: expected no state, found 17"));
}

static void keeps_data(struct hs_task *self, void *state)
{
	struct sync_state *st = state;

	hs_sync_assert(self, !hs_sync_task_data(self), "a new task has data");
	hs_sync_task_set_data(self, st);
	hs_sync_u32_add(self, &st->a, 1, HS_SYNC_RELAXED);
	hs_sync_assert(self, hs_sync_task_data(self) == st, "the data are lost");
	hs_sync_task_set_data(self, &st->a);
	hs_sync_u32_add(self, &st->a, 1, HS_SYNC_RELAXED);
	hs_sync_assert(self, hs_sync_task_data(self) == &st->a, "the new data are lost");
}

static void is_called_one(struct hs_task *self, void *state)
{
	keeps_data(self, state);
	hs_sync_assert(self, hs_sync_task_id(self), "only the boot task has the number 0");
	hs_sync_assert(self, !strcmp(hs_sync_task_name(self), "one"), "%s",
		       hs_sync_task_name(self));
}

static void boots(struct hs_task *self, struct sync_state *st)
{
	(void)st;
	hs_sync_assert(self, !hs_sync_task_id(self), "the number is %u", hs_sync_task_id(self));
	hs_sync_assert(self, !strcmp(hs_sync_task_name(self), "boot"), "%s",
		       hs_sync_task_name(self));
}

static void a_task_has_a_name_a_number_and_data_of_its_own(void **state)
{
	const struct sync_play play = { .setup = boots, .task = { is_called_one, keeps_data } };

	(void)state;
	sync_holds(&play);
}

static void a_task_that_is_attached_has_no_data(void **state)
{
	struct machine *m = *state;

	hs_sync_task_set_data(m->self, m);
	assert_ptr_equal(hs_sync_task_data(m->self), m);
	assert_int_equal(hs_task_detach(m->self), 0);
	assert_int_equal(hs_task_attach(m->machine, "again", &m->self), 0);
	assert_null(hs_sync_task_data(m->self));
}

static void chooses_none(struct hs_task *self, void *state)
{
	(void)state;
	hs_sync_choose(self, 0, "nothing");
}

static void chooses_too_many(struct hs_task *self, void *state)
{
	(void)state;
	hs_sync_choose(self, 128, "much");
}

static void a_choice_has_1_to_127_ways(void **state)
{
	const struct sync_play none = { .task = { chooses_none } };
	const struct sync_play many = { .task = { chooses_too_many } };

	(void)state;
	sync_refused(&none, "nothing: a choice among 0 ways");
	sync_refused(&many, "much: a choice among 128 ways");
}

/* ---- waiting ------------------------------------------------------------------------------ */

static void waits(struct hs_task *self, void *state)
{
	struct sync_state *st = state;

	hs_sync_wait(self, &st->queue, is_set, st);
	st->plain++;
}

static void sets_and_wakes(struct hs_task *self, void *state)
{
	struct sync_state *st = state;

	st->plain++;
	hs_sync_u32_store(self, &st->a, 1, HS_SYNC_RELEASE);
	hs_sync_wake_all(self, &st->queue);
}

static void plain_is_2(struct hs_task *self, struct sync_state *st)
{
	hs_sync_assert(self, st->plain == 2, "found %u", st->plain);
}

static void a_wait_ends_when_its_predicate_holds(void **state)
{
	const struct sync_play play = { .task = { waits, sets_and_wakes }, .check = plain_is_2 };

	(void)state;
	sync_holds(&play);
}

static void waits_for_a_time(struct hs_task *self, void *state)
{
	struct sync_state *st = state;
	uint64_t end = hs_sync_ticks(self) + 10;

	if (hs_sync_wait_until(self, &st->queue, is_set, st, end))
		return;
	hs_sync_assert(self, hs_sync_ticks(self) >= end, "the clock is at %u",
		       (unsigned int)hs_sync_ticks(self));
	hs_sync_u32_store(self, &st->b, 1, HS_SYNC_RELAXED);
}

static void it_came_late(struct hs_task *self, struct sync_state *st)
{
	hs_sync_assert(self, hs_sync_u32_load(self, &st->b, HS_SYNC_RELAXED), "in time");
}

static void a_wait_with_a_deadline_ends_without_a_wake(void **state)
{
	const struct sync_play play = { .task = { waits_for_a_time }, .check = it_came_late };

	(void)state;
	sync_holds(&play);
}

static void advances(struct hs_task *self, void *state)
{
	(void)state;
	hs_sync_ticks_advance(self, 3);
	hs_sync_assert(self, hs_sync_ticks(self) >= 3, "the clock stands");
}

static void the_clock_moves_by_hand(void **state)
{
	const struct sync_play play = { .task = { advances } };

	(void)state;
	sync_holds(&play);
}

/* The waiter frees the completion as soon as it has come. */
static void waits_and_frees(struct hs_task *self, void *state)
{
	struct sync_state *st = state;
	struct hs_sync_completion *done = hs_sync_ptr_load(self, &st->ptr, HS_SYNC_RELAXED);

	hs_sync_wait_for_completion(self, done);
	st->plain++;
	hs_sync_free(self, done);
}

static void completes(struct hs_task *self, void *state)
{
	struct sync_state *st = state;

	st->plain++;
	hs_sync_complete(self, hs_sync_ptr_load(self, &st->ptr, HS_SYNC_RELAXED));
}

static void allocates_completion(struct hs_task *self, struct sync_state *st)
{
	struct hs_sync_completion *done = hs_sync_alloc(self, &sync_node, sizeof(*done));

	hs_sync_assert(self, done, "no memory");
	hs_sync_completion_init(done);
	hs_sync_ptr_init(&st->ptr, done);
}

static void a_task_that_waited_may_free_the_completion(void **state)
{
	const struct sync_play play = { .setup = allocates_completion,
					.task = { waits_and_frees, completes },
					.check = plain_is_2 };

	(void)state;
	sync_holds(&play);
}

/* ---- both libraries ------------------------------------------------------------------------ */

static void the_function_of_the_other_library_says_that_it_is_not_there(void **state)
{
	const struct sync_play play = { .task = { use_u32 } };

	(void)state;
#ifdef HS_BACKEND_EXPLORE
	{
		struct hs_leaks left = { .objects = 1 };

		assert_int_equal(hs_scenario_run(&sync_scenario, &play, NULL, &left), -EOPNOTSUPP);
		assert_int_equal(left.objects, 0);
		assert_int_equal(hs_scenario_run(&sync_scenario, &play, NULL, NULL), -EOPNOTSUPP);
	}
#else
	{
		struct hs_explore_options options;
		struct hs_explore_result r;
		char text[32];

		hs_explore_options_init(&options);
		assert_int_equal(options.max_steps, 10000);
		assert_int_equal(hs_explore(&sync_scenario, &play, &options, &r), -EOPNOTSUPP);
		assert_non_null(strstr(r.message, "hmmsim::explore"));
		assert_int_equal(r.verdict, HS_VERDICT_NONE);
		assert_string_equal(hs_verdict_name(HS_VERDICT_LEAK), "leak");
		assert_string_equal(hs_stop_name(HS_STOP_END), "came to its end");
		hs_extent_words(&r, text, sizeof(text));
		assert_string_equal(text, "no");
		hs_explore_result_free(&r);
	}
#endif
}

/* ---- verdicts of the explorer ------------------------------------------------------------- */

#ifdef HS_BACKEND_EXPLORE

LINE_BELOW(waits_at, 6);

static void waits_for_ever(struct hs_task *self, void *state)
{
	struct sync_state *st = state;

	hs_sync_wait(self, &st->queue, is_set, st);
}

static void sets_only(struct hs_task *self, void *state)
{
	hs_sync_u32_store(self, &((struct sync_state *)state)->a, 1, HS_SYNC_RELEASE);
}

static void what_waits_for_ever_names_the_wait(void **state)
{
	const struct sync_play lost = { .task = { waits_for_ever, sets_only } };
	const struct sync_play stuck = { .task = { waits_for_ever } };
	struct hs_explore_result r;
	char text[SYNC_TEXT];

	(void)state;
	snprintf(text, sizeof(text), "(it waited at %s:%d)", __FILE__, waits_at);
	explore_found(&sync_scenario, &lost, HS_VERDICT_LOST_WAKE, text, 2, &r);
	hs_explore_result_free(&r);
	snprintf(text, sizeof(text), "one in wait at %s:%d", __FILE__, waits_at);
	explore_found(&sync_scenario, &stuck, HS_VERDICT_DEADLOCK, text, 1, &r);
	hs_explore_result_free(&r);
}

LINE_BELOW(retries_at, 5);

static void retries_for_ever(struct hs_task *self, void *state)
{
	while (!is_set(self, state))
		hs_sync_retry_wait(self, "a flag");
}

static void a_livelock_names_the_retry(void **state)
{
	const struct sync_play play = { .task = { retries_for_ever } };
	struct hs_explore_result r;
	char text[SYNC_TEXT];

	(void)state;
	explore_found(&sync_scenario, &play, HS_VERDICT_LIVELOCK, PLACE(text, retries_at, "a flag"),
		      1, &r);
	hs_explore_result_free(&r);
}

static bool changes(struct hs_task *self, void *state)
{
	return hs_sync_u32_add(self, &((struct sync_state *)state)->a, 1, HS_SYNC_RELAXED) != 0;
}

static bool waits_inside(struct hs_task *self, void *state)
{
	struct sync_state *st = state;

	hs_sync_wait(self, &st->queue, is_set, st);
	return true;
}

static bool chooses(struct hs_task *self, void *state)
{
	(void)state;
	return hs_sync_choose(self, 2, "whether it holds");
}

static bool reads_nine(struct hs_task *self, void *state)
{
	struct sync_state *st = state;
	uint32_t sum = hs_sync_u32_load(self, &st->a, HS_SYNC_RELAXED);

	for (size_t i = 0; i < COUNT(st->words); i++)
		sum += hs_sync_u32_load(self, &st->words[i], HS_SYNC_RELAXED);
	return sum;
}

static void asks_changes(struct hs_task *self, void *state)
{
	hs_sync_wait(self, &((struct sync_state *)state)->queue, changes, state);
}

static void asks_waits_inside(struct hs_task *self, void *state)
{
	hs_sync_wait(self, &((struct sync_state *)state)->queue, waits_inside, state);
}

static void asks_chooses(struct hs_task *self, void *state)
{
	hs_sync_wait(self, &((struct sync_state *)state)->queue, chooses, state);
}

static void asks_nine(struct hs_task *self, void *state)
{
	hs_sync_wait(self, &((struct sync_state *)state)->queue, reads_nine, state);
}

static void sets_the_ninth(struct hs_task *self, void *state)
{
	struct sync_state *st = state;

	hs_sync_u32_store(self, &st->words[COUNT(st->words) - 1], 1, HS_SYNC_RELEASE);
	hs_sync_wake_all(self, &st->queue);
}

static void a_predicate_changes_nothing_and_reads_what_it_likes(void **state)
{
	const struct sync_play writes = { .task = { asks_changes } };
	const struct sync_play waits_too = { .task = { asks_waits_inside } };
	const struct sync_play decides = { .task = { asks_chooses } };
	const struct sync_play nine = { .task = { asks_nine, sets_the_ninth } };

	(void)state;
	sync_refused(&writes, "read-modify-write in the predicate of a wait, which may only read");
	sync_refused(&waits_too, "wait in the predicate of a wait, which may only read");
	sync_refused(&decides, "a choice in the predicate of a wait, which may only read");
	sync_holds(&nine);
}

static void adds_in_two_steps(struct hs_task *self, void *state)
{
	struct sync_state *st = state;
	uint32_t n = hs_sync_u32_load(self, &st->a, HS_SYNC_RELAXED);

	hs_sync_u32_store(self, &st->a, n + 1, HS_SYNC_RELAXED);
}

static void adds_are_2(struct hs_task *self, struct sync_state *st)
{
	uint32_t n = hs_sync_u32_load(self, &st->a, HS_SYNC_RELAXED);

	hs_sync_assert(self, n == 2, "2 adds left %u", n);
}

static void a_lost_update_is_found(void **state)
{
	const struct sync_play play = { .task = { adds_in_two_steps, adds_in_two_steps },
					.check = adds_are_2 };
	struct hs_explore_result r;

	(void)state;
	explore(&sync_scenario, &play, HS_SEARCH_DPOR, 0, NULL, &r);
	assert_int_equal(r.verdict, HS_VERDICT_ASSERT);
	assert_non_null(strstr(r.message, "n == 2: 2 adds left 1 (task boot)"));
	hs_explore_result_free(&r);
}

static void picks(struct hs_task *self, void *state)
{
	hs_sync_assert(self, hs_sync_choose(self, 3, "a way") != 2, "the last way");
	(void)state;
}

static void each_way_of_a_choice_is_followed(void **state)
{
	const struct sync_play play = { .task = { picks } };
	struct hs_explore_result r;

	(void)state;
	explore_found(&sync_scenario, &play, HS_VERDICT_ASSERT, "the last way", 3, &r);
	hs_explore_result_free(&r);
}

/* What a weak order lets be seen: the orders of public words reach the memory. */
static void writes_two(struct hs_task *self, void *state)
{
	struct sync_state *st = state;

	hs_sync_u32_store(self, &st->b, 1, HS_SYNC_RELAXED);
	hs_sync_u32_store(self, &st->a, 1, HS_SYNC_RELEASE);
}

static void writes_two_relaxed(struct hs_task *self, void *state)
{
	struct sync_state *st = state;

	hs_sync_u32_store(self, &st->b, 1, HS_SYNC_RELAXED);
	hs_sync_u32_store(self, &st->a, 1, HS_SYNC_RELAXED);
}

static void reads_two(struct hs_task *self, void *state)
{
	struct sync_state *st = state;

	if (hs_sync_u32_load(self, &st->a, HS_SYNC_ACQUIRE))
		hs_sync_assert(self, hs_sync_u32_load(self, &st->b, HS_SYNC_RELAXED), "stale");
}

static enum hs_verdict weakly(const struct sync_play *play)
{
	struct hs_explore_options options;
	struct hs_explore_result r;

	hs_explore_options_init(&options);
	options.memory = HS_MEMORY_VIEWS;
	assert_int_equal(hs_explore(&sync_scenario, play, &options, &r), 0);
	hs_explore_result_free(&r);
	return r.verdict;
}

static void the_orders_of_words_count_in_weak_memory(void **state)
{
	const struct sync_play released = { .task = { writes_two, reads_two } };
	const struct sync_play relaxed = { .task = { writes_two_relaxed, reads_two } };

	(void)state;
	assert_int_equal(weakly(&released), HS_VERDICT_NONE);
	assert_int_equal(weakly(&relaxed), HS_VERDICT_ASSERT);
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_do_what_their_names_say),
		cmocka_unit_test(an_order_that_an_access_cannot_have_is_refused),
		cmocka_unit_test(an_assertion_says_where_what_and_why),
		cmocka_unit_test(a_task_has_a_name_a_number_and_data_of_its_own),
		machine_unit_test(a_task_that_is_attached_has_no_data),
		cmocka_unit_test(a_choice_has_1_to_127_ways),
		cmocka_unit_test(a_wait_ends_when_its_predicate_holds),
		cmocka_unit_test(a_wait_with_a_deadline_ends_without_a_wake),
		cmocka_unit_test(the_clock_moves_by_hand),
		cmocka_unit_test(the_function_of_the_other_library_says_that_it_is_not_there),
		cmocka_unit_test(a_task_that_waited_may_free_the_completion),
#ifdef HS_BACKEND_EXPLORE
		cmocka_unit_test(what_waits_for_ever_names_the_wait),
		cmocka_unit_test(a_livelock_names_the_retry),
		cmocka_unit_test(a_predicate_changes_nothing_and_reads_what_it_likes),
		cmocka_unit_test(a_lost_update_is_found),
		cmocka_unit_test(each_way_of_a_choice_is_followed),
		cmocka_unit_test(the_orders_of_words_count_in_weak_memory),
#endif
	};

	return cmocka_run_group_tests_name("sync", tests, NULL, NULL);
}
