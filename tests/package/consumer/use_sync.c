/* SPDX-License-Identifier: MIT */
/*
 * Scenarios of two tasks that know nothing but <hmmsim/sync.h> and <hmmsim/explore.h>. The same
 * source is linked with each library: on threads what is right runs, in the explorer what is wrong
 * is found, with the lines of this file.
 */
#include <errno.h>

#include <hmmsim/explore.h>
#include <hmmsim/sync.h>

#include "finds.h"

static const struct hs_sync_class queue_lock = { "queue lock", false };
static const struct hs_sync_class device_lock = { "device lock", false };
static const struct hs_sync_class channel_lock = { "channel lock", true };
static const struct hs_sync_kind request = { "request" };

struct driver {
	struct hs_sync_mutex queue, device, channel[2];
	struct hs_sync_u32 count, ready;
	struct hs_sync_ptr current;
	struct hs_sync_waitq idle;
};

typedef void (*task_fn)(struct hs_task *self, void *driver);

struct work {
	task_fn one, two;
	void (*check)(struct hs_task *self, struct driver *d);
};

static int set_up(struct hs_task *self, struct hs_plan *plan, void *state, const void *param)
{
	const struct work *work = param;
	struct driver *d = state;
	void *object = hs_sync_alloc(self, &request, 40);
	int err = object ? 0 : -ENOMEM;

	hs_sync_ptr_init(&d->current, object);
	err = err ? err : hs_sync_mutex_init(self, &d->queue, &queue_lock);
	err = err ? err : hs_sync_mutex_init(self, &d->device, &device_lock);
	err = err ? err : hs_sync_mutex_init(self, &d->channel[0], &channel_lock);
	err = err ? err : hs_sync_mutex_init(self, &d->channel[1], &channel_lock);
	err = err ? err : hs_plan_task(plan, "one", work->one, d);
	return err ? err : hs_plan_task(plan, "two", work->two, d);
}

static void check(struct hs_task *self, void *state, const void *param)
{
	const struct work *work = param;
	struct driver *d = state;

	if (work->check)
		work->check(self, d);
	hs_sync_free(self, hs_sync_ptr_xchg(self, &d->current, NULL, HS_SYNC_RELAXED));
}

static const struct hs_scenario scenario = {
	.name = "driver",
	.state_size = sizeof(struct driver),
	.setup = set_up,
	.check = check,
};

/* ---- a lost update ------------------------------------------------------------------------ */

static void adds(struct hs_task *self, void *driver)
{
	struct driver *d = driver;
	uint32_t n = hs_sync_u32_load(self, &d->count, HS_SYNC_RELAXED);

	hs_sync_u32_store(self, &d->count, n + 1, HS_SYNC_RELAXED);
}

static void adds_under_lock(struct hs_task *self, void *driver)
{
	struct driver *d = driver;

	hs_sync_mutex_lock(self, &d->queue);
	adds(self, d);
	hs_sync_mutex_unlock(self, &d->queue);
}

LINE_BELOW(counts_at, 6);

static void counts_2(struct hs_task *self, struct driver *d)
{
	uint32_t n = hs_sync_u32_load(self, &d->count, HS_SYNC_RELAXED);

	hs_sync_assert(self, n == 2, "2 requests, %u counted", n);
}

static const struct work lost_update = { adds, adds, counts_2 };
static const struct work right = { adds_under_lock, adds_under_lock, counts_2 };

/* ---- a deadlock, by order and by search --------------------------------------------------- */

static void submits(struct hs_task *self, void *driver)
{
	struct driver *d = driver;

	hs_sync_mutex_lock(self, &d->queue);
	hs_sync_mutex_lock(self, &d->device);
	hs_sync_mutex_unlock(self, &d->device);
	hs_sync_mutex_unlock(self, &d->queue);
}

LINE_BELOW(resets_at, 6);

static void resets(struct hs_task *self, void *driver)
{
	struct driver *d = driver;
	hs_sync_mutex_lock(self, &d->device);
	hs_sync_mutex_lock(self, &d->queue);
	hs_sync_mutex_unlock(self, &d->queue);
	hs_sync_mutex_unlock(self, &d->device);
}

static void copies(struct hs_task *self, struct driver *d, int from)
{
	hs_sync_mutex_lock(self, &d->channel[from]);
	hs_sync_mutex_lock(self, &d->channel[!from]);
	hs_sync_mutex_unlock(self, &d->channel[!from]);
	hs_sync_mutex_unlock(self, &d->channel[from]);
}

LINE_BELOW(copies_at, -5);

static void copies_up(struct hs_task *self, void *driver)
{
	copies(self, driver, 0);
}

static void copies_down(struct hs_task *self, void *driver)
{
	copies(self, driver, 1);
}

static const struct work inversion = { submits, resets, NULL };
static const struct work deadlock = { copies_up, copies_down, NULL };

/* ---- a use after free --------------------------------------------------------------------- */

LINE_BELOW(uses_at, 7);

static void uses(struct hs_task *self, void *driver)
{
	struct driver *d = driver;
	void *object = hs_sync_ptr_load(self, &d->current, HS_SYNC_ACQUIRE);
	if (object)
		hs_sync_deref(self, object);
}

LINE_BELOW(frees_at, 6);

static void cancels(struct hs_task *self, void *driver)
{
	struct driver *d = driver;
	void *object = hs_sync_ptr_xchg(self, &d->current, NULL, HS_SYNC_ACQ_REL);
	hs_sync_free(self, object);
}

static const struct work use_after_free = { uses, cancels, NULL };

/* ---- a lost wake-up ----------------------------------------------------------------------- */

static bool is_ready(struct hs_task *self, void *driver)
{
	struct driver *d = driver;

	return hs_sync_u32_load(self, &d->ready, HS_SYNC_ACQUIRE) != 0;
}

LINE_BELOW(waits_at, 5);

static void waits(struct hs_task *self, void *driver)
{
	struct driver *d = driver;
	hs_sync_wait(self, &d->idle, is_ready, d);
}

static void finishes(struct hs_task *self, void *driver)
{
	struct driver *d = driver;

	hs_sync_wake_all(self, &d->idle);
	hs_sync_u32_store(self, &d->ready, 1, HS_SYNC_RELEASE);
}

static const struct work lost_wake = { waits, finishes, NULL };

/* ------------------------------------------------------------------------------------------- */

#define FINDS(work, verdict, line, other) finds(&scenario, work, verdict, "use_sync.c", line, other)

static void explores(void)
{
	CHECK(FINDS(&inversion, HS_VERDICT_ASSERT, resets_at, resets_at - 1));
	CHECK(FINDS(&deadlock, HS_VERDICT_DEADLOCK, copies_at, copies_at));
	CHECK(FINDS(&use_after_free, HS_VERDICT_FREED, uses_at, frees_at));
	CHECK(FINDS(&lost_wake, HS_VERDICT_LOST_WAKE, waits_at, waits_at));
	finds_nothing(&scenario, &right);
}

int main(void)
{
	bool explored = FINDS(&lost_update, HS_VERDICT_ASSERT, counts_at, counts_at);
	int err = hs_scenario_run(&scenario, &right, NULL, NULL);

	CHECK(err == (explored ? -EOPNOTSUPP : 0));
	if (explored)
		explores();
	return 0;
}
