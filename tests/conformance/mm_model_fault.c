/* SPDX-License-Identifier: MIT */
/* Faults, and what else happens to the entries of the model. */
#include "conformance/mm_model.h"

#include <errno.h>

/* ---- what a fault maps ------------------------------------------------------------------- */

/* There are tables down to the entry at @at now. */
static void descend(struct model *m, uint32_t at, uint32_t level)
{
	uint32_t first = at / MODEL_PAGES * MODEL_PAGES;

	for (uint32_t i = first; i < first + MODEL_PAGES; i++)
		for (uint32_t l = level; l + 1 < m->g->levels; l++) {
			uint64_t a = model_vpn(m, i), b = model_vpn(m, at);

			if (a >> m->g->order[l + 1] == b >> m->g->order[l + 1] &&
			    m->place[i].depth > l)
				m->place[i].depth = (uint8_t)l;
		}
}

static void put_entry(struct model *m, uint32_t at, struct model_entry e)
{
	model_clear(m, at);
	m->place[at].entry = e;
	descend(m, at, e.level);
	if (e.object)
		m->object[e.object].maps++;
}

void model_map_object(struct model *m, uint32_t at, uint32_t object, bool write)
{
	uint32_t memory = m->object[object].memory;
	bool private = memory == MODEL_PRIVATE_0 || memory == MODEL_PRIVATE_1;

	put_entry(m, at,
		  (struct model_entry){ .what = private ? MODEL_PRIVATE : MODEL_PAGE,
					.write = write,
					.object = object });
}

static uint32_t map_zero(struct model *m, uint32_t at)
{
	put_entry(m, at, (struct model_entry){ .what = MODEL_ZERO });
	return 0;
}

/* A system page of its own. */
static uint32_t map_copy(struct model *m, uint32_t at, uint64_t contents, bool write)
{
	uint32_t object = model_object_new(m, MODEL_SYSTEM, contents);

	m->object[object].exclusive = true;
	model_map_object(m, at, object, write);
	return 0;
}

static uint32_t map_device(struct model *m, uint32_t at, uint32_t level, uint64_t pfn, bool write)
{
	for (uint32_t i = 0; i < 1u << m->g->order[level]; i++)
		put_entry(m, at + i,
			  (struct model_entry){ .what = MODEL_DEVMAP,
						.write = write,
						.level = level,
						.value = pfn + i });
	return 0;
}

static uint64_t *block_contents(struct model *m, uint32_t mapping, uint64_t pfn)
{
	struct model_mapping *map = &m->mapping[mapping];

	return &map->contents[pfn - map->first];
}

/* ---- nothing is there, or it is read-only ------------------------------------------------- */

/* A leaf of the mapping's level fits in VMA, mapping and tables: where, from which index on. */
static bool leaf_fits(const struct model *m, uint32_t at, uint32_t *first, uint64_t *index)
{
	const struct model_place *p = &m->place[at];
	const struct model_mapping *map = &m->mapping[p->vma.mapping];
	uint32_t pages = 1u << m->g->order[map->level];
	struct model_span vma = model_vma(m, at);

	*first = at / pages * pages;
	*index = p->vma.pgoff - (at - *first);
	return vma.first <= *first && vma.end >= *first + pages && p->vma.pgoff >= at - *first &&
	       *index + pages <= map->pages && p->depth >= map->level;
}

static uint32_t fault_device(struct model *m, uint32_t at)
{
	const struct model_vma *v = &m->place[at].vma;
	const struct model_mapping *map = &m->mapping[v->mapping];
	uint64_t index;
	uint32_t first;

	if (!leaf_fits(m, at, &first, &index) || index % (1u << m->g->order[map->level]))
		return HS_VM_FAULT_SIGBUS;
	return map_device(m, first, map->level, map->first + index, v->flags & HS_VM_WRITE);
}

static uint32_t fault_p2p(struct model *m, uint32_t at)
{
	if (model_objects(m, MODEL_P2P) == m->mapping[MODEL_P2P].memory)
		return HS_VM_FAULT_SIGBUS;
	model_map_object(m, at, model_object_new(m, MODEL_P2P, 0),
			 m->place[at].vma.flags & HS_VM_WRITE);
	return 0;
}

