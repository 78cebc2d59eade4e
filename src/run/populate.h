/* SPDX-License-Identifier: MIT */
/*
 * populate.h - builds the address space of a layout on a machine
 *
 * invented. Ordinary pages exist as pfns only, device memory is registered alone (hs_pgmap_add()),
 * and a device-private page has a struct page. Entries are stored by hand: they are not COUNTED.
 *
 * In the layout of a walk scenario a device-private page belongs to the owner in its map line. Each
 * such owner gets a pgmap of one page above the pfns that a text can name. Where two lines name the
 * same pfn, the page has the owner of the later line.
 */
#ifndef HS_RUN_POPULATE_H
#define HS_RUN_POPULATE_H

#include "text/layout.h"

/* An owner of device-private pages whom only map lines name. */
struct hs_populate_owner {
	uint64_t value;
	struct hs_pgmap *pgmap;
};

struct hs_populated;

/* What the caller builds in its own way; the rest is built as above. */
struct hs_populate_ops {
	/* Whether pgmap @i of the layout is the caller's: it exists (*out), and stays. */
	bool (*owns)(const void *arg, size_t i, struct hs_pgmap **out);
	/* Makes one entry. 0; 1: the entry is not the caller's; or an error. */
	int (*entry)(void *arg, struct hs_populated *p, const struct hs_space_map *map,
		     uint64_t addr, uint64_t pfn);
};

struct hs_populated {
	const struct hs_layout *layout;
	struct hs_hostmem *mem;
	struct hs_task *self;
	struct hs_mm *mm;
	struct hs_pgmap **pgmaps; /* those of the layout, in its order */
	size_t pgmap_count;
	size_t given; /* index of the pgmap that the caller owns; SIZE_MAX: none */
	const struct hs_populate_ops *ops; /* NULL: all is built here */
	void *ops_arg;
	struct hs_populate_owner *owners;
	size_t owner_count;
};

/* The pointer that stands for an owner of the text. It is compared, never followed. 0 is NULL. */
static inline const void *hs_populate_owner(uint64_t value)
{
	return (const void *)(uintptr_t)value;
}

/*
 * Builds the layout, which must outlive the result. Returns 0 or -ENOMEM; in both cases the caller
 * calls hs_populate_end().
 */
int hs_populate(struct hs_task *self, struct hs_hostmem *mem, const struct hs_layout *layout,
		struct hs_populated *out);
/* The same, but pgmap @given of the layout is @pgmap, which exists and stays the caller's. */
int hs_populate_around(struct hs_task *self, struct hs_hostmem *mem, const struct hs_layout *layout,
		       size_t given, struct hs_pgmap *pgmap, struct hs_populated *out);
/* The same, with what @ops builds. */
int hs_populate_with(struct hs_task *self, struct hs_hostmem *mem, const struct hs_layout *layout,
		     const struct hs_populate_ops *ops, void *arg, struct hs_populated *out);
/*
 * Puts the references that walks left, and returns how many. A dead pgmap was killed before the
 * walks, which therefore hold no reference to it.
 */
uint64_t hs_populate_put_left(struct hs_populated *p);
/* Frees the address space and the pgmaps. No walk is in flight. */
void hs_populate_end(struct hs_populated *p);

#endif
