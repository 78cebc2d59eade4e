/* SPDX-License-Identifier: MIT */
/*
 * Notifiers, one task: what each operation does in each state. Then what waits for whom, in small
 * scenarios that run under every schedule in the explorer, and once on threads; then many threads.
 */
#include "support/play.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "notifier/notifier.h"
#include "support/death.h"
#include "support/world.h"

#define PAGE 0x1000ull

/* ---- one that notes what it is told ------------------------------------------------------ */

#define PROBES 4

struct probe {
	struct hs_interval_sub sub; /* exactly one of these three is in use */
	struct hs_notifier plain;
	struct hs_mirror mirror;
	char name;
	bool refuse;
	uint32_t hits;
	uint64_t cur_seq;
	struct hs_invalidation inv; /* of the last call */
	struct hs_mutex *lock;	    /* NULL: none */
	struct probe *peek;	    /* callback: begin a read there, put the number in .cur_seq */
};

struct fixture {
	struct world w;
	struct hs_notifiers *ns;
	struct hs_hmm *hmm;
	struct hs_mutex lock;
	struct probe probe[PROBES];
	char log[64]; /* a name per call; '+' after a start, '-' an end, '!' a release */
};

static struct fixture *now;

static void note(char name, char what)
{
	size_t n = strlen(now->log);

	if (n + 2 < sizeof(now->log)) {
		now->log[n] = name;
		now->log[n + 1] = what;
	}
}

static void expect_log(const char *text)
{
	assert_string_equal(now->log, text);
	memset(now->log, 0, sizeof(now->log));
}

#define of(type, member, p) ((struct type *)((char *)(p)-offsetof(struct type, member)))

static bool probe_invalidate(struct hs_task *self, struct hs_interval_sub *sub,
			     const struct hs_invalidation *inv, uint64_t cur_seq)
{
	struct probe *p = of(probe, sub, sub);

	note(p->name, p->refuse ? '?' : '+');
	if (p->refuse)
		return false;
	if (p->lock && inv->blockable)
		hs_mutex_lock(self, p->lock);
	else if (p->lock && !hs_mutex_trylock(self, p->lock))
		return false;
	hs_interval_set_seq(self, sub, cur_seq);
	p->hits++;
	p->cur_seq = cur_seq;
	p->inv = *inv;
	if (p->lock)
		hs_mutex_unlock(self, p->lock);
	if (p->peek)
		p->peek->cur_seq = hs_interval_read_begin(self, &p->peek->sub);
	return true;
}

static const struct hs_interval_ops probe_ops = { probe_invalidate };

static int plain_start(struct hs_task *self, struct hs_notifier *n,
		       const struct hs_invalidation *inv)
{
	struct probe *p = of(probe, plain, n);

	(void)self;
	note(p->name, p->refuse ? '?' : '+');
	p->inv = *inv;
	return p->refuse ? -EAGAIN : 0;
}

static void plain_end(struct hs_task *self, struct hs_notifier *n,
		      const struct hs_invalidation *inv)
{
	(void)self;
	(void)inv;
	note(of(probe, plain, n)->name, '-');
}

static void plain_release(struct hs_task *self, struct hs_notifier *n)
{
	(void)self;
	note(of(probe, plain, n)->name, '!');
}

static const struct hs_notifier_ops plain_ops = { plain_start, plain_end, plain_release };

static int mirror_sync(struct hs_task *self, struct hs_mirror *m, const struct hs_invalidation *inv)
{
	struct probe *p = of(probe, mirror, m);

	(void)self;
	note(p->name, p->refuse ? '?' : '+');
	p->inv = *inv;
	return p->refuse ? -EAGAIN : 0;
}

static void mirror_release(struct hs_task *self, struct hs_mirror *m)
{
	(void)self;
	note(of(probe, mirror, m)->name, '!');
}

static const struct hs_mirror_ops mirror_ops = { mirror_sync, mirror_release };

static int up(void **state)
{
	struct fixture *f = test_calloc(1, sizeof(*f));

	world_open_failing(&f->w, 0);
	assert_int_equal(hs_notifiers_create(f->w.self, &f->ns), 0);
	hs_mutex_init(&f->lock, HS_LOCK_DRIVER);
	for (int i = 0; i < PROBES; i++)
		f->probe[i].name = (char)('a' + i);
	now = f;
	*state = f;
	return 0;
}

static int down(void **state)
{
	struct fixture *f = *state;

	hs_notifiers_destroy(f->w.self, f->ns);
	world_close(&f->w);
	test_free(f);
	return 0;
}

#define notifier_unit_test(f) cmocka_unit_test_setup_teardown(f, up, down)

static uint64_t seq_now(void)
{
	return now->ns->seq.raw;
}

static struct hs_invalidation range(uint64_t start, uint64_t end)
{
	return (struct hs_invalidation){ start, end, HS_INVALIDATE_UNMAP, NULL, true };
}

static void insert(int i, uint64_t start, uint64_t length)
{
	struct probe *p = &now->probe[i];

	assert_int_equal(
		hs_interval_insert(now->w.self, &p->sub, now->ns, start, length, &probe_ops), 0);
}

