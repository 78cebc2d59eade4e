/* SPDX-License-Identifier: MIT */
/*
 * replay.c - schedules as text, and the search that runs the execution a schedule names
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "explore/search.h"
#include "explore/token.h"

/* ---- text -------------------------------------------------------------------------------- */

char *hs_schedule_print(const uint8_t *decisions, uint32_t count)
{
	/* The longest item is "31*" and ten digits, for at least one decision. */
	size_t room = 1 + (size_t)count * 5 + HS_SCHEDULE_ITEM, used = 0;
	char *text = malloc(room);

	if (!text)
		return NULL;
	text[0] = '\0';
	for (uint32_t i = 0; i < count;) {
		if (i)
			text[used++] = ' ';
		i += hs_schedule_item(decisions + i, count - i, text + used);
		used += strlen(text + used);
	}
	return text;
}

/* Reads a number up to @most at *at and moves *at behind it. */
static int replay_parse_number(const char **at, unsigned long most, uint32_t *value)
{
	unsigned long v = 0;

	if (!isdigit((unsigned char)**at))
		return -EINVAL;
	for (; isdigit((unsigned char)**at); (*at)++) {
		v = v * 10 + (unsigned long)(**at - '0');
		if (v > most)
			return -EINVAL;
	}
	*value = (uint32_t)v;
	return 0;
}

/* Reads one item: id, id*count or c<answer>. */
static int replay_parse_item(const char **at, uint8_t *decision, uint32_t *run)
{
	uint32_t value;

	*run = 1;
	if (**at == 'c') {
		(*at)++;
		if (replay_parse_number(at, HS_CHOICE - 1, &value))
			return -EINVAL;
		*decision = (uint8_t)(HS_CHOICE | value);
		return 0;
	}
	if (replay_parse_number(at, HS_SCHED_TASKS - 1, &value) || !value)
		return -EINVAL;
	*decision = (uint8_t)value;
	if (**at != '*')
		return 0;
	(*at)++;
	return replay_parse_number(at, HS_TOKEN_DECISIONS, run) || !*run ? -EINVAL : 0;
}

int hs_schedule_parse(const char *text, uint8_t **decisions, uint32_t *count)
{
	uint8_t *list = NULL;
	uint32_t used = 0, room = 0;

	while (*text) {
		uint8_t decision;
		uint32_t run;

		if (replay_parse_item(&text, &decision, &run) || run > HS_TOKEN_DECISIONS - used)
			goto invalid;
		if (*text && (*text++ != ' ' || !*text))
			goto invalid;
		if (used + run > room) {
			uint8_t *more = realloc(list, 2 * (size_t)(used + run));

			if (!more) {
				free(list);
				return -ENOMEM;
			}
			list = more;
			room = 2 * (used + run);
		}
		while (run--)
			list[used++] = decision;
	}
	*decisions = list;
	*count = used;
	return 0;
invalid:
	free(list);
	return -EINVAL;
}

/* ---- replay ------------------------------------------------------------------------------ */

struct replay {
	struct hs_searcher searcher;
	uint8_t *decisions;
	uint32_t count, at;
};

static int replay_pick(void *ctx, struct hs_sched *s, uint32_t enabled)
{
	struct replay *r = ctx;

	/* A schedule grants as many solo retries as it names. */
	if (r->at == r->count && s->alone)
		return HS_PICK_QUIET;
	if (r->at == r->count) {
		hs_sched_violation(s, HS_VERDICT_DIVERGED,
				   "the schedule ends at decision %u, but tasks can still move",
				   r->count + 1);
		return HS_PICK_CUT;
	}
	if (r->decisions[r->at] & HS_CHOICE || !(enabled >> r->decisions[r->at] & 1)) {
		hs_sched_violation(s, HS_VERDICT_DIVERGED,
				   "decision %u of the schedule is not a task that can move",
				   r->at + 1);
		return HS_PICK_CUT;
	}
	return r->decisions[r->at++];
}

/* If the schedule has no answer here, the execution ends with this verdict at the next step. */
static uint32_t replay_choose(void *ctx, struct hs_sched *s, uint32_t n)
{
	struct replay *r = ctx;

	if (r->at < r->count && r->decisions[r->at] & HS_CHOICE &&
	    (r->decisions[r->at] & ~HS_CHOICE) < n)
		return r->decisions[r->at++] & ~HS_CHOICE;
	hs_sched_violation(s, HS_VERDICT_DIVERGED,
			   "decision %u of the schedule is not an answer to a choice among %u",
			   r->at + 1, n);
	return 0;
}

static void replay_start(struct hs_searcher *me)
{
	((struct replay *)me)->at = 0;
}

static bool replay_next(struct hs_searcher *me)
{
	(void)me;
	return false;
}

static void replay_release(struct hs_searcher *me)
{
	free(((struct replay *)me)->decisions);
	free(me);
}

uint32_t hs_replay_left(const struct hs_searcher *me)
{
	const struct replay *r = (const struct replay *)me;

	return r->count - r->at;
}

int hs_search_replay(const struct hs_explore_options *options, struct hs_searcher **out)
{
	struct replay *r;
	int ret;

	if (!options->schedule)
		return -EINVAL;
	r = calloc(1, sizeof(*r));
	if (!r)
		return -ENOMEM;
	ret = hs_schedule_parse(options->schedule, &r->decisions, &r->count);
	if (ret) {
		free(r);
		return ret;
	}
	r->searcher = (struct hs_searcher){
		.chooser = { replay_pick, replay_choose, r },
		.start = replay_start,
		.next = replay_next,
		.release = replay_release,
	};
	*out = &r->searcher;
	return 0;
}
