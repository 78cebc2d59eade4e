/* SPDX-License-Identifier: MIT */
/**
 * @file dmirror.h
 * A minimal device that mirrors a part of an address space.
 *
 * *invented*: the least that a driver above hmm_range_fault() consists of, after the pattern of
 * Documentation/mm/hmm.rst (v6.12) and lib/test_hmm.c, or with the range->valid of v5.3: a page
 * table of one word a page, the driver lock that protects it, populate with retry, and the callback
 * that invalidates. A populate goes:
 *
 * @code{.unparsed}
 *	again:	begin: the sequence number, or wait for the flag
 *		walk under the mmap lock
 *		take the driver lock
 *		has anything changed?  release the lock, goto again
 *		touch the pages, write the words
 *		release the lock
 * @endcode
 *
 * A protocol other than #HS_PROTOCOL_SOUND leaves one of its rules out: for verdicts, never for
 * use.
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

/** enum hs_validity - how the device learns that what it read has changed */
enum hs_validity {
	HS_VALIDITY_SEQ, /**< v5.5: the sequence number of an interval notifier */
	/** v5.3: range->valid. True again when no invalidation is in progress: one that began
	 * and ended meanwhile is not seen. */
	HS_VALIDITY_FLAG,
	HS_VALIDITY_COUNT
};

/** enum hs_protocol - which rule of the driver's protocol is left out */
enum hs_protocol {
	HS_PROTOCOL_SOUND,	      /**< none */
	HS_PROTOCOL_NO_CHECK,	      /**< populate does not ask whether anything has changed */
	HS_PROTOCOL_CHECK_OUTSIDE,    /**< populate asks before it takes the lock */
	HS_PROTOCOL_TOUCH_OUTSIDE,    /**< populate touches the pages before it takes the lock */
	HS_PROTOCOL_CALLBACK_NO_LOCK, /**< the callback does not take the lock */
	HS_PROTOCOL_CALLBACK_SKIPS,   /**< the callback skips every invalidation */
	HS_PROTOCOL_COUNT
};

/**
 * struct hs_dmirror_config - what a device is made of
 *
 * hs_dmirror_config_init() sets every field; the caller changes what it wants otherwise.
 */
struct hs_dmirror_config {
	/**
	 * What every walk of the device begins with: mm; the window from start to end; era,
	 * strategy (not custom), body and pte_map; step; and owner: whose device-private pages the
	 * device takes, and whose MIGRATE and EXCLUSIVE invalidations its callback skips. A
	 * populate sets pfns, default_flags and retry. pfn_flags_mask must stay 0.
	 */
	struct hs_range range;
	enum hs_validity validity; /**< default #HS_VALIDITY_SEQ */
	enum hs_protocol protocol; /**< default #HS_PROTOCOL_SOUND */
	bool touch;		   /**< populate dereferences each struct page; default false */
	uint32_t tries;		   /**< most turns of one populate; default 0: no bound */
};

/** struct hs_dmirror_stats - what a device has done */
struct hs_dmirror_stats {
	uint64_t populates;	    /**< populates that succeeded */
	uint64_t retries;	    /**< turns of a populate that met a change and wrote nothing */
	uint64_t invalidations;	    /**< callbacks that took the lock */
	uint64_t refusals;	    /**< callbacks that might not sleep, when the lock was held */
	struct hs_walk_counts walk; /**< the sum over all walks */
};

/**
 * hs_dmirror_config_init() - set every field of a config
 * @param config  set as a whole, whatever it was
 * @param mm      the address space
 * @param start   first byte of the window, page aligned
 * @param end     its end, exclusive, page aligned
 *
 * The range is as hs_range_init() makes it: v6.12, strategy none, plain body, no owner.
 *
 * Context: any.
 */
HMMSIM_API void hs_dmirror_config_init(struct hs_dmirror_config *config, struct hs_mm *mm,
				       uint64_t start, uint64_t end);

