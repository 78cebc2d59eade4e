/* SPDX-License-Identifier: MIT */
/*
 * A device copies one entry of a CPU's page table while the page is taken away, under every
 * schedule that matters. Judged are
 *
 *	S1	no device entry is left when the page is freed
 *	S2	the page is not touched after it is freed
 *
 * one at a time, because an execution ends at its first violation. The tests bear the names of the
 * drawings in src/notifier.
 */
#include "notifier/notifier.h"
#include "support/broken.h"

enum validity {
	SEQ,
	FLAG, /* v5.3 */
};

enum mutant {
	SOUND,
	NO_CHECK,	  /* the reader does not ask whether anything changed */
	TOUCH_OUTSIDE,	  /* it touches the page before it takes the lock */
	CHECK_OUTSIDE,	  /* it asks before it takes the lock */
	CALLBACK_NO_LOCK, /* the callback does not take the lock */
	CALLBACK_SKIPPED, /* the callback takes the invalidation for its own and does nothing */
};

enum judged {
	S1,
	S2,
};

struct param {
	enum validity validity;
	enum mutant mutant;
	enum judged judged;
	uint32_t warm_ups; /* invalidations by the same task before the one that takes the page */
	bool other;	   /* another task invalidates the same range meanwhile */
	bool late;	  /* the reader inserts its subscription when the other tasks run already */
	bool bystander;	  /* another subscription is hit as well */
	bool remove;	  /* the reader removes its subscription and frees it */
	bool no_reader;	  /* it only does that */
	bool nonblocking; /* first the invalidator tries without waiting for the lock */
	enum hs_invalidate_event event;
};

#define PAGE 0x1000ull
#define PAGE_BYTES 32

struct device {
	struct hs_interval_sub sub;
	struct model *model;
};

struct model {
	struct param param;
	struct hs_notifiers *ns;
	struct hs_hmm *hmm;
	struct hs_mutex lock;
	struct device *device; /* NULL: removed and freed */
	struct hs_interval_sub bystander;
	struct hs_mirror mirror;
	struct hs_mirror_range range;
	void *page;
	hs_ptr cpu, dev; /* the entries */
	bool subscribed;
};

/* ---- the device -------------------------------------------------------------------------- */

/* False: it would have to wait for the lock. */
static bool clear(struct hs_task *self, struct model *m, struct hs_interval_sub *sub,
		  const struct hs_invalidation *inv, uint64_t cur_seq)
{
	bool lock = m->param.mutant != CALLBACK_NO_LOCK;

	if (m->param.mutant == CALLBACK_SKIPPED && inv->owner == m)
		return true;
	if (lock && inv->blockable)
		hs_mutex_lock(self, &m->lock);
	else if (lock && !hs_mutex_trylock(self, &m->lock))
		return false;
	if (sub)
		hs_interval_set_seq(self, sub, cur_seq);
	hs_ptr_store(self, &m->dev, NULL, HS_RELAXED);
	if (lock)
		hs_mutex_unlock(self, &m->lock);
	return true;
}

static bool invalidate(struct hs_task *self, struct hs_interval_sub *sub,
		       const struct hs_invalidation *inv, uint64_t cur_seq)
{
	return clear(self, ((struct device *)sub)->model, sub, inv, cur_seq);
}

static int sync_mirror(struct hs_task *self, struct hs_mirror *mirror,
		       const struct hs_invalidation *inv)
{
	struct model *m = (struct model *)((char *)mirror - offsetof(struct model, mirror));

	return clear(self, m, NULL, inv, 0) ? 0 : -EAGAIN;
}

static bool pass_by(struct hs_task *self, struct hs_interval_sub *sub,
		    const struct hs_invalidation *inv, uint64_t cur_seq)
{
	(void)inv;
	hs_interval_set_seq(self, sub, cur_seq);
	return true;
}

static const struct hs_interval_ops device_ops = { invalidate };
static const struct hs_interval_ops bystander_ops = { pass_by };
static const struct hs_mirror_ops mirror_ops = { sync_mirror, NULL };

static bool changed(struct hs_task *self, struct model *m, uint64_t seq)
{
	if (m->param.mutant == NO_CHECK)
		return false;
	return m->param.validity == SEQ ? hs_interval_read_retry(self, &m->device->sub, seq)
					: !hs_mirror_range_valid(self, &m->range);
}