static void remove_probe(int i)
{
	hs_interval_remove(now->w.self, &now->probe[i].sub);
}

static void start(const struct hs_invalidation *inv)
{
	assert_int_equal(hs_invalidate_start(now->w.self, now->ns, inv), 0);
}

static void end(const struct hs_invalidation *inv)
{
	hs_invalidate_end(now->w.self, now->ns, inv);
}

/* Direct mode: the explorer's backend fails it if it would wait. */
static uint64_t read_begin(int i)
{
	return hs_interval_read_begin(now->w.self, &now->probe[i].sub);
}

static bool read_retry(int i, uint64_t seq)
{
	struct hs_interval_sub *sub = &now->probe[i].sub;
	bool retry = hs_interval_read_retry(now->w.self, sub, seq);

	assert_int_equal(hs_interval_check_retry(now->w.self, sub, seq), retry);
	return retry;
}

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
	start(&inv);
	assert_int_equal(seq_now(), 3);
	assert_int_equal(now->probe[0].sub.seq, 3);
	assert_int_equal(now->probe[0].cur_seq, 3);
	end(&inv);
	assert_int_equal(seq_now(), 4);
	assert_true(read_retry(0, 1));
	assert_int_equal(read_begin(0), 3);
	assert_false(read_retry(0, 3));
	start(&inv);
	assert_int_equal(seq_now(), 5);
	assert_int_equal(now->probe[0].sub.seq, 5);
	assert_true(read_retry(0, 3));
	end(&inv);
	assert_true(read_retry(0, 3));
	remove_probe(0);
}

static void a_start_that_hits_nobody_leaves_the_sequence_even(void **state)
{
	struct hs_invalidation before = range(0, 4 * PAGE), after = range(8 * PAGE, 9 * PAGE);

	(void)state;
	insert(0, 4 * PAGE, 4 * PAGE);
	start(&before);
	start(&after);
	assert_int_equal(now->ns->active.raw, 2);
	assert_int_equal(seq_now(), 2);
	end(&before);
	assert_int_equal(now->ns->active.raw, 1);
	end(&after);
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
	start(&first);
	end(&first);
	assert_int_equal(now->probe[0].hits, 1);
	start(&last);
	end(&last);
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
	start(&inv);
	expect_log("c+a+b+");
	for (int i = 0; i < 3; i++) {
		assert_int_equal(now->probe[i].cur_seq, 3);
		assert_int_equal(now->probe[i].inv.start, PAGE);
		assert_int_equal(now->probe[i].inv.end, 9 * PAGE);
		assert_int_equal(now->probe[i].inv.event, HS_INVALIDATE_MIGRATE);
		assert_ptr_equal(now->probe[i].inv.owner, &probe_ops);
		assert_false(now->probe[i].inv.blockable);
	}
	end(&inv);
	for (int i = 0; i < PROBES; i++)
		remove_probe(i);
}

static void overlapping_invalidations_share_one_odd_value(void **state)
{
	struct hs_invalidation one = range(0, PAGE), both = range(0, 2 * PAGE);

	(void)state;
	insert(0, 0, PAGE);
	insert(1, PAGE, PAGE);
	start(&one);
	start(&both);
	assert_int_equal(now->probe[0].sub.seq, 3);
	assert_int_equal(now->probe[1].sub.seq, 3);
	assert_int_equal(seq_now(), 3);
	end(&one);
	assert_int_equal(seq_now(), 3);
	start(&one);
	assert_int_equal(now->probe[0].sub.seq, 3);
	end(&both);
	assert_int_equal(seq_now(), 3);
	end(&one);
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
	start(&inv);
	assert_int_equal(seq_now(), 3);
	assert_int_equal(read_begin(1), 1);
	assert_false(read_retry(1, 1));
	end(&inv);
	remove_probe(0);
	remove_probe(1);
}

/* The first callback reads on behalf of the second subscription, which is hit right afterwards. */
static void a_reader_that_begins_before_its_hit_sees_it_at_retry(void **state)
{
	struct hs_invalidation inv = range(0, 2 * PAGE);

	(void)state;
	insert(0, 0, PAGE);
	insert(1, PAGE, PAGE);
	now->probe[0].peek = &now->probe[2];
	now->probe[2].sub = now->probe[1].sub;
	start(&inv);
	assert_int_equal(now->probe[2].cur_seq, 1);
	assert_true(read_retry(1, now->probe[2].cur_seq));
	end(&inv);
	remove_probe(0);
	remove_probe(1);
}

static void nonsense_lengths_overflow(void **state)
{
	struct hs_interval_sub *sub = &now->probe[0].sub;
	struct hs_task *self = now->w.self;

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
	start(&inv);
	end(&inv);
	insert(1, 0, PAGE);
	assert_int_equal(seq_now(), 4);
	assert_int_equal(now->probe[1].sub.seq, 3);
	assert_int_equal(read_begin(1), 3);
	remove_probe(0);
	remove_probe(1);
}

