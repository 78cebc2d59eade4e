/* SPDX-License-Identifier: MIT */
/* Operations on all VMAs of a mapping, and the end of device memory. */
#include "support/mm_run.h"

/* Some in a row, so that leaves can map them. */
bool mm_run_allocate(struct mm_run *r)
{
	uint64_t index = r->op->number & (r->op->number & 0x80 ? 0x3e : 0x3f);
	uint32_t count = r->op->number & 0x80 ? r->op->count : 1;
	bool same = true;

	for (; same && count; count--, index++)
		same = mm_equal(r, "allocate",
				hs_mapping_allocate(r->w->self, r->w->mapping[r->op->slot], index),
				model_allocate(&r->w->model, r->op->slot, index));
	return same;
}

bool mm_run_unmap(struct mm_run *r, bool even_cows)
{
	uint64_t first = r->op->number & 0x3f;
	uint64_t count = (r->op->number & 0x1c0) == 0x40 ? UINT64_MAX : r->op->count;

	model_unmap_mapping(&r->w->model, r->op->slot, first, count, even_cows);
	hs_unmap_mapping_range(r->w->self, r->w->mapping[r->op->slot], first, count, even_cows);
	r->done = true;
	return true;
}

static void kill_mapping(struct mm_run *r, bool even_cows)
{
	hs_mapping_disable(r->w->self, r->w->mapping[r->op->slot]);
	hs_unmap_mapping_range(r->w->self, r->w->mapping[r->op->slot], 0, UINT64_MAX, even_cows);
	model_unmap_mapping(&r->w->model, r->op->slot, 0, UINT64_MAX, even_cows);
	r->w->model.mapping[r->op->slot].alive = false;
}

bool mm_run_kill(struct mm_run *r)
{
	r->idle = !r->w->model.mapping[r->op->slot].alive;
	if (r->idle)
		return true;
	kill_mapping(r, r->op->number & 1);
	r->done = true;
	return hs_mapping_alive(r->w->self, r->w->mapping[r->op->slot])
		       ? mm_differs(r->w, "a dead mapping is alive")
		       : true;
}

/* Disable, invalidate, drain, remove; and all of it anew. */
bool mm_run_renew_mapping(struct mm_run *r)
{
	struct mm_world *w = r->w;

	if (w->model.mapping[r->op->slot].alive)
		kill_mapping(r, false);
	for (uint32_t i = 0; i < MODEL_MMS * MODEL_PAGES; i++) {
		uint32_t mm = i / MODEL_PAGES, page = i % MODEL_PAGES, first, end;
		const struct model_vma *v = &w->model.mm[mm].vma[page];

		if (!v->mapped || v->mapping != r->op->slot)
			continue;
		model_vma_run(&w->model.mm[mm], page, &first, &end);
		model_munmap(&w->model, mm, first, end);
		if (hs_munmap(w->self, w->mm[mm], mm_addr(w, first), mm_addr(w, end)))
			return mm_differs(w, "a VMA cannot be unmapped");
	}
	if (hs_pgmap_refs(w->self, w->pgmap[r->op->slot]))
		return mm_differs(w, "mapping %u is unmapped and has references", r->op->slot);
	mm_mapping_end(w, r->op->slot);
	r->done = true;
	return mm_mapping_make(w, r->op->slot, r->op->number & 0x18);
}

/* The owner takes its pages away: by the CPU's hand where that reaches them, or by zapping them. */
static void evict(struct mm_run *r, uint32_t mm, uint32_t page)
{
	struct mm_world *w = r->w;
	struct hs_invalidation inv = {
		.start = mm_addr(w, page),
		.end = mm_addr(w, page + 1),
		.event = HS_INVALIDATE_MIGRATE,
		.owner = w->pool[r->op->slot],
		.blockable = true,
	};

	if (w->model.mm[mm].entry[page].what == MODEL_PRIVATE && r->op->number & 1 &&
	    !model_access(&w->model, mm, page, false)) {
		hs_cpu_access(w->self, w->mm[mm], inv.start, false, NULL);
		return;
	}
	model_zap(&w->model, mm, page, page + 1);
	hs_zap_range_event(w->self, w->mm[mm], &inv);
}

static bool in_pool(const struct mm_world *w, uint32_t object, uint32_t pool)
{
	return object != MODEL_NOBODY && w->model.object[object].pool == pool;
}

bool mm_run_renew_pool(struct mm_run *r)
{
	struct mm_world *w = r->w;

	for (uint32_t i = 0; i < MM_SLOTS; i++)
		r->idle |=
			(w->pin[i].used && in_pool(w, w->pin[i].object, r->op->slot)) ||
			(w->exclusive[i].used && in_pool(w, w->exclusive[i].object, r->op->slot)) ||
			(w->migration[i].used && in_pool(w, w->migration[i].object, r->op->slot));
	if (r->idle)
		return true;
	for (uint32_t i = 0; i < MODEL_MMS * MODEL_PAGES; i++)
		if (in_pool(w, w->model.mm[i / MODEL_PAGES].entry[i % MODEL_PAGES].object,
			    r->op->slot))
			evict(r, i / MODEL_PAGES, i % MODEL_PAGES);
	if (hs_pgmap_refs(w->self, w->pool[r->op->slot]))
		return mm_differs(w, "pool %u has references, none was wanted", r->op->slot);
	hs_pgmap_destroy(w->self, w->pool[r->op->slot]);
	r->done = true;
	return mm_pool_make(w, r->op->slot);
}
