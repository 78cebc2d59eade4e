/* SPDX-License-Identifier: MIT */
/*
 * The execution that is shown of a violation is the simplest one: what is shown is compared with
 * all executions that end in the same violation.
 */
#include "explore/search.h"
#include "explore/shrink.h"
#include "port/common/random.h"
#include "support/play.h"
#include "support/retry_model.h"

#define ENOUGH 1000000

/* ---- all executions ---------------------------------------------------------------------- */

/* In the order in which they are compared. */
struct cost {
	uint32_t figure[4]; /* preemptions, switches, steps, answers that are not the first */
};

struct judge {
	enum hs_verdict verdict; /* NONE: any execution */
	const char *message;
	uint64_t found;
	struct cost least;
};

static struct cost cost_of(const struct hs_sched *s)
{
	struct cost c = { { 0 } };
	uint8_t last = 0;

	for (uint32_t i = 0; i < s->decisions; i++) {
		uint8_t d = s->schedule[i];

		if (d & HS_CHOICE) {
			c.figure[3] += (d & ~HS_CHOICE) > 0;
			continue;
		}
		c.figure[2]++;
		if (last && d != last) {
			c.figure[1]++;
			c.figure[0] += s->repeat.note[i].enabled >> last & 1;
		}
		last = d;
	}
	return c;
}

static bool is_less(const struct cost *a, const struct cost *b)
{
	for (size_t i = 0; i < COUNT(a->figure); i++)
		if (a->figure[i] != b->figure[i])
			return a->figure[i] < b->figure[i];
	return false;
}

static void judge_ended(void *ctx, const struct hs_sched *s, enum hs_run end)
{
	struct judge *j = ctx;
	struct cost c;

	if (end == HS_RUN_CUT ||
	    (j->verdict && (s->verdict != j->verdict ||
			    !hs_shrink_same_message(j->verdict, s->message, j->message))))
		return;
	c = cost_of(s);
	if (!j->found++ || is_less(&c, &j->least))
		j->least = c;
}

static void observe(const struct hs_scenario *scenario, const void *param,
		    const struct hs_explore_options *options, bool shrinks, struct judge *j,
		    struct hs_explore_result *r)
{
	const struct hs_observer observer = { .ended = judge_ended, .ctx = j, .shrinks = shrinks };

	assert_int_equal(hs_explore_observed(scenario, param, options, &observer, r), 0);
}

/* Replays what is shown of @r: it ends so again, with this cost. */
static struct cost replay(const struct hs_scenario *scenario, const void *param,
			  const struct hs_explore_options *options,
			  const struct hs_explore_result *r)
{
	struct hs_explore_options o = *options;
	struct hs_explore_result again;
	struct judge j = { .verdict = HS_VERDICT_NONE };

	o.search = HS_SEARCH_REPLAY;
	o.schedule = r->schedule;
	observe(scenario, param, &o, false, &j, &again);
	assert_int_equal(again.verdict, r->verdict);
	assert_string_equal(again.message, r->message);
	assert_string_equal(again.schedule, r->schedule);
	assert_string_equal(again.report, r->report);
	assert_int_equal(again.shrink_executions, 0);
	hs_explore_result_free(&again);
	return j.least;
}

/* What is the simplest already stays as it is. */
static void expect_idempotent(const struct hs_scenario *scenario, const void *param,
			      const struct hs_explore_options *options,
			      const struct hs_explore_result *r)
{
	struct hs_explore_options o = *options;
	struct hs_explore_result again;
	struct judge j = { .verdict = HS_VERDICT_NONE };

	o.search = HS_SEARCH_REPLAY;
	o.schedule = r->schedule;
	observe(scenario, param, &o, true, &j, &again);
	assert_true(again.shrink_executions);
	assert_true(again.minimal);
	assert_string_equal(again.schedule, r->schedule);
	assert_string_equal(again.report, r->report);
	hs_explore_result_free(&again);
}

