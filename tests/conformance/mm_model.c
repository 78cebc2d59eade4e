/* SPDX-License-Identifier: MIT */
/* VMAs, entries and pages of the model: page by page. */
#include "conformance/mm_model.h"

#include <errno.h>

/* ---- VMAs -------------------------------------------------------------------------------- */

/* Are @at and the place before it one VMA? */
static bool goes_on(const struct model *m, uint32_t at)
{
	uint32_t before = at % MODEL_PAGES ? at - 1 : 0;
	const struct model_vma *a = &m->place[before].vma, *b = &m->place[before + 1].vma;

	return at % MODEL_PAGES && a->mapped && b->mapped && a->flags == b->flags &&
	       a->gate == b->gate && a->mapping == b->mapping && a->pgoff + 1 == b->pgoff;
}

struct model_span model_vma(const struct model *m, uint32_t at)
{
	struct model_span vma = { at, at + 1 };

	while (goes_on(m, vma.first))
		vma.first--;
	while (goes_on(m, vma.end))
		vma.end++;
	return vma;
}

bool model_vma_begins(const struct model *m, uint32_t at)
{
	return m->place[at].vma.mapped && !goes_on(m, at);
}

struct model_span model_leaf(const struct model *m, uint32_t at)
{
	uint32_t pages = 1u << m->g->order[m->place[at].entry.level], first = at / pages * pages;

	return (struct model_span){ first, first + pages };
}

/* ---- pages ------------------------------------------------------------------------------- */

uint32_t model_object_new(struct model *m, uint32_t memory, uint64_t contents)
{
	uint32_t i = 1;

	while (m->object[i].used)
		i++;
	m->object[i] = (struct model_object){
		.used = true, .memory = memory, .refs = 1, .contents = contents
	};
	return i;
}

void model_object_put(struct model *m, uint32_t object)
{
	struct model_object *o = &m->object[object];

	if (--o->refs)
		return;
	o->used = false;
	if (o->memory == MODEL_DEVICE_DAX)
		m->mapping[o->memory].taken[o->pfn - m->mapping[o->memory].first] = false;
}

uint64_t model_objects(const struct model *m, uint32_t memory)
{
	uint64_t count = 0;

	/* Pages of a device-dax are there from the beginning. */
	for (uint32_t i = 0; memory != MODEL_DEVICE_DAX && i < MODEL_OBJECTS; i++)
		count += m->object[i].used && m->object[i].memory == memory;
	return count;
}

uint64_t model_pgmap_refs(const struct model *m, uint32_t memory)
{
	return m->refs >= HS_PAGE_REFS_6_1 ? model_objects(m, memory) : 0;
}

uint32_t model_count(const struct model *m, const struct model_object *o)
{
	return o->refs + (o->memory != MODEL_SYSTEM && m->refs == HS_PAGE_REFS_5_3);
}

uint32_t model_block_count(const struct model *m, uint32_t mapping, uint64_t pfn)
{
	const struct model_mapping *map = &m->mapping[mapping];
	bool counted = map->refs == HS_PAGE_REFS_6_15;
	uint32_t count = map->kind == HS_MAPPING_DAX_FILE && counted ? 0 : 1;

	for (uint32_t at = 0; counted && at < MODEL_PLACES; at++) {
		const struct model_entry *e = &m->place[at].entry;

		/* A leaf holds its first page. */
		count += e->what == MODEL_DEVMAP && e->value == pfn &&
			 at == model_leaf(m, at).first;
	}
	return count + map->taken[pfn - map->first];
}

/* ---- entries ----------------------------------------------------------------------------- */

void model_clear(struct model *m, uint32_t at)
{
	struct model_span leaf = model_leaf(m, at);

	for (; leaf.first < leaf.end; leaf.first++) {
		struct model_entry *e = &m->place[leaf.first].entry;

		if (e->object && e->what != MODEL_MIGRATION) {
			m->object[e->object].maps -= e->what != MODEL_EXCLUSIVE;
			model_object_put(m, e->object);
		}
		*e = (struct model_entry){ 0 };
	}
}

void model_zap(struct model *m, uint32_t first, uint32_t end)
{
	for (; first < end; first++)
		model_clear(m, first);
}

uint64_t model_entry_word(const struct model *m, uint32_t at)
{
	static const struct {
		enum hs_entry_type type;
		uint64_t flags;
	} words[] = {
		[MODEL_ZERO] = { HS_TYPE_ZERO, HS_ENTRY_VALID },
		[MODEL_PAGE] = { HS_TYPE_NORMAL, HS_ENTRY_VALID },
		[MODEL_DEVMAP] = { HS_TYPE_NORMAL, HS_ENTRY_VALID | HS_ENTRY_DEVMAP },
		[MODEL_PRIVATE] = { HS_TYPE_NORMAL, HS_ENTRY_DEVPRIV },
		[MODEL_SWAP] = { HS_TYPE_SWAP, 0 },
		[MODEL_MIGRATION] = { HS_TYPE_MIGRATION, 0 },
		[MODEL_EXCLUSIVE] = { HS_TYPE_EXCLUSIVE, 0 },
		[MODEL_HWPOISON] = { HS_TYPE_HWPOISON, 0 },
	};
	const struct model_entry *e = &m->place[at].entry;
	uint64_t order = (uint64_t)m->g->order[e->level] << HS_ENTRY_ORDER_SHIFT;
	uint64_t pfn = e->object ? m->object[e->object].pfn : e->value;

	if (e->what == MODEL_NONE)
		return 0;
	if (e->what == MODEL_ZERO)
		pfn = HS_ZERO_PFN;
	if (e->protnone)
		return hs_entry_typed(HS_TYPE_PROTNONE, pfn, 0);
	return hs_entry_typed(words[e->what].type, pfn,
			      words[e->what].flags | order | (e->write ? HS_ENTRY_WRITE : 0));
}

