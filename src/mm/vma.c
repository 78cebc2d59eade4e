/* SPDX-License-Identifier: MIT */
/*
 * vma.c - the VMAs of an address space
 */
#include "mm/mm.h"

#include <errno.h>
#include <string.h>

#define VMAS_FIRST 8

/* Index of the first VMA with end > addr. */
static uint32_t vma_index(const struct hs_mm *mm, uint64_t addr)
{
	uint32_t low = 0, high = mm->vma_count;

	while (low < high) {
		uint32_t middle = (low + high) / 2;

		if (mm->vmas[middle].end > addr)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

const struct hs_vma *hs_vma_find(const struct hs_mm *mm, uint64_t addr)
{
	uint32_t i = vma_index(mm, addr);

	return i < mm->vma_count ? mm->vmas[i].vma : NULL;
}

struct hs_vma *hs_vma_at(const struct hs_mm *mm, uint64_t addr)
{
	uint32_t i = vma_index(mm, addr);

	return i < mm->vma_count && mm->vmas[i].vma->start <= addr ? mm->vmas[i].vma : NULL;
}

uint32_t hs_vma_count(const struct hs_mm *mm)
{
	return mm->vma_count;
}

static int vmas_grow(struct hs_task *self, struct hs_mm *mm)
{
	uint32_t room = mm->vma_room ? 2 * mm->vma_room : VMAS_FIRST;
	struct hs_vma_slot *more = hs_alloc(self, HS_KIND_VMAS, room * sizeof(*more));

	if (!more)
		return -ENOMEM;
	if (mm->vma_count)
		memcpy(more, mm->vmas, mm->vma_count * sizeof(*more));
	hs_free(self, mm->vmas, HS_KIND_VMAS, mm->vma_room * sizeof(*more));
	mm->vmas = more;
	mm->vma_room = room;
	return 0;
}

int hs_vma_add(struct hs_task *self, struct hs_mm *mm, uint64_t start, uint64_t end, uint32_t flags)
{
	struct hs_vma *vma;
	uint32_t i;

	if (start >= end || (start | end) & (HS_PAGE_BYTES - 1) ||
	    end > hs_geometry_end(mm->geometry))
		return -EINVAL;
	i = vma_index(mm, start);
	if (i < mm->vma_count && mm->vmas[i].vma->start < end)
		return -EEXIST;
	if (mm->vma_count == mm->vma_room && vmas_grow(self, mm))
		return -ENOMEM;
	vma = hs_alloc(self, HS_KIND_VMA, sizeof(*vma));
	if (!vma)
		return -ENOMEM;
	vma->start = start;
	vma->end = end;
	vma->flags = flags;
	vma->pgoff = start >> HS_PAGE_SHIFT;
	vma->mm = mm;
	memmove(&mm->vmas[i + 1], &mm->vmas[i], (mm->vma_count - i) * sizeof(mm->vmas[0]));
	mm->vmas[i] = (struct hs_vma_slot){ end, vma };
	mm->vma_count++;
	return 0;
}

void hs_vmas_destroy(struct hs_task *self, struct hs_mm *mm)
{
	for (uint32_t i = 0; i < mm->vma_count; i++)
		hs_free(self, mm->vmas[i].vma, HS_KIND_VMA, sizeof(*mm->vmas[i].vma));
	hs_free(self, mm->vmas, HS_KIND_VMAS, mm->vma_room * sizeof(mm->vmas[0]));
}
