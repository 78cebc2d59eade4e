/* SPDX-License-Identifier: MIT */
/*
 * rules.h - what the seam refuses, a scenario for each rule. Natively the process aborts and names
 * place, locks and task; the explorer finds the same in a schedule and can replay it.
 */
#ifndef HS_TESTS_RULES_H
#define HS_TESTS_RULES_H

#include "support/play.h"

struct rule {
	const char *name;
	void (*setup)(struct hs_task *self, struct play_state *st);
	void (*task)(struct hs_task *self, void *state);
	const char *says[3]; /* all of them */
	bool debug_only;
};

#define HERE __FILE__ ":"

/* A test for each rule. What main() returns. */
int rules_run(const char *group, const struct rule *rules, size_t count);

#endif
