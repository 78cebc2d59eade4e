/* SPDX-License-Identifier: MIT */
/*
 * search_stage.c - the operations of programs, on the seam
 *
 * What an operation observes goes to the log of its task. Beside logs, plain memory is written by
 * one task only, so that all that tasks exchange is seen by the explorer.
 */
#include "conformance/search_stage.h"

#include <string.h>

#include "conformance/search_play.h"
#include "port/explore/views.h"

uint64_t program_executed[OP_KIND_COUNT];

/* ---- objects ----------------------------------------------------------------------------- */

struct thing *stage_thing_new(struct hs_task *self, uint64_t value)
{
	struct thing *thing = hs_alloc(self, HS_KIND_OTHER, sizeof(*thing));

	if (!thing)
		return NULL;
	for (size_t i = 0; i < sizeof(*thing); i++)
		hs_assert(self, !((const char *)thing)[i], "byte %zu of a new object is not 0", i);
	memset(thing->nothing, 1, sizeof(thing->nothing));
	hs_u64_init(&thing->value, value);
	hs_waitq_init(&thing->queue);
	hs_mutex_init(&thing->mutex, HS_LOCK_SUBSCRIPTIONS);
	hs_spin_init(&thing->spin, HS_LOCK_PGMAP_PAGES);
	hs_rwsem_init(&thing->sem, HS_LOCK_DAX_ENTRY);
	return thing;
}

void stage_thing_free(struct hs_task *self, struct thing *thing)
{
	hs_free(self, thing, HS_KIND_OTHER, sizeof(*thing));
}

uint8_t stage_tag(const struct stage *st, const void *thing)
{
	for (unsigned int i = 0; thing && i < PROGRAM_OBJECTS; i++)
		if (st->thing[i] == thing)
			return (uint8_t)(i + 1);
	return 0;
}

static void see(struct stage_task *t, uint64_t value)
{
	t->seen = (uint8_t)value;
	outcome_log_add(&t->log, value);
}

static struct thing *object_of(struct stage_task *t, uint8_t which)
{
	return which == OBJECT_H ? t->held : t->stage->thing[which];
}

/* ---- words ------------------------------------------------------------------------------- */

static hs_u32 *word32(struct stage *st, uint8_t word)
{
	return word == WORD_A ? &st->a : word == WORD_B ? &st->b : NULL;
}

static hs_u64 *word64(struct stage *st, uint8_t word, struct thing *held)
{
	switch (word) {
	case WORD_C:
	case WORD_D:
		return &st->pair[word - WORD_C];
	case WORD_O0:
	case WORD_O1:
		return &st->thing[word - WORD_O0]->value;
	default:
		return held ? &held->value : NULL;
	}
}

/* The order of @op, which is @usual unless it says otherwise. */
static enum hs_order order_of(const struct program_op *op, enum hs_order usual)
{
	return op->order == ORDER_SC ? HS_SEQ_CST : op->order == ORDER_RELAXED ? HS_RELAXED : usual;
}

static void do_word32(struct hs_task *self, struct stage_task *t, const struct program_op *op,
		      hs_u32 *w)
{
	uint32_t v = op->arg[1], expected = v;

	switch (op->kind) {
	case OP_LOAD:
		see(t, hs_u32_load(self, w, order_of(op, HS_ACQUIRE)));
		break;
	case OP_STORE:
		hs_u32_store(self, w, v, order_of(op, HS_RELEASE));
		break;
	case OP_XCHG:
		see(t, hs_u32_xchg(self, w, v, order_of(op, HS_ACQ_REL)));
		break;
	case OP_CMPXCHG:
		v = hs_u32_cmpxchg(self, w, &expected, op->arg[2], order_of(op, HS_ACQ_REL));
		see(t, expected);
		see(t, v);
		break;
	case OP_ADD:
		see(t, hs_u32_add(self, w, v, order_of(op, HS_ACQ_REL)));
		break;
	case OP_INC:
		see(t, !hs_u32_count(self, w, v, 0, order_of(op, HS_ACQ_REL)));
		break;
	case OP_DEC:
		see(t, hs_u32_count(self, w, -(uint32_t)v, 0, order_of(op, HS_ACQ_REL)) == v);
		break;
	case OP_OR:
		see(t, hs_u32_or(self, w, v, order_of(op, HS_ACQ_REL)));
		break;
	default:
		see(t, hs_u32_and(self, w, v, order_of(op, HS_ACQ_REL)));
		break;
	}
}

