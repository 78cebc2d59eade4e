/* SPDX-License-Identifier: MIT */
/*
 * exact.h - whether a search must end at exact numbers
 *
 * In a file of its own: a test on other code than the model's, which has other steps, brings its
 * own answer, and then only verdicts, and what the test itself looks at, are expected.
 */
#ifndef HS_TESTS_EXACT_H
#define HS_TESTS_EXACT_H

#include <stdbool.h>

bool test_counts_are_exact(void);

#endif
