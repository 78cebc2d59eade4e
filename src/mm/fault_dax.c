/* SPDX-License-Identifier: MIT */
/*
 * fault_dax.c - faults in what maps device memory: DAX files, device-dax, P2PDMA
 *
 * reduced: dax_iomap_fault() and what a file system does for it (v6.12, fs/dax.c),
 * dev_dax_huge_fault() (drivers/dax/device.c). p2pmem_alloc_mmap() (drivers/pci/p2pdma.c) inserts
 * all pages at mmap; here each comes with its fault.
 *
 * A fault is inside the mapping (hs_mapping_enter()) from before it looks at a block until its
 * entry is made. So a task that disables the mapping and then unmaps it finds no entry afterwards.
 * In a DAX file the fault holds the entry lock as well: a hole stays a hole until the zero page is
 * mapped, and while a block is allocated no other fault maps the zero page again.
 *
 *	fault that reads the hole	fault that writes it
 *	entry lock			entry lock: waits
 *	hole: map the zero page		  allocate the block
 *	entry unlock			  unmap the zero page from everywhere
 *					  map the block
 *					entry unlock
 *
 *	Required outcome: when both are done, no entry maps the zero page where a block is.
 *	(tests/model/test_fault_model.c: hole_read_against_hole_write)
 *
 * The block of a hole that is written is mapped by a page, never by a leaf: the table is allocated
 * before the block, so that nothing can fail for want of memory after the block is allocated.
 */
#include "mm/fault.h"

#include "mm/mapping.h"
#include "mm/table.h"
#include "mm/zap.h"

#include <errno.h>

/* The page of the mapping that the fault is about. */
struct dax_place {
	struct hs_mapping *mapping;
	uint64_t index;
};

/* ---- entries of FS_DAX and GENERIC memory ------------------------------------------------ */

/*
 * The struct page of a block. NULL: the pgmap was only registered, and has none, not even where its
 * range covers the zero page.
 */
static struct hs_page *dax_page(struct hs_fault *f, uint64_t pfn)
{
	const struct hs_pgmap *pgmap = f->vma->mapping->pgmap;
	struct hs_page *page = hs_pfn_to_page(f->self, pfn);

	hs_deref(f->self, pgmap);
	hs_assert_at(f->self, HS_HERE, page || pfn < pgmap->first,
		     "the mapping has pfn %#llx, whose struct page is gone",
		     (unsigned long long)pfn);
	return pfn == HS_ZERO_PFN ? NULL : page;
}

/*
 * Maps a leaf of f->level from @pfn on where nothing is. It holds what hs_pgmap_page_map() takes of
 * the first page.
 */
static enum hs_fault_verdict dax_map_device(struct hs_fault *f, uint64_t pfn, bool write)
{
	uint64_t order = (uint64_t)f->mm->geometry->order[f->level] << HS_ENTRY_ORDER_SHIFT;
	uint64_t to = hs_fault_present(f, pfn, write) | HS_ENTRY_DEVMAP | order;
	struct hs_page *page = dax_page(f, pfn);

	if (!page)
		return HS_FAULT_NO_PAGE;
	hs_pgmap_page_map(f->self, page);
	if (!hs_fault_replace(f, to) && !HS_BREAK(DAX_LOSER_KEEPS))
		hs_pgmap_page_unmap(f->self, page);
	return HS_FAULT_DONE;
}

/*
 * A shared mapping of device memory becomes writable in place: there is nothing to copy. @pfn: what
 * the mapping has there. As vmf_insert_mixed_mkwrite() this warns if the entry maps another page.
 */
static uint32_t dax_make_writable(struct hs_fault *f, uint64_t pfn)
{
	uint64_t bytes = hs_level_bytes(f->mm->geometry, f->level);
	uint64_t mapped = hs_entry_pfn(f->seen) + ((f->addr & (bytes - 1)) >> HS_PAGE_SHIFT);

	hs_assert_at(f->self, HS_HERE, mapped == pfn || !(f->seen & HS_ENTRY_COUNTED),
		     "a fault makes pfn %#llx writable, where the mapping has pfn %#llx",
		     (unsigned long long)mapped, (unsigned long long)pfn);
	hs_fault_keep(f, f->seen | HS_ENTRY_WRITE);
	return 0;
}

static bool dax_is_mapped(const struct hs_fault *f)
{
	return f->seen & HS_ENTRY_VALID && hs_entry_type(f->seen) == HS_TYPE_NORMAL;
}

/* ---- leaves ------------------------------------------------------------------------------ */

