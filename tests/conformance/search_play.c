/* SPDX-License-Identifier: MIT */
/*
 * search_play.c - programs as scenarios of the explorer
 */
#include "conformance/search_play.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conformance/search_stage.h"
#include "explore/search.h"
#include "port/explore/arena.h"

static const char *const task_names[PROGRAM_TASKS] = { "t0", "t1", "t2", "t3" };

struct play {
	const struct program *program;
	struct outcome_set *set;
	struct play_runs *runs;
	struct stage *stage;
};

/* ---- set-up ------------------------------------------------------------------------------ */

static int make_objects(struct hs_task *self, struct stage *st)
{
	const struct program *p = st->program;

	for (unsigned int i = 0; i < 2; i++) {
		st->thing[i] = stage_thing_new(self, p->init[WORD_O0 + i]);
		if (!st->thing[i])
			return -ENOMEM;
	}
	if (program_has(p, OP_COUNT) || program_has(p, OP_SUM) || program_has(p, OP_COUNT_FREE)) {
		st->counter = hs_pcpu_alloc(self);
		if (!st->counter)
			return -ENOMEM;
	}
	for (enum program_op_kind k = OP_GET; k <= OP_EXIT; k++)
		st->uses_ref |= program_has(p, k);
	return st->uses_ref ? hs_percpu_ref_init(self, &st->ref, stage_released,
						 p->atomic ? HS_PERCPU_REF_ATOMIC : 0)
			    : 0;
}

static int setup(struct hs_task *self, struct hs_plan *plan, void *state, const void *param)
{
	struct play *play = *(struct play *const *)param;
	const struct program *p = play->program;
	struct stage *st = state;
	int ret;

	play->stage = st;
	st->program = p;
	hs_u32_init(&st->a, p->init[WORD_A]);
	hs_u32_init(&st->b, p->init[WORD_B]);
	hs_u64_init(&st->pair[0], p->init[WORD_C]);
	hs_u64_init(&st->pair[1], p->init[WORD_D]);
	hs_rwsem_init(&st->sem, HS_LOCK_MMAP);
	hs_mutex_init(&st->mutex[0], HS_LOCK_MAPPING);
	hs_mutex_init(&st->mutex[1], HS_LOCK_DRIVER);
	hs_spin_init(&st->spin, HS_LOCK_PAGE_TABLE);
	ret = make_objects(self, st);
	if (ret)
		return ret;
	if (p->first)
		hs_ptr_init(&st->pointer, st->thing[p->first - 1]);
	for (unsigned int t = 0; t < p->tasks; t++) {
		st->task[t].stage = st;
		st->task[t].index = t;
		if (!p->task[t].started)
			ret = hs_plan_task(plan, task_names[t], stage_task_main, &st->task[t]);
		if (ret)
			return ret;
	}
	return 0;
}

/* ---- the end ----------------------------------------------------------------------------- */

static bool lives(const void *object)
{
	return object && hs_life_of(hs_sched_get(), object) == HS_LIFE_LIVE;
}

static void note_finals(struct stage *st, const struct hs_sched *s)
{
	uint8_t *f = st->final;
	uint64_t count = 0;

	st->noted = true;
	f[WORD_A] = (uint8_t)st->a.raw;
	f[WORD_B] = (uint8_t)st->b.raw;
	f[WORD_C] = (uint8_t)st->pair[0].raw;
	f[WORD_D] = (uint8_t)st->pair[1].raw;
	for (unsigned int i = 0; i < 2; i++)
		f[WORD_O0 + i] = lives(st->thing[i]) ? (uint8_t)st->thing[i]->value.raw : 0xff;
	f[WORD_FIXED] = stage_tag(st, st->pointer.raw);
	f[WORD_FIXED + 1] = (uint8_t)hs_task_arena(&s->task[0])->ticks;
	for (uint32_t i = 0; lives(st->counter) && i < st->program->cpus; i++)
		count += ((hs_u64 *)((char *)st->counter + i * HS_PCPU_STRIDE))->raw;
	f[WORD_FIXED + 2] = st->counter_freed ? 0xff : (uint8_t)count;
	for (unsigned int i = 0; i < PROGRAM_OBJECTS; i++)
		f[WORD_FIXED + 3] += lives(st->thing[i]);
}

