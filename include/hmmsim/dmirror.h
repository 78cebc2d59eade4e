/* SPDX-License-Identifier: MIT */
/*
 * dmirror.h - a minimal device that mirrors a part of an address space
 *
 * invented: the least that a driver above hmm_range_fault() consists of, after the pattern of
 * Documentation/mm/hmm.rst (v6.12) and lib/test_hmm.c, or with the range->valid of v5.3: a page
 * table, the lock that protects it, populate with retry, and the callback that invalidates.
 *
 *	populate: again: begin; walk under the mmap lock; take the lock; changed? again; touch the
 *	pages; write the entries; release the lock
 *
 * A protocol other than SOUND leaves one of its rules out: for verdicts, never for use.
 */
#ifndef HMMSIM_DMIRROR_H
#define HMMSIM_DMIRROR_H

#include <stdbool.h>
#include <stdint.h>

#include <hmmsim/export.h>
#include <hmmsim/machine.h>
#include <hmmsim/mm.h>
#include <hmmsim/walk.h>

#ifdef __cplusplus
extern "C" {
#endif

struct hs_dmirror;

enum hs_validity {
	HS_VALIDITY_SEQ,  /* v5.5: interval notifier */
	HS_VALIDITY_FLAG, /* v5.3: range->valid, true again when no invalidation is in progress */
	HS_VALIDITY_COUNT
};

enum hs_protocol {
	HS_PROTOCOL_SOUND,
	HS_PROTOCOL_NO_CHECK,	      /* it does not ask whether anything changed */
	HS_PROTOCOL_CHECK_OUTSIDE,    /* it asks before it takes the lock */
	HS_PROTOCOL_TOUCH_OUTSIDE,    /* it touches the pages before it takes the lock */
	HS_PROTOCOL_CALLBACK_NO_LOCK, /* the callback does not take the lock */
	HS_PROTOCOL_CALLBACK_SKIPS,   /* the callback takes every invalidation for its own */
	HS_PROTOCOL_COUNT
};

/* Fill it with hs_dmirror_config_init(), then change fields. */
struct hs_dmirror_config {
	/*
	 * Of its walks: .mm, the window .start to .end that it mirrors, .era, .strategy with .ops,
	 * .body, .pte_map, and .owner: whose device-private pages it takes, and whose MIGRATE and
	 * EXCLUSIVE invalidations its callback leaves out. A populate sets the other fields.
	 */
	struct hs_range range;
	enum hs_validity validity; /* default seq */
	enum hs_protocol protocol; /* default sound */
	bool touch;		   /* populate dereferences each struct page; default false */
	uint32_t tries;		   /* of one populate; 0 (default): no bound */
};

struct hs_dmirror_stats {
	uint64_t populates; /* that succeeded */
	uint64_t retries;   /* turns of populate that found a change, at the walk or at the lock */
	uint64_t invalidations;	    /* callbacks that took the lock */
	uint64_t refusals;	    /* not blockable, and the lock was held */
	struct hs_walk_counts walk; /* summed */
};

HMMSIM_API void hs_dmirror_config_init(struct hs_dmirror_config *config, struct hs_mm *mm,
				       uint64_t start, uint64_t end);
/* Subscribes to the window. -EINVAL, -ENOMEM; -EINVAL also if the address space has ended. */
HMMSIM_API int hs_dmirror_create(struct hs_task *self, const struct hs_dmirror_config *config,
				 struct hs_dmirror **out);
/* Waits for invalidations. No populate may be under way. */
HMMSIM_API void hs_dmirror_destroy(struct hs_task *self, struct hs_dmirror *dev);

/*
 * Mirrors [start, end) of the window: faults in what is missing, for writing if @write. 0; -EINVAL:
 * outside the window, empty or misaligned; -EFAULT: also if the address space has ended; -EPERM;
 * -EBUSY: .tries turns were not enough; -ENOMEM. Without success the entries stay as they were. May
 * be called by many tasks at once.
 */
HMMSIM_API int hs_dmirror_populate(struct hs_task *self, struct hs_dmirror *dev, uint64_t start,
				   uint64_t end, bool write);
/* What the device has at @addr: HS_PFN_VALID, HS_PFN_WRITE and the pfn; 0: nothing. Under its lock. */
HMMSIM_API uint64_t hs_dmirror_entry(struct hs_task *self, struct hs_dmirror *dev, uint64_t addr);
/* An access by the device: under its lock touches the struct page. False: it has no such entry. */
HMMSIM_API bool hs_dmirror_access(struct hs_task *self, struct hs_dmirror *dev, uint64_t addr,
				  bool write);
/*
 * Entries whose pfn is in [start, end): S1 asks for none when that memory is removed. No steps and no
 * lock: at a quiet moment.
 */
HMMSIM_API uint64_t hs_dmirror_maps(const struct hs_dmirror *dev, uint64_t start, uint64_t end);
/* Takes the device's lock. */
HMMSIM_API void hs_dmirror_stats(struct hs_task *self, struct hs_dmirror *dev,
				 struct hs_dmirror_stats *stats);

#ifdef __cplusplus
}
#endif

#endif
