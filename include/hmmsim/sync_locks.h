/* SPDX-License-Identifier: MIT */
/**
 * @file sync_locks.h
 * Locks with classes, whose order is learnt, for the author of a scenario. Part of sync.h.
 *
 * *reduced*, linux/mutex.h, spinlock.h, rwsem.h and lockdep.h: no interrupts, no downgrade, no
 * nesting of one class.
 *
 * A lock has a class, a static object of the program. The order of classes is learnt while the
 * program runs: a task that takes a lock of class B while it holds one of class A has shown that A
 * comes before B. A later lock that closes a cycle fails an assertion at once, whether it would
 * deadlock this time or not, and the message has the places of both acquisitions. The classes of
 * the model take part, whose order is fixed (hmmsim.h): a lock may be outside the mmap lock, or
 * inside it, and not both. What a trylock takes closes no cycle, because it does not wait.
 * Asserted in hmmsim::explore and in debug builds of hmmsim::hmmsim, as all order of locks.
 *
 * The order belongs to the machine. On threads it is learnt over all of its life, by all processes
 * that share it. In hmmsim::explore every execution begins with what set-up has shown, and forgets
 * what the execution before has shown, because a verdict must be there again when its schedule
 * alone is replayed, and the same for each order of searching. So a cycle is found in the first
 * execution that shows all of its parts, in whichever order. Where no execution shows them all, no
 * schedule deadlocks by them either: a task that waits has shown what it waits for.
 */
#ifndef HMMSIM_SYNC_LOCKS_H
#define HMMSIM_SYNC_LOCKS_H

#include <stdbool.h>
#include <stdint.h>

#include <hmmsim/export.h>
#include <hmmsim/machine.h>
#include <hmmsim/sync_words.h>

