/* SPDX-License-Identifier: MIT */
/**
 * @file walk.h
 * The range-fault walker: hmm_range_fault(), with the kernel version and the strategy as
 * parameters.
 *
 * *same*: hmm_range_fault() of Linux v5.3 (mm/hmm.c, with hmm_range_snapshot()) and of v6.12
 * (mm/hmm.c), with the page walks that they stand on (mm/pagewalk.c). What they call is reduced:
 * faults go to the fault ops of the address space (mm.h), and the validity of a range is asked
 * through a function. The kernel of v5.3 let the driver choose the bits of a slot; here they are
 * fixed.
 *
 * The array of slots (hs_range::pfns) has one word a page. It is the request when a walk begins
 * and the answer when it ends: a pfn in the bits of #HS_ENTRY_PFN, and the HS_PFN_* bits.
 */
#ifndef HMMSIM_WALK_H
#define HMMSIM_WALK_H

#include <stdbool.h>
#include <stdint.h>

#include <hmmsim/export.h>
#include <hmmsim/machine.h>
#include <hmmsim/mm.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- slots ------------------------------------------------------------------------------- */

/**
 * Both eras. Request: fault the page in if it is missing (v6.12: HMM_PFN_REQ_FAULT). A slot without
 * it requests nothing, whatever its other bits are. Answer: the slot has the pfn of a page that may
 * be read. v5.3 sets it with every pfn, also with that of a prot-none entry of a PTE table and of a
 * hugetlb entry that is not present; v6.12 gives such a pfn without this bit.
 */
#define HS_PFN_VALID ((uint64_t)1 << 63)

/**
 * Both eras. Request, together with #HS_PFN_VALID: the page must be writable (v6.12:
 * HMM_PFN_REQ_WRITE). Answer: the page may be written.
 */
#define HS_PFN_WRITE ((uint64_t)1 << 62)

/**
 * Both eras, without a pfn. Request: means nothing. Answer: a page that the walk cannot hand out:
 * v6.12 a gap, a VMA that may not be read or has no struct pages, an entry without a struct page, a
 * huge entry that is neither leaf nor table; v5.3 an entry that is neither a page nor absent, or a
 * fault that failed.
 */
#define HS_PFN_ERROR ((uint64_t)1 << 61)

/** v6.12: the lowest of the five bits of #HS_PFN_ORDER. */
#define HS_PFN_ORDER_SHIFT 56

/**
 * v6.12, bits 60 to 56. Request: means nothing. Answer: the page is a part of a mapping of
 * 1 << order pages; 0: of one page. v5.3 has other bits in this place, #HS_PFN_DEVICE and
 * #HS_PFN_SPECIAL: a slot is read with the era of its walk in mind.
 */
#define HS_PFN_ORDER ((uint64_t)0x1f << HS_PFN_ORDER_SHIFT)

/**
 * v5.3 only. Request, together with #HS_PFN_VALID: fault device-private pages, so that they come
 * back to ordinary memory; without it they are handed out as they are. Answer: the page is
 * device-private, of any owner. This is the highest bit of #HS_PFN_ORDER: an answer of v6.12 with
 * order 16 or more has it set and says nothing about a device.
 */
#define HS_PFN_DEVICE ((uint64_t)1 << 60)

/**
 * v5.3 only, without a pfn. Request: means nothing. Answer: a present entry without a struct page,
 * or the zero page. The walk ends with -EFAULT there and clears the slot, so that only a snapshot
 * shows it. v6.12 has a bit of #HS_PFN_ORDER in this place.
 */
#define HS_PFN_SPECIAL ((uint64_t)1 << 59)

/* ---- what walks -------------------------------------------------------------------------- */

/** enum hs_era - whose walker */
enum hs_era {
	HS_ERA_5_3,  /**< v5.3: one turn a VMA, the answer is a count of pages */
	HS_ERA_6_12, /**< v6.12: one pass over all VMAs */
	HS_ERA_COUNT
};

