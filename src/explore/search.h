/* SPDX-License-Identifier: MIT */
/*
 * search.h - which execution comes next
 *
 * A searcher decides for one execution after the other. A further one is a file of its own with
 * these functions, a line in explore_make_searcher() and one in the table of
 * tests/conformance/search_judge.c.
 */
#ifndef HS_EXPLORE_SEARCH_H
#define HS_EXPLORE_SEARCH_H

#include "explore/estimate.h"
#include "port/explore/sched.h"

struct hs_searcher {
	struct hs_chooser chooser;	       /* decides within an execution */
	void (*start)(struct hs_searcher *me); /* an execution begins */
	bool (*next)(struct hs_searcher *me);  /* it has ended; false: no other one is left */
	void (*release)(struct hs_searcher *me);
	/* After next() was true: tells @e of the path. NULL: there is no tree. */
	void (*estimate)(const struct hs_searcher *me, struct hs_estimate *e);
	/*
	 * NULL, or asked before the first execution whether to run one more that measures and
	 * counts nowhere: first with @s == NULL, then with what has just ended.
	 */
	bool (*measure)(struct hs_searcher *me, const struct hs_sched *s);
	/* After next() was true: decisions that the next execution shares with the last one. */
	uint32_t shared;
	bool failed; /* no memory: the search is over */
};

/*
 * Whether adds may commute: fingerprints, views and clocks tell their orders apart. Whether there
 * are clocks is known after the set-up: hs_sched.scratch.counts says both.
 */
static inline bool hs_search_commutes(const struct hs_explore_options *options)
{
	return options->commute && !options->fingerprint && options->memory == HS_MEMORY_SC;
}

/* 0, -ENOMEM or -EINVAL (the options lack what the search needs). */
int hs_search_tree(const struct hs_explore_options *options, struct hs_searcher **out);
int hs_search_dpor(const struct hs_explore_options *options, struct hs_searcher **out);
int hs_search_random(const struct hs_explore_options *options, struct hs_searcher **out);
int hs_search_bound(const struct hs_explore_options *options, struct hs_searcher **out);
int hs_search_pct(const struct hs_explore_options *options, struct hs_searcher **out);
int hs_search_pos(const struct hs_explore_options *options, struct hs_searcher **out);
int hs_search_portfolio(const struct hs_explore_options *options, struct hs_searcher **out);
int hs_search_replay(const struct hs_explore_options *options, struct hs_searcher **out);
/* How many decisions of the replayed schedule the execution did not use. */
uint32_t hs_replay_left(const struct hs_searcher *me);
/* How many alternatives of the bounded search were one preemption too many. */
uint64_t hs_bound_left_out(const struct hs_searcher *me);

/*
 * Sees the end of every execution. rested: no task can move, and the final check comes next; ended:
 * the state is still there, s->verdict is final. Either may be NULL.
 */
struct hs_observer {
	void (*rested)(void *ctx, const struct hs_sched *s);
	void (*ended)(void *ctx, const struct hs_sched *s, enum hs_run end);
	void *ctx;
	bool shrinks; /* a replay, too */
};

/* As hs_explore(), for tests: with an observer, and with a trace hash in every search. */
int hs_explore_observed(const struct hs_scenario *scenario, const void *param,
			const struct hs_explore_options *options,
			const struct hs_observer *observer, struct hs_explore_result *result);

/*
 * A schedule as text: the decisions of an execution in order. Steps of one task in a row are
 * id*count, answers of hs_choose() are c0, c1 ...: "1*3 2 c1 1*2". The caller frees the text. NULL:
 * no memory.
 */
char *hs_schedule_print(const uint8_t *decisions, uint32_t count);
/* The reverse; the caller frees *decisions. -EINVAL: @text is not of that form. -ENOMEM. */
int hs_schedule_parse(const char *text, uint8_t **decisions, uint32_t *count);

#endif
