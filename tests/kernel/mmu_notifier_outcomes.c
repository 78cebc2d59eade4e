/* SPDX-License-Identifier: MIT */
/*
 * mmu_notifier_outcomes.c - what readers, invalidators and those who subscribe see of notifiers
 *
 * A task notes, in order: what read_begin returned, whether a retry is due, what an insert or a
 * start returned, and what number a callback was called with. All notes of a task, 4 bits each, are
 * its observation.
 */
#include "notifier/notifier.h"

#include "outcomes.h"
#include "support/notifier_race.h"

#define SUBS 2
#define TASKS 3

enum act {
	NOTHING,
	READ,	    /* begin, and look whether a retry is due: of subscription 0 */
	READ_1,	    /* of subscription 1 */
	INVALIDATE, /* start and end */
	TRY,	    /* the same without sleeping: the end only if the start succeeded */
	INSERT,
	INSERT_1,
	REMOVE,
};

struct param {
	enum act act[TASKS][2];
	bool subscribed[SUBS]; /* from the begin */
	bool refuses[SUBS];    /* an invalidation that may not sleep */
};

struct model;

struct subscriber {
	struct hs_interval_sub sub;
	struct model *m;
	bool refuses, in;
};

struct doer {
	struct model *m;
	enum act act[2];
	uint64_t saw;
};

struct model {
	struct hs_notifiers *ns;
	struct hs_mutex lock;
	struct subscriber subscriber[SUBS];
	struct doer doer[TASKS];
	uint32_t first; /* the id of the first task */
};

static void note(struct doer *d, uint64_t what)
{
	d->saw = d->saw << 4 | (what & 15);
}

static bool invalidate(struct hs_task *self, struct hs_interval_sub *sub,
		       const struct hs_invalidation *inv, uint64_t cur_seq)
{
	struct subscriber *s = (struct subscriber *)sub;
	struct model *m = s->m;

	if (!inv->blockable && s->refuses)
		return false;
	hs_mutex_lock(self, &m->lock);
	hs_interval_set_seq(self, sub, cur_seq);
	hs_mutex_unlock(self, &m->lock);
	note(&m->doer[hs_task_id(self) - m->first], cur_seq + (s != m->subscriber));
	return true;
}

static const struct hs_interval_ops ops = { invalidate };

static void read_once(struct hs_task *self, struct doer *d, struct subscriber *s)
{
	uint64_t seq = hs_interval_read_begin(self, &s->sub);

	note(d, seq);
	hs_mutex_lock(self, &d->m->lock);
	note(d, hs_interval_read_retry(self, &s->sub, seq));
	hs_mutex_unlock(self, &d->m->lock);
}

static void take(struct hs_task *self, struct doer *d, bool blockable)
{
	const struct hs_invalidation inv = { 0, PAGE, HS_INVALIDATE_CLEAR, NULL, blockable };
	int ret = hs_invalidate_start(self, d->m->ns, &inv);

	note(d, ret != 0);
	if (!ret)
		hs_invalidate_end(self, d->m->ns, &inv);
}

static void insert(struct hs_task *self, struct doer *d, struct subscriber *s)
{
	note(d, hs_interval_insert(self, &s->sub, d->m->ns, 0, PAGE, &ops) != 0);
	s->in = true;
}

static void removes(struct hs_task *self, struct subscriber *s)
{
	hs_interval_remove(self, &s->sub);
	s->in = false;
}

static void act(struct hs_task *self, struct doer *d, enum act what)
{
	struct subscriber *s = &d->m->subscriber[what == READ_1 || what == INSERT_1];

	if (what == READ || what == READ_1)
		read_once(self, d, s);
	else if (what == INVALIDATE || what == TRY)
		take(self, d, what == INVALIDATE);
	else if (what == INSERT || what == INSERT_1)
		insert(self, d, s);
	else if (what == REMOVE)
		removes(self, s);
}

static void doer_main(struct hs_task *self, void *arg)
{
	struct doer *d = arg;

	act(self, d, d->act[0]);
	act(self, d, d->act[1]);
}

