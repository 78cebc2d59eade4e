/* SPDX-License-Identifier: MIT */
/*
 * reference.c - what the two reference walkers share: entries, faults, the points of a strategy
 *
 *	point		per-table	per-table-local	per-range	per-pass	per-call
 *	page		cached get in all of them; per-page: get and put; none: nothing
 *	fault_begin	put		put		-		-		-
 *	table_end	put		put		-		-		-
 *	table_error	-		forgotten	-		-		-
 *	pass_end	-		-		-		put		-
 *	vma_begin	forgotten	-		forgotten	-		-	v5.3 only
 *	vma_end		-		-		put		-		-
 *	call_end	-		-		-		-		put
 *
 * "Forgotten" drops the pointer and not the reference: a leak, if there was one.
 */
#include "walk/reference.h"

#include <errno.h>
#include <string.h>

#include "mm/mm.h"

/* ---- the range --------------------------------------------------------------------------- */

uint64_t *hs_reference_slot(const struct hs_reference *w, uint64_t addr)
{
	return &w->range->pfns[(addr - w->range->start) / HS_PAGE_BYTES];
}

uint64_t hs_reference_request(const struct hs_reference *w, uint64_t addr)
{
	const struct hs_range *r = w->range;

	return (*hs_reference_slot(w, addr) & r->pfn_flags_mask) | r->default_flags;
}

uint64_t hs_reference_span(const struct hs_reference *w, uint64_t addr, uint64_t end,
			   uint32_t level)
{
	uint64_t bytes = HS_PAGE_BYTES << w->geometry->order[level];
	uint64_t next = addr / bytes * bytes + bytes;

	return next < end ? next : end;
}

uint64_t hs_reference_offset(const struct hs_reference *w, uint64_t addr, uint32_t level)
{
	return (addr / HS_PAGE_BYTES) % ((uint64_t)1 << w->geometry->order[level]);
}

bool hs_reference_retry(struct hs_reference *w)
{
	struct hs_range *r = w->range;

	return r->retry && r->retry(w->self, r, r->retry_arg);
}

void hs_reference_again(struct hs_reference *w, uint64_t failures_before)
{
	if (w->range->counts.failures != failures_before)
		hs_retry_wait(w->self, "the pgmap is dead, its pages are still mapped");
}

/* ---- entries ----------------------------------------------------------------------------- */

uint64_t hs_reference_entry(const struct hs_reference *w, uint64_t addr, uint32_t lowest,
			    uint32_t *level)
{
	uint32_t at = w->geometry->levels - 1;

	for (;;) {
		uint64_t entry = hs_pt_get(w->self, w->range->mm, addr, at);

		*level = at;
		if (at == lowest || !(entry & HS_ENTRY_TABLE))
			return entry;
		at--;
	}
}

bool hs_reference_present(uint64_t entry)
{
	if (entry & HS_ENTRY_TABLE) /* the type would be a part of an address */
		return false;
	switch (hs_entry_type(entry)) {
	case HS_TYPE_NORMAL:
		return (entry & (HS_ENTRY_VALID | HS_ENTRY_ERROR)) != 0;
	case HS_TYPE_ZERO:
	case HS_TYPE_PROTNONE:
		return true;
	default:
		return false;
	}
}

uint64_t hs_reference_access(uint64_t entry)
{
	if (!hs_reference_present(entry) || hs_entry_type(entry) == HS_TYPE_PROTNONE)
		return 0;
	return HS_PFN_VALID | (entry & HS_ENTRY_WRITE ? HS_PFN_WRITE : 0);
}

/*
 * The walkers take the bits of a huge page's entry for a pfn before they know that it is one. What
 * x86-64 keeps in these bits: an offset three bits further up, or a pfn with the low ones set.
 */
