/* SPDX-License-Identifier: MIT */
/*
 * race_objects.c - the machine, objects and VMAs of a race
 */
#include "text/race_parser.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "text/space.h"

/* Indices of the keys in text.c. */
enum {
	MACHINE_CPUS,
	MACHINE_GEOMETRY,
	MACHINE_SECTION,
	MACHINE_SUBSECTION,
	MACHINE_MEMORY,
	MACHINE_RETRIES
};
enum {
	PGMAP_TYPE,
	PGMAP_OWNER,
	PGMAP_REFS,
	PGMAP_ORDER,
	PGMAP_FIRST,
	PGMAP_ATOMIC,
	PGMAP_RAM,
	PGMAP_COPIES,
	PGMAP_COPY_ERROR
};
enum {
	MM_PRIVATE_FAULT,
	MM_MIGRATION_WAIT
};
enum {
	MMAP_OF,
	MMAP_PGOFF,
	MMAP_GATE
};
enum {
	DRIVER_VALIDITY,
	DRIVER_WALKER,
	DRIVER_STRATEGY,
	DRIVER_OWNER,
	DRIVER_PROTOCOL,
	DRIVER_LATE, /* driver */
	DRIVER_REQUESTS,
	DMIRROR_TOUCH = DRIVER_LATE,
	DMIRROR_TRIES
};

/* ---- machine ----------------------------------------------------------------------------- */

static int race_objects_geometry(struct hs_race_parser *p)
{
	const char *names[HS_GEOMETRY_COUNT];
	unsigned int index = p->race->geometry;
	int ret;

	for (unsigned int i = 0; i < HS_GEOMETRY_COUNT; i++)
		names[i] = hs_geometry((enum hs_geometry_id)i)->name;
	ret = hs_race_key_name(p, MACHINE_GEOMETRY, names, HS_GEOMETRY_COUNT, &index);
	p->race->geometry = (enum hs_geometry_id)index;
	return ret;
}

/* Each subsection of a section is one bit of a word, and a pgmap has at least one. */
static int race_objects_sections(struct hs_race_parser *p)
{
	struct hs_race *race = p->race;
	uint64_t section = race->section_order, subsection = race->subsection_order;
	int ret = hs_race_key_number(p, MACHINE_SECTION, 0, HS_RACE_PAGES_ORDER + 6, &section);
	uint64_t most = section < HS_RACE_PAGES_ORDER ? section : HS_RACE_PAGES_ORDER;

	if (!ret && subsection > most)
		subsection = most;
	if (!ret && section > 6 && subsection < section - 6)
		subsection = section - 6;
	if (!ret)
		ret = hs_race_key_number(p, MACHINE_SUBSECTION, section > 6 ? section - 6 : 0, most,
					 &subsection);
	race->section_order = (uint32_t)section;
	race->subsection_order = (uint32_t)subsection;
	return ret;
}

int hs_race_machine_line(struct hs_race_parser *p)
{
	struct hs_race *race = p->race;
	unsigned int memory = race->memory;
	uint64_t cpus = race->cpus, retries = race->retry_bound;
	int ret;

	if (race->objects || race->tasks)
		return hs_text_error(p->text, p->text->number, p->text->keyword,
				     "expected before the first %s, which is in line %lu",
				     race->objects ? "object" : "task",
				     race->objects ? race->object[0].line : race->task[0].line);
	ret = hs_race_key_number(p, MACHINE_CPUS, 1, 16, &cpus);
	if (!ret)
		ret = race_objects_geometry(p);
	if (!ret)
		ret = race_objects_sections(p);
	if (!ret)
		ret = hs_race_key_name(p, MACHINE_MEMORY, hs_race_memory_names, HS_MEMORY_COUNT,
				       &memory);
	if (!ret)
		ret = hs_race_key_number(p, MACHINE_RETRIES, 0, HS_RACE_TURNS, &retries);
	race->cpus = (uint32_t)cpus;
	race->memory = (enum hs_memory)memory;
	race->retry_bound = (uint32_t)retries;
	return ret;
}

int hs_race_key_owner(struct hs_race_parser *p, unsigned int key, uint64_t *owner)
{
	const struct hs_word *word = &p->line->value[key];

	return word->at
		       ? hs_text_number(p->text, word, 0, UINT64_MAX, 1, "owner=K, a number", owner)
		       : 0;
}

/* ---- pgmap ------------------------------------------------------------------------------- */

