/* SPDX-License-Identifier: MIT */
/*
 * places.h - where in the source a call of instrumented code is
 *
 * invented. A compiler tells accesses and no places. The build of foreign code makes a table of the
 * calls that its objects have (cmake/foreign.cmake), from their debugging information.
 */
#ifndef HS_RACES_PLACES_H
#define HS_RACES_PLACES_H

#include <stddef.h>
#include <stdint.h>

/* A call: it returns to @offset bytes after the begin of the code. */
struct hs_place {
	uint32_t offset;
	const char *text; /* "mm/file.c:12" */
};

/* The code of the objects that were linked together, and their calls in order. */
struct hs_places {
	const char *code;
	const struct hs_place *place;
	size_t count;
	const struct hs_places *next;
};

/* The caller's own storage, which lives as long as the program. Before any of it is called. */
void hs_places_add(struct hs_places *places);
/* The place of the call that returns to @pc. NULL: not known. */
const char *hs_places_find(const void *pc);

/* The place of the call of the function that this is in. */
#define HS_RACES_CALLER hs_places_find(__builtin_return_address(0))

#endif
