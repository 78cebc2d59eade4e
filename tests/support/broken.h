/* SPDX-License-Identifier: MIT */
/*
 * broken.h - faults of the model (src/port/common/breaks.def), and the explorations that find them
 *
 * A model test is linked twice. With the ordinary library it runs its tests. With the library that
 * has the faults it goes through its table of faults: the scenario must hold without the fault and
 * to the end, and with it the execution of that number must violate it, again when its schedule is
 * replayed. If HMMSIM_BREAK names a fault, that program runs its tests, with the fault.
 */
#ifndef HS_TESTS_BROKEN_H
#define HS_TESTS_BROKEN_H

#include "port/port.h"
#include "support/exploration.h"

/* The search whose numbers the tables have. */
#define BROKEN_SEARCH HS_SEARCH_DPOR

/* By chance: so many executions miss a narrow fault. */
#define BROKEN_RANDOM 200

struct broken {
	enum hs_break fault;
	bool narrow; /* no unit test fails with it, and chance misses it */
	const struct hs_scenario *scenario;
	const void *param;
	enum hs_verdict verdict;
	const char *text; /* in the message */
	uint64_t first;	  /* the execution that violates */
};

/* What main() of a model test returns. */
#define model_main(name, tests, faults) \
	model_main_of((name), (tests), COUNT(tests), (faults), COUNT(faults))
int model_main_of(const char *name, const struct CMUnitTest *tests, size_t test_count,
		  const struct broken *faults, size_t fault_count);

#endif
