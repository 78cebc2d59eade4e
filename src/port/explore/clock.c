/* SPDX-License-Identifier: MIT */
/*
 * clock.c (explore) - the time of the host, for limits and reports; the machine has ticks
 */
#define _GNU_SOURCE /* CLOCK_MONOTONIC_COARSE */
#include <time.h>

#include "port/explore/sched.h"

/* The coarse clock: it is read after each execution, and an execution may take 200 ns. */
uint64_t hs_host_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}
