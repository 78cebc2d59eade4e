/* SPDX-License-Identifier: MIT */
/*
 * locks.c - locks of the author of a scenario: the seam's, with classes of the program
 *
 * reduced: the seam says how (port/port.h). A class gets its number from the machine when its first
 * lock is made (port/common/classes.c). A lock that is not initialised, or could not be, has a
 * number of the seam's own classes, which no public lock has.
 */
#include <hmmsim/sync_locks.h>

#include "port/port.h"

#define LOCKS_SAME(mine, seam)                                                           \
	_Static_assert(sizeof(mine) == sizeof(seam) && _Alignof(mine) == _Alignof(seam), \
		       "a public lock is one of the seam")

LOCKS_SAME(struct hs_sync_mutex, struct hs_mutex);
LOCKS_SAME(struct hs_sync_spinlock, struct hs_spinlock);
LOCKS_SAME(struct hs_sync_rwsem, struct hs_rwsem);
_Static_assert(offsetof(struct hs_sync_class, name) == 0, "a class is a key of the seam");
_Static_assert(HS_SYNC_CLASSES_MAX == HS_USER_CLASSES, "as many classes as the seam learns");

static int locks_class(struct hs_task *self, const struct hs_sync_class *cls, uint32_t flags,
		       const char *where, uint32_t *out)
{
	return hs_class_number(self, &cls->name, flags | (cls->unordered ? HS_CLASS_UNORDERED : 0),
			       where, out);
}

static void locks_check(struct hs_task *self, uint32_t cls, const char *what, const char *where)
{
	if (hs_unlikely(cls < HS_LOCK_CLASS_COUNT))
		hs_fail(self, where, "the %s is not initialised", what);
}

/* ---- mutexes ----------------------------------------------------------------------------- */

static struct hs_mutex *locks_mutex(struct hs_task *self, struct hs_sync_mutex *mutex,
				    const char *where)
{
	struct hs_mutex *m = (struct hs_mutex *)mutex;

	locks_check(self, m->cls, "mutex", where);
	return m;
}

int hs_sync_mutex_init_at(struct hs_task *self, struct hs_sync_mutex *mutex,
			  const struct hs_sync_class *cls, const char *where)
{
	struct hs_mutex *m = (struct hs_mutex *)mutex;

	hs_note_place(where);
	hs_u32_init(&m->word, 0);
	return locks_class(self, cls, 0, where, &m->cls);
}

void hs_sync_mutex_lock_at(struct hs_task *self, struct hs_sync_mutex *mutex, const char *where)
{
	hs_mutex_lock_at(self, locks_mutex(self, mutex, where), where);
}

bool hs_sync_mutex_trylock_at(struct hs_task *self, struct hs_sync_mutex *mutex, const char *where)
{
	return hs_mutex_trylock_at(self, locks_mutex(self, mutex, where), where);
}

void hs_sync_mutex_unlock_at(struct hs_task *self, struct hs_sync_mutex *mutex, const char *where)
{
	hs_mutex_unlock_at(self, locks_mutex(self, mutex, where), where);
}

bool hs_sync_mutex_held(const struct hs_task *self, const struct hs_sync_mutex *mutex)
{
	return hs_mutex_held(self, (const struct hs_mutex *)mutex);
}

/* ---- spinlocks --------------------------------------------------------------------------- */

static struct hs_spinlock *locks_spin(struct hs_task *self, struct hs_sync_spinlock *lock,
				      const char *where)
{
	struct hs_spinlock *l = (struct hs_spinlock *)lock;

	locks_check(self, l->cls, "spinlock", where);
	return l;
}

int hs_sync_spin_init_at(struct hs_task *self, struct hs_sync_spinlock *lock,
			 const struct hs_sync_class *cls, const char *where)
{
	struct hs_spinlock *l = (struct hs_spinlock *)lock;

	hs_note_place(where);
	hs_u32_init(&l->word, 0);
	return locks_class(self, cls, HS_CLASS_SPIN, where, &l->cls);
}

void hs_sync_spin_lock_at(struct hs_task *self, struct hs_sync_spinlock *lock, const char *where)
{
	hs_spin_lock_at(self, locks_spin(self, lock, where), where);
}

bool hs_sync_spin_trylock_at(struct hs_task *self, struct hs_sync_spinlock *lock, const char *where)
{
	return hs_spin_trylock_at(self, locks_spin(self, lock, where), where);
}

void hs_sync_spin_unlock_at(struct hs_task *self, struct hs_sync_spinlock *lock, const char *where)
{
	hs_spin_unlock_at(self, locks_spin(self, lock, where), where);
}

bool hs_sync_spin_held(const struct hs_task *self, const struct hs_sync_spinlock *lock)
{
	return hs_spin_held(self, (const struct hs_spinlock *)lock);
}

/* ---- rwsems ------------------------------------------------------------------------------ */

static struct hs_rwsem *locks_rwsem(struct hs_task *self, struct hs_sync_rwsem *sem,
				    const char *where)
{
	struct hs_rwsem *s = (struct hs_rwsem *)sem;

	locks_check(self, s->cls, "rwsem", where);
	return s;
}

int hs_sync_rwsem_init_at(struct hs_task *self, struct hs_sync_rwsem *sem,
			  const struct hs_sync_class *cls, const char *where)
{
	struct hs_rwsem *s = (struct hs_rwsem *)sem;

	hs_note_place(where);
	hs_rwsem_init(s, (enum hs_lock_class)0);
	return locks_class(self, cls, 0, where, &s->cls);
}

void hs_sync_down_read_at(struct hs_task *self, struct hs_sync_rwsem *sem, const char *where)
{
	hs_down_read_at(self, locks_rwsem(self, sem, where), where);
}

bool hs_sync_down_read_trylock_at(struct hs_task *self, struct hs_sync_rwsem *sem,
				  const char *where)
{
	return hs_down_read_trylock_at(self, locks_rwsem(self, sem, where), where);
}

void hs_sync_up_read_at(struct hs_task *self, struct hs_sync_rwsem *sem, const char *where)
{
	hs_up_read_at(self, locks_rwsem(self, sem, where), where);
}

void hs_sync_down_write_at(struct hs_task *self, struct hs_sync_rwsem *sem, const char *where)
{
	hs_down_write_at(self, locks_rwsem(self, sem, where), where);
}

void hs_sync_up_write_at(struct hs_task *self, struct hs_sync_rwsem *sem, const char *where)
{
	hs_up_write_at(self, locks_rwsem(self, sem, where), where);
}

bool hs_sync_rwsem_held(const struct hs_task *self, const struct hs_sync_rwsem *sem)
{
	return hs_rwsem_held(self, (const struct hs_rwsem *)sem);
}

bool hs_sync_rwsem_held_write(const struct hs_task *self, const struct hs_sync_rwsem *sem)
{
	return hs_rwsem_held_write(self, (const struct hs_rwsem *)sem);
}
