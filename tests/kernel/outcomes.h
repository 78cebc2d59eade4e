/* SPDX-License-Identifier: MIT */
/*
 * outcomes.h - what the tasks of a scenario saw, over all executions, as a set
 *
 * Two implementations of one interface have other steps, so that the classes of their executions
 * cannot be compared. What each task has seen can: the sets must be equal (same_outcomes.sh).
 */
#ifndef HS_KERNEL_OUTCOMES_H
#define HS_KERNEL_OUTCOMES_H

#include <hmmsim/explore.h>

/*
 * Explores by DPOR, with @sleep_sets by those too, to the end, and prints the set, a line each, and
 * how many there are. @look: what an execution that has ended was like, from its state. Any
 * violation ends the program.
 */
void outcomes_print(const char *name, const struct hs_scenario *scenario, const void *param,
		    uint64_t (*look)(const void *state), bool sleep_sets);
/* All data races of what was explored, a line each that begins with "race:". */
void outcomes_print_races(void);

#endif