/*
 * *first is the page of the mapping where the leaf of @level around the fault begins. False: the
 * VMA does not cover the leaf. The caller checks whether the leaf ends inside the mapping.
 */
static bool dax_leaf_fits(const struct hs_fault *f, const struct dax_place *p, uint32_t level,
			  uint64_t *first)
{
	const struct hs_geometry *g = f->mm->geometry;
	uint64_t bytes, start;

	if (level >= g->levels || g->order[level] != p->mapping->leaf_order)
		return false;
	bytes = hs_level_bytes(g, level);
	start = f->addr & ~(bytes - 1);
	if (start < f->vma->start || f->vma->end - start < bytes)
		return false;
	*first = p->index - ((f->addr - start) >> HS_PAGE_SHIFT);
	return true;
}

/* ---- DAX files --------------------------------------------------------------------------- */

/* The pages of a leaf from @first on are one aligned run of blocks that begins at *pfn. */
static bool dax_is_one_run(struct hs_fault *f, const struct dax_place *p, uint64_t first,
			   uint64_t *pfn)
{
	uint64_t n = (uint64_t)1 << p->mapping->leaf_order, at;

	if (hs_mapping_pfn_locked(f->self, p->mapping, first, pfn) || *pfn & (n - 1))
		return false;
	for (uint64_t i = 1; i < n; i++)
		if (hs_mapping_pfn_locked(f->self, p->mapping, first + i, &at) || at != *pfn + i)
			return false;
	return true;
}

/* UNDECIDED: the file has no leaf there, or a table is in the way. */
static enum hs_fault_verdict dax_map_leaf(struct hs_fault *f, const struct dax_place *p)
{
	uint32_t level = p->mapping->level;
	uint64_t first, pfn;

	if (!level || !dax_leaf_fits(f, p, level, &first) || !dax_is_one_run(f, p, first, &pfn))
		return HS_FAULT_UNDECIDED;
	if (!hs_fault_populate(f, level))
		return HS_FAULT_NO_MEMORY;
	if (hs_entry_is_table(f->seen))
		return HS_FAULT_UNDECIDED;
	if (f->level != level || f->seen)
		return HS_FAULT_DONE;
	return dax_map_device(f, pfn, f->vma->flags & HS_VM_SHARED);
}

/* Maps the block, by a leaf if there is one. A private VMA may only read it. */
static uint32_t dax_map_block(struct hs_fault *f, const struct dax_place *p, uint64_t pfn)
{
	enum hs_fault_verdict verdict = dax_map_leaf(f, p);

	if (!verdict)
		verdict = hs_fault_want_page(f);
	if (!verdict)
		verdict = dax_map_device(f, pfn, f->vma->flags & HS_VM_SHARED);
	return hs_fault_result(verdict);
}

/* Gives a hole that is written a block. The tables are made first, because that can fail. */
static uint32_t dax_allocate(struct hs_fault *f, const struct dax_place *p, uint64_t *pfn)
{
	if (!hs_fault_populate(f, 0))
		return HS_VM_FAULT_OOM;
	if (hs_mapping_allocate_locked(f->self, p->mapping, p->index))
		return HS_VM_FAULT_SIGBUS;
	hs_mapping_pfn_locked(f->self, p->mapping, p->index, pfn);
	return 0;
}

/* The file remembers the zero page, because it must be unmapped when the hole is written. */
static uint32_t dax_map_zero(struct hs_fault *f, const struct dax_place *p)
{
	enum hs_fault_verdict verdict = hs_fault_want_page(f);

	if (verdict)
		return hs_fault_result(verdict);
	p->mapping->blocks[p->index] = HS_BLOCK_ZERO;
	HS_BREAK_MUTEX_GAP(DAX_ZERO_GAP, f->self, &p->mapping->entry_lock);
	hs_fault_replace(f, HS_FAULT_ZERO_ENTRY);
	return 0;
}

static uint32_t dax_shared(struct hs_fault *f, const struct dax_place *p)
{
	int hole;
	uint32_t ret = 0;
	uint64_t pfn;

	hole = hs_mapping_pfn_locked(f->self, p->mapping, p->index, &pfn);
	if (f->write && dax_is_mapped(f))
		return dax_make_writable(f, hole ? HS_ENTRY_PFN : pfn);
	if (hole) {
		if (!f->write)
			return dax_map_zero(f, p);
		ret = dax_allocate(f, p, &pfn);
	}
	return ret ? ret : dax_map_block(f, p, pfn);
}

/*
 * A leaf of a private VMA that is written goes as a whole; later faults map its pages one by one.
 */
