/* SPDX-License-Identifier: MIT */
/*
 * again.c - executions that count nowhere: those that run once more, to see that they can be
 * repeated, and those from which the simplest one is chosen
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explore/exploration.h"
#include "explore/shrink.h"

/* The last execution ended in another way when it ran once more: now by the scheduler's verdict. */
static void again_name_difference(struct hs_sched *s, const char *violation)
{
	char now[sizeof(s->message)];
	bool goes_on = s->verdict == HS_VERDICT_DIVERGED && !violation;

	if (s->verdict == HS_VERDICT_UNREPEATABLE || s->crash.kind)
		return;
	memcpy(now, s->message, sizeof(now));
	s->verdict = HS_VERDICT_NONE;
	if (goes_on)
		hs_sched_violation(s, HS_VERDICT_UNREPEATABLE,
				   "after decision %u the tasks go on, and came to their "
				   "end " HS_REPEAT_EARLIER ": " HS_REPEAT_ADVICE,
				   s->repeat.same);
	else
		hs_sched_violation(s, HS_VERDICT_UNREPEATABLE,
				   "%.300s; not so when the same decisions were run %s: %s",
				   violation ? violation : now, violation ? "again" : "first",
				   HS_REPEAT_ADVICE);
}

/* How an execution has ended. */
struct again_end {
	enum hs_verdict verdict;
	char message[HS_SCHED_MESSAGE];
};

/* It must have ended with the verdict that it had. */
static int again_compare_end(struct exploration *e, bool violated, const struct again_end *had)
{
	struct hs_explore_result *r = e->result;
	struct hs_sched *s = e->sched;

	if (s->verdict == had->verdict && !strcmp(s->message, had->message))
		return 0;
	again_name_difference(s, had->verdict == HS_VERDICT_NONE ? NULL : had->message);
	r->violations -= violated;
	return hs_exploration_note(e);
}

/* Its first @same decisions must be those of the last execution. @check: the final check, too. */
static int again_run(struct exploration *e, uint32_t same, bool check)
{
	struct hs_sched *s = e->sched;

	hs_sched_reset(s);
	s->repeat.same = same;
	if (hs_sched_run(s) == HS_RUN_QUIET && hs_sched_finish(s) && check)
		hs_sched_on_boot(s, hs_exploration_check, e);
	return hs_exploration_lacks_memory(e) ? -ENOMEM : 0;
}

/* Runs the execution of a schedule. */
static int again_replay(struct exploration *e, const char *schedule, uint32_t same, bool check)
{
	struct hs_sched *s = e->sched;
	const struct hs_chooser *chooser = s->chooser;
	struct hs_explore_options options = *e->options;
	struct hs_searcher *again;
	int ret;

	options.schedule = schedule;
	ret = hs_search_replay(&options, &again);
	if (ret)
		return ret;
	s->chooser = &again->chooser;
	ret = again_run(e, same, check);
	s->chooser = chooser;
	again->release(again);
	return ret;
}

/*
 * Runs the last execution once more, with the final check only if it is part of the violation.
 * @violated: it must end as the result says, else as it has ended.
 */
static int again_repeat(struct exploration *e, bool violated)
{
	struct hs_sched *s = e->sched;
	char *schedule = hs_schedule_print(s->schedule, s->decisions);
	struct again_end had = { .verdict = violated ? e->result->verdict : s->verdict };
	bool check = had.verdict != HS_VERDICT_NONE;
	int ret;

	snprintf(had.message, sizeof(had.message), "%s",
		 violated ? e->result->message : s->message);
	ret = schedule ? again_replay(e, schedule, s->repeat.notes, check) : -ENOMEM;
	free(schedule);
	return ret ? ret : again_compare_end(e, violated, &had);
}

/*
 * The first execution, and the first one with a violation, are run twice, because a random search
 * repeats none otherwise. A replay is for those who look at the one execution.
 */
int hs_again_if_due(struct exploration *e, bool violated)
{
	const struct hs_sched *s = e->sched;

	if (e->options->search == HS_SEARCH_REPLAY || s->crash.kind ||
	    (!violated && (e->result->executions > 1 || e->result->blocked)) ||
	    s->verdict == HS_VERDICT_UNREPEATABLE)
		return 0;
	return again_repeat(e, violated);
}

/* ---- the simplest ------------------------------------------------------------------------- */

static int again_run_variant(void *ctx, uint32_t same)
{
	return again_run(ctx, same, true);
}

static bool again_counts(void *ctx)
{
	return hs_exploration_counts(ctx);
}

static bool again_is_late(void *ctx)
{
	struct exploration *e = ctx;

	return e->limits.on && hs_limits_time_is_over(&e->limits);
}

/* After a crash no code can be run, and what the other verdicts mean is one execution. */
static bool again_can_shrink(const struct exploration *e)
{
	bool replay = e->options->search == HS_SEARCH_REPLAY;

	if (!e->options->shrink || !e->sched->decisions ||
	    (replay && !(e->observer && e->observer->shrinks)))
		return false;
	switch (e->result->verdict) {
	case HS_VERDICT_ASSERT:
	case HS_VERDICT_FREED:
	case HS_VERDICT_DEADLOCK:
	case HS_VERDICT_LIVELOCK:
	case HS_VERDICT_LOST_WAKE:
	case HS_VERDICT_LEAK:
	case HS_VERDICT_RETRIES:
	case HS_VERDICT_RACE:
		return true;
	default:
		return false;
	}
}

/* The last execution ended as that of the result, and takes its place. */
static int again_show(struct exploration *e)
{
	struct hs_explore_result *r = e->result;

	hs_exploration_forget(e);
	snprintf(r->message, sizeof(r->message), "%s", e->sched->message);
	return hs_exploration_keep(e);
}

/*
 * The simplest execution is run twice, also if it is the one that was found: data of the scenario
 * may have changed meanwhile. It is the last one; if the search goes on, that of the search is,
 * whose decisions the next one shares.
 */
static int again_run_best(struct exploration *e, const char *first, const char *best)
{
	const struct hs_explore_result *r = e->result;
	const struct hs_sched *s = e->sched;
	bool changed = strcmp(first, best) != 0;
	int ret = again_replay(e, best, 0, true);

	if (!ret && changed && s->verdict == r->verdict &&
	    hs_shrink_same_message(r->verdict, r->message, s->message))
		ret = again_show(e);
	if (!ret && !s->crash.kind)
		ret = again_repeat(e, true);
	if (!ret && changed && e->options->go_on && !s->crash.kind)
		ret = again_replay(e, first, 0, true);
	return ret;
}

/* A crash leaves what was found as it was found, because nothing can be run after it. */
int hs_again_shrink(struct exploration *e)
{
	struct hs_explore_result *r = e->result;
	struct hs_shrink shrink = { .sched = e->sched,
				    .run = again_run_variant,
				    .counts = again_counts,
				    .is_late = again_is_late,
				    .ctx = e,
				    .most = e->options->shrink };
	char *first;
	int ret;

	if (!again_can_shrink(e))
		return 0;
	first = hs_schedule_print(e->sched->schedule, e->sched->decisions);
	ret = first ? hs_shrink(&shrink) : -ENOMEM;
	r->shrink_executions = shrink.executions;
	r->minimal = shrink.minimal;
	if (!ret && e->sched->verdict == HS_VERDICT_UNREPEATABLE) {
		r->violations--; /* the same one */
		ret = hs_exploration_note(e);
	} else if (!ret && !e->sched->crash.kind) {
		ret = again_run_best(e, first, shrink.schedule);
	}
	free(shrink.schedule);
	free(first);
	return ret;
}
