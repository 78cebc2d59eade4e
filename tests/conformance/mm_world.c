/* SPDX-License-Identifier: MIT */
/* The machine that the model is held against. */
#include "conformance/mm_world.h"

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

bool mm_unequal(struct mm_world *w, uint64_t real, uint64_t wanted, const char *format, ...)
{
	char what[200];
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	return mm_differs(w, "%s: 0x%llx, wanted 0x%llx", what, (unsigned long long)real,
			  (unsigned long long)wanted);
}

/* ---- memory ------------------------------------------------------------------------------ */

static void page_free(struct hs_task *self, struct hs_pgmap *pgmap, struct hs_page *page)
{
	(void)self;
	(void)pgmap;
	(void)page;
}

static const struct hs_pgmap_ops pgmap_ops = { page_free, mm_migrate_to_ram };

static const struct {
	enum hs_pgmap_type type;
	enum hs_mapping_kind mapping;
} memories[MODEL_PGMAPS] = {
	[MODEL_FILE_0] = { HS_PGMAP_FS_DAX, HS_MAPPING_DAX_FILE },
	[MODEL_FILE_1] = { HS_PGMAP_FS_DAX, HS_MAPPING_DAX_FILE },
	[MODEL_DEVICE_DAX] = { HS_PGMAP_GENERIC, HS_MAPPING_DEVICE_DAX },
	[MODEL_P2P] = { HS_PGMAP_P2PDMA, HS_MAPPING_P2PDMA },
	[MODEL_PRIVATE_0] = { .type = HS_PGMAP_PRIVATE },
	[MODEL_PRIVATE_1] = { .type = HS_PGMAP_PRIVATE },
	[MODEL_COHERENT] = { .type = HS_PGMAP_COHERENT },
};

/* Blocks in a row from the beginning on, so that leaves can map them. */
static bool mapping_make(struct mm_world *w, uint32_t memory, uint32_t blocks,
			 const struct hs_pgmap_config *pgmap)
{
	bool file = memories[memory].mapping == HS_MAPPING_DAX_FILE;
	uint64_t used = file ? BLOCKS : pgmap->end - pgmap->start; /* at the end of the pgmap */
	struct hs_mapping_config config = {
		.kind = memories[memory].mapping,
		.pgmap = w->pgmap[memory],
		.first = pgmap->end - used,
		.pages = file ? MODEL_FILE_PAGES : MODEL_DEVICE_PAGES,
		.level = !w->model.base && (memory == MODEL_DEVICE_DAX || memory == MODEL_FILE_1),
	};
	int ret;

	config.leaf_order = w->model.g->order[config.level];
	w->model.mapping[memory] = (struct model_mapping){ .kind = config.kind,
							   .first = config.first,
							   .pages = config.pages,
							   .memory = used,
							   .level = config.level,
							   .alive = true,
							   .refs = pgmap->page_refs };
	ret = hs_mapping_create(w->self, &config, &w->mapping[memory]);
	for (uint32_t i = 0; !ret && file && i < blocks; i++)
		if (model_allocate(&w->model, memory, i) ||
		    hs_mapping_allocate(w->self, w->mapping[memory], i))
			return mm_differs(w, "file %u: no block %u", memory, i);
	return MM_SAME(w, ret, 0, "mapping %u: create", memory);
}

bool mm_memory_make(struct mm_world *w, uint32_t memory, uint32_t blocks)
{
	uint64_t start = mm_memory_start(memory);
	struct hs_pgmap_config config;
	int ret;

	hs_pgmap_config_init(&config, memories[memory].type, start, start + mm_memory_pages(w));
	config.page_refs = memory == MODEL_FILE_1 ? HS_PAGE_REFS_6_15 : w->model.refs;
	config.owner = memory < MODEL_MAPPINGS ? NULL : &w->pgmap[memory];
	config.ops = &pgmap_ops;
	ret = hs_pgmap_create(w->self, &config, &w->pgmap[memory]);
	return MM_SAME(w, ret, 0, "pgmap %u: create", memory) &&
	       (memory >= MODEL_MAPPINGS || mapping_make(w, memory, blocks, &config));
}

bool mm_memory_is_held(const struct mm_world *w, uint32_t memory)
{
	const struct model_object *o = w->model.object;
	bool held = false;

	for (uint32_t i = 0; i < MM_HOLDS * MM_SLOTS; i++) {
		const struct mm_held *h = &w->held[i / MM_SLOTS][i % MM_SLOTS];

		held |= h->used && o[h->object].memory == memory;
	}
	for (uint32_t i = 0; i < MM_MOVES * MODEL_SLOTS; i++) {
		const struct mm_move *v = &w->move[i / MODEL_SLOTS];
		const struct model_slot *s = &v->model.slot[i % MODEL_SLOTS];

		held |= v->stage != MM_FREE && i % MODEL_SLOTS < v->model.count &&
			((s->src && o[s->src].memory == memory) ||
			 (s->dst && o[s->dst].memory == memory));
	}
	return held;
}

