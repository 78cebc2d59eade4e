/* SPDX-License-Identifier: MIT */
/*
 * What a scenario does must follow from the decisions: data of its author's own, which no execution
 * puts back, is found where it makes a difference.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "port/port.h"
#include "support/exploration.h"

#define EARLIER "in an earlier execution with the same decisions"
#define ADVICE ": it depends on data outside the machine, see hs_plan_data()"

union either {
	hs_u64 word;
	hs_u32 half;
};

struct state {
	union either at[2];
};

/* Data of the author's own: an execution changes it, and the next one sees that. */
static struct {
	unsigned int turns;
} own;
static unsigned int odd_turn; /* in which turn a task does something else */
static hs_u64 *heap[64];
static bool named; /* the set-up names the data */

typedef void task_fn(struct hs_task *self, void *state);

struct tale {
	task_fn *one;
	void (*check)(struct hs_task *self, struct state *st);
};

static void add(struct hs_task *self, void *state, unsigned int word)
{
	hs_u64_add(self, &((struct state *)state)->at[word].word, 1, HS_RELAXED);
}

static void adds_twice(struct hs_task *self, void *state)
{
	add(self, state, 0);
	add(self, state, 0);
}

static int tale_setup(struct hs_task *self, struct hs_plan *plan, void *state, const void *param)
{
	const struct tale *tale = param;

	(void)self;
	own.turns = 0;
	if (named) {
		assert_int_equal(hs_plan_data(plan, heap, sizeof(heap)), 0);
		assert_int_equal(hs_plan_data(plan, &own, sizeof(own)), 0);
	}
	assert_int_equal(hs_plan_task(plan, "one", tale->one, state), 0);
	assert_int_equal(hs_plan_task(plan, "two", adds_twice, state), 0);
	return hs_plan_task(plan, "three", adds_twice, state);
}

static void tale_check(struct hs_task *self, void *state, const void *param)
{
	const struct tale *tale = param;

	if (tale->check)
		tale->check(self, state);
}

static const struct hs_scenario scenario = {
	.name = "tale",
	.state_size = sizeof(struct state),
	.setup = tale_setup,
	.check = tale_check,
};

static bool turn_is_odd(void)
{
	return own.turns++ == odd_turn;
}

/* ---- tasks that do something else in one turn --------------------------------------------- */

static void takes_another_word(struct hs_task *self, void *state)
{
	add(self, state, 0);
	add(self, state, turn_is_odd());
}

static void takes_half_a_word(struct hs_task *self, void *state)
{
	struct state *st = state;

	add(self, state, 0);
	if (turn_is_odd())
		hs_u32_add(self, &st->at[0].half, 1, HS_RELAXED);
	else
		add(self, state, 0);
}

static void loads_in_place_of_a_store(struct hs_task *self, void *state)
{
	struct state *st = state;

	add(self, state, 0);
	if (turn_is_odd())
		hs_u64_load(self, &st->at[0].word, HS_RELAXED);
	else
		hs_u64_store(self, &st->at[0].word, 7, HS_RELAXED);
}

static void stores_another_value(struct hs_task *self, void *state)
{
	add(self, state, 0);
	hs_u64_store(self, &((struct state *)state)->at[0].word, 5 + turn_is_odd(), HS_RELAXED);
}

static void ends_early(struct hs_task *self, void *state)
{
	add(self, state, 0);
	if (!turn_is_odd())
		add(self, state, 0);
}

static void goes_on(struct hs_task *self, void *state)
{
	add(self, state, 0);
	if (turn_is_odd())
		add(self, state, 0);
}

static void chooses_among_more(struct hs_task *self, void *state)
{
	add(self, state, 0);
	hs_choose(self, 2 + turn_is_odd(), "anything");
}

static void chooses(struct hs_task *self, void *state)
{
	add(self, state, 0);
	if (turn_is_odd())
		hs_choose(self, 2, "anything");
}

/* Among as many as the other step has bytes, and with the same value. */
static void chooses_in_place_of_a_load(struct hs_task *self, void *state)
{
	add(self, state, 1);
	if (turn_is_odd())
		hs_choose(self, 8, "anything");
	else
		hs_u64_load(self, &((struct state *)state)->at[1].word, HS_RELAXED);
}

static void stores_another_value_and_chooses(struct hs_task *self, void *state)
{
	bool is_odd;

	add(self, state, 0);
	is_odd = turn_is_odd();
	hs_u64_store(self, &((struct state *)state)->at[0].word, 5 + is_odd, HS_RELAXED);
	if (is_odd)
		hs_choose(self, 2, "anything");
	add(self, state, 0);
}

static void does_not_choose(struct hs_task *self, void *state)
{
	add(self, state, 0);
	if (!turn_is_odd())
		hs_choose(self, 2, "anything");
}