/* Blocks that one leaf can map, and no table is in the way. */
static bool file_leaf(const struct model *m, uint32_t at, uint32_t *first, uint64_t *index)
{
	const struct model_mapping *map = &m->mapping[m->place[at].vma.mapping];
	uint32_t pages = 1u << m->g->order[map->level];

	if (!map->level || !leaf_fits(m, at, first, index) || map->block_pfn[*index] % pages)
		return false;
	for (uint32_t i = 0; i < pages; i++)
		if (!map->block[*index + i] ||
		    map->block_pfn[*index + i] != map->block_pfn[*index] + i)
			return false;
	return true;
}

static uint32_t map_block(struct model *m, uint32_t at)
{
	const struct model_vma *v = &m->place[at].vma;
	const struct model_mapping *map = &m->mapping[v->mapping];
	bool write = v->flags & HS_VM_SHARED && v->flags & HS_VM_WRITE;
	uint64_t index;
	uint32_t first;

	if (file_leaf(m, at, &first, &index))
		return map_device(m, first, map->level, map->block_pfn[index], write);
	return map_device(m, at, 0, map->block_pfn[v->pgoff], write);
}

/* A private copy of what the file has there. */
static uint32_t copy_block(struct model *m, uint32_t at)
{
	const struct model_vma *v = &m->place[at].vma;
	const struct model_mapping *map = &m->mapping[v->mapping];
	uint64_t contents = 0;

	if (map->block[v->pgoff])
		contents = *block_contents(m, v->mapping, map->block_pfn[v->pgoff]);
	if (!m->place[at].entry.level)
		return map_copy(m, at, contents, v->flags & HS_VM_WRITE);
	model_clear(m, at); /* the leaf goes first, the copy comes next time */
	return 0;
}

static uint32_t fault_file(struct model *m, uint32_t at, bool write)
{
	const struct model_vma *v = &m->place[at].vma;
	const bool *block = &m->mapping[v->mapping].block[v->pgoff];

	if (write && !(v->flags & HS_VM_SHARED))
		return copy_block(m, at);
	if (write && !*block) {
		descend(m, at, 0);
		if (model_allocate(m, v->mapping, v->pgoff))
			return HS_VM_FAULT_SIGBUS;
	}
	return *block ? map_block(m, at) : map_zero(m, at);
}

static uint32_t fault_none(struct model *m, uint32_t at, bool write)
{
	const struct model_vma *v = &m->place[at].vma;
	const struct model_mapping *map = &m->mapping[v->mapping % MODEL_MAPPINGS];

	if (v->mapping == MODEL_ANON)
		return write ? map_copy(m, at, 0, v->flags & HS_VM_WRITE) : map_zero(m, at);
	if (!map->alive || v->pgoff >= map->pages)
		return HS_VM_FAULT_SIGBUS;
	if (map->kind == HS_MAPPING_DEVICE_DAX)
		return fault_device(m, at);
	return map->kind == HS_MAPPING_P2PDMA ? fault_p2p(m, at) : fault_file(m, at, write);
}

/* A write to what may only be read. */
static uint32_t fault_read_only(struct model *m, uint32_t at)
{
	const struct model_vma *v = &m->place[at].vma;
	struct model_entry *e = &m->place[at].entry;
	struct model_object *o = &m->object[e->object];
	struct model_span leaf = model_leaf(m, at);
	bool write = v->flags & HS_VM_WRITE, shared = v->flags & HS_VM_SHARED;

	if (v->mapping != MODEL_ANON &&
	    (e->what == MODEL_ZERO || (e->what == MODEL_DEVMAP && !shared)))
		return fault_none(m, at, true);
	if (shared) {
		while (leaf.first < leaf.end)
			m->place[leaf.first++].entry.write = true;
		return 0;
	}
	if (e->what != MODEL_PAGE || (!o->exclusive && o->refs != 1))
		return map_copy(m, at, e->what == MODEL_ZERO ? 0 : o->contents, write);
	o->exclusive = true;
	e->write = write;
	return 0;
}

