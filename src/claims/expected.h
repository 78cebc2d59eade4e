/* SPDX-License-Identifier: MIT */
/*
 * expected.h - what documents on kernels let one expect of claims, and where what was found differs
 *
 * invented. README.md has the lines of expected.txt. Nothing that runs a claim includes this
 * header: what was found is complete before it is compared.
 */
#ifndef HS_CLAIMS_EXPECTED_H
#define HS_CLAIMS_EXPECTED_H

#include "claims/claim.h"

/* A word FIELD=VALUE of a line ID.ROW, or the line ID verdict=WORD. */
struct hs_claim_expectation {
	unsigned int claim; /* its number */
	char *row;	    /* NULL: the verdict of the claim */
	/* Of cells with these values, each in the settings of the cell; none: of all others. */
	struct hs_claim_setting setting[HS_CLAIM_SETTINGS];
	unsigned int settings;
	enum hs_claim_field field;
	struct hs_claim_value value;
	enum hs_claim_verdict verdict;
	unsigned long line;
};

struct hs_claim_expected {
	struct hs_claim_expectation *expectation; /* in the order of the text */
	size_t count;
};

/* The text expected.txt, which is built in. */
const struct hs_claim_text *hs_claim_expected_text(void);

/*
 * Parses such a text. Returns 0, -ENOMEM, or -EINVAL with "FILE:LINE: expected ..., found ..." in
 * @error. The caller frees it in each case.
 */
int hs_claim_expected_parse(struct hs_hostmem *mem, const struct hs_claim_text *text,
			    struct hs_claim_expected *out, char *error, size_t error_size);
void hs_claim_expected_free(struct hs_hostmem *mem, struct hs_claim_expected *expected);

/* What is expected of a field of a cell: the one with the most settings; NULL: nothing. */
const struct hs_claim_expectation *hs_claim_expected_field(const struct hs_claim_expected *expected,
							   const struct hs_claim *claim,
							   const struct hs_claim_cell *cell,
							   enum hs_claim_field field);
/* What verdict is expected; NULL: none. */
const struct hs_claim_expectation *
hs_claim_expected_verdict(const struct hs_claim_expected *expected, const struct hs_claim *claim);

/* Something that was found and is not as expected, or of which nothing is expected. */
struct hs_claim_difference {
	/* NULL: the verdict; or, if the expectation has a row, no cell fits it. */
	const struct hs_claim_cell *cell;
	enum hs_claim_field field;
	const struct hs_claim_expectation *expectation; /* NULL: nothing is expected */
};

/* No cell of the claim fits the expectation. */
static inline bool hs_claim_is_lost(const struct hs_claim_difference *d)
{
	return !d->cell && d->expectation && d->expectation->row;
}

/*
 * Compares all that is expected of the claim. Of each field that a line claimed names something
 * must be, and of a control at least one of those of its row. Returns how many differences there
 * are, or -ENOMEM; the caller frees *out.
 */
long hs_claim_compare(struct hs_hostmem *mem, const struct hs_claim_found *found,
		      const struct hs_claim_expected *expected, struct hs_claim_difference **out);

#endif
