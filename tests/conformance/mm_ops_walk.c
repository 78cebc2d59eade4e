/* SPDX-License-Identifier: MIT */
/*
 * Range faults with random requests, strategies and bodies; and a device that mirrors a part of an
 * address space: what it gets, and that it keeps nothing that is gone.
 */
#include <string.h>

#include "conformance/mm_ops.h"

#define TURNS 4u /* after so many a device's walk faults nothing any more */

/* A predicted slot: pages that had no pfn when it was predicted have one now. */
static uint64_t with_pfn(const struct mm_run *r, uint64_t slot)
{
	uint64_t pfn = slot & HS_ENTRY_PFN;

	if (pfn < MODEL_UNBOUND)
		return slot;
	return (slot & ~HS_ENTRY_PFN) | r->m->object[pfn - MODEL_UNBOUND].pfn;
}

/* ---- range faults -------------------------------------------------------------------------- */

struct question {
	struct hs_range range;
	struct model_walk walk;
	uint32_t valid; /* so many times more */
	uint64_t slots[MODEL_PAGES], wanted[MODEL_PAGES];
};

static bool retry(struct hs_task *self, struct hs_range *range, void *arg)
{
	uint32_t *valid = arg;

	(void)self;
	(void)range;
	return !*valid || !(*valid)--;
}

static void ask(const struct mm_run *r, struct question *q)
{
	static const uint64_t wants[] = { 0,
					  HS_PFN_VALID,
					  HS_PFN_VALID | HS_PFN_WRITE,
					  HS_PFN_VALID | HS_PFN_DEVICE,
					  HS_PFN_WRITE,
					  12345 };
	uint64_t seed = r->op->seed, how = hs_random_next(&seed);
	uint64_t bits = r->with == HS_ERA_5_3 ? UINT64_MAX : ~HS_PFN_DEVICE;
	uint32_t owner = how >> 22 & 1 ? MODEL_PRIVATE_0 + (uint32_t)(how >> 23 & 1) : 0;
	struct hs_range *range = &q->range;

	hs_range_init(range, r->mm, mm_addr(r->w, r->at), mm_end(r->w, r->last), q->slots);
	range->default_flags = how >> 16 & 1 ? wants[(how >> 17) % 3] : 0;
	range->pfn_flags_mask = how >> 20 & 3 ? ~(uint64_t)0 : 0;
	range->owner = owner ? &r->w->pgmap[owner] : NULL;
	range->era = (enum hs_era)r->with;
	range->strategy = (enum hs_strategy)(how % HS_STRATEGY_CUSTOM);
	range->body = (enum hs_body)(how >> 8 & 1);
	range->pte_map = (enum hs_pte_map)((how >> 32) % HS_PTE_MAP_COUNT);
	range->retry = retry;
	range->retry_arg = &q->valid;
	q->valid = how >> 9 & 15 ? 40 : (uint32_t)(how >> 13 & 3);
	q->walk = (struct model_walk){
		.era = range->era,
		.first = r->at,
		.end = r->last,
		.default_flags = range->default_flags,
		.mask = range->pfn_flags_mask,
		.owner = owner,
		.valid = q->valid,
		.snapshot = r->op->code == MM_OP_SNAPSHOT_5_3,
		.slots = q->wanted,
	};
	for (uint32_t i = 0; i < r->op->count; i++)
		q->slots[i] = q->wanted[i] = wants[hs_random_next(&seed) % 6] & bits;
}

static long answer(const struct mm_run *r, struct question *q)
{
	int ret;

	hs_mm_lock_read(r->self, r->mm);
	ret = q->walk.snapshot ? hs_range_snapshot(r->self, &q->range)
			       : hs_range_fault(r->self, &q->range);
	hs_mm_unlock_read(r->self, r->mm);
	return hs_range_kernel_ret(&q->range, ret);
}

