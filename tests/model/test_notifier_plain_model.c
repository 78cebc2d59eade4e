/* SPDX-License-Identifier: MIT */
/*
 * Plain notifiers under every schedule that matters, and the end of the address space, of which
 * they and interval subscriptions are notified. The tests bear the names of the drawings in
 * src/notifier.
 */
#include "notifier/notifier.h"
#include "support/broken.h"
#include "support/exact.h"

#define PAGE 0x1000ull

/* ---- plain notifiers --------------------------------------------------------------------- */

struct listener {
	struct hs_notifier n;
	hs_u64 running;
};

struct plain_model {
	struct hs_notifiers *ns;
	struct listener *listener[2];
	bool refuse;
};

static int plain_start(struct hs_task *self, struct hs_notifier *n,
		       const struct hs_invalidation *inv)
{
	struct listener *l = (struct listener *)n;

	hs_u64_add(self, &l->running, 1, HS_RELAXED);
	if (inv->blockable)
		return 0;
	hs_u64_add(self, &l->running, (uint64_t)-1, HS_RELAXED);
	return -EAGAIN;
}

static void plain_end(struct hs_task *self, struct hs_notifier *n,
		      const struct hs_invalidation *inv)
{
	struct listener *l = (struct listener *)n;
	uint64_t was = hs_u64_add(self, &l->running, (uint64_t)-1, HS_RELAXED);

	(void)inv;
	hs_assert(self, was, "an end is heard without its start");
}

static int plain_agree(struct hs_task *self, struct hs_notifier *n,
		       const struct hs_invalidation *inv)
{
	struct listener *l = (struct listener *)n;

	(void)inv;
	hs_u64_add(self, &l->running, 1, HS_RELAXED);
	return 0;
}

static const struct hs_notifier_ops refusing_ops = { plain_start, plain_end, NULL };
static const struct hs_notifier_ops endless_ops = { plain_start, NULL, NULL };
static const struct hs_notifier_ops agreeing_ops = { plain_agree, plain_end, NULL };

static void unregister(struct hs_task *self, struct plain_model *m, int i)
{
	hs_notifier_unregister(self, &m->listener[i]->n);
	hs_free(self, m->listener[i], HS_KIND_OTHER, sizeof(*m->listener[i]));
	m->listener[i] = NULL;
}

static void leaver_first(struct hs_task *self, void *arg)
{
	unregister(self, arg, 0);
}

static void leaver_second(struct hs_task *self, void *arg)
{
	unregister(self, arg, 1);
}

static void plain_invalidator(struct hs_task *self, void *arg)
{
	struct plain_model *m = arg;
	struct hs_invalidation inv = { 0, PAGE, HS_INVALIDATE_UNMAP, NULL, !m->refuse };

	if (!hs_invalidate_start(self, m->ns, &inv))
		hs_invalidate_end(self, m->ns, &inv);
}

static int plain_setup(struct hs_task *self, struct hs_plan *plan, void *state, const void *param)
{
	struct plain_model *m = state;
	int ret = hs_notifiers_create(self, &m->ns);

	if (ret)
		return ret;
	m->refuse = *(const bool *)param;
	for (int i = 0; i < 2; i++) {
		m->listener[i] = hs_alloc(self, HS_KIND_OTHER, sizeof(*m->listener[i]));
		hs_notifier_register(self, &m->listener[i]->n, m->ns,
				     i ? &refusing_ops : &agreeing_ops);
	}
	hs_plan_task(plan, "first", leaver_first, m);
	hs_plan_task(plan, "second", leaver_second, m);
	hs_plan_task(plan, "invalidator", plain_invalidator, m);
	return 0;
}

static void plain_check(struct hs_task *self, void *state, const void *param)
{
	struct plain_model *m = state;

	(void)param;
	hs_assert(self, hs_notifiers_idle(m->ns), "the counters are not idle at the end");
	hs_notifiers_destroy(self, m->ns);
}

