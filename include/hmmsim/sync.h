/* SPDX-License-Identifier: MIT */
/**
 * @file sync.h
 * What a scenario of the author's own is written with: words, locks, waits, RCU, memory.
 *
 * *reduced*, from linux/mutex.h, spinlock.h, rwsem.h, wait.h, completion.h, rcupdate.h, slab.h and
 * lockdep.h, by what each block says. The same calls do the same in both libraries: on threads in
 * hmmsim::hmmsim, as steps in hmmsim::explore. So one source is linked twice, as it is.
 *
 * What the explorer is to see goes through these calls. Plain fields of the state are no steps:
 * guard them with a lock, or make them words (sync_words.h). A program that is compiled for it
 * (races.h) has them checked for races. All objects of this header lie in the
 * state of the scenario, or in memory of hs_sync_alloc(): every execution of hs_explore() begins
 * with them as set-up left them. Static objects are not (see hs_plan_data()). Classes of locks
 * (struct hs_sync_class) and kinds (struct hs_sync_kind) are static, because no call changes them.
 *
 * Ownership: the caller owns each object, and no call keeps a pointer to it longer than it says.
 * A zeroed word, wait queue, completion or RCU head is ready for use; a lock needs its class.
 *
 * Places: a macro passes HS_SYNC_HERE to the function of its name with _at, so that messages name
 * the line of the program that called. Strings (places, names, reasons) live as long as the
 * program.
 *
 * Misuse fails an assertion: natively the process aborts, hmmsim::explore has a verdict. Contexts
 * are those of hmmsim.h.
 */
#ifndef HMMSIM_SYNC_H
#define HMMSIM_SYNC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hmmsim/export.h>
#include <hmmsim/machine.h>
#include <hmmsim/sync_locks.h>
#include <hmmsim/sync_words.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- assertion --------------------------------------------------------------------------- */

/**
 * hs_sync_fail() - fail an assertion; hs_sync_assert() calls it
 * @param self        the calling task
 * @param where       HS_SYNC_HERE
 * @param expression  what did not hold
 * @param format      as of printf(): what was expected and what was found; further arguments follow
 *
 * *invented*, as BUG_ON() with a message. It does not return: on threads the message goes to stderr
 * and the process aborts, in hmmsim::explore the execution ends with HS_VERDICT_ASSERT.
 *
 * Context: any, predicates of waits included.
 */
HMMSIM_API void hs_sync_fail(struct hs_task *self, const char *where, const char *expression,
			     const char *format, ...)
	__attribute__((__noreturn__, __format__(__printf__, 4, 5)));
/**
 * Fails the assertion where @p condition does not hold. The message of printf() that follows says
 * what was expected and what was found: hs_sync_assert(self, n == 2, "2 adds left %u", n).
 */
