/* SPDX-License-Identifier: MIT */
#include "walk/walk.h"

#include "walk/strategy/per_call.h"

#define WALKER hs_walker_per_call
#include "walk/instance.h"
