/* SPDX-License-Identifier: MIT */
/*
 * exploration.h - one exploration, for the files that run its executions
 */
#ifndef HS_EXPLORE_EXPLORATION_H
#define HS_EXPLORE_EXPLORATION_H

#include "explore/limits.h"
#include "explore/plan.h"
#include "explore/search.h"
#include "explore/token.h"

struct exploration {
	const struct hs_scenario *scenario;
	const void *param;
	const struct hs_explore_options *options;
	const struct hs_observer *observer;
	struct hs_explore_result *result;
	struct hs_sched *sched;
	struct hs_searcher *searcher;
	struct hs_machine *machine;
	void *state;
	struct hs_plan plan;
	struct hs_limits limits;
	int setup_ret;
	struct hs_token token;
	char *token_schedule;		  /* NULL: no token is replayed */
	uint64_t standing[HS_KIND_COUNT]; /* live before set-up: the machine's and the state */
};

/* explore.c */

/* Runs the tasks, and the final check where they have come to their end. @observer: or NULL. */
enum hs_run hs_exploration_run(struct exploration *e, const struct hs_observer *observer);
/* The final check alone, on the boot task; @arg is the exploration. */
void hs_exploration_check(void *arg);
/* The execution has ended in a violation that counts: hs_explore_options.counts. */
bool hs_exploration_counts(const struct exploration *e);
/* What the last execution needed could not be allocated. */
bool hs_exploration_lacks_memory(const struct exploration *e);
/* Another execution is to be shown than before. */
void hs_exploration_forget(struct exploration *e);
/* The execution that has just ended is the one that the result shows. 0 or -ENOMEM. */
int hs_exploration_keep(struct exploration *e);
/* It ended in a violation, which the result shows if it is the first. 0 or -ENOMEM. */
int hs_exploration_note(struct exploration *e);

/* token_fit.c */

/* A token takes the place of schedule and options. 0, -EINVAL with a message, or -ENOMEM. */
int hs_token_fit_options(struct exploration *e, struct hs_explore_options *options);
/* Whether it is one of this library and this scenario. If not, the verdict says so. */
bool hs_token_fit_scenario(struct exploration *e);
/* The execution has ended. If it is not that of the token, that is its verdict. */
void hs_token_fit_end(struct exploration *e);
/* The token of the execution that has ended, which is that of the result. NULL: no memory. */
char *hs_token_of(const struct exploration *e);

/* again.c: what has just been run is run again if it must be. @violated: it is the first. */
int hs_again_if_due(struct exploration *e, bool violated);
/* The first violation has just been found: the result gets a simpler execution. 0 or -ENOMEM. */
int hs_again_shrink(struct exploration *e);

#endif
