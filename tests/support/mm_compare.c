/* SPDX-License-Identifier: MIT */
/* Whether machine and model agree. */
#include "support/mm_world.h"

typedef unsigned long long ull;

/* ---- entries ------------------------------------------------------------------------------- */

/* Which pfns a page of the pool may have. */
static bool pfn_fits(const struct mm_world *w, enum model_pool pool, uint64_t pfn)
{
	const struct hs_pgmap *pgmap;

	if (pool == MODEL_SYSTEM)
		return pfn >= 1 << 15 && pfn < 2 << 15 && !w->poisoned[pfn - (1 << 15)];
	pgmap = pool == MODEL_P2P_POOL ? w->pgmap[MODEL_P2P] : w->pool[pool];
	return hs_pgmap_covers(pgmap, pfn);
}

/* The page is seen for the first time: it is where no other page is. */
static bool bind(struct mm_world *w, uint32_t object, uint64_t pfn)
{
	struct model_object *o = &w->model.object[object];

	for (uint32_t i = 0; i < MODEL_OBJECTS; i++) {
		const struct model_object *other = &w->model.object[i];

		if (other->used && other->bound && other->pfn == pfn)
			return mm_differs(w, "pfn %llx is in use already", (ull)pfn);
	}
	if (!pfn_fits(w, o->pool, pfn))
		return mm_differs(w, "pfn %llx is no page of pool %d", (ull)pfn, o->pool);
	o->bound = true;
	o->pfn = pfn;
	return true;
}

bool mm_bind(struct mm_world *w)
{
	for (uint32_t i = 0; i < MODEL_MMS * MODEL_PAGES; i++) {
		uint32_t mm = i / MODEL_PAGES, page = i % MODEL_PAGES;
		uint32_t object = w->model.mm[mm].entry[page].object;
		uint64_t entry;

		if (object == MODEL_NOBODY || w->model.object[object].bound)
			continue;
		entry = mm_real_entry(w, mm, page, NULL);
		if (!entry)
			return mm_differs(w, "mm %u page %u: nothing, wanted a page", mm, page);
		if (!bind(w, object, hs_entry_pfn(entry)))
			return false;
	}
	return true;
}

/* COUNTED is the implementation's business, and so is what a prot-none entry still knows. */
static uint64_t compared(uint64_t entry)
{
	if (hs_entry_type(entry) == HS_TYPE_PROTNONE)
		return entry & (HS_ENTRY_TYPE | HS_ENTRY_PFN | HS_ENTRY_VALID);
	return entry & ~HS_ENTRY_COUNTED;
}

static bool same_entries(struct mm_world *w, uint32_t mm)
{
	for (uint32_t page = 0; page < MODEL_PAGES; page++) {
		const struct model_entry *e = &w->model.mm[mm].entry[page];
		uint32_t level;
		uint64_t real = mm_real_entry(w, mm, page, &level);
		uint64_t wanted = model_entry_word(&w->model, &w->model.mm[mm], page);

		if (compared(real) != compared(wanted))
			return mm_differs(w, "mm %u page %u: entry %llx, wanted %llx", mm, page,
					  (ull)real, (ull)wanted);
		if (real && level != e->level)
			return mm_differs(w, "mm %u page %u: entry of level %u, wanted %u", mm,
					  page, level, e->level);
	}
	return true;
}

/* ---- VMAs ---------------------------------------------------------------------------------- */

static struct hs_mapping *mapping_of(const struct mm_world *w, uint32_t mapping)
{
	return mapping == MODEL_ANON ? NULL : w->mapping[mapping];
}

static bool same_vma(struct mm_world *w, uint32_t mm, const struct hs_vma *vma, uint32_t first,
		     uint32_t end)
{
	const struct model_vma *v = &w->model.mm[mm].vma[first];

	if (!vma || vma->start != mm_addr(w, first) || vma->end != mm_addr(w, end))
		return mm_differs(w, "mm %u pages %u to %u: VMA %llx to %llx", mm, first, end,
				  vma ? (ull)vma->start : 0, vma ? (ull)vma->end : 0);
	if (vma->flags != v->flags || vma->mapping != mapping_of(w, v->mapping) ||
	    vma->gate != (v->gate ? w->gate : NULL) || vma->mm != w->mm[mm])
		return mm_differs(w, "mm %u VMA at %u: flags %x, wanted %x (or mapping, gate)", mm,
				  first, vma->flags, v->flags);
	if (v->mapping != MODEL_ANON && vma->pgoff != v->pgoff)
		return mm_differs(w, "mm %u VMA at %u: pgoff %llu, wanted %llu", mm, first,
				  (ull)vma->pgoff, (ull)v->pgoff);
	return true;
}

static bool same_vmas(struct mm_world *w, uint32_t mm)
{
	const struct model_space *s = &w->model.mm[mm];
	uint32_t page = 0;

	if (hs_vma_count(w->mm[mm]) != model_vma_count(s))
		return mm_differs(w, "mm %u: %u VMAs, wanted %u", mm, hs_vma_count(w->mm[mm]),
				  model_vma_count(s));
	while (page < MODEL_PAGES) {
		const struct hs_vma *vma = hs_vma_find(w->mm[mm], mm_addr(w, page));
		uint32_t first, end = page + 1;

		if (s->vma[page].mapped) {
			model_vma_run(s, page, &first, &end);
			if (!same_vma(w, mm, vma, first, end))
				return false;
		} else if (vma && vma->start <= mm_addr(w, page)) {
			return mm_differs(w, "mm %u page %u: a VMA, wanted none", mm, page);
		}
		page = end;
	}
	return true;
}

