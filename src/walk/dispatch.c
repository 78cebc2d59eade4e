/* SPDX-License-Identifier: MIT */
/*
 * dispatch.c - chooses the walker by era, strategy and body; the public functions
 */
#include "walk/walk.h"

#include "walk/reference.h"

static const struct hs_walker *const dispatch_walkers[HS_STRATEGY_COUNT] = {
	[HS_STRATEGY_NONE] = &hs_walker_none,
	[HS_STRATEGY_PER_PAGE] = &hs_walker_per_page,
	[HS_STRATEGY_PER_TABLE] = &hs_walker_per_table,
	[HS_STRATEGY_PER_TABLE_LOCAL] = &hs_walker_per_table_local,
	[HS_STRATEGY_PER_RANGE] = &hs_walker_per_range,
	[HS_STRATEGY_PER_PASS] = &hs_walker_per_pass,
	[HS_STRATEGY_PER_CALL] = &hs_walker_per_call,
	[HS_STRATEGY_CUSTOM] = &hs_walker_custom,
};

static bool dispatch_valid(const struct hs_range *r)
{
	if ((unsigned int)r->era >= HS_ERA_COUNT ||
	    (unsigned int)r->strategy >= HS_STRATEGY_COUNT ||
	    (unsigned int)r->body >= HS_BODY_COUNT || (unsigned int)r->pte_map >= HS_PTE_MAP_COUNT)
		return false;
	if (!r->mm || (r->start | r->end) & (HS_PAGE_BYTES - 1) || r->start > r->end ||
	    r->end > hs_geometry_end(r->mm->geometry))
		return false;
	if (!r->pfns && r->start < r->end)
		return false;
	return r->strategy != HS_STRATEGY_CUSTOM || r->ops;
}

/* v5.3 counts pages up to `last`: a hole at the end of the range is left out. */
static int dispatch_plain(struct hs_task *self, struct hs_range *range, bool snapshot)
{
	const struct hs_walker *walker = dispatch_walkers[range->strategy];
	struct hs_walk w = { .self = self, .range = range, .mm = range->mm };
	uint64_t end = range->end;
	int ret;

	w.rcu = range->pte_map == HS_PTE_MAP_ERA ? range->era == HS_ERA_6_12
						 : range->pte_map == HS_PTE_MAP_RCU;
	if (range->era == HS_ERA_6_12) {
		ret = walker->fault_6_12(&w);
	} else {
		ret = snapshot ? walker->snapshot_5_3(&w) : walker->fault_5_3(&w);
		end = w.last;
	}
	range->pages = ret ? 0 : (end - range->start) >> HS_PAGE_SHIFT;
	w.counts.leaked = w.counts.refs - w.counts.puts + (w.kept > 0 ? (uint64_t)w.kept : 0);
	range->counts = w.counts;
	return ret;
}

static int dispatch_walk(struct hs_task *self, struct hs_range *range, bool snapshot)
{
	range->pages = 0;
	if (!dispatch_valid(range))
		return -EINVAL;
	hs_mm_expect_locked(self, range->mm, "hs_range_fault or hs_range_snapshot");
	hs_might_sleep(self);
	if (range->body == HS_BODY_PLAIN)
		return dispatch_plain(self, range, snapshot);
	return range->era == HS_ERA_6_12 ? hs_reference_6_12(self, range)
					 : hs_reference_5_3(self, range, snapshot);
}

void hs_range_init(struct hs_range *range, struct hs_mm *mm, uint64_t start, uint64_t end,
		   uint64_t *pfns)
{
	*range = (struct hs_range){
		.mm = mm,
		.start = start,
		.end = end,
		.pfns = pfns,
		.era = HS_ERA_6_12,
		.strategy = HS_STRATEGY_NONE,
		.body = HS_BODY_PLAIN,
		.pte_map = HS_PTE_MAP_ERA,
	};
}

int hs_range_fault(struct hs_task *self, struct hs_range *range)
{
	return dispatch_walk(self, range, false);
}

/* v6.12 has no such function: its snapshot is a call that requests nothing. */
int hs_range_snapshot(struct hs_task *self, struct hs_range *range)
{
	uint64_t default_flags = range->default_flags, mask = range->pfn_flags_mask;
	int ret;

	if (range->era == HS_ERA_6_12)
		range->default_flags = range->pfn_flags_mask = 0;
	ret = dispatch_walk(self, range, true);
	range->default_flags = default_flags;
	range->pfn_flags_mask = mask;
	return ret;
}

void hs_walk_counts_add(struct hs_walk_counts *sum, const struct hs_walk_counts *counts)
{
	sum->calls += counts->calls;
	sum->hits += counts->hits;
	sum->lookups += counts->lookups;
	sum->refs += counts->refs;
	sum->failures += counts->failures;
	sum->puts += counts->puts;
	sum->leaked += counts->leaked;
	sum->faults += counts->faults;
	sum->held_faults += counts->held_faults;
	sum->waits += counts->waits;
	sum->passes += counts->passes;
	sum->bad_ptes += counts->bad_ptes;
}

const char *hs_era_name(enum hs_era era)
{
	static const char *const names[] = { "5.3", "6.12" };

	return (unsigned int)era < HS_ERA_COUNT ? names[era] : "?";
}

const char *hs_strategy_name(enum hs_strategy strategy)
{
	static const char *const names[] = {
		[HS_STRATEGY_NONE] = "none",
		[HS_STRATEGY_PER_PAGE] = "per-page",
		[HS_STRATEGY_PER_TABLE] = "per-table",
		[HS_STRATEGY_PER_TABLE_LOCAL] = "per-table-local",
		[HS_STRATEGY_PER_RANGE] = "per-range",
		[HS_STRATEGY_PER_PASS] = "per-pass",
		[HS_STRATEGY_PER_CALL] = "per-call",
		[HS_STRATEGY_CUSTOM] = "custom",
	};

	return (unsigned int)strategy < HS_STRATEGY_COUNT ? names[strategy] : "?";
}

const char *hs_body_name(enum hs_body body)
{
	static const char *const names[] = { "reference", "plain" };

	return (unsigned int)body < HS_BODY_COUNT ? names[body] : "?";
}

const char *hs_walk_step_name(enum hs_walk_step step)
{
	static const char *const names[] = {
		[HS_WALK_PAGE] = "page",
		[HS_WALK_TABLE_END] = "table-end",
		[HS_WALK_TABLE_ERROR] = "table-error",
		[HS_WALK_FAULT_BEGIN] = "fault-begin",
		[HS_WALK_FAULT_END] = "fault-end",
		[HS_WALK_WAIT_BEGIN] = "wait-begin",
		[HS_WALK_WAIT_END] = "wait-end",
		[HS_WALK_PASS_END] = "pass-end",
		[HS_WALK_VMA_END] = "vma-end",
		[HS_WALK_CALL_END] = "call-end",
	};

	return (unsigned int)step < HS_WALK_STEP_COUNT ? names[step] : "?";
}
