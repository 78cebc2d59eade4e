/* SPDX-License-Identifier: MIT */
/*
 * Plain accesses to objects, as the explorer is told of them: RCU, allocation, free, words; and
 * what is said of an access.
 */
#include "port/port.h"
#include "support/race_rows.h"

TASK(locks, hs_sync_mutex_lock(self, &st->first); hs_sync_mutex_unlock(self, &st->first);)
TASK(writes, STEP; WRITE;)
TASK(reads, STEP; (void)READ;)

static bool is_sent(struct hs_task *self, void *state)
{
	return hs_sync_u32_load(self, &((struct sync_state *)state)->a, HS_SYNC_ACQUIRE) != 0;
}

TASK(waits, hs_sync_wait(self, &st->queue, is_sent, st); (void)READ;)

/* ---- RCU ---------------------------------------------------------------------------------- */

struct node {
	struct hs_sync_rcu_head head;
	uint32_t value;
};

static void publish(struct hs_task *self, struct sync_state *st, enum hs_sync_order order)
{
	struct node *n = hs_sync_alloc(self, &sync_node, sizeof(*n));

	hs_sync_assert(self, n, "no memory");
	hs_sync_ptr_store(self, &st->ptr, n, order);
}

static void with_node(struct hs_task *self, struct sync_state *st)
{
	publish(self, st, HS_SYNC_RELAXED);
}

static void without_node(struct hs_task *self, struct sync_state *st)
{
	hs_sync_free(self, hs_sync_ptr_xchg(self, &st->ptr, NULL, HS_SYNC_RELAXED));
}

static struct node *take_node(struct hs_task *self, struct sync_state *st)
{
	return hs_sync_ptr_xchg(self, &st->ptr, NULL, HS_SYNC_ACQ_REL);
}

static void free_node(struct hs_task *self, struct hs_sync_rcu_head *head)
{
	struct node *n = CONTAINER_OF(head, struct node, head);

	write_plain(&n->value, 2);
	hs_sync_free(self, n);
}

TASK(reads_node, {
	const struct node *n;

	hs_sync_rcu_read_lock(self);
	n = hs_sync_ptr_load(self, &st->ptr, HS_SYNC_ACQUIRE);
	if (n)
		read_plain(&n->value);
	hs_sync_rcu_read_unlock(self);
})
TASK(waits_and_frees, {
	struct node *n = take_node(self, st);

	hs_sync_synchronize_rcu(self);
	write_plain(&n->value, 1);
	hs_sync_free(self, n);
})
TASK(writes_and_waits, {
	struct node *n = take_node(self, st);

	write_plain(&n->value, 1);
	hs_sync_synchronize_rcu(self);
	hs_sync_free(self, n);
})
TASK(calls_free, {
	struct node *n = take_node(self, st);

	hs_sync_call_rcu(self, &n->head, free_node);
})
TASK(calls_and_waits, {
	struct node *n = take_node(self, st);

	WRITE;
	hs_sync_call_rcu(self, &n->head, free_node);
	hs_sync_rcu_barrier(self);
	WRITE;
})
TASK(frees_at_once, hs_sync_free(self, take_node(self, st));)

TASK(writes_before_a_grace_period, {
	WRITE;
	hs_sync_synchronize_rcu(self);
	STORE(a, 1, RELAXED);
})
TASK(
	reads_in_a_later_section, if (LOAD(a, RELAXED)) {
		hs_sync_rcu_read_lock(self);
		(void)READ;
		hs_sync_rcu_read_unlock(self);
	})
TASK(reads_in_no_section, if (LOAD(a, RELAXED))(void) READ;)

static void write_node(struct hs_task *self, struct hs_sync_rcu_head *head)
{
	(void)self;
	write_plain(&CONTAINER_OF(head, struct node, head)->value, 2);
}

TASK(calls_and_polls, {
	struct node *n = hs_sync_ptr_load(self, &st->ptr, HS_SYNC_ACQUIRE);

	hs_sync_call_rcu(self, &n->head, write_node);
	while (hs_rcu_poll(self))
		hs_sync_retry_wait(self, "callbacks");
	write_plain(&n->value, 3);
})

