/* SPDX-License-Identifier: MIT */
/*
 * Every allocation of an exploration fails once: hs_explore() says so, nothing is left, and the
 * next exploration is as if nothing had failed. The linker sends the allocations of all files of
 * this program here.
 */
#include <errno.h>

#include <hmmsim/races.h>

#include "port/explore/sched.h"
#include "support/exploration.h"

/* malloc() and its kin, as the linker names them with --wrap. */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *p, size_t size);
void __real_free(void *p);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *p, size_t size);
void __wrap_free(void *p);

static bool violates, tells;
static const char *token; /* of what is replayed */
static uint64_t asked, fail_at;
static int64_t held;

static bool may(void)
{
	return ++asked != fail_at;
}

void *__wrap_malloc(size_t size)
{
	void *p = may() ? __real_malloc(size) : NULL;

	held += p != NULL;
	return p;
}

void *__wrap_calloc(size_t count, size_t size)
{
	void *p = may() ? __real_calloc(count, size) : NULL;

	held += p != NULL;
	return p;
}

void *__wrap_realloc(void *p, size_t size)
{
	void *q = may() ? __real_realloc(p, size) : NULL;

	held += q && !p;
	return q;
}

void __wrap_free(void *p)
{
	held -= p != NULL;
	__real_free(p);
}

/* ---- a scenario whose tables grow -------------------------------------------------------- */

#define WORDS 200

struct state {
	struct hs_mutex mutex;
	hs_u64 word[WORDS];
	uint64_t plain[3 * WORDS];
};

static void tell(struct state *st)
{
	for (unsigned int i = 0; tells && i < 3 * WORDS; i++)
		hs_races_access(&st->plain[i], sizeof(st->plain[i]), HS_RACES_WRITE);
}

/* Before its first step, after it, and with a lock held. */
static void writer(struct hs_task *self, void *arg)
{
	struct state *st = arg;

	tell(st);
	hs_mutex_lock(self, &st->mutex);
	tell(st);
	hs_mutex_unlock(self, &st->mutex);
	for (unsigned int i = 0; i < WORDS; i++)
		hs_u64_store(self, &st->word[i], i + 1, i & 1 ? HS_RELEASE : HS_RELAXED);
	hs_fence(self, HS_SEQ_CST);
}

static void reader(struct hs_task *self, void *arg)
{
	struct state *st = arg;

	hs_rcu_read_lock(self);
	hs_u64_load(self, &st->word[1], HS_ACQUIRE);
	hs_u64_load(self, &st->word[0], HS_RELAXED);
	hs_rcu_read_unlock(self);
	hs_synchronize_rcu(self);
	hs_assert(self, !violates, "asked for");
}

static bool all_is_read(struct hs_task *self, void *arg)
{
	struct state *st = arg;

	return hs_u64_load(self, &st->word[WORDS - 1], HS_ACQUIRE);
}

/* Each pass reads many words, so that what searches note of it grows. */
static void waiter(struct hs_task *self, void *arg)
{
	struct state *st = arg;
	uint64_t sum;

	hs_spin_until(self, all_is_read, st);
	do {
		sum = 0;
		for (unsigned int i = 0; i < 100; i++)
			sum += hs_u64_load(self, &st->word[i], HS_RELAXED);
		if (!sum)
			hs_retry_wait(self, "the words to be written");
	} while (!sum);
}

static int setup(struct hs_task *self, struct hs_plan *plan, void *state, const void *param)
{
	(void)self;
	(void)param;
	hs_mutex_init(&((struct state *)state)->mutex, HS_LOCK_DRIVER);
	hs_plan_task(plan, "writer", writer, state);
	hs_plan_task(plan, "reader", reader, state);
	hs_plan_task(plan, "waiter", waiter, state);
	return 0;
}

static const struct hs_scenario scenario = {
	.name = "tables",
	.state_size = sizeof(struct state),
	.setup = setup,
};

