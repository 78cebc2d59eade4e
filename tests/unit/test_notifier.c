/* SPDX-License-Identifier: MIT */
/*
 * Interval subscriptions, one task: what each operation does in each state. Then misuse of every
 * kind of notifier, and allocations that fail.
 */
#include "support/notifier_lab.h"

#include "support/death.h"

/* ---- interval subscriptions -------------------------------------------------------------- */

static void the_sequence_has_no_aba(void **state)
{
	struct hs_invalidation inv = range(0, PAGE);

	(void)state;
	assert_int_equal(seq_now(), 2);
	insert(0, 0, PAGE);
	assert_int_equal(now->probe[0].sub.seq, 1);
	assert_int_equal(read_begin(0), 1);
	assert_false(read_retry(0, 1));
	section_start(&inv);
	assert_int_equal(seq_now(), 3);
	assert_int_equal(now->probe[0].sub.seq, 3);
	assert_int_equal(now->probe[0].cur_seq, 3);
	section_end(&inv);
	assert_int_equal(seq_now(), 4);
	assert_true(read_retry(0, 1));
	assert_int_equal(read_begin(0), 3);
	assert_false(read_retry(0, 3));
	section_start(&inv);
	assert_int_equal(seq_now(), 5);
	assert_int_equal(now->probe[0].sub.seq, 5);
	assert_true(read_retry(0, 3));
	section_end(&inv);
	assert_true(read_retry(0, 3));
	remove_probe(0);
}

static void a_start_that_hits_nobody_leaves_the_sequence_even(void **state)
{
	struct hs_invalidation before = range(0, 4 * PAGE), after = range(8 * PAGE, 9 * PAGE);

	(void)state;
	insert(0, 4 * PAGE, 4 * PAGE);
	section_start(&before);
	section_start(&after);
	assert_int_equal(now->ns->active.raw, 2);
	assert_int_equal(seq_now(), 2);
	section_end(&before);
	assert_int_equal(now->ns->active.raw, 1);
	section_end(&after);
	assert_int_equal(now->ns->active.raw, 0);
	assert_int_equal(seq_now(), 2);
	assert_int_equal(now->probe[0].hits, 0);
	remove_probe(0);
}

static void an_end_is_exclusive_and_a_last_inclusive(void **state)
{
	struct hs_invalidation first = range(4 * PAGE - 1, 4 * PAGE + 1);
	struct hs_invalidation last = range(8 * PAGE - 1, 9 * PAGE);

	(void)state;
	insert(0, 4 * PAGE, 4 * PAGE);
	assert_int_equal(now->probe[0].sub.node.last, 8 * PAGE - 1);
	section_start(&first);
	section_end(&first);
	assert_int_equal(now->probe[0].hits, 1);
	section_start(&last);
	section_end(&last);
	assert_int_equal(now->probe[0].hits, 2);
	remove_probe(0);
}

static void callbacks_see_the_invalidation_in_order_of_start(void **state)
{
	struct hs_invalidation inv = { PAGE, 9 * PAGE, HS_INVALIDATE_MIGRATE, &probe_ops, false };

	(void)state;
	insert(0, 5 * PAGE, PAGE);
	insert(1, 8 * PAGE, 100 * PAGE);
	insert(2, 0, 2 * PAGE);
	insert(3, 9 * PAGE, PAGE);
	section_start(&inv);
	expect_log("c+a+b+");
	for (int i = 0; i < 3; i++) {
		assert_int_equal(now->probe[i].cur_seq, 3);
		assert_int_equal(now->probe[i].inv.start, PAGE);
		assert_int_equal(now->probe[i].inv.end, 9 * PAGE);
		assert_int_equal(now->probe[i].inv.event, HS_INVALIDATE_MIGRATE);
		assert_ptr_equal(now->probe[i].inv.owner, &probe_ops);
		assert_false(now->probe[i].inv.blockable);
	}
	section_end(&inv);
	for (int i = 0; i < PROBES; i++)
		remove_probe(i);
}

static void overlapping_invalidations_share_one_odd_value(void **state)
{
	struct hs_invalidation one = range(0, PAGE), both = range(0, 2 * PAGE);

	(void)state;
	insert(0, 0, PAGE);
	insert(1, PAGE, PAGE);
	section_start(&one);
	section_start(&both);
	assert_int_equal(now->probe[0].sub.seq, 3);
	assert_int_equal(now->probe[1].sub.seq, 3);
	assert_int_equal(seq_now(), 3);
	section_end(&one);
	assert_int_equal(seq_now(), 3);
	section_start(&one);
	assert_int_equal(now->probe[0].sub.seq, 3);
	section_end(&both);
	assert_int_equal(seq_now(), 3);
	section_end(&one);
	assert_int_equal(seq_now(), 4);
	remove_probe(0);
	remove_probe(1);
}

