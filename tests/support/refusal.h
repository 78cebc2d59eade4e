/* SPDX-License-Identifier: MIT */
/*
 * refusal.h - scenarios that must fail an assertion, whatever the backend
 */
#ifndef HS_TESTS_REFUSAL_H
#define HS_TESTS_REFUSAL_H

#include <hmmsim/explore.h>

/*
 * Natively the process aborts, and @text is in what it says. The explorer finds @verdict; @text is
 * in the message of an assertion. The machine has sections of 8 pages and subsections of 2.
 */
void expect_refusal(const struct hs_scenario *scenario, const void *param, enum hs_verdict verdict,
		    const char *text);
/* Nothing is refused, natively and in all executions. */
void expect_no_refusal(const struct hs_scenario *scenario, const void *param);

#endif
