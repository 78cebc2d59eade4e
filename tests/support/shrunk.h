/* SPDX-License-Identifier: MIT */
/*
 * shrunk.h - what an execution costs, counted anew, and the simplest of those that a search runs
 */
#ifndef HS_TESTS_SHRUNK_H
#define HS_TESTS_SHRUNK_H

#include "support/exploration.h"

/* In the order in which they are compared. */
struct shrunk_cost {
	uint32_t figure[4]; /* preemptions, switches, steps, answers that are not the first */
};

struct shrunk_judge {
	enum hs_verdict verdict; /* NONE: any execution */
	const char *message;
	uint64_t found;
	struct shrunk_cost least;
};

#define SHRUNK_ENOUGH 1000000 /* executions for the proof, in small scenarios */
#define SHRUNK_SEARCHES 7

extern const enum hs_search shrunk_searches[SHRUNK_SEARCHES];

void shrunk_options(struct hs_explore_options *options, enum hs_search search);
bool shrunk_is_less(const struct shrunk_cost *a, const struct shrunk_cost *b);
/* Explores; @j judges each execution that ends. */
void shrunk_observe(const struct hs_scenario *scenario, const void *param,
		    const struct hs_explore_options *options, bool shrinks, struct shrunk_judge *j,
		    struct hs_explore_result *r);
/*
 * Replays what is shown of @r: it ends so again. With @shrinks a simpler one is looked for, and
 * there is none. Returns its cost.
 */
struct shrunk_cost shrunk_replay(const struct hs_scenario *scenario, const void *param,
				 const struct hs_explore_options *options,
				 const struct hs_explore_result *r, bool shrinks);

#endif