static uint32_t fault_absent(struct model *m, uint32_t at, bool write)
{
	struct model_entry *e = &m->place[at].entry;
	struct model_object *o = &m->object[e->object];

	switch (e->what) {
	case MODEL_HWPOISON:
		return HS_VM_FAULT_HWPOISON;
	case MODEL_SWAP:
		return map_copy(m, at, e->value, write && m->place[at].vma.flags & HS_VM_WRITE);
	case MODEL_PRIVATE:
		m->waits = o->locked && m->private_fault != HS_PRIVATE_FAULT_REFERENCE;
		if (m->waits)
			return 0;
		return map_copy(m, at, o->contents, e->write);
	default: /* a migration; an exclusive page */
		m->waits = e->what == MODEL_MIGRATION || o->locked;
		if (m->waits)
			return 0;
		e->what = MODEL_PAGE;
		o->maps++;
		return 0;
	}
}

uint32_t model_fault(struct model *m, uint32_t at, bool write)
{
	const struct model_vma *v = &m->place[at].vma;
	const struct model_entry *e = &m->place[at].entry;
	struct model_span leaf = model_leaf(m, at);

	m->waits = false;
	if (!v->mapped || !(v->flags & HS_VM_READ))
		return HS_VM_FAULT_SIGSEGV;
	if (write && !(v->flags & HS_VM_WRITE) &&
	    (v->flags & (HS_VM_SHARED | HS_VM_MAYWRITE)) != HS_VM_MAYWRITE)
		return HS_VM_FAULT_SIGSEGV;
	if (v->flags & (HS_VM_PFNMAP | HS_VM_IO))
		return HS_VM_FAULT_SIGBUS;
	if (e->what == MODEL_NONE)
		return fault_none(m, at, write);
	if (!model_present(e))
		return fault_absent(m, at, write);
	if (!e->protnone)
		return write && !e->write ? fault_read_only(m, at) : 0;
	/* Whether it may be written is for the next write to decide. */
	for (; leaf.first < leaf.end; leaf.first++) {
		m->place[leaf.first].entry.protnone = false;
		m->place[leaf.first].entry.write = false;
	}
	return 0;
}

uint32_t model_access(struct model *m, uint32_t at, bool write)
{
	const struct model_vma *v = &m->place[at].vma;
	const struct model_entry *e = &m->place[at].entry;

	m->waits = false;
	if (!v->mapped || !(v->flags & HS_VM_READ) || (write && !(v->flags & HS_VM_WRITE)))
		return HS_VM_FAULT_SIGSEGV;
	while (!model_present(e) || e->protnone || (write && !e->write)) {
		uint32_t ret = model_fault(m, at, write);

		if (ret || m->waits)
			return ret;
	}
	return 0;
}

void model_written(struct model *m, uint32_t at, uint64_t contents)
{
	const struct model_entry *e = &m->place[at].entry;

	if (e->what == MODEL_DEVMAP)
		*block_contents(m, m->place[at].vma.mapping, e->value) = contents;
	else
		m->object[e->object].contents = contents;
}

uint64_t model_contents(struct model *m, uint32_t at)
{
	const struct model_entry *e = &m->place[at].entry;

	if (e->what == MODEL_DEVMAP)
		return *block_contents(m, m->place[at].vma.mapping, e->value);
	return e->object ? m->object[e->object].contents : 0;
}

/* ---- pte_ops.h --------------------------------------------------------------------------- */

/* Anonymous memory: a page that belongs to this address space. 0, -EINVAL, -ENOENT. */
static int anonymous(const struct model *m, uint32_t at)
{
	const struct model_place *p = &m->place[at];

	if (!p->vma.mapped)
		return -EINVAL;
	if (!p->entry.object || p->vma.mapping == MODEL_P2P || p->entry.protnone)
		return -ENOENT;
	return p->entry.what == MODEL_PAGE || p->entry.what == MODEL_PRIVATE ? 0 : -ENOENT;
}

