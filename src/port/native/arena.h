/* SPDX-License-Identifier: MIT */
/*
 * arena.h (native) - what a machine stands on, and which of its tasks are alive
 *
 * One struct hs_arena lies at the start of the arena's memory. Every process that shares the arena
 * sees it at the same address.
 *
 * States of a task slot, by predicate on slot.task.hot.state:
 *   FREE      no task has it
 *   STARTING  a task has taken it and fills it in
 *   LIVE      a task is attached
 *
 * A thread changes the state only while it holds slot.life, a robust process-shared mutex. The
 * owner of the slot holds that mutex from attach to detach, so that the mutex tells whether the
 * owner lives: a trylock that returns EOWNERDEAD means that its thread is gone. No thread ever
 * waits for slot.life. A task that has waited long in a shared arena tries the mutex of every slot
 * in use. Locks, read sections and wait queues are plain words in the arena and know nothing of
 * deaths; only the slots do.
 *
 *   died without a lock: the slot becomes FREE. Its RCU section ends; its counts stay in its
 *                        counter slots.
 *   died with a lock:    what the lock protects may be half done. arena.broken is set for good,
 *                        and every wait in this arena ends in hs_oops(), see hs_guard(). An RCU
 *                        callback counts as a lock, because no other task can finish it. Only the
 *                        boot task, once it is alone, takes such a lock over: what it then frees
 *                        is unmapped next.
 *
 * The boot task (slot 0) is always LIVE, and its slot.life is not used.
 */
#ifndef HS_PORT_NATIVE_ARENA_H
#define HS_PORT_NATIVE_ARENA_H

#include <pthread.h>
#include <setjmp.h>

#include "port/common/batch.h"
#include "port/common/region.h"
#include "port/port.h"

#define HS_PCPU_COUNTERS 2048
#define HS_PCPU_STRIDE (HS_PCPU_COUNTERS * sizeof(hs_u64) + 2 * HS_CACHE_LINE)
#define HS_TASK_NAME 16

/* How long a sleeper in a shared arena waits before it looks for dead tasks. */
#define HS_DEATH_CHECK_NS 20000000
/* How often a sleeper looks at the clock, or at pending RCU callbacks. */
#define HS_POLL_NS 1000000

struct hs_slot {
	struct hs_task task; /* first: a task is its slot */
	char name[HS_TASK_NAME];
	pid_t owner; /* thread that attached the task */
	pthread_mutex_t life;
	jmp_buf *guard;	 /* of hs_guard(), on the owner's stack; NULL: none */
	hs_u32 wakeups;	 /* the futex that the task sleeps on */
	hs_u64 deadline; /* of the timed wait that the task is in; 0: none */
} __attribute__((__aligned__(2 * HS_CACHE_LINE)));

struct hs_arena {
	struct hs_machine_config config;
	void *root;
	uint32_t slots; /* boot included */
	pid_t creator;	/* process */
	uint32_t heap;	/* index of the private allocator's arena */
	uint32_t rcu_fence;
	hs_u32 broken;	   /* id + 1 of the task that died with a lock; 0: none did */
	hs_u32 dead_tasks; /* how many died, with a lock or without */
	hs_u64 ticks;
	hs_u64 retired_spins;		/* of detached tasks */
	hs_u64 sleeps_on[HS_TASKS_MAX]; /* by slot: address of the word it sleeps on; 0: it runs */

	struct hs_spinlock lock; /* protects region and pcpu_map */
	struct hs_region region;
	void *heap_list; /* without jemalloc: all objects */
	char *pcpu;	 /* the counters' slots of task 0 */
	uint64_t pcpu_map[HS_PCPU_COUNTERS / 64];

	hs_u64 allocations;
	/*
	 * Place of the allocation that failed by .fail_at: a literal in the program. A process that
	 * shares the arena was forked from its creator and has the literal at the same address.
	 */
	const char *failed_at;
	hs_u64 live[HS_KIND_COUNT];
	struct hs_class_table *classes; /* classes.c */
	struct hs_tracked *tracked;	/* those that are live; under .lock */
	hs_u64 bytes;

	struct hs_batches rcu;
	struct hs_slot slot[];
};

static inline struct hs_slot *hs_slot_of(struct hs_task *self)
{
	return (struct hs_slot *)self;
}

/* Ends the wait of @self in a broken arena: jumps to its guard, or aborts. */
HS_NORETURN void hs_oops(struct hs_task *self);
/* Frees the slots of dead tasks; ends in hs_oops() if the arena is broken. */
void hs_arena_check_deaths(struct hs_task *self);
/* Frees the slot of every task whose thread is gone. Returns how many there were. */
uint32_t hs_arena_reap(struct hs_arena *arena);
/* Tasks that are attached, STARTING ones included, the boot task not. */
uint32_t hs_arena_attached(const struct hs_arena *arena);

/*
 * Sleeps while *word == seen, until a wake-up. @poll: for HS_POLL_NS at most. In a shared arena it
 * returns after HS_DEATH_CHECK_NS at the latest, once it has looked for dead tasks, and does not
 * return at all if one of them broke the arena (hs_oops). It may return early, also for a signal.
 */
void hs_park(struct hs_task *self, const hs_u32 *word, uint32_t seen, bool poll);
/* The same without a time limit and without a look for dead tasks. */
void hs_park_unchecked(struct hs_task *self, const hs_u32 *word, uint32_t seen);
/* After the word has changed: wakes up to @most of the tasks that sleep on it. */
void hs_unpark(struct hs_task *self, const hs_u32 *word, uint32_t most);

static inline void hs_spin_hint(void)
{
#if defined(__x86_64__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
}

/* gettid(): unlike pthread_self(), another one in a forked child. */
pid_t hs_thread_id(void);

/* Counts an allocation. False for the one that config.fail_at names. */
bool hs_arena_may_alloc(struct hs_arena *arena, const char *where);

/* heap.c: an arena of the private allocator, and its objects. @list: arena.heap_list */
int hs_heap_take(uint32_t *heap);
void hs_heap_give(uint32_t heap);
void *hs_heap_alloc(uint32_t heap, void **list, size_t size, size_t align);
void hs_heap_free(void **list, void *object, size_t size, size_t align);
void hs_heap_drop_all(void **list);

/*
 * membarrier.c. After hs_membarrier_register() the barriers of other processes reach this one.
 * Returns 0, or -ENOSYS: this process may not use membarrier(2), which the arena relies on.
 */
int hs_membarrier_register(struct hs_arena *arena);

/* rcu.c */
void hs_rcu_init(struct hs_arena *arena);

#endif
