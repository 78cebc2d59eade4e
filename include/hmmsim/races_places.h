/* SPDX-License-Identifier: MIT */
/**
 * @file races_places.h
 * Where in the source a call of instrumented code is.
 *
 * *invented*. Compilers tell accesses and no places. hmmsim_explore_module() of the CMake package
 * makes a table of the calls that its objects have, from their debugging information, so that no
 * source includes this itself (src/module/README.md). The functions are in hmmsim::races alone.
 */
#ifndef HMMSIM_RACES_PLACES_H
#define HMMSIM_RACES_PLACES_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** struct hs_races_place - a call */
struct hs_races_place {
	uint32_t offset;  /**< it returns to so many bytes after the begin of the code */
	const char *text; /**< "pump.c:12: pump_poll()", which lives as long as the program */
};

/** struct hs_races_places - the calls of objects that were linked together */
struct hs_races_places {
	const char *code;		    /**< its begin */
	const struct hs_races_place *place; /**< in the order of .offset */
	size_t count;			    /**< how many */
	const struct hs_races_places *next; /**< the library's */
};

/**
 * hs_races_places_add() - let reports name the places of calls
 * @param places  the caller's, which lives as long as the program
 *
 * Context: any thread, before any of that code is called.
 */
void hs_races_places_add(struct hs_races_places *places);

#ifdef __cplusplus
}
#endif

#endif