/* The least cost among all interleavings with at most @bound preemptions. */
static struct judge look_at_all(const struct hs_scenario *scenario, const void *param,
				const struct hs_explore_options *options,
				const struct hs_explore_result *r, uint32_t bound)
{
	struct hs_explore_options o = *options;
	struct hs_explore_result all;
	struct judge j = { .verdict = r->verdict, .message = r->message };

	o.search = HS_SEARCH_BOUND;
	o.bound = bound;
	o.max_executions = 0;
	o.go_on = true;
	o.shrink = 0;
	observe(scenario, param, &o, false, &j, &all);
	assert_int_not_equal(all.extent, HS_EXTENT_PART);
	hs_explore_result_free(&all);
	return j;
}

/* False: there is no violation. */
static bool expect_simplest(const struct hs_scenario *scenario, const void *param,
			    const struct hs_explore_options *options)
{
	struct hs_explore_result r;
	struct judge least;
	struct cost shown;

	assert_int_equal(hs_explore(scenario, param, options, &r), 0);
	if (!r.verdict)
		return false;
	assert_true(r.minimal);
	shown = replay(scenario, param, options, &r);
	for (uint32_t bound = 0;; bound++) {
		least = look_at_all(scenario, param, options, &r, bound);
		if (least.found)
			break;
		assert_true(bound < shown.figure[0]);
	}
	assert_memory_equal(&shown, &least.least, sizeof(shown));
	expect_idempotent(scenario, param, options, &r);
	hs_explore_result_free(&r);
	return true;
}

static const enum hs_search searches[] = { HS_SEARCH_DFS,      HS_SEARCH_SLEEP,	 HS_SEARCH_DPOR,
					   HS_SEARCH_BOUND,    HS_SEARCH_RANDOM, HS_SEARCH_PCT,
					   HS_SEARCH_PORTFOLIO };

static void set_up(struct hs_explore_options *options, enum hs_search search)
{
	hs_explore_options_init(options);
	options->search = search;
	options->max_executions = 10000;
	options->max_steps = 200;
	options->shrink = ENOUGH;
}

/* ---- the retry model --------------------------------------------------------------------- */

static void the_wrong_variants_are_shown_with_the_fewest_preemptions(void **state)
{
	static const struct retry_param rows[] = { { .drivers = 1, .attempts = 1, .pages = 1 },
						   { .drivers = 1, .attempts = 2, .pages = 1 },
						   { 1, 1, 1, .teardown = true } };

	(void)state;
	for (size_t i = 0; i < COUNT(rows) * COUNT(searches); i++) {
		for (int v = RETRY_NO_CHECK; v <= RETRY_TOUCH_AFTER; v++) {
			struct retry_param param = rows[i % COUNT(rows)];
			struct hs_explore_options o;

			param.variant = (enum retry_variant)v;
			set_up(&o, searches[i / COUNT(rows)]);
			assert_true(expect_simplest(&retry_scenario, &param, &o));
		}
	}
}

/* ---- random programs --------------------------------------------------------------------- */

enum op {
	OP_ADD,
	OP_STORE,
	OP_EXPECT, /* the word has not this value */
	OP_CHOOSE,
	OP_LOCK,
	OP_COUNT,
};

#define PROGRAM_TASKS 3
#define PROGRAM_OPS 3

struct program {
	uint32_t tasks;
	struct {
		enum op op;
		uint32_t word, value;
	} op[PROGRAM_TASKS][PROGRAM_OPS];
};

struct program_state {
	const struct program *program;
	hs_u64 word[2];
	struct hs_mutex lock[2];
	uint32_t task[PROGRAM_TASKS];
};

static void program_step(struct hs_task *self, struct program_state *st, uint32_t task, uint32_t i)
{
	const struct program *p = st->program;
	uint32_t value = p->op[task][i].value, w = p->op[task][i].word;
	hs_u64 *word = &st->word[w];

	switch (p->op[task][i].op) {
	case OP_ADD:
		hs_u64_add(self, word, value, HS_RELAXED);
		break;
	case OP_STORE:
		hs_u64_store(self, word, value, HS_RELAXED);
		break;
	case OP_EXPECT:
		hs_assert(self, hs_u64_load(self, word, HS_RELAXED) != value, "%u has %u", w,
			  value);
		break;
	case OP_CHOOSE:
		value = hs_choose(self, 2, "a value");
		hs_u64_add(self, word, value, HS_RELAXED);
		break;
	default:
		hs_mutex_lock(self, &st->lock[w]);
		hs_u64_add(self, &st->word[0], 1, HS_RELAXED);
		hs_mutex_unlock(self, &st->lock[w]);
	}
}