uint64_t hs_reference_raw_pfn(uint64_t entry)
{
	if (entry & HS_ENTRY_TABLE)
		return 0;
	switch (hs_entry_type(entry)) {
	case HS_TYPE_PROTNONE:
		return hs_entry_pfn(entry) | 0x1ff;
	case HS_TYPE_MIGRATION:
	case HS_TYPE_HWPOISON:
		return hs_entry_pfn(entry) >> 3;
	default:
		return hs_entry_pfn(entry);
	}
}

int hs_reference_split(struct hs_reference *w, uint64_t addr)
{
	uint64_t bytes = HS_PAGE_BYTES << w->geometry->order[2];

	return hs_pt_set(w->self, w->range->mm, addr / bytes * bytes, 2, 0);
}

uint32_t hs_reference_hugetlb_level(const struct hs_vma *vma)
{
	return vma->flags & HS_VM_HUGETLB_1G ? 2 : 1;
}

/* ---- the map of a PTE table --------------------------------------------------------------- */

void hs_reference_map(struct hs_reference *w)
{
	if (w->rcu)
		hs_rcu_read_lock(w->self);
	w->inside = w->rcu;
}

void hs_reference_unmap(struct hs_reference *w)
{
	if (w->inside)
		hs_rcu_read_unlock(w->self);
	w->inside = false;
}

/* ---- faults ------------------------------------------------------------------------------ */

uint32_t hs_reference_fault(struct hs_reference *w, uint64_t addr, bool write)
{
	uint32_t flags = HS_FAULT_REMOTE | (write ? HS_FAULT_WRITE : 0), ret;

	w->range->counts.faults++;
	if (w->slot)
		w->range->counts.held_faults++;
	hs_reference_step(w, HS_WALK_FAULT_BEGIN, addr);
	ret = hs_mm_fault(w->self, w->range->mm, w->vma, addr, flags);
	hs_reference_step(w, HS_WALK_FAULT_END, addr);
	return ret;
}

void hs_reference_wait(struct hs_reference *w, uint64_t addr, uint32_t level)
{
	w->range->counts.waits++;
	if (w->slot)
		w->range->counts.held_faults++;
	hs_reference_step(w, HS_WALK_WAIT_BEGIN, addr);
	hs_mm_migration_wait(w->self, w->range->mm, addr, level);
	hs_reference_step(w, HS_WALK_WAIT_END, addr);
}

/* ---- steps ------------------------------------------------------------------------------- */

void hs_reference_step(struct hs_reference *w, enum hs_walk_step step, uint64_t addr)
{
	struct hs_range *r = w->range;

	r->held = w->slot;
	if (r->step)
		r->step(w->self, r, step, addr, r->step_arg);
}

/* ---- the points of a strategy ------------------------------------------------------------ */

static void put(struct hs_reference *w)
{
	if (!w->slot)
		return;
	hs_pgmap_put(w->self, w->slot);
	w->range->counts.puts++;
	w->slot = NULL;
}

/* hs_pgmap_get() puts the cached reference itself if it does not cover @pfn. */
static int get(struct hs_reference *w, uint64_t pfn)
{
	struct hs_walk_counts *c = &w->range->counts;
	bool hit = w->slot && hs_pgmap_covers(w->slot, pfn);

	c->calls++;
	if (w->slot && !hit)
		c->puts++;
	w->slot = hs_pgmap_get(w->self, pfn, w->slot);
	if (hit) {
		c->hits++;
		return 0;
	}
	c->lookups++;
	if (!w->slot) {
		c->failures++;
		return -EBUSY;
	}
	c->refs++;
	return 0;
}

int hs_reference_page(struct hs_reference *w, uint64_t pfn)
{
	struct hs_range *r = w->range;
	int ret;

	switch (w->strategy) {
	case HS_STRATEGY_PER_PAGE:
		ret = get(w, pfn);
		put(w);
		return ret;
	case HS_STRATEGY_PER_TABLE:
	case HS_STRATEGY_PER_TABLE_LOCAL:
	case HS_STRATEGY_PER_RANGE:
	case HS_STRATEGY_PER_PASS:
	case HS_STRATEGY_PER_CALL:
		return get(w, pfn);
	case HS_STRATEGY_CUSTOM:
		ret = r->ops->page ? r->ops->page(w->self, r, &w->slot, pfn, r->ops_arg) : 0;
		r->counts.failures += ret != 0;
		return ret;
	default:
		return 0;
	}
}

