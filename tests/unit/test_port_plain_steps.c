/* SPDX-License-Identifier: MIT */
/*
 * What plain accesses are taken for, by memory and by kind of object: nothing, checked, steps. Of
 * those that are steps: which orders are explored, what is found, and what is said.
 */
#include <hmmsim/hmmsim.h>

#include "port/port.h"
#include "support/test.h"

#define FILE_TEXT 256
/* A constant @name: the line that is @down lines below. */
#define LINE_BELOW(name, down) static const int name = __LINE__ + (down)

static const struct hs_sync_kind node_kind = { "node" };
static const struct hs_sync_kind other_kind = { "other" };
static const struct hs_sync_kind unnamed_kind = { NULL };

struct node {
	uint64_t value;
	uint32_t more[6];
};

struct plain_state {
	struct hs_sync_u32 word, begin, seen[2];
	struct hs_sync_ptr ptr;
	struct hs_sync_waitq queue;
	struct node one, two;
	uint32_t count, other;
	uint8_t bytes[8];
};

typedef void task_fn(struct hs_task *self, void *state);
typedef void check_fn(struct hs_task *self, struct plain_state *st);

/* What is explored: up to two pieces of memory, and a kind, that have modes. */
struct play {
	task_fn *task[2];
	check_fn *check;
	enum hs_plain plain; /* of the exploration */
	struct {
		size_t offset, size; /* 0: none */
		enum hs_plain plain;
	} piece[2];
	const struct hs_sync_kind *kind;
	enum hs_plain kind_plain;
};

static const struct hs_sync_kind *allocated_kind = &node_kind;

static int set_up(struct hs_task *self, struct hs_plan *plan, void *state, const void *param)
{
	static const char *const names[] = { "one", "two" };
	const struct play *play = param;
	struct plain_state *st = state;
	struct node *n = hs_sync_alloc(self, allocated_kind, sizeof(*n));
	int ret = n ? 0 : -ENOMEM;

	hs_sync_ptr_init(&st->ptr, n);
	for (size_t i = 0; i < COUNT(play->piece) && !ret; i++)
		if (play->piece[i].size)
			ret = hs_plan_plain(plan, play->piece[i].plain,
					    (char *)st + play->piece[i].offset,
					    play->piece[i].size);
	if (play->kind && !ret)
		ret = hs_plan_plain_kind(plan, play->kind_plain, play->kind);
	for (size_t i = 0; i < COUNT(play->task) && !ret; i++)
		if (play->task[i])
			ret = hs_plan_task(plan, names[i], play->task[i], st);
	return ret;
}

static void check(struct hs_task *self, void *state, const void *param)
{
	const struct play *play = param;
	struct plain_state *st = state;

	if (play->check)
		play->check(self, st);
	hs_sync_free(self, hs_sync_ptr_xchg(self, &st->ptr, NULL, HS_SYNC_RELAXED));
}

static const struct hs_scenario scenario = { "plain", sizeof(struct plain_state), set_up, check };

static void explore(const struct play *play, enum hs_search how, struct hs_explore_result *r)
{
	struct hs_explore_options options;

	hs_explore_options_init(&options);
	options.search = how;
	options.plain = play->plain;
	options.timeline = true;
	assert_int_equal(hs_explore(&scenario, play, &options, r), 0);
}

static void expect_replay(const struct play *play, const struct hs_explore_result *found)
{
	struct hs_explore_options options;
	struct hs_explore_result again;

	hs_explore_options_init(&options);
	options.search = HS_SEARCH_REPLAY;
	options.token = found->token;
	assert_int_equal(hs_explore(&scenario, play, &options, &again), 0);
	assert_int_equal(again.verdict, found->verdict);
	assert_string_equal(again.message, found->message);
	assert_string_equal(again.report, found->report);
	hs_explore_result_free(&again);
}

/* By each search that has an end. */
static void expect(const struct play *play, enum hs_verdict verdict, const char *text)
{
	static const enum hs_search searches[] = { HS_SEARCH_DFS, HS_SEARCH_SLEEP, HS_SEARCH_DPOR };

	for (size_t i = 0; i < COUNT(searches); i++) {
		struct hs_explore_result r;

		explore(play, searches[i], &r);
		if (r.verdict != verdict || !strstr(r.message, text))
			fail_msg("search %zu: %s: %s; expected %s: %s", i,
				 hs_verdict_name(r.verdict), r.message, hs_verdict_name(verdict),
				 text);
		if (verdict == HS_VERDICT_NONE)
			assert_true(r.exhaustive);
		else
			expect_replay(play, &r);
		hs_explore_result_free(&r);
	}
}