static int race_objects_pgmap_kind(struct hs_race_parser *p, struct hs_race_pgmap *pgmap)
{
	unsigned int type = HS_PGMAP_FS_DAX, ref = HS_PAGE_REFS_6_1, order = HS_REMOVAL_ORDER_6_0;
	unsigned int ram = HS_RACE_RAM_COPY;
	int ret = hs_race_key_name(p, PGMAP_TYPE, hs_pgmap_type_names, HS_PGMAP_TYPE_COUNT, &type);

	if (!ret)
		ret = hs_race_key_name(p, PGMAP_REFS, hs_race_refs_names, HS_PAGE_REFS_COUNT, &ref);
	if (!ret)
		ret = hs_race_key_name(p, PGMAP_ORDER, hs_race_order_names, HS_REMOVAL_ORDER_COUNT,
				       &order);
	if (!ret)
		ret = hs_race_key_name(p, PGMAP_RAM, hs_race_ram_names, HS_RACE_RAM_COUNT, &ram);
	pgmap->ram = (enum hs_race_ram)ram;
	pgmap->type = (enum hs_pgmap_type)type;
	pgmap->refs = (enum hs_page_refs)ref;
	pgmap->order = (enum hs_removal_order)order;
	return ret;
}

/* Pages of private and coherent memory migrate. */
static int race_objects_copies(struct hs_race_parser *p, struct hs_race_pgmap *pgmap)
{
	unsigned int error = HS_RACE_COPY_ERROR_UNDO;
	const struct hs_word *copies = &p->line->value[PGMAP_COPIES];
	const struct hs_word *copy_error = &p->line->value[PGMAP_COPY_ERROR];
	int ret;

	pgmap->copies = HS_RACE_MIGRATED;
	ret = hs_race_key_number(p, PGMAP_COPIES, 0, HS_RACE_MIGRATED, &pgmap->copies);
	if (!ret)
		ret = hs_race_key_name(p, PGMAP_COPY_ERROR, hs_race_copy_error_names,
				       HS_RACE_COPY_ERROR_COUNT, &error);
	pgmap->copy_error = (enum hs_race_copy_error)error;
	if (!ret && (copies->at || copy_error->at) && pgmap->type != HS_PGMAP_PRIVATE &&
	    pgmap->type != HS_PGMAP_COHERENT)
		return hs_text_expected(p->text, copies->at ? copies : copy_error,
					"type=private or coherent with copies= and copy-error=");
	return ret;
}

/* memremap_pages() wants to know whose pages they are. */
static bool race_objects_needs_owner(const struct hs_race_pgmap *pgmap)
{
	return pgmap->type == HS_PGMAP_COHERENT ||
	       (pgmap->type == HS_PGMAP_PRIVATE && pgmap->refs != HS_PAGE_REFS_5_3);
}

static int race_objects_overlap(struct hs_race_parser *p, const struct hs_race_pgmap *pgmap)
{
	for (unsigned int i = 0; i < p->race->objects; i++) {
		const struct hs_race_object *other = &p->race->object[i];

		if (other->kind == HS_RACE_PGMAP && pgmap->start < other->pgmap.end &&
		    other->pgmap.start < pgmap->end)
			return hs_text_error(p->text, p->text->number, p->text->keyword,
					     "expected pfns that are not of %.80s, line %lu",
					     other->name, other->line);
	}
	return 0;
}

static int race_objects_pfn(struct hs_race_parser *p, unsigned int word, const char *name,
			    uint64_t low, uint64_t high, uint64_t *pfn)
{
	uint64_t step = (uint64_t)1 << p->race->subsection_order;
	char what[128];

	snprintf(what, sizeof(what),
		 "%s, a multiple of %" PRIu64 " (a subsection) from 0x%" PRIx64 " to 0x%" PRIx64,
		 name, step, low, high);
	return hs_text_number(p->text, &p->line->word[word], low, high, step, what, pfn);
}

