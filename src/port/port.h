/* SPDX-License-Identifier: MIT */
/*
 * port.h - the seam: everything that the model needs from the world outside it
 *
 * invented. The model (src/base .. src/device) is compiled twice from one source, each time with
 * another include path for <backend.h>:
 *
 *   src/port/native/   C11 memory model, pthreads, futexes, jemalloc: real threads, real time
 *   src/port/explore/  fibers and a scheduler: every shared access is a step that can be chosen
 *
 * This file is the contract. The backends define what it declares. These rules hold for all of it:
 *
 * Task first. A function that may yield, count, allocate or fail takes `struct hs_task *self`, the
 *	simulated thread, as its first parameter. Nothing is found through thread-local storage.
 *	hs_task_current() exists only for entry points whose signature has no task.
 *
 * Shared words are hs_u32, hs_u64 and hs_ptr. They are accessed only through the functions below,
 *	each access with its order written out. In the explorer each call is one step, except the
 *	*_init() functions, which are for memory that no other task can reach yet.
 *
 * Blocking means waiting for a predicate. No loop spins by hand: a loop that tries again ends its
 *	body with hs_retry_wait().
 *
 * Freeing an object is a write to all of it, hs_deref() is a read. So the explorer finds a use
 *	after free as a race, and ASan reports it.
 *
 * Misuse fails an assertion in every build (common/checks.h): a detached task that locks, waits or
 *	allocates, an unlock by a task that is not the owner, a wait in an RCU read section. The
 *	order of lock classes (kinds.h) is checked in debug and explore builds (HS_DEBUG).
 *
 * A failed assertion aborts natively. In the explorer it is a finding with a schedule, and so is a
 * crash.
 *
 * "Context:" says where a function may be called. Without it: any attached task, any lock held,
 * in RCU read sections and callbacks too; the function does not sleep.
 */
#ifndef HS_PORT_PORT_H
#define HS_PORT_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hmmsim/machine.h>

#include "port/common/breaks.h"
#include "port/common/sanitize.h"
#include "port/kinds.h"

/* 1: lock order is checked. Set by the build system for every file of a build. */
#ifndef HS_DEBUG
#define HS_DEBUG 0
#endif

#define HS_STRING_(x) #x
#define HS_STRING(x) HS_STRING_(x)
#define HS_HERE __FILE__ ":" HS_STRING(__LINE__)

#define hs_likely(x) __builtin_expect(!!(x), 1)
#define hs_unlikely(x) __builtin_expect(!!(x), 0)
#define hs_container_of(ptr, type, member) ((type *)((char *)(ptr)-offsetof(type, member)))
#define HS_PRINTF(fmt, first) __attribute__((__format__(__printf__, fmt, first)))
#define HS_NORETURN __attribute__((__noreturn__))
#define HS_ALWAYS_INLINE static inline __attribute__((__always_inline__))
#define HS_NOINLINE __attribute__((__noinline__))

#define HS_CACHE_LINE 64
#define HS_TASKS_MAX 64 /* slots of an arena: the boot task and up to 62 others; masks are u64 */

/* ---- shared words and their orders ------------------------------------------------------- */

typedef struct {
	uint32_t raw;
} hs_u32;
typedef struct {
	uint64_t raw;
} hs_u64;
typedef struct {
	void *raw;
} hs_ptr;

enum hs_order {
	HS_RELAXED = __ATOMIC_RELAXED, /* READ_ONCE, WRITE_ONCE */
	HS_ACQUIRE = __ATOMIC_ACQUIRE, /* smp_load_acquire */
	HS_RELEASE = __ATOMIC_RELEASE, /* smp_store_release */
	HS_ACQ_REL = __ATOMIC_ACQ_REL,
	HS_SEQ_CST = __ATOMIC_SEQ_CST, /* value-returning atomics */
};

static inline void hs_u32_init(hs_u32 *a, uint32_t v)
{
	a->raw = v;
}

static inline void hs_u64_init(hs_u64 *a, uint64_t v)
{
	a->raw = v;
}

