/* SPDX-License-Identifier: MIT */
/*
 * Random programs of locks, words with orders, fences, waits, RCU and plain accesses. Each
 * execution writes down what it does. What happens before what is computed from that by transitive
 * closure, and must show a race exactly where the clocks of the explorer do, with both kinds of
 * memory. DFS, sleep sets and DPOR must agree on whether a program has one.
 */
#include <hmmsim/hmmsim.h>

#include "explore/search.h"
#include "support/scale.h"
#include "support/test.h"

#define PROGRAMS 400
#define EXECUTIONS_MAX 20000
#define TASKS 3
#define OPS 5
#define EVENTS (TASKS * OPS * 3)
#define WORDS 2
#define PLAINS 2
#define LOCKS 2

enum kind {
	STORE,
	LOAD,
	XCHG,
	WAIT, /* for a word that is not 0: a load of its predicate */
	FENCE,
	READ,  /* plain, of a plain object or of a word */
	WRITE, /* the same */
	COMPLETE,
	AWAIT,
	BEGIN_GRACE, /* and END_GRACE: a grace period */
	END_GRACE,
	LOCK,
	UNLOCK,
	DOWN_READ,
	UP_READ,
	DOWN_WRITE,
	UP_WRITE,
	RCU_LOCK,
	RCU_UNLOCK,
	KINDS
};

struct op {
	enum kind kind; /* a lock is released before the next lock, and at the end */
	enum hs_sync_order order;
	uint32_t object; /* of plain accesses: from PLAINS on a word */
	bool guarded;	 /* only if what the task has loaded last is not 0 */
};

struct program {
	uint32_t tasks, ops[TASKS];
	struct op op[TASKS][OPS];
};

struct event {
	struct op op;
	uint32_t task, wrote, read; /* values; each store has one of its own */
	uint32_t decisions;	    /* so far */
};

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

static struct {
	const struct program *program;
	uint64_t execution; /* that the events belong to */
	struct event event[EVENTS];
	uint32_t events;
	struct event next[TASKS]; /* what a task is about to do, if .begun */
	bool begun[TASKS];
	uint64_t racy, clean, executions;
	uint32_t seed;
	enum hs_memory memory;
} trace;

static bool loads(const struct event *e)
{
	return e->op.kind == LOAD || e->op.kind == XCHG || e->op.kind == WAIT;
}

/* ---- playing ------------------------------------------------------------------------------ */

static void trace_begin(const struct event *e)
{
	uint64_t execution = hs_sched_get()->executions;

	if (trace.execution != execution) {
		trace.execution = execution;
		trace.events = 0;
		memset(trace.begun, 0, sizeof(trace.begun));
	}
	trace.next[e->task] = *e;
	trace.begun[e->task] = true;
}