/**
 * enum hs_strategy - which reference keeps the pgmap of a device page during the walk
 *
 * All but none look the pgmap up for each devmap page that is stored. Those that cache keep the
 * reference of the last lookup, which answers the next page of the same pgmap, and put it when
 * another pgmap takes its place, or where their line says.
 */
enum hs_strategy {
	/** No lookup: notifiers, the driver lock and the retry protect. From v5.7 (068354ade5dd)
	 * on. */
	HS_STRATEGY_NONE,
	/** A reference is taken and put for each page. For comparison. */
	HS_STRATEGY_PER_PAGE,
	/**
	 * Put at the end of a PTE table or leaf, and before a fault that a PTE asks for. v5.2 to
	 * v5.6 (992de9a8b751). A table that is left with an error keeps the reference: a leak, if
	 * nothing puts it later.
	 */
	HS_STRATEGY_PER_TABLE,
	/**
	 * The same, cached in a local variable of the scan of one table: one that is left with an
	 * error leaks the reference at once. Patch 04/15 of 6 Aug 2019.
	 */
	HS_STRATEGY_PER_TABLE_LOCAL,
	/**
	 * Put when the walk is done with a VMA; held over faults and retries. The sketch of 14 Aug
	 * 2019.
	 */
	HS_STRATEGY_PER_RANGE,
	/** Put when a pass of the page walk returns; held over its faults. Patch of 11 Mar 2020. */
	HS_STRATEGY_PER_PASS,
	/** Put when the call returns; held over everything. Follow-up of 16 Mar 2020. */
	HS_STRATEGY_PER_CALL,
	/** The functions of hs_range::ops. */
	HS_STRATEGY_CUSTOM,
	HS_STRATEGY_COUNT
};
/** How many strategies the library has itself: all but #HS_STRATEGY_CUSTOM, which is the last. */
#define HS_STRATEGY_BUILTIN_COUNT HS_STRATEGY_CUSTOM

/** enum hs_pte_map - how a PTE table is held while it is scanned; not during a fault or a wait */
enum hs_pte_map {
	HS_PTE_MAP_ERA,	 /**< as the era does: v5.3 bare, v6.12 under RCU */
	HS_PTE_MAP_BARE, /**< before v6.5: by the mmap lock alone */
	HS_PTE_MAP_RCU,	 /**< v6.5 on: inside an RCU read section */
	HS_PTE_MAP_COUNT
};

/** enum hs_body - which of the two implementations walks; their answers and counts are equal */
enum hs_body {
	HS_BODY_REFERENCE, /**< slow and obvious, from the description alone; it reports steps */
	HS_BODY_PLAIN,	   /**< the shape of the kernel's loops */
	HS_BODY_COUNT
};

/**
 * struct hs_walk_counts - what one call cost; exact
 *
 * calls = hits + lookups, and lookups = refs + failures. With #HS_STRATEGY_CUSTOM the first six are
 * the business of its functions and stay 0, except failures: the pages that they refused. Their
 * leaked is what they took with hs_pgmap_get() and did not put with hs_pgmap_put(); 0 if they put
 * more, as what an earlier call has kept.
 */
struct hs_walk_counts {
	uint64_t calls;	      /**< of get_dev_pagemap() */
	uint64_t hits;	      /**< calls that the cached reference answered */
	uint64_t lookups;     /**< calls that reached the index */
	uint64_t refs;	      /**< lookups that obtained a reference */
	uint64_t failures;    /**< lookups that obtained none */
	uint64_t puts;	      /**< references put */
	uint64_t leaked;      /**< references taken and not put when the call returns */
	uint64_t faults;      /**< calls of the fault handler, one a page */
	uint64_t held_faults; /**< faults and migration waits entered with a reference held */
	uint64_t waits;	      /**< for a migration entry to go */
	uint64_t passes;      /**< page walks begun, that of an empty range included */
	uint64_t bad_ptes;    /**< v6.12: special entries in a VMA that should have none */
};

/**
 * enum hs_walk_step - where the reference body is; see hs_range::step
 *
 * Each is reported after the strategy has done what it does there. All except #HS_WALK_PAGE of a
 * PTE are outside the RCU section of the table: there the function may sleep, as far as the mmap
 * lock allows. "Address" is what the function gets as its addr.
 */
