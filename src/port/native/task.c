/* SPDX-License-Identifier: MIT */
/*
 * task.c (native) - attaching, detaching, and noticing that a task is dead
 */
#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "port/native/arena.h"

/* For entry points without a task parameter: the task that the thread attached last. */
static __thread struct hs_task *task_current;

pid_t hs_thread_id(void)
{
	return (pid_t)syscall(SYS_gettid);
}

struct hs_task *hs_task_current(void)
{
	return task_current;
}

struct hs_task *hs_task_make_current(struct hs_task *task)
{
	struct hs_task *before = task_current;

	task_current = task;
	return before;
}

const char *hs_arena_task_name(const struct hs_arena *arena, uint32_t id)
{
	return id < arena->slots ? arena->slot[id].name : NULL;
}

static void task_fill_slot(struct hs_arena *arena, struct hs_slot *slot, const char *name)
{
	struct hs_task_hot *hot = &slot->task.hot;
	uint32_t id = (uint32_t)(slot - arena->slot), rcu = hot->rcu.raw;

	memset(hot, 0, offsetof(struct hs_task_hot, rcu));
	hot->arena = arena;
	hot->pcpu_off = (uint64_t)id * HS_PCPU_STRIDE;
	hs_u32_store(NULL, &hot->rcu, rcu & 1 ? rcu + 1 : rcu, HS_RELEASE);
	hot->rcu_nest = 0;
	hot->rcu_fence = arena->rcu_fence;
	hot->id = id;
	hs_u32_store(NULL, &hot->nheld, 0, HS_RELAXED);
	hot->in_callback = 0;
	hs_u64_store(NULL, &hot->retry_spins, 0, HS_RELAXED);
	hot->rng = hs_random_stream(arena->config.seed, id);
	slot->task.tally = 0;
	slot->task.counts = NULL;
	slot->task.data = NULL;
	slot->task.processor = NULL;
	slot->task.held_count = 0;
	slot->guard = NULL;
	hs_u64_store(NULL, &slot->deadline, 0, HS_RELAXED);
	memset(slot->name, 0, sizeof(slot->name));
	strncpy(slot->name, name, sizeof(slot->name) - 1);
}

struct hs_task *hs_arena_boot(struct hs_arena *arena)
{
	struct hs_slot *slot = &arena->slot[0];

	if (!slot->task.hot.arena) {
		task_fill_slot(arena, slot, "boot");
		hs_u32_store(NULL, &slot->task.hot.state, HS_TASK_LIVE, HS_RELEASE);
	}
	return &slot->task;
}

/* What the task added to counters stays in its slots, so that sums over all slots remain right. */
static void task_free_slot(struct hs_arena *arena, struct hs_slot *slot)
{
	hs_u64_add(NULL, &arena->retired_spins,
		   hs_u64_load(NULL, &slot->task.hot.retry_spins, HS_RELAXED), HS_RELAXED);
	hs_u64_store(NULL, &slot->task.hot.retry_spins, 0, HS_RELAXED);
	hs_u64_store(NULL, &slot->deadline, 0, HS_RELAXED);
	hs_u64_store(NULL, &arena->sleeps_on[slot - arena->slot], 0, HS_RELAXED);
	hs_u32_store(NULL, &slot->task.hot.state, HS_TASK_FREE, HS_RELEASE);
	pthread_mutex_unlock(&slot->life);
}

/* The caller holds slot.life, whose owner is dead. */
static void task_reap(struct hs_arena *arena, struct hs_slot *slot)
{
	struct hs_task *dead = &slot->task;
	uint32_t state = hs_u32_load(NULL, &dead->hot.state, HS_ACQUIRE);
	uint32_t held = hs_u32_load(NULL, &dead->hot.nheld, HS_RELAXED);
	uint32_t rcu = hs_u32_load(NULL, &dead->hot.rcu, HS_ACQUIRE), none = 0;

	pthread_mutex_consistent(&slot->life);
	if (state == HS_TASK_LIVE) {
		hs_u32_add(NULL, &arena->dead_tasks, 1, HS_RELAXED);
		if (rcu & 1)
			hs_u32_store(NULL, &dead->hot.rcu, rcu + 1, HS_RELEASE);
		if (held || dead->hot.in_callback)
			hs_u32_cmpxchg(NULL, &arena->broken, &none, dead->hot.id + 1, HS_ACQ_REL);
	}
	task_free_slot(arena, slot);
}