static int race_objects_pgmap(struct hs_race_parser *p, struct hs_race_object *object)
{
	uint64_t step = (uint64_t)1 << p->race->subsection_order;
	struct hs_race_pgmap *pgmap = &object->pgmap;
	int ret = race_objects_pfn(p, 1, "START_PFN", 0, HS_PFN_END - step, &pgmap->start);

	if (!ret)
		ret = race_objects_pfn(p, 2, "END_PFN", pgmap->start + step,
				       pgmap->start + HS_RACE_PAGES < HS_PFN_END
					       ? pgmap->start + HS_RACE_PAGES
					       : HS_PFN_END,
				       &pgmap->end);
	if (!ret)
		ret = race_objects_overlap(p, pgmap);
	if (!ret)
		ret = race_objects_pgmap_kind(p, pgmap);
	if (!ret)
		ret = hs_race_key_owner(p, PGMAP_OWNER, &pgmap->owner);
	pgmap->first = pgmap->start;
	if (!ret)
		ret = hs_race_key_number(p, PGMAP_FIRST, pgmap->start, pgmap->end - 1,
					 &pgmap->first);
	if (!ret)
		ret = hs_race_key_bool(p, PGMAP_ATOMIC, &pgmap->atomic);
	if (!ret)
		ret = race_objects_copies(p, pgmap);
	if (!ret && !pgmap->owner && race_objects_needs_owner(pgmap))
		return hs_text_error(p->text, p->text->number, p->text->keyword,
				     "expected owner=K, a number from 1, because of its type");
	if (!ret && p->line->value[PGMAP_RAM].at && pgmap->type != HS_PGMAP_PRIVATE)
		return hs_text_expected(p->text, &p->line->value[PGMAP_RAM],
					"type=private with ram=");
	return ret;
}

/* ---- file -------------------------------------------------------------------------------- */

static bool race_objects_file_kind(enum hs_pgmap_type type, enum hs_mapping_kind *kind)
{
	switch (type) {
	case HS_PGMAP_FS_DAX:
		*kind = HS_MAPPING_DAX_FILE;
		return true;
	case HS_PGMAP_GENERIC:
		*kind = HS_MAPPING_DEVICE_DAX;
		return true;
	case HS_PGMAP_P2PDMA:
		*kind = HS_MAPPING_P2PDMA;
		return true;
	default:
		return false;
	}
}

static int race_objects_file(struct hs_race_parser *p, struct hs_race_object *object)
{
	const struct hs_word *word = p->line->word;
	struct hs_race_file *file = &object->file;
	const struct hs_race_pgmap *pgmap;
	char what[96];
	int ret = hs_race_object(p, &word[1], HS_RACE_PGMAP, "PGMAP", &file->pgmap);

	if (ret)
		return ret;
	pgmap = &p->race->object[file->pgmap].pgmap;
	if (!race_objects_file_kind(pgmap->type, &file->kind))
		return hs_text_expected(p->text, &word[1],
					"PGMAP of type fsdax, generic or p2pdma");
	snprintf(what, sizeof(what), "FIRST_PFN of the pgmap, from 0x%" PRIx64 " to 0x%" PRIx64,
		 pgmap->start, pgmap->end - 1);
	ret = hs_text_number(p->text, &word[2], pgmap->start, pgmap->end - 1, 1, what,
			     &file->first);
	if (ret)
		return ret;
	snprintf(what, sizeof(what), "PAGES from 1 to %" PRIu64 ", the end of the pgmap",
		 pgmap->end - file->first);
	return hs_text_number(p->text, &word[3], 1, pgmap->end - file->first, 1, what,
			      &file->pages);
}

/* ---- mm ---------------------------------------------------------------------------------- */

static int race_objects_mm(struct hs_race_parser *p, struct hs_race_object *object)
{
	unsigned int private_fault = HS_PRIVATE_FAULT_REFERENCE, wait = HS_MIGRATION_WAIT_ENTRY;
	int ret = hs_race_key_name(p, MM_PRIVATE_FAULT, hs_race_private_fault_names,
				   HS_PRIVATE_FAULT_WAIT + 1, &private_fault);

	if (!ret)
		ret = hs_race_key_name(p, MM_MIGRATION_WAIT, hs_race_migration_wait_names,
				       HS_MIGRATION_WAIT_REFERENCE + 1, &wait);
	object->space.private_fault = (enum hs_private_fault)private_fault;
	object->space.migration_wait = (enum hs_migration_wait)wait;
	return ret;
}

/* ---- driver, dmirror --------------------------------------------------------------------- */

/* What tasks do is in their steps, so that a driver has the protocols of its callback alone. */
static int race_objects_protocol(struct hs_race_parser *p, bool callback, unsigned int *protocol)
{
	const char *names[HS_PROTOCOL_COUNT];

	for (unsigned int i = 0; i < HS_PROTOCOL_COUNT; i++)
		names[i] = hs_race_protocol_names[i];
	for (unsigned int i = HS_PROTOCOL_NO_CHECK; callback && i < HS_PROTOCOL_CALLBACK_NO_LOCK;
	     i++)
		names[i] = NULL;
	return hs_race_key_name(p, DRIVER_PROTOCOL, names, HS_PROTOCOL_COUNT, protocol);
}