static void a_grace_period_orders_readers(void **state)
{
	static const struct row rows[] = {
		{ { "wait", with_node, { reads_node, waits_and_frees }, NULL }, NONE },
		{ { "write", with_node, { reads_node, writes_and_waits }, NULL }, RACE },
		{ { "call", with_node, { reads_node, calls_free }, NULL }, NONE },
		{ { "barrier", with_node, { reads_node, calls_and_waits }, NULL }, NONE },
		{ { "poll", with_node, { calls_and_polls, NULL }, without_node }, NONE },
		{ { "later",
		    NULL,
		    { writes_before_a_grace_period, reads_in_a_later_section },
		    NULL },
		  NONE },
		{ { "none", NULL, { writes_before_a_grace_period, reads_in_no_section }, NULL },
		  RACE },
	};

	(void)state;
	search_rows(rows, COUNT(rows));
}

/* ---- objects ------------------------------------------------------------------------------ */

TASK(publishes, publish(self, st, HS_SYNC_RELEASE);)
TASK(publishes_relaxed, publish(self, st, HS_SYNC_RELAXED);)
TASK(reads_published, {
	const struct node *n = hs_sync_ptr_load(self, &st->ptr, HS_SYNC_ACQUIRE);

	if (n)
		read_plain(&n->value);
})

static void memory_is_zeroed_where_it_is_allocated(void **state)
{
	static const struct row rows[] = {
		{ { "release", NULL, { publishes, reads_published }, without_node }, NONE },
		{ { "relaxed", NULL, { publishes_relaxed, reads_published }, without_node },
		  HS_VERDICT_RACE,
		  false,
		  "its allocation by one at " },
	};

	(void)state;
	search_rows(rows, COUNT(rows));
}

TASK(reads_freed, {
	const struct node *n = hs_sync_ptr_load(self, &st->ptr, HS_SYNC_ACQUIRE);

	if (!n)
		return;
	STEP;
	read_plain(&n->value);
})
TASK(frees_and_reads, {
	struct node *n = take_node(self, st);

	hs_sync_free(self, n);
	read_plain(&n->value);
})
TASK(reads_beyond, STEP; hs_races_access((char *)st + (1 << 20), 4, HS_RACES_READ);)

static void read_freed(struct hs_task *self, struct sync_state *st)
{
	struct node *n = take_node(self, st);

	hs_sync_free(self, n);
	read_plain(&n->value);
}

static void a_plain_access_to_what_is_freed_is_found(void **state)
{
	static const struct row rows[] = {
		{ { "same task", with_node, { frees_and_reads, NULL }, NULL },
		  HS_VERDICT_FREED,
		  true,
		  "which is freed (task one): from " },
		{ { "check", with_node, { reads, NULL }, read_freed },
		  HS_VERDICT_FREED,
		  true,
		  "which is freed (task boot): from " },
		{ { "other task", with_node, { reads_freed, frees_at_once }, without_node },
		  HS_VERDICT_FREED,
		  false,
		  "node 0+0x18" },
		{ { "never", NULL, { reads_beyond, NULL }, NULL },
		  HS_VERDICT_FREED,
		  true,
		  "of 4 bytes of an object that was never allocated" },
	};

	(void)state;
	search_rows(rows, COUNT(rows));
}

/* Whether the access or the free comes first depends on the order, what is found does not. */
TASK(reads_and_goes_on, {
	const struct node *n = hs_sync_ptr_load(self, &st->ptr, HS_SYNC_ACQUIRE);

	read_plain(&n->value);
	STEP;
})
TASK(frees_without_looking, {
	void *n = hs_sync_ptr_load(self, &st->ptr, HS_SYNC_ACQUIRE);

	hs_sync_free(self, n);
})

static void an_access_that_a_free_is_not_ordered_after_is_found(void **state)
{
	static const struct row rows[] = {
		{ { "free", with_node, { reads_and_goes_on, frees_without_looking }, NULL },
		  HS_VERDICT_FREED,
		  true,
		  "node 0+0x18" },
	};

	(void)state;
	search_rows(rows, COUNT(rows));
}

