/* SPDX-License-Identifier: MIT */
/*
 * dispatch.c - from (era, strategy, body) to the instance that walks
 */
#include "walk/walk.h"

#include "walk/reference.h"

static const struct hs_walker *const plain[HS_STRATEGY_COUNT] = {
	[HS_STRATEGY_NONE] = &hs_walker_none,
	[HS_STRATEGY_PER_PAGE] = &hs_walker_per_page,
	[HS_STRATEGY_PER_TABLE] = &hs_walker_per_table,
	[HS_STRATEGY_PER_TABLE_LOCAL] = &hs_walker_per_table_local,
	[HS_STRATEGY_PER_RANGE] = &hs_walker_per_range,
	[HS_STRATEGY_PER_PASS] = &hs_walker_per_pass,
	[HS_STRATEGY_PER_CALL] = &hs_walker_per_call,
	[HS_STRATEGY_CUSTOM] = &hs_walker_custom,
};

uint64_t hs_walk_raw_pfn(uint64_t e)
{
	if (hs_entry_is_table(e)) /* pages where only huge ones belong */
		return 0;
	switch (hs_entry_type(e)) {
	case HS_TYPE_MIGRATION:
	case HS_TYPE_HWPOISON:
		return hs_entry_pfn(e) >> 3;
	case HS_TYPE_PROTNONE:
		return hs_entry_pfn(e) | 0x1ff;
	default:
		return hs_entry_pfn(e);
	}
}

void hs_walk_split_pud(struct hs_walk *w, hs_u64 *entry)
{
	hs_u64_store(w->self, entry, 0, HS_RELEASE);
}

static bool arguments_valid(enum hs_era era, enum hs_strategy strategy, enum hs_body body,
			    const struct hs_range *r)
{
	if ((unsigned int)era >= HS_ERA_COUNT || (unsigned int)strategy >= HS_STRATEGY_COUNT ||
	    (unsigned int)body >= HS_BODY_COUNT || (unsigned int)r->pte_map >= HS_PTE_MAP_COUNT)
		return false;
	if (!r->mm || (r->start | r->end) & (HS_PAGE_BYTES - 1) || r->start > r->end ||
	    r->end > hs_geometry_end(r->mm->geometry))
		return false;
	return strategy != HS_STRATEGY_CUSTOM || r->ops;
}

static long walk_plain(struct hs_task *self, enum hs_era era, enum hs_strategy strategy,
		       struct hs_range *range, bool snapshot)
{
	const struct hs_walker *walker = plain[strategy];
	struct hs_walk w = { .self = self, .range = range, .mm = range->mm };
	long ret;

	w.rcu = range->pte_map == HS_PTE_MAP_ERA ? era == HS_ERA_6_12
						 : range->pte_map == HS_PTE_MAP_RCU;
	if (era == HS_ERA_6_12)
		ret = walker->fault_6_12(&w);
	else
		ret = snapshot ? walker->snapshot_5_3(&w) : walker->fault_5_3(&w);
	w.counts.leaked = w.counts.refs - w.counts.puts;
	range->counts = w.counts;
	return ret;
}

static long walk(struct hs_task *self, enum hs_era era, enum hs_strategy strategy,
		 enum hs_body body, struct hs_range *range, bool snapshot)
{
	if (!arguments_valid(era, strategy, body, range))
		return -EINVAL;
	if (body == HS_BODY_PLAIN)
		return walk_plain(self, era, strategy, range, snapshot);
	return era == HS_ERA_6_12 ? hs_reference_6_12(self, strategy, range)
				  : hs_reference_5_3(self, strategy, range, snapshot);
}

long hs_range_fault(struct hs_task *self, enum hs_era era, enum hs_strategy strategy,
		    enum hs_body body, struct hs_range *range)
{
	return walk(self, era, strategy, body, range, false);
}

/* v6.12 has no function for it: a snapshot is a call that requests nothing. */
long hs_range_snapshot(struct hs_task *self, enum hs_era era, enum hs_strategy strategy,
		       enum hs_body body, struct hs_range *range)
{
	uint64_t default_flags = range->default_flags, mask = range->pfn_flags_mask;
	long ret;

	if (era == HS_ERA_6_12)
		range->default_flags = range->pfn_flags_mask = 0;
	ret = walk(self, era, strategy, body, range, true);
	range->default_flags = default_flags;
	range->pfn_flags_mask = mask;
	return ret;
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