static void check(struct hs_task *self, void *state, const void *param)
{
	struct stage *st = state;
	const struct program *p = st->program;
	struct thing *pointed = st->pointer.raw;

	(void)param;
	note_finals(st, hs_sched_get());
	if (lives(pointed) && pointed != st->thing[0] && pointed != st->thing[1])
		stage_thing_free(self, pointed);
	for (unsigned int i = 0; i < 2; i++)
		if (lives(st->thing[i]))
			stage_thing_free(self, st->thing[i]);
	if (st->counter && !st->counter_freed)
		hs_pcpu_free(self, st->counter);
	for (unsigned int t = 0; t < p->tasks; t++)
		if (st->task[t].counter)
			hs_pcpu_free(self, st->task[t].counter);
	if (st->uses_ref && !hs_percpu_ref_is_dying(self, &st->ref))
		hs_percpu_ref_kill(self, &st->ref);
	hs_rcu_poll(self);
	if (st->uses_ref && st->released.raw && !st->exited.raw)
		hs_percpu_ref_exit(self, &st->ref);
	if (p->expect)
		hs_assert(self, st->final[p->expect - 1] == 1, "%u in the word that must be 1",
			  st->final[p->expect - 1]);
}

static uint8_t task_of_last_step(const struct stage *st, const struct hs_sched *s)
{
	uint32_t d = s->decisions;

	while (d && s->schedule[d - 1] & HS_CHOICE)
		d--;
	if (!d)
		return OUTCOME_BEGIN;
	for (uint8_t t = 0; t < st->program->tasks; t++)
		if (s->task[s->schedule[d - 1]].arg == &st->task[t])
			return t;
	return OUTCOME_CALLBACK;
}

static bool keep_run(struct play_runs *runs, const struct hs_sched *s, uint32_t outcome)
{
	uint8_t *decision = malloc(s->decisions + 1);

	if (runs->count == runs->room) {
		uint32_t room = runs->room ? 2 * runs->room : 32;
		struct play_run *more = realloc(runs->run, room * sizeof(*more));

		if (!more) {
			free(decision);
			return false;
		}
		runs->run = more;
		runs->room = room;
	}
	if (!decision)
		return false;
	memcpy(decision, s->schedule, s->decisions);
	runs->run[runs->count++] = (struct play_run){ decision, s->decisions, outcome };
	return true;
}

void play_runs_free(struct play_runs *runs)
{
	for (uint32_t i = 0; i < runs->count; i++)
		free(runs->run[i].decision);
	free(runs->run);
	memset(runs, 0, sizeof(*runs));
}

static void ended(void *ctx, const struct hs_sched *s, enum hs_run end)
{
	struct play *play = ctx;
	struct stage *st = play->stage;
	struct outcome o;
	struct outcome_entry *e;

	if (end == HS_RUN_CUT)
		return;
	memset(&o, 0, sizeof(o));
	o.verdict = (uint8_t)s->verdict;
	o.who = end == HS_RUN_QUIET ? OUTCOME_REST : task_of_last_step(st, s);
	if (end == HS_RUN_QUIET) {
		if (!st->noted)
			note_finals(st, s);
		memcpy(o.final, st->final, sizeof(o.final));
		for (unsigned int t = 0; t < st->program->tasks; t++)
			o.log[t] = st->task[t].log;
	} else {
		o.message = outcome_message_hash(s->verdict, s->message);
		if (o.who < PROGRAM_TASKS)
			o.log[o.who] = st->task[o.who].log;
	}
	e = outcome_set_add(play->set, &o);
	if (e && play->runs && !keep_run(play->runs, s, (uint32_t)(e - play->set->entry)))
		play->set->failed = true;
	if (!e || e->count > 1)
		return;
	e->hash = s->hash;
	e->schedule = hs_schedule_print(s->schedule, s->decisions);
	e->text = strdup(s->message);
	if (!e->schedule || !e->text)
		play->set->failed = true;
}

int program_play(const struct program *p, const struct play_options *options,
		 struct outcome_set *set, struct hs_explore_result *r)
{
	static const struct hs_scenario scenario = {
		.name = "program",
		.state_size = sizeof(struct stage),
		.setup = setup,
		.check = check,
	};
	struct play play = { .program = p, .set = set, .runs = options->runs }, *param = &play;
	const struct hs_observer observer = { .ended = ended, .ctx = &play };
	struct hs_explore_options o;
	int ret;

	memset(set, 0, sizeof(*set));
	hs_explore_options_init(&o);
	o.search = options->search;
	o.max_executions = options->limit;
	o.max_steps = 500;
	o.seed = options->seed + 1;
	o.bound = options->bound;
	o.retry_bound = options->retry_bound;
	o.retry_cut = options->retry_cut;
	o.cpus = p->cpus;
	o.go_on = !options->stop;
	o.memory = p->views ? HS_MEMORY_VIEWS : HS_MEMORY_SC;
	o.fingerprint = !options->commute;
	o.schedule = options->schedule;
	o.shrink = 20; /* no figure may show it */
	ret = hs_explore_observed(&scenario, &param, &o, &observer, r);
	return !ret && set->failed ? -ENOMEM : ret;
}
