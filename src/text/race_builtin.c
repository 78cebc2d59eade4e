/* SPDX-License-Identifier: MIT */
/*
 * race_builtin.c - built-in races: the texts of src/text/scenarios
 */
#include "text/race_builtin.h"

#include <stdbool.h>
#include <string.h>

#include "text/text.h"

#include "race_texts.h" /* made by src/cmake/scenarios.cmake */

#define TEXTS (sizeof(race_texts) / sizeof(race_texts[0]))

const struct hs_race_builtin *hs_race_builtin(size_t i)
{
	return i < TEXTS ? &race_texts[i] : NULL;
}

/* A line of it is `race NAME`, with blanks around the words. */
static bool race_builtin_has(const struct hs_race_builtin *text, const char *name)
{
	struct hs_word rest = { text->bytes, text->length }, word;
	const char *end = text->bytes + text->length, *stop;

	for (const char *at = text->bytes; at < end; at = stop + 1) {
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
		if (race_builtin_has(&race_texts[i], name))
			return &race_texts[i];
	return NULL;
}