static uint32_t get(const uint32_t *word)
{
	hs_races_access(word, sizeof(*word), HS_RACES_READ);
	return *(const volatile uint32_t *)word;
}

static void set(uint32_t *word, uint32_t value)
{
	hs_races_access(word, sizeof(*word), HS_RACES_WRITE);
	*(volatile uint32_t *)word = value;
}

#define TASK(name, ...)                                     \
	static void name(struct hs_task *self, void *state) \
	{                                                   \
		struct plain_state *st = state;             \
                                                            \
		(void)self;                                 \
		(void)st;                                   \
		__VA_ARGS__                                 \
	}
#define CHECK(name, ...)                                               \
	static void name(struct hs_task *self, struct plain_state *st) \
	{                                                              \
		__VA_ARGS__                                            \
	}
#define STEP hs_sync_u32_load(self, &st->begin, HS_SYNC_RELAXED)
#define PIECE(member, mode)                                                                      \
	{                                                                                        \
		offsetof(struct plain_state, member), sizeof(((struct plain_state *)0)->member), \
			(mode)                                                                   \
	}
#define PLAY(one, two, check, plain)                                            \
	{                                                                       \
		{ one, two }, check, (plain), { { 0 } }, NULL, HS_PLAIN_CHECKED \
	}
#define PIECES(one, two, plain, ...)                                                 \
	{                                                                            \
		{ one, two }, NULL, (plain), { __VA_ARGS__ }, NULL, HS_PLAIN_CHECKED \
	}
#define KIND(one, two, plain, kind, kind_plain)                               \
	{                                                                     \
		{ one, two }, NULL, (plain), { { 0 } }, &(kind), (kind_plain) \
	}
#define STEPS HS_PLAIN_STEPS
#define IGNORED HS_PLAIN_IGNORED
#define CHECKED HS_PLAIN_CHECKED

/* ---- orders -------------------------------------------------------------------------------- */

TASK(adds, set(&st->count, get(&st->count) + 1);)
CHECK(counts_two, hs_sync_assert(self, st->count == 2, "%u counted", st->count);)
CHECK(counts_any, hs_sync_assert(self, st->count == 1 || st->count == 2, "%u", st->count);)

static void both_orders_of_a_race_are_explored(void **state)
{
	static const struct play lost = PLAY(adds, adds, counts_two, STEPS);
	static const struct play any = PLAY(adds, adds, counts_any, STEPS);
	static const struct play checked = PLAY(adds, adds, NULL, CHECKED);
	struct hs_explore_result r;

	(void)state;
	expect(&lost, HS_VERDICT_ASSERT, "1 counted");
	expect(&any, HS_VERDICT_NONE, "");
	expect(&checked, HS_VERDICT_RACE, "nothing orders them");
	explore(&any, HS_SEARCH_DFS, &r);
	assert_int_equal(r.complete, 6); /* of two reads and two writes */
	hs_explore_result_free(&r);
	explore(&any, HS_SEARCH_DPOR, &r);
	assert_int_equal(r.complete, 4);
	hs_explore_result_free(&r);
}

TASK(stores_one, set(&st->count, 1);
     hs_sync_u32_store(self, &st->seen[0], get(&st->other), HS_SYNC_RELAXED);)
TASK(stores_other, set(&st->other, 1);
     hs_sync_u32_store(self, &st->seen[1], get(&st->count), HS_SYNC_RELAXED);)
CHECK(one_saw_the_other, {
	uint32_t a = hs_sync_u32_load(self, &st->seen[0], HS_SYNC_RELAXED);
	uint32_t b = hs_sync_u32_load(self, &st->seen[1], HS_SYNC_RELAXED);

	hs_sync_assert(self, a || b, "both saw 0");
})

static void a_step_has_its_effect_before_the_next_one(void **state)
{
	static const struct play play = PLAY(stores_one, stores_other, one_saw_the_other, STEPS);

	(void)state;
	expect(&play, HS_VERDICT_NONE, "");
}

/* ---- copies -------------------------------------------------------------------------------- */

