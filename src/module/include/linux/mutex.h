/* SPDX-License-Identifier: MIT */
/*
 * linux/mutex.h - mutexes, as the explorer's
 *
 * The class of a mutex is the place at which it is initialised, as lockdep has it.
 */
#ifndef HMMSIM_MODULE_MUTEX_H
#define HMMSIM_MODULE_MUTEX_H

#include <hmmsim/sync_locks.h>
#include <linux/kernel.h>

struct mutex {
	struct hs_sync_mutex mutex;
};

static inline void module_mutex_init(struct mutex *lock, const struct hs_sync_class *cls)
{
	int ret = hs_sync_mutex_init_at(hs_races_task(), &lock->mutex, cls, cls->name);

	hs_sync_assert(hs_races_task(), !ret, "no class for a mutex: %d", ret);
}

#define mutex_init(lock)                                                          \
	do {                                                                      \
		static const struct hs_sync_class class_here = { .name = #lock }; \
                                                                                  \
		module_mutex_init((lock), &class_here);                           \
	} while (0)
#define mutex_lock(lock) hs_sync_mutex_lock_at(hs_races_task(), &(lock)->mutex, HS_SYNC_HERE)
#define mutex_trylock(lock) hs_sync_mutex_trylock_at(hs_races_task(), &(lock)->mutex, HS_SYNC_HERE)
#define mutex_unlock(lock) hs_sync_mutex_unlock_at(hs_races_task(), &(lock)->mutex, HS_SYNC_HERE)
#define mutex_destroy(lock) ((void)(lock))
#define lockdep_assert_held(lock)                                                            \
	hs_sync_assert(hs_races_task(), hs_sync_mutex_held(hs_races_task(), &(lock)->mutex), \
		       "it is not held")

#endif
