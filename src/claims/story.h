/* SPDX-License-Identifier: MIT */
/*
 * story.h - lines, paragraphs and columns of a story, for its two files
 *
 * Lines have at most HS_STORY_WIDTH columns, but for words without a blank.
 */
#ifndef HS_CLAIMS_STORY_H
#define HS_CLAIMS_STORY_H

#include "claims/told.h"

#define HS_STORY_WIDTH 100
#define HS_STORY_INDENT 4

struct hs_story {
	const struct hs_claim_told *told;
	const struct hs_claim_found *found;
	const struct hs_claim *claim;
	struct hs_hostmem *mem;
	struct hs_out *out;
	int ret; /* what went wrong, or 0 */
};

void hs_story_blanks(struct hs_story *s, size_t n);
/* Prints the words behind @at columns that are printed already; what does not fit is indented. */
void hs_story_wrap_at(struct hs_story *s, size_t at, size_t indent, struct hs_word words);
void hs_story_wrap(struct hs_story *s, const char *text);
/* Prints what was collected in @line as one paragraph, and frees it. */
void hs_story_paragraph(struct hs_story *s, struct hs_out *line);
/* Prints the table, with what does not fit a column on further lines. */
void hs_story_table(struct hs_story *s, const struct hs_told_table *table);

#endif