static void do_word64(struct hs_task *self, struct stage_task *t, const struct program_op *op,
		      hs_u64 *w)
{
	uint64_t v = op->arg[1], expected = v;

	switch (op->kind) {
	case OP_LOAD:
		see(t, hs_u64_load(self, w, order_of(op, HS_ACQUIRE)));
		break;
	case OP_STORE:
		hs_u64_store(self, w, v, order_of(op, HS_RELEASE));
		break;
	case OP_XCHG:
		see(t, hs_u64_xchg(self, w, v, order_of(op, HS_ACQ_REL)));
		break;
	case OP_CMPXCHG:
		v = hs_u64_cmpxchg(self, w, &expected, op->arg[2], order_of(op, HS_ACQ_REL));
		see(t, expected);
		see(t, v);
		break;
	case OP_ADD:
		see(t, hs_u64_add(self, w, v, order_of(op, HS_ACQ_REL)));
		break;
	case OP_INC:
		see(t, !hs_u64_count(self, w, v, 0, order_of(op, HS_ACQ_REL)));
		break;
	case OP_DEC:
		see(t, hs_u64_count(self, w, -(uint64_t)v, 0, order_of(op, HS_ACQ_REL)) == v);
		break;
	case OP_OR:
		see(t, hs_u64_or(self, w, v, order_of(op, HS_ACQ_REL)));
		break;
	default:
		see(t, hs_u64_and(self, w, v, order_of(op, HS_ACQ_REL)));
		break;
	}
}

static void do_word(struct hs_task *self, struct stage_task *t, const struct program_op *op)
{
	hs_u32 *w32 = word32(t->stage, op->arg[0]);
	hs_u64 *w64 = w32 ? NULL : word64(t->stage, op->arg[0], t->held);

	if (w32)
		do_word32(self, t, op, w32);
	else if (w64)
		do_word64(self, t, op, w64);
}

static void do_chunk(struct hs_task *self, struct stage_task *t)
{
	struct hs_chunk c = { { 0 } };

	for (unsigned int i = 0; i < 2; i++) {
		if (i % HS_LANES == 0)
			c = hs_chunk_load(self, &t->stage->pair[i]);
		see(t, hs_chunk_lane(c, i % HS_LANES));
	}
}

static void do_fence(struct hs_task *self, const struct program_op *op)
{
	static const enum hs_order orders[] = { HS_ACQUIRE, HS_RELEASE, HS_ACQ_REL, HS_SEQ_CST };

	if (op->arg[0] < sizeof(orders) / sizeof(orders[0]))
		hs_fence(self, orders[op->arg[0]]);
	else
		hs_views_membarrier(self);
}

/* ---- the pointer and objects ------------------------------------------------------------- */

static void make_thing(struct hs_task *self, struct stage_task *t, uint8_t value)
{
	if (t->news == PROGRAM_NEWS)
		return;
	t->held = stage_thing_new(self, value);
	t->stage->thing[2 + t->index * PROGRAM_NEWS + t->news++] = t->held;
}

static void callback(struct hs_task *self, struct hs_rcu_head *head)
{
	struct stage_call *c = hs_container_of(head, struct stage_call, head);
	struct stage *st = c->stage;

	if (c->thing) {
		stage_thing_free(self, c->thing);
		return;
	}
	if (word32(st, c->op->arg[0]))
		hs_u32_add(self, word32(st, c->op->arg[0]), 1, HS_RELEASE);
	else if (word64(st, c->op->arg[0], NULL))
		hs_u64_add(self, word64(st, c->op->arg[0], NULL), 1, HS_RELEASE);
	hs_wake_all(self,
		    c->op->arg[1] == QUEUE_O0 ? &st->thing[0]->queue : &st->queue[c->op->arg[1]]);
}

