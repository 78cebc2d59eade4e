/* SPDX-License-Identifier: MIT */
#include "walk/walk.h"

#include "walk/strategy/per_table.h"

#define WALKER hs_walker_per_table
#include "walk/instance.h"
