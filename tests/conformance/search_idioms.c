/* SPDX-License-Identifier: MIT */
/*
 * search_idioms.c - words, locks, waits, objects: the idioms of random programs, and their themes
 */
#include "conformance/search_idioms.h"

#include <string.h>

static uint8_t any_word(struct gen *g)
{
	return chance(g, 12) ? below(g, WORD_FIXED) : g->word[below(g, 2)];
}

static uint8_t any_queue(struct gen *g)
{
	return chance(g, 8) ? below(g, QUEUE_COUNT) : g->queue;
}

static uint8_t any_bit(struct gen *g)
{
	return chance(g, 8) ? below(g, 4) : below(g, 2);
}

static struct program_op *push(struct gen *g, enum program_op_kind kind, uint8_t arg0, uint8_t arg1)
{
	static struct program_op nowhere;
	struct program_op *op = &nowhere;

	if (g->task->count < g->budget && g->task->count < PROGRAM_OPS)
		op = &g->task->op[g->task->count++];
	/* These are four steps and more. */
	if (kind >= OP_GET && kind <= OP_EXIT && g->budget > 2)
		g->budget--;
	memset(op, 0, sizeof(*op));
	op->kind = (uint8_t)kind;
	op->arg[0] = arg0;
	op->arg[1] = arg1;
	return op;
}

/* Whether @n operations fit; now and then an idiom is begun without room for its end. */
static bool fits(struct gen *g, unsigned int n)
{
	return g->task->count + n <= g->budget || chance(g, 8);
}

static struct program_op *push_if(struct gen *g, uint8_t seen, enum program_op_kind kind,
				  uint8_t arg0, uint8_t arg1)
{
	struct program_op *op = push(g, kind, arg0, arg1);

	op->cond = chance(g, 6) ? COND_NOT : COND_IS;
	op->cond_value = seen;
	return op;
}

/* ---- words and locks --------------------------------------------------------------------- */

static void one_word(struct gen *g)
{
	static const uint8_t kinds[] = { OP_LOAD,    OP_LOAD, OP_STORE, OP_STORE, OP_XCHG,
					 OP_CMPXCHG, OP_ADD,  OP_OR,	OP_AND,	  OP_INC,
					 OP_INC,     OP_DEC,  OP_DEC };
	enum program_op_kind kind = (enum program_op_kind)kinds[below(g, sizeof(kinds))];
	struct program_op *op;

	if (chance(g, 16)) {
		push(g, OP_CHUNK, 0, 0);
		return;
	}
	if (chance(g, 5) && g->task->count)
		op = push_if(g, below(g, 2), kind, any_word(g), any_bit(g));
	else
		op = push(g, kind, any_word(g), any_bit(g));
	op->arg[2] = any_bit(g);
}

static void guarded(struct gen *g, enum program_op_kind lock, enum program_op_kind unlock,
		    uint8_t which)
{
	if (!fits(g, 2)) {
		one_word(g);
		return;
	}
	push(g, lock, which, 0);
	for (unsigned int n = below(g, 3); n && fits(g, 2); n--)
		one_word(g);
	push(g, unlock, which, 0);
}

static void guarded_if(struct gen *g, enum program_op_kind trylock, enum program_op_kind unlock,
		       uint8_t which)
{
	if (!fits(g, 2)) {
		one_word(g);
		return;
	}
	push(g, trylock, which, 0);
	if (chance(g, 2) && fits(g, 2))
		push_if(g, 1, OP_STORE, any_word(g), any_bit(g));
	push_if(g, 1, unlock, which, 0)->cond = COND_IS;
}

static void some_mutex(struct gen *g)
{
	uint8_t which = chance(g, 4) ? below(g, MUTEX_COUNT) : g->mutex;

	if (chance(g, 3))
		guarded_if(g, OP_TRYLOCK, OP_UNLOCK, which);
	else
		guarded(g, OP_LOCK, OP_UNLOCK, which);
}