static inline void hs_ptr_init(hs_ptr *a, void *v)
{
	a->raw = v;
}

/*
 * For each T of u32, u64 and ptr, with value type V:
 *   V    hs_T_load(self, const hs_T *a, order)
 *   void hs_T_store(self, hs_T *a, V v, order)
 *   V    hs_T_xchg(self, hs_T *a, V v, order)			returns the old value
 *   bool hs_T_cmpxchg(self, hs_T *a, V *expected, V v, order)	false: *expected is the value seen
 * and for u32 and u64:
 *   V    hs_T_add(self, hs_T *a, V n, order)			these return the old value
 *   V    hs_T_or(self, hs_T *a, V bits, order)
 *   V    hs_T_and(self, hs_T *a, V bits, order)
 *   V    hs_T_count(self, hs_T *a, V n, int near, order)	adds to a count, as hs_T_add()
 *
 * Of the old value that hs_T_count() returns, the caller uses only how it, or the new one, compares
 * with numbers up to @near: 0 tells the last put of a reference from the others, -1 says that it
 * looks at neither. While a count is larger, the explorer need not try its adds in every order.
 *
 * Each call is one step. hs_fence(self, order) is a step if the order is SEQ_CST and memory is weak
 * (HS_MEMORY_VIEWS), otherwise none.
 *
 * In the explorer the place of such a call is where it is written. hs_site(self, where) before it
 * names another, hs_site(self, NULL) ends that: so a room that has a place passes it on.
 *
 * hs_act(self, words) says what the task is about to do in the words of its author, as the line of
 * a text: reports of the explorer show it above the steps that follow. The words outlive the
 * execution; NULL ends it. No step.
 *
 * hs_moment(self) is how many decisions the execution has taken so far; HS_NO_MOMENT natively,
 * where there are none. No step.
 */
#define HS_NO_MOMENT UINT32_MAX

/*
 * A chunk: HS_LANES table entries that are read while other tasks change them. Each entry is read
 * once and whole; nothing is promised between the lanes. @first is aligned to the chunk's size.
 * Natively one vector load, under sanitizers HS_LANES relaxed loads, in the explorer HS_LANES steps
 * in ascending order. Results must not depend on HS_LANES (1, 2, 4 or 8).
 *   struct hs_chunk hs_chunk_load(self, const hs_u64 *first)
 *   uint64_t hs_chunk_lane(struct hs_chunk c, unsigned int lane)
 */

/* ---- tasks ------------------------------------------------------------------------------- */

struct hs_arena; /* what a machine stands on: memory, tasks, RCU, clock */

/* Slot of the task in its arena, the same for as long as it is attached; 0 is the boot task. */
static inline uint32_t hs_task_id(const struct hs_task *self);
static inline struct hs_arena *hs_task_arena(const struct hs_task *self);
static inline bool hs_task_is_live(const struct hs_task *self);			 /* attached */
static inline bool hs_task_in_callback(const struct hs_task *self);		 /* of RCU */
static inline void hs_task_set_callback(struct hs_task *self, bool in_callback); /* for the port */
/* A number that the model keeps for the task; 0 when it is attached. Only its thread uses it. */
static inline int64_t *hs_task_tally(struct hs_task *self);
/* Where the model counts what the task does; NULL when it is attached. Only its thread uses it. */
static inline void **hs_task_counts(struct hs_task *self);
/* A pointer that the author of a scenario keeps for the task; NULL when it is attached. */
static inline void **hs_task_data(struct hs_task *self);
/* The name of the task in slot @id. NULL: there is no such slot. */
const char *hs_arena_task_name(const struct hs_arena *arena, uint32_t id);

/*
 * The boot task, slot 0. It is for the one thread that creates or destroys the arena, while no
 * other task is attached. In the explorer set-up and final check of a scenario run on it, without
 * steps.
 */
struct hs_task *hs_arena_boot(struct hs_arena *arena);

/*
 * Lets hs_task_current() say @task on this thread, NULL: none; returns what it said before. In the
 * explorer it says which task runs, and this changes nothing.
 */
