/* SPDX-License-Identifier: MIT */
/*
 * search_locks.c - locks in the model: their order, who may have them, their steps
 */
#include "conformance/search_state.h"

/* Which lock, and where its class is in the order. */
static uint8_t lock_of(const struct program_op *op)
{
	if (op->kind <= OP_UNLOCK)
		return op->arg[0];
	if (op->kind <= OP_SPIN_UNLOCK)
		return (uint8_t)(MUTEX_COUNT + op->arg[0]);
	return (uint8_t)(MUTEX_COUNT + SPIN_COUNT + op->arg[0]);
}

static bool out_of_order(const struct state_task *t, uint8_t lock)
{
	static const uint8_t order[STATE_LOCKS] = { 2, 3, 4, 5, 6, 0, 1 };

	for (unsigned int i = 0; i < t->held_count; i++)
		if (order[t->held[i]] >= order[lock])
			return true;
	return false;
}

static bool lock_is_dead(const struct state *s, uint8_t lock)
{
	return (lock == MUTEX_O0 || lock == MUTEX_COUNT + SPIN_O0 ||
		lock == MUTEX_COUNT + SPIN_COUNT + SEM_O0) &&
	       s->life[0] != LIFE_LIVE;
}

static void hold(struct state_task *t, uint8_t lock)
{
	t->held[t->held_count++] = lock;
}

static bool let_go(struct state_task *t, uint8_t lock)
{
	unsigned int i = t->held_count;

	while (i && t->held[i - 1] != lock)
		i--;
	if (!i)
		return false;
	t->held_count--;
	for (; i <= t->held_count; i++)
		t->held[i - 1] = t->held[i];
	t->held[t->held_count] = 0;
	return true;
}

bool state_lock_in_order(const struct state_task *t, const struct program_op *op)
{
	return !out_of_order(t, lock_of(op));
}

bool state_holds_spinlock(const struct state_task *t)
{
	for (unsigned int i = 0; i < t->held_count; i++)
		if (t->held[i] >= MUTEX_COUNT && t->held[i] < MUTEX_COUNT + SPIN_COUNT)
			return true;
	return false;
}

bool state_lock_enabled(const struct state *s, const struct state_task *t,
			const struct program_op *op)
{
	uint8_t lock = lock_of(op);

	if (lock_is_dead(s, lock))
		return true;
	if (op->kind == OP_DOWN_READ)
		return !(s->owner[lock] & STATE_WRITER) && !s->wanted[op->arg[0]];
	return (op->kind == OP_DOWN_WRITE && !t->sub) || !s->owner[lock];
}

bool state_step_lock(struct state *s, struct state_task *t, const struct program_op *op)
{
	uint8_t lock = lock_of(op), me = (uint8_t)(t->slot + 1);
	bool try = op->kind == OP_TRYLOCK || op->kind == OP_SPIN_TRYLOCK;

	if (lock_is_dead(s, lock)) {
		state_fails(s, HS_VERDICT_FREED);
	} else if (op->kind == OP_UNLOCK || op->kind == OP_SPIN_UNLOCK) {
		if (s->owner[lock] != me || !let_go(t, lock))
			state_fails(s, HS_VERDICT_ASSERT);
		s->owner[lock] = 0;
	} else {
		bool got = !s->owner[lock];

		if (try)
			state_see(t, got);
		if (got) {
			s->owner[lock] = me;
			hold(t, lock);
		}
	}
	return true;
}

static bool step_sem_write(struct state *s, struct state_task *t, const struct program_op *op)
{
	uint8_t lock = lock_of(op), *owner = &s->owner[lock];

	if (op->kind == OP_UP_WRITE) {
		if (*owner != (STATE_WRITER | t->slot) || !let_go(t, lock))
			state_fails(s, HS_VERDICT_ASSERT);
		*owner = 0;
		return true;
	}
	if (!t->sub && *owner) {
		s->wanted[op->arg[0]]++;
		t->sub = 1;
		return false;
	}
	if (t->sub)
		s->wanted[op->arg[0]]--;
	*owner = STATE_WRITER | t->slot;
	hold(t, lock);
	return true;
}

bool state_step_sem(struct state *s, struct state_task *t, const struct program_op *op)
{
	uint8_t lock = lock_of(op), *owner = &s->owner[lock];
	bool got = !(*owner & STATE_WRITER) && !s->wanted[op->arg[0]];

	if (lock_is_dead(s, lock)) {
		state_fails(s, HS_VERDICT_FREED);
		return true;
	}
	if (op->kind == OP_DOWN_WRITE || op->kind == OP_UP_WRITE)
		return step_sem_write(s, t, op);
	if (op->kind == OP_UP_READ) {
		if (!*owner || *owner & STATE_WRITER || !let_go(t, lock))
			state_fails(s, HS_VERDICT_ASSERT);
		--*owner;
		return true;
	}
	if (op->kind == OP_TRY_READ)
		state_see(t, got);
	if (got) {
		++*owner;
		hold(t, lock);
	}
	return true;
}
