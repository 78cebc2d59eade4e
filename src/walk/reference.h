/* SPDX-License-Identifier: MIT */
/*
 * reference.h - the slow and obvious range-fault walkers
 *
 * Every fast instance is held against these two. They share no code with the others, look every
 * entry up from the top of the tables, and decide about the strategy by a switch at each of its
 * points (reference.c). Nobody should want to use them for anything else.
 */
#ifndef HS_WALK_REFERENCE_H
#define HS_WALK_REFERENCE_H

#include <hmmsim/mm.h>
#include <hmmsim/page.h>
#include <hmmsim/pgmap.h>
#include <hmmsim/walk.h>

#include "port/port.h"

/* v5.3; @snapshot: hmm_range_snapshot(). The caller holds the mmap lock for read. */
int hs_reference_5_3(struct hs_task *self, struct hs_range *range, bool snapshot);
int hs_reference_6_12(struct hs_task *self, struct hs_range *range);

/* What both eras keep during one call. */
struct hs_reference {
	struct hs_task *self;
	struct hs_range *range;
	const struct hs_geometry *geometry;
	const struct hs_vma *vma; /* the walk is in it; NULL: in a gap */
	struct hs_pgmap *slot;	  /* the strategy's cached reference */
	uint64_t last;		  /* the first address that is not done */
	bool snapshot;
	bool rcu;    /* a PTE table is scanned inside an RCU section */
	bool inside; /* now */
};

/* @rcu: what HS_PTE_MAP_ERA means here. */
void hs_reference_begin(struct hs_reference *w, struct hs_task *self, struct hs_range *range,
			bool rcu);
/* Where every call ends: the strategy's last point, and the balance. */
void hs_reference_end(struct hs_reference *w);

/* ---- the range --------------------------------------------------------------------------- */

/* The slot of an address in the pfn array. */
uint64_t *hs_reference_slot(const struct hs_reference *w, uint64_t addr);
/* What the caller wants of that page. */
uint64_t hs_reference_request(const struct hs_reference *w, uint64_t addr);
/* The end of the span of the entry of @level at @addr, or @end if that comes first. */
uint64_t hs_reference_span(const struct hs_reference *w, uint64_t addr, uint64_t end,
			   uint32_t level);
/* How many pages @addr is behind the begin of the entry of @level that spans it. */
uint64_t hs_reference_offset(const struct hs_reference *w, uint64_t addr, uint32_t level);
bool hs_reference_retry(struct hs_reference *w);
/* Before another pass: one that failed at a lookup waits until somebody changes what it read. */
void hs_reference_again(struct hs_reference *w, uint64_t failures_before);

/* ---- entries ----------------------------------------------------------------------------- */

/* From the top down to @lowest, or to the first entry that is no table: *level is its level. */
uint64_t hs_reference_entry(const struct hs_reference *w, uint64_t addr, uint32_t lowest,
			    uint32_t *level);
/* A page or leaf that the CPU could use. */
bool hs_reference_present(uint64_t entry);
/* VALID, WRITE of a present entry; 0 of all others, prot-none ones too. */
uint64_t hs_reference_access(uint64_t entry);
/* What a huge page's entry reads as if it held a pfn, whatever it holds. */
uint64_t hs_reference_raw_pfn(uint64_t entry);
/*
 * The kernel splits a leaf of level 2 that is no devmap one by taking it away: what was there is
 * faulted anew. 0.
 */
int hs_reference_split(struct hs_reference *w, uint64_t addr);
/* The level of the leaves in a hugetlb VMA. */
uint32_t hs_reference_hugetlb_level(const struct hs_vma *vma);

/* ---- the map of a PTE table --------------------------------------------------------------- */

void hs_reference_map(struct hs_reference *w);
/* May be called when it is not mapped. */
void hs_reference_unmap(struct hs_reference *w);

/* ---- faults ------------------------------------------------------------------------------ */

/* HS_VM_FAULT_* */
uint32_t hs_reference_fault(struct hs_reference *w, uint64_t addr, bool write);
void hs_reference_wait(struct hs_reference *w, uint64_t addr, uint32_t level);

/* ---- steps ------------------------------------------------------------------------------- */

/* Tells the caller, if he wants to know. */
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

/* A devmap page is about to be stored: 0 or -EBUSY. */
int hs_reference_page(struct hs_reference *w, uint64_t pfn);
/* The strategy puts, forgets or keeps the slot, as its table (reference.c) says for this point. */
void hs_reference_at(struct hs_reference *w, enum hs_reference_point point);

#endif