struct hs_task *hs_task_make_current(struct hs_task *task);

/* As hs_task_attach() and hs_task_detach() of <hmmsim/machine.h>. */
int hs_arena_attach(struct hs_arena *arena, const char *name, struct hs_task **out);
int hs_arena_detach(struct hs_task *self);

/*
 * Starts a thread that runs fn(task, arg) with an attached task of @self's arena; a fiber in the
 * explorer. @name is copied (15 bytes). NULL: no memory, no thread or no task slot.
 *
 * Context: no lock held; may sleep.
 */
struct hs_thread;
struct hs_thread *hs_thread_start(struct hs_task *self, const char *name,
				  void (*fn)(struct hs_task *self, void *arg), void *arg);
/* Waits until the thread has ended and releases the handle. Context: as hs_thread_start(). */
#define hs_thread_join(self, thread) hs_thread_join_at((self), (thread), HS_HERE)
void hs_thread_join_at(struct hs_task *self, struct hs_thread *thread, const char *where);

/* ---- assertion --------------------------------------------------------------------------- */

HS_NORETURN void hs_fail(struct hs_task *self, const char *where, const char *format, ...)
	HS_PRINTF(3, 4);

/*
 * The place of what the running task does without a step, for reports of a crash there. Natively
 * nothing.
 */
static inline void hs_note_place(const char *where);

/* hs_assert(self, cond, "format", ...): the message says what was expected and what was found. */
#define hs_assert(self, cond, ...) hs_assert_at(self, HS_HERE, cond, __VA_ARGS__)
/*
 * The same where it does not fit on a line. Within a macro that takes several lines __LINE__ is the
 * first one with gcc, the last one with clang, and a report has to be the same with both. As an
 * argument on the line of the macro's name it is that line with both. Other macros that pass
 * HS_HERE are on one line (tests/lint/lines.sh).
 */
#define hs_assert_at(self, where, cond, ...)                 \
	do {                                                 \
		if (hs_unlikely(!(cond)))                    \
			hs_fail((self), where, __VA_ARGS__); \
	} while (0)

/* ---- locks ------------------------------------------------------------------------------- */

/*
 * Eight or sixteen bytes, no pointer inside. The backend defines what the words hold.
 *
 * Mutex and rwsem may sleep: not in RCU callbacks, and not by a task that holds a spinlock.
 * Spinlocks may be taken in both places. A task that holds a lock takes only locks of classes that
 * come later in HS_LOCK_CLASSES; a trylock is exempt, because it cannot deadlock.
 */
struct hs_mutex {
	hs_u32 word;
	uint32_t cls;
};

struct hs_spinlock {
	hs_u32 word;
	uint32_t cls;
};

/* A waiting writer keeps out new readers, so that writers do not starve. So readers do not nest. */
struct hs_rwsem {
	hs_u32 word;   /* number of readers, or HS_RW_WRITER | id + 1 of the writer */
	hs_u32 wanted; /* writers that wait */
	hs_u32 turn;   /* what sleepers watch */
	uint32_t cls;
};

#define HS_RW_WRITER 0x80000000u

static inline void hs_mutex_init(struct hs_mutex *m, enum hs_lock_class cls)
{
	hs_u32_init(&m->word, 0);
	m->cls = cls;
}

static inline void hs_spin_init(struct hs_spinlock *l, enum hs_lock_class cls)
{
	hs_u32_init(&l->word, 0);
	l->cls = cls;
}

static inline void hs_rwsem_init(struct hs_rwsem *s, enum hs_lock_class cls)
{
	hs_u32_init(&s->word, 0);
	hs_u32_init(&s->wanted, 0);
	hs_u32_init(&s->turn, 0);
	s->cls = cls;
}

/* One entry of the list of locks that a task holds (common/held.c). */
struct hs_held {
	const void *lock;
	const char *where;
	uint32_t cls;
};

#define HS_HELD_MAX 8

#include "port/common/classes.h"