/* What the invalidation has done already is unknown: the reader has to wait, so seq becomes odd. */
static void an_insert_while_nobody_is_hit_makes_the_sequence_odd(void **state)
{
	struct hs_invalidation inv = range(0, PAGE), far = range(8 * PAGE, 9 * PAGE);

	(void)state;
	start(&far);
	insert(0, 0, PAGE);
	assert_int_equal(seq_now(), 3);
	assert_int_equal(now->probe[0].sub.seq, 3);
	assert_true(now->probe[0].sub.in_tree);
	start(&inv);
	assert_int_equal(now->probe[0].hits, 1);
	end(&inv);
	assert_int_equal(seq_now(), 3);
	end(&far);
	assert_int_equal(seq_now(), 4);
	assert_int_equal(read_begin(0), 3);
	remove_probe(0);
}

static void a_deferred_insert_is_reached_by_the_next_invalidation(void **state)
{
	struct hs_invalidation inv = range(0, PAGE);

	(void)state;
	insert(0, 0, PAGE);
	start(&inv);
	insert(1, 0, PAGE);
	insert(2, PAGE, PAGE);
	assert_false(now->probe[1].sub.in_tree);
	assert_int_equal(now->probe[1].sub.seq, seq_now());
	start(&inv); /* the tree is frozen */
	assert_int_equal(now->probe[1].hits, 0);
	end(&inv);
	assert_false(now->probe[1].sub.in_tree);
	end(&inv);
	assert_true(now->probe[1].sub.in_tree);
	assert_null(now->ns->deferred);
	assert_int_equal(read_begin(1), 3);
	start(&inv);
	assert_int_equal(now->probe[1].hits, 1);
	assert_int_equal(now->probe[1].sub.seq, 5);
	assert_int_equal(now->probe[2].hits, 0);
	end(&inv);
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
	start(&far);
	remove_probe(1);
	assert_null(now->ns->tree.root);
	end(&far);
	start(&inv);
	end(&inv);
	assert_int_equal(now->probe[0].hits + now->probe[1].hits, 0);
	assert_int_equal(seq_now(), 2);
}

static void a_deferred_insert_is_removed_without_waiting(void **state)
{
	struct hs_invalidation inv = range(0, PAGE);

	(void)state;
	insert(0, 0, PAGE);
	start(&inv);
	insert(1, 0, PAGE);
	insert(2, 0, PAGE);
	insert(3, 0, PAGE);
	remove_probe(2);
	end(&inv);
	start(&inv);
	assert_int_equal(now->probe[1].hits, 1);
	assert_int_equal(now->probe[2].hits, 0);
	assert_int_equal(now->probe[3].hits, 1);
	end(&inv);
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
	assert_int_equal(hs_invalidate_start(now->w.self, now->ns, &inv), -EAGAIN);
	expect_log("a+b?");
	assert_true(hs_notifiers_idle(now->ns));
	assert_int_equal(seq_now(), 4);
	assert_int_equal(read_begin(0), 3);
	assert_int_equal(read_begin(1), 1);
	for (int i = 0; i < 3; i++)
		remove_probe(i);
}

/* The user lock is what a callback cannot wait for. */
static void a_held_user_lock_refuses_what_may_not_block(void **state)
{
	struct hs_invalidation inv = { 0, PAGE, HS_INVALIDATE_UNMAP, NULL, false };

	(void)state;
	insert(0, 0, PAGE);
	now->probe[0].lock = &now->lock;
	hs_mutex_lock(now->w.self, &now->lock);
	assert_int_equal(hs_invalidate_start(now->w.self, now->ns, &inv), -EAGAIN);
	assert_false(read_retry(0, 1));
	hs_mutex_unlock(now->w.self, &now->lock);
	assert_true(hs_notifiers_idle(now->ns));
	start(&inv);
	assert_true(read_retry(0, 1));
	end(&inv);
	remove_probe(0);
}

/* One refuses while another invalidation is in progress: that one goes on. */
static void a_refusal_does_not_end_the_period_of_others(void **state)
{
	struct hs_invalidation other = range(0, PAGE);
	struct hs_invalidation inv = { 0, 2 * PAGE, HS_INVALIDATE_UNMAP, NULL, false };

	(void)state;
	insert(0, 0, PAGE);
	insert(1, PAGE, PAGE);
	now->probe[1].refuse = true;
	start(&other);
	assert_int_equal(hs_invalidate_start(now->w.self, now->ns, &inv), -EAGAIN);
	assert_int_equal(seq_now(), 3);
	assert_int_equal(now->ns->active.raw, 1);
	end(&other);
	assert_true(hs_notifiers_idle(now->ns));
	remove_probe(0);
	remove_probe(1);
}

/* ---- plain notifiers --------------------------------------------------------------------- */

static void enlist(int i)
{
	assert_int_equal(
		hs_notifier_register(now->w.self, &now->probe[i].plain, now->ns, &plain_ops), 0);
}

static void delist(int i)
{
	hs_notifier_unregister(now->w.self, &now->probe[i].plain);
}

static void intervals_are_called_before_plain_notifiers(void **state)
{
	struct hs_invalidation inv = range(0, PAGE);

	(void)state;
	enlist(1);
	enlist(0);
	insert(2, 0, PAGE);
	insert(3, 0, PAGE);
	start(&inv);
	expect_log("c+d+b+a+");
	end(&inv);
	expect_log("b-a-");
	delist(1);
	start(&inv);
	end(&inv);
	expect_log("c+d+a+a-");
	delist(0);
	remove_probe(2);
	remove_probe(3);
}

