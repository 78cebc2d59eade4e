/* SPDX-License-Identifier: MIT */
/* Plain notifiers, one task: what each operation does in each state, and the order of calls. */
#include "support/notifier_lab.h"

static int plain_start(struct hs_task *self, struct hs_notifier *n,
		       const struct hs_invalidation *inv)
{
	(void)self;
	return probe_told(CONTAINER_OF(n, struct probe, plain), inv) ? 0 : -EAGAIN;
}

static void plain_end(struct hs_task *self, struct hs_notifier *n,
		      const struct hs_invalidation *inv)
{
	(void)self;
	(void)inv;
	probe_note(CONTAINER_OF(n, struct probe, plain), '-');
}

static void plain_release(struct hs_task *self, struct hs_notifier *n)
{
	(void)self;
	probe_note(CONTAINER_OF(n, struct probe, plain), '!');
}

static const struct hs_notifier_ops plain_ops = { plain_start, plain_end, plain_release };

static void enlist(int i)
{
	assert_int_equal(
		hs_notifier_register(now->m.self, &now->probe[i].plain, now->ns, &plain_ops), 0);
}

static void delist(int i)
{
	hs_notifier_unregister(now->m.self, &now->probe[i].plain);
}

static void intervals_are_called_before_plain_notifiers(void **state)
{
	struct hs_invalidation inv = range(0, PAGE);

	(void)state;
	enlist(1);
	enlist(0);
	insert(2, 0, PAGE);
	insert(3, 0, PAGE);
	section_start(&inv);
	expect_log("c+d+b+a+");
	section_end(&inv);
	expect_log("b-a-");
	delist(1);
	expect_log("b!");
	section_start(&inv);
	section_end(&inv);
	expect_log("c+d+a+a-");
	delist(0);
	remove_probe(2);
	remove_probe(3);
}

static void plain_notifiers_hear_of_every_address(void **state)
{
	struct hs_invalidation inv = { 77 * PAGE, 78 * PAGE, HS_INVALIDATE_EXCLUSIVE, state, true };

	enlist(0);
	section_start(&inv);
	assert_int_equal(now->probe[0].inv.start, 77 * PAGE);
	assert_ptr_equal(now->probe[0].inv.owner, state);
	assert_int_equal(seq_now(), 2);
	section_end(&inv);
	delist(0);
}

static void a_refused_start_is_unwound(void **state)
{
	struct hs_invalidation inv = { 0, PAGE, HS_INVALIDATE_UNMAP, NULL, false };

	(void)state;
	assert_int_equal(hs_notifiers_set_refusal(now->m.self, now->ns, HS_REFUSAL_UNDONE), 0);
	insert(3, 0, PAGE);
	for (int i = 0; i < 3; i++)
		enlist(i);
	now->probe[1].refuse = true;
	assert_int_equal(hs_invalidate_start(now->m.self, now->ns, &inv), -EAGAIN);
	expect_log("d+a+b?a-");
	assert_true(hs_notifiers_idle(now->ns));
	now->probe[1].refuse = false;
	now->probe[0].refuse = true;
	assert_int_equal(hs_invalidate_start(now->m.self, now->ns, &inv), -EAGAIN);
	expect_log("d+a?");
	assert_true(hs_notifiers_idle(now->ns));
	for (int i = 0; i < 3; i++) {
		assert_int_equal(now->probe[i].plain.calls, 0);
		delist(i);
	}
	remove_probe(3);
}

static void ops_of_a_plain_notifier_are_optional(void **state)
{
	static const struct hs_notifier_ops none;
	struct hs_invalidation inv = range(0, PAGE);

	(void)state;
	assert_int_equal(hs_notifier_register(now->m.self, &now->probe[0].plain, now->ns, &none),
			 0);
	section_start(&inv);
	section_end(&inv);
	hs_notifiers_release(now->m.self, now->ns);
	delist(0);
}

static void release_tells_everybody_once(void **state)
{
	struct hs_task *self = now->m.self;
	struct hs_invalidation inv = range(0, PAGE);
	struct hs_hmm *hmm;

	(void)state;
	insert(0, 0, PAGE);
	insert(1, UINT64_MAX, 1);
	enlist(2);
	hs_notifiers_release(self, now->ns);
	expect_log("a+b+c!");
	assert_int_equal(now->probe[0].inv.event, HS_INVALIDATE_RELEASE);
	assert_true(now->probe[0].inv.blockable);
	assert_int_equal(now->probe[0].inv.start, 0);
	assert_int_equal(now->probe[0].inv.end, UINT64_MAX);
	assert_true(hs_notifiers_idle(now->ns));
	assert_int_equal(seq_now(), 4);
	assert_int_equal(hs_notifier_register(self, &now->probe[3].plain, now->ns, &plain_ops),
			 -EINVAL);
	assert_null(now->probe[3].plain.notifiers);
	assert_int_equal(hs_hmm_create(self, now->ns, &hmm), -EINVAL);
	section_start(&inv);
	section_end(&inv);
	expect_log("a+");
	delist(2);
	remove_probe(0);
	remove_probe(1);
}

