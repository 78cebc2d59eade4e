/* SPDX-License-Identifier: MIT */
/*
 * explored.c - what kernel code calls: locks, waits, RCU, memory, counters of CPUs, as the
 * explorer's
 */
#include <hmmsim/races.h>
#include <hmmsim/sync.h>

#include "port/explore/arena.h"
#include "port/explore/sched.h"
#include "port/port.h"

#include "shim/atomic.h"
#include "shim/explored.h"
#include "shim/locks.h"
#include "shim/memory.h"
#include "shim/rcu.h"
#include "shim/shim.h"
#include "shim/srcu.h"

static struct hs_task *shim_self(void)
{
	return hs_races_task();
}

/* ---- what must not happen ---------------------------------------------------------------- */

bool shim_warnings_are_counted;
unsigned int shim_warnings;

bool shim_warn(bool is_true, const char *condition, const char *where)
{
	if (!is_true)
		return false;
	shim_warnings++;
	if (!shim_warnings_are_counted)
		hs_sync_fail(shim_self(), where, condition, "the kernel warns");
	return true;
}

void shim_bug(const char *condition, const char *where)
{
	hs_sync_fail(shim_self(), where, condition, "a bug for the kernel");
}

/* ---- locks ------------------------------------------------------------------------------- */

_Static_assert(sizeof(((spinlock_t *)NULL)->lock) == sizeof(struct hs_sync_spinlock), "its place");
_Static_assert(offsetof(struct shim_class, name) == offsetof(struct hs_sync_class, name) &&
		       sizeof(struct shim_class) == sizeof(struct hs_sync_class),
	       "a class is one of the explorer's");

static struct hs_sync_spinlock *shim_lock(spinlock_t *lock)
{
	return (struct hs_sync_spinlock *)lock->lock;
}

static void shim_spin_make(spinlock_t *lock, const char *where)
{
	int ret = hs_sync_spin_init_at(shim_self(), shim_lock(lock),
				       (const struct hs_sync_class *)lock->cls, where);

	hs_assert_at(shim_self(), where, !ret, "no class for a lock: %d", ret);
	lock->made = true;
}

void shim_spin_init(spinlock_t *lock, const struct shim_class *cls)
{
	lock->cls = cls;
	shim_spin_make(lock, cls->name);
}

void shim_spin_lock(spinlock_t *lock, const char *where)
{
	if (!lock->made && lock->cls)
		shim_spin_make(lock, where);
	hs_sync_spin_lock_at(shim_self(), shim_lock(lock), where);
}

void shim_spin_unlock(spinlock_t *lock, const char *where)
{
	hs_sync_spin_unlock_at(shim_self(), shim_lock(lock), where);
}

bool shim_spin_held(spinlock_t *lock)
{
	return hs_sync_spin_held(shim_self(), shim_lock(lock));
}

void shim_assert_held(bool held, const char *where)
{
	hs_assert_at(shim_self(), where, held, "a lock is not held that must be");
}

_Static_assert(sizeof(struct rw_semaphore) == sizeof(struct hs_sync_rwsem), "its place");

static struct hs_sync_rwsem *shim_sem(struct rw_semaphore *sem)
{
	return (struct hs_sync_rwsem *)sem;
}

void shim_rwsem_init(struct rw_semaphore *sem, const struct shim_class *cls)
{
	int ret = hs_sync_rwsem_init_at(shim_self(), shim_sem(sem),
					(const struct hs_sync_class *)cls, cls->name);

	hs_assert_at(shim_self(), cls->name, !ret, "no class for a semaphore: %d", ret);
}

void shim_down_read(struct rw_semaphore *sem, const char *where)
{
	hs_sync_down_read_at(shim_self(), shim_sem(sem), where);
}

void shim_up_read(struct rw_semaphore *sem, const char *where)
{
	hs_sync_up_read_at(shim_self(), shim_sem(sem), where);
}

void shim_down_write(struct rw_semaphore *sem, const char *where)
{
	hs_sync_down_write_at(shim_self(), shim_sem(sem), where);
}

void shim_up_write(struct rw_semaphore *sem, const char *where)
{
	hs_sync_up_write_at(shim_self(), shim_sem(sem), where);
}

bool shim_held_write(struct rw_semaphore *sem)
{
	return hs_sync_rwsem_held_write(shim_self(), shim_sem(sem));
}

void shim_might_sleep(const char *where)
{
	hs_check_may_sleep(shim_self(), where);
}

/* ---- waiting ----------------------------------------------------------------------------- */

_Static_assert(sizeof(((wait_queue_head_t *)NULL)->queue) == sizeof(struct hs_sync_waitq),
	       "its place");

struct shim_waiter {
	wait_queue_head_t *queue;
	u32 prepared;
};

static struct hs_sync_u32 *shim_wakes(wait_queue_head_t *queue)
{
	return (struct hs_sync_u32 *)&queue->wakes;
}

/* The kernel has the task in the list from here on, and has set its state with a barrier. */
u32 shim_prepare_to_wait(wait_queue_head_t *queue, const char *where)
{
	return hs_sync_u32_add_at(shim_self(), shim_wakes(queue), 0, HS_SYNC_SEQ_CST, where);
}

static bool shim_is_woken(struct hs_task *self, void *arg)
{
	const struct shim_waiter *w = arg;

	return hs_sync_u32_load(self, shim_wakes(w->queue), HS_SYNC_ACQUIRE) != w->prepared;
}

