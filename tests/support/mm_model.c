/* SPDX-License-Identifier: MIT */
/* VMAs, entries and pages of the model: page by page. */
#include "support/mm_model.h"

#include <errno.h>
#include <string.h>

void model_init(struct model *m, const struct hs_geometry *g, uint64_t base)
{
	memset(m, 0, sizeof(*m));
	m->g = g;
	m->base = base;
	for (uint32_t mm = 0; mm < MODEL_MMS; mm++)
		for (uint32_t i = 0; i < MODEL_PAGES; i++) {
			m->mm[mm].entry[i].object = MODEL_NOBODY;
			m->mm[mm].depth[i] = (uint8_t)(g->levels - 1);
		}
}

/* ---- VMAs -------------------------------------------------------------------------------- */

/* Are the two neighbours one VMA? */
static bool goes_on(const struct model_space *s, uint32_t page)
{
	const struct model_vma *a = &s->vma[page], *b = &s->vma[page + 1];

	return a->mapped && b->mapped && a->flags == b->flags && a->gate == b->gate &&
	       a->mapping == b->mapping && a->pgoff + 1 == b->pgoff;
}

void model_vma_run(const struct model_space *s, uint32_t page, uint32_t *first, uint32_t *end)
{
	*first = page;
	*end = page + 1;
	while (*first && goes_on(s, *first - 1))
		--*first;
	while (*end < MODEL_PAGES && goes_on(s, *end - 1))
		++*end;
}

uint32_t model_vma_count(const struct model_space *s)
{
	uint32_t count = 0, page = 0;

	while (page < MODEL_PAGES) {
		uint32_t first, end = page + 1;

		if (s->vma[page].mapped) {
			model_vma_run(s, page, &first, &end);
			count++;
		}
		page = end;
	}
	return count;
}

void model_leaf(const struct model *m, const struct model_space *s, uint32_t page, uint32_t *first,
		uint32_t *end)
{
	uint32_t pages = 1u << m->g->order[s->entry[page].level];

	*first = page / pages * pages;
	*end = *first + pages;
}

/* ---- pages ------------------------------------------------------------------------------- */

uint32_t model_object_new(struct model *m, enum model_pool pool, uint64_t contents)
{
	for (uint32_t i = 0; i < MODEL_OBJECTS; i++) {
		struct model_object *o = &m->object[i];

		if (o->used)
			continue;
		*o = (struct model_object){
			.used = true, .pool = pool, .refs = 1, .contents = contents
		};
		return i;
	}
	return MODEL_NOBODY;
}

void model_object_put(struct model *m, uint32_t object)
{
	struct model_object *o = &m->object[object];

	if (--o->refs == 0)
		o->used = false;
}

uint64_t model_objects(const struct model *m, enum model_pool pool)
{
	uint64_t count = 0;

	for (uint32_t i = 0; i < MODEL_OBJECTS; i++)
		count += m->object[i].used && m->object[i].pool == pool;
	return count;
}

uint64_t model_pool_refs(const struct model *m, enum model_pool pool)
{
	return m->refs >= HS_PAGE_REFS_6_1 ? model_objects(m, pool) : 0;
}

uint32_t model_extra_count(const struct model *m, enum model_pool pool)
{
	return pool != MODEL_SYSTEM && m->refs == HS_PAGE_REFS_5_3;
}

uint32_t model_block_count(const struct model *m, uint32_t mapping, uint64_t pfn)
{
	const struct model_mapping *map = &m->mapping[mapping];
	bool counted = map->refs == HS_PAGE_REFS_6_15;
	uint32_t count = map->kind == HS_MAPPING_DAX_FILE && counted ? 0 : 1;

	for (uint32_t i = 0; counted && i < MODEL_MMS * MODEL_PAGES; i++) {
		const struct model_entry *e = &m->mm[i / MODEL_PAGES].entry[i % MODEL_PAGES];

		/* A leaf holds its first page. */
		count += e->what == MODEL_DEVMAP && e->value == pfn &&
			 i % (1u << m->g->order[e->level]) == 0;
	}
	return count;
}

uint64_t model_mapping_refs(const struct model *m, uint32_t mapping)
{
	return mapping == MODEL_P2P ? model_pool_refs(m, MODEL_P2P_POOL) : 0;
}

/* ---- entries ----------------------------------------------------------------------------- */

bool model_present(const struct model_entry *e)
{
	return e->what == MODEL_ZERO || e->what == MODEL_PAGE || e->what == MODEL_DEVMAP;
}

static void forget(struct model *m, struct model_entry *e)
{
	if (e->object != MODEL_NOBODY && e->what != MODEL_MIGRATION) {
		m->object[e->object].maps -= e->what != MODEL_EXCLUSIVE;
		model_object_put(m, e->object);
	}
	*e = (struct model_entry){ .object = MODEL_NOBODY };
}

