/* SPDX-License-Identifier: MIT */
/*
 * planted_locks.c - tasks of two_locks.c that take locks in a wrong way, or none
 */
#include "planted.h"

/* Both tasks add a request, and neither takes a lock. */
void submit(struct hs_task *self, void *driver)
{
	struct driver *d = driver;
	uint32_t n = hs_sync_u32_load(self, &d->count, HS_SYNC_RELAXED);

	hs_sync_u32_store(self, &d->count, n + 1, HS_SYNC_RELAXED);
}

/* Takes its own ring, then the other one. */
static void copy(struct hs_task *self, struct driver *d, int from)
{
	hs_sync_mutex_lock(self, &d->lock[from]);
	hs_sync_mutex_lock(self, &d->lock[!from]);
	hs_sync_mutex_unlock(self, &d->lock[!from]);
	hs_sync_mutex_unlock(self, &d->lock[from]);
}

void copy_up(struct hs_task *self, void *driver)
{
	copy(self, driver, 0);
}

void copy_down(struct hs_task *self, void *driver)
{
	copy(self, driver, 1);
}

/* Waits for a request that no task will submit. */
void poll_ring(struct hs_task *self, void *driver)
{
	struct driver *d = driver;

	while (!hs_sync_u32_load(self, &d->count, HS_SYNC_ACQUIRE))
		hs_sync_retry_wait(self, "the ring is empty");
}

/* No deadlock: it gives the first ring back when the second one is taken. And again, and again. */
static void try_copy(struct hs_task *self, struct driver *d, int from)
{
	for (;;) {
		hs_sync_mutex_lock(self, &d->lock[from]);
		if (hs_sync_mutex_trylock(self, &d->lock[!from]))
			break;
		hs_sync_mutex_unlock(self, &d->lock[from]);
		hs_sync_retry_wait(self, "the other ring is taken");
	}
	hs_sync_mutex_unlock(self, &d->lock[!from]);
	hs_sync_mutex_unlock(self, &d->lock[from]);
}

void try_copy_up(struct hs_task *self, void *driver)
{
	try_copy(self, driver, 0);
}

void try_copy_down(struct hs_task *self, void *driver)
{
	try_copy(self, driver, 1);
}
