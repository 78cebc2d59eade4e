/* SPDX-License-Identifier: MIT */
/*
 * reference_5_3.c - the range-fault walker of v5.3, written from its description
 *
 * One turn for each VMA: the gap in front of it and the part of it that is in the range are
 * walked, and walked again while the walk returns -EBUSY and the range is valid. What a function
 * returns about one page or leaf:
 *
 *	0		it is stored: go on
 *	-EBUSY		something was faulted or waited for: walk again, from `last` on
 *	other		the call ends
 */
#include "walk/reference.h"

#include <errno.h>

/* A slot that has no answer. */
#define NONE ((uint64_t)0)

/* What a page needs: a fault, and a fault for writing. */
#define NEED_FAULT 1u
#define NEED_WRITE 2u

static void ref53_clear(struct hs_reference *w, uint64_t addr, uint64_t end)
{
	for (; addr < end; addr += HS_PAGE_BYTES)
		*hs_reference_slot(w, addr) = NONE;
}

/* What @request asks beyond @cpu: HS_PFN_VALID, WRITE and DEVICE as the CPU's entry has them. */
static unsigned int ref53_page_need(const struct hs_reference *w, uint64_t request, uint64_t cpu)
{
	unsigned int need = 0;

	if (w->snapshot || !(request & HS_PFN_VALID))
		return 0;
	if (cpu & HS_PFN_DEVICE) {
		if (request & HS_PFN_DEVICE)
			need = NEED_FAULT | (request & HS_PFN_WRITE ? NEED_WRITE : 0);
		return need;
	}
	if (!(cpu & HS_PFN_VALID))
		need = NEED_FAULT;
	if ((request & HS_PFN_WRITE) && !(cpu & HS_PFN_WRITE))
		need = NEED_FAULT | NEED_WRITE;
	return need;
}

static unsigned int ref53_span_need(const struct hs_reference *w, uint64_t addr, uint64_t end,
				    uint64_t cpu)
{
	unsigned int need = 0;

	for (; addr < end; addr += HS_PAGE_BYTES)
		need |= ref53_page_need(w, hs_reference_request(w, addr), cpu);
	return need;
}

static uint64_t ref53_slot_value(uint64_t pfn, uint64_t flags)
{
	return HS_PFN_VALID | flags | pfn;
}

static int ref53_fault_page(struct hs_reference *w, uint64_t addr, bool write)
{
	uint32_t result = hs_reference_fault(w, addr, write);

	if (!w->vma) { /* a gap: the kernel would use a NULL VMA */
		*hs_reference_slot(w, addr) = HS_PFN_ERROR;
		return -EFAULT;
	}
	if (result & HS_VM_FAULT_RETRY)
		return -EAGAIN;
	if (result & HS_VM_FAULT_ERROR) {
		*hs_reference_slot(w, addr) = HS_PFN_ERROR;
		return -EFAULT;
	}
	return -EBUSY;
}

/* Nothing is here, or not enough. With a @need every page of the span is faulted. */
static int ref53_fill_hole(struct hs_reference *w, uint64_t addr, uint64_t end, unsigned int need)
{
	w->last = addr;
	for (; addr < end; addr += HS_PAGE_BYTES) {
		*hs_reference_slot(w, addr) = NONE;
		if (need) {
			int ret = ref53_fault_page(w, addr, need & NEED_WRITE);

			if (ret != -EBUSY)
				return ret;
		}
	}
	return need ? -EBUSY : 0;
}

static int ref53_hole(struct hs_reference *w, uint64_t addr, uint64_t end)
{
	return ref53_fill_hole(w, addr, end, ref53_span_need(w, addr, end, 0));
}

/* A leaf of level 1, or a devmap leaf of level 2. */
static int ref53_leaf(struct hs_reference *w, uint64_t entry, uint64_t addr, uint64_t end,
		      uint32_t level)
{
	uint64_t cpu = hs_reference_access(entry);
	unsigned int need = ref53_span_need(w, addr, end, cpu);
	uint64_t pfn = hs_entry_pfn(entry) + hs_reference_offset(w, addr, level);

	if (need || hs_entry_type(entry) == HS_TYPE_PROTNONE)
		return ref53_fill_hole(w, addr, end, need);
	for (; addr < end; addr += HS_PAGE_BYTES, pfn++) {
		if (entry & HS_ENTRY_DEVMAP) {
			int ret = hs_reference_page(w, pfn);

			if (ret)
				return ret;
		}
		*hs_reference_slot(w, addr) = ref53_slot_value(pfn, cpu);
		hs_reference_step(w, HS_WALK_PAGE, addr);
	}
	hs_reference_at(w, HS_REFERENCE_TABLE_END);
	hs_reference_step(w, HS_WALK_TABLE_END, end);
	w->last = end;
	return 0;
}