static void some_spin(struct gen *g)
{
	if (chance(g, 3))
		guarded_if(g, OP_SPIN_TRYLOCK, OP_SPIN_UNLOCK, g->spin);
	else
		guarded(g, OP_SPIN_LOCK, OP_SPIN_UNLOCK, g->spin);
}

static void some_read(struct gen *g)
{
	if (chance(g, 3))
		guarded_if(g, OP_TRY_READ, OP_UP_READ, g->sem);
	else
		guarded(g, OP_DOWN_READ, OP_UP_READ, g->sem);
}

static void some_write(struct gen *g)
{
	guarded(g, OP_DOWN_WRITE, OP_UP_WRITE, g->sem);
}

/* ---- waiting ----------------------------------------------------------------------------- */

static void set_predicate(struct gen *g, uint8_t *arg)
{
	arg[0] = chance(g, 2) ? PRED_IS : below(g, PRED_COUNT);
	arg[1] = any_word(g);
	arg[2] = any_word(g);
	arg[3] = chance(g, 8) ? below(g, 4) : 1;
}

static void wait_for(struct gen *g, bool timed)
{
	struct program_op *op = push(g, timed ? OP_WAIT_UNTIL : OP_WAIT, any_queue(g), 0);

	set_predicate(g, op->arg + 1);
	op->arg[5] = timed ? (uint8_t)(1 + below(g, 3)) : 0;
	if (chance(g, 3))
		one_word(g);
	if (timed && chance(g, 3))
		push(g, OP_TICKS, 0, 0);
}

static void some_wait(struct gen *g)
{
	wait_for(g, false);
}

static void some_timed(struct gen *g)
{
	wait_for(g, true);
}

static void some_spin_until(struct gen *g)
{
	set_predicate(g, push(g, OP_SPIN_UNTIL, 0, 0)->arg);
	if (chance(g, 3))
		one_word(g);
}

/* Of two completions of a word each may set one of the bits. */
static void some_completion(struct gen *g)
{
	uint8_t word = chance(g, 4) ? WORD_B : WORD_A;

	if (chance(g, 2))
		push(g, OP_AWAIT, word, chance(g, 3) ? 3 : 1 + below(g, 2));
	else
		push(g, OP_COMPLETE, word, 1 + below(g, 3));
}

static void some_signal(struct gen *g)
{
	static const uint8_t kinds[] = { OP_STORE, OP_STORE, OP_XCHG, OP_ADD, OP_OR };
	uint8_t fault = below(g, 10);
	struct program_op *op;

	if (fault == 0)
		push(g, OP_WAKE, any_queue(g), 0);
	push(g, (enum program_op_kind)kinds[below(g, sizeof(kinds))], any_word(g),
	     chance(g, 6) ? any_bit(g) : 1);
	if (fault == 1)
		one_word(g);
	if (fault > 2) {
		op = push(g, OP_WAKE, any_queue(g), 0);
		if (fault == 3)
			op->cond = COND_IS;
	}
}

static void some_clock(struct gen *g)
{
	if (chance(g, 2))
		push(g, OP_TICKS, 0, 0);
	else
		push(g, OP_ADVANCE, 1 + below(g, 2), 0);
}

static void some_loop(struct gen *g)
{
	uint8_t back = 0, until = below(g, 2), n = below(g, 4);

	switch (below(g, 8)) {
	case 0:
		push(g, OP_CMPXCHG, any_word(g), 0)->arg[2] = 1;
		until = 1;
		break;
	case 1:
		if (chance(g, 2))
			push(g, OP_TRYLOCK, g->mutex, 0);
		else
			push(g, OP_TRY_READ, g->sem, 0);
		until = 1;
		break;
	case 2:
		push(g, OP_ADD, any_word(g), 1);
		push(g, OP_LOAD, any_word(g), 0);
		back = 1;
		break;
	case 3:
		push(g, OP_STORE, any_word(g), below(g, 2));
		push(g, OP_LOAD, any_word(g), 0);
		back = 1;
		break;
	case 4:
		push(g, (enum program_op_kind)(chance(g, 2) ? OP_POLL : OP_TICKS), 0, 0);
		break;
	case 5:
		push(g, chance(g, 2) ? OP_CHUNK : OP_SUM, 0, 0);
		break;
	default:
		push(g, OP_LOAD, any_word(g), 0);
		break;
	}
	if (g->task->count > back)
		push(g, OP_AGAIN, back, until)->arg[2] = n;
	if (chance(g, 2))
		one_word(g);
	else if (g->task->op[0].kind == OP_TRYLOCK)
		push_if(g, 1, OP_UNLOCK, g->mutex, 0);
}

