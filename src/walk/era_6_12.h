/* SPDX-License-Identifier: MIT */
/*
 * era_6_12.h - the range-fault walker of v6.12 (mm/hmm.c, mm/pagewalk.c), as a template
 *
 * One pass over all VMAs. On -EBUSY the walk asks whether the range is valid and goes on from
 * `last`. `last` is set only where a fault or a wait follows: slots before it are answers, the
 * others are still requests. With a strategy other than none, devmap pages take references where
 * v5.6 did.
 */
#define ERA(name) v612_##name
#include "walk/pagewalk.h"
#undef ERA

enum need_6_12 {
	NEED_NOTHING = 0,
	NEED_FAULT = 1,
	NEED_WRITE = 2,
	NEED_BOTH = 3,
};

static inline uint32_t v612_need(const struct hs_walk *w, uint64_t request, uint64_t cpu)
{
	request = (request & w->range->pfn_flags_mask) | w->range->default_flags;
	if (!(request & HS_PFN_VALID))
		return NEED_NOTHING;
	if (request & HS_PFN_WRITE && !(cpu & HS_PFN_WRITE))
		return NEED_BOTH;
	return cpu & HS_PFN_VALID ? NEED_NOTHING : NEED_FAULT;
}

/* What the pages of a span need together, if the CPU has @cpu for all of them. */
static inline uint32_t v612_need_span(const struct hs_walk *w, uint64_t start, uint64_t end,
				      uint64_t cpu)
{
	const uint64_t *pfns = w->range->pfns;
	uint64_t i = hs_walk_index(w, start), n = hs_walk_index(w, end);
	uint32_t need = NEED_NOTHING;

	if (!((w->range->default_flags | w->range->pfn_flags_mask) & HS_PFN_VALID))
		return NEED_NOTHING;
	for (; i < n && need != NEED_BOTH; i++)
		need |= v612_need(w, pfns[i], cpu);
	return need;
}

/* Faults every page up to @end, also those that are not requested: so does the kernel. */
static int v612_fault(struct hs_walk *w, uint64_t addr, uint64_t end, uint32_t need)
{
	w->last = addr;
	if (need & NEED_WRITE && !(w->vma->flags & HS_VM_WRITE))
		return -EPERM;
	for (; addr < end; addr += HS_PAGE_BYTES)
		if (hs_walk_fault(w, addr, need & NEED_WRITE) & HS_VM_FAULT_ERROR)
			return -EFAULT;
	return -EBUSY;
}

static int v612_hole(struct hs_walk *w, uint64_t addr, uint64_t end)
{
	uint32_t need = v612_need_span(w, addr, end, 0);

	if (!w->vma) {
		if (need)
			return -EFAULT;
		hs_walk_fill(w, addr, end, HS_PFN_ERROR);
		return 0;
	}
	if (need)
		return v612_fault(w, addr, end, need);
	hs_walk_fill(w, addr, end, 0);
	return 0;
}

/* ---- PTEs -------------------------------------------------------------------------------- */

/*
 * The owner of a device-private page, without reference or lock: only the map of the PTE table
 * protects it. The kernel touches the struct page here, and nowhere else in the walk.
 */
static const void *v612_owner(struct hs_walk *w, uint64_t e)
{
	struct hs_page *page = hs_entry_page(w->self, e);
	struct hs_pgmap *pgmap = page ? hs_page_pgmap(w->self, page) : NULL;

	if (pgmap)
		hs_deref(w->self, pgmap);
	if (e & HS_ENTRY_COUNTED)
		hs_page_live(w->self, page);
	return pgmap ? hs_pgmap_owner(pgmap) : NULL;
}

/* A PTE asks for a fault. */
static HS_NOINLINE int v612_pte_fault(struct hs_walk *w, uint64_t addr, uint64_t end, uint32_t need,
				      struct hs_pgmap **slot)
{
	st_fault_begin(w, slot);
	hs_walk_unmap_table(w);
	return v612_fault(w, addr, end, need);
}

/* An entry that is not VALID: no present page. */
static int v612_absent_pte(struct hs_walk *w, uint64_t addr, uint64_t end, uint64_t e,
			   uint64_t *pfn, struct hs_pgmap **slot)
{
	enum hs_entry_type type = hs_entry_type(e);
	uint32_t need;

	if (e & HS_ENTRY_DEVPRIV &&
	    (v612_owner(w, e) == w->range->owner) != HS_BREAK(WALK_OWNER_INVERTED)) {
		*pfn = hs_entry_pfn(e) | HS_PFN_VALID | (e & HS_PFN_WRITE);
		return 0;
	}
	need = v612_need(w, *pfn, 0);
	if (!need) {
		*pfn = type == HS_TYPE_PROTNONE ? hs_entry_pfn(e) : 0;
		return 0;
	}
	if (type == HS_TYPE_MIGRATION) {
		hs_walk_unmap_table(w);
		hs_walk_migration_wait(w, addr, 0, *slot);
		return -EBUSY;
	}
	if (type == HS_TYPE_HWPOISON || (e & HS_ENTRY_DEVPRIV && HS_BREAK(WALK_FOREIGN_REFUSED)))
		return -EFAULT;
	return v612_pte_fault(w, addr, end, need, slot);
}

