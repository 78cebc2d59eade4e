/* SPDX-License-Identifier: MIT */
/* The order of lock classes that a machine learns, those of the model included. */
#include "support/machine.h"
#include "support/sync_play.h"

#ifdef HS_BACKEND_EXPLORE
#include "support/exploration.h"
#endif

/* The order of locks is checked in debug builds alone; the explorer's is one. */
static void refused_if_checked(const struct sync_play *play, const char *text)
{
	if (HS_DEBUG)
		sync_refused(play, text);
	else
		sync_holds(play);
}

LINE_BELOW(first_at, 6);

static void first_then_second(struct hs_task *self, void *state)
{
	struct sync_state *st = state;

	hs_sync_mutex_lock(self, &st->first);
	hs_sync_mutex_lock(self, &st->second);
	hs_sync_mutex_unlock(self, &st->second);
	hs_sync_mutex_unlock(self, &st->first);
}

LINE_BELOW(second_at, 6);

static void second_then_first(struct hs_task *self, void *state)
{
	struct sync_state *st = state;

	hs_sync_mutex_lock(self, &st->second);
	hs_sync_mutex_lock(self, &st->first);
	hs_sync_mutex_unlock(self, &st->first);
	hs_sync_mutex_unlock(self, &st->second);
}

static void first_then_second_then_tells(struct hs_task *self, void *state)
{
	first_then_second(self, state);
	hs_sync_complete(self, &((struct sync_state *)state)->done);
}

static void waits_then_second_then_first(struct hs_task *self, void *state)
{
	hs_sync_wait_for_completion(self, &((struct sync_state *)state)->done);
	second_then_first(self, state);
}

/* One after the other: no schedule deadlocks. */
static void an_inversion_is_found_where_it_cannot_deadlock(void **state)
{
	const struct sync_play play = { .task = { first_then_second_then_tells,
						  waits_then_second_then_first } };

	(void)state;
	refused_if_checked(&play, "takes the first lock while it holds the second lock from");
}

static void a_cycle_shows_both_acquisitions(void **state)
{
	const struct sync_play play = { .task = { first_then_second_then_tells,
						  waits_then_second_then_first } };
	char text[2 * SYNC_TEXT], place[SYNC_TEXT];

	(void)state;
	snprintf(text, sizeof(text),
		 "%sthe first lock while it holds the second lock from %s:%d, but %s:%d takes the "
		 "second lock, with the first lock from %s:%d held",
		 PLACE(place, second_at + 1, "lock order: takes "), __FILE__, second_at, __FILE__,
		 first_at + 1, __FILE__, first_at);
	refused_if_checked(&play, text);
}

/* Both learn at the same time: one of the two sees the cycle, or they would deadlock. */
static void two_tasks_that_invert_an_order_at_once_are_refused(void **state)
{
	const struct sync_play play = { .task = { first_then_second, second_then_first } };

	(void)state;
	for (int i = 0; i < 20 && HS_DEBUG; i++)
		sync_refused(&play, "lock order: takes the ");
}

static void set_up_shows_order(struct hs_task *self, struct sync_state *st)
{
	first_then_second(self, st);
}

static void set_up_shows_the_order_to_all_tasks(void **state)
{
	const struct sync_play play = { .setup = set_up_shows_order,
					.task = { second_then_first } };
	const struct sync_play same = { .setup = set_up_shows_order,
					.task = { first_then_second, first_then_second } };

	(void)state;
	refused_if_checked(&play, "takes the first lock while it holds the second lock from");
	sync_holds(&same);
}

static void in_a_ring(struct hs_task *self, void *state)
{
	struct sync_state *st = state;

	first_then_second(self, st);
	hs_sync_mutex_lock(self, &st->second);
	hs_sync_mutex_lock(self, &st->third);
	hs_sync_mutex_unlock(self, &st->third);
	hs_sync_mutex_unlock(self, &st->second);
	hs_sync_mutex_lock(self, &st->third);
	hs_sync_mutex_lock(self, &st->first);
	hs_sync_mutex_unlock(self, &st->first);
	hs_sync_mutex_unlock(self, &st->third);
}

static void a_cycle_of_three_is_shown_whole(void **state)
{
	const struct sync_play play = { .task = { in_a_ring } };

	(void)state;
	refused_if_checked(&play, "takes the first lock while it holds the third lock from");
	refused_if_checked(&play, "takes the third lock, with the second lock from");
	refused_if_checked(&play, "takes the second lock, with the first lock from");
}