static void a_reader_that_was_not_hit_does_not_wait(void **state)
{
	struct hs_invalidation inv = range(0, PAGE);

	(void)state;
	insert(0, 0, PAGE);
	insert(1, PAGE, PAGE);
	section_start(&inv);
	assert_int_equal(seq_now(), 3);
	assert_int_equal(read_begin(1), 1);
	assert_false(read_retry(1, 1));
	section_end(&inv);
	remove_probe(0);
	remove_probe(1);
}

static void the_order_of_a_wait_is_a_parameter(void **state)
{
	struct hs_invalidation inv = range(0, PAGE);

	(void)state;
	assert_int_equal(hs_notifiers_set_wait_order(now->m.self, now->ns, HS_WAIT_ORDER_COUNT),
			 -EINVAL);
	assert_int_equal(hs_notifiers_set_wait_order(now->m.self, now->ns, HS_WAIT_ONCE), 0);
	insert(0, 0, PAGE);
	section_start(&inv);
	section_end(&inv);
	assert_int_equal(read_begin(0), 3);
	assert_int_equal(hs_notifiers_set_wait_order(now->m.self, now->ns, HS_WAIT_ACQUIRE), 0);
	assert_int_equal(read_begin(0), 3);
	remove_probe(0);
}

/* The first callback reads on behalf of the second subscription, which is hit right afterwards. */
static void a_reader_that_begins_before_its_hit_sees_it_at_retry(void **state)
{
	struct hs_invalidation inv = range(0, 2 * PAGE);

	(void)state;
	insert(0, 0, PAGE);
	insert(1, PAGE, PAGE);
	now->probe[0].peek = &now->probe[1].sub;
	section_start(&inv);
	assert_int_equal(now->probe[0].peeked, 1);
	assert_true(read_retry(1, now->probe[0].peeked));
	section_end(&inv);
	remove_probe(0);
	remove_probe(1);
}

static void nonsense_lengths_overflow(void **state)
{
	struct hs_interval_sub *sub = &now->probe[0].sub;
	struct hs_task *self = now->m.self;

	(void)state;
	assert_int_equal(hs_interval_insert(self, sub, now->ns, PAGE, 0, &probe_ops), -EOVERFLOW);
	assert_int_equal(hs_interval_insert(self, sub, now->ns, UINT64_MAX, 2, &probe_ops),
			 -EOVERFLOW);
	assert_int_equal(hs_interval_insert(self, sub, now->ns, 1, UINT64_MAX, &probe_ops), 0);
	assert_int_equal(sub->node.last, UINT64_MAX);
	hs_interval_remove(self, sub);
	assert_int_equal(hs_interval_insert(self, sub, now->ns, UINT64_MAX, 1, &probe_ops), 0);
	hs_interval_remove(self, sub);
}

static void an_idle_insert_is_one_behind(void **state)
{
	struct hs_invalidation inv = range(0, PAGE);

	(void)state;
	insert(0, 0, PAGE);
	section_start(&inv);
	section_end(&inv);
	insert(1, 0, PAGE);
	assert_int_equal(seq_now(), 4);
	assert_int_equal(now->probe[1].sub.seq, 3);
	assert_int_equal(read_begin(1), 3);
	remove_probe(0);
	remove_probe(1);
}

/*
 * The reader must wait, because what the invalidation has done already is unknown: seq becomes odd.
 */
static void an_insert_while_nobody_is_hit_makes_the_sequence_odd(void **state)
{
	struct hs_invalidation inv = range(0, PAGE), far = range(8 * PAGE, 9 * PAGE);

	(void)state;
	section_start(&far);
	insert(0, 0, PAGE);
	assert_int_equal(seq_now(), 3);
	assert_int_equal(now->probe[0].sub.seq, 3);
	assert_true(now->probe[0].sub.in_tree);
	section_start(&inv);
	assert_int_equal(now->probe[0].hits, 1);
	section_end(&inv);
	assert_int_equal(seq_now(), 3);
	section_end(&far);
	assert_int_equal(seq_now(), 4);
	assert_int_equal(read_begin(0), 3);
	remove_probe(0);
}

