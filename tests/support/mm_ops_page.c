/* SPDX-License-Identifier: MIT */
/* What pte_ops.h does to single pages, and references of others. */
#include "support/mm_run.h"

/* ---- entries that are not present ------------------------------------------------------------ */

bool mm_run_swap_out(struct mm_run *r)
{
	int wanted = r->op->wrong ? -EINVAL : model_swap_out(&r->w->model, r->op->mm, r->first);

	return mm_equal(r, "swap out", hs_swap_out(r->w->self, r->mm, r->start), wanted);
}

static struct mm_held *held(struct mm_run *r, struct mm_held *slots, bool used)
{
	struct mm_held *h = &slots[r->op->slot % MM_SLOTS];

	r->idle = h->used != used;
	return h;
}

static void hold(struct mm_run *r, struct mm_held *h, uint32_t object)
{
	h->used = true;
	h->mm = r->op->mm;
	h->page = r->first;
	h->object = object;
	h->kind = r->column;
}

bool mm_run_migration_start(struct mm_run *r)
{
	struct mm_held *h = held(r, r->w->migration, false);
	const void *owner = r->op->number & 1 ? &r->w->pool[MODEL_PRIVATE_0] : NULL;
	uint32_t object = MODEL_NOBODY;
	int wanted;

	if (r->idle)
		return true;
	wanted = r->op->wrong ? -EINVAL
			      : model_migration_start(&r->w->model, r->op->mm, r->first, &object);
	if (!wanted)
		hold(r, h, object);
	return mm_equal(r, "migration start",
			hs_migration_start(r->w->self, r->mm, r->start, owner, &h->migration),
			wanted);
}

/* A fresh page with these contents; NULL: none is left. */
static struct hs_page *new_page(struct mm_world *w, uint32_t pool, uint64_t contents,
				uint32_t *object)
{
	struct hs_page *page;
	int ret = pool == MODEL_SYSTEM ? hs_page_alloc(w->self, &page)
				       : hs_pgmap_page_alloc(w->self, w->pool[pool], &page);

	if (ret)
		return NULL;
	*object = model_object_new(&w->model, (enum model_pool)pool, contents);
	w->model.object[*object].pfn = hs_page_to_pfn(w->self, page);
	w->model.object[*object].bound = true;
	hs_page_set_private(w->self, page, contents);
	return page;
}

bool mm_run_migration_end(struct mm_run *r)
{
	struct mm_held *h = held(r, r->w->migration, true);
	uint32_t to = MODEL_NOBODY, pool = r->op->number % (MODEL_POOLS + 2);
	struct hs_page *page = NULL;

	if (r->idle)
		return true;
	if (pool <= MODEL_SYSTEM)
		page = new_page(r->w, pool, r->w->model.object[h->object].contents, &to);
	r->column = h->kind;
	model_migration_end(&r->w->model, h->mm, h->page, h->object, to);
	hs_migration_end(r->w->self, &h->migration, page);
	h->used = false;
	r->done = true;
	return true;
}

bool mm_run_exclusive(struct mm_run *r)
{
	struct mm_held *h = held(r, r->w->exclusive, false);
	uint32_t object = MODEL_NOBODY;
	int wanted;

	if (r->idle)
		return true;
	wanted = r->op->wrong ? -EINVAL
			      : model_make_exclusive(&r->w->model, r->op->mm, r->first, &object);
	if (!wanted)
		hold(r, h, object);
	return mm_equal(r, "make exclusive",
			hs_make_exclusive(r->w->self, r->mm, r->start, r->w, &h->real), wanted);
}

bool mm_run_release(struct mm_run *r)
{
	struct mm_held *h = held(r, r->w->exclusive, true);

	if (r->idle)
		return true;
	r->column = h->kind;
	hs_page_unlock(r->w->self, h->real);
	hs_page_put(r->w->self, h->real);
	r->w->model.object[h->object].locked = false;
	model_object_put(&r->w->model, h->object);
	h->used = false;
	r->done = true;
	return true;
}

bool mm_run_protnone(struct mm_run *r)
{
	int wanted = r->op->wrong ? -EINVAL
				  : model_make_protnone(&r->w->model, r->op->mm, r->first, r->last);

	return mm_equal(r, "make protnone", hs_make_protnone(r->w->self, r->mm, r->start, r->end),
			wanted);
}

bool mm_run_failure(struct mm_run *r)
{
	const struct model_entry e = r->w->model.mm[r->op->mm].entry[r->first];
	uint64_t pfn = e.object == MODEL_NOBODY ? 0 : r->w->model.object[e.object].pfn;
	bool system = e.object != MODEL_NOBODY && r->w->model.object[e.object].pool == MODEL_SYSTEM;
	int wanted = r->op->wrong ? -EINVAL
				  : model_memory_failure(&r->w->model, r->op->mm, r->first);

	if (!wanted && system)
		r->w->poisoned[pfn - (1 << 15)] = true;
	return mm_equal(r, "memory failure", hs_memory_failure(r->w->self, r->mm, r->start),
			wanted);
}

bool mm_run_insert(struct mm_run *r, uint32_t pool)
{
	bool write = r->op->number & 1;
	uint32_t object;
	struct hs_page *page = new_page(r->w, pool, ++r->w->contents, &object);
	int wanted;

	r->idle = !page;
	if (!page)
		return true;
	wanted = r->op->wrong
			 ? -EINVAL
			 : model_insert_device(&r->w->model, r->op->mm, r->first, object, write);
	if (!mm_equal(r, "insert device",
		      hs_migrate_insert_page(r->w->self, r->mm, r->start, page, write), wanted))
		return false;
	if (wanted) {
		hs_page_put(r->w->self, page);
		model_object_put(&r->w->model, object);
	}
	return true;
}

/* ---- references of others -------------------------------------------------------------------- */

bool mm_run_pin(struct mm_run *r)
{
	struct mm_held *h = held(r, r->w->pin, false);
	const struct model_entry *e = &r->w->model.mm[r->op->mm].entry[r->first];

	r->idle |= e->what != MODEL_PAGE ||
		   r->w->model.mm[r->op->mm].vma[r->first].mapping == MODEL_P2P;
	if (r->idle)
		return true;
	hold(r, h, e->object);
	r->w->model.object[e->object].refs++;
	h->real = hs_pfn_to_page(r->w->self, r->w->model.object[e->object].pfn);
	hs_page_get(r->w->self, h->real);
	r->done = true;
	return true;
}

bool mm_run_unpin(struct mm_run *r)
{
	struct mm_held *h = held(r, r->w->pin, true);

	if (r->idle)
		return true;
	r->column = h->kind;
	hs_page_put(r->w->self, h->real);
	model_object_put(&r->w->model, h->object);
	h->used = false;
	r->done = true;
	return true;
}
