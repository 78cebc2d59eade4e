/* SPDX-License-Identifier: MIT */
/*
 * per_pass.c - both walkers with the strategy per-pass
 */
#include "walk/walk.h"

#include "walk/strategy/per_pass.h"

#define WALKER hs_walker_per_pass
#include "walk/instance.h"
