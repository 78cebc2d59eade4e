/* SPDX-License-Identifier: MIT */
/*
 * search.h - which execution comes next
 *
 * A searcher decides for one execution after the other. The place for a further one (DPOR, PCT) is
 * a file of its own with these four functions and a line in hs_explore().
 */
#ifndef HS_EXPLORE_SEARCH_H
#define HS_EXPLORE_SEARCH_H

#include "port/explore/sched.h"

struct hs_searcher {
	struct hs_chooser chooser;
	void (*start)(struct hs_searcher *me); /* an execution begins */
	bool (*next)(struct hs_searcher *me);  /* it has ended; false: nothing is left to search */
	void (*release)(struct hs_searcher *me);
};

/* 0, -ENOMEM or -EINVAL. */
int hs_search_tree(const struct hs_explore_options *options, struct hs_searcher **out);
int hs_search_random(const struct hs_explore_options *options, struct hs_searcher **out);
int hs_search_replay(const struct hs_explore_options *options, struct hs_searcher **out);
/* Decisions of a replayed schedule that were not needed. */
uint32_t hs_replay_left(const struct hs_searcher *me);

/*
 * A schedule as text: the decisions of an execution in order, runs of one task as id*count, answers
 * of hs_choose() as c0, c1 ...: "1*3 2 c1 1*2". NULL: no memory. The caller frees it.
 */
char *hs_schedule_print(const uint8_t *decisions, uint32_t count);
/* -EINVAL: not of that form. */
int hs_schedule_parse(const char *text, uint8_t **decisions, uint32_t *count);

#endif