static const struct hs_scenario plain_scenario = {
	.name = "plain notifiers",
	.state_size = sizeof(struct plain_model),
	.setup = plain_setup,
	.check = plain_check,
};

/* The notifier that refuses may be unregistered while the ends of the others are called. */
static void unregister_meets_callback(void **state)
{
	static const bool refuse[] = { false, true };
	static const uint64_t complete[] = { 1540, 1288 };

	/* Kernel code warns of a notifier that refuses and has an end. */
	const int rows = test_counts_are_exact() ? 2 : 1;

	(void)state;
	for (int i = 0; i < rows; i++)
		explore_holds(&plain_scenario, &refuse[i], complete[i]);
}

static void joiner(struct hs_task *self, void *arg)
{
	struct plain_model *m = arg;
	int ret = hs_notifier_register(self, &m->listener[0]->n, m->ns, &agreeing_ops);

	hs_assert(self, !ret, "registering returned %d", ret);
}

static int joining_setup(struct hs_task *self, struct hs_plan *plan, void *state, const void *param)
{
	struct plain_model *m = state;
	int ret = hs_notifiers_create(self, &m->ns);

	(void)param;
	if (ret)
		return ret;
	m->listener[0] = hs_alloc(self, HS_KIND_OTHER, sizeof(*m->listener[0]));
	hs_plan_task(plan, "joiner", joiner, m);
	return hs_plan_task(plan, "invalidator", plain_invalidator, m);
}

static void joining_check(struct hs_task *self, void *state, const void *param)
{
	struct plain_model *m = state;

	hs_assert(self, !m->listener[0]->running.raw, "a start is heard without its end");
	unregister(self, m, 0);
	plain_check(self, state, param);
}

static const struct hs_scenario joining_scenario = { "joining", sizeof(struct plain_model),
						     joining_setup, joining_check };

/* A notifier hears start and end of an invalidation, or neither. */
static void register_meets_invalidation(void **state)
{
	(void)state;
	explore_holds(&joining_scenario, NULL, 3);
}

/* ---- a plain notifier refuses after an interval subscription has accepted ------------------ */

static bool accept(struct hs_task *self, struct hs_interval_sub *sub,
		   const struct hs_invalidation *inv, uint64_t cur_seq)
{
	(void)inv;
	hs_interval_set_seq(self, sub, cur_seq);
	return true;
}

static const struct hs_interval_ops accepting_ops = { accept };

struct refusal_model {
	struct hs_notifiers *ns;
	struct hs_interval_sub sub;
	struct listener listener;
};

static void refusal_reaper(struct hs_task *self, void *arg)
{
	struct refusal_model *m = arg;
	struct hs_invalidation inv = { 0, PAGE, HS_INVALIDATE_CLEAR, NULL, false };
	int ret = hs_invalidate_start(self, m->ns, &inv);

	hs_assert(self, ret == -EAGAIN, "the start returned %d", ret);
}

static void refusal_reader(struct hs_task *self, void *arg)
{
	hs_interval_read_begin(self, &((struct refusal_model *)arg)->sub);
}

static int refusal_setup(struct hs_task *self, struct hs_plan *plan, void *state, const void *param)
{
	struct refusal_model *m = state;
	int ret = hs_notifiers_create(self, &m->ns);

	if (ret)
		return ret;
	hs_notifiers_set_refusal(self, m->ns, *(const enum hs_refusal *)param);
	hs_interval_insert(self, &m->sub, m->ns, 0, PAGE, &accepting_ops);
	hs_notifier_register(self, &m->listener.n, m->ns, &endless_ops);
	ret = hs_plan_task(plan, "reaper", refusal_reaper, m);
	return ret ? ret : hs_plan_task(plan, "reader", refusal_reader, m);
}

