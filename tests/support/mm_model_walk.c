/* SPDX-License-Identifier: MIT */
/*
 * What hmm_range_fault() of v6.12 and of v5.3 answer about the pages of the model.
 *
 * Spans are what one entry of the page tables covers, clipped to VMA and range: a fault in a span goes
 * on to its end, whoever asked for it.
 */
#include "support/mm_model.h"

#include <errno.h>

#define NEED_FAULT 1u
#define NEED_WRITE 2u
#define AGAIN (-EBUSY)

struct walker {
	struct model *m;
	struct model_space *s;
	const struct model_walk *walk;
	uint32_t last;
	uint32_t asked; /* how often the range was still valid */
};

static uint64_t *slot(const struct walker *w, uint32_t page)
{
	return &w->walk->slots[page - w->walk->first];
}

static uint64_t request(const struct walker *w, uint32_t page)
{
	return (*slot(w, page) & w->walk->mask) | w->walk->default_flags;
}

static bool invalid(struct walker *w)
{
	return w->asked++ >= w->walk->valid;
}

static int fill(struct walker *w, uint32_t page, uint32_t end, uint64_t value)
{
	for (; page < end; page++)
		*slot(w, page) = value;
	return 0;
}

/* A page that has no pfn yet gets the number of its object, far beyond all pfns. */
static uint64_t entry_pfn(const struct model *m, const struct model_entry *e)
{
	if (e->what == MODEL_ZERO)
		return HS_ZERO_PFN;
	if (e->object == MODEL_NOBODY)
		return e->value;
	return m->object[e->object].bound ? m->object[e->object].pfn : MODEL_UNBOUND + e->object;
}

static uint64_t cpu_access(const struct model_entry *e)
{
	if (!model_present(e) || e->protnone)
		return 0;
	return HS_PFN_VALID | (e->write ? HS_PFN_WRITE : 0);
}

static uint32_t vma_end(const struct walker *w, uint32_t page)
{
	uint32_t first, end;

	model_vma_run(w->s, page, &first, &end);
	return end < w->walk->end ? end : w->walk->end;
}

static uint32_t gap_end(const struct walker *w, uint32_t page)
{
	while (page < w->walk->end && !w->s->vma[page].mapped)
		page++;
	return page;
}

/* The end of the entry of @level that spans @page, or @end. */
static uint32_t span_end(const struct walker *w, uint32_t page, uint32_t end, uint32_t level)
{
	uint64_t first = w->m->base / HS_PAGE_BYTES;
	uint64_t pages = (uint64_t)1 << w->m->g->order[level];
	uint64_t next = ((first + page) / pages + 1) * pages - first;

	return next < end ? (uint32_t)next : end;
}

static bool is_leaf(const struct model_entry *e)
{
	return e->what != MODEL_NONE && e->level;
}

/* ---- v6.12 ------------------------------------------------------------------------------- */

static unsigned int need_6_12(const struct walker *w, uint32_t page, uint32_t end, uint64_t cpu)
{
	unsigned int need = 0;

	for (; page < end; page++) {
		uint64_t r = request(w, page);

		if (!(r & HS_PFN_VALID))
			continue;
		if (r & HS_PFN_WRITE && !(cpu & HS_PFN_WRITE))
			need |= NEED_FAULT | NEED_WRITE;
		else if (!(cpu & HS_PFN_VALID))
			need |= NEED_FAULT;
	}
	return need;
}

static int refuse(struct walker *w, uint32_t page, uint32_t end)
{
	return need_6_12(w, page, end, 0) ? -EFAULT : fill(w, page, end, HS_PFN_ERROR);
}

static int fault_6_12(struct walker *w, uint32_t page, uint32_t end, unsigned int need)
{
	bool write = need & NEED_WRITE;

	w->last = page;
	if (write && !(w->s->vma[page].flags & HS_VM_WRITE))
		return -EPERM;
	for (; page < end; page++) {
		if (model_fault(w->m, w->walk->mm, page, write))
			return -EFAULT;
		if (w->m->waits)
			return -ETIME;
	}
	return AGAIN;
}

static int hole_6_12(struct walker *w, uint32_t page, uint32_t end)
{
	unsigned int need = need_6_12(w, page, end, 0);

	return need ? fault_6_12(w, page, end, need) : fill(w, page, end, 0);
}

static int leaf_6_12(struct walker *w, uint32_t page, uint32_t end)
{
	const struct model_entry *e = &w->s->entry[page];
	uint64_t order = (uint64_t)w->m->g->order[e->level] << HS_PFN_ORDER_SHIFT;
	uint64_t cpu = cpu_access(e);
	unsigned int need = need_6_12(w, page, end, cpu);

	if (need)
		return fault_6_12(w, page, end, need);
	for (; page < end; page++)
		*slot(w, page) = entry_pfn(w->m, &w->s->entry[page]) | cpu | (cpu ? order : 0);
	return 0;
}