static void plain_notifiers_hear_of_every_address(void **state)
{
	struct hs_invalidation inv = { 77 * PAGE, 78 * PAGE, HS_INVALIDATE_EXCLUSIVE, state, true };

	enlist(0);
	start(&inv);
	assert_int_equal(now->probe[0].inv.start, 77 * PAGE);
	assert_ptr_equal(now->probe[0].inv.owner, state);
	assert_int_equal(seq_now(), 2);
	end(&inv);
	delist(0);
}

static void a_refused_start_is_unwound(void **state)
{
	struct hs_invalidation inv = { 0, PAGE, HS_INVALIDATE_UNMAP, NULL, false };

	(void)state;
	insert(3, 0, PAGE);
	for (int i = 0; i < 3; i++)
		enlist(i);
	now->probe[1].refuse = true;
	assert_int_equal(hs_invalidate_start(now->w.self, now->ns, &inv), -EAGAIN);
	expect_log("d+a+b?a-");
	assert_true(hs_notifiers_idle(now->ns));
	now->probe[1].refuse = false;
	now->probe[0].refuse = true;
	assert_int_equal(hs_invalidate_start(now->w.self, now->ns, &inv), -EAGAIN);
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
	assert_int_equal(hs_notifier_register(now->w.self, &now->probe[0].plain, now->ns, &none),
			 0);
	start(&inv);
	end(&inv);
	hs_notifiers_release(now->w.self, now->ns);
	delist(0);
}

static void release_tells_everybody_once(void **state)
{
	struct hs_task *self = now->w.self;
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
	assert_int_equal(hs_interval_insert(self, &now->probe[3].sub, now->ns, 0, PAGE, &probe_ops),
			 -EINVAL);
	assert_int_equal(hs_notifier_register(self, &now->probe[3].plain, now->ns, &plain_ops),
			 -EINVAL);
	assert_int_equal(hs_hmm_create(self, now->ns, &hmm), -EINVAL);
	start(&inv);
	end(&inv);
	expect_log("a+");
	delist(2);
	remove_probe(0);
	remove_probe(1);
}

static void release_reaches_the_last_byte(void **state)
{
	(void)state;
	insert(0, UINT64_MAX, 1);
	hs_notifiers_release(now->w.self, now->ns);
	expect_log("a+");
	remove_probe(0);
}

/* ---- the mirror of v5.3 ------------------------------------------------------------------ */

static int up_mirror(void **state)
{
	struct fixture *f;

	up(state);
	f = *state;
	assert_int_equal(hs_hmm_create(f->w.self, f->ns, &f->hmm), 0);
	assert_int_equal(hs_mirror_register(f->w.self, &f->probe[0].mirror, f->hmm, &mirror_ops),
			 0);
	return 0;
}

static int down_mirror(void **state)
{
	struct fixture *f = *state;

	hs_mirror_unregister(f->w.self, &f->probe[0].mirror);
	hs_hmm_destroy(f->w.self, f->hmm);
	return down(state);
}

#define mirror_unit_test(f) cmocka_unit_test_setup_teardown(f, up_mirror, down_mirror)

static void range_register(struct hs_mirror_range *r, uint64_t start, uint64_t end)
{
	assert_int_equal(
		hs_mirror_range_register(now->w.self, r, &now->probe[0].mirror, start, end, 12), 0);
}

static void range_unregister(struct hs_mirror_range *r)
{
	hs_mirror_range_unregister(now->w.self, r);
	assert_false(r->valid);
	assert_null(r->hmm);
}

static bool valid(struct hs_mirror_range *r)
{
	return hs_mirror_range_valid(now->w.self, r);
}

static void mirrors_need_ops_and_ranges_alignment(void **state)
{
	static const struct hs_mirror_ops no_sync = { NULL, mirror_release };
	static const uint64_t bad[][3] = {
		{ PAGE, PAGE, 12 },	{ 2 * PAGE, PAGE, 12 }, { PAGE + 1, 2 * PAGE, 12 },
		{ PAGE, 2 * PAGE, 13 }, { 0, 3 * PAGE, 13 },	{ 0, PAGE, 64 },
	};
	struct hs_mirror_range r;

	(void)state;
	assert_int_equal(hs_mirror_register(now->w.self, &now->probe[1].mirror, now->hmm, &no_sync),
			 -EINVAL);
	assert_int_equal(hs_mirror_register(now->w.self, &now->probe[1].mirror, now->hmm, NULL),
			 -EINVAL);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(hs_mirror_range_register(now->w.self, &r, &now->probe[0].mirror,
							  bad[i][0], bad[i][1],
							  (uint32_t)bad[i][2]),
				 -EINVAL);
		assert_null(r.hmm);
	}
	assert_null(now->hmm->ranges);
}

