/* SPDX-License-Identifier: MIT */
/*
 * vma.c - the VMAs of an address space: mmap, munmap, mprotect
 *
 * VMAs are a sorted array, changed under the mmap lock held for write. The range of a VMA that is
 * in the list of a mapping changes under the mapping lock as well. All memory is allocated before
 * anything changes.
 *
 * hs_unmap_mapping_range() takes no mmap lock and may come between any two steps:
 *
 *	cut				join			unmap
 *	mapping lock, write		mapping lock, write	mapping lock, read
 *	  link the upper part		  the lower one grows	  each VMA: clear its entries
 *	mapping lock, write		mapping lock, write	unlock
 *	  the lower part shrinks	  unlink the upper one
 *
 *	Required outcome: pages that stay mapped are covered by a VMA of the list at any time, some
 *	by two for a moment; when unmap returns no entry of its range is left.
 *	(tests/model/test_mapping_model.c: munmap_against_unmap_mapping_range,
 *	 mprotect_against_unmap_mapping_range)
 */
#include "mm/vma.h"

#include "mm/gate.h"
#include "mm/mapping.h"
#include "mm/table.h"
#include "mm/zap.h"

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

/* ---- the array --------------------------------------------------------------------------- */

/* Makes room for @n more VMAs. 0 or -ENOMEM. */
static int vmas_reserve(struct hs_task *self, struct hs_mm *mm, uint32_t n)
{
	uint32_t room = mm->vma_room ? 2 * mm->vma_room : VMAS_FIRST;
	struct hs_vma_slot *more;

	if (mm->vma_count + n <= mm->vma_room)
		return 0;
	more = hs_alloc(self, HS_KIND_VMAS, room * sizeof(*more));
	if (!more)
		return -ENOMEM;
	if (mm->vma_count)
		memcpy(more, mm->vmas, mm->vma_count * sizeof(*more));
	hs_free(self, mm->vmas, HS_KIND_VMAS, mm->vma_room * sizeof(*more));
	mm->vmas = more;
	mm->vma_room = room;
	return 0;
}

static void vma_free(struct hs_task *self, struct hs_vma *vma)
{
	if (vma)
		hs_gate_unlink(self, vma->gate);
	hs_free(self, vma, HS_KIND_VMA, sizeof(*vma));
}

/* vmas_reserve() has made room. */
static void vma_insert(struct hs_task *self, struct hs_mm *mm, uint32_t i, struct hs_vma *vma)
{
	memmove(&mm->vmas[i + 1], &mm->vmas[i], (mm->vma_count - i) * sizeof(mm->vmas[0]));
	mm->vmas[i] = (struct hs_vma_slot){ vma->end, vma };
	mm->vma_count++;
	if (vma->mapping)
		hs_mapping_link(self, vma->mapping, vma);
}

/* Takes @n VMAs out of the array, and does no more. */
static void vmas_drop(struct hs_mm *mm, uint32_t i, uint32_t n)
{
	mm->vma_count -= n;
	memmove(&mm->vmas[i], &mm->vmas[i + n], (mm->vma_count - i) * sizeof(mm->vmas[0]));
}

static uint64_t vma_pgoff_of(const struct hs_vma *vma, uint64_t addr)
{
	return vma->pgoff + (addr >> HS_PAGE_SHIFT) - (vma->start >> HS_PAGE_SHIFT);
}

static void vma_resize(struct hs_task *self, struct hs_mm *mm, uint32_t i, uint64_t start,
		       uint64_t end)
{
	struct hs_vma *vma = mm->vmas[i].vma;

	if (vma->mapping) {
		hs_down_write(self, &vma->mapping->lock);
		hs_assert_write(self, &vma->mapping->lock);
	}
	vma->pgoff = vma_pgoff_of(vma, start);
	vma->start = start;
	vma->end = end;
	if (vma->mapping)
		hs_up_write(self, &vma->mapping->lock);
	mm->vmas[i].end = end;
}

/* ---- joining and cutting ----------------------------------------------------------------- */

static bool vma_can_join(const struct hs_vma *low, const struct hs_vma *high)
{
	return low->end == high->start && low->flags == high->flags &&
	       low->mapping == high->mapping && low->gate == high->gate &&
	       vma_pgoff_of(low, low->end) == high->pgoff;
}

