/* SPDX-License-Identifier: MIT */
/* Faults, and what else happens to the entries of the model. */
#include "support/mm_model.h"

#include <errno.h>

/* ---- what a fault maps ------------------------------------------------------------------- */

/* There are tables down to the entry at @page now. */
static void descend(struct model *m, uint32_t mm, uint32_t page, uint32_t level)
{
	struct model_space *s = &m->mm[mm];

	for (uint32_t i = 0; i < MODEL_PAGES; i++)
		for (uint32_t l = level; l + 1 < m->g->levels; l++) {
			uint64_t a = m->base / HS_PAGE_BYTES + i, b = a - i + page;

			if (a >> m->g->order[l + 1] == b >> m->g->order[l + 1] && s->depth[i] > l)
				s->depth[i] = (uint8_t)l;
		}
}

static void put_entry(struct model *m, uint32_t mm, uint32_t page, struct model_entry e)
{
	model_clear(m, mm, page);
	m->mm[mm].entry[page] = e;
	descend(m, mm, page, e.level);
	if (e.object != MODEL_NOBODY)
		m->object[e.object].maps++;
}

static void map_object(struct model *m, uint32_t mm, uint32_t page, uint32_t object, bool write)
{
	bool private = m->object[object].pool < MODEL_COHERENT;

	put_entry(m, mm, page,
		  (struct model_entry){ .what = private ? MODEL_PRIVATE : MODEL_PAGE,
					.write = write,
					.object = object });
}

static void map_zero(struct model *m, uint32_t mm, uint32_t page)
{
	put_entry(m, mm, page, (struct model_entry){ .what = MODEL_ZERO, .object = MODEL_NOBODY });
}

/* A system page of its own. */
static void map_copy(struct model *m, uint32_t mm, uint32_t page, uint64_t contents, bool write)
{
	uint32_t object = model_object_new(m, MODEL_SYSTEM, contents);

	m->object[object].exclusive = true;
	map_object(m, mm, page, object, write);
}

static uint64_t *block_contents(struct model *m, uint32_t mapping, uint64_t pfn)
{
	struct model_mapping *map = &m->mapping[mapping];

	return &map->contents[pfn - map->first];
}

/* ---- nothing is there, or it is read-only ------------------------------------------------- */

/* The leaf of the mapping's level around @page fits in VMA and mapping: its first page's index. */
static bool leaf_fits(const struct model *m, uint32_t mm, uint32_t page, uint32_t *at,
		      uint64_t *index)
{
	const struct model_space *s = &m->mm[mm];
	const struct model_vma *v = &s->vma[page];
	const struct model_mapping *map = &m->mapping[v->mapping];
	uint32_t pages = 1u << m->g->order[map->level], first, end;

	model_vma_run(s, page, &first, &end);
	*at = page / pages * pages;
	*index = v->pgoff - (page - *at);
	return first <= *at && end >= *at + pages && v->pgoff >= page - *at &&
	       *index + pages <= map->pages;
}

static void map_device(struct model *m, uint32_t mm, uint32_t at, uint32_t level, uint64_t pfn,
		       bool write)
{
	for (uint32_t i = 0; i < 1u << m->g->order[level]; i++)
		put_entry(m, mm, at + i,
			  (struct model_entry){ .what = MODEL_DEVMAP,
						.write = write,
						.level = level,
						.object = MODEL_NOBODY,
						.value = pfn + i });
}

static uint32_t fault_device(struct model *m, uint32_t mm, uint32_t page)
{
	const struct model_vma *v = &m->mm[mm].vma[page];
	const struct model_mapping *map = &m->mapping[v->mapping];
	uint64_t index;
	uint32_t at;

	if (!leaf_fits(m, mm, page, &at, &index) || index % (1u << m->g->order[map->level]) ||
	    m->mm[mm].depth[page] < map->level)
		return HS_VM_FAULT_SIGBUS;
	map_device(m, mm, at, map->level, map->first + index, v->flags & HS_VM_WRITE);
	return 0;
}

static uint32_t fault_p2p(struct model *m, uint32_t mm, uint32_t page)
{
	const struct model_vma *v = &m->mm[mm].vma[page];
	const struct model_mapping *map = &m->mapping[MODEL_P2P];

	if (model_objects(m, MODEL_P2P_POOL) == map->memory)
		return HS_VM_FAULT_SIGBUS;
	map_object(m, mm, page, model_object_new(m, MODEL_P2P_POOL, 0), v->flags & HS_VM_WRITE);
	return 0;
}

