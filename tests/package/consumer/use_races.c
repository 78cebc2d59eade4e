/* SPDX-License-Identifier: MIT */
/*
 * A driver of two locks that knows nothing but <hmmsim/sync.h> and <hmmsim/explore.h>. This file is
 * compiled with -fsanitize=thread, the program is linked with hmmsim::races: a counter that is not
 * always under the same lock is found, with the lines of both sides, and so is a field that is read
 * after its object is freed. A field whose accesses are steps does not race: what two tasks that
 * look before they write do to it is found.
 */
#include <errno.h>
#include <string.h>

#include <hmmsim/explore.h>
#include <hmmsim/sync.h>

#include "finds.h"

static const struct hs_sync_class queue_lock = { "queue lock", false };
static const struct hs_sync_class device_lock = { "device lock", false };
static const struct hs_sync_kind request = { "request" };

struct request {
	unsigned long bytes, more[31];
};

struct driver {
	struct hs_sync_mutex queue, device;
	struct hs_sync_ptr current;
	unsigned int pending;	     /* of the queue lock */
	volatile unsigned int owner; /* 0: none; of no lock */
};

struct work {
	void (*one)(struct hs_task *self, void *driver);
	void (*two)(struct hs_task *self, void *driver);
};

static int set_up(struct hs_task *self, struct hs_plan *plan, void *state, const void *param)
{
	const struct work *work = param;
	struct driver *d = state;
	struct request *r = hs_sync_alloc(self, &request, sizeof(*r));
	int err = r ? 0 : -ENOMEM;

	if (r)
		r->bytes = 512;
	hs_sync_ptr_init(&d->current, r);
	err = err ? err : hs_sync_mutex_init(self, &d->queue, &queue_lock);
	err = err ? err : hs_sync_mutex_init(self, &d->device, &device_lock);
	err = err ? err : hs_plan_plain(plan, HS_PLAIN_STEPS, &d->owner, sizeof(d->owner));
	err = err ? err : hs_plan_task(plan, "one", work->one, d);
	return err ? err : hs_plan_task(plan, "two", work->two, d);
}

static void check(struct hs_task *self, void *state, const void *param)
{
	struct driver *d = state;

	(void)param;
	hs_sync_free(self, hs_sync_ptr_xchg(self, &d->current, NULL, HS_SYNC_RELAXED));
}

static const struct hs_scenario scenario = {
	.name = "driver",
	.state_size = sizeof(struct driver),
	.setup = set_up,
	.check = check,
};

LINE_BELOW(submits_at, 5);

static void submits(struct hs_task *self, void *driver)
{
	struct driver *d = driver;
	hs_sync_mutex_lock(self, &d->queue);
	d->pending++;
	hs_sync_mutex_unlock(self, &d->queue);
}

LINE_BELOW(resets_at, 5);

static void resets(struct hs_task *self, void *driver)
{
	struct driver *d = driver;
	hs_sync_mutex_lock(self, &d->device);
	d->pending = 0;
	hs_sync_mutex_unlock(self, &d->device);
}

static void resets_under_both(struct hs_task *self, void *driver)
{
	struct driver *d = driver;

	hs_sync_mutex_lock(self, &d->queue);
	resets(self, d);
	hs_sync_mutex_unlock(self, &d->queue);
}

LINE_BELOW(uses_at, 5);

static void uses(struct hs_task *self, void *driver)
{
	struct driver *d = driver;
	struct request *r = hs_sync_ptr_load(self, &d->current, HS_SYNC_ACQUIRE);
	if (r)
		r->bytes++;
}

LINE_BELOW(copies_at, 5);

static void copies(struct hs_task *self, void *driver)
{
	struct driver *d = driver;
	struct request mine, *r = hs_sync_ptr_load(self, &d->current, HS_SYNC_ACQUIRE);
	if (r)
		memcpy(&mine, r, sizeof(mine));
	if (r && mine.bytes != 512)
		d->pending = 0;
}

LINE_BELOW(cancels_at, 6);

static void cancels(struct hs_task *self, void *driver)
{
	struct driver *d = driver;
	struct request *r = hs_sync_ptr_xchg(self, &d->current, NULL, HS_SYNC_ACQ_REL);
	hs_sync_free(self, r);
}

LINE_BELOW(claims_at, 7);

static void claim(struct hs_task *self, struct driver *d, unsigned int me)
{
	if (d->owner)
		return;
	d->owner = me;
	hs_sync_assert(self, d->owner == me, "it is another task's");
}

static void claims(struct hs_task *self, void *driver)
{
	claim(self, driver, 1);
}

static void claims_too(struct hs_task *self, void *driver)
{
	claim(self, driver, 2);
}

#define FINDS(work, verdict, line, other) \
	finds(&scenario, work, verdict, "use_races.c", line, other)

int main(void)
{
	static const struct work right = { submits, resets_under_both };
	static const struct work race = { submits, resets };
	static const struct work use_after_free = { uses, cancels };
	static const struct work copy_after_free = { copies, cancels };
	static const struct work two_owners = { claims, claims_too };

	CHECK(FINDS(&race, HS_VERDICT_RACE, submits_at, resets_at));
	CHECK(FINDS(&use_after_free, HS_VERDICT_FREED, uses_at, cancels_at));
	CHECK(FINDS(&copy_after_free, HS_VERDICT_FREED, copies_at, cancels_at));
	CHECK(FINDS(&two_owners, HS_VERDICT_ASSERT, claims_at, claims_at));
	finds_nothing(&scenario, &right);
	return 0;
}
