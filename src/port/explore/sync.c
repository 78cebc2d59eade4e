/* SPDX-License-Identifier: MIT */
/*
 * sync.c (explore) - operations that may have to wait: rwsem, queues, clock, retry, join
 */
#include "port/explore/arena.h"
#include "port/explore/order.h"
#include "port/explore/sched.h"

/* ---- locks ------------------------------------------------------------------------------- */

void hs_word_lock_from_processor(struct hs_task *self, hs_u32 *word, uint32_t cls,
				 const char *where)
{
	struct hs_processor *p;

	if (hs_word_trylock(self, word, cls, where))
		return;
	p = hs_processor_leave_at(self, where);
	hs_word_lock(self, word, cls, true, where);
	hs_processor_take_at(self, p, where);
}

static void sync_down_read_from_processor(struct hs_task *self, struct hs_rwsem *s,
					  const char *where)
{
	struct hs_processor *p;

	if (hs_down_read_trylock_at(self, s, where))
		return;
	p = hs_processor_leave_at(self, where);
	hs_down_read_at(self, s, where);
	hs_processor_take_at(self, p, where);
}

void hs_down_read_at(struct hs_task *self, struct hs_rwsem *s, const char *where)
{
	hs_check_lock_may_sleep(self, s->cls, where);
	hs_check_lock(self, s->cls, true, where);
	if (hs_unlikely(self->processor != NULL)) {
		sync_down_read_from_processor(self, s, where);
		return;
	}
	hs_step(self, HS_OP_DOWN_READ, HS_COMMUTE, s, sizeof(*s), where);
	if (hs_unlikely(self->followed))
		hs_order_acquire(self, s);
	s->word.raw++;
	hs_held_push(self, s, s->cls, where);
}

bool hs_down_read_trylock_at(struct hs_task *self, struct hs_rwsem *s, const char *where)
{
	hs_check_lock(self, s->cls, false, where);
	hs_step(self, HS_OP_TRYLOCK, HS_WRITE, s, sizeof(*s), where);
	if (s->word.raw & HS_RW_WRITER || s->wanted.raw) {
		hs_saw(self, &s->word, sizeof(s->word), s->word.raw);
		hs_step_failed(self);
		return false;
	}
	if (hs_unlikely(self->followed))
		hs_order_acquire(self, s);
	s->word.raw++;
	hs_held_push(self, s, s->cls, where);
	return true;
}

void hs_up_read_at(struct hs_task *self, struct hs_rwsem *s, const char *where)
{
	hs_step(self, HS_OP_UNLOCK, HS_COMMUTE, s, sizeof(*s), where);
	hs_check_up_read(self, s->word.raw, s->cls, where);
	if (hs_unlikely(self->followed))
		hs_order_release_reader(self, s);
	s->word.raw--;
	hs_held_pop(self, s, s->cls, where);
}

/* One step to ask, which keeps new readers out; if the rwsem is held, one more to get it. */
void hs_down_write_at(struct hs_task *self, struct hs_rwsem *s, const char *where)
{
	struct hs_processor *p = NULL;

	hs_check_lock_may_sleep(self, s->cls, where);
	hs_check_lock(self, s->cls, true, where);
	if (hs_held_has(self, s))
		hs_fail_lock_twice(self, s->cls, where);
	hs_step(self, HS_OP_ASK_WRITE, HS_WRITE, s, sizeof(*s), where);
	if (s->word.raw) {
		s->wanted.raw++;
		p = hs_processor_leave_at(self, where);
		hs_step(self, HS_OP_DOWN_WRITE, HS_WRITE, s, sizeof(*s), where);
		s->wanted.raw--;
	}
	if (hs_unlikely(self->followed)) {
		hs_order_acquire(self, s);
		hs_order_acquire_readers(self, s);
	}
	s->word.raw = HS_RW_WRITER | (self->id + 1);
	hs_held_push(self, s, s->cls, where);
	hs_processor_take_at(self, p, where);
}

void hs_up_write_at(struct hs_task *self, struct hs_rwsem *s, const char *where)
{
	hs_step(self, HS_OP_UNLOCK, HS_WRITE, s, sizeof(*s), where);
	if (s->word.raw != (HS_RW_WRITER | (self->id + 1)))
		hs_fail_up_write(self, s->word.raw, s->cls, where);
	if (hs_unlikely(self->followed))
		hs_order_release(self, s);
	s->word.raw = 0;
	hs_held_pop(self, s, s->cls, where);
}

bool hs_rwsem_held(const struct hs_task *self, const struct hs_rwsem *s)
{
	return hs_held_has(self, s);
}

bool hs_rwsem_held_write(const struct hs_task *self, const struct hs_rwsem *s)
{
	return s->word.raw == (HS_RW_WRITER | (self->id + 1));
}

/* ---- waiting ----------------------------------------------------------------------------- */

/* Asks the predicate again, so that a retry later in the loop knows what the task has read. */
static bool sync_log_predicate(struct hs_task *self)
{
	uint8_t mode = self->mode;
	bool held;

	if (mode == HS_MODE_STEP)
		self->mode = HS_MODE_LOG;
	held = self->pred(self, self->pred_arg);
	self->mode = mode;
	return held;
}

