/* SPDX-License-Identifier: MIT */
/*
 * scale.h - how much of a long test is run: HMMSIM_TEST_SCALE percent of it, all without that; and
 * with HMMSIM_TEST_SAMPLE some rows of what takes longest, each of them whole
 */
#ifndef HS_TESTS_SCALE_H
#define HS_TESTS_SCALE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

static inline unsigned long test_percent(void)
{
	const char *text = getenv("HMMSIM_TEST_SCALE");
	unsigned long percent = text ? strtoul(text, NULL, 10) : 0;

	return percent ? percent : 100;
}

/* Sanitizer and Debug builds do not look at everything. */
static inline bool test_is_short(void)
{
	return test_percent() < 100;
}

/* At least 1. */
static inline uint32_t test_scaled(uint32_t n)
{
	unsigned long long scaled = (unsigned long long)n * test_percent() / 100;

	return scaled ? (uint32_t)scaled : 1;
}

/* Another configuration does all of it. */
static inline bool test_is_sample(void)
{
	return getenv("HMMSIM_TEST_SAMPLE") != NULL;
}

#endif
