/* SPDX-License-Identifier: MIT */
/*
 * zap.c - entries of a range are taken away, or lose access
 *
 * The caller has notified the subscribers and keeps the tables, by the mmap lock or by the mapping
 * lock of a VMA that is still linked. Entries come and go meanwhile. Each is read and changed under
 * the page table lock, which is held for one table of level 0 or for one leaf at a time. What an
 * entry held is put after the entry is gone.
 */
#include "mm/zap.h"

#include "mm/entry.h"
#include "memory/swap.h"
#include "mm/mapping.h"
#include "mm/table.h"

/* A change of all entries of a range. */
struct change {
	struct hs_mm *mm;
	uint64_t start, end;
	/* Returns the new value; 0: none. @whole: all that the entry maps is in the range. */
	uint64_t (*to)(const struct change *c, uint64_t entry, bool whole);
	const struct hs_mapping *mapping; /* zap: private copies in a VMA of it stay; NULL: none */
	uint32_t access;		  /* protect */
	bool wake;			  /* a migration entry is gone */
};

/* The page table lock is held. Returns the entry if it has become a table, otherwise 0. */
static uint64_t zap_change_entry(struct hs_task *self, struct change *c, hs_u64 *e, uint64_t addr,
				 uint32_t level, bool whole)
{
	uint64_t entry = hs_u64_load(self, e, HS_ACQUIRE), to;

	hs_assert_spin(self, &c->mm->page_table_lock);
	if (!entry || hs_entry_is_table(entry))
		return entry;
	to = c->to(c, entry, whole);
	if (to == entry)
		return 0;
	HS_BREAK_SPIN_GAP(ZAP_GAP, self, &c->mm->page_table_lock);
	hs_entry_set(self, c->mm, e, addr, level, entry, to);
	if (to)
		return 0;
	c->wake |= hs_entry_type(entry) == HS_TYPE_MIGRATION && !HS_BREAK(ZAP_NO_WAKE);
	hs_entry_put(self, entry);
	return 0;
}

static void zap_change_ptes(struct hs_task *self, struct change *c, hs_u64 *table, uint64_t start,
			    uint64_t end)
{
	hs_u64 *e = &table[hs_level_index(c->mm->geometry, start, 0)];

	hs_spin_lock(self, &c->mm->page_table_lock);
	for (uint64_t addr = start; addr < end; addr += HS_PAGE_BYTES)
		zap_change_entry(self, c, e++, addr, 0, true);
	hs_spin_unlock(self, &c->mm->page_table_lock);
}

static uint64_t zap_change_leaf(struct hs_task *self, struct change *c, hs_u64 *e, uint64_t addr,
				uint32_t level, bool whole)
{
	uint64_t table;

	hs_spin_lock(self, &c->mm->page_table_lock);
	table = zap_change_entry(self, c, e, addr, level, whole);
	hs_spin_unlock(self, &c->mm->page_table_lock);
	return table;
}

/* Recurses at most once a level. */
static void zap_change_table(struct hs_task *self, struct change *c, hs_u64 *table, uint32_t level,
			     uint64_t start, uint64_t end)
{
	const struct hs_geometry *g = c->mm->geometry;

	for (uint64_t addr = start, next; addr < end; addr = next) {
		hs_u64 *e = &table[hs_level_index(g, addr, level)];
		uint64_t entry = hs_u64_load(self, e, HS_ACQUIRE);

		next = hs_level_end(g, addr, end, level);
		/* A leaf may become empty and then a table meanwhile; a table stays. */
		if (entry && !hs_entry_is_table(entry))
			entry = zap_change_leaf(self, c, e, addr, level,
						next - addr == hs_level_bytes(g, level));
		if (!entry)
			continue;
		if (level > 1)
			zap_change_table(self, c, hs_entry_table(entry), level - 1, addr, next);
		else
			zap_change_ptes(self, c, hs_entry_table(entry), addr, next);
	}
}

static void zap_change_range(struct hs_task *self, struct change *c)
{
	struct hs_mm *mm = c->mm;

	zap_change_table(self, c, mm->root, mm->geometry->levels - 1, c->start, c->end);
	if (c->wake)
		hs_wake_all(self, &mm->migrations);
}

/* ---- zap --------------------------------------------------------------------------------- */

/* The entry maps a page, or would if it were not prot-none. */
static bool zap_has_page(uint64_t entry)
{
	enum hs_entry_type type = hs_entry_type(entry);

	return (type == HS_TYPE_NORMAL && entry & HS_ENTRY_VALID) || type == HS_TYPE_PROTNONE;
}

bool hs_entry_is_zero_page(uint64_t entry)
{
	return hs_entry_type(entry) == HS_TYPE_ZERO ||
	       (zap_has_page(entry) && hs_entry_pfn(entry) == HS_ZERO_PFN);
}

struct hs_page *hs_entry_page_at(struct hs_task *self, uint64_t entry, const char *where)
{
	struct hs_page *page = hs_pfn_to_page(self, hs_entry_pfn(entry));

	if (hs_unlikely(!page && entry & HS_ENTRY_COUNTED))
		hs_fail(self, where, "entry %#llx counts on pfn %#llx, whose struct page is gone",
			(unsigned long long)entry, (unsigned long long)hs_entry_pfn(entry));
	return page;
}

void hs_entry_expect_page_at(struct hs_task *self, const hs_u64 *at, uint64_t entry,
			     const char *where)
{
	if (!(entry & HS_ENTRY_COUNTED) || hs_entry_is_zero_page(entry) ||
	    hs_likely(hs_memory_is_present(self, hs_entry_pfn(entry))))
		return;
	if (hs_u64_load(self, at, HS_ACQUIRE) == entry)
		hs_fail(self, where, "entry %#llx counts on pfn %#llx, whose memory is gone",
			(unsigned long long)entry, (unsigned long long)hs_entry_pfn(entry));
}