static void program_task(struct hs_task *self, void *arg)
{
	uint32_t *task = arg;
	struct program_state *st = CONTAINER_OF(task - *task, struct program_state, task);

	for (uint32_t i = 0; i < PROGRAM_OPS; i++)
		program_step(self, st, *task, i);
}

static int program_setup(struct hs_task *self, struct hs_plan *plan, void *state, const void *param)
{
	static const char *const names[PROGRAM_TASKS] = { "a", "b", "c" };
	struct program_state *st = state;

	(void)self;
	st->program = param;
	for (uint32_t i = 0; i < 2; i++)
		hs_mutex_init(&st->lock[i], HS_LOCK_DRIVER);
	for (uint32_t i = 0; i < st->program->tasks; i++) {
		st->task[i] = i;
		hs_plan_task(plan, names[i], program_task, &st->task[i]);
	}
	return 0;
}

/* What ends only in the check is compared as well. */
static void program_check(struct hs_task *self, void *state, const void *param)
{
	struct program_state *st = state;

	(void)param;
	hs_assert(self, hs_u64_load(self, &st->word[1], HS_RELAXED) != 5, "five at the end");
}

static const struct hs_scenario program_scenario = {
	.name = "program",
	.state_size = sizeof(struct program_state),
	.setup = program_setup,
	.check = program_check,
};

static struct program draw(uint64_t *rng)
{
	struct program p = { .tasks = 2 + hs_random_below(rng, PROGRAM_TASKS - 1) };

	for (uint32_t t = 0; t < p.tasks; t++) {
		for (uint32_t i = 0; i < PROGRAM_OPS; i++) {
			p.op[t][i].op = (enum op)hs_random_below(rng, OP_COUNT);
			p.op[t][i].word = hs_random_below(rng, 2);
			p.op[t][i].value = 1 + hs_random_below(rng, 3);
		}
	}
	return p;
}

static void of_random_programs_the_simplest_execution_is_shown(void **state)
{
	uint64_t rng = 1;
	uint32_t violated = 0;

	(void)state;
	for (uint32_t i = 0; i < test_scaled(100); i++) {
		struct program p = draw(&rng);
		struct hs_explore_options o;

		set_up(&o, searches[i % COUNT(searches)]);
		if (p.tasks == 2 && i % 3 == 0)
			o.memory = HS_MEMORY_VIEWS;
		violated += expect_simplest(&program_scenario, &p, &o);
	}
	assert_true(violated >= test_scaled(100) / 4);
}

/* ---- figures ----------------------------------------------------------------------------- */

/* All but what is shown of the first violation. */
static void expect_same_figures(const struct hs_explore_result *a,
				const struct hs_explore_result *b)
{
	assert_int_equal(a->verdict, b->verdict);
	assert_int_equal(a->executions, b->executions);
	assert_int_equal(a->complete, b->complete);
	assert_int_equal(a->blocked, b->blocked);
	assert_int_equal(a->violations, b->violations);
	assert_int_equal(a->first_violation, b->first_violation);
	assert_int_equal(a->steps, b->steps);
	assert_int_equal(a->steps_max, b->steps_max);
	assert_int_equal(a->exhaustive, b->exhaustive);
	assert_int_equal(a->stop, b->stop);
	assert_int_equal(a->extent, b->extent);
	assert_int_equal(a->beyond_bound, b->beyond_bound);
	assert_int_equal(a->beyond_retries, b->beyond_retries);
	assert_int_equal(a->trace_hash, b->trace_hash);
	assert_int_equal(a->classes, b->classes);
	assert_int_equal(a->fingerprint, b->fingerprint);
	assert_true(a->estimate == b->estimate && a->deviation == b->deviation);
}