static void spin_inside_and_sem_outside(struct hs_task *self, void *state)
{
	struct sync_state *st = state;

	hs_sync_down_read(self, &st->sem);
	hs_sync_mutex_lock(self, &st->first);
	hs_sync_spin_lock(self, &st->spin);
	hs_sync_spin_unlock(self, &st->spin);
	hs_sync_mutex_unlock(self, &st->first);
	hs_sync_up_read(self, &st->sem);
}

static void sem_inside(struct hs_task *self, void *state)
{
	struct sync_state *st = state;

	spin_inside_and_sem_outside(self, st);
	hs_sync_mutex_lock(self, &st->first);
	hs_sync_down_write(self, &st->sem);
	hs_sync_up_write(self, &st->sem);
	hs_sync_mutex_unlock(self, &st->first);
}

static void locks_of_all_kinds_have_one_order(void **state)
{
	const struct sync_play right = { .task = { spin_inside_and_sem_outside,
						   spin_inside_and_sem_outside } };
	const struct sync_play wrong = { .task = { sem_inside } };

	(void)state;
	sync_holds(&right);
	refused_if_checked(&wrong, "takes the shared lock while it holds the first lock from");
}

static void sleeps_under_spinlock(struct hs_task *self, void *state)
{
	struct sync_state *st = state;

	hs_sync_complete(self, &st->done);
	hs_sync_spin_lock(self, &st->spin);
	hs_sync_wait_for_completion(self, &st->done);
	hs_sync_spin_unlock(self, &st->spin);
}

static void takes_mutex_under_spinlock(struct hs_task *self, void *state)
{
	struct sync_state *st = state;

	hs_sync_spin_lock(self, &st->spin);
	hs_sync_mutex_lock(self, &st->first);
	hs_sync_mutex_unlock(self, &st->first);
	hs_sync_spin_unlock(self, &st->spin);
}

static void takes_rwsem_under_spinlock(struct hs_task *self, void *state)
{
	struct sync_state *st = state;

	hs_sync_spin_lock(self, &st->spin);
	hs_sync_down_read(self, &st->sem);
	hs_sync_up_read(self, &st->sem);
	hs_sync_spin_unlock(self, &st->spin);
}

static void writes_rwsem_under_spinlock(struct hs_task *self, void *state)
{
	struct sync_state *st = state;

	hs_sync_spin_lock(self, &st->spin);
	hs_sync_down_write(self, &st->sem);
	hs_sync_up_write(self, &st->sem);
	hs_sync_spin_unlock(self, &st->spin);
}

static void tries_mutex_under_spinlock(struct hs_task *self, void *state)
{
	struct sync_state *st = state;

	hs_sync_spin_lock(self, &st->spin);
	if (hs_sync_mutex_trylock(self, &st->first))
		hs_sync_mutex_unlock(self, &st->first);
	hs_sync_spin_unlock(self, &st->spin);
}

/* The order of the two classes is not known to be wrong. */
static void a_lock_that_sleeps_is_not_taken_under_a_spinlock(void **state)
{
	const struct sync_play refused[] = { { .task = { takes_mutex_under_spinlock } },
					     { .task = { takes_rwsem_under_spinlock } },
					     { .task = { writes_rwsem_under_spinlock } } };
	const struct sync_play tries = { .task = { tries_mutex_under_spinlock } };

	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		refused_if_checked(&refused[i],
				   "the task may sleep here, with the spinning lock from ");
	sync_holds(&tries);
}

static void a_task_with_a_spinlock_does_not_sleep(void **state)
{
	const struct sync_play play = { .task = { sleeps_under_spinlock } };

	(void)state;
	refused_if_checked(&play, "with the spinning lock from");
}

/* ---- with the classes of the model -------------------------------------------------------- */

static void outside_mmap_lock(struct hs_task *self, void *state)
{
	struct sync_state *st = state;

	hs_sync_mutex_lock(self, &st->first);
	hs_mm_lock_read(self, st->mm);
	hs_mm_unlock_read(self, st->mm);
	hs_sync_mutex_unlock(self, &st->first);
}

static void inside_mmap_lock(struct hs_task *self, void *state)
{
	struct sync_state *st = state;

	hs_mm_lock_read(self, st->mm);
	hs_sync_mutex_lock(self, &st->first);
	hs_sync_mutex_unlock(self, &st->first);
	hs_mm_unlock_read(self, st->mm);
}

static void inside_and_outside(struct hs_task *self, void *state)
{
	inside_mmap_lock(self, state);
	outside_mmap_lock(self, state);
}

static void outside_and_inside(struct hs_task *self, void *state)
{
	outside_mmap_lock(self, state);
	inside_mmap_lock(self, state);
}

