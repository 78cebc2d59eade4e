/* SPDX-License-Identifier: MIT */
/*
 * search_model.h - the outcomes of a program without fibers, schedules and reductions
 */
#ifndef HS_TESTS_SEARCH_MODEL_H
#define HS_TESTS_SEARCH_MODEL_H

#include "conformance/search_outcome.h"

/* False: the program has references or retries, which are built on what the model knows. */
bool model_knows(const struct program *p);

/*
 * Visits every state that the program can reach and collects the outcomes, without messages and
 * schedules. False: there are more than @most states, a power of two, or no memory.
 */
bool model_outcomes(const struct program *p, uint32_t most, struct outcome_set *set);
/* Releases what model_outcomes() keeps for the next program. */
void model_release(void);

#endif