/* A present PTE without a struct page. */
static int v612_special_pte(struct hs_walk *w, uint64_t addr, uint64_t end, uint64_t e,
			    uint64_t *pfn, struct hs_pgmap **slot)
{
	uint32_t need = v612_need(w, *pfn, HS_PFN_VALID | (e & HS_PFN_WRITE));

	if (need)
		return v612_pte_fault(w, addr, end, need, slot);
	if (!(w->vma->flags & (HS_VM_PFNMAP | HS_VM_MIXEDMAP)))
		w->counts.bad_ptes++;
	if (v612_need(w, *pfn, 0))
		return -EFAULT;
	*pfn = HS_PFN_ERROR;
	return 0;
}

/* All but a present page with a struct page of which no more is requested than it has. */
static int v612_slow_pte(struct hs_walk *w, uint64_t addr, uint64_t end, uint64_t e, uint64_t *pfn,
			 struct hs_pgmap **slot)
{
	uint32_t need;

	if (e & HS_ENTRY_ERROR || (e & HS_ENTRY_DEVMAP && HS_BREAK(WALK_DEVMAP_SPECIAL)))
		return v612_special_pte(w, addr, end, e, pfn, slot);
	if (!(e & HS_ENTRY_VALID))
		return v612_absent_pte(w, addr, end, e, pfn, slot);
	need = v612_need(w, *pfn, e);
	if (need)
		return v612_pte_fault(w, addr, end, need, slot);
	if (e & HS_ENTRY_DEVMAP && st_page(w, slot, hs_entry_pfn(e))) {
		w->last = addr;
		return -EBUSY;
	}
	*pfn = e & (HS_PFN_VALID | HS_PFN_WRITE | HS_ENTRY_PFN);
	return 0;
}

/* Out of line, because tests/lint/pte_loop.sh looks at the machine code of its loop. */
static HS_NOINLINE int v612_pte_table(struct hs_walk *w, const hs_u64 *pte, uint64_t addr,
				      uint64_t end)
{
	struct hs_pgmap *local = NULL, **slot = ST_LOCAL_SLOT ? &local : &w->cached;
	uint64_t *pfn = &w->range->pfns[hs_walk_index(w, addr)];

	hs_walk_map_table(w);
	for (; addr < end; addr += HS_PAGE_BYTES, pte++, pfn++) {
		uint64_t e = hs_u64_load(w->self, pte, HS_RELAXED);
		int ret;

		if (hs_likely(e & HS_ENTRY_VALID && !(e & HS_ENTRY_DEVMAP) &&
			      !v612_need(w, *pfn, e))) {
			*pfn = e & (HS_PFN_VALID | HS_PFN_WRITE | HS_ENTRY_PFN);
			continue;
		}
		ret = v612_slow_pte(w, addr, end, e, pfn, slot);
		if (ret) {
			st_table_error(w, slot);
			hs_walk_unmap_table(w);
			return ret;
		}
	}
	st_table_end(w, slot);
	hs_walk_unmap_table(w);
	return 0;
}

/* ---- leaves ------------------------------------------------------------------------------ */

/* Stores the pages of leaf @e, from the one that is @in_leaf pages behind its first. */
static int v612_store_leaf(struct hs_walk *w, uint64_t addr, uint64_t end, uint64_t e,
			   uint64_t in_leaf)
{
	struct hs_pgmap *local = NULL, **slot = ST_LOCAL_SLOT ? &local : &w->cached;
	uint64_t i = hs_walk_index(w, addr), n = hs_walk_index(w, end);
	uint64_t pfn = hs_entry_pfn(e) + in_leaf;
	uint64_t flags = e & (HS_PFN_VALID | HS_PFN_WRITE | HS_PFN_ORDER);

	for (; i < n; i++, pfn++) {
		if (e & HS_ENTRY_DEVMAP && st_page(w, slot, pfn))
			return -EBUSY;
		w->range->pfns[i] = pfn | flags;
	}
	st_table_end(w, slot);
	return 0;
}