static void a_lock_is_outside_the_mmap_lock_or_inside(void **state)
{
	const struct sync_play outside = { .task = { outside_mmap_lock, outside_mmap_lock } };
	const struct sync_play inside = { .task = { inside_mmap_lock, inside_mmap_lock } };
	const struct sync_play in_out = { .task = { inside_and_outside } };
	const struct sync_play out_in = { .task = { outside_and_inside } };

	(void)state;
	sync_holds(&outside);
	sync_holds(&inside);
	refused_if_checked(&in_out, "takes the mmap lock while it holds the first lock from");
	refused_if_checked(&out_in, "takes the first lock while it holds the mmap lock from");
}

/* The model's lock is outside, and the mmap lock comes before it by the fixed order alone. */
static void inside_driver_lock_and_outside_mmap_lock(struct hs_task *self, void *state)
{
	struct sync_state *st = state;
	struct hs_mutex *driver = hs_sync_alloc(self, &sync_node, sizeof(*driver));

	hs_mutex_init(driver, HS_LOCK_DRIVER);
	hs_mutex_lock(self, driver);
	hs_sync_mutex_lock(self, &st->first);
	hs_sync_mutex_unlock(self, &st->first);
	hs_mutex_unlock(self, driver);
	outside_mmap_lock(self, st);
	hs_sync_free(self, driver);
}

static void a_cycle_may_go_through_the_fixed_order(void **state)
{
	const struct sync_play play = { .task = { inside_driver_lock_and_outside_mmap_lock } };

	(void)state;
	refused_if_checked(&play, "takes the mmap lock while it holds the first lock from");
	refused_if_checked(&play, "takes the first lock, with the driver lock from");
	refused_if_checked(&play, "the mmap lock comes before the driver lock");
}

/* ---- what is not ordered ------------------------------------------------------------------ */

static void two_of_a_class(struct hs_task *self, void *state)
{
	struct sync_state *st = state;

	hs_sync_mutex_init(self, &st->second, &sync_first);
	hs_sync_mutex_lock(self, &st->first);
	hs_sync_mutex_lock(self, &st->second);
	hs_sync_mutex_unlock(self, &st->second);
	hs_sync_mutex_unlock(self, &st->first);
}

static void any_then_other(struct hs_task *self, void *state)
{
	struct sync_state *st = state;

	hs_sync_mutex_lock(self, &st->any);
	hs_sync_mutex_lock(self, &st->other);
	hs_sync_mutex_unlock(self, &st->other);
	hs_sync_mutex_unlock(self, &st->any);
}

static void other_then_any(struct hs_task *self, void *state)
{
	struct sync_state *st = state;

	hs_sync_mutex_lock(self, &st->other);
	hs_sync_mutex_lock(self, &st->any);
	hs_sync_mutex_unlock(self, &st->any);
	hs_sync_mutex_unlock(self, &st->other);
}

static void both_orders(struct hs_task *self, void *state)
{
	any_then_other(self, state);
	other_then_any(self, state);
}

static void only_an_unordered_class_nests(void **state)
{
	const struct sync_play ordered = { .task = { two_of_a_class } };
	const struct sync_play unordered = { .task = { both_orders } };

	(void)state;
	refused_if_checked(&ordered, "takes a second first lock while it holds one from");
	sync_holds(&unordered);
}

static void tries_the_wrong_way(struct hs_task *self, void *state)
{
	struct sync_state *st = state;

	first_then_second(self, st);
	hs_sync_mutex_lock(self, &st->second);
	if (hs_sync_mutex_trylock(self, &st->first))
		hs_sync_mutex_unlock(self, &st->first);
	hs_sync_mutex_unlock(self, &st->second);
}

static void holds_what_it_tried(struct hs_task *self, void *state)
{
	struct sync_state *st = state;

	first_then_second(self, st);
	if (!hs_sync_mutex_trylock(self, &st->second))
		return;
	hs_sync_mutex_lock(self, &st->first);
	hs_sync_mutex_unlock(self, &st->first);
	hs_sync_mutex_unlock(self, &st->second);
}

static void a_trylock_closes_no_cycle_but_holds(void **state)
{
	const struct sync_play tried = { .task = { tries_the_wrong_way } };
	const struct sync_play held = { .task = { holds_what_it_tried } };

	(void)state;
	sync_holds(&tried);
	refused_if_checked(&held, "takes the first lock while it holds the second lock from");
}

/* ---- in the explorer ---------------------------------------------------------------------- */

#ifdef HS_BACKEND_EXPLORE