#define hs_mutex_lock(self, m) hs_mutex_lock_at((self), (m), HS_HERE)
#define hs_mutex_trylock(self, m) hs_mutex_trylock_at((self), (m), HS_HERE)
#define hs_mutex_unlock(self, m) hs_mutex_unlock_at((self), (m), HS_HERE)
#define hs_spin_lock(self, l) hs_spin_lock_at((self), (l), HS_HERE)
#define hs_spin_trylock(self, l) hs_spin_trylock_at((self), (l), HS_HERE)
#define hs_spin_unlock(self, l) hs_spin_unlock_at((self), (l), HS_HERE)
#define hs_down_read(self, s) hs_down_read_at((self), (s), HS_HERE)
#define hs_down_read_trylock(self, s) hs_down_read_trylock_at((self), (s), HS_HERE)
#define hs_up_read(self, s) hs_up_read_at((self), (s), HS_HERE)
#define hs_down_write(self, s) hs_down_write_at((self), (s), HS_HERE)
#define hs_up_write(self, s) hs_up_write_at((self), (s), HS_HERE)

void hs_down_read_at(struct hs_task *self, struct hs_rwsem *s, const char *where);
bool hs_down_read_trylock_at(struct hs_task *self, struct hs_rwsem *s, const char *where);
void hs_up_read_at(struct hs_task *self, struct hs_rwsem *s, const char *where);
void hs_down_write_at(struct hs_task *self, struct hs_rwsem *s, const char *where);
void hs_up_write_at(struct hs_task *self, struct hs_rwsem *s, const char *where);

/*
 * Whether @self holds the lock. For assertions: no step. Who reads is known in debug and explore
 * builds alone. In others hs_rwsem_held() is true as well where another task reads and @self holds
 * a lock, whichever that is.
 */
static inline bool hs_mutex_held(const struct hs_task *self, const struct hs_mutex *m);
bool hs_rwsem_held(const struct hs_task *self, const struct hs_rwsem *s);
bool hs_rwsem_held_write(const struct hs_task *self, const struct hs_rwsem *s);
static inline bool hs_spin_held(const struct hs_task *self, const struct hs_spinlock *l);
/* Whether any task holds it. For assertions where no task is at hand: no step. */
static inline bool hs_rwsem_is_locked(const struct hs_rwsem *s);
/*
 * Fails an assertion where a task may not sleep: in an RCU read section or callback; in debug and
 * explore builds also while it holds a spinlock. No step.
 */
#define hs_might_sleep(self) hs_check_may_sleep((self), HS_HERE)

/*
 * At plain data: the task holds the lock that guards it. The explorer sees no access to plain data,
 * so that without the assertion it would not see a lock that is missing.
 */
#define hs_assert_mutex(self, m) HS_ASSERT_LOCK(self, hs_mutex_held, m)
#define hs_assert_spin(self, l) HS_ASSERT_LOCK(self, hs_spin_held, l)
#define hs_assert_read(self, s) HS_ASSERT_LOCK(self, hs_rwsem_held, s)
#define hs_assert_write(self, s) HS_ASSERT_LOCK(self, hs_rwsem_held_write, s)
#define HS_ASSERT_LOCK(self, held, lock)                              \
	hs_assert((self), held((self), (lock)), "the %s is not held", \
		  hs_lock_name((self), (lock)->cls))

/* ---- waiting ----------------------------------------------------------------------------- */

/*
 * reduced: wait_event and wake_up_all of linux/wait.h. All waiters wake, none is exclusive.
 *
 * The predicate reads shared words through the seam and changes nothing. The explorer asserts that,
 * because it calls the predicate at any time and in any task's turn. The task that makes it true
 * calls hs_wake_all() afterwards.
 *
 * In the explorer a wake is a step of its own, so that the explorer finds a waiter that frees the
 * queue before the wake. A wait is a step that looks; if the predicate does not hold, the task is a
 * sleeper and looks again as soon as it does, woken or not, because a wake for another reason could
 * have come in between. If the queue was not woken while the predicate held, and is not woken later
 * either, that is a lost wake-up. A sleeper that was woken, but finds that the predicate holds no
 * longer, sleeps on. A wait on a queue or word that is freed is a use after free.
 */