void model_clear(struct model *m, uint32_t mm, uint32_t page)
{
	struct model_space *s = &m->mm[mm];
	uint32_t first, end;

	model_leaf(m, s, page, &first, &end);
	for (; first < end; first++)
		forget(m, &s->entry[first]);
}

void model_zap(struct model *m, uint32_t mm, uint32_t first, uint32_t end)
{
	for (; first < end; first++)
		model_clear(m, mm, first);
}

uint64_t model_entry_word(const struct model *m, const struct model_space *s, uint32_t page)
{
	const struct model_entry *e = &s->entry[page];
	uint64_t write = e->write ? HS_ENTRY_WRITE : 0;
	uint64_t pfn = e->object == MODEL_NOBODY ? e->value : m->object[e->object].pfn;

	if (e->what == MODEL_ZERO)
		pfn = HS_ZERO_PFN;
	if (e->protnone)
		return hs_entry_typed(HS_TYPE_PROTNONE, pfn, 0);
	switch (e->what) {
	case MODEL_NONE:
		return 0;
	case MODEL_ZERO:
		return hs_entry_typed(HS_TYPE_ZERO, pfn, HS_ENTRY_VALID);
	case MODEL_PAGE:
		return HS_ENTRY_VALID | write | pfn;
	case MODEL_DEVMAP:
		return HS_ENTRY_VALID | HS_ENTRY_DEVMAP | write | pfn |
		       (uint64_t)m->g->order[e->level] << HS_ENTRY_ORDER_SHIFT;
	case MODEL_PRIVATE:
		return HS_ENTRY_DEVPRIV | write | pfn;
	case MODEL_SWAP:
		return hs_entry_typed(HS_TYPE_SWAP, pfn, 0);
	case MODEL_MIGRATION:
		return hs_entry_typed(HS_TYPE_MIGRATION, pfn, write);
	case MODEL_EXCLUSIVE:
		return hs_entry_typed(HS_TYPE_EXCLUSIVE, pfn, write);
	default:
		return hs_entry_typed(HS_TYPE_HWPOISON, pfn,
				      (uint64_t)m->g->order[e->level] << HS_ENTRY_ORDER_SHIFT);
	}
}

/* ---- mmap, munmap, mprotect, zap --------------------------------------------------------- */

/* What the mapping says to it: 0 or an error; adds flags. */
static int mapping_accepts(const struct model *m, uint32_t mapping, uint32_t first, uint32_t end,
			   uint64_t pgoff, uint32_t *flags)
{
	const struct model_mapping *map = &m->mapping[mapping];
	uint32_t leaf = 1u << m->g->order[map->level];

	if (map->kind == HS_MAPPING_DAX_FILE)
		return 0;
	if (!map->alive)
		return -ENXIO;
	if (!(*flags & HS_VM_SHARED) || pgoff + end - first > map->pages)
		return -EINVAL;
	if (map->kind == HS_MAPPING_P2PDMA)
		*flags |= HS_VM_MIXEDMAP;
	return (first | end | pgoff) % leaf ? -EINVAL : 0;
}

int model_mmap(struct model *m, uint32_t mm, uint32_t first, uint32_t end, uint32_t flags,
	       uint32_t mapping, uint64_t pgoff)
{
	struct model_space *s = &m->mm[mm];
	int ret = 0;

	if (first >= end)
		return -EINVAL;
	if (mapping != MODEL_ANON)
		ret = mapping_accepts(m, mapping, first, end, pgoff, &flags);
	if (ret)
		return ret;
	for (uint32_t i = first; i < end; i++)
		if (s->vma[i].mapped)
			return -EEXIST;
	if (mapping == MODEL_ANON)
		pgoff = m->base / HS_PAGE_BYTES + first;
	for (uint32_t i = first; i < end; i++)
		s->vma[i] = (struct model_vma){ .mapped = true,
						.flags = flags,
						.mapping = mapping,
						.pgoff = pgoff + i - first };
	return 0;
}

/* A device-dax VMA is made of whole leaves. */
static bool may_cut(const struct model *m, const struct model_space *s, uint32_t page)
{
	const struct model_vma *v = &s->vma[page < MODEL_PAGES ? page : 0];
	uint32_t first, end;

	if (page == MODEL_PAGES || !v->mapped || v->mapping != MODEL_DEVICE_DAX)
		return true;
	model_vma_run(s, page, &first, &end);
	return first == page || page % (1u << m->g->order[m->mapping[v->mapping].level]) == 0;
}

