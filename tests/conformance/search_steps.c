/* SPDX-License-Identifier: MIT */
/*
 * search_steps.c - the steps of the model: from a state and a task to the next state
 *
 * Written from the contract of the seam (port/port.h). It shares nothing with the explorer but the
 * program.
 */
#include <string.h>

#include "conformance/search_state.h"

void state_fails(struct state *s, enum hs_verdict verdict)
{
	if (s->verdict == HS_VERDICT_NONE)
		s->verdict = (uint8_t)verdict;
}

void state_see(struct state_task *t, uint8_t value)
{
	t->seen = value;
	outcome_log_add(&t->log, value);
}

/* ---- objects ----------------------------------------------------------------------------- */

/* The object of a word or operand: 1 + number; 0: none. @held: what h is. */
static uint8_t object_of_word(uint8_t word, uint8_t held)
{
	return word == WORD_H ? held : word >= WORD_O0 ? (uint8_t)(word - WORD_O0 + 1) : 0;
}

static uint8_t object_of(const struct state_task *t, uint8_t which)
{
	return which == OBJECT_H ? t->object : (uint8_t)(which + 1);
}

static uint8_t *word_of(struct state *s, uint8_t word, uint8_t held)
{
	uint8_t object = object_of_word(word, held);

	return object ? &s->value[object - 1] : &s->word[word % WORD_O0];
}

static bool dead(const struct state *s, uint8_t object)
{
	return object && s->life[object - 1] != LIFE_LIVE;
}

bool state_word_is_dead(const struct state *s, uint8_t word)
{
	return dead(s, object_of_word(word, 0));
}

uint8_t state_word(struct state *s, uint8_t word)
{
	return *word_of(s, word, 0);
}

/* ---- predicates -------------------------------------------------------------------------- */

/* Behind the queue, if there is one. */
static const uint8_t *predicate_of(const struct program_op *op)
{
	return op->arg + (op->kind != OP_SPIN_UNTIL);
}

static bool predicate(struct state *s, const struct program_op *op)
{
	const uint8_t *arg = predicate_of(op);
	uint8_t x = *word_of(s, arg[1], 0), y = *word_of(s, arg[2], 0), v = arg[3];

	switch (arg[0]) {
	case PRED_IS:
		return x == v;
	case PRED_NOT:
		return x != v;
	case PRED_AND:
		return x == v && y == v;
	case PRED_BUT:
		return x == v && y != v;
	case PRED_OR:
		return x == v || y == v;
	case PRED_DEEP:
		return y == v;
	case PRED_PICK:
		return *word_of(s, x == v ? arg[2] : (uint8_t)(arg[2] ^ 1), 0) == v;
	default:
		return s->ticks >= v;
	}
}

/* The queue is gone, or a word that the predicate reads. */
static bool wait_is_dead(struct state *s, const struct program_op *op)
{
	const uint8_t *arg = predicate_of(op);
	bool is = state_word(s, arg[1]) == arg[3], both;
	uint8_t second = arg[0] == PRED_PICK && !is ? (uint8_t)(arg[2] ^ 1) : arg[2];

	if (op->kind != OP_SPIN_UNTIL && op->arg[0] == QUEUE_O0 && dead(s, 1))
		return true;
	if (arg[0] == PRED_NOW)
		return false;
	both = arg[0] == PRED_DEEP || arg[0] == PRED_PICK || (arg[0] == PRED_OR && !is) ||
	       ((arg[0] == PRED_AND || arg[0] == PRED_BUT) && is);
	return state_word_is_dead(s, arg[1]) || (both && state_word_is_dead(s, second));
}

static const struct program_op *op_of(const struct state_rules *m, const struct state *s,
				      unsigned int task)
{
	return &m->p->task[task].op[s->task[task].pc];
}

static bool sleeps(const struct state_rules *m, const struct state *s, unsigned int task)
{
	const struct state_task *t = &s->task[task];

	return t->run == RUN_LIVE && t->sub == 1 &&
	       (op_of(m, s, task)->kind == OP_WAIT || op_of(m, s, task)->kind == OP_WAIT_UNTIL);
}

/* Sleepers whose predicate holds are known to go on; the queue owes nothing any more. */
static void wake_queue(const struct state_rules *m, struct state *s, uint8_t queue)
{
	s->debt[queue] = 0;
	for (unsigned int i = 0; i < m->p->tasks; i++)
		if (sleeps(m, s, i) && op_of(m, s, i)->arg[0] == queue &&
		    predicate(s, op_of(m, s, i)))
			s->task[i].woken = 1;
}

/* ---- from one step to the next ----------------------------------------------------------- */

static void advance(struct state_rules *m, struct state *s, unsigned int task);