/* Joins VMA @i with the next one, if they allow it. */
static bool vma_join(struct hs_task *self, struct hs_mm *mm, uint32_t i)
{
	struct hs_vma *low = mm->vmas[i].vma, *high;

	if (i + 1 == mm->vma_count || !vma_can_join(low, mm->vmas[i + 1].vma))
		return false;
	high = mm->vmas[i + 1].vma;
	vma_resize(self, mm, i, low->start, high->end);
	if (high->mapping)
		hs_mapping_unlink(self, high->mapping, high);
	vmas_drop(mm, i + 1, 1);
	vma_free(self, high);
	return true;
}

/* Joins what can be joined at @start, at @end and in between. */
static void vma_join_range(struct hs_task *self, struct hs_mm *mm, uint64_t start, uint64_t end)
{
	uint32_t i = vma_index(mm, start);

	i -= i != 0;
	while (i < mm->vma_count && mm->vmas[i].end <= end)
		if (!vma_join(self, mm, i))
			i++;
}

/* The VMA that a cut at @addr splits; NULL: none. */
static struct hs_vma *vma_cut_by(const struct hs_mm *mm, uint64_t addr)
{
	struct hs_vma *vma = hs_vma_at(mm, addr);

	return vma && vma->start < addr ? vma : NULL;
}

/* A device-dax VMA consists of whole leaves. */
static bool vma_may_cut(const struct hs_vma *vma, uint64_t addr)
{
	const struct hs_mapping *m = vma ? vma->mapping : NULL;

	return !m || m->kind != HS_MAPPING_DEVICE_DAX ||
	       !(addr >> HS_PAGE_SHIFT & (((uint64_t)1 << m->leaf_order) - 1));
}

/* Allocates what cuts at both ends need; spare[i] is NULL where no cut is needed. */
static int vma_cuts_prepare(struct hs_task *self, struct hs_mm *mm, uint64_t start, uint64_t end,
			    struct hs_vma *spare[2])
{
	const struct hs_vma *low = vma_cut_by(mm, start), *high = vma_cut_by(mm, end);

	if (!vma_may_cut(low, start) || !vma_may_cut(high, end))
		return -EINVAL;
	spare[0] = low ? hs_alloc(self, HS_KIND_VMA, sizeof(*low)) : NULL;
	spare[1] = high ? hs_alloc(self, HS_KIND_VMA, sizeof(*high)) : NULL;
	if ((low && !spare[0]) || (high && !spare[1]) || vmas_reserve(self, mm, !!low + !!high)) {
		vma_free(self, spare[0]);
		vma_free(self, spare[1]);
		return -ENOMEM;
	}
	return 0;
}

/* The upper part comes first, so that the two cover the pages at any time. */
static void vma_cut(struct hs_task *self, struct hs_mm *mm, uint64_t addr, struct hs_vma *spare)
{
	uint32_t i = vma_index(mm, addr);
	const struct hs_vma *vma;

	if (!spare)
		return;
	vma = mm->vmas[i].vma;
	*spare = (struct hs_vma){
		.start = addr,
		.end = vma->end,
		.flags = vma->flags,
		.pgoff = vma_pgoff_of(vma, addr),
		.mm = mm,
		.mapping = vma->mapping,
		.gate = vma->gate,
	};
	hs_gate_link(self, spare->gate);
	if (HS_BREAK(CUT_SHRINKS_FIRST))
		vma_resize(self, mm, i, vma->start, addr);
	vma_insert(self, mm, i + 1, spare);
	if (!HS_BREAK(CUT_SHRINKS_FIRST))
		vma_resize(self, mm, i, vma->start, addr);
}

static int vma_cut_range(struct hs_task *self, struct hs_mm *mm, uint64_t start, uint64_t end)
{
	struct hs_vma *spare[2];
	int ret = vma_cuts_prepare(self, mm, start, end, spare);

	if (ret)
		return ret;
	vma_cut(self, mm, start, spare[0]);
	vma_cut(self, mm, end, spare[1]);
	return 0;
}

/* ---- mmap -------------------------------------------------------------------------------- */

static int vma_new(struct hs_task *self, struct hs_mm *mm, uint32_t i, const struct hs_vma *like)
{
	struct hs_vma *vma = hs_alloc(self, HS_KIND_VMA, sizeof(*vma));

	if (!vma || vmas_reserve(self, mm, 1)) {
		vma_free(self, vma);
		return -ENOMEM;
	}
	*vma = *like;
	vma_insert(self, mm, i, vma);
	return 0;
}