enum hs_walk_step {
	HS_WALK_PAGE,	     /**< a page of a table or leaf has its answer; address: the page */
	HS_WALK_TABLE_END,   /**< a PTE table or leaf is done and unmapped; address: its end */
	HS_WALK_TABLE_ERROR, /**< a PTE table is left before that, unmapped; address: the page */
	HS_WALK_FAULT_BEGIN, /**< the fault handler is called next; address: the page */
	HS_WALK_FAULT_END,   /**< the fault handler has returned; address: the page */
	HS_WALK_WAIT_BEGIN, /**< the wait for a migration entry begins; address: the entry's page */
	HS_WALK_WAIT_END,   /**< that wait is over; address: the entry's page */
	HS_WALK_PASS_END,   /**< a page walk has returned; address: where the next would begin */
	/** v5.3: a VMA turn is over; v6.12: another VMA is entered, or the call ends. Address: the
	 * begin of the VMA that is left. */
	HS_WALK_VMA_END,
	HS_WALK_CALL_END, /**< the last step; address: the end of the range */
	HS_WALK_STEP_COUNT
};

struct hs_range;
struct hs_pgmap;

/**
 * hs_retry_fn - says whether a range is invalid
 * @param self   the task that walks
 * @param range  what it walks
 * @param arg    hs_range::retry_arg
 *
 * Called where the kernel asks: v6.12 before every pass; v5.3 at the begin of every VMA turn, and
 * after each pass that ended with -EBUSY.
 *
 * Context: the mmap lock is held for read, no RCU section.
 *
 * Return: true if the range is not valid any more, or not yet: the walk ends with -EBUSY.
 */
typedef bool (*hs_retry_fn)(struct hs_task *self, struct hs_range *range, void *arg);

/**
 * hs_step_fn - is told how far a walk is
 * @param self   the task that walks
 * @param range  what it walks; its counts and held are up to date
 * @param step   what has just happened
 * @param addr   where, in bytes; see enum hs_walk_step
 * @param arg    hs_range::step_arg
 *
 * It may change what another task could change meanwhile, and nothing of the range (not checked).
 *
 * Context: the mmap lock is held for read. It may sleep, except at #HS_WALK_PAGE (not checked where
 * no RCU section is open).
 */
typedef void (*hs_step_fn)(struct hs_task *self, struct hs_range *range, enum hs_walk_step step,
			   uint64_t addr, void *arg);

/**
 * struct hs_strategy_ops - a strategy of the user's own, for counts and verdicts
 *
 * Each function gets the walking task, the range, the slot where a reference can be cached (NULL
 * in it when the call begins), and hs_range::ops_arg. A member that is NULL does nothing. None of
 * them may sleep at a PTE table: page, fault_begin, table_end and table_error can be called inside
 * its RCU section (not checked where the table is mapped bare). The others are called outside.
 */
struct hs_strategy_ops {
	/** A devmap page is about to be stored. Return: 0, or -EBUSY: the walk may not store it;
	 * asserted. */
	int (*page)(struct hs_task *self, struct hs_range *range, struct hs_pgmap **slot,
		    uint64_t pfn, void *arg);
	/** A PTE asks for a fault, which comes next. */
	void (*fault_begin)(struct hs_task *self, struct hs_range *range, struct hs_pgmap **slot,
			    void *arg);
	/** A PTE table or a leaf is done. */
	void (*table_end)(struct hs_task *self, struct hs_range *range, struct hs_pgmap **slot,
			  void *arg);
	/** A PTE table is left early: an error, a fault, a wait, or a page that was refused. */
	void (*table_error)(struct hs_task *self, struct hs_range *range, struct hs_pgmap **slot,
			    void *arg);
	/** A page walk has returned. */
	void (*pass_end)(struct hs_task *self, struct hs_range *range, struct hs_pgmap **slot,
			 void *arg);
	/** v5.3: a VMA turn begins. */
	void (*vma_begin)(struct hs_task *self, struct hs_range *range, struct hs_pgmap **slot,
			  void *arg);
	/** v5.3: a VMA turn is over, also with an error; v6.12: another VMA is entered, or the call
	 * ends. */
	void (*vma_end)(struct hs_task *self, struct hs_range *range, struct hs_pgmap **slot,
			void *arg);
	/** The call is about to return. Not called if the arguments were refused. */
	void (*call_end)(struct hs_task *self, struct hs_range *range, struct hs_pgmap **slot,
			 void *arg);
};

