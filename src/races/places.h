/* SPDX-License-Identifier: MIT */
/*
 * places.h - the place of a call of instrumented code
 */
#ifndef HS_RACES_PLACES_H
#define HS_RACES_PLACES_H

/* The place of the call that returns to @pc. NULL: not known. */
const char *hs_places_find(const void *pc);

/* The place of the call of the function that this is in. */
#define HS_RACES_CALLER hs_places_find(__builtin_return_address(0))

#endif
