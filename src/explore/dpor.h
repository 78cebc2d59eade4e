/* SPDX-License-Identifier: MIT */
/*
 * dpor.h - the path of a search by source-DPOR, for its three files
 */
#ifndef HS_EXPLORE_DPOR_H
#define HS_EXPLORE_DPOR_H

#include "explore/branch.h"
#include "explore/search.h"

struct hs_dpor_node {
	struct hs_branch branch;
	struct hs_touch touch;
	uint32_t enabled; /* mask of tasks; 0: this is a choice */
	uint32_t patient; /* mask of tasks that could look here, but wait until it holds */
	uint32_t hurried; /* mask of tasks that are not patient below */
	uint32_t sleep;	  /* mask of tasks that sleep here */
	uint32_t wanted;  /* mask of tasks to take here */
	uint32_t ended;	  /* mask of tasks whose step here was the last of an execution */
	uint32_t again;	  /* how many tasks left done, to be taken once more */
	/* Decisions of each task up to its last one that comes before this step, or is it. */
	uint32_t clock[HS_SCHED_TASKS];
};

struct hs_dpor {
	struct hs_searcher searcher;
	struct hs_sched *sched;
	uint32_t depth;	  /* decisions of this execution so far */
	uint32_t length;  /* nodes on the path */
	uint32_t sleep;	  /* mask of tasks that sleep at the next node */
	uint32_t hurried; /* mask of tasks that are not patient at the next node */
	uint64_t over;	  /* executions that have ended */
	bool cut;	  /* all tasks that could move slept */
	uint32_t room;	  /* of node and race */
	struct hs_dpor_node *node;
	uint32_t *race; /* nodes whose step races with the step that is analysed */
	struct hs_words words;
	uint32_t last[HS_SCHED_TASKS]; /* decisions up to the last step of each task */
};

/* What a later step does to what lies before it on the path. */
struct hs_dpor_later {
	struct hs_touch touch;
	uint32_t at;		      /* where it is on the path: nodes before it */
	uint32_t own[HS_SCHED_TASKS]; /* of the step before it, of the same task */
	uint32_t clock[HS_SCHED_TASKS];
	uint32_t hidden[HS_SCHED_TASKS]; /* steps that cannot race with it */
};

/* dpor_races.c */

/*
 * The tasks that can begin, at node @first, the steps between there and the end of the path that do
 * not come after the one taken there, with @later at their end.
 */
uint32_t hs_dpor_initials(const struct hs_dpor *d, uint32_t first,
			  const struct hs_dpor_later *later);
/* The step at node @first races with @later: sees to it that the reverse is explored. */
void hs_dpor_reverse(struct hs_dpor *d, uint32_t first, const struct hs_dpor_later *later);
/* Decisions up to the last step of @task below node @at. */
uint32_t hs_dpor_last_step(const struct hs_dpor *d, uint32_t task, uint32_t at);
/*
 * The clock of the step of @task that comes after @last decisions, its last ones: that of its step
 * before, or of the step that made it.
 */
void hs_dpor_begin_clock(const struct hs_dpor *d, uint32_t task, uint32_t last, uint32_t *clock);
/* Finds the clock of the next step of @t, and explores the reverse of its races. */
void hs_dpor_analyse(struct hs_dpor *d, const struct hs_task *t, struct hs_dpor_later *later);
/* Looks at the next steps of these tasks as if they came next, because they may come earlier. */
void hs_dpor_analyse_pending(struct hs_dpor *d, uint32_t tasks);
/* The tasks that wait for words to have other values. */
uint32_t hs_dpor_waiting(const struct hs_sched *s, uint32_t enabled);
/* The last step of the path may have changed what the predicates of those tasks read. */
void hs_dpor_analyse_waiting(struct hs_dpor *d, uint32_t enabled);

/* dpor_wakes.c: an execution has ended. */
void hs_dpor_find_lost_wakes(struct hs_dpor *d);

#endif
