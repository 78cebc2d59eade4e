/* SPDX-License-Identifier: MIT */
/*
 * search_bounds.h - how many preemptions the executions of plain DFS have
 */
#ifndef HS_TESTS_SEARCH_BOUNDS_H
#define HS_TESTS_SEARCH_BOUNDS_H

#include "conformance/search_play.h"

/*
 * @runs are all executions of a program. fewest[o]: of those with outcome o; the caller has room
 * for all outcomes. Returns how many executions have at most @bound. The order of @runs changes.
 */
uint32_t bounds_count(struct play_runs *runs, uint32_t bound, uint32_t *fewest, uint32_t outcomes);

#endif