/* Blocks that one leaf can map, and no table is in the way. */
static bool file_leaf(const struct model *m, uint32_t mm, uint32_t page, uint32_t *at,
		      uint64_t *index)
{
	const struct model_mapping *map = &m->mapping[m->mm[mm].vma[page].mapping];
	uint32_t pages = 1u << m->g->order[map->level];

	if (!map->level || m->mm[mm].depth[page] < map->level ||
	    !leaf_fits(m, mm, page, at, index) || map->block_pfn[*index] % pages)
		return false;
	for (uint32_t i = 0; i < pages; i++)
		if (!map->block[*index + i] ||
		    map->block_pfn[*index + i] != map->block_pfn[*index] + i)
			return false;
	return true;
}

static void map_block(struct model *m, uint32_t mm, uint32_t page)
{
	const struct model_vma *v = &m->mm[mm].vma[page];
	const struct model_mapping *map = &m->mapping[v->mapping];
	bool write = v->flags & HS_VM_SHARED && v->flags & HS_VM_WRITE;
	uint64_t index;
	uint32_t at;

	if (file_leaf(m, mm, page, &at, &index))
		map_device(m, mm, at, map->level, map->block_pfn[index], write);
	else
		map_device(m, mm, page, 0, map->block_pfn[v->pgoff], write);
}

/* A private copy of what the file has there. */
static void copy_block(struct model *m, uint32_t mm, uint32_t page)
{
	const struct model_vma *v = &m->mm[mm].vma[page];
	const struct model_mapping *map = &m->mapping[v->mapping];
	uint64_t contents = 0;

	if (map->block[v->pgoff])
		contents = *block_contents(m, v->mapping, map->block_pfn[v->pgoff]);
	if (m->mm[mm].entry[page].level) /* the leaf goes first, the copy comes next time */
		model_clear(m, mm, page);
	else
		map_copy(m, mm, page, contents, v->flags & HS_VM_WRITE);
}

static uint32_t fault_file(struct model *m, uint32_t mm, uint32_t page, bool write)
{
	const struct model_vma *v = &m->mm[mm].vma[page];
	struct model_mapping *map = &m->mapping[v->mapping];
	bool hole = !map->block[v->pgoff];

	if (write && !(v->flags & HS_VM_SHARED)) {
		copy_block(m, mm, page);
		return 0;
	}
	if (write && hole) {
		descend(m, mm, page, 0);
		if (model_allocate(m, v->mapping, v->pgoff))
			return HS_VM_FAULT_SIGBUS;
		hole = false;
	}
	if (hole)
		map_zero(m, mm, page);
	else
		map_block(m, mm, page);
	return 0;
}

static uint32_t fault_mapping(struct model *m, uint32_t mm, uint32_t page, bool write)
{
	const struct model_vma *v = &m->mm[mm].vma[page];
	const struct model_mapping *map = &m->mapping[v->mapping];

	if (!map->alive || v->pgoff >= map->pages)
		return HS_VM_FAULT_SIGBUS;
	switch (map->kind) {
	case HS_MAPPING_DEVICE_DAX:
		return fault_device(m, mm, page);
	case HS_MAPPING_P2PDMA:
		return fault_p2p(m, mm, page);
	default:
		return fault_file(m, mm, page, write);
	}
}

static uint32_t fault_none(struct model *m, uint32_t mm, uint32_t page, bool write)
{
	const struct model_vma *v = &m->mm[mm].vma[page];

	if (v->mapping != MODEL_ANON)
		return fault_mapping(m, mm, page, write);
	if (write)
		map_copy(m, mm, page, 0, v->flags & HS_VM_WRITE);
	else
		map_zero(m, mm, page);
	return 0;
}

/* A write to what may only be read. */
static uint32_t fault_read_only(struct model *m, uint32_t mm, uint32_t page)
{
	const struct model_vma *v = &m->mm[mm].vma[page];
	struct model_entry *e = &m->mm[mm].entry[page];
	bool write = v->flags & HS_VM_WRITE;
	uint32_t first, end;

	if (v->mapping != MODEL_ANON && (e->what == MODEL_DEVMAP || e->what == MODEL_ZERO) &&
	    (e->what == MODEL_ZERO || !(v->flags & HS_VM_SHARED)))
		return fault_mapping(m, mm, page, true);
	if (v->flags & HS_VM_SHARED) {
		model_leaf(m, &m->mm[mm], page, &first, &end);
		for (; first < end; first++)
			m->mm[mm].entry[first].write = true;
	} else if (e->what == MODEL_PAGE &&
		   (m->object[e->object].exclusive || m->object[e->object].refs == 1)) {
		m->object[e->object].exclusive = true;
		e->write = write;
	} else {
		map_copy(m, mm, page, e->what == MODEL_ZERO ? 0 : m->object[e->object].contents,
			 write);
	}
	return 0;
}