/* As gcc does: both calls, then the copy. */
static void copy(struct node *to, const struct node *from)
{
	hs_races_access(to, sizeof(*to), HS_RACES_WRITE);
	hs_races_access(from, sizeof(*from), HS_RACES_READ);
	*to = *from;
}

TASK(copies, copy(&st->one, &st->two);)
/* Between the two calls for a copy nothing is written: the change may be seen through the copy. */
TASK(changes_and_sees, set(&st->two.more[1], 7);
     hs_sync_u32_store(self, &st->seen[1], get(&st->one.more[1]), HS_SYNC_RELAXED);)
CHECK(change_was_not_seen, {
	uint32_t seen = hs_sync_u32_load(self, &st->seen[1], HS_SYNC_RELAXED);

	hs_sync_assert(self, !seen, "%u was seen", seen);
})
static void a_copy_writes_where_both_of_its_sides_are_declared(void **state)
{
	static const struct play seen = PLAY(copies, changes_and_sees, change_was_not_seen, STEPS);

	(void)state;
	expect(&seen, HS_VERDICT_ASSERT, "7 was seen");
}

static struct node far;

static int set_up_far(struct hs_task *self, struct hs_plan *plan, void *state, const void *param)
{
	assert_int_equal(hs_plan_data(plan, &far, sizeof(far)), 0);
	return set_up(self, plan, state, param);
}

TASK(copies_far, STEP; copy(&st->one, &far);)

static void a_copy_that_no_step_can_show_is_refused(void **state)
{
	static const struct hs_scenario far_apart = { "far", sizeof(struct plain_state), set_up_far,
						      check };
	static const struct play play = PLAY(copies_far, NULL, NULL, STEPS);
	struct hs_explore_options options;
	struct hs_explore_result r;

	(void)state;
	hs_explore_options_init(&options);
	options.plain = HS_PLAIN_STEPS;
	assert_int_equal(hs_explore(&far_apart, &play, &options, &r), 0);
	assert_int_equal(r.verdict, HS_VERDICT_ASSERT);
	assert_non_null(strstr(r.message, "too far apart for one step: use memcpy()"));
	hs_explore_result_free(&r);
}

/* ---- use after free ------------------------------------------------------------------------ */

TASK(frees, hs_sync_free(self, hs_sync_ptr_xchg(self, &st->ptr, NULL, HS_SYNC_ACQ_REL));)
TASK(uses, {
	struct node *n = hs_sync_ptr_load(self, &st->ptr, HS_SYNC_ACQUIRE);

	if (n)
		set(&n->more[1], 1);
})
TASK(uses_beyond, {
	struct node *n = hs_sync_ptr_load(self, &st->ptr, HS_SYNC_ACQUIRE);

	hs_races_access(n, 1 << 20, HS_RACES_READ);
})

/* Its last byte alone lies outside of the object. */
TASK(uses_across_the_end, {
	char *n = hs_sync_ptr_load(self, &st->ptr, HS_SYNC_ACQUIRE);

	hs_races_access(n + sizeof(struct node) - 1, 2, HS_RACES_READ);
})

static void a_step_on_what_is_freed_is_a_use_after_free(void **state)
{
	static const struct play play = PLAY(uses, frees, NULL, STEPS);
	static const struct play kind = KIND(uses, frees, IGNORED, node_kind, STEPS);
	static const struct play none = KIND(uses, frees, STEPS, node_kind, IGNORED);
	static const struct play beyond = PLAY(uses_beyond, NULL, NULL, STEPS);
	static const struct play across = PLAY(uses_across_the_end, NULL, NULL, STEPS);

	(void)state;
	expect(&play, HS_VERDICT_FREED, "plain write of an object that is freed (task one): node");
	expect(&kind, HS_VERDICT_FREED, "plain write of an object that is freed (task one): node");
	expect(&none, HS_VERDICT_NONE, "");
	expect(&beyond, HS_VERDICT_FREED, "plain read of 1048576 bytes of an object that");
	expect(&across, HS_VERDICT_FREED, "plain read of 2 bytes of an object that");
}

/* ---- modes --------------------------------------------------------------------------------- */

TASK(writes_node, {
	struct node *n = hs_sync_ptr_load(self, &st->ptr, HS_SYNC_RELAXED);

	set(&n->more[0], 1);
})
TASK(writes_count, STEP; set(&st->count, 1);)
TASK(writes_bytes, STEP; hs_races_access(st->bytes, 8, HS_RACES_WRITE);)
TASK(writes_byte_4, STEP; hs_races_access(st->bytes + 4, 1, HS_RACES_WRITE);)
TASK(writes_byte_3, STEP; hs_races_access(st->bytes + 3, 1, HS_RACES_WRITE);)

