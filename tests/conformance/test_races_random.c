/* SPDX-License-Identifier: MIT */
/*
 * Random programs of locks, words with orders, fences, waits, RCU and plain accesses. Each
 * execution writes down what it does. What happens before what is computed from that by transitive
 * closure, and must show a race exactly where the clocks of the explorer do, with both kinds of
 * memory. DFS, sleep sets and DPOR must agree on whether a program has one.
 *
 * Half as many programs take accesses to some objects for steps, or for nothing. Steps must read
 * what was written last, nothing of both races, and where there is no race the searches must find
 * the same outcomes.
 */
#include "conformance/races_trace.h"
#include "support/scale.h"
#include "support/test.h"

#define PROGRAMS 400
#define EXECUTIONS_MAX 20000
#define OUTCOMES_MAX 4096

struct state {
	struct hs_sync_mutex lock[LOCKS];
	struct hs_sync_rwsem sem;
	struct hs_sync_u32 word[WORDS], begin;
	struct hs_sync_waitq queue;
	struct hs_sync_completion done;
	uint32_t plain[PLAINS];
	struct player {
		struct state *state;
		uint32_t task;
	} player[TASKS];
};

/* ---- playing ------------------------------------------------------------------------------ */

static struct {
	const struct program *program;
	uint64_t execution;	  /* that the events belong to */
	struct event next[TASKS]; /* what a task is about to do, if .begun */
	bool begun[TASKS];
	uint64_t racy, clean, executions;
	uint32_t seed;
	enum hs_memory memory;
	uint64_t outcome[OUTCOMES_MAX];
	uint32_t outcomes;
} trace;

static void trace_begin(const struct event *e)
{
	uint64_t execution = hs_sched_get()->executions;

	if (trace.execution != execution) {
		trace.execution = execution;
		races_trace.events = 0;
		memset(trace.begun, 0, sizeof(trace.begun));
	}
	trace.next[e->task] = *e;
	trace.begun[e->task] = true;
}

static void trace_end(const struct event *e)
{
	assert_true(races_trace.events < EVENTS);
	races_trace.event[races_trace.events] = *e;
	races_trace.event[races_trace.events++].decisions = hs_sched_get()->decisions;
	trace.begun[e->task] = false;
}

static void *plain_object(struct state *st, uint32_t object)
{
	return object < PLAINS ? (void *)&st->plain[object] : &st->word[object - PLAINS];
}

struct look {
	const struct hs_sync_u32 *word;
	struct event *event;
};

static bool is_written(struct hs_task *self, void *arg)
{
	const struct look *look = arg;

	look->event->read = hs_sync_u32_load(self, look->word, look->event->op.order);
	return look->event->read != 0;
}

static void play_word(struct hs_task *self, struct state *st, struct event *e)
{
	struct hs_sync_u32 *word = &st->word[e->op.object % WORDS];
	struct look look = { word, e };

	trace_begin(e);
	if (e->op.kind == STORE)
		hs_sync_u32_store(self, word, e->wrote, e->op.order);
	else if (e->op.kind == LOAD)
		e->read = hs_sync_u32_load(self, word, e->op.order);
	else if (e->op.kind == XCHG)
		e->read = hs_sync_u32_xchg(self, word, e->wrote, e->op.order);
	else if (e->op.kind == WAIT)
		hs_sync_wait(self, &st->queue, is_written, &look);
	else
		hs_sync_fence(self, e->op.order);
	trace_end(e);
}

static void play_wait(struct hs_task *self, struct state *st, struct event *e)
{
	trace_begin(e);
	if (e->op.kind == BEGIN_GRACE) {
		trace_end(e);
		hs_sync_synchronize_rcu(self);
		e->op.kind = END_GRACE;
	} else if (e->op.kind == COMPLETE) {
		hs_sync_complete(self, &st->done);
	} else {
		hs_sync_wait_for_completion(self, &st->done);
	}
	trace_end(e);
}

static void touch_plain(struct state *st, struct event *e)
{
	volatile uint32_t *plain = plain_object(st, e->op.object);

	hs_races_access((const void *)(uintptr_t)plain, sizeof(*plain),
			e->op.kind == READ ? HS_RACES_READ : HS_RACES_WRITE);
	if (e->op.kind == READ)
		e->read = *plain;
	else if (e->op.object < PLAINS)
		*plain = e->wrote;
}

/* It does not return if it races. */
static void play_plain(struct state *st, struct event *e)
{
	bool steps = races_event_steps(trace.program, e);

	trace_begin(e);
	if (!steps)
		trace_end(e);
	touch_plain(st, e);
	if (steps)
		trace_end(e);
}

