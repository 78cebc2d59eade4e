/* SPDX-License-Identifier: MIT */
/*
 * alike.h - rows of a table in which neighbouring strategies whose cells are equal share a line
 */
#ifndef HS_COMPARE_ALIKE_H
#define HS_COMPARE_ALIKE_H

#include <hmmsim/walk.h>

#include "text/out.h"

struct hs_alike {
	struct hs_out *table; /* the cells of the whole table */
	struct hs_out row;    /* those of the strategies that share a line, without their names */
	const char *head;     /* a cell before these; NULL: none */
	enum hs_era era;
	enum hs_strategy from, to;
	unsigned int count; /* strategies; 0: no line is begun */
};

void hs_alike_begin(struct hs_alike *a, struct hs_out *table);
/* A row: @head, which lives on, walker, strategy, and @row, which ends its line. */
void hs_alike_add(struct hs_alike *a, const char *head, enum hs_era era, enum hs_strategy strategy,
		  const struct hs_out *row);
/* Writes the last line, and frees the memory. */
void hs_alike_end(struct hs_alike *a);

#endif