int model_munmap(struct model *m, uint32_t mm, uint32_t first, uint32_t end)
{
	struct model_space *s = &m->mm[mm];

	if (first >= end || !may_cut(m, s, first) || !may_cut(m, s, end))
		return -EINVAL;
	model_zap(m, mm, first, end);
	for (; first < end; first++)
		s->vma[first] = (struct model_vma){ 0 };
	return 0;
}

static bool has_gap(const struct model_space *s, uint32_t first, uint32_t end)
{
	for (; first < end; first++)
		if (!s->vma[first].mapped)
			return true;
	return false;
}

static void protect_entry(struct model_entry *e, uint32_t access)
{
	if (!(access & HS_VM_WRITE))
		e->write = false;
	if (!model_present(e))
		return;
	e->protnone = !(access & HS_VM_READ);
	if (e->protnone)
		e->write = false;
}

/* A part of one VMA. A leaf that is in it only in part goes. */
static void protect(struct model *m, uint32_t mm, uint32_t first, uint32_t end, uint32_t access)
{
	struct model_space *s = &m->mm[mm];

	for (uint32_t i = first; i < end; i++) {
		uint32_t leaf_first, leaf_end;

		model_leaf(m, s, i, &leaf_first, &leaf_end);
		if (leaf_first < first || leaf_end > end)
			model_clear(m, mm, i);
		protect_entry(&s->entry[i], access);
	}
	for (; first < end; first++)
		s->vma[first].flags = (s->vma[first].flags & ~HS_VM_ACCESS) | access;
}

int model_mprotect(struct model *m, uint32_t mm, uint32_t first, uint32_t end, uint32_t access)
{
	struct model_space *s = &m->mm[mm];

	if (first >= end || access & ~HS_VM_ACCESS)
		return -EINVAL;
	for (uint32_t i = first; i < end && s->vma[i].mapped; i++)
		if (access & HS_VM_WRITE && !(s->vma[i].flags & HS_VM_MAYWRITE))
			return -EACCES;
	if (has_gap(s, first, end))
		return -ENOMEM;
	if (!may_cut(m, s, first) || !may_cut(m, s, end))
		return -EINVAL;
	while (first < end) {
		uint32_t next, vma_first;

		model_vma_run(s, first, &vma_first, &next);
		next = next < end ? next : end;
		if ((s->vma[first].flags & HS_VM_ACCESS) != access)
			protect(m, mm, first, next, access);
		first = next;
	}
	return 0;
}

int model_set_gate(struct model *m, uint32_t mm, uint32_t first, uint32_t end, bool gate)
{
	struct model_space *s = &m->mm[mm];

	if (first >= end)
		return -EINVAL;
	if (has_gap(s, first, end))
		return -ENOMEM;
	if (!may_cut(m, s, first) || !may_cut(m, s, end))
		return -EINVAL;
	for (; first < end; first++)
		s->vma[first].gate = gate;
	return 0;
}

int model_zap_call(struct model *m, uint32_t mm, uint32_t first, uint32_t end)
{
	if (first >= end)
		return -EINVAL;
	model_zap(m, mm, first, end);
	return has_gap(&m->mm[mm], first, end) ? -ENOMEM : 0;
}

/* ---- mappings ---------------------------------------------------------------------------- */

/* Memory of the mapping, and the zero page; all else is this address space's own. */
static bool of_mapping(const struct model_vma *v, const struct model_entry *e)
{
	return e->what == MODEL_DEVMAP || e->what == MODEL_ZERO ||
	       (v->mapping == MODEL_P2P && e->what == MODEL_PAGE);
}

void model_unmap_mapping(struct model *m, uint32_t mapping, uint64_t first, uint64_t count,
			 bool even_cows)
{
	for (uint32_t i = 0; i < MODEL_MMS * MODEL_PAGES; i++) {
		struct model_space *s = &m->mm[i / MODEL_PAGES];
		const struct model_vma *v = &s->vma[i % MODEL_PAGES];

		if (!v->mapped || v->mapping != mapping || v->pgoff < first ||
		    v->pgoff - first >= count)
			continue;
		if (even_cows || of_mapping(v, &s->entry[i % MODEL_PAGES]))
			model_clear(m, i / MODEL_PAGES, i % MODEL_PAGES);
	}
}

int model_allocate(struct model *m, uint32_t mapping, uint64_t index)
{
	struct model_mapping *map = &m->mapping[mapping];

	if (map->kind != HS_MAPPING_DAX_FILE || index >= map->pages)
		return -EINVAL;
	if (map->block[index])
		return 0;
	if (map->next == map->memory)
		return -ENOSPC;
	map->block[index] = true;
	map->block_pfn[index] = map->first + map->next++;
	model_unmap_mapping(m, mapping, index, 1, false); /* the zero page */
	return 0;
}
