/* SPDX-License-Identifier: MIT */
/*
 * exploration.h - scenarios explored, and the verdict in which an exploration must end
 */
#ifndef HS_TESTS_EXPLORATION_H
#define HS_TESTS_EXPLORATION_H

#include <hmmsim/explore.h>

#include "support/scale.h"
#include "support/test.h"

/* At most @most executions, 0: all; with a schedule, its replay. */
void explore(const struct hs_scenario *scenario, const void *param, enum hs_search search,
	     uint64_t most, const char *schedule, struct hs_explore_result *r);
/* With sleep sets. All executions are seen, or @most of them, and none violates anything. */
void explore_none(const struct hs_scenario *scenario, const void *param, uint64_t most,
		  struct hs_explore_result *r);
/* The search finds @verdict, whose message contains @text, and its schedule leads there again. */
void explore_found(const struct hs_scenario *scenario, const void *param, enum hs_verdict verdict,
		   const char *text, struct hs_explore_result *r);

/*
 * Sleep sets see the same classes as DFS, if that comes to its end within @most executions; 0: no
 * bound. Nothing violates anything.
 */
void explore_same_classes(const struct hs_scenario *scenario, const void *param, uint64_t most);

/*
 * explore_none() without a result; there is more than one execution, and their classes are those
 * that DFS sees, where DFS comes to its end soon. Slow builds look at 500 executions.
 */
void explore_holds(const struct hs_scenario *scenario, const void *param);
void explore_fails(const struct hs_scenario *scenario, const void *param, enum hs_verdict verdict,
		   const char *text);

#endif
