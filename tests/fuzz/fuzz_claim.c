/* SPDX-License-Identifier: MIT */
/*
 * fuzz_claim.c - no text crashes the parsers of claims and of what is expected of them; an error
 * says where it is
 */
#include "claims/expected.h"
#include "fuzz/fuzz.h"

/* A claim that was read has what every claim has. */
static void check_claim(const struct hs_claim *claim)
{
	fuzz_must(claim->number && claim->author && claim->date && claim->says,
		  "a part is missing");
	for (unsigned int i = 0; i < claim->rows; i++)
		fuzz_must(!hs_claim_is_control(&claim->row[i]) == !claim->row[i].change,
			  "a control without a change");
	for (unsigned int i = 0; i < claim->statements; i++)
		fuzz_must(hs_claim_has_field(&claim->row[claim->statement[i].row],
					     claim->statement[i].field),
			  "a field that its row does not have");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct hs_claim_text as_expected = { FUZZ_NAME, (const char *)data, size };
	struct hs_hostmem mem = { .attempts = 0 };
	struct hs_claim_expected expected;
	struct hs_claim claim;
	struct hs_text text;
	char error[1024] = "";
	int ret;

	hs_text_init(&text, &mem, FUZZ_NAME, (const char *)data, size);
	while ((ret = hs_claim_parse(&text, &claim)) == 1) {
		check_claim(&claim);
		hs_claim_free(&mem, &claim);
	}
	fuzz_must_say_where(ret < 0, text.error);
	ret = hs_claim_expected_parse(&mem, &as_expected, &expected, error, sizeof(error));
	fuzz_must_say_where(ret < 0, error);
	hs_claim_expected_free(&mem, &expected);
	fuzz_must(!mem.live, "host memory is left");
	return 0;
}
