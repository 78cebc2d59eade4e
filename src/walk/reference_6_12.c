/* SPDX-License-Identifier: MIT */
/*
 * reference_6_12.c - the range-fault walker of v6.12, written from its description
 *
 * One walk over the whole range, VMAs and gaps, and again from `last` on while it returns -EBUSY.
 * Slots below `last` are answers, from there on they are still requests. `last` moves only where
 * something is faulted or waited for.
 *
 * v6.12 looks up no pgmap. With a strategy other than none devmap pages take references where v5.3
 * did, and the loop has the shape of v5.6:
 *
 *	a lookup that fails at a PTE is -EBUSY with `last` at that page; in a leaf `last` stays
 *	a table that is left with an error or a wait puts nothing: per-table-local leaks at once,
 *	per-table leaks if the call ends before the walk comes to the end of a table
 *	per-pass and per-call put as their names say
 *	per-range puts when the walk enters another VMA or the call ends: there are no VMA turns
 */
#include "walk/reference.h"

#include <errno.h>

/* ---- requests ---------------------------------------------------------------------------- */

/* What a page needs: a fault, and a fault for writing. */
#define NEED_FAULT 1u
#define NEED_WRITE 2u

static unsigned int ref612_page_need(const struct hs_reference *w, uint64_t addr, uint64_t cpu)
{
	uint64_t request = hs_reference_request(w, addr);

	if (!(request & HS_PFN_VALID))
		return 0;
	if ((request & HS_PFN_WRITE) && !(cpu & HS_PFN_WRITE))
		return NEED_FAULT | NEED_WRITE;
	return cpu & HS_PFN_VALID ? 0 : NEED_FAULT;
}

static unsigned int ref612_span_need(const struct hs_reference *w, uint64_t addr, uint64_t end,
				     uint64_t cpu)
{
	unsigned int need = 0;

	for (; addr < end; addr += HS_PAGE_BYTES)
		need |= ref612_page_need(w, addr, cpu);
	return need;
}

/* ---- answers ----------------------------------------------------------------------------- */

static int ref612_fill(struct hs_reference *w, uint64_t addr, uint64_t end, uint64_t value)
{
	for (; addr < end; addr += HS_PAGE_BYTES)
		*hs_reference_slot(w, addr) = value;
	return 0;
}

/* A fault cannot help: -EFAULT if a page is requested, otherwise HS_PFN_ERROR is the answer. */
static int ref612_refuse(struct hs_reference *w, uint64_t addr, uint64_t end)
{
	if (ref612_span_need(w, addr, end, 0))
		return -EFAULT;
	return ref612_fill(w, addr, end, HS_PFN_ERROR);
}

static int ref612_fault(struct hs_reference *w, uint64_t addr, uint64_t end, unsigned int need)
{
	bool write = need & NEED_WRITE;

	w->last = addr;
	if (write && !(w->vma->flags & HS_VM_WRITE))
		return -EPERM;
	for (; addr < end; addr += HS_PAGE_BYTES)
		if (hs_reference_fault(w, addr, write) & HS_VM_FAULT_ERROR)
			return -EFAULT;
	return -EBUSY;
}

static int ref612_hole(struct hs_reference *w, uint64_t addr, uint64_t end)
{
	unsigned int need = ref612_span_need(w, addr, end, 0);

	if (need)
		return ref612_fault(w, addr, end, need);
	return ref612_fill(w, addr, end, 0);
}

static uint64_t ref612_order_bits(const struct hs_reference *w, uint32_t level)
{
	return (uint64_t)w->geometry->order[level] << HS_PFN_ORDER_SHIFT;
}

/* A leaf of level 1, or a devmap leaf of level 2. */
static int ref612_leaf(struct hs_reference *w, uint64_t entry, uint64_t addr, uint64_t end,
		       uint32_t level)
{
	uint64_t cpu = hs_reference_access(entry);
	unsigned int need = ref612_span_need(w, addr, end, cpu);
	uint64_t pfn = hs_entry_pfn(entry) + hs_reference_offset(w, addr, level);

	if (need)
		return ref612_fault(w, addr, end, need);
	if (cpu)
		cpu |= ref612_order_bits(w, level);
	for (; addr < end; addr += HS_PAGE_BYTES, pfn++) {
		if (entry & HS_ENTRY_DEVMAP) {
			int ret = hs_reference_page(w, pfn);

			if (ret)
				return ret;
		}
		*hs_reference_slot(w, addr) = pfn | cpu;
		hs_reference_step(w, HS_WALK_PAGE, addr);
	}
	hs_reference_at(w, HS_REFERENCE_TABLE_END);
	hs_reference_step(w, HS_WALK_TABLE_END, end);
	return 0;
}

/* ---- PTEs -------------------------------------------------------------------------------- */

