/* SPDX-License-Identifier: MIT */
/*
 * Scenarios of two tasks that know nothing but <hmmsim/sync.h> and <hmmsim/explore.h>. The same
 * source is linked with each library: on threads what is right runs, in the explorer what is wrong
 * is found, with the lines of this file.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hmmsim/explore.h>
#include <hmmsim/sync.h>

#define CHECK(condition)                                                                \
	do {                                                                            \
		if (!(condition)) {                                                     \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
			exit(1);                                                        \
		}                                                                       \
	} while (0)

/* A constant @name: the line that is @down lines below. */
#define LINE_BELOW(name, down) static const int name = __LINE__ + (down)

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

static void expect_place(const char *message, int line)
{
	char place[64];

	snprintf(place, sizeof(place), "use_sync.c:%d", line);
	if (strstr(message, place))
		return;
	fprintf(stderr, "%s is not in: %s\n", place, message);
	exit(1);
}

/* The verdict, with the lines; again when its schedule is replayed. False: this is no explorer. */
static bool finds(const struct work *work, enum hs_verdict verdict, int line, int other)
{
	struct hs_explore_options options;
	struct hs_explore_result found, again;
	int err;

	hs_explore_options_init(&options);
	err = hs_explore(&scenario, work, &options, &found);
	if (err == -EOPNOTSUPP)
		return false;
	CHECK(err == 0);
	if (found.verdict != verdict)
		fprintf(stderr, "%s: %s\n", hs_verdict_name(found.verdict), found.message);
	CHECK(found.verdict == verdict);
	expect_place(found.message, line);
	expect_place(found.message, other);
	options.search = HS_SEARCH_REPLAY;
	options.schedule = found.schedule;
	CHECK(hs_explore(&scenario, work, &options, &again) == 0);
	CHECK(again.verdict == verdict);
	CHECK(strcmp(again.message, found.message) == 0);
	hs_explore_result_free(&found);
	hs_explore_result_free(&again);
	return true;
}

static void explores(void)
{
	struct hs_explore_options options;
	struct hs_explore_result r;

	CHECK(finds(&inversion, HS_VERDICT_ASSERT, resets_at, resets_at - 1));
	CHECK(finds(&deadlock, HS_VERDICT_DEADLOCK, copies_at, copies_at));
	CHECK(finds(&use_after_free, HS_VERDICT_FREED, uses_at, frees_at));
	CHECK(finds(&lost_wake, HS_VERDICT_LOST_WAKE, waits_at, waits_at));
	hs_explore_options_init(&options);
	CHECK(hs_explore(&scenario, &right, &options, &r) == 0);
	CHECK(r.verdict == HS_VERDICT_NONE && r.exhaustive);
	hs_explore_result_free(&r);
}

int main(void)
{
	bool explored = finds(&lost_update, HS_VERDICT_ASSERT, counts_at, counts_at);
	int err = hs_scenario_run(&scenario, &right, NULL, NULL);

	CHECK(err == (explored ? -EOPNOTSUPP : 0));
	if (explored)
		explores();
	return 0;
}
