/* SPDX-License-Identifier: MIT */
/*
 * search_model.c - every state that a program can reach
 *
 * The states are kept, so that each is left once in every direction. search_steps.c says where to.
 */
#include "conformance/search_model.h"

#include <stdlib.h>
#include <string.h>

#include "conformance/search_state.h"

struct model {
	struct state_rules rules;
	struct state *state; /* those that were reached, in that order */
	uint32_t count, most;
	uint32_t *table; /* hash table of 1 + index */
	uint32_t mask;
};

bool model_knows(const struct program *p)
{
	for (enum program_op_kind k = OP_GET; k <= OP_EXIT; k++)
		if (program_has(p, k))
			return false;
	return !p->views && !program_has(p, OP_AGAIN) && !program_has(p, OP_FENCE);
}

/* ---- ends -------------------------------------------------------------------------------- */

/* No task can move. What the explorer's final check of the program says, too. */
static void comes_to_rest(const struct model *m, struct state *s)
{
	const struct program *p = m->rules.p;

	s->who = OUTCOME_REST;
	for (unsigned int i = 0; i < p->tasks; i++)
		if (s->task[i].run == RUN_LIVE)
			state_fails(s, HS_VERDICT_DEADLOCK);
	for (unsigned int i = 0; i < s->call_count; i++)
		if (s->call[i].run == RUN_LIVE)
			state_fails(s, HS_VERDICT_DEADLOCK);
	for (unsigned int i = 0; i < QUEUE_COUNT; i++)
		if (s->debt[i])
			state_fails(s, HS_VERDICT_LOST_WAKE);
	if (p->expect && (state_word_is_dead(s, (uint8_t)(p->expect - 1)) ||
			  state_word(s, (uint8_t)(p->expect - 1)) != 1))
		state_fails(s, HS_VERDICT_ASSERT);
	for (unsigned int i = 2; i < PROGRAM_OBJECTS; i++)
		if (s->life[i] == LIFE_LIVE && s->pointer != i + 1)
			state_fails(s, HS_VERDICT_LEAK);
}

static void note_finals(const struct model *m, const struct state *s, uint8_t *f)
{
	memcpy(f, s->word, WORD_O0);
	for (unsigned int i = 0; i < 2; i++)
		f[WORD_O0 + i] = s->life[i] == LIFE_LIVE ? s->value[i] : 0xff;
	f[WORD_FIXED] = s->pointer;
	f[WORD_FIXED + 1] = s->ticks;
	for (unsigned int i = 0; s->count_life[0] == LIFE_LIVE && i < m->rules.p->cpus; i++)
		f[WORD_FIXED + 2] = (uint8_t)(f[WORD_FIXED + 2] + s->count[i]);
	if (s->count_freed)
		f[WORD_FIXED + 2] = 0xff;
	for (unsigned int i = 0; i < PROGRAM_OBJECTS; i++)
		if (s->life[i] == LIFE_LIVE)
			f[WORD_FIXED + 3]++;
}

static bool note_outcome(const struct model *m, const struct state *s, struct outcome_set *set)
{
	struct outcome o;

	memset(&o, 0, sizeof(o));
	o.verdict = s->verdict;
	o.who = s->who;
	if (s->who == OUTCOME_REST) {
		note_finals(m, s, o.final);
		for (unsigned int t = 0; t < m->rules.p->tasks; t++)
			o.log[t] = s->task[t].log;
	} else if (s->who < PROGRAM_TASKS) {
		o.log[s->who] = s->task[s->who].log;
	}
	return outcome_set_add(set, &o) != NULL;
}

/* ---- states ------------------------------------------------------------------------------ */

static uint64_t hash_of(const struct state *s)
{
	uint64_t h = 0, w;

	/* What is behind the last whole word is compared only. */
	for (size_t at = 0; at + sizeof(w) <= sizeof(*s); at += sizeof(w)) {
		memcpy(&w, (const char *)s + at, sizeof(w));
		h = (h ^ w) * 0x9e3779b97f4a7c15u;
		h ^= h >> 29;
	}
	return h;
}