void shim_wait(wait_queue_head_t *queue, u32 prepared, const char *where)
{
	struct shim_waiter w = { queue, prepared };

	hs_sync_wait_at(shim_self(), (struct hs_sync_waitq *)queue->queue, shim_is_woken, &w,
			where);
}

void shim_wake_all(wait_queue_head_t *queue, const char *where)
{
	hs_sync_u32_add_at(shim_self(), shim_wakes(queue), 1, HS_SYNC_SEQ_CST, where);
	hs_sync_wake_all_at(shim_self(), (struct hs_sync_waitq *)queue->queue, where);
}

/* ---- RCU --------------------------------------------------------------------------------- */

_Static_assert(offsetof(struct rcu_head, func) == sizeof(struct hs_sync_rcu_head),
	       "the explorer's head, and what the kernel's code wants to be called");

void shim_rcu_read_lock(const char *where)
{
	hs_sync_rcu_read_lock_at(shim_self(), where);
}

void shim_rcu_read_unlock(const char *where)
{
	hs_sync_rcu_read_unlock_at(shim_self(), where);
}

bool shim_rcu_held(void)
{
	return hs_sync_rcu_held(shim_self());
}

void shim_synchronize_rcu(const char *where)
{
	hs_sync_synchronize_rcu_at(shim_self(), where);
}

static void shim_rcu_callback(struct hs_task *self, struct hs_sync_rcu_head *head)
{
	struct rcu_head *h = (struct rcu_head *)(void *)head;

	(void)self;
	h->func(h);
}

void shim_call_rcu(struct rcu_head *head, void (*func)(struct rcu_head *head), const char *where)
{
	head->func = func;
	hs_sync_call_rcu_at(shim_self(), (struct hs_sync_rcu_head *)(void *)head, shim_rcu_callback,
			    where);
}

/* ---- SRCU -------------------------------------------------------------------------------- */

static struct hs_sync_u32 *shim_turn(struct srcu_struct *srcu, u32 task)
{
	hs_assert(shim_self(), task < SHIM_SRCU_TASKS, "SRCU has no room for task %u", task);
	return (struct hs_sync_u32 *)&srcu->turn[task];
}

int shim_srcu_read_lock(struct srcu_struct *srcu, const char *where)
{
	const u32 me = hs_sync_task_id(shim_self());

	if (!srcu->nest[me]++)
		hs_sync_u32_add_at(shim_self(), shim_turn(srcu, me), 1, HS_SYNC_SEQ_CST, where);
	return 0;
}

void shim_srcu_read_unlock(struct srcu_struct *srcu, const char *where)
{
	const u32 me = hs_sync_task_id(shim_self());

	hs_assert_at(shim_self(), where, srcu->nest[me], "the task is in no section of SRCU");
	if (!--srcu->nest[me])
		hs_sync_u32_add_at(shim_self(), shim_turn(srcu, me), 1, HS_SYNC_RELEASE, where);
}

bool shim_srcu_held(const struct srcu_struct *srcu)
{
	return srcu->nest[hs_sync_task_id(shim_self())];
}

/* A reader that enters after the look reads what it made, and sees what came before it. */
static void shim_wait_for_turn(struct hs_sync_u32 *turn, const char *where)
{
	const u32 begun = hs_sync_u32_add_at(shim_self(), turn, 0, HS_SYNC_SEQ_CST, where);

	while (begun & 1 && hs_sync_u32_load_at(shim_self(), turn, HS_SYNC_ACQUIRE, where) == begun)
		hs_sync_retry_wait_at(shim_self(), where);
}

void shim_synchronize_srcu(struct srcu_struct *srcu, const char *where)
{
	shim_might_sleep(where);
	hs_assert_at(shim_self(), where, !shim_srcu_held(srcu), "the task waits for itself");
	for (u32 task = 0; task < shim_self()->sched->tasks; task++)
		if (task != hs_sync_task_id(shim_self()))
			shim_wait_for_turn(shim_turn(srcu, task), where);
}

/* ---- memory ------------------------------------------------------------------------------ */

static const struct hs_sync_kind shim_object = { "kernel object" };

void *shim_zalloc(size_t size, const char *where)
{
	return hs_sync_alloc_at(shim_self(), &shim_object, size, where);
}

void shim_free(const void *object, const char *where)
{
	if (object)
		hs_sync_free_at(shim_self(), (void *)(uintptr_t)object, where);
}

void *shim_percpu_alloc(size_t size, size_t align, const char *where)
{
	hs_assert_at(shim_self(), where, size == sizeof(hs_u64) && align <= sizeof(hs_u64),
		     "a counter of %zu bytes, aligned to %zu", size, align);
	return hs_pcpu_alloc_at(shim_self(), where);
}

void shim_percpu_free(void *counter, const char *where)
{
	hs_pcpu_free_at(shim_self(), counter, where);
}

unsigned long *shim_percpu_of(unsigned long *counter, int cpu)
{
	return (unsigned long *)(void *)((char *)counter + (size_t)cpu * HS_PCPU_STRIDE);
}

void shim_percpu_add(unsigned long *counter, unsigned long n, const char *where)
{
	hs_pcpu_add_at(shim_self(), (hs_u64 *)counter, n, where);
}

int shim_cpus(void)
{
	return (int)hs_task_arena(shim_self())->cpus;
}
