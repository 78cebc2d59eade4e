/* SPDX-License-Identifier: MIT */
/*
 * claims_html.h - all claims as one page of HTML, which needs no other file and no script
 *
 * invented. A table of the claims has links to their sections, which the first function prints with
 * the help of the others. What is unfolded at first is what a story (told.h) has.
 */
#ifndef HS_CLAIMS_CLAIMS_HTML_H
#define HS_CLAIMS_CLAIMS_HTML_H

#include "claims/told.h"
#include "text/html.h"

/*
 * A whole document. @summary: the cells of summary.h, a table that stands first; or NULL. Returns
 * as hs_claim_story_print().
 */
int hs_claims_html_print(struct hs_hostmem *mem, const struct hs_claim_told *told, size_t count,
			 const struct hs_out *summary, struct hs_out *out);

/* ---- parts, for its two files ------------------------------------------------------------- */

/* One claim of the page. */
struct hs_claim_page {
	const struct hs_claim_told *told;
	const struct hs_claim_found *found;
	const struct hs_claim *claim;
	struct hs_hostmem *mem;
	struct hs_out *out;
	int ret; /* -ENOMEM: memory ran out */
};

/* A table that scrolls in a box of its own; @class may be NULL. @name is read aloud. */
void hs_claims_html_table(struct hs_out *out, const char *class, const char *name);
void hs_claims_html_table_end(struct hs_out *out);
/* What is collected in @line, as escaped text; frees it. */
void hs_claims_html_line(struct hs_claim_page *page, struct hs_out *line);

/* What was run: steps of races as columns, lines of walk scenarios. */
void hs_claims_html_runs(struct hs_claim_page *page);
/* Executions that violate something, as columns, with their tokens. */
void hs_claims_html_examples(struct hs_claim_page *page);

#endif