struct hs_waitq {
	hs_u32 seq;
	hs_u32 waiters;
};

typedef bool (*hs_pred)(struct hs_task *self, void *arg);

static inline void hs_waitq_init(struct hs_waitq *q)
{
	hs_u32_init(&q->seq, 0);
	hs_u32_init(&q->waiters, 0);
}

/*
 * Waits until pred(self, arg) holds. Runs RCU callbacks that are ready.
 *
 * Context: no spinlock held, not in an RCU read section or callback; may sleep.
 */
#define hs_wait_event(self, q, pred, arg) hs_wait_event_at((self), (q), (pred), (arg), HS_HERE)
void hs_wait_event_at(struct hs_task *self, struct hs_waitq *q, hs_pred pred, void *arg,
		      const char *where);

/*
 * The same with an end. True: the predicate holds. False: the clock reached @deadline first. The
 * explorer follows both outcomes. Context: as hs_wait_event().
 */
#define hs_wait_event_until(self, q, pred, arg, deadline) \
	hs_wait_event_until_at((self), (q), (pred), (arg), (deadline), HS_HERE)
bool hs_wait_event_until_at(struct hs_task *self, struct hs_waitq *q, hs_pred pred, void *arg,
			    uint64_t deadline, const char *where);

#define hs_wake_all(self, q) hs_wake_all_at((self), (q), HS_HERE)
void hs_wake_all_at(struct hs_task *self, struct hs_waitq *q, const char *where);

/*
 * reduced: complete_all and wait_for_completion of linux/completion.h, for any of the bits of a
 * word. hs_complete() sets @bits and wakes; hs_wait_for_completion() returns when all of @bits are
 * set. Every task that waits on @q waits this way, and @q outlives the word, because a task that
 * has waited may free that at once. If @q is NULL, tasks wait on the word itself. In the explorer
 * each is one step: as in the kernel, where the queue's lock is held meanwhile, no task can see the
 * bits without the wake. So a wake-up cannot be lost, and no schedule differs in whether a task
 * slept.
 *
 * Context of the wait: as hs_wait_event().
 */
#define hs_wait_for_completion(self, q, word, bits) \
	hs_wait_for_completion_at((self), (q), (word), (bits), HS_HERE)
void hs_wait_for_completion_at(struct hs_task *self, struct hs_waitq *q, hs_u32 *word,
			       uint32_t bits, const char *where);
#define hs_complete(self, q, word, bits) hs_complete_at((self), (q), (word), (bits), HS_HERE)
void hs_complete_at(struct hs_task *self, struct hs_waitq *q, hs_u32 *word, uint32_t bits,
		    const char *where);

/*
 * reduced: atomic_dec_and_wake_up of linux/wait_bit.h. Takes one off @count, and wakes all if that
 * was the last; tasks wait on @q for 0. @q outlives the count. Returns the old value, of which the
 * caller uses only that it was not 0. In the explorer it wakes each time, because which of several
 * tasks is the last is then seen by none of them, and no order of theirs need be tried.
 */
#define hs_dec_and_wake_all(self, q, count) hs_dec_and_wake_all_at((self), (q), (count), HS_HERE)
uint32_t hs_dec_and_wake_all_at(struct hs_task *self, struct hs_waitq *q, hs_u32 *count,
				const char *where);

/*
 * reduced: smp_cond_load_acquire. Waits without sleeping until pred(self, arg) holds, so that the
 * task that makes it true need not wake anything. For what the next steps of another task bring. In
 * the explorer one step; if the predicate never holds, a deadlock. Context: as hs_wait_event().
 */
#define hs_spin_until(self, pred, arg) hs_spin_until_at((self), (pred), (arg), HS_HERE)
void hs_spin_until_at(struct hs_task *self, hs_pred pred, void *arg, const char *where);