int hs_vma_add(struct hs_task *self, struct hs_mm *mm, uint64_t start, uint64_t end, uint32_t flags)
{
	const struct hs_vma new = {
		.start = start,
		.end = end,
		.flags = flags,
		.pgoff = start >> HS_PAGE_SHIFT,
		.mm = mm,
	};
	uint32_t i;

	hs_assert_at(self, HS_HERE,
		     !hs_rwsem_is_locked(&mm->lock) || hs_rwsem_held_write(self, &mm->lock),
		     "hs_vma_add: another task holds the mmap lock, or this one not for write");
	if (!mm->root || !hs_range_fits(mm, start, end))
		return -EINVAL;
	i = vma_index(mm, start);
	if (i < mm->vma_count && mm->vmas[i].vma->start < end)
		return -EEXIST;
	return vma_new(self, mm, i, &new);
}

/* Extends a neighbour that can be joined, or joins two; otherwise adds a VMA. */
static int vma_map_range(struct hs_task *self, struct hs_mm *mm, const struct hs_vma *new)
{
	uint32_t i = vma_index(mm, new->start);

	hs_assert_write(self, &mm->lock);
	if (i < mm->vma_count && mm->vmas[i].vma->start < new->end)
		return -EEXIST;
	if (i && vma_can_join(mm->vmas[i - 1].vma, new)) {
		vma_resize(self, mm, i - 1, mm->vmas[i - 1].vma->start, new->end);
		vma_join(self, mm, i - 1);
		return 0;
	}
	if (i < mm->vma_count && vma_can_join(new, mm->vmas[i].vma)) {
		vma_resize(self, mm, i, new->start, mm->vmas[i].end);
		return 0;
	}
	return vma_new(self, mm, i, new);
}

int hs_mmap(struct hs_task *self, struct hs_mm *mm, uint64_t start, uint64_t end, uint32_t flags,
	    struct hs_mapping *mapping, uint64_t pgoff)
{
	struct hs_vma new = {
		.start = start,
		.end = end,
		.flags = flags,
		.pgoff = mapping ? pgoff : start >> HS_PAGE_SHIFT,
		.mm = mm,
		.mapping = mapping,
	};
	int ret = 0;

	if (!hs_range_fits(mm, start, end))
		return -EINVAL;
	hs_down_write(self, &mm->lock);
	if (!mm->root)
		ret = -EINVAL;
	else if (mapping)
		ret = hs_mapping_check(self, mapping, start, end, pgoff, &new.flags);
	if (!ret)
		ret = vma_map_range(self, mm, &new);
	hs_up_write(self, &mm->lock);
	return ret;
}

/* ---- munmap ------------------------------------------------------------------------------ */

static void vma_zap_section(struct hs_task *self, struct hs_mm *mm, uint64_t start, uint64_t end)
{
	uint64_t wide_start = start, wide_end = end;
	struct hs_invalidation inv;

	if (HS_BREAK(MUNMAP_NO_NOTIFY)) {
		hs_zap_entries(self, mm, start, end, NULL);
		return;
	}
	hs_zap_span(self, mm, &wide_start, &wide_end);
	inv = hs_mm_invalidate_start(self, mm, wide_start, wide_end, HS_INVALIDATE_UNMAP, NULL);
	hs_zap_entries(self, mm, start, end, NULL);
	hs_mm_invalidate_end(self, mm, &inv);
}

/*
 * Unmaps @n VMAs from @i on, which are all of [start, end). A VMA is unlinked from its mapping
 * after its entries are gone and before its tables are: mapping.c says why.
 */
static void vmas_unmap(struct hs_task *self, struct hs_mm *mm, uint32_t i, uint32_t n,
		       uint64_t start, uint64_t end)
{
	uint64_t floor = i ? mm->vmas[i - 1].end : 0;
	uint64_t ceiling = i + n < mm->vma_count ? mm->vmas[i + n].vma->start
						 : hs_geometry_end(mm->geometry);

	hs_assert_write(self, &mm->lock);
	if (!HS_BREAK(MUNMAP_UNLINKS_FIRST))
		vma_zap_section(self, mm, start, end);
	for (uint32_t k = i; k < i + n; k++)
		if (mm->vmas[k].vma->mapping)
			hs_mapping_unlink(self, mm->vmas[k].vma->mapping, mm->vmas[k].vma);
	if (HS_BREAK(MUNMAP_UNLINKS_FIRST))
		vma_zap_section(self, mm, start, end);
	hs_pt_free_range(self, mm, floor, ceiling);
	for (uint32_t k = i; k < i + n; k++)
		vma_free(self, mm->vmas[k].vma);
	vmas_drop(mm, i, n);
}

