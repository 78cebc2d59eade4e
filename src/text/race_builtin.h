/* SPDX-License-Identifier: MIT */
/*
 * race_builtin.h - built-in races: the texts of src/text/scenarios
 *
 * invented. The build makes an array of them (src/cmake/scenarios.cmake).
 */
#ifndef HS_TEXT_RACE_BUILTIN_H
#define HS_TEXT_RACE_BUILTIN_H

#include <stdbool.h>
#include <stddef.h>

/* A text, with one or more races. */
struct hs_race_builtin {
	const char *file; /* its name, without folders */
	const char *bytes;
	size_t length;
};

/* The texts, by their names. NULL: @i is beyond the last. */
const struct hs_race_builtin *hs_race_builtin(size_t i);
/* The text that has the race @name, or NULL. */
const struct hs_race_builtin *hs_race_builtin_find(const char *name);
/* Whether a text of @length bytes has the race @name: a line `race NAME`. */
bool hs_race_text_has(const char *bytes, size_t length, const char *name);

#endif
