/* SPDX-License-Identifier: MIT */
/*
 * race_refusal.h - races that are refused, and a good race around the line that is wrong
 */
#ifndef HS_TESTS_RACE_REFUSAL_H
#define HS_TESTS_RACE_REFUSAL_H

#include "support/race_text.h"
#include "support/test.h"

#define RACE_HEAD "hmmsim 1\nrace a\n"
#define RACE_OBJECTS                                                                        \
	"pgmap A 8 10\nfile F A 8 2\nmm M\nmmap M 0 0x2000 rws of=F\ndriver D M 0 0x4000\n" \
	"dmirror X M 0 0x4000\ngate G\nflag L\n"
/* A line in an otherwise good race: before the objects it is line 3, after them 11. */
#define RACE_TOP(line) RACE_HEAD line "\ntask W\nrcu-sync\n"
#define RACE_IN(line) RACE_HEAD RACE_OBJECTS line "\ntask W\nset L\n"
/* Steps: from line 12 on, of the check from line 14 on. */
#define RACE_STEP(line) RACE_HEAD RACE_OBJECTS "task W\n" line "\n"
#define RACE_SETUP(line) RACE_HEAD RACE_OBJECTS "setup\n" line "\ntask W\nset L\n"
#define RACE_CHECK(line) RACE_HEAD RACE_OBJECTS "task W\nset L\ncheck\n" line "\n"

struct race_refusal {
	const char *text, *error;
};

/* Refused with these settings and this error, and nothing is left. */
void race_must_refuse(const char *text, const struct hs_race_setting *settings, size_t count,
		      const char *expected);
/* Each of them. */
void race_must_refuse_all(const struct race_refusal *refusals, size_t count);
/* Each of them is good, and nothing is left. */
void race_must_parse_all(const char *const *texts, size_t count);

#endif