/* One line, whose number the messages below need not know. */
static void fails_if(struct hs_task *self, bool it)
{
	if (it)
		hs_fail(self, "a.c:1", "an odd turn");
}

static void fails(struct hs_task *self, void *state)
{
	add(self, state, 0);
	fails_if(self, turn_is_odd());
}

static void tries_again(struct hs_task *self, void *state)
{
	add(self, state, 0);
	while (turn_is_odd())
		hs_retry_wait(self, "nothing");
}

static void allocates_a_word(struct hs_task *self, void *state)
{
	hs_u64 *word;

	add(self, state, 0);
	word = malloc(sizeof(*word));
	hs_u64_init(word, 0);
	heap[own.turns++] = word; /* kept, so that the next one is another */
	hs_u64_add(self, word, 1, HS_RELAXED);
}

/* ---- searches ----------------------------------------------------------------------------- */

static void look(const struct tale *tale, enum hs_search search, struct hs_explore_result *r)
{
	struct hs_explore_options options;

	hs_explore_options_init(&options);
	options.search = search;
	options.go_on = true;
	options.max_executions = 1000;
	options.bound = 8;
	options.shrink = 0; /* turns are counted */
	assert_int_equal(hs_explore(&scenario, tale, &options, r), 0);
}

static const enum hs_search searches[] = { HS_SEARCH_DFS,      HS_SEARCH_SLEEP,	 HS_SEARCH_DPOR,
					   HS_SEARCH_BOUND,    HS_SEARCH_RANDOM, HS_SEARCH_PCT,
					   HS_SEARCH_PORTFOLIO };
#define SYSTEMATIC 4
#define SEARCHES 7

static const struct {
	task_fn *task;
	const char *words;
} odd[] = {
	{ takes_another_word, "decision 2: task one: read-modify-write near F:L; " EARLIER
			      ": read-modify-write of another object near F:L" ADVICE },
	{ takes_half_a_word, "decision 2: task one: read-modify-write near F:L; " EARLIER
			     ": read-modify-write of another object near F:L" ADVICE },
	{ loads_in_place_of_a_store,
	  "decision 2: task one: load near F:L; " EARLIER ": store near F:L" ADVICE },
	{ stores_another_value,
	  "decision 2: task one: store near F:L: value 6; " EARLIER ": 5" ADVICE },
	{ ends_early, "decision 2: task one cannot move, and could " EARLIER ADVICE },
	{ goes_on, "decision 2: task one can move, and could not " EARLIER ADVICE },
	{ chooses_among_more,
	  "decision 2: task one chooses among 3 near F:L; " EARLIER ": among 2" ADVICE },
	{ chooses, "decision 2: task one chooses among 2 near F:L, and a step came "
		   "next " EARLIER ADVICE },
	{ chooses_in_place_of_a_load, "decision 2: task one chooses among 8 near F:L, and a "
				      "step came next " EARLIER ADVICE },
	{ stores_another_value_and_chooses,
	  "decision 2: task one: store near F:L: value 6; " EARLIER ": 5" ADVICE },
	{ does_not_choose, "decision 2 is a step, and was a choice " EARLIER ADVICE },
	{ tries_again, "decision 3: task one can move, and could not " EARLIER ADVICE },
};

#define ODD (sizeof(odd) / sizeof(odd[0]))

/* Lines move: "F:L" stands for each place of this file. */
static void take_out_lines(char *text)
{
	static const char file[] = "tests/unit/test_port_repeat.c:";
	char *at;

	while ((at = strstr(text, file)) != NULL) {
		char *end = at + sizeof(file) - 1;

		end += strspn(end, "0123456789");
		memcpy(at, "F:L", 3);
		memmove(at + 3, end, strlen(end) + 1);
	}
}

static void expect_unrepeatable(const struct tale *tale, enum hs_search search, uint64_t execution,
				const char *words)
{
	struct hs_explore_result r;

	look(tale, search, &r);
	assert_string_equal(hs_verdict_name(r.verdict), "not repeatable");
	take_out_lines(r.message);
	assert_string_equal(r.message, words);
	assert_int_equal(r.violations, 1);
	assert_int_equal(r.stop, HS_STOP_VIOLATION);
	assert_int_equal(r.first_violation, execution);
	assert_int_equal(r.executions, execution);
	assert_int_equal(r.extent, HS_EXTENT_PART);
	assert_non_null(r.schedule);
	hs_explore_result_free(&r);
}