static uint32_t fault_absent(struct model *m, uint32_t mm, uint32_t page, bool write)
{
	const struct model_vma *v = &m->mm[mm].vma[page];
	struct model_entry *e = &m->mm[mm].entry[page];

	switch (e->what) {
	case MODEL_HWPOISON:
		return HS_VM_FAULT_HWPOISON;
	case MODEL_SWAP:
		map_copy(m, mm, page, e->value, write && v->flags & HS_VM_WRITE);
		return 0;
	case MODEL_PRIVATE:
		map_copy(m, mm, page, m->object[e->object].contents, e->write);
		return 0;
	case MODEL_EXCLUSIVE:
		m->waits = m->object[e->object].locked;
		if (m->waits)
			return 0;
		e->what = MODEL_PAGE;
		m->object[e->object].maps++;
		return 0;
	default: /* a migration */
		m->waits = true;
		return 0;
	}
}

uint32_t model_fault(struct model *m, uint32_t mm, uint32_t page, bool write)
{
	const struct model_vma *v = &m->mm[mm].vma[page];
	struct model_entry *e = &m->mm[mm].entry[page];
	uint32_t first, end;

	m->waits = false;
	if (!v->mapped || !(v->flags & HS_VM_READ))
		return HS_VM_FAULT_SIGSEGV;
	if (write && !(v->flags & HS_VM_WRITE) &&
	    (v->flags & (HS_VM_SHARED | HS_VM_MAYWRITE)) != HS_VM_MAYWRITE)
		return HS_VM_FAULT_SIGSEGV;
	if (v->flags & (HS_VM_PFNMAP | HS_VM_IO))
		return HS_VM_FAULT_SIGBUS;
	if (e->what == MODEL_NONE)
		return fault_none(m, mm, page, write);
	if (!model_present(e))
		return fault_absent(m, mm, page, write);
	if (e->protnone) { /* whether it may be written is for the next write to decide */
		model_leaf(m, &m->mm[mm], page, &first, &end);
		for (; first < end; first++) {
			m->mm[mm].entry[first].protnone = false;
			m->mm[mm].entry[first].write = false;
		}
		return 0;
	}
	return write && !e->write ? fault_read_only(m, mm, page) : 0;
}

uint32_t model_access(struct model *m, uint32_t mm, uint32_t page, bool write)
{
	const struct model_vma *v = &m->mm[mm].vma[page];
	const struct model_entry *e = &m->mm[mm].entry[page];

	m->waits = false;
	if (!v->mapped || !(v->flags & HS_VM_READ) || (write && !(v->flags & HS_VM_WRITE)))
		return HS_VM_FAULT_SIGSEGV;
	while (!model_present(e) || e->protnone || (write && !e->write)) {
		uint32_t ret = model_fault(m, mm, page, write);

		if (ret || m->waits)
			return ret;
	}
	return 0;
}

void model_written(struct model *m, uint32_t mm, uint32_t page, uint64_t contents)
{
	const struct model_entry *e = &m->mm[mm].entry[page];

	if (e->what == MODEL_DEVMAP)
		*block_contents(m, m->mm[mm].vma[page].mapping, e->value) = contents;
	else
		m->object[e->object].contents = contents;
}

/* ---- pte_ops.h --------------------------------------------------------------------------- */

/* Anonymous memory: a page that belongs to this address space. 0, -EINVAL, -ENOENT. */
static int anonymous(const struct model *m, uint32_t mm, uint32_t page)
{
	const struct model_vma *v = &m->mm[mm].vma[page];
	const struct model_entry *e = &m->mm[mm].entry[page];

	if (!v->mapped)
		return -EINVAL;
	if (e->object == MODEL_NOBODY || v->mapping == MODEL_P2P || e->protnone)
		return -ENOENT;
	return e->what == MODEL_PAGE || e->what == MODEL_PRIVATE ? 0 : -ENOENT;
}

