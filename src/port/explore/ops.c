/* SPDX-License-Identifier: MIT */
/*
 * ops.c (explore) - when an operation is enabled
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
		[HS_OP_FENCE] = "fence",
		[HS_OP_MEMBARRIER] = "membarrier",
		[HS_OP_PLAIN_READ] = "plain read",
		[HS_OP_PLAIN_WRITE] = "plain write",
		[HS_OP_PLAIN_COPY] = "plain copy",
		[HS_OP_LOCK] = "lock",
		[HS_OP_DOWN_READ] = "down_read",
		[HS_OP_DOWN_WRITE] = "down_write",
		[HS_OP_ASK_WRITE] = "down_write",
		[HS_OP_LOOK] = "wait",
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

/* Mutex and spinlock are alike. What is freed keeps its class. */
HS_NO_ASAN uint32_t hs_op_lock_class(const struct hs_op *op)
{
	switch ((enum hs_op_kind)op->kind) {
	case HS_OP_LOCK:
	case HS_OP_TRYLOCK:
	case HS_OP_UNLOCK:
	case HS_OP_DOWN_READ:
	case HS_OP_DOWN_WRITE:
	case HS_OP_ASK_WRITE:
		break;
	default:
		return HS_LOCK_CLASS_NONE;
	}
	if (op->size == sizeof(struct hs_rwsem))
		return ((const struct hs_rwsem *)op->addr)->cls;
	return ((const struct hs_mutex *)op->addr)->cls;
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

static void ops_add_past(struct hs_task *t, uintptr_t word)
{
	for (uint32_t i = 0; i < t->past_count; i++)
		if (t->past[i] == word)
			return;
	if (t->past_count < HS_WATCH_MAX)
		t->past[t->past_count++] = word;
}

/* Notes whether the predicate reads other words than it did in an earlier state, and which. */
static void ops_compare_watch(struct hs_task *t)
{
	uint32_t sum = 1;

	for (uint32_t i = 0; i < t->watch_count; i++)
		sum = 31 * sum + (uint32_t)t->watch[i];
	if (sum == t->watch_sum)
		return;
	t->watch_varies |= t->watch_sum != 0;
	t->watch_sum = sum;
	for (uint32_t i = 0; i < t->watch_count; i++)
		ops_add_past(t, t->watch[i]);
}

/*
 * Asks the predicate and notes which words it reads. A task whose queue or words are freed can go
 * on, because that is a finding.
 */
static bool ops_ask_predicate(struct hs_task *t)
{
	struct hs_sched *s = t->sched;
	struct hs_op op = t->op;
	const char *place = t->place;
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
	t->place = place;
	t->pred_held = held;
	ops_compare_watch(t);
	return held;
}

/* A retry is enabled once a word that the task read holds another value than it saw. */
static bool ops_reads_differ(const struct hs_task *t)
{
	if (t->reads_lost || t->reads_torn)
		return true;
	for (uint32_t i = 0; i < t->read_count; i++)
		if (hs_word_value(t->reads[i].word) != t->reads[i].value)
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