/**
 * struct hs_range - one call of the walker: arguments and results
 *
 * hs_range_init() sets every field; the caller changes what it wants otherwise. The range stays the
 * caller's, and may be used for further calls.
 */
struct hs_range {
	struct hs_mm *mm; /**< the address space; the caller keeps it alive during the call */
	uint64_t start;	  /**< first byte, page aligned */
	uint64_t end;	  /**< end, exclusive; page aligned, not beyond hs_geometry_end() */
	uint64_t *pfns;	  /**< one slot a page, the caller's: request in, answer out */
	/** Requested for every page, in addition to its slot; default 0. */
	uint64_t default_flags;
	/** The bits of each slot that are its request; default 0: slots are answers only. */
	uint64_t pfn_flags_mask;
	/** v6.12: device-private pages of this owner are handed out, others are faulted if they are
	 * requested; default NULL. v5.3 hands out those of every owner and ignores it. */
	const void *owner;
	enum hs_era era;	   /**< default #HS_ERA_6_12 */
	enum hs_strategy strategy; /**< default #HS_STRATEGY_NONE */
	enum hs_body body;	   /**< default #HS_BODY_PLAIN */
	enum hs_pte_map pte_map;   /**< default #HS_PTE_MAP_ERA */
	/** v5.3, a call that does not block: its faults have ALLOW_RETRY, and where one drops the
	 * mmap lock the call ends with -EAGAIN. v6.12 ignores it; default false. */
	bool allow_retry;
	hs_retry_fn retry; /**< default NULL: the range is always valid */
	void *retry_arg;   /**< handed to retry */
	/** With #HS_STRATEGY_CUSTOM, not NULL; the others ignore it. */
	const struct hs_strategy_ops *ops;
	void *ops_arg; /**< handed to the functions of ops */
	/** Default NULL: none. Only the reference body calls it, because the loops of the plain
	 * body stay free of calls. */
	hs_step_fn step;
	void *step_arg; /**< handed to step */
	/** Result, set when the call returns, unless it refuses the arguments; the reference body
	 * keeps it up to date meanwhile. */
	struct hs_walk_counts counts;
	/** Result: how many pages were answered, 0 with an error. v5.3 leaves out a hole (no table)
	 * at the end of the range. */
	uint64_t pages;
	const struct hs_pgmap *held; /**< in a step: the pgmap whose reference is cached; or NULL */
};

/**
 * hs_range_init() - set every field of a range
 * @param range  set as a whole, whatever it was
 * @param mm     the address space
 * @param start  first byte
 * @param end    end, exclusive
 * @param pfns   one slot for each page; may be NULL if it is set before the walk
 *
 * v6.12, strategy none, plain body, the PTE map of the era; nothing is requested, the range is
 * always valid, no owner, no steps. Arguments are not checked here.
 *
 * Context: any.
 */
HMMSIM_API void hs_range_init(struct hs_range *range, struct hs_mm *mm, uint64_t start,
			      uint64_t end, uint64_t *pfns);

