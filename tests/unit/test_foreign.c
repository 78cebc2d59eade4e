/* SPDX-License-Identifier: MIT */
/*
 * Code that was written for no explorer (foreign_code.c, compiled by hs_foreign()), under every
 * schedule: what of it is a step, which orders its atomics have, its static data, its races, and
 * the places that reports name.
 */
#include <hmmsim/hmmsim.h>

#include "support/test.h"
#include "unit/foreign_code.h"

typedef void code_fn(struct foreign_state *st);

struct play {
	code_fn *task[2];
	void (*check)(struct hs_task *self, const struct foreign_state *st);
	enum hs_memory memory;
	uint64_t wide; /* at the begin */
};

/* ---- exploring ---------------------------------------------------------------------------- */

struct role {
	struct foreign_state *st;
	code_fn *fn;
};

struct stage {
	struct foreign_state st;
	struct role role[2];
	struct hs_sync_waitq queue;
};

static void task_main(struct hs_task *self, void *arg)
{
	const struct role *role = arg;

	assert_ptr_equal(hs_races_task(), self);
	role->fn(role->st);
}

static int set_up(struct hs_task *self, struct hs_plan *plan, void *state, const void *param)
{
	static const char *const names[] = { "one", "two" };
	const struct play *play = param;
	struct stage *stage = state;
	int ret = 0;

	(void)self;
	stage->st.wide = play->wide;
	for (size_t i = 0; i < COUNT(play->task) && !ret; i++) {
		stage->role[i] = (struct role){ &stage->st, play->task[i] };
		if (play->task[i])
			ret = hs_plan_task(plan, names[i], task_main, &stage->role[i]);
	}
	return ret;
}

static void check(struct hs_task *self, void *state, const void *param)
{
	const struct play *play = param;

	if (play->check)
		play->check(self, &((const struct stage *)state)->st);
}

static const struct hs_scenario scenario = { "foreign", sizeof(struct stage), set_up, check };

void foreign_relax(void)
{
	hs_sync_retry_wait(hs_races_task(), "the flag");
}

static void explore(const struct play *play, enum hs_search search, struct hs_explore_result *r)
{
	struct hs_explore_options options;

	hs_explore_options_init(&options);
	options.search = search;
	options.memory = play->memory;
	assert_int_equal(hs_explore(&scenario, play, &options, r), 0);
}

static const enum hs_search searches[] = { HS_SEARCH_DFS, HS_SEARCH_SLEEP, HS_SEARCH_DPOR };

/* ---- outcomes ----------------------------------------------------------------------------- */

#define OUTCOMES 16

/* Of all executions: what the check has noted, each value once, in order. */
static struct {
	uint64_t value[OUTCOMES];
	size_t count;
} outcomes;

static void note(uint64_t value)
{
	size_t at = 0;

	while (at < outcomes.count && outcomes.value[at] < value)
		at++;
	if (at < outcomes.count && outcomes.value[at] == value)
		return;
	assert_true(outcomes.count < OUTCOMES);
	for (size_t i = outcomes.count++; i > at; i--)
		outcomes.value[i] = outcomes.value[i - 1];
	outcomes.value[at] = value;
}

/* By each search; the list ends with END. */
#define END UINT64_MAX
static void expect_outcomes(const struct play *play, const uint64_t *expected)
{
	for (size_t i = 0; i < COUNT(searches); i++) {
		struct hs_explore_result r;

		outcomes.count = 0;
		explore(play, searches[i], &r);
		assert_string_equal(r.message, "");
		assert_true(r.exhaustive);
		for (size_t j = 0; j < outcomes.count; j++)
			assert_int_equal(outcomes.value[j], expected[j]);
		assert_int_equal(expected[outcomes.count], END);
		hs_explore_result_free(&r);
	}
}

#define EXPECT(play, ...) expect_outcomes((play), (const uint64_t[]){ __VA_ARGS__, END })

static void note_plain(struct hs_task *self, const struct foreign_state *st)
{
	(void)self;
	note(st->plain);
}

static void note_marked(struct hs_task *self, const struct foreign_state *st)
{
	(void)self;
	note(st->marked);
}