static uint8_t choose(struct state_rules *m, uint8_t n)
{
	struct state_script *c = &m->script;

	if (c->at == c->length) {
		c->answer[c->length] = 0;
		c->count[c->length++] = n;
	}
	return c->answer[c->at++];
}

bool state_next_script(struct state_script *c)
{
	while (c->length) {
		if (++c->answer[c->length - 1] < c->count[c->length - 1])
			break;
		c->length--;
	}
	c->at = 0;
	return c->length != 0;
}

static void new_object(struct state *s, struct state_task *t, unsigned int task, uint8_t value)
{
	uint8_t number = (uint8_t)(2 + task * PROGRAM_NEWS + t->news);

	if (t->news == PROGRAM_NEWS)
		return;
	t->news++;
	t->object = (uint8_t)(number + 1);
	s->life[number] = LIFE_LIVE;
	s->value[number] = value;
}

/* Checks before the operation's first step. False: one failed. */
static bool may_begin(const struct state_task *t, const struct program_op *op)
{
	switch (op->kind) {
	case OP_SPIN_LOCK:
		return state_lock_in_order(t, op);
	case OP_LOCK:
	case OP_DOWN_READ:
	case OP_DOWN_WRITE:
		return !t->nest && state_lock_in_order(t, op);
	case OP_WAIT:
	case OP_WAIT_UNTIL:
	case OP_SPIN_UNTIL:
	case OP_AWAIT:
	case OP_SYNCHRONIZE:
	case OP_BARRIER:
		return !t->nest && !state_holds_spinlock(t);
	case OP_RCU_UNLOCK:
		return t->nest;
	case OP_FAIL:
		return false;
	default:
		return true;
	}
}

/* The operation is done without a step, or left out. */
static bool takes_no_step(struct state_rules *m, struct state *s, unsigned int task,
			  const struct program_op *op)
{
	struct state_task *t = &s->task[task];
	uint8_t who = op->arg[0];

	if (op->kind <= OP_AND)
		return who == WORD_H && !t->object;
	switch (op->kind) {
	case OP_NEW:
		new_object(s, t, task, op->arg[0]);
		return true;
	case OP_DEREF:
	case OP_FREE:
		return !object_of(t, who);
	case OP_CALL_FREE:
		return t->calls == PROGRAM_NEWS || !object_of(t, who);
	case OP_CALL_WAKE:
		return t->calls == PROGRAM_NEWS;
	case OP_RCU_LOCK:
		return t->nest++;
	case OP_RCU_UNLOCK:
		return --t->nest;
	case OP_COUNT_NEW:
		return t->counter;
	case OP_CHOOSE:
		if (!s->begun)
			return false;
		state_see(t, choose(m, op->arg[0] + 1));
		return true;
	case OP_START:
		if (!(t->threads >> who & 1)) {
			t->threads |= (uint8_t)(1u << who);
			s->task[who].slot = s->slots++;
			s->task[who].cpu =
				(uint8_t)((t->cpu + __builtin_popcount(t->threads)) % m->p->cpus);
		}
		return true;
	case OP_JOIN:
		return !(t->threads >> who & 1);
	default:
		return false;
	}
}

/* Brings the task to its next step. */
static void advance(struct state_rules *m, struct state *s, unsigned int task)
{
	struct state_task *t = &s->task[task];
	const struct program_task *code = &m->p->task[task];

	t->sub = 0;
	for (; t->pc < code->count; t->pc++) {
		const struct program_op *op = &code->op[t->pc];
		bool is = t->seen == op->cond_value;

		if ((op->cond == COND_IS && !is) || (op->cond == COND_NOT && is))
			continue;
		if (!may_begin(t, op)) {
			state_fails(s, HS_VERDICT_ASSERT);
			return;
		}
		if (!takes_no_step(m, s, task, op))
			return;
	}
	if (t->nest || t->held_count)
		state_fails(s, HS_VERDICT_ASSERT);
	t->run = RUN_ENDED;
}

void state_start_tasks(struct state_rules *m, struct state *s)
{
	for (uint8_t slot = 1; slot < s->slots; slot++)
		for (unsigned int i = 0; i < m->p->tasks; i++)
			if (s->task[i].slot == slot && s->task[i].run == RUN_NEVER) {
				s->task[i].run = RUN_LIVE;
				advance(m, s, i);
			}
}

/* ---- what can be done -------------------------------------------------------------------- */

bool state_task_enabled(const struct state_rules *m, struct state *s, unsigned int task)
{
	struct state_task *t = &s->task[task];
	const struct program_op *op = op_of(m, s, task);

	if (t->run != RUN_LIVE)
		return false;
	switch (op->kind) {
	case OP_LOCK:
	case OP_SPIN_LOCK:
	case OP_DOWN_READ:
	case OP_DOWN_WRITE:
		return state_lock_enabled(s, t, op);
	case OP_WAIT:
		return !t->sub || t->woken || predicate(s, op) || wait_is_dead(s, op);
	case OP_SPIN_UNTIL:
		return predicate(s, op) || wait_is_dead(s, op);
	case OP_AWAIT:
		return (s->word[op->arg[0]] & op->arg[1]) == op->arg[1];
	case OP_SYNCHRONIZE:
		return !t->sub || !t->readers;
	case OP_BARRIER:
		return !t->sub || !(t->join & s->pending);
	case OP_JOIN:
		return s->task[op->arg[0]].run == RUN_ENDED;
	default:
		return true;
	}
}

