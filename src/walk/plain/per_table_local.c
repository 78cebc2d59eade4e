/* SPDX-License-Identifier: MIT */
/*
 * per_table_local.c - both walkers with the strategy per-table-local
 */
#include "walk/walk.h"

#include "walk/strategy/per_table_local.h"

#define WALKER hs_walker_per_table_local
#include "walk/instance.h"
