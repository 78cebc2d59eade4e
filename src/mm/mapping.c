/* SPDX-License-Identifier: MIT */
/*
 * mapping.c - what VMAs map, and how all of it is unmapped at once
 *
 * States of a mapping, by predicate:
 *
 *	alive				faults enter
 *	!alive, faults != 0		no fault enters; some that did are still at work
 *	!alive, faults == 0		disabled: no fault makes an entry of the mapping any more
 *
 * Legal operations: a fault that holds the mmap lock for read enters and leaves, because the lock
 * keeps the VMA and with it the mapping; the mapping is disabled once; it is unmapped at any time;
 * the functions that change VMAs link and unlink them.
 *
 * Lock order: mmap lock < entry_lock < mapping lock < what callbacks of notifiers take < page table
 * lock. The mapping lock is taken for write to change the list or the range of a VMA in it, for
 * read to unmap. While it is held for read, no VMA of the list can go, nor the tables below it,
 * because munmap clears the entries of a VMA first, unlinks the VMA then, and frees the tables
 * last.
 *
 * Who may free what: the creator frees the mapping, when no VMA is linked.
 *
 * disable < invalidate < drain. An entry of device memory holds no reference to it, so the owner of
 * the memory must know that no entry is left and that none comes back:
 *
 *	fault				remover
 *	faults++			alive = 0
 *	alive? no: SIGBUS		wait: faults == 0
 *	make the entry			unmap all, VMA by VMA
 *	faults--, wake			kill the pgmap, wait for its references
 *					remove the memory
 *
 *	Required outcome: a fault in flight maps before the unmap begins, or sees that the mapping
 *	is disabled; no entry is left when the memory is removed. Both sides write first and read
 *	then, in one total order.
 *	(tests/model/test_mapping_model.c:
 *	 a_fault_in_flight_maps_before_the_unmap_begins_or_sees_a_dead_mapping)
 *
 * A VMA leaves the list in the middle of it:
 *
 *	munmap				remover
 *	clear the entries		mapping lock, for read
 *	mapping lock, for write		  for each VMA: clear the entries
 *	  unlink the VMA		mapping unlock
 *	mapping unlock			remove the memory
 *	free its tables
 *
 *	Required outcome: the remover clears what munmap has not cleared yet, or does not find the
 *	VMA because munmap has cleared it; each entry is taken away once; no table is read after it
 *	is freed.
 *	(tests/model/test_mapping_model.c: munmap_against_unmap_mapping_range)
 *
 */
#include "mm/mapping.h"

#include "mm/zap.h"

#include <errno.h>

#define HS_MAPPING_PAGES_MAX ((uint64_t)1 << 40)

static const enum hs_pgmap_type mapping_types[HS_MAPPING_KIND_COUNT] = {
	[HS_MAPPING_DAX_FILE] = HS_PGMAP_FS_DAX,
	[HS_MAPPING_DEVICE_DAX] = HS_PGMAP_GENERIC,
	[HS_MAPPING_P2PDMA] = HS_PGMAP_P2PDMA,
};

static bool mapping_fits_pgmap(const struct hs_mapping_config *c)
{
	uint64_t end = c->pgmap->end;
	/* A pgmap that is only registered has no struct pages: there first == end. */
	uint64_t start = c->pgmap->first < end ? c->pgmap->first : c->pgmap->start;
	uint64_t leaf = (uint64_t)1 << c->leaf_order;

	switch (c->kind) {
	case HS_MAPPING_DAX_FILE:
		return c->first >= start && c->first <= end;
	case HS_MAPPING_DEVICE_DAX:
		return c->first >= start && c->first <= end && c->pages <= end - c->first &&
		       !((c->first | c->pages) & (leaf - 1));
	default:
		return c->pages <= end - start && !c->level;
	}
}

static int mapping_check_config(struct hs_task *self, const struct hs_mapping_config *c)
{
	if ((unsigned int)c->kind >= HS_MAPPING_KIND_COUNT || !c->pgmap)
		return -EINVAL;
	hs_deref(self, c->pgmap);
	if (c->pgmap->type != mapping_types[c->kind])
		return -EINVAL;
	if (!c->pages || c->pages > HS_MAPPING_PAGES_MAX)
		return -EINVAL;
	if (c->level >= HS_LEVELS_MAX || !c->level != !c->leaf_order || c->leaf_order > 39)
		return -EINVAL;
	return mapping_fits_pgmap(c) ? 0 : -EINVAL;
}

