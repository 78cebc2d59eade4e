/* SPDX-License-Identifier: MIT */
/*
 * search_gen.c - random programs
 *
 * The tasks of a program consist of idioms (search_idioms.h). Some programs are damaged afterwards:
 * an operation is missing or has other operands.
 */
#include "conformance/search_idioms.h"

#include <string.h>

/* In some programs all that tasks meet at lies in an object, which they may free. */
static void choose_objects(struct gen *g)
{
	bool inside = chance(g, 5);

	g->word[0] = inside && chance(g, 2) ? WORD_O0 : below(g, WORD_FIXED);
	g->word[1] = chance(g, 2) ? g->word[0] : below(g, WORD_FIXED);
	g->queue = inside ? QUEUE_O0 : chance(g, 4) ? below(g, QUEUE_COUNT) : 0;
	g->mutex = inside ? MUTEX_O0 : chance(g, 4) ? below(g, MUTEX_COUNT) : 0;
	g->spin = inside || chance(g, 4) ? SPIN_O0 : SPIN_0;
	g->sem = inside || chance(g, 4) ? SEM_O0 : SEM_0;
}

static void remove_op(struct program_task *task, unsigned int at)
{
	memmove(&task->op[at], &task->op[at + 1], (--task->count - at) * sizeof(task->op[0]));
}

static void insert_op(struct program_task *task, unsigned int at, enum program_op_kind kind,
		      uint8_t arg0)
{
	memmove(&task->op[at + 1], &task->op[at], (task->count++ - at) * sizeof(task->op[0]));
	task->op[at] = (struct program_op){ .kind = (uint8_t)kind, .arg = { arg0 } };
}

/* The last task is started by the one before it or by the first. */
static void start_last(struct gen *g)
{
	struct program *p = g->p;
	uint8_t last = (uint8_t)(p->tasks - 1);
	struct program_task *starter = &p->task[chance(g, 2) ? 0 : last - 1];
	uint8_t at = below(g, starter->count + 1u);

	p->task[last].started = true;
	insert_op(starter, at, OP_START, last);
	if (chance(g, 2) && starter->count < PROGRAM_OPS)
		insert_op(starter, at + 1u + below(g, starter->count - at), OP_JOIN, last);
}

static void damage(struct gen *g)
{
	struct program_task *task = &g->p->task[below(g, g->p->tasks)];
	uint8_t at = below(g, task->count);
	struct program_op *op = &task->op[at];
	uint8_t i = below(g, PROGRAM_ARGS);
	char letter = program_arg_letter((enum program_op_kind)op->kind, i);

	if (chance(g, 2))
		remove_op(task, at);
	else if (letter)
		op->arg[i] = below(g, program_operand_values(letter));
	else
		op->cond = COND_NONE;
}

static void choose_head(struct gen *g)
{
	struct program *p = g->p;

	p->cpus = 1 + below(g, 3);
	p->first = below(g, 3);
	p->atomic = chance(g, 3);
	p->expect = chance(g, 12) ? 1 + below(g, WORD_FIXED) : 0;
	for (unsigned int i = 0; i < WORD_FIXED; i++)
		p->init[i] = chance(g, 6) ? below(g, 2) : 0;
}

static void weaken(struct gen *g)
{
	static const uint8_t orders[] = { ORDER_USUAL, ORDER_RELAXED, ORDER_RELAXED, ORDER_SC };
	uint8_t strong = below(g, 5);

	for (unsigned int t = 0; t < g->p->tasks; t++) {
		struct program_task *task = &g->p->task[t];

		for (unsigned int i = 0; i < task->count; i++)
			if (program_op_has_order(&task->op[i]))
				task->op[i].order = strong ? orders[below(g, sizeof(orders))]
							   : ORDER_SC;
		if (chance(g, 4) && task->count && task->count < PROGRAM_OPS &&
		    !program_has(g->p, OP_AGAIN))
			insert_op(task, below(g, task->count), OP_FENCE,
				  chance(g, 2) ? 3 : below(g, 5));
	}
}

static void gen_program(uint64_t seed, uint64_t index, bool weak, struct program *p)
{
	/* More tasks have fewer operations, so that all interleavings can be followed. */
	static const uint8_t budgets[PROGRAM_TASKS + 1] = { 0, 0, 5, 3, 2 };
	struct gen g = { .p = p, .rng = hs_random_stream(seed, index) };
	const struct theme *first = any_theme(&g);
	const struct theme *second = chance(&g, 2) ? first : any_theme(&g);

	if (weak && !chance(&g, 3)) {
		first = &weak_theme;
		second = chance(&g, 2) ? &weak_theme : second;
	}
	do {
		memset(p, 0, sizeof(*p));
		choose_head(&g);
		choose_objects(&g);
		if (first == &weak_theme && g.word[0] == g.word[1])
			g.word[1] = (uint8_t)((g.word[0] + 1) % WORD_FIXED);
		for (unsigned int i = 0; first == &weak_theme && i < 2; i++)
			p->init[g.word[i]] = 0;
		p->tasks = (uint8_t)(first->two_tasks || chance(&g, 2) ? 2 : chance(&g, 5) ? 4 : 3);
		for (unsigned int t = 0; t < p->tasks; t++) {
			g.task = &p->task[t];
			g.budget = (uint8_t)(budgets[p->tasks] - chance(&g, 2));
			fill_task(&g, first, second);
		}
		if (chance(&g, 6))
			start_last(&g);
		if (chance(&g, 5))
			damage(&g);
	} while (!program_valid(p));
	p->views = weak;
	if (weak)
		weaken(&g);
}

void program_generate(uint64_t seed, uint64_t index, struct program *p)
{
	gen_program(seed, index, false, p);
}

void program_generate_weak(uint64_t seed, uint64_t index, struct program *p)
{
	gen_program(seed, index, true, p);
}