static void play_lock(struct hs_task *self, struct state *st, struct event *e)
{
	struct hs_sync_mutex *lock = &st->lock[e->op.object % LOCKS];

	trace_begin(e);
	if (e->op.kind == LOCK)
		hs_sync_mutex_lock(self, lock);
	else if (e->op.kind == UNLOCK)
		hs_sync_mutex_unlock(self, lock);
	else if (e->op.kind == DOWN_READ)
		hs_sync_down_read(self, &st->sem);
	else if (e->op.kind == UP_READ)
		hs_sync_up_read(self, &st->sem);
	else if (e->op.kind == DOWN_WRITE)
		hs_sync_down_write(self, &st->sem);
	else if (e->op.kind == UP_WRITE)
		hs_sync_up_write(self, &st->sem);
	else if (e->op.kind == RCU_LOCK)
		hs_sync_rcu_read_lock(self);
	else
		hs_sync_rcu_read_unlock(self);
	trace_end(e);
}

static void release_lock(struct hs_task *self, struct state *st, struct event *held)
{
	if (held->op.kind != LOCK && held->op.kind != DOWN_READ && held->op.kind != DOWN_WRITE &&
	    held->op.kind != RCU_LOCK)
		return;
	held->op.kind++;
	play_lock(self, st, held);
}

static void plays(struct hs_task *self, void *arg)
{
	const struct player *p = arg;
	const struct program *program = trace.program;
	struct event held = { .op.kind = KINDS };
	uint32_t last = 0;

	/* What comes before the first step would not be written down again. */
	hs_sync_u32_load(self, &p->state->begin, HS_SYNC_RELAXED);
	for (uint32_t i = 0; i < program->ops[p->task]; i++) {
		struct event e = { .op = program->op[p->task][i], .task = p->task };

		if (e.op.guarded && !last)
			continue;
		e.wrote = 1 + p->task * OPS + i;
		if (e.op.kind == WAIT || (e.op.kind > WRITE && e.op.kind != COMPLETE))
			release_lock(self, p->state, &held);
		if (e.op.kind <= FENCE) {
			play_word(self, p->state, &e);
			last = races_event_loads(&e) ? e.read : last;
		} else if (e.op.kind <= WRITE) {
			play_plain(p->state, &e);
		} else if (e.op.kind <= END_GRACE) {
			play_wait(self, p->state, &e);
			last = 1;
		} else {
			play_lock(self, p->state, &e);
			held = e;
		}
	}
	release_lock(self, p->state, &held);
}

static const struct hs_sync_class mutexes = { "mutex", true };
static const struct hs_sync_class sems = { "rwsem", true };

static int set_up(struct hs_task *self, struct hs_plan *plan, void *state, const void *param)
{
	const struct program *program = param;
	struct state *st = state;
	int ret = hs_sync_rwsem_init(self, &st->sem, &sems);

	for (uint32_t i = 0; i < LOCKS && !ret; i++)
		ret = hs_sync_mutex_init(self, &st->lock[i], &mutexes);
	for (uint32_t i = 0; i < PLAINS && !ret; i++)
		if (program->mode[i] != program->plain)
			ret = hs_plan_plain(plan, program->mode[i], &st->plain[i],
					    sizeof(st->plain[i]));
	for (uint32_t i = 0; i < program->tasks && !ret; i++) {
		st->player[i] = (struct player){ st, i };
		ret = hs_plan_task(plan, "player", plays, &st->player[i]);
	}
	return ret;
}

static const struct hs_scenario scenario = { "random", sizeof(struct state), set_up, NULL };

/* ---- held against the clocks -------------------------------------------------------------- */

static void note_outcome(const struct program *program)
{
	uint64_t outcome = races_outcome(program);

	for (uint32_t i = 0; i < trace.outcomes; i++)
		if (trace.outcome[i] == outcome)
			return;
	assert_true(trace.outcomes < OUTCOMES_MAX);
	trace.outcome[trace.outcomes++] = outcome;
}

/* Whatever order they were met in. */
static uint64_t sum_outcomes(void)
{
	uint64_t sum = trace.outcomes;

	for (uint32_t i = 0; i < trace.outcomes; i++)
		sum += hs_mix64(trace.outcome[i]);
	return sum;
}

