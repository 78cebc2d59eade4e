/* SPDX-License-Identifier: MIT */
/*
 * claim_told.h - claims with what was found filled in by hand, for their printers
 *
 * Three claims are written down as texts: one over interleavings that holds nowhere, one of counts
 * and walks with all that may take from a verdict, and one that no run settles. Their words have
 * what is special in HTML.
 */
#ifndef HS_TESTS_CLAIM_TOLD_H
#define HS_TESTS_CLAIM_TOLD_H

#include "claims/told.h"

#define TOLD_CLAIMS 3

struct told_kit {
	struct hs_hostmem mem;
	struct hs_claim claim[TOLD_CLAIMS];
	struct hs_claim_text text[TOLD_CLAIMS];
	struct hs_claim_found found[TOLD_CLAIMS];
	struct hs_claim_told told[TOLD_CLAIMS];
	struct hs_claim_expected expected;
};

void told_kit_begin(struct told_kit *kit);
/* Asserts that nothing is left. */
void told_kit_end(struct told_kit *kit);
/* A counterexample of tasks W and R more, without moments; and a moment of a task, 0: the check. */
struct hs_claim_counterexample *told_kit_violate(struct told_kit *kit, struct hs_claim_cell *cell,
						 enum hs_claim_field property, const char *token);
void told_kit_moment(struct told_kit *kit, struct hs_claim_counterexample *c, unsigned int task,
		     const char *words);
/* Violates the same by the same steps. */
void told_kit_repeat(struct told_kit *kit, struct hs_claim_cell *cell,
		     const struct hs_claim_counterexample *other, const char *token);
/* Asserts that @out has the bytes of the file in tests/data/claims. */
void told_kit_golden(const struct hs_out *out, const char *file);
/* Lets each allocation of the printer fail once: it says so, and nothing is left. */
void told_kit_fail_each(struct told_kit *kit,
			int (*print)(struct told_kit *kit, struct hs_out *out));

#endif
