/* SPDX-License-Identifier: MIT */
/*
 * ends.h - how an execution ended: who waits for whom, who holds what, what was used that is freed
 */
#ifndef HS_EXPLORE_ENDS_H
#define HS_EXPLORE_ENDS_H

#include "explore/draft.h"
#include "explore/names.h"

/* What each task waits for and holds, and the tasks that wait for each other. */
void hs_ends_print(struct hs_draft *draft, const struct hs_names *names);
/*
 * After a use after free: the object, and both accesses. The object, which needs no further words;
 * NULL: the verdict is another one, or no object is known.
 */
const struct hs_birth *hs_ends_print_freed(struct hs_draft *draft, const struct hs_names *names);
/* "(40 bytes, pfns 0x8..0x9)" after the name of an object. */
void hs_ends_print_object(struct hs_draft *draft, const struct hs_names *names,
			  const struct hs_birth *b);

#endif
