/* SPDX-License-Identifier: MIT */
/*
 * table.c - page tables
 *
 * An entry above level 0 is empty, a table, a leaf, or a leaf that is not present. While the mmap
 * lock is held for read, an empty entry may become anything, a leaf may become empty, and a table
 * stays a table: only a task that holds the lock for write frees one, when no VMA with entries in
 * it is left (hs_pt_free_range()). A table is taken out of the one above under the page table lock.
 * So a task that holds that lock may descend as well, and meets no table that is being freed.
 *
 * Two faults want the same entry, one for a table and one for a leaf:
 *
 *	fault A				fault B
 *	empty: allocates a table	empty
 *	page table lock			page table lock
 *	  still empty: publish it	  still empty: put the leaf
 *	unlock				unlock
 *	not empty: free its own		not empty: look again
 *
 *	Required outcome: the table or the leaf is there, nothing is lost; A goes on in the table
 *	that it finds, or gets the leaf.
 *	(tests/model/test_mapping_model.c: faults_that_make_the_same_tables,
 *	 a_fault_that_makes_a_table_against_one_that_makes_a_leaf)
 *
 */
#include "mm/table.h"

#include "mm/entry.h"

#include <errno.h>

static bool table_level_fits(const struct hs_mm *mm, uint64_t addr, uint32_t level)
{
	return level < mm->geometry->levels && addr < hs_geometry_end(mm->geometry);
}

uint64_t *hs_pt_find(const struct hs_mm *mm, uint64_t addr, uint32_t level, uint32_t *missing)
{
	const struct hs_geometry *g = mm->geometry;
	hs_u64 *table = mm->root;

	if (!table || !table_level_fits(mm, addr, level)) {
		if (missing)
			*missing = g->levels - 1;
		return NULL;
	}
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

/* Frees the tables below a table, then the table. Recurses at most once a level. */
static void table_free(struct hs_task *self, const struct hs_geometry *g, hs_u64 *table,
		       uint32_t level)
{
	for (uint32_t i = 0; level && i < 1u << g->bits[level]; i++)
		if (hs_entry_is_table(table[i].raw))
			table_free(self, g, hs_entry_table(table[i].raw), level - 1);
	hs_free(self, table, HS_KIND_TABLE, hs_table_bytes(g, level));
}

void hs_pt_destroy(struct hs_task *self, struct hs_mm *mm)
{
	hs_u64 *root = mm->root;

	hs_spin_lock(self, &mm->page_table_lock);
	hs_assert_spin(self, &mm->page_table_lock);
	mm->root = NULL;
	hs_spin_unlock(self, &mm->page_table_lock);
	table_free(self, mm->geometry, root, mm->geometry->levels - 1);
}

static bool table_has_parts(uint64_t leaf)
{
	return leaf && hs_entry_type(leaf) != HS_TYPE_BAD &&
	       hs_entry_type(leaf) != HS_TYPE_HWPOISON;
}

/* Allocates a table in place of @old. If @old is a leaf, the table maps what the leaf maps. */
static hs_u64 *table_make(struct hs_task *self, const struct hs_geometry *g, uint64_t old,
			  uint32_t level)
{
	hs_u64 *table = hs_alloc(self, HS_KIND_TABLE, hs_table_bytes(g, level));
	uint64_t part = old & ~HS_ENTRY_ORDER;

	if (!table || !table_has_parts(old))
		return table;
	if (old & HS_ENTRY_ORDER)
		part |= (uint64_t)g->order[level] << HS_ENTRY_ORDER_SHIFT;
	for (uint32_t i = 0; i < 1u << g->bits[level]; i++)
		hs_entry_begin(&table[i], part + ((uint64_t)i << g->order[level]));
	return table;
}

/* The entries with which a table begins that takes the place of a leaf at @addr. */
static void table_tell_parts(struct hs_task *self, struct hs_mm *mm, uint64_t addr,
			     const hs_u64 *table, uint32_t level)
{
	uint64_t bytes = hs_level_bytes(mm->geometry, level);

	addr &= ~(hs_level_bytes(mm->geometry, level + 1) - 1);
	for (uint32_t i = 0; i < 1u << mm->geometry->bits[level]; i++)
		if (table[i].raw)
			hs_entry_tell(self, mm, addr + i * bytes, level, 0, table[i].raw);
}

/* Returns the entry of @level and makes the tables above it; a leaf in the way is split. */
static hs_u64 *table_entry_make(struct hs_task *self, struct hs_mm *mm, uint64_t addr,
				uint32_t level)
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
		hs_entry_set(self, mm, e, addr, l, old, HS_ENTRY_TABLE | (uintptr_t)table);
		if (mm->entry_ops)
			table_tell_parts(self, mm, addr, table, l - 1);
	}
	return &table[hs_level_index(g, addr, level)];
}

/*
 * Publishes @table if the entry, which spans @addr, is empty. Otherwise another task was first, and
 * @table is freed.
 */