static void refusal_check(struct hs_task *self, void *state, const void *param)
{
	struct refusal_model *m = state;

	(void)param;
	hs_notifier_unregister(self, &m->listener.n);
	hs_interval_remove(self, &m->sub);
	hs_notifiers_destroy(self, m->ns);
}

static const struct hs_scenario refusal_scenario = { "refusal", sizeof(struct refusal_model),
						     refusal_setup, refusal_check };

/* v6.12 never ends the invalidation that a plain notifier refuses: the reader waits for it. */
static void plain_refusal_lets_readers_of_6_12_wait_for_ever(void **state)
{
	enum hs_refusal refusal = HS_REFUSAL_6_12;

	(void)state;
	explore_fails(&refusal_scenario, &refusal, HS_VERDICT_DEADLOCK, "reader", 1);
	if (!test_counts_are_exact()) /* of code that undoes nothing */
		return;
	refusal = HS_REFUSAL_UNDONE;
	explore_holds(&refusal_scenario, &refusal, 8);
}

/* ---- the end of the address space --------------------------------------------------------- */

enum subscriber {
	INTERVAL,
	PLAIN,
	MIRROR,
	SUBSCRIBER_COUNT
};

struct end_model {
	enum subscriber subscriber;
	struct hs_notifiers *ns;
	struct hs_interval_sub sub;
	struct hs_notifier n;
	struct hs_hmm *hmm;
	struct hs_mirror mirror;
	bool accepted;
	uint32_t released; /* calls */
};

static bool end_of_interval(struct hs_task *self, struct hs_interval_sub *sub,
			    const struct hs_invalidation *inv, uint64_t cur_seq)
{
	hs_interval_set_seq(self, sub, cur_seq);
	hs_container_of(sub, struct end_model, sub)->released += inv->event ==
								 HS_INVALIDATE_RELEASE;
	return true;
}

static void end_of_plain(struct hs_task *self, struct hs_notifier *n)
{
	(void)self;
	hs_container_of(n, struct end_model, n)->released++;
}

static void end_of_mirror(struct hs_task *self, struct hs_mirror *mirror)
{
	(void)self;
	hs_container_of(mirror, struct end_model, mirror)->released++;
}

static int end_of_sync(struct hs_task *self, struct hs_mirror *mirror,
		       const struct hs_invalidation *inv)
{
	(void)self;
	(void)mirror;
	(void)inv;
	return 0;
}

static const struct hs_interval_ops end_interval_ops = { end_of_interval };
static const struct hs_notifier_ops end_plain_ops = { NULL, NULL, end_of_plain };
static const struct hs_mirror_ops end_mirror_ops = { end_of_sync, end_of_mirror };

static int end_subscribe(struct hs_task *self, struct end_model *m)
{
	switch (m->subscriber) {
	case INTERVAL:
		return hs_interval_insert(self, &m->sub, m->ns, 0, PAGE, &end_interval_ops);
	case PLAIN:
		return hs_notifier_register(self, &m->n, m->ns, &end_plain_ops);
	default:
		return hs_mirror_register(self, &m->mirror, m->hmm, &end_mirror_ops);
	}
}

static void end_subscriber(struct hs_task *self, void *arg)
{
	struct end_model *m = arg;
	int ret = end_subscribe(self, m);

	hs_assert(self, !ret || ret == -EINVAL, "subscribing returned %d", ret);
	m->accepted = !ret;
}

static void end_releaser(struct hs_task *self, void *arg)
{
	hs_notifiers_release(self, ((struct end_model *)arg)->ns);
}

static int end_setup(struct hs_task *self, struct hs_plan *plan, void *state, const void *param)
{
	struct end_model *m = state;
	int ret = hs_notifiers_create(self, &m->ns);

	m->subscriber = *(const enum subscriber *)param;
	if (!ret && m->subscriber == MIRROR)
		ret = hs_hmm_create(self, m->ns, &m->hmm);
	if (!ret)
		ret = hs_plan_task(plan, "subscriber", end_subscriber, m);
	return ret ? ret : hs_plan_task(plan, "release", end_releaser, m);
}