/*
 * invented: a processor on which one task runs at a time, and from which no other task drives it. A
 * task that has one keeps it while it runs, spins and tries again (hs_retry_wait()), and leaves it
 * where it would have to sleep: in a wait, for a mutex or rwsem, for a grace period. It has found
 * then that it would have to, and goes on when it has its processor again. Tasks that have none are
 * not concerned.
 *
 *	spinner				sleeper			worker
 *	take the processor
 *					take another one	take: waits
 *					wait for the worker
 *	try again, and again
 *
 *	Required outcome: if the spinner waits for the sleeper, this is a livelock that names all
 *	three. If it sleeps instead, the worker runs, and all come to their end.
 *	(tests/unit/test_port_processor.c: a_task_that_spins_keeps_others_from_its_processor,
 *	a_task_that_sleeps_leaves_its_processor)
 */
struct hs_processor {
	hs_u32 task; /* that runs there: its id + 1; 0: none does */
};

static inline void hs_processor_init(struct hs_processor *p)
{
	hs_u32_init(&p->task, 0);
}

/* Waits, without sleeping, until no task runs there. NULL: nothing. Context: as hs_wait_event(). */
#define hs_processor_take(self, p) hs_processor_take_at((self), (p), HS_HERE)
void hs_processor_take_at(struct hs_task *self, struct hs_processor *p, const char *where);
/* Leaves the processor that the task has, and returns it. NULL: it has none. */
#define hs_processor_leave(self) hs_processor_leave_at((self), HS_HERE)
struct hs_processor *hs_processor_leave_at(struct hs_task *self, const char *where);
/* The predicate of the wait, of a struct hs_processor. */
bool hs_processor_is_free(struct hs_task *self, void *arg);
/* hs_spin_until() for a wait that stands for a sleep. */
#define hs_sleep_until(self, pred, arg) hs_sleep_until_at((self), (pred), (arg), HS_HERE)
void hs_sleep_until_at(struct hs_task *self, hs_pred pred, void *arg, const char *where);

/*
 * hs_retry_wait(self, "what the loop waits for") ends the body of a loop that tries again.
 *
 * Natively it spins, is counted and runs RCU callbacks now and then. In the explorer the task
 * sleeps until a word that it read since its last retry holds another value; it does not sleep if
 * another task wrote such a word between two accesses of its own. When no task can move, those that
 * sleep in a retry go on one at a time, because a loop may count. So a loop that gives up after a
 * number of retries does it only when no other task can move. A task that after HS_SOLO_RETRIES
 * such passes (explore/sched.h) has not got out is in a livelock.
 *
 * Context: no spinlock held that an RCU callback takes.
 */
#define hs_retry_wait(self, why) hs_retry_wait_at((self), (why), HS_HERE ": " why)

/* Model time. It moves by hs_ticks_advance(), or to the next deadline when no task can run. */
#define hs_ticks(self) hs_ticks_at((self), HS_HERE)
uint64_t hs_ticks_at(struct hs_task *self, const char *where);
#define hs_ticks_advance(self, ticks) hs_ticks_advance_at((self), (ticks), HS_HERE)
void hs_ticks_advance_at(struct hs_task *self, uint64_t ticks, const char *where);

/* ---- RCU --------------------------------------------------------------------------------- */

/*
 * reduced: one domain for each arena, no expedited form, no sleeping readers. Sections nest.
 *   void hs_rcu_read_lock(self)		one step if it enters the outermost section
 *   void hs_rcu_read_unlock(self)		one step if it leaves it
 *
 * A callback runs as in a softirq: it takes spinlocks only and does not wait. Natively it runs on
 * the task that next waits, retries, synchronizes or polls; there is no hidden thread, and without
 * such a task it runs when the arena is destroyed. In the explorer it is a task of its own.
 */
#define hs_rcu_read_lock(self) hs_rcu_read_lock_at((self), HS_HERE)
#define hs_rcu_read_unlock(self) hs_rcu_read_unlock_at((self), HS_HERE)

struct hs_rcu_head {
	hs_ptr next;
	void (*fn)(struct hs_task *self, struct hs_rcu_head *head);
};

