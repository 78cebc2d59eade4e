/* SPDX-License-Identifier: MIT */
/*
 * arena.h (native) - the ground of a machine, and who is alive on it
 *
 * One struct hs_arena at the start of the arena's memory, reached by every process that shares it.
 *
 * Task slots, by predicate on slot.task.hot.state:
 *   FREE      nobody's
 *   STARTING  being filled by its new owner
 *   LIVE      somebody's
 *
 * Only who holds slot.life changes the state, and the owner thread holds it for as long as it lives.
 * It is a robust, process-shared mutex and serves as a death certificate: nobody ever waits for it.
 * Whoever has waited for long in a shared arena tries it on every slot in use; EOWNERDEAD means that
 * the thread is gone. Locks, read sections and wait queues themselves are plain words in the arena,
 * cheap and all of one kind, and this is the one place that knows about death.
 *
 *   dead, held no lock: the slot becomes FREE. Its RCU section ends; its counts stay in its shard.
 *   dead, held a lock:  what the lock protects may be half done. arena.broken is set, once and for
 *                       all, and every wait in this arena ends in hs_oops(): see hs_guard(). An RCU
 *                       callback counts as a lock: nobody else can finish it.
 *
 * The boot task (slot 0) is always LIVE and has no certificate.
 */
#ifndef HS_PORT_NATIVE_ARENA_H
#define HS_PORT_NATIVE_ARENA_H

#include <pthread.h>
#include <setjmp.h>

#include "port/common/region.h"
#include "port/port.h"

#define HS_PCPU_COUNTERS 2048
#define HS_PCPU_STRIDE (HS_PCPU_COUNTERS * sizeof(hs_u64) + 2 * HS_CACHE_LINE)
#define HS_TASK_NAME 16

/* How long a sleeper in a shared arena trusts that the others are alive. */
#define HS_DEATH_CHECK_NS 20000000
/* How often a sleeper looks at the clock, or at grace periods that others wait for. */
#define HS_POLL_NS 1000000

struct hs_slot {
	struct hs_task task; /* first: a task is its slot */
	char name[HS_TASK_NAME];
	pthread_mutex_t life;
	jmp_buf *guard;	   /* the owner's own stack */
	hs_u32 wakeups;	   /* the futex that it sleeps on */
	hs_u64 deadline;   /* of the timed wait that it is in; 0: none */
	uint32_t rcu_seen; /* hs_arena.rcu: what the grace period under way found in hot.rcu */
} __attribute__((__aligned__(2 * HS_CACHE_LINE)));

/* Callbacks wait in two batches: @next for a grace period to begin, @wait for the one under way. */
struct hs_rcu_domain {
	struct hs_spinlock lock;
	struct hs_rcu_head *next, **next_tail;
	struct hs_rcu_head *wait;
	uint64_t taken; /* to be run; a batch is taken when all before have run */
	hs_u64 queued, ran;
	hs_u64 completed; /* grace periods */
};

struct hs_arena {
	struct hs_machine_config config;
	void *root;
	uint32_t slots; /* boot included */
	uint32_t heap;	/* index of the private allocator's arena */
	uint32_t rcu_fence;
	hs_u32 broken;	   /* id + 1 of the task that died under a lock */
	hs_u32 dead_tasks; /* all that died */
	hs_u64 ticks;
	hs_u64 retired_spins;		/* of detached tasks */
	hs_u64 sleeps_on[HS_TASKS_MAX]; /* by slot: address of the word it waits for; 0: it runs */

	struct hs_spinlock lock; /* region, counter map */
	struct hs_region region;
	void *heap_list; /* malloc build: all objects */
	char *pcpu;	 /* slot 0's counters */
	uint64_t pcpu_map[HS_PCPU_COUNTERS / 64];

	hs_u64 allocations;
	/*
	 * Of the one that was told to fail: a literal in the program. Who shares the arena was forked
	 * from its creator and has the same program at the same addresses.
	 */
	const char *failed_at;
	hs_u64 live[HS_KIND_COUNT];
	hs_u64 bytes;

	struct hs_rcu_domain rcu;
	struct hs_slot slot[];
};

static inline struct hs_slot *hs_slot_of(struct hs_task *self)
{
	return (struct hs_slot *)self;
}

/* Ends self's wait in a broken arena: back to its guard, or abort. */
HS_NORETURN void hs_oops(struct hs_task *self);
/* Looks for dead tasks and oopses if one of them broke the arena. */
void hs_arena_check_deaths(struct hs_task *self);
/* Buries every task whose thread is gone. Returns how many there were. */
uint32_t hs_arena_reap(struct hs_arena *arena);
/* Boot excluded, those that are about to be LIVE included. */
uint32_t hs_arena_attached(const struct hs_arena *arena);

/*
 * Sleeps while *word == seen, for a time that the arena's state allows: for ever in a private one
 * with nothing to poll. Returns after wake-ups, time-outs and signals alike. May not return at all
 * (hs_oops). @poll: return after HS_POLL_NS at the latest.
 */
void hs_park(struct hs_task *self, const hs_u32 *word, uint32_t seen, bool poll);
/* The same for ever, whoever dies. */
void hs_park_unchecked(struct hs_task *self, const hs_u32 *word, uint32_t seen);
/* After a change of the word: lets up to @most of those go that sleep on it. */
void hs_unpark(struct hs_task *self, const hs_u32 *word, uint32_t most);
void hs_spin_hint(void);

/* Host memory for what cannot live in an arena, counted and made to fail like the rest. */
bool hs_arena_may_alloc(struct hs_arena *arena, const char *where);

/* heap.c: the arenas of the private allocator, pooled */
int hs_heap_take(uint32_t *heap);
void hs_heap_give(uint32_t heap);
void *hs_heap_alloc(uint32_t heap, void **list, size_t size, size_t align);
void hs_heap_free(void **list, void *object, size_t size, size_t align);
void hs_heap_drop_all(void **list);

/* rcu.c */
int hs_rcu_register_process(struct hs_arena *arena);
void hs_rcu_init(struct hs_arena *arena);

#endif