static void judge(void *ctx, const struct hs_sched *s, enum hs_run end)
{
	const struct program *program = trace.program;
	bool race = s->verdict == HS_VERDICT_RACE;

	(void)ctx;
	if (trace.execution != s->executions)
		races_trace.events = 0;
	if (race && s->decisions) {
		uint32_t task = s->schedule[s->decisions - 1] - 1u;

		/* A step that races is not taken. */
		if (task < TASKS && trace.begun[task])
			trace_end(&trace.next[task]);
	}
	if (end == HS_RUN_CUT)
		return;
	races_order_events(s);
	if (races_are_there(program, races_trace.events) != race ||
	    (race && races_are_there(program, races_trace.events - 1)))
		fail_msg("program %u, memory %d, execution %llu: %s, expected %s: %s", trace.seed,
			 trace.memory, (unsigned long long)s->executions,
			 hs_verdict_name(s->verdict), race ? "none" : "a race", s->message);
	if (!races_reads_are_fresh(program))
		fail_msg("program %u, execution %llu: a read has an older value", trace.seed,
			 (unsigned long long)s->executions);
	if (end == HS_RUN_QUIET && !race)
		note_outcome(program);
	trace.racy += race;
	trace.clean += !race;
}

/* True: there is a race. */
static bool search(const struct program *program, enum hs_search how, enum hs_memory memory,
		   bool *whole)
{
	const struct hs_observer observer = { .ended = judge };
	struct hs_explore_options options;
	struct hs_explore_result r;
	uint64_t racy = trace.racy;

	hs_explore_options_init(&options);
	options.search = how;
	options.memory = memory;
	options.go_on = true;
	options.max_executions = EXECUTIONS_MAX;
	options.shrink = 0; /* all executions are judged, none is shown */
	options.plain = program->plain;
	trace.outcomes = 0;
	trace.program = program;
	trace.memory = memory;
	assert_int_equal(hs_explore_observed(&scenario, program, &options, &observer, &r), 0);
	trace.executions += r.executions;
	*whole = r.exhaustive;
	hs_explore_result_free(&r);
	return trace.racy != racy;
}

/* ---- programs ----------------------------------------------------------------------------- */

static enum hs_sync_order draw_order(uint64_t *rng, enum kind kind)
{
	static const enum hs_sync_order orders[][4] = {
		[STORE] = { HS_SYNC_RELAXED, HS_SYNC_RELAXED, HS_SYNC_RELEASE, HS_SYNC_SEQ_CST },
		[LOAD] = { HS_SYNC_RELAXED, HS_SYNC_ACQUIRE, HS_SYNC_ACQUIRE, HS_SYNC_SEQ_CST },
		[WAIT] = { HS_SYNC_RELAXED, HS_SYNC_ACQUIRE, HS_SYNC_ACQUIRE, HS_SYNC_SEQ_CST },
		[XCHG] = { HS_SYNC_RELAXED, HS_SYNC_ACQUIRE, HS_SYNC_RELEASE, HS_SYNC_ACQ_REL },
		[FENCE] = { HS_SYNC_ACQUIRE, HS_SYNC_RELEASE, HS_SYNC_ACQ_REL, HS_SYNC_SEQ_CST },
	};

	return kind <= FENCE ? orders[kind][hs_random_below(rng, 4)] : HS_SYNC_RELAXED;
}

/* What a task is likely to do in a row. */
static const enum kind idioms[][3] = {
	{ WRITE, FENCE, STORE },       { WRITE, FENCE, XCHG },	 { WRITE, STORE, STORE },
	{ LOAD, FENCE, READ },	       { LOAD, READ, WRITE },	 { LOAD, STORE, WRITE },
	{ WRITE, STORE, COMPLETE },    { AWAIT, READ, WRITE },	 { WAIT, READ, WRITE },
	{ RCU_LOCK, READ, LOCK },      { RCU_LOCK, LOAD, READ }, { BEGIN_GRACE, WRITE, STORE },
	{ WRITE, BEGIN_GRACE, STORE }, { LOAD, RCU_LOCK, READ }, { LOAD, WRITE, READ },
	{ XCHG, READ, STORE },	       { LOCK, WRITE, LOCK },	 { DOWN_WRITE, WRITE, DOWN_READ },
	{ DOWN_READ, READ, LOCK },     { WRITE, LOCK, READ },
};

static struct op draw_op(uint64_t *rng, enum kind likely)
{
	static const enum kind kinds[] = { STORE, LOAD, XCHG, FENCE, READ, WRITE, LOCK, DOWN_READ };
	struct op op = { .kind = likely };

	if (!hs_random_below(rng, 8))
		op.kind = kinds[hs_random_below(rng, COUNT(kinds))];
	op.order = draw_order(rng, op.kind);
	op.object = op.kind != WAIT && !hs_random_below(rng, 16);
	/* What a predicate read before it held is not written down. */
	if ((op.kind == READ || op.kind == WRITE) && !hs_random_below(rng, 16))
		op.object = PLAINS + 1;
	op.guarded = hs_random_below(rng, 4) && op.kind != LOAD && op.kind != XCHG &&
		     op.kind != WAIT;
	return op;
}