static void trace_end(const struct event *e)
{
	assert_true(trace.events < EVENTS);
	trace.event[trace.events] = *e;
	trace.event[trace.events++].decisions = hs_sched_get()->decisions;
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

/* It does not return if it races. */
static void play_plain(struct state *st, struct event *e)
{
	trace_begin(e);
	trace_end(e);
	hs_races_access(plain_object(st, e->op.object), sizeof(uint32_t),
			e->op.kind == READ ? HS_RACES_READ : HS_RACES_WRITE);
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
			last = loads(&e) ? e.read : last;
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
	for (uint32_t i = 0; i < program->tasks && !ret; i++) {
		st->player[i] = (struct player){ st, i };
		ret = hs_plan_task(plan, "player", plays, &st->player[i]);
	}
	return ret;
}

static const struct hs_scenario scenario = { "random", sizeof(struct state), set_up, NULL };

/* ---- what a trace says -------------------------------------------------------------------- */

static bool before[EVENTS][EVENTS];

static bool acquires(const struct event *e)
{
	return e->op.order == HS_SYNC_ACQUIRE || e->op.order == HS_SYNC_ACQ_REL ||
	       e->op.order == HS_SYNC_SEQ_CST;
}

static bool releases(const struct event *e)
{
	return e->op.order == HS_SYNC_RELEASE || e->op.order == HS_SYNC_ACQ_REL ||
	       e->op.order == HS_SYNC_SEQ_CST;
}

static bool stores(const struct event *e)
{
	return e->op.kind == STORE || e->op.kind == XCHG;
}

/* The store that wrote @value. EVENTS: none, it is what the word begins with. */
static uint32_t store_of(uint32_t value)
{
	uint32_t i = 0;

	while (i < trace.events && !(stores(&trace.event[i]) && trace.event[i].wrote == value))
		i++;
	return value && i < trace.events ? i : EVENTS;
}

/* What store @store carries comes before event @to. */
static void order_after_store(uint32_t store, uint32_t to)
{
	while (store != EVENTS) {
		const struct event *s = &trace.event[store];

		if (releases(s))
			before[store][to] = true;
		for (uint32_t i = 0; i < store; i++)
			if (trace.event[i].task == s->task && trace.event[i].op.kind == FENCE &&
			    releases(&trace.event[i]))
				before[i][to] = true;
		store = s->op.kind == XCHG ? store_of(s->read) : EVENTS;
	}
}

/* Event @i, a load: what it, and the fences after it, acquire. */
static void order_load(uint32_t i)
{
	const struct event *e = &trace.event[i];
	uint32_t store = store_of(e->read);

	if (acquires(e))
		order_after_store(store, i);
	for (uint32_t f = i + 1; f < trace.events; f++)
		if (trace.event[f].task == e->task && trace.event[f].op.kind == FENCE &&
		    acquires(&trace.event[f]))
			order_after_store(store, f);
}

static bool hands_over(const struct event *a, const struct event *b)
{
	switch (a->op.kind) {
	case UNLOCK:
		return b->op.kind == LOCK && a->op.object % LOCKS == b->op.object % LOCKS;
	case UP_WRITE:
		return b->op.kind == DOWN_READ || b->op.kind == DOWN_WRITE;
	case UP_READ:
		return b->op.kind == DOWN_WRITE;
	case COMPLETE:
		return b->op.kind == AWAIT;
	default:
		return false;
	}
}

/*
 * The step in which the grace period that begins with event @begin noted its readers, before as
 * many decisions as @after says. @after: it did not.
 */
static uint32_t snapshot_of(const struct hs_sched *s, uint32_t begin, uint32_t after)
{
	uint32_t i = trace.event[begin].decisions;

	while (i < after && !(s->schedule[i] == trace.event[begin].task + 1 &&
			      s->repeat.note[i].kind == HS_OP_RCU_SNAPSHOT))
		i++;
	return i;
}

/*
 * A section that was entered by then has ended before event @end, if there is one yet; a later one
 * comes after @begin.
 */
static void order_grace(const struct hs_sched *s, uint32_t begin, uint32_t end)
{
	uint32_t after = end < trace.events ? trace.event[end].decisions : s->decisions;
	uint32_t snapshot = snapshot_of(s, begin, after);

	for (uint32_t i = 0; i < trace.events && snapshot < after; i++) {
		const struct event *e = &trace.event[i];
		bool later = e->decisions - 1 > snapshot;

		if (e->op.kind != RCU_LOCK)
			continue;
		before[begin][i] |= later;
		for (uint32_t j = i + 1; !later && j < end && end < trace.events; j++) {
			if (trace.event[j].task != e->task || trace.event[j].op.kind != RCU_UNLOCK)
				continue;
			before[j][end] = true;
			break;
		}
	}
}

static void order_graces(const struct hs_sched *s)
{
	for (uint32_t i = 0; i < trace.events; i++) {
		uint32_t end = i + 1;

		if (trace.event[i].op.kind != BEGIN_GRACE)
			continue;
		while (end < trace.events && !(trace.event[end].op.kind == END_GRACE &&
					       trace.event[end].task == trace.event[i].task))
			end++;
		order_grace(s, i, end);
	}
}

static void order_events(const struct hs_sched *s)
{
	memset(before, 0, sizeof(before));
	for (uint32_t i = 0; i < trace.events; i++) {
		for (uint32_t j = i + 1; j < trace.events; j++)
			before[i][j] = trace.event[i].task == trace.event[j].task ||
				       hands_over(&trace.event[i], &trace.event[j]);
	}
	for (uint32_t i = 0; i < trace.events; i++)
		if (loads(&trace.event[i]))
			order_load(i);
	order_graces(s);
	for (uint32_t k = 0; k < trace.events; k++)
		for (uint32_t i = 0; i < trace.events; i++)
			for (uint32_t j = 0; before[i][k] && j < trace.events; j++)
				before[i][j] |= before[k][j];
}

/* The bytes: a plain object, or a word. EVENTS: none. */
static uint32_t object_of(const struct event *e)
{
	if (e->op.kind < FENCE)
		return PLAINS + e->op.object % WORDS;
	return e->op.kind == READ || e->op.kind == WRITE ? e->op.object : EVENTS;
}

static bool conflict(const struct event *a, const struct event *b)
{
	bool plain = !(a->op.kind < FENCE && b->op.kind < FENCE);
	bool writes = stores(a) || stores(b) || a->op.kind == WRITE || b->op.kind == WRITE;

	return object_of(a) != EVENTS && object_of(a) == object_of(b) && plain && writes;
}

/* Some of the first @count events race. */
static bool trace_races(uint32_t count)
{
	for (uint32_t j = 0; j < count; j++)
		for (uint32_t i = 0; i < j; i++)
			if (conflict(&trace.event[i], &trace.event[j]) && !before[i][j])
				return true;
	return false;
}

/* ---- held against the clocks -------------------------------------------------------------- */

static void judge(void *ctx, const struct hs_sched *s, enum hs_run end)
{
	bool race = s->verdict == HS_VERDICT_RACE;

	(void)ctx;
	if (trace.execution != s->executions)
		trace.events = 0;
	if (race && s->decisions) {
		uint32_t task = s->schedule[s->decisions - 1] - 1u;

		/* A step that races is not taken. */
		if (task < TASKS && trace.begun[task])
			trace_end(&trace.next[task]);
	}
	if (end == HS_RUN_CUT)
		return;
	order_events(s);
	if (trace_races(trace.events) != race || (race && trace_races(trace.events - 1)))
		fail_msg("program %u, memory %d, execution %llu: %s, expected %s: %s", trace.seed,
			 trace.memory, (unsigned long long)s->executions,
			 hs_verdict_name(s->verdict), race ? "none" : "a race", s->message);
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

static void clocks_agree_with_the_closure_and_searches_with_each_other(void **state)
{
	uint32_t programs = test_scaled(PROGRAMS), racy = 0, mixed = 0;

	(void)state;
	for (trace.seed = 1; trace.seed <= programs; trace.seed++) {
		struct program program;

		draw_program(&program, trace.seed);
		for (int memory = HS_MEMORY_SC; memory < HS_MEMORY_COUNT; memory++) {
			enum hs_memory m = (enum hs_memory)memory;
			uint64_t clean = trace.clean;
			bool whole, all;
			bool race = search(&program, HS_SEARCH_DFS, m, &whole);

			racy += race;
			mixed += race && trace.clean != clean;
			if (!whole)
				continue;
			if (search(&program, HS_SEARCH_DPOR, m, &all) != race || !all)
				fail_msg("program %u: DPOR differs from DFS", trace.seed);
			if (search(&program, HS_SEARCH_SLEEP, m, &all) != race || !all)
				fail_msg("program %u: sleep sets differ from DFS", trace.seed);
		}
	}
	print_message("%u programs race, %u of them not always; %llu executions\n", racy, mixed,
		      (unsigned long long)trace.executions);
	assert_true(racy > programs / 4 && racy < 2 * programs && mixed >= programs / 20);
	assert_true(trace.racy > programs && trace.clean > programs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clocks_agree_with_the_closure_and_searches_with_each_other),
	};

	hs_races_report();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