static void the_search_goes_on_as_if_nothing_had_been_made_simpler(void **state)
{
	static const struct retry_param param = { 2, 2, 1, .variant = RETRY_TOUCH_AFTER };

	(void)state;
	for (unsigned int i = 0; i < 16 * COUNT(searches); i++) {
		enum hs_search search = searches[i / 16];
		struct hs_explore_options o;
		struct hs_explore_result raw, shrunk;

		set_up(&o, search);
		o.max_executions = search == HS_SEARCH_DPOR || search == HS_SEARCH_SLEEP ? 0 : 200;
		o.go_on = i & 1;
		o.fingerprint = i & 2;
		o.retry_bound = i & 4 ? 1 : 0;
		o.commute = i & 8;
		o.shrink = 0;
		assert_int_equal(hs_explore(&retry_scenario, &param, &o, &raw), 0);
		assert_int_equal(raw.shrink_executions, 0);
		o.shrink = 100;
		assert_int_equal(hs_explore(&retry_scenario, &param, &o, &shrunk), 0);
		expect_same_figures(&raw, &shrunk);
		if (raw.verdict) {
			assert_true(shrunk.shrink_executions);
			replay(&retry_scenario, &param, &o, &shrunk);
		}
		hs_explore_result_free(&raw);
		hs_explore_result_free(&shrunk);
	}
}

static void no_more_executions_are_run_than_are_allowed(void **state)
{
	static const struct retry_param param = { 2, 1, 1, .variant = RETRY_NO_CHECK };
	struct cost last = { { UINT32_MAX } };

	(void)state;
	for (uint32_t most = 0; most < 40; most++) {
		struct hs_explore_options o;
		struct hs_explore_result r;
		struct cost c;

		set_up(&o, HS_SEARCH_RANDOM);
		o.seed = 3;
		o.shrink = most;
		assert_int_equal(hs_explore(&retry_scenario, &param, &o, &r), 0);
		assert_true(r.shrink_executions <= most);
		assert_true(r.shrink_executions || !most);
		c = replay(&retry_scenario, &param, &o, &r);
		if (!most)
			last = c;
		/* Not one by one, because the phases share what is allowed. */
		assert_false(is_less(&last, &c));
		hs_explore_result_free(&r);
	}
}

/* ---- long executions --------------------------------------------------------------------- */

/* Passes @from on as the next number, once, after a while. */
static void passes_on(struct hs_task *self, struct play_state *st, uint64_t from)
{
	for (unsigned int i = 0; i < 10; i++)
		hs_u64_add(self, &st->word[1 + (i & 3)], 1, HS_RELAXED);
	if (hs_u64_load(self, &st->word[0], HS_RELAXED) == from)
		hs_u64_store(self, &st->word[0], from + 1, HS_RELAXED);
}

static void passes_even_numbers_on(struct hs_task *self, void *state)
{
	for (uint64_t i = 0; i <= 4; i += 2)
		passes_on(self, state, i);
}

static void passes_odd_numbers_on(struct hs_task *self, void *state)
{
	for (uint64_t i = 1; i <= 3; i += 2)
		passes_on(self, state, i);
}

static void check_it_was_lost(struct hs_task *self, struct play_state *st)
{
	hs_assert(self, hs_u64_load(self, &st->word[0], HS_RELAXED) < 5, "it came to the end");
}

/* Too many executions have as few preemptions for a proof. */
static void of_a_long_execution_little_is_left(void **state)
{
	const struct play play = { .task = { passes_even_numbers_on, passes_odd_numbers_on },
				   .check = check_it_was_lost };

	(void)state;
	for (uint64_t seed = 1; seed <= 5; seed++) {
		struct hs_explore_options o;
		struct hs_explore_result r;
		struct cost c;

		set_up(&o, HS_SEARCH_RANDOM);
		o.seed = seed;
		o.shrink = 0;
		assert_int_equal(hs_explore(&play_scenario, &play, &o, &r), 0);
		assert_int_equal(r.verdict, HS_VERDICT_ASSERT);
		c = replay(&play_scenario, &play, &o, &r);
		assert_true(c.figure[0] > 10);
		hs_explore_result_free(&r);
		o.shrink = 500;
		assert_int_equal(hs_explore(&play_scenario, &play, &o, &r), 0);
		assert_false(r.minimal);
		assert_true(r.shrink_executions <= 500);
		c = replay(&play_scenario, &play, &o, &r);
		assert_int_equal(c.figure[0], 3);
		assert_int_equal(c.figure[1], 4);
		hs_explore_result_free(&r);
	}
}