/* Whether @self is in a read section. No step. */
static inline bool hs_rcu_held(const struct hs_task *self);

/*
 * Waits until every read section that is open now has been left, then natively runs callbacks that
 * are ready. Context: as hs_wait_event().
 */
#define hs_synchronize_rcu(self) hs_synchronize_rcu_at((self), HS_HERE)
void hs_synchronize_rcu_at(struct hs_task *self, const char *where);

/* Runs fn(task, head) once every read section that is open now has been left. */
#define hs_call_rcu(self, head, fn) hs_call_rcu_at((self), (head), (fn), HS_HERE)
void hs_call_rcu_at(struct hs_task *self, struct hs_rcu_head *head,
		    void (*fn)(struct hs_task *self, struct hs_rcu_head *head), const char *where);

/*
 * Runs the callbacks whose grace period is over, without waiting. True: callbacks are pending.
 * Context: no spinlock held that an RCU callback takes.
 */
#define hs_rcu_poll(self) hs_rcu_poll_at((self), HS_HERE)
bool hs_rcu_poll_at(struct hs_task *self, const char *where);

/* Waits until every callback queued so far has run. Context: as hs_wait_event(). */
#define hs_rcu_barrier(self) hs_rcu_barrier_at((self), HS_HERE)
void hs_rcu_barrier_at(struct hs_task *self, const char *where);

/*
 * Runs every pending callback, before the caller frees what they touch. In a broken arena it runs
 * none. Context: the boot task, no other task attached.
 */
void hs_rcu_flush(struct hs_task *boot);

/* ---- per-CPU counters -------------------------------------------------------------------- */

/*
 * reduced: alloc_percpu(unsigned long) with this_cpu_add. A counter is named by the address of its
 * first slot, which leaves the low 3 bits to the user for flags. Each CPU adds to a slot of its own
 * that no other CPU writes; natively each task is a CPU, in the explorer tasks share a few. A
 * single slot may wrap. The sum is exact when every add is ordered before it by the caller (RCU
 * does that for percpu_ref).
 *   void hs_pcpu_add(self, hs_u64 *counter, uint64_t n)	one step
 */
#define hs_pcpu_add(self, counter, n) hs_pcpu_add_at((self), (counter), (n), HS_HERE)
#define hs_pcpu_alloc(self) hs_pcpu_alloc_at((self), HS_HERE)
hs_u64 *hs_pcpu_alloc_at(struct hs_task *self, const char *where); /* zeroed; NULL: no memory */
#define hs_pcpu_free(self, counter) hs_pcpu_free_at((self), (counter), HS_HERE)
void hs_pcpu_free_at(struct hs_task *self, hs_u64 *counter, const char *where);
/* One step for each CPU. */
#define hs_pcpu_sum(self, counter) hs_pcpu_sum_at((self), (counter), HS_HERE)
uint64_t hs_pcpu_sum_at(struct hs_task *self, hs_u64 *counter, const char *where);

/* ---- memory ------------------------------------------------------------------------------ */

/*
 * A zeroed object of @size bytes in the arena, aligned by hs_kind_align(). NULL: no memory, or this
 * is the allocation that .fail_at of the configuration names.
 */
#define hs_alloc(self, kind, size) hs_alloc_at((self), (kind), (size), HS_HERE)
void *hs_alloc_at(struct hs_task *self, enum hs_kind kind, size_t size, const char *where);

/*
 * Zeroed memory that stays as long as the arena and is no object: it is no leak. NULL: as
 * hs_alloc_at().
 */
void *hs_keep_at(struct hs_task *self, size_t size, const char *where);

/*
 * The caller repeats kind and size of the allocation. They are trusted: checked is only that an
 * object of the kind and as many bytes are live. NULL is allowed. One step.
 */
#define hs_free(self, object, kind, size) hs_free_at((self), (object), (kind), (size), HS_HERE)
void hs_free_at(struct hs_task *self, void *object, enum hs_kind kind, size_t size,
		const char *where);