/* A PTE faults its page and all up to @end, the end of its table or of the walk. */
static int ref53_pte_fault(struct hs_reference *w, uint64_t addr, uint64_t end, unsigned int need)
{
	hs_reference_at(w, HS_REFERENCE_FAULT_BEGIN);
	hs_reference_unmap(w);
	return ref53_fill_hole(w, addr, end, need);
}

static int ref53_pte_absent(struct hs_reference *w, uint64_t entry, uint64_t request, uint64_t addr,
			    uint64_t end)
{
	uint64_t cpu = HS_PFN_VALID | HS_PFN_DEVICE | (entry & HS_ENTRY_WRITE ? HS_PFN_WRITE : 0);
	unsigned int need;

	if (entry & HS_ENTRY_DEVPRIV) {
		const void *at = hs_pt_find(w->range->mm, addr, 0, NULL);

		hs_entry_expect_page(w->self, at, entry);
		need = ref53_page_need(w, request, cpu);
		if (need)
			return ref53_pte_fault(w, addr, end, need);
		*hs_reference_slot(w, addr) = ref53_slot_value(hs_entry_pfn(entry), cpu);
		return 0;
	}
	switch (hs_entry_type(entry)) {
	case HS_TYPE_SWAP: /* neither is faulted or waited for, requested or not */
	case HS_TYPE_MIGRATION:
		return 0;
	default:
		*hs_reference_slot(w, addr) = HS_PFN_ERROR;
		return -EFAULT;
	}
}

static int ref53_pte(struct hs_reference *w, uint64_t addr, uint64_t end)
{
	uint64_t entry = hs_pt_get(w->self, w->range->mm, addr, 0);
	uint64_t request = hs_reference_request(w, addr);
	uint64_t cpu = hs_reference_access(entry);
	unsigned int need;
	int ret;

	*hs_reference_slot(w, addr) = NONE;
	if (entry && !hs_reference_present(entry))
		return ref53_pte_absent(w, entry, request, addr, end);
	need = ref53_page_need(w, request, cpu);
	if (need)
		return ref53_pte_fault(w, addr, end, need);
	if (!entry)
		return 0;
	if (entry & HS_ENTRY_DEVMAP) {
		ret = hs_reference_page(w, hs_entry_pfn(entry));
		if (ret)
			return ret;
	} else if ((entry & HS_ENTRY_ERROR) || hs_entry_type(entry) == HS_TYPE_ZERO) {
		*hs_reference_slot(w, addr) = HS_PFN_SPECIAL;
		return -EFAULT;
	}
	*hs_reference_slot(w, addr) = ref53_slot_value(hs_entry_pfn(entry), cpu);
	return 0;
}

