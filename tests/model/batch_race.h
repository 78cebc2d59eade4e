/* SPDX-License-Identifier: MIT */
/*
 * batch_race.h - readers, callbacks and pollers on the algorithm of native RCU callbacks
 * (src/port/common/batch.h, grace.h) over words of the explorer
 */
#ifndef HS_TESTS_BATCH_RACE_H
#define HS_TESTS_BATCH_RACE_H

#include <hmmsim/explore.h>

/* What the tasks do. When they have ended, the boot task polls for what is left. */
enum batch_play {
	RECLAIM,  /* readers; an updater unlinks, queues the callback, waits at a barrier */
	LATE,	  /* readers that poll; an updater queues two callbacks, and polls after each */
	JOINED,	  /* readers; an updater unlinks and queues; a task queues another, polls twice */
	CHAIN,	  /* readers; a callback unlinks the object and queues its head again */
	COUNTERS, /* two tasks that queue a callback and poll */
	OWNER,	  /* one of them; an owner queues, waits at a barrier, frees its driver */
	SENT,	  /* a sender queues, says so, polls; a receiver waits at a barrier and frees */
	CROWD,	  /* the same two, and a task that queues another callback */
	ASKED,	  /* a poller; an owner queues, polls until none are pending, frees */
	BATCH_PLAYS
};

struct batch_param {
	enum batch_play play;
	uint32_t readers;    /* at most 2, of the plays that have any */
	bool notes;	     /* readers leave a note in the object, which its callback must see */
	bool fences;	     /* no membarrier: both sides have fences */
	bool words;	     /* the lock is a word, as in the native port */
	const char *relaxed; /* the function whose orders are left out; NULL: none */
	const char *none;    /* the barrier that is left out: "membarrier", "fence"; NULL: none */
};

extern const char *const batch_plays[BATCH_PLAYS];
/* The parameter is a struct batch_param. */
extern const struct hs_scenario batch_race;

#endif
