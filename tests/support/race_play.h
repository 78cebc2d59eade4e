/* SPDX-License-Identifier: MIT */
/*
 * race_play.h - races as text, loaded as the file "r.txt", and how they end on either backend
 */
#ifndef HS_TESTS_RACE_PLAY_H
#define HS_TESTS_RACE_PLAY_H

#include <hmmsim/scenario.h>

#include "support/machine.h"

/* To be freed with hs_scenario_free(). */
struct hs_scenario_text *race_load(const char *text);

#ifdef HS_BACKEND_EXPLORE
/* Explores it with the options that it asks for. */
void race_explore(const struct hs_scenario_text *loaded, struct hs_explore_result *r);
#endif

/*
 * The explorer finds this verdict, with @message in its message; where that is none, it has run all
 * executions. Natively, where what must end so could hang, the text is loaded alone.
 */
void ends(const char *text, enum hs_verdict verdict, const char *message);
/* It ends well: natively in a run, in the explorer in all executions. */
void holds(const char *text);
/* Two times it holds, and these are the steps that were not done, a line each. */
void leaves(const char *text, const char *undone);

#endif