static void a_range_is_valid_if_nothing_at_all_is_in_progress(void **state)
{
	struct hs_invalidation far = range(64 * PAGE, 65 * PAGE);
	struct hs_mirror_range idle, busy;

	(void)state;
	range_register(&idle, 0, PAGE);
	assert_true(valid(&idle));
	start(&far);
	range_register(&busy, 0, PAGE);
	assert_false(valid(&busy));
	assert_true(valid(&idle)); /* P3: true while something is in progress */
	assert_int_equal(now->hmm->active, 1);
	end(&far);
	assert_true(valid(&busy));
	range_unregister(&idle);
	range_unregister(&busy);
	assert_null(now->hmm->ranges);
}

static void an_invalidation_that_ends_where_a_range_starts_hits_it(void **state)
{
	static const struct {
		uint64_t start, end;
		bool hit;
	} table[] = {
		{ PAGE, 3 * PAGE, false },	  { PAGE, 4 * PAGE - 1, false },
		{ PAGE, 4 * PAGE, true }, /* the false positive */
		{ PAGE, 4 * PAGE + 1, true },	  { 5 * PAGE, 6 * PAGE, true },
		{ 8 * PAGE - 1, 9 * PAGE, true }, { 8 * PAGE, 9 * PAGE, false },
		{ 10 * PAGE, 11 * PAGE, false },  { 0, UINT64_MAX, true },
	};
	struct hs_mirror_range r;

	(void)state;
	range_register(&r, 4 * PAGE, 8 * PAGE);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct hs_invalidation inv = range(table[i].start, table[i].end);

		start(&inv);
		assert_int_equal(valid(&r), !table[i].hit);
		expect_log("a+"); /* the mirror is told of everything */
		end(&inv);
		assert_true(valid(&r));
	}
	range_unregister(&r);
}

/* P1. What came and went is invisible. */
static void the_flag_has_an_aba(void **state)
{
	struct hs_invalidation inv = range(0, PAGE);
	struct hs_mirror_range r;

	(void)state;
	range_register(&r, 0, PAGE);
	assert_true(valid(&r));
	start(&inv);
	assert_false(valid(&r));
	end(&inv);
	assert_true(valid(&r));
	range_unregister(&r);
}

/* P2. */
static void a_long_invalidation_of_something_else_keeps_what_was_hit_invalid(void **state)
{
	struct hs_invalidation far = range(64 * PAGE, 65 * PAGE), inv = range(0, PAGE);
	struct hs_mirror_range hit, other;

	(void)state;
	range_register(&hit, 0, PAGE);
	range_register(&other, 8 * PAGE, 9 * PAGE);
	start(&far);
	for (int i = 0; i < 3; i++) {
		start(&inv);
		end(&inv);
		assert_false(valid(&hit));
		assert_true(valid(&other));
	}
	end(&far);
	assert_true(valid(&hit));
	range_unregister(&hit);
	range_unregister(&other);
}

static void waiting_for_validity_ends_at_the_deadline(void **state)
{
	struct hs_task *self = now->w.self;
	struct hs_invalidation inv = range(0, PAGE);
	struct hs_mirror_range r;
	uint64_t deadline = hs_ticks(self) + HS_RANGE_DEFAULT_TICKS;

	(void)state;
	range_register(&r, 0, PAGE);
	assert_true(hs_mirror_range_wait_until_valid(self, &r, deadline));
	assert_true(hs_ticks(self) < deadline);
	start(&inv);
	assert_false(hs_mirror_range_wait_until_valid(self, &r, deadline));
	assert_true(hs_ticks(self) >= deadline);
	end(&inv);
	assert_true(hs_mirror_range_wait_until_valid(self, &r, 0));
	range_unregister(&r);
}

static void a_mirror_that_refuses_leaves_the_counter_idle(void **state)
{
	struct hs_invalidation inv = { 0, PAGE, HS_INVALIDATE_UNMAP, NULL, false };
	struct hs_task *self = now->w.self;
	struct hs_mirror_range r;

	(void)state;
	assert_int_equal(hs_mirror_register(self, &now->probe[1].mirror, now->hmm, &mirror_ops), 0);
	range_register(&r, 0, PAGE);
	now->probe[0].refuse = true;
	assert_int_equal(hs_invalidate_start(self, now->ns, &inv), -EAGAIN);
	expect_log("a?");
	assert_int_equal(now->hmm->active, 0);
	assert_true(valid(&r));
	now->probe[0].refuse = false;
	hs_down_write(self, &now->hmm->mirrors_sem);
	assert_int_equal(hs_invalidate_start(self, now->ns, &inv), -EAGAIN);
	hs_up_write(self, &now->hmm->mirrors_sem);
	expect_log("");
	assert_int_equal(now->hmm->active, 0);
	assert_true(valid(&r));
	assert_true(hs_notifiers_idle(now->ns));
	start(&inv);
	expect_log("a+b+");
	end(&inv);
	range_unregister(&r);
	hs_mirror_unregister(self, &now->probe[1].mirror);
}

static void release_reaches_mirrors_and_ends_registration(void **state)
{
	struct hs_mirror_range r;

	(void)state;
	hs_notifiers_release(now->w.self, now->ns);
	expect_log("a!");
	assert_int_equal(hs_mirror_range_register(now->w.self, &r, &now->probe[0].mirror, 0, PAGE,
						  12),
			 -EFAULT);
}