static size_t mapping_blocks_bytes(const struct hs_mapping *m)
{
	return m->pages * sizeof(m->blocks[0]);
}

int hs_mapping_create(struct hs_task *self, const struct hs_mapping_config *config,
		      struct hs_mapping **out)
{
	struct hs_mapping *m;

	if (mapping_check_config(self, config))
		return -EINVAL;
	m = hs_alloc(self, HS_KIND_MAPPING, sizeof(*m));
	if (!m)
		return -ENOMEM;
	m->kind = config->kind;
	m->pgmap = config->pgmap;
	m->first = m->next_block = config->first;
	m->pages = config->pages;
	m->level = config->level;
	m->leaf_order = config->leaf_order;
	hs_rwsem_init(&m->lock, HS_LOCK_MAPPING);
	hs_u32_init(&m->alive, 1);
	hs_waitq_init(&m->queue);
	hs_mutex_init(&m->entry_lock, HS_LOCK_DAX_ENTRY);
	if (m->kind == HS_MAPPING_DAX_FILE) {
		m->blocks = hs_alloc(self, HS_KIND_BLOCKS, mapping_blocks_bytes(m));
		if (!m->blocks) {
			hs_free(self, m, HS_KIND_MAPPING, sizeof(*m));
			return -ENOMEM;
		}
	}
	*out = m;
	return 0;
}

void hs_mapping_destroy(struct hs_task *self, struct hs_mapping *mapping)
{
	hs_assert_at(self, HS_HERE, !mapping->vma_count, "hs_mapping_destroy: %u VMAs map it",
		     mapping->vma_count);
	hs_assert_at(self, HS_HERE, !mapping->faults.raw,
		     "hs_mapping_destroy: %u faults are in the mapping", mapping->faults.raw);
	if (mapping->kind == HS_MAPPING_DAX_FILE)
		hs_free(self, mapping->blocks, HS_KIND_BLOCKS, mapping_blocks_bytes(mapping));
	hs_free(self, mapping, HS_KIND_MAPPING, sizeof(*mapping));
}

uint64_t hs_mapping_pages(const struct hs_mapping *mapping)
{
	return mapping->pages;
}

uint32_t hs_mapping_vmas(struct hs_task *self, struct hs_mapping *mapping)
{
	uint32_t count;

	hs_down_read(self, &mapping->lock);
	hs_assert_read(self, &mapping->lock);
	count = mapping->vma_count;
	hs_up_read(self, &mapping->lock);
	return count;
}

/* ---- blocks ------------------------------------------------------------------------------ */

static bool mapping_is_hole(const struct hs_mapping *mapping, uint64_t index)
{
	return !mapping->blocks[index] || mapping->blocks[index] == HS_BLOCK_ZERO;
}

int hs_mapping_allocate_locked(struct hs_task *self, struct hs_mapping *mapping, uint64_t index)
{
	bool zero;

	hs_assert_at(self, HS_HERE, hs_mutex_held(self, &mapping->entry_lock),
		     "hs_mapping_allocate_locked: entry_lock is not held");
	if (mapping->kind != HS_MAPPING_DAX_FILE || index >= mapping->pages)
		return -EINVAL;
	if (!mapping_is_hole(mapping, index))
		return 0;
	hs_deref(self, mapping->pgmap);
	if (mapping->next_block == mapping->pgmap->end)
		return -ENOSPC;
	zero = mapping->blocks[index] == HS_BLOCK_ZERO;
	mapping->blocks[index] = ++mapping->next_block;
	if (zero)
		hs_unmap_mapping_range(self, mapping, index, 1, false);
	return 0;
}

int hs_mapping_allocate(struct hs_task *self, struct hs_mapping *mapping, uint64_t index)
{
	int ret;

	hs_mutex_lock(self, &mapping->entry_lock);
	ret = hs_mapping_allocate_locked(self, mapping, index);
	hs_mutex_unlock(self, &mapping->entry_lock);
	return ret;
}