/* The end of a pgmap that is referred to would wait for ever. */
bool mm_memory_end(struct mm_world *w, uint32_t memory)
{
	if (!MM_SAME(w, hs_pgmap_refs(w->self, w->pgmap[memory]), 0,
		     "references of pgmap %u at its end", memory))
		return false;
	if (memory < MODEL_MAPPINGS)
		hs_mapping_destroy(w->self, w->mapping[memory]);
	hs_pgmap_destroy(w->self, w->pgmap[memory]);
	return true;
}

/* ---- notifiers and devices ----------------------------------------------------------------- */

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

	return !shadow || shadow == now || shadow == (now & ~HS_ENTRY_WRITE);
}

static int invalidate(struct hs_task *self, struct hs_notifier *n,
		      const struct hs_invalidation *inv)
{
	struct mm_listener *l = (struct mm_listener *)n;
	struct mm_world *w = l->world;
	uint32_t first = (uint32_t)(l - w->listener) * MODEL_PAGES;

	(void)self;
	if (w->tells < MODEL_EVENTS)
		w->told[w->tells] = (struct mm_told){ first / MODEL_PAGES, *inv };
	w->tells++;
	if (!inv->blockable && w->refuse)
		return -EAGAIN;
	for (uint32_t at = first; at < first + MODEL_PAGES; at++) {
		if (mm_addr(w, at) < inv->start || mm_addr(w, at) >= inv->end)
			continue;
		if (w->shadow[at] && !shadow_holds(w->shadow[at], mm_real_entry(w, at, NULL)))
			mm_differs(w, MM_AT "told after it was gone", MM_PLACE(at));
		w->shadow[at] = 0;
	}
	return 0;
}

static const struct hs_notifier_ops listener_ops = { .start = invalidate };

bool mm_listeners_agree(struct mm_world *w)
{
	for (uint32_t at = 0; at < MODEL_PLACES; at++) {
		uint64_t entry = mm_real_entry(w, at, NULL);

		if (!shadow_holds(w->shadow[at], entry))
			return mm_unequal(w, entry, w->shadow[at],
					  MM_AT "the entry changed and no notifier was told",
					  MM_PLACE(at));
		w->shadow[at] = usable(entry);
		for (uint32_t era = 0; era < HS_ERA_COUNT; era++) {
			struct hs_dmirror *device = w->device[at / MODEL_PAGES][era];
			uint64_t word = hs_dmirror_entry(w->self, device, mm_addr(w, at));

			if (!shadow_holds(word, entry))
				return mm_unequal(w, word, entry, MM_AT "the word of device %u",
						  MM_PLACE(at), era);
		}
	}
	return true;
}

/* ---- tables -------------------------------------------------------------------------------- */

uint64_t mm_real_entry(struct mm_world *w, uint32_t at, uint32_t *level)
{
	uint32_t found = 0;
	uint64_t *e = hs_pt_find(mm_of(w, at), mm_addr(w, at), 0, &found);
	uint64_t entry = e ? *e : hs_pt_get(w->self, mm_of(w, at), mm_addr(w, at), found);

	if (level)
		*level = found;
	return entry && found ? entry + model_vpn(&w->model, at) % (1u << w->model.g->order[found])
			      : entry;
}

void mm_learn_depth(struct mm_world *w)
{
	for (uint32_t at = 0; at < MODEL_PLACES; at++) {
		uint32_t level = 0;

		hs_pt_find(mm_of(w, at), mm_addr(w, at), 0, &level);
		w->model.place[at].depth = (uint8_t)level;
	}
}

/* ---- begin and end ------------------------------------------------------------------------- */

bool mm_space_make(struct mm_world *w, uint32_t mm)
{
	struct mm_listener *l = &w->listener[mm];
	uint32_t first = mm * MODEL_PAGES;

	l->world = w;
	/* Devices of both eras share an mm, and walks go on after a refusal. */
	if (hs_mm_create(w->self, w->model.g, &w->mm[mm]) ||
	    hs_notifiers_set_refusal(w->self, hs_mm_notifiers(w->mm[mm]), HS_REFUSAL_UNDONE) ||
	    hs_notifier_register(w->self, &l->notifier, hs_mm_notifiers(w->mm[mm]), &listener_ops))
		return mm_differs(w, "no mm, or no notifier");
	hs_mm_set_private_fault(w->mm[mm], w->model.private_fault);
	entry_mirror_begin(&w->mirror[mm], w->mm[mm], w->mirrored[mm], MM_MIRRORED);
	for (int era = 0; era < HS_ERA_COUNT; era++) {
		struct hs_dmirror_config config;

		hs_dmirror_config_init(&config, w->mm[mm], mm_addr(w, first),
				       mm_end(w, first + MODEL_PAGES));
		config.touch = true;
		if (era == HS_ERA_5_3) {
			config.range.era = HS_ERA_5_3;
			config.validity = HS_VALIDITY_FLAG;
			config.range.strategy = HS_STRATEGY_PER_RANGE;
		}
		if (hs_dmirror_create(w->self, &config, &w->device[mm][era]))
			return mm_differs(w, "no device");
	}
	return true;
}

