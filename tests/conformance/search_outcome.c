/* SPDX-License-Identifier: MIT */
/*
 * search_outcome.c - sets of outcomes
 */
#include "conformance/search_outcome.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint32_t outcome_message_hash(enum hs_verdict verdict, const char *message)
{
	uint32_t h = 2166136261u, colons = verdict == HS_VERDICT_ASSERT ? 2 : UINT32_MAX;

	for (; *message && colons; message++) {
		h = (h ^ (unsigned char)*message) * 16777619u;
		colons -= *message == ':';
	}
	return h | 1;
}

static struct outcome_entry *find(const struct outcome_set *set, const struct outcome *o)
{
	for (uint32_t i = 0; i < set->count; i++)
		if (!memcmp(&set->entry[i].outcome, o, sizeof(*o)))
			return &set->entry[i];
	return NULL;
}

const struct outcome_entry *outcome_set_find(const struct outcome_set *set, const struct outcome *o)
{
	return find(set, o);
}

struct outcome_entry *outcome_set_add(struct outcome_set *set, const struct outcome *o)
{
	struct outcome_entry *e = NULL;

	/* Executions in a row differ little. */
	if (set->last < set->count && !memcmp(&set->entry[set->last].outcome, o, sizeof(*o)))
		e = &set->entry[set->last];
	if (!e)
		e = find(set, o);
	if (!e && set->count == set->room) {
		uint32_t room = set->room ? 2 * set->room : 32;
		struct outcome_entry *more = realloc(set->entry, room * sizeof(*more));

		if (!more) {
			set->failed = true;
			return NULL;
		}
		set->entry = more;
		set->room = room;
	}
	if (!e) {
		e = &set->entry[set->count++];
		memset(e, 0, sizeof(*e));
		e->outcome = *o;
	}
	e->count++;
	set->last = (uint32_t)(e - set->entry);
	return e;
}

void outcome_set_free(struct outcome_set *set)
{
	for (uint32_t i = 0; i < set->count; i++) {
		free(set->entry[i].schedule);
		free(set->entry[i].text);
	}
	free(set->entry);
	memset(set, 0, sizeof(*set));
}

bool outcome_set_within(const struct outcome_set *some, const struct outcome_set *all)
{
	for (uint32_t i = 0; i < some->count; i++)
		if (!find(all, &some->entry[i].outcome))
			return false;
	return true;
}

void outcome_set_forget_messages(struct outcome_set *set)
{
	for (uint32_t i = 0; i < set->count; i++)
		set->entry[i].outcome.message = 0;
}

/* ---- printing ---------------------------------------------------------------------------- */

static void print_log(unsigned int task, const struct outcome_log *log)
{
	fprintf(stderr, " t%u:", task);
	for (unsigned int i = 0; i < log->count; i++)
		fprintf(stderr, "%s%u", i ? "," : "", log->value[i]);
}

static void print_entry(const struct program *p, const struct outcome_entry *e)
{
	const struct outcome *o = &e->outcome;

	fprintf(stderr, "\t%s", hs_verdict_name((enum hs_verdict)o->verdict));
	if (o->who == OUTCOME_CALLBACK)
		fprintf(stderr, " in a callback");
	else if (o->who == OUTCOME_BEGIN)
		fprintf(stderr, " before the first step");
	else if (o->who != OUTCOME_REST)
		fprintf(stderr, " in t%u", o->who);
	for (unsigned int t = 0; t < p->tasks; t++)
		print_log(t, &o->log[t]);
	fprintf(stderr, " end:");
	for (unsigned int i = 0; i < OUTCOME_FINALS; i++)
		fprintf(stderr, "%s%u", i ? "," : "", o->final[i]);
	if (e->text && e->text[0])
		fprintf(stderr, "\n\t\t%s", e->text);
	if (e->schedule)
		fprintf(stderr, "\n\t\tschedule %s", e->schedule);
	fprintf(stderr, "\n");
}

void outcome_print_missing(const struct program *p, const char *title,
			   const struct outcome_set *some, const struct outcome_set *other)
{
	uint32_t printed = 0, left = 0;

	for (uint32_t i = 0; i < some->count; i++) {
		if (other && find(other, &some->entry[i].outcome))
			continue;
		if (printed == 8) {
			left++;
			continue;
		}
		if (!printed++)
			fprintf(stderr, "%s\n", title);
		print_entry(p, &some->entry[i]);
	}
	if (left)
		fprintf(stderr, "\t... and %u more\n", left);
}
