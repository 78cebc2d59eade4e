/* SPDX-License-Identifier: MIT */
/*
 * search_play.h - programs as scenarios of the explorer
 */
#ifndef HS_TESTS_SEARCH_PLAY_H
#define HS_TESTS_SEARCH_PLAY_H

#include "conformance/search_outcome.h"

struct play_options {
	enum hs_search search;
	uint64_t limit; /* of executions; 0: none */
	uint64_t seed;	/* of HS_SEARCH_RANDOM */
	const char *schedule;
	bool commute; /* counts commute, waits are patient; no fingerprint then */
	bool stop;    /* at the first violation */
};

/* Kinds of operations that were executed, by any program so far. */
extern uint64_t program_executed[OP_KIND_COUNT];

/* Explores @p and collects its outcomes. What hs_explore() returns. The caller frees both. */
int program_play(const struct program *p, const struct play_options *options,
		 struct outcome_set *set, struct hs_explore_result *r);

#endif
