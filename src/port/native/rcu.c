/* SPDX-License-Identifier: MIT */
/*
 * rcu.c (native) - grace periods over every task of an arena, in all processes that share it
 *
 * port/common/grace.h has the algorithm, and what it promises. The words are those of the tasks'
 * slots (hot.rcu), the barrier is membarrier(2).
 *
 * hs_rcu_barrier() is in wait.c, because it waits as every other wait does.
 *
 * A FREE slot has an even word, so that grace periods need not care which slots are in use.
 * Where the kernel offers no membarrier, readers fence themselves (hot.rcu_fence).
 */
#include <time.h>

#include "port/native/arena.h"

#define SPINS_BEFORE_NAP 200
#define NAP_NS 20000

void hs_rcu_init(struct hs_arena *arena)
{
	arena->rcu_fence = 0;
	if (hs_membarrier_register(arena))
		arena->rcu_fence = 1;
	hs_spin_init(&arena->rcu.lock, HS_LOCK_ARENA);
	arena->rcu.next_tail = &arena->rcu.next;
}

static struct hs_grace_readers native_rcu_readers(const struct hs_arena *arena)
{
	return (struct hs_grace_readers){ &arena->slot[0].task.hot.rcu, sizeof(arena->slot[0]),
					  arena->slots };
}

void hs_synchronize_rcu_at(struct hs_task *self, const char *where)
{
	struct hs_arena *arena = self->hot.arena;
	struct hs_grace_readers readers = native_rcu_readers(arena);
	uint32_t seen[HS_TASKS_MAX];

	hs_check_synchronize(self, where);
	hs_grace_begin(self, &readers, seen);
	for (uint32_t i = 0; i < readers.count; i++) {
		for (uint32_t spins = 1; hs_grace_waits_for(self, &readers, seen, i); spins++) {
			struct timespec nap = { .tv_nsec = NAP_NS };

			if (spins < SPINS_BEFORE_NAP) {
				hs_spin_hint();
				continue;
			}
			nanosleep(&nap, NULL);
			if (arena->config.shared && !(spins & 0xff))
				hs_arena_check_deaths(self);
		}
	}
	hs_u64_add(self, &arena->rcu.completed, 1, HS_ACQ_REL);
	hs_rcu_poll(self);
}

void hs_call_rcu_at(struct hs_task *self, struct hs_rcu_head *head,
		    void (*fn)(struct hs_task *self, struct hs_rcu_head *head), const char *where)
{
	struct hs_rcu_domain *rcu = &self->hot.arena->rcu;

	(void)where;
	/* Atomic for TSan only: a reader may still hs_deref() the object, which reads its start. */
	__atomic_store_n(&head->next, NULL, __ATOMIC_RELAXED);
	__atomic_store_n(&head->fn, fn, __ATOMIC_RELAXED);
	hs_spin_lock(self, &rcu->lock);
	__atomic_store_n(rcu->next_tail, head, __ATOMIC_RELAXED);
	rcu->next_tail = &head->next;
	hs_u64_add(self, &rcu->queued, 1, HS_RELEASE);
	hs_spin_unlock(self, &rcu->lock);
}

/* Begins a grace period for the callbacks queued since the last one began. */
static void native_rcu_begin_batch(struct hs_task *self, struct hs_arena *arena)
{
	struct hs_rcu_domain *rcu = &arena->rcu;
	struct hs_grace_readers readers = native_rcu_readers(arena);

	rcu->wait = rcu->next;
	rcu->next = NULL;
	rcu->next_tail = &rcu->next;
	hs_grace_begin(self, &readers, rcu->seen);
}

/*
 * Takes the batch that may run now. A second batch waits until the first has run, because
 * hs_rcu_barrier() counts the callbacks that have run: later ones must not overtake. A task that
 * dies from here on has broken the arena, because no other task can run what it took.
 */
static struct hs_rcu_head *native_rcu_take_batch(struct hs_task *self, struct hs_arena *arena)
{
	struct hs_rcu_domain *rcu = &arena->rcu;
	struct hs_grace_readers readers = native_rcu_readers(arena);
	struct hs_rcu_head *batch = rcu->wait;

	if (!batch || rcu->taken != hs_u64_load(self, &rcu->ran, HS_ACQUIRE) ||
	    !hs_grace_is_over(self, &readers, rcu->seen))
		return NULL;
	self->hot.in_callback = 1;
	rcu->wait = NULL;
	for (struct hs_rcu_head *head = batch; head; head = head->next)
		rcu->taken++;
	hs_u64_add(self, &rcu->completed, 1, HS_ACQ_REL);
	return batch;
}

static void native_rcu_run_batch(struct hs_task *self, struct hs_rcu_head *head)
{
	struct hs_rcu_domain *rcu = &self->hot.arena->rcu;

	while (head) {
		struct hs_rcu_head *next = head->next;

		head->fn(self, head);
		hs_u64_add(self, &rcu->ran, 1, HS_RELEASE);
		head = next;
	}
	self->hot.in_callback = 0;
}

bool hs_rcu_poll(struct hs_task *self)
{
	struct hs_arena *arena = self->hot.arena;
	struct hs_rcu_domain *rcu = &arena->rcu;
	struct hs_rcu_head *ready;

	if (hs_u64_load(self, &rcu->queued, HS_ACQUIRE) == hs_u64_load(self, &rcu->ran, HS_ACQUIRE))
		return false;
	if (self->hot.in_callback || !hs_spin_trylock(self, &rcu->lock))
		return true;
	if (!rcu->wait && rcu->next)
		native_rcu_begin_batch(self, arena);
	ready = native_rcu_take_batch(self, arena);
	hs_spin_unlock(self, &rcu->lock);
	if (ready)
		native_rcu_run_batch(self, ready);
	return hs_u64_load(self, &rcu->queued, HS_ACQUIRE) !=
	       hs_u64_load(self, &rcu->ran, HS_ACQUIRE);
}

void hs_rcu_flush(struct hs_task *boot)
{
	if (hs_u32_load(boot, &boot->hot.arena->broken, HS_RELAXED))
		return;
	while (hs_rcu_poll(boot))
		;
}