static void sync_publish_wait(struct hs_task *self, struct hs_waitq *q, hs_pred pred, void *arg,
			      const char *where)
{
	hs_check_wait(self, where);
	/*
	 * Outside an execution no other task runs the callbacks that may make the predicate true.
	 */
	if (self->mode == HS_MODE_DIRECT)
		hs_rcu_poll_direct(self);
	self->pred = pred;
	self->pred_arg = arg;
	self->queue = q;
	self->timed = false;
	self->watch_count = 0;
	self->watch_sum = 0;
	self->past_count = 0;
	self->watch_varies = self->woken = false;
}

/* A step to look. True: the predicate holds. False: the task is a sleeper from here on. */
static bool sync_look(struct hs_task *self, struct hs_waitq *q, hs_pred pred, void *arg, bool timed,
		      const char *where)
{
	sync_publish_wait(self, q, pred, arg, where);
	self->timed = timed;
	hs_step(self, HS_OP_LOOK, HS_READ, q, sizeof(*q), where);
	return sync_log_predicate(self);
}

static void sync_add_debt(struct hs_sched *s, struct hs_task *self, const char *where)
{
	for (uint32_t i = 0; i < s->debt_count; i++)
		if (s->debts[i].queue == self->queue)
			return;
	if (s->debt_count == HS_SCHED_DEBTS)
		hs_sched_violation(s, HS_VERDICT_STEPS, "more than %d queues wait for a wake",
				   HS_SCHED_DEBTS);
	else
		s->debts[s->debt_count++] = (struct hs_debt){ self->queue, where, self->id };
}

/*
 * A sleeper looks again. If the predicate holds and no wake has said so, one must follow: a debt of
 * the queue. If it does not hold any more, the wake is used up.
 *
 * The debt is made here and not when the predicate becomes true, because that would depend on the
 * order of writes to different words: of two, the first may make a predicate true and the second
 * make it false.
 */
static bool sync_look_again(struct hs_task *self, const char *where)
{
	bool held = sync_log_predicate(self);

	if (held && !self->woken && self->mode == HS_MODE_STEP)
		sync_add_debt(self->sched, self, where);
	self->woken = false;
	return held;
}

static void sync_wait(struct hs_task *self, struct hs_waitq *q, hs_pred pred, void *arg,
		      const char *where)
{
	if (sync_look(self, q, pred, arg, false, where))
		return;
	do
		hs_step(self, HS_OP_WAIT, HS_READ, q, sizeof(*q), where);
	while (!sync_look_again(self, where));
}

void hs_wait_event_at(struct hs_task *self, struct hs_waitq *q, hs_pred pred, void *arg,
		      const char *where)
{
	struct hs_processor *p = hs_processor_leave_until_at(self, pred, arg, where);

	sync_wait(self, q, pred, arg, where);
	hs_processor_take_at(self, p, where);
}

/* If the predicate does not hold when the step is taken, the deadline has come. */
static bool sync_wait_until(struct hs_task *self, struct hs_waitq *q, hs_pred pred, void *arg,
			    uint64_t deadline, const char *where)
{
	uint64_t *ticks = &self->arena->ticks, before;

	if (sync_look(self, q, pred, arg, true, where))
		return true;
	hs_step(self, HS_OP_WAIT_UNTIL, HS_WRITE, ticks, sizeof(*ticks), where);
	if (sync_look_again(self, where))
		return true;
	before = *ticks;
	if (*ticks < deadline)
		*ticks = deadline;
	hs_made(self, ticks, sizeof(*ticks), before, *ticks);
	return false;
}

bool hs_wait_event_until_at(struct hs_task *self, struct hs_waitq *q, hs_pred pred, void *arg,
			    uint64_t deadline, const char *where)
{
	struct hs_processor *p = hs_processor_leave_until_at(self, pred, arg, where);
	bool held = sync_wait_until(self, q, pred, arg, deadline, where);

	hs_processor_take_at(self, p, where);
	return held;
}

/* One step as soon as the predicate holds. Nothing wakes the task, so that no wake is lost. */
static void sync_await(struct hs_task *self, enum hs_op_kind kind, hs_pred pred, void *arg,
		       const char *where)
{
	uint64_t *retries = &self->arena->retries;

	sync_publish_wait(self, NULL, pred, arg, where);
	hs_step(self, kind, HS_READ, retries, sizeof(*retries), where);
	sync_log_predicate(self);
}

void hs_spin_until_at(struct hs_task *self, hs_pred pred, void *arg, const char *where)
{
	sync_await(self, HS_OP_SPIN, pred, arg, where);
}

struct sync_bits {
	hs_u32 *word;
	uint32_t bits;
};

static bool sync_bits_are_set(struct hs_task *self, void *arg)
{
	const struct sync_bits *b = arg;

	return (hs_u32_load(self, b->word, HS_ACQUIRE) & b->bits) == b->bits;
}

