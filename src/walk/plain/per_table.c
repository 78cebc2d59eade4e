/* SPDX-License-Identifier: MIT */
/*
 * per_table.c - both walkers with the strategy per-table
 */
#include "walk/walk.h"

#include "walk/strategy/per_table.h"

#define WALKER hs_walker_per_table
#include "walk/instance.h"
