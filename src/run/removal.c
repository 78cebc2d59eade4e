/* SPDX-License-Identifier: MIT */
/*
 * removal.c - one run: a walk, and a removal that goes on at the points of the walk
 *
 * States of the removal, by predicate:
 *
 *	!killed				nothing has happened
 *	killed, !drained		each point polls. What the walk did since the point before
 *					counts as held if the poll finds the drain not over
 *	drained				nothing is counted any more
 *
 * A point is inside a fault or between two accesses of the walk, with the mmap lock held for read.
 * An invalidation takes the mapping lock, which comes after the mmap lock. Inside an RCU section
 * only kill, put pages and poll are possible, because they do not sleep.
 */
#include "run/removal_record.h"

#include <errno.h>

#include <hmmsim/fault.h>
#include <hmmsim/page.h>

#define POLLS 16	 /* after the call; only RCU is left to wait for, and it needs two */
#define PASSES_MAX 10000 /* that get no further, until the walk is ended */

struct removal_run {
	const struct hs_removal_case *c;
	struct hs_removal_result *r;
	struct hs_removal_record *record;
	const struct hs_removal_space_ops *ops;
	struct hs_task *self;
	struct hs_removal_space space;
	struct hs_range range;
	struct hs_interval_sub sub;
	uint64_t seq;
	uint64_t passed[HS_POINT_COUNT]; /* points passed, by kind */
	uint64_t grace;			 /* grace periods that were over at the kill */
	uint64_t failures;		 /* failed lookups when the last pass ended */
	uint64_t reached, stays;    /* where the last pass ended; how many in a row ended there */
	struct hs_walk_counts seen; /* at the last point */
	bool killed, drained, invalidated;
	uint32_t started; /* one bit for each step */
};

static uint64_t removal_grace_periods(struct removal_run *p)
{
	struct hs_machine_info info;

	hs_machine_info(hs_task_machine(p->self), &info);
	return info.grace_periods;
}

/* ---- the removal ------------------------------------------------------------------------- */

static void removal_start_step(struct removal_run *p, enum hs_pgmap_step step)
{
	hs_pgmap_step_start(p->self, p->space.pgmap, step);
	p->started |= 1u << step;
}

static void removal_invalidate(struct removal_run *p)
{
	p->invalidated = true;
	if (p->ops->disable)
		p->ops->disable(p->self, &p->space);
	p->ops->invalidate(p->self, &p->space);
}

static void removal_poll_drain(struct removal_run *p)
{
	if (p->drained || !hs_pgmap_step_poll(p->self, p->space.pgmap, HS_PGMAP_WAIT))
		return;
	p->drained = true;
	p->r->grace_periods = removal_grace_periods(p) - p->grace;
}

static void removal_start(struct removal_run *p)
{
	if (p->c->plan == HS_REMOVAL_PLAN_CORRECT)
		removal_invalidate(p);
	p->r->refs = hs_pgmap_refs(p->self, p->space.pgmap);
	p->grace = removal_grace_periods(p);
	p->killed = true;
	removal_start_step(p, HS_PGMAP_KILL);
	removal_start_step(p, HS_PGMAP_PUT_PAGES);
	removal_start_step(p, HS_PGMAP_WAIT);
	removal_poll_drain(p);
}

/* ---- what is held ------------------------------------------------------------------------ */

static enum hs_removal_cause removal_held_cause(struct removal_run *p)
{
	if (p->range.held == p->space.pgmap)
		return HS_HELD_REF;
	if (!p->c->atomic && removal_grace_periods(p) == p->grace)
		return HS_HELD_RCU;
	return HS_HELD_ELSE;
}

/* Decided as the walk does; v5.3 does not ask for an owner. */
static enum hs_cost_class removal_private_class(struct removal_run *p, uint64_t pfn)
{
	struct hs_page *page = hs_pfn_to_page(p->self, pfn);
	struct hs_pgmap *pgmap = page ? hs_page_pgmap(p->self, page) : NULL;
	const void *owner = pgmap ? hs_pgmap_owner(pgmap) : NULL;

