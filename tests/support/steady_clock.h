/* SPDX-License-Identifier: MIT */
/*
 * steady_clock.h - a clock that each reading advances by the same amount
 */
#ifndef HS_TESTS_STEADY_CLOCK_H
#define HS_TESTS_STEADY_CLOCK_H

#include "compare/measure.h"

#define STEADY_REAL_NS 5000.0
#define STEADY_CPU_NS 4000.0

static double steady_real, steady_cpu;

static double steady_real_ns(void)
{
	return steady_real += STEADY_REAL_NS;
}

static double steady_cpu_ns(void)
{
	return steady_cpu += STEADY_CPU_NS;
}

static const struct hs_clock steady_clock = { steady_real_ns, steady_cpu_ns };

#endif