void mm_space_end(struct mm_world *w, uint32_t mm)
{
	uint32_t first = mm * MODEL_PAGES;

	hs_notifier_unregister(w->self, &w->listener[mm].notifier);
	for (uint32_t era = 0; era < HS_ERA_COUNT; era++)
		hs_dmirror_destroy(w->self, w->device[mm][era]);
	hs_mmput(w->self, w->mm[mm]);
	memset(&w->mirrored[mm], 0, sizeof(w->mirrored[mm]));
	memset(&w->listener[mm], 0, sizeof(w->listener[mm]));
	memset(&w->shadow[first], 0, MODEL_PAGES * sizeof(*w->shadow));
}

bool mm_world_open(struct mm_world *w, const struct mm_world_config *c)
{
	struct hs_machine_config config;
	uint64_t base = c->geometry == HS_GEOMETRY_MOCK ? 0 : 0x7f0000200000 - 32 * HS_PAGE_BYTES;
	bool good = true;

	memset(w, 0, sizeof(*w));
	w->model.g = hs_geometry(c->geometry);
	w->model.base = base;
	w->model.refs = c->refs;
	w->model.private_fault = c->private_fault;
	w->model.reached = c->reached;
	hs_machine_config_init(&config);
	if (c->geometry == HS_GEOMETRY_MOCK) {
		config.section_order = 3;
		config.subsection_order = 1;
	}
	if (hs_machine_create(&config, &w->machine) || hs_task_attach(w->machine, "test", &w->self))
		return mm_differs(w, "no machine");
	if (hs_memory_add(w->self, 1 << 15, 2 << 15, true) || hs_gate_create(w->self, &w->gate))
		return mm_differs(w, "no memory");
	hs_gate_open(w->self, w->gate);
	for (uint32_t i = 0; good && i < MODEL_PGMAPS; i++)
		good = mm_memory_make(w, i, i == MODEL_FILE_1 ? 24 : 0);
	for (uint32_t i = 0; good && i < MODEL_MMS; i++)
		good = mm_space_make(w, i);
	mm_migrated_begin(w);
	return good;
}

void mm_let_go(struct mm_world *w, enum mm_hold hold, struct mm_held *h, struct hs_page *to)
{
	if (hold == MM_MIGRATION)
		hs_migration_end(w->self, &h->migration, to);
	if (hold == MM_EXCLUSIVE || hold == MM_LOCK)
		hs_page_unlock(w->self, h->real);
	if (hold != MM_MIGRATION)
		hs_page_put(w->self, h->real);
	if (h->refs == 2)
		hs_page_put(w->self, h->real);
	h->used = false;
}

void mm_move_close(struct mm_world *w, struct mm_move *v)
{
	struct hs_migrate_vma *m = &v->real;

	if (v->stage == MM_SET_UP && v->model.device)
		hs_migrate_device_pages(w->self, v->src, v->dst, v->model.count);
	else if (v->stage == MM_SET_UP) {
		hs_mm_lock_read(w->self, mm_of(w, v->model.first));
		hs_migrate_vma_pages(w->self, m);
		hs_mm_unlock_read(w->self, mm_of(w, v->model.first));
	}
	if (v->stage != MM_FREE && v->model.device)
		hs_migrate_device_finalize(w->self, v->src, v->dst, v->model.count);
	else if (v->stage != MM_FREE)
		hs_migrate_vma_finalize(w->self, m);
	v->stage = MM_FREE;
}

bool mm_world_close(struct mm_world *w)
{
	struct hs_leaks left;
	int ret;

	for (uint32_t i = 0; i < MM_MOVES; i++)
		if (w->move[i].stage == MM_SET_UP && !w->move[i].model.device)
			mm_move_close(w, &w->move[i]);
	for (int hold = 0; hold < MM_HOLDS; hold++)
		for (uint32_t i = 0; i < MM_SLOTS; i++)
			if (w->held[hold][i].used)
				mm_let_go(w, (enum mm_hold)hold, &w->held[hold][i], NULL);
	for (uint32_t i = 0; i < MODEL_MMS; i++)
		mm_space_end(w, i);
	for (uint32_t i = 0; i < MM_MOVES; i++)
		mm_move_close(w, &w->move[i]);
	for (uint32_t i = 0; i < MODEL_PGMAPS; i++)
		if (!mm_memory_end(w, i))
			return false;
	hs_gate_destroy(w->self, w->gate);
	if (!MM_SAME(w, hs_pages_allocated(w->self), 0, "pages that are left"))
		return false;
	ret = hs_task_detach(w->self);
	if (!ret)
		ret = hs_machine_destroy(w->machine, &left);
	return ret ? mm_differs(w, "left behind (%d): %s", ret, left.text) : true;
}
