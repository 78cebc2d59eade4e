/* SPDX-License-Identifier: MIT */
/* A device mirrors a part of an address space: what it gets, and that it keeps nothing that is gone. */
#include <string.h>

#include "support/mm_run.h"

#define TURNS 4u /* after so many nothing is faulted any more */

struct mirror {
	struct hs_dmirror *dev;
	bool write;
	uint64_t slots[MODEL_PAGES];
};

/* The walk whose answer the device takes: one that found all as it is to stay. */
static long predict(struct mm_run *r, enum mm_mirror kind, struct mirror *mi)
{
	struct model_walk walk = {
		.mm = r->op->mm,
		.first = r->first,
		.end = r->last,
		.default_flags = HS_PFN_VALID | (mi->write ? HS_PFN_WRITE : 0),
		.owner = MODEL_NOBODY,
		.valid = 200,
		.slots = mi->slots,
	};
	long ret = 0;

	for (uint32_t turn = 0; turn < TURNS && ret >= 0 && !r->idle; turn++) {
		memset(mi->slots, 0, sizeof(mi->slots));
		ret = kind == MM_MIRROR_6_12 ? model_walk_6_12(&r->w->model, &walk)
					     : model_walk_5_3(&r->w->model, &walk);
		/* v5.3 tries for ever to write what may only be copied. */
		r->idle = r->w->model.waits || ret == -EBUSY;
	}
	return ret < 0 ? ret : 0;
}

/* Device-private pages belong to others. */
static uint64_t wanted_word(const struct mm_world *w, uint64_t slot)
{
	slot = mm_slot_with_pfn(w, slot);
	if (!(slot & HS_PFN_VALID) || slot & HS_PFN_DEVICE)
		return 0;
	return slot & (HS_PFN_VALID | HS_PFN_WRITE | HS_ENTRY_PFN);
}

static bool has_words(struct mm_run *r, const struct mirror *mi)
{
	struct mm_world *w = r->w;

	for (uint32_t i = r->first; i < r->last; i++) {
		uint64_t word = hs_dmirror_entry(w->self, mi->dev, mm_addr(w, i));
		uint64_t wanted = wanted_word(w, mi->slots[i - r->first]);

		if (word != wanted)
			return mm_differs(w, "the device has %llx of page %u, wanted %llx",
					  (unsigned long long)word, i, (unsigned long long)wanted);
	}
	return true;
}

/* The device writes the first page, if it may. */
static bool write_by_device(struct mm_run *r, const struct mirror *mi)
{
	struct mm_world *w = r->w;
	uint64_t word = hs_dmirror_entry(w->self, mi->dev, r->start);
	bool may = hs_dmirror_access(w->self, mi->dev, r->start, true);

	if (may != !!(word & HS_PFN_WRITE))
		return mm_differs(w, "the device may write, its word is %llx",
				  (unsigned long long)word);
	if (!may)
		return true;
	hs_page_set_private(w->self, hs_pfn_to_page(w->self, word & HS_ENTRY_PFN), ++w->contents);
	model_written(&w->model, r->op->mm, r->first, w->contents);
	return true;
}

bool mm_run_populate(struct mm_run *r, enum mm_mirror kind)
{
	static struct model before;
	struct mm_world *w = r->w;
	struct mirror mi = { .dev = w->device[r->op->mm][kind], .write = r->op->number & 1 };
	long wanted;

	mm_learn_depth(w);
	before = w->model;
	wanted = r->op->wrong ? -EINVAL : predict(r, kind, &mi);
	if (r->idle) {
		w->model = before;
		return true;
	}
	if (!mm_equal(r, "populate",
		      hs_dmirror_populate(w->self, mi.dev, r->start, r->end, mi.write), wanted))
		return false;
	return wanted || (mm_bind(w) && has_words(r, &mi) && write_by_device(r, &mi));
}