static void a_deferred_insert_is_reached_by_the_next_invalidation(void **state)
{
	struct hs_invalidation inv = range(0, PAGE);

	(void)state;
	insert(0, 0, PAGE);
	section_start(&inv);
	insert(1, 0, PAGE);
	insert(2, PAGE, PAGE);
	assert_false(now->probe[1].sub.in_tree);
	assert_int_equal(now->probe[1].sub.seq, seq_now());
	section_start(&inv); /* the tree is frozen */
	assert_int_equal(now->probe[1].hits, 0);
	section_end(&inv);
	assert_false(now->probe[1].sub.in_tree);
	section_end(&inv);
	assert_true(now->probe[1].sub.in_tree);
	assert_null(now->ns->deferred);
	assert_int_equal(read_begin(1), 3);
	section_start(&inv);
	assert_int_equal(now->probe[1].hits, 1);
	assert_int_equal(now->probe[1].sub.seq, 5);
	assert_int_equal(now->probe[2].hits, 0);
	section_end(&inv);
	remove_probe(0);
	remove_probe(1);
	remove_probe(2);
}

static void an_even_remove_is_done_at_once(void **state)
{
	struct hs_invalidation inv = range(0, PAGE), far = range(8 * PAGE, 9 * PAGE);

	(void)state;
	insert(0, 0, PAGE);
	insert(1, 0, PAGE);
	remove_probe(0);
	section_start(&far);
	remove_probe(1);
	assert_null(now->ns->tree.root);
	section_end(&far);
	section_start(&inv);
	section_end(&inv);
	assert_int_equal(now->probe[0].hits + now->probe[1].hits, 0);
	assert_int_equal(seq_now(), 2);
}

static void a_deferred_insert_is_removed_without_waiting(void **state)
{
	struct hs_invalidation inv = range(0, PAGE);

	(void)state;
	insert(0, 0, PAGE);
	section_start(&inv);
	insert(1, 0, PAGE);
	insert(2, 0, PAGE);
	insert(3, 0, PAGE);
	remove_probe(2);
	section_end(&inv);
	section_start(&inv);
	assert_int_equal(now->probe[1].hits, 1);
	assert_int_equal(now->probe[2].hits, 0);
	assert_int_equal(now->probe[3].hits, 1);
	section_end(&inv);
	remove_probe(0);
	remove_probe(1);
	remove_probe(3);
}

static void a_refusal_leaves_the_counters_idle(void **state)
{
	struct hs_invalidation inv = { 0, 4 * PAGE, HS_INVALIDATE_UNMAP, NULL, false };

	(void)state;
	for (int i = 0; i < 3; i++)
		insert(i, (uint64_t)i * PAGE, PAGE);
	now->probe[1].refuse = true;
	assert_int_equal(hs_invalidate_start(now->m.self, now->ns, &inv), -EAGAIN);
	expect_log("a+b?");
	assert_true(hs_notifiers_idle(now->ns));
	assert_int_equal(seq_now(), 4);
	assert_int_equal(read_begin(0), 3);
	assert_int_equal(read_begin(1), 1);
	for (int i = 0; i < 3; i++)
		remove_probe(i);
}

/* A callback of such an invalidation cannot wait for the driver lock. */
static void a_held_user_lock_refuses_what_may_not_block(void **state)
{
	struct hs_invalidation inv = { 0, PAGE, HS_INVALIDATE_UNMAP, NULL, false };

	(void)state;
	insert(0, 0, PAGE);
	now->probe[0].lock = &now->lock;
	hs_mutex_lock(now->m.self, &now->lock);
	assert_int_equal(hs_invalidate_start(now->m.self, now->ns, &inv), -EAGAIN);
	assert_false(read_retry(0, 1));
	hs_mutex_unlock(now->m.self, &now->lock);
	assert_true(hs_notifiers_idle(now->ns));
	section_start(&inv);
	assert_true(read_retry(0, 1));
	section_end(&inv);
	remove_probe(0);
}

/* A callback refuses while another invalidation is in progress: that one goes on. */
static void a_refusal_does_not_end_the_period_of_others(void **state)
{
	struct hs_invalidation other = range(0, PAGE);
	struct hs_invalidation inv = { 0, 2 * PAGE, HS_INVALIDATE_UNMAP, NULL, false };

	(void)state;
	insert(0, 0, PAGE);
	insert(1, PAGE, PAGE);
	now->probe[1].refuse = true;
	section_start(&other);
	assert_int_equal(hs_invalidate_start(now->m.self, now->ns, &inv), -EAGAIN);
	assert_int_equal(seq_now(), 3);
	assert_int_equal(now->ns->active.raw, 1);
	section_end(&other);
	assert_true(hs_notifiers_idle(now->ns));
	remove_probe(0);
	remove_probe(1);
}

/* ---- what is refused --------------------------------------------------------------------- */

