/* SPDX-License-Identifier: MIT */
/*
 * search_idioms.h - what the tasks of random programs consist of
 *
 * A program draws on a few idioms and on few objects, so that its tasks meet. Idioms that belong
 * together are a theme.
 */
#ifndef HS_TESTS_SEARCH_IDIOMS_H
#define HS_TESTS_SEARCH_IDIOMS_H

#include "conformance/search_program.h"
#include "port/port.h"

/* What a program is made with. */
struct gen {
	struct program *p;
	struct program_task *task;
	uint64_t rng;
	uint8_t budget;	 /* operations of the task */
	uint8_t word[2]; /* what the program mostly works on */
	uint8_t queue, mutex, spin, sem;
};

/* Appends one or more operations to the task. */
typedef void (*idiom)(struct gen *g);

#define IDIOMS_OF_THEME 5

struct theme {
	idiom idioms[IDIOMS_OF_THEME]; /* the others are NULL */
	bool two_tasks;		       /* more would take too many executions */
};

extern const struct theme weak_theme; /* stores and loads that weak memory shows in another order */

static inline uint8_t below(struct gen *g, uint32_t n)
{
	return (uint8_t)hs_random_below(&g->rng, n);
}

static inline bool chance(struct gen *g, uint32_t one_in)
{
	return !hs_random_below(&g->rng, one_in);
}

const struct theme *any_theme(struct gen *g);
/* Fills the budget of the task with idioms of the two themes, and with single operations. */
void fill_task(struct gen *g, const struct theme *first, const struct theme *second);

#endif