/* True: nothing more to do. */
static bool attempt(struct hs_task *self, struct model *m)
{
	const struct param *p = &m->param;
	uint64_t seq = 0;
	bool again = false;
	void *page;

	if (p->validity == SEQ)
		seq = hs_interval_read_begin(self, &m->device->sub);
	else if (!hs_mirror_range_wait_until_valid(self, &m->range, HS_RANGE_DEFAULT_TICKS))
		return true;
	page = hs_ptr_load(self, &m->cpu, HS_ACQUIRE);
	if (!page)
		return true;
	if (p->mutant == CHECK_OUTSIDE)
		again = changed(self, m, seq);
	if (p->judged == S2 && p->mutant == TOUCH_OUTSIDE)
		hs_deref(self, page);
	hs_mutex_lock(self, &m->lock);
	if (p->mutant != CHECK_OUTSIDE)
		again = changed(self, m, seq);
	if (!again) {
		if (p->judged == S2 && p->mutant != TOUCH_OUTSIDE)
			hs_deref(self, page);
		hs_ptr_store(self, &m->dev, page, HS_RELAXED);
	}
	hs_mutex_unlock(self, &m->lock);
	return !again;
}

static void insert(struct hs_task *self, struct model *m)
{
	int ret = hs_interval_insert(self, &m->device->sub, m->ns, 0, PAGE, &device_ops);

	hs_assert(self, !ret, "insert: %d", ret);
	m->subscribed = true;
}

static void reader(struct hs_task *self, void *arg)
{
	struct model *m = arg;
	const struct param *p = &m->param;
	uint32_t tries = 0, most = 2 + p->warm_ups + p->other + p->nonblocking;

	if (p->late)
		insert(self, m);
	while (!p->no_reader && !attempt(self, m))
		hs_assert(self, ++tries < most, "one invalidation costs more than one retry");
	if (!p->remove)
		return;
	hs_interval_remove(self, &m->device->sub);
	hs_free(self, m->device, HS_KIND_OTHER, sizeof(*m->device));
	m->device = NULL;
}

static void flag_reader(struct hs_task *self, void *arg)
{
	struct model *m = arg;
	uint32_t tries = 0;
	int ret = hs_mirror_range_register(self, &m->range, &m->mirror, 0, PAGE, 12);

	hs_assert(self, !ret, "register: %d", ret);
	while (!attempt(self, m) && ++tries < 3)
		;
	hs_mirror_range_unregister(self, &m->range);
}

/* ---- those who take pages ---------------------------------------------------------------- */

static void take(struct hs_task *self, struct model *m, bool page)
{
	struct hs_invalidation inv = { 0, PAGE, m->param.event, m, !m->param.nonblocking };

	if (hs_invalidate_start(self, m->ns, &inv)) {
		inv.blockable = true;
		hs_invalidate_start(self, m->ns, &inv);
	}
	if (page)
		hs_ptr_store(self, &m->cpu, NULL, HS_RELEASE);
	hs_invalidate_end(self, m->ns, &inv);
}

static void invalidator(struct hs_task *self, void *arg)
{
	struct model *m = arg;
	void *page = m->page;

	for (uint32_t i = 0; i < m->param.warm_ups; i++)
		take(self, m, false);
	take(self, m, true);
	if (m->param.judged == S1)
		hs_assert(self, !hs_ptr_load(self, &m->dev, HS_RELAXED),
			  "a device entry is left of a page that is about to be freed");
	hs_free(self, page, HS_KIND_PAGE, PAGE_BYTES);
}

static void other_invalidator(struct hs_task *self, void *arg)
{
	take(self, arg, false);
}

/* ---- the scenario ------------------------------------------------------------------------ */

static void subscribe(struct hs_task *self, struct model *m)
{
	m->device = hs_alloc(self, HS_KIND_OTHER, sizeof(*m->device));
	m->device->model = m;
	if (!m->param.late)
		insert(self, m);
	if (m->param.bystander)
		hs_interval_insert(self, &m->bystander, m->ns, 0, PAGE, &bystander_ops);
}

static int setup(struct hs_task *self, struct hs_plan *plan, void *state, const void *param)
{
	struct model *m = state;
	int ret;

	m->param = *(const struct param *)param;
	ret = hs_notifiers_create(self, &m->ns);
	if (ret)
		return ret;
	hs_mutex_init(&m->lock, HS_LOCK_DRIVER);
	m->page = hs_alloc(self, HS_KIND_PAGE, PAGE_BYTES);
	hs_ptr_init(&m->cpu, m->page);
	if (m->param.validity == SEQ) {
		subscribe(self, m);
		hs_plan_task(plan, "reader", reader, m);
	} else {
		ret = hs_hmm_create(self, m->ns, &m->hmm);
		if (ret)
			return ret;
		hs_mirror_register(self, &m->mirror, m->hmm, &mirror_ops);
		hs_plan_task(plan, "reader", flag_reader, m);
	}
	hs_plan_task(plan, "invalidator", invalidator, m);
	if (m->param.other)
		hs_plan_task(plan, "other", other_invalidator, m);
	return 0;
}

