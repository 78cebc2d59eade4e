/* SPDX-License-Identifier: MIT */
/*
 * steps.h - what the steps of an execution were, in words, and who held which lock
 */
#ifndef HS_EXPLORE_STEPS_H
#define HS_EXPLORE_STEPS_H

#include "explore/names.h"

struct hs_step_words {
	char operation[64]; /* "load.acq", "retry: the flag" */
	char object[HS_NAME_MAX + 64];
	char before[HS_NAME_MAX], after[HS_NAME_MAX]; /* empty: none, or not known */
	char remark[HS_NAME_MAX + 64];
	const char *place;
	int place_length; /* 0: the place is not known */
	bool follows;	  /* the place is that of the task's last step with one */
};

/* What decision @i was, of the task or an answer to it. */
void hs_step_describe(const struct hs_names *names, uint32_t i, struct hs_step_words *words);
/* The same of step @i of set-up or check, where none is the scheduler's. */
void hs_step_describe_direct(const struct hs_names *names, uint32_t i, struct hs_step_words *words);
/* What the task would do next. */
void hs_step_describe_next(const struct hs_names *names, const struct hs_task *t,
			   struct hs_step_words *words);
/* The last step of the execution did not take place, because of what it was about to touch. */
bool hs_step_was_refused(const struct hs_sched *s, uint32_t i);
/* The task in whose step, or code behind it, the violation is; 0: it is in none, or elsewhere. */
uint32_t hs_step_failed_task(const struct hs_sched *s);

/* The step reads or writes a word, so that its note has a value. */
bool hs_step_has_value(const struct hs_repeat_note *n);
/* The decision by which a task other than @task entered the section that it is in at @end. */
bool hs_step_reader(const struct hs_sched *s, uint32_t task, uint32_t end, uint32_t *reader);

/* A lock that a task has taken, and where. */
struct hs_step_lock {
	const void *addr;
	const char *where;
	uint32_t task, cls;
};

/* The locks that the task held before decision @end. How many: HS_HELD_MAX at most. */
uint32_t hs_step_locks(const struct hs_sched *s, uint32_t task, uint32_t end,
		       struct hs_step_lock *locks);
/* A task that held the lock at @addr before decision @end. False: none did. */
bool hs_step_holder(const struct hs_sched *s, const void *addr, uint32_t end,
		    struct hs_step_lock *lock);
/* Decision @i took, or gave back, a lock. */
bool hs_step_takes_lock(const struct hs_sched *s, uint32_t i);
bool hs_step_drops_lock(const struct hs_sched *s, uint32_t i);

/* What the task does next after decision @i: a note of it, or its operation when all was over. */
const struct hs_repeat_note *hs_step_next_of(const struct hs_sched *s, uint32_t task, uint32_t i,
					     struct hs_repeat_note *room);

#endif