static bool end_seen[2]; /* refused, accepted */

static void end_check(struct hs_task *self, void *state, const void *param)
{
	struct end_model *m = state;

	(void)param;
	hs_assert(self, m->released == m->accepted, "accepted %d, released %u times", m->accepted,
		  m->released);
	end_seen[m->accepted] = true;
	if (m->sub.notifiers)
		hs_interval_remove(self, &m->sub);
	if (m->n.notifiers)
		hs_notifier_unregister(self, &m->n);
	if (m->mirror.hmm)
		hs_mirror_unregister(self, &m->mirror);
	if (m->hmm)
		hs_hmm_destroy(self, m->hmm);
	hs_notifiers_destroy(self, m->ns);
}

static const struct hs_scenario end_scenario = { "end of the address space",
						 sizeof(struct end_model), end_setup, end_check };

static void subscribing_meets_release(void **state)
{
	static const uint64_t complete[SUBSCRIBER_COUNT] = { 5, 6, 4 };

	(void)state;
	if (!test_counts_are_exact()) /* of code that has had a first subscription already */
		skip();
	for (int i = 0; i < SUBSCRIBER_COUNT; i++) {
		enum subscriber subscriber = (enum subscriber)i;

		memset(end_seen, 0, sizeof(end_seen));
		explore_holds(&end_scenario, &subscriber, complete[i]);
		assert_true(end_seen[false] && end_seen[true]);
	}
}

/*
 * The drawings insert_without_a_user_is_never_called and unregister_meets_release. There was an
 * interval subscription, and a plain notifier is registered.
 */
struct late_model {
	bool inserts;
	bool user; /* the inserter: it keeps release away until it is done */
	struct hs_notifiers *ns;
	struct hs_interval_sub sub;
	struct hs_notifier *n;
	hs_u32 users;
	hs_u32 released; /* calls of it */
	uint32_t called;
};

static struct {
	uint32_t once, twice;
} late_seen;

static struct late_model *late_now;

static bool late_of_interval(struct hs_task *self, struct hs_interval_sub *sub,
			     const struct hs_invalidation *inv, uint64_t cur_seq)
{
	hs_interval_set_seq(self, sub, cur_seq);
	hs_container_of(sub, struct late_model, sub)->called += inv->event == HS_INVALIDATE_RELEASE;
	return true;
}

static void late_of_plain(struct hs_task *self, struct hs_notifier *n)
{
	hs_deref(self, n);
	hs_u32_add(self, &late_now->released, 1, HS_RELAXED);
}

static const struct hs_interval_ops late_interval_ops = { late_of_interval };
static const struct hs_notifier_ops late_plain_ops = { NULL, NULL, late_of_plain };

static void late_put_user(struct hs_task *self, struct late_model *m)
{
	if (hs_u32_count(self, &m->users, -1u, 0, HS_ACQ_REL) == 1)
		hs_notifiers_release(self, m->ns);
}

static void late_subscriber(struct hs_task *self, void *arg)
{
	struct late_model *m = arg;

	if (!m->inserts) {
		hs_notifier_unregister(self, m->n);
		hs_free(self, m->n, HS_KIND_OTHER, sizeof(*m->n));
		m->n = NULL;
		return;
	}
	hs_assert(self, !hs_interval_insert(self, &m->sub, m->ns, 0, PAGE, &late_interval_ops),
		  "the insertion is refused");
	if (m->user)
		late_put_user(self, m);
}

static void late_releaser(struct hs_task *self, void *arg)
{
	late_put_user(self, arg);
}

