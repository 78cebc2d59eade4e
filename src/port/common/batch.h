/* SPDX-License-Identifier: MIT */
/*
 * batch.h - the algorithm of native RCU callbacks, over words of the seam
 *
 * No thread is there to run callbacks: tasks that wait, retry or ask for it poll. States of a
 * callback:
 *
 *	queued		on the list @next
 *	waiting		on @wait: a poll has made the whole list a batch, when there was none, and
 *			noted what the words of the readers are (grace.h)
 *	taken		a poll that found these readers gone runs the batch, without the lock
 *	ran
 *
 * @lock guards both lists, @seen and @taken; what they hold is loaded and stored relaxed. @queued
 * is added to under the lock, so that it counts callbacks in the order in which they are queued.
 * They run in this order, one at a time, because a batch is taken when all that were taken
 * before have run. So @ran counts in this order, too, and a barrier waits until @ran has reached
 * what @queued was. A callback may free its head, or queue it again.
 *
 *	task that runs a batch		barrier, poll, task that takes the next batch
 *	run a callback			load @ran (acquire)
 *	@ran++ (release)		free, or use, what the callback used
 *
 *	Required outcome: a task that has seen n in @ran sees what the first n callbacks did.
 *	@queued orders nothing: a task sees its own callbacks counted, and those of the tasks
 *	that it is ordered after.
 *	(tests/model/test_batch_model.c: barrier_waits_for_what_another_task_runs,
 *	poll_is_false_when_all_have_run, callbacks_run_one_at_a_time)
 *
 * In the native port this is all that runs callbacks; in the explorer it is a model of that port.
 */
#ifndef HS_PORT_COMMON_BATCH_H
#define HS_PORT_COMMON_BATCH_H

#include "port/port.h"

#include "port/common/grace.h"

struct hs_batches {
	struct hs_spinlock lock;
	hs_ptr next, next_tail;	     /* queued; the tail is the word that gets the next one */
	hs_ptr wait;		     /* the batch whose grace period is in progress */
	uint32_t seen[HS_TASKS_MAX]; /* what that found in the words of the readers */
	hs_u64 taken;
	hs_u64 queued, ran;
	hs_u64 completed; /* grace periods: for statistics */
};

static inline void hs_batch_init(struct hs_batches *b)
{
	hs_spin_init(&b->lock, HS_LOCK_ARENA);
	hs_ptr_init(&b->next_tail, &b->next);
}

static inline void hs_batch_queue(struct hs_task *self, struct hs_batches *b,
				  struct hs_rcu_head *head,
				  void (*fn)(struct hs_task *self, struct hs_rcu_head *head))
{
	head->fn = fn;
	hs_ptr_store(self, &head->next, NULL, HS_RELAXED);
	hs_spin_lock(self, &b->lock);
	hs_ptr_store(self, hs_ptr_load(self, &b->next_tail, HS_RELAXED), head, HS_RELAXED);
	HS_BREAK_SPIN_GAP(BATCH_QUEUE_GAP, self, &b->lock);
	hs_ptr_store(self, &b->next_tail, &head->next, HS_RELAXED);
	HS_BREAK_SPIN_GAP(BATCH_COUNT_LATE, self, &b->lock);
	hs_u64_add(self, &b->queued, 1, HS_RELAXED);
	hs_spin_unlock(self, &b->lock);
}

/* Callbacks are queued that have not run. False: the caller sees what its own ones did. */
static inline bool hs_batch_is_pending(struct hs_task *self, struct hs_batches *b)
{
	uint64_t queued = hs_u64_load(self, &b->queued, HS_RELAXED);

	if (HS_BREAK(BATCH_POLL_LISTS))
		return hs_ptr_load(self, &b->next, HS_RELAXED) ||
		       hs_ptr_load(self, &b->wait, HS_RELAXED);
	return queued != hs_u64_load(self, &b->ran, HS_ACQUIRE);
}

/* Begins a grace period for the callbacks queued since the last one began. */
static inline void hs_batch_begin(struct hs_task *self, struct hs_batches *b,
				  const struct hs_grace_readers *readers)
{
	hs_grace_begin(self, readers, b->seen);
	HS_BREAK_SPIN_GAP(BATCH_BEGIN_GAP, self, &b->lock);
	hs_ptr_store(self, &b->wait, hs_ptr_load(self, &b->next, HS_RELAXED), HS_RELAXED);
	hs_ptr_store(self, &b->next, NULL, HS_RELAXED);
	if (!HS_BREAK(BATCH_TAIL_STAYS))
		hs_ptr_store(self, &b->next_tail, &b->next, HS_RELAXED);
}