static void note_static(struct hs_task *self, const struct foreign_state *st)
{
	(void)self;
	(void)st;
	note(foreign_static());
}

static void note_seen(struct hs_task *self, const struct foreign_state *st)
{
	(void)self;
	note(10 * st->seen[0] + st->seen[1]);
}

static void note_sizes(struct hs_task *self, const struct foreign_state *st)
{
	(void)self;
	note(st->bytes[1] * 1000u + st->halves[1] * 100u + st->flag * 10u + (100 - st->wide));
	note(st->bytes[0] + st->bytes[2] + st->bytes[3] + st->halves[0]);
}

static void note_stores(struct hs_task *self, const struct foreign_state *st)
{
	(void)self;
	note(st->bytes[0] * 1000u + st->bytes[3] * 100u + st->halves[0] * 10u + st->halves[1]);
}

static void note_replaced(struct hs_task *self, const struct foreign_state *st)
{
	(void)self;
	note(st->seen[0] * 1000 + st->seen[1] * 100 + st->bytes[2] * 10u + st->plain);
}

static void note_bits(struct hs_task *self, const struct foreign_state *st)
{
	(void)self;
	note(st->wide);
	note(st->halves[0]);
	note(st->bytes[0]);
}

static void note_node(struct hs_task *self, const struct foreign_state *st)
{
	(void)self;
	note(st->one.value);
}

/* ---- steps -------------------------------------------------------------------------------- */

static void accesses_are_steps_plain_and_volatile_and_of_static_data(void **state)
{
	const struct play plain = { .task = { foreign_increment, foreign_increment },
				    .check = note_plain };
	const struct play marked = { .task = { foreign_increment_marked, foreign_increment_marked },
				     .check = note_marked };
	const struct play fixed = { .task = { foreign_increment_static, foreign_increment_static },
				    .check = note_static };
	const struct play copy = { .task = { foreign_copy_node, foreign_change_node },
				   .check = note_node };

	(void)state;
	EXPECT(&plain, 1, 2);
	EXPECT(&marked, 1, 2);
	EXPECT(&fixed, 41, 42);
	EXPECT(&copy, 0, 5);
}

static void atomics_are_steps_of_each_size(void **state)
{
	const struct play add = { .task = { foreign_add_each_size, foreign_add_each_size },
				  .check = note_sizes,
				  .wide = 100 };
	const struct play store = { .task = { foreign_store_first, foreign_store_second },
				    .check = note_stores };
	const struct play replace = { .task = { foreign_replace_each_size,
						foreign_replace_each_size },
				      .check = note_replaced };
	const struct play bits = { .task = { foreign_update_bits }, .check = note_bits };

	(void)state;
	EXPECT(&add, 0, 2222);
	EXPECT(&store, 1212);
	EXPECT(&replace, 1000 + 700 + 70 + 1);
	EXPECT(&bits, 9, 0x33, 0xffff);
}

/* ---- orders ------------------------------------------------------------------------------- */