	return p->c->era == HS_ERA_5_3 || owner == p->range.owner ? HS_COST_PRIVATE_OWN
								  : HS_COST_PRIVATE_FOREIGN;
}

/* The classes of compare.h, where an entry that is not present counts as private-foreign. */
static enum hs_cost_class removal_pte_class(struct removal_run *p, uint64_t e)
{
	if (!e)
		return HS_COST_EMPTY_PTE;
	if (e & HS_ENTRY_DEVMAP)
		return HS_COST_DEVMAP_PAGE;
	if (e & HS_ENTRY_DEVPRIV)
		return removal_private_class(p, hs_entry_pfn(e));
	switch (hs_entry_type(e)) {
	case HS_TYPE_NORMAL:
	case HS_TYPE_ZERO:
	case HS_TYPE_PROTNONE:
		return HS_COST_PAGE;
	default:
		return HS_COST_PRIVATE_FOREIGN;
	}
}

static enum hs_cost_class removal_page_class(struct removal_run *p, uint64_t addr)
{
	const struct hs_mm *mm = p->space.mm;
	uint32_t level = 0;
	const uint64_t *e = hs_pt_find(mm, addr, 0, &level);

	if (e)
		return removal_pte_class(p, *e);
	e = hs_pt_find(mm, addr, level, NULL);
	return e && *e & HS_ENTRY_DEVMAP ? HS_COST_DEVMAP_LEAF_PAGE : HS_COST_LEAF_PAGE;
}

static void removal_charge_step(struct removal_run *p, uint32_t at, uint64_t addr)
{
	struct hs_removal_held *held = &p->r->held[removal_held_cause(p)];
	struct hs_mm *mm = p->space.mm;

	switch (at) {
	case HS_WALK_PAGE:
		held->pages++;
		p->r->cost.of[removal_page_class(p, addr)]++;
		break;
	case HS_WALK_TABLE_END:
		if (!hs_pt_find(mm, addr - HS_PAGE_BYTES, 0, NULL)) /* of a leaf */
			break;
		held->tables++;
		p->r->cost.of[HS_COST_TABLE]++;
		break;
	case HS_WALK_FAULT_END:
		held->faults++;
		break;
	case HS_WALK_WAIT_END:
		held->waits++;
		break;
	default:
		break;
	}
}

static void removal_charge(struct removal_run *p, uint32_t at, uint64_t addr)
{
	const struct hs_walk_counts *now = &p->range.counts;
	uint64_t *of = p->r->cost.of;

	removal_charge_step(p, at, addr);
	of[HS_COST_HIT] += now->hits - p->seen.hits;
	of[HS_COST_MISS] += now->lookups - p->seen.lookups;
	of[HS_COST_PUT] += now->puts - p->seen.puts;
	of[HS_COST_FAULT] += at == HS_WALK_FAULT_END;
}

/* ---- points ------------------------------------------------------------------------------ */

static void removal_record(struct removal_run *p, uint32_t at)
{
	struct hs_removal_record *r = p->record;
	uint8_t *grown;

	if (!r || r->failed)
		return;
	grown = hs_hostmem_grow(r->mem, r->at, r->count, sizeof(*r->at));
	if (!grown) {
		r->failed = true;
		return;
	}
	r->at = grown;
	r->at[r->count++] = (uint8_t)at;
}

static void removal_at_point(struct removal_run *p, uint32_t at, uint64_t addr)
{
	p->passed[at]++;
	removal_record(p, at);
	if (p->killed && !p->drained) {
		removal_poll_drain(p);
		if (!p->drained)
			removal_charge(p, at, addr);
	}
	if (!p->killed && at == p->c->start.at && p->passed[at] == p->c->start.number)
		removal_start(p);
	p->seen = p->range.counts;
}

/* A fault or wait that helps lets the next pass get further, and so does each VMA of v5.3. */
static void removal_end_pass(struct removal_run *p, uint64_t addr)
{
	uint64_t failures = p->range.counts.failures;

	if (addr != p->reached)
		p->stays = 0;
	p->reached = addr;
	p->stays++;
	if (p->killed && failures != p->failures)
		p->r->vain++;
	p->failures = failures;
}

