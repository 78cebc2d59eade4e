/* SPDX-License-Identifier: MIT */
/* Fingerprints: a search is judged by the set of classes that it has seen. */
#include "support/play.h"

static void adds_to_first(struct hs_task *self, void *state)
{
	hs_u64_add(self, &((struct play_state *)state)->word[0], 1, HS_RELAXED);
}

static void adds_to_second(struct hs_task *self, void *state)
{
	hs_u64_add(self, &((struct play_state *)state)->word[1], 1, HS_RELAXED);
}

static void loads_first(struct hs_task *self, void *state)
{
	hs_u64_load(self, &((struct play_state *)state)->word[0], HS_RELAXED);
}

static void adds_and_loads(struct hs_task *self, void *state)
{
	adds_to_first(self, state);
	loads_first(self, state);
}

static void adds_twice(struct hs_task *self, void *state)
{
	adds_to_first(self, state);
	adds_to_first(self, state);
}

static void adds_thrice(struct hs_task *self, void *state)
{
	adds_twice(self, state);
	adds_to_first(self, state);
}

/* ---- waits, which depend on every write to what they ask, also on those behind their end -- */

static bool is_set(struct hs_task *self, void *state)
{
	return hs_u32_load(self, &((struct play_state *)state)->flag, HS_ACQUIRE) & 1;
}

static void sets_and_writes_again(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_complete(self, &st->queue, &st->flag, 1);
	hs_u32_or(self, &st->flag, 4, HS_RELEASE);
}

static void wakes_and_writes_again(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_u32_or(self, &st->flag, 1, HS_RELEASE);
	hs_wake_all(self, &st->queue);
	hs_u32_or(self, &st->flag, 4, HS_RELEASE);
}

static void waits_for_completion(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_wait_for_completion(self, &st->queue, &st->flag, 1);
}

static void spins(struct hs_task *self, void *state)
{
	hs_spin_until(self, is_set, state);
}

static void waits(struct hs_task *self, void *state)
{
	hs_wait_event(self, &((struct play_state *)state)->queue, is_set, state);
}

static void tries_again(struct hs_task *self, void *state)
{
	while (!is_set(self, state))
		hs_retry_wait(self, "the flag");
}

static void chooses(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_u64_add(self, &st->word[0], hs_choose(self, 3, "answer"), HS_RELAXED);
}

static void makes_and_writes(struct hs_task *self, void *state)
{
	struct play_object *o = play_object(self);

	(void)state;
	hs_u64_store(self, &o->value, 1, HS_RELAXED);
	play_object_free(self, o);
}

static void starts_one(struct hs_task *self, void *state)
{
	struct hs_thread *t;

	adds_to_first(self, state);
	t = hs_thread_start(self, "child", adds_to_second, state);
	hs_assert(self, t, "no thread");
	hs_thread_join(self, t);
}

static void look(const struct play *play, enum hs_search search, uint64_t most, bool fingerprint,
		 struct hs_explore_result *r)
{
	struct hs_explore_options options;

	hs_explore_options_init(&options);
	options.search = search;
	options.max_executions = most;
	options.fingerprint = fingerprint;
	assert_int_equal(hs_explore(&play_scenario, play, &options, r), 0);
	assert_int_equal(r->verdict, HS_VERDICT_NONE);
}

/* Interleavings and classes, counted by hand. */
static void classes_are_what_dfs_leaves_when_independent_steps_are_swapped(void **state)
{
	static const struct {
		struct play play;
		uint64_t interleavings, classes;
	} rows[] = {
		{ { .task = { adds_to_first, adds_to_second } }, 2, 1 },
		{ { .task = { loads_first, loads_first } }, 2, 1 },
		{ { .task = { adds_to_first, adds_to_first } }, 2, 2 },
		{ { .task = { adds_to_first, loads_first } }, 2, 2 },
		{ { .task = { adds_to_first, loads_first, loads_first } }, 6, 4 },
		{ { .task = { adds_and_loads, adds_to_first } }, 3, 3 },
		{ { .task = { adds_thrice, adds_twice } }, 10, 10 },
		{ { .task = { chooses, adds_to_second } }, 9, 3 },
		{ { .task = { makes_and_writes, makes_and_writes } }, 6, 1 },
		{ { .task = { sets_and_writes_again, waits_for_completion } }, 2, 2 },
		{ { .task = { sets_and_writes_again, spins } }, 2, 2 },
		/* it looks first, and then waits: 3 interleavings; or it looks later: 3 */
		{ { .task = { wakes_and_writes_again, waits } }, 6, 4 },
		/* it reads at once, tries again, reads: 3; or it reads later: 2 */
		{ { .task = { sets_and_writes_again, tries_again } }, 5, 5 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct hs_explore_result dfs, sleep;

		look(&rows[i].play, HS_SEARCH_DFS, 0, true, &dfs);
		assert_int_equal(dfs.complete, rows[i].interleavings);
		assert_int_equal(dfs.classes, rows[i].classes);
		look(&rows[i].play, HS_SEARCH_SLEEP, 0, true, &sleep);
		assert_int_equal(sleep.complete, rows[i].classes);
		assert_int_equal(sleep.classes, rows[i].classes);
		assert_int_equal(sleep.fingerprint, dfs.fingerprint);
	}
}

static void a_search_that_sees_less_has_another_fingerprint(void **state)
{
	const struct play play = { .task = { adds_and_loads, adds_and_loads } };
	struct hs_explore_result all, some, again;

	(void)state;
	look(&play, HS_SEARCH_SLEEP, 0, true, &all);
	look(&play, HS_SEARCH_SLEEP, 2, true, &some);
	assert_true(some.classes < all.classes);
	assert_int_not_equal(some.fingerprint, all.fingerprint);
	look(&play, HS_SEARCH_RANDOM, 1000, true, &again);
	assert_int_equal(again.classes, all.classes);
	assert_int_equal(again.fingerprint, all.fingerprint);
	look(&play, HS_SEARCH_SLEEP, 0, false, &again);
	assert_int_equal(again.classes, 0);
	assert_int_equal(again.fingerprint, 0);
	assert_int_equal(again.executions, all.executions);
}

/* The children have the ids 3 and 4, or 4 and 3. */
static void tasks_are_named_by_who_made_them(void **state)
{
	const struct play play = { .task = { starts_one, starts_one } };
	struct hs_explore_result dfs, sleep;

	(void)state;
	look(&play, HS_SEARCH_DFS, 0, true, &dfs);
	look(&play, HS_SEARCH_SLEEP, 0, true, &sleep);
	assert_int_equal(dfs.classes, 4); /* two orders of adds to each of two words */
	assert_int_equal(sleep.classes, 4);
	assert_int_equal(sleep.fingerprint, dfs.fingerprint);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(classes_are_what_dfs_leaves_when_independent_steps_are_swapped),
		cmocka_unit_test(a_search_that_sees_less_has_another_fingerprint),
		cmocka_unit_test(tasks_are_named_by_who_made_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