/**
 * hs_dmirror_create() - make a device and subscribe it to its window
 * @param self    the calling task
 * @param config  what to make; copied
 * @param out     the device, on success; the caller's until hs_dmirror_destroy()
 *
 * It maps nothing at first. It holds the struct of the address space (hs_mmgrab()), and is no user
 * of the address space.
 *
 * Context: no lock held; may sleep.
 *
 * Return: 0, or
 * - -EINVAL: no mm; the window is empty, misaligned or beyond the geometry; an enum is out of
 *   range, the strategy is custom or the mask is not 0; or the address space has ended
 * - -ENOMEM: no memory
 */
HMMSIM_API int hs_dmirror_create(struct hs_task *self, const struct hs_dmirror_config *config,
				 struct hs_dmirror **out);

/**
 * hs_dmirror_destroy() - end the subscription and free a device
 * @param self  the calling task
 * @param dev   freed; no populate, entry or access may be under way (one that touches the device
 *              afterwards uses it after it is freed)
 *
 * Waits for callbacks that run.
 *
 * Context: no lock held; may sleep.
 */
HMMSIM_API void hs_dmirror_destroy(struct hs_task *self, struct hs_dmirror *dev);

/**
 * hs_dmirror_populate() - mirror a part of the window
 * @param self   the calling task
 * @param dev    the device; several tasks may populate at once
 * @param start  first byte, page aligned
 * @param end    end, exclusive, page aligned
 * @param write  whether the device wants to write: missing pages are faulted in for writing
 *
 * Faults in what is missing and writes the words of all pages in [start, end). A page that v5.3
 * answers without a pfn, or a device-private page of another owner, becomes a word that maps
 * nothing. With v5.3 asserts that a device-private page has a struct page, which names the owner.
 * Without success the words stay as they were.
 *
 * Context: no lock held; may sleep.
 *
 * Return: 0, or
 * - -EINVAL: empty, misaligned, or outside the window
 * - -ENOMEM: no memory for the slots (a fault that finds none is -EFAULT)
 * - -EFAULT: see hs_range_fault(); or the address space has ended
 * - -EPERM: see hs_range_fault()
 * - -EBUSY: each of hs_dmirror_config::tries turns met a change
 */
HMMSIM_API int hs_dmirror_populate(struct hs_task *self, struct hs_dmirror *dev, uint64_t start,
				   uint64_t end, bool write);

/**
 * hs_dmirror_entry() - what the device has for an address
 * @param self  the calling task
 * @param dev   the device
 * @param addr  a byte
 *
 * Context: takes the driver lock; may sleep.
 *
 * Return: #HS_PFN_VALID, #HS_PFN_WRITE if it may write, and the pfn; 0: nothing is mapped, or the
 * address is outside the window.
 */
HMMSIM_API uint64_t hs_dmirror_entry(struct hs_task *self, struct hs_dmirror *dev, uint64_t addr);

/**
 * hs_dmirror_access() - the device reads or writes a page that it maps
 * @param self   the calling task
 * @param dev    the device
 * @param addr   a byte
 * @param write  whether it writes
 *
 * Touches the struct page under the driver lock; asserts that the page is live.
 *
 * Context: takes the driver lock; may sleep.
 *
 * Return: true if it did; false: no word allows it, or the address is outside the window.
 */
HMMSIM_API bool hs_dmirror_access(struct hs_task *self, struct hs_dmirror *dev, uint64_t addr,
				  bool write);

/**
 * hs_dmirror_maps() - count the words that map pfns of a span
 * @param dev    the device
 * @param start  first pfn
 * @param end    end pfn, exclusive
 *
 * When the memory of these pfns is removed, there must be none.
 *
 * Context: takes no lock and is no step of the explorer: for moments when no task changes the
 * device (not checked).
 *
 * Return: how many.
 */
HMMSIM_API uint64_t hs_dmirror_maps(const struct hs_dmirror *dev, uint64_t start, uint64_t end);

/**
 * hs_dmirror_stats() - what the device has done so far
 * @param self   the calling task
 * @param dev    the device
 * @param stats  set as a whole
 *
 * Context: takes the driver lock; may sleep.
 */
HMMSIM_API void hs_dmirror_stats(struct hs_task *self, struct hs_dmirror *dev,
				 struct hs_dmirror_stats *stats);

#ifdef __cplusplus
}
#endif

#endif
