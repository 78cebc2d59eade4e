/* SPDX-License-Identifier: MIT */
/*
 * moves_report.c - moves the memory of a layout, walks it, and judges what is left
 */
#include "compare/moves_report.h"

#include <errno.h>

const char *const hs_moves_back_names[HS_MOVES_BACK_COUNT] = {
	[HS_MOVES_BACK_FAULT] = "fault",
	[HS_MOVES_BACK_RANGE] = "range",
};

const char *const hs_moves_state_names[HS_MOVES_STATE_COUNT] = {
	[HS_MOVES_BEFORE] = "before",
	[HS_MOVES_AFTER] = "after",
	[HS_MOVES_FOREIGN] = "foreign",
};

/* ---- the space --------------------------------------------------------------------------- */

/* What is built for the comparison. */
struct making {
	struct hs_moves_report *report;
	struct hs_compare compare;
	bool moved;		       /* the moves are done in what is built */
	struct hs_migrate_counts walk; /* of the walk in progress */
};

static int moves_report_build(struct hs_compare *c, void *arg)
{
	struct making *k = arg;
	struct hs_moves *m = &k->report->moves;
	int ret = hs_moves_build(m, c->self, &c->space, &c->script);

	for (size_t i = 0; !ret && k->moved && i < hs_moves_count(m); i++)
		hs_moves_do(m, i);
	hs_migrate_count(c->self, &k->walk);
	return ret;
}

static void moves_report_end(struct hs_compare *c, void *arg)
{
	struct making *k = arg;

	if (c->self)
		hs_migrate_count(c->self, NULL);
	hs_moves_end(&k->report->moves);
}

/* ---- steps ------------------------------------------------------------------------------- */

static uint64_t moves_report_lent(struct hs_moves *m)
{
	uint64_t lent = 0;

	for (size_t i = 0; i < m->device_count; i++)
		lent += hs_moves_lent(m, &m->devices[i]);
	return lent;
}

static void moves_report_take_step(struct hs_moves_report *report, struct hs_task *self,
				   enum hs_moves_step_kind kind, size_t index)
{
	struct hs_moves_step *step = &report->steps[report->step_count++];
	struct hs_moves *m = &report->moves;

	*step = (struct hs_moves_step){ .kind = kind, .index = index };
	hs_migrate_count(self, &step->counts);
	if (kind == HS_MOVES_STEP_MOVE)
		hs_moves_do(m, index);
	else if (kind == HS_MOVES_STEP_EVICT)
		hs_moves_evict(m, &m->devices[index]);
	else if (report->back == HS_MOVES_BACK_RANGE)
		hs_moves_range_back(m);
	else
		step->closed = hs_moves_fault_back(m);
	hs_migrate_count(self, NULL);
	step->lent = moves_report_lent(m);
	if (kind != HS_MOVES_STEP_EVICT)
		return;
	step->lent = hs_moves_lent(m, &m->devices[index]);
	step->stuck = !hs_moves_drain(m, &m->devices[index]);
}

/* The space is built, and nothing has moved. */
static int moves_report_steps(struct making *k)
{
	struct hs_moves_report *report = k->report;
	struct hs_moves *m = &report->moves;
	struct hs_task *self = k->compare.self;
	size_t moves = hs_moves_count(m);
	int ret;

	report->steps =
		hs_hostmem_zalloc(report->mem, moves + 1 + m->device_count, sizeof(*report->steps));
	if (!report->steps)
		return -ENOMEM;
	for (size_t i = 0; i < moves; i++)
		moves_report_take_step(report, self, HS_MOVES_STEP_MOVE, i);
	moves_report_take_step(report, self, HS_MOVES_STEP_BACK, 0);
	k->moved = true;
	ret = hs_compare_rebuild(&k->compare);
	for (size_t i = 0; !ret && i < m->device_count; i++)
		if (hs_moves_lent(m, &m->devices[i]))
			moves_report_take_step(report, self, HS_MOVES_STEP_EVICT, i);
	return ret;
}

/* ---- walks ------------------------------------------------------------------------------- */

static int moves_report_make_span(struct hs_moves_report *report)
{
	int ret = hs_compare_make_span(report->mem, report->layout, HS_SCOPE_WHOLE, &report->span);

	if (ret == -ERANGE)
		ret = hs_compare_make_span(report->mem, report->layout, HS_SCOPE_VMAS,
					   &report->span);
	return ret == -ENOENT ? 0 : ret;
}

static int moves_report_walk(struct making *k, struct hs_moves_walk *walk)
{
	int ret;

	k->walk = (struct hs_migrate_counts){ 0 };
	ret = hs_compare_run(&k->compare, walk->era, walk->strategy, &k->report->span, &walk->done);
	for (int i = 0; i < HS_MIGRATE_KIND_COUNT; i++)
		walk->back += k->walk.moved[i];
	return ret;
}

