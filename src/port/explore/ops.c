/* SPDX-License-Identifier: MIT */
/*
 * ops.c (explore) - when an operation is enabled, and which operations depend on each other
 */
#include <string.h>

#include "port/explore/sched.h"

const char *hs_op_name(enum hs_op_kind kind)
{
	static const char *const names[HS_OP_KIND_COUNT] = {
		[HS_OP_NONE] = "end",
		[HS_OP_LOAD] = "load",
		[HS_OP_STORE] = "store",
		[HS_OP_RMW] = "read-modify-write",
		[HS_OP_COUNT_ADD] = "counter add",
		[HS_OP_DEREF] = "dereference",
		[HS_OP_FREE] = "free",
		[HS_OP_TRYLOCK] = "trylock",
		[HS_OP_UNLOCK] = "unlock",
		[HS_OP_RCU_ENTER] = "rcu_read_lock",
		[HS_OP_RCU_LEAVE] = "rcu_read_unlock",
		[HS_OP_RCU_SNAPSHOT] = "grace period begin",
		[HS_OP_WAKE] = "wake",
		[HS_OP_LOCK] = "lock",
		[HS_OP_DOWN_READ] = "down_read",
		[HS_OP_DOWN_WRITE] = "down_write",
		[HS_OP_ASK_WRITE] = "down_write",
		[HS_OP_LOOK] = "look before a wait",
		[HS_OP_WAIT] = "wait",
		[HS_OP_WAIT_UNTIL] = "timed wait",
		[HS_OP_RETRY] = "retry",
		[HS_OP_SPIN] = "spin",
		[HS_OP_COMPLETION] = "wait for completion",
		[HS_OP_RCU_WAIT] = "grace period",
		[HS_OP_JOIN] = "join",
	};

	return names[kind];
}

/* ---- predicates -------------------------------------------------------------------------- */

/*
 * The predicate of @t, up to a word that is freed: ASan would stop at the read, where the explorer
 * has a verdict of its own.
 */
static bool ops_call_predicate(struct hs_task *t)
{
#if HS_ASAN
	jmp_buf guard;
	bool held = false;

	t->sched->peek_guard = &guard;
	if (!setjmp(guard))
		held = t->pred(t, t->pred_arg);
	t->sched->peek_guard = NULL;
	return held && !t->watch_dead;
#else
	return t->pred(t, t->pred_arg);
#endif
}

/*
 * Asks the predicate and notes which words it reads. A task whose queue or words are freed can go
 * on, because that is a finding.
 */
static bool ops_ask_predicate(struct hs_task *t)
{
	struct hs_sched *s = t->sched;
	struct hs_op op = t->op;
	uint32_t current = s->current;
	uint8_t mode = t->mode;
	bool held;

	t->mode = HS_MODE_PEEK;
	t->watch_count = 0;
	t->watch_dead = hs_life_of(s, t->queue) != HS_LIFE_LIVE;
	s->current = t->id;
	s->asking = t;
	held = ops_call_predicate(t);
	s->asking = NULL;
	s->current = current;
	t->mode = mode;
	t->op = op;
	t->pred_held = held;
	return held;
}

typedef uint32_t __attribute__((__may_alias__)) word32;
typedef uint64_t __attribute__((__may_alias__)) word64;

/* What a task has read may be freed since, and keeps its value. */
HS_NO_ASAN static uint64_t ops_word_value(uintptr_t word)
{
	return word & 1 ? *(const word32 *)(word - 1) : *(const word64 *)word;
}

/* A retry is enabled once a word that the task read holds another value than it saw. */
static bool ops_reads_differ(const struct hs_task *t)
{
	if (t->reads_lost || t->reads_torn)
		return true;
	for (uint32_t i = 0; i < t->read_count; i++)
		if (ops_word_value(t->reads[i].word) != t->reads[i].value)
			return true;
	return false;
}

/* A lock that is freed can be taken, because that is a finding. */
static bool ops_is_dead(const struct hs_sched *s, const void *lock)
{
	return hs_life_of(s, lock) != HS_LIFE_LIVE;
}

