/* SPDX-License-Identifier: MIT */
/*
 * What hmm_range_fault() of v6.12 and of v5.3 answer about the pages of the model.
 *
 * A span is what one entry of the page tables covers, clipped to VMA and range. A fault in a span
 * goes on to its end, whichever page asked for it.
 */
#include "conformance/mm_model.h"

#include <errno.h>

#define NEED_FAULT 1u
#define NEED_WRITE 2u
#define AGAIN (-EBUSY)

struct walker {
	struct model *m;
	const struct model_walk *walk;
	uint32_t last;
	uint32_t asked; /* how often the range was still valid */
};

static const struct model_entry *entry(const struct walker *w, uint32_t at)
{
	return &w->m->place[at].entry;
}

static uint64_t *slot(const struct walker *w, uint32_t at)
{
	return &w->walk->slots[at - w->walk->first];
}

static uint64_t request(const struct walker *w, uint32_t at)
{
	return (*slot(w, at) & w->walk->mask) | w->walk->default_flags;
}

static bool invalid(struct walker *w)
{
	return w->asked++ >= w->walk->valid;
}

static int fill(struct walker *w, uint32_t at, uint32_t end, uint64_t value)
{
	for (; at < end; at++)
		*slot(w, at) = value;
	return 0;
}

/* A page that has no pfn yet gets the number of its object, far beyond all pfns. */
static uint64_t entry_pfn(const struct walker *w, uint32_t at)
{
	const struct model_entry *e = entry(w, at);
	const struct model_object *o = &w->m->object[e->object];

	if (e->what == MODEL_ZERO)
		return HS_ZERO_PFN;
	if (!e->object)
		return e->value;
	return o->bound ? o->pfn : MODEL_UNBOUND + e->object;
}

static uint64_t cpu_access(const struct model_entry *e)
{
	if (!model_present(e) || e->protnone)
		return 0;
	return HS_PFN_VALID | (e->write ? HS_PFN_WRITE : 0);
}

static uint32_t vma_end(const struct walker *w, uint32_t at)
{
	uint32_t end = model_vma(w->m, at).end;

	return end < w->walk->end ? end : w->walk->end;
}

static uint32_t gap_end(const struct walker *w, uint32_t at)
{
	while (at < w->walk->end && !w->m->place[at].vma.mapped)
		at++;
	return at;
}

/* The end of the entry of @level that spans @at, or @end. */
static uint32_t span_end(const struct walker *w, uint32_t at, uint32_t end, uint32_t level)
{
	uint64_t pages = (uint64_t)1 << w->m->g->order[level], vpn = model_vpn(w->m, at);
	uint64_t left = pages - vpn % pages;

	return left < end - at ? at + (uint32_t)left : end;
}

/*
 * What the requests of [at, end) need of pages that the CPU may use in that way. v5.3 has a bit for
 * device pages.
 */
static unsigned int needs(const struct walker *w, uint32_t at, uint32_t end, uint64_t cpu)
{
	bool device = cpu & HS_PFN_DEVICE;
	unsigned int need = 0;

	for (; !w->walk->snapshot && at < end; at++) {
		uint64_t r = request(w, at);

		if (!(r & HS_PFN_VALID) || (device && !(r & HS_PFN_DEVICE)))
			continue;
		if (r & HS_PFN_WRITE && (device || !(cpu & HS_PFN_WRITE)))
			need |= NEED_FAULT | NEED_WRITE;
		else if (device || !(cpu & HS_PFN_VALID))
			need |= NEED_FAULT;
	}
	return need;
}

/* All pages of [at, end) are faulted. */
static int fault(struct walker *w, uint32_t at, uint32_t end, unsigned int need)
{
	for (; at < end; at++) {
		if (model_fault(w->m, at, need & NEED_WRITE))
			return -EFAULT;
		if (w->m->waits)
			return -ETIME;
	}
	return AGAIN;
}

/* ---- what an entry answers on v6.12 ------------------------------------------------------ */

static int refuse(struct walker *w, uint32_t at, uint32_t end)
{
	return needs(w, at, end, 0) ? -EFAULT : fill(w, at, end, HS_PFN_ERROR);
}