static size_t moves_report_count_walks(const struct hs_moves_report *report, uint64_t owner)
{
	size_t eras = 0, strategies = 0;

	for (int i = 0; i < HS_ERA_COUNT; i++)
		eras += report->asked->eras[i];
	for (int i = 0; i < HS_STRATEGY_COUNT; i++)
		strategies += report->asked->strategies[i];
	return eras * strategies * (owner ? HS_MOVES_STATE_COUNT : HS_MOVES_STATE_COUNT - 1);
}

static int moves_report_walk_state(struct making *k, enum hs_moves_state state, size_t count)
{
	struct hs_moves_report *report = k->report;
	const struct hs_report_asked *asked = report->asked;
	int ret;

	k->moved = state != HS_MOVES_BEFORE;
	ret = hs_compare_rebuild(&k->compare);
	for (int i = 0; !ret && i < HS_ERA_COUNT * HS_STRATEGY_COUNT; i++) {
		enum hs_era era = (enum hs_era)(HS_ERA_6_12 - i / HS_STRATEGY_COUNT);
		enum hs_strategy strategy = (enum hs_strategy)(i % HS_STRATEGY_COUNT);
		struct hs_moves_walk *walk = &report->walks[report->walk_count];

		if (!asked->eras[era] || !asked->strategies[strategy])
			continue;
		*walk = (struct hs_moves_walk){ state, era, strategy, { .error = 0 }, 0 };
		hs_report_progress(asked, report->layout, "migrating", report->walk_count++, count);
		ret = moves_report_walk(k, walk);
	}
	return ret;
}

static int moves_report_walks(struct making *k)
{
	struct hs_moves_report *report = k->report;
	uint64_t owner = k->compare.set.owner;
	size_t count = moves_report_count_walks(report, owner);
	int ret = 0;

	report->walks = hs_hostmem_zalloc(report->mem, count, sizeof(*report->walks));
	if (!report->walks)
		return -ENOMEM;
	for (int s = 0; !ret && s < HS_MOVES_STATE_COUNT && report->span.count; s++) {
		/* Without an owner of its own a walk is foreign to all. */
		if (s == HS_MOVES_AFTER && !owner)
			continue;
		k->compare.set.owner = s == HS_MOVES_FOREIGN ? 0 : owner;
		ret = moves_report_walk_state(k, (enum hs_moves_state)s, count);
	}
	return ret;
}

/* ---- the whole --------------------------------------------------------------------------- */

static int moves_report_fill(struct hs_moves_report *report,
			     const struct hs_compare_setting *setting)
{
	struct making k = { .report = report };
	const struct hs_compare_space space = { moves_report_build, moves_report_end, &k };
	struct hs_compare_setting set = *setting;
	int ret, end;

	set.space = &space;
	ret = moves_report_make_span(report);
	if (ret)
		return ret;
	ret = hs_compare_begin(&k.compare, report->layout, &set);
	if (!ret)
		ret = moves_report_steps(&k);
	if (!ret)
		ret = moves_report_walks(&k);
	end = hs_compare_end(&k.compare);
	return ret ? ret : end;
}

int hs_moves_report_make(struct hs_moves_report *report, const struct hs_report_asked *asked,
			 const struct hs_layout *layout, const struct hs_compare_setting *setting,
			 enum hs_moves_back back)
{
	int ret;

	*report = (struct hs_moves_report){
		.asked = asked,
		.layout = layout,
		.request = setting->request,
		.back = back,
		.mem = setting->mem,
	};
	ret = hs_moves_plan(&report->moves, setting->mem, layout,
			    setting->owner ? setting->owner : 1);
	return ret || report->moves.none ? ret : moves_report_fill(report, setting);
}

void hs_moves_report_free(struct hs_moves_report *report)
{
	hs_moves_free(&report->moves);
	hs_compare_span_free(report->mem, &report->span);
	hs_hostmem_free(report->mem, report->steps);
	hs_hostmem_free(report->mem, report->walks);
	report->steps = NULL;
	report->walks = NULL;
	report->step_count = report->walk_count = 0;
}

enum hs_report_verdict hs_moves_report_judge(const struct hs_moves_report *report)
{
	if (report->moves.none)
		return report->moves.none == HS_MOVES_NO_MEMORY ? HS_REPORT_OK : HS_REPORT_UNKNOWN;
	for (size_t i = 0; i < report->step_count; i++)
		if (report->steps[i].stuck)
			return HS_REPORT_VIOLATION;
	for (size_t i = 0; i < report->walk_count; i++)
		if (report->walks[i].done.counts.leaked || report->walks[i].done.livelocks)
			return HS_REPORT_VIOLATION;
	return HS_REPORT_OK;
}