TASK(stores_word, STORE(a, 1, RELAXED);)
TASK(loads_word, (void)LOAD(a, ACQUIRE);)
TASK(writes_word, STEP; hs_races_access(&st->a, sizeof(st->a), HS_RACES_WRITE);)
TASK(reads_word, STEP; hs_races_access(&st->a, sizeof(st->a), HS_RACES_READ);)
TASK(sends_word, STORE(a, 1, RELEASE);)
TASK(receives_word, if (LOAD(a, ACQUIRE)) write_plain(&st->a.opaque, 2);)
TASK(writes_lock, STEP; hs_races_access(&st->first, sizeof(st->first), HS_RACES_WRITE);)

static void a_word_is_for_the_calls_of_a_word_alone(void **state)
{
	static const struct row rows[] = {
		{ { "store, read", NULL, { stores_word, reads_word }, NULL }, RACE_EACH },
		{ { "load, write", NULL, { loads_word, writes_word }, NULL }, RACE_EACH },
		{ { "load, read", NULL, { loads_word, reads_word }, NULL }, NONE },
		{ { "words", NULL, { stores_word, loads_word }, NULL }, NONE },
		{ { "ordered", NULL, { sends_word, receives_word }, NULL }, NONE },
		{ { "lock", NULL, { locks, writes_lock }, NULL }, RACE_EACH },
		{ { "predicate", NULL, { writes_word, waits }, NULL }, RACE_EACH },
	};

	(void)state;
	search_rows(rows, COUNT(rows));
}

static bool went_on;

TASK(waits_and_goes_on, hs_sync_wait(self, &st->queue, is_sent, st); went_on = true;)
TASK(writes_word_at_once, hs_races_access(&st->a, sizeof(st->a), HS_RACES_WRITE);
     STORE(a, 1, RELAXED);)

static void a_task_ends_where_its_predicate_races(void **state)
{
	static const struct row rows[] = {
		{ { "end", NULL, { waits_and_goes_on, writes_word_at_once }, NULL }, RACE_EACH },
	};

	(void)state;
	search_rows(rows, COUNT(rows));
	assert_false(went_on);
}

/* ---- what is said ------------------------------------------------------------------------- */

LINE_BELOW(takes_first_at, 6);

static void writes_between(struct hs_task *self, void *state)
{
	struct sync_state *st = state;

	hs_sync_mutex_lock(self, &st->first);
	hs_sync_u32_store(self, &st->words[0], 1, HS_SYNC_RELAXED);
	WRITE;
	hs_sync_mutex_unlock(self, &st->first);
}

LINE_BELOW(steps_at, 5);

static void reads_after_a_step(struct hs_task *self, void *state)
{
	struct sync_state *st = state;
	(void)hs_sync_u32_load(self, &st->words[1], HS_SYNC_RELAXED);
	(void)READ;
}

static void both_accesses_are_named(void **state)
{
	static const struct row row = {
		{ "named", NULL, { writes_between, reads_after_a_step }, NULL },
		RACE,
	};
	const unsigned int at = offsetof(struct sync_state, plain);
	struct hs_explore_result r;
	char expected[2 * SYNC_TEXT];

	(void)state;
	search(&row, HS_SEARCH_DPOR, HS_MEMORY_SC, false, &r);
	snprintf(expected, sizeof(expected),
		 "plain write of 4 bytes at scenario state+0x%x by one after %s:%d, with the first "
		 "lock held; plain read of 4 bytes at scenario state+0x%x by two after %s:%d: "
		 "nothing orders them",
		 at, __FILE__, takes_first_at + 1, at, __FILE__, steps_at);
	assert_string_equal(r.message, expected);
	assert_non_null(strstr(r.report, "\n                        <-- data race\n"));
	/* Task two does not go on, and does not end. */
	assert_null(strstr(strstr(r.report, "~ ends") + 1, "~ ends"));
	assert_string_equal(hs_verdict_name(r.verdict), "data race");
	hs_explore_result_free(&r);
}

TASK(is_atomic, STEP; hs_races_access(&st->plain, 4, HS_RACES_ATOMIC);)

