/* SPDX-License-Identifier: MIT */
/*
 * mm.h - address spaces, for the floors above
 */
#ifndef HS_MM_MM_H
#define HS_MM_MM_H

#include <hmmsim/fault.h>
#include <hmmsim/mapping.h>
#include <hmmsim/mm.h>
#include <hmmsim/pte_ops.h>

#include "memory/memory.h"
#include "notifier/notifier.h"
#include "pgmap/pgmap.h"
#include "port/port.h"

struct hs_vma_slot {
	uint64_t end;
	struct hs_vma *vma;
};

struct hs_mm {
	const struct hs_geometry *geometry;
	hs_u64 *root;
	struct hs_rwsem lock;	  /* the mmap lock: VMAs */
	struct hs_vma_slot *vmas; /* ascending */
	uint32_t vma_count, vma_room;
	struct hs_spinlock page_table_lock; /* entries, when they change by other than a walker */
	struct hs_notifiers *notifiers;
	hs_u32 users, count;
	struct hs_waitq migrations; /* a migration entry is gone */
	const struct hs_fault_ops *ops;
	void *ops_arg;
};

/* ---- vma.c ------------------------------------------------------------------------------- */

/* The VMA that contains @addr; NULL: none. The mmap lock is held. */
struct hs_vma *hs_vma_at(const struct hs_mm *mm, uint64_t addr);
/*
 * Cuts VMAs so that [start, end) is whole ones, changes each by @change, and joins what can be one
 * again. The write lock is held. -ENOMEM: a gap (nothing was done), or no memory.
 */
int hs_vma_modify(struct hs_task *self, struct hs_mm *mm, uint64_t start, uint64_t end,
		  void (*change)(struct hs_task *self, struct hs_vma *vma, uint64_t value),
		  uint64_t value);
/* Takes every VMA away, as munmap of everything, and the array. */
void hs_vmas_destroy(struct hs_task *self, struct hs_mm *mm);

/* ---- table.c ----------------------------------------------------------------------------- */

/*
 * The entry of @level, tables above it made, or the leaf above it that is in the way: *level is where
 * it is. NULL: no memory. The mmap lock is held; many may do it at once.
 */
hs_u64 *hs_pt_populate(struct hs_task *self, struct hs_mm *mm, uint64_t addr, uint32_t *level);
/* The same without making anything: the entry that ends the descent, and its level. */
hs_u64 *hs_pt_descend(struct hs_task *self, const struct hs_mm *mm, uint64_t addr, uint32_t *level);
/* Frees the tables that lie in [start, end) as a whole. Nobody may walk there. */
void hs_pt_free_range(struct hs_task *self, struct hs_mm *mm, uint64_t start, uint64_t end);
/* All of them. */
void hs_pt_destroy(struct hs_task *self, struct hs_mm *mm);

/* ---- zap.c ------------------------------------------------------------------------------- */

/*
 * Takes the entries of [start, end) away and puts what they hold; a leaf that is hit goes as a whole.
 * The caller has told the notifiers and keeps the tables: by the mmap lock, or by the mapping lock.
 * @keep_private: leaves what is not of @mapping.
 */
void hs_zap_entries(struct hs_task *self, struct hs_mm *mm, uint64_t start, uint64_t end,
		    const struct hs_mapping *keep_private);
/* [start, end) widened to the leaves that a zap there takes. */
void hs_zap_span(struct hs_task *self, const struct hs_mm *mm, uint64_t *start, uint64_t *end);
/* ... to the leaves that faults in VMAs of @mapping may make there. */
void hs_mapping_leaf_span(const struct hs_mapping *mapping, uint64_t *start, uint64_t *end);
/*
 * Entries of [start, end) allow no more than @access from now on; told and kept as for a zap. A leaf
 * that is hit in part is taken away. A migration entry remembers WRITE alone.
 */
void hs_protect_entries(struct hs_task *self, struct hs_mm *mm, uint64_t start, uint64_t end,
			uint32_t access);
