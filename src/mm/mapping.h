/* SPDX-License-Identifier: MIT */
/*
 * mapping.h - what a VMA maps, for VMAs and faults
 */
#ifndef HS_MM_MAPPING_H
#define HS_MM_MAPPING_H

#include <hmmsim/mapping.h>

#include "mm/mm.h"
#include "pgmap/pgmap.h"

struct hs_mapping {
	enum hs_mapping_kind kind;
	struct hs_pgmap *pgmap;
	uint64_t first, pages;
	uint32_t level, leaf_order;
	struct hs_rwsem lock; /* the mapping lock: vmas, and start, end, pgoff of each */
	struct hs_vma *vmas;
	uint32_t vma_count;
	hs_u32 alive;
	hs_u32 faults; /* in flight */
	struct hs_waitq queue;
	struct hs_mutex entry_lock; /* DAX file: blocks and next_block */
	uint64_t *blocks;	    /* pfn + 1 of each page; 0 or HS_BLOCK_ZERO: a hole */
	uint64_t next_block;
};

/* A hole for which page tables may map the zero page. */
#define HS_BLOCK_ZERO UINT64_MAX

/*
 * May a VMA [start, end) map it from page @pgoff on? 0; -EINVAL: not by this kind; -ENXIO: a device
 * that is disabled. Adds the VMA flags that the kind implies.
 */
int hs_mapping_check(struct hs_task *self, struct hs_mapping *mapping, uint64_t start, uint64_t end,
		     uint64_t pgoff, uint32_t *flags);
/* The VMA begins to map it, and ends to. */
void hs_mapping_link(struct hs_task *self, struct hs_mapping *mapping, struct hs_vma *vma);
void hs_mapping_unlink(struct hs_task *self, struct hs_mapping *mapping, struct hs_vma *vma);
/* Widens [*start, *end) to the leaves that faults in VMAs of @mapping may make there. */
void hs_mapping_leaf_span(const struct hs_mapping *mapping, uint64_t *start, uint64_t *end);
/*
 * As hs_mapping_allocate() and hs_mapping_pfn(), for a caller that holds .entry_lock. When a hole
 * for which the zero page is mapped gets a block, the zero page is unmapped from everywhere.
 */
int hs_mapping_allocate_locked(struct hs_task *self, struct hs_mapping *mapping, uint64_t index);
int hs_mapping_pfn_locked(struct hs_task *self, struct hs_mapping *mapping, uint64_t index,
			  uint64_t *pfn);
/* A fault begins: false if the mapping is disabled. After true, leave() ends the fault. */
bool hs_mapping_enter(struct hs_task *self, struct hs_mapping *mapping);
void hs_mapping_leave(struct hs_task *self, struct hs_mapping *mapping);

#endif