static void atomics_have_their_orders_where_memory_is_weak(void **state)
{
	static const struct {
		code_fn *publish, *consume;
		bool stale;
	} rows[] = {
		{ foreign_publish_relaxed, foreign_consume_relaxed, true },
		{ foreign_publish_relaxed, foreign_consume_acquire, true },
		{ foreign_publish_release, foreign_consume_relaxed, true },
		{ foreign_publish_release, foreign_consume_acquire, false },
		{ foreign_publish_fence, foreign_consume_acquire, false },
		{ foreign_publish_fence, foreign_consume_relaxed, true },
		{ foreign_publish_release, foreign_exchange_acquire, false },
		{ foreign_publish_release, foreign_exchange_relaxed, true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct play play = { .task = { rows[i].publish, rows[i].consume },
				     .check = note_seen };

		EXPECT(&play, 0, 1, 11);
		play.memory = HS_MEMORY_VIEWS;
		if (rows[i].stale)
			EXPECT(&play, 0, 1, 10, 11);
		else
			EXPECT(&play, 0, 1, 11);
	}
}

/* ---- static data -------------------------------------------------------------------------- */

/* The first exploration leaves the lock taken, and each has two executions at least. */
static void static_data_is_what_it_was_in_each_exploration(void **state)
{
	const struct play alone = { .task = { foreign_take_static_lock, foreign_increment } };
	const struct play both = { .task = { foreign_take_static_lock, foreign_take_static_lock } };
	struct hs_explore_result r;

	(void)state;
	for (int i = 0; i < 2; i++) {
		explore(&alone, HS_SEARCH_DFS, &r);
		assert_string_equal(r.message, "");
		assert_true(r.executions > 1);
		hs_explore_result_free(&r);
		explore(&both, HS_SEARCH_DFS, &r);
		assert_int_equal(r.verdict, HS_VERDICT_FREED);
		hs_explore_result_free(&r);
	}
}

/* ---- loops -------------------------------------------------------------------------------- */

static void expect_no_retry_by_itself(code_fn *wait, enum hs_search search)
{
	const struct play set = { .task = { wait, foreign_set_flag } };
	const struct play unset = { .task = { wait, NULL } };
	struct hs_explore_result r;

	explore(&set, search, &r);
	assert_string_equal(r.message, "");
	assert_true(r.exhaustive);
	assert_true(r.steps_max < 20);
	hs_explore_result_free(&r);
	explore(&unset, search, &r);
	assert_int_equal(r.verdict, HS_VERDICT_LIVELOCK);
	hs_explore_result_free(&r);
}

/* A round that changes what only the task itself reads brings it no further. */
static void own_writes_end_no_retry(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(searches); i++) {
		expect_no_retry_by_itself(foreign_wait_for_flag, searches[i]);
		expect_no_retry_by_itself(foreign_wait_in_other_sizes, searches[i]);
	}
}

/* ---- races -------------------------------------------------------------------------------- */

static struct {
	unsigned int count;	  /* in this execution */
	unsigned int least, most; /* in one */
	unsigned int again;	  /* in the first one, which is run twice and checked once */
	struct hs_races_side first, second;
} told;

static void tell(void *ctx, const struct hs_races_side *first, const struct hs_races_side *second)
{
	assert_ptr_equal(ctx, &told);
	assert_true(first->plain || second->plain);
	assert_true(first->writes || second->writes);
	told.count++;
	told.first = *first;
	told.second = *second;
}

static void note_told(struct hs_task *self, const struct foreign_state *st)
{
	(void)self;
	(void)st;
	told.count -= told.again;
	told.again = told.least == UINT32_MAX ? told.count : 0;
	told.least = told.count < told.least ? told.count : told.least;
	told.most = told.count > told.most ? told.count : told.most;
	told.count = 0;
}

static void explore_races(code_fn *writer, code_fn *reader)
{
	const struct play play = { .task = { writer, reader }, .check = note_told };
	struct hs_explore_result r;

	told.count = told.most = told.again = 0;
	told.least = UINT32_MAX;
	hs_races_watch(tell, &told);
	explore(&play, HS_SEARCH_DFS, &r);
	hs_races_watch(NULL, NULL);
	assert_true(r.exhaustive);
	assert_int_equal(r.verdict, HS_VERDICT_NONE);
	hs_explore_result_free(&r);
}

