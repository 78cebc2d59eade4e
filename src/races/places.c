/* SPDX-License-Identifier: MIT */
/*
 * places.c - where in the source a call of instrumented code is
 */
#include <hmmsim/races_places.h>

#include "races/places.h"

static struct hs_races_places *places_all;

void hs_races_places_add(struct hs_races_places *places)
{
	places->next = places_all;
	places_all = places;
}

static const char *places_find(const struct hs_races_places *p, size_t offset)
{
	size_t low = 0, high = p->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (p->place[middle].offset < offset)
			low = middle + 1;
		else
			high = middle;
	}
	return low < p->count && p->place[low].offset == offset ? p->place[low].text : NULL;
}

const char *hs_places_find(const void *pc)
{
	for (const struct hs_races_places *p = places_all; p; p = p->next) {
		const char *text = places_find(p, (size_t)((const char *)pc - p->code));

		if (text)
			return text;
	}
	return NULL;
}
