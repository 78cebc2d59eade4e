/* SPDX-License-Identifier: MIT */
/*
 * per_range.c - both walkers with the strategy per-range
 */
#include "walk/walk.h"

#include "walk/strategy/per_range.h"

#define WALKER hs_walker_per_range
#include "walk/instance.h"