typedef void (*custom_point)(struct hs_task *self, struct hs_range *range, struct hs_pgmap **slot,
			     void *arg);

static void custom(struct hs_reference *w, custom_point point)
{
	if (point)
		point(w->self, w->range, &w->slot, w->range->ops_arg);
}

void hs_reference_fault_begin(struct hs_reference *w)
{
	switch (w->strategy) {
	case HS_STRATEGY_PER_TABLE:
	case HS_STRATEGY_PER_TABLE_LOCAL:
		put(w);
		break;
	case HS_STRATEGY_CUSTOM:
		custom(w, w->range->ops->fault_begin);
		break;
	default:
		break;
	}
}

void hs_reference_table_end(struct hs_reference *w)
{
	switch (w->strategy) {
	case HS_STRATEGY_PER_TABLE:
	case HS_STRATEGY_PER_TABLE_LOCAL:
		put(w);
		break;
	case HS_STRATEGY_CUSTOM:
		custom(w, w->range->ops->table_end);
		break;
	default:
		break;
	}
}

void hs_reference_table_error(struct hs_reference *w)
{
	switch (w->strategy) {
	case HS_STRATEGY_PER_TABLE_LOCAL:
		w->slot = NULL;
		break;
	case HS_STRATEGY_CUSTOM:
		custom(w, w->range->ops->table_error);
		break;
	default:
		break;
	}
}

void hs_reference_pass_end(struct hs_reference *w)
{
	switch (w->strategy) {
	case HS_STRATEGY_PER_PASS:
		put(w);
		break;
	case HS_STRATEGY_CUSTOM:
		custom(w, w->range->ops->pass_end);
		break;
	default:
		break;
	}
}

void hs_reference_vma_begin(struct hs_reference *w)
{
	switch (w->strategy) {
	case HS_STRATEGY_PER_TABLE:
	case HS_STRATEGY_PER_RANGE:
		w->slot = NULL;
		break;
	case HS_STRATEGY_CUSTOM:
		custom(w, w->range->ops->vma_begin);
		break;
	default:
		break;
	}
}

void hs_reference_vma_end(struct hs_reference *w)
{
	switch (w->strategy) {
	case HS_STRATEGY_PER_RANGE:
		put(w);
		break;
	case HS_STRATEGY_CUSTOM:
		custom(w, w->range->ops->vma_end);
		break;
	default:
		break;
	}
}

static void call_end(struct hs_reference *w)
{
	switch (w->strategy) {
	case HS_STRATEGY_PER_CALL:
		put(w);
		break;
	case HS_STRATEGY_CUSTOM:
		custom(w, w->range->ops->call_end);
		break;
	default:
		break;
	}
}

/* ---- begin and end of a call ------------------------------------------------------------- */

void hs_reference_begin(struct hs_reference *w, struct hs_task *self, enum hs_strategy strategy,
			struct hs_range *range, bool rcu)
{
	memset(w, 0, sizeof(*w));
	memset(&range->counts, 0, sizeof(range->counts));
	w->self = self;
	w->strategy = strategy;
	w->range = range;
	w->geometry = hs_mm_geometry(range->mm);
	w->last = range->start;
	range->held = NULL;
	w->rcu = rcu;
	if (range->pte_map == HS_PTE_MAP_BARE)
		w->rcu = false;
	if (range->pte_map == HS_PTE_MAP_RCU)
		w->rcu = true;
}

void hs_reference_end(struct hs_reference *w)
{
	struct hs_walk_counts *c = &w->range->counts;

	call_end(w);
	hs_reference_step(w, HS_WALK_CALL_END, w->range->end);
	c->leaked = c->refs - c->puts;
}
