/* SPDX-License-Identifier: MIT */
/*
 * claim_builtin.c - built-in claims: the texts of this folder
 */
#include "claims/claim.h"

#include "claim_texts.h" /* made by src/cmake/scenarios.cmake */

#define TEXTS (sizeof(claim_texts) / sizeof(claim_texts[0]))

const struct hs_claim_text *hs_claim_builtin(size_t i)
{
	return i < TEXTS ? &claim_texts[i] : NULL;
}
