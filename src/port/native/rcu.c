/* SPDX-License-Identifier: MIT */
/*
 * rcu.c (native) - grace periods over every task of an arena, in all processes that share it
 *
 * port/common/grace.h has the algorithm of grace periods, port/common/batch.h that of callbacks;
 * they say what is promised. The words are those of the tasks' slots (hot.rcu), the barrier is
 * membarrier(2).
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
	hs_batch_init(&arena->rcu);
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
	struct hs_processor *p;

	hs_check_synchronize(self, where);
	p = hs_processor_leave_at(self, where);
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
	hs_u64_add(self, &arena->rcu.completed, 1, HS_RELAXED);
	hs_rcu_poll(self);
	hs_processor_take_at(self, p, where);
}

void hs_call_rcu_at(struct hs_task *self, struct hs_rcu_head *head,
		    void (*fn)(struct hs_task *self, struct hs_rcu_head *head), const char *where)
{
	(void)where;
	hs_batch_queue(self, &self->hot.arena->rcu, head, fn);
}

bool hs_rcu_poll_at(struct hs_task *self, const char *where)
{
	struct hs_arena *arena = self->hot.arena;
	struct hs_grace_readers readers = native_rcu_readers(arena);

	(void)where;
	return hs_batch_poll(self, &arena->rcu, &readers);
}

void hs_rcu_barrier_at(struct hs_task *self, const char *where)
{
	struct hs_arena *arena = self->hot.arena;
	struct hs_grace_readers readers = native_rcu_readers(arena);
	struct hs_processor *p;

	if (self->hot.rcu_nest)
		hs_fail(self, where, "wait for callbacks inside a read section");
	hs_check_may_sleep(self, where);
	p = hs_processor_leave_at(self, where);
	hs_batch_barrier(self, &arena->rcu, &readers);
	hs_processor_take_at(self, p, where);
}

void hs_rcu_flush(struct hs_task *boot)
{
	if (hs_u32_load(boot, &boot->hot.arena->broken, HS_RELAXED))
		return;
	while (hs_rcu_poll(boot))
		;
}
