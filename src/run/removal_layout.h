/* SPDX-License-Identifier: MIT */
/*
 * removal_layout.h - the device memory of a layout is removed while a walk of it is in flight
 *
 * invented. Runs of removal.h on a layout. The memory removed is that of the first pgmap that walks
 * look up (fsdax or generic). It is made with struct pages, from the first subsection that an entry
 * maps to the last, because each run makes them anew and no walk sees another one. The owner
 * invalidates the whole range in one section and clears the entries by hand. A page that is faulted
 * afterwards is an ordinary one.
 */
#ifndef HS_RUN_REMOVAL_LAYOUT_H
#define HS_RUN_REMOVAL_LAYOUT_H

#include "run/populate.h"
#include "run/removal.h"
#include "run/script.h"

#define HS_REMOVAL_LAYOUT_PAGES ((uint64_t)1 << 16)  /* longest range */
#define HS_REMOVAL_LAYOUT_MEMORY ((uint64_t)1 << 18) /* most struct pages of a run */
#define HS_REMOVAL_LAYOUT_POINTS ((uint64_t)1 << 20) /* pages, and times that their faults sleep */

struct hs_removal_layout {
	struct hs_hostmem *mem;
	const struct hs_layout *layout;
	uint64_t default_flags; /* of the walk */
	uint64_t owner;		/* whose device-private pages it accepts */
	size_t index;		/* of the pgmap */
	uint64_t first, end;	/* its pfns that are made */
	/* of the present run */
	struct hs_script script;
	struct hs_populated space;
};

extern const struct hs_removal_space_ops hs_removal_layout_ops;

/*
 * 0; -ENOENT: no such pgmap is mapped; -ENODEV: one that is mapped is dead; -EEXIST: another pgmap
 * is in its subsections; -ERANGE: the range has too many pages; -E2BIG: the struct pages are too
 * many.
 */
int hs_removal_layout_init(struct hs_removal_layout *removal, struct hs_hostmem *mem,
			   const struct hs_layout *layout, uint64_t default_flags, uint64_t owner);

#endif
