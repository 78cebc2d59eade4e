/* SPDX-License-Identifier: MIT */
/*
 * walk.h - the state of one walk, and the contract between walkers and strategies
 *
 * A walker template (era_5_3.h, era_6_12.h) is compiled once for each strategy. A strategy is a
 * header that binds some of the hooks below, each by `#define st_<hook> function`: to
 * hs_walk_get() or hs_walk_put(), or to a static inline function of its own that is called
 * st_<hook>. hooks.h gives the others an empty body. Dispatch happens once a call (dispatch.c),
 * never in a loop.
 *
 * hook			where						may
 * st_page		a devmap page is about to be stored		return -EBUSY
 * st_fault_begin	before a fault that a PTE asks for		put the slot
 * st_table_end		PTE table, PMD or PUD leaf completed		put the slot
 * st_table_error	a PTE table is left before its end		put the slot
 * st_pass_end		the page walk returned				put the slot
 * st_vma_begin		5.3: a VMA turn begins				clear the slot
 * st_vma_end		5.3: a VMA turn is over, before its error return;
 *			6.12: another VMA is entered, or the call ends	put the slot
 * st_call_end		every return once a walk has begun		put the slot
 *
 * The slot is where a cached reference is kept: in struct hs_walk, or, with ST_LOCAL_SLOT, in a
 * local variable of the scan of one table, which ends with the scan. After the call refs == puts,
 * except for what a table error leaks with per-table and per-table-local, as v5.2 to v5.6 did.
 */
#ifndef HS_WALK_WALK_H
#define HS_WALK_WALK_H

#include <errno.h>

#include <hmmsim/pgmap.h>
#include <hmmsim/walk.h>

#include "mm/mm.h"
#include "mm/table.h"
#include "mm/zap.h"

struct hs_walk {
	struct hs_task *self;
	struct hs_range *range;
	struct hs_mm *mm;
	const struct hs_vma *vma;  /* where the walk is; NULL: in a gap */
	const struct hs_vma *turn; /* 6.12: the last VMA entered, for st_vma_end */
	uint64_t last;		   /* first address not completed */
	struct hs_pgmap *cached;   /* the slot */
	bool snapshot;		   /* 5.3: nothing is faulted */
	bool rcu;		   /* PTE tables are mapped under RCU */
	bool mapped;		   /* one is mapped under RCU now */
	int64_t kept;		   /* custom: references that its functions took and did not put */
	struct hs_walk_counts counts;
};

/* The walkers of one strategy. */
struct hs_walker {
	int (*fault_5_3)(struct hs_walk *w);
	int (*snapshot_5_3)(struct hs_walk *w);
	int (*fault_6_12)(struct hs_walk *w);
};

extern const struct hs_walker hs_walker_none, hs_walker_per_page, hs_walker_per_table,
	hs_walker_per_table_local, hs_walker_per_range, hs_walker_per_pass, hs_walker_per_call,
	hs_walker_custom;

/* ---- for templates and strategies -------------------------------------------------------- */

static inline uint64_t hs_walk_index(const struct hs_walk *w, uint64_t addr)
{
	return (addr - w->range->start) >> HS_PAGE_SHIFT;
}

static inline void hs_walk_fill(struct hs_walk *w, uint64_t start, uint64_t end, uint64_t value)
{
	uint64_t *pfns = w->range->pfns, i = hs_walk_index(w, start), n = hs_walk_index(w, end);

	for (; i < n; i++)
		pfns[i] = value;
}

/* get_dev_pagemap() with the slot as its cached argument, counted. 0, or -EBUSY: no reference. */
static inline int hs_walk_get(struct hs_walk *w, struct hs_pgmap **slot, uint64_t pfn)
{
	struct hs_pgmap *was = *slot, *now = hs_pgmap_get(w->self, pfn, was);

	w->counts.calls++;
	if (hs_likely(now == was && now)) {
		w->counts.hits++;
		return 0;
	}
	w->counts.puts += was != NULL;
	w->counts.lookups++;
	*slot = now;
	if (!now) {
		w->counts.failures++;
		return -EBUSY;
	}
	w->counts.refs++;
	return 0;
}

