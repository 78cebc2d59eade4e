/* SPDX-License-Identifier: MIT */
/*
 * mm.c - address spaces and their VMAs
 */
#include "mm/mm.h"

#include <errno.h>
#include <string.h>

#define VMAS_FIRST 8

static size_t table_bytes(const struct hs_geometry *g, uint32_t level)
{
	return sizeof(hs_u64) << g->bits[level];
}

int hs_mm_create(struct hs_task *self, const struct hs_geometry *g, struct hs_mm **out)
{
	struct hs_mm *mm;

	if (!g)
		return -EINVAL;
	mm = hs_alloc(self, HS_KIND_MM, sizeof(*mm));
	if (!mm)
		return -ENOMEM;
	mm->root = hs_alloc(self, HS_KIND_TABLE, table_bytes(g, g->levels - 1));
	if (!mm->root) {
		hs_free(self, mm, HS_KIND_MM, sizeof(*mm));
		return -ENOMEM;
	}
	mm->geometry = g;
	hs_rwsem_init(&mm->lock, HS_LOCK_MMAP);
	*out = mm;
	return 0;
}

/* Frees what hangs below a table, then the table. Depth is bounded by the levels. */
static void table_free(struct hs_task *self, const struct hs_geometry *g, hs_u64 *table,
		       uint32_t level)
{
	for (uint32_t i = 0; level && i < 1u << g->bits[level]; i++)
		if (hs_entry_is_table(table[i].raw))
			table_free(self, g, hs_entry_table(table[i].raw), level - 1);
	hs_free(self, table, HS_KIND_TABLE, table_bytes(g, level));
}

void hs_mm_destroy(struct hs_task *self, struct hs_mm *mm)
{
	const struct hs_geometry *g = mm->geometry;

	table_free(self, g, mm->root, g->levels - 1);
	hs_free(self, mm->vmas, HS_KIND_VMAS, mm->vma_room * sizeof(mm->vmas[0]));
	hs_free(self, mm, HS_KIND_MM, sizeof(*mm));
}

void hs_mm_set_fault_ops(struct hs_mm *mm, const struct hs_fault_ops *ops, void *arg)
{
	mm->ops = ops;
	mm->ops_arg = arg;
}

const struct hs_geometry *hs_mm_geometry(const struct hs_mm *mm)
{
	return mm->geometry;
}

void hs_mm_lock_read(struct hs_task *self, struct hs_mm *mm)
{
	hs_down_read(self, &mm->lock);
}

void hs_mm_unlock_read(struct hs_task *self, struct hs_mm *mm)
{
	hs_up_read(self, &mm->lock);
}

void hs_mm_lock_write(struct hs_task *self, struct hs_mm *mm)
{
	hs_down_write(self, &mm->lock);
}

void hs_mm_unlock_write(struct hs_task *self, struct hs_mm *mm)
{
	hs_up_write(self, &mm->lock);
}

/* ---- VMAs -------------------------------------------------------------------------------- */

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

	return i < mm->vma_count ? &mm->vmas[i] : NULL;
}

static int vmas_grow(struct hs_task *self, struct hs_mm *mm)
{
	uint32_t room = mm->vma_room ? 2 * mm->vma_room : VMAS_FIRST;
	struct hs_vma *more = hs_alloc(self, HS_KIND_VMAS, room * sizeof(*more));

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
	uint32_t i;

	if (start >= end || (start | end) & (HS_PAGE_BYTES - 1) ||
	    end > hs_geometry_end(mm->geometry))
		return -EINVAL;
	i = vma_index(mm, start);
	if (i < mm->vma_count && mm->vmas[i].start < end)
		return -EEXIST;
	if (mm->vma_count == mm->vma_room && vmas_grow(self, mm))
		return -ENOMEM;
	memmove(&mm->vmas[i + 1], &mm->vmas[i], (mm->vma_count - i) * sizeof(mm->vmas[0]));
	mm->vmas[i] = (struct hs_vma){ start, end, flags };
	mm->vma_count++;
	return 0;
}