bool state_call_enabled(const struct state_call *c)
{
	return c->run == RUN_LIVE && (c->sub || !c->readers);
}

/* ---- steps ------------------------------------------------------------------------------- */

/* The steps of an operation: false: there is one more. */

static bool step_word(struct state *s, struct state_task *t, const struct program_op *op)
{
	uint8_t *w = word_of(s, op->arg[0], t->object), old = *w;

	if (dead(s, object_of_word(op->arg[0], t->object))) {
		state_fails(s, HS_VERDICT_FREED);
		return true;
	}
	if (op->kind == OP_STORE || op->kind == OP_XCHG)
		*w = op->arg[1];
	else if (op->kind == OP_CMPXCHG && old == op->arg[1])
		*w = op->arg[2];
	else if (op->kind == OP_ADD)
		*w = (uint8_t)(old + op->arg[1]);
	else if (op->kind == OP_OR)
		*w = old | op->arg[1];
	else if (op->kind == OP_AND)
		*w = old & op->arg[1];
	else if (op->kind == OP_INC)
		*w = (uint8_t)(old + op->arg[1]);
	else if (op->kind == OP_DEC)
		*w = (uint8_t)(old - op->arg[1]);
	if (op->kind == OP_INC)
		state_see(t, !old);
	else if (op->kind == OP_DEC)
		state_see(t, old == op->arg[1]);
	else if (op->kind != OP_STORE)
		state_see(t, old);
	if (op->kind == OP_CMPXCHG)
		state_see(t, old == op->arg[1]);
	return true;
}

static bool step_chunk(struct state *s, struct state_task *t)
{
	state_see(t, s->word[WORD_C + t->sub]);
	return t->sub++;
}

static bool step_object(struct state *s, struct state_task *t, const struct program_op *op)
{
	uint8_t object = object_of(t, op->arg[0]);

	switch (op->kind) {
	case OP_LOOK:
	case OP_TAKE:
		t->object = s->pointer;
		state_see(t, s->pointer);
		if (op->kind == OP_TAKE)
			s->pointer = 0;
		return true;
	case OP_GIVE:
		s->pointer = t->object;
		return true;
	case OP_STEAL:
		state_see(t, t->object == s->pointer);
		t->object = s->pointer;
		if (t->seen)
			s->pointer = 0;
		return true;
	default:
		if (dead(s, object))
			state_fails(s, HS_VERDICT_FREED);
		if (op->kind == OP_FREE) {
			s->life[object - 1] = LIFE_FREED;
			if (op->arg[0] == OBJECT_H)
				t->object = 0;
		}
		return true;
	}
}

static bool step_call(struct state *s, struct state_task *t, unsigned int task,
		      const struct program_op *op)
{
	struct state_call *c = &s->call[s->call_count++];

	t->calls++;
	c->run = RUN_LIVE;
	c->slot = s->slots++;
	c->object = op->kind == OP_CALL_FREE ? object_of(t, op->arg[0]) : 0;
	c->task = (uint8_t)task;
	c->op = t->pc;
	c->readers = s->sections;
	s->pending |= (uint16_t)(1u << c->slot);
	return true;
}

static bool step_wait(const struct state_rules *m, struct state *s, struct state_task *t,
		      const struct program_op *op)
{
	bool timed = op->kind == OP_WAIT_UNTIL, held;

	switch (op->kind) {
	case OP_TICKS:
		state_see(t, s->ticks);
		return true;
	case OP_ADVANCE:
		s->ticks = (uint8_t)(s->ticks + op->arg[0]);
		return true;
	case OP_SPIN_UNTIL:
		if (wait_is_dead(s, op))
			state_fails(s, HS_VERDICT_FREED);
		return true;
	case OP_COMPLETE:
		s->word[op->arg[0]] |= op->arg[1];
		return true;
	case OP_AWAIT:
		return true;
	default:
		break;
	}
	if (op->kind == OP_WAKE) {
		if (op->arg[0] == QUEUE_O0 && dead(s, 1))
			state_fails(s, HS_VERDICT_FREED);
		wake_queue(m, s, op->arg[0]);
		return true;
	}
	if (wait_is_dead(s, op)) {
		state_fails(s, HS_VERDICT_FREED);
		return true;
	}
	held = predicate(s, op);
	if (t->sub && held && !t->woken)
		s->debt[op->arg[0]] = 1;
	t->woken = 0;
	if (!held && (!t->sub || !timed)) {
		t->sub = 1;
		return false;
	}
	if (timed)
		state_see(t, held);
	if (!held && s->ticks < op->arg[5])
		s->ticks = op->arg[5];
	return true;
}