/**
 * hs_range_fault() - walk a range and fault in what is requested
 * @param self   the calling task
 * @param range  what to walk; its results are set
 *
 * hmm_range_fault() of the range's era. v5.3's returned the number of pages, which here is
 * hs_range::pages; see hs_range_kernel_ret(). With a strategy other than none a page of a killed
 * pgmap cannot be stored: the walk goes round, as long as the range is valid, until the entry is
 * gone.
 *
 * Like the kernel, v6.12 touches the struct pages of device-private entries, to ask for their
 * owner. Such an entry keeps its page if it counts (HS_ENTRY_COUNTED): asserts, in both eras, that
 * the page is there. Of other entries a walk reads no struct page.
 *
 * Context: the mmap lock is held (asserted); no spinlock, no RCU section. May sleep.
 *
 * Return: 0, or
 * - -EINVAL: no mm, no slots, start or end misaligned, start after end, end beyond the geometry, an
 *   enum out of range, custom without ops: counts stay as they were; or the range is empty
 * - -EBUSY: the range is not valid, says hs_range::retry
 * - -EFAULT: a fault failed; or a page is requested that the walk cannot hand out: in a gap, in a
 *   VMA of I/O or pfns (v6.12: also in one that may not be read), or with an entry that has no
 *   struct page or whose page has failed; v5.3 also where nothing is requested: no VMA at or after
 *   a page, a VMA of I/O, pfns or mixed pages, an entry without a struct page, the zero page, an
 *   entry that is neither a page nor absent, swapped out or migrating
 * - -EPERM: v5.3: the VMA may not be read; v6.12: a page was requested for writing and its VMA may
 *   not be written
 * - -EAGAIN: v5.3: a fault has dropped the mmap lock, which is not held any more: with
 *   hs_range::allow_retry, or by fault ops of the caller's own
 */
HMMSIM_API int hs_range_fault(struct hs_task *self, struct hs_range *range);

/**
 * hs_range_snapshot() - walk a range without faults
 * @param self   the calling task
 * @param range  what to walk; its results are set
 *
 * v5.3: hmm_range_snapshot(), which goes on with the next VMA whatever a page walk returned. v6.12
 * has no such function: the same as hs_range_fault() without requests; default_flags and
 * pfn_flags_mask are as before when it returns.
 *
 * Context: as hs_range_fault().
 *
 * Return: 0, or
 * - -EINVAL: as hs_range_fault(); an empty range only with v6.12
 * - -EBUSY: the range is not valid, says hs_range::retry
 * - -EFAULT: v5.3: no VMA at or after a page, or one of I/O, pfns or mixed pages
 * - -EPERM: v5.3: a VMA may not be read
 */
HMMSIM_API int hs_range_snapshot(struct hs_task *self, struct hs_range *range);

/**
 * hs_range_kernel_ret() - what the kernel's function returned in the place of ours
 * @param range  a range that was walked
 * @param ret    what hs_range_fault() or hs_range_snapshot() returned for it
 *
 * Context: any.
 *
 * Return: an error as it is; without one the number of pages (v5.3) or 0 (v6.12).
 */
static inline long hs_range_kernel_ret(const struct hs_range *range, int ret)
{
	return ret || range->era != HS_ERA_5_3 ? ret : (long)range->pages;
}

/**
 * hs_walk_counts_add() - add the counts of a call to a sum
 * @param sum     grows, field by field
 * @param counts  what to add
 *
 * Context: any.
 */
HMMSIM_API void hs_walk_counts_add(struct hs_walk_counts *sum, const struct hs_walk_counts *counts);

/**
 * hs_era_name() - the name of an era, as options and files spell it
 * @param era  which
 *
 * Context: any.
 *
 * Return: "5.3" or "6.12"; "?" for another value.
 */
HMMSIM_API const char *hs_era_name(enum hs_era era);

/**
 * hs_strategy_name() - the name of a strategy, as options and files spell it
 * @param strategy  which
 *
 * Context: any.
 *
 * Return: "none", "per-page" and so on; "?" for another value.
 */
HMMSIM_API const char *hs_strategy_name(enum hs_strategy strategy);

/**
 * hs_body_name() - the name of a body, as options and files spell it
 * @param body  which
 *
 * Context: any.
 *
 * Return: "reference" or "plain"; "?" for another value.
 */
HMMSIM_API const char *hs_body_name(enum hs_body body);

/**
 * hs_walk_step_name() - the name of a step, as reports spell it
 * @param step  which
 *
 * Context: any.
 *
 * Return: "page", "table-end" and so on; "?" for another value.
 */
HMMSIM_API const char *hs_walk_step_name(enum hs_walk_step step);

#ifdef __cplusplus
}
#endif

#endif
