/* SPDX-License-Identifier: MIT */
/*
 * settled.h - claims with what was found and how that differs from what is expected, and printers
 *
 * invented. The same bytes on every run: no time is in them, and no address.
 */
#ifndef HS_CLAIMS_SETTLED_H
#define HS_CLAIMS_SETTLED_H

#include "claims/expected.h"

struct hs_claim_settled {
	const struct hs_claim_text *text;
	struct hs_claim claim; /* found.claim points here: it stays where it is */
	struct hs_claim_found found;
	const struct hs_claim_expected *expected;
	struct hs_claim_difference *difference;
	size_t differences;
};

/* hs_told_extent(), or "a bound was met". */
const char *hs_claim_extent(const struct hs_claim_settled *settled);

/*
 * A line a claim, then what is wrong, a line each: differences, controls that change nothing,
 * searches that never came to what they are about, or met a bound.
 */
void hs_claims_table_print(struct hs_hostmem *mem, const struct hs_claim_settled *const *settled,
			   size_t count, struct hs_out *out);
void hs_claims_json_print(const struct hs_claim_settled *const *settled, size_t count,
			  struct hs_out *out);

#endif
