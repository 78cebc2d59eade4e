/* SPDX-License-Identifier: MIT */
/*
 * walk.h - the range-fault walker
 *
 * same: hmm_range_fault() of Linux v5.3 (mm/hmm.c, with hmm_range_snapshot()) and of v6.12, with the
 * pgmap-reference strategy as a parameter. What is reduced is below it: faults go to the mm's fault
 * ops, validity is asked through a function.
 *
 * The pfn array is request and answer. Bits of a slot: VALID (as a request: fault it in), WRITE,
 * ERROR; v6.12 adds the order of the mapping in bits 60..56; v5.3 adds DEVICE (private) and SPECIAL.
 * The rest is the pfn. The kernel's v5.3 let the driver choose these patterns; here they are fixed.
 *
 * Errors are the kernel's: -EBUSY (the range is invalid, or, with a strategy other than none, a
 * pgmap is dead), -EFAULT, -EPERM, -EINVAL, -EAGAIN (v5.3: a fault dropped the mmap lock).
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

#define HS_PFN_VALID ((uint64_t)1 << 63) /* request: REQ_FAULT */
#define HS_PFN_WRITE ((uint64_t)1 << 62) /* request: REQ_WRITE */
#define HS_PFN_ERROR ((uint64_t)1 << 61)
#define HS_PFN_ORDER_SHIFT 56 /* v6.12: bits 60..56 */
#define HS_PFN_ORDER ((uint64_t)0x1f << HS_PFN_ORDER_SHIFT)
#define HS_PFN_DEVICE ((uint64_t)1 << 60)  /* v5.3 */
#define HS_PFN_SPECIAL ((uint64_t)1 << 59) /* v5.3, a bare value */

enum hs_era {
	HS_ERA_5_3,
	HS_ERA_6_12,
	HS_ERA_COUNT
};

/* Whose reference keeps a devmap page's pgmap during the walk. */
enum hs_strategy {
	HS_STRATEGY_NONE,	     /* v5.7 on: nobody looks it up */
	HS_STRATEGY_PER_PAGE,	     /* a reference taken and dropped for each page */
	HS_STRATEGY_PER_TABLE,	     /* v5.2-v5.6: cached until the end of the table */
	HS_STRATEGY_PER_TABLE_LOCAL, /* 04/15 of 6 Aug 2019: cached in a local of the table scan */
	HS_STRATEGY_PER_RANGE,	     /* the thread's sketch, 14 Aug 2019: cached for a VMA turn */
	HS_STRATEGY_PER_PASS,	     /* 11 Mar 2020: dropped after each pass of the page walk */
	HS_STRATEGY_PER_CALL,	     /* 16 Mar 2020: dropped at the end of the call */
	HS_STRATEGY_CUSTOM,	     /* hs_range.ops */
	HS_STRATEGY_COUNT
};

/* How a PTE table is held while it is scanned; not over a fault or a wait. */
enum hs_pte_map {
	HS_PTE_MAP_ERA,	 /* as the era did it: 5.3 bare, 6.12 under RCU */
	HS_PTE_MAP_BARE, /* before v6.5: by the mmap lock alone */
	HS_PTE_MAP_RCU,	 /* v6.5 on: inside an RCU read section */
	HS_PTE_MAP_COUNT
};

enum hs_body {
	HS_BODY_REFERENCE, /* slow and obvious, written from the description alone */
	HS_BODY_PLAIN,	   /* the shape of the kernel's loops */
	HS_BODY_COUNT
};

/* Exact, of one call. calls = hits + lookups; lookups = refs + failures. */
struct hs_walk_counts {
	uint64_t calls;	   /* get_dev_pagemap() called */
	uint64_t hits;	   /* answered by the cached argument */
	uint64_t lookups;  /* reached the index */
	uint64_t refs;	   /* references obtained */
	uint64_t failures; /* lookups that obtained none */
	uint64_t puts;
	uint64_t leaked; /* references alive at return that nobody will put */
	uint64_t faults;
	uint64_t held_faults; /* faults and migration waits entered with a reference held */
	uint64_t waits;	      /* for migration entries */
	uint64_t passes;      /* page walks begun, that of an empty range included */
	uint64_t bad_ptes;    /* special entries met in a VMA that should have none */
};

/*
 * How far the reference body is. All but PAGE of a PTE are outside of the table's RCU section: there
 * one may sleep, as far as the mmap lock allows. Each comes after what the strategy does there.
 *
 *	step		when						addr
 *	PAGE		a page of a table or a leaf has its answer	of the page
 *	TABLE_END	a PTE table or a leaf is done, and unmapped	where it ended
 *	TABLE_ERROR	a PTE table is left before that, and unmapped	of the page
 *	FAULT_BEGIN	the fault handler is called next		of the page
 *	FAULT_END	it has returned					of the page
 *	WAIT_BEGIN	a migration entry is waited for			of the entry
 *	WAIT_END	it has been					of the entry
 *	PASS_END	a page walk has returned			where another would begin
 *	VMA_END		as st_vma_end: v5.3 a turn is over, v6.12	where the VMA begins
 *			another VMA is entered or the call ends
 *	CALL_END	nothing comes after it				range->end
 */
