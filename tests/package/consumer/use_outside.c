/* SPDX-License-Identifier: MIT */
/*
 * A driver that locks as programs do. On threads that is right; the explorer, which sees none of
 * it, refuses the lock by its name, and no other code of the program.
 */
#define _GNU_SOURCE
#include "use.h"

#include <errno.h>
#include <pthread.h>
#include <time.h>

#include <hmmsim/sync.h>

struct driver {
	struct hs_sync_u32 count;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void adds(struct hs_task *self, void *state)
{
	struct driver *d = state;
	uint32_t n;

	pthread_mutex_lock(&lock);
	n = hs_sync_u32_load(self, &d->count, HS_SYNC_RELAXED);
	hs_sync_u32_store(self, &d->count, n + 1, HS_SYNC_RELAXED);
	pthread_mutex_unlock(&lock);
}

static int set_up(struct hs_task *self, struct hs_plan *plan, void *state, const void *param)
{
	int err;

	(void)self;
	(void)param;
	err = hs_plan_task(plan, "one", adds, state);
	return err ? err : hs_plan_task(plan, "two", adds, state);
}

static void check(struct hs_task *self, void *state, const void *param)
{
	struct driver *d = state;

	(void)param;
	hs_sync_assert(self, hs_sync_u32_load(self, &d->count, HS_SYNC_RELAXED) == 2, "2 adds");
}

static const struct hs_scenario scenario = { "driver", sizeof(struct driver), set_up, check };

static void *sleeps_and_locks(void *arg)
{
	struct timespec little = { 0, 1000 };

	nanosleep(&little, NULL);
	CHECK(pthread_mutex_lock(&lock) == 0);
	CHECK(pthread_mutex_unlock(&lock) == 0);
	return arg;
}

int main(void)
{
	struct hs_explore_options options;
	struct hs_explore_result r;
	pthread_t thread;
	int err;

	CHECK(pthread_create(&thread, NULL, sleeps_and_locks, NULL) == 0);
	hs_explore_options_init(&options);
	err = hs_explore(&scenario, NULL, &options, &r);
	if (err == -EOPNOTSUPP) {
		CHECK(hs_scenario_run(&scenario, NULL, NULL, NULL) == 0);
	} else {
		CHECK(err == 0);
		CHECK(r.verdict == HS_VERDICT_REFUSED);
		CHECK(strncmp(r.message, "pthread_mutex_lock() in task one", 32) == 0);
		hs_explore_result_free(&r);
	}
	CHECK(pthread_join(thread, NULL) == 0);
	return 0;
}
