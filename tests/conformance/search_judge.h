/* SPDX-License-Identifier: MIT */
/*
 * search_judge.h - one program under every search
 */
#ifndef HS_TESTS_SEARCH_JUDGE_H
#define HS_TESTS_SEARCH_JUDGE_H

#include "conformance/search_outcome.h"

/* What the searches were found to do. */
enum judgement {
	JUDGED_EQUAL,
	JUDGED_LARGE,	 /* more interleavings than the bound: not compared */
	JUDGED_ERROR,	 /* hs_explore() failed */
	JUDGED_OUTCOMES, /* a search has other outcomes than plain DFS */
	JUDGED_CLASSES,	 /* a search has other classes of executions than plain DFS */
	JUDGED_MODEL,	 /* plain DFS has other outcomes than the model */
	JUDGED_COUNTS,	 /* the figures of a result do not fit what was seen */
	JUDGED_REPLAY,	 /* a schedule does not lead to its execution again */
	JUDGED_BOUND,	 /* bounded search has other executions than plain DFS within the bound */
	JUDGED_RETRIES,	 /* searches disagree on what is within a bound on retries */
	JUDGED_RANDOM,	 /* a random execution has an outcome that plain DFS has not */
	JUDGED_REPEATED, /* the same exploration had another result */
	JUDGED_VIEWS,	 /* weak memory leaves out an outcome, or has one more where it may not */
	JUDGEMENT_COUNT
};

struct judged {
	uint32_t verdicts;   /* mask of those among the outcomes */
	uint32_t outcomes;   /* how many */
	uint64_t executions; /* of plain DFS */
	uint64_t fewer;	     /* complete executions of the first other search */
	bool model;	     /* the model was asked, too */
	bool retried;	     /* a task came to the bound on retries */
	bool strong;	     /* with views: they may show nothing that is new */
	bool weaker;	     /* with views: they do */
};

/* @loud: prints what differs to standard error. */
enum judgement judge(const struct program *p, struct judged *j, bool loud);
/*
 * A part of that: the executions within a bound on retries, with a verdict on the others and
 * without them. True: the searches agree.
 */
bool judge_retries(const struct program *p, struct judged *j, bool loud);
/* Prints all outcomes that plain DFS finds within the bound. */
void judge_print_outcomes(const struct program *p);
const char *judgement_words(enum judgement judgement);

/* search_shrink.c: makes @p smaller for as long as it is judged as before. */
void program_shrink(struct program *p, enum judgement judgement);

#endif