/* What is not subscribed says so, whatever was in it. */
static void what_is_refused_is_left_unsubscribed(void **state)
{
	static const struct hs_interval_ops nothing;
	struct hs_task *self = now->m.self;
	struct hs_invalidation inv = range(0, PAGE);
	struct hs_interval_sub sub;
	struct hs_notifier n;

	(void)state;
	insert(0, 0, PAGE);
	inv.event = HS_INVALIDATE_EVENT_COUNT;
	assert_int_equal(hs_invalidate_start(self, now->ns, &inv), -EINVAL);
	expect_log("");
	assert_true(hs_notifiers_idle(now->ns));
	remove_probe(0);
	memset(&sub, 0xff, sizeof(sub));
	assert_int_equal(hs_interval_insert(self, &sub, now->ns, 0, 0, &probe_ops), -EOVERFLOW);
	assert_null(sub.notifiers);
	memset(&sub, 0xff, sizeof(sub));
	assert_int_equal(hs_interval_insert(self, &sub, now->ns, 0, PAGE, NULL), -EINVAL);
	assert_null(sub.notifiers);
	assert_int_equal(hs_interval_insert(self, &sub, now->ns, 0, PAGE, &nothing), -EINVAL);
	memset(&n, 0xff, sizeof(n));
	assert_int_equal(hs_notifier_register(self, &n, now->ns, NULL), -EINVAL);
	assert_null(n.notifiers);
}

static void refuse_blockable(void *arg)
{
	struct hs_invalidation inv = range(0, PAGE);

	(void)arg;
	now->probe[0].refuse = true;
	hs_invalidate_start(now->m.self, now->ns, &inv);
}

static void end_unstarted(void *arg)
{
	struct hs_invalidation inv = range(0, PAGE);

	(void)arg;
	section_end(&inv);
}

static void start_empty(void *arg)
{
	struct hs_invalidation inv = range(PAGE, PAGE);

	(void)arg;
	section_start(&inv);
}

static void destroy_subscribed(void *arg)
{
	(void)arg;
	hs_notifiers_destroy(now->m.self, now->ns);
}

static void release_twice(void *arg)
{
	(void)arg;
	hs_notifiers_release(now->m.self, now->ns);
	hs_notifiers_release(now->m.self, now->ns);
}

/* Probe 1 is subscribed to nothing. */
static void remove_unsubscribed(void *arg)
{
	(void)arg;
	hs_interval_remove(now->m.self, &now->probe[1].sub);
}

static void begin_unsubscribed(void *arg)
{
	(void)arg;
	hs_interval_read_begin(now->m.self, &now->probe[1].sub);
}

static void set_unsubscribed(void *arg)
{
	(void)arg;
	hs_interval_set_seq(now->m.self, &now->probe[1].sub, 3);
}

/* There was no callback. */
static void set_another_number(void *arg)
{
	(void)arg;
	hs_interval_set_seq(now->m.self, &now->probe[0].sub, 3);
}

static void unregister_unregistered(void *arg)
{
	(void)arg;
	hs_notifier_unregister(now->m.self, &now->probe[1].plain);
}

static void unregister_a_copy(void *arg)
{
	static const struct hs_notifier_ops none;
	struct hs_notifier n, copy;

	(void)arg;
	hs_notifier_register(now->m.self, &n, now->ns, &none);
	copy = n;
	hs_notifier_unregister(now->m.self, &copy);
}

static void unregister_no_mirror(void *arg)
{
	(void)arg;
	hs_mirror_unregister(now->m.self, &now->probe[1].mirror);
}

static void range_of_no_mirror(void *arg)
{
	struct hs_mirror_range r;

	(void)arg;
	hs_mirror_range_register(now->m.self, &r, &now->probe[1].mirror, 0, PAGE, 12);
}

static void unregister_no_range(void *arg)
{
	struct hs_mirror_range r = { .hmm = NULL };

	(void)arg;
	hs_mirror_range_unregister(now->m.self, &r);
}

static void wait_for_no_range(void *arg)
{
	struct hs_mirror_range r = { .hmm = NULL };

	(void)arg;
	hs_mirror_range_wait_until_valid(now->m.self, &r, 1);
}

static void remove_in_section(void *arg)
{
	(void)arg;
	hs_rcu_read_lock(now->m.self);
	hs_interval_remove(now->m.self, &now->probe[0].sub);
}

static void begin_in_section(void *arg)
{
	(void)arg;
	hs_rcu_read_lock(now->m.self);
	read_begin(0);
}

static void register_in_section(void *arg)
{
	static const struct hs_notifier_ops none;

	(void)arg;
	hs_rcu_read_lock(now->m.self);
	hs_notifier_register(now->m.self, &now->probe[1].plain, now->ns, &none);
}

