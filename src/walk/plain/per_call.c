/* SPDX-License-Identifier: MIT */
/*
 * per_call.c - both walkers with the strategy per-call
 */
#include "walk/walk.h"

#include "walk/strategy/per_call.h"

#define WALKER hs_walker_per_call
#include "walk/instance.h"
