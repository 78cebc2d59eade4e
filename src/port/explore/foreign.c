/* SPDX-License-Identifier: MIT */
/*
 * foreign.c (explore) - code that was written for no explorer, and its writable data
 */
#include "port/explore/foreign.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <hmmsim/races.h>

#include "port/explore/sched.h"

/* Kept while the process lives. */
static struct {
	bool there;
	uint32_t pieces;
	struct hs_part part[HS_FOREIGN_PIECES];
	char *first[HS_FOREIGN_PIECES]; /* what each held when it was declared */
} foreign;

bool hs_foreign_is_there(void)
{
	return foreign.there;
}

int hs_races_foreign(void *data, size_t size)
{
	char *first;

	if (data && size) {
		if (foreign.pieces == HS_FOREIGN_PIECES)
			return -ENOSPC;
		first = malloc(size);
		if (!first)
			return -ENOMEM;
		memcpy(first, data, size);
		foreign.first[foreign.pieces] = first;
		foreign.part[foreign.pieces++] = (struct hs_part){ data, size };
	}
	foreign.there = true;
	hs_races_report();
	return 0;
}

uint32_t hs_foreign_begin(struct hs_part *part)
{
	for (uint32_t i = 0; i < foreign.pieces; i++) {
		part[i] = foreign.part[i];
		memcpy(part[i].start, foreign.first[i], part[i].size);
	}
	return foreign.pieces;
}
