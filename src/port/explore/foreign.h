/* SPDX-License-Identifier: MIT */
/*
 * foreign.h (explore) - code that was written for no explorer, and its writable data
 *
 * Such code is compiled with -fsanitize=thread, tells what it accesses (races.h of hmmsim), and has
 * static data. Each exploration must begin with the same data, whatever one before has left in it:
 * a lock that a violation has left taken, for instance. So a copy is kept of what it holds when it
 * is declared.
 */
#ifndef HS_PORT_EXPLORE_FOREIGN_H
#define HS_PORT_EXPLORE_FOREIGN_H

#include <stdbool.h>
#include <stdint.h>

#define HS_FOREIGN_PIECES 4

struct hs_part;

/* hs_races_foreign() was called. */
bool hs_foreign_is_there(void);
/* Puts back the first contents of all foreign data, and lists its pieces. How many there are. */
uint32_t hs_foreign_begin(struct hs_part *part);

#endif
