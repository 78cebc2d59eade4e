/* SPDX-License-Identifier: MIT */
/*
 * clock.h - the clocks of this machine, for hmmsim compare and the bench programs
 */
#ifndef HS_TOOL_CLOCK_H
#define HS_TOOL_CLOCK_H

#include "compare/measure.h"

extern const struct hs_clock hs_tool_clock;

#endif