static int vma_unmap_range(struct hs_task *self, struct hs_mm *mm, uint64_t start, uint64_t end)
{
	const struct hs_vma *first = hs_vma_find(mm, start);
	uint32_t i, n = 0;
	int ret;

	hs_assert_write(self, &mm->lock);
	if (!first || first->start >= end)
		return 0;
	ret = vma_cut_range(self, mm, start, end);
	if (ret)
		return ret;
	i = vma_index(mm, start);
	while (i + n < mm->vma_count && mm->vmas[i + n].vma->start < end)
		n++;
	vmas_unmap(self, mm, i, n, start, end);
	return 0;
}

int hs_munmap(struct hs_task *self, struct hs_mm *mm, uint64_t start, uint64_t end)
{
	int ret;

	if (!hs_range_fits(mm, start, end))
		return -EINVAL;
	hs_down_write(self, &mm->lock);
	ret = vma_unmap_range(self, mm, start, end);
	hs_up_write(self, &mm->lock);
	return ret;
}

void hs_vmas_destroy(struct hs_task *self, struct hs_mm *mm)
{
	uint32_t n = mm->vma_count;

	if (n)
		vmas_unmap(self, mm, 0, n, mm->vmas[0].vma->start, mm->vmas[n - 1].end);
	hs_free(self, mm->vmas, HS_KIND_VMAS, mm->vma_room * sizeof(mm->vmas[0]));
	mm->vmas = NULL;
	mm->vma_room = 0;
}

/* ---- mprotect ---------------------------------------------------------------------------- */

int hs_vma_modify(struct hs_task *self, struct hs_mm *mm, uint64_t start, uint64_t end,
		  void (*change)(struct hs_task *self, struct hs_vma *vma, uint64_t value),
		  uint64_t value)
{
	int ret;

	hs_mm_expect_write_locked(self, mm, "hs_vma_modify");
	for (uint64_t addr = start; addr < end; addr = hs_vma_at(mm, addr)->end)
		if (!hs_vma_at(mm, addr))
			return -ENOMEM;
	ret = vma_cut_range(self, mm, start, end);
	if (ret)
		return ret;
	for (uint32_t i = vma_index(mm, start); i < mm->vma_count && mm->vmas[i].vma->start < end;
	     i++)
		change(self, mm->vmas[i].vma, value);
	vma_join_range(self, mm, start, end);
	return 0;
}

static void vma_protect(struct hs_task *self, struct hs_vma *vma, uint64_t access)
{
	uint64_t start = vma->start, end = vma->end;
	struct hs_invalidation inv;

	if ((vma->flags & HS_VM_ACCESS) == access)
		return;
	hs_zap_span(self, vma->mm, &start, &end);
	inv = hs_mm_invalidate_start(self, vma->mm, start, end, HS_INVALIDATE_PROTECTION_VMA, NULL);
	vma->flags = (vma->flags & ~HS_VM_ACCESS) | (uint32_t)access;
	hs_protect_entries(self, vma->mm, vma->start, vma->end, (uint32_t)access);
	hs_mm_invalidate_end(self, vma->mm, &inv);
}

/* -EACCES: a VMA before the first gap must not become writable. hs_vma_modify() refuses gaps. */
static int vma_check_access(const struct hs_mm *mm, uint64_t start, uint64_t end, uint32_t access)
{
	const struct hs_vma *vma;

	for (uint64_t addr = start; access & HS_VM_WRITE && addr < end; addr = vma->end) {
		vma = hs_vma_at(mm, addr);
		if (!vma)
			return 0;
		if (!(vma->flags & HS_VM_MAYWRITE))
			return -EACCES;
	}
	return 0;
}

int hs_mprotect(struct hs_task *self, struct hs_mm *mm, uint64_t start, uint64_t end,
		uint32_t access)
{
	int ret;

	if (!hs_range_fits(mm, start, end) || access & ~HS_VM_ACCESS)
		return -EINVAL;
	hs_down_write(self, &mm->lock);
	ret = vma_check_access(mm, start, end, access);
	if (!ret)
		ret = hs_vma_modify(self, mm, start, end, vma_protect, access);
	hs_up_write(self, &mm->lock);
	return ret;
}