static int race_objects_walker(struct hs_race_parser *p, struct hs_race_driver *driver)
{
	const char *eras[HS_ERA_COUNT], *strategies[HS_STRATEGY_BUILTIN_COUNT];
	unsigned int validity = HS_VALIDITY_SEQ, era = HS_ERA_6_12, strategy = HS_STRATEGY_NONE;
	int ret;

	for (unsigned int i = 0; i < HS_ERA_COUNT; i++)
		eras[i] = hs_era_name((enum hs_era)i);
	for (unsigned int i = 0; i < HS_STRATEGY_BUILTIN_COUNT; i++)
		strategies[i] = hs_strategy_name((enum hs_strategy)i);
	ret = hs_race_key_name(p, DRIVER_VALIDITY, hs_race_validity_names, HS_VALIDITY_COUNT,
			       &validity);
	if (!ret)
		ret = hs_race_key_name(p, DRIVER_WALKER, eras, HS_ERA_COUNT, &era);
	if (!ret)
		ret = hs_race_key_name(p, DRIVER_STRATEGY, strategies, HS_STRATEGY_BUILTIN_COUNT,
				       &strategy);
	driver->validity = (enum hs_validity)validity;
	driver->era = (enum hs_era)era;
	driver->strategy = (enum hs_strategy)strategy;
	return ret;
}

static int race_objects_own_steps(struct hs_race_parser *p, struct hs_race_driver *driver)
{
	unsigned int requests = HS_RACE_REQUESTS_ALL;
	int ret = hs_race_key_bool(p, DRIVER_LATE, &driver->late);

	if (!ret)
		ret = hs_race_key_name(p, DRIVER_REQUESTS, hs_race_requests_names,
				       HS_RACE_REQUESTS_COUNT, &requests);
	driver->requests = (enum hs_race_requests)requests;
	return ret;
}

int hs_race_window(struct hs_race_parser *p, const struct hs_word *word,
		   struct hs_race_driver *driver)
{
	uint64_t end = hs_race_addr_end(p->race);
	int ret = hs_race_object(p, &word[0], HS_RACE_MM, "MM", &driver->mm);

	if (!ret)
		ret = hs_race_address(p, &word[1], "START", NULL, 0, end - HS_PAGE_BYTES,
				      &driver->start);

	if (ret)
		return ret;
	if (end - driver->start > HS_RACE_PAGES * HS_PAGE_BYTES)
		end = driver->start + HS_RACE_PAGES * HS_PAGE_BYTES;
	return hs_race_address(p, &word[2], "END", NULL, driver->start + HS_PAGE_BYTES, end,
			       &driver->end);
}

static int race_objects_driver(struct hs_race_parser *p, struct hs_race_object *object)
{
	bool is_driver = object->kind == HS_RACE_DRIVER;
	struct hs_race_driver *driver = &object->driver;
	unsigned int protocol = HS_PROTOCOL_SOUND;
	uint64_t tries = 0;
	int ret = hs_race_window(p, &p->line->word[1], driver);

	if (!ret)
		ret = race_objects_walker(p, driver);
	if (!ret)
		ret = hs_race_key_owner(p, DRIVER_OWNER, &driver->owner);
	if (!ret)
		ret = race_objects_protocol(p, is_driver, &protocol);
	driver->protocol = (enum hs_protocol)protocol;
	if (!ret && is_driver)
		return race_objects_own_steps(p, driver);
	if (!ret)
		ret = hs_race_key_bool(p, DMIRROR_TOUCH, &driver->touch);
	if (!ret)
		ret = hs_race_key_number(p, DMIRROR_TRIES, 0, HS_RACE_TURNS, &tries);
	driver->tries = (uint32_t)tries;
	return ret;
}

/* ---- mmap -------------------------------------------------------------------------------- */

