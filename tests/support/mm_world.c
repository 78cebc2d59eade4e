/* SPDX-License-Identifier: MIT */
/* The machine that the model is held against. */
#include "support/mm_world.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define BLOCKS 32u

bool mm_differs(struct mm_world *w, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(w->message, sizeof(w->message), format, args);
	va_end(args);
	return false;
}

uint64_t mm_addr(const struct mm_world *w, uint32_t page)
{
	return w->model.base + page * HS_PAGE_BYTES;
}

/* ---- the parts --------------------------------------------------------------------------- */

static void page_free(struct hs_task *self, struct hs_pgmap *pgmap, struct hs_page *page)
{
	(void)self;
	(void)pgmap;
	(void)page;
}

static uint32_t migrate_to_ram(struct hs_task *self, struct hs_vm_fault *vmf)
{
	return hs_migrate_to_ram(self, vmf);
}

static const struct hs_pgmap_ops private_ops = { page_free, migrate_to_ram };
static const struct hs_pgmap_ops other_ops = { page_free, NULL };

static uint64_t pgmap_pages(const struct mm_world *w)
{
	return w->g == hs_geometry(HS_GEOMETRY_MOCK) ? MODEL_DEVICE_PAGES : 512;
}

/* Each in a section of its own. */
static uint64_t pgmap_start(uint32_t index)
{
	return (uint64_t)(index + 4) << 15;
}

static bool pgmap_make(struct mm_world *w, uint32_t index, enum hs_pgmap_type type,
		       enum hs_page_refs refs, const void *owner, struct hs_pgmap **out)
{
	struct hs_pgmap_config config;
	uint64_t start = pgmap_start(index);
	int ret;

	hs_pgmap_config_init(&config, type, start, start + pgmap_pages(w));
	config.page_refs = refs;
	config.owner = owner;
	config.ops = type == HS_PGMAP_PRIVATE ? &private_ops : &other_ops;
	ret = hs_pgmap_create(w->self, &config, out);
	return ret ? mm_differs(w, "pgmap %u: create %d", index, ret) : true;
}

bool mm_pool_make(struct mm_world *w, uint32_t pool)
{
	return pgmap_make(w, MODEL_MAPPINGS + pool,
			  pool == MODEL_COHERENT ? HS_PGMAP_COHERENT : HS_PGMAP_PRIVATE,
			  w->model.refs, &w->pool[pool], &w->pool[pool]);
}

/* Blocks in a row from the beginning on, so that leaves can map them. */
static bool blocks_make(struct mm_world *w, uint32_t mapping, uint32_t blocks)
{
	for (uint32_t i = 0; i < blocks && w->model.mapping[mapping].kind == HS_MAPPING_DAX_FILE;
	     i++)
		if (model_allocate(&w->model, mapping, i) ||
		    hs_mapping_allocate(w->self, w->mapping[mapping], i))
			return mm_differs(w, "file %u: no block %u", mapping, i);
	return true;
}

bool mm_mapping_make(struct mm_world *w, uint32_t mapping, uint32_t blocks)
{
	static const enum hs_pgmap_type types[] = { HS_PGMAP_FS_DAX, HS_PGMAP_FS_DAX,
						    HS_PGMAP_GENERIC, HS_PGMAP_P2PDMA };
	static const enum hs_mapping_kind kinds[] = { HS_MAPPING_DAX_FILE, HS_MAPPING_DAX_FILE,
						      HS_MAPPING_DEVICE_DAX, HS_MAPPING_P2PDMA };
	struct model_mapping *map = &w->model.mapping[mapping];
	bool file = kinds[mapping] == HS_MAPPING_DAX_FILE;
	bool mock = w->g == hs_geometry(HS_GEOMETRY_MOCK);
	struct hs_mapping_config config = { .kind = kinds[mapping] };
	enum hs_page_refs refs = mapping == MODEL_FILE_1 ? HS_PAGE_REFS_6_15 : w->model.refs;
	int ret;

	if (!pgmap_make(w, mapping, types[mapping], refs, NULL, &w->pgmap[mapping]))
		return false;
	*map = (struct model_mapping){ .kind = config.kind, .alive = true, .refs = refs };
	map->memory = file ? BLOCKS : pgmap_pages(w);
	map->first = pgmap_start(mapping) + (file ? pgmap_pages(w) - BLOCKS : 0);
	map->pages = file ? MODEL_FILE_PAGES : MODEL_DEVICE_PAGES;
	map->level = mock && (mapping == MODEL_DEVICE_DAX || mapping == MODEL_FILE_1);
	config.pgmap = w->pgmap[mapping];
	config.first = map->first;
	config.pages = map->pages;
	config.level = map->level;
	config.leaf_order = w->g->order[map->level];
	ret = hs_mapping_create(w->self, &config, &w->mapping[mapping]);
	return ret ? mm_differs(w, "mapping %u: create %d", mapping, ret)
		   : blocks_make(w, mapping, blocks);
}