static int fault_6_12(struct walker *w, uint32_t at, uint32_t end, unsigned int need)
{
	w->last = at;
	if (need & NEED_WRITE && !(w->m->place[at].vma.flags & HS_VM_WRITE))
		return -EPERM;
	return fault(w, at, end, need);
}

static int hole_6_12(struct walker *w, uint32_t at, uint32_t end)
{
	unsigned int need = needs(w, at, end, 0);

	return need ? fault_6_12(w, at, end, need) : fill(w, at, end, 0);
}

static int leaf_6_12(struct walker *w, uint32_t at, uint32_t end)
{
	const struct model_entry *e = entry(w, at);
	uint64_t order = (uint64_t)w->m->g->order[e->level] << HS_PFN_ORDER_SHIFT;
	uint64_t cpu = cpu_access(e);
	unsigned int need = needs(w, at, end, cpu);

	if (!model_present(e))
		return refuse(w, at, end);
	if (need)
		return fault_6_12(w, at, end, need);
	for (; at < end; at++)
		*slot(w, at) = entry_pfn(w, at) | cpu | (cpu ? order : 0);
	return 0;
}

static int pte_6_12(struct walker *w, uint32_t at, uint32_t end)
{
	const struct model_entry *e = entry(w, at);
	uint64_t cpu = cpu_access(e);
	unsigned int need = needs(w, at, at + 1, cpu);

	if (e->what == MODEL_PRIVATE && w->m->object[e->object].memory == w->walk->owner) {
		cpu = HS_PFN_VALID | (e->write ? HS_PFN_WRITE : 0);
		return fill(w, at, at + 1, entry_pfn(w, at) | cpu);
	}
	if (need && e->what == MODEL_MIGRATION) {
		w->m->waits = true;
		return -ETIME;
	}
	if (need)
		return e->what == MODEL_HWPOISON ? -EFAULT : fault_6_12(w, at, end, need);
	return fill(w, at, at + 1, model_present(e) ? entry_pfn(w, at) | cpu : 0);
}

/* ---- and on v5.3 ------------------------------------------------------------------------- */

static int hole_5_3(struct walker *w, uint32_t at, uint32_t end, unsigned int need)
{
	w->last = at;
	for (; at < end; at++) {
		int ret;

		*slot(w, at) = 0;
		ret = need ? fault(w, at, at + 1, need) : AGAIN;
		if (ret != AGAIN)
			return ret;
	}
	return need ? AGAIN : 0;
}

static int leaf_5_3(struct walker *w, uint32_t at, uint32_t end)
{
	const struct model_entry *e = entry(w, at);
	uint64_t cpu = cpu_access(e);
	unsigned int need = needs(w, at, end, cpu);

	if (!model_present(e))
		return fill(w, at, end, HS_PFN_ERROR);
	if (need || e->protnone)
		return hole_5_3(w, at, end, need);
	for (; at < end; at++)
		*slot(w, at) = HS_PFN_VALID | cpu | entry_pfn(w, at);
	w->last = end;
	return 0;
}

static int pte_5_3(struct walker *w, uint32_t at, uint32_t end)
{
	const struct model_entry *e = entry(w, at);
	uint64_t device = HS_PFN_VALID | HS_PFN_DEVICE | (e->write ? HS_PFN_WRITE : 0);
	uint64_t cpu = e->what == MODEL_PRIVATE ? device : cpu_access(e);
	unsigned int need = needs(w, at, at + 1, cpu);

	*slot(w, at) = 0;
	if (e->what == MODEL_SWAP || e->what == MODEL_MIGRATION)
		return 0;
	if (e->what == MODEL_EXCLUSIVE || e->what == MODEL_HWPOISON) {
		*slot(w, at) = HS_PFN_ERROR;
		return -EFAULT;
	}
	if (need)
		return hole_5_3(w, at, end, need);
	if (e->what == MODEL_ZERO) {
		*slot(w, at) = HS_PFN_SPECIAL;
		return -EFAULT;
	}
	if (e->what != MODEL_NONE)
		*slot(w, at) = HS_PFN_VALID | cpu | entry_pfn(w, at);
	return 0;
}

/* ---- both -------------------------------------------------------------------------------- */

