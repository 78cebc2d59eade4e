/* SPDX-License-Identifier: MIT */
/*
 * again.c - executions that run once more and count nowhere: to see that they can be repeated
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "explore/exploration.h"

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

/* It must have ended with the verdict that it had. */
static int again_compare_end(struct exploration *e, bool violated)
{
	struct hs_explore_result *r = e->result;
	struct hs_sched *s = e->sched;

	if (s->verdict == (violated ? r->verdict : HS_VERDICT_NONE) &&
	    !strcmp(s->message, violated ? r->message : ""))
		return 0;
	again_name_difference(s, violated ? r->message : NULL);
	r->violations -= violated;
	return hs_exploration_note(e);
}

/*
 * Runs the last execution once more, by its schedule. It counts nowhere. The final check is part of
 * it only where that was reached because of the violation.
 */
static int again_repeat(struct exploration *e, bool violated)
{
	struct hs_sched *s = e->sched;
	const struct hs_chooser *chooser = s->chooser;
	struct hs_explore_options options = *e->options;
	struct hs_searcher *again;
	char *schedule = hs_schedule_print(s->schedule, s->decisions);
	int ret;

	options.schedule = schedule;
	ret = schedule ? hs_search_replay(&options, &again) : -ENOMEM;
	free(schedule);
	if (ret)
		return ret;
	hs_sched_reset(s);
	s->repeat.same = s->repeat.notes;
	s->chooser = &again->chooser;
	if (hs_sched_run(s) == HS_RUN_QUIET && hs_sched_finish(s) && violated)
		hs_sched_on_boot(s, hs_exploration_check, e);
	s->chooser = chooser;
	again->release(again);
	return hs_exploration_lacks_memory(e) ? -ENOMEM : again_compare_end(e, violated);
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
