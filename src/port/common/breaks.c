/* SPDX-License-Identifier: MIT */
/*
 * breaks.c - which fault of the model is switched on, in test builds only
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "port/port.h"

enum hs_break hs_break_now;

void hs_break_set(enum hs_break fault)
{
	hs_break_now = fault;
}

static const char *const breaks_names[HS_BREAK_COUNT] = {
#define HS_BREAK_DEF(name, file, what) [HS_BREAK_##name] = #name,
#include "port/common/breaks.def"
#undef HS_BREAK_DEF
};

/* Before main(), so that every test program with these faults can be told one. */
__attribute__((constructor)) static void breaks_begin(void)
{
	const char *name = getenv("HMMSIM_BREAK");

	if (!name)
		return;
	for (int i = HS_BREAK_NONE + 1; i < HS_BREAK_COUNT; i++)
		if (!strcmp(name, breaks_names[i]))
			hs_break_now = (enum hs_break)i;
	if (hs_break_now)
		return;
	fprintf(stderr, "HMMSIM_BREAK: there is no fault '%s' in src/port/common/breaks.def\n",
		name);
	exit(2);
}