static void draw_program(struct program *program, uint32_t seed)
{
	uint64_t rng = hs_random_stream(seed, 0);

	memset(program, 0, sizeof(*program));
	program->tasks = 2 + !hs_random_below(&rng, 3);
	for (uint32_t t = 0; t < program->tasks; t++) {
		const enum kind *idiom = idioms[hs_random_below(&rng, COUNT(idioms))];
		bool loaded = false;

		program->ops[t] = program->tasks == 2 ? 3 + hs_random_below(&rng, 2) : 2;
		for (uint32_t i = 0; i < program->ops[t]; i++) {
			struct op *op = &program->op[t][i];

			*op = draw_op(&rng, idiom[i % 3]);
			op->guarded &= loaded;
			loaded |= op->kind == LOAD || op->kind == XCHG || op->kind == WAIT;
		}
	}
}

static void draw_modes(struct program *program, uint32_t seed)
{
	static const enum hs_plain modes[] = { HS_PLAIN_CHECKED, HS_PLAIN_STEPS, HS_PLAIN_STEPS,
					       HS_PLAIN_IGNORED };
	uint64_t rng = hs_random_stream(seed, 1);

	program->plain = modes[hs_random_below(&rng, COUNT(modes))];
	for (uint32_t i = 0; i < PLAINS; i++)
		program->mode[i] = modes[hs_random_below(&rng, COUNT(modes))];
	for (uint32_t i = 0; i < TASKS * OPS; i++)
		program->op[i / OPS][i % OPS].guarded &= !hs_random_below(&rng, 3);
}

struct counts {
	uint32_t racy, mixed; /* programs that race; not in each execution */
	uint32_t outcomes;    /* of those that do not */
};

static void compare_searches(const struct program *program, enum hs_memory memory,
			     struct counts *counts)
{
	static const enum hs_search searches[] = { HS_SEARCH_DPOR, HS_SEARCH_SLEEP };
	uint64_t clean = trace.clean, sum;
	bool whole, all;
	bool race = search(program, HS_SEARCH_DFS, memory, &whole);

	counts->racy += race;
	counts->mixed += race && trace.clean != clean;
	counts->outcomes += race ? 0 : trace.outcomes;
	sum = sum_outcomes();
	for (size_t i = 0; i < COUNT(searches) && whole; i++) {
		if (search(program, searches[i], memory, &all) != race || !all)
			fail_msg("program %u, memory %d: search %zu differs from DFS", trace.seed,
				 memory, i);
		if (!race && sum_outcomes() != sum)
			fail_msg("program %u, memory %d: search %zu has other outcomes than DFS",
				 trace.seed, memory, i);
	}
}

static void compare_programs(uint32_t programs, bool modes, struct counts *counts)
{
	for (trace.seed = 1; trace.seed <= programs; trace.seed++) {
		struct program program;

		draw_program(&program, trace.seed);
		if (modes)
			draw_modes(&program, trace.seed);
		for (int memory = HS_MEMORY_SC; memory < HS_MEMORY_COUNT; memory++)
			compare_searches(&program, (enum hs_memory)memory, counts);
	}
	print_message("%u programs race, %u of them not always, the others have %u outcomes; "
		      "%llu executions\n",
		      counts->racy, counts->mixed, counts->outcomes,
		      (unsigned long long)trace.executions);
}

static void clocks_agree_with_the_closure_and_searches_with_each_other(void **state)
{
	uint32_t programs = test_scaled(PROGRAMS);
	struct counts counts = { 0 };

	(void)state;
	compare_programs(programs, false, &counts);
	assert_true(counts.racy > programs / 4 && counts.racy < 2 * programs);
	assert_true(counts.mixed >= programs / 20);
	assert_true(trace.racy > programs && trace.clean > programs);
}

static void objects_that_are_steps_or_ignored_do_not_race(void **state)
{
	uint32_t programs = test_scaled(PROGRAMS / 2);
	struct counts counts = { 0 };

	(void)state;
	compare_programs(programs, true, &counts);
	assert_true(counts.racy > programs / 8 && counts.racy < programs);
	assert_true(counts.outcomes > 3 * programs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clocks_agree_with_the_closure_and_searches_with_each_other),
		cmocka_unit_test(objects_that_are_steps_or_ignored_do_not_race),
	};

	hs_races_report();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
