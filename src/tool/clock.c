/* SPDX-License-Identifier: MIT */
#include "tool/clock.h"

#include <time.h>

static double clock_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static double real_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

static double cpu_ns(void)
{
	return clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

const struct hs_clock hs_tool_clock = { real_ns, cpu_ns };
