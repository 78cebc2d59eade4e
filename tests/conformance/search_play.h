/* SPDX-License-Identifier: MIT */
/*
 * search_play.h - programs as scenarios of the explorer
 */
#ifndef HS_TESTS_SEARCH_PLAY_H
#define HS_TESTS_SEARCH_PLAY_H

#include "conformance/search_outcome.h"

/* An execution that was not cut. */
struct play_run {
	uint8_t *decision;
	uint32_t count;
	uint32_t outcome; /* its place in the set */
};

struct play_runs {
	struct play_run *run;
	uint32_t count, room;
};

struct play_options {
	enum hs_search search;
	uint64_t limit; /* of executions; 0: none */
	uint64_t seed;	/* of random searches */
	uint32_t bound; /* HS_SEARCH_BOUND */
	uint32_t retry_bound;
	bool retry_cut;
	const char *schedule;
	bool commute;		/* counts commute, waits are patient; no fingerprint then */
	bool stop;		/* at the first violation */
	struct play_runs *runs; /* NULL, or receives all; the caller frees them */
};

/* Kinds of operations that were executed, by any program so far. */
extern uint64_t program_executed[OP_KIND_COUNT];

void play_runs_free(struct play_runs *runs);

/* Explores @p and collects its outcomes. What hs_explore() returns. The caller frees both. */
int program_play(const struct program *p, const struct play_options *options,
		 struct outcome_set *set, struct hs_explore_result *r);

#endif