static void check(struct hs_task *self, void *state, const void *param)
{
	struct model *m = state;

	(void)param;
	hs_assert(self, hs_notifiers_idle(m->ns), "the counters are not idle at the end");
	if (m->param.judged == S1)
		hs_assert(self, !m->dev.raw, "a device entry is left at the end");
	if (m->device) {
		hs_interval_remove(self, &m->device->sub);
		hs_free(self, m->device, HS_KIND_OTHER, sizeof(*m->device));
	}
	if (m->param.bystander)
		hs_interval_remove(self, &m->bystander);
	if (m->hmm) {
		hs_assert(self, !m->hmm->active, "the mirror's counter is not idle at the end");
		hs_mirror_unregister(self, &m->mirror);
		hs_hmm_destroy(self, m->hmm);
	}
	hs_notifiers_destroy(self, m->ns);
}

static const struct hs_scenario scenario = {
	.name = "notifier",
	.state_size = sizeof(struct model),
	.setup = setup,
	.check = check,
};

/* ---- exploring --------------------------------------------------------------------------- */

/* holds(s1, s2, p): so many executions complete where S1 is judged, and S2. */
#define holds(...) holds_at(TEST_PLACE, __VA_ARGS__)

static void holds_at(struct test_place at, uint64_t s1, uint64_t s2, struct param p)
{
	p.judged = S1;
	explore_holds_at(at, &scenario, &p, s1);
	p.judged = S2;
	explore_holds_at(at, &scenario, &p, s2);
}

#define violates(...) violates_at(TEST_PLACE, __VA_ARGS__)

static void violates_at(struct test_place at, struct param p, enum judged judged, uint64_t first)
{
	p.judged = judged;
	if (judged == S1)
		explore_fails_at(at, &scenario, &p, HS_VERDICT_ASSERT, "a device entry is left",
				 first);
	else
		explore_fails_at(at, &scenario, &p, HS_VERDICT_FREED, "is freed (task reader)",
				 first);
}

static void reader_against_invalidator(void **state)
{
	(void)state;
	holds(10, 10, (struct param){ .validity = SEQ });
	holds(65, 65, (struct param){ .validity = SEQ, .warm_ups = 1 });
}

