/* SPDX-License-Identifier: MIT */
/*
 * search_shrink.c - the smallest program that is judged the same
 */
#include <string.h>

#include "conformance/search_judge.h"

/* Takes @smaller for @p if it is judged as before. */
static bool accept(struct program *p, const struct program *smaller, enum judgement judgement)
{
	struct judged j;

	if (!program_valid(smaller) || judge(smaller, &j, false) != judgement)
		return false;
	*p = *smaller;
	return true;
}

static void remove_op(struct program_task *task, unsigned int at)
{
	task->count--;
	memmove(&task->op[at], &task->op[at + 1], (task->count - at) * sizeof(task->op[0]));
}

static bool without_task(struct program *p, unsigned int t, enum judgement judgement)
{
	struct program q = *p;

	/* Tasks are named by number: those behind move up. */
	memmove(&q.task[t], &q.task[t + 1], (q.tasks - t - 1) * sizeof(q.task[0]));
	q.tasks--;
	for (unsigned int i = 0; i < q.tasks; i++)
		for (unsigned int k = 0; k < q.task[i].count; k++) {
			struct program_op *op = &q.task[i].op[k];

			if (op->kind != OP_START && op->kind != OP_JOIN)
				continue;
			if (op->arg[0] == t)
				remove_op(&q.task[i], k--);
			else if (op->arg[0] > t)
				op->arg[0]--;
		}
	return accept(p, &q, judgement);
}

static bool without_op(struct program *p, unsigned int t, unsigned int i, enum judgement judgement)
{
	struct program q = *p;

	remove_op(&q.task[t], i);
	return accept(p, &q, judgement);
}

static bool simpler_op(struct program *p, unsigned int t, unsigned int i, enum judgement judgement)
{
	const struct program_op *op = &p->task[t].op[i];
	bool smaller = false;

	if (op->cond != COND_NONE) {
		struct program q = *p;

		q.task[t].op[i].cond = COND_NONE;
		q.task[t].op[i].cond_value = 0;
		smaller |= accept(p, &q, judgement);
	}
	for (uint8_t order = 0; order < op->order; order++) {
		struct program q = *p;

		q.task[t].op[i].order = order;
		smaller |= accept(p, &q, judgement);
	}
	for (unsigned int a = 0; a < PROGRAM_ARGS; a++)
		for (uint8_t v = 0; v < op->arg[a]; v++) {
			struct program q = *p;

			q.task[t].op[i].arg[a] = v;
			smaller |= accept(p, &q, judgement);
		}
	return smaller;
}

static bool simpler_head(struct program *p, enum judgement judgement)
{
	struct program q = *p;
	bool smaller = false;

	for (unsigned int i = 0; i < WORD_FIXED; i++)
		if (p->init[i]) {
			q = *p;
			q.init[i] = 0;
			smaller |= accept(p, &q, judgement);
		}
	q = *p;
	q.first = q.expect = 0;
	q.atomic = false;
	q.cpus = 1;
	if (memcmp(&q, p, sizeof(q)) != 0)
		smaller |= accept(p, &q, judgement);
	return smaller;
}

void program_shrink(struct program *p, enum judgement judgement)
{
	bool smaller = true;

	while (smaller) {
		smaller = false;
		for (unsigned int t = p->tasks; t--;)
			smaller |= p->tasks > 1 && without_task(p, t, judgement);
		for (unsigned int t = 0; t < p->tasks; t++)
			for (unsigned int i = p->task[t].count; i--;)
				smaller |= without_op(p, t, i, judgement);
		for (unsigned int t = 0; t < p->tasks; t++)
			for (unsigned int i = 0; i < p->task[t].count; i++)
				smaller |= simpler_op(p, t, i, judgement);
		smaller |= simpler_head(p, judgement);
	}
}