int hs_mapping_pfn_locked(struct hs_task *self, struct hs_mapping *mapping, uint64_t index,
			  uint64_t *pfn)
{
	hs_assert_at(self, HS_HERE, hs_mutex_held(self, &mapping->entry_lock),
		     "hs_mapping_pfn_locked: entry_lock is not held");
	if (index >= mapping->pages)
		return -EINVAL;
	switch (mapping->kind) {
	case HS_MAPPING_DAX_FILE:
		if (mapping_is_hole(mapping, index))
			return -ENOENT;
		*pfn = mapping->blocks[index] - 1;
		return 0;
	case HS_MAPPING_DEVICE_DAX:
		*pfn = mapping->first + index;
		return 0;
	default:
		return -ENOENT;
	}
}

int hs_mapping_pfn(struct hs_task *self, struct hs_mapping *mapping, uint64_t index, uint64_t *pfn)
{
	int ret;

	hs_mutex_lock(self, &mapping->entry_lock);
	ret = hs_mapping_pfn_locked(self, mapping, index, pfn);
	hs_mutex_unlock(self, &mapping->entry_lock);
	return ret;
}

/* ---- disable ----------------------------------------------------------------------------- */

void hs_mapping_leave(struct hs_task *self, struct hs_mapping *mapping)
{
	uint32_t was;

	if (HS_BREAK(MAPPING_LEAVE_NO_WAKE))
		was = hs_u32_count(self, &mapping->faults, -1u, -1, HS_RELEASE);
	else
		was = hs_dec_and_wake_all(self, &mapping->queue, &mapping->faults);
	hs_assert(self, was, "hs_mapping_leave: no fault is in the mapping");
}

/* Counts itself before it reads alive: see the first drawing. */
bool hs_mapping_enter(struct hs_task *self, struct hs_mapping *mapping)
{
	bool was = HS_BREAK(MAPPING_ENTER_LATE) && hs_u32_load(self, &mapping->alive, HS_SEQ_CST);

	hs_u32_count(self, &mapping->faults, 1, -1, HS_SEQ_CST);
	if (was || hs_u32_load(self, &mapping->alive, HS_SEQ_CST))
		return true;
	hs_mapping_leave(self, mapping);
	return false;
}

bool hs_mapping_alive(struct hs_task *self, struct hs_mapping *mapping)
{
	return hs_u32_load(self, &mapping->alive, HS_ACQUIRE);
}

void hs_mapping_disable_start(struct hs_task *self, struct hs_mapping *mapping)
{
	hs_u32_xchg(self, &mapping->alive, 0, HS_SEQ_CST);
}

static bool mapping_is_quiet(struct hs_task *self, void *arg)
{
	struct hs_mapping *mapping = arg;

	return !hs_u32_load(self, &mapping->faults, HS_SEQ_CST);
}

bool hs_mapping_disable_poll(struct hs_task *self, struct hs_mapping *mapping)
{
	hs_assert_at(self, HS_HERE, !hs_mapping_alive(self, mapping),
		     "hs_mapping_disable_poll: the mapping is not disabled");
	return mapping_is_quiet(self, mapping);
}

void hs_mapping_disable(struct hs_task *self, struct hs_mapping *mapping)
{
	hs_mapping_disable_start(self, mapping);
	if (!HS_BREAK(MAPPING_DISABLE_NO_WAIT))
		hs_wait_event(self, &mapping->queue, mapping_is_quiet, mapping);
}

/* ---- VMAs -------------------------------------------------------------------------------- */

static bool mapping_whole_leaves(const struct hs_mapping *m, uint64_t start, uint64_t end,
				 uint64_t pgoff)
{
	uint64_t pages = start >> HS_PAGE_SHIFT | end >> HS_PAGE_SHIFT | pgoff;

	return !(pages & (((uint64_t)1 << m->leaf_order) - 1));
}

