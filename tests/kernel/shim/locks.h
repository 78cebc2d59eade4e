/* SPDX-License-Identifier: MIT */
/*
 * locks.h - spinlocks, reader-writer semaphores, wait queues
 *
 * Locks are the explorer's. A class of locks is a place at which one is initialised, as lockdep has
 * it; an object of static storage has its own. There are no interrupts.
 */
#ifndef HS_SHIM_LOCKS_H
#define HS_SHIM_LOCKS_H

#include "shim/explored.h"

/* A class, as struct hs_sync_class begins. */
struct shim_class {
	const char *name;
	bool unordered;
};

/* ---- spinlocks --------------------------------------------------------------------------- */

typedef struct {
	u32 lock[2];
	const struct shim_class *cls; /* NULL: not initialised */
	bool made;		      /* of static storage: with the first lock */
} spinlock_t;

void shim_spin_init(spinlock_t *lock, const struct shim_class *cls);
void shim_spin_lock(spinlock_t *lock, const char *where);
void shim_spin_unlock(spinlock_t *lock, const char *where);
bool shim_spin_held(spinlock_t *lock);
void shim_assert_held(bool held, const char *where);

#define DEFINE_SPINLOCK(name) spinlock_t name = { .cls = &(const struct shim_class){ #name } }
#define spin_lock_init(lock)                                           \
	do {                                                           \
		static const struct shim_class class_here = { #lock }; \
                                                                       \
		shim_spin_init((lock), &class_here);                   \
	} while (0)
#define spin_lock(lock) shim_spin_lock((lock), SHIM_HERE)
#define spin_unlock(lock) shim_spin_unlock((lock), SHIM_HERE)
#define spin_lock_irqsave(lock, flags) ((flags) = 0, shim_spin_lock((lock), SHIM_HERE))
#define spin_unlock_irqrestore(lock, flags) ((void)(flags), shim_spin_unlock((lock), SHIM_HERE))
#define lockdep_assert_held(lock) shim_assert_held(shim_spin_held(lock), SHIM_HERE)
#define lockdep_is_held(lock) shim_spin_held(lock)

/* ---- semaphores -------------------------------------------------------------------------- */

struct rw_semaphore {
	u32 sem[4];
};

void shim_rwsem_init(struct rw_semaphore *sem, const struct shim_class *cls);
void shim_down_read(struct rw_semaphore *sem, const char *where);
void shim_up_read(struct rw_semaphore *sem, const char *where);
void shim_down_write(struct rw_semaphore *sem, const char *where);
void shim_up_write(struct rw_semaphore *sem, const char *where);
bool shim_held_write(struct rw_semaphore *sem);
void shim_might_sleep(const char *where);

#define might_sleep() shim_might_sleep(SHIM_HERE)
#define might_lock(lock) shim_might_sleep(SHIM_HERE)
/* The order of a map is that of the locks around it. */
#define lock_map_acquire(map) ((void)0)
#define lock_map_release(map) ((void)0)

/* ---- waiting ----------------------------------------------------------------------------- */

/* Wakes are counted, so that none is lost that comes after a task has prepared to wait. */
typedef struct wait_queue_head {
	u32 wakes;
	u32 queue[2];
} wait_queue_head_t;

u32 shim_prepare_to_wait(wait_queue_head_t *queue, const char *where);
void shim_wait(wait_queue_head_t *queue, u32 prepared, const char *where);
void shim_wake_all(wait_queue_head_t *queue, const char *where);

#define DECLARE_WAIT_QUEUE_HEAD(name) wait_queue_head_t name
#define init_waitqueue_head(head) (*(head) = (wait_queue_head_t){ 0 })
#define wake_up_all(head) shim_wake_all((head), SHIM_HERE)

/* The condition may take locks: it is asked by the task alone, between its steps. */
#define SHIM_WAIT(head, condition, before, after)                             \
	do {                                                                  \
		u32 prepared_;                                                \
                                                                              \
		if (condition)                                                \
			break;                                                \
		for (;;) {                                                    \
			prepared_ = shim_prepare_to_wait(&(head), SHIM_HERE); \
			if (condition)                                        \
				break;                                        \
			before;                                               \
			shim_wait(&(head), prepared_, SHIM_HERE);             \
			after;                                                \
		}                                                             \
	} while (0)
#define wait_event(head, condition) SHIM_WAIT(head, condition, (void)0, (void)0)
#define wait_event_lock_irq(head, condition, lock) \
	SHIM_WAIT(head, condition, spin_unlock(&(lock)), spin_lock(&(lock)))

#endif
