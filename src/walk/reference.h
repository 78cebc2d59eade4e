/* SPDX-License-Identifier: MIT */
/*
 * reference.h - the slow and obvious range-fault walkers
 *
 * Tests compare every instance of the plain body with these two. They share no code with it, look
 * every entry up from the top of the tables, and decide about the strategy by a table at each of
 * its points (reference.c).
 */
#ifndef HS_WALK_REFERENCE_H
#define HS_WALK_REFERENCE_H

#include <hmmsim/mm.h>
#include <hmmsim/page.h>
#include <hmmsim/pgmap.h>
#include <hmmsim/walk.h>

#include "mm/zap.h"
#include "port/port.h"

/* The walks. @snapshot: hmm_range_snapshot(). The caller holds the mmap lock for read. */
int hs_reference_5_3(struct hs_task *self, struct hs_range *range, bool snapshot);
int hs_reference_6_12(struct hs_task *self, struct hs_range *range);

/* What both eras keep during one call. */
struct hs_reference {
	struct hs_task *self;
	struct hs_range *range;
	const struct hs_geometry *geometry;
	const struct hs_vma *vma; /* where the walk is; NULL: in a gap */
	struct hs_pgmap *slot;	  /* the strategy's cached reference */
	int64_t kept;		  /* references that functions of the user took and did not put */
	uint64_t last;		  /* the first address that is not completed */
	bool snapshot;
	bool rcu;    /* a PTE table is scanned inside an RCU section */
	bool inside; /* it is inside that section now */
};

/* Begins a call. @rcu: what HS_PTE_MAP_ERA means for this era. */
void hs_reference_begin(struct hs_task *self, struct hs_reference *w, struct hs_range *range,
			bool rcu);
/* Ends a call: the last point of the strategy, the last step, and .leaked. */
void hs_reference_end(struct hs_reference *w);

/* ---- the range --------------------------------------------------------------------------- */

/* The slot of an address in the pfn array. */
uint64_t *hs_reference_slot(const struct hs_reference *w, uint64_t addr);
/* What is requested of that page. */
uint64_t hs_reference_request(const struct hs_reference *w, uint64_t addr);
/* The end of the span of the entry of @level at @addr, or @end, whichever comes first. */
uint64_t hs_reference_span(const struct hs_reference *w, uint64_t addr, uint64_t end,
			   uint32_t level);
/* The pages between @addr and the begin of the entry of @level that spans it. */
uint64_t hs_reference_offset(const struct hs_reference *w, uint64_t addr, uint32_t level);
/* True: the range is not valid. */
bool hs_reference_retry(struct hs_reference *w);
/* Before the next pass: after a failed lookup, waits until another task changes what was read. */
void hs_reference_again(struct hs_reference *w, uint64_t failures_before);

/* ---- entries ----------------------------------------------------------------------------- */

/* The first entry, from the top down, that is no table or on level @lowest; *level is its level. */
uint64_t hs_reference_entry(const struct hs_reference *w, uint64_t addr, uint32_t lowest,
			    uint32_t *level);
/* The entry maps a page or leaf. */
bool hs_reference_present(uint64_t entry);
/* HS_PFN_VALID and HS_PFN_WRITE of a present entry; 0 for all others and for prot-none. */
uint64_t hs_reference_access(uint64_t entry);
/* The pfn of a hugetlb entry, present or not; see reference.c. */
uint64_t hs_reference_raw_pfn(uint64_t entry);
/*
 * The kernel splits a leaf of level 2 that is no devmap one by taking it away: what it mapped is
 * faulted again. Returns 0.
 */
int hs_reference_split(struct hs_reference *w, uint64_t addr);
/* The level of the leaves in a hugetlb VMA. */
uint32_t hs_reference_hugetlb_level(const struct hs_vma *vma);

/* ---- the map of a PTE table --------------------------------------------------------------- */

void hs_reference_map(struct hs_reference *w);
/* Does nothing if it is not mapped. */
void hs_reference_unmap(struct hs_reference *w);

/* ---- faults ------------------------------------------------------------------------------ */

/* Faults @addr. HS_VM_FAULT_* bits. */
uint32_t hs_reference_fault(struct hs_reference *w, uint64_t addr, bool write);
/* Waits for a migration entry of @level to go. */
void hs_reference_wait(struct hs_reference *w, uint64_t addr, uint32_t level);

/* ---- steps ------------------------------------------------------------------------------- */

/* Reports a step by hs_range.step, if that is set. */
void hs_reference_step(struct hs_reference *w, enum hs_walk_step step, uint64_t addr);

/* ---- the points of a strategy ------------------------------------------------------------ */

enum hs_reference_point {
	HS_REFERENCE_FAULT_BEGIN,
	HS_REFERENCE_TABLE_END,
	HS_REFERENCE_TABLE_ERROR,
	HS_REFERENCE_PASS_END,
	HS_REFERENCE_VMA_BEGIN, /* v5.3 only */
	HS_REFERENCE_VMA_END,
	HS_REFERENCE_CALL_END,
	HS_REFERENCE_POINT_COUNT
};

/* A devmap page is about to be stored. 0, or -EBUSY: no reference. */
int hs_reference_page(struct hs_reference *w, uint64_t pfn);
/* The strategy puts, forgets or keeps its reference, as the table in reference.c says. */
void hs_reference_at(struct hs_reference *w, enum hs_reference_point point);

#endif