int hs_mapping_check(struct hs_task *self, struct hs_mapping *mapping, uint64_t start, uint64_t end,
		     uint64_t pgoff, uint32_t *flags)
{
	uint64_t pages = (end - start) >> HS_PAGE_SHIFT;

	if (pgoff > UINT64_MAX - pages)
		return -EINVAL;
	if (mapping->kind == HS_MAPPING_DAX_FILE)
		return 0;
	if (!hs_mapping_alive(self, mapping))
		return -ENXIO;
	if (!(*flags & HS_VM_SHARED) || pgoff + pages > mapping->pages)
		return -EINVAL;
	if (mapping->kind == HS_MAPPING_P2PDMA)
		*flags |= HS_VM_MIXEDMAP;
	else if (!mapping_whole_leaves(mapping, start, end, pgoff))
		return -EINVAL;
	return 0;
}

void hs_mapping_link(struct hs_task *self, struct hs_mapping *mapping, struct hs_vma *vma)
{
	hs_down_write(self, &mapping->lock);
	hs_assert_write(self, &mapping->lock);
	vma->next = mapping->vmas;
	mapping->vmas = vma;
	mapping->vma_count++;
	hs_up_write(self, &mapping->lock);
}

void hs_mapping_unlink(struct hs_task *self, struct hs_mapping *mapping, struct hs_vma *vma)
{
	struct hs_vma **at = &mapping->vmas;

	hs_down_write(self, &mapping->lock);
	hs_assert_write(self, &mapping->lock);
	while (*at && *at != vma)
		at = &(*at)->next;
	hs_assert(self, *at, "hs_mapping_unlink: the mapping does not have the VMA");
	*at = vma->next;
	mapping->vma_count--;
	hs_up_write(self, &mapping->lock);
}

void hs_mapping_leaf_span(const struct hs_mapping *mapping, uint64_t *start, uint64_t *end)
{
	uint64_t bytes = HS_PAGE_BYTES << mapping->leaf_order;

	*start &= ~(bytes - 1);
	*end = (*end + bytes - 1) & ~(bytes - 1);
}

/* [*start, *end) is where the VMA maps pages [first, last] of the mapping. False: nowhere. */
static bool mapping_part_of(const struct hs_vma *vma, uint64_t first, uint64_t last,
			    uint64_t *start, uint64_t *end)
{
	uint64_t vma_last = vma->pgoff + ((vma->end - vma->start) >> HS_PAGE_SHIFT) - 1;

	if (last < vma->pgoff || first > vma_last)
		return false;
	first = first > vma->pgoff ? first : vma->pgoff;
	last = last < vma_last ? last : vma_last;
	*start = vma->start + ((first - vma->pgoff) << HS_PAGE_SHIFT);
	*end = vma->start + ((last + 1 - vma->pgoff) << HS_PAGE_SHIFT);
	return true;
}

static void mapping_unmap_part(struct hs_task *self, struct hs_mapping *mapping, struct hs_mm *mm,
			       uint64_t start, uint64_t end, bool even_cows)
{
	uint64_t wide_start = start, wide_end = end;
	struct hs_invalidation inv;

	/* Leaves that exist first: only inside the VMA the tables are sure to stay. */
	hs_zap_span(self, mm, &wide_start, &wide_end);
	hs_mapping_leaf_span(mapping, &wide_start, &wide_end);
	inv = hs_mm_invalidate_start(self, mm, wide_start, wide_end, HS_INVALIDATE_CLEAR, NULL);
	if (HS_BREAK(UNMAP_NOTIFY_EARLY))
		hs_mm_invalidate_end(self, mm, &inv);
	hs_zap_entries(self, mm, start, end, even_cows ? NULL : mapping);
	if (!HS_BREAK(UNMAP_NOTIFY_EARLY))
		hs_mm_invalidate_end(self, mm, &inv);
}

void hs_unmap_mapping_range(struct hs_task *self, struct hs_mapping *mapping, uint64_t first,
			    uint64_t count, bool even_cows)
{
	uint64_t last = count - 1 > UINT64_MAX - first ? UINT64_MAX : first + count - 1;
	uint64_t start, end;

	if (!count)
		return;
	hs_down_read(self, &mapping->lock);
	hs_assert_read(self, &mapping->lock);
	for (struct hs_vma *vma = mapping->vmas; vma; vma = vma->next)
		if (mapping_part_of(vma, first, last, &start, &end))
			mapping_unmap_part(self, mapping, vma->mm, start, end, even_cows);
	hs_up_read(self, &mapping->lock);
}
