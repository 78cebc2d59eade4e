/* SPDX-License-Identifier: MIT */
/*
 * two_locks.c - six faults of a driver with two locks, each found, printed and replayed
 *
 * The driver knows <hmmsim/sync.h> alone, nothing of memory management; planted.h has what it
 * shares, planted_locks.c and planted_requests.c its tasks. With the name of a fault as argument it
 * prints the whole report: one column a task, one line a step.
 * Prints:
 *
 *	lost-update: assertion, replayed
 *	deadlock: deadlock, replayed
 *	use-after-free: use after free, replayed
 *	livelock: livelock, replayed
 *	retries: retry without bound, replayed
 *	overflow: crash, replayed
 */
#include <stdio.h>
#include <string.h>

#include "planted.h"

struct fault {
	const char *name;
	void (*task[2])(struct hs_task *self, void *driver);
	bool counted; /* two requests were submitted */
};

static const struct fault faults[] = {
	{ "lost-update", { submit, submit }, true },
	{ "deadlock", { copy_up, copy_down }, false },
	{ "use-after-free", { complete_request, cancel_request }, false },
	{ "livelock", { poll_ring, copy_up }, false },
	{ "retries", { try_copy_up, try_copy_down }, false },
	{ "overflow", { count_requests, submit }, false },
};

static int setup(struct hs_task *self, struct hs_plan *plan, void *state, const void *param)
{
	const struct fault *fault = param;
	int err = driver_init(self, state);

	driver_name(plan, state);
	err = err ? err : hs_plan_task(plan, "one", fault->task[0], state);
	return err ? err : hs_plan_task(plan, "two", fault->task[1], state);
}

static void check(struct hs_task *self, void *state, const void *param)
{
	struct driver *d = state;
	uint32_t n = hs_sync_u32_load(self, &d->count, HS_SYNC_RELAXED);

	if (((const struct fault *)param)->counted)
		hs_sync_assert(self, n == 2, "2 requests, %u counted", n);
	driver_end(self, d);
}

static const struct hs_scenario two_locks = { "two-locks", sizeof(struct driver), setup, check };

/* Explores, and replays what was found. Returns 0 if both end alike. */
static int explore(const struct fault *fault, bool print)
{
	struct hs_explore_options options;
	struct hs_explore_result found, again;
	int err;

	hs_explore_options_init(&options);
	options.retry_bound = 8; /* a task that tries again more often does so for ever */
	err = hs_explore(&two_locks, fault, &options, &found);
	if (err)
		return err;
	options.search = HS_SEARCH_REPLAY;
	options.schedule = found.schedule;
	err = hs_explore(&two_locks, fault, &options, &again);
	if (!err && strcmp(found.message, again.message))
		err = -EILSEQ;
	if (print)
		fputs(found.report, stdout);
	else
		printf("%s: %s, %s\n", fault->name, hs_verdict_name(found.verdict),
		       err ? "not replayed" : "replayed");
	hs_explore_result_free(&again);
	hs_explore_result_free(&found);
	return err;
}

int main(int argc, char **argv)
{
	int err = 0;

	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		if (argc < 2 || !strcmp(argv[1], faults[i].name))
			err |= explore(&faults[i], argc > 1);
	return err != 0;
}