static void an_atomic_access_that_is_no_word_is_refused(void **state)
{
	static const struct row rows[] = {
		{ { "atomic", NULL, { is_atomic, NULL }, NULL },
		  HS_VERDICT_ASSERT,
		  true,
		  "an atomic access to scenario state+0x" },
	};

	(void)state;
	search_rows(rows, COUNT(rows));
}

static void accesses_can_be_ignored(void **state)
{
	static const struct sync_play play = { "ignored", NULL, { writes, writes }, NULL };
	struct hs_explore_options options;
	struct hs_explore_result r;

	(void)state;
	hs_explore_options_init(&options);
	options.plain = HS_PLAIN_IGNORED;
	assert_int_equal(hs_explore(&sync_scenario, &play, &options, &r), 0);
	assert_int_equal(r.verdict, HS_VERDICT_NONE);
	assert_true(r.exhaustive);
	hs_explore_result_free(&r);
	options.plain = HS_PLAIN_COUNT;
	assert_int_equal(hs_explore(&sync_scenario, &play, &options, &r), -EINVAL);
}

/* Neither the host's memory nor the stack of a task is declared, and no task runs out here. */
TASK(writes_undeclared, {
	static uint32_t undeclared;
	uint32_t local = 0;

	STEP;
	write_plain(&undeclared, 1);
	write_plain(&local, 1);
	undeclared = 0;
})

static void what_is_not_declared_is_ignored(void **state)
{
	static const struct row rows[] = {
		{ { "own", NULL, { writes_undeclared, writes_undeclared }, NULL }, NONE },
	};
	uint32_t mine = 0;

	(void)state;
	write_plain(&mine, 1);
	search_rows(rows, COUNT(rows));
	write_plain(&mine, 1);
	hs_races_access(NULL, 0, HS_RACES_READ);
}

/* ---- named data --------------------------------------------------------------------------- */

static uint32_t named[4];

static void writes_named(struct hs_task *self, void *state)
{
	hs_sync_u32_load(self, state, HS_SYNC_RELAXED);
	write_plain(&named[2], 1);
}

static int set_up_named(struct hs_task *self, struct hs_plan *plan, void *state, const void *param)
{
	(void)self;
	assert_int_equal(hs_plan_data(plan, named, sizeof(named)), 0);
	if (param)
		assert_int_equal(hs_plan_name(plan, "a counter", &named[1], 8), 0);
	assert_int_equal(hs_plan_task(plan, "one", writes_named, state), 0);
	return hs_plan_task(plan, "two", writes_named, state);
}

static void named_data_is_declared(void **state)
{
	static const struct hs_scenario scenario = { "named data", 64, set_up_named, NULL };
	struct hs_explore_options options;
	struct hs_explore_result r;

	(void)state;
	hs_explore_options_init(&options);
	assert_int_equal(hs_explore(&scenario, NULL, &options, &r), 0);
	assert_int_equal(r.verdict, HS_VERDICT_RACE);
	assert_non_null(strstr(r.message, "at named data 0+0x8 by "));
	hs_explore_result_free(&r);
	assert_int_equal(hs_explore(&scenario, &named, &options, &r), 0);
	assert_non_null(strstr(r.message, "at a counter+0x4 by "));
	hs_explore_result_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_grace_period_orders_readers),
		cmocka_unit_test(memory_is_zeroed_where_it_is_allocated),
		cmocka_unit_test(a_plain_access_to_what_is_freed_is_found),
		cmocka_unit_test(an_access_that_a_free_is_not_ordered_after_is_found),
		cmocka_unit_test(a_word_is_for_the_calls_of_a_word_alone),
		cmocka_unit_test(a_task_ends_where_its_predicate_races),
		cmocka_unit_test(both_accesses_are_named),
		cmocka_unit_test(an_atomic_access_that_is_no_word_is_refused),
		cmocka_unit_test(accesses_can_be_ignored),
		cmocka_unit_test(what_is_not_declared_is_ignored),
		cmocka_unit_test(named_data_is_declared),
	};

	hs_races_report();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