static void do_call(struct hs_task *self, struct stage_task *t, const struct program_op *op)
{
	struct thing *thing = op->kind == OP_CALL_FREE ? object_of(t, op->arg[0]) : NULL;
	struct stage_call *c = &t->call[t->calls];

	if (t->calls == PROGRAM_NEWS || (op->kind == OP_CALL_FREE && !thing))
		return;
	t->calls++;
	*c = (struct stage_call){ .stage = t->stage, .thing = thing, .op = op };
	hs_call_rcu(self, &c->head, callback);
}

static void do_object(struct hs_task *self, struct stage_task *t, const struct program_op *op)
{
	struct stage *st = t->stage;
	void *expected = t->held;
	struct thing *thing;

	switch (op->kind) {
	case OP_LOOK:
		t->held = hs_ptr_load(self, &st->pointer, order_of(op, HS_ACQUIRE));
		see(t, stage_tag(st, t->held));
		break;
	case OP_GIVE:
		hs_ptr_store(self, &st->pointer, t->held, order_of(op, HS_RELEASE));
		break;
	case OP_TAKE:
		t->held = hs_ptr_xchg(self, &st->pointer, NULL, order_of(op, HS_ACQ_REL));
		see(t, stage_tag(st, t->held));
		break;
	case OP_STEAL:
		see(t,
		    hs_ptr_cmpxchg(self, &st->pointer, &expected, NULL, order_of(op, HS_ACQ_REL)));
		t->held = expected;
		break;
	case OP_NEW:
		make_thing(self, t, op->arg[0]);
		break;
	case OP_DEREF:
		thing = object_of(t, op->arg[0]);
		if (thing)
			hs_deref(self, thing);
		break;
	default:
		thing = object_of(t, op->arg[0]);
		if (op->arg[0] == OBJECT_H)
			t->held = NULL;
		if (thing)
			stage_thing_free(self, thing);
		break;
	}
}

/* ---- locks ------------------------------------------------------------------------------- */

static void do_lock(struct hs_task *self, struct stage_task *t, const struct program_op *op)
{
	struct stage *st = t->stage;
	uint8_t i = op->arg[0];
	struct hs_mutex *m = i == MUTEX_O0 ? &st->thing[0]->mutex : &st->mutex[i & 1];
	struct hs_spinlock *l = i == SPIN_O0 ? &st->thing[0]->spin : &st->spin;

	switch (op->kind) {
	case OP_LOCK:
		hs_mutex_lock(self, m);
		break;
	case OP_TRYLOCK:
		see(t, hs_mutex_trylock(self, m));
		break;
	case OP_UNLOCK:
		hs_mutex_unlock(self, m);
		break;
	case OP_SPIN_LOCK:
		hs_spin_lock(self, l);
		break;
	case OP_SPIN_TRYLOCK:
		see(t, hs_spin_trylock(self, l));
		break;
	default:
		hs_spin_unlock(self, l);
		break;
	}
}

static void do_sem(struct hs_task *self, struct stage_task *t, const struct program_op *op)
{
	struct hs_rwsem *s = op->arg[0] == SEM_O0 ? &t->stage->thing[0]->sem : &t->stage->sem;

	switch (op->kind) {
	case OP_DOWN_READ:
		hs_down_read(self, s);
		break;
	case OP_TRY_READ:
		see(t, hs_down_read_trylock(self, s));
		break;
	case OP_UP_READ:
		hs_up_read(self, s);
		break;
	case OP_DOWN_WRITE:
		hs_down_write(self, s);
		break;
	default:
		hs_up_write(self, s);
		break;
	}
}

/* ---- waiting ----------------------------------------------------------------------------- */

static uint64_t read_word(struct hs_task *self, struct stage *st, uint8_t word)
{
	hs_u32 *w32 = word32(st, word);

	return w32 ? hs_u32_load(self, w32, HS_ACQUIRE)
		   : hs_u64_load(self, word64(st, word, NULL), HS_ACQUIRE);
}

