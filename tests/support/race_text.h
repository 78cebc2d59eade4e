/* SPDX-License-Identifier: MIT */
/*
 * race_text.h - what tests of races share
 */
#ifndef HS_TESTS_RACE_TEXT_H
#define HS_TESTS_RACE_TEXT_H

#include "text/race.h"

/* Parses the first race of a string: as hs_race_parse(), the message into @error. */
int race_parse(struct hs_hostmem *mem, const char *string, const struct hs_race_setting *settings,
	       size_t count, struct hs_race *out, char error[1024]);
/* Must be one. */
void race_must_parse(struct hs_hostmem *mem, const char *string, struct hs_race *out);
/* With the first line, terminated; to be freed with hs_out_free(). */
void race_print(struct hs_hostmem *mem, const struct hs_race *race, struct hs_out *out);
/* It can be read again, and prints the same then. */
void race_round_trip(struct hs_hostmem *mem, const struct hs_race *race);

#endif