int model_swap_out(struct model *m, uint32_t mm, uint32_t page)
{
	struct model_entry *e = &m->mm[mm].entry[page];
	int ret = anonymous(m, mm, page);
	uint64_t contents;

	if (ret)
		return ret;
	if (m->object[e->object].pool != MODEL_SYSTEM)
		return -ENOENT;
	if (m->object[e->object].refs != 1)
		return -EBUSY;
	contents = m->object[e->object].contents & HS_ENTRY_PFN;
	model_clear(m, mm, page);
	*e = (struct model_entry){ .what = MODEL_SWAP, .object = MODEL_NOBODY, .value = contents };
	return 0;
}

int model_migration_start(struct model *m, uint32_t mm, uint32_t page, uint32_t *object)
{
	struct model_entry *e = &m->mm[mm].entry[page];
	int ret = anonymous(m, mm, page);

	if (ret)
		return ret;
	if (m->object[e->object].refs != 1)
		return -EBUSY;
	*object = e->object;
	m->object[e->object].maps--;
	e->what = MODEL_MIGRATION;
	return 0;
}

void model_migration_end(struct model *m, uint32_t mm, uint32_t page, uint32_t object, uint32_t to)
{
	struct model_entry *e = &m->mm[mm].entry[page];
	bool write = e->write;

	if (e->what != MODEL_MIGRATION || e->object != object) {
		model_object_put(m, object);
		if (to != MODEL_NOBODY)
			model_object_put(m, to);
		return;
	}
	/* The migration holds the old page: its entry holds nothing. */
	*e = (struct model_entry){ .object = MODEL_NOBODY };
	map_object(m, mm, page, to == MODEL_NOBODY ? object : to, write);
	m->object[e->object].exclusive = true;
	if (to != MODEL_NOBODY)
		model_object_put(m, object);
}

int model_make_exclusive(struct model *m, uint32_t mm, uint32_t page, uint32_t *object)
{
	struct model_entry *e = &m->mm[mm].entry[page];
	int ret = anonymous(m, mm, page);

	if (ret)
		return ret;
	if (e->what != MODEL_PAGE)
		return -ENOENT;
	if (m->object[e->object].locked)
		return -EBUSY;
	*object = e->object;
	m->object[e->object].maps--;
	m->object[e->object].refs++;
	m->object[e->object].locked = true;
	e->what = MODEL_EXCLUSIVE;
	return 0;
}

/* Only system memory: there is no other node for what a device has. */
int model_make_protnone(struct model *m, uint32_t mm, uint32_t first, uint32_t end)
{
	if (first >= end)
		return -EINVAL;
	for (uint32_t i = first; i < end; i++)
		if (!m->mm[mm].vma[i].mapped)
			return -EINVAL;
	for (; first < end; first++) {
		struct model_entry *e = &m->mm[mm].entry[first];

		if (e->what != MODEL_PAGE || m->object[e->object].pool != MODEL_SYSTEM)
			continue;
		e->protnone = true;
		e->write = false;
	}
	return 0;
}

int model_memory_failure(struct model *m, uint32_t mm, uint32_t page)
{
	struct model_space *s = &m->mm[mm];
	const struct model_entry *e = &s->entry[page];
	uint32_t first, end, level = e->level;
	uint64_t pfn;

	if (!s->vma[page].mapped)
		return -EINVAL;
	if ((e->what != MODEL_PAGE && e->what != MODEL_DEVMAP) || e->protnone)
		return -ENOENT;
	model_leaf(m, s, page, &first, &end);
	pfn = e->object == MODEL_NOBODY ? e->value : m->object[e->object].pfn;
	model_clear(m, mm, page);
	for (uint32_t i = first; i < end; i++)
		s->entry[i] = (struct model_entry){ .what = MODEL_HWPOISON,
						    .level = level,
						    .object = MODEL_NOBODY,
						    .value = pfn - page + i };
	return 0;
}

/* The zero page is nothing of its own. */
int model_insert_device(struct model *m, uint32_t mm, uint32_t page, uint32_t object, bool write)
{
	const struct model_vma *v = &m->mm[mm].vma[page];
	const struct model_entry *e = &m->mm[mm].entry[page];

	if (!v->mapped || v->mapping != MODEL_ANON || v->flags & (HS_VM_IO | HS_VM_PFNMAP))
		return -EINVAL;
	if ((e->what != MODEL_NONE && e->what != MODEL_ZERO) || e->protnone)
		return -ENOENT;
	m->object[object].exclusive = true;
	map_object(m, mm, page, object, write && v->flags & HS_VM_WRITE);
	return 0;
}
