/* SPDX-License-Identifier: MIT */
/*
 * Random programs in which one operation does something else in some turns. They write down what
 * they do. Where that differs under decisions that two executions in a row have in common, the
 * search must say so, at that decision; and nowhere else.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explore/search.h"
#include "port/common/random.h"
#include "support/exploration.h"
#include "support/scale.h"

#define TASKS 3
#define OPS 4
#define WORDS 2
#define ENTRIES 8
#define DECISIONS 64

enum doing {
	DO_LOAD,
	DO_STORE,
	DO_ADD,
	DO_CHOOSE,
	DO_COUNT
};

enum odd {
	ODD_NOT,
	ODD_WORD,
	ODD_KIND,
	ODD_VALUE,
	ODD_LESS,
	ODD_MORE,
	ODD_CHOICES,
	ODD_COUNT
};

struct op {
	enum doing doing;
	unsigned int word, value;
};

struct program {
	unsigned int tasks, ops[TASKS];
	struct op op[TASKS][OPS];
	enum odd odd;
	unsigned int odd_task, odd_op;
	uint64_t odd_turns; /* a bit for each of 64 turns */
};

struct entry {
	struct op op;
	uint64_t value; /* that the task saw */
};

/* What an execution did. */
struct told {
	unsigned int entries[TASKS];
	struct entry entry[TASKS][ENTRIES];
	uint32_t decisions;
	uint8_t decision[DECISIONS];
};

struct state {
	hs_u64 word[WORDS];
	hs_u64 start;
};

static const struct program *program;
static unsigned int turns;
static struct told now, last;
static bool missed;	      /* executions differed, and there was no verdict */
static unsigned int compared; /* decisions that executions had in common */

/* ---- programs ----------------------------------------------------------------------------- */

static uint64_t perform(struct hs_task *self, struct state *st, const struct op *op)
{
	switch (op->doing) {
	case DO_LOAD:
		return hs_u64_load(self, &st->word[op->word], HS_RELAXED);
	case DO_STORE:
		hs_u64_store(self, &st->word[op->word], op->value, HS_RELAXED);
		return op->value;
	case DO_ADD:
		return hs_u64_add(self, &st->word[op->word], 1, HS_RELAXED);
	default:
		return hs_choose(self, 2 + op->value % 2, "anything");
	}
}

static void tell(struct hs_task *self, struct state *st, unsigned int task, const struct op *op)
{
	struct entry *e = &now.entry[task][now.entries[task]++];

	*e = (struct entry){ .op = *op };
	e->value = perform(self, st, op);
}

static void tell_odd(struct hs_task *self, struct state *st, unsigned int task, struct op op)
{
	switch (program->odd_turns >> turns++ % 64 & 1 ? program->odd : ODD_NOT) {
	case ODD_WORD:
		op.word = !op.word;
		break;
	case ODD_KIND:
		op.doing = op.doing == DO_LOAD ? DO_STORE : DO_LOAD;
		break;
	case ODD_VALUE:
	case ODD_CHOICES:
		op.value++;
		break;
	case ODD_LESS:
		return;
	case ODD_MORE:
		tell(self, st, task, &op);
		break;
	default:
		break;
	}
	tell(self, st, task, &op);
}

/* What comes before the first step is done once, or in each execution: so it is nothing. */
static void run_task(struct hs_task *self, struct state *st, unsigned int task)
{
	hs_u64_load(self, &st->start, HS_RELAXED);
	now.entries[task] = 0;
	for (unsigned int i = 0; i < program->ops[task]; i++)
		if (task == program->odd_task && i == program->odd_op)
			tell_odd(self, st, task, program->op[task][i]);
		else
			tell(self, st, task, &program->op[task][i]);
}

static void run_one(struct hs_task *self, void *state)
{
	run_task(self, state, 0);
}

static void run_two(struct hs_task *self, void *state)
{
	run_task(self, state, 1);
}

static void run_three(struct hs_task *self, void *state)
{
	run_task(self, state, 2);
}

static int program_setup(struct hs_task *self, struct hs_plan *plan, void *state, const void *param)
{
	static void (*const run[TASKS])(struct hs_task * self, void *state) = { run_one, run_two,
										run_three };

	(void)self;
	(void)param;
	for (unsigned int i = 0; i < program->tasks; i++)
		assert_int_equal(hs_plan_task(plan, "task", run[i], state), 0);
	return 0;
}

static const struct hs_scenario scenario = {
	.name = "random program",
	.state_size = sizeof(struct state),
	.setup = program_setup,
};

static void make_program(struct program *p, uint64_t seed)
{
	uint64_t rng = hs_random_stream(seed, 0);

	*p = (struct program){ .tasks = 2 + hs_random_below(&rng, TASKS - 1) };
	for (unsigned int t = 0; t < p->tasks; t++) {
		p->ops[t] = 1 + hs_random_below(&rng, p->tasks == 2 ? OPS : 2);
		for (unsigned int i = 0; i < p->ops[t]; i++)
			p->op[t][i] = (struct op){ .doing = hs_random_below(&rng, DO_COUNT),
						   .word = hs_random_below(&rng, WORDS),
						   .value = hs_random_below(&rng, 3) };
	}
	p->odd = hs_random_below(&rng, ODD_COUNT);
	p->odd_task = hs_random_below(&rng, p->tasks);
	p->odd_op = hs_random_below(&rng, p->ops[p->odd_task]);
	/* Mostly few turns are odd, and late ones. */
	p->odd_turns = hs_random_next(&rng);
	if (hs_random_below(&rng, 2))
		p->odd_turns = 1ull << hs_random_below(&rng, 12);
}