/* What v5.2-v5.6 leak when a table ends in an error; it is put, so that the memory can go. */
static bool put_leaked(struct mm_run *r, const struct hs_range *range)
{
	bool may = range->strategy == HS_STRATEGY_PER_TABLE ||
		   range->strategy == HS_STRATEGY_PER_TABLE_LOCAL;
	uint64_t put = 0, leaked = range->counts.leaked;

	if (leaked && !may)
		return mm_differs(r->w, "%s leaks", hs_strategy_name(range->strategy));
	for (uint32_t i = 0; i < MODEL_MAPPINGS && leaked; i++)
		for (; hs_pgmap_refs(r->self, r->w->pgmap[i]) > (int64_t)model_pgmap_refs(r->m, i);
		     put++)
			hs_pgmap_put(r->self, r->w->pgmap[i]);
	return MM_SAME(r->w, leaked, put, "leaked references");
}

bool mm_run_walk(struct mm_run *r)
{
	const char *strategy, *body;
	struct question q;
	long ret;

	ask(r, &q);
	strategy = hs_strategy_name(q.range.strategy);
	body = hs_body_name(q.range.body);
	r->wanted = model_walk(r->m, &q.walk);
	if (mm_waits(r))
		return true;
	ret = answer(r, &q);
	if (ret != r->wanted)
		return mm_differs(r->w, "%s %s %s: %ld, wanted %lld", mm_rows[r->op->code].words,
				  strategy, body, ret, r->wanted);
	r->done = ret >= 0;
	if (!mm_bind(r->w) || !put_leaked(r, &q.range))
		return false;
	for (uint32_t i = 0; i < r->op->count; i++)
		if (!MM_SAME(r->w, q.slots[i], with_pfn(r, q.wanted[i]), "%s %s %s: slot %u",
			     mm_rows[r->op->code].words, strategy, body, i))
			return false;
	return true;
}

/* ---- devices ------------------------------------------------------------------------------- */

/* The walk whose answer the device takes: one that found all as it is to stay. */
static long predict(struct mm_run *r, bool write, uint64_t *slots)
{
	struct model_walk walk = {
		.era = (enum hs_era)r->with,
		.first = r->at,
		.end = r->last,
		.default_flags = HS_PFN_VALID | (write ? HS_PFN_WRITE : 0),
		.valid = 200,
		.slots = slots,
	};
	long ret = 0;

	for (uint32_t turn = 0; turn < TURNS && ret >= 0 && !r->idle; turn++) {
		memset(slots, 0, MODEL_PAGES * sizeof(*slots));
		ret = model_walk(r->m, &walk);
		/* v5.3 tries for ever to write what may only be copied. */
		r->idle = r->m->waits || ret == -EBUSY;
	}
	return ret < 0 ? ret : 0;
}

/* Device-private pages belong to others. */
static bool has_words(struct mm_run *r, struct hs_dmirror *dev, const uint64_t *slots)
{
	for (uint32_t at = r->at; at < r->last; at++) {
		uint64_t wanted = with_pfn(r, slots[at - r->at]);

		wanted = wanted & HS_PFN_VALID && !(wanted & HS_PFN_DEVICE)
				 ? wanted & (HS_PFN_VALID | HS_PFN_WRITE | HS_ENTRY_PFN)
				 : 0;
		if (!MM_SAME(r->w, hs_dmirror_entry(r->self, dev, mm_addr(r->w, at)), wanted,
			     MM_AT "the word of the device", MM_PLACE(at)))
			return false;
	}
	return true;
}

/* The device writes the first page, if it may. */
static bool write_by_device(struct mm_run *r, struct hs_dmirror *dev)
{
	uint64_t word = hs_dmirror_entry(r->self, dev, r->start);
	bool may = hs_dmirror_access(r->self, dev, r->start, true);

	if (!MM_SAME(r->w, may, !!(word & HS_PFN_WRITE), "the device may write"))
		return false;
	if (may)
		mm_write(r, word & HS_ENTRY_PFN);
	return true;
}

bool mm_run_populate(struct mm_run *r)
{
	struct hs_dmirror *dev = r->w->device[r->at / MODEL_PAGES][r->with];
	bool write = r->op->number & 1;
	uint64_t slots[MODEL_PAGES];

	r->wanted = r->op->wrong ? -EINVAL : predict(r, write, slots);
	if (mm_waits(r))
		return true;
	if (!mm_equal(r, hs_dmirror_populate(r->self, dev, r->start, r->end, write)))
		return false;
	return r->wanted || (mm_bind(r->w) && has_words(r, dev, slots) && write_by_device(r, dev));
}
