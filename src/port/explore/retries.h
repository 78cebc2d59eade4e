/* SPDX-License-Identifier: MIT */
/*
 * retries.h (explore) - a bound on how often a task tries again at one place
 *
 * Two tasks may undo each other's progress for ever: each sees the other's reference, drops its own
 * and tries again. Such a search has no end, and no execution of it is a livelock, because there is
 * always a step that changes what a task has read.
 *
 * With a bound, a task that would try again once more at the same place stands still, and the
 * others go on. So the executions within the bound are those of a program whose loops end, which
 * every search treats as it treats any program: none of them is lost, whatever a search leaves out.
 * If a task stands still when no other can move, the execution is a violation, or is cut.
 *
 * Whether a task stands still is asked of each state anew. It must not depend on what it could have
 * done before, because a word that is changed and changed back gives the task a chance in one of
 * two equal executions only. So the task may also end waiting for a change, as any other. Then the
 * execution is within the bound, but the search is not exhaustive (hs_retries.reached).
 *
 * A retry that no other task has caused (a solo retry) does not count: it is bounded anyway.
 */
#ifndef HS_PORT_EXPLORE_RETRIES_H
#define HS_PORT_EXPLORE_RETRIES_H

#include "port/port.h"

#define HS_RETRY_PLACES 64
#define HS_RETRY_TASKS 32

struct hs_sched;

/* A task and one of its loops. */
struct hs_retry_place {
	const char *why; /* what it waits for */
	uint32_t task;
	uint32_t count;
	uint32_t undone_by; /* mask of tasks that wrote what it had read */
};

struct hs_retries {
	uint32_t bound; /* 0: none */
	bool cut;	/* executions in which a task came to the bound, instead of a violation */
	uint32_t still; /* mask of tasks that would try again now, but are at it */
	bool reached;	/* in this execution */
	uint32_t places;
	struct hs_op op;		     /* of the step that is taken */
	uint32_t written_by[HS_RETRY_TASKS]; /* since the last retry of each task */
	struct hs_retry_place place[HS_RETRY_PLACES];
};

void hs_retries_reset(struct hs_retries *r);
/* Those of the tasks @enabled that may go on; the others stand still in this state. */
uint32_t hs_retries_allowed(struct hs_sched *s, uint32_t enabled);
/* Around a step of @t. */
void hs_retries_before_step(struct hs_sched *s, const struct hs_task *t);
void hs_retries_after_step(struct hs_sched *s, const struct hs_task *t);
/* The violation of an execution in which a task stands still. */
void hs_retries_report(struct hs_sched *s);

#endif
