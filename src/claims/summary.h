/* SPDX-License-Identifier: MIT */
/*
 * summary.h - the strategies side by side: what claims have found of them, what they cost
 *
 * invented. Answers are the words of cells with that strategy in the rows that summary.c names:
 * violated if one is. The rest is counted on the walker of v6.12: what a walk does between the kill
 * and the end of the drain, at the worst moment (run/removal.h); references that are left after an
 * error; what profiles predict for a walk (cost/cost.h). No clock is read.
 */
#ifndef HS_CLAIMS_SUMMARY_H
#define HS_CLAIMS_SUMMARY_H

#include "claims/claim.h"
#include "cost/cost.h"

enum hs_summary_answer {
	HS_SUMMARY_SAFE,      /* S1 to S3, of a driver that checks the sequence under its lock */
	HS_SUMMARY_UNCHECKED, /* S1 and S2, of one that does not */
	HS_SUMMARY_LIVE,      /* of the first driver */
	HS_SUMMARY_WAITING,   /* live, where a fault waits for the removal */
	HS_SUMMARY_ANSWER_COUNT
};

struct hs_summary_row {
	struct hs_claim_value
		answer[HS_SUMMARY_ANSWER_COUNT]; /* a word, or unset: no cell has it */
	uint64_t pages, rcu_pages; /* of full tables: by its reference; inside RCU, without one */
	uint64_t faults;	   /* where each 8th page is missing */
	uint64_t leaked;	   /* by a call with an error behind a device page */
	uint64_t ps[HS_COST_BUILD_COUNT]; /* of a call */
};

struct hs_claims_summary {
	struct hs_summary_row row[HS_STRATEGY_BUILTIN_COUNT];
	uint64_t cost_pages; /* of that call */
};

/* Whether the summary has an answer from this claim. */
bool hs_claims_summary_needs(unsigned int number);
/*
 * Moves what the summary does not need of a claim, lines claimed and rows, to *rest: a claim that
 * is run for the summary alone takes less time. Both are freed.
 */
void hs_claims_summary_trim(struct hs_claim *claim, struct hs_claim *rest);
/* Takes the answers from a claim that was run. Claims come in any order, into a zeroed summary. */
void hs_claims_summary_take(struct hs_claims_summary *summary, const struct hs_claim_found *found);
/* Counts the rest. 0, or an error of the rooms run and compare: -ENOMEM. */
int hs_claims_summary_measure(struct hs_hostmem *mem, struct hs_claims_summary *summary);

/* A row a line, each cell ended by a tab; the first row is the head. */
void hs_claims_summary_cells(const struct hs_claims_summary *summary, struct hs_out *cells);
/* What the columns are, a line each; a line that begins with blanks belongs to the one before. */
extern const char hs_claims_summary_legend[];
/* The same as a table, with the legend. 0 or -ENOMEM. */
int hs_claims_summary_print(struct hs_hostmem *mem, const struct hs_claims_summary *summary,
			    struct hs_out *out);

#endif
