/* SPDX-License-Identifier: MIT */
/*
 * search_outcome.h - what an execution of a program came to, and sets of that
 *
 * If the tasks came to rest: the verdict, what each task observed and the final values. If a step
 * ended the execution: the verdict, its message, and what the task of that step observed. Searches
 * may stop such an execution at different places, because steps that the last one does not depend
 * on can come before or after it.
 */
#ifndef HS_TESTS_SEARCH_OUTCOME_H
#define HS_TESTS_SEARCH_OUTCOME_H

#include <hmmsim/explore.h>

#include "conformance/search_program.h"

#define OUTCOME_LOG 15
#define OUTCOME_FINALS (WORD_FIXED + 4)
/* In .who: tasks came to rest; an RCU callback; before the first step */
#define OUTCOME_REST 0xff
#define OUTCOME_CALLBACK 0xfe
#define OUTCOME_BEGIN 0xfd

/* Observations of a task. Those beyond the last place are mixed into it. */
struct outcome_log {
	uint8_t count;
	uint8_t value[OUTCOME_LOG];
};

struct outcome {
	uint8_t verdict;
	uint8_t who;
	uint8_t final[OUTCOME_FINALS]; /* words, pointer, clock, counter, what lives */
	struct outcome_log log[PROGRAM_TASKS];
	uint32_t message; /* hash of the message, 0 if the tasks came to rest */
};

struct outcome_entry {
	struct outcome outcome;
	uint64_t hash;	/* of the trace */
	char *schedule; /* of the first execution that came to it; NULL: unknown */
	char *text;	/* its message */
	uint32_t count;
};

struct outcome_set {
	struct outcome_entry *entry;
	uint32_t count, room;
	uint32_t last; /* the entry found last */
	bool failed;   /* no memory */
};

static inline void outcome_log_add(struct outcome_log *log, uint64_t value)
{
	uint8_t v = (uint8_t)value;

	if (log->count < OUTCOME_LOG)
		log->value[log->count++] = v;
	else
		log->value[OUTCOME_LOG - 1] = (uint8_t)(log->value[OUTCOME_LOG - 1] * 31 + v + 1);
}

/* Of an assertion the place counts: its words may name what other tasks hold. */
uint32_t outcome_message_hash(enum hs_verdict verdict, const char *message);

/* The entry of @o, new if .count is 1. NULL: no memory. */
struct outcome_entry *outcome_set_add(struct outcome_set *set, const struct outcome *o);
const struct outcome_entry *outcome_set_find(const struct outcome_set *set,
					     const struct outcome *o);
void outcome_set_free(struct outcome_set *set);
/* Every outcome of @some is in @all. */
bool outcome_set_within(const struct outcome_set *some, const struct outcome_set *all);
/* Messages are left out, because a model knows none; .count becomes 0. */
void outcome_set_forget_messages(struct outcome_set *set);

/* Prints each outcome of @some that is not in @other. */
void outcome_print_missing(const struct program *p, const char *title,
			   const struct outcome_set *some, const struct outcome_set *other);

#endif
