/* SPDX-License-Identifier: MIT */
/* Range faults with random requests, strategies and bodies. */
#include "support/mm_ops.h"

struct question {
	enum hs_era era;
	enum hs_strategy strategy;
	enum hs_body body;
	enum hs_pte_map pte_map;
	uint64_t slots[MODEL_PAGES];
	struct model_walk walk;
	uint32_t valid;
};

static void ask(const struct mm_op *op, struct question *q)
{
	static const uint64_t wants[] = { 0,
					  HS_PFN_VALID,
					  HS_PFN_VALID | HS_PFN_WRITE,
					  HS_PFN_VALID | HS_PFN_DEVICE,
					  HS_PFN_WRITE,
					  12345 };
	uint64_t seed = op->seed, how = mm_random(&seed);
	bool device = op->code != MM_OP_WALK_6_12;

	q->era = op->code == MM_OP_WALK_6_12 ? HS_ERA_6_12 : HS_ERA_5_3;
	q->strategy = (enum hs_strategy)(how % HS_STRATEGY_CUSTOM);
	q->body = (enum hs_body)(how >> 8 & 1);
	q->pte_map = (enum hs_pte_map)((how >> 32) % HS_PTE_MAP_COUNT);
	q->valid = how >> 9 & 15 ? 40 : (uint32_t)(how >> 13 & 3);
	q->walk = (struct model_walk){
		.mm = op->mm,
		.first = op->page,
		.end = op->page + op->count,
		.default_flags = how >> 16 & 1 ? wants[(how >> 17) % 3] : 0,
		.mask = how >> 20 & 3 ? ~(uint64_t)0 : 0,
		.owner = how >> 22 & 1 ? (uint32_t)(how >> 23 & 1) : MODEL_NOBODY,
		.valid = q->valid,
		.snapshot = op->code == MM_OP_SNAPSHOT_5_3,
	};
	for (uint32_t i = 0; i < op->count; i++)
		q->slots[i] = wants[mm_random(&seed) % 6] & ~(device ? 0 : HS_PFN_DEVICE);
}

static bool retry(struct hs_task *self, struct hs_range *range, void *arg)
{
	uint32_t *valid = arg;

	(void)self;
	(void)range;
	if (!*valid)
		return true;
	--*valid;
	return false;
}

static long answer(struct mm_world *w, struct question *q, struct hs_range *range)
{
	uint32_t valid = q->valid;
	int ret;

	hs_range_init(range, w->mm[q->walk.mm], mm_addr(w, q->walk.first), mm_addr(w, q->walk.end),
		      q->slots);
	range->default_flags = q->walk.default_flags;
	range->pfn_flags_mask = q->walk.mask;
	range->owner = q->walk.owner == MODEL_NOBODY ? NULL : &w->pool[q->walk.owner];
	range->era = q->era;
	range->strategy = q->strategy;
	range->body = q->body;
	range->pte_map = q->pte_map;
	range->retry = retry;
	range->retry_arg = &valid;
	hs_mm_lock_read(w->self, range->mm);
	if (q->walk.snapshot)
		ret = hs_range_snapshot(w->self, range);
	else
		ret = hs_range_fault(w->self, range);
	hs_mm_unlock_read(w->self, range->mm);
	return hs_range_kernel_ret(range, ret);
}

/* What v5.2-v5.6 leak when a table ends in an error; it is put, so that the memory can go. */
static bool put_leaked(struct mm_world *w, const struct question *q, uint64_t leaked)
{
	bool may = q->strategy == HS_STRATEGY_PER_TABLE ||
		   q->strategy == HS_STRATEGY_PER_TABLE_LOCAL;
	uint64_t put = 0;

	if (leaked && !may)
		return mm_differs(w, "%s leaks", hs_strategy_name(q->strategy));
	for (uint32_t i = 0; i < MODEL_MAPPINGS && leaked; i++)
		while (hs_pgmap_refs(w->self, w->pgmap[i]) >
		       (int64_t)model_mapping_refs(&w->model, i)) {
			hs_pgmap_put(w->self, w->pgmap[i]);
			put++;
		}
	if (put != leaked)
		return mm_differs(w, "%llu references are leaked, %llu it says",
				  (unsigned long long)put, (unsigned long long)leaked);
	return true;
}

uint64_t mm_slot_with_pfn(const struct mm_world *w, uint64_t slot)
{
	uint64_t pfn = slot & HS_ENTRY_PFN;

	if (pfn < MODEL_UNBOUND)
		return slot;
	return (slot & ~HS_ENTRY_PFN) | w->model.object[pfn - MODEL_UNBOUND].pfn;
}

bool mm_walk_run(struct mm_world *w, const struct mm_op *op, bool *done, bool *idle)
{
	static struct model before;
	struct question q;
	uint64_t wanted[MODEL_PAGES];
	struct hs_range range;
	long want, ret;

	ask(op, &q);
	for (uint32_t i = 0; i < op->count; i++)
		wanted[i] = q.slots[i];
	q.walk.slots = wanted;
	before = w->model;
	mm_learn_depth(w);
	want = q.era == HS_ERA_6_12 ? model_walk_6_12(&w->model, &q.walk)
				    : model_walk_5_3(&w->model, &q.walk);
	*idle = w->model.waits;
	if (*idle) {
		w->model = before;
		return true;
	}
	*done = want >= 0;
	ret = answer(w, &q, &range);
	if (ret != want)
		return mm_differs(w, "%s %s %s: %ld, wanted %ld",
				  mm_op_name((enum mm_op_code)op->code),
				  hs_strategy_name(q.strategy), hs_body_name(q.body), ret, want);
	if (!mm_bind(w) || !put_leaked(w, &q, range.counts.leaked))
		return false;
	for (uint32_t i = 0; i < op->count; i++)
		if (q.slots[i] != mm_slot_with_pfn(w, wanted[i]))
			return mm_differs(w, "%s %s %s: slot %u is %llx, wanted %llx",
					  mm_op_name((enum mm_op_code)op->code),
					  hs_strategy_name(q.strategy), hs_body_name(q.body), i,
					  (unsigned long long)q.slots[i],
					  (unsigned long long)mm_slot_with_pfn(w, wanted[i]));
	return true;
}
