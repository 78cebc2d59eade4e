/* SPDX-License-Identifier: MIT */
/*
 * notifier_race.h - a device copies one entry of a CPU's page table while the page is taken away
 *
 * Judged are
 *
 *	S1	no device entry is left when the page is freed
 *	S2	the page is not touched after it is freed
 *
 * one at a time, because an execution ends at its first violation.
 */
#ifndef HS_TESTS_NOTIFIER_RACE_H
#define HS_TESTS_NOTIFIER_RACE_H

#include "notifier/notifier.h"
#include "support/exploration.h"

#define PAGE 0x1000ull

enum judged {
	S1,
	S2,
};

struct race_param {
	enum judged judged;
	uint32_t warm_ups; /* invalidations by the same task before the one that takes the page */
	bool other;	   /* another task invalidates the same range meanwhile */
	bool late;	  /* the reader inserts its subscription when the other tasks run already */
	bool bystander;	  /* another subscription is hit as well */
	bool remove;	  /* the reader removes its subscription and frees it */
	bool no_reader;	  /* it only does that */
	bool nonblocking; /* first the invalidator tries without waiting for the lock */
	enum hs_invalidate_event event;
	enum hs_wait_order wait_order;
};

/* Of a subscription that takes part and does nothing. */
extern const struct hs_interval_ops bystander_ops;
/* Its parameter is a struct race_param. */
extern const struct hs_scenario notifier_race;

#endif
