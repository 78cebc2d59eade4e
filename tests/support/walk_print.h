/* SPDX-License-Identifier: MIT */
/*
 * walk_print.h - prints a walk scenario as the text that hs_walk_parse() reads
 *
 * Only tests print scenarios: those that a parser must read back, and generated ones that failed.
 */
#ifndef HS_TEST_SUPPORT_WALK_PRINT_H
#define HS_TEST_SUPPORT_WALK_PRINT_H

#include "text/walk_text.h"

/* parse(print(s)) equals s but for line numbers. Defaults are left out. */
void hs_walk_print(const struct hs_walk_scenario *s, struct hs_out *out);

#endif
