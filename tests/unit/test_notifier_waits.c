/* SPDX-License-Identifier: MIT */
/*
 * What each operation waits for, in small scenarios that run under every schedule in the explorer,
 * and on threads.
 */
#include "support/play.h"

#include "support/notifier_lab.h"
#include "support/scale.h"

/* In play_state: tasks[0] the notifiers, tasks[1] the subscriber, word[0] how far things are. */
struct waiter {
	struct hs_interval_sub sub;
	struct hs_notifier plain;
	hs_u64 calls;
};

static struct hs_notifiers *ns_of(struct play_state *st)
{
	return st->tasks[0];
}

static bool count_hit(struct hs_task *self, struct hs_interval_sub *sub,
		      const struct hs_invalidation *inv, uint64_t cur_seq)
{
	(void)inv;
	hs_interval_set_seq(self, sub, cur_seq);
	hs_u64_add(self, &CONTAINER_OF(sub, struct waiter, sub)->calls, 1, HS_RELAXED);
	return true;
}

static const struct hs_interval_ops count_ops = { count_hit };

static int count_start(struct hs_task *self, struct hs_notifier *n,
		       const struct hs_invalidation *inv)
{
	(void)inv;
	hs_u64_add(self, &CONTAINER_OF(n, struct waiter, plain)->calls, 1, HS_RELAXED);
	return 0;
}

static void count_end(struct hs_task *self, struct hs_notifier *n,
		      const struct hs_invalidation *inv)
{
	uint64_t was = hs_u64_add(self, &CONTAINER_OF(n, struct waiter, plain)->calls, (uint64_t)-1,
				  HS_RELAXED);

	(void)inv;
	hs_assert(self, was, "an end is heard without its start");
}

static const struct hs_notifier_ops count_plain_ops = { count_start, count_end, NULL };

/* On threads: goes on when another task sleeps until it does. */
static int patient_start(struct hs_task *self, struct hs_notifier *n,
			 const struct hs_invalidation *inv)
{
#ifdef HS_BACKEND_NATIVE
	while (!hs_u32_load(self, &n->notifiers->queue.waiters, HS_ACQUIRE))
		hs_retry_wait(self, "no task sleeps yet");
#endif
	return count_start(self, n, inv);
}

static const struct hs_notifier_ops patient_ops = { patient_start, count_end, NULL };

static void wait_setup(struct hs_task *self, struct play_state *st)
{
	struct hs_notifiers *ns;
	struct waiter *w = hs_alloc(self, HS_KIND_OTHER, sizeof(*w));
	int ret = hs_notifiers_create(self, &ns);

	hs_assert(self, w && !ret, "no memory");
	st->tasks[0] = ns;
	st->tasks[1] = w;
}

static void wait_setup_interval(struct hs_task *self, struct play_state *st)
{
	struct waiter *w;

	wait_setup(self, st);
	w = st->tasks[1];
	hs_interval_insert(self, &w->sub, ns_of(st), 0, PAGE, &count_ops);
}

static void wait_setup_plain(struct hs_task *self, struct play_state *st)
{
	struct waiter *w;

	wait_setup(self, st);
	w = st->tasks[1];
	hs_notifier_register(self, &w->plain, ns_of(st), &count_plain_ops);
}

static void wait_setup_patient(struct hs_task *self, struct play_state *st)
{
	struct waiter *w;

	wait_setup(self, st);
	w = st->tasks[1];
	hs_notifier_register(self, &w->plain, ns_of(st), &patient_ops);
}

static void wait_check(struct hs_task *self, struct play_state *st)
{
	struct waiter *w = st->tasks[1];

	if (w) {
		if (w->sub.notifiers)
			hs_interval_remove(self, &w->sub);
		if (w->plain.notifiers)
			hs_notifier_unregister(self, &w->plain);
		hs_free(self, w, HS_KIND_OTHER, sizeof(*w));
	}
	hs_assert(self, hs_notifiers_idle(ns_of(st)), "something is still in progress");
	hs_notifiers_destroy(self, ns_of(st));
}

/* word[0] counts starts that have returned, word[1] ends that begin. */
static void wait_invalidate(struct hs_task *self, void *state)
{
	struct play_state *st = state;
	struct hs_invalidation inv = range(0, PAGE);

	hs_invalidate_start(self, ns_of(st), &inv);
	hs_u64_add(self, &st->word[0], 1, HS_SEQ_CST);
	hs_u64_add(self, &st->word[1], 1, HS_SEQ_CST);
	hs_invalidate_end(self, ns_of(st), &inv);
}