/* ---- what is refused --------------------------------------------------------------------- */

static void refuse_blockable(void *arg)
{
	struct hs_invalidation inv = range(0, PAGE);

	(void)arg;
	now->probe[0].refuse = true;
	hs_invalidate_start(now->w.self, now->ns, &inv);
}

static void end_unstarted(void *arg)
{
	struct hs_invalidation inv = range(0, PAGE);

	(void)arg;
	end(&inv);
}

static void start_empty(void *arg)
{
	struct hs_invalidation inv = range(PAGE, PAGE);

	(void)arg;
	start(&inv);
}

static void destroy_subscribed(void *arg)
{
	(void)arg;
	hs_notifiers_destroy(now->w.self, now->ns);
}

static void release_twice(void *arg)
{
	(void)arg;
	hs_notifiers_release(now->w.self, now->ns);
	hs_notifiers_release(now->w.self, now->ns);
}

static void misuse_is_named(void **state)
{
	static const struct {
		void (*fn)(void *arg);
		const char *text;
	} table[] = {
		{ refuse_blockable, "refuses an invalidation that may block" },
		{ end_unstarted, "an invalidation ends that never started" },
		{ start_empty, "an invalidation of nothing" },
		{ destroy_subscribed, "an interval subscription is left" },
		{ release_twice, "an address space is released twice" },
	};
	struct death *death = test_malloc(sizeof(*death));

	(void)state;
	insert(0, 0, PAGE);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		death_of(table[i].fn, NULL, death);
		assert_non_null(strstr(death->text, table[i].text));
	}
	remove_probe(0);
	test_free(death);
}

static void failed_allocations_leave_nothing(void **state)
{
	struct hs_notifiers *ns = NULL;
	struct hs_hmm *hmm;
	struct world w;

	(void)state;
	world_open_failing(&w, 3);
	assert_int_equal(hs_notifiers_create(w.self, &ns), -ENOMEM);
	world_close(&w);
	world_open_failing(&w, 4);
	assert_int_equal(hs_notifiers_create(w.self, &ns), 0);
	assert_int_equal(hs_hmm_create(w.self, ns, &hmm), -ENOMEM);
	hs_notifiers_destroy(w.self, ns);
	world_close(&w);
}

/* ---- who waits for whom ------------------------------------------------------------------ */

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
	hs_u64_add(self, &of(waiter, sub, sub)->calls, 1, HS_RELAXED);
	return true;
}

static const struct hs_interval_ops count_ops = { count_hit };

static int count_start(struct hs_task *self, struct hs_notifier *n,
		       const struct hs_invalidation *inv)
{
	(void)inv;
	hs_u64_add(self, &of(waiter, plain, n)->calls, 1, HS_RELAXED);
	return 0;
}

static void count_end(struct hs_task *self, struct hs_notifier *n,
		      const struct hs_invalidation *inv)
{
	uint64_t was = hs_u64_add(self, &of(waiter, plain, n)->calls, (uint64_t)-1, HS_RELAXED);

	(void)inv;
	hs_assert(self, was, "an end is heard without its start");
}

static const struct hs_notifier_ops count_plain_ops = { count_start, count_end, NULL };

