/* SPDX-License-Identifier: MIT */
/*
 * aligned.c - one walker at a given place in its cache line
 *
 * Compiled once for each strategy and offset: STRATEGY is its header, WALKER the name. Options
 * align every function to 64 bytes and put so many bytes that are never executed before it, which
 * is what another link order does to the library's walkers. What they call does not move.
 */
#include "walk/walk.h"

#include STRATEGY

#include "walk/instance.h"