/* ---- objects, RCU, counters, references -------------------------------------------------- */

static void some_reader(struct gen *g)
{
	bool section = !chance(g, 6) && fits(g, 3);

	if (section)
		push(g, OP_RCU_LOCK, 0, 0);
	push(g, OP_LOOK, 0, 0);
	if (section && !fits(g, 2))
		; /* no room to use the object */
	else if (chance(g, 2))
		push(g, OP_LOAD, WORD_H, 0);
	else
		push(g, OP_DEREF, OBJECT_H, 0);
	if (section)
		push(g, OP_RCU_UNLOCK, 0, 0);
}

static void some_retire(struct gen *g)
{
	push(g, chance(g, 4) ? OP_STEAL : chance(g, 6) ? OP_LOOK : OP_TAKE, 0, 0);
	switch (below(g, 4)) {
	case 0:
		push(g, OP_CALL_FREE, OBJECT_H, 0);
		break;
	case 1:
		push(g, OP_FREE, OBJECT_H, 0);
		break;
	default:
		push(g, OP_SYNCHRONIZE, 0, 0);
		push(g, OP_FREE, OBJECT_H, 0);
		break;
	}
}

static void some_publish(struct gen *g)
{
	push(g, OP_NEW, below(g, 2), 0);
	if (chance(g, 3))
		push(g, OP_STORE, WORD_H, any_bit(g));
	if (!chance(g, 8))
		push(g, OP_GIVE, 0, 0);
}

static void some_grace(struct gen *g)
{
	static const uint8_t kinds[] = { OP_SYNCHRONIZE, OP_POLL, OP_BARRIER, OP_BARRIER };

	if (chance(g, 3) && fits(g, 2)) {
		push(g, OP_RCU_LOCK, 0, 0);
		if (fits(g, 2))
			one_word(g);
		push(g, OP_RCU_UNLOCK, 0, 0);
		return;
	}
	push(g, (enum program_op_kind)kinds[below(g, sizeof(kinds))], 0, 0);
}

static void some_object(struct gen *g)
{
	switch (below(g, 4)) {
	case 0:
		push(g, OP_FREE, below(g, 2), 0);
		break;
	case 1:
		push_if(g, below(g, 2), OP_FREE, below(g, 2), 0);
		break;
	case 2:
		push(g, OP_LOAD, WORD_O0 + below(g, 2), 0);
		break;
	default:
		push(g, OP_DEREF, below(g, 2), 0);
		break;
	}
}

static void some_counter(struct gen *g)
{
	static const uint8_t kinds[] = { OP_COUNT, OP_COUNT,	  OP_SUM,
					 OP_SUM,   OP_COUNT_FREE, OP_COUNT_NEW };
	enum program_op_kind kind = (enum program_op_kind)kinds[below(g, sizeof(kinds))];

	push(g, kind, kind == OP_COUNT ? 1 + below(g, 2) : 0, 0);
}

static void some_ref(struct gen *g)
{
	static const uint8_t kinds[] = { OP_DYING, OP_REFS, OP_REFS, OP_GET, OP_PUT };

	switch (below(g, 3)) {
	case 0:
		push(g, OP_GET, 0, 0);
		push(g, OP_PUT, 0, 0);
		break;
	case 1:
		push(g, (enum program_op_kind)kinds[below(g, sizeof(kinds))], 0, 0);
		break;
	default:
		push(g, OP_TRYGET, 0, 0);
		push_if(g, 1, OP_PUT, 0, 0)->cond = COND_IS;
		break;
	}
}

