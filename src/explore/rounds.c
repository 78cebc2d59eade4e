/* SPDX-License-Identifier: MIT */
/*
 * rounds.c - decisions that repeat those before them, round for round
 *
 * A task that tries again for ever does the same steps hundreds of times. The first round stays,
 * and the last one if its values are others; those between are one item.
 */
#include "explore/rounds.h"

#include <stdlib.h>
#include <string.h>

#include "explore/steps.h"

#define ROUNDS_PERIOD_MAX 64
#define ROUNDS_MIN 3 /* rounds that are worth it; of single steps one more */

static bool rounds_is_same(const struct hs_sched *s, uint32_t a, uint32_t b)
{
	const struct hs_repeat_note *x = &s->repeat.note[a], *y = &s->repeat.note[b];

	return s->schedule[a] == s->schedule[b] && x->addr == y->addr && x->place == y->place &&
	       x->size == y->size && x->kind == y->kind && x->detail == y->detail &&
	       x->failed == y->failed;
}

/* How many rounds of @period decisions there are from @first on. */
static uint32_t rounds_count(const struct hs_sched *s, uint32_t first, uint32_t period)
{
	uint32_t at = first;

	while (at + period < s->decisions && rounds_is_same(s, at, at + period))
		at++;
	return (at - first) / period + 1;
}

/* The shortest round that repeats at @first. 0: none does. */
static uint32_t rounds_period(const struct hs_sched *s, uint32_t first, uint32_t *times)
{
	for (uint32_t period = 1; period <= ROUNDS_PERIOD_MAX; period++) {
		*times = rounds_count(s, first, period);
		if (*times >= ROUNDS_MIN + (period == 1))
			return period;
	}
	return 0;
}

static bool rounds_have_values(const struct hs_sched *s, uint32_t first, uint32_t period,
			       uint32_t times)
{
	for (uint32_t i = first; i < first + period * (times - 1); i++)
		if (hs_step_has_value(&s->repeat.note[i]) &&
		    s->repeat.note[i].value != s->repeat.note[i + period].value)
			return true;
	return false;
}

static bool rounds_add(struct hs_rounds *r, struct hs_round item)
{
	if (!hs_grow(&r->item, &r->room, r->count + 1, sizeof(*r->item)))
		return false;
	r->item[r->count++] = item;
	return true;
}

static bool rounds_add_steps(struct hs_rounds *r, uint32_t first, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (!rounds_add(r,
				(struct hs_round){ .first = first + i, .period = 1, .times = 1 }))
			return false;
	return true;
}

/* A round that stays, those between, and with other values the last one. */
static bool rounds_add_fold(struct hs_rounds *r, const struct hs_sched *s, uint32_t first,
			    uint32_t period, uint32_t times)
{
	bool values = rounds_have_values(s, first, period, times);
	struct hs_round fold = { first + period, period, times - 1 - values, values };

	return rounds_add_steps(r, first, period) && rounds_add(r, fold) &&
	       (!values || rounds_add_steps(r, first + period * (times - 1), period));
}

bool hs_rounds_find(struct hs_rounds *r, const struct hs_sched *s)
{
	memset(r, 0, sizeof(*r));
	for (uint32_t i = 0; i < s->decisions;) {
		uint32_t times, period = rounds_period(s, i, &times);
		bool added = period ? rounds_add_fold(r, s, i, period, times)
				    : rounds_add_steps(r, i, 1);

		if (!added) {
			hs_rounds_free(r);
			return false;
		}
		i += period ? period * times : 1;
	}
	return true;
}

void hs_rounds_free(struct hs_rounds *r)
{
	free(r->item);
	memset(r, 0, sizeof(*r));
}