enum hs_walk_step {
	HS_WALK_PAGE,
	HS_WALK_TABLE_END,
	HS_WALK_TABLE_ERROR,
	HS_WALK_FAULT_BEGIN,
	HS_WALK_FAULT_END,
	HS_WALK_WAIT_BEGIN,
	HS_WALK_WAIT_END,
	HS_WALK_PASS_END,
	HS_WALK_VMA_END,
	HS_WALK_CALL_END,
	HS_WALK_STEP_COUNT
};

struct hs_range;

/*
 * True: the range is no longer valid, or not yet. Asked where the kernel asks: v6.12 before every
 * pass; v5.3 at the top of every VMA turn and after each pass that ended in -EBUSY.
 */
typedef bool (*hs_retry_fn)(struct hs_task *self, struct hs_range *range, void *arg);

struct hs_pgmap;

/* It may look at .counts and .held, and change what anybody else could change meanwhile. */
typedef void (*hs_step_fn)(struct hs_task *self, struct hs_range *range, enum hs_walk_step step,
			   uint64_t addr, void *arg);

/*
 * A strategy of the user's own: what to do with the slot at each point. For counts and verdicts. What
 * it does is its own to count, but for failures: the pages that it refused.
 */
struct hs_strategy_ops {
	/* A devmap page is about to be stored. *slot may be changed. 0 or -EBUSY. */
	int (*page)(struct hs_task *self, struct hs_range *range, struct hs_pgmap **slot,
		    uint64_t pfn, void *arg);
	/* The points at which a strategy may drop *slot; NULL: it keeps it. */
	void (*fault_begin)(struct hs_task *self, struct hs_range *range, struct hs_pgmap **slot,
			    void *arg);
	void (*table_end)(struct hs_task *self, struct hs_range *range, struct hs_pgmap **slot,
			  void *arg);
	void (*table_error)(struct hs_task *self, struct hs_range *range, struct hs_pgmap **slot,
			    void *arg);
	void (*pass_end)(struct hs_task *self, struct hs_range *range, struct hs_pgmap **slot,
			 void *arg);
	void (*vma_begin)(struct hs_task *self, struct hs_range *range, struct hs_pgmap **slot,
			  void *arg);
	void (*vma_end)(struct hs_task *self, struct hs_range *range, struct hs_pgmap **slot,
			void *arg);
	void (*call_end)(struct hs_task *self, struct hs_range *range, struct hs_pgmap **slot,
			 void *arg);
};

/* Fill it with hs_range_init(), then change fields. */
struct hs_range {
	struct hs_mm *mm;
	uint64_t start, end; /* page aligned */
	uint64_t *pfns;	     /* one slot a page: request in, answer out */
	uint64_t default_flags, pfn_flags_mask;
	const void *owner;	   /* v6.12: whose device-private pages to accept; v5.3: ignored */
	enum hs_era era;	   /* default 6.12 */
	enum hs_strategy strategy; /* default none */
	enum hs_body body;	   /* default plain */
	enum hs_pte_map pte_map;   /* default the era's */
	hs_retry_fn retry;	   /* NULL: always valid */
	void *retry_arg;
	const struct hs_strategy_ops *ops; /* HS_STRATEGY_CUSTOM */
	void *ops_arg;
	/* NULL: none. The plain body never calls it: its loops stay free of calls. */
	hs_step_fn step;
	void *step_arg;
	struct hs_walk_counts counts; /* out: set when the call returns */
	uint64_t pages;		      /* out: answered; v5.3 may count fewer than it filled */
	const struct hs_pgmap *held;  /* out, in a step: whose reference the strategy has cached */
};

/* v6.12, strategy none, plain body, nothing requested, always valid. */
HMMSIM_API void hs_range_init(struct hs_range *range, struct hs_mm *mm, uint64_t start,
			      uint64_t end, uint64_t *pfns);
/*
 * Walks the range; the caller holds the mmap lock for read. 0 or -errno, and .pages is 0 with an
 * error. v5.3's function returned .pages.
 */
HMMSIM_API int hs_range_fault(struct hs_task *self, struct hs_range *range);
/* v5.3's hmm_range_snapshot(): never faults. On v6.12 the same as a call without requests. */
HMMSIM_API int hs_range_snapshot(struct hs_task *self, struct hs_range *range);

/* What the kernel's function returned where hs_range_fault() returned @ret: v5.3's, the pages. */
static inline long hs_range_kernel_ret(const struct hs_range *range, int ret)
{
	return ret || range->era != HS_ERA_5_3 ? ret : (long)range->pages;
}

/* *sum += *counts, field by field. */
HMMSIM_API void hs_walk_counts_add(struct hs_walk_counts *sum, const struct hs_walk_counts *counts);

HMMSIM_API const char *hs_era_name(enum hs_era era);
HMMSIM_API const char *hs_strategy_name(enum hs_strategy strategy);
HMMSIM_API const char *hs_body_name(enum hs_body body);
HMMSIM_API const char *hs_walk_step_name(enum hs_walk_step step);

#ifdef __cplusplus
}
#endif

#endif