void mm_mapping_end(struct mm_world *w, uint32_t mapping)
{
	if (w->mapping[mapping])
		hs_mapping_destroy(w->self, w->mapping[mapping]);
	if (w->pgmap[mapping])
		hs_pgmap_destroy(w->self, w->pgmap[mapping]);
	w->mapping[mapping] = NULL;
	w->pgmap[mapping] = NULL;
}

/* ---- who is told --------------------------------------------------------------------------- */

/* What a device could use of an entry: its pfn, and whether for writing. */
static uint64_t usable(uint64_t entry)
{
	if (!(entry & (HS_ENTRY_VALID | HS_ENTRY_DEVPRIV)))
		return 0;
	return entry & (HS_ENTRY_VALID | HS_ENTRY_DEVPRIV | HS_ENTRY_WRITE | HS_ENTRY_PFN);
}

/* False: what the device has is not what the CPU has any more. */
static bool shadow_holds(uint64_t shadow, uint64_t entry)
{
	uint64_t now = usable(entry);

	return shadow == now || shadow == (now & ~HS_ENTRY_WRITE);
}

static int invalidate(struct hs_task *self, struct hs_notifier *n,
		      const struct hs_invalidation *inv)
{
	struct mm_listener *l = (struct mm_listener *)n;
	struct mm_world *w = l->world;

	(void)self;
	if (!inv->blockable && w->refuse)
		return -EAGAIN;
	for (uint32_t i = 0; i < MODEL_PAGES; i++) {
		if (mm_addr(w, i) < inv->start || mm_addr(w, i) >= inv->end || !l->shadow[i])
			continue;
		if (!shadow_holds(l->shadow[i], mm_real_entry(w, l->index, i, NULL)))
			mm_differs(w, "mm %u page %u: told after it was gone", l->index, i);
		l->shadow[i] = 0;
	}
	return 0;
}

static const struct hs_notifier_ops listener_ops = { .start = invalidate };

static bool devices_agree(struct mm_world *w, uint32_t mm, uint32_t page, uint64_t entry)
{
	for (uint32_t kind = 0; kind < MM_MIRRORS; kind++) {
		uint64_t word = hs_dmirror_entry(w->self, w->device[mm][kind], mm_addr(w, page));

		if (word && !shadow_holds(word, entry))
			return mm_differs(w, "mm %u page %u: device %u has %llx, the CPU %llx", mm,
					  page, kind, (unsigned long long)word,
					  (unsigned long long)entry);
	}
	return true;
}

bool mm_listeners_agree(struct mm_world *w)
{
	for (uint32_t i = 0; i < MODEL_MMS * MODEL_PAGES; i++) {
		struct mm_listener *l = &w->listener[i / MODEL_PAGES];
		uint32_t page = i % MODEL_PAGES;
		uint64_t entry = mm_real_entry(w, l->index, page, NULL);

		if (l->shadow[page] && !shadow_holds(l->shadow[page], entry))
			return mm_differs(w, "mm %u page %u: %llx became %llx, nobody was told",
					  l->index, page, (unsigned long long)l->shadow[page],
					  (unsigned long long)entry);
		l->shadow[page] = usable(entry);
		if (!devices_agree(w, l->index, page, entry))
			return false;
	}
	return true;
}

/* ---- tables -------------------------------------------------------------------------------- */

uint64_t mm_real_entry(struct mm_world *w, uint32_t mm, uint32_t page, uint32_t *level)
{
	uint32_t at = 0;
	uint64_t *e = hs_pt_find(w->mm[mm], mm_addr(w, page), 0, &at);
	uint64_t pages, entry = e ? *e : 0;

	if (!e)
		entry = hs_pt_get(w->self, w->mm[mm], mm_addr(w, page), at);
	if (level)
		*level = at;
	pages = (uint64_t)1 << w->g->order[at];
	return entry && at ? entry + (mm_addr(w, page) / HS_PAGE_BYTES) % pages : entry;
}

void mm_learn_depth(struct mm_world *w)
{
	for (uint32_t i = 0; i < MODEL_MMS * MODEL_PAGES; i++) {
		uint32_t level = 0;

		hs_pt_find(w->mm[i / MODEL_PAGES], mm_addr(w, i % MODEL_PAGES), 0, &level);
		w->model.mm[i / MODEL_PAGES].depth[i % MODEL_PAGES] = (uint8_t)level;
	}
}

/* ---- begin and end ------------------------------------------------------------------------- */