/* What a COUNTED entry holds of its page when it is gone. The page table lock may be held. */
void hs_entry_put(struct hs_task *self, uint64_t entry);
/* Start of a blockable section for [start, end); it cannot fail. */
struct hs_invalidation hs_mm_invalidate_start(struct hs_task *self, struct hs_mm *mm,
					      uint64_t start, uint64_t end,
					      enum hs_invalidate_event event, const void *owner);
void hs_mm_invalidate_end(struct hs_task *self, struct hs_mm *mm,
			  const struct hs_invalidation *inv);

/* ---- mapping.c --------------------------------------------------------------------------- */

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
	struct hs_mutex entry_lock; /* DAX file: what a page is stays so; the next two */
	uint64_t *blocks;	    /* pfn + 1 of each page; 0 or HS_BLOCK_ZERO: a hole */
	uint64_t next_block;
};

/* A hole that somebody may have mapped the zero page for. */
#define HS_BLOCK_ZERO UINT64_MAX

/* May [start, end) from page @pgoff on be mapped so? 0 or -EINVAL, -ENXIO; adds flags of its own. */
int hs_mapping_check(struct hs_task *self, struct hs_mapping *mapping, uint64_t start, uint64_t end,
		     uint64_t pgoff, uint32_t *flags);
/* The VMA begins or ends to map it. */
void hs_mapping_link(struct hs_task *self, struct hs_mapping *mapping, struct hs_vma *vma);
void hs_mapping_unlink(struct hs_task *self, struct hs_mapping *mapping, struct hs_vma *vma);
/*
 * As hs_mapping_allocate() and hs_mapping_pfn(), for who holds .entry_lock. If the zero page has been
 * mapped for the hole it is unmapped from everywhere.
 */
int hs_mapping_allocate_locked(struct hs_task *self, struct hs_mapping *mapping, uint64_t index);
int hs_mapping_pfn_locked(struct hs_task *self, struct hs_mapping *mapping, uint64_t index,
			  uint64_t *pfn);
/* A fault begins, if the mapping is alive, and ends. */
bool hs_mapping_enter(struct hs_task *self, struct hs_mapping *mapping);
void hs_mapping_leave(struct hs_task *self, struct hs_mapping *mapping);

/* ---- faults ------------------------------------------------------------------------------ */

/* What the parts of the handler share: fault.c, fault_dax.c, fault_swap.c. */
struct hs_fault {
	struct hs_task *self;
	struct hs_mm *mm;
	const struct hs_vma *vma;
	uint64_t addr;	/* page aligned */
	uint32_t flags; /* HS_FAULT_* */
	bool write;
	hs_u64 *entry;	/* that the fault is about */
	uint32_t level; /* where it is */
	uint64_t seen;	/* what was there */
};

#define HS_FAULT_ZERO_ENTRY \
	hs_entry_typed(HS_TYPE_ZERO, HS_ZERO_PFN, HS_ENTRY_VALID | HS_ENTRY_COUNTED)

/* Fills entry, level and seen; populate makes tables down to @level. False: no memory. */
void hs_fault_look(struct hs_fault *f);
bool hs_fault_populate(struct hs_fault *f, uint32_t level);
bool hs_fault_is_none(uint64_t entry);
/* The CPU reaches something by it: also what has no struct page. */
static inline bool hs_fault_is_present(uint64_t entry)
{
	return entry & (HS_ENTRY_VALID | HS_ENTRY_ERROR);
}
/* Tables made, nothing at level 0 yet. False: *ret is what the fault comes to. */
bool hs_fault_want_page(struct hs_fault *f, uint32_t *ret);
/* Puts @to where @f->seen was, under the page table lock. False: something else is there now. */
bool hs_fault_replace(struct hs_fault *f, uint64_t to);
/* The same, with the notifiers told around it. */
bool hs_fault_switch(struct hs_fault *f, uint64_t to, enum hs_invalidate_event event,
		     const void *owner);