static bool predicate(struct hs_task *self, void *arg)
{
	const struct stage_pred *pred = arg;
	struct stage *st = pred->stage;
	uint8_t x = pred->arg[1], y = pred->arg[2], v = pred->arg[3];

	switch (pred->arg[0]) {
	case PRED_IS:
		return read_word(self, st, x) == v;
	case PRED_NOT:
		return read_word(self, st, x) != v;
	case PRED_AND:
		return read_word(self, st, x) == v && read_word(self, st, y) == v;
	case PRED_BUT:
		return read_word(self, st, x) == v && read_word(self, st, y) != v;
	case PRED_OR:
		return read_word(self, st, x) == v || read_word(self, st, y) == v;
	case PRED_DEEP:
		for (unsigned int i = 0; i < 8; i++)
			read_word(self, st, x);
		return read_word(self, st, y) == v;
	case PRED_PICK:
		return read_word(self, st, read_word(self, st, x) == v ? y : (uint8_t)(y ^ 1)) == v;
	default:
		return hs_ticks(self) >= v;
	}
}

static bool is_released(struct hs_task *self, void *arg)
{
	return hs_u32_load(self, &((struct stage *)arg)->released, HS_ACQUIRE) != 0;
}

static void do_wait(struct hs_task *self, struct stage_task *t, const struct program_op *op)
{
	struct stage *st = t->stage;
	struct hs_waitq *q = op->arg[0] == QUEUE_O0 ? &st->thing[0]->queue
						    : &st->queue[op->arg[0] & 1];

	t->pred = (struct stage_pred){ st, op->arg + (op->kind != OP_SPIN_UNTIL) };
	switch (op->kind) {
	case OP_WAIT:
		hs_wait_event(self, q, predicate, &t->pred);
		break;
	case OP_WAIT_UNTIL:
		see(t, hs_wait_event_until(self, q, predicate, &t->pred, op->arg[5]));
		break;
	case OP_WAKE:
		hs_wake_all(self, q);
		break;
	case OP_SPIN_UNTIL:
		hs_spin_until(self, predicate, &t->pred);
		break;
	case OP_AWAIT:
		hs_wait_for_completion(self, &st->queue[0], word32(st, op->arg[0]), op->arg[1]);
		break;
	case OP_COMPLETE:
		hs_complete(self, &st->queue[0], word32(st, op->arg[0]), op->arg[1]);
		break;
	case OP_TICKS:
		see(t, hs_ticks(self));
		break;
	default:
		hs_ticks_advance(self, op->arg[0]);
		break;
	}
}

/* ---- RCU, counters, references ----------------------------------------------------------- */

static void do_rcu(struct hs_task *self, struct stage_task *t, const struct program_op *op)
{
	switch (op->kind) {
	case OP_RCU_LOCK:
		hs_rcu_read_lock(self);
		break;
	case OP_RCU_UNLOCK:
		hs_rcu_read_unlock(self);
		break;
	case OP_SYNCHRONIZE:
		hs_synchronize_rcu(self);
		break;
	case OP_POLL:
		see(t, hs_rcu_poll(self));
		break;
	default:
		hs_rcu_barrier(self);
		break;
	}
}

static void do_counter(struct hs_task *self, struct stage_task *t, const struct program_op *op)
{
	struct stage *st = t->stage;

	switch (op->kind) {
	case OP_COUNT:
		hs_pcpu_add(self, st->counter, op->arg[0]);
		break;
	case OP_SUM:
		see(t, hs_pcpu_sum(self, st->counter));
		break;
	case OP_COUNT_FREE:
		hs_pcpu_free(self, st->counter);
		st->counter_freed = true;
		break;
	default:
		if (t->counter)
			break;
		t->counter = hs_pcpu_alloc(self);
		hs_pcpu_add(self, t->counter, 1);
		break;
	}
}

void stage_released(struct hs_task *self, struct hs_percpu_ref *ref)
{
	struct stage *st = hs_container_of(ref, struct stage, ref);

	hs_u32_store(self, &st->released, 1, HS_RELEASE);
	hs_wake_all(self, &st->drained);
}

