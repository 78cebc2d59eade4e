/* SPDX-License-Identifier: MIT */
/*
 * era_5_3.h - the range-fault walker of v5.3 (mm/hmm.c, mm/pagewalk.c), as a template
 *
 * One turn a VMA: the page walk is repeated while it returns -EBUSY and the range is valid. A slot
 * is overwritten before its page is faulted, so that the next pass does not find its request any
 * more. On an error every slot from `last` on becomes 0. hmm_range_snapshot() is the same loop
 * without faults: it goes on with the next VMA whatever a walk returned.
 */
#define ERA(name) v53_##name
#include "walk/pagewalk.h"
#undef ERA

struct v53_need {
	bool fault, write;
};

static inline struct v53_need v53_need(const struct hs_walk *w, uint64_t request, uint64_t cpu)
{
	struct v53_need need = { false, false };

	if (w->snapshot)
		return need;
	request = (request & w->range->pfn_flags_mask) | w->range->default_flags;
	if (!(request & HS_PFN_VALID))
		return need;
	if (cpu & HS_PFN_DEVICE) {
		if (request & HS_PFN_DEVICE) {
			need.write = request & HS_PFN_WRITE;
			need.fault = true;
		}
		return need;
	}
	need.fault = !(cpu & HS_PFN_VALID);
	if (request & HS_PFN_WRITE && !(cpu & HS_PFN_WRITE))
		need.fault = need.write = true;
	return need;
}

static inline struct v53_need v53_need_span(const struct hs_walk *w, uint64_t start, uint64_t end,
					    uint64_t cpu)
{
	const uint64_t *pfns = w->range->pfns;
	uint64_t i = hs_walk_index(w, start), n = hs_walk_index(w, end);
	struct v53_need all = { false, false };

	for (; !w->snapshot && i < n && !all.write; i++) {
		struct v53_need one = v53_need(w, pfns[i], cpu);

		all.fault |= one.fault;
		all.write |= one.write;
	}
	return all;
}

/* -EBUSY: the page was faulted, the walk looks again. */
static int v53_fault(struct hs_walk *w, uint64_t addr, bool write, uint64_t *pfn)
{
	uint32_t ret = hs_walk_fault(w, addr, write);

	if (ret & HS_VM_FAULT_RETRY)
		return -EAGAIN;
	if (ret & HS_VM_FAULT_ERROR) {
		*pfn = HS_PFN_ERROR;
		return -EFAULT;
	}
	return -EBUSY;
}

static int v53_hole_as(struct hs_walk *w, uint64_t addr, uint64_t end, struct v53_need need)
{
	uint64_t *pfn = &w->range->pfns[hs_walk_index(w, addr)];

	w->last = addr;
	for (; addr < end; addr += HS_PAGE_BYTES, pfn++) {
		int ret;

		*pfn = 0;
		if (!need.fault && !need.write)
			continue;
		ret = v53_fault(w, addr, need.write, pfn);
		if (ret != -EBUSY)
			return ret;
	}
	return need.fault || need.write ? -EBUSY : 0;
}

static int v53_hole(struct hs_walk *w, uint64_t addr, uint64_t end)
{
	return v53_hole_as(w, addr, end, v53_need_span(w, addr, end, 0));
}

/* ---- PTEs -------------------------------------------------------------------------------- */

static HS_NOINLINE int v53_pte_fault(struct hs_walk *w, uint64_t addr, uint64_t end,
				     struct v53_need need, struct hs_pgmap **slot)
{
	st_fault_begin(w, slot);
	hs_walk_unmap_table(w);
	return v53_hole_as(w, addr, end, need);
}

static HS_NOINLINE int v53_absent_pte(struct hs_walk *w, const hs_u64 *pte, uint64_t addr,
				      uint64_t end, uint64_t e, uint64_t request, uint64_t *pfn,
				      struct hs_pgmap **slot)
{
	struct v53_need need;

	if (e & HS_ENTRY_DEVPRIV) {
		uint64_t cpu = HS_PFN_VALID | HS_PFN_DEVICE | (e & HS_PFN_WRITE);

		hs_entry_expect_page(w->self, pte, e);
		need = v53_need(w, request, cpu);
		if (need.fault || need.write)
			return v53_pte_fault(w, addr, end, need, slot);
		*pfn = hs_entry_pfn(e) | cpu;
		return 0;
	}
	switch (hs_entry_type(e)) {
	case HS_TYPE_PROTNONE:
		need = v53_need(w, request, 0);
		if (need.fault || need.write)
			return v53_pte_fault(w, addr, end, need, slot);
		*pfn = hs_entry_pfn(e) | HS_PFN_VALID;
		return 0;
	case HS_TYPE_SWAP:	/* not faulted: v5.3 does not look at the request here */
	case HS_TYPE_MIGRATION: /* not waited for, likewise */
		return 0;
	default:
		*pfn = HS_PFN_ERROR;
		return -EFAULT;
	}
}