/* The first execution has two turns, and the next one repeats what the task did in it. */
static void a_repeated_step_that_differs_is_found(void **state)
{
	(void)state;
	odd_turn = 2;
	for (unsigned int i = 0; i < ODD; i++)
		for (unsigned int s = 0; s < SYSTEMATIC; s++) {
			const struct tale tale = { odd[i].task, NULL };

			expect_unrepeatable(&tale, searches[s], 2, odd[i].words);
		}
}

/* Random searches repeat nothing else. PCT and the portfolio measure in two turns before it. */
static void the_first_execution_runs_twice(void **state)
{
	(void)state;
	for (unsigned int s = 0; s < SEARCHES; s++) {
		const struct tale tale = { stores_another_value, NULL };
		struct hs_explore_result r;

		odd_turn = s < SYSTEMATIC || searches[s] == HS_SEARCH_RANDOM ? 1 : 3;
		look(&tale, searches[s], &r);
		assert_int_equal(r.verdict, HS_VERDICT_UNREPEATABLE);
		take_out_lines(r.message);
		assert_non_null(strstr(r.message, "store near F:L: value 6; " EARLIER ": 5"));
		assert_int_equal(r.executions, 1);
		hs_explore_result_free(&r);
	}
}

/*
 * The part of the execution that is repeated ends, or goes on, where it did not; an execution is
 * the only one that had this violation.
 */
static void a_violation_that_does_not_come_again_is_none(void **state)
{
	const struct tale tale = { fails, NULL };

	(void)state;
	odd_turn = 2;
	for (unsigned int s = 0; s < SYSTEMATIC; s++)
		expect_unrepeatable(
			&tale, searches[s], 2,
			"decision 1: a.c:1: an odd turn (task one); it was none " EARLIER ADVICE);
	expect_unrepeatable(
		&tale, HS_SEARCH_RANDOM, 2,
		"a.c:1: an odd turn (task one); not so when the same decisions were run "
		"again" ADVICE);
	odd_turn = 1;
	for (unsigned int s = 0; s <= SYSTEMATIC; s++) {
		struct hs_explore_result r;

		look(&tale, searches[s], &r);
		assert_int_equal(r.verdict, HS_VERDICT_UNREPEATABLE);
		assert_non_null(strstr(r.message, "a.c:1: an odd turn (task one); it was none"));
		assert_int_equal(r.first_violation, 1);
		hs_explore_result_free(&r);
	}
}

static void fails_in_an_odd_turn(struct hs_task *self, struct state *st)
{
	(void)st;
	fails_if(self, turn_is_odd());
}

static void says_which_turn(struct hs_task *self, struct state *st)
{
	(void)st;
	hs_fail(self, "a.c:1", "turn %u", own.turns++);
}

/* Nothing of the tasks is different. */
static void what_the_check_finds_must_come_again(void **state)
{
	const struct tale tale = { adds_twice, fails_in_an_odd_turn };

	(void)state;
	for (unsigned int s = 0; s <= SYSTEMATIC; s++)
		for (odd_turn = 0; odd_turn < 3; odd_turn++)
			expect_unrepeatable(&tale, searches[s], odd_turn + 1,
					    "a.c:1: an odd turn (task boot); not so when the same "
					    "decisions were run again" ADVICE);
	for (unsigned int s = 0; s <= SYSTEMATIC; s++) {
		const struct tale told = { adds_twice, says_which_turn };

		expect_unrepeatable(
			&told, searches[s], 1,
			"a.c:1: turn 0 (task boot); not so when the same decisions were "
			"run again" ADVICE);
	}
}

static void fails_at_length(struct hs_task *self, struct state *st)
{
	char text[360];

	(void)st;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	if (turn_is_odd())
		hs_fail(self, "a.c:1", "%s", text);
}

static void a_long_message_is_cut_before_what_it_is_about(void **state)
{
	const struct tale tale = { adds_twice, fails_at_length };
	struct hs_explore_result r;

	(void)state;
	odd_turn = 0;
	look(&tale, HS_SEARCH_DFS, &r);
	assert_int_equal(r.verdict, HS_VERDICT_UNREPEATABLE);
	assert_non_null(
		strstr(r.message, "x; not so when the same decisions were run again" ADVICE));
	hs_explore_result_free(&r);
}

static void fails_in_each_turn(struct hs_task *self, struct state *st)
{
	if (hs_u64_load(self, &st->at[0].word, HS_RELAXED) == 6)
		fails_if(self, true);
}

/* Those before it need not come again. */
static void it_takes_the_place_of_what_was_found(void **state)
{
	const struct tale tale = { takes_another_word, fails_in_each_turn };
	struct hs_explore_result r;

	(void)state;
	odd_turn = 3;
	look(&tale, HS_SEARCH_DFS, &r);
	assert_int_equal(r.verdict, HS_VERDICT_UNREPEATABLE);
	assert_true(r.violations > 1);
	assert_int_equal(r.violations, r.executions);
	assert_int_equal(r.first_violation, r.executions);
	assert_string_equal(r.schedule, "1");
	assert_int_equal(r.stop, HS_STOP_VIOLATION);
	hs_explore_result_free(&r);
}