/* ---- page tables ------------------------------------------------------------------------- */

uint64_t *hs_pt_find(const struct hs_mm *mm, uint64_t addr, uint32_t level, uint32_t *missing)
{
	const struct hs_geometry *g = mm->geometry;
	hs_u64 *table = mm->root;

	for (uint32_t l = g->levels - 1;; l--) {
		hs_u64 *e = &table[hs_level_index(g, addr, l)];

		if (l == level)
			return &e->raw;
		if (!hs_entry_is_table(e->raw)) {
			if (missing)
				*missing = l;
			return NULL;
		}
		table = hs_entry_table(e->raw);
	}
}

static bool has_parts(uint64_t leaf)
{
	return leaf && hs_entry_type(leaf) != HS_TYPE_BAD &&
	       hs_entry_type(leaf) != HS_TYPE_HWPOISON;
}

/* A table in place of @old: with its parts if it is a leaf that has any. */
static hs_u64 *table_make(struct hs_task *self, const struct hs_geometry *g, uint64_t old,
			  uint32_t level)
{
	hs_u64 *table = hs_alloc(self, HS_KIND_TABLE, table_bytes(g, level));
	uint64_t part = old & ~HS_ENTRY_ORDER;

	if (!table || !has_parts(old))
		return table;
	if (old & HS_ENTRY_ORDER)
		part |= (uint64_t)g->order[level] << HS_ENTRY_ORDER_SHIFT;
	for (uint32_t i = 0; i < 1u << g->bits[level]; i++)
		hs_u64_init(&table[i], part + ((uint64_t)i << g->order[level]));
	return table;
}

/* The entry of @level, tables above it made. */
static hs_u64 *entry_make(struct hs_task *self, struct hs_mm *mm, uint64_t addr, uint32_t level)
{
	const struct hs_geometry *g = mm->geometry;
	hs_u64 *table = mm->root;

	for (uint32_t l = g->levels - 1; l > level; l--) {
		hs_u64 *e = &table[hs_level_index(g, addr, l)];
		uint64_t old = hs_u64_load(self, e, HS_RELAXED);

		if (hs_entry_is_table(old)) {
			table = hs_entry_table(old);
			continue;
		}
		table = table_make(self, g, old, l - 1);
		if (!table)
			return NULL;
		hs_u64_store(self, e, HS_ENTRY_TABLE | (uintptr_t)table, HS_RELEASE);
	}
	return &table[hs_level_index(g, addr, level)];
}

static bool level_fits(const struct hs_mm *mm, uint64_t addr, uint32_t level)
{
	return level < mm->geometry->levels && addr < hs_geometry_end(mm->geometry);
}

int hs_pt_make(struct hs_task *self, struct hs_mm *mm, uint64_t addr, uint32_t level)
{
	if (!level_fits(mm, addr, level))
		return -EINVAL;
	return entry_make(self, mm, addr, level) ? 0 : -ENOMEM;
}

int hs_pt_set(struct hs_task *self, struct hs_mm *mm, uint64_t addr, uint32_t level, uint64_t entry)
{
	const struct hs_geometry *g = mm->geometry;
	uint64_t old;
	hs_u64 *e;

	if (!level_fits(mm, addr, level) || entry & HS_ENTRY_TABLE ||
	    addr & (hs_level_bytes(g, level) - 1))
		return -EINVAL;
	e = entry_make(self, mm, addr, level);
	if (!e)
		return -ENOMEM;
	old = hs_u64_xchg(self, e, entry, HS_ACQ_REL);
	if (hs_entry_is_table(old))
		table_free(self, g, hs_entry_table(old), level - 1);
	return 0;
}

uint64_t hs_pt_get(struct hs_task *self, const struct hs_mm *mm, uint64_t addr, uint32_t level)
{
	uint64_t *e = hs_pt_find(mm, addr, level, NULL);

	return e ? hs_u64_load(self, (hs_u64 *)e, HS_RELAXED) : 0;
}