static bool same_mapping_vmas(struct mm_world *w, uint32_t mapping)
{
	uint32_t wanted = 0, real = hs_mapping_vmas(w->self, w->mapping[mapping]);

	for (uint32_t i = 0; i < MODEL_MMS * MODEL_PAGES; i++) {
		const struct model_space *s = &w->model.mm[i / MODEL_PAGES];
		uint32_t page = i % MODEL_PAGES, first, end;

		if (!s->vma[page].mapped || s->vma[page].mapping != mapping)
			continue;
		model_vma_run(s, page, &first, &end);
		wanted += first == page;
	}
	return real == wanted
		       ? true
		       : mm_differs(w, "mapping %u: %u VMAs, wanted %u", mapping, real, wanted);
}

/* ---- pages --------------------------------------------------------------------------------- */

static bool same_page(struct mm_world *w, const struct model_object *o)
{
	struct hs_page *page = hs_pfn_to_page(w->self, o->pfn);
	uint32_t refs = hs_page_count(w->self, page), maps = hs_page_mapcount(w->self, page);
	uint64_t contents = hs_page_private(w->self, page);

	if (refs != o->refs + model_extra_count(&w->model, o->pool) || maps != o->maps ||
	    contents != o->contents)
		return mm_differs(w,
				  "pfn %llx: count %u mapcount %u contents %llu, wanted %u %u %llu",
				  (ull)o->pfn, refs, maps, (ull)contents, o->refs, o->maps,
				  (ull)o->contents);
	return true;
}

static bool same_pages(struct mm_world *w)
{
	for (uint32_t i = 0; i < MODEL_OBJECTS; i++) {
		const struct model_object *o = &w->model.object[i];

		if (o->used && !o->bound)
			return mm_differs(w, "object %u is nowhere", i);
		if (o->used && !same_page(w, o))
			return false;
	}
	return true;
}

static bool same_blocks(struct mm_world *w, uint32_t mapping)
{
	const struct model_mapping *map = &w->model.mapping[mapping];
	uint64_t pages = map->kind == HS_MAPPING_DAX_FILE ? map->next : map->pages;

	for (uint64_t i = 0; map->kind != HS_MAPPING_P2PDMA && i < pages; i++) {
		struct hs_page *page = hs_pfn_to_page(w->self, map->first + i);
		uint64_t contents = page ? hs_page_private(w->self, page) : 0;

		uint32_t count = page ? hs_page_count(w->self, page) : 0;

		if (!page || contents != map->contents[i] ||
		    count != model_block_count(&w->model, mapping, map->first + i))
			return mm_differs(w, "mapping %u memory %llu: contents %llu count %u",
					  mapping, (ull)i, (ull)contents, count);
	}
	for (uint64_t i = 0; map->kind == HS_MAPPING_DAX_FILE && i < map->pages; i++) {
		uint64_t pfn = 0;
		int ret = hs_mapping_pfn(w->self, w->mapping[mapping], i, &pfn);

		if (!ret != map->block[i] || (!ret && pfn != map->block_pfn[i]))
			return mm_differs(w, "file %u page %llu: %d pfn %llx", mapping, (ull)i, ret,
					  (ull)pfn);
	}
	return true;
}

/* ---- sums ---------------------------------------------------------------------------------- */

static bool sum(struct mm_world *w, const char *what, uint32_t index, uint64_t real,
		uint64_t wanted)
{
	if (real == wanted)
		return true;
	return mm_differs(w, "%s %u: %llu, wanted %llu", what, index, (ull)real, (ull)wanted);
}

static bool same_sums(struct mm_world *w)
{
	const struct model *m = &w->model;
	bool same = sum(w, "system pages", 0, hs_pages_allocated(w->self),
			model_objects(m, MODEL_SYSTEM));

	for (uint32_t i = 0; same && i < MODEL_POOLS; i++) {
		uint64_t pages = model_objects(m, (enum model_pool)i);

		same = sum(w, "pages of pool", i, hs_pgmap_pages_allocated(w->self, w->pool[i]),
			   pages) &&
		       sum(w, "references of pool", i, (uint64_t)hs_pgmap_refs(w->self, w->pool[i]),
			   model_pool_refs(m, (enum model_pool)i));
	}
	for (uint32_t i = 0; same && i < MODEL_MAPPINGS; i++)
		same = sum(w, "references of mapping", i,
			   (uint64_t)hs_pgmap_refs(w->self, w->pgmap[i]), model_mapping_refs(m, i));
	return same &&
	       sum(w, "pages of P2PDMA", 0, hs_pgmap_pages_allocated(w->self, w->pgmap[MODEL_P2P]),
		   model_objects(m, MODEL_P2P_POOL));
}

bool mm_compare(struct mm_world *w, bool all)
{
	if (!mm_bind(w))
		return false;
	for (uint32_t mm = 0; mm < MODEL_MMS; mm++)
		if (!same_vmas(w, mm) || !same_entries(w, mm))
			return false;
	if (!same_pages(w) || !mm_listeners_agree(w))
		return false;
	for (uint32_t i = 0; all && i < MODEL_MAPPINGS; i++)
		if (!same_mapping_vmas(w, i) || !same_blocks(w, i))
			return false;
	return !all || same_sums(w);
}