static void the_smallest_piece_says_what_an_access_is_taken_for(void **state)
{
	static const struct play inner = PIECES(writes_count, writes_count, CHECKED,
						{ 0, sizeof(struct plain_state), STEPS },
						PIECE(count, IGNORED));
	static const struct play outer = PIECES(writes_count, writes_count, IGNORED,
						{ 0, sizeof(struct plain_state), IGNORED },
						PIECE(count, CHECKED));
	static const struct play halves_4 =
		PIECES(writes_bytes, writes_byte_4, IGNORED,
		       { offsetof(struct plain_state, bytes) + 4, 4, CHECKED });
	static const struct play halves_3 =
		PIECES(writes_bytes, writes_byte_3, IGNORED,
		       { offsetof(struct plain_state, bytes) + 4, 4, CHECKED });

	static const struct play equal = PIECES(writes_count, writes_count, STEPS,
						PIECE(count, CHECKED), PIECE(count, IGNORED));

	(void)state;
	expect(&inner, HS_VERDICT_NONE, "");
	expect(&equal, HS_VERDICT_RACE, "plain write of 4 bytes");
	expect(&outer, HS_VERDICT_RACE, "plain write of 4 bytes");
	expect(&halves_4, HS_VERDICT_RACE, "plain write of 4 bytes");
	expect(&halves_3, HS_VERDICT_NONE, "");
}

static void a_kind_says_it_of_its_objects(void **state)
{
	static const struct play checked =
		KIND(writes_node, writes_node, IGNORED, node_kind, CHECKED);
	static const struct play steps = KIND(writes_node, writes_node, CHECKED, node_kind, STEPS);
	static const struct play others =
		KIND(writes_node, writes_node, CHECKED, other_kind, STEPS);
	static const struct play unnamed =
		KIND(writes_node, writes_node, CHECKED, unnamed_kind, STEPS);

	(void)state;
	expect(&checked, HS_VERDICT_RACE, "plain write of 4 bytes at node 0+0x8");
	expect(&steps, HS_VERDICT_NONE, "");
	expect(&others, HS_VERDICT_RACE, "at node 0+0x8");
	allocated_kind = &other_kind;
	expect(&others, HS_VERDICT_NONE, "");
	allocated_kind = &unnamed_kind;
	expect(&unnamed, HS_VERDICT_NONE, "");
	allocated_kind = &node_kind;
	expect(&unnamed, HS_VERDICT_RACE, "at node 0+0x8");
}

TASK(writes_both, set(&st->other, 1); set(&st->count, 1); STEP;)

static void what_is_checked_is_not_ordered_by_steps_beside_it(void **state)
{
	static const struct play play =
		PIECES(writes_both, writes_both, CHECKED, PIECE(count, STEPS));

	(void)state;
	expect(&play, HS_VERDICT_RACE, "plain write of 4 bytes");
}

TASK(stores_word, hs_sync_u32_store(self, &st->word, 1, HS_SYNC_RELAXED);)
TASK(reads_word, STEP; hs_races_access(&st->word, 4, HS_RACES_READ);)
TASK(is_atomic, STEP; hs_races_access(&st->count, 4, HS_RACES_ATOMIC);)

static void a_word_races_only_where_accesses_are_checked(void **state)
{
	static const struct play race = PLAY(stores_word, reads_word, NULL, CHECKED);
	static const struct play steps =
		PIECES(stores_word, reads_word, CHECKED, PIECE(word, STEPS));
	static const struct play atomic = PLAY(is_atomic, NULL, NULL, STEPS);
	static const struct play free_atomic =
		PIECES(is_atomic, NULL, CHECKED, PIECE(count, IGNORED));

	(void)state;
	expect(&race, HS_VERDICT_RACE, "");
	expect(&steps, HS_VERDICT_NONE, "");
	expect(&atomic, HS_VERDICT_ASSERT, "an atomic access to scenario state+0x");
	expect(&free_atomic, HS_VERDICT_NONE, "");
}

/* No task looks at the value. */
TASK(counts_reference, hs_u32_count(self, (hs_u32 *)&st->word, 1, -1, HS_ACQ_REL);)

