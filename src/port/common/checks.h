/* SPDX-License-Identifier: MIT */
/*
 * checks.h - misuse that both backends refuse, in the same words
 *
 * A check returns if the operation is allowed and fails the assertion at @where otherwise. None of
 * them is a step. Part of port/port.h: the backend's header includes it.
 */
#ifndef HS_PORT_CHECKS_H
#define HS_PORT_CHECKS_H

/* common/held.c: the locks that a task holds */
void hs_held_check_order(struct hs_task *self, uint32_t cls, const char *where);
void hs_held_push(struct hs_task *self, const void *lock, uint32_t cls, const char *where);
void hs_held_pop(struct hs_task *self, const void *lock, uint32_t cls, const char *where);
bool hs_held_has(const struct hs_task *self, const void *lock);
void hs_held_check_sleep(struct hs_task *self, const char *where);
/* The same before a lock of class @cls that sleeps, if it or the spinlock is a user's. */
void hs_held_check_lock_sleeps(struct hs_task *self, uint32_t cls, const char *where);

/*
 * common/abort.c: how hs_fail() of both backends ends where nothing catches it. @task: the name of
 * the task; NULL: none is known.
 */
HS_NORETURN void hs_fail_abort(const char *task, const char *where, const char *text);

/* common/fail.c: the ends of checks that found something */
/* A lock that the task holds already. */
HS_NORETURN void hs_fail_lock_twice(struct hs_task *self, uint32_t cls, const char *where);
/* An unlock by a task that is not the owner. @owner: id + 1 of the owner; 0: the lock is free. */
HS_NORETURN void hs_fail_unlock(struct hs_task *self, uint32_t owner, uint32_t cls,
				const char *where);
/* An up_write by a task that is not the writer. @word: what the rwsem's word holds. */
HS_NORETURN void hs_fail_up_write(struct hs_task *self, uint32_t word, uint32_t cls,
				  const char *where);

/*
 * Before a lock is taken. A trylock cannot deadlock, so that the order of classes is not checked.
 */
static inline void hs_check_lock(struct hs_task *self, uint32_t cls, bool blocking,
				 const char *where)
{
	if (hs_unlikely(!hs_task_is_live(self)))
		hs_fail(self, where, "a detached task takes the %s", hs_lock_name(self, cls));
	if (HS_DEBUG && blocking)
		hs_held_check_order(self, cls, where);
}

/* Before a mutex or rwsem is waited for. */
static inline void hs_check_lock_may_sleep(struct hs_task *self, uint32_t cls, const char *where)
{
	if (hs_unlikely(hs_task_in_callback(self)))
		hs_fail(self, where, "an RCU callback takes the %s", hs_lock_name(self, cls));
	if (hs_unlikely(hs_rcu_held(self)))
		hs_fail(self, where, "the %s is taken inside an RCU read section",
			hs_lock_name(self, cls));
	if (HS_DEBUG)
		hs_held_check_lock_sleeps(self, cls, where);
}

/* Before something that may sleep, whether it does so this time or not. */
static inline void hs_check_may_sleep(struct hs_task *self, const char *where)
{
	if (hs_unlikely(!hs_task_is_live(self)))
		hs_fail(self, where, "a detached task may sleep here");
	if (hs_unlikely(hs_task_in_callback(self)))
		hs_fail(self, where, "an RCU callback may sleep here");
	if (hs_unlikely(hs_rcu_held(self)))
		hs_fail(self, where, "the task may sleep here, inside an RCU read section");
	if (HS_DEBUG)
		hs_held_check_sleep(self, where);
}

static inline void hs_check_up_read(struct hs_task *self, uint32_t word, uint32_t cls,
				    const char *where)
{
	if (hs_unlikely(!word || word & HS_RW_WRITER))
		hs_fail_unlock(self, word & ~HS_RW_WRITER, cls, where);
}

static inline void hs_check_wait(struct hs_task *self, const char *where)
{
	if (!hs_task_is_live(self))
		hs_fail(self, where, "a detached task waits");
	if (hs_task_in_callback(self))
		hs_fail(self, where, "an RCU callback waits");
	if (hs_rcu_held(self))
		hs_fail(self, where, "wait inside an RCU read section");
	if (HS_DEBUG)
		hs_held_check_sleep(self, where);
}

static inline void hs_check_synchronize(struct hs_task *self, const char *where)
{
	if (!hs_task_is_live(self))
		hs_fail(self, where, "a detached task waits for a grace period");
	if (hs_rcu_held(self))
		hs_fail(self, where, "grace period inside a read section");
	if (hs_task_in_callback(self))
		hs_fail(self, where, "grace period inside an RCU callback");
	if (HS_DEBUG)
		hs_held_check_sleep(self, where);
}

static inline void hs_check_detach(struct hs_task *self)
{
	hs_assert(self, hs_task_is_live(self), "a detached task is detached again");
	hs_assert(self, hs_task_id(self), "the boot task is never detached");
}

static inline void hs_check_alloc(struct hs_task *self, size_t size, const char *where)
{
	if (hs_unlikely(!hs_task_is_live(self)))
		hs_fail(self, where, "a detached task allocates");
	if (hs_unlikely(!size))
		hs_fail(self, where, "allocation of 0 bytes");
}

/* @live: objects of the kind that are live; @bytes: what all live objects asked for. */
static inline void hs_check_free(struct hs_task *self, enum hs_kind kind, size_t size,
				 uint64_t live, uint64_t bytes, const char *where)
{
	if (hs_unlikely(!live || bytes < size))
		hs_fail(self, where, "free of a %s of %zu bytes, but none is live",
			hs_kind_name(kind), size);
}

#endif
