/* SPDX-License-Identifier: MIT */
/*
 * populate.h - builds the address space of a layout
 *
 * invented. Ordinary pages exist as pfns only, device memory is registered alone (hs_pgmap_add), and
 * a device-private page has a struct page. Entries are put by hand: nothing is counted for them.
 */
#ifndef HS_RUN_POPULATE_H
#define HS_RUN_POPULATE_H

#include "text/layout.h"

struct hs_populated {
	const struct hs_layout *layout;
	struct hs_hostmem *mem;
	struct hs_task *self;
	struct hs_mm *mm;
	struct hs_pgmap **pgmaps;  /* the layout's */
	size_t pgmap_count, given; /* the given one is somebody else's */
};

/* What the owner of a text is in a range: equal values, equal pointers; 0 is NULL. */
static inline const void *hs_populate_owner(uint64_t value)
{
	return (const void *)(uintptr_t)value;
}

/* 0 or -ENOMEM. To be ended in every case. The layout must live as long. */
int hs_populate(struct hs_task *self, struct hs_hostmem *mem, const struct hs_layout *layout,
		struct hs_populated *out);
/* The same, but the layout's pgmap @given is there already: @pgmap, the caller's. */
int hs_populate_around(struct hs_task *self, struct hs_hostmem *mem, const struct hs_layout *layout,
		       size_t given, struct hs_pgmap *pgmap, struct hs_populated *out);
/* References that somebody left; they are put. Those to a dead pgmap are not counted: there are none. */
uint64_t hs_populate_put_left(struct hs_populated *p);
/* Nobody uses it any more. */
void hs_populate_end(struct hs_populated *p);

#endif