static int v53_pte(struct hs_walk *w, const hs_u64 *pte, uint64_t addr, uint64_t end, uint64_t e,
		   uint64_t *pfn, struct hs_pgmap **slot)
{
	uint64_t request = *pfn, cpu = e & (HS_PFN_VALID | HS_PFN_WRITE);
	struct v53_need need;

	*pfn = 0;
	if (!(e & (HS_ENTRY_VALID | HS_ENTRY_ERROR)) && e)
		return v53_absent_pte(w, pte, addr, end, e, request, pfn, slot);
	if (e & HS_ENTRY_ERROR)
		cpu |= HS_PFN_VALID;
	need = v53_need(w, request, cpu);
	if (need.fault || need.write)
		return v53_pte_fault(w, addr, end, need, slot);
	if (!e)
		return 0;
	if (e & HS_ENTRY_DEVMAP) {
		int ret = st_page(w, slot, hs_entry_pfn(e));

		if (ret)
			return ret;
	} else if (e & HS_ENTRY_ERROR || hs_entry_type(e) == HS_TYPE_ZERO) {
		*pfn = HS_PFN_SPECIAL;
		return -EFAULT;
	}
	*pfn = hs_entry_pfn(e) | cpu;
	return 0;
}

/* A present page with a struct page, of which no more is requested than it has. */
static inline bool v53_is_enough(const struct hs_walk *w, uint64_t e, uint64_t request)
{
	struct v53_need need;

	if ((e & (HS_ENTRY_VALID | HS_ENTRY_ERROR | HS_ENTRY_TYPE)) != HS_ENTRY_VALID)
		return false;
	need = v53_need(w, request, e & (HS_PFN_VALID | HS_PFN_WRITE));
	return !need.fault && !need.write;
}

/* Out of line, because tests/lint/pte_loop.sh looks at the machine code of its loop. */
static HS_NOINLINE int v53_pte_table(struct hs_walk *w, const hs_u64 *pte, uint64_t addr,
				     uint64_t end)
{
	struct hs_pgmap *local = NULL, **slot = ST_LOCAL_SLOT ? &local : &w->cached;
	uint64_t *pfn = &w->range->pfns[hs_walk_index(w, addr)];

	hs_walk_map_table(w);
	for (; addr < end; addr += HS_PAGE_BYTES, pte++, pfn++) {
		uint64_t e = hs_u64_load(w->self, pte, HS_RELAXED);
		int ret = 0;

		if (hs_likely(v53_is_enough(w, e, *pfn))) {
			if (e & HS_ENTRY_DEVMAP)
				ret = st_page(w, slot, hs_entry_pfn(e));
			*pfn = ret ? 0 : e & (HS_PFN_VALID | HS_PFN_WRITE | HS_ENTRY_PFN);
		} else {
			ret = v53_pte(w, pte, addr, end, e, pfn, slot);
		}

		if (ret) {
			w->last = addr;
			st_table_error(w, slot);
			hs_walk_unmap_table(w);
			return ret;
		}
	}
	st_table_end(w, slot);
	hs_walk_unmap_table(w);
	w->last = end;
	return 0;
}

/* ---- leaves ------------------------------------------------------------------------------ */

static int v53_leaf(struct hs_walk *w, const struct hs_geometry *g, uint64_t addr, uint64_t end,
		    uint64_t e, uint32_t level)
{
	struct hs_pgmap *local = NULL, **slot = ST_LOCAL_SLOT ? &local : &w->cached;
	uint64_t i = hs_walk_index(w, addr), n = hs_walk_index(w, end);
	uint64_t pfn = hs_entry_pfn(e) + v53_pagewalk_in_leaf(g, addr, level);
	uint64_t cpu = e & (HS_PFN_VALID | HS_PFN_WRITE);
	struct v53_need need;

	if (hs_entry_type(e) == HS_TYPE_PROTNONE)
		cpu = 0;
	need = v53_need_span(w, addr, end, cpu);
	if (need.fault || need.write || !cpu)
		return v53_hole_as(w, addr, end, need);
	for (; i < n; i++, pfn++) {
		int ret = e & HS_ENTRY_DEVMAP ? st_page(w, slot, pfn) : 0;

		if (ret)
			return ret;
		w->range->pfns[i] = pfn | cpu;
	}
	st_table_end(w, slot);
	w->last = end;
	return 0;
}

