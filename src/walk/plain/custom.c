/* SPDX-License-Identifier: MIT */
#include "walk/walk.h"

#include "walk/strategy/custom.h"

#define WALKER hs_walker_custom
#include "walk/instance.h"