/* The page of f->seen with a reference; NULL: it is there no more, or has no struct page. */
struct hs_page *hs_fault_get_page(struct hs_fault *f);
/* A present entry for the VMA. */
uint64_t hs_fault_present(const struct hs_fault *f, uint64_t pfn, bool write);
/* A system page for one entry, mapcount 1; and when it was not needed. */
uint32_t hs_fault_new_page(struct hs_fault *f, uint64_t private, struct hs_page **out);
void hs_fault_drop_page(struct hs_fault *f, struct hs_page *page);
/* A fresh system page with the private of @from (NULL: 0), mapped where f->seen was. */
uint32_t hs_fault_map_page(struct hs_fault *f, struct hs_page *from, bool write);
/* Nothing is there yet, or a write to an entry that is read-only, in a VMA with a mapping. */
uint32_t hs_fault_dax(struct hs_fault *f);
/* An entry that is not present. */
uint32_t hs_fault_swap(struct hs_fault *f);
/* Until f->seen, a migration entry, is gone. */
void hs_fault_migration_wait(struct hs_fault *f);

/* An entry more, or one less, maps the page. */
static inline void hs_page_map(struct hs_task *self, struct hs_page *page)
{
	hs_u32_add(self, &page->mapcount, 1, HS_RELAXED);
}

static inline void hs_page_unmap(struct hs_task *self, struct hs_page *page)
{
	uint32_t was = hs_u32_add(self, &page->mapcount, (uint32_t)-1, HS_RELAXED);

	hs_assert(self, was, "a page is unmapped more often than it was mapped");
}

struct hs_gate {
	hs_u32 open;
	hs_u32 waiters;
	struct hs_waitq queue;
	struct hs_pgmap *pgmap; /* follow this one instead */
	enum hs_pgmap_step step;
};

void hs_gate_wait(struct hs_task *self, struct hs_gate *gate);
bool hs_gate_is_open(struct hs_task *self, struct hs_gate *gate);

/* ---- ranges ------------------------------------------------------------------------------ */

/* Page aligned, not empty, within the geometry. */
static inline bool hs_range_fits(const struct hs_mm *mm, uint64_t start, uint64_t end)
{
	return start < end && !((start | end) & (HS_PAGE_BYTES - 1)) &&
	       end <= hs_geometry_end(mm->geometry);
}

/* ---- entering ---------------------------------------------------------------------------- */

static inline uint32_t hs_mm_fault(struct hs_task *self, struct hs_mm *mm, const struct hs_vma *vma,
				   uint64_t addr, uint32_t flags)
{
	return mm->ops ? mm->ops->fault(self, mm, vma, addr, flags, mm->ops_arg)
		       : HS_VM_FAULT_SIGBUS;
}

static inline void hs_mm_migration_wait(struct hs_task *self, struct hs_mm *mm, uint64_t addr,
					uint32_t level)
{
	if (mm->ops)
		mm->ops->migration_wait(self, mm, addr, level, mm->ops_arg);
}

/* ---- tables ------------------------------------------------------------------------------ */

static inline bool hs_entry_is_table(uint64_t e)
{
	return e & HS_ENTRY_TABLE;
}

static inline hs_u64 *hs_entry_table(uint64_t e)
{
	return (hs_u64 *)(uintptr_t)(e & HS_ENTRY_TABLE_ADDR);
}

static inline size_t hs_table_bytes(const struct hs_geometry *g, uint32_t level)
{
	return sizeof(hs_u64) << g->bits[level];
}

/* Bytes that an entry of the level spans. */
static inline uint64_t hs_level_bytes(const struct hs_geometry *g, uint32_t level)
{
	return HS_PAGE_BYTES << g->order[level];
}

static inline uint32_t hs_level_index(const struct hs_geometry *g, uint64_t addr, uint32_t level)
{
	return (uint32_t)(addr >> (HS_PAGE_SHIFT + g->order[level])) & ((1u << g->bits[level]) - 1);
}

/* The end of the entry's span, or @end if that comes first. */
static inline uint64_t hs_level_end(const struct hs_geometry *g, uint64_t addr, uint64_t end,
				    uint32_t level)
{
	uint64_t next = (addr | (hs_level_bytes(g, level) - 1)) + 1;

	return next - 1 < end - 1 ? next : end;
}

#endif