static int v53_pmd(struct hs_walk *w, const struct hs_geometry *g, const hs_u64 *pmd, uint64_t addr,
		   uint64_t end)
{
	uint64_t e = hs_u64_load(w->self, pmd, HS_ACQUIRE);

	if (hs_likely(hs_entry_is_table(e)))
		return v53_pte_table(w, hs_entry_table(e) + hs_level_index(g, addr, 0), addr, end);
	if (!e)
		return v53_hole(w, addr, end);
	if (hs_entry_type(e) == HS_TYPE_MIGRATION) {
		struct v53_need need = v53_need_span(w, addr, end, 0);

		if (!need.fault && !need.write)
			return 0; /* the slots keep their requests */
		hs_walk_migration_wait(w, addr, 1, w->cached);
		return -EBUSY;
	}
	if (e & HS_ENTRY_VALID || hs_entry_type(e) == HS_TYPE_PROTNONE)
		return v53_leaf(w, g, addr, end, e, 1);
	hs_walk_fill(w, addr, end, HS_PFN_ERROR);
	return 0;
}

static int v53_pud_leaf(struct hs_walk *w, const struct hs_geometry *g, uint64_t addr, uint64_t end,
			uint64_t e)
{
	return v53_leaf(w, g, addr, end, e, 2);
}

static int v53_hugetlb_entry(struct hs_walk *w, const struct hs_geometry *g, uint64_t e,
			     uint32_t level, uint64_t addr, uint64_t end)
{
	uint64_t i = hs_walk_index(w, addr), n = hs_walk_index(w, end), pfn;
	uint64_t cpu = e & HS_ENTRY_VALID ? e & (HS_PFN_VALID | HS_PFN_WRITE) : 0;
	struct v53_need need = v53_need(w, w->range->pfns[i], cpu);

	w->range->pfns[i] = 0;
	if (need.fault || need.write)
		return v53_hole_as(w, addr, end, need);
	pfn = hs_walk_raw_pfn(e) + v53_pagewalk_in_leaf(g, addr, level);
	for (; i < n; i++, pfn++)
		w->range->pfns[i] = pfn | HS_PFN_VALID | cpu;
	w->last = end;
	return 0;
}

/* ---- VMA turns --------------------------------------------------------------------------- */

static int v53_vma(struct hs_walk *w, const struct hs_geometry *g, uint64_t addr, uint64_t end)
{
	return v53_pagewalk_tables(w, g, addr, end);
}

/* In a gap the walk goes down to level 2 and finds holes. */
static int v53_gap(struct hs_walk *w, const struct hs_geometry *g, uint64_t addr, uint64_t end)
{
	return v53_pagewalk_tables(w, g, addr, end);
}

/* Finds the VMA of the turn that begins at @addr. 0, or the error that ends the call. */
static int v53_turn_vma(struct hs_walk *w, uint64_t addr, const struct hs_vma **out)
{
	const struct hs_vma *vma;

	if (hs_walk_invalid(w))
		return HS_BREAK(WALK_INVALID_EAGAIN) ? -EAGAIN : -EBUSY;
	vma = hs_vma_find(w->mm, addr);
	if (!vma || vma->flags & (HS_VM_IO | HS_VM_PFNMAP | HS_VM_MIXEDMAP))
		return -EFAULT;
	if (!(vma->flags & HS_VM_READ)) {
		hs_walk_fill(w, w->range->start, w->range->end, 0);
		return -EPERM;
	}
	*out = vma;
	return 0;
}

/* The page walk, repeated while it returns -EBUSY. A snapshot walks once and cannot fail. */
static int v53_turn(struct hs_walk *w, const struct hs_geometry *g, uint64_t addr, uint64_t end)
{
	int ret;

	w->last = addr;
	st_vma_begin(w, &w->cached);
	for (;;) {
		uint64_t failures = w->counts.failures;

		ret = v53_pagewalk_pass(w, g, addr, end);
		st_pass_end(w, &w->cached);
		if (w->snapshot || ret != -EBUSY || hs_walk_invalid(w))
			break;
		addr = w->last;
		hs_walk_again(w, failures);
	}
	st_vma_end(w, &w->cached);
	return w->snapshot ? 0 : ret;
}

static inline int v53_range(struct hs_walk *w, const struct hs_geometry *g)
{
	const struct hs_range *range = w->range;
	uint64_t addr = range->start, end;
	const struct hs_vma *vma;
	int ret;

	w->last = addr;
	do {
		ret = v53_turn_vma(w, addr, &vma);
		if (ret)
			break;
		end = vma->end < range->end ? vma->end : range->end;
		ret = v53_turn(w, g, addr, end);
		if (ret) {
			hs_walk_fill(w, w->last, range->end, 0);
			break;
		}
		addr = end;
	} while (addr < range->end);
	st_call_end(w, &w->cached);
	return ret;
}