static void a_deadlock_is_found_by_order_at_once_and_by_search_without(void **state)
{
	const struct sync_play ordered = { .task = { first_then_second, second_then_first } };
	const struct sync_play unordered = { .task = { any_then_other, other_then_any } };
	struct hs_explore_result r;

	(void)state;
	explore_found(&sync_scenario, &ordered, HS_VERDICT_ASSERT, "lock order: takes the ", 1, &r);
	hs_explore_result_free(&r);
	explore(&sync_scenario, &unordered, HS_SEARCH_DPOR, 0, NULL, &r);
	assert_int_equal(r.verdict, HS_VERDICT_DEADLOCK);
	assert_non_null(strstr(r.message, "one in lock at " __FILE__ ":"));
	assert_non_null(strstr(r.message, "two in lock at " __FILE__ ":"));
	hs_explore_result_free(&r);
}

/* No execution has both orders, so that none can be replayed that has a cycle. */
static void one_of_both_orders(struct hs_task *self, void *state)
{
	if (hs_sync_choose(self, 2, "which lock first"))
		first_then_second(self, state);
	else
		second_then_first(self, state);
}

static void an_execution_forgets_what_the_one_before_has_shown(void **state)
{
	const struct sync_play one = { .task = { one_of_both_orders } };
	const struct sync_play two = { .task = { one_of_both_orders, one_of_both_orders } };
	struct hs_explore_result r, found;

	(void)state;
	explore(&sync_scenario, &one, HS_SEARCH_DPOR, 0, NULL, &r);
	assert_int_equal(r.verdict, HS_VERDICT_NONE);
	assert_int_equal(r.complete, 2);
	hs_explore_result_free(&r);
	/* Of two tasks one execution has both. Its schedule alone shows that. */
	explore(&sync_scenario, &two, HS_SEARCH_DPOR, 0, NULL, &found);
	assert_int_equal(found.verdict, HS_VERDICT_ASSERT);
	assert_true(found.first_violation > 1);
	explore(&sync_scenario, &two, HS_SEARCH_REPLAY, 0, found.schedule, &r);
	assert_int_equal(r.verdict, HS_VERDICT_ASSERT);
	assert_string_equal(r.message, found.message);
	hs_explore_result_free(&found);
	hs_explore_result_free(&r);
}

/* Each search, and each execution, has the verdict that a cycle in it has. */
static void every_search_finds_the_same_cycles(void **state)
{
	const struct sync_play two = { .task = { one_of_both_orders, one_of_both_orders } };
	static const enum hs_search searches[] = { HS_SEARCH_DFS, HS_SEARCH_SLEEP, HS_SEARCH_DPOR };

	(void)state;
	for (size_t i = 0; i < COUNT(searches); i++) {
		struct hs_explore_options options;
		struct hs_explore_result r;

		hs_explore_options_init(&options);
		options.search = searches[i];
		options.go_on = true;
		assert_int_equal(hs_explore(&sync_scenario, &two, &options, &r), 0);
		assert_true(r.exhaustive);
		assert_true(r.violations > 0 && r.violations < r.complete);
		hs_explore_result_free(&r);
	}
}

static void ends_with_lock(struct hs_task *self, void *state)
{
	hs_sync_mutex_lock(self, &((struct sync_state *)state)->first);
}

static void a_task_does_not_end_with_a_lock(void **state)
{
	const struct sync_play play = { .task = { ends_with_lock } };

	(void)state;
	sync_refused(&play, "the task ends with the first lock");
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_inversion_is_found_where_it_cannot_deadlock),
		cmocka_unit_test(a_cycle_shows_both_acquisitions),
		cmocka_unit_test(two_tasks_that_invert_an_order_at_once_are_refused),
		cmocka_unit_test(set_up_shows_the_order_to_all_tasks),
		cmocka_unit_test(a_cycle_of_three_is_shown_whole),
		cmocka_unit_test(locks_of_all_kinds_have_one_order),
		cmocka_unit_test(a_task_with_a_spinlock_does_not_sleep),
		cmocka_unit_test(a_lock_that_sleeps_is_not_taken_under_a_spinlock),
		cmocka_unit_test(a_lock_is_outside_the_mmap_lock_or_inside),
		cmocka_unit_test(a_cycle_may_go_through_the_fixed_order),
		cmocka_unit_test(only_an_unordered_class_nests),
		cmocka_unit_test(a_trylock_closes_no_cycle_but_holds),
#ifdef HS_BACKEND_EXPLORE
		cmocka_unit_test(a_deadlock_is_found_by_order_at_once_and_by_search_without),
		cmocka_unit_test(an_execution_forgets_what_the_one_before_has_shown),
		cmocka_unit_test(every_search_finds_the_same_cycles),
		cmocka_unit_test(a_task_does_not_end_with_a_lock),
#endif
	};

	return cmocka_run_group_tests_name("sync order", tests, NULL, NULL);
}
