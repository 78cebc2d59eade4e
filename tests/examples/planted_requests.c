/* SPDX-License-Identifier: MIT */
/*
 * planted_requests.c - tasks of two_locks.c whose requests live too short, or have no end
 */
#include "planted.h"

static const struct hs_sync_class ring_lock = { "ring lock", true };
static const struct hs_sync_kind request = { "request" };

int driver_init(struct hs_task *self, struct driver *d)
{
	struct request *first = hs_sync_alloc(self, &request, sizeof(*first));
	int err = first ? 0 : -ENOMEM;

	if (first)
		first->next = first; /* should be NULL */
	hs_sync_ptr_init(&d->current, first);
	err = err ? err : hs_sync_mutex_init(self, &d->lock[0], &ring_lock);
	return err ? err : hs_sync_mutex_init(self, &d->lock[1], &ring_lock);
}

/* For reports. */
void driver_name(struct hs_plan *plan, struct driver *d)
{
	hs_plan_name(plan, "ring 0", &d->lock[0], sizeof(d->lock[0]));
	hs_plan_name(plan, "ring 1", &d->lock[1], sizeof(d->lock[1]));
	hs_plan_name(plan, "count", &d->count, sizeof(d->count));
	hs_plan_name(plan, "current", &d->current, sizeof(d->current));
}

void driver_end(struct hs_task *self, struct driver *d)
{
	hs_sync_free(self, hs_sync_ptr_xchg(self, &d->current, NULL, HS_SYNC_RELAXED));
}

/* The interrupt looks at the current request. */
void complete_request(struct hs_task *self, void *driver)
{
	struct driver *d = driver;
	void *object = hs_sync_ptr_load(self, &d->current, HS_SYNC_ACQUIRE);

	if (object)
		hs_sync_deref(self, object);
}

/* The time-out frees it. */
void cancel_request(struct hs_task *self, void *driver)
{
	driver_end(self, driver);
}

static uint32_t length(const struct request *r)
{
	volatile uint32_t one = 1; /* keeps this a recursion */

	return r ? length(r->next) + one : 0;
}

void count_requests(struct hs_task *self, void *driver)
{
	struct driver *d = driver;
	const struct request *first = hs_sync_ptr_load(self, &d->current, HS_SYNC_ACQUIRE);

	hs_sync_u32_store(self, &d->count, length(first), HS_SYNC_RELAXED);
}