static void works(struct hs_task *self, void *state)
{
	for (unsigned int i = 0; i < 60; i++)
		hs_u64_add(self, &((struct play_state *)state)->word[1], 1, HS_RELAXED);
}

/* The proof would take many minutes. */
static void time_ends_it(void **state)
{
	const struct play play = {
		.task = { passes_even_numbers_on, passes_odd_numbers_on, works, works },
		.check = check_it_was_lost,
	};
	struct hs_explore_options o;
	struct hs_explore_result r;

	(void)state;
	set_up(&o, HS_SEARCH_RANDOM);
	o.shrink = UINT32_MAX;
	o.max_executions = 1000000;
	for (o.time_limit_ms = 10;; o.time_limit_ms *= 2) {
		assert_int_equal(hs_explore(&play_scenario, &play, &o, &r), 0);
		if (r.verdict)
			break; /* the machine was fast enough to find it at all */
	}
	assert_false(r.minimal);
	replay(&play_scenario, &play, &o, &r);
	hs_explore_result_free(&r);
}

/* ---- what is worth less ------------------------------------------------------------------ */

static void chooses_twice(struct hs_task *self, void *state)
{
	struct play_state *st = state;
	uint32_t one = hs_choose(self, 3, "one"), two = hs_choose(self, 3, "two");

	hs_u64_store(self, &st->word[0], one + two, HS_RELAXED);
	hs_assert(self, one + two < 2, "the sum is %u", one + two);
}

/* Numbers in a message may differ, and the message is that of what is shown. */
static void the_first_answer_is_preferred(void **state)
{
	const struct play play = { .task = { chooses_twice } };
	struct hs_explore_options o;
	struct hs_explore_result r;

	(void)state;
	set_up(&o, HS_SEARCH_RANDOM);
	o.shrink = 0;
	for (bool found = false; !found; o.seed++) {
		assert_int_equal(hs_explore(&play_scenario, &play, &o, &r), 0);
		assert_int_equal(r.verdict, HS_VERDICT_ASSERT);
		found = !strcmp(r.schedule, "1 c2 c2 1");
		hs_explore_result_free(&r);
	}
	o.seed--;
	o.shrink = ENOUGH;
	assert_int_equal(hs_explore(&play_scenario, &play, &o, &r), 0);
	assert_string_equal(r.schedule, "1 c0 c2 1");
	assert_non_null(strstr(r.message, "the sum is 2 (task one)"));
	hs_explore_result_free(&r);
}

/* ---- other violations -------------------------------------------------------------------- */

static void adds_and_looks(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_u64_store(self, &st->word[0], 1, HS_RELAXED);
	hs_u64_store(self, &st->word[1], 1, HS_RELAXED);
	hs_assert(self, !hs_u64_load(self, &st->word[2], HS_RELAXED), "the other was here");
	if (hs_u64_load(self, &st->word[3], HS_RELAXED))
		abort();
}

static void looks_and_adds(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	if (!hs_u64_load(self, &st->word[1], HS_RELAXED))
		abort();
	hs_u64_store(self, &st->word[2], 1, HS_RELAXED);
}

/* It is run when a simpler execution is looked for. What was the simplest until then is shown. */
static void a_crash_ends_it(void **state)
{
	const struct play play = { .task = { adds_and_looks, looks_and_adds } };
	struct hs_explore_options o;
	struct hs_explore_result r;

	(void)state;
	if (HS_ASAN || HS_TSAN)
		return;
	set_up(&o, HS_SEARCH_DPOR);
	o.go_on = true;
	assert_int_equal(hs_explore(&play_scenario, &play, &o, &r), 0);
	assert_int_equal(r.verdict, HS_VERDICT_ASSERT);
	assert_int_equal(r.stop, HS_STOP_VIOLATION);
	assert_int_equal(r.violations, 1);
	assert_false(r.minimal);
	assert_non_null(r.report);
	hs_explore_result_free(&r);
	assert_int_equal(
		hs_explore(&play_scenario, &(struct play){ .task = { chooses_twice } }, &o, &r), 0);
	hs_explore_result_free(&r);
}

