/* SPDX-License-Identifier: MIT */
/*
 * token_fit.c - whether what is replayed is the execution of the token, and the token of one
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <hmmsim/hmmsim.h>

#include "explore/exploration.h"

_Static_assert(HS_TOKEN_TASKS == HS_SCHED_TASKS - 1, "ids of tasks");
_Static_assert(HS_TOKEN_ANSWERS == HS_CHOICE, "answers of choices");

int hs_token_fit_options(struct exploration *e, struct hs_explore_options *options)
{
	struct hs_explore_result *r = e->result;
	struct hs_token *t = &e->token;
	int ret;

	if (options->schedule) {
		snprintf(r->message, sizeof(r->message), "there are a schedule and a token");
		return -EINVAL;
	}
	ret = hs_token_parse(options->token, t, r->message, sizeof(r->message));
	if (ret)
		return ret;
	e->token_schedule = hs_token_schedule(t);
	options->schedule = e->token_schedule;
	options->memory = t->memory;
	options->retry_bound = t->retry_bound;
	options->retry_cut = false;
	options->cpus = t->cpus;
	options->section_order = t->section_order;
	options->subsection_order = t->subsection_order;
	options->max_steps = t->max_steps;
	options->stack_size = t->stack_size;
	options->plain = t->plain;
	options->seed = t->seed;
	return e->token_schedule ? 0 : -ENOMEM;
}

static int token_fit_length(const struct hs_token_part *part)
{
	return part->length < 100 ? (int)part->length : 100;
}

bool hs_token_fit_scenario(struct exploration *e)
{
	const struct hs_token *t = &e->token;
	struct hs_explore_result *r = e->result;
	const char *name = e->scenario->name;

	if (t->version.length != strlen(hs_version()) ||
	    strncmp(t->version.start, hs_version(), t->version.length) != 0)
		snprintf(r->message, sizeof(r->message),
			 "the token names version %.*s of the library, and this is %s",
			 token_fit_length(&t->version), t->version.start, hs_version());
	else if (!hs_token_has_name(t, name))
		snprintf(r->message, sizeof(r->message),
			 "the token names scenario %.*s, and this is %.100s",
			 t->name.start ? token_fit_length(&t->name) : 1,
			 t->name.start ? t->name.start : "-", name ? name : "-");
	else
		return true;
	r->verdict = HS_VERDICT_DIVERGED;
	r->violations = 1;
	r->stop = HS_STOP_VIOLATION;
	return false;
}

static void HS_PRINTF(2, 3) token_fit_diverge(struct hs_sched *s, const char *format, ...)
{
	char text[HS_SCHED_MESSAGE];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	s->verdict = HS_VERDICT_NONE;
	hs_sched_violation(s, HS_VERDICT_DIVERGED, "%s", text);
}

void hs_token_fit_end(struct exploration *e)
{
	const struct hs_token *t = &e->token;
	struct hs_sched *s = e->sched;
	uint32_t left = hs_replay_left(e->searcher);
	uint64_t trace;

	if (s->verdict == HS_VERDICT_DIVERGED)
		return;
	trace = hs_hash_notes(s);
	if (left)
		token_fit_diverge(
			s, "the execution ends after decision %u of the token's %u: %s: %.300s",
			s->decisions, s->decisions + left, hs_verdict_name(s->verdict), s->message);
	else if (s->verdict != t->verdict)
		token_fit_diverge(s, "the verdict is %s, and that of the token is %s: %.300s",
				  hs_verdict_name(s->verdict), hs_verdict_name(t->verdict),
				  s->message[0] ? s->message : "no violation");
	else if (trace != t->trace)
		token_fit_diverge(
			s,
			"the decisions are those of the token, but the steps, their objects "
			"or values are not: their hash is %016llx, and that of the token is "
			"%016llx",
			(unsigned long long)trace, (unsigned long long)t->trace);
}

char *hs_token_of(const struct exploration *e)
{
	struct hs_sched *s = e->sched;

	return hs_token_print(e->scenario->name, e->options, s->verdict, hs_hash_notes(s),
			      e->result->schedule);
}
