/* SPDX-License-Identifier: MIT */
/*
 * The execution that is shown of a violation is the simplest one: what is shown is compared with
 * all executions that end in the same violation, of the retry model and of random programs.
 */
#include "port/common/random.h"
#include "port/port.h"
#include "support/retry_model.h"
#include "support/shrunk.h"

/* ---- all executions ----------------------------------------------------------------------- */

/* The least cost among all interleavings with at most @bound preemptions. */
static struct shrunk_judge look_at_all(const struct hs_scenario *scenario, const void *param,
				       const struct hs_explore_options *options,
				       const struct hs_explore_result *r, uint32_t bound)
{
	struct hs_explore_options o = *options;
	struct hs_explore_result all;
	struct shrunk_judge j = { .verdict = r->verdict, .message = r->message };

	o.search = HS_SEARCH_BOUND;
	o.bound = bound;
	o.max_executions = 0;
	o.go_on = true;
	o.shrink = 0;
	shrunk_observe(scenario, param, &o, false, &j, &all);
	assert_int_not_equal(all.extent, HS_EXTENT_PART);
	hs_explore_result_free(&all);
	return j;
}

/* False: there is no violation. */
static bool expect_simplest(const struct hs_scenario *scenario, const void *param,
			    const struct hs_explore_options *options)
{
	struct hs_explore_result r;
	struct shrunk_judge least;
	struct shrunk_cost shown;

	assert_int_equal(hs_explore(scenario, param, options, &r), 0);
	if (!r.verdict)
		return false;
	assert_true(r.minimal);
	shown = shrunk_replay(scenario, param, options, &r, false);
	for (uint32_t bound = 0;; bound++) {
		least = look_at_all(scenario, param, options, &r, bound);
		if (least.found)
			break;
		assert_true(bound < shown.figure[0]);
	}
	assert_memory_equal(&shown, &least.least, sizeof(shown));
	shrunk_replay(scenario, param, options, &r, true);
	hs_explore_result_free(&r);
	return true;
}

/* ---- the retry model ---------------------------------------------------------------------- */

static void the_wrong_variants_are_shown_with_the_fewest_preemptions(void **state)
{
	static const struct retry_param rows[] = { { .drivers = 1, .attempts = 1, .pages = 1 },
						   { .drivers = 1, .attempts = 2, .pages = 1 },
						   { 1, 1, 1, .teardown = true } };

	(void)state;
	for (size_t i = 0; i < COUNT(rows) * SHRUNK_SEARCHES; i++) {
		for (int v = RETRY_NO_CHECK; v <= RETRY_TOUCH_AFTER; v++) {
			struct retry_param param = rows[i % COUNT(rows)];
			struct hs_explore_options o;

			param.variant = (enum retry_variant)v;
			shrunk_options(&o, shrunk_searches[i / COUNT(rows)]);
			assert_true(expect_simplest(&retry_scenario, &param, &o));
		}
	}
}

/* ---- random programs ---------------------------------------------------------------------- */

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

		shrunk_options(&o, shrunk_searches[i % SHRUNK_SEARCHES]);
		if (p.tasks == 2 && i % 3 == 0)
			o.memory = HS_MEMORY_VIEWS;
		violated += expect_simplest(&program_scenario, &p, &o);
	}
	assert_true(violated >= test_scaled(100) / 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_wrong_variants_are_shown_with_the_fewest_preemptions),
		cmocka_unit_test(of_random_programs_the_simplest_execution_is_shown),
	};

	return cmocka_run_group_tests_name("shrink random", tests, NULL, NULL);
}
