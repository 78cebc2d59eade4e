/* SPDX-License-Identifier: MIT */
/*
 * none.c - both walkers with the strategy none
 */
#include "walk/walk.h"

#include "walk/strategy/none.h"

#define WALKER hs_walker_none
#include "walk/instance.h"