static void exit_ref(struct hs_task *self, struct stage *st)
{
	if (hs_u32_load(self, &st->released, HS_ACQUIRE) &&
	    !hs_u32_xchg(self, &st->exited, 1, HS_ACQ_REL))
		hs_percpu_ref_exit(self, &st->ref);
}

static void do_ref(struct hs_task *self, struct stage_task *t, const struct program_op *op)
{
	struct stage *st = t->stage;

	switch (op->kind) {
	case OP_GET:
		hs_percpu_ref_get_many(self, &st->ref, 1);
		break;
	case OP_TRYGET:
		see(t, hs_percpu_ref_tryget_live(self, &st->ref));
		break;
	case OP_PUT:
		hs_percpu_ref_put_many(self, &st->ref, 1);
		break;
	case OP_KILL:
		hs_percpu_ref_kill(self, &st->ref);
		break;
	case OP_DYING:
		see(t, hs_percpu_ref_is_dying(self, &st->ref));
		break;
	case OP_REFS:
		see(t, hs_percpu_ref_sum(self, &st->ref));
		break;
	case OP_DRAIN:
		hs_wait_event(self, &st->drained, is_released, st);
		break;
	default:
		exit_ref(self, st);
		break;
	}
}

/* ---- tasks ------------------------------------------------------------------------------- */

static void do_thread(struct hs_task *self, struct stage_task *t, const struct program_op *op)
{
	static const char *const names[PROGRAM_TASKS] = { "t0", "t1", "t2", "t3" };
	uint8_t who = op->arg[0];

	if (op->kind == OP_START && !t->thread[who]) {
		t->thread[who] =
			hs_thread_start(self, names[who], stage_task_main, &t->stage->task[who]);
		hs_assert(self, t->thread[who], "a task cannot start");
	} else if (op->kind == OP_JOIN && t->thread[who]) {
		hs_thread_join(self, t->thread[who]);
	}
}

static void do_op(struct hs_task *self, struct stage_task *t, const struct program_op *op)
{
	program_executed[op->kind]++;
	if (op->kind <= OP_AND)
		do_word(self, t, op);
	else if (op->kind == OP_CHUNK)
		do_chunk(self, t);
	else if (op->kind == OP_FENCE)
		do_fence(self, op);
	else if (op->kind <= OP_FREE)
		do_object(self, t, op);
	else if (op->kind <= OP_CALL_WAKE)
		do_call(self, t, op);
	else if (op->kind <= OP_SPIN_UNLOCK)
		do_lock(self, t, op);
	else if (op->kind <= OP_UP_WRITE)
		do_sem(self, t, op);
	else if (op->kind <= OP_ADVANCE)
		do_wait(self, t, op);
	else if (op->kind <= OP_BARRIER)
		do_rcu(self, t, op);
	else if (op->kind <= OP_COUNT_NEW)
		do_counter(self, t, op);
	else if (op->kind <= OP_EXIT)
		do_ref(self, t, op);
	else if (op->kind == OP_CHOOSE)
		see(t, hs_choose(self, op->arg[0] + 1u, "an operation"));
	else if (op->kind == OP_START || op->kind == OP_JOIN)
		do_thread(self, t, op);
	else
		hs_assert(self, op->kind != OP_FAIL, "a task fails, %u seen", t->seen);
}

#define TRIES_EVER 3 /* the word "ever" */

void stage_task_main(struct hs_task *self, void *arg)
{
	struct stage_task *t = arg;
	const struct program_task *task = &t->stage->program->task[t->index];

	for (unsigned int i = 0; i < task->count; i++) {
		const struct program_op *op = &task->op[i];
		bool is = t->seen == op->cond_value;

		if ((op->cond == COND_IS && !is) || (op->cond == COND_NOT && is))
			continue;
		if (op->kind != OP_AGAIN) {
			do_op(self, t, op);
		} else if (t->seen != op->arg[1] &&
			   (t->tries[i] <= op->arg[2] || op->arg[2] == TRIES_EVER)) {
			program_executed[OP_AGAIN]++;
			if (t->tries[i] < UINT8_MAX)
				t->tries[i]++;
			hs_retry_wait(self, "the observation that the loop ends with");
			i -= op->arg[0] + 2u;
		}
	}
}