void hs_wait_for_completion_at(struct hs_task *self, struct hs_waitq *q, hs_u32 *word,
			       uint32_t bits, const char *where)
{
	struct sync_bits b = { word, bits };
	struct hs_processor *p = hs_processor_leave_until_at(self, sync_bits_are_set, &b, where);

	(void)q;
	sync_await(self, HS_OP_COMPLETION, sync_bits_are_set, &b, where);
	hs_processor_take_at(self, p, where);
}

/*
 * Which of two tasks sets its bits first is not seen by either. Through views another one may see
 * what lies between, so that the order matters.
 */
void hs_complete_at(struct hs_task *self, struct hs_waitq *q, hs_u32 *word, uint32_t bits,
		    const char *where)
{
	uint32_t before;

	(void)q;
	hs_step_detail(self, HS_OP_RMW, hs_unlikely(self->weak) ? HS_WRITE : HS_COMMUTE, word,
		       sizeof(*word), where, HS_DETAIL(HS_WHAT_COMPLETE, HS_RELEASE));
	before = word->raw;
	if (hs_unlikely(self->followed))
		hs_order_complete(self, word, before, before | bits);
	word->raw = before | bits;
	hs_made(self, word, sizeof(*word), before, word->raw);
}

/* It changes nothing that a task reads, but the queue must live: a READ. */
void hs_wake_all_at(struct hs_task *self, struct hs_waitq *q, const char *where)
{
	struct hs_sched *s = self->sched;

	hs_step(self, HS_OP_WAKE, HS_READ, q, sizeof(*q), where);
	for (uint32_t i = 1; i < s->tasks; i++) {
		struct hs_task *t = &s->task[i];

		if (hs_op_sleeps(&t->op) && t->queue == q && t->pred_held)
			t->woken = true;
	}
	for (uint32_t i = 0; i < s->debt_count; i++)
		if (s->debts[i].queue == q)
			s->debts[i--] = s->debts[--s->debt_count];
}

uint32_t hs_dec_and_wake_all_at(struct hs_task *self, struct hs_waitq *q, hs_u32 *count,
				const char *where)
{
	uint32_t was = hs_u32_count_at(self, count, -1u, -1, HS_RELEASE, where);

	hs_wake_all_at(self, q, where);
	return was;
}

uint64_t hs_ticks_at(struct hs_task *self, const char *where)
{
	uint64_t *ticks = &self->arena->ticks;

	hs_step(self, HS_OP_LOAD, HS_READ, ticks, sizeof(*ticks), where);
	hs_saw(self, ticks, sizeof(*ticks), *ticks);
	return *ticks;
}

void hs_ticks_advance_at(struct hs_task *self, uint64_t ticks, const char *where)
{
	uint64_t *now = &self->arena->ticks;

	hs_step_detail(self, HS_OP_RMW, HS_WRITE, now, sizeof(*now), where, HS_WHAT_ADD);
	*now += ticks;
	hs_made(self, now, sizeof(*now), *now - ticks, *now);
}

/* ---- retries ----------------------------------------------------------------------------- */

void hs_retry_wait_at(struct hs_task *self, const char *why, const char *where)
{
	if (self->mode == HS_MODE_DIRECT) {
		self->arena->retries++;
		return;
	}
	self->retry_why = why;
	hs_reads_compact(self);
	hs_step(self, HS_OP_RETRY, HS_READ, &self->arena->retries, sizeof(self->arena->retries),
		where);
	if (hs_unlikely(self->weak))
		hs_views_retry(self);
	self->arena->retries++;
	self->read_count = 0;
	self->reads_lost = self->reads_torn = false;
}

/* ---- threads ----------------------------------------------------------------------------- */

/*
 * Where a thread runs and what it draws follow from its starter and its number there. Its id does
 * not, because a start is no step: the ids of threads of two tasks depend on the order of steps
 * that may touch nothing in common.
 */
static void sync_settle_thread(struct hs_task *starter, struct hs_task *t)
{
	t->cpu = (starter->cpu + ++starter->threads) % starter->arena->cpus;
	t->rng = hs_random_stream(starter->arena->config.seed, t->key);
}

/* The handle of a thread is the address of its task. */
struct hs_thread *hs_thread_start(struct hs_task *self, const char *name,
				  void (*fn)(struct hs_task *self, void *arg), void *arg)
{
	struct hs_task *t;

	if (!hs_arena_may_alloc(self->arena, HS_HERE))
		return NULL;
	t = hs_sched_task_new(self->sched, name, fn, arg);
	if (self->mode != HS_MODE_STEP)
		return (struct hs_thread *)t;
	/* Which task is refused would depend on the order as well. */
	hs_assert(self, t, "thread %s: more than %d tasks and callbacks", name, HS_SCHED_TASKS - 1);
	sync_settle_thread(self, t);
	return (struct hs_thread *)t;
}

void hs_thread_join_at(struct hs_task *self, struct hs_thread *thread, const char *where)
{
	struct hs_task *t = (struct hs_task *)thread;

	self->join = 1ull << t->id;
	hs_step(self, HS_OP_JOIN, HS_READ, t, 1, where);
	if (hs_unlikely(self->followed))
		hs_order_join(self, self->join);
}