static void reader_without_the_protocol_is_found_out(void **state)
{
	static const struct {
		enum mutant mutant;
		uint64_t s1, s2; /* the execution that violates it; 0: none does */
	} table[] = {
		{ NO_CHECK, 2, 2 },	    { CHECK_OUTSIDE, 2, 2 }, { CALLBACK_NO_LOCK, 2, 3 },
		{ CALLBACK_SKIPPED, 1, 2 }, { TOUCH_OUTSIDE, 0, 4 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct param p = { .validity = SEQ,
				   .mutant = table[i].mutant,
				   .event = HS_INVALIDATE_MIGRATE };

		violates(p, S2, table[i].s2);
		if (table[i].s1)
			violates(p, S1, table[i].s1);
		else
			explore_holds(&scenario, &p, 10);
	}
}

static void flag_does_not_see_what_came_and_went(void **state)
{
	struct param p = { .validity = FLAG };

	(void)state;
	violates(p, S1, 9);
	violates(p, S2, 9);
}

static void hit_reader_waits_for_the_last_invalidation(void **state)
{
	(void)state;
	holds(466, 370, (struct param){ .validity = SEQ, .other = true });
}

/* With a bystander the invalidation freezes the tree; without one it hits no subscription yet. */
static void insert_meets_invalidation(void **state)
{
	(void)state;
	for (int bystander = 0; bystander < 2; bystander++) {
		struct param p = { .validity = SEQ, .late = true, .bystander = bystander };

		holds(13, 13, p);
		p.warm_ups = 1;
		holds(97, 97, p);
	}
}

static void remove_meets_invalidation(void **state)
{
	/* [late][bystander]: alone, after a first invalidation, with another one (S1, S2) */
	static const struct {
		uint64_t alone, warm, other[2];
	} complete[2][2] = {
		{ { 3, 5, { 56, 46 } }, { 3, 7, { 96, 86 } } },
		{ { 6, 15, { 124, 106 } }, { 6, 17, { 208, 186 } } },
	};

	(void)state;
	for (int late = 0; late < 2; late++)
		for (int bystander = 0; bystander < 2; bystander++) {
			struct param p = { .validity = SEQ,
					   .remove = true,
					   .no_reader = true,
					   .late = late,
					   .bystander = bystander };
			uint64_t alone = complete[late][bystander].alone;
			uint64_t warm = complete[late][bystander].warm;
			const uint64_t *other = complete[late][bystander].other;

			holds(alone, alone, p);
			p.warm_ups = 1;
			holds(warm, warm, p);
			p.warm_ups = 0;
			p.other = true;
			holds(other[0], other[1], p);
		}
}

/*
 * An invalidator that may not wait for the reader's lock is refused, leaves the counters idle, and
 * tries again.
 */
static void refusal_leaves_no_trace(void **state)
{
	(void)state;
	holds(12, 12, (struct param){ .validity = SEQ, .nonblocking = true });
	holds(12, 12, (struct param){ .validity = SEQ, .nonblocking = true, .bystander = true });
}

/* ---- faults of the model ------------------------------------------------------------------ */

static const struct param reads_2 = { .validity = SEQ, .judged = S2 };
static const struct param reads_twice = { .validity = SEQ, .judged = S2, .warm_ups = 1 };
static const struct param overlap = { .validity = SEQ, .judged = S2, .other = true };
static const struct param inserts = { .validity = SEQ, .judged = S2, .late = true };
static const struct param inserts_frozen = { .validity = SEQ,
					     .judged = S2,
					     .late = true,
					     .bystander = true };
static const struct param removes = { .validity = SEQ,
				      .judged = S2,
				      .remove = true,
				      .no_reader = true };
static const struct param refused = { .validity = SEQ, .judged = S2, .nonblocking = true };

static const struct broken faults[] = {
	{ HS_BREAK_START_SEQ_EARLY, true, &scenario, &overlap, HS_VERDICT_ASSERT,
	  "hs_interval_set_seq: the callback's number is expected", 2 },
	{ HS_BREAK_START_NO_CALL, false, &scenario, &overlap, HS_VERDICT_FREED,
	  "dereference of an object that is freed (task reader)", 7 },
	{ HS_BREAK_END_OF_ANY, false, &scenario, &overlap, HS_VERDICT_ASSERT,
	  "hs_interval_set_seq: the callback's number is expected", 4 },
	{ HS_BREAK_END_DEFERRED_LATE, false, &scenario, &removes, HS_VERDICT_FREED,
	  "dereference of an object that is freed (task invalidator)", 4 },
	{ HS_BREAK_END_NO_WAKE, false, &scenario, &reads_2, HS_VERDICT_LOST_WAKE,
	  "the predicate of reader became true", 4 },
	{ HS_BREAK_REFUSED_NO_END, false, &scenario, &refused, HS_VERDICT_ASSERT,
	  "the counters are not idle at the end (task boot)", 2 },
	{ HS_BREAK_INSERT_SETTLED, false, &scenario, &inserts_frozen, HS_VERDICT_FREED,
	  "dereference of an object that is freed (task reader)", 15 },
	{ HS_BREAK_INSERT_NO_ODD, false, &scenario, &inserts, HS_VERDICT_FREED,
	  "dereference of an object that is freed (task reader)", 15 },
	{ HS_BREAK_REMOVE_FROM_FROZEN, false, &scenario, &removes, HS_VERDICT_FREED,
	  "store of an object that is freed (task invalidator)", 4 },
	{ HS_BREAK_REMOVE_SUB_NO_WAIT, false, &scenario, &removes, HS_VERDICT_FREED,
	  "dereference of an object that is freed (task invalidator)", 3 },
	{ HS_BREAK_READ_BEGIN_NO_WAIT, true, &scenario, &reads_2, HS_VERDICT_FREED,
	  "dereference of an object that is freed (task reader)", 5 },
	{ HS_BREAK_READ_BEGIN_SEQ_LATE, true, &scenario, &reads_twice, HS_VERDICT_FREED,
	  "dereference of an object that is freed (task reader)", 10 },
};

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reader_against_invalidator),
		cmocka_unit_test(reader_without_the_protocol_is_found_out),
		cmocka_unit_test(flag_does_not_see_what_came_and_went),
		cmocka_unit_test(hit_reader_waits_for_the_last_invalidation),
		cmocka_unit_test(insert_meets_invalidation),
		cmocka_unit_test(remove_meets_invalidation),
		cmocka_unit_test(refusal_leaves_no_trace),
	};

	return model_main("notifier model", tests, faults);
}