static void removal_walk_step(struct hs_task *self, struct hs_range *range, enum hs_walk_step at,
			      uint64_t addr, void *arg)
{
	struct removal_run *p = arg;

	(void)self;
	(void)range;
	if (at == HS_WALK_PASS_END)
		removal_end_pass(p, addr);
	removal_at_point(p, at, addr);
}

static bool removal_walk_retry(struct hs_task *self, struct hs_range *range, void *arg)
{
	struct removal_run *p = arg;
	const struct hs_removal_case *c = p->c;

	removal_at_point(p, HS_POINT_RETRY, range->start);
	if (p->r->vain >= HS_REMOVAL_VAIN_MAX || p->stays >= PASSES_MAX) {
		p->r->verdict = HS_REMOVAL_LIVELOCK;
		return true;
	}
	if (c->plan == HS_REMOVAL_PLAN_KILL_FIRST && !p->invalidated && c->retries &&
	    p->r->vain >= c->retries)
		removal_invalidate(p);
	return hs_interval_check_retry(self, &p->sub, p->seq);
}

/* ---- faults that sleep ------------------------------------------------------------------- */

static void removal_sleep(struct removal_run *p, uint64_t addr)
{
	for (uint32_t i = 0; i < p->c->sleep; i++)
		removal_at_point(p, HS_POINT_SLEEP, addr);
}

static uint32_t removal_fault(struct hs_task *self, struct hs_mm *mm, const struct hs_vma *vma,
			      uint64_t addr, uint32_t flags, void *arg)
{
	struct removal_run *p = arg;

	removal_sleep(p, addr);
	return p->space.fault->fault(self, mm, vma, addr, flags, p->space.fault_arg);
}

static void removal_migration_wait(struct hs_task *self, struct hs_mm *mm, uint64_t addr,
				   uint32_t level, void *arg)
{
	struct removal_run *p = arg;

	removal_sleep(p, addr);
	p->space.fault->migration_wait(self, mm, addr, level, p->space.fault_arg);
}

static const struct hs_fault_ops removal_fault_ops = { removal_fault, removal_migration_wait };

/* ---- the call ---------------------------------------------------------------------------- */

static bool removal_set_seq(struct hs_task *self, struct hs_interval_sub *sub,
			    const struct hs_invalidation *inv, uint64_t cur_seq)
{
	(void)inv;
	hs_interval_set_seq(self, sub, cur_seq); /* no driver lock: there is one task */
	return true;
}

static const struct hs_interval_ops removal_interval_ops = { removal_set_seq };

static void removal_walk(struct removal_run *p)
{
	struct hs_task *self = p->self;
	struct hs_mm *mm = p->space.mm;
	int ret;

	hs_mm_set_fault_ops(mm, &removal_fault_ops, p);
	p->range.mm = mm;
	p->range.retry = removal_walk_retry;
	p->range.step = removal_walk_step;
	p->range.retry_arg = p->range.step_arg = p;
	p->seq = hs_interval_read_begin(self, &p->sub);
	hs_mm_lock_read(self, mm);
	p->range.era = p->c->era;
	p->range.strategy = p->c->strategy;
	p->range.body = HS_BODY_REFERENCE;
	ret = hs_range_fault(self, &p->range);
	p->r->ret = hs_range_kernel_ret(&p->range, ret);
	hs_mm_unlock_read(self, mm);
	p->range.held = NULL;
	p->r->walk = p->range.counts;
	hs_mm_set_fault_ops(mm, p->space.fault, p->space.fault_arg);
	p->r->inside = p->drained;
	removal_at_point(p, HS_POINT_AFTER, p->range.end);
}

/* ---- after it ---------------------------------------------------------------------------- */

static void removal_poll_long(struct removal_run *p)
{
	for (int i = 0; i < POLLS && !p->drained; i++)
		removal_poll_drain(p);
}

/* The driver has an answer, no invalidation tells it otherwise, and the memory in it goes now. */
static bool removal_is_unsafe(struct removal_run *p)
{
	uint64_t pages = (p->range.end - p->range.start) / HS_PAGE_BYTES;

	if (p->r->ret < 0 || hs_interval_read_retry(p->self, &p->sub, p->seq))
		return false;
	for (uint64_t i = 0; i < pages; i++)
		if (p->range.pfns[i] & HS_PFN_VALID &&
		    hs_pgmap_covers(p->space.pgmap, p->range.pfns[i] & HS_ENTRY_PFN))
			return true;
	return false;
}