static int v612_pmd_leaf(struct hs_walk *w, const struct hs_geometry *g, uint64_t addr,
			 uint64_t end, uint64_t e)
{
	bool protnone = hs_entry_type(e) == HS_TYPE_PROTNONE;
	uint32_t need = v612_need_span(w, addr, end, e);

	if (need)
		return v612_fault(w, addr, end, need);
	if (protnone)
		e = hs_entry_pfn(e); /* no flags, no order */
	return v612_store_leaf(w, addr, end, e, v612_pagewalk_in_leaf(g, addr, 1));
}

static int v612_pmd(struct hs_walk *w, const struct hs_geometry *g, const hs_u64 *pmd,
		    uint64_t addr, uint64_t end)
{
	uint64_t e = hs_u64_load(w->self, pmd, HS_ACQUIRE);

	if (hs_likely(hs_entry_is_table(e)))
		return v612_pte_table(w, hs_entry_table(e) + hs_level_index(g, addr, 0), addr, end);
	if (!e)
		return v612_hole(w, addr, end);
	if (hs_entry_type(e) == HS_TYPE_MIGRATION) {
		if (v612_need_span(w, addr, end, 0)) {
			hs_walk_migration_wait(w, addr, 1, w->cached);
			return -EBUSY;
		}
		hs_walk_fill(w, addr, end, 0);
		return 0;
	}
	if (e & HS_ENTRY_VALID || hs_entry_type(e) == HS_TYPE_PROTNONE)
		return v612_pmd_leaf(w, g, addr, end, e);
	if (v612_need_span(w, addr, end, 0))
		return -EFAULT;
	hs_walk_fill(w, addr, end, HS_PFN_ERROR);
	return 0;
}

static int v612_pud_leaf(struct hs_walk *w, const struct hs_geometry *g, uint64_t addr,
			 uint64_t end, uint64_t e)
{
	uint32_t need = v612_need_span(w, addr, end, e);

	if (need)
		return v612_fault(w, addr, end, need);
	return v612_store_leaf(w, addr, end, e, v612_pagewalk_in_leaf(g, addr, 2));
}

/* ---- hugetlb, VMAs, passes ---------------------------------------------------------------- */

/* Only the first slot of each huge page counts as a request. */
static int v612_hugetlb_entry(struct hs_walk *w, const struct hs_geometry *g, uint64_t e,
			      uint32_t level, uint64_t addr, uint64_t end)
{
	uint64_t i = hs_walk_index(w, addr), n = hs_walk_index(w, end), pfn;
	uint64_t cpu = e & HS_ENTRY_VALID ? e & (HS_PFN_VALID | HS_PFN_WRITE) : 0;
	uint32_t need = v612_need(w, w->range->pfns[i], cpu);

	if (need)
		return v612_fault(w, addr, end, need);
	cpu |= (uint64_t)g->order[level] << HS_PFN_ORDER_SHIFT;
	pfn = hs_walk_raw_pfn(e) + v612_pagewalk_in_leaf(g, addr, level);
	for (; i < n; i++, pfn++)
		w->range->pfns[i] = pfn | cpu;
	return 0;
}

static void v612_enter(struct hs_walk *w, const struct hs_vma *vma)
{
	if (w->turn && w->turn != vma)
		st_vma_end(w, &w->cached);
	w->turn = vma;
}

static int v612_vma(struct hs_walk *w, const struct hs_geometry *g, uint64_t addr, uint64_t end)
{
	const struct hs_vma *vma = w->vma;

	v612_enter(w, vma);
	if (vma->flags & (HS_VM_IO | HS_VM_PFNMAP) || !(vma->flags & HS_VM_READ)) {
		if (v612_need_span(w, addr, end, 0))
			return -EFAULT;
		hs_walk_fill(w, addr, end, HS_PFN_ERROR);
		return 0;
	}
	return v612_pagewalk_tables(w, g, addr, end);
}

static int v612_gap(struct hs_walk *w, const struct hs_geometry *g, uint64_t addr, uint64_t end)
{
	(void)g;
	return v612_hole(w, addr, end);
}

static inline int v612_range(struct hs_walk *w, const struct hs_geometry *g)
{
	int ret = -EBUSY;

	w->last = w->range->start;
	while (!hs_walk_invalid(w)) {
		uint64_t failures = w->counts.failures;

		ret = v612_pagewalk_pass(w, g, w->last, w->range->end);
		st_pass_end(w, &w->cached);
		if (ret != -EBUSY)
			break;
		hs_walk_again(w, failures);
	}
	if (w->turn)
		st_vma_end(w, &w->cached);
	st_call_end(w, &w->cached);
	return ret;
}