static uint64_t executions_of(enum hs_plain plain, enum hs_plain kind_plain)
{
	const struct play play =
		KIND(counts_reference, counts_reference, plain, node_kind, kind_plain);
	struct hs_explore_result r;
	uint64_t complete;

	explore(&play, HS_SEARCH_DPOR, &r);
	assert_int_equal(r.verdict, HS_VERDICT_NONE);
	complete = r.complete;
	hs_explore_result_free(&r);
	return complete;
}

static void counts_commute_where_nothing_is_checked(void **state)
{
	(void)state;
	assert_int_equal(executions_of(IGNORED, IGNORED), 1);
	assert_int_equal(executions_of(STEPS, IGNORED), 1);
	assert_int_equal(executions_of(CHECKED, IGNORED), 2);
	assert_int_equal(executions_of(IGNORED, CHECKED), 2);
}

/* ---- waits --------------------------------------------------------------------------------- */

static bool is_counted(struct hs_task *self, void *state)
{
	(void)self;
	return get(&((struct plain_state *)state)->count) != 0;
}

static bool counts_itself(struct hs_task *self, void *state)
{
	(void)self;
	set(&((struct plain_state *)state)->count, 1);
	return true;
}

TASK(waits, hs_sync_wait(self, &st->queue, is_counted, st);
     hs_sync_assert(self, get(&st->count), "0 after the wait");)
TASK(counts_and_wakes, set(&st->count, 1); hs_sync_wake_all(self, &st->queue);)
TASK(counts_and_sleeps, set(&st->count, 1);)
TASK(writes_in_predicate, hs_sync_wait(self, &st->queue, counts_itself, st);)

static void a_predicate_may_read_what_is_a_step(void **state)
{
	static const struct play woken = PLAY(waits, counts_and_wakes, NULL, STEPS);
	static const struct play lost = PLAY(waits, counts_and_sleeps, NULL, STEPS);
	static const struct play writes = PLAY(writes_in_predicate, NULL, NULL, STEPS);

	(void)state;
	expect(&woken, HS_VERDICT_NONE, "");
	expect(&lost, HS_VERDICT_LOST_WAKE, "");
	expect(&writes, HS_VERDICT_ASSERT, "plain write in the predicate of a wait");
}

TASK(retries, while (!get(&st->count)) hs_sync_retry_wait(self, "the count");)
TASK(
	retries_and_writes, while (!get(&st->count)) {
		set(&st->other, get(&st->other) + 1);
		hs_sync_retry_wait(self, "the count");
	})
TASK(retries_bytes, {
	hs_races_access(st->bytes, 8, HS_RACES_READ);
	while (!*(volatile uint8_t *)&st->bytes[5]) {
		hs_sync_retry_wait(self, "a byte");
		hs_races_access(&st->bytes[5], 1, HS_RACES_READ);
	}
})
TASK(sets_byte, hs_races_access(&st->bytes[5], 1, HS_RACES_WRITE);
     *(volatile uint8_t *)&st->bytes[5] = 1;)

static void a_retry_ends_when_what_was_read_has_changed(void **state)
{
	static const struct play play = PLAY(retries, counts_and_sleeps, NULL, STEPS);
	static const struct play never = PLAY(retries, NULL, NULL, STEPS);
	static const struct play bytes = PLAY(retries_bytes, sets_byte, NULL, STEPS);

	(void)state;
	expect(&play, HS_VERDICT_NONE, "");
	expect(&never, HS_VERDICT_LIVELOCK, "");
	expect(&bytes, HS_VERDICT_NONE, "");
}

/* What it has written itself is no reason to go on. */
static void a_task_does_not_wake_itself(void **state)
{
	static const struct play play = PLAY(retries_and_writes, counts_and_sleeps, NULL, STEPS);

	(void)state;
	expect(&play, HS_VERDICT_NONE, "");
}

/* ---- as words ------------------------------------------------------------------------------ */

static bool by_word;

static uint32_t fetch(struct hs_task *self, struct plain_state *st)
{
	return by_word ? hs_sync_u32_load(self, &st->word, HS_SYNC_RELAXED) : get(&st->count);
}

static void put(struct hs_task *self, struct plain_state *st, uint32_t value)
{
	if (by_word)
		hs_sync_u32_store(self, &st->word, value, HS_SYNC_RELAXED);
	else
		set(&st->count, value);
}