static void removal_judge(struct removal_run *p)
{
	enum hs_removal_verdict v = HS_REMOVAL_OK;

	if (!p->drained)
		v = HS_REMOVAL_STUCK;
	else if (removal_is_unsafe(p))
		v = HS_REMOVAL_UNSAFE;
	if (v > p->r->verdict)
		p->r->verdict = v;
}

/* Puts what the walk has leaked, because the pgmap cannot be freed otherwise. */
static void removal_put_leaked(struct removal_run *p, struct hs_pgmap *pgmap)
{
	for (int64_t n = hs_pgmap_refs(p->self, pgmap); n > 0 && p->r->leaked < p->r->walk.leaked;
	     n--) {
		hs_pgmap_put(p->self, pgmap);
		p->r->leaked++;
	}
}

static void removal_finish(struct removal_run *p)
{
	const enum hs_pgmap_step *steps = hs_removal_steps(hs_pgmap_removal_order(p->space.pgmap));

	for (int i = 0; i < HS_PGMAP_STEP_COUNT; i++)
		if (!(p->started >> steps[i] & 1))
			hs_pgmap_step(p->self, p->space.pgmap, steps[i]);
	p->r->removal_grace = removal_grace_periods(p) - p->grace;
}

static int removal_after_call(struct removal_run *p)
{
	if (!p->killed)
		return p->record ? 0 : -ENOENT;
	if (!p->invalidated && p->c->plan == HS_REMOVAL_PLAN_KILL_FIRST)
		removal_invalidate(p);
	removal_poll_long(p);
	removal_judge(p);
	if (!p->invalidated)
		removal_invalidate(p);
	removal_poll_long(p);
	if (!p->drained)
		removal_put_leaked(p, p->space.pgmap);
	removal_finish(p);
	return 0;
}

/* ---- the machine ---------- ------------------------------------------------------------- */

static int removal_prepare(struct removal_run *p, struct hs_hostmem *mem)
{
	struct hs_removal_space *s = &p->space;
	uint64_t pages;
	int ret = p->ops->build(p->self, p->c, s);

	if (ret)
		return ret;
	if (!s->fault)
		s->fault = &hs_mm_fault_ops;
	p->range.start = s->start;
	p->range.end = s->end;
	p->range.default_flags = s->default_flags;
	p->range.owner = s->owner;
	p->range.pte_map = p->c->pte_map;
	pages = (s->end - s->start) / HS_PAGE_BYTES;
	p->range.pfns = hs_hostmem_zalloc(mem, pages ? pages : 1, sizeof(*p->range.pfns));
	if (!p->range.pfns)
		return -ENOMEM;
	ret = hs_interval_insert(p->self, &p->sub, hs_mm_notifiers(s->mm), s->start,
				 s->end - s->start, &removal_interval_ops);
	if (ret)
		p->sub.ops = NULL;
	return ret;
}

static void removal_clean_up(struct removal_run *p)
{
	struct hs_removal_space *s = &p->space;

	if (p->sub.ops)
		hs_interval_remove(p->self, &p->sub);
	p->ops->unmap(p->self, s);
	if (p->killed) {
		hs_pgmap_free(p->self, s->pgmap);
	} else if (s->pgmap) {
		removal_put_leaked(p, s->pgmap);
		hs_pgmap_destroy(p->self, s->pgmap);
	}
	s->pgmap = NULL;
	if (s->other)
		removal_put_leaked(p, s->other);
	if (p->ops->destroy)
		p->ops->destroy(p->self, s);
}

/* The run says nothing where it, or a fault in it, had no memory. */
static int removal_error(const struct removal_run *p, int ret)
{
	if (p->record && p->record->failed)
		return -ENOMEM;
	return p->space.fault_error && *p->space.fault_error ? *p->space.fault_error : ret;
}

static int removal_run_task(struct removal_run *p, struct hs_hostmem *mem,
			    struct hs_machine *machine)
{
	int ret = hs_task_attach(machine, "removal", &p->self);