/* Adds the state behind the last one, unless it is known. False: there are too many. */
static bool add_state(struct model *m)
{
	const struct state *s = &m->state[m->count];
	uint32_t i = (uint32_t)hash_of(s) & m->mask;

	for (; m->table[i]; i = (i + 1) & m->mask)
		if (!memcmp(&m->state[m->table[i] - 1], s, sizeof(*s)))
			return true;
	m->table[i] = ++m->count;
	return m->count < m->most;
}

/* All states after one step of task or callback @who of state @from. False: too many. */
static bool add_steps(struct model *m, uint32_t from, unsigned int who)
{
	memset(&m->rules.script, 0, sizeof(m->rules.script));
	do {
		struct state *s = &m->state[m->count];

		*s = m->state[from];
		if (who < PROGRAM_TASKS)
			state_step_task(&m->rules, s, who);
		else
			state_step_call(&m->rules, s, &s->call[who - PROGRAM_TASKS]);
		if (s->verdict == HS_VERDICT_NONE)
			s->who = 0;
		if (!add_state(m))
			return false;
	} while (state_next_script(&m->rules.script));
	return true;
}

static bool visit(struct model *m, uint32_t index, struct outcome_set *set)
{
	struct state *s = &m->state[index];
	bool moves = false;

	if (s->verdict != HS_VERDICT_NONE)
		return note_outcome(m, s, set);
	for (unsigned int i = 0; i < m->rules.p->tasks; i++)
		if (state_task_enabled(&m->rules, s, i)) {
			moves = true;
			if (!add_steps(m, index, i))
				return false;
		}
	for (unsigned int i = 0; i < s->call_count; i++)
		if (state_call_enabled(&s->call[i])) {
			moves = true;
			if (!add_steps(m, index, PROGRAM_TASKS + i))
				return false;
		}
	if (moves)
		return true;
	m->state[m->count] = *s;
	comes_to_rest(m, &m->state[m->count]);
	return note_outcome(m, &m->state[m->count], set);
}

static void first_state(struct model *m, struct state *s)
{
	const struct program *p = m->rules.p;

	memset(s, 0, sizeof(*s));
	memcpy(s->word, p->init, WORD_O0);
	s->slots = 1;
	s->pointer = p->first;
	for (unsigned int i = 0; i < 2; i++) {
		s->life[i] = LIFE_LIVE;
		s->value[i] = p->init[WORD_O0 + i];
	}
	memset(s->count_life, LIFE_LIVE, sizeof(s->count_life));
	for (unsigned int i = 0; i < p->tasks; i++)
		if (!p->task[i].started) {
			s->task[i].slot = s->slots++;
			s->task[i].cpu = s->task[i].slot % p->cpus;
		}
	state_start_tasks(&m->rules, s);
	if (s->verdict != HS_VERDICT_NONE)
		s->who = OUTCOME_BEGIN;
}

static struct {
	struct state *state;
	uint32_t *table;
	uint32_t most;
} memory; /* kept from program to program */

void model_release(void)
{
	free(memory.state);
	free(memory.table);
	memset(&memory, 0, sizeof(memory));
}

static bool model_reserve(uint32_t most)
{
	if (memory.most == most)
		return true;
	model_release();
	memory.state = malloc((most + 1) * sizeof(*memory.state));
	memory.table = malloc(2 * (size_t)most * sizeof(*memory.table));
	if (!memory.state || !memory.table) {
		model_release();
		return false;
	}
	memory.most = most;
	return true;
}

bool model_outcomes(const struct program *p, uint32_t most, struct outcome_set *set)
{
	struct model m = { .rules = { .p = p }, .most = most, .mask = 2 * most - 1 };
	bool done;

	memset(set, 0, sizeof(*set));
	if (!model_reserve(most))
		return false;
	m.state = memory.state;
	m.table = memory.table;
	memset(m.table, 0, 2 * (size_t)most * sizeof(*m.table));
	first_state(&m, &m.state[0]);
	done = add_state(&m);
	for (uint32_t i = 0; done && i < m.count; i++)
		done = visit(&m, i, set);
	return done;
}
