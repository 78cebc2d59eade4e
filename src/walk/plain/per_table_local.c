/* SPDX-License-Identifier: MIT */
#include "walk/walk.h"

#include "walk/strategy/per_table_local.h"

#define WALKER hs_walker_per_table_local
#include "walk/instance.h"