/* All callbacks that were taken have run: @ran counts a second batch only after the first. */
static inline bool hs_batch_is_idle(struct hs_task *self, struct hs_batches *b, uint64_t taken)
{
	return taken == hs_u64_load(self, &b->ran, HS_ACQUIRE) || HS_BREAK(BATCH_OVERTAKES);
}

/*
 * Takes the batch that may run now. NULL: none may. A task that dies from here on has broken the
 * arena, because no other task can run what it took.
 */
static inline struct hs_rcu_head *hs_batch_take(struct hs_task *self, struct hs_batches *b,
						const struct hs_grace_readers *readers)
{
	struct hs_rcu_head *batch = hs_ptr_load(self, &b->wait, HS_RELAXED);
	uint64_t taken;

	if (!batch)
		return NULL;
	taken = hs_u64_load(self, &b->taken, HS_RELAXED);
	if (!hs_batch_is_idle(self, b, taken))
		return NULL;
	if (!hs_grace_is_over(self, readers, b->seen) && !HS_BREAK(BATCH_TAKE_EARLY))
		return NULL;
	HS_BREAK_SPIN_GAP(BATCH_TAKE_GAP, self, &b->lock);
	hs_task_set_callback(self, true);
	hs_ptr_store(self, &b->wait, NULL, HS_RELAXED);
	for (struct hs_rcu_head *head = batch; head;
	     head = hs_ptr_load(self, &head->next, HS_RELAXED))
		taken++;
	hs_u64_store(self, &b->taken, taken, HS_RELAXED);
	hs_u64_add(self, &b->completed, 1, HS_RELAXED);
	return batch;
}

static inline void hs_batch_run(struct hs_task *self, struct hs_batches *b,
				struct hs_rcu_head *head)
{
	while (head) {
		struct hs_rcu_head *next = hs_ptr_load(self, &head->next, HS_RELAXED);

		if (HS_BREAK(BATCH_RAN_EARLY))
			hs_u64_add(self, &b->ran, 1, HS_RELEASE);
		head->fn(self, head);
		if (HS_BREAK(BATCH_NEXT_LATE))
			next = hs_ptr_load(self, &head->next, HS_RELAXED);
		if (!HS_BREAK(BATCH_RAN_EARLY))
			hs_u64_add(self, &b->ran, 1, HS_RELEASE);
		head = next;
	}
	hs_task_set_callback(self, false);
}

/* Apart, so that a poll that finds nothing to do saves no registers. */
static HS_NOINLINE __attribute__((__unused__)) bool
hs_batch_advance(struct hs_task *self, struct hs_batches *b, const struct hs_grace_readers *readers)
{
	struct hs_rcu_head *ready;

	if (hs_task_in_callback(self) || !hs_spin_trylock(self, &b->lock))
		return true;
	if (!hs_ptr_load(self, &b->wait, HS_RELAXED) && hs_ptr_load(self, &b->next, HS_RELAXED))
		hs_batch_begin(self, b, readers);
	ready = hs_batch_take(self, b, readers);
	hs_spin_unlock(self, &b->lock);
	if (ready)
		hs_batch_run(self, b, ready);
	return hs_batch_is_pending(self, b);
}

static inline bool hs_batch_poll(struct hs_task *self, struct hs_batches *b,
				 const struct hs_grace_readers *readers)
{
	return hs_batch_is_pending(self, b) && hs_batch_advance(self, b, readers);
}

static inline bool hs_batch_has_come_to(struct hs_task *self, struct hs_batches *b, uint64_t goal)
{
	if (HS_BREAK(BATCH_BARRIER_LISTS))
		return !hs_ptr_load(self, &b->next, HS_RELAXED) &&
		       !hs_ptr_load(self, &b->wait, HS_RELAXED);
	return hs_u64_load(self, &b->ran, HS_ACQUIRE) >= goal;
}

/* Waits until the callbacks have run that were queued before, wherever they are. */
static inline void hs_batch_barrier(struct hs_task *self, struct hs_batches *b,
				    const struct hs_grace_readers *readers)
{
	uint64_t goal = hs_u64_load(self, &b->queued, HS_RELAXED);

	while (!hs_batch_has_come_to(self, b, goal))
		if (hs_batch_poll(self, b, readers))
			hs_retry_wait(self, "rcu_barrier");
}

#endif
