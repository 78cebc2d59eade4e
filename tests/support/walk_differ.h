/* SPDX-License-Identifier: MIT */
/*
 * walk_differ.h - answers of two walkers to one scenario, and a scenario that is made smaller as
 * long as it shows the same
 */
#ifndef HS_TESTS_WALK_DIFFER_H
#define HS_TESTS_WALK_DIFFER_H

#include "support/walk_gen.h"

/* Everything that a caller of the walk sees, its counts, and the log of its faults. */
bool walk_answers_equal(const struct hs_walk_answer *a, const struct hs_walk_answer *b);

/* Whether the scenario shows what is looked for. */
typedef bool (*walk_shows_fn)(const struct hs_walk_scenario *s, void *arg);

/* Makes @g, which shows it, smaller as long as it does. Static: not for two threads. */
void walk_shrink(struct gen *g, walk_shows_fn shows, void *arg);

/* Prints the scenario to stderr as a text that `hmmsim walk` can run. */
void walk_tell_scenario(struct hs_hostmem *mem, const struct hs_walk_scenario *s);
/* Prints an answer to stderr. @ret: what hs_walk_run() returned for it. */
void walk_tell_answer(struct hs_hostmem *mem, const char *walker, int ret,
		      const struct hs_walk_answer *a);

#endif