static inline void hs_walk_put(struct hs_walk *w, struct hs_pgmap **slot)
{
	if (!*slot || HS_BREAK(WALK_KEEPS_REF))
		return;
	hs_pgmap_put(w->self, *slot);
	*slot = NULL;
	w->counts.puts++;
}

static inline bool hs_walk_invalid(struct hs_walk *w)
{
	struct hs_range *r = w->range;

	return r->retry && r->retry(w->self, r, r->retry_arg);
}

/*
 * pte_offset_map() and pte_unmap(). A table is unmapped before a fault or a wait, because these may
 * sleep; so the end of its scan may find it unmapped.
 */
static inline void hs_walk_map_table(struct hs_walk *w)
{
	if (!w->rcu || HS_BREAK(WALK_MAP_BARE))
		return;
	hs_rcu_read_lock(w->self);
	w->mapped = true;
}

static inline void hs_walk_unmap_table(struct hs_walk *w)
{
	if (!w->mapped)
		return;
	w->mapped = false;
	hs_rcu_read_unlock(w->self);
}

/*
 * Before the next pass: one that ended at a failed lookup waits until another task changes what it
 * read, because walking again alone cannot help. One that ended with a fault or a wait has made
 * progress, and does not wait here. A fault after which a device-private page is still there has
 * waited for itself (src/mm/fault_swap.c).
 */
static inline void hs_walk_again(struct hs_walk *w, uint64_t failures_before)
{
	if (w->counts.failures != failures_before)
		hs_retry_wait(w->self, "the pgmap is dead, its pages are still mapped");
}

/* What a call of v5.3 that does not block adds to the flags of its faults. */
static inline uint32_t hs_walk_fault_flags(const struct hs_range *range, bool write)
{
	uint32_t flags = HS_FAULT_REMOTE | (write ? HS_FAULT_WRITE : 0);

	if (range->allow_retry && range->era == HS_ERA_5_3)
		flags |= HS_FAULT_ALLOW_RETRY;
	return flags;
}

/* Faults @addr. HS_VM_FAULT_* bits. In a gap the fault ops get NULL for the VMA (mm.h). */
static inline uint32_t hs_walk_fault(struct hs_walk *w, uint64_t addr, bool write)
{
	w->counts.faults++;
	w->counts.held_faults += w->cached != NULL;
	return hs_mm_fault(w->self, w->mm, w->vma, addr, hs_walk_fault_flags(w->range, write));
}

/* Waits for a migration entry to go. @held: the reference in the slot, wherever that is. */
static inline void hs_walk_migration_wait(struct hs_walk *w, uint64_t addr, uint32_t level,
					  const struct hs_pgmap *held)
{
	w->counts.waits++;
	w->counts.held_faults += held != NULL;
	w->last = addr;
	hs_mm_migration_wait(w->self, w->mm, addr, level);
}

/*
 * The pfn of a hugetlb entry. The kernel's walkers take it before they know that the entry is
 * present. Where it is not, this is what x86-64 keeps in these bits: an offset that begins three
 * bits further up (migration, hwpoison), or a pfn whose low bits are set (prot-none). A table of
 * smaller pages in the place of a huge one reads as 0.
 */
static inline uint64_t hs_walk_raw_pfn(uint64_t e)
{
	if (hs_entry_is_table(e))
		return 0;
	switch (hs_entry_type(e)) {
	case HS_TYPE_MIGRATION:
	case HS_TYPE_HWPOISON:
		return hs_entry_pfn(e) >> 3;
	case HS_TYPE_PROTNONE:
		return hs_entry_pfn(e) | 0x1ff;
	default:
		return hs_entry_pfn(e);
	}
}

#endif