/* A PTE faults its page and all up to @end, the end of its table or of the walk. */
static int ref612_pte_fault(struct hs_reference *w, uint64_t addr, uint64_t end, unsigned int need)
{
	hs_reference_at(w, HS_REFERENCE_FAULT_BEGIN);
	hs_reference_unmap(w);
	return ref612_fault(w, addr, end, need);
}

static bool ref612_device_private_own(const struct hs_reference *w, uint64_t entry)
{
	struct hs_page *page = hs_entry_page(w->self, entry);
	struct hs_pgmap *pgmap = page ? hs_page_pgmap(w->self, page) : NULL;

	if (pgmap)
		hs_deref(w->self, pgmap);
	if (entry & HS_ENTRY_COUNTED)
		hs_page_live(w->self, page);
	return (pgmap ? hs_pgmap_owner(pgmap) : NULL) == w->range->owner;
}

static int ref612_pte_absent(struct hs_reference *w, uint64_t entry, uint64_t addr, uint64_t end)
{
	uint64_t *slot = hs_reference_slot(w, addr);
	unsigned int need = ref612_page_need(w, addr, 0);

	if ((entry & HS_ENTRY_DEVPRIV) && ref612_device_private_own(w, entry)) {
		*slot = hs_entry_pfn(entry) | HS_PFN_VALID;
		if (entry & HS_ENTRY_WRITE)
			*slot |= HS_PFN_WRITE;
		return 0;
	}
	if (!need) {
		*slot = 0;
		return 0;
	}
	if (entry & HS_ENTRY_DEVPRIV)
		return ref612_pte_fault(w, addr, end, need);
	switch (hs_entry_type(entry)) {
	case HS_TYPE_NORMAL: /* none */
	case HS_TYPE_MARKER:
	case HS_TYPE_POISON:
	case HS_TYPE_SWAP:
	case HS_TYPE_EXCLUSIVE:
		return ref612_pte_fault(w, addr, end, need);
	case HS_TYPE_MIGRATION:
		w->last = addr;
		hs_reference_unmap(w);
		hs_reference_wait(w, addr, 0);
		return -EBUSY;
	default:
		return -EFAULT;
	}
}

/* A present PTE without a struct page, and not the zero page. */
static int ref612_pte_special(struct hs_reference *w, uint64_t addr)
{
	if (!(w->vma->flags & (HS_VM_PFNMAP | HS_VM_MIXEDMAP)))
		w->range->counts.bad_ptes++;
	return ref612_refuse(w, addr, addr + HS_PAGE_BYTES);
}

static int ref612_pte(struct hs_reference *w, uint64_t addr, uint64_t end)
{
	uint64_t entry = hs_pt_get(w->self, w->range->mm, addr, 0);
	uint64_t cpu = hs_reference_access(entry);
	unsigned int need;
	int ret;

	if (!hs_reference_present(entry))
		return ref612_pte_absent(w, entry, addr, end);
	need = ref612_page_need(w, addr, cpu);
	if (need)
		return ref612_pte_fault(w, addr, end, need);
	if (entry & HS_ENTRY_ERROR)
		return ref612_pte_special(w, addr);
	if (entry & HS_ENTRY_DEVMAP) {
		ret = hs_reference_page(w, hs_entry_pfn(entry));
		if (ret) {
			w->last = addr;
			return ret;
		}
	}
	*hs_reference_slot(w, addr) = hs_entry_pfn(entry) | cpu;
	return 0;
}

static int ref612_table(struct hs_reference *w, uint64_t start, uint64_t end)
{
	hs_reference_map(w);
	for (uint64_t addr = start; addr < end; addr += HS_PAGE_BYTES) {
		int ret = ref612_pte(w, addr, end);

		if (ret) {
			hs_reference_at(w, HS_REFERENCE_TABLE_ERROR);
			hs_reference_unmap(w);
			hs_reference_step(w, HS_WALK_TABLE_ERROR, addr);
			return ret;
		}
		hs_reference_step(w, HS_WALK_PAGE, addr);
	}
	hs_reference_at(w, HS_REFERENCE_TABLE_END);
	hs_reference_unmap(w);
	hs_reference_step(w, HS_WALK_TABLE_END, end);
	return 0;
}

/* ---- the walk ---------------------------------------------------------------------------- */

/* The entry of level 1 at @addr; @end is not beyond its span. */
static int ref612_pmd(struct hs_reference *w, uint64_t entry, uint64_t addr, uint64_t end)
{
	if (!entry)
		return ref612_hole(w, addr, end);
	if (entry & HS_ENTRY_TABLE)
		return ref612_table(w, addr, end);
	if (hs_reference_present(entry))
		return ref612_leaf(w, entry, addr, end, 1);
	if (hs_entry_type(entry) == HS_TYPE_MIGRATION) {
		if (!ref612_span_need(w, addr, end, 0))
			return ref612_fill(w, addr, end, 0);
		w->last = addr;
		hs_reference_wait(w, addr, 1);
		return -EBUSY;
	}
	return ref612_refuse(w, addr, end);
}