static bool step_rcu(struct state *s, struct state_task *t, const struct program_op *op)
{
	uint16_t me = (uint16_t)(1u << t->slot);

	switch (op->kind) {
	case OP_RCU_LOCK:
		s->sections |= me;
		return true;
	case OP_RCU_UNLOCK:
		s->sections &= (uint16_t)~me;
		for (unsigned int i = 0; i < PROGRAM_TASKS; i++)
			s->task[i].readers &= (uint16_t)~me;
		for (unsigned int i = 0; i < s->call_count; i++)
			s->call[i].readers &= (uint16_t)~me;
		return true;
	case OP_SYNCHRONIZE:
		if (!t->sub)
			t->readers = s->sections;
		return t->sub++;
	case OP_POLL:
		state_see(t, s->pending != 0);
		return true;
	default:
		if (!t->sub)
			t->join = s->pending;
		else
			t->join = 0;
		return t->sub++;
	}
}

static bool step_counter(const struct state_rules *m, struct state *s, struct state_task *t,
			 const struct program_op *op)
{
	uint8_t cpus = m->p->cpus, cpu = t->sub;

	if (op->kind == OP_COUNT)
		cpu = t->cpu;
	if (op->kind == OP_COUNT_NEW) {
		t->counter = 1;
		return true;
	}
	if (s->count_life[cpu] != LIFE_LIVE) {
		state_fails(s, HS_VERDICT_FREED);
		return true;
	}
	if (op->kind == OP_COUNT) {
		s->count[cpu] = (uint8_t)(s->count[cpu] + op->arg[0]);
		return true;
	}
	if (op->kind == OP_COUNT_FREE)
		s->count_life[cpu] = LIFE_FREED;
	else
		t->sum = (uint8_t)(t->sum + s->count[cpu]);
	if (++t->sub < cpus)
		return false;
	if (op->kind == OP_COUNT_FREE)
		s->count_freed = 1;
	else
		state_see(t, t->sum);
	t->sum = 0;
	return true;
}

static bool step_op(struct state_rules *m, struct state *s, unsigned int task,
		    const struct program_op *op)
{
	struct state_task *t = &s->task[task];

	if (op->kind <= OP_AND)
		return step_word(s, t, op);
	if (op->kind == OP_CHUNK)
		return step_chunk(s, t);
	if (op->kind <= OP_FREE)
		return step_object(s, t, op);
	if (op->kind <= OP_CALL_WAKE)
		return step_call(s, t, task, op);
	if (op->kind <= OP_SPIN_UNLOCK)
		return state_step_lock(s, t, op);
	if (op->kind <= OP_UP_WRITE)
		return state_step_sem(s, t, op);
	if (op->kind <= OP_ADVANCE)
		return step_wait(m, s, t, op);
	if (op->kind <= OP_BARRIER)
		return step_rcu(s, t, op);
	if (op->kind <= OP_COUNT_NEW)
		return step_counter(m, s, t, op);
	if (op->kind == OP_CHOOSE)
		state_see(t, choose(m, op->arg[0] + 1));
	return true; /* a join */
}

void state_step_task(struct state_rules *m, struct state *s, unsigned int task)
{
	struct state_task *t = &s->task[task];
	bool done;

	s->who = (uint8_t)task;
	s->begun = 1;
	done = step_op(m, s, task, op_of(m, s, task));
	if (s->verdict != HS_VERDICT_NONE || !done)
		return;
	t->pc++;
	advance(m, s, task);
	state_start_tasks(m, s);
}

void state_step_call(const struct state_rules *m, struct state *s, struct state_call *c)
{
	const struct program_op *op = &m->p->task[c->task].op[c->op];
	uint8_t object = c->object ? c->object : object_of_word(op->arg[0], 0);

	s->who = OUTCOME_CALLBACK;
	if (c->sub == 1 && dead(s, object))
		state_fails(s, HS_VERDICT_FREED);
	if (c->sub == 1 && c->object) {
		s->life[object - 1] = LIFE_FREED;
		c->sub = 2;
	} else if (c->sub == 1) {
		++*word_of(s, op->arg[0], 0);
	} else if (c->sub == 2) {
		if (op->arg[1] == QUEUE_O0 && dead(s, 1))
			state_fails(s, HS_VERDICT_FREED);
		wake_queue(m, s, op->arg[1]);
	} else if (c->sub == 3) {
		s->pending &= (uint16_t) ~(1u << c->slot);
		c->run = RUN_ENDED;
	}
	c->sub++;
}
