/* SPDX-License-Identifier: MIT */
/*
 * run_claim.h - runs the rows of a claim, and says what was found
 *
 * invented. What was found follows from the text of the claim alone, and is the same on each run.
 */
#ifndef HS_CLAIMS_RUN_CLAIM_H
#define HS_CLAIMS_RUN_CLAIM_H

#include "claims/claim.h"

#define HS_CLAIM_ERROR 1024

/* Which execution shows that a property is violated. */
enum hs_claim_shown {
	HS_CLAIM_SIMPLEST, /* hs_explore_options.shrink as it is */
	HS_CLAIM_FIRST,	   /* the first that was found, which is sooner */
};

/* What the files that run rows share. */
struct hs_claim_runner {
	struct hs_hostmem *mem;
	const struct hs_claim_text *text;
	const struct hs_claim *claim;
	enum hs_claim_shown shown;
	struct hs_claim_found *found;
	char *error; /* HS_CLAIM_ERROR bytes */
};

/*
 * Runs all rows and controls of @claim, which is in @text. Both outlive *found. Returns 0, or with
 * a sentence in @error
 * - -EINVAL: the text is wrong, or does not have what a row names
 * - -EIO: the simulator failed: its code crashed, hung, or was repeated and did something else
 * - -ENOMEM
 * The caller frees *found in each case.
 */
int hs_claim_run(struct hs_hostmem *mem, const struct hs_claim_text *text,
		 const struct hs_claim *claim, enum hs_claim_shown shown,
		 struct hs_claim_found *found, char error[HS_CLAIM_ERROR]);

/* run_race.c: the values of the axis that @setting names, *count of them. 0 or an error. */
int hs_claim_race_axis(const struct hs_claim_runner *r, const struct hs_claim_row *row,
		       const struct hs_claim_setting *setting, char *value[HS_RACE_VALUES],
		       unsigned int *count);
/* Explores a race with these settings, and each property of it if something is violated. */
int hs_claim_run_race(const struct hs_claim_runner *r, struct hs_claim_cell *cell,
		      const struct hs_race_setting *settings, size_t count);
/* run_walk.c */
int hs_claim_run_walk(const struct hs_claim_runner *r, struct hs_claim_cell *cell,
		      const struct hs_race_setting *settings, size_t count);
/* judge.c: lines claimed, controls, the verdict, of all cells. */
int hs_claim_judge(const struct hs_claim_runner *r);

/*
 * Each puts "FILE:LINE: KEYWORD: SENTENCE" into r->error. The first two are about the text, and
 * return -EINVAL; the third is about the simulator, and returns -EIO. Those of a row begin with its
 * line, and "row" or "control".
 */
int hs_claim_fail(const struct hs_claim_runner *r, unsigned long line, const char *keyword,
		  const char *format, ...) __attribute__((__format__(__printf__, 4, 5)));
int hs_claim_fail_row(const struct hs_claim_runner *r, const struct hs_claim_row *row,
		      const char *format, ...) __attribute__((__format__(__printf__, 3, 4)));
int hs_claim_fail_run(const struct hs_claim_runner *r, const struct hs_claim_row *row,
		      const char *format, ...) __attribute__((__format__(__printf__, 3, 4)));
/* NULL: no memory. */
char *hs_claim_copy(struct hs_hostmem *mem, const char *text);

#endif