static void some_drain(struct gen *g)
{
	push(g, OP_KILL, 0, 0);
	if (chance(g, 2))
		push(g, OP_DRAIN, 0, 0);
	if (chance(g, 2))
		push(g, OP_EXIT, 0, 0);
}

static void some_callback(struct gen *g)
{
	if (chance(g, 3))
		push(g, OP_CALL_FREE, below(g, 2), 0);
	else
		push(g, OP_CALL_WAKE, any_word(g), any_queue(g));
}

static void some_choice(struct gen *g)
{
	push(g, OP_CHOOSE, 1 + below(g, 2), 0);
	push_if(g, below(g, 3), OP_STORE, any_word(g), any_bit(g));
}

static void some_failure(struct gen *g)
{
	push(g, OP_LOAD, any_word(g), 0);
	push_if(g, below(g, 2), OP_FAIL, 0, 0);
}

/* ---- weak memory ------------------------------------------------------------------------- */

/* Two words in one order here, in the other one in another task. */
static void two_words(struct gen *g, enum program_op_kind first, enum program_op_kind second)
{
	uint8_t which = below(g, 2);

	push(g, first, g->word[which], 1);
	push(g, second, g->word[!which], 1);
}

static void some_message(struct gen *g)
{
	two_words(g, OP_STORE, chance(g, 4) ? OP_ADD : OP_STORE);
}

static void some_receipt(struct gen *g)
{
	two_words(g, chance(g, 4) ? OP_XCHG : OP_LOAD, OP_LOAD);
}

static void some_crossing(struct gen *g)
{
	two_words(g, chance(g, 4) ? OP_ADD : OP_STORE, OP_LOAD);
}

/* ---- themes ------------------------------------------------------------------------------ */

/* Idioms that belong together. A program draws on one or two rows, and on words. */
static const struct theme themes[] = {
	{ { one_word }, false },
	{ { some_mutex, some_spin }, false },
	{ { some_read, some_read, some_write }, false },
	{ { some_wait, some_signal }, false },
	{ { some_wait, some_signal, some_object }, false },
	{ { some_wait, some_timed, some_object }, false },
	{ { some_mutex, some_spin, some_read, some_write, some_object }, false },
	{ { some_wait, some_timed, some_signal, some_clock }, false },
	{ { some_timed, some_signal }, false },
	{ { some_spin_until, some_signal, some_object }, false },
	{ { some_completion }, false },
	{ { some_completion, some_spin_until, some_clock }, false },
	{ { some_reader, some_retire, some_publish }, false },
	{ { some_callback, some_grace, some_wait }, false },
	{ { some_reader, some_grace, some_callback }, false },
	{ { some_counter }, false },
	{ { some_ref, some_drain }, true },
	{ { some_ref, some_ref, some_drain }, true },
	{ { some_object }, false },
	{ { some_choice }, false },
	{ { some_loop }, false },
	{ { some_loop, some_mutex }, false },
	{ { some_loop, some_read, some_write }, false },
	{ { some_failure }, false },
};

const struct theme weak_theme = { { some_message, some_receipt, some_crossing }, false };

const struct theme *any_theme(struct gen *g)
{
	return &themes[below(g, sizeof(themes) / sizeof(themes[0]))];
}

void fill_task(struct gen *g, const struct theme *first, const struct theme *second)
{
	while (g->task->count < g->budget) {
		const struct theme *theme = chance(g, 2) ? first : second;
		unsigned int n = 0;

		while (n < IDIOMS_OF_THEME && theme->idioms[n])
			n++;
		if (chance(g, 4))
			one_word(g);
		else
			theme->idioms[below(g, n)](g);
	}
}
