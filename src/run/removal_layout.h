/* SPDX-License-Identifier: MIT */
/*
 * removal_layout.h - a layout's device memory is removed while a walk of the layout is in flight
 *
 * invented. The plays of removal.h on a layout. Removed is its first pgmap that walks look up (fsdax
 * or generic); it is made with struct pages and rounded to whole subsections. The owner invalidates
 * the whole range at once and clears the entries by hand; a page that is faulted afterwards is an
 * ordinary one.
 */
#ifndef HS_RUN_REMOVAL_LAYOUT_H
#define HS_RUN_REMOVAL_LAYOUT_H

#include "run/populate.h"
#include "run/removal.h"
#include "run/script.h"

#define HS_REMOVAL_LAYOUT_PAGES ((uint64_t)1 << 16) /* of the range, at most */

struct hs_removal_layout {
	struct hs_hostmem *mem;
	const struct hs_layout *layout;
	uint64_t default_flags; /* of the walk */
	uint64_t owner;		/* whose device-private pages it accepts */
	size_t index;		/* of the pgmap */
	/* of one play */
	struct hs_script script;
	struct hs_populated space;
};

extern const struct hs_removal_space_ops hs_removal_layout_ops;

/*
 * 0; -ENOENT: no such pgmap is mapped; -ENODEV: one that is mapped is dead; -EEXIST: another pgmap
 * is in its subsections; -ERANGE: the range has too many pages.
 */
int hs_removal_layout_init(struct hs_removal_layout *removal, struct hs_hostmem *mem,
			   const struct hs_layout *layout, uint64_t default_flags, uint64_t owner);

#endif