/* What one entry at *place spans: a leaf, a hole above the PTEs, or a PTE table. */
static int span(struct walker *w, uint32_t *place, uint32_t end)
{
	const struct model_place *p = &w->m->place[*place];
	bool leaf = p->entry.what != MODEL_NONE && p->entry.level;
	bool old = w->walk->era == HS_ERA_5_3;
	uint32_t level = leaf ? p->entry.level : p->depth ? p->depth : 1;
	uint32_t at = *place, next = span_end(w, at, end, level);
	int ret = 0;

	*place = next;
	if (leaf)
		return old ? leaf_5_3(w, at, next) : leaf_6_12(w, at, next);
	if (p->depth)
		return old ? hole_5_3(w, at, next, needs(w, at, next, 0)) : hole_6_12(w, at, next);
	for (; !ret && at < next; at++)
		ret = old ? pte_5_3(w, at, next) : pte_6_12(w, at, next);
	w->last = at - !!ret;
	return ret;
}

/* ---- the walk of v6.12 ------------------------------------------------------------------- */

static int vma_6_12(struct walker *w, uint32_t at, uint32_t end)
{
	const struct model_vma *v = &w->m->place[at].vma;
	int ret = 0;

	if (v->flags & (HS_VM_IO | HS_VM_PFNMAP) || !(v->flags & HS_VM_READ))
		return refuse(w, at, end);
	while (!ret && at < end)
		ret = span(w, &at, end);
	return ret;
}

static long walk_6_12(struct walker *w)
{
	while (!invalid(w)) {
		uint32_t at = w->last, end;
		int ret = 0;

		if (at >= w->walk->end)
			return -EINVAL;
		for (; !ret && at < w->walk->end; at = end) {
			bool mapped = w->m->place[at].vma.mapped;

			end = mapped ? vma_end(w, at) : gap_end(w, at);
			ret = mapped ? vma_6_12(w, at, end) : refuse(w, at, end);
		}
		if (ret != AGAIN)
			return ret;
	}
	return -EBUSY;
}

/* ---- the walk of v5.3 -------------------------------------------------------------------- */

static int pass_5_3(struct walker *w, uint32_t at, uint32_t end)
{
	uint32_t gap = gap_end(w, at);
	int ret = 0;

	if (at >= end)
		return -EINVAL;
	gap = gap < end ? gap : end;
	/* The gap before the VMA, in spans that nothing below a PUD makes shorter. */
	while (!ret && at < gap) {
		uint32_t depth = w->m->place[at].depth;
		uint32_t next = span_end(w, at, gap, depth > 2 ? depth : 2);

		ret = hole_5_3(w, at, next, needs(w, at, next, 0));
		at = next;
	}
	while (!ret && at < end)
		ret = span(w, &at, end);
	return ret;
}

/* One turn: the gap at *place, and the VMA behind it. */
static int turn_5_3(struct walker *w, uint32_t *place)
{
	uint32_t at = *place, end, limit = (w->walk->first / MODEL_PAGES + 1) * MODEL_PAGES;
	uint32_t flags;
	int ret;

	while (at < limit && !w->m->place[at].vma.mapped)
		at++;
	if (at == limit)
		return -EFAULT;
	flags = w->m->place[at].vma.flags;
	if (flags & (HS_VM_IO | HS_VM_PFNMAP | HS_VM_MIXEDMAP))
		return -EFAULT;
	if (!(flags & HS_VM_READ)) {
		fill(w, w->walk->first, w->walk->end, 0);
		return -EPERM;
	}
	end = at < w->walk->end ? vma_end(w, at) : w->walk->end;
	w->last = *place;
	*place = end;
	do {
		ret = pass_5_3(w, w->last, end);
		if (w->walk->snapshot)
			return 0;
	} while (ret == AGAIN && !invalid(w));
	if (ret)
		fill(w, w->last, w->walk->end, 0);
	return ret;
}

static long walk_5_3(struct walker *w)
{
	uint32_t at = w->walk->first;

	do {
		int ret = invalid(w) ? -EBUSY : turn_5_3(w, &at);

		if (ret)
			return ret;
	} while (at < w->walk->end);
	return w->last - w->walk->first;
}

long model_walk(struct model *m, const struct model_walk *walk)
{
	struct walker w = { m, walk, walk->first, 0 };

	m->waits = false;
	return walk->era == HS_ERA_6_12 ? walk_6_12(&w) : walk_5_3(&w);
}