/* A word that malloc() gives to one execution is another than that of the next. */
static void words_of_the_heap_are_found(void **state)
{
	const struct tale tale = { allocates_a_word, NULL };

	(void)state;
	for (unsigned int s = 0; s < SEARCHES; s++) {
		struct hs_explore_result r;

		look(&tale, searches[s], &r);
		assert_int_equal(r.verdict, HS_VERDICT_UNREPEATABLE);
		assert_non_null(strstr(r.message, "read-modify-write of another object"));
		assert_int_equal(r.executions, 1);
		hs_explore_result_free(&r);
		while (own.turns)
			free(heap[--own.turns]);
	}
}

/* A debugger that stops in a replay stops once. */
static void a_replay_runs_once(void **state)
{
	const struct tale tale = { takes_another_word, NULL };
	struct hs_explore_options options;
	struct hs_explore_result r;

	(void)state;
	odd_turn = 9;
	hs_explore_options_init(&options);
	options.search = HS_SEARCH_REPLAY;
	options.schedule = "1*2 2*2 3*2";
	assert_int_equal(hs_explore(&scenario, &tale, &options, &r), 0);
	assert_int_equal(r.verdict, HS_VERDICT_NONE);
	assert_int_equal(own.turns, 1);
	hs_explore_result_free(&r);
}

/* ---- data that is named ------------------------------------------------------------------- */

/* Each execution begins with what the set-up left, so that no turn but the first comes. */
static void what_is_named_is_put_back(void **state)
{
	(void)state;
	named = true;
	for (odd_turn = 0; odd_turn < 2; odd_turn++)
		for (unsigned int i = 0; i < ODD; i++)
			for (unsigned int s = 0; s < SEARCHES; s++) {
				const struct tale tale = { odd[i].task, NULL };
				bool again = odd[i].task == tries_again && !odd_turn;
				struct hs_explore_result r;

				look(&tale, searches[s], &r);
				assert_string_equal(r.message, "");
				assert_int_equal(r.verdict, HS_VERDICT_NONE);
				assert_int_equal(r.extent == HS_EXTENT_ALL, s < SYSTEMATIC);
				assert_true(own.turns <= (again ? 2 : 1)); /* 0: cut */
				hs_explore_result_free(&r);
			}
	named = false;
}

static int names(struct hs_task *self, struct hs_plan *plan, void *state, const void *param)
{
	int pieces = *(const int *)param;

	(void)self;
	*(struct hs_plan **)state = plan;
	assert_int_equal(hs_plan_data(plan, NULL, 1), -EINVAL);
	assert_int_equal(hs_plan_data(plan, &own, 0), -EINVAL);
	for (int i = 0; i < pieces; i++)
		assert_int_equal(hs_plan_data(plan, heap, sizeof(heap)), 0);
	if (pieces == 16)
		assert_int_equal(hs_plan_data(plan, heap, sizeof(heap)), -EINVAL);
	return 0;
}

static void is_too_late(struct hs_task *self, void *state, const void *param)
{
	(void)self;
	(void)param;
	assert_int_equal(hs_plan_data(*(struct hs_plan **)state, &own, 1), -EINVAL);
}

static void a_plan_names_up_to_16_pieces_before_the_set_up_returns(void **state)
{
	const struct hs_scenario limits = { .name = "limits",
					    .state_size = sizeof(struct hs_plan *),
					    .setup = names,
					    .check = is_too_late };

	(void)state;
	for (int pieces = 0; pieces <= 16; pieces += 8) {
		struct hs_explore_options options;
		struct hs_explore_result r;

		hs_explore_options_init(&options);
		assert_int_equal(hs_explore(&limits, &pieces, &options, &r), 0);
		assert_string_equal(r.message, "");
		hs_explore_result_free(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_repeated_step_that_differs_is_found),
		cmocka_unit_test(the_first_execution_runs_twice),
		cmocka_unit_test(a_violation_that_does_not_come_again_is_none),
		cmocka_unit_test(what_the_check_finds_must_come_again),
		cmocka_unit_test(a_long_message_is_cut_before_what_it_is_about),
		cmocka_unit_test(it_takes_the_place_of_what_was_found),
		cmocka_unit_test(words_of_the_heap_are_found),
		cmocka_unit_test(a_replay_runs_once),
		cmocka_unit_test(what_is_named_is_put_back),
		cmocka_unit_test(a_plan_names_up_to_16_pieces_before_the_set_up_returns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