static unsigned int turns;

static void adds_thrice(struct hs_task *self, void *state)
{
	for (int i = 0; i < 3; i++)
		hs_u64_add(self, &((struct play_state *)state)->word[0], 1, HS_RELAXED);
}

static void fails_in_the_first_turns(struct hs_task *self, void *state)
{
	adds_thrice(self, state);
	hs_assert(self, ++turns > 3, "it is early");
}

/* The simplest execution is run twice as well, and the second time it ends otherwise. */
static void what_does_not_come_again_is_not_shown(void **state)
{
	const struct play play = { .task = { adds_thrice, fails_in_the_first_turns } };
	struct hs_explore_options o;
	struct hs_explore_result r;

	(void)state;
	set_up(&o, HS_SEARCH_DPOR);
	turns = 0;
	assert_int_equal(hs_explore(&play_scenario, &play, &o, &r), 0);
	assert_int_equal(r.verdict, HS_VERDICT_UNREPEATABLE);
	assert_non_null(strstr(r.message, "it is early (task two); not so when the same decisions "
					  "were run again"));
	assert_int_equal(r.violations, 1);
	hs_explore_result_free(&r);
}

static void messages_are_the_same_but_for_numbers(void **state)
{
	static const struct {
		enum hs_verdict verdict;
		const char *one, *other;
		bool same;
	} rows[] = {
		{ HS_VERDICT_ASSERT, "a.c:12: 7 is left", "a.c:12: 19 is left", true },
		{ HS_VERDICT_ASSERT, "a.c:12: 7 is left", "a.c:13: 7 is left", false },
		{ HS_VERDICT_ASSERT, "a.c:1: 7", "a.c:12: 7", false },
		{ HS_VERDICT_ASSERT, "a.c:12: at 0x7e1a", "a.c:12: at 0x1", true },
		{ HS_VERDICT_ASSERT, "a.c:12: found -1", "a.c:12: found 3", true },
		{ HS_VERDICT_ASSERT, "found 3 of them", "found 3", false },
		{ HS_VERDICT_ASSERT, "found 3", "found 3 of them", false },
		{ HS_VERDICT_ASSERT, "(task one)", "(task two)", false },
		{ HS_VERDICT_ASSERT, "(task reader1)", "(task reader23)", true },
		{ HS_VERDICT_ASSERT, "", "", true },
		{ HS_VERDICT_LIVELOCK, "one tries again (why): no: +8=1 +16=2",
		  "one tries again (why): no: +8=1", true },
		{ HS_VERDICT_LIVELOCK, "one tries again (why): no: +8=1",
		  "two tries again (why): no: +8=1", false },
		{ HS_VERDICT_RETRIES, "one (task 1) tries again 3 times (x), undone by two",
		  "one (task 2) tries again 4 times (x), undone by two; two", true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(hs_shrink_same_message(rows[i].verdict, rows[i].one,
							rows[i].other),
				 rows[i].same);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_wrong_variants_are_shown_with_the_fewest_preemptions),
		cmocka_unit_test(of_random_programs_the_simplest_execution_is_shown),
		cmocka_unit_test(the_search_goes_on_as_if_nothing_had_been_made_simpler),
		cmocka_unit_test(no_more_executions_are_run_than_are_allowed),
		cmocka_unit_test(time_ends_it),
		cmocka_unit_test(of_a_long_execution_little_is_left),
		cmocka_unit_test(the_first_answer_is_preferred),
		cmocka_unit_test(a_crash_ends_it),
		cmocka_unit_test(what_does_not_come_again_is_not_shown),
		cmocka_unit_test(messages_are_the_same_but_for_numbers),
	};

	return cmocka_run_group_tests_name("explore shrink", tests, NULL, NULL);
}