static bool devices_make(struct mm_world *w, uint32_t mm)
{
	for (uint32_t kind = 0; kind < MM_MIRRORS; kind++) {
		struct hs_dmirror_config config;

		hs_dmirror_config_init(&config, w->mm[mm], mm_addr(w, 0), mm_addr(w, MODEL_PAGES));
		config.touch = true;
		if (kind == MM_MIRROR_5_3) {
			config.range.era = HS_ERA_5_3;
			config.validity = HS_VALIDITY_FLAG;
			config.range.strategy = HS_STRATEGY_PER_RANGE;
		}
		if (hs_dmirror_create(w->self, &config, &w->device[mm][kind]))
			return mm_differs(w, "no device");
	}
	return true;
}

static bool space_make(struct mm_world *w, uint32_t mm)
{
	struct mm_listener *l = &w->listener[mm];

	if (hs_mm_create(w->self, w->g, &w->mm[mm]))
		return mm_differs(w, "no mm");
	l->world = w;
	l->index = mm;
	if (hs_notifier_register(w->self, &l->notifier, hs_mm_notifiers(w->mm[mm]), &listener_ops))
		return mm_differs(w, "no notifier");
	return devices_make(w, mm);
}

bool mm_world_open(struct mm_world *w, enum hs_geometry_id geometry, enum hs_page_refs refs)
{
	struct hs_machine_config config;
	uint64_t base = geometry == HS_GEOMETRY_MOCK ? 0 : 0x7f0000200000 - 32 * HS_PAGE_BYTES;

	memset(w, 0, sizeof(*w));
	w->g = hs_geometry(geometry);
	model_init(&w->model, w->g, base);
	w->model.refs = refs;
	hs_machine_config_init(&config);
	if (geometry == HS_GEOMETRY_MOCK) {
		config.section_order = 3;
		config.subsection_order = 1;
	}
	if (hs_machine_create(&config, &w->machine) || hs_task_attach(w->machine, "test", &w->self))
		return mm_differs(w, "no machine");
	if (hs_memory_add(w->self, 1 << 15, 2 << 15, true) || hs_gate_create(w->self, &w->gate))
		return mm_differs(w, "no memory");
	hs_gate_open(w->self, w->gate);
	for (uint32_t i = 0; i < MODEL_MAPPINGS; i++)
		if (!mm_mapping_make(w, i, i == MODEL_FILE_1 ? 24 : 0))
			return false;
	for (uint32_t i = 0; i < MODEL_POOLS; i++)
		if (!mm_pool_make(w, i))
			return false;
	for (uint32_t i = 0; i < MODEL_MMS; i++)
		if (!space_make(w, i))
			return false;
	mm_learn_depth(w);
	return true;
}

static void let_go(struct mm_world *w)
{
	for (uint32_t i = 0; i < MM_SLOTS; i++) {
		if (w->pin[i].used)
			hs_page_put(w->self, w->pin[i].real);
		if (w->exclusive[i].used) {
			hs_page_unlock(w->self, w->exclusive[i].real);
			hs_page_put(w->self, w->exclusive[i].real);
		}
		if (w->migration[i].used)
			hs_migration_end(w->self, &w->migration[i].migration, NULL);
	}
}

/* The end of a pgmap that somebody refers to would wait for ever. */
static bool nobody_refers(struct mm_world *w)
{
	for (uint32_t i = 0; i < MODEL_MAPPINGS + MODEL_POOLS; i++) {
		struct hs_pgmap *pgmap = i < MODEL_MAPPINGS ? w->pgmap[i]
							    : w->pool[i - MODEL_MAPPINGS];

		if (hs_pgmap_refs(w->self, pgmap))
			return mm_differs(w, "pgmap %u has references at the end", i);
	}
	return true;
}

bool mm_world_close(struct mm_world *w)
{
	struct hs_leaks left;
	int ret;

	let_go(w);
	for (uint32_t i = 0; i < MODEL_MMS; i++) {
		hs_notifier_unregister(w->self, &w->listener[i].notifier);
		for (uint32_t kind = 0; kind < MM_MIRRORS; kind++)
			hs_dmirror_destroy(w->self, w->device[i][kind]);
		hs_mm_destroy(w->self, w->mm[i]);
	}
	if (!nobody_refers(w))
		return false;
	for (uint32_t i = 0; i < MODEL_MAPPINGS; i++)
		mm_mapping_end(w, i);
	for (uint32_t i = 0; i < MODEL_POOLS; i++)
		hs_pgmap_destroy(w->self, w->pool[i]);
	hs_gate_destroy(w->self, w->gate);
	if (hs_pages_allocated(w->self))
		return mm_differs(w, "%llu pages are left",
				  (unsigned long long)hs_pages_allocated(w->self));
	ret = hs_task_detach(w->self);
	if (!ret)
		ret = hs_machine_destroy(w->machine, &left);
	return ret ? mm_differs(w, "left behind (%d): %s", ret, left.text) : true;
}