/* Where the 2 comes between, and is lost, the task looks again all the same. */
TASK(
	overwrites, while (fetch(self, st) != 2) {
		put(self, st, 1);
		hs_sync_retry_wait(self, "a 2");
	})
TASK(puts_two, put(self, st, 2);)
TASK(awaits, while (fetch(self, st) != 2) hs_sync_retry_wait(self, "a 2");)
TASK(puts_three, put(self, st, fetch(self, st) + 1); put(self, st, 3); put(self, st, 2);)

static void plain_steps_are_explored_as_those_of_a_word(void **state)
{
	static const struct play plays[] = { PLAY(overwrites, puts_two, NULL, STEPS),
					     PLAY(awaits, puts_three, NULL, STEPS),
					     PLAY(puts_three, puts_three, NULL, STEPS) };

	(void)state;
	for (size_t i = 0; i < 2 * COUNT(plays); i++) {
		enum hs_search how = i & 1 ? HS_SEARCH_DPOR : HS_SEARCH_DFS;
		struct hs_explore_result plain, word;

		explore(&plays[i / 2], how, &plain);
		by_word = true;
		explore(&plays[i / 2], how, &word);
		by_word = false;
		assert_int_equal(plain.verdict, word.verdict);
		assert_int_equal(plain.executions, word.executions);
		assert_int_equal(plain.steps, word.steps);
		assert_int_equal(plain.steps_max, word.steps_max);
		hs_explore_result_free(&plain);
		hs_explore_result_free(&word);
	}
}

/* ---- what is said -------------------------------------------------------------------------- */

LINE_BELOW(steps_at, 5);

static void says(struct hs_task *self, void *state)
{
	struct plain_state *st = state;
	(void)hs_sync_u32_load(self, &st->begin, HS_SYNC_RELAXED);
	set(&st->count, 7);
	set(&st->count, get(&st->count) + 0x301);
	hs_races_access((char *)&st->count + 1, 1, HS_RACES_READ);
	hs_sync_assert(self, false, "the end");
}

static void a_report_has_a_line_for_each_step(void **state)
{
	static const struct play play = PLAY(says, NULL, NULL, STEPS);
	static const char *const lines[][2] = { { "write", "0 -> 7" },
						{ "read", "7" },
						{ "write", "7 -> 0x308" } };
	struct hs_explore_result r;
	const char *at;
	char text[FILE_TEXT];

	(void)state;
	explore(&play, HS_SEARCH_DPOR, &r);
	at = r.report;
	for (size_t i = 0; i < COUNT(lines); i++) {
		snprintf(text, sizeof(text), "plain %s scenario state+0x%zx  %s  after %s:%d",
			 lines[i][0], offsetof(struct plain_state, count), lines[i][1], __FILE__,
			 steps_at);
		at = strstr(at, text);
		if (!at)
			fail_msg("no line '%s' in:\n%s", text, r.report);
	}
	snprintf(text, sizeof(text), "plain read scenario state+0x%zx  3  after ",
		 offsetof(struct plain_state, count) + 1);
	assert_non_null(strstr(at, text));
	assert_non_null(strstr(r.timeline, "\"place before\":\""));
	hs_explore_result_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_orders_of_a_race_are_explored),
		cmocka_unit_test(a_step_has_its_effect_before_the_next_one),
		cmocka_unit_test(a_copy_writes_where_both_of_its_sides_are_declared),
		cmocka_unit_test(a_copy_that_no_step_can_show_is_refused),
		cmocka_unit_test(a_step_on_what_is_freed_is_a_use_after_free),
		cmocka_unit_test(the_smallest_piece_says_what_an_access_is_taken_for),
		cmocka_unit_test(a_kind_says_it_of_its_objects),
		cmocka_unit_test(what_is_checked_is_not_ordered_by_steps_beside_it),
		cmocka_unit_test(a_word_races_only_where_accesses_are_checked),
		cmocka_unit_test(counts_commute_where_nothing_is_checked),
		cmocka_unit_test(a_predicate_may_read_what_is_a_step),
		cmocka_unit_test(a_retry_ends_when_what_was_read_has_changed),
		cmocka_unit_test(a_task_does_not_wake_itself),
		cmocka_unit_test(plain_steps_are_explored_as_those_of_a_word),
		cmocka_unit_test(a_report_has_a_line_for_each_step),
	};

	hs_races_report();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
