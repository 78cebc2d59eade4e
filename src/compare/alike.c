/* SPDX-License-Identifier: MIT */
/*
 * alike.c - rows of a table in which neighbouring strategies whose cells are equal share a line
 */
#include "compare/alike.h"

#include <stdio.h>
#include <string.h>

#include "text/grid.h"

void hs_alike_begin(struct hs_alike *a, struct hs_out *table)
{
	*a = (struct hs_alike){ .table = table, .row = { .mem = table->mem } };
}

static void alike_write(struct hs_alike *a)
{
	const char *between = a->count > 2 ? ".." : ",";
	char names[64];

	if (!a->count)
		return;
	snprintf(names, sizeof(names), "%s%s%s", hs_strategy_name(a->from), between,
		 hs_strategy_name(a->to));
	if (a->count == 1)
		snprintf(names, sizeof(names), "%s", hs_strategy_name(a->from));
	if (a->head)
		hs_cell_text(a->table, a->head);
	hs_cell_text(a->table, hs_era_name(a->era));
	hs_cell_text(a->table, names);
	hs_out_bytes(a->table, a->row.bytes, a->row.used);
	a->table->failed |= a->row.failed;
	hs_out_reset(&a->row);
	a->count = 0;
}

static bool alike_is_same(const struct hs_alike *a, const char *head, enum hs_era era,
			  const struct hs_out *row)
{
	return a->count && a->head == head && a->era == era && a->row.used == row->used &&
	       !row->failed && !memcmp(a->row.bytes, row->bytes, row->used);
}

void hs_alike_add(struct hs_alike *a, const char *head, enum hs_era era, enum hs_strategy strategy,
		  const struct hs_out *row)
{
	a->table->failed |= row->failed;
	if (!alike_is_same(a, head, era, row)) {
		alike_write(a);
		a->head = head;
		a->era = era;
		a->from = strategy;
		hs_out_bytes(&a->row, row->bytes, row->used);
	}
	a->to = strategy;
	a->count++;
}

void hs_alike_end(struct hs_alike *a)
{
	alike_write(a);
	hs_out_free(&a->row);
}