/* As the kernel: users are asked for once, when there is the first subscription. */
static void only_the_first_insertion_asks_for_the_end(void **state)
{
	struct hs_interval_sub *sub = &now->probe[0].sub;
	struct hs_notifiers *ended;

	(void)state;
	assert_int_equal(hs_notifiers_create(now->m.self, &ended), 0);
	hs_notifiers_release(now->m.self, ended);
	memset(sub, 0xff, sizeof(*sub));
	assert_int_equal(hs_interval_insert(now->m.self, sub, ended, 0, PAGE, &probe_ops), -EINVAL);
	assert_null(sub->notifiers);
	hs_notifiers_destroy(now->m.self, ended);

	insert(0, 0, PAGE);
	remove_probe(0);
	hs_notifiers_release(now->m.self, now->ns);
	expect_log("");
	insert(0, 0, PAGE);
	assert_int_equal(hs_interval_read_begin(now->m.self, sub), 1);
	remove_probe(0);
}

static void unregistering_calls_release_before_the_end_alone(void **state)
{
	(void)state;
	enlist(0);
	enlist(1);
	delist(0);
	expect_log("a!");
	hs_notifiers_release(now->m.self, now->ns);
	expect_log("b!");
	delist(1);
	expect_log("");
}

static void release_reaches_the_last_byte(void **state)
{
	(void)state;
	insert(0, UINT64_MAX, 1);
	hs_notifiers_release(now->m.self, now->ns);
	expect_log("a+");
	remove_probe(0);
}

/* ---- a refusal after interval subscriptions have accepted ---------------------------------- */

static void refuse_plainly(void)
{
	struct hs_invalidation inv = { 0, PAGE, HS_INVALIDATE_UNMAP, NULL, false };

	now->probe[0].refuse = true;
	assert_int_equal(hs_invalidate_start(now->m.self, now->ns, &inv), -EAGAIN);
	now->probe[0].refuse = false;
	assert_int_equal(now->ns->active.raw, 0);
}

/* As v6.12: the period of the subscriptions that were hit never ends, nor does one that begins. */
static void a_plain_refusal_is_never_over_for_intervals(void **state)
{
	struct hs_invalidation inv = range(0, PAGE);

	(void)state;
	insert(2, 0, PAGE);
	insert(3, 8 * PAGE, PAGE);
	enlist(0);
	refuse_plainly();
	expect_log("c+a?");
	assert_int_equal(now->ns->kept, 1);
	assert_int_equal(seq_now(), 3);
	assert_int_equal(read_begin(3), 1); /* not hit */
	section_start(&inv);
	section_end(&inv);
	assert_int_equal(seq_now(), 3);
	enlist(1); /* waits for none */
	delist(1);
	insert(1, 0, PAGE);
	assert_false(now->probe[1].sub.in_tree);
	assert_int_equal(now->probe[1].sub.seq, 3);
	remove_probe(1); /* deferred, never in the tree */
	/* The end that the kernel forgets. */
	now->ns->kept = 0;
	section_start(&inv);
	section_end(&inv);
	assert_int_equal(read_begin(2), 3);
	delist(0);
	remove_probe(2);
	remove_probe(3);
}

/* No subscription was hit: the tree may still change, until one is. */
static void a_plain_refusal_that_hit_none_makes_the_next_hit_last(void **state)
{
	struct hs_invalidation inv = range(4 * PAGE, 5 * PAGE);

	(void)state;
	insert(2, 4 * PAGE, PAGE);
	enlist(0);
	refuse_plainly();
	assert_int_equal(now->ns->kept, 1);
	assert_int_equal(seq_now(), 2);
	insert(3, 4 * PAGE, PAGE); /* in the tree at once, but its reader waits */
	assert_true(now->probe[3].sub.in_tree);
	assert_int_equal(seq_now(), 3);
	assert_int_equal(now->probe[3].sub.seq, 3);
	section_start(&inv);
	section_end(&inv);
	assert_int_equal(seq_now(), 3);
	now->ns->kept = 0;
	section_start(&inv);
	section_end(&inv);
	delist(0);
	remove_probe(2);
	remove_probe(3);
}

static void a_plain_refusal_leaves_nothing_without_intervals_or_undone(void **state)
{
	(void)state;
	enlist(0);
	refuse_plainly();
	assert_true(hs_notifiers_idle(now->ns));
	assert_int_equal(hs_notifiers_set_refusal(now->m.self, now->ns, HS_REFUSAL_COUNT), -EINVAL);
	assert_int_equal(hs_notifiers_set_refusal(now->m.self, now->ns, HS_REFUSAL_UNDONE), 0);
	insert(2, 0, PAGE);
	refuse_plainly();
	assert_true(hs_notifiers_idle(now->ns));
	assert_int_equal(read_begin(2), 3);
	remove_probe(2);
	/* There was one. */
	assert_int_equal(hs_notifiers_set_refusal(now->m.self, now->ns, HS_REFUSAL_6_12), 0);
	refuse_plainly();
	assert_int_equal(now->ns->kept, 1);
	delist(0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		notifier_unit_test(intervals_are_called_before_plain_notifiers),
		notifier_unit_test(plain_notifiers_hear_of_every_address),
		notifier_unit_test(a_refused_start_is_unwound),
		notifier_unit_test(ops_of_a_plain_notifier_are_optional),
		notifier_unit_test(release_tells_everybody_once),
		notifier_unit_test(only_the_first_insertion_asks_for_the_end),
		notifier_unit_test(unregistering_calls_release_before_the_end_alone),
		notifier_unit_test(release_reaches_the_last_byte),
		notifier_unit_test(a_plain_refusal_is_never_over_for_intervals),
		notifier_unit_test(a_plain_refusal_that_hit_none_makes_the_next_hit_last),
		notifier_unit_test(a_plain_refusal_leaves_nothing_without_intervals_or_undone),
	};

	return cmocka_run_group_tests_name("notifier_plain", tests, NULL, NULL);
}