/*
 * Takes the life mutex of a slot that looked FREE. 0: the slot is FREE and the caller's. -EBUSY:
 * another thread holds the mutex, for a moment. -EAGAIN: the slot was not FREE any more.
 */
static int task_take_life(struct hs_arena *arena, struct hs_slot *slot)
{
	int ret = pthread_mutex_trylock(&slot->life);

	if (ret && ret != EOWNERDEAD)
		return -EBUSY;
	if (hs_u32_load(NULL, &slot->task.hot.state, HS_ACQUIRE) == HS_TASK_FREE) {
		if (ret)
			pthread_mutex_consistent(&slot->life);
		return 0;
	}
	if (ret)
		task_reap(arena, slot);
	else
		pthread_mutex_unlock(&slot->life);
	return -EAGAIN;
}

static int task_take_slot(struct hs_arena *arena, struct hs_slot **out)
{
	int ret = -EAGAIN;

	for (uint32_t i = 1; i < arena->slots; i++) {
		struct hs_slot *slot = &arena->slot[i];

		if (hs_u32_load(NULL, &slot->task.hot.state, HS_ACQUIRE) != HS_TASK_FREE)
			continue;
		switch (task_take_life(arena, slot)) {
		case 0:
			*out = slot;
			return 0;
		case -EBUSY: /* a thread looks whether the owner is dead, or is detaching */
			ret = -EBUSY;
		}
	}
	return ret;
}

int hs_arena_attach(struct hs_arena *arena, const char *name, struct hs_task **out)
{
	struct hs_slot *slot;
	int ret = hs_membarrier_register(arena);

	if (ret)
		return ret;
	while ((ret = task_take_slot(arena, &slot)))
		if (ret == -EBUSY)
			sched_yield();
		else if (!hs_arena_reap(arena))
			return ret;
	hs_u32_store(NULL, &slot->task.hot.state, HS_TASK_STARTING, HS_RELEASE);
	slot->owner = hs_thread_id();
	task_fill_slot(arena, slot, name);
	hs_u32_store(NULL, &slot->task.hot.state, HS_TASK_LIVE, HS_RELEASE);
	*out = task_current = &slot->task;
	return 0;
}

int hs_arena_detach(struct hs_task *self)
{
	struct hs_arena *arena = self->hot.arena;

	hs_check_detach(self);
	hs_assert_at(self, HS_HERE, hs_slot_of(self)->owner == hs_thread_id(),
		     "hs_task_detach: another thread than the task's own detaches it");
	if (self->hot.nheld.raw || self->hot.rcu_nest)
		return -EBUSY;
	if (task_current == self)
		task_current = NULL;
	task_free_slot(arena, hs_slot_of(self));
	return 0;
}

uint32_t hs_arena_reap(struct hs_arena *arena)
{
	uint32_t dead = 0;

	for (uint32_t i = 1; i < arena->slots; i++) {
		struct hs_slot *slot = &arena->slot[i];
		int ret;

		if (hs_u32_load(NULL, &slot->task.hot.state, HS_ACQUIRE) == HS_TASK_FREE)
			continue;
		ret = pthread_mutex_trylock(&slot->life);
		if (ret == EOWNERDEAD) {
			task_reap(arena, slot);
			dead++;
		} else if (!ret) {
			pthread_mutex_unlock(&slot->life); /* it detached meanwhile */
		}
	}
	return dead;
}

void hs_arena_check_deaths(struct hs_task *self)
{
	struct hs_arena *arena = self->hot.arena;

	hs_arena_reap(arena);
	if (hs_u32_load(self, &arena->broken, HS_ACQUIRE))
		hs_oops(self);
}

uint32_t hs_arena_attached(const struct hs_arena *arena)
{
	uint32_t n = 0;

	for (uint32_t i = 1; i < arena->slots; i++)
		n += hs_u32_load(NULL, &arena->slot[i].task.hot.state, HS_ACQUIRE) != HS_TASK_FREE;
	return n;
}