static int race_objects_vma_file(struct hs_race_parser *p, struct hs_race_vma *vma)
{
	const struct hs_word *of = &p->line->value[MMAP_OF], *gate = &p->line->value[MMAP_GATE];
	uint64_t pages = (vma->end - vma->start) / HS_PAGE_BYTES;
	const struct hs_race_file *file;
	int ret = 0;

	if (gate->at)
		ret = hs_race_object(p, gate, HS_RACE_GATE, "gate=GATE", &vma->gate);
	if (!ret && !of->at && p->line->value[MMAP_PGOFF].at)
		return hs_text_expected(p->text, &p->line->value[MMAP_PGOFF],
					"of=FILE with pgoff=");
	if (ret || !of->at)
		return ret;
	ret = hs_race_object(p, of, HS_RACE_FILE, "of=FILE", &vma->file);
	if (ret)
		return ret;
	file = &p->race->object[vma->file].file;
	if (pages > file->pages)
		return hs_text_expected(p->text, of, "of=FILE with the pages of the range");
	if (file->kind != HS_MAPPING_DAX_FILE && !(vma->flags & HS_VM_SHARED))
		return hs_text_expected(p->text, &p->line->word[3],
					"FLAGS with s, because a device is mapped shared");
	return hs_race_key_number(p, MMAP_PGOFF, 0, file->pages - pages, &vma->pgoff);
}

static int race_objects_vma_free(struct hs_race_parser *p, const struct hs_race_vma *vma)
{
	for (unsigned int i = 0; i < p->race->vmas; i++) {
		const struct hs_race_vma *other = &p->race->vma[i];

		if (other->mm == vma->mm && vma->start < other->end && other->start < vma->end)
			return hs_text_error(p->text, p->text->number, p->text->keyword,
					     "expected addresses that line %lu does not map",
					     other->line);
	}
	return 0;
}

int hs_race_vma_line(struct hs_race_parser *p)
{
	struct hs_race_vma vma = { .line = p->text->number,
				   .file = HS_RACE_NONE,
				   .gate = HS_RACE_NONE };
	struct hs_race *race = p->race;
	uint64_t huge;
	int ret;

	if (race->vmas == HS_RACE_VMAS)
		return hs_text_error(p->text, p->text->number, p->text->keyword,
				     "expected at most 32 lines");
	ret = hs_race_object(p, &p->line->word[0], HS_RACE_MM, "MM", &vma.mm);
	if (!ret)
		ret = hs_race_range(p, &p->line->word[1], 0, hs_race_addr_end(race), &vma.start,
				    &vma.end);
	if (!ret)
		ret = hs_space_vma_flags(p->text, &p->line->word[3], &vma.flags);
	if (ret)
		return ret;
	huge = hs_map_bytes(hs_space_huge_level(vma.flags));
	if ((vma.start | vma.end) & (huge - 1))
		return hs_text_expected(p->text, &p->line->word[3],
					"START and END to be multiples of the huge page size");
	vma.flags |= HS_VM_MAYWRITE;
	ret = race_objects_vma_file(p, &vma);
	if (!ret)
		ret = race_objects_vma_free(p, &vma);
	if (!ret)
		race->vma[race->vmas++] = vma;
	return ret;
}

/* ---- objects ----------------------------------------------------------------------------- */

static int race_objects_kind(struct hs_race_parser *p, struct hs_race_object *object)
{
	switch (object->kind) {
	case HS_RACE_PGMAP:
		return race_objects_pgmap(p, object);
	case HS_RACE_FILE:
		return race_objects_file(p, object);
	case HS_RACE_MM:
		return race_objects_mm(p, object);
	case HS_RACE_DRIVER:
	case HS_RACE_DMIRROR:
		return race_objects_driver(p, object);
	case HS_RACE_DEVICE:
		return hs_race_device_object(p, object);
	default:
		return 0;
	}
}

int hs_race_object_line(struct hs_race_parser *p)
{
	static const enum hs_race_kind kinds[HS_KEYWORD_COUNT] = {
		[HS_KEYWORD_RACE_PGMAP] = HS_RACE_PGMAP,
		[HS_KEYWORD_FILE] = HS_RACE_FILE,
		[HS_KEYWORD_MM] = HS_RACE_MM,
		[HS_KEYWORD_DRIVER] = HS_RACE_DRIVER,
		[HS_KEYWORD_DMIRROR] = HS_RACE_DMIRROR,
		[HS_KEYWORD_DEVICE] = HS_RACE_DEVICE,
		[HS_KEYWORD_GATE] = HS_RACE_GATE,
		[HS_KEYWORD_FLAG] = HS_RACE_FLAG,
	};
	struct hs_race_object object = { .kind = kinds[p->line->id], .line = p->text->number };
	struct hs_race *race = p->race;
	int ret;

	if (race->objects == HS_RACE_OBJECTS)
		return hs_text_error(p->text, p->text->number, p->text->keyword,
				     "expected at most 32 objects");
	ret = race_objects_kind(p, &object);
	if (!ret)
		ret = hs_race_new_name(p, &p->line->word[0], &object.name);
	if (!ret)
		race->object[race->objects++] = object;
	return ret;
}