static void start_in_section(void *arg)
{
	struct hs_invalidation inv = range(8 * PAGE, 9 * PAGE); /* hits none */

	(void)arg;
	hs_rcu_read_lock(now->m.self);
	hs_invalidate_start(now->m.self, now->ns, &inv);
}

static void release_in_section(void *arg)
{
	(void)arg;
	hs_rcu_read_lock(now->m.self);
	hs_notifiers_release(now->m.self, now->ns);
}

static void misuse_is_named(void **state)
{
	static const struct {
		void (*fn)(void *arg);
		const char *text;
	} table[] = {
		{ refuse_blockable, "a callback refuses a blockable invalidation" },
		{ end_unstarted, "hs_invalidate_end: no invalidation is in progress" },
		{ start_empty, "hs_invalidate_start: the range is empty" },
		{ destroy_subscribed, "an interval subscription is left" },
		{ release_twice, "hs_notifiers_release: called twice" },
		{ remove_unsubscribed, "hs_interval_remove: it is not subscribed" },
		{ begin_unsubscribed, "hs_interval_read_begin: it is not subscribed" },
		{ set_unsubscribed, "hs_interval_set_seq: it is not subscribed" },
		{ set_another_number, "the callback's number is expected, found 3" },
		{ unregister_unregistered, "hs_notifier_unregister: it is not registered" },
		{ unregister_a_copy, "hs_notifier_unregister: it is not on the list" },
		{ unregister_no_mirror, "hs_mirror_unregister: it is not registered" },
		{ range_of_no_mirror, "hs_mirror_range_register: the mirror is not registered" },
		{ unregister_no_range, "hs_mirror_range_unregister: it is not registered" },
		{ wait_for_no_range, "hs_mirror_range_wait_until_valid: it is not registered" },
		{ remove_in_section, "inside an RCU read section" },
		{ begin_in_section, "inside an RCU read section" },
		{ register_in_section, "inside an RCU read section" },
		{ start_in_section, "inside an RCU read section" },
		{ release_in_section, "inside an RCU read section" },
	};

	(void)state;
	insert(0, 0, PAGE);
	for (size_t i = 0; i < COUNT(table); i++)
		death_expect(table[i].fn, NULL, table[i].text);
	remove_probe(0);
}

static void failed_allocations_leave_nothing(void **state)
{
	struct hs_notifiers *ns = NULL;
	struct hs_hmm *hmm;
	struct machine m;

	(void)state;
	machine_open_failing(&m, 3);
	assert_int_equal(hs_notifiers_create(m.self, &ns), -ENOMEM);
	machine_close(&m);
	machine_open_failing(&m, 4);
	assert_int_equal(hs_notifiers_create(m.self, &ns), 0);
	assert_int_equal(hs_hmm_create(m.self, ns, &hmm), -ENOMEM);
	hs_notifiers_destroy(m.self, ns);
	machine_close(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		notifier_unit_test(the_sequence_has_no_aba),
		notifier_unit_test(a_start_that_hits_nobody_leaves_the_sequence_even),
		notifier_unit_test(an_end_is_exclusive_and_a_last_inclusive),
		notifier_unit_test(callbacks_see_the_invalidation_in_order_of_start),
		notifier_unit_test(overlapping_invalidations_share_one_odd_value),
		notifier_unit_test(a_reader_that_was_not_hit_does_not_wait),
		notifier_unit_test(a_reader_that_begins_before_its_hit_sees_it_at_retry),
		notifier_unit_test(the_order_of_a_wait_is_a_parameter),
		notifier_unit_test(nonsense_lengths_overflow),
		notifier_unit_test(an_idle_insert_is_one_behind),
		notifier_unit_test(an_insert_while_nobody_is_hit_makes_the_sequence_odd),
		notifier_unit_test(a_deferred_insert_is_reached_by_the_next_invalidation),
		notifier_unit_test(an_even_remove_is_done_at_once),
		notifier_unit_test(a_deferred_insert_is_removed_without_waiting),
		notifier_unit_test(a_refusal_leaves_the_counters_idle),
		notifier_unit_test(a_held_user_lock_refuses_what_may_not_block),
		notifier_unit_test(a_refusal_does_not_end_the_period_of_others),
		notifier_unit_test(what_is_refused_is_left_unsubscribed),
		notifier_unit_test(misuse_is_named),
		cmocka_unit_test(failed_allocations_leave_nothing),
	};

	return cmocka_run_group_tests_name("notifier", tests, NULL, NULL);
}