int model_swap_out(struct model *m, uint32_t at)
{
	struct model_entry *e = &m->place[at].entry;
	const struct model_object *o = &m->object[e->object];
	int ret = anonymous(m, at);
	uint64_t contents = o->contents & HS_ENTRY_PFN;

	if (ret)
		return ret;
	if (o->memory != MODEL_SYSTEM)
		return -ENOENT;
	if (o->refs != 1)
		return -EBUSY;
	model_clear(m, at);
	*e = (struct model_entry){ .what = MODEL_SWAP, .value = contents };
	return 0;
}

int model_migration_start(struct model *m, uint32_t at, uint32_t *object)
{
	struct model_entry *e = &m->place[at].entry;
	struct model_object *o = &m->object[e->object];
	int ret = anonymous(m, at);

	if (ret)
		return ret;
	if (o->refs != 1)
		return -EBUSY;
	*object = e->object;
	o->maps--;
	e->what = MODEL_MIGRATION;
	return 0;
}

void model_migration_end(struct model *m, uint32_t at, uint32_t object, uint32_t to)
{
	struct model_entry *e = &m->place[at].entry;
	bool write = e->write, there = e->what == MODEL_MIGRATION && e->object == object;

	if (there) {
		/* The migration holds the old page: its entry holds nothing. */
		*e = (struct model_entry){ 0 };
		model_map_object(m, at, to ? to : object, write);
		m->object[e->object].exclusive = true;
	}
	if (to || !there)
		model_object_put(m, object);
	if (to && !there)
		model_object_put(m, to);
}

int model_make_exclusive(struct model *m, uint32_t at, uint32_t *object)
{
	struct model_entry *e = &m->place[at].entry;
	struct model_object *o = &m->object[e->object];
	int ret = anonymous(m, at);

	if (ret)
		return ret;
	if (e->what != MODEL_PAGE)
		return -ENOENT;
	if (o->locked)
		return -EBUSY;
	*object = e->object;
	o->maps--;
	o->refs++;
	o->locked = true;
	e->what = MODEL_EXCLUSIVE;
	return 0;
}

/* Only system memory: there is no other node for what a device has. */
int model_make_protnone(struct model *m, uint32_t first, uint32_t end)
{
	for (uint32_t at = first; at < end; at++)
		if (!m->place[at].vma.mapped)
			return -EINVAL;
	for (; first < end; first++) {
		struct model_entry *e = &m->place[first].entry;

		if (e->what != MODEL_PAGE || m->object[e->object].memory != MODEL_SYSTEM)
			continue;
		e->protnone = true;
		e->write = false;
	}
	return 0;
}

int model_memory_failure(struct model *m, uint32_t at)
{
	const struct model_entry e = m->place[at].entry;
	struct model_span leaf = model_leaf(m, at);
	uint64_t pfn = e.object ? m->object[e.object].pfn : e.value;

	if (!m->place[at].vma.mapped)
		return -EINVAL;
	if ((e.what != MODEL_PAGE && e.what != MODEL_DEVMAP) || e.protnone)
		return -ENOENT;
	model_clear(m, at);
	for (uint32_t i = leaf.first; i < leaf.end; i++)
		m->place[i].entry = (struct model_entry){ .what = MODEL_HWPOISON,
							  .level = e.level,
							  .value = pfn - at + i };
	return 0;
}

/* The zero page is nothing of its own. */
int model_insert_device(struct model *m, uint32_t at, uint32_t object, bool write)
{
	const struct model_vma *v = &m->place[at].vma;
	const struct model_entry *e = &m->place[at].entry;

	if (!v->mapped || v->mapping != MODEL_ANON || v->flags & (HS_VM_IO | HS_VM_PFNMAP))
		return -EINVAL;
	if (e->what != MODEL_NONE && e->what != MODEL_ZERO)
		return -ENOENT;
	m->object[object].exclusive = true;
	model_map_object(m, at, object, write && v->flags & HS_VM_WRITE);
	return 0;
}
