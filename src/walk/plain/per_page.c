/* SPDX-License-Identifier: MIT */
#include "walk/walk.h"

#include "walk/strategy/per_page.h"

#define WALKER hs_walker_per_page
#include "walk/instance.h"