static int run(enum hs_search search, enum hs_memory memory, uint64_t at,
	       struct hs_explore_result *r)
{
	struct hs_explore_options o;
	int ret;

	hs_explore_options_init(&o);
	o.search = search;
	o.memory = memory;
	o.max_executions = 4;
	o.fingerprint = search == HS_SEARCH_SLEEP;
	o.shrink = 20;
	o.token = token;
	o.timeline = true;
	asked = 0;
	fail_at = at;
	ret = hs_explore(&scenario, NULL, &o, r);
	fail_at = 0;
	return ret;
}

/* What the process keeps for later explorations is given back, so that it is asked for again. */
static void fail_each(enum hs_search search, enum hs_memory memory)
{
	struct hs_explore_result r;
	uint64_t sites, executions;
	int64_t before;

	hs_sched_drop();
	before = held;
	assert_int_equal(run(search, memory, 0, &r), 0);
	assert_int_equal(r.verdict, violates ? HS_VERDICT_ASSERT : HS_VERDICT_NONE);
	executions = r.executions;
	hs_explore_result_free(&r);
	sites = asked;
	assert_true(sites > 3);
	for (uint64_t at = 1; at <= sites; at++) {
		hs_sched_drop();
		assert_int_equal(run(search, memory, at, &r), -ENOMEM);
		assert_null(r.schedule);
		assert_null(r.report);
		assert_null(r.token);
		assert_int_equal(run(search, memory, 0, &r), 0);
		assert_int_equal(r.executions, executions);
		hs_explore_result_free(&r);
		hs_sched_drop();
		assert_int_equal(held, before);
	}
}

/* PCT measures first, in an execution that is none of the search. */
static void each_allocation_fails_once(void **state)
{
	(void)state;
	fail_each(HS_SEARCH_RANDOM, HS_MEMORY_VIEWS);
	fail_each(HS_SEARCH_PCT, HS_MEMORY_VIEWS);
	fail_each(HS_SEARCH_DPOR, HS_MEMORY_VIEWS);
	fail_each(HS_SEARCH_DPOR, HS_MEMORY_SC);
	fail_each(HS_SEARCH_SLEEP, HS_MEMORY_SC);
	fail_each(HS_SEARCH_PORTFOLIO, HS_MEMORY_SC);
	fail_each(HS_SEARCH_BOUND, HS_MEMORY_SC);
}

/* Schedule, token and report of a violation, which is run again, and made simpler. */
static void each_allocation_of_a_finding_fails_once(void **state)
{
	(void)state;
	violates = true;
	fail_each(HS_SEARCH_DPOR, HS_MEMORY_SC);
	fail_each(HS_SEARCH_RANDOM, HS_MEMORY_VIEWS);
	violates = false;
}

static void each_allocation_of_a_replay_fails_once(void **state)
{
	struct hs_explore_result r;

	(void)state;
	violates = true;
	assert_int_equal(run(HS_SEARCH_RANDOM, HS_MEMORY_VIEWS, 0, &r), 0);
	token = r.token;
	fail_each(HS_SEARCH_REPLAY, HS_MEMORY_SC);
	token = NULL;
	hs_explore_result_free(&r);
	violates = false;
}

static void each_allocation_of_a_look_for_races_fails_once(void **state)
{
	(void)state;
	tells = true;
	hs_races_report();
	fail_each(HS_SEARCH_DPOR, HS_MEMORY_SC);
	fail_each(HS_SEARCH_RANDOM, HS_MEMORY_VIEWS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_allocation_fails_once),
		cmocka_unit_test(each_allocation_of_a_finding_fails_once),
		cmocka_unit_test(each_allocation_of_a_replay_fails_once),
		cmocka_unit_test(each_allocation_of_a_look_for_races_fails_once),
	};

	return cmocka_run_group_tests_name("explore memory", tests, NULL, NULL);
}
