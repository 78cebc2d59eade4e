/* SPDX-License-Identifier: MIT */
/*
 * rounds.h - decisions that repeat those before them, round for round
 */
#ifndef HS_EXPLORE_ROUNDS_H
#define HS_EXPLORE_ROUNDS_H

#include "port/explore/sched.h"

/* Decisions .first and on: one, or .times rounds of .period that do as the round before them. */
struct hs_round {
	uint32_t first, period, times;
	bool values; /* the words that the rounds use hold other values each time */
};

struct hs_rounds {
	struct hs_round *item;
	uint32_t count, room;
};

/* The decisions of the execution, in order. False: no memory. */
bool hs_rounds_find(struct hs_rounds *rounds, const struct hs_sched *s);
void hs_rounds_free(struct hs_rounds *rounds);
/* The decision after the item. */
static inline uint32_t hs_round_end(const struct hs_round *r)
{
	return r->first + r->period * r->times;
}

#endif