	if (ret)
		return ret;
	ret = removal_prepare(p, mem);
	if (!ret) {
		removal_walk(p);
		ret = removal_error(p, removal_after_call(p));
	}
	removal_clean_up(p);
	hs_hostmem_free(mem, p->range.pfns);
	hs_task_detach(p->self);
	return ret;
}

static bool removal_is_under_rcu(const struct hs_removal_case *c)
{
	return c->pte_map == HS_PTE_MAP_RCU ||
	       (c->pte_map == HS_PTE_MAP_ERA && c->era == HS_ERA_6_12);
}

bool hs_removal_may_start(const struct hs_removal_case *c, uint32_t at)
{
	return c->plan != HS_REMOVAL_PLAN_CORRECT || at != HS_WALK_PAGE || !removal_is_under_rcu(c);
}

static bool removal_case_valid(const struct hs_removal_case *c)
{
	return c->space && (unsigned int)c->era < HS_ERA_COUNT &&
	       (unsigned int)c->strategy < HS_STRATEGY_BUILTIN_COUNT &&
	       (unsigned int)c->plan < HS_REMOVAL_PLAN_COUNT &&
	       (unsigned int)c->pte_map < HS_PTE_MAP_COUNT &&
	       (unsigned int)c->page_refs < HS_PAGE_REFS_COUNT && c->start.at < HS_POINT_COUNT &&
	       c->start.number && c->retries < HS_REMOVAL_VAIN_MAX &&
	       hs_removal_may_start(c, c->start.at);
}

int hs_removal_run_recorded(struct hs_hostmem *mem, const struct hs_removal_case *c,
			    struct hs_removal_result *result, struct hs_removal_record *record)
{
	struct removal_run p = { .c = c, .r = result, .record = record, .ops = c->space };
	struct hs_machine_config config;
	struct hs_machine *machine;
	int ret, end;

	*result = (struct hs_removal_result){ 0 };
	if (!removal_case_valid(c))
		return -EINVAL;
	p.space.arg = c->space_arg;
	hs_machine_config_init(&config);
	ret = hs_machine_create(c->machine ? c->machine : &config, &machine);
	if (ret)
		return ret;
	ret = removal_run_task(&p, mem, machine);
	end = hs_machine_destroy(machine, NULL);
	return ret ? ret : end;
}

int hs_removal_run(struct hs_hostmem *mem, const struct hs_removal_case *c,
		   struct hs_removal_result *result)
{
	return hs_removal_run_recorded(mem, c, result, NULL);
}

void hs_removal_case_init(struct hs_removal_case *c, enum hs_era era)
{
	*c = (struct hs_removal_case){
		.era = era,
		.start = { HS_POINT_AFTER, 1 },
		.retries = 1,
		.page_refs = era == HS_ERA_5_3 ? HS_PAGE_REFS_5_3 : HS_PAGE_REFS_6_1,
	};
}

/* ---- names ------------------------------------------------------------------------------- */

const char *hs_removal_plan_name(enum hs_removal_plan plan)
{
	static const char *const names[HS_REMOVAL_PLAN_COUNT] = {
		[HS_REMOVAL_PLAN_CORRECT] = "correct",
		[HS_REMOVAL_PLAN_KILL_FIRST] = "kill-first",
		[HS_REMOVAL_PLAN_NEVER] = "never",
	};

	return (unsigned int)plan < HS_REMOVAL_PLAN_COUNT ? names[plan] : "?";
}

const char *hs_removal_verdict_name(enum hs_removal_verdict verdict)
{
	static const char *const names[] = { "ok", "stuck", "livelock", "unsafe" };

	return (unsigned int)verdict < HS_REMOVAL_VERDICT_COUNT ? names[verdict] : "?";
}

const char *hs_removal_point_name(uint32_t at)
{
	switch (at) {
	case HS_POINT_RETRY:
		return "retry";
	case HS_POINT_SLEEP:
		return "sleep";
	case HS_POINT_AFTER:
		return "after";
	default:
		return hs_walk_step_name((enum hs_walk_step)at);
	}
}