void hs_entry_put(struct hs_task *self, uint64_t entry)
{
	struct hs_page *page;
	bool device = entry & HS_ENTRY_DEVPRIV;
	bool exclusive = hs_entry_type(entry) == HS_TYPE_EXCLUSIVE;

	if (!(entry & HS_ENTRY_COUNTED) || hs_entry_is_zero_page(entry))
		return;
	if (hs_entry_type(entry) == HS_TYPE_SWAP) {
		hs_swap_free(self, hs_entry_pfn(entry));
		return;
	}
	if (!(device || exclusive || zap_has_page(entry)))
		return;
	page = hs_entry_page(self, entry);
	if (entry & HS_ENTRY_DEVMAP && !exclusive) {
		hs_pgmap_page_unmap(self, page);
		return;
	}
	if (!exclusive)
		hs_page_unmap(self, page);
	hs_page_put(self, page);
}

/* The entry maps what the mapping holds, not a private copy. */
static bool zap_is_of_mapping(const struct hs_mapping *mapping, uint64_t entry)
{
	uint64_t pfn = hs_entry_pfn(entry);

	if (hs_entry_is_zero_page(entry))
		return true;
	return zap_has_page(entry) && (entry & HS_ENTRY_DEVMAP ||
				       (pfn >= mapping->pgmap->start && pfn < mapping->pgmap->end));
}

static uint64_t zap_to_nothing(const struct change *c, uint64_t entry, bool whole)
{
	(void)whole;
	return c->mapping && !zap_is_of_mapping(c->mapping, entry) ? entry : 0;
}

void hs_zap_entries(struct hs_task *self, struct hs_mm *mm, uint64_t start, uint64_t end,
		    const struct hs_mapping *keep_private)
{
	struct change c = {
		.mm = mm, .start = start, .end = end, .to = zap_to_nothing, .mapping = keep_private
	};

	if (keep_private)
		hs_deref(self, keep_private->pgmap);

	zap_change_range(self, &c);
}

/* Widens [*start, *end) by the leaf above level 0 that maps @addr, if there is one. */
static void zap_leaf_span(struct hs_task *self, const struct hs_mm *mm, uint64_t addr,
			  uint64_t *start, uint64_t *end)
{
	uint32_t level;
	hs_u64 *e = hs_pt_descend(self, mm, addr, &level);
	uint64_t bytes = hs_level_bytes(mm->geometry, level);

	if (!level || !hs_u64_load(self, e, HS_RELAXED))
		return;
	addr &= ~(bytes - 1);
	*start = addr < *start ? addr : *start;
	*end = addr + bytes > *end ? addr + bytes : *end;
}

void hs_zap_span(struct hs_task *self, const struct hs_mm *mm, uint64_t *start, uint64_t *end)
{
	uint64_t last = *end - HS_PAGE_BYTES;

	zap_leaf_span(self, mm, *start, start, end);
	zap_leaf_span(self, mm, last, start, end);
}

/* ---- protect ----------------------------------------------------------------------------- */

/* As on x86: an entry without READ is prot-none. It keeps everything but its access. */
static uint64_t zap_protect_none(uint64_t entry)
{
	uint64_t kept = entry & ~(HS_ENTRY_VALID | HS_ENTRY_WRITE | HS_ENTRY_TYPE);

	return kept | (uint64_t)HS_TYPE_PROTNONE << HS_ENTRY_TYPE_SHIFT;
}

static uint64_t zap_protect_read(uint64_t entry)
{
	enum hs_entry_type type = hs_entry_is_zero_page(entry) ? HS_TYPE_ZERO : HS_TYPE_NORMAL;

	return (entry & ~HS_ENTRY_TYPE) | HS_ENTRY_VALID | (uint64_t)type << HS_ENTRY_TYPE_SHIFT;
}

/* A leaf that is hit in part is taken away: its parts fault again. WRITE is taken, never given. */
static uint64_t zap_to_protected(const struct change *c, uint64_t entry, bool whole)
{
	if (!whole)
		return 0;
	if (!(c->access & HS_VM_WRITE))
		entry &= ~HS_ENTRY_WRITE;
	if (!zap_has_page(entry) && !hs_entry_is_zero_page(entry))
		return entry;
	if (!(c->access & HS_VM_READ))
		return zap_protect_none(entry);
	return hs_entry_type(entry) == HS_TYPE_PROTNONE ? zap_protect_read(entry) : entry;
}

void hs_protect_entries(struct hs_task *self, struct hs_mm *mm, uint64_t start, uint64_t end,
			uint32_t access)
{
	struct change c = {
		.mm = mm, .start = start, .end = end, .to = zap_to_protected, .access = access
	};

	zap_change_range(self, &c);
}

/* ---- sections ---------------------------------------------------------------------------- */

struct hs_invalidation hs_mm_invalidate_start(struct hs_task *self, struct hs_mm *mm,
					      uint64_t start, uint64_t end,
					      enum hs_invalidate_event event, const void *owner)
{
	const struct hs_invalidation inv = {
		.start = start,
		.end = end,
		.event = event,
		.owner = owner,
		.blockable = true,
	};
	int ret = hs_invalidate_start(self, mm->notifiers, &inv);

	hs_assert_at(self, HS_HERE, !ret,
		     "hs_mm_invalidate_start: a blockable invalidation failed with %d", ret);
	return inv;
}

void hs_mm_invalidate_end(struct hs_task *self, struct hs_mm *mm, const struct hs_invalidation *inv)
{
	hs_invalidate_end(self, mm->notifiers, inv);
}
