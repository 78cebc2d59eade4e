/* SPDX-License-Identifier: MIT */
/*
 * per_page.c - both walkers with the strategy per-page
 */
#include "walk/walk.h"

#include "walk/strategy/per_page.h"

#define WALKER hs_walker_per_page
#include "walk/instance.h"