static int late_setup(struct hs_task *self, struct hs_plan *plan, void *state, const void *param)
{
	struct late_model *m = state;
	int ret = hs_notifiers_create(self, &m->ns);

	late_now = m;
	m->inserts = *(const int *)param != 0;
	m->user = *(const int *)param > 1;
	hs_u32_init(&m->users, m->user ? 2 : 1);
	if (!ret)
		ret = hs_interval_insert(self, &m->sub, m->ns, 0, PAGE, &late_interval_ops);
	if (ret)
		return ret;
	hs_interval_remove(self, &m->sub);
	if (!m->inserts) {
		m->n = hs_alloc(self, HS_KIND_OTHER, sizeof(*m->n));
		ret = m->n ? hs_notifier_register(self, m->n, m->ns, &late_plain_ops) : -ENOMEM;
	}
	if (!ret)
		ret = hs_plan_task(plan, "subscriber", late_subscriber, m);
	return ret ? ret : hs_plan_task(plan, "release", late_releaser, m);
}

static void late_check(struct hs_task *self, void *state, const void *param)
{
	struct late_model *m = state;

	(void)param;
	if (m->inserts) {
		hs_assert(self, m->called == 1, "accepted, released %u times", m->called);
		hs_interval_remove(self, &m->sub);
	} else {
		hs_assert(self, m->released.raw == 1 || m->released.raw == 2, "released %u times",
			  m->released.raw);
		late_seen.once += m->released.raw == 1;
		late_seen.twice += m->released.raw == 2;
	}
	hs_notifiers_destroy(self, m->ns);
}

static const struct hs_scenario late_scenario = { "late", sizeof(struct late_model), late_setup,
						  late_check };

static void unregister_meets_release(void **state)
{
	const int unregisters = 0;

	(void)state;
	memset(&late_seen, 0, sizeof(late_seen));
	explore_holds(&late_scenario, &unregisters, 63);
	assert_true(late_seen.once && late_seen.twice);
}

static void insert_without_a_user_is_never_called(void **state)
{
	const int without = 1, with = 2;

	(void)state;
	explore_holds(&late_scenario, &with, 2);
	explore_fails(&late_scenario, &without, HS_VERDICT_ASSERT, "accepted, released 0 times", 2);
}

/* ---- faults of the model ------------------------------------------------------------------ */

static const bool agreed;
static const enum subscriber end_of[] = { INTERVAL, PLAIN, MIRROR };

static const struct broken faults[] = {
	{ HS_BREAK_RELEASE_STATE_LATE, false, &end_scenario, &end_of[INTERVAL], HS_VERDICT_ASSERT,
	  "accepted 1, released 0 times (task boot)", 3 },
	{ HS_BREAK_END_PLAIN_LAST, false, &joining_scenario, NULL, HS_VERDICT_ASSERT,
	  "an end is heard without its start (task invalidator)", 3 },
	{ HS_BREAK_PLAIN_REGISTER_ACTIVE, false, &joining_scenario, NULL, HS_VERDICT_ASSERT,
	  "an end is heard without its start (task invalidator)", 4 },
	{ HS_BREAK_PLAIN_NEXT_GAP, false, &plain_scenario, &agreed, HS_VERDICT_FREED,
	  "read-modify-write of an object that is freed", 17 },
	{ HS_BREAK_PLAIN_UNREGISTER_NO_WAIT, false, &plain_scenario, &agreed, HS_VERDICT_FREED,
	  "read-modify-write of an object that is freed", 11 },
	{ HS_BREAK_MIRROR_LOOKS_EARLY, true, &end_scenario, &end_of[MIRROR], HS_VERDICT_ASSERT,
	  "accepted 1, released 0 times (task boot)", 2 },
};

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unregister_meets_callback),
		cmocka_unit_test(register_meets_invalidation),
		cmocka_unit_test(plain_refusal_lets_readers_of_6_12_wait_for_ever),
		cmocka_unit_test(subscribing_meets_release),
		cmocka_unit_test(unregister_meets_release),
		cmocka_unit_test(insert_without_a_user_is_never_called),
	};

	return model_main("plain notifiers model", tests, faults);
}