/* On threads: goes on when somebody sleeps until it does. */
static int patient_start(struct hs_task *self, struct hs_notifier *n,
			 const struct hs_invalidation *inv)
{
#ifdef HS_BACKEND_NATIVE
	while (!hs_u32_load(self, &n->notifiers->queue.waiters, HS_ACQUIRE))
		hs_retry_wait(self, "somebody who sleeps");
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

/* word[0] counts starts that are over, word[1] ends that begin. */
static void wait_invalidate(struct hs_task *self, void *state)
{
	struct play_state *st = state;
	struct hs_invalidation inv = range(0, PAGE);

	hs_invalidate_start(self, ns_of(st), &inv);
	hs_u64_add(self, &st->word[0], 1, HS_SEQ_CST);
	hs_u64_add(self, &st->word[1], 1, HS_SEQ_CST);
	hs_invalidate_end(self, ns_of(st), &inv);
}

/* No read begins between a start that hit it and the last end. */
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

/* Its invalidation does not end before the notifier is gone. */
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

static void played(const struct play *play)
{
#ifdef HS_BACKEND_EXPLORE
	struct hs_explore_options options;
	struct hs_explore_result r;

	hs_explore_options_init(&options);
	options.max_executions = play_scaled(100) < 100 ? 200 : 0; /* sanitizers: not all of them */
	assert_int_equal(hs_explore(&play_scenario, play, &options, &r), 0);
	assert_string_equal(r.message, "");
	assert_int_equal(r.verdict, HS_VERDICT_NONE);
	assert_true(r.exhaustive || options.max_executions);
	hs_explore_result_free(&r);
#else
	for (uint32_t i = 0; i < play_scaled(50); i++) {
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
	played(&play);
}

static void a_removed_subscription_can_be_freed(void **state)
{
	static const struct play play = { wait_setup_interval,
					  { wait_remove, wait_invalidate, wait_invalidate },
					  wait_check };

	(void)state;
	played(&play);
}

static void an_unregistered_notifier_can_be_freed(void **state)
{
	static const struct play play = { wait_setup_plain,
					  { wait_unregister, wait_invalidate },
					  wait_check };

	(void)state;
	played(&play);
}

static void unregistering_waits_for_calls_not_for_ends(void **state)
{
	static const struct play play = { wait_setup_patient,
					  { wait_unregister_and_tell, wait_hold },
					  wait_check };

	(void)state;
	played(&play);
}

static void every_end_had_its_start(void **state)
{
	static const struct play play = { wait_setup,
					  { wait_register, wait_invalidate, wait_invalidate },
					  wait_check };

	(void)state;
	played(&play);
}

/* ---- many threads ------------------------------------------------------------------------ */

#ifdef HS_BACKEND_NATIVE
#define PAGES 8

/* A CPU's page table of values that only grow; a device's copy of it, under the lock. */
struct stress {
	struct hs_notifiers *ns;
	struct hs_mutex lock;
	struct hs_interval_sub sub;
	hs_u64 cpu[PAGES], device[PAGES];
	hs_u32 busy; /* workers that have turns left; the others go on meanwhile */
	uint32_t rounds;
	uint64_t copies;
};

static struct stress *stress;

static void dawdle(struct hs_task *self)
{
	for (uint64_t n = hs_random(self) % 80; n; n--)
		hs_retry_wait(self, "some time");
}

static bool stress_invalidate(struct hs_task *self, struct hs_interval_sub *sub,
			      const struct hs_invalidation *inv, uint64_t cur_seq)
{
	if (inv->blockable)
		hs_mutex_lock(self, &stress->lock);
	else if (!hs_mutex_trylock(self, &stress->lock))
		return false;
	hs_interval_set_seq(self, sub, cur_seq);
	for (uint64_t i = inv->start / PAGE; sub == &stress->sub && i < inv->end / PAGE; i++)
		hs_u64_store(self, &stress->device[i], 0, HS_RELAXED);
	hs_mutex_unlock(self, &stress->lock);
	if (sub != &stress->sub)
		dawdle(self);
	return true;
}

static const struct hs_interval_ops stress_ops = { stress_invalidate };

/* One more turn for a worker that has had @n. */
static bool turn(struct hs_task *self, uint32_t n)
{
	if (n == stress->rounds)
		hs_u32_add(self, &stress->busy, -1u, HS_RELEASE);
	return n < stress->rounds || hs_u32_load(self, &stress->busy, HS_ACQUIRE);
}

static void stress_writer(struct hs_task *self, void *arg)
{
	(void)arg;
	for (uint32_t i = 0; turn(self, i); i++) {
		uint64_t page = hs_random(self) % PAGES;
		struct hs_invalidation inv = range(page * PAGE, (page + 1) * PAGE);

		inv.blockable = hs_random(self) & 1;
		if (hs_invalidate_start(self, stress->ns, &inv))
			continue;
		hs_u64_add(self, &stress->cpu[page], 1, HS_RELAXED);
		dawdle(self);
		hs_invalidate_end(self, stress->ns, &inv);
	}
}

/* What the device has is what the CPU has, as long as the lock is held and nothing had changed. */
static void stress_reader(struct hs_task *self, void *arg)
{
	(void)arg;
	for (uint32_t i = 0; turn(self, i); i++) {
		uint64_t page = hs_random(self) % PAGES, value, seq;

		seq = hs_interval_read_begin(self, &stress->sub);
		value = hs_u64_load(self, &stress->cpu[page], HS_RELAXED);
		hs_mutex_lock(self, &stress->lock);
		if (!hs_interval_read_retry(self, &stress->sub, seq)) {
			uint64_t cpu = hs_u64_load(self, &stress->cpu[page], HS_RELAXED);

			hs_assert(self, cpu == value, "a stale value is about to be copied");
			hs_u64_store(self, &stress->device[page], value, HS_RELAXED);
			stress->copies++;
		}
		hs_mutex_unlock(self, &stress->lock);
	}
}

static void stress_subscriber(struct hs_task *self, void *arg)
{
	(void)arg;
	for (uint32_t i = 0; turn(self, i); i++) {
		struct hs_interval_sub *sub = hs_alloc(self, HS_KIND_OTHER, sizeof(*sub));
		uint64_t page = hs_random(self) % PAGES, seq;

		hs_interval_insert(self, sub, stress->ns, page * PAGE, PAGE, &stress_ops);
		if (hs_random(self) & 1) {
			seq = hs_interval_read_begin(self, sub);
			hs_interval_check_retry(self, sub, seq);
		}
		dawdle(self);
		hs_interval_remove(self, sub);
		hs_free(self, sub, HS_KIND_OTHER, sizeof(*sub));
	}
}

static int stress_plain_start(struct hs_task *self, struct hs_notifier *n,
			      const struct hs_invalidation *inv)
{
	(void)n;
	(void)inv;
	return inv->blockable || hs_random(self) & 7 ? 0 : -EAGAIN;
}

static void stress_listener(struct hs_task *self, void *arg)
{
	static const struct hs_notifier_ops ops = { stress_plain_start, NULL, NULL };

	(void)arg;
	for (uint32_t i = 0; turn(self, i); i++) {
		struct hs_notifier *n = hs_alloc(self, HS_KIND_OTHER, sizeof(*n));

		hs_notifier_register(self, n, stress->ns, &ops);
		hs_retry_wait(self, "another turn");
		hs_notifier_unregister(self, n);
		hs_free(self, n, HS_KIND_OTHER, sizeof(*n));
	}
}

static void stressed(void (*const fn[4])(struct hs_task *self, void *arg))
{
	struct hs_thread *thread[4];
	struct hs_task *self = now->w.self;
	uint64_t copies;

	stress = hs_alloc(self, HS_KIND_OTHER, sizeof(*stress));
	stress->ns = now->ns;
	stress->rounds = play_scaled(5000);
	hs_u32_init(&stress->busy, 4);
	hs_mutex_init(&stress->lock, HS_LOCK_DRIVER);
	hs_interval_insert(self, &stress->sub, stress->ns, 0, PAGES * PAGE, &stress_ops);
	for (int i = 0; i < 4; i++) {
		thread[i] = hs_thread_start(self, "worker", fn[i], NULL);
		assert_non_null(thread[i]);
	}
	for (int i = 0; i < 4; i++)
		hs_thread_join(self, thread[i]);
	hs_interval_remove(self, &stress->sub);
	copies = stress->copies;
	hs_free(self, stress, HS_KIND_OTHER, sizeof(*stress));
	assert_true(copies > 0);
	assert_true(hs_notifiers_idle(now->ns));
}

static void threads_never_copy_a_stale_value(void **state)
{
	void (*const two_writers[4])(struct hs_task *, void *) = { stress_reader, stress_reader,
								   stress_writer, stress_writer };
	void (*const changing_tree[4])(struct hs_task *, void *) = { stress_reader, stress_writer,
								     stress_subscriber,
								     stress_subscriber };
	void (*const listening[4])(struct hs_task *, void *) = { stress_reader, stress_writer,
								 stress_writer, stress_listener };

	(void)state;
	stressed(two_writers);
	stressed(changing_tree);
	stressed(listening);
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_hit_reader_waits_for_the_last_end),
		cmocka_unit_test(a_removed_subscription_can_be_freed),
		cmocka_unit_test(an_unregistered_notifier_can_be_freed),
		cmocka_unit_test(unregistering_waits_for_calls_not_for_ends),
		cmocka_unit_test(every_end_had_its_start),
		notifier_unit_test(the_sequence_has_no_aba),
		notifier_unit_test(a_start_that_hits_nobody_leaves_the_sequence_even),
		notifier_unit_test(an_end_is_exclusive_and_a_last_inclusive),
		notifier_unit_test(callbacks_see_the_invalidation_in_order_of_start),
		notifier_unit_test(overlapping_invalidations_share_one_odd_value),
		notifier_unit_test(a_reader_that_was_not_hit_does_not_wait),
		notifier_unit_test(a_reader_that_begins_before_its_hit_sees_it_at_retry),
		notifier_unit_test(nonsense_lengths_overflow),
		notifier_unit_test(an_idle_insert_is_one_behind),
		notifier_unit_test(an_insert_while_nobody_is_hit_makes_the_sequence_odd),
		notifier_unit_test(a_deferred_insert_is_reached_by_the_next_invalidation),
		notifier_unit_test(an_even_remove_is_done_at_once),
		notifier_unit_test(a_deferred_insert_is_removed_without_waiting),
		notifier_unit_test(a_refusal_leaves_the_counters_idle),
		notifier_unit_test(a_held_user_lock_refuses_what_may_not_block),
		notifier_unit_test(a_refusal_does_not_end_the_period_of_others),
		notifier_unit_test(intervals_are_called_before_plain_notifiers),
		notifier_unit_test(plain_notifiers_hear_of_every_address),
		notifier_unit_test(a_refused_start_is_unwound),
		notifier_unit_test(ops_of_a_plain_notifier_are_optional),
		notifier_unit_test(release_tells_everybody_once),
		notifier_unit_test(release_reaches_the_last_byte),
		mirror_unit_test(mirrors_need_ops_and_ranges_alignment),
		mirror_unit_test(a_range_is_valid_if_nothing_at_all_is_in_progress),
		mirror_unit_test(an_invalidation_that_ends_where_a_range_starts_hits_it),
		mirror_unit_test(the_flag_has_an_aba),
		mirror_unit_test(a_long_invalidation_of_something_else_keeps_what_was_hit_invalid),
		mirror_unit_test(waiting_for_validity_ends_at_the_deadline),
		mirror_unit_test(a_mirror_that_refuses_leaves_the_counter_idle),
		mirror_unit_test(release_reaches_mirrors_and_ends_registration),
		notifier_unit_test(misuse_is_named),
		cmocka_unit_test(failed_allocations_leave_nothing),
#ifdef HS_BACKEND_NATIVE
		notifier_unit_test(threads_never_copy_a_stale_value),
#endif
	};

	return cmocka_run_group_tests_name("notifier", tests, NULL, NULL);
}