static bool own_page(const struct walker *w, const struct model_entry *e)
{
	return e->what == MODEL_PRIVATE && w->m->object[e->object].pool == w->walk->owner;
}

static int pte_6_12(struct walker *w, uint32_t page, uint32_t end)
{
	const struct model_entry *e = &w->s->entry[page];
	uint64_t cpu = cpu_access(e);
	unsigned int need = need_6_12(w, page, page + 1, cpu);

	if (own_page(w, e)) {
		cpu = HS_PFN_VALID | (e->write ? HS_PFN_WRITE : 0);
		return fill(w, page, page + 1, entry_pfn(w->m, e) | cpu);
	}
	if (need && e->what == MODEL_MIGRATION)
		w->m->waits = true;
	if (need && e->what == MODEL_MIGRATION)
		return -ETIME;
	if (need && e->what == MODEL_HWPOISON)
		return -EFAULT;
	if (need)
		return fault_6_12(w, page, end, need);
	return fill(w, page, page + 1, model_present(e) ? entry_pfn(w->m, e) | cpu : 0);
}

static int span_6_12(struct walker *w, uint32_t *page, uint32_t end)
{
	uint32_t at = *page;
	int ret = 0;

	if (is_leaf(&w->s->entry[at])) {
		*page = span_end(w, at, end, w->s->entry[at].level);
		return model_present(&w->s->entry[at]) ? leaf_6_12(w, at, *page)
						       : refuse(w, at, *page);
	}
	*page = span_end(w, at, end, w->s->depth[at] ? w->s->depth[at] : 1);
	if (w->s->depth[at])
		return hole_6_12(w, at, *page);
	for (; !ret && at < *page; at++)
		ret = pte_6_12(w, at, *page);
	return ret;
}

static int vma_6_12(struct walker *w, uint32_t page, uint32_t end)
{
	const struct model_vma *v = &w->s->vma[page];
	int ret = 0;

	if (v->flags & (HS_VM_IO | HS_VM_PFNMAP) || !(v->flags & HS_VM_READ))
		return refuse(w, page, end);
	while (!ret && page < end)
		ret = span_6_12(w, &page, end);
	return ret;
}

long model_walk_6_12(struct model *m, const struct model_walk *walk)
{
	struct walker w = { m, &m->mm[walk->mm], walk, walk->first, 0 };

	m->waits = false;
	while (!invalid(&w)) {
		uint32_t page = w.last, end;
		int ret = 0;

		if (page >= walk->end)
			return -EINVAL;
		for (; !ret && page < walk->end; page = end) {
			bool mapped = w.s->vma[page].mapped;

			end = mapped ? vma_end(&w, page) : gap_end(&w, page);
			ret = mapped ? vma_6_12(&w, page, end) : refuse(&w, page, end);
		}
		if (ret != AGAIN)
			return ret;
	}
	return -EBUSY;
}

/* ---- v5.3 -------------------------------------------------------------------------------- */

static unsigned int need_5_3(const struct walker *w, uint64_t r, uint64_t cpu)
{
	if (w->walk->snapshot || !(r & HS_PFN_VALID))
		return 0;
	if (cpu & HS_PFN_DEVICE && !(r & HS_PFN_DEVICE))
		return 0;
	if (r & HS_PFN_WRITE && (cpu & HS_PFN_DEVICE || !(cpu & HS_PFN_WRITE)))
		return NEED_FAULT | NEED_WRITE;
	return cpu & HS_PFN_DEVICE || !(cpu & HS_PFN_VALID) ? NEED_FAULT : 0;
}

static unsigned int span_need_5_3(const struct walker *w, uint32_t page, uint32_t end, uint64_t cpu)
{
	unsigned int need = 0;

	for (; page < end; page++)
		need |= need_5_3(w, request(w, page), cpu);
	return need;
}

static int hole_5_3(struct walker *w, uint32_t page, uint32_t end, unsigned int need)
{
	w->last = page;
	for (; page < end; page++) {
		*slot(w, page) = 0;
		if (need && model_fault(w->m, w->walk->mm, page, need & NEED_WRITE))
			return -EFAULT;
		if (need && w->m->waits)
			return -ETIME;
	}
	return need ? AGAIN : 0;
}

static int leaf_5_3(struct walker *w, uint32_t page, uint32_t end)
{
	const struct model_entry *e = &w->s->entry[page];
	uint64_t cpu = cpu_access(e);
	unsigned int need = span_need_5_3(w, page, end, cpu);

	if (need || e->protnone)
		return hole_5_3(w, page, end, need);
	for (; page < end; page++)
		*slot(w, page) = HS_PFN_VALID | cpu | entry_pfn(w->m, &w->s->entry[page]);
	w->last = end;
	return 0;
}

