/* SPDX-License-Identifier: MIT */
/*
 * custom.c - both walkers with the strategy custom
 */
#include "walk/walk.h"

#include "walk/strategy/custom.h"

#define WALKER hs_walker_custom
#include "walk/instance.h"
