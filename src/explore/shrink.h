/* SPDX-License-Identifier: MIT */
/*
 * shrink.h - the simplest execution with the violation that was found
 */
#ifndef HS_EXPLORE_SHRINK_H
#define HS_EXPLORE_SHRINK_H

#include "port/explore/sched.h"

struct hs_shrink {
	struct hs_sched *sched;
	/*
	 * Runs an execution with sched->chooser, and the final check. Its first @same decisions are
	 * those of the last execution. 0 or -ENOMEM.
	 */
	int (*run)(void *ctx, uint32_t same);
	/* Whether the violation in which the last execution ended counts. */
	bool (*counts)(void *ctx);
	/* No time is left. */
	bool (*is_late)(void *ctx);
	void *ctx;
	uint64_t most;	     /* executions */
	uint64_t executions; /* that were run */
	bool minimal;	     /* none is simpler */
	char *schedule;	     /* of the simplest, for the caller to free; NULL: no memory */
};

/*
 * The last execution of sched ended in a violation. Looks for one that ends in the same, so that it
 * counts, with fewer preemptions; if it has as many, fewer switches; then fewer steps; then fewer
 * answers of choices that are not the first. 0 or -ENOMEM. It ends at once after a crash, and where
 * an execution does not repeat what it shares with the one before it: that is the verdict of sched
 * then.
 */
int hs_shrink(struct hs_shrink *with);

/*
 * Whether two messages of a verdict say the same: they may differ in numbers, but not in the lines
 * of places, and in what a task that tries again has read.
 */
bool hs_shrink_same_message(enum hs_verdict verdict, const char *one, const char *other);

#endif
