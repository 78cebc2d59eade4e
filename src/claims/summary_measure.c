/* SPDX-License-Identifier: MIT */
/*
 * summary_measure.c - what is counted of each strategy: removals, leaks, costs
 */
#include "claims/summary.h"

#include <errno.h>

#include "compare/compare.h"
#include "run/removal_layout.h"
#include "run/walk_run.h"
#include "text/builtin.h"

#define REMOVED_BYTES ((uint64_t)8 << 20)

/* ---- removals ----------------------------------------------------------------------------- */

/* With the kill first, which is the wrong order, at the worst moment. */
static int summary_measure_removals(struct hs_hostmem *mem, const struct hs_layout *layout,
				    enum hs_compare_request request,
				    struct hs_removal_worst worst[HS_STRATEGY_BUILTIN_COUNT])
{
	struct hs_removal_layout removal;
	struct hs_removal_case c;
	int ret = hs_removal_layout_init(&removal, mem, layout, hs_request_flags(request), 0);

	hs_removal_case_init(&c, HS_ERA_6_12);
	c.plan = HS_REMOVAL_PLAN_KILL_FIRST;
	c.space = &hs_removal_layout_ops;
	c.space_arg = &removal;
	for (int s = 0; !ret && s < HS_STRATEGY_BUILTIN_COUNT; s++) {
		c.strategy = (enum hs_strategy)s;
		ret = hs_removal_worst(mem, &c, 0, &worst[s]);
	}
	return ret;
}

static int summary_measure_removal(struct hs_hostmem *mem, const char *name,
				   enum hs_compare_request request,
				   struct hs_removal_worst worst[HS_STRATEGY_BUILTIN_COUNT])
{
	struct hs_layout layout;
	int ret = hs_builtin_make(mem, name, REMOVED_BYTES, &layout);

	if (ret)
		return ret;
	ret = summary_measure_removals(mem, &layout, request, worst);
	hs_layout_free(mem, &layout);
	return ret;
}

static int summary_measure_waits(struct hs_hostmem *mem, struct hs_claims_summary *summary)
{
	struct hs_removal_worst full[HS_STRATEGY_BUILTIN_COUNT];
	struct hs_removal_worst holes[HS_STRATEGY_BUILTIN_COUNT];
	int ret = summary_measure_removal(mem, "full", HS_REQUEST_NONE, full);

	if (!ret)
		ret = summary_measure_removal(mem, "holes", HS_REQUEST_READ, holes);
	for (int s = 0; !ret && s < HS_STRATEGY_BUILTIN_COUNT; s++) {
		summary->row[s].pages = full[s].held[HS_HELD_REF].pages;
		summary->row[s].rcu_pages = full[s].held[HS_HELD_RCU].pages;
		summary->row[s].faults = holes[s].held[HS_HELD_REF].faults;
	}
	return ret;
}

/* ---- leaks -------------------------------------------------------------------------------- */

/* The second entry of the table is an error that no fault repairs. */
static const char summary_measure_text[] = "scenario leak\n"
					   "vma 0x7f0000000000 0x7f0000002000 rw\n"
					   "pgmap 0x200000 0x300000\n"
					   "map 0x7f0000000000 4k devrw 0x200000\n"
					   "map 0x7f0000001000 4k hwp 0x1234\n"
					   "req 0x7f0000000000 0x7f0000002000 F 0 0\n"
					   "run\n";

static int summary_measure_leak(struct hs_hostmem *mem, const struct hs_walk_scenario *scenario,
				enum hs_strategy strategy, uint64_t *leaked)
{
	const struct hs_walk_setting setting = {
		.era = HS_ERA_6_12,
		.strategy = strategy,
		.mem = mem,
	};
	struct hs_walk_answer answer;
	int ret = hs_walk_run(scenario, &setting, &answer);

	*leaked = answer.counts.leaked;
	hs_walk_answer_free(mem, &answer);
	return ret;
}

static int summary_measure_leaks(struct hs_hostmem *mem, struct hs_claims_summary *summary)
{
	struct hs_walk_scenario scenario;
	struct hs_text text;
	int ret;

	hs_text_init(&text, mem, "summary", summary_measure_text, sizeof(summary_measure_text) - 1);
	ret = hs_walk_parse(&text, &scenario);
	if (ret != 1)
		return ret ? ret : -EINVAL;
	ret = 0;
	for (int s = 0; !ret && s < HS_STRATEGY_BUILTIN_COUNT; s++)
		ret = summary_measure_leak(mem, &scenario, (enum hs_strategy)s,
					   &summary->row[s].leaked);
	hs_walk_free(mem, &scenario);
	return ret;
}

/* ---- costs -------------------------------------------------------------------------------- */

static int summary_measure_walks(struct hs_compare *compare, const struct hs_compare_span *span,
				 struct hs_claims_summary *summary)
{
	int ret = 0;

	summary->cost_pages = span->pages;
	for (int s = 0; !ret && s < HS_STRATEGY_BUILTIN_COUNT; s++) {
		struct hs_compared done;

		ret = hs_compare_run(compare, HS_ERA_6_12, (enum hs_strategy)s, span, &done);
		if (!ret && done.failed)
			ret = (int)done.error;
		for (int b = 0; !ret && b < HS_COST_BUILD_COUNT; b++)
			summary->row[s].ps[b] =
				hs_cost_ps(&done.cost, hs_cost_builtin((enum hs_cost_build)b));
	}
	return ret;
}

static int summary_measure_layout(struct hs_hostmem *mem, const struct hs_layout *layout,
				  struct hs_claims_summary *summary)
{
	const struct hs_compare_setting setting = { .mem = mem };
	struct hs_compare_span span = { .count = 0 };
	struct hs_compare compare;
	int ret = hs_compare_begin(&compare, layout, &setting), end;

	if (!ret)
		ret = hs_compare_make_span(mem, layout, HS_SCOPE_WHOLE, &span);
	if (!ret)
		ret = summary_measure_walks(&compare, &span, summary);
	hs_compare_span_free(mem, &span);
	end = hs_compare_end(&compare);
	return ret ? ret : end;
}

static int summary_measure_costs(struct hs_hostmem *mem, struct hs_claims_summary *summary)
{
	struct hs_layout layout;
	int ret = hs_builtin_make(mem, "full", HS_BUILTIN_BYTES, &layout);

	if (ret)
		return ret;
	ret = summary_measure_layout(mem, &layout, summary);
	hs_layout_free(mem, &layout);
	return ret;
}

int hs_claims_summary_measure(struct hs_hostmem *mem, struct hs_claims_summary *summary)
{
	int ret = summary_measure_waits(mem, summary);

	if (!ret)
		ret = summary_measure_leaks(mem, summary);
	if (!ret)
		ret = summary_measure_costs(mem, summary);
	return ret;
}
