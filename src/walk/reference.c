/* SPDX-License-Identifier: MIT */
/*
 * reference.c - what the two reference walkers share: entries, faults, the points of a strategy
 */
#include "walk/reference.h"

#include <errno.h>
#include <string.h>

#include "mm/mm.h"
#include "pgmap/pgmap.h"

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
	if (entry & HS_ENTRY_TABLE) /* its type bits belong to the address of the table */
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
 * The walkers take the pfn of a hugetlb entry before they know that the entry is present. Where it
 * is not, x86-64 keeps something else in these bits: an offset that begins three bits further up,
 * or a pfn whose low bits are set.
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

	if (w->range->era == HS_ERA_5_3 && w->range->allow_retry)
		flags |= HS_FAULT_ALLOW_RETRY;
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

static void reference_put(struct hs_reference *w)
{
	if (!w->slot)
		return;
	hs_pgmap_put(w->self, w->slot);
	w->range->counts.puts++;
	w->slot = NULL;
}

/* hs_pgmap_get() puts the cached reference itself if it does not cover @pfn. */
static int reference_get(struct hs_reference *w, uint64_t pfn)
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

enum reference_action {
	REFERENCE_KEEP,
	REFERENCE_PUT,
	REFERENCE_FORGET, /* clears the slot and puts nothing: what was in it leaks */
};

/* What a strategy does with its cached reference at each point. Those without a row cache none. */
static const uint8_t reference_actions[HS_STRATEGY_COUNT][HS_REFERENCE_POINT_COUNT] = {
	[HS_STRATEGY_PER_TABLE] = {
		[HS_REFERENCE_FAULT_BEGIN] = REFERENCE_PUT,
		[HS_REFERENCE_TABLE_END] = REFERENCE_PUT,
		[HS_REFERENCE_VMA_BEGIN] = REFERENCE_FORGET,
	},
	[HS_STRATEGY_PER_TABLE_LOCAL] = {
		[HS_REFERENCE_FAULT_BEGIN] = REFERENCE_PUT,
		[HS_REFERENCE_TABLE_END] = REFERENCE_PUT,
		[HS_REFERENCE_TABLE_ERROR] = REFERENCE_FORGET,
	},
	[HS_STRATEGY_PER_RANGE] = {
		[HS_REFERENCE_VMA_BEGIN] = REFERENCE_FORGET,
		[HS_REFERENCE_VMA_END] = REFERENCE_PUT,
	},
	[HS_STRATEGY_PER_PASS] = { [HS_REFERENCE_PASS_END] = REFERENCE_PUT },
	[HS_STRATEGY_PER_CALL] = { [HS_REFERENCE_CALL_END] = REFERENCE_PUT },
};

typedef void (*reference_custom)(struct hs_task *self, struct hs_range *range,
				 struct hs_pgmap **slot, void *arg);

static reference_custom reference_custom_at(const struct hs_strategy_ops *ops,
					    enum hs_reference_point point)
{
	const reference_custom functions[HS_REFERENCE_POINT_COUNT] = {
		[HS_REFERENCE_FAULT_BEGIN] = ops->fault_begin,
		[HS_REFERENCE_TABLE_END] = ops->table_end,
		[HS_REFERENCE_TABLE_ERROR] = ops->table_error,
		[HS_REFERENCE_PASS_END] = ops->pass_end,
		[HS_REFERENCE_VMA_BEGIN] = ops->vma_begin,
		[HS_REFERENCE_VMA_END] = ops->vma_end,
		[HS_REFERENCE_CALL_END] = ops->call_end,
	};

	return functions[point];
}

int hs_reference_page(struct hs_reference *w, uint64_t pfn)
{
	struct hs_range *r = w->range;
	int64_t tally = hs_pgmap_tally(w->self);
	int ret;

	switch (r->strategy) {
	case HS_STRATEGY_NONE:
		return 0;
	case HS_STRATEGY_PER_PAGE:
		ret = reference_get(w, pfn);
		reference_put(w);
		return ret;
	case HS_STRATEGY_CUSTOM:
		ret = r->ops->page ? r->ops->page(w->self, r, &w->slot, pfn, r->ops_arg) : 0;
		hs_assert_at(w->self, HS_HERE, !ret || ret == -EBUSY,
			     "hs_strategy_ops.page returned %d, expected 0 or -EBUSY", ret);
		r->counts.failures += ret != 0;
		w->kept += hs_pgmap_tally(w->self) - tally;
		return ret;
	default:
		return reference_get(w, pfn);
	}
}

void hs_reference_at(struct hs_reference *w, enum hs_reference_point point)
{
	struct hs_range *r = w->range;
	int64_t tally = hs_pgmap_tally(w->self);
	reference_custom custom;

	if (r->strategy == HS_STRATEGY_CUSTOM) {
		custom = reference_custom_at(r->ops, point);
		if (custom)
			custom(w->self, r, &w->slot, r->ops_arg);
		w->kept += hs_pgmap_tally(w->self) - tally;
		return;
	}
	switch ((enum reference_action)reference_actions[r->strategy][point]) {
	case REFERENCE_PUT:
		reference_put(w);
		break;
	case REFERENCE_FORGET:
		w->slot = NULL;
		break;
	case REFERENCE_KEEP:
		break;
	}
}

/* ---- begin and end of a call ------------------------------------------------------------- */

void hs_reference_begin(struct hs_task *self, struct hs_reference *w, struct hs_range *range,
			bool rcu)
{
	memset(w, 0, sizeof(*w));
	memset(&range->counts, 0, sizeof(range->counts));
	w->self = self;
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

	hs_reference_at(w, HS_REFERENCE_CALL_END);
	hs_reference_step(w, HS_WALK_CALL_END, w->range->end);
	c->leaked = c->refs - c->puts;
	if (w->kept > 0)
		c->leaked += (uint64_t)w->kept;
}
