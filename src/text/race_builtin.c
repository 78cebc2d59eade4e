/* SPDX-License-Identifier: MIT */
/*
 * race_builtin.c - built-in races: the texts of src/text/scenarios
 */
#include "text/race_builtin.h"

#include <string.h>

#include "text/text.h"

#include "race_texts.h" /* made by src/cmake/scenarios.cmake */

#define TEXTS (sizeof(race_texts) / sizeof(race_texts[0]))

const struct hs_race_builtin *hs_race_builtin(size_t i)
{
	return i < TEXTS ? &race_texts[i] : NULL;
}

/* There are blanks around the words. */
bool hs_race_text_has(const char *bytes, size_t length, const char *name)
{
	struct hs_word rest = { bytes, length }, word;
	const char *end = bytes + length, *stop;

	for (const char *at = bytes; at < end; at = stop + 1) {
		stop = memchr(at, '\n', (size_t)(end - at));
		stop = stop ? stop : end;
		rest = (struct hs_word){ at, (size_t)(stop - at) };
		if (hs_text_word(&rest, &word) && hs_word_is(&word, "race") &&
		    hs_text_word(&rest, &word) && hs_word_is(&word, name))
			return true;
	}
	return false;
}

const struct hs_race_builtin *hs_race_builtin_find(const char *name)
{
	for (size_t i = 0; i < TEXTS; i++)
		if (hs_race_text_has(race_texts[i].bytes, race_texts[i].length, name))
			return &race_texts[i];
	return NULL;
}
