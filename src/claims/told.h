/* SPDX-License-Identifier: MIT */
/*
 * told.h - what the printers of claims share: steps of a race in columns, cells that are alike
 *
 * invented. A claim is told from what was found, from its text, whose steps are quoted as they
 * stand there, and from what is expected.
 */
#ifndef HS_CLAIMS_TOLD_H
#define HS_CLAIMS_TOLD_H

#include "claims/expected.h"
#include "text/out.h"

struct hs_claim_told {
	const struct hs_claim_found *found;
	const struct hs_claim_text *text; /* of which the claim was parsed */
	const struct hs_claim_expected *expected;
};

/*
 * A story for a terminal. 0; or with an incomplete text in @out -ENOMEM, or -EINVAL: the text has
 * a race that cannot be parsed, so that the claim cannot have been run.
 */
int hs_claim_story_print(struct hs_hostmem *mem, const struct hs_claim_told *told,
			 struct hs_out *out);

/* ---- words ------------------------------------------------------------------------------- */

/* "no device has an entry for memory that is gone": what holds. */
const char *hs_told_property(enum hs_claim_field property);
/* "every schedule", "within 8 retries", "one schedule", "counts", "no run": how far runs went. */
const char *hs_told_extent(const struct hs_claim_found *found);
/* "Settled by every schedule (27 executions).": what a verdict rests on, and what takes from it. */
void hs_told_grounds(const struct hs_claim_found *found, struct hs_out *out);
/* "outside: S2 violated": the field that a control changes, in one of the two cells. */
void hs_told_flip_side(const struct hs_claim *claim, const struct hs_claim_flip *flip,
		       const struct hs_claim_cell *cell, struct hs_out *out);
/* "outside, strategy=none" */
void hs_told_cell_name(const struct hs_claim *claim, const struct hs_claim_cell *cell,
		       struct hs_out *out);
/* "S2 = holds; expected violated", with the name of the cell before it; or about the verdict. */
void hs_told_difference(const struct hs_claim *claim, const struct hs_claim_difference *difference,
			const struct hs_claim_found *found, struct hs_out *out);
/* How often line claimed @i holds: "in 6 of 7 cells; with strategy=none violated was found". */
void hs_told_judged(const struct hs_claim_found *found, unsigned int i, struct hs_out *out);
/* The verdict that is expected, or "nothing". */
const char *hs_told_expected(const struct hs_claim_told *told);
/* Whether it was found. Fields of cells may differ in any case. */
bool hs_told_is_expected(const struct hs_claim_told *told);

/* ---- cells that are alike ----------------------------------------------------------------- */

/*
 * Cells of one row with the same words, numbers and texts, but for how many executions there were,
 * are told as one group. Whether cell @i is the first of its group.
 */
bool hs_told_leads(const struct hs_claim_found *found, size_t i);
/* The settings of the group: "validity=flag, strategy=none, per-page"; of many "every strategy". */
void hs_told_settings(const struct hs_claim_found *found, size_t i, struct hs_out *out);
/*
 * The field of the group: of executions the sum; else what its cells have in common, "-" if that is
 * no answer.
 */
void hs_told_value(const struct hs_claim_found *found, size_t i, enum hs_claim_field field,
		   struct hs_out *out);
/* The fields that a table of the races, or of the walks, has a column for. False: it has no row. */
bool hs_told_columns(const struct hs_claim_found *found, bool walk,
		     bool column[HS_CLAIM_FIELD_COUNT]);
/*
 * How far the searches of a race's cell went: "yes" if all went as far, else of each property, with
 * the number of its executions: "S1 yes (872), S2 no (58)".
 */
void hs_told_searches(const struct hs_claim_cell *cell, struct hs_out *out);
/* Whether the property is claimed of a row, or violated in a cell. */
bool hs_told_matters(const struct hs_claim_found *found, enum hs_claim_field property);

/* ---- executions --------------------------------------------------------------------------- */

struct hs_told_example {
	const struct hs_claim_cell *cell;
	const struct hs_claim_counterexample *example; /* NULL: there is none */
};

/*
 * Of the first row that has one, or of all controls, the counterexample with the fewest moments,
 * but for those that have none; one of a property that a line claimed names comes before others.
 */
struct hs_told_example hs_told_simplest(const struct hs_claim_found *found, bool controls);
/* The one to show first: the simplest of the rows, or if there is none, of the controls. */
struct hs_told_example hs_told_shown(const struct hs_claim_found *found);

/* Whether both violate the same property of a row by the same steps. */
bool hs_told_same_example(const struct hs_told_example *a, const struct hs_told_example *b);

struct hs_told_cell {
	struct hs_word words; /* .at NULL: nothing stands there */
	unsigned int depth;   /* of loops */
};

/* One column a task. Words point into the text, the race or the counterexample. */
struct hs_told_table {
	unsigned int columns;
	size_t rows;
	struct hs_word name[HS_RACE_TASKS + 1];
	struct hs_told_cell *cell; /* row after row */
	struct hs_out words;	   /* of cells that no text has as they stand there */
};

/* The race that the row runs. 1; 0: the text has no such race; -ENOMEM, -EINVAL. */
int hs_told_race(struct hs_hostmem *mem, const struct hs_claim_told *told, uint32_t row,
		 struct hs_race *race);
/* The steps of its tasks side by side, as they read in the cell. 0 or -ENOMEM. */
int hs_told_steps(struct hs_hostmem *mem, const struct hs_claim_told *told,
		  const struct hs_claim_cell *cell, const struct hs_race *race,
		  struct hs_told_table *table);
/*
 * What happened, a row a moment. A step that goes on has behind it what it met: "touch D 0x0 goes
 * on: load of an object that is freed". 0 or -ENOMEM.
 */
int hs_told_moments(struct hs_hostmem *mem, const struct hs_claim_counterexample *example,
		    struct hs_told_table *table);
void hs_told_table_free(struct hs_hostmem *mem, struct hs_told_table *table);

/* A line of the text, from 1, without blanks around it, as= and optional=. */
struct hs_word hs_told_line(const struct hs_claim_text *text, unsigned long number);
/* Prints such a line as it reads in the cell: values of axes stand in place of $NAME. */
void hs_told_line_of(const struct hs_claim_told *told, const struct hs_claim_cell *cell,
		     const struct hs_race *race, unsigned long number, struct hs_out *out);
/* The first line of the walk scenario that the row runs, and the line behind its last; or false. */
bool hs_told_scenario(const struct hs_claim_told *told, uint32_t row, unsigned long *first,
		      unsigned long *end);

#endif
