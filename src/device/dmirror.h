/* SPDX-License-Identifier: MIT */
/*
 * dmirror.h - the mirror device, for dmirror.c and for models of it
 */
#ifndef HS_DEVICE_DMIRROR_H
#define HS_DEVICE_DMIRROR_H

#include <hmmsim/dmirror.h>

#include "notifier/notifier.h"
#include "port/port.h"

struct hs_dmirror {
	struct hs_dmirror_config config;
	struct hs_mutex lock; /* the driver lock: table, and stats except refusals */
	struct hs_dmirror_stats stats;
	hs_u64 refusals;	    /* counted when the lock is not free */
	struct hs_interval_sub sub; /* HS_VALIDITY_SEQ */
	struct hs_hmm *hmm;	    /* HS_VALIDITY_FLAG */
	struct hs_mirror mirror;    /* HS_VALIDITY_FLAG */
	uint64_t pages;
	hs_u64 table[]; /* a word a page: HS_PFN_VALID, HS_PFN_WRITE and the pfn; 0: nothing */
};

#endif