/* No read begins between a start that hit the subscription and the last end. */
static void wait_read(struct hs_task *self, void *state)
{
	struct play_state *st = state;
	struct waiter *w = st->tasks[1];
	uint64_t ends, starts = hs_u64_load(self, &st->word[0], HS_SEQ_CST);

	hs_interval_read_begin(self, &w->sub);
	ends = hs_u64_load(self, &st->word[1], HS_SEQ_CST);
	hs_assert(self, ends >= starts, "a read begins after %llu starts and %llu ends",
		  (unsigned long long)starts, (unsigned long long)ends);
}

static void wait_remove(struct hs_task *self, void *state)
{
	struct play_state *st = state;
	struct waiter *w = st->tasks[1];

	hs_interval_remove(self, &w->sub);
	st->tasks[1] = NULL;
	hs_free(self, w, HS_KIND_OTHER, sizeof(*w));
}

static void wait_unregister(struct hs_task *self, void *state)
{
	struct play_state *st = state;
	struct waiter *w = st->tasks[1];

	hs_notifier_unregister(self, &w->plain);
	st->tasks[1] = NULL;
	hs_free(self, w, HS_KIND_OTHER, sizeof(*w));
}

/* The invalidation does not end before the notifier is gone. */
static void wait_hold(struct hs_task *self, void *state)
{
	struct play_state *st = state;
	struct hs_invalidation inv = range(0, PAGE);

	hs_invalidate_start(self, ns_of(st), &inv);
	hs_wait_event(self, &st->queue, play_flag, st);
	hs_invalidate_end(self, ns_of(st), &inv);
}

static void wait_unregister_and_tell(struct hs_task *self, void *state)
{
	struct play_state *st = state;

#ifdef HS_BACKEND_NATIVE
	struct waiter *w = st->tasks[1];

	while (!hs_u32_load(self, hs_notifier_calls(&w->plain), HS_ACQUIRE))
		hs_retry_wait(self, "a call");
#endif
	wait_unregister(self, state);
	hs_u32_store(self, &st->flag, 1, HS_RELEASE);
	hs_wake_all(self, &st->queue);
}

static void wait_register(struct hs_task *self, void *state)
{
	struct play_state *st = state;
	struct waiter *w = st->tasks[1];

	hs_notifier_register(self, &w->plain, ns_of(st), &count_plain_ops);
}

#define played(...) played_at(TEST_PLACE, __VA_ARGS__)

static void played_at(struct test_place at, const struct play *play, uint64_t complete)
{
#ifdef HS_BACKEND_EXPLORE
	struct hs_explore_result r;

	/* sanitizers: not all of them */
	explore_none_at(at, &play_scenario, play, test_is_short() ? 200 : 0, complete, &r);
	hs_explore_result_free(&r);
#else
	(void)at;
	(void)complete;
	for (uint32_t i = 0; i < test_scaled(50); i++) {
		struct hs_leaks left;

		assert_int_equal(hs_scenario_run(&play_scenario, play, NULL, &left), 0);
	}
#endif
}

static void a_hit_reader_waits_for_the_last_end(void **state)
{
	static const struct play play = { wait_setup_interval,
					  { wait_read, wait_invalidate, wait_invalidate },
					  wait_check };

	(void)state;
	played(&play, 1340);
}

static void a_removed_subscription_can_be_freed(void **state)
{
	static const struct play play = { wait_setup_interval,
					  { wait_remove, wait_invalidate, wait_invalidate },
					  wait_check };

	(void)state;
	played(&play, 282);
}

static void an_unregistered_notifier_can_be_freed(void **state)
{
	static const struct play play = { wait_setup_plain,
					  { wait_unregister, wait_invalidate },
					  wait_check };

	(void)state;
	played(&play, 26);
}

static void unregistering_waits_for_calls_not_for_ends(void **state)
{
	static const struct play play = { wait_setup_patient,
					  { wait_unregister_and_tell, wait_hold },
					  wait_check };

	(void)state;
	played(&play, 9);
}

static void every_end_had_its_start(void **state)
{
	static const struct play play = { wait_setup,
					  { wait_register, wait_invalidate, wait_invalidate },
					  wait_check };

	(void)state;
	played(&play, 5580);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_hit_reader_waits_for_the_last_end),
		cmocka_unit_test(a_removed_subscription_can_be_freed),
		cmocka_unit_test(an_unregistered_notifier_can_be_freed),
		cmocka_unit_test(unregistering_waits_for_calls_not_for_ends),
		cmocka_unit_test(every_end_had_its_start),
	};

	return cmocka_run_group_tests_name("notifier_waits", tests, NULL, NULL);
}
