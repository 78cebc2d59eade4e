/* SPDX-License-Identifier: MIT */
/*
 * aligned.c - one walker at a given offset in its cache line
 *
 * Compiled once for each strategy and offset: STRATEGY is the header of the strategy, WALKER the
 * name of the walker. Compiler options align every function to 64 bytes and put bytes before it
 * that are never executed. Another link order does the same to the walkers of the library.
 * Functions that a walker calls do not move.
 */
#include "walk/walk.h"

#include STRATEGY

#include "walk/instance.h"
