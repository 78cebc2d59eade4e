/* SPDX-License-Identifier: MIT */
/*
 * clock.h - the clocks of the machine that programs run on; the benchmarks read them too
 */
#ifndef HS_TOOL_CLOCK_H
#define HS_TOOL_CLOCK_H

#include "compare/measure.h"

extern const struct hs_clock hs_tool_clock;

#endif
