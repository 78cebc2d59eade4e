/* SPDX-License-Identifier: MIT */
/*
 * place_text.c - parses PATTERN=KIND:SHARE[:PGMAPS][,runs=N][,owner=K]
 *
 * PATTERN may be a name that contains =, : and commas. Therefore KIND begins after the last = that
 * is followed by a kind and a colon.
 */
#include "text/place.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define SHARE_MAX 1000000 /* of both numbers of a fraction, so that products fit 64 bits */

static const enum hs_pgmap_type place_types[] = {
	HS_PGMAP_FS_DAX,
	HS_PGMAP_PRIVATE,
	HS_PGMAP_COHERENT,
	HS_PGMAP_P2PDMA,
};

static int place_text_refuse(char error[HS_PLACE_ERROR], const char *what,
			     const struct hs_word *found)
{
	snprintf(error, HS_PLACE_ERROR, "expected %s, found '%.*s'", what,
		 (int)(found->length > 100 ? 100 : found->length), found->at);
	return -EINVAL;
}

/* Cuts the part before the first of @marks off *rest. *rest then begins with the mark. */
static struct hs_word place_text_part(const char **rest, const char *marks)
{
	struct hs_word word = { *rest, strcspn(*rest, marks) };

	*rest += word.length;
	return word;
}

static bool place_text_find_type(const char *kind, enum hs_pgmap_type *type)
{
	for (unsigned int i = 0; i < sizeof(place_types) / sizeof(place_types[0]); i++) {
		const char *name = hs_pgmap_type_names[place_types[i]];
		size_t length = strlen(name);

		if (strncmp(kind, name, length) || kind[length] != ':')
			continue;
		*type = place_types[i];
		return true;
	}
	return false;
}

static bool place_text_take_range(const struct hs_word *pattern, struct hs_place *place)
{
	const char *dash = memchr(pattern->at, '-', pattern->length);
	struct hs_word from, to;

	if (!dash || strncmp(pattern->at, "0x", 2) || strncmp(dash + 1, "0x", 2))
		return false;
	from = (struct hs_word){ pattern->at, (size_t)(dash - pattern->at) };
	to = (struct hs_word){ dash + 1, pattern->length - from.length - 1 };
	return hs_word_number(&from, &place->start) && hs_word_number(&to, &place->end);
}

static int place_text_take_pattern(const struct hs_word *pattern, struct hs_place *place,
				   char error[HS_PLACE_ERROR])
{
	static const char *const words[] = {
		[HS_PLACE_ALL] = "all",
		[HS_PLACE_ANON] = "anon",
		[HS_PLACE_FILE] = "file",
	};
	int word = hs_word_among(pattern, words, 3);

	if (!pattern->length || pattern->length >= sizeof(place->name))
		return place_text_refuse(error, "a pattern of 1 to 255 bytes before =", pattern);
	if (word >= 0) {
		place->pattern = (enum hs_place_pattern)word;
		return 0;
	}
	if (!place_text_take_range(pattern, place)) {
		place->pattern = HS_PLACE_NAME;
		memcpy(place->name, pattern->at, pattern->length);
		return 0;
	}
	place->pattern = HS_PLACE_RANGE;
	if (place->start >= place->end || (place->start | place->end) % HS_PAGE_BYTES)
		return place_text_refuse(error, "0xA-0xB with A below B, both multiples of 0x1000",
					 pattern);
	return 0;
}

static int place_text_take_share(struct hs_word share, struct hs_place *place,
				 char error[HS_PLACE_ERROR])
{
	const char *slash = memchr(share.at, '/', share.length);
	struct hs_word of = { "100", 3 }, whole = share;

	if (slash) {
		share.length = (size_t)(slash - share.at);
		of = (struct hs_word){ slash + 1, whole.length - share.length - 1 };
	} else if (share.length && share.at[share.length - 1] == '%') {
		share.length--;
	}
	if (!hs_word_number(&share, &place->share) || !hs_word_number(&of, &place->of) ||
	    !place->of || place->of > SHARE_MAX || place->share > place->of)
		return place_text_refuse(
			error,
			"a share from 0 to 100, with or without %, or a fraction such as 1/3",
			&whole);
	return 0;
}

static int place_text_take_number(struct hs_word word, uint64_t low, uint64_t high,
				  const char *what, uint64_t *value, char error[HS_PLACE_ERROR])
{
	if (!hs_word_number(&word, value) || *value < low || *value > high)
		return place_text_refuse(error, what, &word);
	return 0;
}

/* Parses ,runs=N or ,owner=K at *rest. */
static int place_text_take_key(const char **rest, struct hs_place *place,
			       char error[HS_PLACE_ERROR])
{
	struct hs_word key, value;

	*rest += 1;
	key = place_text_part(rest, "=,");
	*rest += **rest == '=';
	value = place_text_part(rest, ",");
	if (hs_word_is(&key, "runs"))
		return place_text_take_number(value, 1, HS_PFN_END, "runs=N, a number from 1",
					      &place->run, error);
	if (hs_word_is(&key, "owner"))
		return place_text_take_number(value, 0, UINT64_MAX, "owner=K, a number",
					      &place->owner, error);
	return place_text_refuse(error, "runs=N or owner=K", &key);
}

static int place_text_take_rest(const char *rest, struct hs_place *place,
				char error[HS_PLACE_ERROR])
{
	int ret = place_text_take_share(place_text_part(&rest, ":,"), place, error);

	if (!ret && *rest == ':') {
		rest++;
		ret = place_text_take_number(place_text_part(&rest, ","), 1, HS_PLACE_PGMAPS_MAX,
					     "a number of pgmaps from 1 to 1024", &place->pgmaps,
					     error);
	}
	while (!ret && *rest)
		ret = place_text_take_key(&rest, place, error);
	return ret;
}

int hs_place_parse(const char *text, struct hs_place *place, char error[HS_PLACE_ERROR])
{
	struct hs_word whole = { text, strlen(text) }, pattern;
	const char *equals = NULL;
	int ret;

	*place = (struct hs_place){ .pgmaps = 1, .run = 1 };
	for (const char *at = text; *at; at++)
		if (*at == '=' && place_text_find_type(at + 1, &place->type))
			equals = at;
	if (!equals)
		return place_text_refuse(
			error, "PATTERN=KIND:SHARE with KIND fsdax, private, coherent or p2pdma",
			&whole);
	pattern = (struct hs_word){ text, (size_t)(equals - text) };
	place->owner = place->type == HS_PGMAP_PRIVATE;
	ret = place_text_take_pattern(&pattern, place, error);
	return ret ? ret : place_text_take_rest(strchr(equals, ':') + 1, place, error);
}
