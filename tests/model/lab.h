/* SPDX-License-Identifier: MIT */
/*
 * lab.h - a walker with its driver and a remover of the device memory, stepped by a script
 *
 *	W, walker and driver		R, remover of the device memory
 *	w0 subscribe			r1 disable: no new faults
 *	w1 begin			r2 invalidation starts (callback takes the driver's lock)
 *	w2 walk (w3 fault, w4 return)	r3 zap
 *	w5 lock				r4 invalidation ends
 *	w6 changed?			r5 kill
 *	w7 touch the page		r6 the core's references are put
 *	w8 tell the device		r7 drain; wait until it is drained
 *	w9 unlock			r8 the memmap goes; it is freed
 *
 * S1: the device has an entry for the memory at r8. S2: a page is touched after r8.
 */
#ifndef HS_TESTS_LAB_H
#define HS_TESTS_LAB_H

#include <hmmsim/dmirror.h>
#include <hmmsim/explore.h>
#include <hmmsim/pgmap.h>
#include <hmmsim/walk.h>

/* What W does between the walk and the lock. */
enum lab_escape {
	CONFINED, /* nothing */
	ESCAPES,  /* maps the page for DMA without lock and reference */
	PINNED,	  /* the same, with a reference to the page */
};

struct lab_param {
	const char *text;
	const char *remover; /* R's program */
	enum hs_validity validity;
	enum hs_era era;
	enum hs_strategy strategy;
	enum hs_page_refs page_refs;
	enum lab_escape escape;
	uint64_t end;	  /* W walks [0, end) */
	bool special;	  /* page 1 is special */
	bool gate;	  /* faults wait for the monitor */
	bool late;	  /* W subscribes in w0 */
	bool no_wait;	  /* R puts the leaked reference itself before r7 */
	bool nonblocking; /* a third task tries an invalidation that may not sleep */
	struct outcome {
		bool s1, s2;
		bool waited;	  /* r7 had to */
		bool programmed;  /* the device had an entry at some time */
		bool lost;	  /* W's pin is left: the memory went before it was put */
		bool spun;	  /* W's walks went round because of the dead pgmap */
		uint32_t retries; /* with an open schedule: at most */
		long ret;	  /* of W's last walk */
	} want;
	/* Of what the text leaves open, in the explorer: executions, or which one finds .lost. */
	uint64_t complete;
};

extern const struct hs_scenario lab_scenario; /* of a struct lab_param */

#endif
