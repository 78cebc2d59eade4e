/* SPDX-License-Identifier: MIT */
/*
 * clock.c - reads the clocks of this machine
 */
#include "tool/clock.h"

#include <time.h>

static double clock_read_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static double clock_real_ns(void)
{
	return clock_read_ns(CLOCK_MONOTONIC);
}

static double clock_cpu_ns(void)
{
	return clock_read_ns(CLOCK_THREAD_CPUTIME_ID);
}

const struct hs_clock hs_tool_clock = { clock_real_ns, clock_cpu_ns };
