/* SPDX-License-Identifier: MIT */
/*
 * regress.h - a bug of a kernel or of a driver, as an experiment with a switch
 *
 * A file bug_NN_*.c tells in its first comment what happened, and has a program: a race as text
 * (src/text/README.md), or a scenario in C (<hmmsim/explore.h>). Each of its runs is explored. With
 * the switch on the bug must be found, by the verdict that is named, and come again when its token
 * is replayed; without it the search must come to its end and find nothing. README.md says how to
 * add one.
 */
#ifndef HS_TESTS_REGRESS_H
#define HS_TESTS_REGRESS_H

#include <hmmsim/explore.h>
#include <hmmsim/scenario.h>

#include "port/common/breaks.h"
#include "support/test.h"

#define REGRESS_RUNS 16

/* What one search explores, and what it must come to. */
struct regress_run {
	/* The switch: of these what the bug has; none where it is off by default. */
	const char *race;     /* of the text; NULL: the first, or the scenario */
	const char *settings; /* values of axes of the text: "order=5.2,refs=5.3" */
	enum hs_break fault;  /* of src/port/common/breaks.def: HS_BREAK_NAME */
	const void *param;    /* of the scenario in C */
	const char *words;    /* what README.md calls the param */

	/* REGRESS_CLEAN(complete) or REGRESS_FOUND(verdict, message, first) */
	enum hs_verdict verdict; /* HS_VERDICT_NONE: nothing is found, and no execution is left */
	const char *message;	 /* a part of that of the violation */
	uint64_t executions;	 /* that come to their end; or the number of the violation's */
};

/* So many executions come to their end, and nothing is found in them. */
#define REGRESS_CLEAN(complete) .executions = (complete)
/* The verdict, a part of its message, and the number of the execution that shows it. */
#define REGRESS_FOUND(name, part, first) .verdict = (name), .message = (part), .executions = (first)

struct regress {
	unsigned int number; /* of the list of bugs; 0: it is in none */
	const char *title;
	/* What is explored: at least one of them. */
	const char *text;		      /* one or more races */
	const struct hs_scenario *scenario;   /* in C */
	struct regress_run run[REGRESS_RUNS]; /* up to the first that expects no executions */
};

/*
 * What main() returns. Without arguments each run is a test; --list prints the rows of README.md,
 * --text the race, for "hmmsim explore". With HMMSIM_TEST_VERBOSE=1 what is found is printed whole.
 */
int regress_main(int argc, char **argv, const struct regress *bug);

#endif