#include "port/common/tracked.h"

/* An access that needs the object to be live: one step. */
#define hs_deref(self, object) hs_deref_at((self), (object), HS_HERE)

/* ---- arenas ------------------------------------------------------------------------------ */

/* Where a region lies and how large it is, unless the configuration says otherwise. */
#define HS_ARENA_BASE ((uintptr_t)0x7e9000000000)
#define HS_ARENA_BYTES ((size_t)64 << 20)

/* These three do what the functions of <hmmsim/machine.h> promise. Context: see there. */
int hs_arena_create(const struct hs_machine_config *config, struct hs_arena **out);
/* The boot task must have freed what it allocated; objects that are live are leaks. */
int hs_arena_destroy(struct hs_arena *arena, struct hs_leaks *left);
void hs_arena_info(struct hs_arena *arena, struct hs_machine_info *info);
/* Asserts that the calling process may destroy the arena. */
void hs_arena_check_destroyer(struct hs_arena *arena);
/* One pointer for the owner of the arena: the machine. */
void hs_arena_set_root(struct hs_arena *arena, void *root);
void *hs_arena_root(struct hs_arena *arena);
/* For the backends: names the live objects by kind, for hs_arena_destroy(). */
void hs_leaks_name(const hs_u64 live[HS_KIND_COUNT], struct hs_leaks *left);
/* Adds the tracked objects that are live, by the words of their author and by place. */
void hs_arena_name_tracked(struct hs_arena *arena, struct hs_leaks *left);
/* Adds @count objects of what the words name to @left. An item that does not fit is not named. */
void hs_leaks_add(struct hs_leaks *left, uint64_t count, const char *format, ...) HS_PRINTF(3, 4);
/* Adds what is in @more to @left. */
void hs_leaks_join(struct hs_leaks *left, const struct hs_leaks *more);

/* ---- chance and choice ------------------------------------------------------------------- */

/* The next number of the task's own stream, which the arena's seed and the task's id determine. */
uint64_t hs_random(struct hs_task *self);
/* A number below @n: the explorer follows each of them, natively it is a random one. No step. */
uint32_t hs_choose(struct hs_task *self, uint32_t n, const char *why);

#include <backend.h>

_Static_assert(HS_LANES == 1 || HS_LANES == 2 || HS_LANES == 4 || HS_LANES == 8,
	       "a chunk is 1, 2, 4 or 8 entries");

/* hs_processor_leave_at() before a wait until @pred: not if that holds already. */
static inline struct hs_processor *hs_processor_leave_until_at(struct hs_task *self, hs_pred pred,
							       void *arg, const char *where)
{
	if (hs_likely(!self->processor) || pred(self, arg))
		return NULL;
	return hs_processor_leave_at(self, where);
}

/* Mutex and spinlock are one word each, which the backend's hs_word_lock() and its kin handle. */

static inline void hs_mutex_lock_at(struct hs_task *self, struct hs_mutex *m, const char *where)
{
	hs_check_lock_may_sleep(self, m->cls, where);
	hs_word_lock(self, &m->word, m->cls, true, where);
}

static inline bool hs_mutex_trylock_at(struct hs_task *self, struct hs_mutex *m, const char *where)
{
	return hs_word_trylock(self, &m->word, m->cls, where);
}

static inline void hs_mutex_unlock_at(struct hs_task *self, struct hs_mutex *m, const char *where)
{
	hs_word_unlock(self, &m->word, m->cls, where);
}

static inline void hs_spin_lock_at(struct hs_task *self, struct hs_spinlock *l, const char *where)
{
	hs_word_lock(self, &l->word, l->cls, false, where);
}

static inline bool hs_spin_trylock_at(struct hs_task *self, struct hs_spinlock *l,
				      const char *where)
{
	return hs_word_trylock(self, &l->word, l->cls, where);
}

static inline void hs_spin_unlock_at(struct hs_task *self, struct hs_spinlock *l, const char *where)
{
	hs_word_unlock(self, &l->word, l->cls, where);
}

#endif
