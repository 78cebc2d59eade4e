/* SPDX-License-Identifier: MIT */
/*
 * vma.h - finding and changing VMAs, for the rest of this room
 */
#ifndef HS_MM_VMA_H
#define HS_MM_VMA_H

#include "mm/mm.h"

/* The VMA that contains @addr; NULL: none. The mmap lock is held. */
struct hs_vma *hs_vma_at(const struct hs_mm *mm, uint64_t addr);
/*
 * Cuts VMAs so that [start, end) consists of whole ones, calls @change with @value for each, and
 * joins what can be joined again. The mmap lock is held for write. 0; -EINVAL: a cut inside a leaf
 * of device-dax; -ENOMEM: a gap, or no memory. After an error nothing has changed.
 */
int hs_vma_modify(struct hs_task *self, struct hs_mm *mm, uint64_t start, uint64_t end,
		  void (*change)(struct hs_task *self, struct hs_vma *vma, uint64_t value),
		  uint64_t value);
/* Unmaps every VMA and frees the array. The mmap lock is held for write. */
void hs_vmas_destroy(struct hs_task *self, struct hs_mm *mm);

#endif
