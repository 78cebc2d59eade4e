/* SPDX-License-Identifier: MIT */
/*
 * retry_model.h - the protocol of this project in its smallest form
 *
 * A driver copies a CPU page table entry into its own table, under its lock, if the notifier's
 * sequence number has not moved since it looked. An invalidator empties both tables; then the page
 * is freed, by itself or by a teardown task that waits for it. Known to several model checkers, so
 * that the number of its executions is known too.
 *
 *	driver				invalidator
 *	s = seq, odd: try again
 *	p = cpu_pte, none: done
 *	lock				lock
 *	seq != s: unlock, try again	seq++
 *	touch *p			clear the device table
 *	dev_pte = p			unlock
 *	unlock				cpu_pte = none, seq++
 *					free the page
 *
 *	Required outcome: the page is live when it is touched; no device entry is left at the end.
 */
#ifndef HS_TESTS_RETRY_MODEL_H
#define HS_TESTS_RETRY_MODEL_H

#include <hmmsim/explore.h>

enum retry_variant {
	RETRY_CORRECT,
	RETRY_NO_CHECK,	     /* V1: the sequence number is not compared */
	RETRY_CHECK_OUTSIDE, /* V2: compared before the lock is taken */
	RETRY_TOUCH_AFTER,   /* V3: the page is touched after the unlock */
};

struct retry_param {
	uint32_t drivers, attempts, pages; /* pages: of each driver, one after the other */
	bool teardown;
	enum retry_variant variant;
};

#define RETRY_DRIVERS_MAX 6
#define RETRY_SLOTS_MAX 16

extern const struct hs_scenario retry_scenario;

#endif