static void races_of_plain_accesses_are_told_and_no_findings(void **state)
{
	static const struct {
		code_fn *writer, *reader;
		unsigned int races; /* in each execution */
	} rows[] = {
		{ foreign_write_plain, foreign_read_plain, 1 },
		{ foreign_write_plain, foreign_read_marked, 1 },
		{ foreign_write_marked, foreign_read_plain, 1 },
		{ foreign_write_both, foreign_read_plain, 2 },
		{ foreign_write_both, foreign_read_marked, 1 },
		{ foreign_write_marked, foreign_read_marked, 0 },
		{ foreign_write_marked, foreign_write_marked, 0 },
		{ foreign_read_plain, foreign_read_plain, 1 }, /* of .seen */
		{ foreign_add_each_size, foreign_add_each_size, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		explore_races(rows[i].writer, rows[i].reader);
		assert_int_equal(told.least, rows[i].races);
		assert_int_equal(told.most, rows[i].races);
	}
}

static struct hs_sync_waitq *queue_of(struct foreign_state *st)
{
	return &((struct stage *)(void *)st)->queue;
}

static bool is_written(struct hs_task *self, void *arg)
{
	(void)self;
	return foreign_is_written(arg);
}

static void wait_until_written(struct foreign_state *st)
{
	hs_sync_wait(hs_races_task(), queue_of(st), is_written, st);
}

static void write_and_wake(struct foreign_state *st)
{
	foreign_write_plain(st);
	hs_sync_wake_all(hs_races_task(), queue_of(st));
}

/* The last reads of a predicate, which are no steps. */
static void races_of_predicates_are_told(void **state)
{
	(void)state;
	explore_races(write_and_wake, wait_until_written);
	assert_true(told.least >= 1);
}

/* In the executions in which the reader sees the flag. */
static void fences_around_volatile_accesses_order(void **state)
{
	static const struct {
		code_fn *writer, *reader;
		unsigned int races;
	} rows[] = {
		{ foreign_publish_marked, foreign_consume_marked, 1 },
		{ foreign_publish_marked_fence, foreign_consume_marked, 1 },
		{ foreign_publish_marked, foreign_consume_marked_fence, 1 },
		{ foreign_publish_marked_fence, foreign_consume_marked_fence, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		explore_races(rows[i].writer, rows[i].reader);
		assert_int_equal(told.most, rows[i].races);
	}
}

static void races_name_the_lines_of_both(void **state)
{
	(void)state;
	explore_races(foreign_write_plain, foreign_read_marked);
	if (told.first.plain) {
		assert_non_null(strstr(told.first.place, ": foreign_write_plain()"));
		assert_non_null(strstr(told.second.place, ": foreign_read_marked()"));
		assert_true(told.first.writes && !told.second.writes);
	} else {
		assert_non_null(strstr(told.second.place, ": foreign_write_plain()"));
	}
}

/* ---- places ------------------------------------------------------------------------------- */

#define POISON "where no object is (task one)"

static void pointers_to_nothing_are_verdicts_that_name_the_line(void **state)
{
	const struct play null = { .task = { foreign_read_null, foreign_increment } };
	const struct play poison = { .task = { foreign_write_poison, foreign_increment } };
	struct hs_explore_result r;

	(void)state;
	explore(&null, HS_SEARCH_DPOR, &r);
	assert_int_equal(r.verdict, HS_VERDICT_FREED);
	assert_non_null(strstr(r.message, "at tests/unit/foreign_code.c:"));
	assert_non_null(strstr(r.message, ": foreign_read_null(): plain read of 8 bytes at address "
					  "0x10, " POISON));
	hs_explore_result_free(&r);
	explore(&poison, HS_SEARCH_DPOR, &r);
	assert_int_equal(r.verdict, HS_VERDICT_FREED);
	assert_non_null(strstr(r.message, ": foreign_write_poison(): plain write of 8 bytes at "
					  "address 0xdead000000000110, " POISON));
	assert_non_null(strstr(r.report, "plain write: foreign_write_poison()"));
	hs_explore_result_free(&r);
}

static void a_pointer_to_nothing_is_told_by_the_kind_of_its_access(void **state)
{
	static const struct {
		void (*code)(struct foreign_state *st);
		const char *told;
	} row[] = {
		{ foreign_read_null_marked,
		  ": foreign_read_null_marked(): volatile read of 8 bytes at address 0x10, " POISON },
		{ foreign_write_null_marked,
		  ": foreign_write_null_marked(): volatile write of 8 bytes at address 0x10, " POISON },
		{ foreign_add_null,
		  ": foreign_add_null(): atomic access of 8 bytes at address 0x10, " POISON },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		const struct play play = { .task = { row[i].code } };
		struct hs_explore_result r;

		explore(&play, HS_SEARCH_DPOR, &r);
		assert_int_equal(r.verdict, HS_VERDICT_FREED);
		assert_non_null(strstr(r.message, "at tests/unit/foreign_code.c:"));
		assert_non_null(strstr(r.message, row[i].told));
		hs_explore_result_free(&r);
	}
}

static void forbids_lost_updates(struct hs_task *self, const struct foreign_state *st)
{
	hs_sync_assert(self, st->plain == 2 && st->marked == 2, "an update is lost");
}

static void increment_both(struct foreign_state *st)
{
	foreign_increment(st);
	foreign_increment_marked(st);
}

static void steps_are_reported_at_their_lines_and_replay(void **state)
{
	const struct play play = { .task = { increment_both, increment_both },
				   .check = forbids_lost_updates };
	struct hs_explore_options options;
	struct hs_explore_result r, again;

	(void)state;
	explore(&play, HS_SEARCH_DPOR, &r);
	assert_int_equal(r.verdict, HS_VERDICT_ASSERT);
	assert_non_null(strstr(r.report, "plain read: foreign_increment()"));
	assert_non_null(strstr(r.report, "plain write: foreign_increment()"));
	assert_non_null(strstr(r.report, "load: foreign_increment_marked()"));
	assert_non_null(strstr(r.report, "store: foreign_increment_marked()"));
	assert_non_null(strstr(r.report, "tests/unit/foreign_code.c:"));
	assert_null(strstr(r.report, "after tests/unit/foreign_code.c"));
	hs_explore_options_init(&options);
	options.search = HS_SEARCH_REPLAY;
	options.token = r.token;
	assert_int_equal(hs_explore(&scenario, &play, &options, &again), 0);
	assert_string_equal(again.message, r.message);
	assert_string_equal(again.report, r.report);
	hs_explore_result_free(&again);
	hs_explore_result_free(&r);
}

static void fails(struct hs_task *self, const struct foreign_state *st)
{
	(void)st;
	hs_sync_fail(self, HS_SYNC_HERE, "end", "always");
}

static void each_kind_of_step_has_words_and_its_line(void **state)
{
	const struct play play = { .task = { foreign_take_each_step },
				   .check = fails,
				   .memory = HS_MEMORY_VIEWS };
	static const char *const word[] = {
		"store.rel",   "store.rlx", "load.acq", "load.rlx",    "plain write",
		"add.acq_rel", "xor.rlx",   "nand.rlx", "cmpxchg.rlx", "fence.sc",
	};
	struct hs_explore_result r;

	(void)state;
	explore(&play, HS_SEARCH_DFS, &r);
	for (size_t i = 0; i < sizeof(word) / sizeof(word[0]); i++) {
		char text[64];
		const char *step, *line, *next;

		snprintf(text, sizeof(text), "\n%s: foreign_take_each_step() ", word[i]);
		step = strstr(r.report, text);
		assert_non_null(step);
		step += strlen(text);
		line = strstr(step, " tests/unit/foreign_code.c:");
		next = strstr(step, "foreign_take_each_step()");
		assert_true(line && (!next || line < next));
	}
	hs_explore_result_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accesses_are_steps_plain_and_volatile_and_of_static_data),
		cmocka_unit_test(atomics_are_steps_of_each_size),
		cmocka_unit_test(atomics_have_their_orders_where_memory_is_weak),
		cmocka_unit_test(static_data_is_what_it_was_in_each_exploration),
		cmocka_unit_test(own_writes_end_no_retry),
		cmocka_unit_test(races_of_plain_accesses_are_told_and_no_findings),
		cmocka_unit_test(races_of_predicates_are_told),
		cmocka_unit_test(fences_around_volatile_accesses_order),
		cmocka_unit_test(races_name_the_lines_of_both),
		cmocka_unit_test(pointers_to_nothing_are_verdicts_that_name_the_line),
		cmocka_unit_test(a_pointer_to_nothing_is_told_by_the_kind_of_its_access),
		cmocka_unit_test(steps_are_reported_at_their_lines_and_replay),
		cmocka_unit_test(each_kind_of_step_has_words_and_its_line),
	};

	return cmocka_run_group_tests_name("foreign", tests, NULL, NULL);
}