static uint32_t dax_split(struct hs_fault *f)
{
	if (hs_fault_switch(f, 0, HS_INVALIDATE_CLEAR, NULL))
		hs_entry_put(f->self, f->seen);
	return 0;
}

static uint32_t dax_copy(struct hs_fault *f, const struct dax_place *p)
{
	enum hs_fault_verdict verdict = HS_FAULT_UNDECIDED;
	struct hs_page *from = NULL;
	uint64_t pfn;

	if (f->level && f->seen & HS_ENTRY_VALID)
		return dax_split(f);
	if (hs_fault_is_none(f->seen))
		verdict = hs_fault_want_page(f);
	if (verdict)
		return hs_fault_result(verdict);
	if (!hs_mapping_pfn_locked(f->self, p->mapping, p->index, &pfn)) {
		from = dax_page(f, pfn);
		if (!from)
			return HS_VM_FAULT_SIGBUS;
	}
	return hs_fault_map_page(f, from, true);
}

static uint32_t dax_private(struct hs_fault *f, const struct dax_place *p)
{
	uint64_t pfn;

	if (f->write)
		return dax_copy(f, p);
	if (!hs_mapping_pfn_locked(f->self, p->mapping, p->index, &pfn))
		return dax_map_block(f, p, pfn);
	return dax_map_zero(f, p);
}

static uint32_t dax_fault_file(struct hs_fault *f, const struct dax_place *p)
{
	uint32_t ret;

	hs_mutex_lock(f->self, &p->mapping->entry_lock);
	if (f->vma->flags & HS_VM_SHARED)
		ret = dax_shared(f, p);
	else
		ret = dax_private(f, p);
	hs_mutex_unlock(f->self, &p->mapping->entry_lock);
	return ret;
}

/* ---- devices ----------------------------------------------------------------------------- */

/*
 * A device maps leaves of its own level and no smaller ones. Its size is a multiple of that leaf,
 * so that an aligned leaf that begins inside the device ends inside it.
 */
static uint32_t dax_fault_device(struct hs_fault *f, const struct dax_place *p)
{
	uint32_t level = p->mapping->level;
	uint64_t first, pfn;

	if (f->write && dax_is_mapped(f))
		return dax_make_writable(f, p->mapping->first + p->index);
	if (!dax_leaf_fits(f, p, level, &first))
		return HS_VM_FAULT_SIGBUS;
	pfn = p->mapping->first + first;
	if (pfn & (((uint64_t)1 << p->mapping->leaf_order) - 1))
		return HS_VM_FAULT_SIGBUS;
	if (!hs_fault_populate(f, level))
		return HS_VM_FAULT_OOM;
	if (hs_entry_is_table(f->seen))
		return HS_VM_FAULT_SIGBUS;
	if (f->level != level || !hs_fault_is_none(f->seen))
		return 0;
	return hs_fault_result(dax_map_device(f, pfn, true));
}

static uint32_t dax_fault_p2pdma(struct hs_fault *f, const struct dax_place *p)
{
	enum hs_fault_verdict verdict;
	struct hs_page *page;

	if (f->write && dax_is_mapped(f))
		return dax_make_writable(f, hs_entry_pfn(f->seen));
	verdict = hs_fault_want_page(f);
	if (verdict)
		return hs_fault_result(verdict);
	if (hs_pgmap_page_alloc(f->self, p->mapping->pgmap, &page))
		return HS_VM_FAULT_SIGBUS;
	hs_page_map(f->self, page);
	if (!hs_fault_replace(f, hs_fault_present(f, hs_page_to_pfn(f->self, page), true)))
		hs_fault_drop_page(f, page);
	return 0;
}

uint32_t hs_fault_dax(struct hs_fault *f)
{
	struct dax_place p = { .mapping = f->vma->mapping };
	uint32_t ret;

	p.index = f->vma->pgoff + ((f->addr - f->vma->start) >> HS_PAGE_SHIFT);
	if (p.index >= p.mapping->pages || !hs_mapping_enter(f->self, p.mapping))
		return HS_VM_FAULT_SIGBUS;
	if (HS_BREAK(DAX_LEAVES_EARLY))
		hs_mapping_leave(f->self, p.mapping);
	switch (p.mapping->kind) {
	case HS_MAPPING_DAX_FILE:
		ret = dax_fault_file(f, &p);
		break;
	case HS_MAPPING_DEVICE_DAX:
		ret = dax_fault_device(f, &p);
		break;
	default:
		ret = dax_fault_p2pdma(f, &p);
		break;
	}
	if (!HS_BREAK(DAX_LEAVES_EARLY))
		hs_mapping_leave(f->self, p.mapping);
	return ret;
}