/* ---- mmap, munmap, mprotect, zap --------------------------------------------------------- */

/* 0, or the error with which the mapping refuses; adds flags. */
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

int model_mmap(struct model *m, uint32_t first, uint32_t end, uint32_t flags, uint32_t mapping,
	       uint64_t pgoff)
{
	int ret = 0;

	if (mapping == MODEL_ANON)
		pgoff = model_vpn(m, first);
	else
		ret = mapping_accepts(m, mapping, first, end, pgoff, &flags);
	if (ret)
		return ret;
	for (uint32_t at = first; at < end; at++)
		if (m->place[at].vma.mapped)
			return -EEXIST;
	for (; first < end; first++)
		m->place[first].vma = (struct model_vma){
			.mapped = true, .flags = flags, .mapping = mapping, .pgoff = pgoff++
		};
	return 0;
}

/* A device-dax VMA is made of whole leaves. */
static bool may_cut(const struct model *m, uint32_t at)
{
	const struct model_vma *v = &m->place[at % MODEL_PLACES].vma;

	return !goes_on(m, at) || v->mapping != MODEL_DEVICE_DAX ||
	       at % (1u << m->g->order[m->mapping[v->mapping].level]) == 0;
}

int model_munmap(struct model *m, uint32_t first, uint32_t end)
{
	if (!may_cut(m, first) || !may_cut(m, end))
		return -EINVAL;
	model_zap(m, first, end);
	for (; first < end; first++)
		m->place[first].vma = (struct model_vma){ 0 };
	return 0;
}

static bool has_gap(const struct model *m, uint32_t first, uint32_t end)
{
	while (first < end && m->place[first].vma.mapped)
		first++;
	return first < end;
}

/* 0, or why the range is not made of VMAs, or of parts that VMAs may have. */
static int check_range(const struct model *m, uint32_t first, uint32_t end)
{
	if (has_gap(m, first, end))
		return -ENOMEM;
	return may_cut(m, first) && may_cut(m, end) ? 0 : -EINVAL;
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
static void protect(struct model *m, uint32_t first, uint32_t end, uint32_t access)
{
	for (uint32_t at = first; at < end; at++) {
		struct model_span leaf = model_leaf(m, at);
		struct model_place *p = &m->place[at];

		if (leaf.first < first || leaf.end > end)
			model_clear(m, at);
		protect_entry(&p->entry, access);
		p->vma.flags = (p->vma.flags & ~HS_VM_ACCESS) | access;
	}
}

int model_mprotect(struct model *m, uint32_t first, uint32_t end, uint32_t access)
{
	int ret;

	if (access & ~HS_VM_ACCESS)
		return -EINVAL;
	for (uint32_t at = first; at < end && m->place[at].vma.mapped; at++)
		if (access & HS_VM_WRITE && !(m->place[at].vma.flags & HS_VM_MAYWRITE))
			return -EACCES;
	ret = check_range(m, first, end);
	while (!ret && first < end) {
		uint32_t next = model_vma(m, first).end;

		next = next < end ? next : end;
		if ((m->place[first].vma.flags & HS_VM_ACCESS) != access)
			protect(m, first, next, access);
		first = next;
	}
	return ret;
}

int model_set_gate(struct model *m, uint32_t first, uint32_t end, bool gate)
{
	int ret = check_range(m, first, end);

	for (; !ret && first < end; first++)
		m->place[first].vma.gate = gate;
	return ret;
}

int model_zap_call(struct model *m, uint32_t first, uint32_t end)
{
	model_zap(m, first, end);
	return has_gap(m, first, end) ? -ENOMEM : 0;
}

/* ---- mappings ---------------------------------------------------------------------------- */

void model_unmap_mapping(struct model *m, uint32_t mapping, uint64_t first, uint64_t count,
			 bool even_cows)
{
	for (uint32_t at = 0; at < MODEL_PLACES; at++) {
		const struct model_vma *v = &m->place[at].vma;
		enum model_what what = m->place[at].entry.what;
		/* All else is this address space's own. */
		bool of_mapping = what == MODEL_DEVMAP || what == MODEL_ZERO ||
				  (mapping == MODEL_P2P && what == MODEL_PAGE);

		if (v->mapped && v->mapping == mapping && v->pgoff >= first &&
		    v->pgoff - first < count && (even_cows || of_mapping))
			model_clear(m, at);
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