static void table_publish(struct hs_task *self, struct hs_mm *mm, hs_u64 *e, uint64_t addr,
			  hs_u64 *table, uint32_t level)
{
	uint64_t seen;

	hs_spin_lock(self, &mm->page_table_lock);
	hs_assert_spin(self, &mm->page_table_lock);
	seen = hs_u64_load(self, e, HS_RELAXED);
	if (HS_BREAK(TABLE_BLIND))
		seen = 0;
	if (!seen)
		hs_entry_set(self, mm, e, addr, level + 1, 0, HS_ENTRY_TABLE | (uintptr_t)table);
	hs_spin_unlock(self, &mm->page_table_lock);
	if (seen)
		hs_free(self, table, HS_KIND_TABLE, hs_table_bytes(mm->geometry, level));
}

hs_u64 *hs_pt_populate(struct hs_task *self, struct hs_mm *mm, uint64_t addr, uint32_t *level)
{
	const struct hs_geometry *g = mm->geometry;
	hs_u64 *table = mm->root;

	for (uint32_t l = g->levels - 1;; l--) {
		hs_u64 *e = &table[hs_level_index(g, addr, l)];
		uint64_t old;

		if (l == *level)
			return e;
		old = hs_u64_load(self, e, HS_ACQUIRE);
		if (!old) {
			table = hs_alloc(self, HS_KIND_TABLE, hs_table_bytes(g, l - 1));
			if (!table)
				return NULL;
			table_publish(self, mm, e, addr, table, l - 1);
			old = hs_u64_load(self, e, HS_ACQUIRE);
		}
		if (!hs_entry_is_table(old)) {
			*level = l;
			return e;
		}
		table = hs_entry_table(old);
	}
}

hs_u64 *hs_pt_descend(struct hs_task *self, const struct hs_mm *mm, uint64_t addr, uint32_t *level)
{
	const struct hs_geometry *g = mm->geometry;
	hs_u64 *table = mm->root;

	for (uint32_t l = g->levels - 1;; l--) {
		hs_u64 *e = &table[hs_level_index(g, addr, l)];
		uint64_t entry = l ? hs_u64_load(self, e, HS_ACQUIRE) : 0;

		if (!hs_entry_is_table(entry)) {
			*level = l;
			return e;
		}
		table = hs_entry_table(entry);
	}
}

uint64_t hs_pt_take_leaf(struct hs_task *self, struct hs_mm *mm, hs_u64 *entry, uint64_t addr,
			 uint32_t level, uint64_t seen)
{
	uint64_t now;

	hs_spin_lock(self, &mm->page_table_lock);
	hs_assert_spin(self, &mm->page_table_lock);
	now = hs_u64_load(self, entry, HS_ACQUIRE);
	if (now == seen) {
		hs_entry_set(self, mm, entry, addr, level, seen, 0);
		now = 0;
	}
	hs_spin_unlock(self, &mm->page_table_lock);
	return now;
}

/* Frees the tables below those entries of @table that lie in [start, end) as a whole. */
static void table_free_range(struct hs_task *self, struct hs_mm *mm, hs_u64 *table, uint32_t level,
			     uint64_t start, uint64_t end)
{
	const struct hs_geometry *g = mm->geometry;
	uint64_t bytes = hs_level_bytes(g, level);

	for (uint64_t addr = start, next; addr < end; addr = next) {
		hs_u64 *e = &table[hs_level_index(g, addr, level)];
		uint64_t entry = hs_u64_load(self, e, HS_RELAXED);

		next = hs_level_end(g, addr, end, level);
		if (!hs_entry_is_table(entry))
			continue;
		if (next - addr < bytes) {
			if (level > 1)
				table_free_range(self, mm, hs_entry_table(entry), level - 1, addr,
						 next);
			continue;
		}
		hs_spin_lock(self, &mm->page_table_lock);
		hs_assert_spin(self, &mm->page_table_lock);
		hs_entry_set(self, mm, e, addr, level, entry, 0);
		hs_spin_unlock(self, &mm->page_table_lock);
		table_free(self, g, hs_entry_table(entry), level - 1);
	}
}

void hs_pt_free_range(struct hs_task *self, struct hs_mm *mm, uint64_t start, uint64_t end)
{
	table_free_range(self, mm, mm->root, mm->geometry->levels - 1, start, end);
}

int hs_pt_make(struct hs_task *self, struct hs_mm *mm, uint64_t addr, uint32_t level)
{
	if (!mm->root || !table_level_fits(mm, addr, level))
		return -EINVAL;
	return table_entry_make(self, mm, addr, level) ? 0 : -ENOMEM;
}

int hs_pt_set(struct hs_task *self, struct hs_mm *mm, uint64_t addr, uint32_t level, uint64_t entry)
{
	const struct hs_geometry *g = mm->geometry;
	uint64_t old;
	hs_u64 *e;

	if (!mm->root || !table_level_fits(mm, addr, level) || entry & HS_ENTRY_TABLE ||
	    addr & (hs_level_bytes(g, level) - 1))
		return -EINVAL;
	e = table_entry_make(self, mm, addr, level);
	if (!e)
		return -ENOMEM;
	old = hs_entry_swap(self, mm, e, addr, level, entry);
	if (hs_entry_is_table(old))
		table_free(self, g, hs_entry_table(old), level - 1);
	return 0;
}

uint64_t hs_pt_get(struct hs_task *self, const struct hs_mm *mm, uint64_t addr, uint32_t level)
{
	const uint64_t *e = hs_pt_find(mm, addr, level, NULL);

	return e ? hs_u64_load(self, (const hs_u64 *)e, HS_RELAXED) : 0;
}