/* ---- the judge ---------------------------------------------------------------------------- */

/* How far into @told: entries used by each task, and whose step was last. */
struct walk {
	const struct told *told;
	unsigned int begun[TASKS], used[TASKS], task;
};

/* Tasks that could move where @w stands. Choices are no steps. */
static uint32_t walk_enabled(const struct walk *w)
{
	uint32_t enabled = 0;

	for (unsigned int t = 0; t < program->tasks; t++) {
		bool more = !w->begun[t];

		for (unsigned int i = w->used[t]; i < w->told->entries[t]; i++)
			more |= w->told->entry[t][i].op.doing != DO_CHOOSE;
		enabled |= (uint32_t)more << t;
	}
	return enabled;
}

/* What decision @i does; NULL: a task begins. */
static const struct entry *walk_on(struct walk *w, uint32_t i)
{
	uint8_t decision = w->told->decision[i];

	if (!(decision & HS_CHOICE)) {
		w->task = decision - 1u;
		if (!w->begun[w->task]++)
			return NULL;
	}
	return &w->told->entry[w->task][w->used[w->task]++];
}

static bool entries_differ(const struct entry *a, const struct entry *b)
{
	if (!a || !b)
		return a != b;
	if (a->op.doing == DO_CHOOSE && b->op.doing == DO_CHOOSE)
		return a->op.value % 2 != b->op.value % 2;
	return a->op.doing != b->op.doing || a->op.word != b->op.word || a->value != b->value;
}

/* The first decision that is not what it was, among those that both have in common, or -1. */
static int first_difference(const struct told *before, const struct told *after)
{
	struct walk a = { .told = before }, b = { .told = after };

	for (uint32_t i = 0; i < before->decisions; i++) {
		bool same = i < after->decisions && before->decision[i] == after->decision[i];
		bool choice = before->decision[i] & HS_CHOICE;

		compared += same;
		if (i == after->decisions || choice != (after->decision[i] >= HS_CHOICE))
			return (int)i;
		if (!choice && walk_enabled(&a) != walk_enabled(&b))
			return (int)i;
		if (!same && !choice)
			return -1;
		if (entries_differ(walk_on(&a, i), walk_on(&b, i)))
			return (int)i;
		if (!same)
			return -1;
	}
	return -1;
}

static void on_ended(void *ctx, const struct hs_sched *s, enum hs_run end)
{
	(void)ctx;
	(void)end;
	assert_true(s->decisions <= DECISIONS);
	now.decisions = s->decisions;
	memcpy(now.decision, s->schedule, s->decisions);
	if (s->verdict != HS_VERDICT_NONE)
		return;
	missed |= first_difference(&last, &now) >= 0;
	last = now;
}

/* The decision that the message names, from 0. */
static int decision_of(const char *message)
{
	unsigned int number;

	if (sscanf(message, "after decision %u", &number) == 1)
		return (int)number;
	assert_int_equal(sscanf(message, "decision %u", &number), 1);
	return (int)number - 1;
}

/* What ended the search, in an execution or when the first one was repeated. */
static void expect_named(const struct hs_explore_result *r)
{
	uint8_t *decisions;
	uint32_t count;
	int at;

	assert_int_equal(hs_schedule_parse(r->schedule, &decisions, &count), 0);
	now.decisions = count;
	memcpy(now.decision, decisions, count);
	free(decisions);
	at = first_difference(&last, &now);
	/* Run again, the first execution may go on after its end. */
	assert_int_equal(at < 0 ? (int)last.decisions : at, decision_of(r->message));
}

static bool judge(const struct program *p, enum hs_search search)
{
	const struct hs_observer observer = { .ended = on_ended };
	struct hs_explore_options options;
	struct hs_explore_result r;
	bool found;

	program = p;
	turns = 0;
	missed = false;
	last.decisions = 0;
	hs_explore_options_init(&options);
	options.search = search;
	options.max_executions = 300;
	assert_int_equal(hs_explore_observed(&scenario, NULL, &options, &observer, &r), 0);
	found = r.verdict != HS_VERDICT_NONE;
	assert_int_equal(r.verdict, found ? HS_VERDICT_UNREPEATABLE : HS_VERDICT_NONE);
	/* A random search may have decisions in common by chance. */
	assert_false(missed && search != HS_SEARCH_RANDOM);
	if (found)
		expect_named(&r);
	hs_explore_result_free(&r);
	return found;
}

static void what_differs_is_found_at_its_decision(void **state)
{
	static const enum hs_search searches[] = { HS_SEARCH_DFS, HS_SEARCH_SLEEP, HS_SEARCH_DPOR,
						   HS_SEARCH_BOUND, HS_SEARCH_RANDOM };
	static const unsigned int expected[ODD_COUNT] = { 0, 706, 820, 566, 1107, 1072, 548 };
	uint64_t programs = 20 * test_percent();
	unsigned int found[ODD_COUNT] = { 0 };

	(void)state;
	for (uint64_t i = 0; i < programs; i++) {
		struct program p;

		make_program(&p, i);
		for (unsigned int s = 0; s < sizeof(searches) / sizeof(searches[0]); s++) {
			bool odd = judge(&p, searches[s]);

			assert_false(odd && p.odd == ODD_NOT);
			found[p.odd] += odd;
		}
	}
	for (enum odd odd = ODD_NOT + 1; odd < ODD_COUNT && programs == 2000; odd++)
		assert_int_equal(found[odd], expected[odd]);
	if (programs == 2000)
		assert_int_equal(compared, 1366531);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_differs_is_found_at_its_decision),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
