/* SPDX-License-Identifier: MIT */
/* Whether machine and model agree. */
#include "conformance/mm_world.h"
#include "memory/memory.h"
#include "memory/swap.h"

typedef unsigned long long ull;

/* ---- entries ------------------------------------------------------------------------------- */

/* The page is seen for the first time: it is where no other page is. */
static bool bind(struct mm_world *w, uint32_t object, uint64_t pfn)
{
	struct model_object *o = &w->model.object[object];
	bool ram = pfn >= 1 << 15 && pfn < 2 << 15, fits;

	for (uint32_t i = 0; i < MODEL_OBJECTS; i++) {
		const struct model_object *other = &w->model.object[i];

		if (other->used && other->bound && other->pfn == pfn)
			return mm_differs(w, "pfn %llx is in use already", (ull)pfn);
	}
	fits = o->memory == MODEL_SYSTEM ? ram && !w->poisoned[pfn - (1 << 15)]
					 : hs_pgmap_covers(w->pgmap[o->memory], pfn);
	if (!fits)
		return mm_differs(w, "pfn %llx is no page of memory %u", (ull)pfn, o->memory);
	o->bound = true;
	o->pfn = pfn;
	return true;
}

bool mm_bind(struct mm_world *w)
{
	for (uint32_t at = 0; at < MODEL_PLACES; at++) {
		uint32_t object = w->model.place[at].entry.object;
		uint64_t entry;

		if (!object || w->model.object[object].bound)
			continue;
		entry = mm_real_entry(w, at, NULL);
		if (!entry)
			return mm_differs(w, MM_AT "nothing, wanted a page", MM_PLACE(at));
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

/* The model has the contents where a swap entry names a slot, which holds them. */
static uint64_t with_contents(struct mm_world *w, uint64_t entry)
{
	if (hs_entry_type(entry) != HS_TYPE_SWAP || !(entry & HS_ENTRY_COUNTED))
		return entry;
	return (entry & ~HS_ENTRY_PFN) |
	       (hs_swap_contents(w->self, hs_entry_pfn(entry)) & HS_ENTRY_PFN);
}

static bool same_entry(struct mm_world *w, uint32_t at)
{
	uint32_t level;
	uint64_t real = with_contents(w, mm_real_entry(w, at, &level));

	return MM_SAME(w, compared(real), compared(model_entry_word(&w->model, at)), MM_AT "entry",
		       MM_PLACE(at)) &&
	       (!real ||
		MM_SAME(w, level, w->model.place[at].entry.level, MM_AT "level", MM_PLACE(at)));
}

/* ---- VMAs ---------------------------------------------------------------------------------- */

/* The VMA that begins at @at. */
static bool same_vma(struct mm_world *w, uint32_t at, const struct hs_vma *vma)
{
	const struct model_vma *v = &w->model.place[at].vma;
	uint64_t end = mm_end(w, model_vma(&w->model, at).end);

	if (!vma)
		return mm_differs(w, MM_AT "no VMA", MM_PLACE(at));
	return MM_SAME(w, vma->start, mm_addr(w, at), MM_AT "start of the VMA", MM_PLACE(at)) &&
	       MM_SAME(w, vma->end, end, MM_AT "end of the VMA", MM_PLACE(at)) &&
	       MM_SAME(w, vma->flags, v->flags, MM_AT "flags of the VMA", MM_PLACE(at)) &&
	       MM_SAME(w, vma->pgoff, v->pgoff, MM_AT "pgoff of the VMA", MM_PLACE(at)) &&
	       ((vma->mapping == w->mapping[v->mapping] && vma->mm == mm_of(w, at) &&
		 vma->gate == (v->gate ? w->gate : NULL)) ||
		mm_differs(w, MM_AT "mapping, mm or gate of the VMA", MM_PLACE(at)));
}

static bool same_vmas(struct mm_world *w, uint32_t mm)
{
	uint32_t first = mm * MODEL_PAGES, wanted = 0;

	for (uint32_t at = first; at < first + MODEL_PAGES; at++) {
		bool begins = model_vma_begins(&w->model, at);
		const struct hs_vma *vma;

		wanted += begins;
		if (w->model.place[at].vma.mapped && !begins)
			continue;
		vma = hs_vma_find(w->mm[mm], mm_addr(w, at));
		if (begins && !same_vma(w, at, vma))
			return false;
		if (!begins && vma && vma->start <= mm_addr(w, at))
			return mm_differs(w, MM_AT "a VMA, wanted none", MM_PLACE(at));
	}
	return MM_SAME(w, hs_vma_count(w->mm[mm]), wanted, "mm %u: VMAs", mm);
}

static bool same_mapping_vmas(struct mm_world *w, uint32_t mapping)
{
	uint32_t wanted = 0;

	for (uint32_t at = 0; at < MODEL_PLACES; at++)
		wanted += w->model.place[at].vma.mapping == mapping &&
			  model_vma_begins(&w->model, at);
	return MM_SAME(w, hs_mapping_vmas(w->self, w->mapping[mapping]), wanted, "mapping %u: VMAs",
		       mapping);
}

/* ---- pages --------------------------------------------------------------------------------- */

/* Those of a device-dax are counted as its blocks. */
static bool same_page(struct mm_world *w, const struct model_object *o, struct hs_page *page)
{
	uint32_t state = hs_u32_load(w->self, &page->state, HS_RELAXED);

	return (o->memory == MODEL_DEVICE_DAX ||
		MM_SAME(w, hs_page_count(w->self, page), model_count(&w->model, o),
			"pfn %llx: count", (ull)o->pfn)) &&
	       MM_SAME(w, hs_page_mapcount(w->self, page), o->maps, "pfn %llx: mapcount",
		       (ull)o->pfn) &&
	       (o->memory == MODEL_DEVICE_DAX ||
		MM_SAME(w, hs_dma_contents(w->self, page), o->contents, "pfn %llx: contents",
			(ull)o->pfn)) &&
	       MM_SAME(w, !!(state & HS_PAGE_LOCKED), o->locked, "pfn %llx: locked", (ull)o->pfn);
}

static bool same_pages(struct mm_world *w)
{
	bool same = true;

	for (uint32_t i = 0; same && i < MODEL_OBJECTS; i++) {
		const struct model_object *o = &w->model.object[i];

		if (!o->used)
			continue;
		if (!o->bound)
			return mm_differs(w, "object %u is nowhere", i);
		same = same_page(w, o, hs_pfn_to_page(w->self, o->pfn));
	}
	return same;
}

static bool same_blocks(struct mm_world *w, uint32_t mapping)
{
	const struct model_mapping *map = &w->model.mapping[mapping];
	bool file = map->kind == HS_MAPPING_DAX_FILE;
	uint64_t pages = file ? map->next : map->pages;

	for (uint64_t pfn = map->first; mapping != MODEL_P2P && pfn < map->first + pages; pfn++) {
		struct hs_page *page = hs_pfn_to_page(w->self, pfn);

		if (!page)
			return mm_differs(w, "pfn %llx: no page", (ull)pfn);
		if (!MM_SAME(w, hs_dma_contents(w->self, page), map->contents[pfn - map->first],
			     "pfn %llx: contents", (ull)pfn) ||
		    !MM_SAME(w, hs_page_count(w->self, page),
			     model_block_count(&w->model, mapping, pfn), "pfn %llx: count",
			     (ull)pfn))
			return false;
	}
	for (uint64_t i = 0; file && i < map->pages; i++) {
		uint64_t pfn = 0;
		int ret = hs_mapping_pfn(w->self, w->mapping[mapping], i, &pfn);

		if (!ret != map->block[i] || (!ret && pfn != map->block_pfn[i]))
			return mm_differs(w, "file %u page %llu: %d pfn %llx", mapping, (ull)i, ret,
					  (ull)pfn);
	}
	return true;
}

/* Each change was told, and told as it was. */
static bool same_mirror(struct mm_world *w, uint32_t mm, bool all)
{
	struct entry_mirror *m = &w->mirror[mm];
	const char *wrong = all ? entry_mirror_differs(m) : m->wrong;

	return !wrong || mm_differs(w, "mm %u: the mirror of the tables: %s", mm, wrong);
}

/* ---- all ----------------------------------------------------------------------------------- */

static bool same_sums(struct mm_world *w)
{
	const struct model *m = &w->model;
	bool same = MM_SAME(w, hs_pages_allocated(w->self), model_objects(m, MODEL_SYSTEM),
			    "system pages");

	for (uint32_t i = 0; same && i < MODEL_PGMAPS; i++)
		same = MM_SAME(w, hs_pgmap_pages_allocated(w->self, w->pgmap[i]),
			       model_objects(m, i), "pages of memory %u", i) &&
		       MM_SAME(w, hs_pgmap_refs(w->self, w->pgmap[i]), model_pgmap_refs(m, i),
			       "references of memory %u", i);
	return same;
}

bool mm_compare(struct mm_world *w, bool all)
{
	if (!mm_bind(w))
		return false;
	for (uint32_t mm = 0; mm < MODEL_MMS; mm++)
		if (!same_vmas(w, mm))
			return false;
	for (uint32_t at = 0; at < MODEL_PLACES; at++)
		if (!same_entry(w, at))
			return false;
	for (uint32_t mm = 0; mm < MODEL_MMS; mm++)
		if (!same_mirror(w, mm, all))
			return false;
	if (!same_pages(w) || !mm_listeners_agree(w))
		return false;
	for (uint32_t i = 0; all && i < MODEL_MAPPINGS; i++)
		if (!same_mapping_vmas(w, i) || !same_blocks(w, i))
			return false;
	return !all || (same_sums(w) && mm_migrated_agree(w));
}