static int setup(struct hs_task *self, struct hs_plan *plan, void *state, const void *param)
{
	static const char *const names[] = { "one", "two", "three" };
	const struct param *p = param;
	struct model *m = state;
	int ret = hs_notifiers_create(self, &m->ns);

	hs_mutex_init(&m->lock, HS_LOCK_DRIVER);
	m->first = 1;
	for (int i = 0; i < SUBS && !ret; i++) {
		m->subscriber[i].m = m;
		m->subscriber[i].refuses = p->refuses[i];
		if (p->subscribed[i])
			ret = hs_interval_insert(self, &m->subscriber[i].sub, m->ns, 0, PAGE, &ops);
		m->subscriber[i].in = p->subscribed[i];
	}
	for (int i = 0; i < TASKS && !ret && p->act[i][0]; i++) {
		m->doer[i] = (struct doer){ m, { p->act[i][0], p->act[i][1] }, 0 };
		ret = hs_plan_task(plan, names[i], doer_main, &m->doer[i]);
	}
	return ret;
}

static void check(struct hs_task *self, void *state, const void *param)
{
	struct model *m = state;

	(void)param;
	hs_assert(self, hs_notifiers_idle(m->ns), "the counters are not idle at the end");
	for (int i = 0; i < SUBS; i++)
		if (m->subscriber[i].in)
			hs_interval_remove(self, &m->subscriber[i].sub);
	hs_notifiers_destroy(self, m->ns);
}

static uint64_t look_nowhere(const void *state)
{
	(void)state;
	return 0;
}

static uint64_t look(const void *state)
{
	const struct model *m = state;
	uint64_t outcome = 0;

	for (int i = 0; i < TASKS; i++)
		outcome = hs_mix64(outcome ^ m->doer[i].saw) + 1;
	return outcome;
}

int main(void)
{
	static const struct {
		const char *name;
		struct param param;
		bool sleep_sets;
	} rows[] = {
		{ "reads, an invalidation",
		  { { { READ, READ }, { INVALIDATE, INVALIDATE } }, { true }, { false } },
		  true },
		{ "reads, two invalidators",
		  { { { READ, READ }, { INVALIDATE }, { INVALIDATE } }, { true }, { false } },
		  false },
		{ "two readers",
		  { { { READ }, { READ_1 }, { INVALIDATE } }, { true, true }, { false } },
		  false },
		{ "refused halfway",
		  { { { READ }, { TRY, INVALIDATE } }, { true, true }, { true, false } },
		  true },
		{ "refused halfway, other order",
		  { { { READ }, { TRY, INVALIDATE } }, { true, true }, { false, true } },
		  true },
		{ "two inserts",
		  { { { INSERT, READ }, { INSERT_1 }, { INVALIDATE } }, { false }, { false } },
		  false },
		{ "insert and remove",
		  { { { INSERT_1, REMOVE }, { INVALIDATE, INVALIDATE } }, { true }, { false } },
		  true },
		{ "insert and remove of it",
		  { { { INSERT, REMOVE }, { INVALIDATE, INVALIDATE } },
		    { false, true },
		    { false } },
		  true },
		{ "remove, two invalidators",
		  { { { REMOVE }, { INVALIDATE }, { INVALIDATE } }, { true, true }, { false } },
		  false },
	};
	/* A page is taken away: the verdict is what counts. */
	static const struct {
		const char *name;
		struct race_param param;
	} takes[] = {
		{ "page", { .judged = S2, .warm_ups = 1 } },
		{ "entry", { .judged = S1 } },
		{ "page, other invalidator", { .judged = S2, .other = true } },
		{ "page, late insert", { .judged = S2, .late = true, .bystander = true } },
		{ "page, removed", { .judged = S2, .remove = true, .bystander = true } },
		{ "page, not blockable", { .judged = S2, .nonblocking = true } },
	};
	static const struct hs_scenario scenario = { "notifiers", sizeof(struct model), setup,
						     check };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		outcomes_print(rows[i].name, &scenario, &rows[i].param, look, rows[i].sleep_sets);
	for (size_t i = 0; i < sizeof(takes) / sizeof(takes[0]); i++)
		outcomes_print(takes[i].name, &notifier_race, &takes[i].param, look_nowhere, false);
	outcomes_print_races();
	return 0;
}
