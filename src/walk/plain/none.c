/* SPDX-License-Identifier: MIT */
#include "walk/walk.h"

#include "walk/strategy/none.h"

#define WALKER hs_walker_none
#include "walk/instance.h"