static int absent_5_3(struct walker *w, uint64_t r, uint32_t page, uint32_t end)
{
	const struct model_entry *e = &w->s->entry[page];
	uint64_t cpu = HS_PFN_VALID | HS_PFN_DEVICE | (e->write ? HS_PFN_WRITE : 0);
	unsigned int need = e->what == MODEL_PRIVATE ? need_5_3(w, r, cpu) : 0;

	if (need)
		return hole_5_3(w, page, end, need);
	if (e->what == MODEL_PRIVATE)
		return fill(w, page, page + 1, entry_pfn(w->m, e) | cpu);
	if (e->what == MODEL_SWAP || e->what == MODEL_MIGRATION)
		return 0;
	*slot(w, page) = HS_PFN_ERROR;
	return -EFAULT;
}

static int pte_5_3(struct walker *w, uint32_t page, uint32_t end)
{
	const struct model_entry *e = &w->s->entry[page];
	uint64_t r = request(w, page), cpu = cpu_access(e);
	unsigned int need = need_5_3(w, r, cpu);

	*slot(w, page) = 0;
	if (e->what != MODEL_NONE && !model_present(e))
		return absent_5_3(w, r, page, end);
	if (need)
		return hole_5_3(w, page, end, need);
	if (e->what == MODEL_ZERO) {
		*slot(w, page) = HS_PFN_SPECIAL;
		return -EFAULT;
	}
	if (e->what != MODEL_NONE)
		*slot(w, page) = HS_PFN_VALID | cpu | entry_pfn(w->m, e);
	return 0;
}

static int span_5_3(struct walker *w, uint32_t *page, uint32_t end)
{
	uint32_t at = *page;

	if (is_leaf(&w->s->entry[at])) {
		*page = span_end(w, at, end, w->s->entry[at].level);
		return model_present(&w->s->entry[at]) ? leaf_5_3(w, at, *page)
						       : fill(w, at, *page, HS_PFN_ERROR);
	}
	*page = span_end(w, at, end, w->s->depth[at] ? w->s->depth[at] : 1);
	if (w->s->depth[at])
		return hole_5_3(w, at, *page, span_need_5_3(w, at, *page, 0));
	for (; at < *page; at++) {
		int ret = pte_5_3(w, at, *page);

		if (ret) {
			w->last = at;
			return ret;
		}
	}
	w->last = *page;
	return 0;
}

/* The gap before the VMA, in spans that nothing below a PUD makes shorter. */
static int gap_5_3(struct walker *w, uint32_t page, uint32_t end)
{
	int ret = 0;

	while (!ret && page < end) {
		uint32_t level = w->s->depth[page] > 2 ? w->s->depth[page] : 2;
		uint32_t next = span_end(w, page, end, level);

		ret = hole_5_3(w, page, next, span_need_5_3(w, page, next, 0));
		page = next;
	}
	return ret;
}

static int pass_5_3(struct walker *w, uint32_t page, uint32_t end)
{
	uint32_t next = gap_end(w, page);
	int ret = 0;

	if (page >= end)
		return -EINVAL;
	if (page < next)
		ret = gap_5_3(w, page, next < end ? next : end);
	page = next;
	while (!ret && page < end)
		ret = span_5_3(w, &page, end);
	return ret;
}

/* One turn: the gap at *page, and the VMA behind it. */
static int turn_5_3(struct walker *w, uint32_t *page)
{
	uint32_t at = *page, end;
	const struct model_vma *v;
	int ret;

	while (at < MODEL_PAGES && !w->s->vma[at].mapped)
		at++;
	if (at == MODEL_PAGES)
		return -EFAULT;
	v = &w->s->vma[at];
	if (v->flags & (HS_VM_IO | HS_VM_PFNMAP | HS_VM_MIXEDMAP))
		return -EFAULT;
	if (!(v->flags & HS_VM_READ)) {
		fill(w, w->walk->first, w->walk->end, 0);
		return -EPERM;
	}
	end = at < w->walk->end ? vma_end(w, at) : w->walk->end;
	w->last = *page;
	*page = end;
	do {
		ret = pass_5_3(w, w->last, end);
		if (w->walk->snapshot)
			return 0;
	} while (ret == AGAIN && !invalid(w));
	if (ret)
		fill(w, w->last, w->walk->end, 0);
	return ret;
}

long model_walk_5_3(struct model *m, const struct model_walk *walk)
{
	struct walker w = { m, &m->mm[walk->mm], walk, walk->first, 0 };
	uint32_t page = walk->first;

	m->waits = false;
	do {
		int ret = invalid(&w) ? -EBUSY : turn_5_3(&w, &page);

		if (ret)
			return ret;
	} while (page < walk->end);
	return w.last - walk->first;
}