static int ref53_table(struct hs_reference *w, uint64_t start, uint64_t end)
{
	hs_reference_map(w);
	for (uint64_t addr = start; addr < end; addr += HS_PAGE_BYTES) {
		int ret = ref53_pte(w, addr, end);

		if (ret) {
			w->last = addr;
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
	w->last = end;
	return 0;
}

/* The entry of level 1 at @addr; @end is not beyond its span. */
static int ref53_pmd(struct hs_reference *w, uint64_t entry, uint64_t addr, uint64_t end)
{
	if (!entry)
		return ref53_hole(w, addr, end);
	if (entry & HS_ENTRY_TABLE)
		return ref53_table(w, addr, end);
	if (hs_reference_present(entry))
		return ref53_leaf(w, entry, addr, end, 1);
	if (hs_entry_type(entry) == HS_TYPE_MIGRATION) {
		if (!ref53_span_need(w, addr, end, 0))
			return 0;
		w->last = addr;
		hs_reference_wait(w, addr, 1);
		return -EBUSY;
	}
	for (; addr < end; addr += HS_PAGE_BYTES)
		*hs_reference_slot(w, addr) = HS_PFN_ERROR;
	return 0;
}

/* The part of [*addr, end) that one entry spans; *addr moves to its end. */
static int ref53_entry_span(struct hs_reference *w, uint64_t *addr, uint64_t end)
{
	uint64_t start = *addr;
	uint32_t level;
	uint64_t entry = hs_reference_entry(w, start, 1, &level);

	if (level == 2 && entry && !(entry & HS_ENTRY_DEVMAP))
		return hs_reference_split(w, start); /* the next call finds a hole */
	end = hs_reference_span(w, start, end, level);
	*addr = end;
	if (level == 1)
		return ref53_pmd(w, entry, start, end);
	if (level == 2 && entry)
		return ref53_leaf(w, entry, start, end, 2);
	return ref53_hole(w, start, end);
}

/* Only the slot of the first page counts as a request. An entry is stored whatever it is. */
static int ref53_hugetlb_page(struct hs_reference *w, uint64_t entry, uint64_t addr, uint64_t end,
			      uint32_t level)
{
	uint64_t cpu = hs_reference_access(entry);
	unsigned int need = ref53_page_need(w, hs_reference_request(w, addr), cpu);
	uint64_t pfn = hs_reference_raw_pfn(entry) + hs_reference_offset(w, addr, level);

	if (need)
		return ref53_fill_hole(w, addr, end, need);
	for (uint64_t at = addr; at < end; at += HS_PAGE_BYTES, pfn++) {
		*hs_reference_slot(w, at) = ref53_slot_value(pfn, cpu);
		hs_reference_step(w, HS_WALK_PAGE, at);
	}
	hs_reference_step(w, HS_WALK_TABLE_END, end);
	w->last = end;
	return 0;
}

static int ref53_hugetlb_span(struct hs_reference *w, uint64_t *addr, uint64_t end)
{
	uint32_t level = hs_reference_hugetlb_level(w->vma);
	uint64_t start = *addr;

	end = hs_reference_span(w, start, end, level);
	*addr = end;
	if (!hs_pt_find(w->range->mm, start, level, NULL))
		return ref53_hole(w, start, end);
	return ref53_hugetlb_page(w, hs_pt_get(w->self, w->range->mm, start, level), start, end,
				  level);
}

static int ref53_vma_pages(struct hs_reference *w, uint64_t addr, uint64_t end)
{
	int ret = 0;

	while (!ret && addr < end)
		ret = w->vma->flags & HS_VM_HUGETLB ? ref53_hugetlb_span(w, &addr, end)
						    : ref53_entry_span(w, &addr, end);
	return ret;
}

/* A gap has only holes, as large as the entries of the upper tables, down to level 2. */
static int ref53_gap(struct hs_reference *w, uint64_t addr, uint64_t end)
{
	int ret = 0;

	while (!ret && addr < end) {
		uint32_t level;
		uint64_t next;

		(void)hs_reference_entry(w, addr, 2, &level);
		next = hs_reference_span(w, addr, end, level);
		ret = ref53_hole(w, addr, next);
		addr = next;
	}
	return ret;
}

static int ref53_page_walk(struct hs_reference *w, const struct hs_vma *vma, uint64_t start,
			   uint64_t end)
{
	uint64_t gap_end = vma->start < end ? vma->start : end;
	int ret = 0;

	if (start >= end)
		return -EINVAL;
	if (start < gap_end) {
		w->vma = NULL;
		ret = ref53_gap(w, start, gap_end);
		start = gap_end;
	}
	if (ret)
		return ret;
	w->vma = vma;
	return ref53_vma_pages(w, start, end);
}

static int ref53_pass(struct hs_reference *w, const struct hs_vma *vma, uint64_t start,
		      uint64_t end)
{
	int ret;

	w->range->counts.passes++;
	ret = ref53_page_walk(w, vma, start, end);
	hs_reference_at(w, HS_REFERENCE_PASS_END);
	hs_reference_step(w, HS_WALK_PASS_END, w->last);
	return ret;
}

static int ref53_passes(struct hs_reference *w, const struct hs_vma *vma, uint64_t end)
{
	for (;;) {
		uint64_t failures = w->range->counts.failures;
		int ret = ref53_pass(w, vma, w->last, end);

		if (w->snapshot) /* whatever the walk returned */
			return 0;
		if (ret != -EBUSY || hs_reference_retry(w))
			return ret;
		hs_reference_again(w, failures);
	}
}

/* The first VMA that ends after *start, and the gap before it. *start moves to the end. */
static int ref53_vma_turn(struct hs_reference *w, uint64_t *start)
{
	struct hs_range *range = w->range;
	const struct hs_vma *vma;
	uint64_t end, vma_start;
	int ret;

	if (hs_reference_retry(w))
		return -EBUSY;
	vma = hs_vma_find(range->mm, *start);
	if (!vma || (vma->flags & (HS_VM_IO | HS_VM_PFNMAP | HS_VM_MIXEDMAP)))
		return -EFAULT;
	if (!(vma->flags & HS_VM_READ)) {
		ref53_clear(w, range->start, range->end);
		return -EPERM;
	}
	hs_reference_at(w, HS_REFERENCE_VMA_BEGIN);
	w->last = *start;
	end = range->end < vma->end ? range->end : vma->end;
	vma_start = vma->start; /* after -EAGAIN the VMA may be gone */
	ret = ref53_passes(w, vma, end);
	hs_reference_at(w, HS_REFERENCE_VMA_END);
	hs_reference_step(w, HS_WALK_VMA_END, vma_start);
	if (ret)
		ref53_clear(w, w->last, range->end);
	*start = end;
	return ret;
}

/* .pages counts up to `last`: a hole at the end of the range is left out. */
int hs_reference_5_3(struct hs_task *self, struct hs_range *range, bool snapshot)
{
	struct hs_reference w;
	uint64_t start = range->start;
	int ret;

	hs_reference_begin(self, &w, range, false);
	w.snapshot = snapshot;
	do {
		ret = ref53_vma_turn(&w, &start);
	} while (!ret && start < range->end);
	hs_reference_end(&w);
	range->pages = ret ? 0 : (w.last - range->start) / HS_PAGE_BYTES;
	return ret;
}