#define hs_sync_assert(self, condition, ...)                                         \
	do {                                                                         \
		if (!(condition))                                                    \
			hs_sync_fail((self), HS_SYNC_HERE, #condition, __VA_ARGS__); \
	} while (0)

/* ---- tasks ------------------------------------------------------------------------------- */

/**
 * hs_sync_task_id() - the number of a task
 * @param self  the task
 *
 * *invented*. Of the tasks of a machine no two that are attached at a time have the same number.
 *
 * Context: any.
 *
 * Return: the number; 0: the boot task, which runs the set-up and the check of a scenario.
 */
HMMSIM_API uint32_t hs_sync_task_id(const struct hs_task *self);

/**
 * hs_sync_task_name() - the name of a task
 * @param self  the task
 *
 * *same* as current->comm.
 *
 * Context: any.
 *
 * Return: the first 15 bytes of what hs_plan_task() or hs_task_attach() was given; "boot"; in an
 * RCU callback in hmmsim::explore "rcu callback". Valid as long as the task is attached.
 */
HMMSIM_API const char *hs_sync_task_name(const struct hs_task *self);

/**
 * hs_sync_task_set_data() - keep a pointer for a task
 * @param self  the calling task
 * @param data  what hs_sync_task_data() returns from now on; the caller's
 *
 * *invented*. A task that is attached has NULL. In hmmsim::explore what it leads to is put back for
 * the next execution as all else is: in the machine, on the stack of the task, or in what
 * hs_plan_data() names.
 *
 * Context: any.
 */
HMMSIM_API void hs_sync_task_set_data(struct hs_task *self, void *data);

/**
 * hs_sync_task_data() - the pointer that is kept for a task
 * @param self  the calling task
 *
 * A callback of RCU runs on another task than the one that queued it: see hs_sync_call_rcu_at().
 *
 * Context: any.
 *
 * Return: what was set last, or NULL.
 */
HMMSIM_API void *hs_sync_task_data(const struct hs_task *self);

/* ---- choice ------------------------------------------------------------------------------ */

/**
 * hs_sync_choose_at() - decide for one of several ways to go on
 * @param self  the calling task
 * @param n     how many ways there are, asserted to be 1 to 127
 * @param why   HS_SYNC_HERE and what is decided
 *
 * *invented*. hs_explore() follows each of the ways; on threads, and in set-up and check, a random
 * number decides, which the machine's seed determines. Not a step, unless a task begins with it.
 *
 * Context: any, but predicates of waits.
 *
 * Return: a number below @p n.
 */
HMMSIM_API uint32_t hs_sync_choose_at(struct hs_task *self, uint32_t n, const char *why);
/** hs_sync_choose_at(), called here; @p why is a literal: what is decided */
#define hs_sync_choose(self, n, why) hs_sync_choose_at((self), (n), HS_SYNC_HERE ": " why)

/* ---- waiting ----------------------------------------------------------------------------- */

/** struct hs_sync_waitq - a wait queue; zeroed or initialised, ready for use */
struct hs_sync_waitq {
	uint32_t opaque[2]; /**< the library's */
};

/**
 * What a wait asks: whether the task may go on. It reads shared words (hs_sync_u32_load() and its
 * like) and changes nothing, which hmmsim::explore asserts, because it calls the predicate at any
 * time and in any task's turn. Best is one that reads at most 7 words: beyond that every step of
 * another task counts as one that may change it.
 */
typedef bool (*hs_sync_pred)(struct hs_task *self, void *arg);

/**
 * hs_sync_waitq_init_at() - make a wait queue
 * @param queue  the queue, which no other task can reach yet (not checked)
 * @param where  HS_SYNC_HERE
 *
 * Context: any; no task is needed.
 */
HMMSIM_API void hs_sync_waitq_init_at(struct hs_sync_waitq *queue, const char *where);
/** hs_sync_waitq_init_at(), called here */
#define hs_sync_waitq_init(queue) hs_sync_waitq_init_at((queue), HS_SYNC_HERE)

/**
 * hs_sync_wait_at() - wait until a predicate holds
 * @param self   the calling task
 * @param queue  where the task that makes it true wakes this one
 * @param pred   the predicate
 * @param arg    passed to @p pred
 * @param where  HS_SYNC_HERE
 *
 * *reduced*, wait_event(): all waiters wake, none is exclusive. Natively it runs RCU callbacks that
 * are ready. In hmmsim::explore a queue that is not woken after the predicate became true is a
 * verdict (HS_VERDICT_LOST_WAKE), also where the task came just in time to see it.
 *
 * Context: no spinlock held, not in an RCU read section or callback; may sleep.
 */
HMMSIM_API void hs_sync_wait_at(struct hs_task *self, struct hs_sync_waitq *queue,
				hs_sync_pred pred, void *arg, const char *where);
/** hs_sync_wait_at(), called here */
#define hs_sync_wait(self, queue, pred, arg) \
	hs_sync_wait_at((self), (queue), (pred), (arg), HS_SYNC_HERE)

/**
 * hs_sync_wait_until_at() - wait until a predicate holds or a time has come
 * @param self      the calling task
 * @param queue     where the task that makes it true wakes this one
 * @param pred      the predicate
 * @param arg       passed to @p pred
 * @param deadline  of the machine's clock: hs_sync_ticks() and how long to wait
 * @param where     HS_SYNC_HERE
 *
 * *reduced*, wait_event_timeout(): the clock is the model's. Natively it moves to the next deadline
 * when no task can run. hs_explore() follows both outcomes: the deadline may come at any time.
 *
 * Context: as hs_sync_wait_at().
 *
 * Return: true: the predicate holds; false: the deadline came first.
 */
HMMSIM_API bool hs_sync_wait_until_at(struct hs_task *self, struct hs_sync_waitq *queue,
				      hs_sync_pred pred, void *arg, uint64_t deadline,
				      const char *where);
/** hs_sync_wait_until_at(), called here */
#define hs_sync_wait_until(self, queue, pred, arg, deadline) \
	hs_sync_wait_until_at((self), (queue), (pred), (arg), (deadline), HS_SYNC_HERE)

/**
 * hs_sync_wake_all_at() - wake all tasks that wait on a queue
 * @param self   the calling task, which has made a predicate true
 * @param queue  the queue, which must not be freed before the call returns
 * @param where  HS_SYNC_HERE
 *
 * *reduced*, wake_up_all(). A step of its own: what is between the change and the wake is explored.
 *
 * Context: any.
 */
HMMSIM_API void hs_sync_wake_all_at(struct hs_task *self, struct hs_sync_waitq *queue,
				    const char *where);
/** hs_sync_wake_all_at(), called here */
#define hs_sync_wake_all(self, queue) hs_sync_wake_all_at((self), (queue), HS_SYNC_HERE)

/** struct hs_sync_completion - an event that comes once; zeroed or initialised, it has not come */
struct hs_sync_completion {
	uint32_t opaque; /**< the library's */
};

/**
 * hs_sync_completion_init_at() - make a completion, or use one again
 * @param completion  it has not come now; no other task can reach it (not checked)
 * @param where       HS_SYNC_HERE
 *
 * *same* as init_completion().
 *
 * Context: any; no task is needed.
 */
HMMSIM_API void hs_sync_completion_init_at(struct hs_sync_completion *completion,
					   const char *where);
/** hs_sync_completion_init_at(), called here */
#define hs_sync_completion_init(completion) hs_sync_completion_init_at((completion), HS_SYNC_HERE)

/**
 * hs_sync_complete_at() - let an event come, and wake all tasks that wait for it
 * @param self        the calling task
 * @param completion  the event; a task that has waited for it may free it at once
 * @param where       HS_SYNC_HERE
 *
 * *same* as complete_all(). One step, so that a wake-up cannot be lost.
 *
 * Context: any.
 */
HMMSIM_API void hs_sync_complete_at(struct hs_task *self, struct hs_sync_completion *completion,
				    const char *where);
/** hs_sync_complete_at(), called here */
#define hs_sync_complete(self, completion) hs_sync_complete_at((self), (completion), HS_SYNC_HERE)

/**
 * hs_sync_wait_for_completion_at() - wait until an event has come
 * @param self        the calling task
 * @param completion  the event
 * @param where       HS_SYNC_HERE
 *
 * *same* as wait_for_completion(), with complete_all().
 *
 * Context: as hs_sync_wait_at().
 */
HMMSIM_API void hs_sync_wait_for_completion_at(struct hs_task *self,
					       struct hs_sync_completion *completion,
					       const char *where);
/** hs_sync_wait_for_completion_at(), called here */
#define hs_sync_wait_for_completion(self, completion) \
	hs_sync_wait_for_completion_at((self), (completion), HS_SYNC_HERE)

/**
 * hs_sync_retry_wait_at() - end the body of a loop that tries again
 * @param self  the calling task
 * @param why   HS_SYNC_HERE and what the loop waits for
 *
 * *reduced*, cpu_relax() and cond_resched(). Every loop that goes round until another task has
 * changed something calls it. In hmmsim::explore the task goes on when a word that it has read
 * since its last retry holds another value; one that no task can help any more is a verdict
 * (HS_VERDICT_LIVELOCK). Natively it spins, and runs RCU callbacks now and then.
 *
 * Context: no spinlock held that an RCU callback takes.
 */
HMMSIM_API void hs_sync_retry_wait_at(struct hs_task *self, const char *why);
/** hs_sync_retry_wait_at(), called here; @p why is a literal: what the loop waits for */
#define hs_sync_retry_wait(self, why) hs_sync_retry_wait_at((self), HS_SYNC_HERE ": " why)

/**
 * hs_sync_ticks_at() - read the machine's clock
 * @param self   the calling task
 * @param where  HS_SYNC_HERE
 *
 * *reduced*, jiffies: model time, which moves by hs_sync_ticks_advance(), or to a deadline that a
 * task waits for: natively when no task can run, in hmmsim::explore at any time.
 *
 * Context: any.
 *
 * Return: ticks since the machine was made.
 */
HMMSIM_API uint64_t hs_sync_ticks_at(struct hs_task *self, const char *where);
/** hs_sync_ticks_at(), called here */
#define hs_sync_ticks(self) hs_sync_ticks_at((self), HS_SYNC_HERE)

/**
 * hs_sync_ticks_advance_at() - move the machine's clock
 * @param self   the calling task
 * @param ticks  how far
 * @param where  HS_SYNC_HERE
 *
 * *invented*.
 *
 * Context: any, but predicates of waits.
 */
HMMSIM_API void hs_sync_ticks_advance_at(struct hs_task *self, uint64_t ticks, const char *where);
/** hs_sync_ticks_advance_at(), called here */
#define hs_sync_ticks_advance(self, ticks) hs_sync_ticks_advance_at((self), (ticks), HS_SYNC_HERE)

/* ---- RCU --------------------------------------------------------------------------------- */

/** struct hs_sync_rcu_head - what hs_sync_call_rcu() needs of an object: a field of it */
struct hs_sync_rcu_head {
	void *opaque[2]; /**< the library's */
	/** the library's: what runs */
	void (*fn)(struct hs_task *self, struct hs_sync_rcu_head *head);
};

/**
 * hs_sync_rcu_read_lock_at() - enter an RCU read section
 * @param self   the calling task
 * @param where  HS_SYNC_HERE
 *
 * *reduced*, rcu_read_lock(): one domain a machine. Sections nest. What rcu_dereference() reads is
 * a struct hs_sync_ptr, loaded with HS_SYNC_ACQUIRE; rcu_assign_pointer() stores it with
 * HS_SYNC_RELEASE.
 *
 * Context: any, but predicates of waits.
 */
HMMSIM_API void hs_sync_rcu_read_lock_at(struct hs_task *self, const char *where);
/** hs_sync_rcu_read_lock_at(), called here */
#define hs_sync_rcu_read_lock(self) hs_sync_rcu_read_lock_at((self), HS_SYNC_HERE)

/**
 * hs_sync_rcu_read_unlock_at() - leave an RCU read section
 * @param self   the calling task, asserted to be in one
 * @param where  HS_SYNC_HERE
 *
 * *reduced*, rcu_read_unlock().
 *
 * Context: any, but predicates of waits.
 */
HMMSIM_API void hs_sync_rcu_read_unlock_at(struct hs_task *self, const char *where);
/** hs_sync_rcu_read_unlock_at(), called here */
#define hs_sync_rcu_read_unlock(self) hs_sync_rcu_read_unlock_at((self), HS_SYNC_HERE)

/**
 * hs_sync_rcu_held() - whether a task is in an RCU read section
 * @param self  the calling task
 *
 * *same* as rcu_read_lock_held(). Not a step.
 *
 * Context: any.
 *
 * Return: true or false.
 */
HMMSIM_API bool hs_sync_rcu_held(const struct hs_task *self);

/**
 * hs_sync_synchronize_rcu_at() - wait for a grace period
 * @param self   the calling task
 * @param where  HS_SYNC_HERE
 *
 * *reduced*, synchronize_rcu(): waits until every read section that is open now has been left. On
 * threads it runs callbacks that are ready.
 *
 * Context: no spinlock held, not in an RCU read section or callback; may sleep.
 */
HMMSIM_API void hs_sync_synchronize_rcu_at(struct hs_task *self, const char *where);
/** hs_sync_synchronize_rcu_at(), called here */
#define hs_sync_synchronize_rcu(self) hs_sync_synchronize_rcu_at((self), HS_SYNC_HERE)

/**
 * hs_sync_call_rcu_at() - let a function run after a grace period
 * @param self   the calling task
 * @param head   of the object, in no other call that has not run yet (not checked)
 * @param fn     called once with a task and @p head, which it may free with the object
 * @param where  HS_SYNC_HERE
 *
 * *reduced*, call_rcu(): as in a softirq, @p fn takes spinlocks only and does not wait. In
 * hmmsim::explore it is a task of its own, of which one execution has at most 31 with the others.
 * On threads it runs on the task that next waits, retries or synchronizes, at the latest when the
 * machine ends.
 *
 * Context: any, but predicates of waits.
 */
HMMSIM_API void hs_sync_call_rcu_at(struct hs_task *self, struct hs_sync_rcu_head *head,
				    void (*fn)(struct hs_task *self, struct hs_sync_rcu_head *head),
				    const char *where);
/** hs_sync_call_rcu_at(), called here */
#define hs_sync_call_rcu(self, head, fn) hs_sync_call_rcu_at((self), (head), (fn), HS_SYNC_HERE)

/**
 * hs_sync_rcu_barrier_at() - wait until all callbacks have run that are queued now
 * @param self   the calling task
 * @param where  HS_SYNC_HERE
 *
 * *same* as rcu_barrier().
 *
 * Context: as hs_sync_synchronize_rcu_at().
 */
HMMSIM_API void hs_sync_rcu_barrier_at(struct hs_task *self, const char *where);
/** hs_sync_rcu_barrier_at(), called here */
#define hs_sync_rcu_barrier(self) hs_sync_rcu_barrier_at((self), HS_SYNC_HERE)

/* ---- memory ------------------------------------------------------------------------------ */

/**
 * struct hs_sync_kind - what objects are called in reports: a static object of the program
 *
 * *reduced*, struct kmem_cache: a name.
 */
struct hs_sync_kind {
	const char *name; /**< in the singular: "work item" */
};

/**
 * hs_sync_alloc_at() - allocate an object
 * @param self   the calling task
 * @param kind   what it is; its name is used as long as the machine exists
 * @param size   in bytes, asserted not to be 0
 * @param where  HS_SYNC_HERE
 *
 * *reduced*, kmem_cache_zalloc(). The object is the caller's until hs_sync_free(); what is left
 * when the machine ends is a leak, reported by kind and place.
 *
 * Context: any, but predicates of waits.
 *
 * Return: zeroed memory, aligned to 64 bytes; NULL: no memory.
 */
HMMSIM_API void *hs_sync_alloc_at(struct hs_task *self, const struct hs_sync_kind *kind,
				  size_t size, const char *where);
/** hs_sync_alloc_at(), called here */
#define hs_sync_alloc(self, kind, size) hs_sync_alloc_at((self), (kind), (size), HS_SYNC_HERE)

/**
 * hs_sync_free_at() - free an object
 * @param self    the calling task
 * @param object  what hs_sync_alloc_at() returned, which is asserted; NULL is allowed
 * @param where   HS_SYNC_HERE
 *
 * *same* as kfree(). In hmmsim::explore a step that writes all of the object: any access to it
 * afterwards through this header, and another free, is HS_VERDICT_FREED, which says where it was
 * allocated and freed. On threads another free is an assertion as far as the memory still says so.
 *
 * Context: any, but predicates of waits.
 */
HMMSIM_API void hs_sync_free_at(struct hs_task *self, void *object, const char *where);
/** hs_sync_free_at(), called here */
#define hs_sync_free(self, object) hs_sync_free_at((self), (object), HS_SYNC_HERE)

/**
 * hs_sync_deref_at() - use plain fields of an object
 * @param self    the calling task
 * @param object  an address in it
 * @param where   HS_SYNC_HERE
 *
 * *invented*. Plain fields are no steps of hmmsim::explore, and not seen at all without
 * hmmsim::races (races.h). This call says that the task uses them now: one step, for which the
 * object must be live. On threads it does nothing.
 *
 * Context: any, predicates of waits included.
 */
HMMSIM_API void hs_sync_deref_at(struct hs_task *self, const void *object, const char *where);
/** hs_sync_deref_at(), called here */
#define hs_sync_deref(self, object) hs_sync_deref_at((self), (object), HS_SYNC_HERE)

#ifdef __cplusplus
}
#endif

#endif
