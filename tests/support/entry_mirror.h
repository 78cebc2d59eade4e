/* SPDX-License-Identifier: MIT */
/*
 * entry_mirror.h - a copy of the page tables of an mm, made of what hs_entry_ops tells
 *
 * Each call must say what the copy has there. Afterwards the copy must be the tables.
 */
#ifndef HS_TESTS_ENTRY_MIRROR_H
#define HS_TESTS_ENTRY_MIRROR_H

#include "mm/mm.h"

struct mirrored {
	bool used;
	uint32_t level;
	uint64_t addr, entry;
};

struct entry_mirror {
	struct hs_mm *mm;
	struct mirrored *at; /* by a hash of address and level */
	uint32_t room;	     /* a power of two */
	uint32_t found;	     /* entries of the tables that the copy has, while it is compared */
	uint64_t calls;
	const char *wrong; /* the first difference; NULL: none */
};

/* Copies the tables as they are, and is told from now on. @room entries at @at. */
void entry_mirror_begin(struct entry_mirror *m, struct hs_mm *mm, struct mirrored *at,
			uint32_t room);
/* What is different, now or in a call before; NULL: nothing. No task changes the tables. */
const char *entry_mirror_differs(struct entry_mirror *m);

#endif