bool hs_op_enabled(struct hs_sched *s, struct hs_task *t)
{
	const struct hs_rwsem *sem;

	switch ((enum hs_op_kind)t->op.kind) {
	case HS_OP_LOCK:
		return !((const hs_u32 *)t->op.addr)->raw || ops_is_dead(s, t->op.addr);
	case HS_OP_DOWN_READ:
		sem = t->op.addr;
		return (!(sem->word.raw & HS_RW_WRITER) && !sem->wanted.raw) || ops_is_dead(s, sem);
	case HS_OP_DOWN_WRITE:
		sem = t->op.addr;
		return !sem->word.raw || ops_is_dead(s, sem);
	case HS_OP_LOOK:
		ops_ask_predicate(t);
		return true;
	case HS_OP_SPIN:
	case HS_OP_COMPLETION:
		return ops_ask_predicate(t) || t->watch_dead;
	case HS_OP_WAIT:
		return ops_ask_predicate(t) || t->woken || t->watch_dead;
	case HS_OP_WAIT_UNTIL:
		ops_ask_predicate(t);
		return true;
	case HS_OP_RETRY:
		return ops_reads_differ(t);
	case HS_OP_RCU_WAIT:
		return !t->rcu_wait;
	case HS_OP_JOIN:
		for (uint64_t m = t->join; m; m &= m - 1)
			if (s->task[__builtin_ctzll(m)].live)
				return false;
		return true;
	default:
		return true;
	}
}

/* ---- dependence -------------------------------------------------------------------------- */

static bool ops_overlap(const void *a, size_t a_size, const void *b, size_t b_size)
{
	return (uintptr_t)a < (uintptr_t)b + b_size && (uintptr_t)b < (uintptr_t)a + a_size;
}

/* The predicate of @t reads a word that @op touches. */
static bool ops_watches(const struct hs_task *t, const struct hs_op *op)
{
	if (t->watch_count == HS_WATCH_MAX)
		return true;
	for (uint32_t i = 0; i < t->watch_count; i++)
		if (ops_overlap(t->watch[i], 8, op->addr, op->size))
			return true;
	return false;
}

/* @t waits for any of several words to change: whether @op touches one of them. */
static bool ops_waits_on(const struct hs_task *t, const struct hs_op *op)
{
	if (t->op.kind == HS_OP_RETRY) {
		if (t->reads_lost)
			return true;
		for (uint32_t i = 0; i < t->read_count; i++)
			if (ops_overlap((const void *)(t->reads[i].word & ~(uintptr_t)1), 8,
					op->addr, op->size))
				return true;
		return false;
	}
	return ops_watches(t, op) || ops_overlap(t->op.addr, t->op.size, op->addr, op->size) ||
	       ops_overlap(t->queue, sizeof(*t->queue), op->addr, op->size);
}

static bool ops_waits_on_many(const struct hs_op *op)
{
	return op->kind == HS_OP_RETRY || op->kind == HS_OP_LOOK || op->kind == HS_OP_SPIN ||
	       op->kind == HS_OP_COMPLETION || hs_op_sleeps(op);
}

/*
 * A wake settles the debts of its queue. So its order matters against a step that can make a debt:
 * a write to a word that the predicate of a sleeper on this queue reads.
 */
static bool ops_wake_depends(const struct hs_sched *s, const struct hs_op *wake,
			     const struct hs_op *op)
{
	for (uint32_t i = 1; i < s->tasks; i++) {
		const struct hs_task *t = &s->task[i];

		if (hs_op_sleeps(&t->op) && t->queue == wake->addr && ops_watches(t, op))
			return true;
	}
	return false;
}

bool hs_ops_depend(const struct hs_task *a, const struct hs_task *b)
{
	const struct hs_op *x = &a->op, *y = &b->op;

	/* A solo retry may be taken because no other step can be. */
	if (a->sched->alone)
		return true;
	if (x->access == HS_READ && y->access == HS_READ)
		return false;
	if (x->kind == HS_OP_WAKE && ops_wake_depends(a->sched, x, y))
		return true;
	if (y->kind == HS_OP_WAKE && ops_wake_depends(a->sched, y, x))
		return true;
	/* Of two timed waits each may move the clock that the other's predicate reads. */
	if (ops_waits_on_many(x) && ops_waits_on(a, y))
		return true;
	if (ops_waits_on_many(y) && ops_waits_on(b, x))
		return true;
	return ops_overlap(x->addr, x->size, y->addr, y->size) &&
	       !(x->access == HS_COMMUTE && y->access == HS_COMMUTE);
}