#ifdef __cplusplus
extern "C" {
#endif

/** struct hs_sync_class - a class of locks: a static object, which no call changes */
struct hs_sync_class {
	const char *name; /**< in reports: "device lock"; lives as long as the program */
	/**
	 * Of locks of this class no order is learnt or asserted: for several that one task holds in
	 * an order of their own. Deadlocks among them are found by search alone.
	 */
	bool unordered;
};

/** How many classes the locks of one machine may have. */
#define HS_SYNC_CLASSES_MAX 48

/* ---- mutexes ----------------------------------------------------------------------------- */

/** struct hs_sync_mutex - a mutex; see hs_sync_mutex_init_at() */
struct hs_sync_mutex {
	uint32_t opaque[2]; /**< the library's */
};

/**
 * hs_sync_mutex_init_at() - make a mutex, which no task holds
 * @param self   the calling task
 * @param mutex  the mutex, which no other task can reach yet (not checked)
 * @param cls    its class, asserted to be of locks that sleep, mutexes and rwsems
 * @param where  HS_SYNC_HERE
 *
 * The machine keeps what it learns of a class until it ends: about a KiB for the first, and some
 * hundred bytes for each other.
 *
 * Context: any, but predicates of waits.
 *
 * Return: 0, or, with a mutex that cannot be locked,
 * - -EINVAL: the class has no name
 * - -ENOMEM: no memory
 * - -ENOSPC: locks of HS_SYNC_CLASSES_MAX other classes were made in this machine
 */
HMMSIM_API int hs_sync_mutex_init_at(struct hs_task *self, struct hs_sync_mutex *mutex,
				     const struct hs_sync_class *cls, const char *where);
/** hs_sync_mutex_init_at(), called here */
#define hs_sync_mutex_init(self, mutex, cls) \
	hs_sync_mutex_init_at((self), (mutex), (cls), HS_SYNC_HERE)

/**
 * hs_sync_mutex_lock_at() - take a mutex
 * @param self   the calling task; at the end of a task it is asserted to hold nothing
 * @param mutex  the mutex, asserted to be initialised and not to be held by the task
 * @param where  HS_SYNC_HERE
 *
 * *reduced*, mutex_lock(). Asserts that the task holds fewer than 8 locks (as order is).
 *
 * Context: no spinlock held, not in an RCU read section or callback; may sleep.
 */
HMMSIM_API void hs_sync_mutex_lock_at(struct hs_task *self, struct hs_sync_mutex *mutex,
				      const char *where);
/** hs_sync_mutex_lock_at(), called here */
#define hs_sync_mutex_lock(self, mutex) hs_sync_mutex_lock_at((self), (mutex), HS_SYNC_HERE)

/**
 * hs_sync_mutex_trylock_at() - take a mutex if it is free
 * @param self   the calling task
 * @param mutex  the mutex, asserted to be initialised
 * @param where  HS_SYNC_HERE
 *
 * *same* as mutex_trylock().
 *
 * Context: not in a callback of RCU (not checked).
 *
 * Return: whether the task holds it now.
 */
HMMSIM_API bool hs_sync_mutex_trylock_at(struct hs_task *self, struct hs_sync_mutex *mutex,
					 const char *where);
/** hs_sync_mutex_trylock_at(), called here */
#define hs_sync_mutex_trylock(self, mutex) hs_sync_mutex_trylock_at((self), (mutex), HS_SYNC_HERE)

/**
 * hs_sync_mutex_unlock_at() - release a mutex
 * @param self   the calling task, asserted to hold it
 * @param mutex  the mutex, which must not be freed before the call returns
 * @param where  HS_SYNC_HERE
 *
 * *same* as mutex_unlock().
 *
 * Context: any.
 */
HMMSIM_API void hs_sync_mutex_unlock_at(struct hs_task *self, struct hs_sync_mutex *mutex,
					const char *where);
/** hs_sync_mutex_unlock_at(), called here */
#define hs_sync_mutex_unlock(self, mutex) hs_sync_mutex_unlock_at((self), (mutex), HS_SYNC_HERE)

/**
 * hs_sync_mutex_held() - whether a task holds a mutex
 * @param self   the calling task
 * @param mutex  the mutex
 *
 * *reduced*, lockdep_is_held(). For assertions: not a step.
 *
 * Context: any.
 *
 * Return: true or false.
 */
HMMSIM_API bool hs_sync_mutex_held(const struct hs_task *self, const struct hs_sync_mutex *mutex);

/* ---- spinlocks --------------------------------------------------------------------------- */

/** struct hs_sync_spinlock - a spinlock; see hs_sync_spin_init_at() */
struct hs_sync_spinlock {
	uint32_t opaque[2]; /**< the library's */
};

/**
 * hs_sync_spin_init_at() - make a spinlock, which no task holds
 * @param self   the calling task
 * @param lock   the spinlock, which no other task can reach yet (not checked)
 * @param cls    its class, asserted to be of spinlocks
 * @param where  HS_SYNC_HERE
 *
 * Context: any, but predicates of waits.
 *
 * Return: as hs_sync_mutex_init_at().
 */
HMMSIM_API int hs_sync_spin_init_at(struct hs_task *self, struct hs_sync_spinlock *lock,
				    const struct hs_sync_class *cls, const char *where);
/** hs_sync_spin_init_at(), called here */
#define hs_sync_spin_init(self, lock, cls) hs_sync_spin_init_at((self), (lock), (cls), HS_SYNC_HERE)

/**
 * hs_sync_spin_lock_at() - take a spinlock
 * @param self   the calling task
 * @param lock   the spinlock, asserted to be initialised and not to be held by the task
 * @param where  HS_SYNC_HERE
 *
 * *reduced*, spin_lock(): there are no interrupts. A task that holds one does not sleep, which is
 * asserted where it might (as order is).
 *
 * Context: any, but predicates of waits; in RCU read sections and callbacks too.
 */
HMMSIM_API void hs_sync_spin_lock_at(struct hs_task *self, struct hs_sync_spinlock *lock,
				     const char *where);
/** hs_sync_spin_lock_at(), called here */
#define hs_sync_spin_lock(self, lock) hs_sync_spin_lock_at((self), (lock), HS_SYNC_HERE)

/**
 * hs_sync_spin_trylock_at() - take a spinlock if it is free
 * @param self   the calling task
 * @param lock   the spinlock, asserted to be initialised
 * @param where  HS_SYNC_HERE
 *
 * *same* as spin_trylock().
 *
 * Context: as hs_sync_spin_lock_at().
 *
 * Return: whether the task holds it now.
 */
HMMSIM_API bool hs_sync_spin_trylock_at(struct hs_task *self, struct hs_sync_spinlock *lock,
					const char *where);
/** hs_sync_spin_trylock_at(), called here */
#define hs_sync_spin_trylock(self, lock) hs_sync_spin_trylock_at((self), (lock), HS_SYNC_HERE)

/**
 * hs_sync_spin_unlock_at() - release a spinlock
 * @param self   the calling task, asserted to hold it
 * @param lock   the spinlock
 * @param where  HS_SYNC_HERE
 *
 * *same* as spin_unlock().
 *
 * Context: any.
 */
HMMSIM_API void hs_sync_spin_unlock_at(struct hs_task *self, struct hs_sync_spinlock *lock,
				       const char *where);
/** hs_sync_spin_unlock_at(), called here */
#define hs_sync_spin_unlock(self, lock) hs_sync_spin_unlock_at((self), (lock), HS_SYNC_HERE)

/**
 * hs_sync_spin_held() - whether a task holds a spinlock
 * @param self  the calling task
 * @param lock  the spinlock
 *
 * *reduced*, lockdep_is_held(). For assertions: not a step.
 *
 * Context: any.
 *
 * Return: true or false.
 */
HMMSIM_API bool hs_sync_spin_held(const struct hs_task *self, const struct hs_sync_spinlock *lock);

/* ---- rwsems ------------------------------------------------------------------------------ */

/** struct hs_sync_rwsem - a lock of many readers or one writer; see hs_sync_rwsem_init_at() */
struct hs_sync_rwsem {
	uint32_t opaque[4]; /**< the library's */
};

/**
 * hs_sync_rwsem_init_at() - make an rwsem, which no task holds
 * @param self   the calling task
 * @param sem    the rwsem, which no other task can reach yet (not checked)
 * @param cls    its class, asserted to be of locks that sleep, rwsems and mutexes
 * @param where  HS_SYNC_HERE
 *
 * Context: any, but predicates of waits.
 *
 * Return: as hs_sync_mutex_init_at().
 */
HMMSIM_API int hs_sync_rwsem_init_at(struct hs_task *self, struct hs_sync_rwsem *sem,
				     const struct hs_sync_class *cls, const char *where);
/** hs_sync_rwsem_init_at(), called here */
#define hs_sync_rwsem_init(self, sem, cls) hs_sync_rwsem_init_at((self), (sem), (cls), HS_SYNC_HERE)

/**
 * hs_sync_down_read_at() - take an rwsem for reading
 * @param self   the calling task
 * @param sem    the rwsem, asserted to be initialised and not to be held by the task
 * @param where  HS_SYNC_HERE
 *
 * *reduced*, down_read(): a writer that waits keeps out new readers.
 *
 * Context: as hs_sync_mutex_lock_at().
 */
HMMSIM_API void hs_sync_down_read_at(struct hs_task *self, struct hs_sync_rwsem *sem,
				     const char *where);
/** hs_sync_down_read_at(), called here */
#define hs_sync_down_read(self, sem) hs_sync_down_read_at((self), (sem), HS_SYNC_HERE)

/**
 * hs_sync_down_read_trylock_at() - take an rwsem for reading if no writer has it or waits for it
 * @param self   the calling task
 * @param sem    the rwsem, asserted to be initialised
 * @param where  HS_SYNC_HERE
 *
 * *same* as down_read_trylock().
 *
 * Context: as hs_sync_mutex_trylock_at().
 *
 * Return: whether the task holds it now.
 */
HMMSIM_API bool hs_sync_down_read_trylock_at(struct hs_task *self, struct hs_sync_rwsem *sem,
					     const char *where);
/** hs_sync_down_read_trylock_at(), called here */
#define hs_sync_down_read_trylock(self, sem) \
	hs_sync_down_read_trylock_at((self), (sem), HS_SYNC_HERE)

/**
 * hs_sync_up_read_at() - release an rwsem that was taken for reading
 * @param self   the calling task
 * @param sem    the rwsem, asserted to be held for reading
 * @param where  HS_SYNC_HERE
 *
 * *same* as up_read().
 *
 * Context: any.
 */
HMMSIM_API void hs_sync_up_read_at(struct hs_task *self, struct hs_sync_rwsem *sem,
				   const char *where);
/** hs_sync_up_read_at(), called here */
#define hs_sync_up_read(self, sem) hs_sync_up_read_at((self), (sem), HS_SYNC_HERE)

/**
 * hs_sync_down_write_at() - take an rwsem for writing
 * @param self   the calling task
 * @param sem    the rwsem, asserted to be initialised and not to be held by the task
 * @param where  HS_SYNC_HERE
 *
 * *reduced*, down_write().
 *
 * Context: as hs_sync_mutex_lock_at().
 */
HMMSIM_API void hs_sync_down_write_at(struct hs_task *self, struct hs_sync_rwsem *sem,
				      const char *where);
/** hs_sync_down_write_at(), called here */
#define hs_sync_down_write(self, sem) hs_sync_down_write_at((self), (sem), HS_SYNC_HERE)

/**
 * hs_sync_up_write_at() - release an rwsem that was taken for writing
 * @param self   the calling task, asserted to hold it
 * @param sem    the rwsem
 * @param where  HS_SYNC_HERE
 *
 * *same* as up_write().
 *
 * Context: any.
 */
HMMSIM_API void hs_sync_up_write_at(struct hs_task *self, struct hs_sync_rwsem *sem,
				    const char *where);
/** hs_sync_up_write_at(), called here */
#define hs_sync_up_write(self, sem) hs_sync_up_write_at((self), (sem), HS_SYNC_HERE)

/**
 * hs_sync_rwsem_held() - whether a task holds an rwsem, for reading or writing
 * @param self  the calling task
 * @param sem   the rwsem
 *
 * *reduced*, lockdep_is_held(). For assertions: not a step. In release builds of hmmsim::hmmsim
 * also true where another task reads and the task holds a lock, whichever that is.
 *
 * Context: any.
 *
 * Return: true or false.
 */
HMMSIM_API bool hs_sync_rwsem_held(const struct hs_task *self, const struct hs_sync_rwsem *sem);

/**
 * hs_sync_rwsem_held_write() - whether a task holds an rwsem for writing
 * @param self  the calling task
 * @param sem   the rwsem
 *
 * *reduced*, lockdep_is_held_type(). For assertions: not a step.
 *
 * Context: any.
 *
 * Return: true or false.
 */
HMMSIM_API bool hs_sync_rwsem_held_write(const struct hs_task *self,
					 const struct hs_sync_rwsem *sem);

#ifdef __cplusplus
}
#endif

#endif
