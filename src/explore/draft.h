/* SPDX-License-Identifier: MIT */
/*
 * draft.h - text that grows while it is written
 */
#ifndef HS_EXPLORE_DRAFT_H
#define HS_EXPLORE_DRAFT_H

#include <stdbool.h>
#include <stdint.h>

#include "port/port.h"

struct hs_draft {
	char *text; /* the owner frees it */
	uint32_t used, room;
	bool failed; /* no memory: what came after that is missing */
};

void hs_draft_add(struct hs_draft *draft, const char *format, ...) HS_PRINTF(2, 3);
/*
 * Adds @line as a paragraph of at most HS_DRAFT_WIDTH columns, as far as its words allow: what does
 * not fit goes on in lines that are indented by four. Ends @line.
 */
#define HS_DRAFT_WIDTH 100
void hs_draft_wrap(struct hs_draft *draft, struct hs_draft *line);
/* The text, which is the caller's now. NULL: no memory. */
char *hs_draft_end(struct hs_draft *draft);

#endif