/* The part of [*addr, end) that one entry spans; *addr moves to its end. */
static int ref612_entry_span(struct hs_reference *w, uint64_t *addr, uint64_t end)
{
	uint64_t start = *addr;
	uint32_t level;
	uint64_t entry = hs_reference_entry(w, start, 1, &level);

	if (level == 2 && entry && !(entry & HS_ENTRY_DEVMAP))
		return hs_reference_split(w, start); /* the next call finds a hole */
	end = hs_reference_span(w, start, end, level);
	*addr = end;
	if (level == 1)
		return ref612_pmd(w, entry, start, end);
	if (level == 2 && entry)
		return ref612_leaf(w, entry, start, end, 2);
	return ref612_hole(w, start, end);
}

/* Only the slot of the first page counts as a request. An entry is stored whatever it is. */
static int ref612_hugetlb_span(struct hs_reference *w, uint64_t *addr, uint64_t end)
{
	uint32_t level = hs_reference_hugetlb_level(w->vma);
	uint64_t start = *addr, entry, cpu, pfn;
	unsigned int need;

	end = hs_reference_span(w, start, end, level);
	*addr = end;
	if (!hs_pt_find(w->range->mm, start, level, NULL))
		return ref612_hole(w, start, end);
	entry = hs_pt_get(w->self, w->range->mm, start, level);
	cpu = hs_reference_access(entry) | ref612_order_bits(w, level);
	need = ref612_page_need(w, start, cpu);
	if (need)
		return ref612_fault(w, start, end, need);
	pfn = hs_reference_raw_pfn(entry) + hs_reference_offset(w, start, level);
	for (; start < end; start += HS_PAGE_BYTES, pfn++) {
		*hs_reference_slot(w, start) = pfn | cpu;
		hs_reference_step(w, HS_WALK_PAGE, start);
	}
	hs_reference_step(w, HS_WALK_TABLE_END, end);
	return 0;
}

static void ref612_leave_vma(struct hs_reference *w)
{
	if (!w->vma)
		return;
	hs_reference_at(w, HS_REFERENCE_VMA_END);
	hs_reference_step(w, HS_WALK_VMA_END, w->vma->start);
}

/* The walk enters a VMA, even one that it skips. */
static void ref612_enter_vma(struct hs_reference *w, const struct hs_vma *vma)
{
	if (w->vma == vma)
		return;
	ref612_leave_vma(w);
	w->vma = vma;
}

static int ref612_vma_span(struct hs_reference *w, const struct hs_vma *vma, uint64_t addr,
			   uint64_t end)
{
	int ret = 0;

	ref612_enter_vma(w, vma);
	if ((vma->flags & (HS_VM_IO | HS_VM_PFNMAP)) || !(vma->flags & HS_VM_READ))
		return ref612_refuse(w, addr, end);
	while (!ret && addr < end)
		ret = vma->flags & HS_VM_HUGETLB ? ref612_hugetlb_span(w, &addr, end)
						 : ref612_entry_span(w, &addr, end);
	return ret;
}

static int ref612_page_walk(struct hs_reference *w, uint64_t addr, uint64_t end)
{
	int ret = 0;

	if (addr >= end)
		return -EINVAL;
	while (!ret && addr < end) {
		const struct hs_vma *vma = hs_vma_find(w->range->mm, addr);
		bool in_vma = vma && vma->start <= addr;
		uint64_t next = end;

		if (in_vma && vma->end < end)
			next = vma->end;
		else if (!in_vma && vma && vma->start < end)
			next = vma->start;
		ret = in_vma ? ref612_vma_span(w, vma, addr, next) : ref612_refuse(w, addr, next);
		addr = next;
	}
	return ret;
}

int hs_reference_6_12(struct hs_task *self, struct hs_range *range)
{
	struct hs_reference w;
	int ret = -EBUSY;

	hs_reference_begin(self, &w, range, true);
	while (!hs_reference_retry(&w)) {
		uint64_t failures = range->counts.failures;

		range->counts.passes++;
		ret = ref612_page_walk(&w, w.last, range->end);
		hs_reference_at(&w, HS_REFERENCE_PASS_END);
		hs_reference_step(&w, HS_WALK_PASS_END, w.last);
		if (ret != -EBUSY)
			break;
		hs_reference_again(&w, failures);
	}
	ref612_leave_vma(&w);
	hs_reference_end(&w);
	range->pages = ret ? 0 : (range->end - range->start) / HS_PAGE_BYTES;
	return ret;
}
